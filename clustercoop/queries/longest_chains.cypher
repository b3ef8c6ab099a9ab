// purpose: The longest chains of supply over different members, followed as far as they go but no further than four links
// param: cluster text required -- the cluster
// param: year int required -- the year
// param: minimum float = 0 -- links of at most this value are left out
// param: top int = 20 -- how many rows
// returns: links -- links of the chain
// returns: participants -- ids along the chain, from the first supplier to the last buyer
// returns: weakest -- value of the weakest link
MATCH (x:Participant)-[m:MEMBER_OF]->(c:Cluster)
WHERE c.id = $cluster AND m.year = $year
WITH collect(x.id) AS ids
MATCH (a:Participant)-[r:SUPPLIES]->(b:Participant)
WHERE r.year = $year AND r.value > $minimum AND a.id IN ids AND b.id IN ids AND a.id <> b.id
WITH ids, a, b, sum(r.value) AS one
OPTIONAL MATCH (b)-[s:SUPPLIES]->(d:Participant)
WHERE s.year = $year AND s.value > $minimum AND d.id IN ids AND d.id <> a.id AND d.id <> b.id
WITH ids, a, b, d, one, sum(s.value) AS two
OPTIONAL MATCH (d)-[t:SUPPLIES]->(e:Participant)
WHERE t.year = $year AND t.value > $minimum AND e.id IN ids AND e.id <> a.id AND e.id <> b.id AND e.id <> d.id
WITH ids, a, b, d, e, one, two, sum(t.value) AS three
OPTIONAL MATCH (e)-[u:SUPPLIES]->(f:Participant)
WHERE u.year = $year AND u.value > $minimum AND f.id IN ids
  AND f.id <> a.id AND f.id <> b.id AND f.id <> d.id AND f.id <> e.id
WITH a, b, d, e, f, one, two, three, sum(u.value) AS four
WITH [i IN [a.id, b.id, d.id, e.id, f.id] WHERE i IS NOT NULL] AS participants,
  [w IN [one, two, three, four] WHERE w > 0] AS worth
UNWIND worth AS w
WITH participants, size(worth) AS links, min(w) AS weakest
RETURN links, participants, weakest
ORDER BY links DESC, weakest DESC, participants LIMIT $top
