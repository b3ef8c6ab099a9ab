// purpose: The outside partners with whom a cluster trades most
// param: cluster text required -- the cluster
// param: year int required -- the year
// param: top int = 20 -- how many rows
// returns: partner_id -- who
// returns: name -- name
// returns: sold_to -- what members sold to it
// returns: bought_from -- what members bought from it
MATCH (a:Participant)-[m:MEMBER_OF]->(c:Cluster)
WHERE c.id = $cluster AND m.year = $year
MATCH (a)-[r:SUPPLIES]-(p:Participant)
WHERE r.year = $year AND NOT EXISTS { MATCH (p)-[n:MEMBER_OF]->(d:Cluster) WHERE d.id = $cluster AND n.year = $year }
WITH p, sum(CASE WHEN startNode(r).id = a.id THEN r.value ELSE 0.0 END) AS sold_to,
  sum(CASE WHEN startNode(r).id = a.id THEN 0.0 ELSE r.value END) AS bought_from
RETURN p.id AS partner_id, p.name AS name, sold_to, bought_from
ORDER BY sold_to + bought_from DESC, partner_id LIMIT $top
