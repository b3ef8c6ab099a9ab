// purpose: Supply between different members, by cluster and year, straight from the links
// param: cluster text = -- one cluster; all where absent
// param: year int = -- one year; all where absent
// returns: cluster_id -- cluster
// returns: year -- year
// returns: links -- pairs of members with a link
// returns: internal_supply -- its value
MATCH (s:Participant)-[r:SUPPLIES]->(b:Participant)
MATCH (s)-[m:MEMBER_OF]->(c:Cluster)<-[n:MEMBER_OF]-(b)
WHERE s.id <> b.id AND r.value > 0 AND m.year = r.year AND n.year = r.year
  AND ($cluster IS NULL OR c.id = $cluster) AND ($year IS NULL OR r.year = $year)
WITH c.id AS cluster_id, r.year AS year, s.id AS supplier_id, b.id AS buyer_id, sum(r.value) AS value
RETURN cluster_id, year, count(*) AS links, sum(value) AS internal_supply
ORDER BY cluster_id, year
