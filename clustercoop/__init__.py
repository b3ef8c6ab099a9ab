"""clustercoop: how industrial clusters cooperate, from supply links to a defensible report.

Everything a user needs is a name of this module; it loads on first use, so that importing
`clustercoop` costs nothing. ``__init__.pyi`` lists the names: type checkers and this module read it.

Examples
--------
>>> import clustercoop
>>> issubclass(clustercoop.DataError, clustercoop.ClusterCoopError)
True
"""

from __future__ import annotations

import ast
from functools import cache
from importlib import import_module, resources
from typing import Any

from clustercoop.version import __version__ as __version__


@cache
def _homes() -> dict[str, str]:
    """Return the module of each public name."""
    stub = resources.files(__name__).joinpath("__init__.pyi").read_text("utf-8")
    imports = (node for node in ast.parse(stub).body if isinstance(node, ast.ImportFrom))
    return {name.name: str(node.module) for node in imports for name in node.names}


def __getattr__(name: str) -> Any:
    """Load a public name from its home when it is first asked for."""
    if name == "__all__":
        return sorted(_homes())
    if name not in _homes():
        raise AttributeError(f"module 'clustercoop' has no attribute {name!r}")
    return getattr(import_module(_homes()[name]), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted([*_homes(), "__version__"])
