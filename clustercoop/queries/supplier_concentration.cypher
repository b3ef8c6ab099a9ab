// purpose: How concentrated each member's internal purchases are (Herfindahl–Hirschman index of its suppliers)
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: participant_id -- who buys
// returns: suppliers -- how many members supply it
// returns: hhi -- Σ of squared shares: 1 is one supplier
MATCH (c:Cluster)<-[m:MEMBER_OF]-(s:Participant)
WHERE c.id = $cluster AND m.year = $year
MATCH (s)-[r:SUPPLIES]->(b:Participant)
WHERE r.year = m.year AND r.value > 0 AND s.id <> b.id
MATCH (b)-[n:MEMBER_OF]->(c)
WHERE n.year = r.year
WITH b.id AS participant_id, s.id AS supplier_id, sum(r.value) AS value
WITH participant_id, count(*) AS suppliers, sum(value * value) AS squares, sum(value) AS total
RETURN participant_id, suppliers, squares / (total * total) AS hhi
ORDER BY hhi DESC, participant_id
