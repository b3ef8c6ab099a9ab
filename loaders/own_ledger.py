"""Ledgers of one's own: an organisation, its counterparty, and words or columns that say who supplied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.graph.arrays import Bools, Indices
from clustercoop.graph.errors import SchemaError
from clustercoop.graph.schema import ENDS, TableSpec
from clustercoop.graph.texts import refusal
from clustercoop.loaders.indicator_rows import unit_piece
from clustercoop.loaders.matching import meaning
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.numbers import are_nil, are_numbers
from clustercoop.loaders.sheets import Grid, show
from clustercoop.loaders.sides import dealt, mixes_money, of_money, renamed, says, tells_kind
from clustercoop.loaders.trade import REPORTED
from clustercoop.loaders.units import read_unit

_SIDES: Final = {False: ("Поставщик", "Покупатель"), True: ("Получатель", "Плательщик")}
_MANY: Final = 30


def turn_ledger(grid: Grid, spec: TableSpec, notes: Notes) -> Grid:
    """Return rows of sales and of purchases as links, each reported by the organisation whose ledger it is.

    Every row says which it is: by a column of kinds (``Продажа``, ``Покупка``), or by the one of two columns
    of amounts that is filled (``Отгружено``, ``Получено``). Of money what came in was supplied by the
    organisation, what went out by its counterparty. Where that is not sure the table stays as it is.

    Raises
    ------
    SchemaError
        Two columns of amounts are in different units.
    """
    if spec.name != "links" or not len(grid) or grid.merged or _named(grid.header, spec):
        return grid
    own, other = (_about(grid.header, means) for means in ("own", "other"))
    if not own or not other:
        return grid
    money = of_money((*grid.titles, *grid.header, grid.sheet, grid.file))
    found = _by_kind(grid, money) or _by_columns(grid, spec, money)
    if found is None:
        return grid
    grid, bought, kind = found
    columns, header = [np.asarray(c).astype(object) for c in grid.columns], list(grid.header)
    supplier, buyer = _SIDES[money]
    for mine, theirs in ((own, other), (other, own)):
        for about, at in mine.items():
            held = (
                np.asarray(grid.columns[theirs[about]])
                if about in theirs
                else np.full(len(grid), None, object)
            )
            columns[at] = np.where(bought, held, columns[at]).astype(object)
            header[at] = renamed(header[at], {"own": supplier, "other": buyer})
    columns[kind], header[kind] = np.where(bought, "buyer", "supplier").astype(object), REPORTED
    sides = ", ".join(grid.header[at] for at in (*own.values(), *other.values()))
    detail = f"{int((~bought).sum())} / {int(bought.sum())}"
    notes.add("ledger_read", **grid.place, value=sides, detail=detail)
    return replace(grid, header=tuple(header), columns=tuple(columns))


def _named(header: Sequence[str], spec: TableSpec) -> bool:
    return any(meaning(title, spec) in ENDS for title in header)


def _about(header: Sequence[str], means: str) -> dict[str, int]:
    """Return the columns of one side by what they tell of it: "", "инн"."""
    return {
        " ".join(renamed(title, {means: ""}).split()).lower(): at
        for at, title in enumerate(header)
        if says(title, means)
    }


def _by_kind(grid: Grid, money: bool) -> tuple[Grid, Bools, int] | None:
    """Return which rows are purchases where one column of kinds says so of every row, and both occur."""
    for at, (title, cells) in enumerate(zip(grid.header, grid.columns, strict=True)):
        if not tells_kind(title):
            continue
        codes, unique = pd.factorize(np.asarray(cells), use_na_sentinel=False)
        if len(unique) > _MANY:
            continue
        sides = [dealt([show(cell)], money=money or of_money(map(show, unique))) for cell in unique]
        kinds = list(map(show, unique))
        back = any(says(kind, "back", "status_words") for kind in kinds)
        sure = all(sold != bought for sold, bought in sides) and not back and not mixes_money(kinds)
        if sure and len(set(sides)) == 2:
            return grid, np.array([bought for _, bought in sides], bool)[codes], at
    return None


def _by_columns(grid: Grid, spec: TableSpec, money: bool) -> tuple[Grid, Bools, int] | None:
    """Return a row for each filled amount of two columns, one of sales and one of purchases."""
    sides = {at: dealt([title], money=money) for at, title in enumerate(grid.header) if _amount(grid, at)}
    sold = [at for at, side in sides.items() if side == (True, False)]
    bought = [at for at, side in sides.items() if side == (False, True)]
    others = [at for at, title in enumerate(grid.header) if meaning(title, spec) == "value"]
    if len(sold) != 1 or len(bought) != 1 or set(others) - {*sold, *bought}:
        return None
    titles = [grid.header[at] for at in (*sold, *bought)]
    if read_unit(titles[0])[1] != read_unit(titles[1])[1]:
        raise refusal(
            SchemaError, "only_parts", where=grid.where, column="value", titles=", ".join(map(repr, titles))
        )
    rows = [_told(grid.columns[at]) for at in (*sold, *bought)]
    silent = np.setdiff1d(np.arange(len(grid)), np.concatenate(rows))  # sales and purchases are both open
    rows = [np.union1d(of, silent) for of in rows]
    taken = np.concatenate(rows)
    order = np.argsort(taken, kind="stable")
    cells = [grid.columns[at][of] for at, of in zip((*sold, *bought), rows, strict=True)]
    columns, header = [column[taken[order]] for column in grid.columns], list(grid.header)
    unit = unit_piece(titles[0])
    columns[sold[0]] = np.concatenate([part.astype(object) for part in cells])[order]
    header[sold[0]] = f"value, {unit}" if unit else "value"
    made = replace(
        grid, header=tuple(header), columns=tuple(columns), lines=grid.lines[taken[order]], shown=None
    )
    return made, np.repeat([False, True], [len(of) for of in rows])[order], bought[0]


def _told(cells: NDArray[Any]) -> Indices:
    """Return the rows in which a column of amounts tells of a delivery."""
    return np.flatnonzero(~are_nil(cells))


def _amount(grid: Grid, at: int) -> bool:
    empty = not any(show(cell).strip() for cell in grid.columns[at])
    return (empty or are_numbers(grid.columns[at])) and not read_unit(grid.header[at])[1].percent
