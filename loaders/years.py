"""Years as people write them: numbers, dates, with a word or a footnote mark behind."""

from __future__ import annotations

import datetime
import re
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.loaders.marks import gap_meaning, is_error
from clustercoop.loaders.numbers import from_numeric, is_number, to_float
from clustercoop.loaders.tokens import Issue


def new_year(cells: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which cells are dates of 1 January.

    Examples
    --------
    >>> new_year(np.array(["01.01.2022", "2022-01-01", "31.12.2022", "2022"], dtype=object)).tolist()
    [True, True, False, False]
    """
    if cells.dtype != object or not len(cells):
        return np.zeros(len(cells), bool)
    codes, unique = pd.factorize(cells, use_na_sentinel=False)
    return np.array([_new_year(cell) for cell in unique], bool)[codes]


def _new_year(cell: Any) -> bool:
    if isinstance(cell, datetime.date):
        return (cell.month, cell.day) == (1, 1)
    return isinstance(cell, str) and bool(_NEW_YEAR.fullmatch(cell.strip()))


def parse_years(cells: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.int8], NDArray[np.bool_]]:
    """Read a column of years: 2020, "2020 г.", "20142)", dates; anything else is no year.

    Returns
    -------
    years, issue, dated : arrays, shape (rows,)
        Years (a fraction or an impossible year is returned as it is), an `Issue` for each cell, and whether
        the year was taken from a date.

    Examples
    --------
    >>> parse_years(np.array(["2020", "20142)", "31.12.2021", "x"], dtype=object))[0].tolist()
    [2020.0, 2014.0, 2021.0, nan]
    """
    if cells.dtype != object:
        read = from_numeric(np.asarray(cells))
        return read.values, read.issue, np.zeros(len(cells), bool)
    codes, unique = pd.factorize(cells, use_na_sentinel=False)
    read_cells = [_year(cell) for cell in unique]
    years = np.array([year for year, _, _ in read_cells], np.float64)
    issue = np.array([kind for _, kind, _ in read_cells], np.int8)
    dated = np.array([date for _, _, date in read_cells], bool)
    if not len(unique):
        return np.empty(0), np.empty(0, np.int8), np.empty(0, bool)
    return years[codes], issue[codes], dated[codes]


_YEAR: Final = re.compile(r"([-+]?\d{1,15})(?:[.,]0+)?(?:\s*(?:г\.?|год|года|year))?", re.IGNORECASE)
_YEAR_FRACTION: Final = re.compile(r"([-+]?\d{1,9}[.,]\d{1,9})")
_YEAR_NOTE: Final = re.compile(r"((?:19|20)\d\d)\d{1,2}\)(?:,\s*\d{1,2}\))*,?")
_DATE: Final = re.compile(r"(?:(\d{4})-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}[./](\d{4}))(?:[ T][\d:.]+)?")

_NEW_YEAR: Final = re.compile(r"(?:\d{4}-0?1-0?1|0?1[./]0?1[./]\d{4})(?:[ T][0:.]+)?")


def _year(cell: Any) -> tuple[float, Issue, bool]:
    if isinstance(cell, datetime.date):
        return float(cell.year), Issue.OK, True
    if is_number(cell):
        number = to_float(cell)
        return (np.nan, Issue.MISSING, False) if np.isnan(number) else (number, Issue.OK, False)
    if cell is None or cell is pd.NaT or cell is pd.NA:
        return np.nan, Issue.MISSING, False
    if not isinstance(cell, str):
        return np.nan, Issue.WRONG_KIND, False
    text = cell.strip()
    if not text or gap_meaning(text):
        return np.nan, Issue.MISSING, False
    plain = _YEAR.fullmatch(text) or _YEAR_FRACTION.fullmatch(text)
    if plain:
        return float(plain[1].replace(",", ".")), Issue.OK, False
    note = _YEAR_NOTE.fullmatch(text)
    if note:
        return float(note[1]), Issue.FOOTNOTE, False
    date = _DATE.fullmatch(text)
    if date:
        return float(date[1] or date[2]), Issue.OK, True
    return np.nan, Issue.EXCEL_ERROR if is_error(text) else Issue.NOT_A_NUMBER, False
