"""Rows of a sheet made as XML a column at a time, where XlsxWriter would visit every cell."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import chain, repeat
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.reports.numbers import is_unknown

_NUMBERS: Final = frozenset({float, int})
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
        self._rows = [str(row) for row in range(first + 1, first + rows + 1)]
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

        start = f'<c r="{xl_col_to_name(len(self._columns))}'
        kinds = set(map(type, values))
        if number is not None and _NUMBERS.issuperset(kinds) and not any(map(math.isinf, values)):
            end = f'" s="{number._get_xf_index()}"><v>'
            cells = zip(self._rows, values, strict=True)
            self._columns.append(
                [f"{start}{row}{end}{value!r}</v></c>" if value == value else "" for row, value in cells]
            )
            return
        if not styles and len(kinds - _TEXTS) <= 1:
            each = {value: self._end(value, style, told, number) for value in dict.fromkeys(values)}
            ends = [each[value] for value in values]
        else:
            # Values of two types may be equal, as 1 and true are.
            keys = list(zip(map(type, values), values, styles or repeat(style, len(values)), strict=True))
            made = {key: self._end(key[1], key[2], told, number) for key in dict.fromkeys(keys)}
            ends = [made[key] for key in keys]
        self._columns.append(
            [f"{start}{row}{end}" if end else "" for row, end in zip(self._rows, ends, strict=True)]
        )

    def _end(self, value: Any, style: Any, told: Callable[[Any], str] | None, number: Any | None) -> str:
        """Return what follows the address of a cell, "" for none."""
        if is_unknown(value):
            return ""
        if told is None or isinstance(value, bool | np.bool_):
            return f'" t="b"><v>{int(str(value).lower() in ("true", "1", "1.0"))}</v></c>'
        if number is not None and not isinstance(value, str) and math.isfinite(value):
            plain = value.item() if isinstance(value, np.generic) else value
            return f'" s="{number._get_xf_index()}"><v>{plain!r}</v></c>'
        text = told(value)
        place = self.sheet.str_table._get_shared_string_index(text)
        return f'" s="{style._get_xf_index()}" t="s"><v>{place}</v></c>' if text else ""

    def close(self) -> None:
        """Let the sheet know how far it goes."""
        if self._rows and self._columns:
            self.sheet._check_dimensions(self._first + len(self._rows) - 1, len(self._columns) - 1)

    def _write(self) -> None:
        sheet, last = self.sheet, self.sheet.dim_rowmax
        sheet.dim_rowmax = min(last, self._first - 1)
        self._write_heads()
        sheet.dim_rowmax = last
        starts = [f'<row r="{row}">' for row in self._rows]
        rows = zip(starts, *self._columns, repeat("</row>", len(starts)), strict=True)
        sheet.fh.write("".join(chain.from_iterable(rows)))
