"""To and from networkx, GraphML and GEXF, with nothing lost.

Nodes are participants, edges are links, one for every row. What is not of a node or an edge (memberships,
activity, tables by cluster) travels as lists on nodes and on the graph; in files as JSON text, beside plain
attributes that Gephi and other programs read: name, role, cluster, year, value, weight.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from clustercoop.graph.errors import DataError, OutputError
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.stores.records import PERSON, describe
from clustercoop.graph.stores.rows import to_rows

if TYPE_CHECKING:
    import networkx as nx

MEMBER: Final = ("cluster_id", *PERSON, "joined_year", "left_year")
EDGE: Final = ("year", "value", "product_code", "kind", "row", "file", "sheet")
WHOLE: Final = ("clusters", "indicators", "measures")
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _dicts(frame: pd.DataFrame, columns: tuple[str, ...] | list[str]) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in zip(columns, row, strict=True) if value is not None}
        for row in to_rows(frame, columns)
    ]


def to_networkx(graph: SupplyGraph) -> nx.MultiDiGraph[Any]:
    """Return the graph as a ``networkx.MultiDiGraph``; `graph` is not touched and shares nothing with it.

    Nodes carry ``name``, ``role``, ``industry_code``, ``region`` where known, and the lists
    ``memberships`` and ``activity`` (one dict a row). Edges carry ``year``, ``value``, ``product_code``,
    ``kind``, ``row``, ``file``, ``sheet``; their key is their position among the parallel links. The graph
    carries ``currency``, ``provenance`` and the lists ``clusters``, ``indicators``, ``measures``.

    Examples
    --------
    >>> graph = SupplyGraph.from_tables({
    ...     "links": pd.DataFrame({"year": [2020], "supplier_id": "01", "buyer_id": "02", "value": 5.0})
    ... })
    >>> [(u, v, data["value"]) for u, v, data in to_networkx(graph).edges(data=True)]
    [('01', '02', 5.0)]
    """
    import networkx as nx

    frames = graph.to_tables()
    out: nx.MultiDiGraph[Any] = nx.MultiDiGraph(
        currency=graph.currency,
        provenance=json.loads(json.dumps(dict(graph.provenance), default=str)),
    )
    out.graph.update({name: _dicts(frames[name], list(frames[name].columns)) for name in WHOLE})
    looks = describe(frames["participants"], [str(i) for i in graph.node_ids])
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


def from_networkx(
    network: nx.Graph[Any], *, year: int | None = None, currency: str | None = None
) -> SupplyGraph:
    """Return the supply graph of a directed networkx graph, which is not touched.

    The inverse of `to_networkx`. In a graph from elsewhere an edge needs ``value`` or ``weight``, and
    ``year`` unless one is given; a node's ``cluster_id`` makes it a member.

    Parameters
    ----------
    network : networkx.DiGraph or networkx.MultiDiGraph
    year : int, optional
        Year of the edges that have none.
    currency : str, optional
        Overrides the graph's own ``currency``; RUB where neither says.

    Raises
    ------
    DataError
        The graph is undirected, two nodes have the same id as text, or an edge lacks a year or a value.

    Examples
    --------
    >>> import networkx as nx
    >>> network = nx.DiGraph([("01", "02", {"weight": 5.0})])
    >>> from_networkx(network, year=2020).links["value"].tolist()
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
        if rows is None and data.get("cluster_id") is not None:
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
        links.append({"supplier_id": str(supplier), "buyer_id": str(buyer), **row})
    frames = {
        "participants": _table(people, ("participant_id", *MEMBER)),
        "activity": _origin(_table(activity, ("participant_id", "year"))),
        "links": _origin(_table(links, ("supplier_id", "buyer_id", *EDGE))),
        **{name: _table(network.graph.get(name, []), ("cluster_id",)) for name in WHOLE},
    }
    for name, needed in (("indicators", ["year"]), ("measures", ["year", "category", "measure"])):
        frames[name] = frames[name].reindex(columns=[*dict.fromkeys([*frames[name].columns, *needed])])
    return SupplyGraph.from_tables(
        frames,
        currency=currency or str(network.graph.get("currency", "RUB")),
        provenance=dict(network.graph.get("provenance", {})),
    )


