"""Read any supported file into raw sheets: text, workbook or Parquet."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.errors import DataError
from clustercoop.loaders.sheets import RawSheet, read_bytes, reading
from clustercoop.loaders.text import Score, read_text
from clustercoop.loaders.workbook import read_workbook

TEXT_SUFFIXES: Final = (".csv", ".tsv", ".txt")
BOOK_SUFFIXES: Final = (".xlsx", ".xlsm", ".xls")
SUFFIXES: Final = (*TEXT_SUFFIXES, ".parquet", *BOOK_SUFFIXES)


def read_raw(path: str | os.PathLike[str], *, name: str = "", score: Score | None = None) -> list[RawSheet]:
    """Read the file at `path` into raw sheets.

    Parameters
    ----------
    path : path
        A ``.csv``, ``.tsv``, ``.txt``, ``.parquet``, ``.xlsx`` or ``.xls`` file.
    name : str
        How messages and findings call the file; "" for its own name.
    score : callable, optional
        Judges split rows of text (more is better), to find the delimiter.

    Raises
    ------
    DataError
        The file is absent, empty, damaged or of no supported kind.
    """
    path = Path(path)
    name = name or path.name
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise DataError(f"The file {name} is of no supported kind ({', '.join(SUFFIXES)}).")
    data = read_bytes(path, name)
    facts: dict[str, Any] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    if suffix in BOOK_SUFFIXES:
        return read_workbook(data, name, facts)
    if suffix == ".parquet":
        return [_read_parquet(data, name, facts)]
    if data[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"):
        kind = "a Parquet file" if data[:4] == b"PAR1" else "an Excel workbook"
        raise DataError(f"The file {name} is {kind} under a text name; give it its right ending.")
    return [read_text(data, name, facts, score)]


def _read_parquet(data: bytes, name: str, facts: dict[str, Any]) -> RawSheet:
    with reading(name):
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pq.read_table(io.BytesIO(data), use_threads=False, page_checksum_verification=True)
        columns: dict[int, Any] = {}
        for position, column in enumerate(table.columns):
            if pa.types.is_dictionary(column.type):
                column = column.cast(column.type.value_type)
            if pa.types.is_nested(column.type):
                raise DataError(
                    f"The column {table.column_names[position]} of {name} holds lists or records, not cells."
                )
            cells = _column(column, pa, table.column_names[position], name)
            columns[position] = pd.Series(
                cells, dtype=cells.dtype
            )  # or pandas makes a type of its own of dates
        frame = pd.DataFrame(columns, index=range(table.num_rows))
        frame.columns = pd.Index([str(c) for c in table.column_names], dtype=object)
    return RawSheet(name, frame=frame, facts=facts)


def _column(column: Any, pa: Any, header: str, name: str) -> Any:
    """Return a numeric array for plain numbers without gaps in whole numbers, an object array otherwise.

    Raises
    ------
    DataError
        A column of bytes, as some programs store text, is not UTF-8.
    """
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        try:
            column = column.cast(pa.large_string())
        except pa.ArrowInvalid:
            raise DataError(f"The column {header} of {name} holds bytes that are not UTF-8 text.") from None
    kind = column.type
    if pa.types.is_floating(kind) or (pa.types.is_integer(kind) and column.null_count == 0):
        return column.to_numpy()
    if pa.types.is_decimal(kind):
        return column.cast(pa.float64()).to_numpy()
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return column.to_numpy()
    cells = np.empty(len(column), object)
    cells[:] = column.to_pylist()
    return cells
