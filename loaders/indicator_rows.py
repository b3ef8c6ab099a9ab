"""Rows that name their figure in a column become rows with a column for each figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from clustercoop.graph.schema import TableSpec
from clustercoop.loaders.matching import Option, options, unit_text
from clustercoop.loaders.numbers import parse_numbers
from clustercoop.loaders.sheets import Grid, show
from clustercoop.loaders.unit_columns import multiplied, units_beside
from clustercoop.loaders.units import Unit, read_unit
from clustercoop.loaders.vocabulary import PATH, read_header


def pivot(
    grid: Grid,
    at: int,
    unit: int | None,
    keys: Sequence[int],
    values: Sequence[int],
    known: set[str],
    spec: TableSpec,
) -> tuple[list[str], list[list[Any]], list[int]]:
    """Return headers of figures (by year, where years are columns), rows of keys and figures, their lines."""
    times, more = units_beside(grid, {at, *(() if unit is None else (unit,)), *keys, *values})
    read = {column: parse_numbers(grid.columns[column]).values for column in values}
    said_of = [show(cell).strip() for cell in grid.columns[unit]] if unit is not None else [""] * len(grid)
    said_of = [f"{said} {beside}".strip() for said, beside in zip(said_of, more, strict=True)]
    common = _common_units([show(cell).strip() for cell in grid.columns[at]], said_of)
    titles: dict[str, int] = {}
    rows: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    first: dict[int, tuple[list[Any], int]] = {}
    for row in range(len(grid)):
        figure = show(grid.columns[at][row]).strip()
        if figure not in known:
            continue
        said, times_unit = common.get((figure, said_of[row]), (said_of[row], 1.0))
        named = f"{figure}, {said}" if said and read_unit(figure)[1] == Unit() else figure
        key = tuple(show(grid.columns[i][row]) for i in keys)
        held = rows.setdefault(key, [])
        for column in values:
            year = read_header(grid.header[column]).year
            beside = _unit_beside(grid.header[column], named, options(figure, spec), spec)
            title = f"{named}{beside}{PATH}{year}" if year else f"{named}{beside}"
            titles.setdefault(title, len(titles))
            record = next((r for r in held if title not in r), None)
            if record is None:
                record = {}
                held.append(record)
                first[id(record)] = ([grid.columns[i][row] for i in keys], int(grid.lines[row]))
            cell, number = grid.columns[column][row], read[column][row]
            if times[row] != 1.0 and not np.isnan(number):
                money = spec[options(figure, spec)[0].name].type == "money"
                cell = multiplied(float(number), float(times[row]), title, money, grid.where)
            elif times_unit != 1.0 and not np.isnan(number):
                cell = float(number) * times_unit
            record[title] = cell
    out, lines = [], []
    for records in rows.values():
        for record in records:
            start, line = first[id(record)]
            out.append([*start, *(record.get(title) for title in titles)])
            lines.append(line)
    return list(titles), out, lines


def _common_units(figures: Sequence[str], said: Sequence[str]) -> dict[tuple[str, str], tuple[str, float]]:
    """Return, for figures given in several scales of one unit, the smallest and what each is multiplied by.

    Examples
    --------
    >>> found = _common_units(["Штат", "Штат", "Выпуск"], ["тыс. чел.", "чел.", "млн руб."])
    >>> found["Штат", "тыс. чел."], found["Штат", "чел."]
    (('чел.', 1000.0), ('чел.', 1.0))
    """
    texts: dict[str, dict[str, Unit]] = {}
    for figure, text in dict.fromkeys(zip(figures, said, strict=True)):
        texts.setdefault(figure, {})[text] = read_unit(text)[1]
    out = {}
    for figure, units in texts.items():
        things = {(unit.currency, unit.physical, unit.percent) for unit in units.values()}
        if len(units) < 2 or len(things) > 1 or Unit() in units.values():
            continue
        least = min(units, key=lambda text: units[text].scale or 1.0)
        for text, unit in units.items():
            out[figure, text] = least, (unit.scale or 1.0) / (units[least].scale or 1.0)
    return out


def _unit_beside(header: str, named: str, found: Sequence[Option], spec: TableSpec) -> str:
    """Return the unit that the header of a column of values gives to a figure without one."""
    text = unit_piece(unit_text(header))
    fits = text and read_unit(named)[1] == Unit() and read_unit(text)[1].fits(spec[found[0].name])
    return f", {text}" if fits else ""


def unit_piece(header: str) -> str:
    """Return the part of a header that names its unit, "" for none."""
    return next((piece.strip() for piece in reversed(header.split(",")) if read_unit(piece)[1] != Unit()), "")
