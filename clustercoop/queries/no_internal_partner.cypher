// purpose: Members without any link to another member in the year
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: participant_id -- who
// returns: name -- name
// returns: role -- role
MATCH (a:Participant)-[m:MEMBER_OF]->(c:Cluster)
WHERE c.id = $cluster AND m.year = $year
  AND NOT EXISTS {
    MATCH (a)-[r:SUPPLIES]-(p:Participant)-[n:MEMBER_OF]->(d:Cluster)
    WHERE r.year = $year AND r.value > 0 AND p.id <> a.id AND d.id = $cluster AND n.year = $year
  }
RETURN a.id AS participant_id, a.name AS name, a.role AS role
ORDER BY participant_id
