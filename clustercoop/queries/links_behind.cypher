// purpose: The links behind a formation's internal supply, with the cells they came from
// param: cluster text required -- the cluster
// param: year int required -- the year
// returns: supplier_id -- who supplies
// returns: buyer_id -- who buys
// returns: value -- value
// returns: file -- file
// returns: sheet -- sheet
// returns: row -- row of the file
MATCH (s:Participant)-[r:SUPPLIES]->(b:Participant)
MATCH (s)-[m:MEMBER_OF]->(c:Cluster)<-[n:MEMBER_OF]-(b)
WHERE s.id <> b.id AND r.value > 0 AND m.year = r.year AND n.year = r.year
  AND c.id = $cluster AND r.year = $year
RETURN s.id AS supplier_id, b.id AS buyer_id, r.value AS value, r.file AS file, r.sheet AS sheet, r.row AS row
ORDER BY supplier_id, buyer_id, row, value
