"""Remember what several measures of one formation need, for as long as the formation lives."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar
from weakref import WeakKeyDictionary

from clustercoop.graph.formation import Formation

R = TypeVar("R")


def per_formation(function: Callable[[Formation], R]) -> Callable[[Formation], R]:
    """Compute `function` once a formation; formations do not change, and neither may its result.

    Examples
    --------
    >>> from clustercoop.graph.model import SupplyGraph
    >>> import pandas as pd
    >>> graph = SupplyGraph.from_tables({
    ...     "participants": pd.DataFrame({"participant_id": ["a", "b"], "cluster_id": ["c", "c"]}),
    ...     "links": pd.DataFrame({"year": [2022], "supplier_id": ["a"], "buyer_id": ["b"], "value": [5.0]}),
    ... })
    >>> dense = per_formation(Formation.dense)
    >>> dense(graph.formation("c", 2022)) is dense(graph.formation("c", 2022))
    True
    """
    known: WeakKeyDictionary[Formation, R] = WeakKeyDictionary()

    @functools.wraps(function)
    def remembered(formation: Formation) -> R:
        try:
            return known[formation]
        except KeyError:
            found = known[formation] = function(formation)
            return found

    return remembered
