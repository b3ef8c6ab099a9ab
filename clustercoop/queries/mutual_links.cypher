// purpose: Pairs of members who supply each other
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: first_id -- one
// returns: second_id -- the other
// returns: there -- first to second
// returns: back -- second to first
MATCH (c:Cluster)<-[m:MEMBER_OF]-(s:Participant)-[r:INSIDE]->(b:Participant)
WHERE c.id = $cluster AND m.year = $year AND r.cluster_id = c.id AND r.year = m.year AND s.id < b.id
MATCH (b)-[q:INSIDE]->(s)
WHERE q.cluster_id = $cluster AND q.year = $year
RETURN s.id AS first_id, b.id AS second_id, r.value AS there, q.value AS back
ORDER BY first_id, second_id
