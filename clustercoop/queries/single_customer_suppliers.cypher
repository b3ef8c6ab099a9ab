// purpose: Members who sell inside the cluster to one buyer only
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: supplier_id -- who supplies
// returns: supplier -- name
// returns: buyer_id -- the only buyer
// returns: value -- value
MATCH (c:Cluster)<-[m:MEMBER_OF]-(s:Participant)-[r:INSIDE]->(b:Participant)
WHERE c.id = $cluster AND m.year = $year AND r.cluster_id = c.id AND r.year = m.year
WITH s, collect(b.id) AS buyers, sum(r.value) AS value
WHERE size(buyers) = 1
RETURN s.id AS supplier_id, s.name AS supplier, buyers[0] AS buyer_id, value
ORDER BY value DESC, supplier_id
