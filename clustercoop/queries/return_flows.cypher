// purpose: Which share of the internal supply is return flow (circular economy), by cluster and year
// param: cluster text = -- one cluster; all where absent
// param: year int = -- one year; all where absent
// returns: cluster_id -- cluster
// returns: year -- year
// returns: return_flow -- value of return links
// returns: share -- of all internal supply
MATCH (s:Participant)-[r:SUPPLIES]->(b:Participant)
MATCH (s)-[m:MEMBER_OF]->(c:Cluster)<-[n:MEMBER_OF]-(b)
WHERE s.id <> b.id AND r.value > 0 AND m.year = r.year AND n.year = r.year
  AND ($cluster IS NULL OR c.id = $cluster) AND ($year IS NULL OR r.year = $year)
WITH c.id AS cluster_id, r.year AS year,
  sum(CASE WHEN r.kind = 'return' THEN r.value ELSE 0.0 END) AS return_flow, sum(r.value) AS total
RETURN cluster_id, year, return_flow, return_flow / total AS share
ORDER BY cluster_id, year
