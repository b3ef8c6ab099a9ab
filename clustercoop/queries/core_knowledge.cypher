// purpose: Knowledge ties of each core member, inside and outside the cluster
// needs: results
// rests: in_core
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: participant_id -- who
// returns: name -- name
// returns: inside -- members it shares knowledge with
// returns: outside -- partners outside it shares knowledge with
MATCH (a:Participant)-[k:MEASURED]->(f:Formation)
WHERE f.cluster_id = $cluster AND f.year = $year AND k.in_core
OPTIONAL MATCH (a)-[r:SUPPLIES]-(p:Participant)
WHERE r.year = $year AND r.kind = 'knowledge' AND r.value > 0 AND p.id <> a.id
WITH DISTINCT a, p
OPTIONAL MATCH (p)-[m:MEMBER_OF]->(c:Cluster) WHERE c.id = $cluster AND m.year = $year
WITH a, sum(CASE WHEN m IS NOT NULL THEN 1 ELSE 0 END) AS inside,
  sum(CASE WHEN p IS NOT NULL AND m IS NULL THEN 1 ELSE 0 END) AS outside
RETURN a.id AS participant_id, a.name AS name, inside, outside
ORDER BY inside + outside DESC, participant_id
