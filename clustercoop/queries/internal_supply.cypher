// purpose: Supply between different members, by cluster and year, straight from the links
// param: cluster text = -- one cluster; all where absent
// param: year int = -- one year; all where absent
// returns: cluster_id -- cluster
// returns: year -- year
// returns: links -- pairs of members with a link
// returns: internal_supply -- its value
MATCH (c:Cluster)<-[m:MEMBER_OF]-(s:Participant)
WHERE ($cluster IS NULL OR c.id = $cluster) AND ($year IS NULL OR m.year = $year)
MATCH (s)-[r:SUPPLIES]->(b:Participant)
WHERE r.year = m.year AND r.value > 0 AND s.id <> b.id
MATCH (b)-[n:MEMBER_OF]->(c)
WHERE n.year = r.year
WITH c.id AS cluster_id, r.year AS year, s.id AS supplier_id, b.id AS buyer_id, sum(r.value) AS value
RETURN cluster_id, year, count(*) AS links, sum(value) AS internal_supply
ORDER BY cluster_id, year
