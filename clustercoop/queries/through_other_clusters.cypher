// purpose: Supply that leaves the cluster and comes back over a member of another cluster
// param: cluster text required -- the cluster
// param: year int required -- the year
// param: top int = 20 -- how many rows
// returns: supplier_id -- the member that sells
// returns: through_id -- member of another cluster
// returns: through_cluster -- its cluster
// returns: buyer_id -- the member that buys
// returns: weakest -- value of the smaller of the two
MATCH (c:Cluster)<-[m:MEMBER_OF]-(a:Participant)-[r:SUPPLIES]->(x:Participant)
WHERE c.id = $cluster AND m.year = $year AND r.year = $year AND r.value > 0 AND coalesce(r.kind, '') <> 'knowledge' AND x.id <> a.id
  AND NOT EXISTS { MATCH (x)-[n:MEMBER_OF]->(d:Cluster) WHERE d.id = $cluster AND n.year = $year }
WITH a, x, sum(r.value) AS there
MATCH (x)-[o:MEMBER_OF]->(e:Cluster) WHERE o.year = $year
WITH a, x, there, e
MATCH (x)-[s:SUPPLIES]->(b:Participant)
WHERE s.year = $year AND s.value > 0 AND coalesce(s.kind, '') <> 'knowledge' AND b.id <> a.id AND b.id <> x.id
  AND EXISTS { MATCH (b)-[y:MEMBER_OF]->(d:Cluster) WHERE d.id = $cluster AND y.year = $year }
WITH a, x, e, b, there, sum(s.value) AS back
RETURN a.id AS supplier_id, x.id AS through_id, e.id AS through_cluster, b.id AS buyer_id,
  CASE WHEN there < back THEN there ELSE back END AS weakest
ORDER BY weakest DESC, supplier_id, through_id, through_cluster, buyer_id LIMIT $top
