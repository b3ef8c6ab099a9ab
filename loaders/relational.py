"""Tables that an engine of SQL holds: large files for DuckDB, and what others read by their own means."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import pandas as pd

from clustercoop.graph.arrays import Ints
from clustercoop.graph.errors import DataError
from clustercoop.graph.schema import tables
from clustercoop.graph.texts import refusal
from clustercoop.loaders.raw import parquet_parts
from clustercoop.loaders.scratch import scratch
from clustercoop.loaders.sheets import BrokenRow, reading
from clustercoop.loaders.spooled import Text, is_text_file, lines_of, spool, text_of

if TYPE_CHECKING:
    import pyarrow as pa

_ZONE: Final = re.compile(r"^timestamp\[.*tz=([\w/+:\-]+)\]$")
_OFFSET: Final = re.compile(r"[+-]\d\d:\d\d")
MEMORY: Final = "2GiB"
"""What DuckDB may hold; the rest goes to the folder for temporary files."""


class Sql(Protocol):
    """Rows that an engine of SQL holds.

    The relation `raw` has the columns ``c0``, ``c1``, … and ``line``, the number of the row from 0; `starts`
    are the lines with which its tables begin. What is asked is in the words that DuckDB and Spark share.
    """

    @property
    def starts(self) -> Sequence[int]:
        """The lines with which the tables of `raw` begin."""

    def types(self) -> list[str]:
        """Return the types of ``c0``, ``c1``, … in capitals, in the engine's own words."""

    def text(self, cell: str) -> str:
        """Return the SQL of a cell of `raw`, as ``c0`` or behind an alias ``r.c0``, as text."""

    def frame(self, query: str) -> pd.DataFrame:
        """Return what `query` selects."""

    def table(self, query: str) -> pa.Table:
        """Return what `query` selects as a table of Arrow: millions of rows."""

    def distinct(self, cells: str, where: str) -> str:
        """Return the query of what rows `where` differ in: `cells`, ``line`` of the first, ``times``."""

    def view(self, name: str, query: str) -> None:
        """Name what `query` selects, to be computed when it is asked for."""

    def keep(self, name: str, query: str) -> None:
        """Compute what `query` selects, and name it."""

    def hold(self, name: str, frame: pd.DataFrame) -> None:
        """Name the rows of a frame; texts may be missing."""


class Held(Protocol):
    """A table that an engine reads by its own means: a file, a folder of Parquet, a table elsewhere."""

    @property
    def header(self) -> tuple[str, ...]:
        """Its headers."""

    @property
    def count(self) -> int:
        """Its rows."""

    @property
    def facts(self) -> dict[str, Any]:
        """What is known of it, for ``run.json``."""

    @property
    def layout(self) -> tuple[Any, ...]:
        """What is equal in tables whose rows may stand in one relation: headers, types, decimal signs."""

    def rows(self, more: Sequence[Any] = ()) -> AbstractContextManager[Sql]:
        """Open its rows, and below them those of `more`, tables of the same engine and layout."""

    def lines(self, rows: Ints) -> Ints:
        """Return the places, counted from 1, of rows counted from 0; 0 where it keeps no order."""

    def digest(self) -> str:
        """Return the SHA-256 of its content, "" where there is none to read."""


Reader = Callable[[Path, str], "Held | None"]
"""Returns the table in a file or folder, called by its name in messages; None where others shall read it."""


@dataclass(frozen=True)
class HeldParquet:
    """A file of Parquet, or a folder of them, for DuckDB; `text` tells of the text that it was before."""

    path: Path
    name: str
    header: tuple[str, ...]
    count: int
    facts: dict[str, Any]
    types: tuple[str, ...] = ()
    text: Text | None = None
    broken: list[BrokenRow] = field(default_factory=list)

    @property
    def layout(self) -> tuple[Any, ...]:
        """Headers with their types, or the decimal sign of a text."""
        return ("duckdb", self.header, self.types, self.text and self.text.decimal)

    @contextmanager
    def rows(self, more: Sequence[HeldParquet] = ()) -> Iterator[Sql]:
        """Open its rows; a text is turned to Parquet first, and its broken rows are told in `broken`."""
        import duckdb

        every = (self, *more)
        before = [_stamp(held.path) for held in every]
        with scratch() as folder, duckdb.connect() as engine:
            engine.execute(f"SET preserve_insertion_order = false; SET memory_limit = '{MEMORY}'")
            engine.execute(f"SET temp_directory = {_told(folder)}")
            tables = []
            for number, held in enumerate(every):
                files = parquet_parts(held.path)
                if held.text:
                    files = [folder / f"rows-{number}.parquet"]
                    held.broken[:] = spool(held.path, held.text, files[0], held.name)
                tables.append(files)
            yield _Duck(engine, tables, list(map(_cell, self.header, self.types or [""] * len(self.header))))
        for held, stamp in zip(every, before, strict=True):  # it is read more than once
            if _stamp(held.path) != stamp:
                raise refusal(DataError, "file_changed", name=held.name)

    @property
    def above(self) -> tuple[BrokenRow, ...]:
        """Rows above the header of a text that are as wide as it."""
        return self.text.above if self.text else ()

    def lines(self, rows: Ints) -> Ints:
        """Return the lines of a text, the rows of a file of Parquet."""
        return lines_of(rows, self.text, self.broken) if self.text else rows + 1

    def digest(self) -> str:
        """Return the digest of the file, or of all files of the folder."""
        return digest_of(parquet_parts(self.path))


