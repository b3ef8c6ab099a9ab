"""Spreadsheets in the XML form of Excel 2003, as accounting programs still export them."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any, Final
from xml.etree import ElementTree

from clustercoop.graph.errors import DataError
from clustercoop.graph.texts import refusal
from clustercoop.loaders.formats import described
from clustercoop.loaders.sheets import MAX_CELLS, RawSheet, reading
from clustercoop.loaders.workbook import Odd, book_sheet

SPREADSHEET: Final = b"urn:schemas-microsoft-com:office:spreadsheet"
_SS: Final = "{urn:schemas-microsoft-com:office:spreadsheet}"
_NAMED: Final = {"Percent": "0.00%"}


def read_spreadsheet_xml(data: bytes, name: str, facts: dict[str, Any]) -> list[RawSheet]:
    """Read every sheet of a spreadsheet in XML that holds a cell.

    Raises
    ------
    DataError
        It is damaged, declares entities, spans more cells than memory holds, or has no row of data.
    """
    if b"<!ENTITY" in data or b"<!DOCTYPE" in data:
        raise refusal(DataError, "xml_entities", name=name)
    sheets = []
    with reading(name):
        root = ElementTree.fromstring(data)
        styles = _formats(root)
        for sheet in root.iterfind(f"{_SS}Worksheet"):
            rows, odd, merged = _cells(sheet, styles, name)
            read = book_sheet(name, sheet.get(f"{_SS}Name", ""), rows, odd, merged, facts | {"reader": "xml"})
            if read.records:
                sheets.append(read)
    if not any(len(sheet.records) > 1 for sheet in sheets):
        raise refusal(DataError, "xml_without_rows", name=name)
    return sheets


def _formats(root: ElementTree.Element) -> dict[str, str]:
    """Return style of a cell → its number format, for the formats that tell something."""
    patterns = {}
    for style in root.iterfind(f"{_SS}Styles/{_SS}Style"):
        node = style.find(f"{_SS}NumberFormat")
        pattern = node.get(f"{_SS}Format", "") if node is not None else ""
        patterns[style.get(f"{_SS}ID", "")] = _NAMED.get(pattern, pattern)
    told = described(patterns.values())
    return {style: pattern for style, pattern in patterns.items() if pattern in told}


Range = tuple[int, int, int, int]


def _cells(
    sheet: ElementTree.Element, styles: dict[str, str], name: str
) -> tuple[list[list[Any]], list[Odd], list[Range]]:
    """Return the cells of a sheet by row, those that show something else than they hold, merged ranges."""
    rows: list[list[Any]] = []
    odd: list[Odd] = []
    merged: list[Range] = []
    for at, row in _numbered(sheet.iterfind(f"{_SS}Table/{_SS}Row")):
        if at * 16 > MAX_CELLS:
            raise refusal(DataError, "sheet_rows", name=name, rows=at)
        rows += [[] for _ in range(at + 1 - len(rows))]
        cells = rows[at]
        for column, cell in _numbered(row.iterfind(f"{_SS}Cell")):
            if column > 16_384:
                raise refusal(DataError, "sheet_columns", name=name, columns=column)
            cells += [None] * (column + 1 - len(cells))
            held = cell.find(f"{_SS}Data")
            kind = held.get(f"{_SS}Type", "String") if held is not None else ""
            text = "".join(held.itertext()) if held is not None else ""
            cells[column] = _value(kind, text)
            pattern = styles.get(cell.get(f"{_SS}StyleID", row.get(f"{_SS}StyleID", "")), "")
            if kind == "Error" or (pattern and kind == "Number"):
                odd.append((at, column, text if kind == "Error" else "", pattern))
            across, down = (int(cell.get(f"{_SS}Merge{way}", "0")) for way in ("Across", "Down"))
            if across or down:
                merged.append((at, column, at + down, column + across))
    return rows, odd, merged


def _numbered(nodes: Iterator[ElementTree.Element]) -> Iterator[tuple[int, ElementTree.Element]]:
    """Yield rows or cells with their place from 0; an index of their own and merging skip places."""
    at = 0
    for node in nodes:
        at = int(node.get(f"{_SS}Index", at + 1)) - 1
        yield at, node
        at += 1 + int(node.get(f"{_SS}MergeAcross", node.get(f"{_SS}Span", "0")))


def _value(kind: str, text: str) -> Any:
    if kind == "Number":
        return float(text)
    if kind == "DateTime":
        return datetime.datetime.fromisoformat(text)
    return text == "1" if kind == "Boolean" else text or None
