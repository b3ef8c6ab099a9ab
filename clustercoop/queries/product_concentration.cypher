// purpose: How concentrated the supply of each product between members is (Herfindahl over suppliers)
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: product -- product code; empty where links have none
// returns: suppliers -- members who sell it to members
// returns: value -- value
// returns: hhi -- sum of squared shares, 1 is a single supplier; empty without a product
MATCH (c:Cluster)<-[m:MEMBER_OF]-(s:Participant)-[r:INSIDE]->(b:Participant)
WHERE c.id = $cluster AND m.year = $year AND r.cluster_id = c.id AND r.year = m.year
MATCH (s)-[l:SUPPLIES]->(b)
WHERE l.year = $year AND l.value > 0 AND coalesce(l.kind, '') <> 'knowledge'
WITH coalesce(l.product, '') AS product, s.id AS supplier, sum(l.value) AS sold
WITH product, count(supplier) AS suppliers, sum(sold) AS value, sum(sold * sold) AS squares
RETURN product, suppliers, value, CASE WHEN product <> '' THEN squares / (value * value) END AS hhi
ORDER BY product = '', hhi DESC, value DESC, product
