// purpose: Members without any supply to or from another member in the year, by links and by what they report
// needs: links of the year
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: participant_id -- who
// returns: name -- name
// returns: role -- role
MATCH (a:Participant)-[m:MEMBER_OF]->(c:Cluster)
WHERE c.id = $cluster AND m.year = $year
  AND NOT EXISTS { MATCH (a)-[r:INSIDE]-(:Participant) WHERE r.cluster_id = $cluster AND r.year = $year }
  AND NOT EXISTS { MATCH (a)-[:REPORTED]->(v:Activity) WHERE v.year = $year AND v.used_by_participants > 0 }
RETURN a.id AS participant_id, a.name AS name, m.role AS role
ORDER BY participant_id
