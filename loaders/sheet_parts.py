"""Sheets of one table in a workbook: whether they are parts of it, or one says what the others do."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Final

import numpy as np

from clustercoop.graph.errors import SchemaError
from clustercoop.graph.schema import ENDS, NUMERIC, TableSpec, tables
from clustercoop.loaders.documents import undone
from clustercoop.loaders.grids import to_grid
from clustercoop.loaders.header_rows import role
from clustercoop.loaders.ids import clean_id
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.numbers import parse_numbers
from clustercoop.loaders.sheets import Grid, RawSheet, show
from clustercoop.loaders.totals import is_total
from clustercoop.loaders.turning import plan_or_fact
from clustercoop.loaders.years import period_of

_EXACT: Final = 1e-6


def disjoint(sheets: Sequence[RawSheet], table: str) -> bool:
    """Tell whether sheets of one table, with the same columns, name no organisation or pair twice.

    A plan or a draft is no part beside a fact, nor a month beside longer parts of a year. Nor are sheets
    that add up to the same, which may show one thing in two ways, and sheets of numbers beside sheets of
    names, which may be of the same organisations.
    """
    spec = tables()[table]
    keys = ENDS if table == "links" else ("participant_id",)
    titles = [sheet.sheet for sheet in sheets]
    if any(map(period_of, titles)) or "plan" in map(plan_or_fact, titles) or undone("Статус", titles):
        return False
    seen: set[frozenset[str]] = set()
    columns: set[frozenset[str]] = set()
    coded: set[bool] = set()
    sums: list[dict[str, float]] = []
    for sheet in sheets:
        grid = _grid(sheet, spec)
        at = {name: i for i, title in reversed(list(enumerate(grid.header))) if (name := role(title, spec))}
        if not set(keys) <= set(at):
            return False
        columns.add(frozenset(at))
        rows = [
            [clean_id(show(cell)) for cell in row]
            for row in zip(*(grid.columns[at[key]] for key in keys), strict=True)
        ]
        mine = set(map(frozenset, rows))
        if not mine or mine & seen:
            return False
        seen |= mine
        coded.add(all(cell.isdecimal() for row in rows for cell in row))
        sums.append(_sums(grid, spec) if len(rows) > 1 else {})
    alike = any(one and _close(one, two) for one, two in combinations(sums, 2))
    return len(columns) == len(coded) == 1 and not alike


def tells_more(sheet: RawSheet, others: Sequence[RawSheet], table: str) -> bool:
    """Tell whether a sheet of the same headers adds up to more than the `others` together."""
    spec = tables()[table]
    mine, *parts = (_sums(_grid(one, spec), spec) for one in (sheet, *others))
    if not mine or any(set(part) != set(mine) for part in parts):
        return False
    return any(total > sum(part[title] for part in parts) * (1 + _EXACT) for title, total in mine.items())


def _grid(sheet: RawSheet, spec: TableSpec) -> Grid:
    """Return the rows of a sheet, none where they are no list."""
    try:
        return to_grid(sheet, spec, Notes())
    except SchemaError:
        return Grid(spec.name, sheet.file, sheet.sheet, (), (), np.empty(0, np.int64))


def _sums(grid: Grid, spec: TableSpec) -> dict[str, float]:
    """Return header → sum of its figures, without rows that are totals themselves."""
    texts = zip(*([show(cell).strip() for cell in column] for column in grid.columns), strict=True)
    counted = np.array([not any(map(is_total, row)) for row in texts], bool)
    return {
        title: float(np.nansum(parse_numbers(cells).values[counted]))
        for title, cells in zip(grid.header, grid.columns, strict=True)
        if (name := role(title, spec)) and spec[name].type in NUMERIC
    }


def _close(one: dict[str, float], two: dict[str, float]) -> bool:
    return set(one) == set(two) and all(abs(one[k] - two[k]) <= _EXACT * abs(one[k]) for k in one)
