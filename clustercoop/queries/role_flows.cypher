// purpose: Who supplies whom by role: from firms to universities, from research to firms, …
// param: cluster text = -- one cluster; all where absent
// param: year int = -- one year; all where absent
// returns: cluster_id -- cluster
// returns: year -- year
// returns: supplier_role -- role of the supplier in the cluster and year
// returns: buyer_role -- role of the buyer
// returns: value -- value
MATCH (c:Cluster)<-[m:MEMBER_OF]-(s:Participant)-[r:INSIDE]->(b:Participant)
WHERE ($cluster IS NULL OR c.id = $cluster) AND ($year IS NULL OR m.year = $year)
  AND r.cluster_id = c.id AND r.year = m.year
MATCH (b)-[n:MEMBER_OF]->(c) WHERE n.year = m.year
WITH c.id AS cluster_id, m.year AS year, coalesce(m.role, 'unknown') AS supplier_role,
  coalesce(n.role, 'unknown') AS buyer_role, sum(r.value) AS value
RETURN cluster_id, year, supplier_role, buyer_role, value
ORDER BY cluster_id, year, supplier_role, buyer_role
