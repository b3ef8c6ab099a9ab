// purpose: Participants whose figures are unknown, and why
// needs: results
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: participant_id -- who; * is every member whose cell is empty
// returns: column -- figure that is unknown
// returns: code -- reason
// returns: value -- what the reason is about
// returns: detail -- more of it, or whom it concerns
MATCH (g:Gap)
WHERE g.cluster_id = $cluster AND g.year = $year AND g.participant_id IS NOT NULL
RETURN g.participant_id AS participant_id, g.column AS column, g.code AS code, g.value AS value, g.detail AS detail
ORDER BY participant_id, column, code, value, detail