class _Duck:
    """The relation `raw` in DuckDB, and whatever is named beside it."""

    def __init__(self, engine: Any, tables: Sequence[Sequence[Path]], titles: Sequence[str]) -> None:
        import pyarrow.parquet as pq

        self._engine = engine
        cells = ", ".join(f"{cell} AS c{k}" for k, cell in enumerate(titles))
        before, parts = 0, []
        self.starts: list[int] = []
        for files in tables:
            self.starts.append(before)
            for file in files:
                from_file = f"read_parquet({_told(file)}, file_row_number = true)"
                parts.append(f"SELECT {cells}, file_row_number + {before} AS line FROM {from_file}")
                before += pq.read_metadata(file).num_rows
        self.view("raw", " UNION ALL ".join(parts))

    def types(self) -> list[str]:
        return [str(kind) for kind in self._engine.table("raw").types[:-1]]

    def text(self, cell: str) -> str:
        return f"CAST({cell} AS STRING)"

    def frame(self, query: str) -> pd.DataFrame:
        found: pd.DataFrame = self._engine.sql(query).df()
        return found

    def table(self, query: str) -> pa.Table:
        return self._engine.sql(query).to_arrow_table()

    def distinct(self, cells: str, where: str) -> str:
        # Few rows stand twice: only numbers made of all others have to be held, or written to the disk.
        made = f"hash({cells})"
        self.keep(
            "twice",
            f"SELECT h FROM (SELECT {made} AS h FROM raw WHERE {where}) GROUP BY h HAVING count(*) > 1",
        )
        rows = f"FROM raw WHERE {where} AND {made}"
        return (
            f"SELECT {cells}, line, 1 AS times {rows} NOT IN (SELECT h FROM twice) UNION ALL"
            f" SELECT {cells}, min(line), count(*) {rows} IN (SELECT h FROM twice) GROUP BY {cells}"
        )

    def view(self, name: str, query: str) -> None:
        self._engine.execute(f"CREATE TEMP VIEW {name} AS {query}")

    def keep(self, name: str, query: str) -> None:
        self._engine.execute(f"CREATE TEMP TABLE {name} AS {query}")

    def hold(self, name: str, frame: pd.DataFrame) -> None:
        self._engine.register(name, frame)


def digest_of(parts: Sequence[Path]) -> str:
    """Return the SHA-256 of files read one after another."""
    found = hashlib.sha256()
    for part in parts:
        with part.open("rb") as file:
            while piece := file.read(1 << 22):
                found.update(piece)
    return found.hexdigest()


def held_by_duckdb(
    path: Path, name: str, wanted: Callable[[Sequence[str]], bool], *, texts: bool
) -> HeldParquet | None:
    """Return a table of `wanted` headers that DuckDB can read, `texts` among them; None where there is none.

    Raises
    ------
    DataError
        The file is damaged.
    """
    if find_spec("duckdb") is None:
        return None
    if is_text_file(path) and path.is_file():
        text = text_of(path, name, tables()["links"], wanted) if texts else None
        if text is None:
            return None
        facts: dict[str, Any] = {
            "encoding": text.encoding,
            "delimiter": text.delimiter,
            "line_end": text.line_end,
        }
        facts = {"bytes": path.stat().st_size, **facts}
        return HeldParquet(path, name, text.header, text.rows, facts, (), text)
    if not path.is_dir() and (path.suffix.lower() != ".parquet" or not path.exists()):
        return None
    import pyarrow.parquet as pq

    with reading(name):
        files = [pq.ParquetFile(part) for part in parquet_parts(path)]
    if not files:
        return None
    schema = files[0].schema_arrow
    header = tuple(map(str, schema.names))
    if not wanted(header):
        return None
    titles = [set(map(str, file.schema_arrow.names)) for file in files]
    if apart := titles[0].union(*titles) - titles[0].intersection(*titles):
        raise refusal(DataError, "parts_differ", name=name, titles=", ".join(sorted(apart)))
    count = sum(file.metadata.num_rows for file in files)
    size = sum(part.stat().st_size for part in parquet_parts(path))
    return HeldParquet(path, name, header, count, {"bytes": size}, tuple(map(_kind, schema.types)))


def _kind(held: Any) -> str:
    """Return what a type of Arrow holds: texts however they are laid out, dates of any unit."""
    import pyarrow as pa

    if pa.types.is_dictionary(held):
        return _kind(held.value_type)
    if pa.types.is_large_string(held) or pa.types.is_string(held):
        return "string"
    return "timestamp" if pa.types.is_timestamp(held) and held.tz is None else str(held)


def _cell(title: str, kind: str) -> str:
    """Return the SQL of a column; moments are those of the zone that the file names, not of this machine."""
    zone = _ZONE.search(kind)
    if zone is None:
        return _quoted(title)
    at, away = ("UTC", zone[1]) if _OFFSET.fullmatch(zone[1]) else (zone[1], "+00:00")
    minutes = int(f"{away[0]}1") * (60 * int(away[1:3]) + int(away[4:6]))
    return f"({_quoted(title)} AT TIME ZONE '{at}' + to_minutes({minutes}))"


def _stamp(path: Path) -> list[tuple[str, int, int]]:
    """Return the size of each file of a table, and when it was written."""
    return [(str(p), p.stat().st_size, p.stat().st_mtime_ns) for p in parquet_parts(path)]


def _told(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _quoted(title: str) -> str:
    return '"' + title.replace('"', '""') + '"'
