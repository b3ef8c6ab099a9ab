// purpose: What each member supplies to others and its cooperation ratio, as the analysis has them
// needs: results
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: participant_id -- who
// returns: name -- name
// returns: supplied -- to other members; empty where unknown
// returns: source -- where that comes from: links, or the volumes reported
// returns: output -- output of the year
// returns: ratio -- supplied / output; empty where unknown
MATCH (a:Participant)-[k:MEASURED]->(f:Formation)
WHERE f.cluster_id = $cluster AND f.year = $year
RETURN a.id AS participant_id, a.name AS name, k.internal_supply AS supplied, k.internal_supply_source AS source,
  k.output AS output, k.cooperation_ratio AS ratio
ORDER BY participant_id
