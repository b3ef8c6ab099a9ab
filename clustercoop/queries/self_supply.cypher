// purpose: Supply of participants to themselves: kept apart, in no ratio
// param: year int = -- one year; all where absent
// returns: participant_id -- who
// returns: year -- year
// returns: value -- value
MATCH (a:Participant)-[r:SUPPLIES]->(b:Participant)
WHERE a.id = b.id AND ($year IS NULL OR r.year = $year)
WITH a.id AS participant_id, r.year AS year, sum(r.value) AS value
RETURN participant_id, year, value
ORDER BY year, participant_id
