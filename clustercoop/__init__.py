"""clustercoop: how industrial clusters cooperate, from supply links to a defensible report.

Everything a user needs is a name of this module; it loads on first use, so that importing
`clustercoop` costs nothing.

Examples
--------
>>> import clustercoop
>>> issubclass(clustercoop.DataError, clustercoop.ClusterCoopError)
True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

__version__: Final = "0.1.0"

_HOMES: Final = {
    "clustercoop.api": (
        "analyze",
        "check",
        "load",
        "query",
        "view",
        "report",
        "explain",
        "demo",
    ),
    "clustercoop.outputs": ("read_result",),
    "graph.errors": (
        "ClusterCoopError",
        "DataError",
        "SchemaError",
        "StrictError",
        "ParameterError",
        "UnknownNameError",
        "OutputError",
        "MissingExtraError",
        "StoreError",
    ),
    "graph.settings": ("Settings",),
    "graph.model": ("SupplyGraph",),
    "graph.formation": ("Formation",),
    "graph.findings": ("Finding", "Findings"),
    "analysis.results": ("Result",),
}
_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}

if TYPE_CHECKING:
    from analysis.results import Result
    from clustercoop.api import analyze, check, demo, explain, load, query, report, view
    from clustercoop.outputs import read_result
    from graph.errors import (
        ClusterCoopError,
        DataError,
        MissingExtraError,
        OutputError,
        ParameterError,
        SchemaError,
        StoreError,
        StrictError,
        UnknownNameError,
    )
    from graph.findings import Finding, Findings
    from graph.formation import Formation
    from graph.model import SupplyGraph
    from graph.settings import Settings

__all__ = [
    "ClusterCoopError",
    "DataError",
    "Finding",
    "Findings",
    "Formation",
    "MissingExtraError",
    "OutputError",
    "ParameterError",
    "Result",
    "SchemaError",
    "Settings",
    "StoreError",
    "StrictError",
    "SupplyGraph",
    "UnknownNameError",
    "analyze",
    "check",
    "demo",
    "explain",
    "load",
    "query",
    "read_result",
    "report",
    "view",
]


def __getattr__(name: str) -> Any:
    """Load a public name from its home when it is first asked for."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'clustercoop' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted([*__all__, "__version__"])
