// purpose: Each member's largest supplier, inside or outside, and its share of the purchases by links
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: participant_id -- who
// returns: name -- name
// returns: supplier_id -- the largest supplier
// returns: value -- bought from it
// returns: share -- of all purchases by links
// returns: inside -- whether it is a member too
MATCH (c:Cluster)<-[m:MEMBER_OF]-(a:Participant)<-[r:SUPPLIES]-(s:Participant)
WHERE c.id = $cluster AND m.year = $year AND r.year = $year AND r.value > 0 AND coalesce(r.kind, '') <> 'knowledge' AND s.id <> a.id
WITH a, s, sum(r.value) AS value ORDER BY value DESC, s.id
WITH a, collect({s: s, value: value}) AS suppliers, sum(value) AS total
WITH a, suppliers[0] AS one, total
WITH a, one.s AS s, one.value AS value, total
RETURN a.id AS participant_id, a.name AS name, s.id AS supplier_id, value, value / total AS share,
  EXISTS { MATCH (s)-[n:MEMBER_OF]->(d:Cluster) WHERE d.id = $cluster AND n.year = $year } AS inside
ORDER BY share DESC, participant_id
