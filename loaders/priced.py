"""Supplies told by a price and a quantity, where no column holds the amount."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from clustercoop.graph.arrays import Floats
from clustercoop.graph.errors import SchemaError
from clustercoop.graph.schema import TableSpec
from clustercoop.graph.texts import refusal
from clustercoop.loaders.headers import VOLUME, is_price
from clustercoop.loaders.matching import meaning
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.numbers import Numbers, as_cells, parse_numbers
from clustercoop.loaders.sheets import Grid, show
from clustercoop.loaders.units import Unit, read_unit, unit_words, words
from clustercoop.loaders.vocabulary import read_header

QUANTITY: Final = VOLUME | frozenset(
    "количество кол quantity qty вес масса weight mass tonnage тоннаж отпущено count".split()
)
_PER: Final = re.compile(
    r"(?:/|\b(?:за|per|pro|je)\b)\s*(?:1\b|одн\w+|a\b|one\b)?\s*((?:тыс\.?\s*)?[^\W\d_][\w³.]*)"
)
_EACH: Final = frozenset(
    "ед единицу единица единицы шт штуку штука unit piece item pc pcs each stück товара продукции".split()
)
_CUT: Final = re.compile(r"скидк|наценк|надбавк|discount|rebate|surcharge|rabatt", re.IGNORECASE)
_CUT_IN: Final = re.compile(
    r"со скидк|с уч[её]том (?:скид|нацен|надбав)|за вычетом|after discount|discounted|net of", re.IGNORECASE
)
_KILOGRAMS: Final = frozenset("кг килограмм килограмма kg kilogram kilo".split())


@dataclass(frozen=True, slots=True)
class _Thing:
    """What a quantity is counted in: its name ("" unknown, "each" pieces), and how many of them one is."""

    name: str = ""
    size: float = 1.0


def _thing(text: str) -> _Thing:
    """Return the thing that a text names: tonnes for kilograms too, pieces as ``each``.

    Examples
    --------
    >>> _thing("тыс. т"), _thing("кг"), _thing("шт.")
    (_Thing(name='tonnes', size=1000.0), _Thing(name='tonnes', size=0.001), _Thing(name='each', size=1.0))
    """
    found = [word for word in words(text) if word]
    unit = read_unit(text)[1]
    last = found[-1] if found else ""
    if not last:
        return _Thing()
    if last in _EACH or unit.physical == "pieces":
        return _Thing("each", unit.scale or 1.0)
    if last in _KILOGRAMS:
        return _Thing("tonnes", (unit.scale or 1.0) / 1000)
    if unit.physical == "tonnes":
        return _Thing("tonnes", unit.scale or 1.0)
    return _Thing(last, unit.scale or 1.0)


def with_amounts(grid: Grid, spec: TableSpec, notes: Notes) -> Grid:
    """Return links with the product of a price and a quantity where no column holds an amount.

    The price names its currency, in its header or in a column, and what it is for, if anything, is what is
    counted: a price for a tonne fits a quantity in kilograms. Where the price is for an unnamed unit, the
    quantity must not be in thousands of it. A volume without a unit is left alone: it may be money.

    Raises
    ------
    SchemaError
        A price and a quantity are there, and their units are not known or do not fit.
    """
    if spec.name != "links":
        return grid
    prices = [at for at, header in enumerate(grid.header) if is_price(header)]
    if not prices or any(_is_amount(header, spec) for header in grid.header):
        return grid
    counted = [at for at, h in enumerate(grid.header) if at not in prices and set(words(h)) & QUANTITY]
    if len(counted) != 1:
        return grid
    net = [at for at in prices if "vat_without" in read_header(grid.header[at]).marks]
    if len(prices) > 1 and len(net) != 1:
        return grid
    price, quantity = (net or prices)[0], counted[0]
    header = grid.header[price]
    cut = [at for at, h in enumerate(grid.header) if at != price and _CUT.search(h)]
    cut = [] if _CUT_IN.search(header) else cut
    if any(np.nan_to_num(parse_numbers(grid.columns[at]).values).any() for at in cut):
        raise refusal(SchemaError, "price_cut", where=grid.where, header=repr(grid.header[cut[0]]))
    if set(words(grid.header[quantity])) & VOLUME and read_unit(grid.header[quantity])[1] == Unit():
        return grid  # a volume of nothing named may be one of money
    per = _PER.search(header)
    money = read_unit(header.replace(per[0], " ") if per else header)[1]
    unit_at, times, sure = _fit(grid, quantity, _thing(per[1]) if per else _Thing(), header)
    currency = any(unit_words("name").get(" ".join(words(h))) == "currency" for h in grid.header)
    if not (money.currency or currency) or money.physical or money.percent:
        raise refusal(SchemaError, "price_without_currency", where=grid.where, header=repr(header))
    read = [parse_numbers(grid.columns[at]) for at in (price, quantity)]
    _refuse_own_units(read, header, grid.where)
    scale = {None: "", 1e3: "thousand ", 1e6: "million "}.get(money.scale, "")
    unit = f"{scale}{money.currency}" if money.currency else f"{scale or 'units of currency'}"
    name = "Сумма с НДС" if "vat_with" in read_header(header).marks else "value"
    product = read[0].values * read[1].values * times
    cells = as_cells(product)
    code = "amount_from_price" if sure else "amount_from_price_unnamed"
    notes.add(code, **grid.place, column=header, value=header, detail=grid.header[quantity])
    grid.facts["of_rows"] = True
    kept = [at for at in range(len(grid.header)) if at not in (unit_at, price, quantity)]
    return replace(
        grid,
        header=(*(grid.header[at] for at in kept), f"{name}, {unit.strip()}"),
        columns=(*(grid.columns[at] for at in kept), cells),
        merged=tuple(
            (a, kept.index(left), b, kept.index(left)) for a, left, b, _ in grid.merged if left in kept
        ),
        shown=None if grid.shown is None else grid.shown.of([*((at,) for at in kept), ()]),
    )


def _is_amount(header: str, spec: TableSpec) -> bool:
    """Tell whether a header is of an amount of money, and of no quantity or price."""
    if not header or is_price(header) or meaning(header, spec) != "value":
        return False
    unit = read_unit(header)[1]
    return unit.of_money or not (unit.physical or unit.percent or set(words(header)) & QUANTITY)


def _fit(grid: Grid, quantity: int, priced: _Thing, header: str) -> tuple[int, Floats | float, bool]:
    """Return the column of units (−1: none), what quantities are multiplied by, if the price names one."""
    of_units = (i for i, h in enumerate(grid.header) if unit_words("name").get(" ".join(words(h))) == "unit")
    unit_at = next(of_units, -1)
    named = grid.header[quantity]
    said = read_unit(named)[1]
    if unit_at >= 0 and said == Unit():
        texts = [show(cell).strip() for cell in grid.columns[unit_at]]
        things = {text: _thing(text) for text in set(texts)}
    else:
        texts, things = [], {named: _thing(_counted(named)) if said != Unit() else _Thing()}
    times: dict[str, float] = {}
    for text, thing in things.items():
        generic = priced.name in ("", "each")
        fits = thing.name == priced.name or (generic and thing.size == 1.0) or (generic and thing.name == "")
        if not fits or (priced.name and not generic and not thing.name):
            raise refusal(
                SchemaError,
                "price_and_quantity",
                where=grid.where,
                price=repr(header),
                quantity=repr(named if text == named or not text else f"{named}: {text}"),
            )
        times[text] = thing.size / priced.size if thing.name == priced.name else 1.0
    sure = bool(priced.name)
    if texts:
        return unit_at, np.array([times[text] for text in texts]), sure
    return unit_at, times[named], sure


def _counted(header: str) -> str:
    """Return the words of the unit in the header of a quantity."""
    pieces = [piece for piece in re.split(r"[,()]", header) if read_unit(piece)[1] != Unit()]
    return pieces[-1] if pieces else header


def _refuse_own_units(read: Sequence[Numbers], header: str, where: str) -> None:
    if any(numbers.units for numbers in read):
        raise refusal(SchemaError, "price_and_quantity", where=where, price=repr(header), quantity="…")
