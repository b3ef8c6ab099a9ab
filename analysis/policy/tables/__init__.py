"""The tables of policy: each module has ``make(analysed)``, which returns the table of the module's name.

Its columns stand in ``graph/output_columns.csv`` under that name, and ``cluster_id`` is among them. A module
that is added is made, written and shown: nothing else names it.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from importlib import import_module

import pandas as pd

from clustercoop.analysis.policy.analysed import Analysed


def table(name: str, analysed: Analysed) -> pd.DataFrame:
    """Return one table of policy, made once."""
    make: Callable[[Analysed], pd.DataFrame] = import_module(f"{__name__}.{name}").make
    return analysed.once(name, make)


def make_all(analysed: Analysed) -> dict[str, pd.DataFrame]:
    """Return every table of policy by name."""
    from threadpoolctl import threadpool_limits

    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    with threadpool_limits(1, "blas"):  # on systems this small threads only wait for one another
        return {name: table(name, analysed) for name in names}
