"""Rows of links that are not one delivery each: reversals, reports of both sides, equal rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.graph.arrays import Bools, Floats, Int8s, Ints
from clustercoop.graph.schema import ENDS
from clustercoop.graph.settings import Repeats
from clustercoop.loaders.keys import PAIR, groups
from clustercoop.loaders.ledger import Ledger
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.sheets import show
from clustercoop.loaders.units import words

_SUPPLIER: Final = tuple("поставщик продав отправител грузоотправител supplier seller vendor sender".split())
_BUYER: Final = tuple("покупател заказчик получател грузополучател buyer customer purchaser client".split())
_SIDES: Final = (_SUPPLIER, _BUYER)
_NAMED: Final = (
    frozenset("поставщик продавец отправитель грузоотправитель supplier seller vendor sender".split()),
    frozenset("покупатель заказчик получатель грузополучатель buyer customer purchaser client".split()),
)
# Words of headers whose cells tell one delivery from another.
_DOCUMENTS: Final = frozenset(
    "документ документа счет счета накладная накладной упд договор договора контракт контракта номер "
    "document doc invoice contract order number bill реестровый дата date".split()
)
DATES: Final = frozenset({"дата", "date"})
# Beginnings of words of headers whose cells name who told of the delivery, and of those that tell of freight.
_REPORTER: Final = tuple(
    "сообщ респондент отчит источник представ предостав анкет подал подав заполни сведени данны декларант "
    "report respond source submi filed filer provid declar inform".split()
)
_FREIGHT: Final = tuple(
    "достав оплат плат транспорт фрахт перевоз страхов базис услови вывоз "
    "freight deliver shipping transport carri pay paid insur incoterm terms".split()
)


def net_reversals(ledger: Ledger) -> None:
    """Set rows of negative value off against the deliveries that they take back.

    First within one key (pair, year, product and kind), then within the pair and year. What is left below
    zero stays negative, and is rejected later. Bounds of rows are bounds of what is left of them.
    """
    for names in (ledger.spec.key, PAIR):
        value = ledger.values("value")
        negative = ledger.alive & (value < 0)
        if not negative.any():
            return
        supplier = ledger.coded("supplier_id")
        theirs = np.zeros(len(supplier.texts) + 1, bool)  # the last stands for no supplier
        theirs[supplier.codes[negative]] = True
        rows = np.flatnonzero(theirs[supplier.codes] & ledger.alive & ~np.isnan(value))
        group = groups(ledger.frame[list(names)].iloc[rows], names)
        touched = np.isin(group, group[negative[rows]])
        rows, group = rows[touched], group[touched]
        order = np.lexsort((rows, -value[rows], group))
        rows = rows[order]
        starts = np.flatnonzero(np.r_[True, np.diff(group[order]) != 0])
        net = np.add.reduceat(value[rows], starts)
        size = np.diff(np.r_[starts, len(rows)])
        covered = (net >= 0) & (value[rows[starts]] > 0)
        kept = np.repeat(covered, size)
        if not covered.any():
            continue
        head = np.zeros(len(rows), bool)
        head[starts] = True
        low, high = (np.add.reduceat(side[rows], starts)[covered] for side in _between(ledger, value))
        ledger.fold("value", rows[kept], rows[head & kept], net[covered])
        open_ = (low < net[covered]) | (high > net[covered])
        at, high = rows[head & kept][open_], np.where(np.isinf(high), np.nan, high)
        ledger.bound("value", at, low=low[open_], high=high[open_])
        ledger.reject(ledger.mask(rows[kept & ~head]), "reversal_netted", "value")


def _between(ledger: Ledger, value: Floats) -> tuple[Floats, Floats]:
    """Return the least and the most that each row may hold: its value where nothing bounds it."""
    low, high = ledger.values("value_low"), ledger.values("value_high")
    bounded = ~np.isnan(low) | ~np.isnan(high)
    most = np.where(np.isnan(high), np.inf, high)
    return np.where(np.isnan(low), value, low), np.where(bounded, most, value)


def drop_mirrors(ledger: Ledger, notes: Notes) -> None:
    """Keep the supplier's report of a pair and year where a column or a form tells that both sides did."""
    side = np.zeros(len(ledger), np.int8)
    for number, grid in enumerate(ledger.grids):
        if who := grid.facts.get("respondent", ""):
            mine = ledger.source == number
            side[mine & (ledger.frame["supplier_id"] == who).to_numpy(bool)] = 1
            side[mine & (ledger.frame["buyer_id"] == who).to_numpy(bool) & (side == 0)] = 2
            continue
        used = set(grid.facts.get("columns_at", {}).values())
        ends = ledger.frame.loc[ledger.source == number, list(ENDS)]
        for at, cells in enumerate(grid.columns):
            if at in used or tells_freight(grid.header[at]):
                continue
            told = tells_reporter(grid.header[at])
            found = whose_report(cells, told=told)
            if found is None and told:
                found = _named_sides(cells, ends, ledger.who)
            if found is not None:
                side[ledger.source == number] = found
    sides = {1, 2} <= set(side.tolist())
    if not sides:
        return
    group = groups(ledger.frame, PAIR)
    both = np.intersect1d(group[ledger.alive & (side == 1)], group[ledger.alive & (side == 2)])
    twice = np.isin(group, both) & ledger.alive
    value = ledger.values("value")
    totals = [pd.Series(value[twice & (side == s)]).groupby(group[twice & (side == s)]).sum() for s in (1, 2)]
    apart = (totals[0] - totals[1]).abs()
    differ = apart > 0.005 * totals[0].abs()
    if differ.any():
        place = ledger.grids[0].place
        notes.add(
            "mirror_differs", **place, value=str(int(differ.sum())), detail=f"{apart[differ].sum():.6g}"
        )
    ledger.reject(twice & (side == 2), "mirror_row", "value", detail="buyer")


