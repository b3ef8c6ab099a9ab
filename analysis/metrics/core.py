"""Who is the core, how well it fits, and how significant that is."""

from __future__ import annotations

from clustercoop.analysis.context import Context
from clustercoop.analysis.core_periphery.common import as_edges
from clustercoop.analysis.core_periphery.lip import lip_z
from clustercoop.analysis.large import is_too_large
from clustercoop.analysis.metric import Measured, Scalar
from clustercoop.graph.formation import Formation


def measure(formation: Formation, context: Context) -> Measured:
    """Return the core–periphery figures (`clustercoop.analysis.core_periphery.measure`)."""
    return _of_large(formation) if is_too_large(formation) else context.cores[0]


def _of_large(formation: Formation) -> Measured:
    """Measure what of the core can be found in one pass over the links."""
    edges = as_edges(formation)
    found: dict[str, Scalar] = {
        "core_components": edges.components,
        "core_isolates": int(edges.isolates.sum()),
    }
    if len(edges.src):
        found["lip_z"] = lip_z(edges)
    return Measured(found)
