// purpose: Formations whose type differs from that of the year before
// needs: results
// rests: ecosystem_type
// param: cluster text = -- one cluster; all where absent
// returns: cluster_id -- cluster
// returns: year -- year
// returns: before -- type of the year before
// returns: after -- type of the year
MATCH (f:Formation)-[:OF]->(c:Cluster)<-[:OF]-(g:Formation)
WHERE g.year = f.year + 1 AND f.ecosystem_type <> g.ecosystem_type AND ($cluster IS NULL OR c.id = $cluster)
RETURN c.id AS cluster_id, g.year AS year, f.ecosystem_type AS before, g.ecosystem_type AS after
ORDER BY cluster_id, year
