// purpose: Members who sell inside the cluster to one buyer only
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: supplier_id -- who supplies
// returns: supplier -- name
// returns: buyer_id -- the only buyer
// returns: value -- value
MATCH (c:Cluster)<-[m:MEMBER_OF]-(s:Participant)
WHERE c.id = $cluster AND m.year = $year
MATCH (s)-[r:SUPPLIES]->(b:Participant)
WHERE r.year = m.year AND r.value > 0 AND s.id <> b.id
MATCH (b)-[n:MEMBER_OF]->(c)
WHERE n.year = r.year
WITH s, collect(DISTINCT b.id) AS buyers, sum(r.value) AS value
WHERE size(buyers) = 1
RETURN s.id AS supplier_id, s.name AS supplier, buyers[0] AS buyer_id, value
ORDER BY value DESC, supplier_id
