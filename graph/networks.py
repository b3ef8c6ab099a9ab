"""Tables of a supply graph as a networkx multigraph, and back, with nothing lost.

Nodes are participants, edges are links, one for every row. What is not of a node or an edge (memberships,
activity, tables by cluster) travels as lists on nodes and on the graph.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from clustercoop.graph.errors import DataError
from clustercoop.graph.people import PERSON, describe
from clustercoop.graph.rows import to_rows
from clustercoop.graph.schema import ENDS, kept_tables, tables

if TYPE_CHECKING:
    import networkx as nx

ORIGIN: Final = ("row", "file", "sheet")
MEMBER: Final = tuple(n for n in tables()["participants"].names if n != "participant_id")
EDGE: Final = (*(n for n in tables()["links"].names if n not in ENDS), *ORIGIN)
PLACED: Final = ("links", "activity", "unsettled")
"""Tables whose rows say where they came from."""
WHOLE: Final = (
    *("clusters", "indicators", "measures", "aliases", "deflators", "production_index", "unsettled"),
)


def _dicts(frame: pd.DataFrame, columns: tuple[str, ...] | list[str]) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in zip(columns, row, strict=True) if value is not None}
        for row in to_rows(frame, columns)
    ]


def network_of(
    frames: Mapping[str, pd.DataFrame], ids: Collection[str], currency: str, provenance: Mapping[str, Any]
) -> nx.MultiDiGraph[Any]:
    """Return tables of the contract as a ``networkx.MultiDiGraph`` over `ids`; it shares nothing with them.

    Nodes carry what the data say of a participant (``name``, ``role``, …) where known, and the lists
    ``memberships`` and ``activity`` (one dict a row). Edges carry the columns of ``links`` and ``row``,
    ``file``, ``sheet``; their key is their position among the parallel links. The graph carries
    ``currency``, ``provenance`` and the lists ``clusters``, ``indicators``, ``measures``.
    """
    import networkx as nx

    out: nx.MultiDiGraph[Any] = nx.MultiDiGraph(
        currency=currency, provenance=json.loads(json.dumps(dict(provenance), default=str))
    )
    out.graph.update({name: _dicts(frames[name], list(frames[name].columns)) for name in WHOLE})
    looks = describe(frames["participants"], [str(i) for i in ids])
    for look in _dicts(looks, ["id", *PERSON]):
        node = look.pop("id")
        out.add_node(node, **look, memberships=[], activity=[])
    people, activity = frames["participants"], frames["activity"]
    for node, row in zip(people["participant_id"], _dicts(people, MEMBER), strict=True):
        out.nodes[node]["memberships"].append(row)
    columns = [name for name in activity.columns if name != "participant_id"]
    for node, row in zip(activity["participant_id"], _dicts(activity, columns), strict=True):
        out.nodes[node]["activity"].append(row)
    links = frames["links"]
    ends = zip(links["supplier_id"], links["buyer_id"], _dicts(links, EDGE), strict=True)
    out.add_edges_from(ends)
    return out


def tables_of(
    network: nx.Graph[Any], *, year: int | None = None
) -> tuple[dict[str, pd.DataFrame], str, dict[str, Any]]:
    """Return the tables, currency and provenance of a directed networkx graph, which is not touched.

    The inverse of `network_of`. In a graph from elsewhere an edge needs ``value`` or ``weight``, and
    ``year`` unless one is given; a node's ``cluster_id`` makes it a member.

    Parameters
    ----------
    network : networkx.DiGraph or networkx.MultiDiGraph
    year : int, optional
        Year of the edges that have none.

    Raises
    ------
    DataError
        The graph is undirected, two nodes have the same id as text, or an edge lacks a year or a value.

    Examples
    --------
    >>> import networkx as nx
    >>> network = nx.DiGraph([("01", "02", {"weight": 5.0})])
    >>> tables_of(network, year=2020)[0]["links"]["value"].tolist()
    [5.0]
    """
    if not network.is_directed():
        raise DataError("The graph is undirected; supply links have a direction, from supplier to buyer.")
    if len({str(node) for node in network.nodes}) < len(network):
        raise DataError("Two nodes of the networkx graph have the same id as text; rename one.")
    people: list[dict[str, Any]] = []
    activity: list[dict[str, Any]] = []
    for node, data in network.nodes(data=True):
        rows = data.get("memberships")
        if rows is None and any(data.get(name) is not None for name in ("cluster_id", "role")):
            rows = [{name: data.get(name) for name in MEMBER}]
        people += [{"participant_id": str(node), **row} for row in rows or ()]
        activity += [{"participant_id": str(node), **row} for row in data.get("activity", ())]
    links = []
    for supplier, buyer, data in network.edges(data=True):
        row = {name: data[name] for name in EDGE if data.get(name) is not None}
        row.setdefault("value", data.get("weight"))
        row.setdefault("year", year)
        if row["value"] is None or row["year"] is None:
            raise DataError(f"The edge from {supplier!r} to {buyer!r} needs a year, and a value or weight.")
        if isinstance(row["value"], str) or not isinstance(row["year"], int | float | str):
            raise DataError(
                f"The edge from {supplier!r} to {buyer!r} has the value {row['value']!r} in the year "
                f"{row['year']!r}; give numbers, not text."
            )
        links.append({"supplier_id": str(supplier), "buyer_id": str(buyer), **row})
    frames = {
        "participants": _table(people, ("participant_id", *MEMBER)),
        "activity": _origin(_table(activity, ("participant_id", "year"))),
        "links": _origin(_table(links, (*ENDS, *EDGE))),
        **{name: _table(network.graph.get(name, []), kept_tables()[name].required) for name in WHOLE},
    }
    frames["unsettled"] = _origin(frames["unsettled"])
    held = network.graph
    return frames, str(held.get("currency", "RUB")), dict(held.get("provenance", {}))


def _table(rows: list[dict[str, Any]], least: tuple[str, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, dtype=object)
    return frame.reindex(columns=[*dict.fromkeys([*least, *map(str, frame.columns)])])


def _origin(frame: pd.DataFrame) -> pd.DataFrame:
    """Give ``row`` 0 and ``file`` and ``sheet`` "" where a row came from nowhere known."""
    for name, none in (("row", 0), ("file", ""), ("sheet", "")):
        if name in frame:
            frame[name] = frame[name].where(frame[name].notna(), none)
    return frame
