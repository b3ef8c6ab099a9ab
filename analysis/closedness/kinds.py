"""Which links carry knowledge or return flows, and how many of them reach outside."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.analysis.closedness.words import words
from clustercoop.graph.formation import FloatArray, Formation
from clustercoop.graph.model import SupplyGraph

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class LinkKinds:
    """What the kinds of links and the roles of participants say, over a whole graph.

    Attributes
    ----------
    known, knowledge, returning : arrays of bool, shape (links,)
        Whether the link states a kind; whether it carries knowledge (by its kind, or because one of its
        ends is a university or a research organisation); whether it is a return flow.
    value : array of float64, shape (links,)
        Value of each link.
    knowable : bool
        Whether any link states a kind or any participant a role.
    crossing_years : frozenset of int
        Years in which any link crosses the boundary of any cluster.
    """

    known: Flags
    knowledge: Flags
    returning: Flags
    value: FloatArray
    knowable: bool
    crossing_years: frozenset[int]


_READ: WeakKeyDictionary[SupplyGraph, LinkKinds] = WeakKeyDictionary()


def link_kinds(graph: SupplyGraph) -> LinkKinds:
    """Return the kinds of the links of `graph`, read once a graph."""
    if graph not in _READ:
        _READ[graph] = _read(graph)
    return _READ[graph]


def _read(graph: SupplyGraph) -> LinkKinds:
    lists = words()
    codes, names = pd.factorize(graph.links["kind"])
    clean = [str(name).strip().casefold() for name in names]
    # One more entry at the end: code −1 is a link without a kind.
    knowledge = np.array([name in lists.knowledge_kinds for name in clean] + [False])[codes]
    returning = np.array([name in lists.return_kinds for name in clean] + [False])[codes]
    role = graph.participants["role"].astype(object)
    expert = graph.participants.loc[
        role.notna() & role.astype(str).str.strip().str.casefold().isin(lists.knowledge_roles), "node"
    ]
    if len(expert):
        node = np.zeros(len(graph.node_ids), bool)
        node[expert.to_numpy()] = True
        supplier, buyer = graph.links["supplier"].to_numpy(), graph.links["buyer"].to_numpy()
        knowledge = knowledge | ((node[supplier] | node[buyer]) & (supplier != buyer))
    return LinkKinds(
        known=codes >= 0,
        knowledge=knowledge,
        returning=returning,
        value=graph.links["value"].to_numpy(),
        knowable=bool(len(names)) or bool(role.notna().any()),
        crossing_years=frozenset(
            f.year for f in graph.formations() if len(f.sales_rows) or len(f.purchase_rows)
        ),
    )


def knowledge_ties(formation: Formation, graph: SupplyGraph) -> tuple[int, int]:
    """Return how many knowledge ties stay inside and how many reach outside.

    A tie is a pair (supplier, buyer) with at least one knowledge link in the year, whatever its value:
    what knowledge is worth is not what was paid for it.
    """
    knowledge = link_kinds(graph).knowledge
    inside = formation.internal_rows[knowledge[formation.internal_rows]]
    crossing = np.concatenate([formation.sales_rows, formation.purchase_rows])
    crossing = crossing[knowledge[crossing]]
    return _pairs(graph, inside), _pairs(graph, crossing)


def _pairs(graph: SupplyGraph, rows: NDArray[np.int64]) -> int:
    if not len(rows):
        return 0
    supplier = graph.links["supplier"].to_numpy()[rows].astype(np.int64)
    return len(np.unique(supplier * len(graph.node_ids) + graph.links["buyer"].to_numpy()[rows]))


def return_flow_share(formation: Formation, graph: SupplyGraph) -> tuple[float, float]:
    """Return the share of internal supply that is a return flow, and the share whose kind is stated.

    Both by value; NaN without internal supply, and the first NaN where no internal link states a kind.
    Links that state none count as ordinary supply, so the first is a lower bound where the second is
    below 1.
    """
    kinds = link_kinds(graph)
    rows = formation.internal_rows
    value = kinds.value[rows]
    total = float(value.sum())
    if not total > 0:
        return float("nan"), float("nan")
    stated = float(value[kinds.known[rows]].sum()) / total
    share = float(value[kinds.returning[rows]].sum()) / total if stated > 0 else float("nan")
    return share, stated
