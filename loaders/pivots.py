"""Pivot tables of spreadsheets laid out as plain tables: names of fields, and labels that stand once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from clustercoop.loaders.sheets import RawSheet, show
from clustercoop.loaders.totals import is_total
from clustercoop.loaders.units import words

_SEARCH: Final = 10
_SUM: Final = re.compile(r"(?:сумма по полю|sum of|summe von)\s+(.+)", re.IGNORECASE)
_COLUMNS: Final = re.compile(
    r"(?:названия|метки) столбцов|column labels|spaltenbeschriftungen", re.IGNORECASE
)
_BLANK: Final = frozenset({"(пусто)", "(blank)", "(leer)"})
ROWS: Final = re.compile(r"(?:названия|метки) строк|row labels|zeilenbeschriftungen", re.IGNORECASE)
"""What heads the labels of a pivot in compact form, whatever they are."""


def laid_out(sheet: RawSheet) -> RawSheet:
    """Return a pivot as a plain table; other sheets as they are.

    The field that is summed is named as it is ("Сумма по полю Выпуск" is Выпуск), over the table or where a
    single column calls itself the total. A label in the first columns holds for the empty cells below it.

    Examples
    --------
    >>> rows = [["Сумма по полю Объём", "", ""], ["Поставщик", "Покупатель", "Итог"], ["01", "02", 5],
    ...         ["", "03", 6], ["01 Итог", "", 11]]
    >>> laid_out(RawSheet("a.xlsx", records=rows, lines=range(1, 6))).records[1:4]
    [['Поставщик', 'Покупатель', 'Объём'], ['01', '02', 5], ['01', '03', 6]]
    """
    if sheet.frame is not None or len(sheet.records) < 2:
        return sheet
    top = [[show(cell).strip() for cell in row] for row in sheet.records[:_SEARCH]]
    named = [at for at, row in enumerate(top) if any(map(_of_field, row))]
    if not named:
        return sheet
    head = max(at for at in named if at == named[0] or at == named[-1] == named[0] + 1)
    if not any(ROWS.fullmatch(text) for text in top[head]) and sum(map(bool, top[head])) < 3:
        head += 1  # the fields stand above the header
    if head >= len(top):
        return sheet
    summed = [match[1] for row in top[: head + 1] for text in row if (match := _SUM.fullmatch(text))]
    records = [list(row) for row in sheet.records]
    for row, texts in zip(records[:head], top, strict=False):
        if any(map(_of_field, texts)):  # names of the fields of columns say nothing above their labels
            row[:] = [_plain(row[0]), *[""] * (len(row) - 1)]
    header = [_plain(cell) for cell in records[head]]
    totals = [at for at, cell in enumerate(header) if is_total(show(cell).strip())]
    last = max((at for at, cell in enumerate(header) if show(cell).strip()), default=0)
    if len(summed) == 1 and totals == [last] and not any(map(_numeric, header)):
        header[last] = summed[0]
    records[head] = header
    texts = [show(cell).strip() for cell in header]
    if not ROWS.fullmatch(texts[0]):
        labels = next(
            (at for at, text in enumerate(texts) if _numeric(text) or text in summed or is_total(text)), last
        )
        _fill_down(records[head + 1 :], labels)
    return replace(sheet, records=records)


def _of_field(text: str) -> bool:
    return bool(_SUM.fullmatch(text) or _COLUMNS.fullmatch(text) or ROWS.fullmatch(text))


def _plain(cell: Any) -> Any:
    """Return the cell of a header as the field is called; what stands over labels of columns says nothing."""
    text = show(cell).strip()
    summed = _SUM.fullmatch(text)
    return summed[1] if summed else "" if _COLUMNS.fullmatch(text) else cell


def _numeric(cell: Any) -> bool:
    found = words(show(cell))
    return bool(found) and all(word.isdecimal() for word in found)


def _fill_down(rows: Sequence[list[Any]], labels: int) -> None:
    """Write labels into the empty cells below them, in the first columns; totals hold for nothing."""
    held: list[Any] = []
    for row in rows:
        texts = [show(cell).strip() for cell in row[:labels]]
        if not any(texts) or any(map(is_total, texts)):
            continue
        first = next(at for at, text in enumerate(texts) if text)
        row[:first] = held[:first] or row[:first]
        held = row[:labels]
    for row in rows:
        row[:labels] = ["" if show(cell).strip() in _BLANK else cell for cell in row[:labels]]
