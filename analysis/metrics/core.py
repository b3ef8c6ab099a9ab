"""Who is the core, how well it fits, and how significant that is."""

from __future__ import annotations

from clustercoop.analysis.context import Context
from clustercoop.analysis.large import core_of_large, is_too_large
from clustercoop.analysis.metric import Measured
from clustercoop.graph.formation import Formation


def measure(formation: Formation, context: Context) -> Measured:
    """Return the core–periphery figures (`clustercoop.analysis.core_periphery.measure`)."""
    return core_of_large(formation) if is_too_large(formation) else context.cores[0]
