// purpose: Pairs of members linked in the year and not in the year before
// needs: links of the year before
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: supplier_id -- who supplies
// returns: buyer_id -- who buys
// returns: value -- value of the year
MATCH (c:Cluster)<-[m:MEMBER_OF]-(s:Participant)-[r:INSIDE]->(b:Participant)
WHERE c.id = $cluster AND m.year = $year AND r.cluster_id = c.id AND r.year = m.year
  AND NOT EXISTS { MATCH (s)-[o:INSIDE]->(b) WHERE o.cluster_id = $cluster AND o.year = $year - 1 }
RETURN s.id AS supplier_id, b.id AS buyer_id, r.value AS value
ORDER BY value DESC, supplier_id, buyer_id
