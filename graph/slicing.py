"""Cut a supply graph into formations, a year at a time, without a Python loop over links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.graph.arrays import Bools, Floats, Ints
from clustercoop.graph.errors import UnknownNameError
from clustercoop.graph.formation import Formation, sum_by
from clustercoop.graph.people import Members
from clustercoop.graph.schema import KNOWLEDGE_KINDS, ColumnSpec, tables
from clustercoop.graph.threads import at_once

if TYPE_CHECKING:
    from clustercoop.graph.model import SupplyGraph

SEEN: Final = ("role", "industry_code", "region")
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

    def __init__(self, members: Members, n_nodes: int, *, split: bool = False) -> None:
        self._n_nodes = n_nodes
        self.attributes = members.attributes
        self.cluster, self.node = members.cluster, members.node
        self._key: Ints = self.cluster * n_nodes + self.node
        self.bounds: Ints = np.r_[np.flatnonzero(np.diff(self.cluster, prepend=-1)), len(self._key)]
        self._by_node = np.argsort(self.node, kind="stable")
        self._count = np.bincount(self.node, minlength=n_nodes)
        self._first = np.cumsum(self._count) - self._count
        self._single = bool(self._count.max(initial=0) <= 1)
        self.share: Floats = 1 / self._count[self.node] if split else np.ones(len(self.node))
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


def knowledge_links(graph: SupplyGraph) -> Bools:
    """Tell which links state a kind of knowledge: they are ties, no supply."""
    if graph.links["kind"].array.isna().all():
        return np.zeros(len(graph.links), bool)
    codes, kinds = pd.factorize(graph.links["kind"])
    # One more at the end: code −1 is a link that states no kind.
    return np.array([str(k).strip().casefold() in KNOWLEDGE_KINDS for k in kinds] + [False])[codes]


def slice_formations(graph: SupplyGraph) -> list[Formation]:
    """Return every formation of `graph`, sorted by cluster, then year."""
    split = graph.shared_members == "split"
    knowledge = knowledge_links(graph)
    given = [column for column in ACTIVITY if not graph.activity[column.name].array.isna().all()]
    cut: dict[int, _Memberships] = {}
    members = {year: graph.people.members(year) for year in graph.years}
    years = [year for year in members if len(members[year].node)]
    for held in (members[year] for year in years):
        if id(held) not in cut:
            cut[id(held)] = _Memberships(held, len(graph.node_ids), split=split)

    def formed(year: int) -> list[Formation]:
        return _slice_year(graph, year, cut[id(members[year])], knowledge, given)

    found = [formation for each in at_once(formed, years, rows=len(graph.links)) for formation in each]
    return sorted(found, key=lambda formation: (formation.cluster_id, formation.year))


def formations_of(graph: SupplyGraph, cluster_id: str, year: int | None = None) -> list[Formation]:
    """Return the formations of a cluster, by year, or that of `year`; refuse where there is none."""
    found = graph.formations([cluster_id], None if year is None else [year])
    if not found:
        when = f" in {year}" if year else ""
        raise UnknownNameError(f"The data hold no links and no activity of cluster {cluster_id!r}{when}.")
    return found


def links_of(graph: SupplyGraph, year: int) -> tuple[slice, Ints, Ints, Floats]:
    """Return where the links of a year stand, and their suppliers, buyers and values."""
    years = graph.links["year"].to_numpy()
    rows = slice(*np.searchsorted(years, np.array([year, year + 1], years.dtype)).tolist())
    supplier, buyer = (graph.links[side].to_numpy()[rows].astype(np.int64) for side in ("supplier", "buyer"))
    return rows, supplier, buyer, graph.links["value"].to_numpy()[rows]


def _slice_year(
    graph: SupplyGraph, year: int, members: _Memberships, knowledge: Bools, given: Sequence[ColumnSpec]
) -> list[Formation]:
    clusters = graph.cluster_ids
    rows_of, supplier, buyer, value = links_of(graph, year)
    size = len(members.node)

    ties = np.flatnonzero(knowledge[rows_of])
    place = np.arange(rows_of.start, rows_of.stop)
    told = members.group(*_touching(members.meet(supplier[ties], buyer[ties]), place[ties]))
    if len(ties):
        supplies = np.flatnonzero(~knowledge[rows_of])
        supplier, buyer, value, place = supplier[supplies], buyer[supplies], value[supplies], place[supplies]
    met = members.meet(supplier, buyer)
    found = {
        "internal_rows": met.internal,
        "self_rows": met.alone,
        "sales_rows": met.sales,
        "purchase_rows": met.purchases,
    }
    share = members.share
    self_supply, sales, bought = (
        share * sum_by(entries, value[links], size) for entries, links in list(found.values())[1:]
    )
    rows = {name: members.group(entries, place[links]) for name, (entries, links) in found.items()}
    amount = value[met.internal[1]]
    selling, buying = share[met.internal[0]], share[met.partner]
    joint = np.minimum(selling, buying)
    if (share < 1).any():
        # The part of a link that its end does not bring into this cluster is traded with other clusters.
        sales += sum_by(met.internal[0], (selling - joint) * amount, size)
        bought += sum_by(met.partner, (buying - joint) * amount, size)
    edge_src, edge_dst, edge_value = _sum_pairs(met.internal[0], met.partner, joint * amount, size)
    edges = np.searchsorted(edge_src, members.bounds)

    activity = graph.activity[graph.activity["year"] == year]
    active = activity["node"].to_numpy()
    known = np.zeros(len(graph.node_ids), bool)
    known[active] = True
    # Columns that the year leaves empty share their memory.
    empty = np.full(size, np.nan), np.full(size, "", object)
    given = [c for c in given if not activity[c.name].array.isna().all()]
    figures = {c.name: _spread(activity[c.name], active, len(known))[members.node] for c in given}
    for c in ACTIVITY:
        if c.name not in figures:
            figures[c.name] = empty[isinstance(activity[c.name].dtype, pd.StringDtype)]
    if (share < 1).any():
        figures |= {
            c.name: figures[c.name] * share for c in ACTIVITY if c.type in ("money", "count", "number")
        }

    unread = {name: of[members.node] for name, of in _unread(graph, year).items()}

    def told_of(start: int, stop: int) -> dict[str, Any]:
        return {name: members.attributes[name][start:stop] for name in SEEN}

    out = []
    for index, (start, stop) in enumerate(pairwise(members.bounds.tolist())):
        nodes = members.node[start:stop]
        mine: dict[str, Any] = {name: parts[index] for name, parts in rows.items()}
        has_links = any(len(part) for name, part in mine.items() if name != "self_rows")
        recorded = has_links or len(mine["self_rows"]) or len(told[index])
        if not recorded and not known[nodes].any():
            continue
        cut = slice(edges[index], edges[index + 1])
        out.append(
            Formation(
                cluster_id=clusters[members.cluster[start]],
                year=year,
                members=nodes.astype(np.int32),
                ids=graph.node_ids[nodes],
                share=share[start:stop],
                src=(edge_src[cut] - start).astype(np.int32),
                dst=(edge_dst[cut] - start).astype(np.int32),
                weight=edge_value[cut],
                self_supply=self_supply[start:stop],
                sales_outside=sales[start:stop],
                purchases_outside=bought[start:stop],
                activity={name: column[start:stop] for name, column in figures.items()},
                **told_of(start, stop),
                **mine,
                knowledge_rows=np.unique(told[index]),
                unread={name: of[start:stop] for name, of in unread.items()},
                has_links=has_links,
            )
        )
    return out


def _unread(graph: SupplyGraph, year: int) -> dict[str, Bools]:
    """Return of which nodes a figure of `year` (or of an unknown one) could not be read, by column."""
    rows = graph.unsettled
    if not len(rows):
        return {}
    mine = rows[rows["table"].eq("activity") & rows["year"].fillna(year).eq(year)]
    return {
        str(column): np.isin(graph.node_ids, part.to_numpy(object))
        for column, part in mine.groupby("column", observed=True)["participant_id"]
    }


def _spread(column: pd.Series[Any], nodes: NDArray[Any], size: int) -> NDArray[Any]:
    """Return a column of activity for every node: NaN or "" where the year has no row of it."""
    if isinstance(column.dtype, pd.StringDtype):
        texts = np.full(size, "", object)
        texts[nodes] = column.fillna("").astype(object)
        return texts
    numbers = np.full(size, np.nan)
    numbers[nodes] = column.to_numpy("float64", na_value=np.nan)
    return numbers


def _touching(met: _Met, place: Ints) -> tuple[Ints, Ints]:
    """Return (entry, position) of links that somebody of a cluster has with somebody else."""
    parts = (met.internal, met.sales, met.purchases)
    return np.concatenate([entry for entry, _ in parts]), np.concatenate([place[at] for _, at in parts])


def _sum_pairs(src: Ints, dst: Ints, value: Floats, size: int) -> tuple[Ints, Ints, Floats]:
    """Sum values of equal (src, dst), sorted by src, then dst; pairs that sum to zero make no edge."""
    key = src * size + dst
    order = np.argsort(key, kind="stable")
    key, value = key[order], value[order]
    starts = np.flatnonzero(np.r_[True, np.diff(key) > 0])[: len(key)]
    total = np.add.reduceat(value, starts) if len(key) else value
    kept = total > 0
    unique = key[starts][kept]
    return unique // size, unique % size, total[kept]
