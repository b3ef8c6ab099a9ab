"""Excel workbooks, new and old: values as they are shown where that matters (ids, errors)."""

from __future__ import annotations

import io
import os
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from xml.etree import ElementTree

from clustercoop.graph.errors import DataError
from clustercoop.graph.texts import refusal
from clustercoop.loaders.formats import Shown, described
from clustercoop.loaders.sheets import MAX_CELLS, RawSheet, reading

MAX_UNPACKED: Final = 2_000_000_000

_ERROR_CELL: Final = re.compile(rb'<c [^>]*t="e"')
_UNCACHED: Final = re.compile(
    rb'<c (?![^>]*t="str")[^>]*><f[^>]*(?:/>|>[^<]*</f>)(?:<v ?/>|<v></v>)?</c>'
    rb"|<c [^>]*><f[^>]*(?:/>|>[^<]*</f>)</c>"
)
_ROW: Final = re.compile(rb"<(?:\w{1,9}:)?row\b[^<>]*>")
_HIDDEN: Final = re.compile(rb'\shidden="(?:1|true)"')
_FILLED: Final = re.compile(rb"<(?:\w{1,9}:)?(?:v|is)>")
_REFERENCE: Final = re.compile(rb'<c [^>]*?r="([A-Z]{1,9})(\d{1,18})"')
_CELL: Final = re.compile(rb"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_STYLE: Final = re.compile(rb'\bs="(\d{1,6})"')
_PLACE: Final = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')
_VALUE: Final = re.compile(rb"<(?:\w+:)?v>([^<]*)<")
# Formats that Excel does not write out, because every workbook has them.
_BUILT_IN: Final = {9: "0%", 10: "0.00%"}
_BIFF_ERRORS: Final = {
    0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"
}  # fmt: skip


def read_workbook(data: bytes, name: str, facts: dict[str, Any]) -> list[RawSheet]:
    """Read every sheet of a workbook that holds a cell.

    The reader of values tells neither error cells from empty ones nor number formats, so these are read
    beside it where a workbook has any: ids keep their zeros, and amounts are read as they are shown.

    Raises
    ------
    DataError
        The file is no workbook, is damaged, protected by a password, or unpacks to more than memory should
        hold.
    """
    if data[:2] == b"PK":
        overlays, uncached, hidden = _inspect(data, name)
        sheets = tell_hidden(_with_calamine(data, name, facts, overlays), hidden)
        if name.lower().endswith(".xlsb"):
            return [_remark(sheet, ("xls_limits", "", None)) for sheet in sheets]
        if uncached:
            sheets = [_remark(sheet, ("formula_uncached", str(uncached), None)) for sheet in sheets]
        return sheets
    if data[:4] == b"\xd0\xcf\x11\xe0":
        old = _inspect_old(data)
        sheets = _with_calamine(data, name, facts, old[0] if old else {})
        return tell_hidden(sheets, old[1]) if old else [_remark(s, ("xls_limits", "", None)) for s in sheets]
    if b"<html" in data[:2000].lower() or b"<table" in data[:2000].lower():
        raise refusal(DataError, "web_page", name=name)
    raise refusal(DataError, "no_book", name=name)


def _remark(sheet: RawSheet, remark: tuple[str, str, int | None]) -> RawSheet:
    return replace(sheet, remarks=(*sheet.remarks, remark))


def tell_hidden(sheets: Sequence[RawSheet], rows: Mapping[str, int]) -> list[RawSheet]:
    """Return sheets with a remark on how many filled rows of theirs are hidden."""
    return [_remark(s, ("rows_hidden", str(rows[s.sheet]), None)) if rows.get(s.sheet) else s for s in sheets]


# A cell that the reader of values does not tell in full: row and column from 0, its error, its format.
Odd = tuple[int, int, str, str]


def _inspect(data: bytes, name: str) -> tuple[dict[str, list[Odd]], int, dict[str, int]]:
    """Return odd cells by sheet, how many formulas have no stored value, and filled hidden rows by sheet."""
    overlays: dict[str, list[Odd]] = {}
    hidden: dict[str, int] = {}
    uncached = 0
    with reading(name), zipfile.ZipFile(io.BytesIO(data)) as package:
        members = package.infolist()
        if sum(member.file_size for member in members) > MAX_UNPACKED:
            raise refusal(DataError, "unpacks_2", name=name)
        held = {member.filename for member in members}
        formats = _formats(package.read("xl/styles.xml")) if "xl/styles.xml" in held else {}
        titles = _titles(package) if "xl/workbook.xml" in held else {}
        for member in members:
            if not (member.filename.startswith("xl/worksheets/") and member.filename.endswith(".xml")):
                continue
            xml = package.read(member)
            _refuse_huge(xml, name)
            uncached += len(_UNCACHED.findall(xml)) if b"<f" in xml else 0
            if b" hidden=" in xml and (rows := _hidden_rows(xml)):
                hidden[titles.get(member.filename, "")] = rows
            if formats or _ERROR_CELL.search(xml):
                overlays[titles.get(member.filename, "")] = _odd_cells(xml, formats)
    return overlays, uncached, hidden


def _hidden_rows(xml: bytes) -> int:
    """Count the rows that hold a value and are hidden, by a filter or by hand."""
    rows = [*_ROW.finditer(xml)]
    ends = [*(row.start() for row in rows), len(xml)][1:]
    return sum(
        bool(_HIDDEN.search(row[0]) and _FILLED.search(xml, row.end(), end))
        for row, end in zip(rows, ends, strict=True)
    )


def _formats(xml: bytes) -> dict[int, str]:
    """Return style of a cell → its number format, for the formats that tell something."""
    root = ElementTree.fromstring(xml)
    own = {
        int(node.get("numFmtId", "-1")): node.get("formatCode", "")
        for node in root.iterfind("{*}numFmts/{*}numFmt")
    }
    kinds = [int(node.get("numFmtId", "0")) for node in root.iterfind("{*}cellXfs/{*}xf")]
    patterns = {style: own.get(kind, _BUILT_IN.get(kind, "")) for style, kind in enumerate(kinds)}
    told = described(patterns.values())
    return {style: pattern for style, pattern in patterns.items() if pattern in told}


def _titles(package: zipfile.ZipFile) -> dict[str, str]:
    """Return the file of each sheet in the package → its title."""
    book = ElementTree.fromstring(package.read("xl/workbook.xml"))
    links = ElementTree.fromstring(package.read("xl/_rels/workbook.xml.rels"))
    targets = {node.get("Id"): node.get("Target", "") for node in links}
    found = {}
    for node in book.iterfind("{*}sheets/{*}sheet"):
        rel = next((value for key, value in node.attrib.items() if key.endswith("}id")), "")
        target = targets.get(rel, "")
        path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        found[path] = node.get("name", "")
    return found


def _odd_cells(xml: bytes, formats: Mapping[int, str]) -> list[Odd]:
    """Return the cells of a sheet that hold an error or have one of `formats`."""
    found: list[Odd] = []
    for cell in _CELL.finditer(xml):
        attributes = cell[1]
        failed = b't="e"' in attributes
        style = _STYLE.search(attributes)
        pattern = formats.get(int(style[1]), "") if style else ""
        place = _PLACE.search(attributes)
        if place is None or not (failed or (pattern and cell[2])):
            continue
        column = 0
        for letter in place[1]:
            column = column * 26 + letter - 64
        value = _VALUE.search(cell[2] or b"")
        error = value[1].decode("utf-8", "replace") if failed and value else ""
        found.append((int(place[2]) - 1, column - 1, error, pattern))
    return found


def _inspect_old(data: bytes) -> tuple[dict[str, list[Odd]], dict[str, int]] | None:
    """Return odd cells and filled hidden rows by sheet of an old workbook, None where they are unread."""
    import xlrd

    overlays: dict[str, list[Odd]] = {}
    hidden: dict[str, int] = {}
    try:
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            book = xlrd.open_workbook(
                file_contents=data, formatting_info=True, logfile=nowhere, ragged_rows=True
            )
        formats = [book.format_map[xf.format_key].format_str for xf in book.xf_list]
        told = described(formats)
        for sheet in book.sheets():
            odd = overlays.setdefault(sheet.name, [])
            unseen = (row for row, info in sheet.rowinfo_map.items() if info.hidden and row < sheet.nrows)
            if rows := sum(any(str(cell).strip() for cell in sheet.row_values(row)) for row in unseen):
                hidden[sheet.name] = rows
            for row in range(sheet.nrows):
                for column, cell in enumerate(sheet.row(row)):
                    pattern = formats[cell.xf_index] if cell.xf_index is not None else ""
                    error = _BIFF_ERRORS.get(cell.value, "#ERROR!") if cell.ctype == 5 else ""
                    if error or (cell.ctype == 2 and pattern in told):
                        odd.append((row, column, error, pattern))
    except Exception:  # whatever the reader of formats stumbles over, the values are read without it
        return None
    return overlays, hidden


def _refuse_huge(xml: bytes, name: str) -> None:
    """Refuse a sheet whose cells span more than memory holds; the reader would abort the process."""
    references = set(_REFERENCE.findall(xml))
    rows = max((int(row) for _, row in references), default=0)
    letters = max((column for column, _ in references), key=lambda c: (len(c), c), default=b"")
    columns = 0
    for letter in letters:
        columns = columns * 26 + letter - 64
    if rows * columns > MAX_CELLS:
        raise refusal(DataError, "sheet_cells", name=name, rows=rows, columns=columns)


def _with_calamine(
    data: bytes, name: str, facts: dict[str, Any], overlays: Mapping[str, list[Odd]]
) -> list[RawSheet]:
    from python_calamine import CalamineWorkbook

    sheets = []
    with reading(name):
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for meta in book.sheets_metadata:
            if str(meta.typ) != "SheetTypeEnum.WorkSheet":
                continue
            sheet = book.get_sheet_by_name(meta.name)
            odd = overlays.get(meta.name, [])
            if sheet.end is None and not odd:
                continue
            rows = sheet.to_python(skip_empty_area=False) if sheet.end is not None else []
            merged = [(*first, *last) for first, last in sheet.merged_cell_ranges or ()]
            read = book_sheet(name, meta.name, rows, odd, merged, facts | {"reader": "calamine"})
            visible = str(meta.visible) == "SheetVisibleEnum.Visible"
            sheets.append(read if visible else _remark(read, ("sheet_hidden", "", None)))
    return sheets


def book_sheet(
    name: str,
    title: str,
    rows: list[list[Any]],
    odd: Sequence[Odd],
    merged: Sequence[tuple[int, int, int, int]],
    facts: dict[str, Any],
) -> RawSheet:
    """Return a sheet of a workbook: its rows with what `odd` cells show, and its merged ranges."""
    shown = _lay_over(rows, odd)
    read = replace(_sheet(name, title, rows, facts), merged=tuple(merged), shown=shown)
    return _remark(read, ("format_scaled", str(shown.scaled), None)) if shown.scaled else read


def _lay_over(rows: list[list[Any]], odd: Sequence[Odd]) -> Shown:
    """Put the texts of errors and the amounts that formats show into `rows`."""
    shown = Shown()
    for row, column, error, pattern in odd:
        while len(rows) <= row:
            rows.append([])
        cells = rows[row]
        cells += [None] * (column + 1 - len(cells))
        cells[column] = error or shown.cell(cells[column], pattern, column)
    return shown


def _sheet(name: str, title: str, rows: list[list[Any]], facts: dict[str, Any]) -> RawSheet:
    """Drop blank rows and the blank columns on the right, and keep row numbers."""
    width = 0
    records, lines = [], []
    for number, row in enumerate(rows, 1):
        last = next((i for i in range(len(row), 0, -1) if not _blank(row[i - 1])), 0)
        if last:
            records.append(row)
            lines.append(number)
            width = max(width, last)
    padded = [(list(row[:width]) + [None] * (width - len(row[:width]))) for row in records]
    return RawSheet(name, title, padded, lines, None, (), facts)


def _blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())
