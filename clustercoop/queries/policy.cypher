// purpose: What policy asks of each year: type, dysfunction, requirements, warnings, support
// needs: results
// param: cluster text = -- one cluster; all where absent
// returns: cluster_id -- cluster
// returns: year -- year
// returns: ecosystem_type -- type
// returns: dysfunction -- what the pair of levels points to
// returns: eligibility_verdict -- whether the sourced requirements are met
// returns: requirements_failed -- those that fail
// returns: early_warnings -- warnings given
// returns: support_received -- measures received
MATCH (f:Formation)
WHERE $cluster IS NULL OR f.cluster_id = $cluster
RETURN f.cluster_id AS cluster_id, f.year AS year, f.ecosystem_type AS ecosystem_type, f.dysfunction AS dysfunction,
  f.eligibility_verdict AS eligibility_verdict, f.requirements_failed AS requirements_failed,
  f.early_warnings AS early_warnings, f.support_received AS support_received
ORDER BY cluster_id, year
