"""Any statistics file as a table: texts as printed, numbers as meant, blocks and footnotes included."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Ints, Objects
from clustercoop.graph.errors import DataError
from clustercoop.graph.findings import Findings
from clustercoop.graph.texts import refusal
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.numbers import parse_numbers
from clustercoop.loaders.raw import read_raw
from clustercoop.loaders.sheets import RawSheet, show
from clustercoop.loaders.tokens import Issue

_REACH: Final = 5
_NUMBERLIKE: Final = re.compile(r"[-+.,)\s]*\d[-+\d.,)\s]*")
_CODES: Final = {
    Issue.NOT_A_NUMBER: "not_a_number",
    Issue.FOOTNOTE: "footnote_read",
    Issue.FOOTNOTE_UNCLEAR: "footnote_unclear",
    Issue.DECIMAL_UNCLEAR: "decimal_unclear",
    Issue.EXCEL_ERROR: "excel_error",
    Issue.HUGE: "huge_number",
}


@dataclass(frozen=True, eq=False)
class StatisticsTable:
    """A statistics file as it is printed, and as numbers.

    Attributes
    ----------
    text : DataFrame of str, shape (rows, columns)
        Cells as printed; short rows are filled with "". The index is the 1-based row in the file.
    numbers : DataFrame of float64, same shape
        The cells that are numbers; NaN elsewhere (text, missing, unclear).
    findings : Findings
        Footnote marks, unclear cells, and cells of digits and signs that are no number.
    facts : mapping
        How the file was read: sha256, bytes, encoding, delimiter, line_end.
    """

    text: pd.DataFrame
    numbers: pd.DataFrame
    findings: Findings
    facts: dict[str, Any]


def read_table(
    path: str | os.PathLike[str], *, sheet: str | None = None, header: bool = True
) -> StatisticsTable:
    r"""Read any statistics file: decimal commas, thousands spaces, footnote marks, ragged blocks.

    How many digits in front of ``)`` are the footnote is decided by the decimals of the cells around: those
    of the same row, then the nearest of the same column.

    Parameters
    ----------
    path : path
        Text, workbook or Parquet file.
    sheet : str, optional
        Sheet of a workbook; the only one by default.
    header : bool
        Whether the first row names the columns; without it they are numbered from 0.

    Returns
    -------
    StatisticsTable

    Raises
    ------
    DataError
        The file cannot be read, or has several sheets and none is named.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "gdp.csv"
    >>> _ = file.write_text("год;I;II\n2015;98,1;103,4\n20162);98,83);99,44)\n", "utf-8")
    >>> read_table(file).numbers.loc[3].tolist()
    [2016.0, 98.8, 99.4]
    """
    sheets = read_raw(path)
    if sheet is not None:
        sheets = [raw for raw in sheets if raw.sheet == sheet]
    if len(sheets) != 1:
        raise refusal(DataError, "sheets_meant", name=Path(path).name, sheets=len(sheets))
    raw = sheets[0]
    cells, lines, names = _rectangle(raw, header)
    notes = Notes()
    for code, detail, row in raw.remarks:
        notes.add(code, file=raw.file, sheet=raw.sheet, detail=detail, row=row)
    for broken in raw.broken:
        notes.add(broken.code, file=raw.file, row=broken.line)
    usual = _usual_around(cells)
    numbers = np.full(cells.shape, np.nan)
    for column in range(cells.shape[1]):
        read = parse_numbers(cells[:, column], usual=usual[:, column])
        numbers[:, column] = read.values
        for kind, code in _CODES.items():
            hit = read.issue == kind
            if kind == Issue.NOT_A_NUMBER:
                hit &= [isinstance(c, str) and bool(_NUMBERLIKE.fullmatch(c)) for c in cells[:, column]]
            for row in np.flatnonzero(hit).tolist():
                if not notes.room(code, "", raw.file):
                    notes.skip(code, "", raw.file, 1, float(np.nan_to_num(numbers[row, column])))
                    continue
                notes.add(
                    code,
                    file=raw.file,
                    sheet=raw.sheet,
                    row=lines[row],
                    column=str(names[column]),
                    value=show(cells[row, column]),
                )
    index = pd.Index(lines, name="row")
    texts = np.array([[show(cell).strip() for cell in row] for row in cells], dtype=object)
    return StatisticsTable(
        pd.DataFrame(texts.reshape(cells.shape), index=index, columns=names),
        pd.DataFrame(numbers, index=index, columns=names),
        notes.findings(),
        dict(raw.facts),
    )


def _rectangle(raw: RawSheet, header: bool) -> tuple[Objects, list[int], list[Any]]:
    """Return the cells as an array with short rows filled, their rows in the file, and column names."""
    if raw.frame is not None:
        cells = raw.frame.astype(object).to_numpy()
        return cells, list(range(1, len(cells) + 1)), list(raw.frame.columns)
    records, lines = raw.records, list(raw.lines)
    width = max((len(record) for record in records), default=0)
    names: list[Any] = list(range(width))
    if header and len(records):
        first = [show(cell).strip() for cell in records[0]]
        names = [*first, *names[len(first) :]]
        records, lines = records[1:], lines[1:]
    cells = np.full((len(records), width), "", dtype=object)
    for row, record in enumerate(records):
        cells[row, : len(record)] = record
    return cells, lines, names


def _usual_around(cells: Objects) -> Ints:
    """Return, for each cell with a footnote mark, the decimals its neighbours agree on; −1 elsewhere.

    Neighbours are the plain numbers of the row without its first cell (the year), else the nearest plain
    numbers of the column within five rows.
    """
    decimals = np.full(cells.shape, -1, np.int64)
    marked = np.zeros(cells.shape, bool)
    for place, cell in np.ndenumerate(cells):
        if isinstance(cell, str) and cell:
            text = cell.strip().replace(" ", "").replace("\u00a0", "").lstrip("+-")
            whole, _, fraction = text.replace(",", ".").partition(".")
            if whole.isdigit() and (fraction.isdigit() or not fraction):
                decimals[place] = len(fraction)
            marked[place] = ")" in text and text[:1].isdigit()
    usual = np.full(cells.shape, -1, np.int64)
    for row, column in zip(*np.nonzero(marked), strict=True):
        beside = decimals[row, 1:]
        low = max(0, row - _REACH)
        near = decimals[low : row + _REACH + 1, column]
        for known in (near[near >= 0] if column == 0 else beside[beside >= 0], near[near >= 0]):
            if len(known) and (known == known[0]).all():
                usual[row, column] = known[0]
                break
    return usual
