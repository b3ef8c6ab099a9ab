// purpose: Cooperation by cluster and year, as the analysis wrote it
// needs: results
// param: cluster text = -- one cluster; all where absent
// param: year int = -- one year; all where absent
// returns: cluster_id -- cluster
// returns: year -- year
// returns: internal_supply -- supply between members
// returns: output -- output of members
// returns: cooperation_ratio -- ratio of sums; empty where unknown
MATCH (f:Formation)-[:OF]->(c:Cluster)
WHERE ($cluster IS NULL OR c.id = $cluster) AND ($year IS NULL OR f.year = $year)
RETURN c.id AS cluster_id, f.year AS year, f.internal_supply AS internal_supply, f.output AS output,
  f.cooperation_ratio AS cooperation_ratio
ORDER BY cluster_id, year
