// purpose: Rings of three members: what one supplies comes back over two others
// param: cluster text required -- the cluster
// param: year int required -- the year
// param: minimum float = 0 -- smallest value of a link that counts
// param: top int = 20 -- how many rows
// returns: first_id -- the member with the smallest id
// returns: second_id -- whom it supplies
// returns: third_id -- who supplies the first
// returns: weakest -- value of the weakest of the three links
MATCH (c:Cluster)<-[m:MEMBER_OF]-(a:Participant)
WHERE c.id = $cluster AND m.year = $year
MATCH (a)-[r:INSIDE]->(b:Participant)
WHERE r.cluster_id = $cluster AND r.year = $year AND r.value > $minimum AND b.id > a.id
MATCH (b)-[s:INSIDE]->(e:Participant)
WHERE s.cluster_id = $cluster AND s.year = $year AND s.value > $minimum AND e.id > a.id
MATCH (e)-[t:INSIDE]->(a)
WHERE t.cluster_id = $cluster AND t.year = $year AND t.value > $minimum
WITH a.id AS first_id, b.id AS second_id, e.id AS third_id, CASE
  WHEN r.value <= s.value AND r.value <= t.value THEN r.value
  WHEN s.value <= t.value THEN s.value ELSE t.value END AS weakest
RETURN first_id, second_id, third_id, weakest
ORDER BY weakest DESC, first_id, second_id, third_id LIMIT $top
