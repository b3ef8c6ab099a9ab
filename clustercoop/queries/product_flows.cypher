// purpose: Internal supply by product
// param: cluster text = -- one cluster; all where absent
// param: year int = -- one year; all where absent
// param: top int = 20 -- how many rows
// returns: cluster_id -- cluster
// returns: year -- year
// returns: product -- product code
// returns: links -- rows of links
// returns: value -- value
MATCH (s:Participant)-[r:SUPPLIES]->(b:Participant)
MATCH (s)-[m:MEMBER_OF]->(c:Cluster)<-[n:MEMBER_OF]-(b)
WHERE s.id <> b.id AND r.value > 0 AND m.year = r.year AND n.year = r.year
  AND ($cluster IS NULL OR c.id = $cluster) AND ($year IS NULL OR r.year = $year)
WITH c.id AS cluster_id, r.year AS year, coalesce(r.product, '') AS product, count(r) AS links, sum(r.value) AS value
RETURN cluster_id, year, product, links, value
ORDER BY value DESC, cluster_id, year, product LIMIT $top
