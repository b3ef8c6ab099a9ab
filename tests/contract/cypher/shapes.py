"""What the counterparts of named queries are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from clustercoop.graph.formation import Formation
from clustercoop.graph.model import SupplyGraph

Rows = list[tuple[Any, ...]]
Tables = Mapping[str, pd.DataFrame]
Params = Mapping[str, Any]


def edges(f: Formation) -> dict[tuple[str, str], float]:
    """Return (supplier, buyer) → value inside a formation."""
    return {(str(f.ids[s]), str(f.ids[b])): float(w) for s, b, w in zip(f.src, f.dst, f.weight, strict=True)}


def chosen(graph: SupplyGraph, p: Params) -> list[Formation]:
    """Return the formations that optional parameters choose."""
    return [
        f
        for f in graph.formations()
        if p.get("cluster") in (None, f.cluster_id) and p.get("year") in (None, f.year)
    ]


def one(graph: SupplyGraph, p: Params) -> Formation:
    """Return the formation that the parameters name."""
    return graph.formation(p["cluster"], p["year"])


def rows_of(graph: SupplyGraph) -> pd.DataFrame:
    """Return links with the ids of their ends."""
    return graph.to_tables()["links"]


def by_value(rows: Rows, at: int, top: int | None = None) -> Rows:
    """Sort by column `at` falling, then by the others, and keep `top`."""
    return sorted(rows, key=lambda r: (-r[at], *[str(x) for x in r]))[:top]
