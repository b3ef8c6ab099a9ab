"""What a reader hands over: the cells of one sheet, where they stood, and how the file was read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import gettempdir
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.graph.arrays import Bools, Indices, Ints, Objects
from clustercoop.graph.errors import ClusterCoopError, DataError
from clustercoop.graph.texts import refusal, told
from clustercoop.loaders.formats import Shown

MAX_CELLS: Final = 30_000_000
MAX_BYTES: Final = 4_000_000_000


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row that could not be split into cells: where, why (a finding code), and what it held."""

    line: int
    code: str
    cells: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class RawSheet:
    """The cells of one sheet or file, before any meaning is read into them.

    Attributes
    ----------
    file, sheet : str
        Name of the file, and of the sheet in a workbook ("" elsewhere).
    records : sequence of rows
        Cells by row for text files (str) and workbooks (str, float, bool, date or None): a list of rows,
        which may differ in length, or a 2-D object array. Blank rows are left out. Empty where `frame`
        holds the cells.
    lines : sequence of int
        1-based row of each record as the user sees it in the file.
    frame : DataFrame or None
        Cells by column where the source has typed columns (Parquet); rows count from 1.
    broken : tuple of BrokenRow
        Rows that could not be split into cells.
    facts : mapping
        What was found out: sha256, bytes, encoding, delimiter, line_end …
    remarks : tuple of (code, detail, row)
        Findings about the file itself.
    merged : tuple of (row, column, last row, last column)
        Ranges of merged cells, counted from 0.
    shown : Shown or None
        What number formats show beside the numbers.
    titles : tuple of str
        Texts above the header, where `frame` holds the cells.
    """

    file: str
    sheet: str = ""
    records: Any = field(default_factory=list)
    lines: Sequence[int] = ()
    frame: pd.DataFrame | None = None
    broken: tuple[BrokenRow, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    remarks: tuple[tuple[str, str, int | None], ...] = ()
    merged: tuple[tuple[int, int, int, int], ...] = ()
    shown: Shown | None = None
    titles: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """Return how messages call the sheet."""
        return place_of(self.file, self.sheet)

    @property
    def hidden(self) -> bool:
        """Whether the workbook hides the sheet."""
        return any(code == "sheet_hidden" for code, *_ in self.remarks)

    def place(self, table: str) -> dict[str, str]:
        """Return where a finding about the sheet stands."""
        return {"table": table, "file": self.file, "sheet": self.sheet}


@dataclass(frozen=True, eq=False)
class Grid:
    """One table's cells by column, below a known header.

    Attributes
    ----------
    table : str
        The table of the contract that it is read as.
    file, sheet : str
        Where it comes from.
    header : tuple of str
        Headers as they stand in the file.
    columns : tuple of arrays, each of shape (rows,)
        Cells: object arrays, or numeric arrays or `coded.Cells` (`np.asarray` lays them out) where the source
        is typed.
    lines : array of int64, shape (rows,)
        1-based row of each record in the file.
    broken : tuple of BrokenRow
        Rows that are not in `columns`.
    facts, merged, shown
        As in `RawSheet`.
    titles, asides : tuple of str
        Texts above the header, and texts among or below the rows that are no records.
    """

    table: str
    file: str
    sheet: str
    header: tuple[str, ...]
    columns: tuple[NDArray[Any], ...]
    lines: Ints
    broken: tuple[BrokenRow, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    merged: tuple[tuple[int, int, int, int], ...] = ()
    shown: Shown | None = None
    titles: tuple[str, ...] = ()
    asides: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of rows that could be split into cells."""
        return len(self.lines)

    @property
    def where(self) -> str:
        """Return how messages call the sheet."""
        return place_of(self.file, self.sheet)

    @property
    def place(self) -> dict[str, str]:
        """Return where a finding about the table stands."""
        return {"table": self.table, "file": self.file, "sheet": self.sheet}

    def moved(self, origins: Sequence[Sequence[int]]) -> dict[str, Any]:
        """Return merged ranges and formats for columns that are made of those of `origins`."""
        merged = [
            (first, new, last, new)
            for first, left, last, _ in self.merged
            for new, old in enumerate(origins)
            if left in old
        ]
        return {"merged": tuple(merged), "shown": None if self.shown is None else self.shown.of(origins)}

    def pick(self, rows: Indices, columns: Sequence[int], broken: Sequence[BrokenRow] = ()) -> Grid:
        """Return these rows and columns, with further `broken` rows beside them."""
        return replace(
            self,
            header=tuple(self.header[i] for i in columns),
            columns=tuple(self.columns[i][rows] for i in columns),
            lines=self.lines[rows],
            broken=(*self.broken, *broken),
            **self.moved([(i,) for i in columns]),
        )

    def without(self, rows: Bools, code: str) -> Grid:
        """Return the grid without `rows`, which are broken for the reason `code`."""
        gone = np.flatnonzero(rows).tolist()
        broken = [BrokenRow(int(self.lines[i]), code, tuple(c[i] for c in self.columns)) for i in gone]
        return self.pick(np.flatnonzero(~rows), range(len(self.columns)), broken)

    def content(self, position: int) -> dict[str, str]:
        """Return the raw cells of a row by header, empty ones left out."""
        cells: dict[str, str] = {}
        for index, (name, column) in enumerate(zip(self.header, self.columns, strict=True), 1):
            text = show(column[position])
            if text:
                key = name if name and name not in cells else f"{name}#{index}"
                cells[key] = text
        return cells


def show(cell: Any) -> str:
    """Return a raw cell as text: whole floats without a fraction, missing as "".

    Examples
    --------
    >>> show(7701.0), show(0.5), show(None), show(True)
    ('7701', '0.5', '', 'TRUE')
    """
    if isinstance(cell, str):
        # A lone surrogate (a file name or a frame may hold one) could never be written out again.
        return cell if cell.isascii() else cell.encode("utf-8", "replace").decode()
    if cell is None or cell is pd.NaT or cell is pd.NA:
        return ""
    if isinstance(cell, bool | np.bool_):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float | np.floating):
        if np.isnan(cell):
            return ""
        return str(int(cell)) if np.isfinite(cell) and cell == int(cell) else repr(float(cell))
    return str(cell)


def objects(cells: Sequence[Any]) -> Objects:
    """Return cells as a column."""
    out = np.empty(len(cells), object)
    out[:] = cells
    return out


def place_of(file: str, sheet: str) -> str:
    """Return how messages call a sheet of a file, or the file.

    Examples
    --------
    >>> place_of("links.xlsx", "2022"), place_of("links.csv", "")
    ('sheet 2022 of links.xlsx', 'links.csv')
    """
    return told("refusal.where", sheet=sheet, file=file) if sheet else file


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn whatever a reader raises into one clear `DataError`; a reader's panic included."""
    try:
        yield
    except ClusterCoopError:
        raise
    except MemoryError:
        raise refusal(DataError, "memory", name=name) from None
    except PermissionError:
        raise refusal(DataError, "permission", name=name) from None
    except Exception as error:
        kind = type(error).__name__
        if kind == "InterruptException":  # DuckDB takes a signal for its own
            raise KeyboardInterrupt from None
        if kind == "OutOfMemoryException" or "No space left" in str(error):
            raise refusal(DataError, "no_room", name=name, folder=gettempdir()) from error
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise refusal(DataError, "damaged_because", name=name, reason=reason) from error
    except BaseException as error:
        # A panic of a Rust reader arrives as a BaseException of its own; Ctrl-C must pass.
        if type(error).__name__ != "PanicException":
            raise
        raise refusal(DataError, "damaged", name=name) from error


def read_bytes(path: Path, name: str) -> bytes:
    """Return the bytes of the file at `path`; `DataError` says why where that fails."""
    if path.is_dir():
        raise refusal(DataError, "folder_for_file", name=name)
    if path.is_symlink() and not path.exists():
        raise refusal(DataError, "link_broken", name=name)
    if not path.exists():
        raise refusal(DataError, "no_file", name=name)
    if not path.is_file():
        raise refusal(DataError, "irregular", name=name)
    with reading(name):
        if path.stat().st_size > MAX_BYTES:
            raise refusal(DataError, "larger_4", name=name)
        data = path.read_bytes()
    if not data:
        raise refusal(DataError, "file_empty", name=name)
    return data
