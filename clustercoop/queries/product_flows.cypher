// purpose: Supply between members by product, the largest first
// param: cluster text = -- one cluster; all where absent
// param: year int = -- one year; all where absent
// param: top int = 20 -- how many rows
// returns: cluster_id -- cluster
// returns: year -- year
// returns: product -- product code; empty where links have none
// returns: links -- rows of links
// returns: value -- value
MATCH (f:Flow)
WHERE ($cluster IS NULL OR f.cluster_id = $cluster) AND ($year IS NULL OR f.year = $year)
WITH f.cluster_id AS cluster_id, f.year AS year, coalesce(f.product, '') AS product, sum(f.links) AS links,
  sum(f.value) AS value
RETURN cluster_id, year, product, links, value
ORDER BY value DESC, cluster_id, year, product LIMIT $top
