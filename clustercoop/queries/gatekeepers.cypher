// purpose: Members who stand between the cluster and the outside: the smaller of their internal and external flow, as a share of both
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: participant_id -- who
// returns: name -- name
// returns: internal -- flow with members
// returns: external -- flow with others
// returns: share -- smaller / both
MATCH (a:Participant)-[m:MEMBER_OF]->(c:Cluster)
WHERE c.id = $cluster AND m.year = $year
MATCH (a)-[r:SUPPLIES]-(p:Participant)
WHERE r.year = $year AND p.id <> a.id
OPTIONAL MATCH (p)-[n:MEMBER_OF]->(d:Cluster) WHERE d.id = $cluster AND n.year = $year
WITH a, sum(CASE WHEN n IS NULL THEN 0.0 ELSE r.value END) AS internal,
  sum(CASE WHEN n IS NULL THEN r.value ELSE 0.0 END) AS external
WHERE internal + external > 0
RETURN a.id AS participant_id, a.name AS name, internal, external,
  (CASE WHEN internal < external THEN internal ELSE external END) / (internal + external) AS share
ORDER BY share DESC, participant_id
