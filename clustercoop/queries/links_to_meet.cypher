// purpose: Links between members that would make a cluster meet what it fails
// needs: results
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: rule -- requirement
// returns: supplier_id -- who would supply
// returns: supplier -- name
// returns: buyer_id -- who would buy; empty for any member
// returns: buyer -- name
// returns: value -- supply that the link needs; empty where any value does
MATCH (e:EligibilityLinks)-[:CONCERNS_SUPPLIER]->(s:Participant)
WHERE e.cluster_id = $cluster AND e.year = $year
OPTIONAL MATCH (e)-[:CONCERNS_BUYER]->(b:Participant)
RETURN e.rule AS rule, e.supplier_id AS supplier_id, s.name AS supplier, e.buyer_id AS buyer_id, b.name AS buyer,
  e.value AS value
ORDER BY rule, value DESC, supplier_id, buyer_id
