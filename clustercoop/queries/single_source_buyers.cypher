// purpose: Members who buy inside the cluster from one supplier only
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: buyer_id -- who buys
// returns: buyer -- name
// returns: supplier_id -- the only supplier
// returns: value -- value
MATCH (s:Participant)-[r:SUPPLIES]->(b:Participant)
MATCH (s)-[m:MEMBER_OF]->(c:Cluster)<-[n:MEMBER_OF]-(b)
WHERE s.id <> b.id AND r.value > 0 AND m.year = r.year AND n.year = r.year
  AND c.id = $cluster AND r.year = $year
WITH b, collect(DISTINCT s.id) AS suppliers, sum(r.value) AS value
WHERE size(suppliers) = 1
RETURN b.id AS buyer_id, b.name AS buyer, suppliers[0] AS supplier_id, value
ORDER BY value DESC, buyer_id
