"""How much of what a formation makes its members supply to one another."""

from __future__ import annotations

from clustercoop.analysis import cooperation
from clustercoop.analysis.context import Context
from clustercoop.analysis.metric import Measured
from clustercoop.graph.formation import Formation


def measure(formation: Formation, context: Context) -> Measured:
    """Return the figures of cooperation (`clustercoop.analysis.cooperation`), indicators left aside."""
    return cooperation.measure_in(formation, context)
