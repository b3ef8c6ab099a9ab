"""Documents that came to nothing (cancelled, drafts) or take a supply back, told by a column of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Bools, Ints
from clustercoop.graph.errors import SchemaError
from clustercoop.graph.schema import ENDS, TableSpec
from clustercoop.graph.texts import refusal
from clustercoop.loaders.deals import DATES, says_document
from clustercoop.loaders.documents import (
    corrections,
    goods_back,
    is_void,
    kind_of,
    known_words,
    names_kind,
    plain_words,
    speaks,
    states,
    tells_correction,
    tells_version,
)
from clustercoop.loaders.headers import is_price, names_line
from clustercoop.loaders.ledger import is_numbering
from clustercoop.loaders.mapping import SET_ASIDE
from clustercoop.loaders.matching import candidates, meaning
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.numbers import are_numbers, negative, parse_numbers
from clustercoop.loaders.priced import QUANTITY
from clustercoop.loaders.sheets import Grid, show
from clustercoop.loaders.sides import of_payments, paid_headers, says, side_of
from clustercoop.loaders.totals import ROUNDED
from clustercoop.loaders.trade import REPORTED
from clustercoop.loaders.units import read_unit, words
from clustercoop.loaders.years import parse_years

_SHOWN: Final = 3
_RETURNS: Final = re.compile(
    r"^(?:возвра(?:щен|т(?!н))|returns?\b|returned|credit notes?\b)|[,(]\s*возвра", re.IGNORECASE
)
_NET: Final = re.compile(r"\bnet\b|нетто|за вычетом|за минусом|без возврат|с учетом возврат", re.IGNORECASE)
_NO_MONEY: Final = frozenset("дней дни срок days period rate".split())
PROOF: Final = 2
"""Different amounts that all rows of a document repeat, from which they are no chance."""
_OWN: Final = {*ENDS, "year", "product_code", "kind"}
# Dates of which a document may have several.
_LATER: Final = ("delivery", "payment")


def of_document(header: Sequence[str], spec: TableSpec) -> tuple[list[int], list[int]]:
    """Return the columns that tell documents apart, and their numbers, where amounts are of whole documents.

    ``Сумма документа`` stands in every row of its document, whatever the row is of.

    Examples
    --------
    >>> from clustercoop.graph.schema import tables
    >>> header = ["Дата", "№ документа", "Поставщик", "Покупатель", "Товар", "Сумма документа"]
    >>> of_document(header, tables()["links"]), of_document([*header[:-1], "Сумма"], tables()["links"])
    (([0, 1, 2, 3, 5], [1]), ([], []))
    """
    means = [meaning(title, spec) for title in header]
    amounts = {at for at, name in enumerate(means) if name == "value"}
    if not amounts or not all(says_document(words(header[at])) for at in amounts):
        return [], []
    own = {
        at
        for at, title in enumerate(header)
        if at not in amounts
        and (says_document(words(title)) and not states(title) and not DATES & set(words(title)))
        and not names_line(title)
        and means[at] not in _OWN
    }
    ends = {
        at
        for at, title in enumerate(header)
        if means[at] in _OWN - {"product_code"} or says(title, "own") or says(title, "other")
    }
    dates = {at for at, title in enumerate(header) if DATES & set(words(title))}
    late = {at for at in dates for name in _LATER if says(header[at], name, "date_words")}
    return (sorted(amounts | own | ends | (dates - late)), sorted(own)) if own else ([], [])


def _documents_once(grid: Grid, spec: TableSpec, notes: Notes) -> Grid:
    """Set aside the rows that repeat the amount of their document, and what the others are of."""
    told, numbers = of_document(grid.header, spec)
    if not len(grid) or "sampled" in grid.facts:  # asked of all rows, of which these are some
        return grid
    if not told:
        return _perhaps_once(grid, spec, notes)
    frame = pd.DataFrame({at: [show(cell).strip() for cell in grid.columns[at]] for at in told})
    again = frame.duplicated().to_numpy() & (frame[numbers] != "").any(axis=1).to_numpy()
    if not again.any():
        return grid
    every = [
        list(map(show, cells))
        for cells, title in zip(grid.columns, grid.header, strict=True)
        if not is_numbering(title)
    ]
    same = pd.DataFrame(dict(enumerate(every))).duplicated().to_numpy()  # such a row is one that stands twice
    amounts = set(_amounts(grid, spec))
    if not (again & ~same).any() or frame[~again].duplicated([at for at in told if at not in amounts]).any():
        return grid  # rows of one document differ: the amount is theirs
    line = int(grid.lines[int(np.argmax(again))])
    notes.add("document_again", **grid.place, row=line, value=str(int(again.sum())))
    kept = [at for at, title in enumerate(grid.header) if meaning(title, spec) != "product_code"]
    grid = grid.without(again, "document_again")
    return grid.pick(np.arange(len(grid)), kept)


def _perhaps_once(grid: Grid, spec: TableSpec, notes: Notes) -> Grid:
    """Set aside rows that repeat the amount of their day or document, where all of several products do.

    The amounts may be of documents, or of rows that happen to be equal: two different ones are repeated.
    """
    keys, product, amount = perhaps_of_document(grid, spec)
    if not keys:
        return grid
    frame = pd.DataFrame({at: [show(cell).strip() for cell in grid.columns[at]] for at in (*keys, product)})
    group = frame.groupby(keys, sort=False).ngroup().to_numpy()
    value = parse_numbers(grid.columns[amount]).values
    several = frame.groupby(group)[product].nunique().to_numpy()[group] > 1
    held = pd.Series(value[several]).groupby(group[several])
    if not several.any() or bool((held.nunique(dropna=False) > 1).any()) or held.first().nunique() < PROOF:
        return grid
    again = several & frame.duplicated(keys).to_numpy()
    line = int(grid.lines[int(np.argmax(again))])
    notes.add("document_perhaps", **grid.place, row=line, value=str(int(again.sum())))
    return grid.without(again, "document_perhaps")


def perhaps_of_document(grid: Grid, spec: TableSpec) -> tuple[list[int], int, int]:
    """Return the columns of days and documents, of products, and of amounts that may be of documents.

    ([], -1, -1) where nothing tells documents, or amounts are of rows.
    """
    means = {at: next(iter(candidates(title, spec)), "") for at, title in enumerate(grid.header)}
    amounts, products = ([at for at, name in means.items() if name == of] for of in ("value", "product_code"))
    said = {at: set(words(title)) for at, title in enumerate(grid.header)}
    keys = [
        at
        for at, title in enumerate(grid.header)
        if means[at] in _OWN - {"product_code"}
        or (at not in amounts and not states(title) and (says_document(said[at]) or DATES & said[at]))
    ]
    dated = any(says_document(said[at]) or DATES & said[at] for at in keys)
    if len(amounts) != 1 or len(products) != 1 or not dated or _of_rows(grid, amounts[0]):
        return [], -1, -1
    return keys, products[0], amounts[0]


def _of_rows(grid: Grid, amount: int) -> bool:
    """Tell whether amounts are of rows: the header says so, or each is the price times the quantity."""
    if names_line(grid.header[amount]) or grid.facts.get("of_rows"):
        return True
    prices = [at for at, title in enumerate(grid.header) if is_price(title)]
    counts = [at for at, title in enumerate(grid.header) if at not in prices and QUANTITY & set(words(title))]
    if not len(grid) or len(prices) != 1 or len(counts) != 1:
        return False
    price, count, value = (parse_numbers(grid.columns[at]).values for at in (*prices, *counts, amount))
    times = value / np.where(price * count > 0, price * count, np.nan)  # both may be of other units
    return bool(np.allclose(times, times[0], rtol=ROUNDED))


def without_void(grid: Grid, spec: TableSpec, notes: Notes) -> Grid:
    """Set aside rows of links whose state says that nothing was supplied; tell those that were broken off.

    A state is a cell of a column ``Статус``, or a yes or no under ``Проведён``. A contract
    that was broken off may have been supplied in part: it stays, and is told.
    """
    if spec.name != "links":
        return grid
    void, ended, said = np.zeros(len(grid), bool), np.zeros(len(grid), bool), dict[str, None]()
    for header, cells in zip(grid.header, grid.columns, strict=True):
        title = plain_words(header)
        kind = next((k for k in ("header", "posted", "deleted", "comment") if title in known_words()[k]), "")
        if not kind or not len(grid):
            continue
        codes, unique = pd.factorize(np.asarray(cells), use_na_sentinel=False)
        texts = [plain_words(show(cell)) for cell in unique]
        gone = [is_void(text, kind) for text in texts]
        off = [kind == "header" and text in known_words()["ended"] for text in texts]
        void |= np.array(gone)[codes]
        ended |= np.array(off)[codes]
        said |= dict.fromkeys(show(unique[at]).strip() for at in range(len(texts)) if gone[at] or off[at])
    for code, which in (("status_void", void), ("status_ended", ended & ~void)):
        if which.any():
            shown = ", ".join([text for text in said if text][:_SHOWN])
            line = int(grid.lines[int(np.argmax(which))])
            notes.add(code, **grid.place, row=line, value=str(int(which.sum())), detail=shown)
    grid = grid.without(void, "void_row") if void.any() else grid
    grid = _deliveries(_corrected(grid, spec, notes), spec, notes)
    _refuse_returns_beside(grid, spec)
    _refuse_versions(grid, spec)
    grid = _documents_once(grid, spec, notes)
    return _taken_back(_by_purpose(grid, spec, notes), spec, notes)


def _deliveries(grid: Grid, spec: TableSpec, notes: Notes) -> Grid:
    """Set aside orders and payments where the same column tells deliveries, too: each is the same goods.

    Whether goods followed those of a pair without deliveries is open. ``Счёт`` may stand for an invoice:
    it is a bill where a delivery of the pair and year, no other bill's, has its amount.
    """
    if not len(grid) or of_payments(grid):
        return grid
    for header, cells in zip(grid.header, grid.columns, strict=True):
        if not names_kind(header):
            continue
        codes, unique = pd.factorize(np.asarray(cells), use_na_sentinel=False)
        kinds = plain_words(header) in known_words()["kind"]
        means = np.array([kind_of(words(show(cell)), kinds=kinds) for cell in unique])[codes]
        none, goods, bills = (means == said for said in ("no_delivery", "delivery", "bill"))
        if not goods.any() or not (none | bills).any():
            continue
        ends = [
            at
            for at, title in enumerate(grid.header)
            if meaning(title, spec) in ENDS or says(title, "own") or says(title, "other")
        ]
        pair = {at: [show(cell).strip() for cell in grid.columns[at]] for at in ends}
        deal = {at: parse_numbers(grid.columns[at]).values for at in _amounts(grid, spec)}
        for at, title in enumerate(grid.header):
            if meaning(title, spec) == "year":
                deal[at] = parse_years(grid.columns[at]).years
        none |= bills & (_told(bills, pair | deal) <= _told(goods, pair | deal, whole=True))
        if not none.any():
            continue
        alone = none & (_told(goods, pair, whole=True) == 0)
        for row in np.flatnonzero(alone).tolist():
            notes.add(
                "document_alone", **grid.place, row=int(grid.lines[row]), value=show(cells[row]).strip()
            )
        twice = none & ~alone
        if twice.any():
            shown = ", ".join(list(dict.fromkeys(show(cell).strip() for cell in cells[twice]))[:_SHOWN])
            line = int(grid.lines[int(np.argmax(twice))])
            notes.add(
                "document_no_delivery", **grid.place, row=line, value=str(int(twice.sum())), detail=shown
            )
        return grid.without(alone, "document_alone").without(twice[~alone], "void_row")
    return grid


def _told(rows: Bools, cells: dict[int, Any], *, whole: bool = False) -> Ints:
    """Return for each row how many of `rows` have its cells: up to it, or in the `whole` table."""
    keys = pd.DataFrame({-1: np.zeros(len(rows)), **cells})
    alike = pd.Series(rows.astype(np.int64)).groupby([keys[at] for at in keys], dropna=False)
    return np.asarray(alike.transform("sum" if whole else "cumsum"), np.int64)


def _corrected(grid: Grid, spec: TableSpec, notes: Notes) -> Grid:
    """Set aside documents that correct others where no amount below zero says that they hold differences."""
    for header, cells in zip(grid.header, grid.columns, strict=True):
        if not (names_kind(header) or tells_correction(header)):
            continue
        shown = np.array([show(cell) for cell in cells], object)
        rows = np.isin(shown, corrections(header, list(dict.fromkeys(shown))))
        below = [parse_numbers(grid.columns[at][rows]).values < 0 for at in _amounts(grid, spec)]
        if not rows.any() or np.any(below):
            continue
        for row in np.flatnonzero(rows).tolist():
            notes.add("document_corrects", **grid.place, row=int(grid.lines[row]), value=shown[row].strip())
        return grid.without(rows, "document_corrects")
    return grid


def _refuse_versions(grid: Grid, spec: TableSpec) -> None:
    """Refuse supplies of a pair, date, product and document that stand in several versions or scenarios.

    Raises
    ------
    SchemaError
    """
    at = next((at for at, title in enumerate(grid.header) if tells_version(title)), -1)
    own = [
        i
        for i, title in enumerate(grid.header)
        if i != at and (says_document(words(title)) or meaning(title, spec) in _OWN)
    ]
    if at < 0 or len(own) < 2:
        return
    frame = pd.DataFrame({i: [show(cell).strip() for cell in grid.columns[i]] for i in (*own, at)})
    frame = frame.drop_duplicates()
    if frame[at].any() and frame.duplicated(own).any():
        said = ", ".join(text or "–" for text in frame[at].unique()[:_SHOWN])
        raise refusal(SchemaError, "versions", where=grid.where, header=repr(grid.header[at]), values=said)


def _by_purpose(grid: Grid, spec: TableSpec, notes: Notes) -> Grid:
    """Set aside payments whose purpose is no supply (a loan, wages); turn those that are given back.

    Who gives a payment back had been paid: its row is a negative amount of the pair the other way round.
    """
    purposes = [at for at, title in enumerate(grid.header) if plain_words(title) in known_words()["purpose"]]
    if len(purposes) != 1 or not len(grid) or not of_payments(grid):
        return grid
    codes, unique = pd.factorize(np.asarray(grid.columns[purposes[0]]), use_na_sentinel=False)
    texts = [show(cell) for cell in unique]
    other, back = (np.array([speaks(t, means) for t in texts], bool) for means in ("no_supply", "returned"))
    back &= ~other
    if back.any():
        grid = _given_back(grid, spec, back[codes])
    for code, which in (("documents_back", back), ("purpose_other", other)):
        if which.any():
            shown = ", ".join([texts[at].strip() for at in np.flatnonzero(which)[:_SHOWN].tolist()])
            line = int(grid.lines[int(np.argmax(which[codes]))])
            notes.add(code, **grid.place, row=line, value=str(int(which[codes].sum())), detail=shown)
    return grid.without(other[codes], "purpose_row") if other.any() else grid


def _given_back(grid: Grid, spec: TableSpec, rows: Bools) -> Grid:
    """Make amounts of `rows` negative and turn their sides, but where an amount is negative as it stands.

    Cells of one side without a like column of the other (``Счёт получателя``) tell nothing then.
    """
    columns, turned = list(grid.columns), np.zeros(len(grid), bool)
    for at in _amounts(grid, spec):
        columns[at] = columns[at].astype(object)
        for row in np.flatnonzero(rows).tolist():
            cell, columns[at][row] = columns[at][row], negative(columns[at][row])
            turned[row] |= bool(columns[at][row] != cell)
    payers, payees = _sides(grid, spec)
    pairs = [(payers.pop(about), payees.pop(about)) for about in list(payers) if about in payees]
    if len(payers) == len(payees):
        pairs += zip(payers.values(), payees.values(), strict=True)
        payers = payees = {}
    for at in (at for at, title in enumerate(grid.header) if title == REPORTED):  # the other side paid it
        columns[at] = np.where(turned, np.where(columns[at] == "buyer", "supplier", "buyer"), columns[at])
    for one, two in pairs:
        held = columns[one], columns[two]
        columns[one], columns[two] = (np.where(turned, held[1 - i], held[i]) for i in (0, 1))
    for at in (*payers.values(), *payees.values()):
        columns[at] = np.where(turned, np.full(1, None, object), columns[at])
    return replace(grid, columns=tuple(columns))


def _sides(grid: Grid, spec: TableSpec) -> tuple[dict[str, int], dict[str, int]]:
    """Return the columns of payers and of payees by what they tell of them ("", "инн")."""
    found: tuple[dict[str, int], dict[str, int]] = {}, {}
    named = {"payer": 0, "buyer_id": 0, "payee": 1, "supplier_id": 1}
    known = any(map(side_of, grid.header))
    for at, (header, paid) in enumerate(zip(grid.header, paid_headers(grid.header), strict=True)):
        side = side_of(header) if known else meaning(header, spec)
        if side in named:
            found[named[side]].setdefault(" ".join(sorted(words(paid)[1:])), at)
    return found


def _amounts(grid: Grid, spec: TableSpec) -> list[int]:
    return [at for at, header in enumerate(grid.header) if meaning(header, spec) == "value"]


def _taken(header: str, spec: TableSpec) -> bool:
    """Tell whether a header is of money that was taken back."""
    if not _RETURNS.search(header) or candidates(header, spec) or header.startswith(SET_ASIDE):
        return False
    unit = read_unit(header)[1]
    return not (unit.percent or unit.physical or _NO_MONEY & set(words(header)))


def _refuse_returns_beside(grid: Grid, spec: TableSpec) -> None:
    """Refuse amounts beside a column of what was taken back: nothing says whether they are after it.

    Raises
    ------
    SchemaError
        There is such a column with numbers, and no amount that is said to be net.
    """
    amounts = _amounts(grid, spec)
    if not amounts or any(_NET.search(grid.header[at]) for at in amounts):
        return
    for header, cells in zip(grid.header, grid.columns, strict=True):
        if _taken(header, spec) and are_numbers(cells) and np.nan_to_num(parse_numbers(cells).values).any():
            value = repr(grid.header[amounts[0]])
            raise refusal(SchemaError, "returns_beside", where=grid.where, value=value, header=repr(header))


def _taken_back(grid: Grid, spec: TableSpec, notes: Notes) -> Grid:
    """Make amounts negative whose document takes a supply back: ``Сторно``, ``Возврат от покупателя``."""
    amounts = _amounts(grid, spec)
    for header, cells in zip(grid.header, grid.columns, strict=True):
        if not names_kind(header) or not len(grid):
            continue
        codes, unique = pd.factorize(np.asarray(cells), use_na_sentinel=False)
        back = np.array(goods_back([words(show(cell)) for cell in unique]), bool)[codes]
        if not back.any() or back.all():
            continue
        columns = list(grid.columns)
        for at in amounts:
            columns[at] = columns[at].astype(object)
            for row in np.flatnonzero(back).tolist():
                columns[at][row] = negative(columns[at][row])
        said = dict.fromkeys(show(cell).strip() for cell, b in zip(cells, back, strict=True) if b)
        shown = ", ".join(list(said)[:_SHOWN])
        line = int(grid.lines[int(np.argmax(back))])
        notes.add("documents_back", **grid.place, row=line, value=str(int(back.sum())), detail=shown)
        return replace(grid, columns=tuple(columns))
    return grid
