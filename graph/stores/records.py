r"""A supply graph as the nodes and relationships of the graph model, and back, losing nothing.

The layout (see ``docs/graph-model.md``)::

    (:Participant {id, name, role, …})
    (:Cluster {id, name, …, listed, named})
    (:Participant)-[:SUPPLIES {key, year, value, product, kind, …, nth, row, file, sheet}]->(:Participant)
    (:Participant)-[:MEMBERSHIP {key, name, role, …, joined_year, left_year, nth}]->(:Cluster)
    (:Participant)-[:MEMBER_OF {key, year, role, industry_code, region}]->(:Cluster)
    (:Participant)-[:DESCRIBED]->(:Profile {key, participant_id, name, role, …, joined_year, left_year, nth})
    (:Participant)-[:REPORTED]->(:Activity {key, participant_id, year, output, …, row, file, sheet})
    (:Indicator {key, cluster_id, year, …})-[:ABOUT]->(:Cluster)
    (:Measure {key, cluster_id, year, category, measure, …, nth})-[:GIVEN_TO]->(:Cluster)
    (:Alias {key, old_id, new_id, …}), (:Deflator {key, year, index, …}), (:ProductionIndex {key, …})
    (:OpenRow {key, table, year, supplier_id, …, nth, row, file, sheet})

Which properties there are follows from ``graph/schema.csv``. Every key is text made of the parts that
identify a row, joined by ``|``; a ``|`` or ``\`` inside a part is escaped, so different rows never share a
key. ``nth`` numbers rows whose other parts are equal. ``name`` is the id where the data give none
(``named`` is false then; a membership keeps what was given).

A Profile is a row of the table participants without a cluster. A participant's role, industry and region are
those of its latest rows, none where these differ; MEMBER_OF holds what it was in the cluster in the year. An
OpenRow is what could be read of a row that was rejected, or a figure that nobody could read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Ints, Objects
from clustercoop.graph.kinds import TEXT
from clustercoop.graph.model import APART, PARALLEL, SupplyGraph
from clustercoop.graph.networks import ORIGIN, PLACED
from clustercoop.graph.people import ATTRIBUTES, PERSON, People, describe
from clustercoop.graph.schema import UNSETTLED, kept_tables, tables

_EMPTY: Final = "\\e"


def _columns(table: str, *without: str) -> tuple[str, ...]:
    return tuple(name for name in kept_tables()[table].names if name not in without)


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """One label: the property that identifies a node, its properties, what it hangs on."""

    label: str
    key: str
    properties: tuple[str, ...]
    parent: tuple[str, str, str, bool] | None = None
    """(relationship type, parent label, property holding the parent's id, whether the parent points here)"""


@dataclass(frozen=True, slots=True)
class LinkSpec:
    """One relationship type with a key: its ends (label, column) and its properties."""

    type: str
    start: tuple[str, str]
    end: tuple[str, str]
    properties: tuple[str, ...]


Ask = Callable[[str, list[str]], pd.DataFrame]
"""Runs a statement that reads, and returns its rows under the given names."""

SHORT: Final = {"product_code": "product"}
"""Column of ``links`` → property of SUPPLIES, where they differ."""

NODES: Final = {
    "participants": NodeSpec("Participant", "id", PERSON),
    "clusters": NodeSpec("Cluster", "id", (*_columns("clusters", "cluster_id"), "listed", "named")),
    "profiles": NodeSpec(
        "Profile",
        "key",
        (*_columns("participants", "cluster_id"), "nth"),
        ("DESCRIBED", "Participant", "participant_id", True),
    ),
    "activity": NodeSpec(
        "Activity",
        "key",
        (*_columns("activity"), *ORIGIN),
        ("REPORTED", "Participant", "participant_id", True),
    ),
    "indicators": NodeSpec(
        "Indicator",
        "key",
        _columns("indicators"),
        ("ABOUT", "Cluster", "cluster_id", False),
    ),
    "measures": NodeSpec(
        "Measure",
        "key",
        (*_columns("measures"), "nth"),
        ("GIVEN_TO", "Cluster", "cluster_id", False),
    ),
    "aliases": NodeSpec("Alias", "key", _columns("aliases")),
    "deflators": NodeSpec("Deflator", "key", _columns("deflators")),
    "production_index": NodeSpec("ProductionIndex", "key", _columns("production_index")),
    "unsettled": NodeSpec("OpenRow", "key", (*_columns("unsettled"), "nth", *ORIGIN)),
}
LINKS: Final = {
    "memberships": LinkSpec(
        "MEMBERSHIP",
        ("Participant", "participant_id"),
        ("Cluster", "cluster_id"),
        (*_columns("participants", "participant_id", "cluster_id"), "nth"),
    ),
    "member_of": LinkSpec(
        "MEMBER_OF", ("Participant", "participant_id"), ("Cluster", "cluster_id"), ("year", *ATTRIBUTES)
    ),
    "supplies": LinkSpec(
        "SUPPLIES",
        ("Participant", "supplier_id"),
        ("Participant", "buyer_id"),
        (*(SHORT.get(n, n) for n in _columns("links", "supplier_id", "buyer_id")), "nth", *ORIGIN),
    ),
}


def escape(values: Any) -> Objects:
    r"""Return the texts of `values` ready to be joined by ``|``; a missing one becomes "".

    Examples
    --------
    >>> escape(pd.Series(["a|b", None, ""])).tolist()
    ['a\\|b', '', '\\e']
    """
    column = pd.Series(values, dtype=object)
    codes, unique = pd.factorize(column)
    done = [str(v).replace("\\", "\\\\").replace("|", "\\|") or _EMPTY for v in unique]
    return np.array([*done, ""], dtype=object)[codes]


def join_key(*parts: Any) -> Objects:
    """Return the keys of rows from their escaped parts.

    Examples
    --------
    >>> join_key(np.array(["x"], object), np.array([2020])).tolist()
    ['x|2020']
    """
    return np.array(["|".join(map(str, row)) for row in zip(*(list(p) for p in parts), strict=True)], object)


def _nth(frame: pd.DataFrame, key: list[str]) -> Ints:
    if not bool(frame.duplicated(key).any()):
        return np.zeros(len(frame), np.int64)
    return np.asarray(frame.groupby(key, dropna=False, sort=False).cumcount(), dtype=np.int64)


def member_years(people: pd.DataFrame, years: Collection[int]) -> pd.DataFrame:
    """Return the members of every cluster in each of `years`, with what they were there and then.

    Columns ``key, participant_id, cluster_id, year, role, industry_code, region``.
    """
    told = People.of(people)
    clusters = np.array(told.clusters, dtype=object)
    parts = []
    for year in sorted(years):
        members = told.members(year)
        texts = {name: [text or None for text in found] for name, found in members.attributes.items()}
        ids = {"participant_id": told.ids[members.node], "cluster_id": clusters[members.cluster]}
        parts.append(pd.DataFrame({**ids, "year": year, **texts}))
    if not parts:
        return pd.DataFrame(columns=["key", "participant_id", "cluster_id", "year", *ATTRIBUTES])
    every = pd.concat(parts, ignore_index=True)
    key = join_key(escape(every["participant_id"]), escape(every["cluster_id"]), every["year"])
    return every.assign(key=key)


def supplies(graph: SupplyGraph) -> pd.DataFrame:
    """Return the links of `graph` as records of SUPPLIES."""
    links = graph.links
    nth = _nth(links, ["year", "supplier", "buyer", *PARALLEL])
    node = escape(graph.node_ids)
    supplier, buyer = links["supplier"].to_numpy(), links["buyer"].to_numpy()
    plain = not nth.any() and all(bool(links[name].isna().all()) for name in PARALLEL)
    pairs = zip(links["year"].tolist(), node[supplier].tolist(), node[buyer].tolist(), strict=True)
    if plain:
        end = "|" * (len(PARALLEL) + 1) + "0"
        key = [f"{year}|{seller}|{taker}{end}" for year, seller, taker in pairs]
    else:
        parallel = join_key(*(escape(links[name]) for name in PARALLEL), nth)
        key = [
            f"{year}|{seller}|{taker}|{p}" for (year, seller, taker), p in zip(pairs, parallel, strict=True)
        ]
    columns: dict[str, Any] = {
        "supplier_id": graph.node_ids[supplier],
        "buyer_id": graph.node_ids[buyer],
        "key": np.array(key, dtype=object),
        "year": links["year"].to_numpy("int64"),
        "value": links["value"].to_numpy(),
        "nth": nth,
    }
    # A column that says nothing about any link is left out: it would cost time and room in every row.
    for name in _columns("links", "year", "supplier_id", "buyer_id", "value"):
        if bool(links[name].notna().any()):
            columns[SHORT.get(name, name)] = links[name].astype(object)
    if bool(links["row"].any()):
        columns["row"] = links["row"].to_numpy("int64")
    for name in ("file", "sheet"):
        if list(links[name].cat.categories) != [""]:
            columns[name] = links[name].astype(object)
    return pd.DataFrame(columns, copy=False)


def removed_links(before: SupplyGraph, after: SupplyGraph) -> int:
    """Return how many links of `before` have no counterpart in `after`."""
    if not len(before.links):
        return 0
    return len(set(supplies(before)["key"]) - set(supplies(after)["key"]))


def to_records(graph: SupplyGraph) -> dict[str, pd.DataFrame]:
    """Return the records of every label and relationship type of `graph`, ``member_of`` included."""
    frames = graph.to_tables()
    people = frames["participants"]
    activity, indicators, measures = frames["activity"], frames["indicators"], frames["measures"]
    nth = _nth(measures, ["cluster_id", "year"])
    listed = frames["clusters"].rename(columns={"cluster_id": "id"})
    unlisted = sorted(set(graph.cluster_ids) - set(listed["id"]))
    clusters = pd.concat(
        [listed.astype(object).assign(listed=True), pd.DataFrame({"id": unlisted, "listed": False})],
        ignore_index=True,
    )
    named = clusters["name"].notna()
    clusters = clusters.assign(named=named, name=clusters["name"].where(named, clusters["id"]))
    return {
        "participants": describe(people, [str(i) for i in graph.node_ids]),
        "clusters": clusters,
        "activity": activity.assign(key=join_key(escape(activity["participant_id"]), activity["year"])),
        "indicators": indicators.assign(key=join_key(escape(indicators["cluster_id"]), indicators["year"])),
        "measures": measures.assign(
            nth=nth, key=join_key(escape(measures["cluster_id"]), measures["year"], nth)
        ),
        **{name: _keyed(frames[name], tables()[name].key) for name in APART},
        "unsettled": open_rows(frames["unsettled"]),
        "memberships": memberships(people),
        "profiles": profiles(people),
        "member_of": member_years(people, graph.years),
        "supplies": supplies(graph),
    }


def _keyed(frame: pd.DataFrame, names: tuple[str, ...]) -> pd.DataFrame:
    parts = (frame[name].astype(object).where(frame[name].notna(), None) for name in names)
    return frame.assign(key=join_key(*(escape(part) for part in parts)))


def open_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of ``unsettled`` as records of OpenRow."""
    own = [*UNSETTLED.names, *ORIGIN]
    return _keyed(frame.assign(nth=_nth(frame, own)), (*own, "nth"))


def memberships(people: pd.DataFrame) -> pd.DataFrame:
    """Return the memberships as records of MEMBERSHIP."""
    people = people[people["cluster_id"].notna()].reset_index(drop=True)
    nth = _nth(people, ["participant_id", "cluster_id", "joined_year"])
    joined = people["joined_year"].astype(object).where(people["joined_year"].notna(), "")
    key = join_key(escape(people["participant_id"]), escape(people["cluster_id"]), joined, nth)
    return people.assign(nth=nth, key=key)


def profiles(people: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of participants that name no cluster as records of Profile."""
    rows = people[people["cluster_id"].isna()].reset_index(drop=True)
    nth = _nth(rows, ["participant_id", "joined_year"])
    joined = rows["joined_year"].astype(object).where(rows["joined_year"].notna(), "")
    key = join_key(escape(rows["participant_id"]), joined, nth)
    return rows.drop(columns="cluster_id").assign(nth=nth, key=key)


def select(
    ask: Ask, pattern: str, columns: Collection[str], ends: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return properties of the `n` that a pattern finds, after `ends`: column → expression.

    The statement numbers them, since a name such as ``of`` is a word of the language too.
    """
    told = dict(ends or {}) | {name: f"n.{name}" for name in columns}
    cells = ", ".join(f"{cell} AS c{at}" for at, cell in enumerate(told.values()))
    return ask(f"{pattern} RETURN {cells}", list(told))


def read_records(ask: Ask, *, of_years: bool = False) -> dict[str, pd.DataFrame]:
    """Return the records that `from_records` takes; `of_years`, those of the parameter ``$years`` alone."""
    records = {}
    for name, node in NODES.items():
        columns = (node.key, *node.properties)
        where = " WHERE n.year IN $years" if of_years and "year" in columns else ""
        if where and name == "unsettled":
            where += " OR n.year IS NULL"
        records[name] = select(ask, f"MATCH (n:{node.label}){where}", columns)
    for name in ("memberships", "supplies"):
        link = LINKS[name]
        where = " WHERE n.year IN $years" if of_years and "year" in link.properties else ""
        pattern = f"MATCH (a:{link.start[0]})-[n:{link.type}]->(b:{link.end[0]}){where}"
        records[name] = select(ask, pattern, link.properties, {link.start[1]: "a.id", link.end[1]: "b.id"})
    return records


def from_records(
    records: Mapping[str, pd.DataFrame], *, currency: str, provenance: Mapping[str, Any]
) -> SupplyGraph:
    """Return the graph that `records` describe; the inverse of `to_records`."""

    def table(name: str, source: str, **renamed: str) -> pd.DataFrame:
        return typed_table(records[source].rename(columns=renamed), name)

    records = {name: _in_order(frame) for name, frame in records.items()}
    clusters = records["clusters"]
    if len(clusters):
        clusters = clusters.assign(name=clusters["name"].where(clusters["named"].astype(bool), None))
        records["clusters"] = clusters[clusters["listed"].astype(bool)]
    people = [table("participants", source) for source in ("memberships", "profiles")]
    frames = {
        "participants": pd.concat([part for part in people if len(part)] or people[:1], ignore_index=True),
        "links": table("links", "supplies", **{short: name for name, short in SHORT.items()}),
        "activity": table("activity", "activity"),
        "clusters": table("clusters", "clusters", id="cluster_id"),
        "indicators": table("indicators", "indicators"),
        "measures": table("measures", "measures"),
        **{name: table(name, name) for name in (*APART, "unsettled")},
    }
    return SupplyGraph.from_tables(frames, currency=currency, provenance=provenance)


def _in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Sort by ``nth`` where a frame has it: the only order that a graph remembers."""
    if "nth" not in frame or not len(frame):
        return frame.reset_index(drop=True)
    return frame.sort_values("nth", kind="stable", ignore_index=True)


def typed(column: pd.Series[Any] | None, kind: str, size: int) -> pd.Series[Any]:
    """Return a column as a store gave it (None where absent) in the type that `kind` of column has."""
    if column is None:
        column = pd.Series([None] * size, dtype=object)
    if kind in ("id", "text"):
        return column.astype(object).where(column.notna(), np.nan).astype(TEXT)
    if kind == "year":
        return pd.to_numeric(column).astype("Float64").astype("Int64")
    return pd.to_numeric(column).astype("float64")


def typed_table(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Return the columns of the contract's `table`, typed; with ``row, file, sheet`` where rows have them."""
    size = len(frame)
    out = {c.name: typed(frame.get(c.name), c.type, size) for c in kept_tables()[table].columns}
    if table in PLACED:
        for name, none in (("row", 0), ("file", ""), ("sheet", "")):
            column = frame.get(name, pd.Series([None] * size, dtype=object)).astype(object)
            out[name] = column.where(column.notna(), none).astype("int64" if name == "row" else object)
    return pd.DataFrame(out, index=frame.index)
