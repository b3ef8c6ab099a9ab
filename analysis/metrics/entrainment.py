"""What the core holds, and what it pulls along."""

from __future__ import annotations

from clustercoop.analysis import entrainment
from clustercoop.analysis.context import Context
from clustercoop.analysis.large import is_too_large
from clustercoop.analysis.metric import Measured
from clustercoop.graph.formation import Formation


def measure(formation: Formation, context: Context) -> Measured:
    """Return the figures of entrainment (`clustercoop.analysis.entrainment`)."""
    core = None if is_too_large(formation) else context.cores[1]
    return entrainment.measure(formation, context.settings, core)
