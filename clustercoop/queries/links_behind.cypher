// purpose: The links behind a formation's internal supply, with the cells they came from
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: supplier_id -- who supplies
// returns: buyer_id -- who buys
// returns: value -- value
// returns: file -- file
// returns: sheet -- sheet
// returns: row -- row of the file
MATCH (c:Cluster)<-[m:MEMBER_OF]-(s:Participant)-[r:INSIDE]->(b:Participant)
WHERE c.id = $cluster AND m.year = $year AND r.cluster_id = c.id AND r.year = m.year
MATCH (s)-[l:SUPPLIES]->(b)
WHERE l.year = $year AND l.value > 0 AND coalesce(l.kind, '') <> 'knowledge'
RETURN s.id AS supplier_id, b.id AS buyer_id, l.value AS value, coalesce(l.file, '') AS file,
  coalesce(l.sheet, '') AS sheet, coalesce(l.row, 0) AS row
ORDER BY supplier_id, buyer_id, row, value
