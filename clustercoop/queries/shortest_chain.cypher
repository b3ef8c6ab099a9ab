// purpose: The shortest chain of supply inside the cluster from one member to another, at most four links
// param: cluster text required -- the cluster
// param: year int required -- the year
// param: supplier text required -- the member at its beginning
// param: buyer text required -- the member at its end
// returns: links -- links of the chain
// returns: participants -- ids along the chain
// returns: weakest -- value of the weakest link
CALL () {
  MATCH (a:Participant)-[r:INSIDE]->(z:Participant)
  WHERE a.id = $supplier AND z.id = $buyer AND r.cluster_id = $cluster AND r.year = $year
  RETURN 1 AS links, [a.id, z.id] AS participants, [r.value] AS worth
  UNION ALL
  MATCH (a:Participant)-[r:INSIDE]->(b:Participant)-[s:INSIDE]->(z:Participant)
  WHERE a.id = $supplier AND z.id = $buyer AND r.cluster_id = $cluster AND r.year = $year
    AND s.cluster_id = $cluster AND s.year = $year
  RETURN 2 AS links, [a.id, b.id, z.id] AS participants, [r.value, s.value] AS worth
  UNION ALL
  MATCH (a:Participant)-[r:INSIDE]->(b:Participant)-[s:INSIDE]->(d:Participant)-[t:INSIDE]->(z:Participant)
  WHERE a.id = $supplier AND z.id = $buyer AND r.cluster_id = $cluster AND r.year = $year
    AND s.cluster_id = $cluster AND s.year = $year AND t.cluster_id = $cluster AND t.year = $year
  RETURN 3 AS links, [a.id, b.id, d.id, z.id] AS participants, [r.value, s.value, t.value] AS worth
  UNION ALL
  MATCH (a:Participant)-[r:INSIDE]->(b:Participant)-[s:INSIDE]->(d:Participant)-[t:INSIDE]->(e:Participant)-[u:INSIDE]->(z:Participant)
  WHERE a.id = $supplier AND z.id = $buyer AND r.cluster_id = $cluster AND r.year = $year
    AND s.cluster_id = $cluster AND s.year = $year AND t.cluster_id = $cluster AND t.year = $year
    AND u.cluster_id = $cluster AND u.year = $year
  RETURN 4 AS links, [a.id, b.id, d.id, e.id, z.id] AS participants, [r.value, s.value, t.value, u.value] AS worth
}
WITH links, participants, reduce(least = worth[0], w IN worth | CASE WHEN w < least THEN w ELSE least END) AS weakest
RETURN links, participants, weakest
ORDER BY links, weakest DESC, participants LIMIT 1
