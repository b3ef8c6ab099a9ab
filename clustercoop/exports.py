"""Files for other programs: the cookbook for Neo4j Browser and NeoDash, data for ``neo4j-admin``."""

from __future__ import annotations

import csv
import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from clustercoop.cookbook import NamedQuery, list_queries, phrase
from clustercoop.graph.errors import OutputError
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.rows import to_rows
from clustercoop.graph.stores import derived, records
from clustercoop.graph.stores.neo4j_link import LANGUAGE
from clustercoop.graph.stores.neo4j_write import UNIQUE
from clustercoop.graph.stores.protocol import SCHEMA_VERSION
from clustercoop.graph.texts import BASE, refusal, text
from clustercoop.outputs import refuse_foreign, written_aside

_DASHBOARD: Final = {
    "cluster": ("neodash_cluster_id", "Cluster", "id", "name"),
    "year": ("neodash_formation_year", "Formation", "year", "year"),
}
"""Parameter → (name that NeoDash gives it, label and property that it is chosen from, property shown)."""
_IMPORTED: Final = (".csv", ".cypher", ".sh")
_CHOOSE: Final = {"cluster": "browser.cluster", "year": "browser.year"}


def _literal(value: object) -> str:
    return "null" if value is None else json.dumps(value, ensure_ascii=False)


def favourite(query: NamedQuery, examples: Mapping[str, Any], lang: str = BASE) -> str:
    """Return a named query as a saved statement of Neo4j Browser: title, parameters, statement.

    Examples
    --------
    >>> print(favourite(list_queries()["verdicts"], {}).splitlines()[0])
    // verdicts: What the analysis says of each cluster: cluster-like, ecosystem-like, or undecided
    """
    lines = [f"// {query.name}: {phrase(query.purpose, lang)}"]
    values = {p.name: examples.get(p.name, p.default) for p in query.parameters}
    if values:
        pairs = ", ".join(f"{name}: {_literal(value)}" for name, value in values.items())
        lines.append(f":params {{{pairs}}}")
    return "\n".join([*lines, LANGUAGE.strip(), f"{query.cypher};"]) + "\n"


