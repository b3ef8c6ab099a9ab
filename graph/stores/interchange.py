"""Supply graphs to and from GraphML and GEXF files, with nothing lost.

In files the lists that `clustercoop.graph.networks` puts on nodes and on the graph are JSON text, beside
plain attributes that Gephi and other programs read: name, role, cluster, year, value, weight.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from clustercoop.graph.errors import DataError, OutputError
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.texts import refusal, told

if TYPE_CHECKING:
    import networkx as nx

_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _flat(graph: SupplyGraph, ending: str) -> nx.MultiDiGraph[Any]:
    """Return the graph with nothing but numbers and text as attributes, as files need."""
    import networkx as nx

    full = graph.to_networkx()
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
    # Readers key edges by their id, so no two may share one. Gephi's timeline takes years as intervals.
    for number, (supplier, buyer, data) in enumerate(full.edges(data=True)):
        interval = {"start": data["year"], "end": data["year"]} if ending == ".gexf" else {}
        flat.add_edge(supplier, buyer, key=number, **data, weight=data["value"], **interval)
    _refuse_control_characters(flat)
    return flat


def _refuse_control_characters(flat: nx.MultiDiGraph[Any]) -> None:
    records: list[Mapping[str, Any]] = [dict(data, id=node) for node, data in flat.nodes(data=True)]
    records += [data for _, _, data in flat.edges(data=True)]
    for record in records:
        for name, value in record.items():
            if isinstance(value, str) and (match := _NOT_XML.search(value)):
                held, char = repr(value[:40]), repr(match.group())
                raise refusal(OutputError, "graph_control", name=name, value=held, char=char)


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
        raise refusal(OutputError, "graph_suffix", name=target.name, suffixes=told("refusal.graph_endings"))
    aside = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    if not len(graph.node_ids):
        raise refusal(OutputError, "graph_nobody")
    flat = _flat(graph, target.suffix.lower())
    flat.graph.clear()
    try:
        formats[target.suffix.lower()][0](flat, str(aside))
        text = aside.read_bytes()
        # networkx stamps the day into GEXF; the same graph is to give the same bytes tomorrow.
        aside.write_bytes(re.sub(rb' lastmodifieddate="[0-9-]+"', b"", text, count=1))
        os.replace(aside, target)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise refusal(OutputError, "unwritten", name=target, why=error.strerror) from error
    return target


def read_graph_file(path: str | os.PathLike[str]) -> SupplyGraph:
    """Read a GraphML or GEXF file that `write_graph_file` wrote.

    Raises
    ------
    DataError
        The file is damaged, or its edges are no supply links.
    """
    source = Path(path)
    try:
        full = _unflat(_formats()[source.suffix.lower()][1](str(source)))
    except Exception as error:  # the XML and networkx readers raise a dozen types, none of them ours
        raise refusal(DataError, "graph_unreadable", name=source.name, kind=source.suffix[1:]) from error
    try:
        return SupplyGraph.from_networkx(full)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise refusal(DataError, "graph_attributes", name=source.name) from error
