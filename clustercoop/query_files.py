"""Answers of queries as files: tables, workbooks, networks, pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pandas as pd

from clustercoop.graph.errors import ParameterError
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.rows import to_rows
from clustercoop.graph.schema import ENDS, FIRST_YEAR, LAST_YEAR
from clustercoop.graph.texts import refusal
from clustercoop.outputs import written_aside
from clustercoop.query_rows import Format, format_rows

SUFFIXES: Final[dict[str, Format]] = {".csv": "csv", ".json": "json", ".parquet": "parquet", ".txt": "table"}
NETWORKS: Final = (".graphml", ".gexf", ".html")
PAIRS: Final = (
    ENDS,
    ("supplier_cluster", "buyer_cluster"),
    ("partner_id", "participant_id"),
    ("supplier_id", "participant_id"),
    ("first_id", "second_id"),
)
"""Columns that name the two ends of a link in a row."""
_ENDS: Final = {
    **{"SUPPLIES": (1, 2), "INSIDE": (2, 3), "TRADES": (1, 2)},
    **{"MEMBER_OF": (0, 1), "MEMBERSHIP": (0, 1)},
}
"""Where the ends of a link stand in its key."""
RESULT: Final = "query"


def split_key(key: str) -> list[str]:
    r"""Return the parts of a key that `clustercoop.graph.stores.records.join_key` made.

    Examples
    --------
    >>> split_key("2020|a\\|b|\\e|")
    ['2020', 'a|b', '', '']
    """
    parts, part, at = [], "", 0
    while at < len(key):
        if key[at] == "\\" and at + 1 < len(key):
            part += "" if key[at + 1] == "e" else key[at + 1]
            at += 2
        elif key[at] == "|":
            parts.append(part)
            part, at = "", at + 1
        else:
            part, at = part + key[at], at + 1
    return [*parts, part]


def _things(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the nodes and links in a cell."""
    if isinstance(value, dict):
        if value.keys() == {"labels", "properties"} or value.keys() == {"type", "properties"}:
            yield value
            return
        for item in value.values():
            yield from _things(item)
    elif isinstance(value, list):
        for item in value:
            yield from _things(item)


def result_graph(rows: pd.DataFrame, year: int | None = None) -> SupplyGraph:
    """Return the nodes and links of an answer as a graph with one cluster, `RESULT`.

    Nodes and relationships (alone, in lists, in paths) are taken; else rows whose columns name two ends, such
    as ``supplier_id`` and ``buyer_id``, and lists of ids along a chain. A link without a value counts 1.

    Parameters
    ----------
    rows : DataFrame
    year : int, optional
        Of links that have none; by default the first year that the answer names.

    Raises
    ------
    ParameterError
        The answer has no links.

    Examples
    --------
    >>> rows = pd.DataFrame({"supplier_id": ["1"], "buyer_id": ["2"], "value": [5.0], "year": [2020]})
    >>> result_graph(rows).links["value"].tolist()
    [5.0]
    """
    columns = [str(name) for name in rows.columns]
    table = [dict(zip(columns, row, strict=True)) for row in to_rows(rows, columns)]
    people: dict[str, dict[str, Any]] = {}
    links: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in table:
        for thing in _things(list(row.values())):
            properties = thing["properties"]
            if "labels" in thing and "id" in properties:
                people[str(properties["id"])] = properties
            elif thing.get("type") in _ENDS and "key" in properties:
                parts = split_key(str(properties["key"]))
                ends = [parts[at] for at in _ENDS[thing["type"]]]
                links[thing["type"], properties["key"]] = {**properties, "ends": ends}
    if not links:
        for at, row in enumerate(table):
            links |= {(at, *ends): {**row, "ends": list(ends)} for ends in _ends_of(row)}
    if not links:
        raise refusal(ParameterError, "answer_no_network")
    known = [int(link["year"]) for link in links.values() if isinstance(link.get("year"), int)]
    default = year if year is not None else min(known, default=FIRST_YEAR)
    made = []
    for link in links.values():
        worth = link.get("value", link.get("weakest"))
        when = link.get("year")
        fits = isinstance(when, int) and FIRST_YEAR <= when <= LAST_YEAR
        made.append(
            {
                "year": when if fits else default,
                "supplier_id": link["ends"][0],
                "buyer_id": link["ends"][1],
                "value": float(worth) if isinstance(worth, int | float) and worth >= 0 else 1.0,
                "product_code": link.get("product"),
                "kind": link.get("kind"),
            }
        )
    ids = sorted({end for link in made for end in (link["supplier_id"], link["buyer_id"])} | set(people))
    looks = [{name: people.get(who, {}).get(name) for name in ("name", "role")} for who in ids]
    members = pd.DataFrame(looks).assign(participant_id=ids, cluster_id=RESULT)
    return SupplyGraph.from_tables({"participants": members, "links": pd.DataFrame(made)})


def _ends_of(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for first, second in PAIRS:
        if isinstance(row.get(first), str) and isinstance(row.get(second), str):
            yield row[first], row[second]
            return
    chain = row.get("participants")
    if isinstance(chain, list) and all(isinstance(who, str) for who in chain):
        yield from zip(chain, chain[1:], strict=False)


def write_rows(rows: pd.DataFrame, path: Path, year: int | None = None, suffix: str = "") -> None:
    """Write an answer to `path`; its ending, or `suffix` in its place, says how.

    Raises
    ------
    ParameterError
        The ending is none that is known, or a network is wanted of an answer without links.
    OutputError
        `path` cannot be written.
    """
    suffix = suffix or path.suffix.lower()
    if suffix in (".graphml", ".gexf"):
        from clustercoop.graph.stores.interchange import write_graph_file

        write_graph_file(result_graph(rows, year), path)
    elif suffix == ".html":
        from clustercoop.pages import view

        view(result_graph(rows, year), RESULT, path)
    elif suffix == ".xlsx":
        with written_aside(path) as aside:
            _write_workbook(rows, aside)
    elif suffix in SUFFIXES:
        text = format_rows(rows, SUFFIXES[suffix])
        with written_aside(path) as aside:
            aside.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    else:
        known = ", ".join((*SUFFIXES, ".xlsx", *NETWORKS))
        raise refusal(ParameterError, "answer_suffix", name=path.name, known=known)


def save_rows(rows: pd.DataFrame, path: Path, form: str, year: int | None = None) -> None:
    """Write an answer in the format `form`, whatever `path` ends in; a table as its ending says.

    Raises
    ------
    ParameterError, OutputError
        As `write_rows`.
    """
    if form == "table":
        form = "" if path.suffix.lower() in (*SUFFIXES, ".xlsx", *NETWORKS) else "txt"
    write_rows(rows, path, year, f".{form}" if form else "")


def _write_workbook(rows: pd.DataFrame, path: Path) -> None:
    import json

    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), {**options, "nan_inf_to_errors": True}) as book:
        sheet = book.add_worksheet("rows")
        bold = book.add_format({"bold": True})
        names = [str(name) for name in rows.columns]
        sheet.write_row(0, 0, names, bold)
        sheet.freeze_panes(1, 0)
        for at, row in enumerate(to_rows(rows, names), 1):
            for column, value in enumerate(row):
                if isinstance(value, list | dict):
                    value = json.dumps(value, ensure_ascii=False)
                if value is not None:
                    sheet.write(at, column, value)
