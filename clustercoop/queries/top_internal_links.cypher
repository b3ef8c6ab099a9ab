// purpose: The largest links between members
// param: cluster text required -- the cluster
// param: year int required -- the year
// param: top int = 20 -- how many rows
// returns: supplier_id -- who supplies
// returns: supplier -- name
// returns: buyer_id -- who buys
// returns: buyer -- name
// returns: value -- value of the year
MATCH (s:Participant)-[r:SUPPLIES]->(b:Participant)
MATCH (s)-[m:MEMBER_OF]->(c:Cluster)<-[n:MEMBER_OF]-(b)
WHERE s.id <> b.id AND r.value > 0 AND m.year = r.year AND n.year = r.year
  AND c.id = $cluster AND r.year = $year
WITH s, b, sum(r.value) AS value
RETURN s.id AS supplier_id, s.name AS supplier, b.id AS buyer_id, b.name AS buyer, value
ORDER BY value DESC, supplier_id, buyer_id LIMIT $top
