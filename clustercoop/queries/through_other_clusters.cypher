// purpose: Supply that leaves the cluster and comes back over a member of another cluster
// param: cluster text required -- the cluster
// param: year int required -- the year
// param: top int = 20 -- how many rows
// returns: supplier_id -- the member that sells
// returns: through_id -- member of another cluster
// returns: through_cluster -- its cluster
// returns: buyer_id -- the member that buys
// returns: weakest -- value of the smaller of the two
MATCH (c:Cluster)<-[m:MEMBER_OF]-(p:Participant)-[r:SUPPLIES]-(x:Participant)
WHERE c.id = $cluster AND m.year = $year AND r.year = $year AND r.value > 0 AND coalesce(r.kind, '') <> 'knowledge' AND x.id <> p.id
WITH x, p, sum(CASE WHEN startNode(r).id = p.id THEN r.value ELSE 0.0 END) AS there,
  sum(CASE WHEN endNode(r).id = p.id THEN r.value ELSE 0.0 END) AS back
WITH x, collect({id: p.id, there: there, back: back}) AS sides
WHERE NOT EXISTS { MATCH (x)-[n:MEMBER_OF]->(d:Cluster) WHERE d.id = $cluster AND n.year = $year }
MATCH (x)-[o:MEMBER_OF]->(e:Cluster) WHERE o.year = $year
UNWIND [a IN sides WHERE a.there > 0] AS a
UNWIND [b IN sides WHERE b.back > 0 AND b.id <> a.id] AS b
RETURN a.id AS supplier_id, x.id AS through_id, e.id AS through_cluster, b.id AS buyer_id,
  CASE WHEN a.there < b.back THEN a.there ELSE b.back END AS weakest
ORDER BY weakest DESC, supplier_id, through_id, through_cluster, buyer_id LIMIT $top
