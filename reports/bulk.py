"""Rows of a sheet made as XML a column at a time, where XlsxWriter would visit every cell."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import repeat
from typing import Any, Final
from zipfile import ZipFile

import numpy as np
import pandas as pd

from clustercoop.reports.numbers import exact, is_unknown

LEVEL: Final = 3
"""Of compression: less than half the time of the usual sixth, for a tenth more bytes."""
# Cells without an address follow one another (ECMA-376-1, 18.3.1.4): a third less to write and to pack.
_NONE: Final = "<c/>"
# What XlsxWriter looks for in a text, each with a pattern of its own.
_MARKED: Final = re.compile(r"^\s|\s$|[&<>\x00-\x1f\ufffe\uffff]|_x")
# A value of these types is equal to none of another.
_TEXTS: Final = frozenset({str, type(None), type(pd.NA)})


class Bulk:
    """The rows of a sheet below its heads; unknown cells are left out, numbers have all their figures.

    Parameters
    ----------
    sheet : xlsxwriter worksheet
        What writes everything else: heads, widths, links, filters.
    first : int
        Row of the first, counted from 0; the sheet has nothing there or below.
    rows : int
    """

    def __init__(self, sheet: Any, first: int, rows: int) -> None:
        self.sheet = sheet
        self._first = first
        self._rows = rows
        self._columns: list[Sequence[str]] = []
        self._write_heads = sheet._write_rows
        sheet._write_rows = self._write

    def add(
        self,
        values: Sequence[Any],
        style: Any,
        told: Callable[[Any], str] | None,
        number: Any | None = None,
        styles: Sequence[Any] = (),
    ) -> None:
        """Add the next column.

        Parameters
        ----------
        values : sequence
            One a row.
        style, number : xlsxwriter format
            Of texts, and of numbers; None where numbers are texts too.
        told : callable
            Value → its text, called once for each; None where the cells are true or false.
        styles : sequence of xlsxwriter format
            One a row, where texts have several.
        """
        kinds = set(map(type, values))
        if number is not None and kinds == {float} and not any(map(math.isinf, values)):
            start = f'<c s="{number._get_xf_index()}"><v>'
            figures = exact(np.array(values, np.float64))
            self._columns.append([f"{start}{figure}</v></c>" if figure else _NONE for figure in figures])
            return
        if not styles and len(kinds - _TEXTS) <= 1:
            cells = {value: self._cell(value, style, told, number) for value in dict.fromkeys(values)}
            self._columns.append([cells[value] for value in values])
            return
        # Values of two types may be equal, as 1 and true are.
        keys = list(zip(map(type, values), values, styles or repeat(style, len(values)), strict=True))
        made = {key: self._cell(key[1], key[2], told, number) for key in dict.fromkeys(keys)}
        self._columns.append([made[key] for key in keys])

    def _cell(self, value: Any, style: Any, told: Callable[[Any], str] | None, number: Any | None) -> str:
        if is_unknown(value):
            return _NONE
        if told is None or isinstance(value, bool | np.bool_):
            return f'<c t="b"><v>{int(str(value).lower() in ("true", "1", "1.0"))}</v></c>'
        if number is not None and not isinstance(value, str) and math.isfinite(value):
            plain = value.item() if isinstance(value, np.generic) else value
            return f'<c s="{number._get_xf_index()}"><v>{plain!r}</v></c>'
        text = told(value)
        place = self.sheet.str_table._get_shared_string_index(text)
        return f'<c s="{style._get_xf_index()}" t="s"><v>{place}</v></c>' if text else _NONE

    def close(self) -> None:
        """Let the sheet know how far it goes."""
        if self._rows and self._columns:
            self.sheet._check_dimensions(self._first + self._rows - 1, len(self._columns) - 1)

    def _write(self) -> None:
        sheet, last = self.sheet, self.sheet.dim_rowmax
        sheet.dim_rowmax = min(last, self._first - 1)
        self._write_heads()
        sheet.dim_rowmax = last
        rows = enumerate(map("".join, zip(*self._columns, strict=True)), start=self._first + 1)
        sheet.fh.write("".join(f'<row r="{number}">{cells}</row>' for number, cells in rows))


class _Packed(ZipFile):
    def writestr(
        self,
        zinfo_or_arcname: Any,
        data: Any,
        compress_type: int | None = None,
        compresslevel: int | None = LEVEL,
    ) -> None:
        super().writestr(zinfo_or_arcname, data, compress_type, compresslevel)


def _write_texts(strings: Any) -> None:
    for text in strings.string_table.string_array:
        if _MARKED.search(text):
            strings._write_si(text)
        else:
            strings.fh.write(f"<si><t>{text}</t></si>")


@contextmanager
def packed_quickly() -> Iterator[None]:
    """Let XlsxWriter, which has no options, pack a workbook at `LEVEL` and write plain texts at once."""
    import xlsxwriter.sharedstrings
    import xlsxwriter.workbook

    strings, usual = xlsxwriter.sharedstrings.SharedStrings, ZipFile
    write = strings._write_sst_strings
    try:
        xlsxwriter.workbook.ZipFile, strings._write_sst_strings = _Packed, _write_texts
        yield
    finally:
        xlsxwriter.workbook.ZipFile, strings._write_sst_strings = usual, write
