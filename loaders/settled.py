"""What the columns of a grid are: headers matched as their neighbours settle them, and their units."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from clustercoop.graph.errors import SchemaError
from clustercoop.graph.schema import NUMERIC, TableSpec
from clustercoop.graph.texts import refusal
from clustercoop.loaders.headers import (
    HeaderMatch,
    Matched,
    is_foreign,
    is_price,
    may_be_quantity,
    names_code,
)
from clustercoop.loaders.ledger import NUMBERING
from clustercoop.loaders.matching import candidates, match_headers
from clustercoop.loaders.needed import FIGURES
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.numbers import are_numbers
from clustercoop.loaders.priced import QUANTITY
from clustercoop.loaders.sheets import Grid, show
from clustercoop.loaders.sides import settle_headers
from clustercoop.loaders.trade import REPORTED
from clustercoop.loaders.unit_columns import ColumnUnits, unit_columns
from clustercoop.loaders.unit_rule import settle_units
from clustercoop.loaders.units import words
from clustercoop.loaders.vocabulary import read_header

# Marks of headers that leave a figure what it is, and yet have to be told.
_TOLD: Final = {"vat_with": "vat_included", "priced": "prices_of_year"}
_ORIGIN: Final = frozenset({"row", "file", "sheet"})


@dataclass(frozen=True, eq=False)
class Settled:
    """What headers mean, the units that columns of units give, and headers of money that name no unit."""

    match: HeaderMatch
    units: ColumnUnits
    unnamed: list[str]

    @property
    def unused(self) -> list[str]:
        """Headers that serve no column of the contract."""
        return [*self.match.unknown, *(weak for weak, _ in self.match.set_aside)]


def settle_columns(grid: Grid, spec: TableSpec, direction: str, notes: Notes) -> Settled:
    """Match the headers of a grid, find the units of its columns, and tell what is not used.

    What is where, and how sure that is, is kept in the facts of the grid.

    Raises
    ------
    SchemaError
        A required column is missing or claimed twice, or units contradict each other.
    """
    match = _match(grid, spec, direction, notes)
    _tell_match(grid, match, notes)
    figures = [m.column for m in match.columns if m.column.type in NUMERIC]
    money = [m for m in match.columns if m.column.type == "money"]
    counted = any(is_price(h) or set(words(h)) & QUANTITY for h in match.unknown)
    in_one = bool(money) and all(m.unit.currency for m in money)
    foreign = in_one and any(map(is_foreign, (*match.unknown, *(weak for weak, _ in match.set_aside))))
    units = unit_columns(grid, match.unknown, figures, counted and in_one, foreign)
    served = {m.column.name for m in match.columns}
    _tell_unknown(grid, match.unknown, units, spec, served, notes)
    _tell_unnamed(grid, notes)
    unnamed: list[str] = []
    match = replace(match, columns=settle_units(match.columns, grid, units, unnamed, notes))
    _refuse_quantity(match.columns, grid)
    if units.headers:
        texts = ", ".join(f"{header}: {text}" for header, text in units.headers.items())
        notes.add("unit_from_column", **grid.place, detail=texts)
    named = {m.header: m.column.name for m in match.columns}
    also = {weak: named.get(strong) for weak, strong in match.set_aside}
    grid.facts["columns_at"] = {m.column.name: m.position for m in match.columns}
    for fact, name in (("codes_at", "participant_id"), ("names_at", "name")):
        grid.facts[fact] = [at for at, header in enumerate(grid.header) if also.get(header) == name]
    unused = [name for name in match.unknown if name not in units.headers]
    grid.facts.update(sure=dict(match.sure), unused=unused)
    return Settled(match, units, unnamed)


def _match(grid: Grid, spec: TableSpec, direction: str, notes: Notes) -> HeaderMatch:
    """Match the headers of `grid` as their neighbours settle them; name them as they stand in the file."""
    settled = settle_headers(grid, spec, direction, notes)
    match = match_headers(settled, spec, grid.where, grid.header)
    if settled == grid.header:
        return match
    old = dict(zip(settled, grid.header, strict=True))
    return replace(
        match,
        columns=tuple(replace(m, header=grid.header[m.position]) for m in match.columns),
        unknown=tuple(old[header] for header in match.unknown),
        set_aside=tuple((old[weak], old[strong]) for weak, strong in match.set_aside),
        wrong_unit=tuple((old[header], name) for header, name in match.wrong_unit),
    )


def _tell_match(grid: Grid, match: HeaderMatch, notes: Notes) -> None:
    """Tell headers that gave way to others, those of a wrong unit, and marks that have to be known."""
    for weak, strong in match.set_aside:
        notes.add("header_set_aside", **grid.place, column=weak, value=weak, detail=strong)
    served = {m.column.name for m in match.columns}
    for header, name in match.wrong_unit:
        code = "column_ignored" if name in served else "unit_wrong"
        notes.add(code, **grid.place, column=header, value=header, detail=name)
    for m in match.columns:
        for mark in _TOLD.keys() & read_header(m.header).marks if m.column.type == "money" else ():
            notes.add(_TOLD[mark], **grid.place, column=m.header, value=m.header, detail=m.column.name)


def _refuse_quantity(matched: Sequence[Matched], grid: Grid) -> None:
    """Refuse a volume without a unit of money beside a price: it may be a quantity.

    Raises
    ------
    SchemaError
        There is such a pair.
    """
    prices = [header for header in grid.header if is_price(header)]
    for m in matched:
        if prices and m.column.type == "money" and not m.unit.of_money and may_be_quantity(m.header):
            raise refusal(
                SchemaError, "volume_beside_price", where=grid.where, header=m.header, price=prices[0]
            )


def _tell_unknown(
    grid: Grid,
    unknown: Sequence[str],
    units: ColumnUnits,
    spec: TableSpec,
    taken: Collection[str],
    notes: Notes,
) -> None:
    """Tell columns that are not used: an error where one begins like a figure that is otherwise absent."""
    for name in unknown:
        if name in (*_ORIGIN, REPORTED) or name in units.headers:
            continue
        first = re.split(r"[,(;]", name)[0]
        means = [n for n in candidates(first, spec) if spec[n].type in NUMERIC and n not in taken]
        if means and first.strip() != name.strip():
            notes.add("column_unread", **grid.place, column=name, value=name, detail=means[0])
        else:
            code = NUMBERING.fullmatch(name) or names_code(name)
            holds = FIGURES if not code and are_numbers(grid.columns[grid.header.index(name)]) else ""
            notes.add("column_ignored", **grid.place, column=name, value=name, detail=holds)


def _tell_unnamed(grid: Grid, notes: Notes) -> None:
    """Tell columns of cells that stand under no header; the first may only number the rows."""
    for at, (header, cells) in enumerate(zip(grid.header, grid.columns, strict=True)):
        if header or not any(show(cell).strip() for cell in cells):
            continue
        code = "column_unnamed" if at else "column_ignored"
        notes.add(code, **grid.place, column=f"#{at + 1}", value=f"#{at + 1}")
