// purpose: Who supplies whom by role: from firms to universities, from research to firms, …
// param: cluster text = -- one cluster; all where absent
// param: year int = -- one year; all where absent
// returns: cluster_id -- cluster
// returns: year -- year
// returns: supplier_role -- role of the supplier in the cluster and year
// returns: buyer_role -- role of the buyer
// returns: value -- value
MATCH (f:Flow)
WHERE ($cluster IS NULL OR f.cluster_id = $cluster) AND ($year IS NULL OR f.year = $year)
WITH f.cluster_id AS cluster_id, f.year AS year, coalesce(f.supplier_role, 'unknown') AS supplier_role,
  coalesce(f.buyer_role, 'unknown') AS buyer_role, sum(f.value) AS value
RETURN cluster_id, year, supplier_role, buyer_role, value
ORDER BY cluster_id, year, supplier_role, buyer_role