def whose_report(cells: NDArray[Any], *, told: bool = False) -> Int8s | None:
    """Return 1 for a supplier's report and 2 for a buyer's, None where the column tells something else.

    A column that is said to tell who reported may write "данные поставщика"; in another one that is a thing
    of the supplier's, such as a warehouse.
    """
    codes, unique = pd.factorize(np.asarray(cells), use_na_sentinel=False)
    if not 2 <= len(unique) <= 6:
        return None
    found = []
    for cell in unique:
        said = words(show(cell))
        sides = [
            _begins(said, names) if told else bool(_NAMED[k] & set(said)) for k, names in enumerate(_SIDES)
        ]
        found.append(sides.index(True) + 1 if any(sides) else 0)
    return np.array(found, np.int8)[codes] if {1, 2} <= set(found) else None


def _begins(said: Sequence[str], beginnings: tuple[str, ...]) -> bool:
    return any(word.startswith(beginnings) for word in said)


def tells_freight(header: str) -> bool:
    """Tell whether a header speaks of who carries or pays: that is nobody's report."""
    return _begins(words(header), _FREIGHT)


def tells_reporter(header: str) -> bool:
    """Tell whether a header speaks of who reported.

    Examples
    --------
    >>> tells_reporter("Сообщил"), tells_reporter("Товар")
    (True, False)
    """
    return _begins(words(header), _REPORTER)


def _named_sides(cells: NDArray[Any], ends: pd.DataFrame, who: Callable[[str], str]) -> Int8s | None:
    """Return 1 where a cell names its row's supplier and 2 where the buyer, None where some name neither."""
    texts = np.array([who(show(cell).strip()) for cell in cells], object)
    seller, buyer = (texts == ends[name].to_numpy(object) for name in ENDS)
    sides = np.where(seller, 1, np.where(buyer, 2, 0)).astype(np.int8)
    return sides if {1, 2} <= set(sides.tolist()) and bool(((sides > 0) | (texts == "")).all()) else None


def says_document(said: Collection[str]) -> bool:
    """Tell whether the words of a header speak of documents.

    Examples
    --------
    >>> says_document(["номер", "счета"]), says_document(["дата"])
    (True, False)
    """
    return bool(set(said) & (_DOCUMENTS - DATES))


def told_apart(ledger: Ledger, dated: Bools) -> tuple[Bools, Bools]:
    """Return the rows whose file has a column of documents, and those whose file has dates."""
    documents = ledger.mask()
    dates = dated.copy()
    for number, grid in enumerate(ledger.grids):
        at = grid.facts.get("columns_at", {})
        mine = ledger.source == number
        unused = [name for i, name in enumerate(grid.header) if i not in set(at.values()) and name]
        said = {word for name in unused for word in words(name)}
        if said & DATES:
            dates |= mine
        if says_document(said):
            documents |= mine
    return documents, dates


def settle_repeats(
    ledger: Ledger, repeated: Bools, original: Ints, dated: Bools, repeats: Repeats, notes: Notes
) -> Bools:
    """Return the rows of `repeated` that count once: they are to be rejected as repeats.

    Rows that are equal to an earlier one are one delivery told twice, or two deliveries. A document number
    that is equal too tells the former, a date the latter; `repeats` settles it for all. Where nothing does,
    the rows are counted once, and the supply of the pair is marked as lying between that and their sum.
    """
    if repeats != "ask" or not repeated.any():
        return repeated if repeats != "sum" else ledger.mask()
    documents, dates = told_apart(ledger, dated)
    value = ledger.values("value")
    place = ledger.grids[0].place
    summed = repeated & dates & ~documents
    if summed.any():
        detail = f"{np.nansum(value[summed]):.6g}"
        notes.add("repeat_summed", **place, value=str(int(summed.sum())), detail=detail)
    open_ = repeated & ~dates & ~documents & (np.abs(value) > 0)
    if open_.any():
        detail = f"{np.nansum(np.abs(value[open_])):.6g}"
        notes.add("repeat_open", **place, value=str(int(open_.sum())), detail=detail)
        more = pd.Series(value[open_]).groupby(original[open_]).sum()
        first = more.index.to_numpy()
        once, all_ = value[first], value[first] + more.to_numpy()
        ledger.bound("value", first, low=np.minimum(once, all_), high=np.maximum(once, all_))
    return repeated & ~summed
