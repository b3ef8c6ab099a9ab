// purpose: The core of a formation and each member's share of the supply between members
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: participant_id -- who
// returns: name -- name
// returns: supplied -- sold to members
// returns: share -- of all internal supply
MATCH (s:Participant)-[r:SUPPLIES]->(b:Participant)
MATCH (s)-[m:MEMBER_OF]->(c:Cluster)<-[n:MEMBER_OF]-(b)
WHERE s.id <> b.id AND r.value > 0 AND m.year = r.year AND n.year = r.year
  AND c.id = $cluster AND r.year = $year
WITH collect({s: s.id, v: r.value}) AS links, sum(r.value) AS total
MATCH (a:Participant)-[k:MEASURED]->(f:Formation)
WHERE f.cluster_id = $cluster AND f.year = $year AND k.in_core
UNWIND links AS l
WITH a, total, sum(CASE WHEN l.s = a.id THEN l.v ELSE 0.0 END) AS supplied
RETURN a.id AS participant_id, a.name AS name, supplied, supplied / total AS share
ORDER BY share DESC, participant_id
