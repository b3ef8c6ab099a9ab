"""Graph files of other programs as tables: GraphML, GEXF (dynamic too), Pajek, UCINET DL."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from clustercoop.graph.errors import DataError
from clustercoop.graph.schema import TableSpec, tables
from clustercoop.graph.texts import refusal
from clustercoop.loaders.matching import candidates, meaning
from clustercoop.loaders.sheets import RawSheet, objects, read_bytes

if TYPE_CHECKING:
    import networkx as nx

GRAPH_SUFFIXES: Final = (".graphml", ".gexf", ".net", ".paj", ".dl")
_YEAR: Final = re.compile(r"((?:19|20)\d\d)(?:\.0+)?(?:-\d\d-\d\d.*)?")
_GRAPH_TAG: Final = re.compile(rb"<graph\b[^>]*>")
_TIME_FORMAT: Final = re.compile(rb'\s(?:timeformat|timetype)="[^"]*"')
_SECTION: Final = re.compile(r"\b(?:row labels|column labels|labels|data)\s*:", re.IGNORECASE)


def is_ours(path: Path) -> bool:
    """Tell whether a file was written by this program, so that nothing of it is lost in reading."""
    if path.suffix.lower() not in (".graphml", ".gexf") or not path.is_file():
        return False
    with path.open("rb") as file:
        return b'"clustercoop"' in file.read(100_000)


def graph_sheets(path: Path, name: str) -> tuple[RawSheet, RawSheet | None]:
    """Return the edges of a graph file as a table of links, and its nodes as one of participants.

    The second is None where no node says its cluster. Attributes are columns under their own names.

    Raises
    ------
    DataError
        The file is damaged, its graph undirected, or two nodes have the same id.
    """
    graph = _read(path, name)
    if not graph.is_directed():
        raise refusal(DataError, "graph_undirected", name=name)
    if len({str(node) for node in graph.nodes}) < len(graph):
        raise refusal(DataError, "graph_nodes", name=name)
    edges, remarks = _edges(graph, path.suffix.lower())
    if not edges:
        raise refusal(DataError, "graph_empty", name=name)
    facts = {"format": path.suffix.lower()[1:]}
    links = RawSheet(name, "edges", frame=_frame(edges), facts=facts, remarks=remarks)
    defaults = graph.graph.get("node_default", {})
    nodes = [
        {"participant_id": str(node)} | _named({**defaults, **data}) for node, data in graph.nodes(data=True)
    ]
    nodes = [node for node in nodes if len(node) > 1]
    spec = tables()["participants"]
    found = {key for node in nodes for key in node}
    if not any(meaning(key, spec) == "cluster_id" for key in found):
        return links, None
    return links, RawSheet(name, "nodes", frame=_frame(nodes), facts=facts)


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as columns of objects; an attribute that a row lacks is empty."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    out = {}
    for at, column in enumerate(columns):
        cells = objects([row.get(column) for row in rows])
        out[at] = pd.Series(cells, dtype=object)
    frame = pd.DataFrame(out, index=range(len(rows)))
    frame.columns = pd.Index([str(column) for column in columns], dtype=object)
    return frame


def _named(data: dict[str, Any]) -> dict[str, Any]:
    """Return what the attributes of a node say of a participant; its label is its name."""
    kept = {key: value for key, value in data.items() if isinstance(value, str | int | float)}
    spec = tables()["participants"]
    label = kept.pop("label", None)
    if label is not None and not any(meaning(key, spec) == "name" for key in kept):
        kept["name"] = label
    known = {
        key: value for key, value in kept.items() if meaning(str(key), spec) not in ("", "participant_id")
    }
    return known


def _edges(
    graph: nx.Graph[Any], suffix: str
) -> tuple[list[dict[str, Any]], tuple[tuple[str, str, int | None], ...]]:
    """Return one row an edge, or one for each time its weight has a value of its own; and what to tell."""
    spec = tables()["links"]
    rows: list[dict[str, Any]] = []
    bare = 0
    for supplier, buyer, data in graph.edges(data=True):
        attributes = {**graph.graph.get("edge_default", {}), **data}
        for held in _spells(attributes):
            held = {key: value for key, value in held.items() if _means_something(key, value, spec)}
            if not any(meaning(str(key), spec) == "value" for key in held):
                held["weight"] = 1.0
                bare += 1
            rows.append({"supplier_id": str(supplier), "buyer_id": str(buyer), **held})
    values = {key for row in rows for key in row if meaning(str(key), spec) == "value"}
    if len(values) > 1:  # a value of the data's own beside the weight that a program draws with
        strong = sorted(values - {"weight"})[0]
        for row in rows:
            weight = row.pop("weight", None)
            if row.get(strong) is None:
                row[strong] = weight
    return rows, ((("weight_absent", str(bare), None),) if bare else ())


def _means_something(key: object, value: object, spec: TableSpec) -> bool:
    return isinstance(value, str | int | float) and bool(candidates(str(key), spec))


def _spells(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the attributes of an edge at each of its times; a year of its own where they tell one."""
    timed = {key: value for key, value in data.items() if isinstance(value, list)}
    plain = {key: value for key, value in data.items() if key not in timed and key not in ("start", "end")}
    weights = timed.get("weight") or timed.get("value")
    if weights:
        for weight, start, end in weights:
            yield plain | {"weight": weight} | _year(start, end, 1)
        return
    spells = timed.get("spells") or [(data.get("start"), data.get("end"))]
    for start, end in spells:
        yield plain if "year" in plain else plain | _year(start, end, 0)


