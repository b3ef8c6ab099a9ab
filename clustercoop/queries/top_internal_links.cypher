// purpose: The largest links between members
// param: cluster text required -- the cluster
// param: year int required -- the year
// param: top int = 20 -- how many rows
// returns: supplier_id -- who supplies
// returns: supplier -- name
// returns: buyer_id -- who buys
// returns: buyer -- name
// returns: value -- value of the year
MATCH (c:Cluster)<-[m:MEMBER_OF]-(s:Participant)
WHERE c.id = $cluster AND m.year = $year
MATCH (s)-[r:SUPPLIES]->(b:Participant)
WHERE r.year = m.year AND r.value > 0 AND s.id <> b.id
MATCH (b)-[n:MEMBER_OF]->(c)
WHERE n.year = r.year
WITH s, b, sum(r.value) AS value
RETURN s.id AS supplier_id, s.name AS supplier, b.id AS buyer_id, b.name AS buyer, value
ORDER BY value DESC, supplier_id, buyer_id LIMIT $top
