"""Text files of transactions: known by their first lines, and turned to Parquet a block at a time."""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Ints
from clustercoop.graph.errors import DataError
from clustercoop.graph.schema import TableSpec
from clustercoop.graph.texts import refusal
from clustercoop.loaders.captions import unit_row
from clustercoop.loaders.grids import above, header_score, ragged
from clustercoop.loaders.header_rows import find_block, role
from clustercoop.loaders.numbers import parse_numbers
from clustercoop.loaders.raw import PACKED, TEXT_SUFFIXES, suffix_of
from clustercoop.loaders.sheets import BrokenRow, reading
from clustercoop.loaders.text import read_text
from clustercoop.loaders.tokens import Issue

if TYPE_CHECKING:
    from clustercoop.loaders.relational import Sql

_BLOCK: Final = 1 << 22
_HEAD: Final = 1 << 18
# No row of a supplier, a buyer, a date and an amount is shorter; packed it may take a tenth of that.
_SHORTEST: Final = 8
_SPACES: Final = " \u00a0\u202f\u2009'’"
# Distinct texts that are no plain numbers, read one by one.
_MOST: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Text:
    """How a text file is written: encoding, delimiter, ends of lines, headers, lines up to the first row.

    `rows` is how many it may hold, `decimal` is the sign that the first amounts show, "" where none does.
    `titles` and `above` are the texts above the header, and the rows there that are as wide as it; `remarks`
    is what was noticed of the file itself.
    """

    encoding: str
    delimiter: str
    line_end: str
    header: tuple[str, ...]
    skip: int
    rows: int = 0
    decimal: str = ""
    titles: tuple[str, ...] = ()
    above: tuple[BrokenRow, ...] = ()
    remarks: tuple[tuple[str, str, int | None], ...] = ()


def is_text_file(path: Path) -> bool:
    """Tell whether a file is delimited text by its name, packed or not."""
    return suffix_of(path.name).removesuffix(PACKED) in TEXT_SUFFIXES


def most_rows(paths: Iterable[Path]) -> int:
    """Return more rows than the text files among `paths` can hold together."""
    return sum(
        path.stat().st_size * (10 if path.suffix.lower() == PACKED else 1) // _SHORTEST
        for path in paths
        if is_text_file(path) and path.is_file()
    )


def text_of(path: Path, name: str, spec: TableSpec, wanted: Callable[[Sequence[str]], bool]) -> Text | None:
    """Return how a text file of `wanted` headers is written, and its rows at most; None for any other.

    Raises
    ------
    DataError
        The file cannot be read, or is in no known encoding.
    """
    score = partial(header_score, [spec])
    with reading(name), _opened(path) as file:
        head = file.read(_HEAD)
    sheet = read_text(head[: head.rfind(b"\n") + 1] or head, name, {}, score)
    block = find_block(sheet.records, spec)
    delimiter, header = sheet.facts["delimiter"], tuple(map(str.strip, block.paths))
    body = sheet.records[block.body :]
    if sheet.broken or block.body != block.first + 1 or not wanted(header):
        return None
    if len(body) and (unit_row(body[0], header, spec) or len(body[0]) != len(header)):
        return None
    encoding = sheet.facts["encoding"]
    ends, odd = 0, b""
    with reading(name), _opened(path) as file:
        while piece := file.read(_BLOCK):
            ends += piece.count(b"\n")
            if len(odd) < _HEAD and not piece.isascii():
                lines = piece.split(b"\n")[1:-1]
                odd += b"\n".join(itertools.islice((one for one in lines if not one.isascii()), 500))
    if encoding == "utf-8" and odd:
        encoding = read_text(odd, name, {}, score).facts["encoding"]
    encoding = encoding.removesuffix(" (damaged)")
    at = next(k for k, title in enumerate(header) if role(title, spec) == "value")
    amounts = [row[at] for row in body if at < len(row)]
    read = parse_numbers(np.array(amounts, dtype=object))
    skip = int(sheet.lines[block.first])
    sign = "" if read.assumed else read.decimal + "".join(one for one in read.thousands if one in ".,")
    titles, broken = above(sheet, block.first, header)
    found = (encoding, delimiter, sheet.facts["line_end"], header, skip, ends + 1 - skip, sign)
    return Text(*found, tuple(titles), tuple(broken), tuple(sheet.remarks))


def _opened(path: Path) -> closing[Any]:
    file: Any = gzip.open(path) if path.suffix.lower() == PACKED else path.open("rb")
    return closing(file)


