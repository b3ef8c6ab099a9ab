"""Which links carry knowledge or return flows, and how many of them reach outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from clustercoop.analysis.closedness.words import words
from clustercoop.graph.arrays import Bools, Floats, Int8s, Int32s, Ints, Objects
from clustercoop.graph.formation import Formation
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.slicing import knowledge_links

NO, UNKNOWN, YES = 0, 1, 2
"""Whether a role is one of knowledge, or a link carries it; of two ends the larger mark decides."""


@dataclass(frozen=True, eq=False)
class LinkKinds:
    """What the kinds of links say, over a whole graph.

    Attributes
    ----------
    known, returning : arrays of bool, shape (links,)
        Whether the link states a kind; whether that is a return flow.
    carries : array of int8, shape (links,)
        `YES` for a link of knowledge, `NO` for one of goods or a return flow; others go by their ends.
    value : array of float64, shape (links,)
        Value of each link.
    ends : tuple of arrays of int32, shape (links,)
        Nodes of the supplier and of the buyer.
    experts : mapping of year to array, shape (nodes,)
        What the role of every node tells of it (see `_experts`), as years are asked for.
    """

    known: Bools
    returning: Bools
    carries: Int8s
    value: Floats
    ends: tuple[Int32s, Int32s]
    experts: dict[int, Int8s] = field(default_factory=dict)


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
    returning = np.array([name in lists.return_kinds for name in clean] + [False])[codes]
    goods = np.array([name == "goods" for name in clean] + [False])[codes]
    return LinkKinds(
        known=codes >= 0,
        returning=returning,
        carries=np.where(knowledge_links(graph), YES, np.where(goods | returning, NO, UNKNOWN)).astype(
            np.int8
        ),
        value=graph.links["value"].to_numpy(),
        ends=(graph.links["supplier"].to_numpy(), graph.links["buyer"].to_numpy()),
    )


def _member(formation: Formation, nodes: Int32s) -> Ints:
    """Return the local number of each node, −1 where it is no member."""
    place = np.minimum(np.searchsorted(formation.members, nodes), formation.n - 1)
    return np.where(formation.members[place] == nodes, place, -1)


def _crossing(graph: SupplyGraph, formation: Formation) -> Bools:
    """Tell which links of kind knowledge have an end outside."""
    rows = formation.knowledge_rows
    out = np.zeros(len(rows), bool)
    for nodes in link_kinds(graph).ends:
        out |= _member(formation, nodes[rows]) < 0
    return out


def outside_knowledge(formation: Formation, graph: SupplyGraph) -> Bools:
    """Tell which members have a link of kind knowledge, of positive value, with a partner outside."""
    rows = formation.knowledge_rows
    found = np.zeros(formation.n, bool)
    if not len(rows):
        return found
    kinds = link_kinds(graph)
    rows = rows[(kinds.value[rows] > 0) & _crossing(graph, formation)]
    for nodes in kinds.ends:
        local = _member(formation, nodes[rows])
        found[local[local >= 0]] = True
    return found


@dataclass(frozen=True, slots=True)
class KnowledgeTies:
    """Ties of knowledge of a formation.

    Attributes
    ----------
    inside, outside : int
        Ties between members, and of members with partners outside.
    open_inside, open_outside : int
        Ties that may be of knowledge or not: by kind their links may, no end is known to be a university or a
        research organisation, and the role of one end is unknown.
    example : str
        One open tie, "supplier → buyer", with the outside where there is one; "" without.
    """

    inside: int
    outside: int
    open_inside: int
    open_outside: int
    example: str

    @property
    def settled(self) -> bool:
        """Whether the open ties leave the share outside the same whatever they are."""
        if not self.open_inside + self.open_outside:
            return True
        inside, outside = self.inside + self.open_inside, self.outside + self.open_outside
        return (self.inside > 0 and not outside) or (self.outside > 0 and not inside)


def knowledge_ties(formation: Formation, graph: SupplyGraph) -> KnowledgeTies:
    """Count the ties of knowledge inside and to the outside.

    A tie is a pair (supplier, buyer) with at least one link of positive value that carries knowledge. What
    knowledge is worth is not what was paid for it, so ties are counted. A link of kind knowledge carries it,
    one of goods or a return flow does not; any other does where one of its ends is a university or a research
    organisation.
    """
    kinds = link_kinds(graph)
    rows = np.concatenate([formation.internal_rows, formation.sales_rows, formation.purchase_rows])
    rows = np.concatenate([rows, formation.knowledge_rows])
    rows = rows[kinds.value[rows] > 0]
    supplier, buyer = (nodes[rows] for nodes in kinds.ends)
    if formation.year not in kinds.experts:
        kinds.experts[formation.year] = _experts(graph.people.of_nodes(formation.year, "role"))
    outside_roles = kinds.experts[formation.year]
    roles = _experts(formation.role)
    marks, at = [], []
    for nodes in (supplier, buyer):
        local = _member(formation, nodes)
        at.append(local)
        marks.append(np.where(local < 0, outside_roles[nodes], roles[local]))
    stated = kinds.carries[rows]
    carries = np.where(stated == UNKNOWN, np.maximum(*marks), stated)
    some = np.flatnonzero(carries)
    pairs = (supplier[some].astype(np.int64) * len(graph.node_ids) + buyer[some]).tolist()
    sides: tuple[dict[int, set[int]], ...] = {YES: set(), UNKNOWN: set()}, {YES: set(), UNKNOWN: set()}
    crossing = ((at[0][some] < 0) | (at[1][some] < 0)).tolist()
    for pair, outside, mark in zip(pairs, crossing, carries[some].tolist(), strict=True):
        sides[outside][mark].add(pair)
    told = [side[YES] for side in sides]
    may = [side[UNKNOWN] - side[YES] for side in sides]
    example = ""
    if first := may[1] or may[0]:
        example = " → ".join(str(graph.node_ids[end]) for end in divmod(min(first), len(graph.node_ids)))
    return KnowledgeTies(len(told[0]), len(told[1]), len(may[0]), len(may[1]), example)


def _experts(roles: Objects) -> Int8s:
    """Return `YES` for a role of knowledge, `NO` for another, `UNKNOWN` for none."""
    given, listed = roles.tolist(), words().knowledge_roles
    marks = {}
    for role in set(given):
        clean = str(role).strip().casefold()
        marks[role] = UNKNOWN if not clean else YES if clean in listed else NO
    return np.fromiter(map(marks.__getitem__, given), np.int8, len(given))


def return_flow_share(formation: Formation, graph: SupplyGraph) -> tuple[float, float]:
    """Return the share of internal supply that is a return flow, and the share whose kind is stated.

    Both by value; NaN without internal supply, and the first NaN where no internal link states a kind.
    Links that state none may be return flows or not: where the second is below 1 the first is a lower bound.
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
