"""Excel workbooks, new and old: values as they are shown where that matters (ids, errors)."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any, Final

from graph.errors import DataError
from loaders.sheets import MAX_CELLS, RawSheet, reading

MAX_UNPACKED: Final = 2_000_000_000

_ZERO_FORMAT: Final = re.compile(rb'formatCode="0{2,}"')
_ERROR_CELL: Final = re.compile(rb'<c [^>]*t="e"')
_UNCACHED: Final = re.compile(rb"<f[^>]*(?:/>|>[^<]*</f>)(?:<v ?/>|<v></v>)?</c>")
_REFERENCE: Final = re.compile(rb'<c [^>]*?r="([A-Z]{1,9})(\d{1,18})"')
_ZEROS: Final = re.compile(r"0{2,}")


def read_workbook(data: bytes, name: str, facts: dict[str, Any]) -> list[RawSheet]:
    """Read every sheet of a workbook that holds a cell.

    The fast reader tells neither error cells from empty ones nor number formats, so a workbook that uses
    ``#DIV/0!`` or formats such as ``0000000000`` is read by openpyxl instead; ids then keep their zeros.

    Raises
    ------
    DataError
        The file is no workbook, is damaged, protected by a password, or unpacks to more than memory should
        hold.
    """
    if data[:2] == b"PK":
        errors, zeros, uncached = _inspect(data, name)
        sheets = _with_openpyxl(data, name, facts) if errors or zeros else _with_calamine(data, name, facts)
        if uncached:
            sheets = [_remark(sheet, ("formula_uncached", str(uncached), None)) for sheet in sheets]
        return sheets
    if data[:4] == b"\xd0\xcf\x11\xe0":
        sheets = _with_calamine(data, name, facts)
        return [_remark(sheet, ("xls_limits", "", None)) for sheet in sheets]
    if b"<html" in data[:2000].lower() or b"<table" in data[:2000].lower():
        raise DataError(
            f"The file {name} is a web page saved under an Excel name; open it and save as .xlsx."
        )
    raise DataError(f"The file {name} is not an Excel workbook, or it is damaged.")


def _remark(sheet: RawSheet, remark: tuple[str, str, int | None]) -> RawSheet:
    return RawSheet(
        sheet.file, sheet.sheet, sheet.records, sheet.lines, None, (), sheet.facts, (*sheet.remarks, remark)
    )


def _inspect(data: bytes, name: str) -> tuple[bool, bool, int]:
    """Tell whether the packed XML holds error cells, zero-padding formats, and uncached formulas."""
    with reading(name), zipfile.ZipFile(io.BytesIO(data)) as package:
        members = package.infolist()
        if sum(member.file_size for member in members) > MAX_UNPACKED:
            raise DataError(f"The file {name} unpacks to more than 2 GB; it is refused.")
        zeros = errors = False
        uncached = 0
        for member in members:
            if member.filename == "xl/styles.xml":
                zeros = bool(_ZERO_FORMAT.search(package.read(member)))
            elif member.filename.startswith("xl/worksheets/") and member.filename.endswith(".xml"):
                xml = package.read(member)
                _refuse_huge(xml, name)
                errors = errors or bool(_ERROR_CELL.search(xml))
                uncached += len(_UNCACHED.findall(xml)) if b"<f" in xml else 0
    return errors, zeros, uncached


def _refuse_huge(xml: bytes, name: str) -> None:
    """Refuse a sheet whose cells span more than memory holds; the reader would abort the process."""
    references = set(_REFERENCE.findall(xml))
    rows = max((int(row) for _, row in references), default=0)
    letters = max((column for column, _ in references), key=lambda c: (len(c), c), default=b"")
    columns = 0
    for letter in letters:
        columns = columns * 26 + letter - 64
    if rows * columns > MAX_CELLS:
        raise DataError(f"A sheet of {name} spans {rows} rows and {columns} columns; that is refused.")


def _with_calamine(data: bytes, name: str, facts: dict[str, Any]) -> list[RawSheet]:
    from python_calamine import CalamineWorkbook

    sheets = []
    with reading(name):
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for title in book.sheet_names:
            sheet = book.get_sheet_by_name(title)
            if sheet.end is None:
                continue
            rows = sheet.to_python(skip_empty_area=False)
            sheets.append(_sheet(name, title, rows, facts | {"reader": "calamine"}))
    return sheets


def _with_openpyxl(data: bytes, name: str, facts: dict[str, Any]) -> list[RawSheet]:
    import warnings

    from openpyxl import load_workbook

    sheets = []
    with reading(name), warnings.catch_warnings():
        # openpyxl warns of styles and extensions that it does not keep; only cells are read here.
        warnings.simplefilter("ignore")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        for sheet in book.worksheets:
            sheet.reset_dimensions()
            rows: list[list[Any]] = []
            for number, cells in enumerate(sheet.iter_rows(), 1):
                while len(rows) < number - 1:
                    rows.append([])
                rows.append([_shown(cell) for cell in cells])
            if any(any(cell is not None for cell in row) for row in rows):
                sheets.append(_sheet(name, sheet.title, rows, facts | {"reader": "openpyxl"}))
        book.close()
    return sheets


def _shown(cell: Any) -> Any:
    """Return a cell's value; a number formatted with leading zeros as the text that Excel shows."""
    value = cell.value
    if isinstance(value, int | float) and not isinstance(value, bool) and value == int(value):
        pattern = cell.number_format or ""
        if _ZEROS.fullmatch(pattern):
            return str(int(value)).zfill(len(pattern))
    return value


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
