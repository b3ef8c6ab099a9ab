"""Links by parts of a year: what was supplied in each quarter or month, beside the links of the year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.graph.arrays import AnyInts, Floats, Ints, Objects
from clustercoop.graph.kinds import TEXT
from clustercoop.graph.schema import ENDS
from clustercoop.graph.settings import PERIODS, Period
from clustercoop.loaders.ledger import Ledger

FLOWS: Final = ("year", "period", *ENDS, "product_code", "kind", "value")


_PIECE: Final = 1 << 16
Sums = dict[int, tuple[Ints, Floats]]
"""Part of a year, 0 for none → positions of rows of a grid, and what each of them holds in that part."""


def part_of(first: NDArray[Any], last: NDArray[Any], period: Period) -> Ints:
    """Return the quarter or month, counted from 1, that holds all of the months; 0 where none does.

    Examples
    --------
    >>> part_of(np.array([1, 4, 3, 0]), np.array([3, 4, 4, 0]), "quarter").tolist()
    [1, 2, 0, 0]
    """
    size = PERIODS[period]
    one = (first > 0) & ((first - 1) // size == (last - 1) // size)
    return np.where(one, (first - 1) // size + 1, 0).astype(np.int64)


def flows_by_period(
    ledger: Ledger, first: Ints, last: Ints, period: Period, sums: Sequence[Sums | None] = ()
) -> pd.DataFrame:
    """Return what each supplier gave each buyer in each part of a year, returns set off within it.

    Parameters
    ----------
    ledger : Ledger
        Links whose repeats are gone and whose returns still stand.
    first, last : array of int64, shape (rows,)
        Months that each row is of, 0 where that is not known.
    period : {"quarter", "month"}
    sums : sequence of Sums or None
        What rows that are sums of a year hold in its parts, by grid; None where each row is of its months.
        What is used is taken out of it.

    Returns
    -------
    DataFrame
        The columns of `FLOWS`, texts as categories; `period` is empty where a row is of no single part, so
        that the parts add up to the rows of the year. A sum below zero took back more than was supplied in
        the part.
    """
    value = ledger.values("value")
    counted = ledger.alive & ~np.isnan(value)
    pieces: dict[int, list[tuple[Ints, Floats]]] = defaultdict(list)
    before, part = 0, part_of(first, last, period)
    for grid, held in zip(ledger.grids, sums or [None] * len(ledger.grids), strict=True):
        if held is None:
            rows = before + np.flatnonzero(counted[before : before + len(grid)])
            for one in np.unique(part[rows]).tolist():
                of_part = rows[part[rows] == one]
                pieces[one].append((of_part, value[of_part]))
        else:
            for one in list(held):  # taken out of it: there may be tens of millions
                at, amounts = held.pop(one)
                living = counted[before + at]
                whole = not before and living.all()
                pieces[one].append((at, amounts) if whole else (before + at[living], amounts[living]))
        before += len(grid)
    return _table(ledger, pieces, period)


def _table(ledger: Ledger, pieces: dict[int, list[tuple[Ints, Floats]]], period: Period) -> pd.DataFrame:
    """Return the sums of a part of a year after another: there may be tens of millions of rows."""
    names, year = FLOWS[2:-1], ledger.values("year")
    ranked = {name: _ranked(ledger, name) for name in names}
    found: dict[str, list[NDArray[Any]]] = {name: [] for name in (*names, "value")}
    spans: list[tuple[int, int]] = []
    parts = {one: _joined(pieces.pop(one)) for one in list(pieces)}
    years = sorted({y for rows, _ in parts.values() for y in np.unique(year[rows]).tolist()})
    for span in [(y, one) for y in years for one in sorted(parts, key=lambda one: (one == 0, one))]:
        rows, amounts = parts[span[1]]
        mine = np.flatnonzero(year[rows] == span[0])
        if not len(mine):
            continue
        rows, amounts = rows[mine], amounts[mine]
        ranks = [ranked[name][0][rows] for name in names]
        order = np.lexsort((rows, *ranks[::-1]))
        ranks, amounts = [rank[order] for rank in ranks], amounts[order]
        new = np.ones(len(rows), bool)
        new[1:] = np.logical_or.reduce([rank[1:] != rank[:-1] for rank in ranks])
        if not new.all():
            ranks = [rank[new] for rank in ranks]
            amounts = np.asarray(pd.Series(amounts).groupby(np.cumsum(new)).sum(), np.float64)
        for name, rank in zip(names, ranks, strict=True):
            found[name].append(rank)
        found["value"].append(amounts)
        spans.append(span)
    size = list(map(len, found["value"]))
    label = "{}-Q{}" if period == "quarter" else "{}-{:02}"
    told = [label.format(int(y), one) for y, one in spans if one]
    of = np.array([told.index(label.format(int(y), one)) if one else -1 for y, one in spans], np.int16)
    columns: dict[str, Any] = {
        "year": np.repeat(np.array([y for y, _ in spans], np.int16), size),
        "period": pd.Categorical.from_codes(np.repeat(of, size), categories=pd.Index(told, dtype="str")),
    }
    for name in names:
        codes, texts = np.concatenate([np.zeros(0, np.int8), *found.pop(name)]), ranked.pop(name)[1]
        columns[name] = _used(codes, texts) if len(texts) else _unknown(len(codes))
    columns["value"] = np.concatenate([np.zeros(0), *found.pop("value")])
    return pd.DataFrame(columns, copy=False)


def _joined(pieces: Sequence[tuple[Ints, Floats]]) -> tuple[Ints, Floats]:
    if len(pieces) == 1:
        return pieces[0]
    rows, amounts = (np.concatenate(side) for side in zip(*pieces, strict=True))
    return rows, amounts


def _unknown(size: int) -> Any:
    """Return a column of unknown texts whose pieces share their memory."""
    import pyarrow as pa

    piece = pa.nulls(min(size, _PIECE), pa.large_string())
    pieces = [piece] * (size // _PIECE) + [piece[: size % _PIECE]]
    return pd.array(pa.chunked_array(pieces), dtype=TEXT)


def _ranked(ledger: Ledger, name: str) -> tuple[AnyInts, Objects]:
    """Return the place of each row's text among the sorted ones, behind them all where there is none."""
    held = ledger.coded(name)
    order = np.argsort(held.texts)
    rank: AnyInts = np.empty(len(order) + 1, np.int8 if len(order) < 127 else np.int32)
    rank[order], rank[-1] = np.arange(len(order)), len(order)
    return rank[held.codes], held.texts[order]


def _used(ranks: AnyInts, texts: Objects) -> pd.Categorical:
    """Return texts by their ranks, one past the last for none; those that no row names are left out."""
    named = np.zeros(len(texts) + 1, bool)
    named[ranks] = True
    named[-1] = False
    place = np.where(named, np.cumsum(named) - 1, -1).astype(np.int32)
    return pd.Categorical.from_codes(place[ranks], categories=pd.Index(texts[named[:-1]], dtype="str"))
