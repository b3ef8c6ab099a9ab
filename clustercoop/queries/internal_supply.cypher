// purpose: Supply between different members, by cluster and year, straight from the links
// param: cluster text = -- one cluster; all where absent
// param: year int = -- one year; all where absent
// returns: cluster_id -- cluster
// returns: year -- year
// returns: links -- pairs of members with a link
// returns: internal_supply -- its value
MATCH (:Participant)-[r:INSIDE]->(:Participant)
WHERE ($cluster IS NULL OR r.cluster_id = $cluster) AND ($year IS NULL OR r.year = $year)
WITH r.cluster_id AS cluster_id, r.year AS year, count(r) AS links, sum(r.value) AS internal_supply
RETURN cluster_id, year, links, internal_supply
ORDER BY cluster_id, year
