"""How closed a formation is."""

from __future__ import annotations

from clustercoop.analysis.closedness.measure import measure as measure_closedness
from clustercoop.analysis.context import Context
from clustercoop.analysis.metric import Measured
from clustercoop.graph.formation import Formation


def measure(formation: Formation, context: Context) -> Measured:
    """Return the figures of closedness (`clustercoop.analysis.closedness.measure`)."""
    return measure_closedness(formation, context.settings, context.graph)
