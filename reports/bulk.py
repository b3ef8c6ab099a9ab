"""Rows of a sheet made as XML a column at a time, where XlsxWriter would visit every cell."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import repeat
from typing import Any, Final
from zipfile import ZipFile

import numpy as np
import pandas as pd

from clustercoop.reports.numbers import exact, is_unknown

LEVEL: Final = 4
"""Of compression: half the time of the usual sixth, for a tenth more bytes."""
# Stands for the number of a row in a cell's address; no XML holds it.
_ROW: Final = "\0"
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
        from xlsxwriter.utility import xl_col_to_name

        start = f'<c r="{xl_col_to_name(len(self._columns))}{_ROW}'
        kinds = set(map(type, values))
        if number is not None and kinds == {float} and not any(map(math.isinf, values)):
            start += f'" s="{number._get_xf_index()}"><v>'
            figures = exact(np.array(values, np.float64))
            self._columns.append([f"{start}{figure}</v></c>" if figure else "" for figure in figures])
            return
        if not styles and len(kinds - _TEXTS) <= 1:
            cells = {value: self._cell(start, value, style, told, number) for value in dict.fromkeys(values)}
            self._columns.append([cells[value] for value in values])
            return
        # Values of two types may be equal, as 1 and true are.
        keys = list(zip(map(type, values), values, styles or repeat(style, len(values)), strict=True))
        made = {key: self._cell(start, key[1], key[2], told, number) for key in dict.fromkeys(keys)}
        self._columns.append([made[key] for key in keys])

    def _cell(
        self, start: str, value: Any, style: Any, told: Callable[[Any], str] | None, number: Any | None
    ) -> str:
        """Return a cell that begins with `start`, "" for none."""
        if is_unknown(value):
            return ""
        if told is None or isinstance(value, bool | np.bool_):
            return f'{start}" t="b"><v>{int(str(value).lower() in ("true", "1", "1.0"))}</v></c>'
        if number is not None and not isinstance(value, str) and math.isfinite(value):
            plain = value.item() if isinstance(value, np.generic) else value
            return f'{start}" s="{number._get_xf_index()}"><v>{plain!r}</v></c>'
        text = told(value)
        place = self.sheet.str_table._get_shared_string_index(text)
        return f'{start}" s="{style._get_xf_index()}" t="s"><v>{place}</v></c>' if text else ""

    def close(self) -> None:
        """Let the sheet know how far it goes."""
        if self._rows and self._columns:
            self.sheet._check_dimensions(self._first + self._rows - 1, len(self._columns) - 1)

    def _write(self) -> None:
        sheet, last = self.sheet, self.sheet.dim_rowmax
        sheet.dim_rowmax = min(last, self._first - 1)
        self._write_heads()
        sheet.dim_rowmax = last
        rows = map("".join, zip(*self._columns, strict=True))
        told = (
            f'<row r="{number}">{cells.replace(_ROW, str(number))}</row>'
            for number, cells in enumerate(rows, start=self._first + 1)
        )
        sheet.fh.write("".join(told))


class _Packed(ZipFile):
    def writestr(
        self,
        zinfo_or_arcname: Any,
        data: Any,
        compress_type: int | None = None,
        compresslevel: int | None = LEVEL,
    ) -> None:
        super().writestr(zinfo_or_arcname, data, compress_type, compresslevel)


@contextmanager
def packed_quickly() -> Iterator[None]:
    """Let XlsxWriter, which has no option for it, pack a workbook at `LEVEL`."""
    import xlsxwriter.workbook

    names = vars(xlsxwriter.workbook)
    names["ZipFile"] = _Packed
    try:
        yield
    finally:
        names["ZipFile"] = ZipFile
