"""The report as an Excel workbook."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from clustercoop.analysis.results import Result
from clustercoop.graph.columns import output_columns
from clustercoop.graph.errors import OutputError
from clustercoop.graph.kinds import KINDS
from clustercoop.graph.texts import terms
from clustercoop.reports.bulk import Bulk, packed_quickly
from clustercoop.reports.content import Content
from clustercoop.reports.inert import cell_text
from clustercoop.reports.numbers import is_unknown
from clustercoop.reports.overview import Overview
from clustercoop.reports.section import Sheet
from clustercoop.reports.sections import sections_of
from clustercoop.reports.sheets import table_sheets
from clustercoop.reports.tables import year_span
from clustercoop.reports.words import Words
from clustercoop.reports.written import told_of

MAX_ROWS: Final = 1_048_576
MAX_TEXT: Final = 32_767
_A4: Final = 9
_LINE: Final = 15
"""Height of a line, in points."""
_HEAD: Final = 6
"""Lines of the highest heads."""
_SCALE: Final = 55
"""Per cent of their size at which wider sheets are printed, on several breadths."""
_READABLE: Final = 300
"""Characters beside one another that can still be read on the breadth of a page."""
# Excel drops the links of a workbook that has more on a sheet.
MAX_LINKS: Final = 60_000
LONGEST: Final = 31
_FORBIDDEN: Final = re.compile(r"[][:*?/\\]")
# A fixed date: the same result makes the same bytes.
CREATED: Final = datetime(2000, 1, 1)


def fitted(text: str) -> str:
    """Return as much of `text` as a cell holds: Excel counts units of UTF-16.

    Examples
    --------
    >>> len(fitted("a" * 40_000)), len(fitted("\N{GRINNING FACE}" * 20_000))
    (32767, 16384)
    """
    if len(text) <= MAX_TEXT // 2:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * MAX_TEXT:
        return text
    return units[: 2 * (MAX_TEXT - 1)].decode("utf-16-le", "ignore").rstrip() + "…"


class _Telling:
    """Makes texts of values that Excel takes, and remembers which it had to cut."""

    def __init__(self, told: Callable[[Any], str]) -> None:
        self._told = told
        self._long: set[Any] = set()

    def __call__(self, value: Any) -> str:
        text = cell_text(self._told(value))
        fitting = fitted(text)
        if fitting != text:
            self._long.add(value)
        return fitting

    def cut(self, values: Iterable[Any]) -> int:
        """Return how many of `values` were cut."""
        return sum(value in self._long for value in values) if self._long else 0


class _Sheets:
    """Writes typed tables into a workbook and remembers what Excel's limits cut."""

    def __init__(self, book: Any, words: Words, max_rows: int, outputs: str = "") -> None:
        self.book = book
        self.outputs = outputs
        self.words = words
        self.max_rows = max_rows
        self.notes: list[str] = []
        self._links = 0
        self._names: set[str] = set()
        shaded = {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E6EEF4", "bottom": 1}
        self.head = book.add_format(shaded)
        self.group = book.add_format(shaded | {"bg_color": "#CFDDE8", "left": 1, "text_wrap": False})
        self.text = book.add_format({"num_format": "@", "valign": "top"})
        self.link = book.add_format({"font_color": "#1F5F8B", "underline": 1, "valign": "top"})
        self.wrap = book.add_format({"num_format": "@", "valign": "top", "text_wrap": True})
        self.title = book.add_format({"bold": True, "font_size": 15})
        self.number = {
            kind.name: book.add_format({"num_format": kind.excel, "valign": "top"})
            for kind in KINDS.values()
            if kind.numeric
        }

    def name(self, key: str) -> str:
        """Return the name of a sheet in the language of the workbook: what Excel takes, and once only."""
        told = _FORBIDDEN.sub(" ", self.words(f"sheet_{key}")).strip("' ")[:LONGEST]
        name, number = told, 2
        while name.casefold() in self._names:
            name, number = f"{told[: LONGEST - 3]} {number}", number + 1
        self._names.add(name.casefold())
        return name

    def add(self, table: Sheet) -> str:
        """Add a sheet; return its name."""
        name = self.name(table.name)
        sheet, top = self.book.add_worksheet(name), int(bool(table.groups))
        rows = len(table.columns[0]) if table.columns else 0
        kept = min(rows, self.max_rows - 1 - top)
        if table.total:
            self.notes.append(self.words("note_largest", sheet=name, kept=kept, rows=table.total))
        elif kept < rows:
            told = {"sheet": name, "kept": kept, "rows": rows}
            self.notes.append(told_of("note_rows", table.name, self.outputs, self.words, **told))
        lines = [math.ceil(len(label) / (_width(kind) - 2)) for label, kind in table.heads]
        sheet.set_row(top, _LINE * min(_HEAD, max(lines, default=1) + 1), self.head)
        self._grouped(sheet, table)
        bulk, cut = Bulk(sheet, top + 1, kept), 0
        for index, ((label, kind), values) in enumerate(zip(table.heads, table.columns, strict=True)):
            sheet.write_string(top, index, fitted(cell_text(label)), self.head)
            values = values if kept == rows else values[:kept]
            if index in table.links:
                cut += self._linked(sheet, bulk, values, table.links[index], (top + 1, index))
            else:
                cut += self._column(bulk, values, kind)
        bulk.close()
        if cut:
            self.notes.append(self.words("note_cut", sheet=name, cells=cut, limit=MAX_TEXT))
        lead = 2 if len(table.heads) > 4 else 0
        sheet.freeze_panes(top + 1, lead)
        _printed(sheet, (0, top), lead, sum(_width(kind) for _, kind in table.heads))
        if table.heads:
            sheet.autofilter(top, 0, top + max(kept, 1), len(table.heads) - 1)
            sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{kept + top + 1}"})
        return name

    def _grouped(self, sheet: Any, table: Sheet) -> None:
        """Set widths; name the groups above the heads, all but the first column of each can be folded."""
        sheet.outline_settings(True, True, False, False)
        start = 0
        for index, (_, kind) in enumerate(table.heads):
            group = table.groups[index] if table.groups else ""
            first = not group or table.groups[start] != group
            start = index if first else start
            sheet.set_column(index, index, _width(kind), None, {} if first else {"level": 1})
            if group and first:
                sheet.write_string(0, index, group, self.group)
            elif table.groups:
                sheet.write_blank(0, index, None, self.head)

    def _column(self, bulk: Bulk, values: Sequence[Any], kind: str) -> int:
        """Add a column, its unknown cells empty; return how many texts were cut."""
        telling = _Telling(lambda value: self._told(str(value), kind))
        bulk.add(values, self.text, None if kind == "bool" else telling, self.number.get(kind))
        return telling.cut(values)

    def _told(self, text: str, kind: str) -> str:
        if kind in ("term", "level"):
            return terms(text, self.words.lang)
        return year_span(text) if kind == "years" else text

    def _linked(
        self, sheet: Any, bulk: Bulk, values: Sequence[Any], addresses: Sequence[str], start: tuple[int, int]
    ) -> int:
        """Add a column of texts that lead somewhere, as many as Excel takes; return how many were cut."""
        telling, styles = _Telling(str), []
        sheet.ignore_write_string = True  # the texts are written with the rows
        for row, (value, address) in enumerate(zip(values, addresses, strict=False), start=start[0]):
            text = "" if is_unknown(value) else telling(value)
            leads = address and text and not telling.cut([value]) and self._links < MAX_LINKS
            styles.append(self.link if leads else self.text)
            if leads:
                self._links += 1
                sheet.write_url(row, start[1], f"external:{address}", self.link, text)
        sheet.ignore_write_string = False
        bulk.add(values, self.text, telling, styles=styles)
        return telling.cut(values)


def _width(kind: str) -> int:
    """Return the width of a column, in characters."""
    return KINDS[kind].width if kind in KINDS else 14


def _printed(sheet: Any, heads: tuple[int, int], lead: int, width: int) -> None:
    """Let a sheet print lying, its heads on every page; on one page's breadth where that can be read."""
    sheet.set_paper(_A4)
    sheet.set_landscape()
    sheet.repeat_rows(*heads)
    if width <= _READABLE:
        sheet.fit_to_pages(1, 0)
    else:
        sheet.set_print_scale(_SCALE)
        sheet.repeat_columns(0, lead - 1)


def write_workbook(
    result: Result,
    path: str | Path,
    lang: str = "en",
    *,
    max_rows: int = MAX_ROWS,
    page: str = "",
    views: str = "",
) -> None:
    """Write ``report.xlsx``: an overview with charts, then every output table on a sheet of its own.

    Texts are never formulas, and lead nowhere but to the report's own pages; ids are text with their leading
    zeros, names stand beside them; unknown cells are empty. What Excel cannot hold (rows beyond `max_rows`,
    texts beyond 32,767 characters, control characters) is left out and named on the second sheet, which also
    explains every column. The same result makes the same bytes.

    Parameters
    ----------
    result : Result
        What an analysis found.
    path : str or Path
        File to write.
    lang : str
        Language of sheets, heads and terms.
    max_rows : int
        Rows a sheet holds, the header included.
    page, views : str
        Address of the report and folder of the network pages, relative to the workbook; "" for no links.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import XlsxFileError

    words = Words(lang)
    content = Content(result, lang, views)
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "in_memory": True,
    }
    book = xlsxwriter.Workbook(str(path), options)
    book.set_properties({"title": words("title"), "author": "clustercoop", "created": CREATED})
    sheets = _Sheets(book, words, max_rows, result.settings.outputs)
    first, second = sheets.name("overview"), sheets.name("readme")
    overview, readme = book.add_worksheet(first), book.add_worksheet(second)
    Overview(book, overview, first, content, page).write()
    named = {sheet.name: sheets.add(sheet) for sheet in table_sheets(content, page)}
    for section in sections_of(content):
        named |= {sheet.name: sheets.add(sheet) for sheet in section.sheets()}
    _readme(readme, sheets, content, named)
    try:
        with packed_quickly():
            book.close()
    except (XlsxFileError, OSError) as error:
        raise OutputError(f"The workbook {path} cannot be written: {error}.") from error


def _readme(sheet: Any, sheets: _Sheets, content: Content, named: Mapping[str, str]) -> None:
    words = sheets.words
    widths = (24, 34, 34, 90)
    for index, width in enumerate(widths):
        sheet.set_column(index, index, width)
    sheet.write_string(0, 0, words("title"), sheets.title)
    lines = [
        words("made_by", version=content.version),
        words("readme_unknown", sheet=named.get("gaps", named["findings"])),
        words("readme_unit", unit=content.unit_over_years),
        *content.price_notes(),
        *sheets.notes,
    ]
    row = 1
    for row, line in enumerate(lines, start=1):
        sheet.write_string(row, 0, cell_text(line))
    row += 2
    for index, head in enumerate(("sheet", "column", "file", "meaning")):
        sheet.write_string(row, index, words(f"readme_{head}"), sheets.head)
    _printed(sheet, (row, row), 0, sum(widths))
    for key, name in named.items():
        cells = [
            (name, column.label(words.lang), column.column, column.meaning(words.lang))
            for column in output_columns(key)
        ] or [(name, "", "", words(f"readme_{key}"))]
        for told in cells:
            row += 1
            # Not every program gives a row the height that its texts need.
            high = max(math.ceil(len(text) / width) for text, width in zip(told, widths, strict=True))
            sheet.set_row(row, _LINE * high)
            for index, text in enumerate(told):
                sheet.write_string(row, index, text, sheets.wrap)
