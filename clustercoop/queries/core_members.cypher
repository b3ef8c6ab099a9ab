// purpose: The core of a formation and each member's share of the supply between members, as the analysis has them
// needs: results
// rests: in_core
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: participant_id -- who
// returns: name -- name
// returns: supplied -- sold to members; empty where unknown
// returns: share -- of all internal supply; empty where unknown
MATCH (a:Participant)-[k:MEASURED]->(f:Formation)
WHERE f.cluster_id = $cluster AND f.year = $year AND k.in_core
RETURN a.id AS participant_id, a.name AS name, k.internal_supply AS supplied,
  CASE WHEN f.internal_supply > 0 THEN k.internal_supply / f.internal_supply ELSE null END AS share
ORDER BY share DESC, participant_id
