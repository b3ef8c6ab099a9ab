"""Quarters, months and halves of a year in rows: summed to years where they make one, unknown where not."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.loaders.ledger import Ledger
from clustercoop.loaders.sheets import Grid, show
from clustercoop.loaders.units import words
from clustercoop.loaders.years import months_of

Months = tuple[NDArray[np.int64], NDArray[np.int64]]
PART_HEADERS: Final = {
    **dict.fromkeys(("квартал", "кв", "quarter", "qtr"), "q"),
    **dict.fromkeys(("месяц", "month", "номер месяца"), "month"),
    **dict.fromkeys(("полугодие", "half", "half year"), "h"),
    **dict.fromkeys(("период", "period", "отчетный период", "reporting period", "часть года"), ""),
}
_YEAR: Final = 0xFFF


def part_months(grid: Grid, unused: Sequence[str]) -> Months | None:
    """Return the first and last month of each row by a column such as ``Квартал``, None without one.

    Rows that name no part of a year have 0 and 0.
    """
    for header, cells in zip(grid.header, grid.columns, strict=True):
        kind = PART_HEADERS.get(" ".join(words(header))) if header in unused else None
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
    keys = [pd.factorize(ledger.frame[name], use_na_sentinel=True)[0] for name in ledger.spec.key]
    every = np.flatnonzero(ledger.alive)
    group = pd.DataFrame([key[every] for key in keys]).T.groupby(list(range(len(keys))), sort=False).ngroup()
    of = np.full(len(ledger), -1)
    of[every] = group.to_numpy()
    inside = np.flatnonzero(np.isin(of, np.unique(of[rows])) & ledger.alive)
    months_in = np.where(last > 0, last - first + 1, 12)
    order = inside[np.lexsort((-months_in[inside], of[inside]))]
    starts = np.flatnonzero(np.r_[True, np.diff(of[order]) != 0])
    size = np.diff(np.r_[starts, len(order)])
    masks = np.where(last > 0, (1 << last) - (1 << np.maximum(first - 1, 0)), _YEAR)[order]
    union = np.bitwise_or.reduceat(masks, starts)
    length = months_in[order]
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
        longest |= alone & distinct & (union == _YEAR) & _adds_up(ledger, order, starts, size, length == 12)
        _drop_others(ledger, order, starts, size, longest)
        _tell_partial_years(ledger, first, last)
        return
    complete = (union == _YEAR) & (total == 12) & (size > 1)
    longest &= whole
    _sum(ledger, order, starts, size, complete, length)
    _drop_others(ledger, order, starts, size, longest)
    open_ = ~complete & ~whole
    _leave_unknown(ledger, order, starts, size, open_ & (distinct | (size == 1)))


def _adds_up(
    ledger: Ledger, order: NDArray[Any], starts: NDArray[Any], size: NDArray[Any], whole: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Tell of each group of links whether its row of the year is the sum of its parts."""
    values = np.nan_to_num(ledger.values("value")[order])
    total = np.add.reduceat(np.where(whole, values, 0.0), starts)
    parts = np.add.reduceat(np.where(whole, 0.0, values), starts)
    return (size > 1) & np.isclose(total, parts, rtol=1e-6, atol=0.0)


def _said(year: float, _: int) -> str:
    return f"{year:.0f}"


def _tell_partial_years(ledger: Ledger, first: NDArray[np.int64], last: NDArray[np.int64]) -> None:
    """Tell years of which the rows of all pairs together cover some months only."""
    masks = np.where(last > 0, (1 << last) - (1 << np.maximum(first - 1, 0)), _YEAR)
    years = ledger.frame["year"].to_numpy("float64")
    for year in np.unique(years[ledger.alive & ~np.isnan(years)]):
        rows = np.flatnonzero(ledger.alive & (years == year))
        if np.bitwise_or.reduce(masks[rows]) != _YEAR:
            where = np.zeros(len(ledger), bool)
            where[rows[0]] = True
            ledger.note(where, "year_partial", "year", value=partial(_said, year))


def _members(order: NDArray[Any], starts: NDArray[Any], size: NDArray[Any], which: NDArray[np.bool_]) -> Any:
    """Return rows of the groups of `which`, and whether each is the first of its group."""
    hit = np.repeat(which, size)
    head = np.zeros(len(order), bool)
    head[starts] = True
    return order[hit], head[hit]


def _drop_others(
    ledger: Ledger,
    order: NDArray[Any],
    starts: NDArray[Any],
    size: NDArray[Any],
    which: NDArray[np.bool_],
) -> None:
    rows, head = _members(order, starts, size, which)
    where = np.zeros(len(ledger), bool)
    where[rows[~head]] = True
    ledger.reject(where, "part_cumulated", ledger.spec.key[0])


def _sum(
    ledger: Ledger,
    order: NDArray[Any],
    starts: NDArray[Any],
    size: NDArray[Any],
    which: NDArray[np.bool_],
    length: NDArray[Any],
) -> None:
    """Write the sums of complete parts into the first row of each group, and drop the others."""
    if not which.any():
        return
    rows, head = _members(order, starts, size, which)
    at = np.flatnonzero(head)
    for column in ledger.spec.columns:
        if column.name not in ledger.figures:
            continue
        values = ledger.values(column.name)[rows]
        if column.type == "count":
            share = length[np.repeat(which, size)] / 12.0
            folded = np.add.reduceat(values * share, at)
        elif column.type in ("money", "number"):
            folded = np.add.reduceat(values, at)
        else:
            folded = np.full(len(at), np.nan)
        ledger.fold(column.name, rows, rows[at], folded)
    where = np.zeros(len(ledger), bool)
    where[rows[~head]] = True
    ledger.reject(where, "part_summed", ledger.spec.key[0])


def _leave_unknown(
    ledger: Ledger,
    order: NDArray[Any],
    starts: NDArray[Any],
    size: NDArray[Any],
    which: NDArray[np.bool_],
) -> None:
    """Make figures unknown that parts of a year give and the year does not."""
    rows, head = _members(order, starts, size, which)
    where = np.zeros(len(ledger), bool)
    where[rows] = True
    for name in ledger.figures:
        known = where & ~np.isnan(ledger.values(name))
        ledger.blank(known, "parts_incomplete", name)
    extra = np.zeros(len(ledger), bool)
    extra[rows[~head]] = True
    ledger.reject(extra, "part_summed", ledger.spec.key[0])
