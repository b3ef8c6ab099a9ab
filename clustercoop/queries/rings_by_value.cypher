// purpose: Rings of two or three members by the value that can go round: the weakest link times the links
// param: cluster text required -- the cluster
// param: year int required -- the year
// param: top int = 20 -- how many rows
// returns: participants -- ids along the ring, the smallest first
// returns: links -- links of the ring
// returns: weakest -- value of the weakest link
// returns: circulating -- weakest times links
CALL () {
  MATCH (c:Cluster)<-[m:MEMBER_OF]-(a:Participant)-[r:INSIDE]->(b:Participant)
  WHERE c.id = $cluster AND m.year = $year AND r.cluster_id = $cluster AND r.year = $year AND b.id > a.id
  MATCH (b)-[s:INSIDE]->(a) WHERE s.cluster_id = $cluster AND s.year = $year
  RETURN [a.id, b.id] AS participants, 2 AS links, [r.value, s.value] AS worth
  UNION ALL
  MATCH (c:Cluster)<-[m:MEMBER_OF]-(a:Participant)-[r:INSIDE]->(b:Participant)
  WHERE c.id = $cluster AND m.year = $year AND r.cluster_id = $cluster AND r.year = $year AND b.id > a.id
  MATCH (b)-[s:INSIDE]->(d:Participant) WHERE s.cluster_id = $cluster AND s.year = $year AND d.id > a.id
  MATCH (d)-[t:INSIDE]->(a) WHERE t.cluster_id = $cluster AND t.year = $year
  RETURN [a.id, b.id, d.id] AS participants, 3 AS links, [r.value, s.value, t.value] AS worth
}
WITH participants, links, reduce(least = worth[0], w IN worth | CASE WHEN w < least THEN w ELSE least END) AS weakest
RETURN participants, links, weakest, weakest * links AS circulating
ORDER BY circulating DESC, participants LIMIT $top
