// purpose: Pairs of members linked in the year before and not in the year
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: supplier_id -- who supplied
// returns: buyer_id -- who bought
// returns: value -- value of the year before
MATCH (c:Cluster)<-[m:MEMBER_OF]-(s:Participant)
WHERE c.id = $cluster AND m.year = $year - 1
MATCH (s)-[r:SUPPLIES]->(b:Participant)
WHERE r.year = m.year AND r.value > 0 AND s.id <> b.id
MATCH (b)-[n:MEMBER_OF]->(c)
WHERE n.year = r.year
WITH s, b, sum(r.value) AS value
WHERE NOT EXISTS { MATCH (s)-[o:SUPPLIES]->(b) WHERE o.year = $year AND o.value > 0 }
RETURN s.id AS supplier_id, b.id AS buyer_id, value
ORDER BY value DESC, supplier_id, buyer_id
