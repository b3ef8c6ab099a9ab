// purpose: Where members stand in the chain, from the first stage to the last
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: participant_id -- who
// returns: name -- name
// returns: stage -- trophic level
// returns: in_core -- whether it is in the core
MATCH (a:Participant)-[k:MEASURED]->(f:Formation)
WHERE f.cluster_id = $cluster AND f.year = $year AND k.stage IS NOT NULL
RETURN a.id AS participant_id, a.name AS name, k.stage AS stage, k.in_core AS in_core
ORDER BY stage, participant_id
