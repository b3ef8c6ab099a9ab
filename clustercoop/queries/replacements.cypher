// purpose: Who could replace a supplier: participants who sold the same products in the year, members of the cluster first
// param: cluster text required -- the cluster
// param: year int required -- the year
// param: supplier text required -- the supplier to replace
// param: top int = 20 -- how many rows
// returns: participant_id -- who
// returns: name -- name
// returns: products -- products that both sold
// returns: value -- what it sold of them, to anybody
// returns: member -- whether it is a member of the cluster in the year
// returns: same_region -- whether both are known to be of one region; empty where unknown
MATCH (a:Participant)-[r:SUPPLIES]->(:Participant)
WHERE a.id = $supplier AND r.year = $year AND r.product IS NOT NULL AND r.value > 0 AND coalesce(r.kind, '') <> 'knowledge'
WITH a, collect(DISTINCT r.product) AS wanted
MATCH (p:Participant)-[s:SUPPLIES]->(q:Participant)
WHERE s.year = $year AND s.product IN wanted AND s.value > 0 AND coalesce(s.kind, '') <> 'knowledge' AND p.id <> a.id AND p.id <> q.id
WITH a, p, count(DISTINCT s.product) AS products, sum(s.value) AS value
OPTIONAL MATCH (p)-[m:MEMBER_OF]->(c:Cluster) WHERE c.id = $cluster AND m.year = $year
RETURN p.id AS participant_id, p.name AS name, products, value, m IS NOT NULL AS member,
  p.region = a.region AS same_region
ORDER BY member DESC, products DESC, value DESC, participant_id LIMIT $top
