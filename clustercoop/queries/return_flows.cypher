// purpose: Which share of the internal supply is return flow (circular economy), by cluster and year
// param: cluster text = -- one cluster; all where absent
// param: year int = -- one year; all where absent
// returns: cluster_id -- cluster
// returns: year -- year
// returns: return_flow -- value of return links
// returns: share -- of all internal supply
MATCH (c:Cluster)<-[m:MEMBER_OF]-(s:Participant)
WHERE ($cluster IS NULL OR c.id = $cluster) AND ($year IS NULL OR m.year = $year)
MATCH (s)-[r:SUPPLIES]->(b:Participant)
WHERE r.year = m.year AND r.value > 0 AND s.id <> b.id
MATCH (b)-[n:MEMBER_OF]->(c)
WHERE n.year = r.year
WITH c.id AS cluster_id, r.year AS year,
  sum(CASE WHEN r.kind = 'return' THEN r.value ELSE 0.0 END) AS return_flow, sum(r.value) AS total
RETURN cluster_id, year, return_flow, return_flow / total AS share
ORDER BY cluster_id, year
