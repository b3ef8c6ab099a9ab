// purpose: Who breaks chains if removed: members that are the only step between a supplier and a buyer inside the cluster
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: participant_id -- who
// returns: name -- name
// returns: pairs -- pairs of members that only it connects in two steps
MATCH (b:Participant)-[m:MEMBER_OF]->(c:Cluster)
WHERE c.id = $cluster AND m.year = $year
MATCH (a:Participant)-[r:SUPPLIES]->(b) WHERE r.year = $year AND r.value > 0 AND a.id <> b.id
  AND EXISTS { MATCH (a)-[x:MEMBER_OF]->(d:Cluster) WHERE d.id = $cluster AND x.year = $year }
MATCH (b)-[s:SUPPLIES]->(e:Participant) WHERE s.year = $year AND s.value > 0 AND e.id <> b.id AND e.id <> a.id
  AND EXISTS { MATCH (e)-[y:MEMBER_OF]->(d:Cluster) WHERE d.id = $cluster AND y.year = $year }
WITH a, e, collect(DISTINCT b.id) AS between
WHERE size(between) = 1
  AND NOT EXISTS { MATCH (a)-[t:SUPPLIES]->(e) WHERE t.year = $year AND t.value > 0 }
WITH between[0] AS participant_id, count(*) AS pairs
MATCH (p:Participant) WHERE p.id = participant_id
RETURN participant_id, p.name AS name, pairs
ORDER BY pairs DESC, participant_id
