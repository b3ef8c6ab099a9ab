// purpose: The longest chains of up to four links over different members, each link of at least a given value
// param: cluster text required -- the cluster
// param: year int required -- the year
// param: minimum float = 0 -- smallest value of a row that counts
// param: top int = 20 -- how many rows
// returns: links -- links of the chain
// returns: participants -- ids along the chain
// returns: weakest -- value of the weakest link
MATCH p = (a:Participant)-[rs:SUPPLIES*1..4 {year: $year}]->(b:Participant)
WHERE all(r IN rs WHERE r.value > $minimum)
WITH [x IN nodes(p) | x.id] AS ids, [r IN rs | r.value] AS worth, nodes(p) AS ns
WHERE all(i IN ids WHERE single(j IN ids WHERE j = i))
UNWIND ns AS n
MATCH (n)-[m:MEMBER_OF]->(c:Cluster) WHERE m.year = $year AND c.id = $cluster
WITH ids, worth, count(m) AS inside WHERE inside = size(ids)
UNWIND worth AS w
WITH ids, worth, min(w) AS weakest
RETURN DISTINCT size(worth) AS links, ids AS participants, weakest
ORDER BY links DESC, weakest DESC, participants LIMIT $top
