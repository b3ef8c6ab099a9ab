"""When large tables of transactions are: each distinct cell of their years, dates, quarters or months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Floats, Ints, Objects
from clustercoop.graph.errors import DataError
from clustercoop.graph.settings import Period
from clustercoop.graph.texts import refusal
from clustercoop.loaders.cells import TypedGrid
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.parts import WHOLE, months_in, part_months
from clustercoop.loaders.periods import part_of
from clustercoop.loaders.raw import frame_of
from clustercoop.loaders.sheets import Grid, show
from clustercoop.loaders.years import Years, parse_years

if TYPE_CHECKING:
    from clustercoop.loaders.relational import Sql

_TOLD: Final = {"dated": "year_from_date", "serial": "year_from_serial"}


@dataclass(frozen=True, eq=False)
class When:
    """The distinct cells that tell when rows are.

    Attributes
    ----------
    frame : DataFrame
        The cells as text (`text0`, …), the year (NaN for none), and the `part` of it, counted from 1; 0 for
        none.
    told : dict of str to str
        What is told of them: the code of a finding → a cell.
    partial : tuple of int
        Years of which the rows are of some months only.
    """

    frame: pd.DataFrame
    told: dict[str, str] = field(default_factory=dict)
    partial: tuple[int, ...] = ()

    def tell(self, notes: Notes, place: dict[str, str]) -> None:
        """Tell once of a table what of a small one is told of each row."""
        for code, cell in self.told.items():
            notes.add(code, **place, value=cell)
        for year in self.partial:
            notes.add("year_partial", **place, value=str(year))


def years_of(
    rows: Sql, cells: Sequence[str], header: Sequence[str], typed: TypedGrid, period: Period, name: str
) -> When:
    """Return what the cells of years or dates, and of parts of a year beside them, tell of time.

    Raises
    ------
    DataError
        Parts of a year lie in others: some rows may be the sums of others.
    """
    asked = ", ".join(f"{cell}, {rows.text(cell)} AS text{k}" for k, cell in enumerate(cells))
    found = rows.table(f"SELECT DISTINCT {asked} FROM raw")
    held = frame_of(found.select(list(dict.fromkeys(cells))), name)
    columns = [held[cell].to_numpy() for cell in cells]
    read = parse_years(columns[0])
    titles = tuple(header[int(cell[1:])] for cell in cells)
    lines = np.arange(1, len(held) + 1, dtype=np.int64)
    unused = typed.settled.unused if typed.settled else []
    months = (
        (read.first.astype(np.int64), read.last.astype(np.int64))
        if read.last.any()
        else part_months(Grid("links", name, "", titles[1:], tuple(columns[1:]), lines), unused)
    )
    years = np.where(read.january, read.years - 1, read.years) if read.ends_of_years else read.years
    partial = _partial(years, months, name) if months else ()
    first, last = months or (np.zeros(len(held), np.int64),) * 2
    first, last = (np.where(last > 0, side, read.month) for side in (first, last))
    frame = pd.DataFrame({f"text{k}": found[f"text{k}"].to_pandas() for k in range(len(cells))})
    frame = frame.assign(year=years, part=0 if period == "year" else part_of(first, last, period))
    return When(frame, _told(read, columns[0]), partial)


def _told(read: Years, cells: Objects) -> dict[str, str]:
    found = {code: getattr(read, flag) for flag, code in _TOLD.items()}
    known = ~np.isnan(read.years)
    if read.ends_of_years:
        found["year_closing"] = read.january
    elif known.any() and read.january[known].all():
        found["year_new_year"] = read.january
    return {code: min(map(show, cells[hit])) for code, hit in found.items() if hit.any()}  # in any order


def _partial(years: Floats, months: tuple[Ints, Ints], name: str) -> tuple[int, ...]:
    """Return the years of which the rows are of some months only."""
    masks = months_in(*months)
    partial = []
    for year in np.unique(years[~np.isnan(years)]).tolist():
        mine = np.unique(masks[years == year])
        union = int(np.bitwise_or.reduce(mine))
        if sum(int(mask).bit_count() for mask in mine.tolist()) > union.bit_count():
            raise refusal(DataError, "transactions_nested", name=name, year=f"{year:.0f}")
        if union != WHOLE:
            partial.append(int(year))
    return tuple(partial)
