// purpose: Internal supply between roles: firms, universities, infrastructure
// param: cluster text = -- one cluster; all where absent
// param: year int = -- one year; all where absent
// returns: cluster_id -- cluster
// returns: year -- year
// returns: supplier_role -- role
// returns: buyer_role -- role
// returns: value -- value
MATCH (c:Cluster)<-[m:MEMBER_OF]-(s:Participant)
WHERE ($cluster IS NULL OR c.id = $cluster) AND ($year IS NULL OR m.year = $year)
MATCH (s)-[r:SUPPLIES]->(b:Participant)
WHERE r.year = m.year AND r.value > 0 AND s.id <> b.id
MATCH (b)-[n:MEMBER_OF]->(c)
WHERE n.year = r.year
WITH c.id AS cluster_id, r.year AS year, coalesce(s.role, 'unknown') AS supplier_role,
  coalesce(b.role, 'unknown') AS buyer_role, sum(r.value) AS value
RETURN cluster_id, year, supplier_role, buyer_role, value
ORDER BY cluster_id, year, supplier_role, buyer_role
