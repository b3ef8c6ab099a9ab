// purpose: Pairs of members linked in the year and not in the year before
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: supplier_id -- who supplies
// returns: buyer_id -- who buys
// returns: value -- value of the year
MATCH (c:Cluster)<-[m:MEMBER_OF]-(s:Participant)
WHERE c.id = $cluster AND m.year = $year
MATCH (s)-[r:SUPPLIES]->(b:Participant)
WHERE r.year = m.year AND r.value > 0 AND s.id <> b.id
MATCH (b)-[n:MEMBER_OF]->(c)
WHERE n.year = r.year
WITH s, b, sum(r.value) AS value
WHERE NOT EXISTS { MATCH (s)-[o:SUPPLIES]->(b) WHERE o.year = $year - 1 AND o.value > 0 }
RETURN s.id AS supplier_id, b.id AS buyer_id, value
ORDER BY value DESC, supplier_id, buyer_id
