"""The formation model: cluster-like, ecosystem-like, or no such difference."""
