// purpose: Return flows between members as a share of all supply between them
// param: cluster text = -- one cluster; all where absent
// param: year int = -- one year; all where absent
// returns: cluster_id -- cluster
// returns: year -- year
// returns: return_flow -- value of links of kind return
// returns: share -- of internal supply
MATCH (f:Flow)
WHERE ($cluster IS NULL OR f.cluster_id = $cluster) AND ($year IS NULL OR f.year = $year)
WITH f.cluster_id AS cluster_id, f.year AS year, sum(f.value) AS total,
  sum(CASE WHEN f.kind = 'return' THEN f.value ELSE 0.0 END) AS return_flow
RETURN cluster_id, year, return_flow, return_flow / total AS share
ORDER BY cluster_id, year
