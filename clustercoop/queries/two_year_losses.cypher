// purpose: Members whose supply to members fell in the year and in the year before it
// needs: results
// rests: internal_supply
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: participant_id -- who
// returns: name -- name
// returns: two_years_before -- supplied to members two years before
// returns: year_before -- in the year before
// returns: now -- in the year
MATCH (a:Participant)-[k:MEASURED]->(f:Formation)
WHERE f.cluster_id = $cluster AND f.year = $year
MATCH (a)-[l:MEASURED]->(g:Formation)
WHERE g.cluster_id = $cluster AND g.year = $year - 1 AND k.internal_supply < l.internal_supply
MATCH (a)-[n:MEASURED]->(h:Formation)
WHERE h.cluster_id = $cluster AND h.year = $year - 2 AND l.internal_supply < n.internal_supply
RETURN a.id AS participant_id, a.name AS name, n.internal_supply AS two_years_before,
  l.internal_supply AS year_before, k.internal_supply AS now
ORDER BY now - two_years_before, participant_id
