// purpose: Internal supply by product
// param: cluster text = -- one cluster; all where absent
// param: year int = -- one year; all where absent
// param: top int = 20 -- how many rows
// returns: cluster_id -- cluster
// returns: year -- year
// returns: product -- product code
// returns: links -- rows of links
// returns: value -- value
MATCH (c:Cluster)<-[m:MEMBER_OF]-(s:Participant)
WHERE ($cluster IS NULL OR c.id = $cluster) AND ($year IS NULL OR m.year = $year)
MATCH (s)-[r:SUPPLIES]->(b:Participant)
WHERE r.year = m.year AND r.value > 0 AND s.id <> b.id
MATCH (b)-[n:MEMBER_OF]->(c)
WHERE n.year = r.year
WITH c.id AS cluster_id, r.year AS year, coalesce(r.product, '') AS product, count(r) AS links, sum(r.value) AS value
RETURN cluster_id, year, product, links, value
ORDER BY value DESC, cluster_id, year, product LIMIT $top
