"""Pivot tables of spreadsheets laid out as plain tables: names of fields, and labels that stand once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from clustercoop.graph.arrays import Floats
from clustercoop.graph.errors import SchemaError
from clustercoop.graph.texts import refusal
from clustercoop.loaders.numbers import parse_numbers
from clustercoop.loaders.sheets import RawSheet, objects, show
from clustercoop.loaders.totals import is_total
from clustercoop.loaders.units import Unit, read_unit, words
from clustercoop.loaders.years import FOUR

PIVOT: Final = "pivot"
"""The fact of a sheet that it was a pivot."""
_SEARCH: Final = 10
_SUM: Final = re.compile(r"(?:сумма по полю|sum of|summe von)\s+(.+)", re.IGNORECASE)
_OTHER: Final = re.compile(
    r"(?:количество|число|среднее|максимум|минимум|произведение) по полю\s+.+"
    r"|(?:count|average|max|min|product|stddevp?|varp?) of\s+.+",
    re.IGNORECASE,
)
_COLUMNS: Final = re.compile(
    r"(?:названия|метки) столбцов|column labels|spaltenbeschriftungen", re.IGNORECASE
)
_YEARS: Final = re.compile(r"год|годы|years?|jahre?", re.IGNORECASE)
_SEVERAL: Final = re.compile(
    r"\((?:все|несколько элементов|all|multiple items|alle|mehrere elemente)\)", re.IGNORECASE
)
_BLANK: Final = frozenset({"(пусто)", "(blank)", "(leer)"})
_BOTH: Final = re.compile(
    r"((?:поставщик|продавец|supplier|seller)\w*)\s*[/\\|,;]\s*((?:покупатель|заказчик|buyer|customer)\w*)"
    r"|((?:покупатель|заказчик|buyer|customer)\w*)\s*[/\\|,;]\s*((?:поставщик|продавец|supplier|seller)\w*)",
    re.IGNORECASE,
)
_AMOUNT: Final = re.compile(r"сумм|объ[её]м|стоимост|amount|value", re.IGNORECASE)
_EXACT: Final = 1e-6
ROWS: Final = re.compile(r"(?:названия|метки) строк|row labels|zeilenbeschriftungen", re.IGNORECASE)
"""What heads the labels of a pivot in compact form, whatever they are."""


def laid_out(sheet: RawSheet) -> RawSheet:
    """Return a pivot as a plain table; other sheets as they are.

    The field that is summed is named as it is ("Сумма по полю Выпуск" is Выпуск), over the table or where a
    single column calls itself the total. A label in the first columns holds for the empty cells below it.

    Raises
    ------
    SchemaError
        It holds counts, averages or extremes, or adds up several years.

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
        return _unfolded(sheet, top)
    head = named[-1] if named[-1] == named[0] + 1 else named[0]
    if not any(ROWS.fullmatch(text) for text in top[head]) and sum(map(bool, top[head])) < 3:
        head += 1  # the fields stand above the header
    if head >= len(top):
        return sheet
    if other := next((t for row in top[:head] for t in row[:1] if _OTHER.fullmatch(t)), ""):
        raise refusal(SchemaError, "pivot_of_other", where=sheet.where, field=repr(other))
    if several := next((row[0] for row in top[:head] if _of_years(row)), ""):
        raise refusal(SchemaError, "pivot_of_years", where=sheet.where, field=repr(several))
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
    return replace(sheet, records=records, facts=sheet.facts | {PIVOT: True})


def _unfolded(sheet: RawSheet, top: Sequence[Sequence[str]]) -> RawSheet:
    """Return a sheet whose first column holds two fields, which its header names, with a column for each.

    Below each label of the first field stand those of the second, and its numbers are their sums.
    """
    head = next((at for at, row in enumerate(top) if len(row) > 1 and _BOTH.fullmatch(row[0])), -1)
    fields = _BOTH.fullmatch(top[head][0]) if head >= 0 else None
    if fields is None or not all(map(_of_figures, filter(None, top[head][1:]))):
        return sheet
    records: list[list[Any]] = [["", *row] for row in sheet.records[:head]]
    records.append([*filter(None, fields.groups()), *sheet.records[head][1:]])
    left: Floats | None = None
    label: Any = ""
    for row in sheet.records[head + 1 :]:
        values = parse_numbers(objects(row[1:])).values
        if is_total(show(row[0]).strip()) or np.isnan(values).all():
            records.append(["", *row])
        elif left is None or not np.nan_to_num(left).any():
            label, left = row[0], values
            records.append([f"{show(label).strip()} total", "", *row[1:]])
        else:
            left = np.where(np.abs(rest := left - np.nan_to_num(values)) <= _EXACT * np.abs(left), 0.0, rest)
            if (np.nan_to_num(left) < 0).any():
                return sheet
            records.append([label, *row])
    return (
        sheet
        if left is None or np.nan_to_num(left).any()
        else replace(sheet, records=records, merged=(), shown=None)
    )


def _of_figures(header: str) -> bool:
    """Tell whether a header is of figures, and no organisation: a year, a total, an amount."""
    return bool(
        FOUR.fullmatch(header) or is_total(header) or read_unit(header)[1] != Unit() or _AMOUNT.match(header)
    )


def _of_field(text: str) -> bool:
    return bool(
        _SUM.fullmatch(text) or _OTHER.fullmatch(text) or _COLUMNS.fullmatch(text) or ROWS.fullmatch(text)
    )


def _of_years(row: Sequence[str]) -> bool:
    """Tell whether a row of filters lets several years through: ``Год | (Все)``."""
    label, *chosen = [text for text in row if text] or [""]
    return bool(_YEARS.fullmatch(label) and any(map(_SEVERAL.fullmatch, chosen)))


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
