// purpose: How concentrated each member's internal purchases are (Herfindahl–Hirschman index of its suppliers)
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: participant_id -- who buys
// returns: suppliers -- how many members supply it
// returns: hhi -- Σ of squared shares: 1 is one supplier
MATCH (s:Participant)-[r:SUPPLIES]->(b:Participant)
MATCH (s)-[m:MEMBER_OF]->(c:Cluster)<-[n:MEMBER_OF]-(b)
WHERE s.id <> b.id AND r.value > 0 AND m.year = r.year AND n.year = r.year
  AND c.id = $cluster AND r.year = $year
WITH b.id AS participant_id, s.id AS supplier_id, sum(r.value) AS value
WITH participant_id, count(*) AS suppliers, sum(value * value) AS squares, sum(value) AS total
RETURN participant_id, suppliers, squares / (total * total) AS hhi
ORDER BY hhi DESC, participant_id
