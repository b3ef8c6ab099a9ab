"""Excel workbooks, new and old: values as they are shown where that matters (ids, errors)."""

from __future__ import annotations

import io
import re
import zipfile
from decimal import Decimal
from functools import cache
from typing import Any, Final

from clustercoop.graph.errors import DataError
from clustercoop.loaders.sheets import MAX_CELLS, RawSheet, reading
from clustercoop.loaders.units import read_unit

MAX_UNPACKED: Final = 2_000_000_000

_ZERO_FORMAT: Final = re.compile(rb'formatCode="0{2,}"')
_CELL_STYLES: Final = re.compile(rb"<cellXfs.*?</cellXfs>", re.DOTALL)
_PERCENT_STYLE: Final = re.compile(rb'numFmtId="(?:9|10)"')
# Formats that show per cent, thousands of the stored number ("0,"), or a unit in words or signs.
_TELLING_FORMAT: Final = re.compile(rb'formatCode="[^"]*(?:%|[0#?],+(?![0#?,])|&quot;|\[\$|\xe2\x82)')
_QUOTED: Final = re.compile(r'"([^"]*)"|\[\$([^\]-]*)(?:-[^\]]*)?\]|\\(.)')
_SCALED: Final = re.compile(r"[0#?](,+)(?![0#?,])")
_ERROR_CELL: Final = re.compile(rb'<c [^>]*t="e"')
_UNCACHED: Final = re.compile(
    rb'<c (?![^>]*t="str")[^>]*><f[^>]*(?:/>|>[^<]*</f>)(?:<v ?/>|<v></v>)?</c>'
    rb"|<c [^>]*><f[^>]*(?:/>|>[^<]*</f>)</c>"
)
_REFERENCE: Final = re.compile(rb'<c [^>]*?r="([A-Z]{1,9})(\d{1,18})"')
# Zeros, perhaps behind letters: 0000000000, "П-"000.
_ID_FORMAT: Final = re.compile(r'((?:"[^"]*"|\\.|-)*)(0{2,})')


def read_workbook(data: bytes, name: str, facts: dict[str, Any]) -> list[RawSheet]:
    """Read every sheet of a workbook that holds a cell.

    The fast reader tells neither error cells from empty ones nor number formats, so a workbook that uses
    ``#DIV/0!`` or formats such as ``0000000000``, ``0%``, ``#,##0,`` or ``0.00 ₽`` is read by openpyxl
    instead; ids then keep their zeros, and numbers are read as they are shown.

    Raises
    ------
    DataError
        The file is no workbook, is damaged, protected by a password, or unpacks to more than memory should
        hold.
    """
    if data[:2] == b"PK":
        careful, uncached = _inspect(data, name)
        sheets = _with_openpyxl(data, name, facts) if careful else _with_calamine(data, name, facts)
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


def _inspect(data: bytes, name: str) -> tuple[bool, int]:
    """Tell whether the packed XML holds error cells or telling formats, and how many uncached formulas."""
    with reading(name), zipfile.ZipFile(io.BytesIO(data)) as package:
        members = package.infolist()
        if sum(member.file_size for member in members) > MAX_UNPACKED:
            raise DataError(f"The file {name} unpacks to more than 2 GB; it is refused.")
        careful = False
        uncached = 0
        for member in members:
            if member.filename == "xl/styles.xml":
                xml = package.read(member)
                used = b"".join(_CELL_STYLES.findall(xml))
                formats = _ZERO_FORMAT.search(xml) or _TELLING_FORMAT.search(xml)
                careful = careful or bool(formats or _PERCENT_STYLE.search(used))
            elif member.filename.startswith("xl/worksheets/") and member.filename.endswith(".xml"):
                xml = package.read(member)
                _refuse_huge(xml, name)
                careful = careful or bool(_ERROR_CELL.search(xml))
                uncached += len(_UNCACHED.findall(xml)) if b"<f" in xml else 0
    return careful, uncached


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
        for meta in book.sheets_metadata:
            if str(meta.typ) != "SheetTypeEnum.WorkSheet":
                continue
            sheet = book.get_sheet_by_name(meta.name)
            if sheet.end is None:
                continue
            rows = sheet.to_python(skip_empty_area=False)
            read = _sheet(name, meta.name, rows, facts | {"reader": "calamine"})
            shown = str(meta.visible) == "SheetVisibleEnum.Visible"
            sheets.append(read if shown else _remark(read, ("sheet_hidden", "", None)))
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
            units: dict[int, set[str]] = {}
            scaled = 0
            for number, cells in enumerate(sheet.iter_rows(), 1):
                while len(rows) < number - 1:
                    rows.append([])
                rows.append([_shown(cell) for cell in cells])
                for at, cell in enumerate(cells):
                    if type(cell.value) in (int, float) and cell.number_format != "General":
                        scaled += bool(_SCALED.search(_bare(cell.number_format)))
                        if unit := _unit_of(cell.number_format):
                            units.setdefault(at, set()).add(unit)
            if any(any(cell is not None for cell in row) for row in rows):
                told = facts | {"reader": "openpyxl", "format_units": units}
                read = _sheet(name, sheet.title, rows, told)
                read = _remark(read, ("format_scaled", str(scaled), None)) if scaled else read
                hidden = sheet.sheet_state != "visible"
                sheets.append(_remark(read, ("sheet_hidden", "", None)) if hidden else read)
        book.close()
    return sheets


def _shown(cell: Any) -> Any:
    """Return a cell's value; a number whose format shows another text or number, as it is shown in full.

    Codes (``0000000000``, ``"П-"000``), per cent (``0.0%``: 0.804 is shown as 80.4 %) and thousands of what
    is stored (``#,##0,``) are restored; decimals that the format hides are kept.
    """
    value, pattern = cell.value, cell.number_format or ""
    if pattern == "General" or isinstance(value, bool) or not isinstance(value, int | float):
        return value
    code = _ID_FORMAT.fullmatch(pattern)
    if code and value == int(value):
        return code[1].replace('"', "").replace("\\", "") + str(int(value)).zfill(len(code[2]))
    bare = _bare(pattern)
    if "%" in bare:
        return f"{Decimal(repr(value)) * 100:f}%"
    scaled = _SCALED.search(bare)
    return float(Decimal(repr(value)) / 1000 ** len(scaled[1])) if scaled else value


@cache
def _bare(pattern: str) -> str:
    """Return the part of a number format for positive numbers, without its literal texts."""
    return _QUOTED.sub("", pattern).split(";")[0]


@cache
def _unit_of(pattern: str) -> str:
    """Return the unit that a number format writes beside the number, "" for none.

    Examples
    --------
    >>> _unit_of('#,##0.00 [$€-407]'), _unit_of('0" тыс. руб."'), _unit_of('"П-"000')
    ('€', 'тыс. руб.', '')
    """
    if '"$"' in pattern:  # Excel's own currency formats: whatever the currency of the computer was
        return ""
    said = " ".join("".join(groups) for groups in _QUOTED.findall(pattern.split(";")[0]))
    said += "₽" if "₽" in _bare(pattern) else ""
    rest, unit = read_unit(said)
    return said.strip() if not rest and (unit.scale or unit.currency) else ""


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
