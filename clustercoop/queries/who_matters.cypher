// purpose: Who matters by which measure: systemic risk, linkages, extraction, core, brokerage
// needs: results
// param: cluster text required -- the cluster
// param: year int required -- the year
// param: top int = 20 -- how many rows
// returns: participant_id -- who
// returns: name -- name
// returns: leading_measures -- measures by which it is among the first three
// returns: systemic_risk -- share of the cluster's output that stops with it
// returns: backward_linkage -- output of all members called forth by a unit of its demand
// returns: forward_linkage -- output of all members that a unit of its inputs makes possible
// returns: linkage_kind -- what it depends on by the linkages
// returns: extraction_others -- share of the others' output lost without it
// returns: in_core -- whether it is in the core
// returns: broker_share -- flow that it carries across the boundary
MATCH (k:KeyParticipants)-[:CONCERNS]->(p:Participant)
WHERE k.cluster_id = $cluster AND k.year = $year
RETURN p.id AS participant_id, p.name AS name, k.leading_measures AS leading_measures,
  k.systemic_risk AS systemic_risk, k.backward_linkage AS backward_linkage, k.forward_linkage AS forward_linkage,
  k.linkage_kind AS linkage_kind, k.extraction_others AS extraction_others, k.in_core AS in_core,
  k.broker_share AS broker_share
ORDER BY k.nth LIMIT $top
