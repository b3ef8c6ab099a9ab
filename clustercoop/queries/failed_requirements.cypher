// purpose: Which clusters fail which requirement, or cannot be told to meet it, and what is lacking
// needs: results
// param: cluster text = -- one cluster; all where absent
// param: year int = -- one year; all where absent
// returns: cluster_id -- cluster
// returns: year -- year
// returns: rule -- requirement
// returns: verdict -- fail, or undecidable where data are missing
// returns: value -- its figure; empty where unknown
// returns: threshold -- what it must reach
// returns: failing -- participants that fail it
// returns: missing -- inputs without which it cannot be told
// returns: links_needed -- links that would meet it
// returns: value_needed -- supply that would meet it
MATCH (e:Eligibility)
WHERE e.verdict <> 'pass' AND ($cluster IS NULL OR e.cluster_id = $cluster) AND ($year IS NULL OR e.year = $year)
RETURN e.cluster_id AS cluster_id, e.year AS year, e.rule AS rule, e.verdict AS verdict, e.value AS value,
  e.threshold AS threshold, e.failing AS failing, e.missing AS missing, e.links_needed AS links_needed,
  e.value_needed AS value_needed
ORDER BY cluster_id, year, verdict DESC, rule