def spool(path: Path, text: Text, target: Path, name: str) -> list[BrokenRow]:
    """Write the rows of a text file to `target` as Parquet, every cell a text; return those of another width.

    Raises
    ------
    DataError
        The file is damaged, or not in its encoding to the end.
    """
    import pyarrow as pa
    import pyarrow.csv as pc
    import pyarrow.parquet as pq

    titles = list(text.header)
    broken: list[BrokenRow] = []

    def odd(row: Any) -> str:
        cells = row.text.split(text.delimiter)
        broken.append(replace(ragged(int(row.number), cells, len(titles)), cells=(row.text[:200],)))
        return "skip"

    read = pc.ReadOptions(
        use_threads=False,
        block_size=_BLOCK,
        skip_rows=text.skip,
        column_names=titles,
        encoding=text.encoding,
    )
    split = pc.ParseOptions(
        delimiter=text.delimiter,
        newlines_in_values=True,
        ignore_empty_lines=False,
        invalid_row_handler=odd,
    )
    cells = pc.ConvertOptions(
        column_types=dict.fromkeys(titles, pa.string()), strings_can_be_null=True, null_values=["", " "]
    )
    with reading(name), _opened(path) as source, pc.open_csv(source, read, split, cells) as blocks:
        with pq.ParquetWriter(target, blocks.schema, compression="lz4") as out:
            for block in blocks:
                out.write_batch(block)
    return broken


def lines_of(rows: Ints, text: Text, broken: Sequence[BrokenRow]) -> Ints:
    """Return the lines of a file that rows of its Parquet, counted from 0, stood in.

    Examples
    --------
    >>> text = Text("utf-8", ";", "LF", ("a", "b"), 1)
    >>> lines_of(np.array([0, 1, 2]), text, [BrokenRow(3, "fields_wrong", ())]).tolist()
    [2, 4, 5]
    """
    gone = np.sort(np.array([bad.line for bad in broken], np.int64))
    before = np.searchsorted(gone - text.skip - 1 - np.arange(len(gone)), rows, side="right")
    return rows + text.skip + 1 + before


def amounts_of(rows: Sql, cell: str, where: str, sign: str) -> str:
    """Return the SQL that reads the texts of a column of `raw` as numbers, as those of small files are read.

    Texts are known by their shapes: how many digits, where signs stand. Where a shape is that of a plain
    number the engine reads it; all other texts are read here, and stand in the relation `amounts`, which the
    SQL expects to be joined by its column `text`. `sign` is the decimal one, where they leave it open.

    Raises
    ------
    DataError
        Texts carry units, or too many of them are no plain numbers.
    """
    rows.view(
        "shapes",
        f"SELECT {cell} AS text, translate({cell}, '0123456789', '9999999999') AS a,"
        f" regexp_replace({cell}, '^-+', '') LIKE '0%' AS b, {cell} LIKE '%0' AS c"
        f" FROM raw WHERE {cell} IS NOT NULL",
    )
    seen = rows.frame("SELECT a, b, c, min(text) AS low, max(text) AS high FROM shapes GROUP BY a, b, c")
    texts = np.concatenate([seen["low"].to_numpy(object), seen["high"].to_numpy(object)])
    read = parse_numbers(texts)
    hint = sign if read.open else ""
    read = parse_numbers(texts, hint=hint)
    mark = "," if read.decimal == "," else "."
    groups = _SPACES + (read.thousands if read.thousands in (".", ",") and read.thousands != mark else "")
    plain = np.array([_plain(text, groups, mark) for text in texts])
    same = (plain == read.values) & (read.issue == Issue.OK)
    odd = ~(same[: len(seen)] & same[len(seen) :])
    rows.hold("odd", seen.loc[odd, ["a", "b", "c"]].reset_index(drop=True))
    rest = rows.frame(
        f"SELECT DISTINCT text FROM shapes WHERE (a, b, c) IN (SELECT a, b, c FROM odd) LIMIT {_MOST + 1}"
    )
    numbers = parse_numbers(np.concatenate([rest["text"].to_numpy(object), texts]), hint=hint)
    number = np.where(numbers.issue == Issue.OK, numbers.values, np.nan)[: len(rest)]
    if len(rest) > _MOST or numbers.units or numbers.percent.any() or numbers.bounds:
        raise refusal(DataError, "transactions_texts", where=where)
    known = np.array([None if np.isnan(value) else value for value in number], dtype=object)
    rows.hold("amounts", pd.DataFrame({"text": rest["text"], "number": pd.Series(known, dtype="Float64")}))
    stripped = f"replace(translate({cell}, '{groups.replace(chr(39), 2 * chr(39))}', ''), '{mark}', '.')"
    return f"CASE WHEN m.text IS NULL THEN TRY_CAST({stripped} AS DOUBLE) ELSE m.number END"


def _plain(text: str, groups: str, mark: str) -> float:
    try:
        return float(text.translate(dict.fromkeys(map(ord, groups))).replace(mark, "."))
    except ValueError:
        return np.nan
