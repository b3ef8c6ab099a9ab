"""Cut a supply graph into formations, a year at a time, without a Python loop over links."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from graph.formation import Formation, sum_by
from graph.schema import FIRST_YEAR, LAST_YEAR

if TYPE_CHECKING:
    from graph.model import SupplyGraph

Ints = NDArray[np.int64]
ACTIVITY: Final = (
    "output",
    "purchases",
    "employees",
    "value_added",
    "rd_expenses",
    "used_by_participants",
    "emissions",
)


class _Memberships:
    """Memberships of one year: one entry per (cluster, member), sorted by cluster then node."""

    def __init__(self, cluster: Ints, node: Ints, n_nodes: int) -> None:
        key: Ints = np.unique(cluster * n_nodes + node)
        self.cluster, self.node = key // n_nodes, key % n_nodes
        self.starts = np.flatnonzero(np.r_[True, np.diff(self.cluster) > 0])
        self.local = np.arange(len(key)) - np.repeat(self.starts, np.diff(np.r_[self.starts, len(key)]))
        by_node = np.argsort(self.node, kind="stable")
        self._entry = by_node
        self.count = np.bincount(self.node, minlength=n_nodes)
        self._first = np.cumsum(self.count) - self.count
        self.single = bool(self.count.max(initial=0) <= 1)

    def expand(self, nodes: Ints) -> tuple[Ints, Ints]:
        """Return (position in `nodes`, membership entry) for every membership of every node."""
        counts = self.count[nodes]
        if self.single:
            at = np.flatnonzero(counts)
            return at, self._entry[self._first[nodes[at]]]
        at = np.repeat(np.arange(len(nodes)), counts)
        offset = np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
        return at, self._entry[self._first[nodes[at]] + offset]


def slice_formations(graph: SupplyGraph) -> list[Formation]:
    """Return every formation of `graph`, sorted by cluster, then year."""
    clusters = graph.cluster_ids
    position = {name: code for code, name in enumerate(clusters)}
    people = graph.participants
    cluster = people["cluster_id"].map(position).to_numpy("int64")
    node = people["node"].to_numpy("int64")
    first = people["joined_year"].fillna(FIRST_YEAR).to_numpy("int64")
    last = people["left_year"].fillna(LAST_YEAR).to_numpy("int64")
    text = people.drop_duplicates("node").set_index("node")[["role", "industry_code"]].fillna("")
    attributes = text.reindex(np.arange(len(graph.node_ids)), fill_value="").astype(object)
    out: list[Formation] = []
    for year in graph.years:
        active = (first <= year) & (year <= last)
        if active.any():
            members = _Memberships(
                cluster[active].astype(np.int64), node[active].astype(np.int64), len(graph.node_ids)
            )
            out += _slice_year(graph, year, members, attributes, clusters)
    return sorted(out, key=lambda formation: (formation.cluster_id, formation.year))


def _slice_year(
    graph: SupplyGraph, year: int, members: _Memberships, attributes: pd.DataFrame, clusters: tuple[str, ...]
) -> list[Formation]:
    years = graph.links["year"].to_numpy()
    low, high = np.searchsorted(years, [year, year + 1])
    supplier = graph.links["supplier"].to_numpy()[low:high].astype(np.int64)
    buyer = graph.links["buyer"].to_numpy()[low:high].astype(np.int64)
    value = graph.links["value"].to_numpy()[low:high]
    size = len(members.node)

    # Every link meets each membership of its supplier; it is internal where the buyer has the same cluster.
    link, entry = members.expand(supplier)
    other = _entry_of(members, members.cluster[entry], buyer[link], len(graph.node_ids))
    own = supplier[link] == buyer[link]
    inside = (other >= 0) & ~own
    outward = other < 0
    back, buying = members.expand(buyer)
    inward = _entry_of(members, members.cluster[buying], supplier[back], len(graph.node_ids)) < 0

    traded, named = np.zeros(size, bool), np.zeros(size, bool)
    traded[entry[~own]] = True
    traded[buying[supplier[back] != buyer[back]]] = True
    named[entry[own]] = True
    self_supply = sum_by(entry[own], value[link[own]], size)
    sales = sum_by(entry[outward], value[link[outward]], size)
    bought = sum_by(buying[inward], value[back[inward]], size)
    rows = {
        "internal_rows": (entry[inside], link[inside] + low),
        "self_rows": (entry[own], link[own] + low),
        "sales_rows": (entry[outward], link[outward] + low),
        "purchase_rows": (buying[inward], back[inward] + low),
    }
    edge_src, edge_dst, edge_value = _sum_pairs(entry[inside], other[inside], value[link[inside]], size)

    activity = graph.activity[graph.activity["year"] == year]
    known = np.zeros(len(graph.node_ids), bool)
    known[activity["node"].to_numpy()] = True
    table = activity.set_index("node")[list(ACTIVITY)].reindex(np.arange(len(graph.node_ids)))
    figures = table.to_numpy("float64")[members.node]

    bounds: Ints = np.r_[members.starts, size]
    grouped: dict[str, Any] = {
        name: _group(entries, positions, bounds) for name, (entries, positions) in rows.items()
    }
    edges = np.searchsorted(edge_src, bounds)
    out = []
    for index, (start, stop) in enumerate(pairwise(bounds.tolist())):
        nodes = members.node[start:stop]
        has_links = bool(traded[start:stop].any())
        if not has_links and not named[start:stop].any() and not known[nodes].any():
            continue
        measured: dict[str, Any] = {name: figures[start:stop, k] for k, name in enumerate(ACTIVITY)}
        cut = slice(edges[index], edges[index + 1])
        out.append(
            Formation(
                cluster_id=clusters[members.cluster[start]],
                year=year,
                members=nodes.astype(np.int32),
                ids=graph.node_ids[nodes],
                src=(edge_src[cut] - start).astype(np.int32),
                dst=(edge_dst[cut] - start).astype(np.int32),
                weight=edge_value[cut],
                self_supply=self_supply[start:stop],
                sales_outside=sales[start:stop],
                purchases_outside=bought[start:stop],
                **measured,
                role=attributes["role"].to_numpy()[nodes],
                industry_code=attributes["industry_code"].to_numpy()[nodes],
                **{name: parts[index] for name, parts in grouped.items()},
                has_links=has_links,
            )
        )
    return out


def _entry_of(members: _Memberships, cluster: Ints, node: Ints, n_nodes: int) -> Ints:
    """Return the membership entry of (cluster, node), −1 where the node is no member of that cluster."""
    if members.single:
        lookup = np.full(n_nodes, -1, np.int64)
        lookup[members.node] = np.arange(len(members.node))
        found = lookup[node]
        right = (found >= 0) & (members.cluster[found] == cluster)
        return np.where(right, found, -1)
    keys = members.cluster * n_nodes + members.node
    wanted = cluster * n_nodes + node
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, place, -1)


def _sum_pairs(
    src: Ints, dst: Ints, value: NDArray[np.float64], size: int
) -> tuple[Ints, Ints, NDArray[np.float64]]:
    """Sum values of equal (src, dst), sorted by src, then dst; pairs that sum to zero make no edge."""
    key = src * size + dst
    order = np.argsort(key, kind="stable")
    key, value = key[order], value[order]
    starts = np.flatnonzero(np.r_[True, np.diff(key) > 0])[: len(key)]
    total = np.add.reduceat(value, starts) if len(key) else value
    kept = total > 0
    unique = key[starts][kept]
    return unique // size, unique % size, total[kept]


def _group(entries: Ints, positions: Ints, bounds: Ints) -> list[Ints]:
    """Split link positions by formation, each part ascending."""
    formation = np.searchsorted(bounds, entries, side="right") - 1
    order = np.argsort(formation, kind="stable")
    cuts = np.searchsorted(formation[order], np.arange(len(bounds)))
    sorted_positions = positions[order]
    return [sorted_positions[a:b].astype(np.int64) for a, b in pairwise(cuts.tolist())]
