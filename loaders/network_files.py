"""Graph files, ours or of other programs, as supply graphs."""

from __future__ import annotations

import os
from pathlib import Path

from clustercoop.graph.errors import DataError
from clustercoop.graph.findings import Finding
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from clustercoop.graph.stores.interchange import read_graph_file as read_own
from clustercoop.graph.texts import refusal
from clustercoop.loaders.dataset import build
from clustercoop.loaders.graph_files import GRAPH_SUFFIXES, is_ours
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.sources import find_sources


def read_graph_file(path: str | os.PathLike[str], *, year: int | None = None) -> SupplyGraph:
    """Read a graph file: GraphML or GEXF (dynamic too), Pajek (.net), UCINET (.dl).

    Edges run from supplier to buyer; their value is the attribute ``value`` or ``weight`` (1 without one),
    their year an attribute, the interval of a dynamic graph, the name of the file or `year`. Attributes are
    matched like headers of tables and may be text (``1 234,5``). A node's cluster makes it a member, its
    label is its name.

    Parameters
    ----------
    path : path
    year : int, optional
        Year of edges without one.

    Raises
    ------
    DataError
        The file is absent, damaged or of another kind, or an edge is no supply link.
    SchemaError
        No year is said anywhere.
    """
    source = Path(path)
    if source.suffix.lower() not in GRAPH_SUFFIXES:
        raise refusal(DataError, "graph_suffix", name=source.name, suffixes=", ".join(GRAPH_SUFFIXES))
    if not source.is_file():
        raise refusal(DataError, "no_file", name=source)
    if is_ours(source):
        return read_own(source)
    notes = Notes()
    settings = Settings(year=year) if year is not None else Settings()
    data = build(find_sources(source, notes), settings, notes, None, lone=True)
    if len(data.rejected):
        first = data.rejected.iloc[0]
        why = Finding(str(first["code"]), value=str(first["value"]), detail=str(first["detail"])).message(
            "en"
        )
        raise refusal(DataError, "graph_rows", rows=len(data.rejected), name=source.name, reason=why)
    return data.graph
