"""Read any supported file into raw sheets: text, workbook or Parquet."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.errors import DataError
from clustercoop.graph.texts import refusal, told
from clustercoop.loaders.open_document import read_open_document
from clustercoop.loaders.sheets import MAX_BYTES, RawSheet, read_bytes, reading, show
from clustercoop.loaders.spreadsheet_xml import SPREADSHEET, read_spreadsheet_xml
from clustercoop.loaders.text import Score, is_text, read_text
from clustercoop.loaders.workbook import read_workbook

if TYPE_CHECKING:
    import pyarrow as pa

TEXT_SUFFIXES: Final = (".csv", ".tsv", ".txt")
BOOK_SUFFIXES: Final = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".xml")
PACKED: Final = ".gz"
# Bytes from which a file is read by several threads.
_LARGE: Final = 50_000_000
SUFFIXES: Final = (
    *TEXT_SUFFIXES,
    *(f"{suffix}{PACKED}" for suffix in TEXT_SUFFIXES),
    ".parquet",
    *BOOK_SUFFIXES,
)


def suffix_of(name: str) -> str:
    """Return the ending of a file name, both of one that is packed.

    Examples
    --------
    >>> suffix_of("links.CSV.gz"), suffix_of("v1.2/links")
    ('.csv.gz', '')
    """
    first = Path(name)
    last = first.suffix.lower()
    return Path(first.stem).suffix.lower() + last if last == PACKED else last


def stem_of(name: str) -> str:
    """Return a file name without its ending; points within it stay.

    Examples
    --------
    >>> stem_of("Поставки, тыс. руб. 2022.csv.gz"), stem_of("links")
    ('Поставки, тыс. руб. 2022', 'links')
    """
    return name[: len(name) - len(suffix_of(name))]


def read_raw(path: str | os.PathLike[str], *, name: str = "", score: Score | None = None) -> list[RawSheet]:
    """Read the file at `path` into raw sheets.

    Parameters
    ----------
    path : path
        A ``.csv``, ``.tsv``, ``.txt`` (also packed as ``.gz``), ``.parquet``, ``.xlsx``, ``.xlsb``,
        ``.xls``, ``.ods`` or ``.xml`` (Excel 2003) file, or a folder of ``.parquet`` files.
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
    if path.is_dir() and (parts := parquet_parts(path)):
        pieces = [read_bytes(part, name) for part in parts]
        digest = hashlib.sha256(b"".join(pieces)).hexdigest()
        return [_read_parquet(pieces, name, {"sha256": digest, "bytes": sum(map(len, pieces))})]
    suffix = suffix_of(path.name)
    if suffix not in SUFFIXES:
        raise refusal(DataError, "kind_of_file", name=name, suffixes=", ".join(SUFFIXES))
    data = read_bytes(path, name)
    facts: dict[str, Any] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    if suffix in BOOK_SUFFIXES:
        if SPREADSHEET in data[:4096]:
            return read_spreadsheet_xml(data, name, facts)
        if suffix == ".xml":
            raise refusal(DataError, "xml_other", name=name)
        if is_text(data):
            return [_as_text(data, name, facts, score)]
        if suffix == ".ods":
            return read_open_document(data, name, facts)
        return read_workbook(data, name, facts)
    if suffix.endswith(PACKED):
        data = _unpacked(data, name)
    if suffix == ".parquet":
        return [_read_parquet([data], name, facts)]
    if data[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"):
        kind = told("refusal.parquet" if data[:4] == b"PAR1" else "refusal.workbook")
        raise refusal(DataError, "wrong_suffix", name=name, kind=kind)
    return [read_text(data, name, facts, score)]


def parquet_parts(path: Path) -> list[Path]:
    """Return the files of a table in Parquet: the file itself, or those in a folder in the order of names.

    Names that begin with a point or an underscore are not parts of it (``_SUCCESS``, ``_metadata``).
    """
    if path.is_file():
        return [path]
    parts = (part for part in sorted(path.rglob("*.parquet")) if part.is_file())
    return [part for part in parts if not any(s[0] in "._" for s in part.relative_to(path).parts)]


def _as_text(data: bytes, name: str, facts: dict[str, Any], score: Score | None) -> RawSheet:
    """Read delimited text that was saved under the name of a workbook."""
    sheet = read_text(data, name, facts, score)
    return replace(sheet, remarks=(*sheet.remarks, ("text_as_workbook", "", None)))


def _unpacked(data: bytes, name: str) -> bytes:
    with reading(name), gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
        out = packed.read(MAX_BYTES + 1)
    if len(out) > MAX_BYTES:
        raise refusal(DataError, "unpacks_4", name=name)
    if not out:
        raise refusal(DataError, "file_empty", name=name)
    return out


def _read_parquet(parts: Sequence[bytes], name: str, facts: dict[str, Any]) -> RawSheet:
    with reading(name):
        import pyarrow as pa
        import pyarrow.parquet as pq

        pieces = [
            pq.read_table(io.BytesIO(data), use_threads=len(data) > _LARGE, page_checksum_verification=True)
            for data in parts
        ]
        table = pieces[0] if len(pieces) == 1 else pa.concat_tables(pieces, promote_options="permissive")
        del pieces
        frame = frame_of(table, name)
    return RawSheet(name, frame=frame, facts=facts)


def frame_of(table: pa.Table, name: str) -> pd.DataFrame:
    """Return the cells of a table of Arrow by column, texts held by their distinct ones.

    Raises
    ------
    DataError
        A column holds lists or records, or bytes that are no text.
    """
    import pyarrow as pa

    titles, rows = table.column_names, table.num_rows
    columns: dict[int, Any] = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # Arrow lets go of the interpreter
        texts = [pool.submit(by_distinct, column, pa) for column in table.columns]
    for position, column in enumerate(table.columns):
        coded = texts[position].result()
        if coded is not None:
            columns[position] = coded
            continue
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_nested(column.type):
            raise refusal(DataError, "parquet_nested", column=titles[position], name=name)
        cells = _column(column, pa, titles[position], name)
        # With its type said, or pandas makes a type of its own of dates.
        columns[position] = pd.Series(cells, dtype=cells.dtype)
    frame = pd.DataFrame(columns, index=pd.RangeIndex(rows), copy=False)
    frame.columns = pd.Index([str(c) for c in titles], dtype=object)
    return frame


def by_distinct(column: Any, pa: Any) -> pd.Categorical | None:
    """Return a column of texts by their distinct ones, None for any other.

    Arrow's own reading by distinct texts starts anew with each stretch of rows: of a million identifiers that
    takes four times as long.
    """
    kind = column.type
    if not len(column):  # not every Arrow makes a dictionary of nothing
        return None
    if pa.types.is_dictionary(kind):
        kind, column = kind.value_type, column.unify_dictionaries()
    elif pa.types.is_string(kind) or pa.types.is_large_string(kind):
        column = column.dictionary_encode()
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return None
    whole = column.combine_chunks()
    texts = pd.Index(whole.dictionary.to_numpy(zero_copy_only=False), dtype=object)
    codes = whole.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    if not texts.is_unique or texts.hasnans:
        again, texts = pd.factorize(texts, use_na_sentinel=True)
        codes = np.append(again, -1)[codes]
    return pd.Categorical.from_codes(codes, categories=texts)


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
            raise refusal(DataError, "parquet_bytes", column=header, name=name) from None
    kind = column.type
    if pa.types.is_floating(kind) or (pa.types.is_integer(kind) and column.null_count == 0):
        return column.to_numpy()
    if pa.types.is_decimal(kind):
        return column.cast(pa.float64()).to_numpy()
    cells = np.empty(len(column), object)
    cells[:] = column.to_pylist()
    return cells


def tables_below(folder: Path) -> str:
    """Return the first files of a folder within the folder that look like tables; "" for written results."""
    try:
        inside = sorted(os.listdir(folder))
    except OSError:
        return ""
    found = [name for name in inside if suffix_of(name) in SUFFIXES and not name.startswith((".", "~$"))]
    return "" if "run.json" in inside else ", ".join(map(show, found[:3]))
