// purpose: Pairs of members who supply each other
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: first_id -- one
// returns: second_id -- the other
// returns: there -- first to second
// returns: back -- second to first
MATCH (s:Participant)-[r:SUPPLIES]->(b:Participant)
MATCH (s)-[m:MEMBER_OF]->(c:Cluster)<-[n:MEMBER_OF]-(b)
WHERE s.id <> b.id AND r.value > 0 AND m.year = r.year AND n.year = r.year
  AND c.id = $cluster AND r.year = $year
WITH s, b, sum(r.value) AS there
MATCH (b)-[q:SUPPLIES]->(s)
WHERE s.id < b.id AND q.year = $year AND q.value > 0
WITH s.id AS first_id, b.id AS second_id, there, sum(q.value) AS back
RETURN first_id, second_id, there, back
ORDER BY first_id, second_id