def _table(rows: list[dict[str, Any]], least: tuple[str, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, dtype=object)
    return frame.reindex(columns=[*dict.fromkeys([*least, *map(str, frame.columns)])])


def _origin(frame: pd.DataFrame) -> pd.DataFrame:
    """Give ``row`` 0 and ``file`` and ``sheet`` "" where a row came from nowhere known."""
    for name, none in (("row", 0), ("file", ""), ("sheet", "")):
        if name in frame:
            frame[name] = frame[name].where(frame[name].notna(), none)
    return frame


def _flat(graph: SupplyGraph) -> nx.MultiDiGraph[Any]:
    """Return the graph with nothing but numbers and text as attributes, as files need."""
    import networkx as nx

    full = to_networkx(graph)
    flat: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
    flat.graph["clustercoop"] = json.dumps(full.graph, ensure_ascii=True, sort_keys=True)
    first = True
    for node, data in full.nodes(data=True):
        memberships, activity = data.pop("memberships"), data.pop("activity")
        lists = {"memberships": json.dumps(memberships), "activity": json.dumps(activity)}
        clusters = ";".join(dict.fromkeys(str(row["cluster_id"]) for row in memberships))
        # GEXF has no attributes of the whole graph that networkx reads back; the first node carries them.
        extra = {"clustercoop": flat.graph["clustercoop"]} if first else {}
        flat.add_node(node, label=data["name"], cluster=clusters, **data, **lists, **extra)
        first = False
    for supplier, buyer, data in full.edges(data=True):
        flat.add_edge(supplier, buyer, **data, weight=data["value"])
    _refuse_control_characters(flat)
    return flat


def _refuse_control_characters(flat: nx.MultiDiGraph[Any]) -> None:
    records: list[Mapping[str, Any]] = [dict(data, id=node) for node, data in flat.nodes(data=True)]
    records += [data for _, _, data in flat.edges(data=True)]
    for record in records:
        for name, value in record.items():
            if isinstance(value, str) and (match := _NOT_XML.search(value)):
                raise OutputError(
                    f"The {name} {value[:40]!r} holds the control character {match.group()!r}, which GraphML "
                    "and GEXF cannot hold; remove it from the data."
                )


def _unflat(flat: nx.Graph[Any]) -> nx.MultiDiGraph[Any]:
    import networkx as nx

    full: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
    for node, data in flat.nodes(data=True):
        held = dict(data)
        if "clustercoop" in held:
            full.graph.update(json.loads(held.pop("clustercoop")))
        for name in ("memberships", "activity"):
            if name in held:
                held[name] = json.loads(held[name])
        full.add_node(node, **held)
    full.add_edges_from((u, v, dict(data)) for u, v, data in flat.edges(data=True))
    return full


def _formats() -> dict[str, tuple[Callable[..., Any], Callable[..., Any]]]:
    import networkx as nx

    return {
        ".graphml": (nx.write_graphml_xml, nx.read_graphml),
        ".gexf": (nx.write_gexf, nx.read_gexf),
    }


def write_graph_file(graph: SupplyGraph, path: str | os.PathLike[str]) -> Path:
    """Write the graph as GraphML or GEXF, by the ending of `path`; Gephi opens both.

    Raises
    ------
    OutputError
        Another ending, a text that XML cannot hold, or a place that cannot be written.
    """
    target = Path(path)
    formats = _formats()
    if target.suffix.lower() not in formats:
        raise OutputError(f"{target.name} must end in .graphml or .gexf.")
    aside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    if not len(graph.node_ids):
        raise OutputError("The data name no participant, so there is no network to write.")
    flat = _flat(graph)
    flat.graph.clear()
    try:
        formats[target.suffix.lower()][0](flat, str(aside))
        text = aside.read_bytes()
        # networkx stamps the day into GEXF; the same graph is to give the same bytes tomorrow.
        aside.write_bytes(re.sub(rb' lastmodifieddate="[0-9-]+"', b"", text, count=1))
        os.replace(aside, target)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise OutputError(f"{target} cannot be written: {error.strerror}.") from error
    return target


def read_graph_file(path: str | os.PathLike[str]) -> SupplyGraph:
    """Read a GraphML or GEXF file, ours or another program's (see `from_networkx`).

    Raises
    ------
    DataError
        The file is absent, damaged or has another ending, or its edges are no supply links.
    """
    source = Path(path)
    formats = _formats()
    if source.suffix.lower() not in formats:
        raise DataError(f"{source.name} must end in .graphml or .gexf.")
    if not source.is_file():
        raise DataError(f"There is no file {source}.")
    try:
        flat = formats[source.suffix.lower()][1](str(source))
        full = _unflat(flat)
    except DataError:
        raise
    except Exception as error:  # the XML and networkx readers raise a dozen types, none of them ours
        raise DataError(f"{source.name} is not a readable {source.suffix[1:]} file.") from error
    try:
        return from_networkx(full)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise DataError(f"{source.name} holds attributes that are not those of supply links.") from error
