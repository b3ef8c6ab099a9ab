"""Units that stand in columns of their own: ``Валюта``, ``Ед. изм.``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import pandas as pd

from clustercoop.graph.errors import SchemaError
from clustercoop.loaders.headers import Matched
from clustercoop.loaders.sheets import Grid, show
from clustercoop.loaders.units import Unit, read_unit, words

_NAMES: Final = frozenset(
    ("валюта", "код валюты", "валюта платежа", "валюта договора", "currency", "currency code", "ccy")
    + ("unit", "units", "unit of measure", "uom", "scale", "ед изм", "единица измерения", "единицы измерения")
    + ("единица", "единицы", "ед", "ед измерения", "размерность", "масштаб")
)
# Codes of ISO 4217 and of the Russian classifier of units (ОКЕИ), as accountants write them.
_CODES: Final[dict[str, Unit]] = {
    **dict.fromkeys(("643", "810"), Unit(None, "RUB")),
    **{"840": Unit(None, "USD"), "978": Unit(None, "EUR"), "156": Unit(None, "CNY")},
    **{"383": Unit(None, "RUB"), "384": Unit(1e3, "RUB"), "385": Unit(1e6, "RUB"), "386": Unit(1e9, "RUB")},
}


@dataclass(slots=True)
class ColumnUnits:
    """The unit that columns of a table give to its columns of money.

    Attributes
    ----------
    headers : dict of str to str
        Header of a unit column → what its cells say.
    unit : Unit
        What they say together.
    sized : bool
        Whether one of them says how large the unit is, and not only which currency it is of.
    """

    headers: dict[str, str] = field(default_factory=dict)
    unit: Unit = field(default_factory=Unit)
    sized: bool = False

    def give(self, matched: Matched, where: str) -> Matched:
        """Return a matched column with this unit where its header names none.

        Raises
        ------
        SchemaError
            The header names another one.
        """
        if matched.column.type != "money" or self.unit == Unit():
            return matched
        own, given = matched.unit, self.unit
        other_scale = own.scale and given.scale and own.scale != given.scale
        if other_scale or (own.currency and given.currency and own.currency != given.currency):
            raise SchemaError(
                f"The header {matched.header!r} of {where} and its column {next(iter(self.headers))!r} name "
                "different units."
            )
        named = own.scale or own.currency or self.sized
        scale = own.scale or given.scale or (None if named else 1e6)
        return replace(matched, unit=replace(own, scale=scale, currency=own.currency or given.currency))

    def leaves_scale_open(self, matched: Matched) -> bool:
        """Tell whether a column of money now has a currency and still no scale: millions were assumed."""
        bare = read_unit(matched.header)[1]
        money = matched.column.type == "money" and bare == Unit()
        return money and bool(self.unit.currency) and not self.sized


def unit_columns(grid: Grid, unknown: Sequence[str], where: str) -> ColumnUnits:
    """Read the columns of units among the `unknown` ones.

    Raises
    ------
    SchemaError
        One of them holds several units, or none of money: a sum over such rows would mean nothing.
    """
    out = ColumnUnits()
    for header, cells in zip(grid.header, grid.columns, strict=True):
        if header not in unknown or " ".join(words(header)) not in _NAMES:
            continue
        texts = {text for cell in pd.unique(cells) if (text := show(cell).strip())}
        units = {_CODES.get(text, read_unit(text)[1]) for text in texts}
        odd = [text for text in texts if text not in _CODES and (read_unit(text)[0] or not _money(text))]
        if odd or len(units) > 1:
            said = ", ".join(sorted(texts)[:5])
            raise SchemaError(
                f"The column {header!r} of {where} holds {said}: values must all be in one unit of money; "
                "convert them or split the table."
            )
        if units:
            out.headers[header] = min(texts)
            unit = units.pop()
            scale, currency = out.unit.scale or unit.scale, out.unit.currency or unit.currency
            out.unit = Unit(scale, currency)
            by_currency = "валют" in header.lower() or header.lower().startswith(("currency", "ccy"))
            out.sized = out.sized or bool(unit.scale) or not by_currency
    return out


def _money(text: str) -> bool:
    unit = read_unit(text)[1]
    return bool(unit.scale or unit.currency) and not unit.percent and not unit.physical
