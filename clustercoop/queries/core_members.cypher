// purpose: The core of a formation and each member's share of the supply between members
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: participant_id -- who
// returns: name -- name
// returns: supplied -- sold to members
// returns: share -- of all internal supply
MATCH (c:Cluster)<-[m:MEMBER_OF]-(s:Participant)
WHERE c.id = $cluster AND m.year = $year
MATCH (s)-[r:SUPPLIES]->(b:Participant)
WHERE r.year = m.year AND r.value > 0 AND s.id <> b.id
MATCH (b)-[n:MEMBER_OF]->(c)
WHERE n.year = r.year
WITH collect({s: s.id, v: r.value}) AS links, sum(r.value) AS total
MATCH (a:Participant)-[k:MEASURED]->(f:Formation)
WHERE f.cluster_id = $cluster AND f.year = $year AND k.in_core
UNWIND links AS l
WITH a, total, sum(CASE WHEN l.s = a.id THEN l.v ELSE 0.0 END) AS supplied
RETURN a.id AS participant_id, a.name AS name, supplied, supplied / total AS share
ORDER BY share DESC, participant_id
