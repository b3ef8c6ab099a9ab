// purpose: Which share of the internal supply would go with a member
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: participant_id -- who
// returns: name -- name
// returns: supplied -- sold to members
// returns: bought -- bought from members
// returns: share -- both / all internal supply
MATCH (c:Cluster)<-[m:MEMBER_OF]-(s:Participant)
WHERE c.id = $cluster AND m.year = $year
MATCH (s)-[r:SUPPLIES]->(b:Participant)
WHERE r.year = m.year AND r.value > 0 AND s.id <> b.id
MATCH (b)-[n:MEMBER_OF]->(c)
WHERE n.year = r.year
WITH collect({s: s.id, b: b.id, v: r.value}) AS links, sum(r.value) AS total
MATCH (a:Participant)-[m:MEMBER_OF]->(c:Cluster) WHERE c.id = $cluster AND m.year = $year
UNWIND links AS l
WITH a, total, sum(CASE WHEN l.s = a.id THEN l.v ELSE 0.0 END) AS supplied,
  sum(CASE WHEN l.b = a.id THEN l.v ELSE 0.0 END) AS bought
WHERE supplied + bought > 0
RETURN a.id AS participant_id, a.name AS name, supplied, bought, (supplied + bought) / total AS share
ORDER BY share DESC, participant_id
