// purpose: The largest links between members
// param: cluster text required -- the cluster
// param: year int required -- the year
// param: top int = 20 -- how many rows
// returns: supplier_id -- who supplies
// returns: supplier -- name
// returns: buyer_id -- who buys
// returns: buyer -- name
// returns: value -- value of the year
MATCH (c:Cluster)<-[m:MEMBER_OF]-(s:Participant)-[r:INSIDE]->(b:Participant)
WHERE c.id = $cluster AND m.year = $year AND r.cluster_id = c.id AND r.year = m.year
RETURN s.id AS supplier_id, s.name AS supplier, b.id AS buyer_id, b.name AS buyer, r.value AS value
ORDER BY value DESC, supplier_id, buyer_id LIMIT $top
