"""Tables that are pandas frames already, as sources."""

from __future__ import annotations

import datetime
import decimal
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.errors import SchemaError
from clustercoop.graph.schema import kept_tables, tables
from clustercoop.graph.texts import refusal
from clustercoop.loaders.numbers import to_float
from clustercoop.loaders.sheets import RawSheet, show
from clustercoop.loaders.sources import Source

CELLS: Final = (str, int, float, datetime.date, np.generic)


def frame_source(name: str, frame: pd.DataFrame) -> Source:
    """Return a frame as the source of a table.

    Raises
    ------
    SchemaError
        There is no such table, `frame` is no DataFrame, or bytes in it are not UTF-8.
    """
    if name not in kept_tables():
        raise SchemaError(f"{name!r} is no table of the contract; these are: {', '.join(tables())}.")
    if not isinstance(frame, pd.DataFrame):
        raise SchemaError(f"The table {name} must be a pandas DataFrame, got {type(frame).__name__} instead.")
    return Source(name, RawSheet(name, frame=_plain_frame(name, frame)))


def _plain_frame(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with numpy numbers where they are complete and objects elsewhere."""
    rows = pd.RangeIndex(len(frame))
    columns: dict[int, Any] = {}
    for position, (column, series) in enumerate(frame.items()):
        if isinstance(series.dtype, np.dtype) and series.dtype.kind in "iuf":
            columns[position] = series.to_numpy()
        else:
            cells = np.empty(len(series), object)
            try:
                cells[:] = [_plain_cell(cell) for cell in series]
            except UnicodeDecodeError:
                raise refusal(SchemaError, "parquet_bytes", column=column, name=name) from None
            columns[position] = pd.Series(cells, rows, dtype=object, copy=False)
    plain = pd.DataFrame(columns, index=rows)
    plain.columns = pd.Index([show(str(c)) for c in frame.columns], dtype=object)
    return plain


def _plain_cell(cell: Any) -> Any:
    """Return a cell as one of the kinds that readers of files give: text, number, truth value, date, None."""
    if cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and cell != cell):
        return None
    if isinstance(cell, decimal.Decimal):
        return to_float(cell)
    if isinstance(cell, bytes):
        return cell.decode()
    return cell if isinstance(cell, CELLS) else str(cell)
