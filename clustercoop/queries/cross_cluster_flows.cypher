// purpose: Supply from the members of one cluster to those of another, who are not members of both
// param: year int = -- one year; all where absent
// returns: supplier_cluster -- whose members supply
// returns: buyer_cluster -- whose members buy
// returns: year -- year
// returns: links -- rows of links
// returns: value -- value
MATCH (s:Participant)-[r:SUPPLIES]->(b:Participant)
MATCH (s)-[m:MEMBER_OF]->(c:Cluster)
MATCH (b)-[n:MEMBER_OF]->(d:Cluster)
WHERE s.id <> b.id AND c.id <> d.id AND m.year = r.year AND n.year = r.year
  AND ($year IS NULL OR r.year = $year)
  AND NOT EXISTS { MATCH (s)-[x:MEMBER_OF]->(d) WHERE x.year = r.year }
  AND NOT EXISTS { MATCH (b)-[y:MEMBER_OF]->(c) WHERE y.year = r.year }
RETURN c.id AS supplier_cluster, d.id AS buyer_cluster, r.year AS year, count(r) AS links, sum(r.value) AS value
ORDER BY year, value DESC, supplier_cluster, buyer_cluster
