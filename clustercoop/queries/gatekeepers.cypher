// purpose: Members who stand between the cluster and the outside: the smaller of their internal and external flow, as a share of both
// needs: results
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: participant_id -- who
// returns: name -- name
// returns: internal -- flow with members; empty where unknown
// returns: external -- flow with others; empty where unknown
// returns: share -- smaller / both; empty where unknown
MATCH (a:Participant)-[k:MEASURED]->(f:Formation)
WHERE f.cluster_id = $cluster AND f.year = $year
WITH a, k.internal_supply + k.bought_inside AS internal, k.sales_outside + k.purchases_outside AS external
RETURN a.id AS participant_id, a.name AS name, internal, external,
  CASE WHEN internal + external > 0
    THEN (CASE WHEN internal < external THEN internal ELSE external END) / (internal + external)
    ELSE null END AS share
ORDER BY coalesce(share, -1.0) DESC, participant_id
