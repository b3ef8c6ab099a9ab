"""The metrics of a formation: every module here has a function ``measure(formation, context)``.

What it sets of its `clustercoop.analysis.metric.Measuring` becomes columns; what it declares and does not set
is unknown, for the reason it gives. A module that is added is measured: nothing else names it.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from functools import cache
from importlib import import_module

from clustercoop.analysis.context import Context
from clustercoop.analysis.large import is_too_large, left_out
from clustercoop.analysis.metric import Measured
from clustercoop.analysis.unsettled import leave_open, open_rows, unsettled
from clustercoop.graph.formation import Formation
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import METRICS, Settings

Metric = Callable[[Formation, Context], Measured]


@cache
def metrics() -> tuple[Metric, ...]:
    """Return the metrics, by the names of their modules.

    Examples
    --------
    >>> [metric.__module__.rpartition(".")[2] for metric in metrics()]
    ['chain', 'closedness', 'cooperation', 'core', 'entrainment']
    """
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return tuple(import_module(f"{__name__}.{name}").measure for name in names)


def measure_all(formation: Formation, settings: Settings, graph: SupplyGraph) -> Measured:
    """Return what the metrics that `Settings.metrics` asks for say of `formation`, cooperation aside.

    That reads the year before and other formations: `clustercoop.analysis.cooperation.cooperation_tables`
    measures all of them together. A metric that is no choice of its own, such as entrainment, goes with the
    core. Of a formation beyond `clustercoop.analysis.large.LARGEST` members each measures what grows with the
    links alone.
    """
    context = Context(formation, graph, settings)
    asked = set(settings.metrics.split(",")) - {"cooperation"}
    names = (metric.__module__.rpartition(".")[2] for metric in metrics())
    chosen = ((name if name in METRICS else "core") in asked for name in names)
    pairs = zip(metrics(), chosen, strict=True)
    measured = Measured.joined(metric(formation, context) for metric, wanted in pairs if wanted)
    if is_too_large(formation) and asked:
        measured += left_out(formation)
    found = unsettled(formation, open_rows(graph))
    if found:
        leave_open(measured, found, formation)
    return measured
