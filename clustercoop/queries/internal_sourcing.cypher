// purpose: Which share of what members buy comes from members, by cluster and year, as the analysis has it
// needs: results
// param: cluster text = -- one cluster; all where absent
// param: year int = -- one year; all where absent
// returns: cluster_id -- cluster
// returns: year -- year
// returns: inside -- bought from members, by links and reports of supply; empty where unknown
// returns: outside -- bought from others by recorded links; empty where unknown
// returns: share -- bought from members / all purchases; empty where unknown
// returns: basis -- what all purchases are: the members' own figures, or links
MATCH (f:Formation)
WHERE ($cluster IS NULL OR f.cluster_id = $cluster) AND ($year IS NULL OR f.year = $year)
RETURN f.cluster_id AS cluster_id, f.year AS year, f.internal_supply AS inside, f.purchases_outside AS outside,
  f.internal_sourcing_share AS share, f.internal_sourcing_basis AS basis
ORDER BY cluster_id, year
