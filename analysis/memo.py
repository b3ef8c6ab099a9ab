"""Remember what several measures of one formation, or of one graph, need, for as long as it lives."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar
from weakref import WeakKeyDictionary

K = TypeVar("K")
R = TypeVar("R")


def remembered(function: Callable[[K], R]) -> Callable[[K], R]:
    """Compute `function` once a formation or graph; these do not change, and neither may its result.

    Examples
    --------
    >>> from clustercoop.graph.formation import Formation
    >>> from clustercoop.graph.model import SupplyGraph
    >>> import pandas as pd
    >>> graph = SupplyGraph.from_tables({
    ...     "participants": pd.DataFrame({"participant_id": ["a", "b"], "cluster_id": ["c", "c"]}),
    ...     "links": pd.DataFrame({"year": [2022], "supplier_id": ["a"], "buyer_id": ["b"], "value": [5.0]}),
    ... })
    >>> dense = remembered(Formation.dense)
    >>> dense(graph.formation("c", 2022)) is dense(graph.formation("c", 2022))
    True
    """
    known: WeakKeyDictionary[K, R] = WeakKeyDictionary()

    @functools.wraps(function)
    def recalled(of: K) -> R:
        try:
            return known[of]
        except KeyError:
            found = known[of] = function(of)
            return found

    return recalled
