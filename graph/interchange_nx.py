"""A supply graph as a networkx multigraph, and back, without loss."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from graph.errors import DataError
from graph.model import ACTIVITY, TEXT, SupplyGraph
from graph.schema import tables

if TYPE_CHECKING:
    import networkx as nx

_MEMBERSHIP = tuple(name for name in tables()["participants"].names if name != "participant_id")
_ORIGIN = ("row", "file", "sheet")


def _records(frame: pd.DataFrame, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return rows as plain dicts without their unknown cells."""
    plain = frame[list(columns)].astype(object)
    return [{str(k): v for k, v in row.items() if not pd.isna(v)} for row in plain.to_dict(orient="records")]


def to_networkx(graph: SupplyGraph) -> nx.MultiDiGraph[str]:
    """Return a new `networkx.MultiDiGraph` that holds everything `graph` does.

    Nodes are participant ids (outside partners too) with ``memberships`` and ``activity``, lists of
    dicts; a participant's first membership is spread over the node as well (``cluster_id``, ``name``,
    …) so that drawing tools see it. Edges carry ``year``, ``value``, ``product_code``, ``kind`` and
    the origin. Clusters, indicators and measures are graph attributes. Unknown cells are absent.

    Examples
    --------
    >>> graph = SupplyGraph.from_tables({
    ...     "participants": pd.DataFrame({"participant_id": ["01"], "cluster_id": ["c"]}),
    ...     "links": pd.DataFrame(
    ...         {"year": [2022], "supplier_id": ["01"], "buyer_id": ["x"], "value": [5.0]}
    ...     ),
    ... })
    >>> from_networkx(to_networkx(graph)).equals(graph)
    True
    """
    import networkx as nx

    out: nx.MultiDiGraph[str] = nx.MultiDiGraph(currency=graph.currency)
    frames = graph.to_tables()
    for name in ("clusters", "indicators", "measures"):
        out.graph[name] = _records(frames[name], tables()[name].names)
    out.add_nodes_from(str(node) for node in graph.node_ids)
    people = frames["participants"]
    for who, row in zip(people["participant_id"], _records(people, _MEMBERSHIP), strict=True):
        node = out.nodes[who]
        if "memberships" not in node:
            node.update(row)
        node.setdefault("memberships", []).append(row)
    work = frames["activity"]
    for who, row in zip(work["participant_id"], _records(work, ("year", *ACTIVITY, *_ORIGIN)), strict=True):
        out.nodes[who].setdefault("activity", []).append(row)
    links = frames["links"]
    attributes = _records(links, ("year", "value", "product_code", "kind", *_ORIGIN))
    out.add_edges_from(zip(links["supplier_id"], links["buyer_id"], attributes, strict=True))
    return out


def from_networkx(
    source: nx.Graph[Any], *, year: int | None = None, currency: str | None = None
) -> SupplyGraph:
    """Return a supply graph from `to_networkx` output, or from any directed networkx graph.

    Parameters
    ----------
    source : networkx.DiGraph or networkx.MultiDiGraph
        An edge is a supply link from its first node to its second, with ``value`` (or ``weight``) and
        ``year``. A node with ``cluster_id`` (or ``memberships``) is a participant, any other is outside.
    year : int, optional
        Year of the edges that have none.
    currency : str, optional
        Overrides the graph's own ``currency`` attribute; RUB where neither says.

    Raises
    ------
    DataError
        The graph is undirected, or an edge has no value or no year, or two nodes have the same id text.
    """
    if not source.is_directed():
        raise DataError("A supply graph is directed (supplier → buyer), and this networkx graph is not.")
    ids = [str(node) for node in source.nodes]
    if len(set(ids)) < len(ids):
        raise DataError("Two nodes of the networkx graph have the same id as text; rename one.")
    people: list[dict[str, Any]] = []
    work: list[dict[str, Any]] = []
    for node, data in source.nodes(data=True):
        rows = data.get("memberships") or ([data] if "cluster_id" in data else [])
        people += [
            {"participant_id": str(node)} | {k: row[k] for k in _MEMBERSHIP if k in row} for row in rows
        ]
        work += [{"participant_id": str(node)} | row for row in data.get("activity", [])]
    links = []
    for supplier, buyer, data in source.edges(data=True):
        link = {"supplier_id": str(supplier), "buyer_id": str(buyer), "year": year} | dict(data)
        link["value"] = link.get("value", link.get("weight"))
        if link["value"] is None or link["year"] is None:
            raise DataError(f"The edge {supplier} → {buyer} needs a value (or weight) and a year.")
        links.append(link)
    frames = {
        "participants": _frame(people, "participants"),
        "activity": _frame(work, "activity"),
        "links": _frame(links, "links"),
    }
    for name in ("clusters", "indicators", "measures"):
        frames[name] = _frame(source.graph.get(name, []), name)
    return SupplyGraph.from_tables(frames, currency=currency or source.graph.get("currency", "RUB"))


def _frame(rows: list[dict[str, Any]], table: str) -> pd.DataFrame:
    columns = [*tables()[table].names, *(_ORIGIN if table in ("links", "activity") else ())]
    frame = pd.DataFrame(rows, columns=columns)
    if "row" in frame:
        frame["row"] = frame["row"].fillna(0).astype("int64")
        for name in ("file", "sheet"):
            frame[name] = frame[name].astype(TEXT).fillna("")
    return frame
