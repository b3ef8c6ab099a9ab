// purpose: Rings of three members: what one supplies comes back over two others
// param: cluster text required -- the cluster
// param: year int required -- the year
// param: minimum float = 0 -- smallest value of a link that counts
// param: top int = 20 -- how many rows
// returns: first_id -- the member with the smallest id
// returns: second_id -- whom it supplies
// returns: third_id -- who supplies the first
// returns: weakest -- value of the weakest of the three links
MATCH (a:Participant)-[m:MEMBER_OF]->(c:Cluster)
WHERE c.id = $cluster AND m.year = $year
MATCH (a)-[r:SUPPLIES]->(b:Participant) WHERE r.year = $year AND b.id > a.id
  AND EXISTS { MATCH (b)-[n:MEMBER_OF]->(d:Cluster) WHERE d.id = $cluster AND n.year = $year }
WITH a, b, sum(r.value) AS one WHERE one > $minimum
MATCH (b)-[s:SUPPLIES]->(e:Participant) WHERE s.year = $year AND e.id > a.id AND e.id <> b.id
  AND EXISTS { MATCH (e)-[n:MEMBER_OF]->(d:Cluster) WHERE d.id = $cluster AND n.year = $year }
WITH a, b, e, one, sum(s.value) AS two WHERE two > $minimum
MATCH (e)-[t:SUPPLIES]->(a) WHERE t.year = $year
WITH a, b, e, one, two, sum(t.value) AS three WHERE three > $minimum
WITH a.id AS first_id, b.id AS second_id, e.id AS third_id,
  CASE WHEN one <= two AND one <= three THEN one WHEN two <= three THEN two ELSE three END AS weakest
RETURN first_id, second_id, third_id, weakest
ORDER BY weakest DESC, first_id, second_id, third_id LIMIT $top
