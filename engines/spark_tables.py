"""Tables through Spark's own readers: Parquet, and by a file of addresses whatever Spark has a source for."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from clustercoop.engines.spark import told, unwarned
from clustercoop.graph.arrays import Ints
from clustercoop.graph.errors import DataError
from clustercoop.graph.schema import tables
from clustercoop.graph.texts import refusal
from clustercoop.loaders.raw import parquet_parts
from clustercoop.loaders.relational import Held, Sql
from clustercoop.loaders.sheets import show

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

_KEYS: Final = frozenset({"format", "load", "query", "options"})
_SECRET: Final = "env:"


class SparkReader:
    """Reads tables in a session of its own, whose names for views nobody else sees.

    Parameters
    ----------
    spark : SparkSession
    """

    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark if "connect" in type(spark).__module__ else spark.newSession()

    def parquet(self, path: Path, name: str) -> Held | None:
        """Return the table in a file or a folder of Parquet; None for anything else."""
        if path.is_file() and path.suffix.lower() != ".parquet":
            return None
        if not (parts := parquet_parts(path)):
            return None
        with _reading(name):
            counts = [_rows_of(part) for part in parts]
            frames = []
            for part, before in zip(parts, np.cumsum([0, *counts[:-1]]).tolist(), strict=True):
                frame = self._spark.read.parquet(str(part.absolute()))
                frames.append(_positioned(frame, f"_metadata.row_index + {before}L"))
            whole = frames[0]
            for frame in frames[1:]:
                whole = whole.unionAll(frame)
            header = tuple(self._spark.read.parquet(str(parts[0].absolute())).columns)
        facts = {"bytes": sum(part.stat().st_size for part in parts)}
        return SparkHeld(self._spark, name, header, whole, sum(counts), facts, parts)

    def addresses(self, path: Path) -> dict[str, Held]:
        """Return the tables that a file of addresses names; see ``docs/spark.md``.

        Raises
        ------
        DataError
            It is no TOML, names no table, or Spark cannot read one.
        """
        name = show(path.name)
        try:
            data = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise refusal(DataError, "unreadable", name=name, reason=error) from None
        found: dict[str, Held] = {}
        for table, section in data.items():
            where = f"[{table}] of {name}"
            clear = isinstance(section, dict) and all(
                key in _KEYS and isinstance(value, dict if key == "options" else str)
                for key, value in section.items()
            )
            if table not in tables() or not clear or not {"load", "query", "options"} & set(section):
                raise refusal(DataError, "address_wrong", where=where, tables=", ".join(tables()))
            with _reading(table):
                frame = self._addressed(section, where)
                header, count = tuple(frame.columns), frame.count()
                numbered = _positioned(frame, "monotonically_increasing_id()")
            facts = {"address": str(section.get("load") or section.get("query") or section["format"])}
            found[table] = SparkHeld(self._spark, table, header, numbered, count, facts)
        if not found:
            raise refusal(DataError, "address_wrong", where=name, tables=", ".join(tables()))
        return found

    def _addressed(self, section: Mapping[str, Any], where: str) -> DataFrame:
        if "query" in section:
            return self._spark.sql(section["query"])
        reader = self._spark.read.format(section.get("format", "parquet"))
        for key, value in section.get("options", {}).items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            if text.startswith(_SECRET):
                secret = text.removeprefix(_SECRET)
                if secret not in os.environ:
                    raise refusal(DataError, "address_secret", where=where, name=secret)
                text = os.environ[secret]
            reader = reader.option(key, text)
        return reader.load(section["load"]) if "load" in section else reader.load()


@dataclass(frozen=True)
class SparkHeld:
    """A table that Spark reads when it is asked; `parts` are the files in whose order its rows stand."""

    spark: SparkSession
    name: str
    header: tuple[str, ...]
    frame: DataFrame
    count: int
    facts: dict[str, Any]
    parts: tuple[Path, ...] | list[Path] = ()

    @property
    def layout(self) -> tuple[Any, ...]:
        """Headers and types."""
        return ("spark", self.header, tuple(kind for _, kind in self.frame.dtypes))

    @contextmanager
    def rows(self, more: Sequence[SparkHeld] = ()) -> Iterator[Sql]:
        """Open its rows, and below them those of `more`."""
        with _reading(self.name):
            frame, starts = self.frame, [0]
            for before, held in zip((self, *more), more, strict=False):
                starts.append(starts[-1] + before.count)
                line = f"line + {starts[-1]}L"
                frame = frame.unionAll(held.frame.selectExpr(*held.frame.columns[:-1], f"{line} AS line"))
            yield _Rows(self.spark, frame, starts)

    def lines(self, rows: Ints) -> Ints:
        """Return the places of rows in files of Parquet; 0 elsewhere, where rows keep no order."""
        return rows + 1 if self.parts else np.zeros_like(rows)

    def digest(self) -> str:
        """Return the digest of the files, "" where there are none to read."""
        from clustercoop.loaders.relational import digest_of

        return digest_of(self.parts) if self.parts else ""


class _Rows:
    """The relation `raw` in Spark, and whatever is named beside it."""

    def __init__(self, spark: SparkSession, frame: DataFrame, starts: Sequence[int]) -> None:
        self._spark, self._frame, self.starts = spark, frame, starts
        frame.createOrReplaceTempView("raw")

    def types(self) -> list[str]:
        return [kind.upper() for name, kind in self._frame.dtypes if name != "line"]

    def text(self, cell: str) -> str:
        """Return the SQL of a cell as text; of a whole number among floats ``7.0``, however large."""
        plain = f"CAST({cell} AS STRING)"
        if self.types()[int(cell.rpartition("c")[2])] not in ("DOUBLE", "FLOAT"):
            return plain
        whole = f"{cell} = floor({cell}) AND abs({cell}) < 1e15"
        return f"CASE WHEN {whole} THEN CAST(CAST({cell} AS DECIMAL(17, 1)) AS STRING) ELSE {plain} END"

    def frame(self, query: str) -> pd.DataFrame:
        found: pd.DataFrame = self.table(query).to_pandas()
        return found

    def table(self, query: str) -> pa.Table:
        with unwarned():
            return self._spark.sql(query).toArrow()

    def distinct(self, cells: str, where: str) -> str:
        made = f"SELECT {cells}, min(line) AS line, count(*) AS times"
        return f"{made} FROM raw WHERE {where} GROUP BY {cells}"

    def view(self, name: str, query: str) -> None:
        self._spark.sql(query).createOrReplaceTempView(name)

    def keep(self, name: str, query: str) -> None:
        self.view(name, query)  # asked for once

    def hold(self, name: str, frame: pd.DataFrame) -> None:
        with unwarned():
            self._spark.createDataFrame(_arrow(frame)).createOrReplaceTempView(name)


def _arrow(frame: pd.DataFrame) -> pa.Table:
    """Return a frame with its texts, all of them missing perhaps, as Arrow's strings."""
    import pyarrow as pa

    columns = {}
    for name in frame.columns:
        values = frame[name]
        if pd.api.types.is_bool_dtype(values) or pd.api.types.is_integer_dtype(values):
            columns[str(name)] = pa.array(values.to_numpy())
        elif pd.api.types.is_numeric_dtype(values):
            columns[str(name)] = pa.array(values.to_numpy("float64", na_value=np.nan))
        else:
            columns[str(name)] = pa.array(values.astype(object).where(values.notna(), None), pa.string())
    return pa.table(columns)


def _positioned(frame: DataFrame, line: str) -> DataFrame:
    """Return the columns as c0, c1, …, and the number of each row by the expression `line`."""
    titles = ("`" + title.replace("`", "``") + "`" for title in frame.columns)
    cells = (f"{title} AS c{k}" for k, title in enumerate(titles))
    return frame.selectExpr(*cells, f"CAST({line} AS BIGINT) AS line")


def _rows_of(part: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.read_metadata(part).num_rows)


def _reading(name: str) -> AbstractContextManager[None]:
    """Turn what Spark raises while a table is read into one sentence."""
    return told("spark_unread", name=name)
