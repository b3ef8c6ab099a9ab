// purpose: What the analysis says of each cluster: cluster-like, ecosystem-like, or undecided
// needs: results
// returns: cluster_id -- cluster
// returns: name -- name
// returns: formation_verdict -- verdict
// returns: verdict_basis -- rules, exploratory or model
MATCH (c:Cluster)
WHERE c.formation_verdict IS NOT NULL
RETURN c.id AS cluster_id, c.name AS name, c.formation_verdict AS formation_verdict, c.verdict_basis AS verdict_basis
ORDER BY cluster_id
