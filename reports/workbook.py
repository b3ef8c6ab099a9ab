"""The report as an Excel workbook."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.analysis.results import Result
from clustercoop.graph.columns import OutputColumn, output_columns
from clustercoop.graph.errors import OutputError
from clustercoop.graph.kinds import KINDS
from clustercoop.graph.texts import terms
from clustercoop.reports.content import Content
from clustercoop.reports.inert import shorten, xml_text
from clustercoop.reports.numbers import is_unknown, numeric
from clustercoop.reports.sections import sections_of
from clustercoop.reports.words import Words

MAX_ROWS: Final = 1_048_576
MAX_TEXT: Final = 32_767
# A fixed date: the same result makes the same bytes.
CREATED: Final = datetime(2000, 1, 1)


class _Sheets:
    """Writes typed tables into a workbook and remembers what Excel's limits cut."""

    def __init__(self, book: Any, words: Words, max_rows: int) -> None:
        self.book = book
        self.words = words
        self.max_rows = max_rows
        self.notes: list[str] = []
        self.head = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E6EEF4", "bottom": 1}
        )
        self.text = book.add_format({"num_format": "@", "valign": "top"})
        self.wrap = book.add_format({"num_format": "@", "valign": "top", "text_wrap": True})
        self.title = book.add_format({"bold": True, "font_size": 15})
        self.number = {
            kind.name: book.add_format({"num_format": kind.excel, "valign": "top"})
            for kind in KINDS.values()
            if kind.numeric
        }

    def add(self, name: str, heads: Sequence[tuple[str, str]], columns: Sequence[Sequence[Any]]) -> None:
        """Add the sheet `name` with `heads` of (label, type) and values by column."""
        sheet = self.book.add_worksheet(name)
        rows = len(columns[0]) if columns else 0
        kept = min(rows, self.max_rows - 1)
        if kept < rows:
            self.notes.append(self.words("note_rows", sheet=name, kept=kept, rows=rows))
        sheet.set_row(0, 32, self.head)
        cut = 0
        for index, ((label, kind), values) in enumerate(zip(heads, columns, strict=True)):
            sheet.write_string(0, index, self._fit(label)[0], self.head)
            sheet.set_column(index, index, KINDS[kind].width if kind in KINDS else 14)
            for row, value in enumerate(values[:kept], start=1):
                cut += self._cell(sheet, row, index, value, kind)
        if cut:
            self.notes.append(self.words("note_cut", sheet=name, cells=cut, limit=MAX_TEXT))
        sheet.freeze_panes(1, 2 if len(heads) > 4 else 0)
        if heads:
            sheet.autofilter(0, 0, max(kept, 1), len(heads) - 1)
            sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{kept + 1}"})

    def _cell(self, sheet: Any, row: int, column: int, value: Any, kind: str) -> bool:
        """Write one cell; tell whether its text was cut. Unknown stays empty."""
        if is_unknown(value):
            return False
        if isinstance(value, bool | np.bool_) or kind == "bool":
            sheet.write_boolean(row, column, str(value).lower() in ("true", "1", "1.0"))
            return False
        if numeric(kind) and not isinstance(value, str) and np.isfinite(float(value)):
            sheet.write_number(row, column, float(value), self.number[kind])
            return False
        if kind in ("term", "level"):
            value = terms(str(value), self.words.lang)
        text, cut = self._fit(str(value))
        sheet.write_string(row, column, text, self.text)
        return cut

    @staticmethod
    def _fit(text: str) -> tuple[str, bool]:
        clean = xml_text(text)
        return shorten(clean, MAX_TEXT), len(clean) > MAX_TEXT


def write_workbook(result: Result, path: str | Path, lang: str = "en", *, max_rows: int = MAX_ROWS) -> None:
    """Write ``report.xlsx``: every output table on a sheet of its own, explained on the first.

    Texts are never formulas or links, ids are text with their leading zeros, unknown cells are empty. What
    Excel cannot hold (rows beyond `max_rows`, texts beyond 32,767 characters, control characters) is left
    out and named on the first sheet. The same result makes the same bytes.

    Parameters
    ----------
    result : Result
        What an analysis found.
    path : str or Path
        File to write.
    lang : str
        Language of headers and terms.
    max_rows : int
        Rows a sheet holds, the header included.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    import xlsxwriter
    from xlsxwriter.exceptions import XlsxFileError

    words = Words(lang)
    content = Content(result, lang, "")
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "in_memory": True,
    }
    book = xlsxwriter.Workbook(str(path), options)
    book.set_properties({"title": words("title"), "author": "clustercoop", "created": CREATED})
    sheets = _Sheets(book, words, max_rows)
    first = book.add_worksheet("README")
    frames = {
        "formations": content.formations,
        "participants": result.participants,
        "clusters": content.clusters,
        **{name: content.policy(name) for name in result.policy},
    }
    for name, frame in frames.items():
        columns = _columns(name, frame)
        heads = [(column.label(lang), column.kind) for column in columns]
        sheets.add(name, heads, [list(frame[column.column]) for column in columns])
    more = [sheet for section in sections_of(content) for sheet in section.sheets()]
    for sheet in more:
        sheets.add(sheet.name, sheet.heads, sheet.columns)
    _readme(first, sheets, content, list(frames), [sheet.name for sheet in more])
    try:
        book.close()
    except (XlsxFileError, OSError) as error:
        raise OutputError(f"The workbook {path} cannot be written: {error}.") from error


def _columns(name: str, frame: pd.DataFrame) -> list[OutputColumn]:
    return [column for column in output_columns(name) if column.column in frame.columns]


def _readme(sheet: Any, sheets: _Sheets, content: Content, tables: list[str], more: list[str]) -> None:
    words = sheets.words
    sheet.set_column(0, 0, 20)
    sheet.set_column(1, 2, 34)
    sheet.set_column(3, 3, 90)
    sheet.write_string(0, 0, words("title"), sheets.title)
    lines = [
        words("made_by", version=content.version),
        words("readme_unknown"),
        words("readme_unit", unit=words.money(content.currency)),
        *sheets.notes,
    ]
    row = 1
    for row, line in enumerate(lines, start=1):
        sheet.write_string(row, 0, xml_text(line))
    row += 2
    heads: Iterable[str] = (
        words("readme_sheet"),
        words("readme_column"),
        words("readme_file"),
        words("readme_meaning"),
    )
    for index, head in enumerate(heads):
        sheet.write_string(row, index, head, sheets.head)
    for name in tables:
        for column in output_columns(name):
            row += 1
            cells = (name, column.label(words.lang), column.column, column.meaning(words.lang))
            for index, text in enumerate(cells):
                sheet.write_string(row, index, text, sheets.wrap)
    for name in more:
        row += 1
        for index, text in enumerate((name, "", "", words(f"readme_{name}"))):
            sheet.write_string(row, index, text, sheets.wrap)
