// purpose: Pairs of members who supply each other
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: first_id -- one
// returns: second_id -- the other
// returns: there -- first to second
// returns: back -- second to first
MATCH (c:Cluster)<-[m:MEMBER_OF]-(s:Participant)
WHERE c.id = $cluster AND m.year = $year
MATCH (s)-[r:SUPPLIES]->(b:Participant)
WHERE r.year = m.year AND r.value > 0 AND s.id <> b.id
MATCH (b)-[n:MEMBER_OF]->(c)
WHERE n.year = r.year
WITH s, b, sum(r.value) AS there
MATCH (b)-[q:SUPPLIES]->(s)
WHERE s.id < b.id AND q.year = $year AND q.value > 0
WITH s.id AS first_id, b.id AS second_id, there, sum(q.value) AS back
RETURN first_id, second_id, there, back
ORDER BY first_id, second_id
