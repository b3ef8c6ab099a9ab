"""Pure functions from a `SupplyGraph` to results."""
