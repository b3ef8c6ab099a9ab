"""Sources of supply data: from files to a `SupplyGraph` with its findings."""
