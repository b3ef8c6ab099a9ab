// purpose: Which share of the supply between members is lost with a member
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: participant_id -- who
// returns: name -- name
// returns: supplied -- sold to members
// returns: bought -- bought from members
// returns: share -- of all internal supply
MATCH (c:Cluster)<-[m:MEMBER_OF]-(s:Participant)-[r:INSIDE]->(b:Participant)
WHERE c.id = $cluster AND m.year = $year AND r.cluster_id = c.id AND r.year = m.year
WITH collect({s: s, b: b, v: r.value}) AS links, sum(r.value) AS total
UNWIND links AS l
UNWIND [{p: l.s, supplied: l.v, bought: 0.0}, {p: l.b, supplied: 0.0, bought: l.v}] AS one
WITH one.p AS p, total, sum(one.supplied) AS supplied, sum(one.bought) AS bought
RETURN p.id AS participant_id, p.name AS name, supplied, bought, (supplied + bought) / total AS share
ORDER BY share DESC, participant_id
