// purpose: Supply from the members of one cluster to those of another, by links whose ends are not both in one of them
// param: year int = -- one year; all where absent
// returns: supplier_cluster -- whose members supply
// returns: buyer_cluster -- whose members buy
// returns: year -- year
// returns: links -- rows of links
// returns: value -- value
// returns: shared -- part of it that is counted for several clusters, because an end belongs to several
MATCH (c:Cluster)-[r:TRADES]->(d:Cluster)
WHERE $year IS NULL OR r.year = $year
RETURN c.id AS supplier_cluster, d.id AS buyer_cluster, r.year AS year, r.links AS links, r.value AS value,
  r.shared AS shared
ORDER BY year, value DESC, supplier_cluster, buyer_cluster
