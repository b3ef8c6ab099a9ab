// purpose: How many members a cluster has in each year, by what they were in it
// param: cluster text = -- one cluster; all where absent
// returns: cluster_id -- cluster
// returns: year -- year
// returns: role -- role
// returns: members -- how many
MATCH (a:Participant)-[m:MEMBER_OF]->(c:Cluster)
WHERE $cluster IS NULL OR c.id = $cluster
RETURN c.id AS cluster_id, m.year AS year, coalesce(m.role, 'unknown') AS role, count(a) AS members
ORDER BY cluster_id, year, role
