// purpose: Participants that belong to several clusters in a year, so that sums over clusters count them more than once
// param: year int = -- one year; all where absent
// returns: participant_id -- who
// returns: name -- name
// returns: year -- year
// returns: clusters -- ids of the clusters
MATCH (a:Participant)-[m:MEMBER_OF]->(c:Cluster)
WHERE $year IS NULL OR m.year = $year
WITH a, m.year AS year, c.id AS cluster ORDER BY cluster
WITH a, year, collect(cluster) AS clusters
WHERE size(clusters) > 1
RETURN a.id AS participant_id, a.name AS name, year, clusters
ORDER BY participant_id, year
