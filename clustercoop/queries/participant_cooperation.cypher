// purpose: Each member's sales to members and its output: its own cooperation ratio where the output is known
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: participant_id -- who
// returns: name -- name
// returns: supplied -- sold to members
// returns: output -- its output
// returns: ratio -- supplied / output
MATCH (a:Participant)-[m:MEMBER_OF]->(c:Cluster)
WHERE c.id = $cluster AND m.year = $year
OPTIONAL MATCH (a)-[r:SUPPLIES]->(b:Participant)-[n:MEMBER_OF]->(d:Cluster)
WHERE r.year = $year AND b.id <> a.id AND d.id = $cluster AND n.year = $year
WITH a, sum(coalesce(r.value, 0.0)) AS supplied
OPTIONAL MATCH (a)-[:REPORTED]->(x:Activity) WHERE x.year = $year
RETURN a.id AS participant_id, a.name AS name, supplied, x.output AS output,
  CASE WHEN x.output > 0 THEN supplied / x.output ELSE null END AS ratio
ORDER BY participant_id
