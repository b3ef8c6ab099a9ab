"""What the columns of large tables are: found out on some of their rows, by the rules for small tables.

The first rows of each table, and the first row with each value of columns that hold few, are laid out and
typed like a small table. What these rules make of headers, units and columns of codes holds for all rows.
Where they would set rows aside, or change the cells that are summed, the table is refused: sums would be of
something else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Ints
from clustercoop.graph.errors import DataError
from clustercoop.graph.findings import Finding
from clustercoop.graph.schema import ENDS, tables
from clustercoop.graph.texts import refusal
from clustercoop.loaders.cells import TypedGrid
from clustercoop.loaders.matching import meaning
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.raw import frame_of
from clustercoop.loaders.settled import Settled
from clustercoop.loaders.sheets import RawSheet, show
from clustercoop.loaders.unit_columns import ColumnUnits
from clustercoop.loaders.who import coded_and_named

if TYPE_CHECKING:
    from clustercoop.loaders.relational import Sql

Read = Callable[[int, RawSheet, Notes], TypedGrid]
"""Lays out and types rows of the sheet of a number as those of a small table."""
FIRST: Final = 10_000
"""Rows of each table that are looked at; of a smaller table these are all."""
FEW: Final = 1_000
"""Values of a column of which each is looked at."""
SUMMED: Final = ("year", "value", *ENDS, "product_code", "kind")
# What is told of the sums, with all of them seen: the signs of marks, and how a file was read.
_OF_SUMS: Final = ("gap_", "format_found", "unit_converted", "unit_in_cells", "title_rows_skipped")
# What counts rows, which are more than were looked at.
_COUNTED: Final = frozenset({"date_chosen_apart", "year_differs", "status_ended", "documents_back"})


@dataclass(frozen=True, eq=False)
class Sampled:
    """What some rows of a table told of it.

    Attributes
    ----------
    typed : TypedGrid
        These rows.
    at : dict of str to int
        Column of the contract → its place in the file.
    titles : dict of str to str
        Column of the contract → its header.
    origin : list of int
        Where the columns of `typed` stand in the file.
    said : tuple of Finding
        What was told of headers and columns.
    """

    typed: TypedGrid
    at: dict[str, int]
    titles: dict[str, str]
    origin: list[int]
    said: tuple[Finding, ...]

    def tell(self, notes: Notes, count: int) -> None:
        """Tell what was told of headers and columns; of `count` rows some may not have been looked at."""
        for note in self.said:
            more = count > len(self.typed.grid) and note.code in _COUNTED
            told = replace(note, value=f"≥ {note.value}") if more else note
            notes.add(**{one.name: getattr(told, one.name) for one in fields(told)})

    def facts(self, columns: Sequence[str]) -> dict[str, Any]:
        """Return what a sheet of sums, of these `columns` of the contract, has to know of them."""
        kept = {name: self.typed.grid.facts[name] for name in ("headers", "sure", "unused")}
        at = {name: place for place, name in enumerate(columns)}
        return {**kept, "columns_at": at, "codes_at": [], "names_at": [], "settled": self.settled(columns)}

    @property
    def scale(self) -> float:
        """What amounts are counted in."""
        scale = self.typed.scales["value"]
        assert isinstance(scale, float)
        return scale

    def settled(self, columns: Sequence[str]) -> Settled:
        """Return what was settled, for sums that have these `columns` of the contract alone."""
        settled = self.typed.settled
        assert settled is not None
        held = {m.column.name: m for m in settled.match.columns}
        kept = [replace(held[name], position=at) for at, name in enumerate(columns)]
        kept = [
            replace(m, unit=replace(m.unit, scale=self.scale))
            if self.by_rows and m.column.name == "value"
            else m
            for m in kept
        ]
        return Settled(
            replace(settled.match, columns=tuple(kept), unknown=()), ColumnUnits(), settled.unnamed
        )

    @property
    def by_rows(self) -> bool:
        """Whether a column of units gave the amounts theirs."""
        settled = self.typed.settled
        return settled is not None and "value" in settled.units.scales


def sampled(rows: Sql, sheets: Sequence[RawSheet], named: bool, name: str, read: Read) -> list[Sampled]:
    """Return what some rows of each of the `sheets` tell, whose rows stand in `rows` one sheet below another.

    With `named` all codes of names are looked at, which may be of members that have none.

    Raises
    ------
    DataError
        Rows of them would be set aside or changed, or the sheets differ in what their columns are.
    """
    lines = _telling(rows, sheets[0], named)
    found = []
    for number, (sheet, start, stop) in enumerate(
        zip(sheets, rows.starts, [*rows.starts[1:], None], strict=True)
    ):
        mine = f"line >= {start}" + (f" AND line < {stop}" if stop is not None else "")
        first = rows.frame(f"SELECT line FROM raw WHERE {mine} ORDER BY line LIMIT {FIRST}")["line"]
        above = lines[(lines >= start) & (lines < (stop or np.iinfo(np.int64).max))]
        taken = np.union1d(first.to_numpy(np.int64), above)
        found.append(_of_lines(rows, sheet, number, taken, start, name, read))
    if any(
        (one.at, one.titles, one.scale) != (found[0].at, found[0].titles, found[0].scale) for one in found
    ):
        listed = ", ".join(sheet.file for sheet in sheets)
        raise refusal(DataError, "transactions_differ", name=listed)
    return found


def _telling(rows: Sql, sheet: RawSheet, named: bool) -> Ints:
    """Return the lines of the first row with each value of columns of few, and with each code of a name."""
    header = [str(title) for title in sheet.frame.columns] if sheet.frame is not None else []
    asked = ", ".join(f"approx_count_distinct(c{k}) AS n{k}" for k in range(len(header)))
    counts = rows.frame(f"SELECT {asked} FROM raw").iloc[0].to_numpy()
    keys = [f"c{k}" for k in np.flatnonzero(counts <= FEW)]
    dates = [f"c{k}" for k, title in enumerate(header) if meaning(title, tables()["links"]) == "year"]
    keys += map(", ".join, combinations(dates, 2))  # one of them is chosen, and another may give other years
    if named:
        keys += [f"c{code}, c{other}" for code, other in coded_and_named(header, tables()["links"])]
    each = [f"SELECT min(line) AS line FROM raw GROUP BY {key}" for key in keys]
    return rows.frame(" UNION ".join(each))["line"].to_numpy(np.int64) if each else np.empty(0, np.int64)


def _of_lines(
    rows: Sql, sheet: RawSheet, number: int, lines: Ints, start: int, name: str, read: Read
) -> Sampled:
    width = len(sheet.frame.columns) if sheet.frame is not None else 0
    rows.hold(f"looked_at_{number}", pd.DataFrame({"line": lines}))
    cells = ", ".join(f"r.c{k}" for k in range(width))
    table = rows.table(
        f"SELECT {cells} FROM raw r JOIN looked_at_{number} l ON r.line = l.line ORDER BY r.line"
    )
    frame = frame_of(table, name)
    assert sheet.frame is not None
    frame.columns = sheet.frame.columns
    notes = Notes()
    facts = {**sheet.facts, "sampled": True}
    places = (lines - start + 1).tolist()
    typed = read(number, replace(sheet, frame=frame, lines=places, facts=facts, remarks=()), notes)
    origin = _origin(typed, frame, name)
    settled = typed.settled
    assert settled is not None
    if not isinstance(typed.scales["value"], float):
        if not settled.units.headers:
            raise refusal(DataError, "transactions_texts", where=f"{_title(settled, 'value')} ({name})")
        said = "; ".join(f"{title}: {units}" for title, units in settled.units.headers.items())
        raise refusal(DataError, "transactions_shaped", name=name, said=said)
    if others := [title for title, column in typed.columns.items() if column not in SUMMED]:
        raise refusal(DataError, "transactions_shaped", name=name, said=", ".join(others))
    if "cumulated" in typed.grid.facts:
        raise refusal(DataError, "transactions_shaped", name=name, said="part_cumulated")
    kept = [note for note in notes.items if not note.code.startswith(_OF_SUMS)]
    titles = {m.column.name: m.header for m in settled.match.columns}
    at = {m.column.name: origin[m.position] for m in settled.match.columns}
    return Sampled(typed, at, titles, origin, tuple(kept))


def _title(settled: Settled, column: str) -> str:
    return next(m.header for m in settled.match.columns if m.column.name == column)


def _origin(typed: TypedGrid, frame: pd.DataFrame, name: str) -> list[int]:
    """Return where the columns of rows that were laid out stand in the file.

    Raises
    ------
    DataError
        Rows were set aside, or cells of these columns changed.
    """
    grid = typed.grid
    if grid.broken or len(grid) != len(frame):
        codes = dict.fromkeys(broken.code for broken in grid.broken)
        raise refusal(DataError, "transactions_shaped", name=name, said=", ".join(codes) or "turned")
    header = list(map(str, frame.columns))
    origin = list(range(len(header)))
    if len(grid.header) != len(header):  # a column that says of all rows that they are facts is left out
        left = iter(enumerate(header))
        origin = [next((at for at, title in left if title == one), -1) for one in grid.header]
    settled = typed.settled
    assert settled is not None
    for m in settled.match.columns:
        at = origin[m.position]
        cells, held = np.asarray(grid.columns[m.position]), frame.iloc[:, at].to_numpy(object)
        if at < 0 or list(map(show, cells)) != list(map(show, held)):
            raise refusal(DataError, "transactions_shaped", name=name, said=m.header)
    return origin
