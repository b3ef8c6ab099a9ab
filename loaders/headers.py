"""What a header turns out to be: a column of the contract in a unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from clustercoop.graph.schema import ColumnSpec
from clustercoop.loaders.units import Unit, read_unit, unit_words, words

_IDENTIFYING: Final = frozenset({"инн", "ид", "id", "код", "code", "inn", "идентификатор", "number", "огрн"})
_PRICE: Final = frozenset({"цена", "price", "preis", "stückpreis", "einzelpreis"})
_WHOLE_PRICE: Final = frozenset("контракта договора сделки contract deal total ценах prices".split())
_LINE: Final = frozenset("строка строке строки позиция позиции line item position".split())
_FOREIGN: Final = frozenset({"валюте", "currency"})
# Words of an amount that beside a price are of a quantity.
VOLUME: Final = frozenset({"объем", "volume", "menge"})


@dataclass(frozen=True, slots=True)
class Matched:
    """One header that means a column of the contract."""

    position: int
    header: str
    column: ColumnSpec
    unit: Unit


@dataclass(frozen=True, slots=True)
class HeaderMatch:
    """What headers mean: matched columns, unknown ones, those set aside, wrong units, and how sure it is."""

    columns: tuple[Matched, ...]
    unknown: tuple[str, ...]
    set_aside: tuple[tuple[str, str], ...] = ()
    wrong_unit: tuple[tuple[str, str], ...] = ()
    sure: tuple[tuple[str, float], ...] = ()


def names_code(header: str) -> bool:
    """Tell whether a header speaks of a code: ИНН, id, код."""
    return bool(_IDENTIFYING & set(words(header)))


def names_line(header: str) -> bool:
    """Tell whether a header speaks of one line of a document.

    Examples
    --------
    >>> names_line("Сумма строки"), names_line("Line amount"), names_line("Invoice amount")
    (True, True, False)
    """
    return bool(_LINE & set(words(header)))


def is_foreign(header: str) -> bool:
    """Tell whether a header is of amounts each in the currency of its row.

    Examples
    --------
    >>> [is_foreign(text) for text in ("Сумма в валюте", "Amount in contract currency", "Contract currency")]
    [True, True, False]
    """
    found = words(header)
    return bool(_FOREIGN & set(found[1:])) and unit_words("name").get(" ".join(found)) != "currency"


def is_price(header: str) -> bool:
    """Tell whether a header is of the price of one unit.

    Examples
    --------
    >>> is_price("Цена за тонну, руб."), is_price("Цена контракта"), is_price("Unit price (USD/kg)")
    (True, False, True)
    """
    said = set(words(header))
    return bool(said & _PRICE) and not said & _WHOLE_PRICE


def may_be_quantity(header: str) -> bool:
    """Tell whether a header says volume and names no unit of money: beside a price it is a quantity.

    Examples
    --------
    >>> may_be_quantity("Объём"), may_be_quantity("Объём, руб."), may_be_quantity("Сумма")
    (True, False, False)
    """
    return bool(set(words(header)) & VOLUME) and not read_unit(header)[1].of_money