def dashboard(examples: Mapping[str, Any], lang: str = BASE) -> dict[str, Any]:
    """Return the cookbook as a NeoDash dashboard: choices of cluster and year, a table for each query."""
    reports: list[dict[str, Any]] = []
    for at, (name, (variable, label, key, display)) in enumerate(_DASHBOARD.items()):
        settings = {"type": "Node Property", "entityType": label, "propertyType": key}
        # What is typed comes as $input; the columns must be called so (NeoDash 2.2.2 and later).
        ask = (
            f"MATCH (n:{label}) WHERE toLower(toString(n.{display})) CONTAINS toLower($input) "
            f"RETURN DISTINCT n.{key} AS value, n.{display} AS display ORDER BY display, value LIMIT 100"
        )
        chooser = {**settings, "propertyTypeDisplay": display, "parameterName": variable}
        title = text(_CHOOSE[name], lang)
        reports.append(_report(f"choose-{name}", title, ask, "select", 6 * at, 0, chooser))
    shown = [q for q in list_queries().values() if not {"supplier", "buyer"} & {p.name for p in q.parameters}]
    for at, query in enumerate(shown):
        asked = query.cypher
        for p in sorted(query.parameters, key=lambda p: -len(p.name)):
            value = f"${_DASHBOARD[p.name][0]}" if p.name in _DASHBOARD else _literal(p.default)
            asked = asked.replace(f"${p.name}", value)
        title = phrase(query.purpose, lang)
        reports.append(_report(query.name, title, asked, "table", 12 * (at % 2), 4 + 4 * (at // 2), {}))
    chosen = {_DASHBOARD[name][0]: examples.get(name) for name in _DASHBOARD}
    return {
        "title": "clustercoop",
        "version": "2.4",
        "settings": {"pagenumber": 0, "editable": True, "fullscreenEnabled": False, "parameters": chosen},
        "pages": [{"title": text("browser.page", lang), "reports": reports}],
        "parameters": {},
        "extensions": {},
    }


def _report(
    name: str, title: str, query: str, kind: str, x: int, y: int, settings: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "id": name,
        "title": title,
        "query": LANGUAGE + query,
        "width": 6 if kind == "select" else 12,
        "height": 4,
        "x": x,
        "y": y,
        "type": kind,
        "selection": {},
        "settings": dict(settings),
    }


def export_browser(out: Path, examples: Mapping[str, Any] | None = None, lang: str = BASE) -> list[Path]:
    """Write the cookbook for Neo4j Browser (``favourites/*.cypher``) and NeoDash (``neodash.json``).

    Parameters
    ----------
    out : Path
        A folder, made where it is absent.
    examples : mapping, optional
        Values of ``cluster``, ``year``, ``supplier``, ``buyer`` that a user's store holds.
    lang : str
        Language of titles.
    """
    given = dict(examples or {})
    folder = out / "favourites"
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for query in list_queries().values():
        path = folder / f"{query.name}.cypher"
        path.write_text(favourite(query, given, lang), "utf-8", newline="\n")
        written.append(path)
    path = out / "neodash.json"
    path.write_text(
        json.dumps(dashboard(given, lang), ensure_ascii=False, indent=1) + "\n", "utf-8", newline="\n"
    )
    return [*written, path]


def _kind(column: pd.Series[Any]) -> str:
    known = column.dropna()
    if len(known) and all(isinstance(value, bool) for value in known):
        return ":boolean"
    whole = pd.api.types.is_integer_dtype(known) or all(isinstance(value, int) for value in known)
    if len(known) and whole:
        return ":long"
    return ":double" if pd.api.types.is_numeric_dtype(known) else ""


def _told(frame: pd.DataFrame, key: str, names: tuple[str, ...]) -> list[str]:
    """Return the key and those columns of `names` that say anything."""
    return [key, *(name for name in names if name in frame and bool(frame[name].notna().any()))]


def _write(path: Path, header: list[str], frame: pd.DataFrame, columns: list[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for row in to_rows(frame, columns):
            writer.writerow("true" if v is True else "false" if v is False else v for v in row)


def _has_line_breaks(path: Path) -> bool:
    """Tell whether a text in a written file goes over several lines; an import must be told so."""
    with path.open(encoding="utf-8", newline="") as file:
        return any(line.count('"') % 2 or "\r" in line for line in file)


def export_neo4j_admin(graph: SupplyGraph, out: Path) -> list[Path]:
    """Write `graph` as the files of ``neo4j-admin database import`` with the command to run.

    For millions of links that is many times as fast as a load. Afterwards ``constraints.cypher`` is run once.
    A text that is empty comes back as unknown.

    Parameters
    ----------
    graph : SupplyGraph
    out : Path
        A new or empty folder.
    """
    made = records.to_records(graph) | derived.derived_records(graph)
    meta = pd.DataFrame(
        {
            "id": ["store"],
            "schema_version": [SCHEMA_VERSION],
            "currency": [graph.currency],
            "provenance": [json.dumps(dict(graph.provenance), default=str, sort_keys=True)],
            "tick": [1],
            "years": [";".join(map(str, graph.years))],
        }
    )
    refuse_foreign(out, "import.sh")
    if out.is_dir() and any(path.suffix not in _IMPORTED for path in out.iterdir()):
        raise refusal(OutputError, "out_foreign", target=out)
    with written_aside(out) as aside:
        aside.mkdir()
        arguments = []
        header = ["id:ID(ClusterCoop)", "schema_version:long", "currency", "provenance"]
        header += ["tick:long", "years:long[]"]
        _write(aside / "ClusterCoop.csv", header, meta, list(meta.columns))
        arguments.append("--nodes=ClusterCoop=./ClusterCoop.csv")
        for name, node in (records.NODES | derived.NODES).items():
            frame = made[name]
            columns = _told(frame, node.key, node.properties)
            header = [f"{c}:ID({node.label})" if c == node.key else f"{c}{_kind(frame[c])}" for c in columns]
            _write(aside / f"{node.label}.csv", header, frame, columns)
            arguments.append(f"--nodes={node.label}=./{node.label}.csv")
            if node.parent is not None:
                kind, label, column, inward = node.parent
                ends = [column, node.key] if inward else [node.key, column]
                labels = [label, node.label] if inward else [node.label, label]
                start, end = f":START_ID({labels[0]})", f":END_ID({labels[1]})"
                _write(aside / f"{kind}.csv", [start, end], frame, ends)
                arguments.append(f"--relationships={kind}=./{kind}.csv")
        for name, link in (records.LINKS | derived.LINKS).items():
            frame = made[name]
            columns = _told(frame, "key", link.properties)
            header = [f":START_ID({link.start[0]})", f":END_ID({link.end[0]})"]
            header += [f"{c}{_kind(frame[c])}" for c in columns]
            _write(aside / f"{link.type}.csv", header, frame, [link.start[1], link.end[1], *columns])
            arguments.append(f"--relationships={link.type}=./{link.type}.csv")
        statements = [
            f"{LANGUAGE}CREATE CONSTRAINT IF NOT EXISTS FOR {pattern.format(name)} REQUIRE x.{key} IS UNIQUE;"
            for pattern, name, key in UNIQUE
        ]
        (aside / "constraints.cypher").write_text("\n".join(statements) + "\n", "utf-8")
        # The database goes first: behind a list of files it would be taken for one more of them.
        command = 'neo4j-admin database import full "${NEO4J_DATABASE:-neo4j}" --overwrite-destination '
        if any(map(_has_line_breaks, aside.glob("*.csv"))):
            command += "--multiline-fields=true "
        command += " ".join(map(shlex.quote, arguments))
        lines = [
            "#!/bin/sh",
            "# Run in this folder with the server stopped; then start it and run constraints.cypher.",
            command,
        ]
        (aside / "import.sh").write_text("\n".join(lines) + "\n", "utf-8")
    return sorted(out.iterdir())
