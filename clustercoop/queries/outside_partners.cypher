// purpose: The largest partners outside the cluster, by what they sell to and buy from members
// param: cluster text required -- the cluster
// param: year int required -- the year
// param: top int = 20 -- how many rows
// returns: partner_id -- the partner
// returns: name -- name
// returns: sold_to -- what members sold to it
// returns: bought_from -- what members bought from it
MATCH (c:Cluster)<-[m:MEMBER_OF]-(a:Participant)
WHERE c.id = $cluster AND m.year = $year
MATCH (a)-[r:SUPPLIES]-(p:Participant)
WHERE r.year = $year AND p.id <> a.id AND r.value > 0 AND coalesce(r.kind, '') <> 'knowledge'
  AND NOT EXISTS { MATCH (p)-[n:MEMBER_OF]->(d:Cluster) WHERE d.id = $cluster AND n.year = $year }
WITH p, sum(CASE WHEN startNode(r) = a THEN r.value ELSE 0.0 END) AS sold_to,
  sum(CASE WHEN startNode(r) = a THEN 0.0 ELSE r.value END) AS bought_from
RETURN p.id AS partner_id, p.name AS name, sold_to, bought_from
ORDER BY sold_to + bought_from DESC, partner_id LIMIT $top
