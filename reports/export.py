"""One cluster in one year as a graph file for Gephi, yEd and other programs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from clustercoop.graph.errors import OutputError, parameter_error
from clustercoop.graph.model import SupplyGraph
from clustercoop.reports.inert import xml_text

if TYPE_CHECKING:
    import networkx as nx

SUFFIXES: Final = (".gexf", ".graphml")


def cluster_graph(graph: SupplyGraph, cluster_id: str, year: int) -> nx.DiGraph[str]:
    """Return the members of a cluster in a year and the supply between them as a networkx graph.

    Nodes are ``n0``, ``n1`` … in the order of the ids, with ``participant_id``, ``label`` (the name),
    ``role`` and ``industry_code`` where known, and ``output`` (millions); edges have ``weight`` (millions).
    Self-supply and the outside are left out.

    Raises
    ------
    UnknownNameError
        The data hold no such cluster or year, or no links and no activity of it in that year.
    """
    import networkx as nx

    formation = graph.formation(cluster_id, year)
    made: nx.DiGraph[str] = nx.DiGraph()
    for node, identifier in enumerate(formation.ids):
        texts = {
            "participant_id": str(identifier),
            "label": graph.names.get(str(identifier), str(identifier)),
            "role": str(formation.role[node]),
            "industry_code": str(formation.industry_code[node]),
        }
        known = {name: xml_text(text) for name, text in texts.items() if text}
        output = float(formation.output[node])
        made.add_node(f"n{node}", **known, **({} if np.isnan(output) else {"output": output}))
    made.add_weighted_edges_from(
        (f"n{src}", f"n{dst}", float(weight))
        for src, dst, weight in zip(formation.src, formation.dst, formation.weight, strict=True)
    )
    return made


def export_graph(graph: SupplyGraph, cluster_id: str, year: int, path: str | Path) -> None:
    """Write one cluster-year as GEXF or GraphML, by the ending of `path`; the same data make the same bytes.

    Parameters
    ----------
    graph : SupplyGraph
        What to take it from.
    cluster_id, year : str, int
        Which formation.
    path : str or Path
        A file that ends in ``.gexf`` or ``.graphml``.

    Raises
    ------
    ParameterError
        `path` has another ending.
    UnknownNameError
        There is no such formation.
    OutputError
        The file cannot be written.
    """
    import networkx as nx

    target = Path(path)
    kind = target.suffix.lower()
    if kind not in SUFFIXES:
        raise parameter_error("path", "export_graph", "a file that ends in .gexf or .graphml", str(path))
    made = cluster_graph(graph, cluster_id, year)
    lines = nx.generate_gexf(made) if kind == ".gexf" else nx.generate_graphml(made)
    text = "\n".join(lines) + "\n"
    # networkx puts the day of writing into GEXF; the same data must make the same bytes.
    text = re.sub(r' lastmodifieddate="[^"]*"', "", text, count=1)
    try:
        target.write_text('<?xml version="1.0" encoding="UTF-8"?>\n' + text, "utf-8", newline="\n")
    except OSError as error:
        raise OutputError(f"The graph cannot be written to {target}: {error.strerror or error}.") from error
