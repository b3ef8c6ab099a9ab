"""Who is what, and when: role, industry and region by participant, cluster and period; shared members.

An attribute is stated by a row of the table participants for one participant, one cluster (or none, for a
partner outside) and one period. For a member of a cluster in a year the value is the first known of

1. rows of this cluster that hold in the year, the one that begins last: what is said from a year on
   replaces what was said before;
2. rows of the participant's other clusters, or of none, that hold in the year;
3. rows of this cluster that ended before, the latest; then 4. any rows that ended before.

A statement is never used before it begins. Where rows of equal rank differ the data do not settle it: the
value is unknown, with a finding.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Ints, Objects
from clustercoop.graph.findings import Finding
from clustercoop.graph.kinds import KINDS
from clustercoop.graph.schema import FIRST_YEAR, LAST_YEAR, tables

PERSON: Final = tuple(
    column.name
    for column in tables()["participants"].columns
    if not column.key and column.name not in ("joined_year", "left_year")
)
"""What a row says of the participant itself."""
ATTRIBUTES: Final = tuple(name for name in PERSON if name != "name")
"""What is settled by participant, cluster and period; the name is only shown."""
TOLD: Final = 100
_UNKNOWN: Final = -1
_UNSETTLED: Final = -2


def _settle(group: Ints, since: Ints, code: Ints) -> tuple[Ints, Ints]:
    """Return the ascending groups and the code of the latest `since`, `_UNSETTLED` where there are two.

    Examples
    --------
    >>> groups, codes = _settle(np.array([7, 7, 3, 3]), np.array([1, 2, 5, 5]), np.array([0, 4, 1, 2]))
    >>> groups.tolist(), codes.tolist()
    ([3, 7], [-2, 4])
    """
    if not len(group):
        return group, code
    order = np.lexsort((code, since, group))
    group, since, code = group[order], since[order], code[order]
    last = np.flatnonzero(np.r_[group[1:] != group[:-1], True])
    begins = np.r_[True, (group[1:] != group[:-1]) | (since[1:] != since[:-1])]
    lowest = code[np.flatnonzero(begins)[np.cumsum(begins)[last] - 1]]
    return group[last], np.where(lowest == code[last], code[last], _UNSETTLED)


def _find(groups: Ints, codes: Ints, wanted: Ints) -> Ints:
    """Return the code of each of `wanted` among the sorted `groups`, `_UNKNOWN` where it is not there."""
    if not len(groups):
        return np.full(len(wanted), _UNKNOWN)
    place = np.minimum(np.searchsorted(groups, wanted), len(groups) - 1)
    return np.where(groups[place] == wanted, codes[place], _UNKNOWN)


@dataclass(frozen=True, eq=False)
class Members:
    """Who is in a cluster in a year: one entry per (cluster, node), sorted by cluster, then node."""

    cluster: Ints
    node: Ints
    attributes: dict[str, Objects]
    unsettled: tuple[tuple[int, str], ...]
    """(entry, attribute) where rows contradict one another; the value is "" there."""


class People:
    """What the rows of the table participants say of members and of partners outside.

    Parameters
    ----------
    rows : DataFrame
        The contract's columns (the needed ones at least) and ``node``.
    ids : array of str
        Ids of the nodes.
    clusters : sequence of str
        Cluster ids, sorted.

    Examples
    --------
    >>> people = People.of(pd.DataFrame({
    ...     "participant_id": ["u", "u", "x"], "cluster_id": ["a", "a", None],
    ...     "role": [None, "university", "research"], "joined_year": [None, 2021, None],
    ... }))
    >>> [people.members(year).attributes["role"].tolist() for year in (2020, 2021)]
    [[''], ['university']]
    >>> people.of_nodes(2021, "role").tolist()
    ['university', 'research']
    """

    def __init__(self, rows: pd.DataFrame, ids: Objects, clusters: tuple[str, ...]) -> None:
        self.ids = ids
        self.clusters = clusters
        rows = rows.assign(**{n: None for n in (*ATTRIBUTES, "joined_year", "left_year") if n not in rows})
        position = {name: code for code, name in enumerate(self.clusters)}
        held, named = pd.factorize(rows["cluster_id"])
        self._cluster: Ints = np.array([*(position.get(name, -1) for name in named), -1], np.int64)[held]
        self._node: Ints = rows["node"].to_numpy("int64")
        self._first: Ints = np.asarray(rows["joined_year"].astype("Int64").fillna(FIRST_YEAR), dtype=np.int64)
        self._last: Ints = np.asarray(rows["left_year"].astype("Int64").fillna(LAST_YEAR), dtype=np.int64)
        self._codes: dict[str, Ints] = {}
        self._texts: dict[str, Objects] = {}
        spec = tables()["participants"]
        for name in ATTRIBUTES:
            codes, unique = pd.factorize(KINDS[spec[name].type].typed(rows[name]), sort=True)
            self._codes[name] = codes.astype(np.int64)
            # Two more at the end: codes −2 and −1 are unsettled and unknown.
            self._texts[name] = np.array([*unique, "", ""], dtype=object)
        self._changes = np.unique(np.concatenate([self._first, self._last + 1])).astype(np.int64)
        self._cached: dict[tuple[Any, ...], Any] = {}

    @classmethod
    def of(cls, rows: pd.DataFrame) -> People:
        """Return what `rows` of the table participants say, without a graph around them."""
        ids = np.array(sorted(set(rows["participant_id"])), dtype=object)
        node = pd.Index(ids, dtype=object).get_indexer(pd.Index(rows["participant_id"], dtype=object))
        clusters = tuple(sorted(set(rows["cluster_id"].dropna())))
        return cls(rows.assign(node=node), ids, clusters)

    def _key(self, cluster: Ints, node: Ints) -> Ints:
        return np.asarray((cluster + 1) * len(self.ids) + node, dtype=np.int64)

    def _epoch(self, year: int) -> int:
        """Return the number of the stretch of years within which no statement begins or ends."""
        return int(np.searchsorted(self._changes, year, "right"))

    def _attribute(self, name: str, year: int, cluster: Ints, node: Ints) -> Ints:
        """Return the code of an attribute for each (cluster, node); cluster −1 asks for the node alone."""
        code = self._codes[name]
        stated = (code >= 0) & (self._first <= year)
        holds, ended = stated & (self._last >= year), stated & (self._last < year)
        own, wanted = self._key(self._cluster, self._node), self._key(cluster, node)
        found = _find(*_settle(own[holds], self._first[holds], code[holds]), wanted)
        alike = np.zeros(int(holds.sum()), np.int64)
        for rows, groups, since, asked in (
            (holds, self._node, alike, node),
            (ended, own, self._last[ended], wanted),
            (ended, self._node, self._last[ended], node),
        ):
            gap = found == _UNKNOWN
            if rows.any() and gap.any():
                found = np.where(gap, _find(*_settle(groups[rows], since, code[rows]), asked), found)
        return found

    def members(self, year: int) -> Members:
        """Return the members of every cluster in `year`; a node without a value has ""."""
        key = ("members", self._epoch(year))
        if key not in self._cached:
            active = (self._cluster >= 0) & (self._first <= year) & (year <= self._last)
            pairs = np.unique(self._key(self._cluster[active], self._node[active]))
            cluster: Ints = pairs // len(self.ids) - 1
            node: Ints = pairs % len(self.ids)
            codes = {name: self._attribute(name, year, cluster, node) for name in ATTRIBUTES}
            texts = {name: self._texts[name][found] for name, found in codes.items()}
            unsettled = [(int(e), name) for name, c in codes.items() for e in np.flatnonzero(c == _UNSETTLED)]
            self._cached[key] = Members(cluster, node, texts, tuple(unsettled))
        found: Members = self._cached[key]
        return found

    def of_nodes(self, year: int, name: str) -> Objects:
        """Return an attribute of every node in `year`, whatever its cluster; "" is unknown."""
        key = (name, self._epoch(year))
        if key not in self._cached:
            node, codes = self._of_nodes(year, name)
            found = np.full(len(self.ids), "", dtype=object)
            found[node] = self._texts[name][codes]
            self._cached[key] = found
        out: Objects = self._cached[key]
        return out

    def _of_nodes(self, year: int, name: str) -> tuple[Ints, Ints]:
        node = np.unique(self._node)
        return node, self._attribute(name, year, np.full(len(node), -1), node)

    def stated(self, node: int, name: str, year: int) -> list[str]:
        """Return the different values that rows of `node` state in `year`, or before if none holds then."""
        rows = (self._node == node) & (self._codes[name] >= 0) & (self._first <= year)
        holds = rows & (self._last >= year)
        codes = np.unique(self._codes[name][holds if holds.any() else rows])
        return [str(text) for text in self._texts[name][codes]]

    def shared(self, year: int) -> Iterator[tuple[int, tuple[str, ...], bool]]:
        """Yield (node, its clusters, whether one was left and another joined) for members of several."""
        members = self.members(year)
        several = np.flatnonzero(np.bincount(members.node, minlength=1) > 1)
        for node in several.tolist():
            clusters = tuple(self.clusters[c] for c in members.cluster[members.node == node])
            rows = (self._node == node) & (self._cluster >= 0)
            left, joined = rows & (self._last == year), rows & (self._first == year)
            yield node, clusters, bool(left.any() and joined.any())

    def _contradictions(self, years: tuple[int, ...]) -> Iterator[tuple[int, int, str, int]]:
        """Yield (node, cluster or −1 for a partner, attribute, first year) where rows contradict."""
        at_home = np.bincount(self._node[self._cluster >= 0], minlength=len(self.ids)) > 0
        partners = np.unique(self._node[~at_home[self._node]])
        seen: set[tuple[int, int, str]] = set()
        for _, year in sorted({self._epoch(y): y for y in reversed(years)}.items()):
            members = self.members(year)
            found = [(int(members.node[e]), int(members.cluster[e]), name) for e, name in members.unsettled]
            for name in ATTRIBUTES if len(partners) else ():
                node, codes = self._of_nodes(year, name)
                odd = np.intersect1d(node[codes == _UNSETTLED], partners)
                found += [(int(n), -1, name) for n in odd]
            for case in found:
                if case not in seen:
                    seen.add(case)
                    yield (*case, year)

    def findings(self, years: tuple[int, ...]) -> list[Finding]:
        """Return what is odd about the statements in `years`: members of several clusters, contradictions."""
        cases: dict[tuple[str, int, tuple[str, ...]], list[int]] = defaultdict(list)
        for year in years:
            for node, clusters, moved in self.shared(year):
                cases["member_moved" if moved else "member_of_several", node, clusters].append(year)
        found = [
            Finding(
                code,
                table="participants",
                participant_id=str(self.ids[node]),
                value="; ".join(clusters),
                detail=told_years(held),
                year=held[0],
            )
            for (code, node, clusters), held in cases.items()
        ]
        found += [
            Finding(
                "attribute_contradicted",
                table="participants",
                column=name,
                participant_id=str(self.ids[node]),
                cluster_id=self.clusters[cluster] if cluster >= 0 else "",
                value="; ".join(self.stated(node, name, year)),
                year=year,
            )
            for node, cluster, name, year in self._contradictions(years)
        ]
        return _capped(found)


def told_years(years: list[int]) -> str:
    """Return years as text, runs of them shortened.

    Examples
    --------
    >>> told_years([2019, 2020, 2021, 2023])
    '2019–2021, 2023'
    """
    runs: list[list[int]] = []
    for year in sorted(years):
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _capped(found: list[Finding]) -> list[Finding]:
    """Return at most `TOLD` findings of each code, and how many more there are."""
    kept: list[Finding] = []
    count: dict[str, int] = defaultdict(int)
    severity = {}
    for finding in found:
        count[finding.code] += 1
        severity[finding.code] = finding.severity
        if count[finding.code] <= TOLD:
            kept.append(finding)
    return kept + [
        Finding(f"more_{severity[code]}", table="participants", detail=f"{number - TOLD} ({code})")
        for code, number in count.items()
        if number > TOLD
    ]


def names(rows: pd.DataFrame) -> dict[str, str]:
    """Return participant id → the latest name that `rows` state; of equal rank the first in the alphabet.

    Examples
    --------
    >>> names(pd.DataFrame({"participant_id": ["1", "1"], "cluster_id": "a", "name": ["New", "Old"],
    ...                     "joined_year": [2021, None]}))
    {'1': 'New'}
    """
    known = rows[rows["name"].notna()] if "name" in rows else rows.iloc[:0].assign(name=None)
    since = known["joined_year"].astype("Int64") if "joined_year" in known else pd.NA
    order = pd.DataFrame(
        {
            "outside": known["cluster_id"].isna(),
            "since": -pd.Series(since, index=known.index, dtype="Int64").fillna(FIRST_YEAR),
            "name": known["name"].astype(object),
        }
    ).sort_values(["outside", "since", "name"])
    first = known.loc[order.index].drop_duplicates("participant_id")
    return dict(zip(first["participant_id"], first["name"], strict=True))


def describe(people: pd.DataFrame, ids: Collection[str]) -> pd.DataFrame:
    """Return one row an id: the latest known name, role, … that the rows of participants state.

    The name is the id where none is known; an attribute is missing where the latest rows differ.

    Examples
    --------
    >>> people = pd.DataFrame({"participant_id": ["1"], "cluster_id": ["a"], "role": ["firm"]})
    >>> describe(people, ["1"])[["id", "name", "role"]].values.tolist()
    [['1', '1', 'firm']]
    """
    told, called = People.of(people), names(people)
    out = pd.DataFrame({"id": np.array(list(ids), dtype=object)})
    out["name"] = np.array([called.get(i, i) for i in out["id"]], dtype=object)
    for name in ATTRIBUTES:
        texts = dict(zip(told.ids, told.of_nodes(LAST_YEAR, name), strict=True))
        out[name] = np.array([texts.get(i) or None for i in out["id"]], dtype=object)
    return out
