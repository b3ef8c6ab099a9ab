"""Quarters, months and halves of a year in rows: summed to years where they make one, unknown where not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Bools, Indices, Ints
from clustercoop.loaders.keys import groups
from clustercoop.loaders.ledger import Ledger
from clustercoop.loaders.sheets import Grid, show
from clustercoop.loaders.units import words
from clustercoop.loaders.years import months_of

Months = tuple[Ints, Ints]
_PART_HEADERS: Final = {
    **dict.fromkeys(("квартал", "кв", "quarter", "qtr"), "q"),
    **dict.fromkeys(("месяц", "month", "номер месяца"), "month"),
    **dict.fromkeys(("полугодие", "half", "half year"), "h"),
    **dict.fromkeys(("период", "period", "отчетный период", "reporting period", "часть года"), ""),
}
WHOLE: Final = 0xFFF
"""All months of a year, a bit each."""


def part_kind(header: str) -> str | None:
    """Return of which parts a header of a column of parts of a year speaks, "" for any; None for others.

    Examples
    --------
    >>> part_kind("Квартал"), part_kind("Отчётный период"), part_kind("Год")
    ('q', '', None)
    """
    return _PART_HEADERS.get(" ".join(words(header)))


def part_months(grid: Grid, unused: Sequence[str]) -> Months | None:
    """Return the first and last month of each row by a column such as ``Квартал``, None without one.

    Rows that name no part of a year have 0 and 0.
    """
    for header, cells in zip(grid.header, grid.columns, strict=True):
        kind = part_kind(header) if header in unused else None
        if kind is None:
            continue
        codes, unique = pd.factorize(np.asarray(cells), use_na_sentinel=False)
        spans = [_span(show(cell), kind) for cell in unique]
        if any(last for _, last in spans):
            both = np.array(spans, np.int64)[codes]
            return both[:, 0], both[:, 1]
    return None


def _span(text: str, kind: str) -> tuple[int, int]:
    found = [word for word in words(text) if not (len(word) == 4 and word.isdigit())]
    if found == ["год"] or found == ["year"]:
        return 1, 12
    if kind == "month" and len(found) == 1 and found[0].isdecimal():
        month = int(found[0])
        return (month, month) if 1 <= month <= 12 else (0, 0)
    alone = len(found) == 1 and kind in ("q", "h") and not months_of(found)
    return months_of([kind, *found] if alone else found) or (0, 0)


@dataclass(frozen=True, eq=False)
class _Groups:
    """Rows of one key side by side.

    Attributes
    ----------
    ledger : Ledger
    order : array of int, shape (rows,)
        The rows, group after group.
    starts, size : array of int, shape (groups,)
        Where in `order` each group begins, and how many rows it has.
    """

    ledger: Ledger
    order: Indices
    starts: Indices
    size: Indices

    def rows(self, which: Bools) -> tuple[Indices, Bools]:
        """Return the rows of the groups of `which`, and whether each is the first of its group."""
        hit = np.repeat(which, self.size)
        head = np.zeros(len(self.order), bool)
        head[self.starts] = True
        return self.order[hit], head[hit]

    def keep_first(self, which: Bools, code: str) -> None:
        """Reject all rows of the groups of `which` but the first."""
        rows, head = self.rows(which)
        self.ledger.reject(self.ledger.mask(rows[~head]), code, self.ledger.spec.key[0])


def fold_parts(ledger: Ledger, months: Months) -> None:
    """Fold rows of parts of a year into one row a key.

    Parts that make a year exactly are summed (counts are averaged by their months); of parts that all begin
    in January the longest is taken, as each holds those before it. A row of the whole year stands for its
    parts. What does not make a year leaves its figures unknown. Rows of links are only freed of cumulated
    parts, and of parts beside a year that is their sum: their year is the sum of their deliveries anyway.
    """
    first, last = (np.where(ledger.alive, side, 0) for side in months)
    rows = np.flatnonzero(last > 0)
    if not len(rows):
        return
    of, every = groups(ledger.frame, ledger.spec.key), months_in(first, last)
    inside = np.flatnonzero(np.isin(of, np.unique(of[rows])) & ledger.alive)
    size_of = np.where(last > 0, last - first + 1, 12)
    order = inside[np.lexsort((-size_of[inside], of[inside]))]
    starts = np.flatnonzero(np.r_[True, np.diff(of[order]) != 0])
    size = np.diff(np.r_[starts, len(order)])
    found = _Groups(ledger, order, starts, size)
    masks, length = every[order], size_of[order]
    union = np.bitwise_or.reduceat(masks, starts)
    total = np.add.reduceat(length, starts)
    whole = np.maximum.reduceat(length, starts) == 12
    from_january = np.minimum.reduceat((masks & 1).astype(int), starts) == 1
    by_mask = np.lexsort((masks, np.repeat(np.arange(len(starts)), size)))
    again = np.r_[False, np.diff(masks[by_mask]) == 0]
    again[starts] = False
    distinct = ~np.logical_or.reduceat(again, starts)
    alone = np.add.reduceat((length == 12).astype(int), starts) == 1
    longest = distinct & (size > 1) & (alone | from_january)
    if ledger.spec.name == "links":
        longest &= from_january
        longest |= alone & distinct & (union == WHOLE) & _adds_up(found, length == 12)
        found.keep_first(longest, "part_cumulated")
        _tell_partial_years(ledger, every)
        return
    complete = (union == WHOLE) & (total == 12) & (size > 1)
    _sum(found, complete, length)
    found.keep_first(longest & whole, "part_cumulated")
    _leave_unknown(found, ~complete & ~whole & (distinct | (size == 1)))


def months_in(first: Ints, last: Ints) -> Ints:
    """Return the months of each row, a bit each; all of them for a row of no part."""
    return np.where(last > 0, (1 << last) - (1 << np.maximum(first - 1, 0)), WHOLE)


def _adds_up(found: _Groups, whole: Bools) -> Bools:
    """Tell of each group of links whether its row of the year is the sum of its parts."""
    values = np.nan_to_num(found.ledger.values("value")[found.order])
    total = np.add.reduceat(np.where(whole, values, 0.0), found.starts)
    parts = np.add.reduceat(np.where(whole, 0.0, values), found.starts)
    return (found.size > 1) & np.isclose(total, parts, rtol=1e-6, atol=0.0)


def _tell_partial_years(ledger: Ledger, months: Ints) -> None:
    """Tell years of which the rows of all pairs together cover some months only."""
    years = ledger.values("year")
    for year in np.unique(years[ledger.alive & ~np.isnan(years)]).tolist():
        rows = np.flatnonzero(ledger.alive & (years == year))
        if np.bitwise_or.reduce(months[rows]) != WHOLE:
            said = f"{year:.0f}"
            ledger.note(ledger.mask(rows[:1]), "year_partial", "year", value=said)


def _sum(found: _Groups, which: Bools, length: Ints) -> None:
    """Write the sums of complete parts into the first row of each group, and drop the others."""
    if not which.any():
        return
    ledger = found.ledger
    rows, head = found.rows(which)
    at = np.flatnonzero(head)
    for name in ledger.figures:
        values = ledger.values(name)[rows]
        kind = ledger.spec[name].type
        if kind == "count":
            folded = np.add.reduceat(values * (length[np.repeat(which, found.size)] / 12.0), at)
        elif kind in ("money", "number"):
            folded = np.add.reduceat(values, at)
        else:
            folded = np.full(len(at), np.nan)
        ledger.fold(name, rows, rows[at], folded)
    found.keep_first(which, "part_summed")


def _leave_unknown(found: _Groups, which: Bools) -> None:
    """Make figures unknown that parts of a year give and the year does not."""
    ledger = found.ledger
    where = ledger.mask(found.rows(which)[0])
    for name in ledger.figures:
        ledger.blank(where & ~np.isnan(ledger.values(name)), "parts_incomplete", name)
    found.keep_first(which, "part_summed")