def _year(start: Any, end: Any, beyond: int) -> dict[str, Any]:
    """Return the year of an interval that lies in one, or ends `beyond` years later; {} for none.

    Raises
    ------
    DataError
        It spans several: its value cannot be divided between them.
    """
    years = [int(match[1]) for said in (start, end) if (match := _YEAR.fullmatch(str(said or "").strip()))]
    if not years:
        return {}
    new_year = str(end or "").endswith("-01-01")
    if years[-1] - years[0] > max(beyond, new_year):
        raise refusal(DataError, "graph_edge_years", first=years[0], last=years[-1])
    return {"year": years[0]}


def _read(path: Path, name: str) -> nx.Graph[Any]:
    import networkx as nx

    data = read_bytes(path, name)
    suffix = path.suffix.lower()
    try:
        if suffix == ".dl":
            return _read_dl(data.decode("utf-8-sig"), name)
        if suffix in (".net", ".paj"):
            return nx.parse_pajek(_pajek_lines(data))
        return nx.read_graphml(str(path)) if suffix == ".graphml" else nx.read_gexf(_timed(data))
    except DataError:
        raise
    except Exception as error:  # the readers raise a dozen types, none of them ours
        raise refusal(DataError, "graph_unreadable", name=name, kind=suffix[1:]) from error


def _timed(data: bytes) -> io.BytesIO:
    """Return GEXF whose times are read as they are written, years or dates, whatever format it declares."""
    found = _GRAPH_TAG.search(data)
    if found:
        tag = _TIME_FORMAT.sub(b"", found[0])
        data = data.replace(found[0], tag[:6] + b' timeformat="date"' + tag[6:], 1)
    return io.BytesIO(data)


def _pajek_lines(data: bytes) -> list[str]:
    try:
        return data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return data.decode("cp1251").splitlines()


def _read_dl(text: str, name: str) -> nx.MultiDiGraph[Any]:
    """Read UCINET's data language: full matrices, edge lists and node lists, with labels.

    Raises
    ------
    DataError
        Another format, or too few numbers or labels.
    """
    import networkx as nx

    head, *rest = [part or "" for part in _SECTION.split(text)]
    titles = [match.rstrip(": \t").lower() for match in _SECTION.findall(text)]
    parts: dict[str, str] = dict(zip(titles, rest, strict=True))
    if not head.strip().lower().startswith("dl") or "data" not in parts:
        raise refusal(DataError, "graph_dl", name=name)
    form = re.search(r"format\s*=\s*(\w+)", head, re.IGNORECASE)
    kind = form[1].lower() if form else "fullmatrix"
    count = re.search(r"\bn\s*=\s*(\d+)", head, re.IGNORECASE)
    said = parts.get("labels") or parts.get("row labels") or ""
    labels = [text.strip("\"' ") for text in re.split(r"[,\n]", said) if text.strip()]
    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
    if kind == "fullmatrix":
        numbers = [float(cell.replace(",", ".")) for cell in parts["data"].split()]
        size = int(count[1]) if count else round(len(numbers) ** 0.5)
        ids = labels or [str(i + 1) for i in range(size)]
        if len(numbers) != size * size or len(ids) != size:
            raise refusal(
                DataError, "graph_dl_size", name=name, numbers=len(numbers), labels=len(ids), actors=size
            )
        graph.add_nodes_from(ids)
        pairs = ((i, j, numbers[i * size + j]) for i in range(size) for j in range(size))
        graph.add_edges_from((ids[i], ids[j], {"weight": value}) for i, j, value in pairs if value)
        return graph
    if kind not in ("edgelist1", "nodelist1"):
        raise refusal(DataError, "graph_dl_format", name=name, kind=kind)
    embedded = "embedded" in text.lower()
    for line in filter(str.strip, parts["data"].splitlines()):
        cells = [cell.strip("\"'") for cell in line.split()]
        ends = cells[:2] if kind == "edgelist1" else cells
        named = [labels[int(end) - 1] if labels and not embedded else end for end in ends]
        if kind == "nodelist1":
            graph.add_edges_from((named[0], other, {"weight": 1.0}) for other in named[1:])
        else:
            weight = float(cells[2].replace(",", ".")) if len(cells) > 2 else 1.0
            graph.add_edge(named[0], named[1], weight=weight)
    return graph
