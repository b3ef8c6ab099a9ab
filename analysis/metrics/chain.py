"""Where members stand in the chain, and where in it value is added."""

from __future__ import annotations

from clustercoop.analysis import chain
from clustercoop.analysis.context import Context
from clustercoop.analysis.metric import Measured
from clustercoop.graph.formation import Formation


def measure(formation: Formation, context: Context) -> Measured:
    """Return the figures of the chain (`clustercoop.analysis.chain`)."""
    return chain.measure(formation, context.settings, context.graph)
