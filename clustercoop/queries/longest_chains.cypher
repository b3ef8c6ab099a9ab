// purpose: The longest chains of supply over different members, along each member's largest buyers, at most four links
// param: cluster text required -- the cluster
// param: year int required -- the year
// param: minimum float = 0 -- pairs of at most this value are left out
// param: width int = 5 -- how many of each member's buyers are followed, the largest first
// param: top int = 20 -- how many rows
// returns: links -- links of the chain
// returns: participants -- ids along the chain, from the first supplier to the last buyer
// returns: weakest -- value of the weakest link
MATCH (c:Cluster)<-[m:MEMBER_OF]-(a:Participant)-[r:INSIDE]->(b:Participant)
WHERE c.id = $cluster AND m.year = $year AND r.cluster_id = $cluster AND r.year = $year
  AND r.rank <= $width AND r.value > $minimum
OPTIONAL MATCH (b)-[s:INSIDE]->(d:Participant)
WHERE s.cluster_id = $cluster AND s.year = $year AND s.rank <= $width AND s.value > $minimum AND d.id <> a.id
WITH a, b, d, r.value AS one, s.value AS two
OPTIONAL MATCH (d)-[t:INSIDE]->(e:Participant)
WHERE t.cluster_id = $cluster AND t.year = $year AND t.rank <= $width AND t.value > $minimum
  AND e.id <> a.id AND e.id <> b.id
WITH a, b, d, e, one, two, t.value AS three
OPTIONAL MATCH (e)-[u:INSIDE]->(f:Participant)
WHERE u.cluster_id = $cluster AND u.year = $year AND u.rank <= $width AND u.value > $minimum
  AND f.id <> a.id AND f.id <> b.id AND f.id <> d.id
WITH [i IN [a.id, b.id, d.id, e.id, f.id] WHERE i IS NOT NULL] AS participants,
  one, coalesce(two, one) AS two, coalesce(three, one) AS three, coalesce(u.value, one) AS four
WITH participants, size(participants) - 1 AS links,
  CASE WHEN one <= two THEN one ELSE two END AS first, CASE WHEN three <= four THEN three ELSE four END AS last
WITH participants, links, CASE WHEN first <= last THEN first ELSE last END AS weakest
RETURN links, participants, weakest
ORDER BY links DESC, weakest DESC, participants LIMIT $top
