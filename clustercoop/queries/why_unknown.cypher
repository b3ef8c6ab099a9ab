// purpose: Figures of clusters that are unknown, and why
// needs: results
// param: cluster text = -- one cluster; all where absent
// param: year int = -- one year; all where absent
// returns: cluster_id -- cluster
// returns: year -- year; empty where the figure is of all years
// returns: column -- figure that is unknown
// returns: code -- reason
// returns: value -- what the reason is about
// returns: detail -- more of it, or whom it concerns
MATCH (g:Gap)
WHERE g.participant_id IS NULL AND ($cluster IS NULL OR g.cluster_id = $cluster)
  AND ($year IS NULL OR g.year = $year)
RETURN g.cluster_id AS cluster_id, g.year AS year, g.column AS column, g.code AS code, g.value AS value,
  g.detail AS detail
ORDER BY cluster_id, year, column, code, value, detail
