// purpose: Pairs of members linked in the year before and not in the year
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: supplier_id -- who supplied
// returns: buyer_id -- who bought
// returns: value -- value of the year before
MATCH (s:Participant)-[r:SUPPLIES]->(b:Participant)
MATCH (s)-[m:MEMBER_OF]->(c:Cluster)<-[n:MEMBER_OF]-(b)
WHERE s.id <> b.id AND r.value > 0 AND m.year = r.year AND n.year = r.year
  AND c.id = $cluster AND r.year = $year - 1
WITH s, b, sum(r.value) AS value
WHERE NOT EXISTS { MATCH (s)-[o:SUPPLIES]->(b) WHERE o.year = $year AND o.value > 0 }
RETURN s.id AS supplier_id, b.id AS buyer_id, value
ORDER BY value DESC, supplier_id, buyer_id
