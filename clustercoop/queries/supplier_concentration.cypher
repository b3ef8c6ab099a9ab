// purpose: How concentrated the suppliers of each buying member are inside the cluster (Herfindahl)
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: participant_id -- who buys
// returns: suppliers -- members it buys from
// returns: hhi -- sum of squared shares, 1 is a single supplier
MATCH (c:Cluster)<-[m:MEMBER_OF]-(s:Participant)-[r:INSIDE]->(b:Participant)
WHERE c.id = $cluster AND m.year = $year AND r.cluster_id = c.id AND r.year = m.year
WITH b.id AS participant_id, count(s) AS suppliers, sum(r.value) AS total, sum(r.value * r.value) AS squares
RETURN participant_id, suppliers, squares / (total * total) AS hhi
ORDER BY hhi DESC, participant_id
