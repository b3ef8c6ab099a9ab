// purpose: The links behind a formation's internal supply, with the cells they came from
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: supplier_id -- who supplies
// returns: buyer_id -- who buys
// returns: value -- value
// returns: file -- file
// returns: sheet -- sheet
// returns: row -- row of the file
MATCH (c:Cluster)<-[m:MEMBER_OF]-(s:Participant)
WHERE c.id = $cluster AND m.year = $year
MATCH (s)-[r:SUPPLIES]->(b:Participant)
WHERE r.year = m.year AND r.value > 0 AND s.id <> b.id
MATCH (b)-[n:MEMBER_OF]->(c)
WHERE n.year = r.year
RETURN s.id AS supplier_id, b.id AS buyer_id, r.value AS value, coalesce(r.file, '') AS file,
  coalesce(r.sheet, '') AS sheet, coalesce(r.row, 0) AS row
ORDER BY supplier_id, buyer_id, row, value
