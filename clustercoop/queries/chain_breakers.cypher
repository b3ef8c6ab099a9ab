// purpose: Who breaks chains if removed: members that are the only step between a supplier and a buyer inside the cluster
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: participant_id -- who
// returns: name -- name
// returns: pairs -- pairs of members that only it connects in two steps
MATCH (c:Cluster)<-[m:MEMBER_OF]-(b:Participant)
WHERE c.id = $cluster AND m.year = $year
MATCH (a:Participant)-[r:INSIDE]->(b) WHERE r.cluster_id = $cluster AND r.year = $year
MATCH (b)-[s:INSIDE]->(e:Participant) WHERE s.cluster_id = $cluster AND s.year = $year AND e.id <> a.id
WITH a, e, collect(DISTINCT b.id) AS between
WHERE size(between) = 1
  AND NOT EXISTS { MATCH (a)-[t:INSIDE]->(e) WHERE t.cluster_id = $cluster AND t.year = $year }
WITH between[0] AS participant_id, count(*) AS pairs
MATCH (p:Participant) WHERE p.id = participant_id
RETURN participant_id, p.name AS name, pairs
ORDER BY pairs DESC, participant_id
