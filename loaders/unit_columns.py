"""Units that stand in columns of their own: ``Валюта``, ``Ед. изм.``, ``UNIT_MULT``, ``PowerCode``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.graph.arrays import Bools, Floats, Indices
from clustercoop.graph.errors import SchemaError
from clustercoop.graph.schema import ColumnSpec
from clustercoop.graph.texts import refusal
from clustercoop.loaders.headers import Matched
from clustercoop.loaders.numbers import Numbers
from clustercoop.loaders.sheets import Grid, place_of, show
from clustercoop.loaders.units import Unit, read_unit, unit_words, words

# What a column of units speaks for where headers name none: columns of the type that its unit fits.
_TYPES: Final = ("money", "count", "number")
IMPLAUSIBLE: Final = 1e7
"""More millions than any cell holds: the output of a whole industry of a large country is about that."""


@dataclass(slots=True)
class ColumnUnits:
    """The units that columns of a table give to its columns of figures, row by row.

    Attributes
    ----------
    headers : dict of str to str
        Header of a unit column → what its cells say.
    scales : dict of str to array of float64
        Column of the contract → the scale of each row (NaN where a row names no unit that the column can
        have).
    implicit : array of bool
        Rows whose unit names no scale (``руб.``): it is 1 unless the header names one.
    currency : str
        The one currency that they name.
    whole : bool
        Whether the rows are documents, so that amounts are in units of that currency.
    """

    headers: dict[str, str] = field(default_factory=dict)
    scales: dict[str, Floats] = field(default_factory=dict)
    implicit: Bools = field(default_factory=lambda: np.zeros(0, bool))
    currency: str = ""
    whole: bool = False

    def leaves_open(self, matched: Matched) -> bool:
        """Tell whether a column of money now has a currency and still no scale: millions are assumed."""
        bare = matched.column.type == "money" and matched.unit == Unit()
        return bare and bool(self.currency) and not self.whole and matched.column.name not in self.scales

    def give(self, matched: Matched, where: str) -> Matched:
        """Return a matched column with this currency where its header names none.

        Raises
        ------
        SchemaError
            The header names another currency, or another scale than a row.
        """
        own = matched.unit
        rows = self.scales.get(matched.column.name)
        named = np.zeros(0) if rows is None else rows[~np.isnan(rows) & ~self.implicit]
        other = own.scale and bool((named != own.scale).any())
        money = matched.column.type == "money" and self.currency
        if other or (money and own.currency and own.currency != self.currency):
            raise refusal(
                SchemaError,
                "header_and_unit_column",
                header=repr(matched.header),
                where=where,
                column=repr(next(iter(self.headers))),
            )
        if not money:
            return matched
        scale = 1e6 if self.leaves_open(matched) else own.scale
        return replace(matched, unit=replace(own, scale=scale, currency=own.currency or self.currency))


def unit_columns(
    grid: Grid,
    unknown: Sequence[str],
    columns: Sequence[ColumnSpec],
    in_money: bool = False,
    foreign: bool = False,
) -> ColumnUnits:
    """Read the columns of units among the `unknown` ones, for the figures `columns`.

    `in_money` tells that the headers of all figures of money name their currency: pieces and tonnes are then
    the unit of another column, of a quantity; `foreign` that another column holds the amounts in the currency
    of each row.

    Raises
    ------
    SchemaError
        One of them names several currencies, or no unit that a figure of the table can have: a sum over
        such rows would mean nothing.
    """
    out = ColumnUnits()
    names = unit_words("name")
    size = len(grid)
    scale, physical = np.full(size, np.nan), np.full(size, "", object)
    sized = np.zeros(size, bool)
    currencies: set[str] = set()
    for header, cells in zip(grid.header, grid.columns, strict=True):
        kind = names.get(" ".join(words(header)), "") if header in unknown else ""
        if (
            not kind
            or not any(column.type in _TYPES for column in columns)
            or (foreign and kind == "currency")
        ):
            continue
        codes, unique = pd.factorize(np.asarray(cells), use_na_sentinel=False)
        texts = [show(cell).strip() for cell in unique]
        if not any(texts):
            continue
        units = [_unit(text, kind) for text in texts]
        said = ", ".join(sorted(filter(None, texts))[:5])
        if any(unit is None for unit in units):
            if in_money and kind == "unit" and not any(unit and unit.currency for unit in units):
                continue
            raise refusal(
                SchemaError, "unit_column_unknown", header=repr(header), where=grid.where, said=said
            )
        known = [unit or Unit() for unit in units]
        if in_money and kind == "unit" and all(unit.physical for unit in known if unit != Unit()):
            continue
        out.headers[header] = said
        currencies |= {unit.currency for unit in known} - {""}
        mine = np.array([unit.scale or np.nan for unit in known])[codes]
        if bool((~np.isnan(mine) & ~np.isnan(scale) & (mine != scale)).any()):
            raise refusal(
                SchemaError, "unit_columns_contradict", where=grid.where, said=said, header=repr(header)
            )
        scale = np.where(np.isnan(mine), scale, mine)
        of = np.array([unit.physical for unit in known], object)[codes]
        physical = np.where(of != "", of, physical)
        sized |= np.array([bool(t) and kind != "currency" for t in texts])[codes]
    if len(currencies) > 1:
        raise refusal(
            SchemaError, "columns_currencies", where=grid.where, currencies=", ".join(sorted(currencies))
        )
    out.currency = next(iter(currencies), "")
    out.implicit = sized & np.isnan(scale)
    if out.headers:
        _share_out(out, columns, np.where(sized & np.isnan(scale), 1.0, scale), physical, sized, grid.where)
    return out


def _share_out(
    out: ColumnUnits,
    columns: Sequence[ColumnSpec],
    scale: Floats,
    physical: NDArray[Any],
    sized: Bools,
    where: str,
) -> None:
    """Give the units of rows to the columns that can have them."""
    if not sized.any():
        return
    things = sorted(set(physical[sized]) - {""})
    fitting = {
        column.name: np.isin(physical, [t for t in ("", *things) if Unit(physical=t).fits(column)])
        for column in columns
    }
    for column in columns:
        fits = fitting[column.name]
        # A unit of things speaks for counts where it fits one, and leaves money alone there.
        if column.type == "money" and things and not fits.all():
            served = any(fitting[c.name].all() for c in columns if c.type in ("count", "number"))
            if served:
                continue
            raise refusal(
                SchemaError,
                "unit_column_things",
                header=repr(next(iter(out.headers))),
                where=where,
                things=", ".join(things),
            )
        if column.type != "money" and not things:
            continue
        out.scales[column.name] = np.where(fits, scale, np.nan)


def _unit(text: str, kind: str) -> Unit | None:
    """Return what a cell of a column of units says, None where it says nothing that is known."""
    if not text:
        return Unit()
    if kind == "power" or (kind == "multiplier" and not text.replace(" ", "").isdecimal()):
        try:
            return Unit(10.0 ** float(text.replace(",", ".")))
        except (ValueError, OverflowError):
            return _worded(text, kind)
    number = text.replace(" ", "").replace("\u00a0", "")
    if kind in ("multiplier", "words") and number.isdecimal():
        return Unit(float(number)) if set(number.lstrip("1")) <= {"0"} else None
    code = unit_words("okei").get(text)
    if code:
        scale, _, what = code.partition(" ")
        factor = None if scale == "1" else float(scale)
        return Unit(factor, what) if what.isupper() else Unit(factor, physical=what)
    return _worded(text, kind)


def _worded(text: str, kind: str) -> Unit | None:
    rest, unit = read_unit(text)
    if " ".join(words(text)) in unit_words("units"):
        return Unit(None, physical="pieces") if kind == "unit" else Unit(1.0)
    return None if rest or unit.percent or unit == Unit() else unit


# Numbers of one unit differ by so many times and less, those in roubles and in millions by more.
_ALIKE: Final = 30.0


def repeats_header(numbers: Numbers, unit: Unit, here: dict[str, str]) -> bool:
    """Tell whether every cell repeats the currency of its header, whose scale then holds for all of them.

    A format of cells shows ``10.50 ₽`` below "million roubles". Where no amount reaches one unit of the
    header it can be no other, and where the largest would be `IMPLAUSIBLE` its own words hold.

    Raises
    ------
    SchemaError
        Both may be meant.
    """
    scale, known = unit.scale or 1.0, int((~np.isnan(numbers.values)).sum())
    signs = [len(rows) for own, rows in numbers.units if own == Unit(currency=unit.currency)]
    if scale == 1.0 or len(signs) < len(numbers.units) or sum(signs) != known or not known:
        return False
    top = float(np.nanmax(np.abs(numbers.values)))
    if top >= scale and top * scale <= IMPLAUSIBLE * 1e6:
        where, cell = place_of(here["file"], here["sheet"]), f"{top:.15g} {unit.currency}"
        header = repr(here["column"])
        raise refusal(SchemaError, "unit_below_differs", where=where, header=header, cell=repr(cell))
    return top < scale


def doubtful(numbers: Numbers, rows: Indices, unit: Unit) -> bool:
    """Tell whether cells that name a currency and no scale, as ``5 ₽`` below "million roubles", may mean it.

    Their own words hold where the numbers are far greater than those of cells that name nothing.
    """
    scale = unit.scale or 1.0
    plain = numbers.values.copy()
    for _, named in numbers.units:
        plain[named] = np.nan
    plain, mine = (np.abs(values[np.nan_to_num(values) != 0]) for values in (plain, numbers.values[rows]))
    if scale == 1.0 or not len(plain) or not len(mine):
        return False
    return bool(np.median(mine) < np.median(plain) * _ALIKE)


def units_beside(grid: Grid, taken: Collection[int]) -> tuple[Floats, list[str]]:
    """Return what columns of units other than those `taken` multiply rows by, and the units that they name.

    Raises
    ------
    SchemaError
        A cell of a column of multipliers is none.
    """
    times, named = np.ones(len(grid)), [""] * len(grid)
    for at, header in enumerate(grid.header):
        kind = unit_words("name").get(" ".join(words(header)), "") if at not in taken else ""
        for row, cell in enumerate(grid.columns[at] if kind else ()):
            text = show(cell).strip()
            if text and kind in ("unit", "currency"):
                named[row] = f"{named[row]} {text}".strip()
            elif text:
                unit = _unit(text, kind)
                if unit is None or not unit.scale:
                    raise refusal(
                        SchemaError, "unit_column_unknown", header=repr(header), where=grid.where, said=text
                    )
                times[row] *= unit.scale
    return times, named


def multiplied(value: float, times: float, title: str, money: bool, where: str) -> float:
    """Return a figure as its title tells the unit, or in millions where it tells none and is one of money.

    Raises
    ------
    SchemaError
        The title names another scale than `times`.

    Examples
    --------
    >>> multiplied(5.0, 1e3, "output, RUB", True, "a.csv"), multiplied(5.0, 1e3, "output", True, "a.csv")
    (5000.0, 0.005)
    """
    unit = read_unit(title)[1]
    if unit.scale not in (None, 1.0, times):
        raise refusal(
            SchemaError, "unit_columns_contradict", where=where, said=f"{times:g}", header=repr(title)
        )
    if unit.scale == times:
        return value
    return value * times / (1e6 if money and unit == Unit() else 1.0)
