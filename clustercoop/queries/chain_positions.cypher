// purpose: Where members stand in the chain, from the first stage to the last
// needs: results
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: participant_id -- who
// returns: name -- name
// returns: stage -- trophic level; empty where unknown
// returns: in_core -- whether it is in the core
MATCH (a:Participant)-[k:MEASURED]->(f:Formation)
WHERE f.cluster_id = $cluster AND f.year = $year
RETURN a.id AS participant_id, a.name AS name, k.stage AS stage, k.in_core AS in_core
ORDER BY coalesce(stage, 1000000.0), participant_id
