"""Headers whose meaning hangs on the others: who pays whom, and a year beside a date."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from clustercoop.graph.errors import SchemaError
from clustercoop.graph.schema import ENDS, TableSpec, tables
from clustercoop.graph.texts import refusal
from clustercoop.loaders.headers import is_price, may_be_quantity
from clustercoop.loaders.matching import meaning
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.numbers import are_numbers
from clustercoop.loaders.raw import stem_of
from clustercoop.loaders.sheets import Grid, show
from clustercoop.loaders.units import CAMEL, phrases, words
from clustercoop.loaders.years import parse_years

# ПлательщикИНН, payerId: two words without a space.
_YEAR_WORDS: Final = frozenset({"год", "year", "yr", "года"})
_KIND: Final = frozenset(
    "вид операции|тип операции|операция|хозяйственная операция|вид документа|тип документа|document type|"
    "transaction type|operation type|operation|тип|вид|направление|направление поставки|направление операции|"
    "тип сделки|вид сделки|вид движения|direction|type|kind|transaction".split("|")
)
_GOODS: Final = re.compile("товар|продукц|материал|услуг|goods|services", re.IGNORECASE)
_SUPPLIED: Final = re.compile(
    "поставк|поставок|отгруз|товар|продукц|материал|реализац|продаж|закуп|supp|deliver|shipm|sales|goods|material",
    re.IGNORECASE,
)
_COUNTER: Final = re.compile("контрагент|counterpart", re.IGNORECASE)
_SHOWN: Final = 1000
# What tells two organisations of one header apart: "Контрагент 1", "Организация А", "Вторая компания".
_NUMBERED: Final = re.compile(
    r"[\s_№#]*\b(?:[12]|I{1,2}|[АБAB]|перв\w+|втор\w+|first|second|one|two)\b|(?<=[^\W\d_])[12]\b",
    re.IGNORECASE,
)
_SUPPLIER, _BUYER = "Поставщик", "Покупатель"


def says(header: str, means: str, known: str = "payment_words") -> bool:
    """Tell whether words of a header are among those of a meaning.

    Examples
    --------
    >>> says("ИНН контрагента", "other"), says("Сумма", "other")
    (True, False)
    """
    found = words(CAMEL.sub(" ", header))
    runs = {tuple(found[i:j]) for i in range(len(found)) for j in range(i + 1, min(i + 4, len(found) + 1))}
    return bool(runs & phrases(known)[means])


def are_payments(headers: Sequence[str]) -> bool:
    """Tell whether the headers of links speak of payments and not of goods.

    Examples
    --------
    >>> are_payments(["Дата", "Плательщик", "Получатель", "Сумма"])
    True
    >>> are_payments(["from", "to", "amount", "payment purpose"]), are_payments(["from", "to", "amount"])
    (True, False)
    >>> are_payments(["Поставщик", "Плательщик", "Сумма"])
    False
    """
    named = [header for header in headers if header]
    return any(says(h, "payment") for h in named) and not any(says(h, "goods") for h in named)


def titled_payments(texts: Iterable[str]) -> bool | None:
    """Tell whether titles and names say that a table is of payments; None where they speak of goods too.

    A bank, a purpose or a credit is no payment there: who published a table may be a bank.

    Examples
    --------
    >>> titled_payments(["Реестр оплат"]), titled_payments(["Source: World Bank"])
    (True, False)
    >>> titled_payments(["Оплата поставок"]) is None
    True
    """
    said = list(texts)
    if not any(says(text, "title") for text in said):
        return False
    return None if any(says(text, "goods") or _SUPPLIED.search(text) for text in said) else True


def of_payments(grid: Grid) -> bool | None:
    """Tell whether links are payments; where headers leave that open, titles and names say it.

    None where those speak of payments and of goods, or what was paid stands beside another amount.
    """
    headers, unsure = _telling(grid)
    if unsure and not are_payments(headers) and are_payments([*headers, *unsure]):
        return None
    if are_payments(headers):
        amounts = [header for header in headers if meaning(header, tables()["links"]) == "value"]
        paid = [header for header in amounts if says(header, "paid")]
        rest = [header for header in headers if header not in paid]
        return True if paid == amounts or are_payments(rest) else None
    if not any(map(side_of, headers)) or any(says(header, "goods") for header in headers if header):
        return False
    return titled_payments((*grid.titles, grid.sheet, stem_of(grid.file)))


def _telling(grid: Grid) -> tuple[list[str], list[str]]:
    """Return the headers that may tell whether rows are payments, and those that leave it open.

    Whether, how and when a row is to be paid tells nothing of it: ``Условия оплаты``, or ``Оплата`` above
    words. What was paid of another amount leaves it open.
    """
    spec = tables()["links"]
    amounts = [header for header in grid.header if meaning(header, spec) == "value"]
    held: list[str] = []
    unsure: list[str] = []
    for header, cells in zip(grid.header, grid.columns, strict=True):
        whole = tuple(words(header))
        if whole in phrases("payment_words")["terms"]:
            continue
        if whole in phrases("payment_words")["settled"] and header not in amounts:
            if are_numbers(cells) and amounts:
                unsure.append(header)
            if not parse_years(cells).dated.any():
                continue
        held.append(header)
    return held, unsure


def paid_headers(headers: Sequence[str]) -> list[str]:
    """Return headers of links with payers as buyers and payees as suppliers where they speak of payments.

    Examples
    --------
    >>> paid_headers(["Плательщик", "Получатель", "Сумма"]), paid_headers(["Поставщик", "Получатель"])
    (['Покупатель', 'Поставщик', 'Сумма'], ['Поставщик', 'Получатель'])
    """
    return [_turned(header) for header in headers] if are_payments(headers) else list(headers)


def sided_headers(headers: Sequence[str]) -> list[str]:
    """Return headers with both sides named where payments, or a ledger of one's own, call them otherwise.

    Examples
    --------
    >>> sided_headers(["Организация", "Контрагент", "Сумма"])
    ['Поставщик', 'Покупатель', 'Сумма']
    """
    named = paid_headers(headers)
    clue = any(_COUNTER.search(h) or tells_kind(h) or any(dealt([h], money=False)) for h in named)
    if clue and all(any(says(header, means) for header in named) for means in ("own", "other")):
        named = [renamed(header, {"own": _SUPPLIER, "other": _BUYER}) for header in named]
    return named


def settle_headers(grid: Grid, spec: TableSpec, direction: str, notes: Notes) -> tuple[str, ...]:
    """Return the headers with the words that their neighbours decide.

    In a table of payments who pays is the buyer and who is paid the supplier; `direction` settles what the
    words of the headers do not. A date beside a year is no second year.
    """
    headers = list(grid.header)
    for at in grid.facts.pop("set_aside", ()):
        notes.add("numbers_of_nobody", **grid.place, column=headers[at], value=headers[at])
        headers[at] = f"{headers[at]} #{at + 1}"
    if spec.name == "links":
        headers = _without_quantities(headers, spec)
        headers = _of_ledger(headers, grid, spec, notes)
        told = of_payments(grid) if direction == "auto" else direction == "payments"
        if told is None:
            notes.add("direction_unclear", **grid.place)
        elif told:
            headers = [_turned(header) for header in headers]
            turned = [f"{old} → {new}" for old, new in zip(grid.header, headers, strict=True) if old != new]
            if turned:
                notes.add("direction_payments", **grid.place, detail="; ".join(turned))
            elif direction == "auto":
                notes.add("direction_unclear", **grid.place)
    if "year" in spec.names:
        headers = _one_year(headers, grid, spec, notes)
    return tuple(headers)


def _without_quantities(headers: list[str], spec: TableSpec) -> list[str]:
    """Let a volume beside a price and an amount claim nothing: it is a quantity."""
    claims = [at for at, header in enumerate(headers) if meaning(header, spec) == "value"]
    volumes = {at for at in claims if may_be_quantity(headers[at])}
    if not any(map(is_price, headers)) or not set(claims) - volumes:
        return headers
    return [f"{header} #{at + 1}" if at in volumes else header for at, header in enumerate(headers)]


def of_money(texts: Iterable[str]) -> bool:
    """Tell whether texts speak of money that came in or went out, and not of goods.

    Examples
    --------
    >>> of_money(["Поступление на расчётный счёт"]), of_money(["Поступление товаров"])
    (True, False)
    """
    return any(says(text, "money") for text in texts)


def mixes_money(texts: Sequence[str]) -> bool:
    """Tell whether some kinds are of money and others of goods: both may stand for one supply.

    Examples
    --------
    >>> mixes_money(["Поступление товаров", "Поступление на расчётный счёт"]), mixes_money(["Поступление"])
    (True, False)
    """
    goods = [text for text in texts if not of_money([text])]
    told = any(says(t, "sale") or says(t, "purchase") or _GOODS.search(t) for t in goods)
    return told and len(goods) < len(texts)


def dealt(texts: Iterable[str], *, money: bool) -> tuple[bool, bool]:
    """Tell whether texts speak of sales, and whether of purchases, of whoever keeps the ledger.

    What was received is a purchase of goods, and the pay for a sale; what is "incoming" or "outgoing" tells
    of money alone, as of goods it may be the document.

    Examples
    --------
    >>> dealt(["Поступление"], money=False), dealt(["Поступление"], money=True), dealt(["Дебет"], money=True)
    ((False, True), (True, False), (False, False))
    """
    said = {means: False for means in ("sale", "purchase", "received", "credited", "debited")}
    for text in texts:
        said = {means: known or says(text, means) for means, known in said.items()}
    if money:
        return said["sale"] or said["received"] or said["credited"], said["purchase"] or said["debited"]
    return said["sale"], said["purchase"] or said["received"]


def tells_kind(header: str) -> bool:
    """Tell whether a header is of kinds of operations or documents, or of directions."""
    return " ".join(words(header)) in _KIND


def _of_ledger(headers: list[str], grid: Grid, spec: TableSpec, notes: Notes) -> list[str]:
    """Name the sides of a ledger of one's own sales or purchases: ``Организация``, ``Контрагент``.

    Which of them supplied is told by words of sale or of purchase in titles, headers, names and kinds of
    documents; where kinds of some rows tell nothing while those of others do, it is not sure.

    Raises
    ------
    SchemaError
        Nothing tells it for certain, or whose ledger it is.
    """
    if any(meaning(header, spec) in ENDS for header in headers):
        return headers
    if alike := _numbered_alike(headers):
        raise refusal(SchemaError, "sides_alike", where=grid.where, sides=", ".join(alike))
    own, other = (any(says(header, means) for header in headers) for means in ("own", "other"))
    if other and not own:
        raise refusal(SchemaError, "ledger_whose", where=grid.where)
    if not (own and other):
        return headers
    kinds = [at for at, header in enumerate(headers) if tells_kind(header)]
    said_in = [show(cell) for at in kinds for cell in pd.unique(np.asarray(grid.columns[at]))[:_SHOWN]]
    texts = (*grid.titles, *headers, grid.sheet, grid.file, *said_in)
    money = of_money(texts)
    sold, bought = dealt(texts, money=money)
    telling = [text for text in said_in if text.strip() and not says(text, "back", "status_words")]
    rows = [dealt([text], money=money) for text in telling]
    some = any(map(any, rows)) and not all(map(any, rows))
    if sold == bought or some or mixes_money(telling):
        raise refusal(SchemaError, "ledger_unclear", where=grid.where)
    flows = [h for h in headers if says(h, "received") or says(h, "credited") or says(h, "debited")]
    if len(flows) > 1 and not money and not any(meaning(header, spec) == "value" for header in headers):
        raise refusal(SchemaError, "flows_of_what", where=grid.where, titles=", ".join(flows))
    sides = {"own": _SUPPLIER if sold else _BUYER, "other": _BUYER if sold else _SUPPLIER}
    named = [renamed(header, sides) for header in headers]
    turned = [f"{old} → {new}" for old, new in zip(headers, named, strict=True) if old != new]
    notes.add("sides_from_words", **grid.place, detail="; ".join(turned))
    return named


def _numbered_alike(headers: Sequence[str]) -> list[str]:
    """Return two headers of organisations that differ in a number or letter alone: ``Контрагент 1``."""
    found: dict[str, list[str]] = {}
    for header in headers:
        bare = _NUMBERED.sub(" ", header)
        if bare != header and (says(bare, "own") or says(bare, "other")):
            found.setdefault(" ".join(words(bare)), []).append(header)
    return next((some for some in found.values() if len(some) == 2), [])


def renamed(header: str, sides: Mapping[str, str]) -> str:
    """Return a header with the word of a side for what `sides` maps to it.

    Examples
    --------
    >>> renamed("ИНН контрагента", {"other": "Покупатель"})
    'Покупатель инн'
    """
    for means, side in sides.items():
        if says(header, means):
            rest = [w for w in words(CAMEL.sub(" ", header)) if (w,) not in phrases("payment_words")[means]]
            return " ".join([side, *rest])
    return header


def side_of(header: str) -> str:
    """Return "payer" or "payee" where a header of payments names one, "" elsewhere.

    Examples
    --------
    >>> side_of("ИНН плательщика"), side_of("Получатель"), side_of("Сумма платежа")
    ('payer', 'payee', '')
    >>> side_of("Кому платит")
    'payee'
    """
    found = words(CAMEL.sub(" ", header))
    runs = [tuple(found[i:j]) for j in range(1, len(found) + 1) for i in range(max(j - 3, 0), j)]
    told = {
        means: max((len(r) for r in runs if r in phrases("payment_words")[means]), default=0)
        for means in ("payer", "payee")
    }
    best = max(told, key=told.__getitem__)
    return best if told[best] else ""


def _turned(header: str) -> str:
    """Return the header of a payer as one of a buyer, of a payee as one of a supplier."""
    means, found = side_of(header), words(CAMEL.sub(" ", header))
    if not means:
        return header
    known = phrases("payment_words")[means]
    rest = [] if tuple(found) in known else [w for w in found if (w,) not in known]
    rest = [w for w in rest if w not in ("контрагент", "платежа", "средств", "paid", "by")]
    side, name = (_BUYER, "buyer_id") if means == "payer" else (_SUPPLIER, "supplier_id")
    return side if meaning(" ".join(rest), tables()["links"]) == name else " ".join([side, *rest])


def _one_year(headers: list[str], grid: Grid, spec: TableSpec, notes: Notes) -> list[str]:
    """Leave one header of a year where a date stands beside it, and one of several dates."""
    claims = [at for at, header in enumerate(headers) if meaning(header, spec) == "year"]
    plain = [
        at for at in claims if set(words(headers[at])) & _YEAR_WORDS and "дата" not in words(headers[at])
    ]
    if len(claims) > 1 and not plain and spec.name == "links":
        return _one_date(headers, claims, grid, notes)
    if len(claims) < 2 or len(plain) != 1:
        return headers
    years = parse_years(grid.columns[plain[0]]).years
    for at in claims:
        if at == plain[0]:
            continue
        other = parse_years(grid.columns[at])
        apart = other.dated & ~np.isnan(years) & (other.years != years)
        if apart.any():
            notes.add("year_differs", **grid.place, value=str(int(apart.sum())), detail=headers[at])
        headers[at] = f"{headers[at]} #{at + 1}"
    return headers


def _one_date(headers: list[str], claims: Sequence[int], grid: Grid, notes: Notes) -> list[str]:
    """Leave the date nearest to the supply: of delivery, posting, the document, payment, the contract.

    Two that are equally near are left both where they give different years, so that the table is refused.
    """
    read = {at: parse_years(grid.columns[at]) for at in claims}
    if any(not years.dated.any() for years in read.values()):
        return headers
    means = list(phrases("date_words"))
    order = {at: _nearness(headers[at], means) for at in claims}
    best = min(claims, key=order.__getitem__)
    years = read[best].years
    for at in claims:
        if at == best:
            continue
        apart = int(((read[at].years != years) & read[at].dated & read[best].dated).sum())
        lacks = int((np.isnan(years) & read[at].dated).sum())
        if order[at] == order[best] and apart:
            continue
        code = "date_chosen_apart" if apart or lacks else "date_chosen"
        notes.add(code, **grid.place, column=headers[best], value=str(apart + lacks), detail=headers[at])
        headers[at] = f"{headers[at]} #{at + 1}"
    return headers


def _nearness(header: str, means: Sequence[str]) -> int:
    """Return how near to the supply a date is by its words; one without any stands for the document's."""
    said = (at for at, name in enumerate(means) if says(header, name, "date_words"))
    return next(said, means.index("document"))
