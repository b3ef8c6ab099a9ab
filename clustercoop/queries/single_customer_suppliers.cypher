// purpose: Members who sell inside the cluster to one buyer only
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: supplier_id -- who supplies
// returns: supplier -- name
// returns: buyer_id -- the only buyer
// returns: value -- value
MATCH (s:Participant)-[r:SUPPLIES]->(b:Participant)
MATCH (s)-[m:MEMBER_OF]->(c:Cluster)<-[n:MEMBER_OF]-(b)
WHERE s.id <> b.id AND r.value > 0 AND m.year = r.year AND n.year = r.year
  AND c.id = $cluster AND r.year = $year
WITH s, collect(DISTINCT b.id) AS buyers, sum(r.value) AS value
WHERE size(buyers) = 1
RETURN s.id AS supplier_id, s.name AS supplier, buyers[0] AS buyer_id, value
ORDER BY value DESC, supplier_id
