// purpose: How much of what the core buys outside comes from one partner
// needs: results
// rests: in_core
// param: cluster text required -- the cluster
// param: year int required -- the year
// param: top int = 20 -- how many rows
// returns: partner_id -- partner outside
// returns: name -- name
// returns: members -- core members that buy from it
// returns: value -- what they buy from it
// returns: share -- of all recorded purchases of the core outside
MATCH (a:Participant)-[k:MEASURED]->(f:Formation)
WHERE f.cluster_id = $cluster AND f.year = $year AND k.in_core
MATCH (p:Participant)-[r:SUPPLIES]->(a)
WHERE r.year = $year AND r.value > 0 AND coalesce(r.kind, '') <> 'knowledge'
  AND NOT EXISTS { MATCH (p)-[n:MEMBER_OF]->(d:Cluster) WHERE d.id = $cluster AND n.year = $year }
WITH p, count(DISTINCT a) AS members, sum(r.value) AS value
WITH collect({p: p, members: members, value: value}) AS partners, sum(value) AS total
UNWIND partners AS one
WITH one.p AS p, one.members AS members, one.value AS value, total
RETURN p.id AS partner_id, p.name AS name, members, value, value / total AS share
ORDER BY share DESC, partner_id LIMIT $top
