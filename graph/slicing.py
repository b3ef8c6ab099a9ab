"""Cut a supply graph into formations, a year at a time, without a Python loop over links."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.graph.formation import Formation, sum_by
from clustercoop.graph.schema import FIRST_YEAR, LAST_YEAR, tables

if TYPE_CHECKING:
    from clustercoop.graph.model import SupplyGraph

Ints = NDArray[np.int64]
ACTIVITY: Final = tuple(c for c in tables()["activity"].columns if not c.key)


@dataclass(frozen=True, eq=False)
class _Met:
    """Links as memberships see them: (entry, position of the link) each.

    A link is internal where supplier and buyer are members of the same cluster, with the buyer's entry in
    `partner`; alone where they are the same; else a sale of the supplier's and a purchase of the buyer's.
    """

    internal: tuple[Ints, Ints]
    partner: Ints
    alone: tuple[Ints, Ints]
    sales: tuple[Ints, Ints]
    purchases: tuple[Ints, Ints]


class _Memberships:
    """Memberships of one year: one entry per (cluster, member), sorted by cluster then node."""

    def __init__(self, cluster: Ints, node: Ints, n_nodes: int) -> None:
        self._n_nodes = n_nodes
        self._key: Ints = np.unique(cluster * n_nodes + node)
        self.cluster, self.node = self._key // n_nodes, self._key % n_nodes
        self.bounds: Ints = np.r_[np.flatnonzero(np.diff(self.cluster, prepend=-1)), len(self._key)]
        self._by_node = np.argsort(self.node, kind="stable")
        self._count = np.bincount(self.node, minlength=n_nodes)
        self._first = np.cumsum(self._count) - self._count
        self._single = bool(self._count.max(initial=0) <= 1)
        count = len(self.bounds) - 1
        small = np.arange(count, dtype=np.min_scalar_type(count))  # sorting bytes is by far the fastest
        self._formation = np.repeat(small, np.diff(self.bounds))
        self._only = np.full(n_nodes, -1, np.int64)  # the entry and cluster of each node, where none has two
        self._home = np.full(n_nodes, -1, np.int64)
        if self._single:
            self._only[self.node] = np.arange(len(self.node))
            self._home[self.node] = self.cluster

    def meet(self, supplier: Ints, buyer: Ints) -> _Met:
        """Return which links are whose: of every link, what each membership of its ends sees."""
        own = supplier == buyer
        if self._single:
            selling, buying = self._only[supplier], self._only[buyer]
            same = self._home[supplier] == self._home[buyer]
            inside = np.flatnonzero(same & ~own & (selling >= 0))
            alone = np.flatnonzero(own & (selling >= 0))
            outward = np.flatnonzero(~same & (selling >= 0))
            inward = np.flatnonzero(~same & (buying >= 0))
            return _Met(
                internal=(selling[inside], inside),
                partner=buying[inside],
                alone=(selling[alone], alone),
                sales=(selling[outward], outward),
                purchases=(buying[inward], inward),
            )
        link, entry = self._expand(supplier)
        other = self._find(self.cluster[entry], buyer[link])
        mine = own[link]
        back, bought = self._expand(buyer)
        seller = self._find(self.cluster[bought], supplier[back])
        inside, alone = np.flatnonzero((other >= 0) & ~mine), np.flatnonzero(mine)
        outward, inward = np.flatnonzero(other < 0), np.flatnonzero(seller < 0)
        return _Met(
            internal=(entry[inside], link[inside]),
            partner=other[inside],
            alone=(entry[alone], link[alone]),
            sales=(entry[outward], link[outward]),
            purchases=(bought[inward], back[inward]),
        )

    def _expand(self, nodes: Ints) -> tuple[Ints, Ints]:
        """Return (position in `nodes`, membership entry) for every membership of every node."""
        counts = self._count[nodes]
        at = np.repeat(np.arange(len(nodes)), counts)
        offset = np.arange(len(at)) - np.repeat(np.cumsum(counts) - counts, counts)
        return at, self._by_node[self._first[nodes[at]] + offset]

    def _find(self, cluster: Ints, node: Ints) -> Ints:
        """Return the entry of each (cluster, node), −1 where the node is no member of that cluster."""
        wanted = cluster * self._n_nodes + node
        place = np.minimum(np.searchsorted(self._key, wanted), len(self._key) - 1)
        return np.where(self._key[place] == wanted, place, -1)

    def group(self, entries: Ints, positions: Ints) -> list[Ints]:
        """Split the positions of links by the formation of their entries, keeping their order."""
        formation = self._formation[entries]
        ordered = positions[np.argsort(formation, kind="stable")]
        ends = np.cumsum(np.bincount(formation, minlength=len(self.bounds) - 1)).tolist()
        return [ordered[start:stop] for start, stop in pairwise([0, *ends])]


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
    low, high = np.searchsorted(years, np.array([year, year + 1], years.dtype))
    supplier = graph.links["supplier"].to_numpy()[low:high].astype(np.int64)
    buyer = graph.links["buyer"].to_numpy()[low:high].astype(np.int64)
    value = graph.links["value"].to_numpy()[low:high]
    size = len(members.node)

    met = members.meet(supplier, buyer)
    found = {
        "internal_rows": met.internal,
        "self_rows": met.alone,
        "sales_rows": met.sales,
        "purchase_rows": met.purchases,
    }
    self_supply, sales, bought = (
        sum_by(entries, value[links], size) for entries, links in list(found.values())[1:]
    )
    rows = {name: members.group(entries, links + low) for name, (entries, links) in found.items()}
    edge_src, edge_dst, edge_value = _sum_pairs(met.internal[0], met.partner, value[met.internal[1]], size)
    edges = np.searchsorted(edge_src, members.bounds)

    activity = graph.activity[graph.activity["year"] == year]
    active = activity["node"].to_numpy()
    known = np.zeros(len(graph.node_ids), bool)
    known[active] = True
    figures = {c.name: _spread(activity[c.name], active, len(known))[members.node] for c in ACTIVITY}
    role, industry_code = attributes["role"].to_numpy(), attributes["industry_code"].to_numpy()

    out = []
    for index, (start, stop) in enumerate(pairwise(members.bounds.tolist())):
        nodes = members.node[start:stop]
        mine: dict[str, Any] = {name: parts[index] for name, parts in rows.items()}
        has_links = any(len(part) for name, part in mine.items() if name != "self_rows")
        if not has_links and not len(mine["self_rows"]) and not known[nodes].any():
            continue
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
                activity={name: column[start:stop] for name, column in figures.items()},
                role=role[nodes],
                industry_code=industry_code[nodes],
                **mine,
                has_links=has_links,
            )
        )
    return out


def _spread(column: pd.Series[Any], nodes: NDArray[Any], size: int) -> NDArray[Any]:
    """Return a column of activity for every node: NaN or "" where the year has no row of it."""
    if isinstance(column.dtype, pd.StringDtype):
        texts = np.full(size, "", object)
        texts[nodes] = column.fillna("").astype(object)
        return texts
    numbers = np.full(size, np.nan)
    numbers[nodes] = column.to_numpy("float64", na_value=np.nan)
    return numbers


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
