// purpose: Which share of what members buy comes from members, by cluster and year
// param: cluster text = -- one cluster; all where absent
// param: year int = -- one year; all where absent
// returns: cluster_id -- cluster
// returns: year -- year
// returns: inside -- bought from members
// returns: outside -- bought from others
// returns: share -- inside / all
MATCH (c:Cluster)<-[n:MEMBER_OF]-(b:Participant)
WHERE ($cluster IS NULL OR c.id = $cluster) AND ($year IS NULL OR n.year = $year)
MATCH (s:Participant)-[r:SUPPLIES]->(b)
WHERE r.year = n.year AND s.id <> b.id
OPTIONAL MATCH (s)-[m:MEMBER_OF]->(c) WHERE m.year = r.year
WITH c.id AS cluster_id, r.year AS year,
  sum(CASE WHEN m IS NULL THEN 0.0 ELSE r.value END) AS inside,
  sum(CASE WHEN m IS NULL THEN r.value ELSE 0.0 END) AS outside
RETURN cluster_id, year, inside, outside,
  CASE WHEN inside + outside > 0 THEN inside / (inside + outside) ELSE null END AS share
ORDER BY cluster_id, year
