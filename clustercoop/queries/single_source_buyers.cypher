// purpose: Members who buy inside the cluster from one supplier only
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: buyer_id -- who buys
// returns: buyer -- name
// returns: supplier_id -- the only supplier
// returns: value -- value
MATCH (c:Cluster)<-[m:MEMBER_OF]-(s:Participant)-[r:INSIDE]->(b:Participant)
WHERE c.id = $cluster AND m.year = $year AND r.cluster_id = c.id AND r.year = m.year
WITH b, collect(s.id) AS suppliers, sum(r.value) AS value
WHERE size(suppliers) = 1
RETURN b.id AS buyer_id, b.name AS buyer, suppliers[0] AS supplier_id, value
ORDER BY value DESC, buyer_id
