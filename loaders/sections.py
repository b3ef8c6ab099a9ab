"""Rows of their own that name the cluster, or the year, of the rows below them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.graph.arrays import Bools, Indices
from clustercoop.graph.errors import SchemaError
from clustercoop.graph.schema import ENDS, TableSpec
from clustercoop.graph.texts import refusal
from clustercoop.loaders.ledger import is_numbering
from clustercoop.loaders.matching import candidates, meaning
from clustercoop.loaders.numbers import parse_numbers
from clustercoop.loaders.part_columns import year_said
from clustercoop.loaders.sheets import Grid, show
from clustercoop.loaders.totals import is_total
from clustercoop.loaders.who import name_key

_ORDER: Final = re.compile(r"(?:\d{1,3}|[IVX]{1,5})[.)]\s+")
_CLUSTER: Final = re.compile(r"(?:(?:промышленный|industrial)\s+)?(?:кластер|cluster)\b.*", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\d[\d\s.,]*[.)]?")
_YEAR: Final = re.compile(
    r"(?:(?:[^\d]+\s)?(?:за|for)\s+)?((?:19|20)\d\d)(?:\.0)?\s*(?:год|г\.?)?:?", re.IGNORECASE
)
_OF_YEAR: Final = re.compile(r"\b(?:за|for)\s+\d{4}|\d{4}\s*(?:г\b|год|year)", re.IGNORECASE)
_HEADING: Final = 80
_QUOTED: Final = re.compile(
    r"(?:(?:промышленный|industrial)\s+)?(?:кластер|cluster)\s*[«\"“„](.+?)[»\"”]\s*:?", re.IGNORECASE
)


def fill_sections(
    cells: tuple[NDArray[Any], ...], header: Sequence[str], spec: TableSpec
) -> tuple[tuple[NDArray[Any], ...], list[str], Indices]:
    """Write clusters or years that stand in rows of their own into the rows below.

    The first row holds one cell only, beside its number, and every other row leaves its cluster or year
    empty, or the table has no column of it: then such rows are headings. Without a column they have to call
    themselves a cluster; those of years hold a year and no more.

    Returns
    -------
    cells, header, headings
        With a column more where there was none; the rows that are headings.

    Examples
    --------
    >>> from clustercoop.graph.schema import tables
    >>> rows = [["Кластер «А»", "", ""], ["01", "", "Завод"], ["02", "", "Порт"]]
    >>> cells = tuple(np.array(rows, object).T)
    >>> filled, _, rows = fill_sections(cells, ["ИНН", "Кластер", "Наименование"], tables()["participants"])
    >>> filled[1].tolist(), rows.tolist()
    (['', 'А', 'А'], [0])
    >>> rows = [["2021 год", "", ""], ["01", "02", "5"]]
    >>> cells = tuple(np.array(rows, object).T)
    >>> filled, header, _ = fill_sections(cells, ["Поставщик", "Покупатель", "Сумма"], tables()["links"])
    >>> header[-1], filled[-1].tolist()
    ('year', ['', '2021'])
    """
    name = "cluster_id" if spec.name == "participants" else "year" if "year" in spec.required else ""
    at = next((i for i, title in enumerate(header) if meaning(title, spec) == name), len(cells))
    none = cells, list(header), np.empty(0, np.intp)
    numbers = [bool(is_numbering(title)) for title in header]
    strict = at == len(cells)
    if strict and name == "cluster_id":  # a heading may hold sums
        ids = {i for i, title in enumerate(header) if meaning(title, spec) == "participant_id"}
        numbers = [i not in ids for i in range(len(header))]
    if not name or not len(cells[0]) or sum(map(bool, _unnumbered(cells, numbers, 0))) != 1:
        return none
    texts = list(
        map(list, zip(*(_unnumbered(cells, numbers, row) for row in range(len(cells[0]))), strict=True))
    )
    if at < len(cells) and any(texts[at]):
        return none
    counts = np.sum([[bool(text) for text in column] for column in texts], axis=0)
    section, filled = "", np.full(len(counts), "", object)
    found: list[int] = []
    for row, count in enumerate(counts.tolist()):
        if count == 1:
            text = next(column[row] for column in texts if column[row])
            named = _section(text, name, strict)
            if is_total(text) or not (counts[row + 1 :] > 1).any():
                section = ""
            elif named:
                section = named
                found.append(row)
        elif section:
            filled[row] = section
    if not found:
        return none
    titles = list(header) if at < len(cells) else [*header, name]
    return (*cells[:at], filled, *cells[at + 1 :]), titles, np.array(found, np.intp)


def _unnumbered(cells: tuple[NDArray[Any], ...], numbers: Sequence[bool], row: int) -> list[str]:
    """Return the texts of a row without the numbers of rows."""
    texts = [show(column[row]).strip() for column in cells]
    return ["" if n and _NUMBER.fullmatch(text) else text for n, text in zip(numbers, texts, strict=True)]


def fill_groups(
    cells: tuple[NDArray[Any], ...], header: Sequence[str], spec: TableSpec
) -> tuple[tuple[NDArray[Any], ...], Indices]:
    """Write an organisation that stands in a row of its own into the rows below it; return those headings.

    Every row either names it and leaves the other keys empty, or has those and leaves it empty. What a
    heading holds beside it must be the sum of its rows.

    Examples
    --------
    >>> from clustercoop.graph.schema import tables
    >>> rows = [["01", "", "12"], ["", "02", "5"], ["", "03", "7"]]
    >>> cells, rows = fill_groups(tuple(np.array(rows, object).T), ["Поставщик", "Покупатель", "Сумма"],
    ...                           tables()["links"])
    >>> cells[0].tolist(), rows.tolist()
    (['01', '01', '01'], [0])
    """
    none = cells, np.empty(0, np.intp)
    if spec.name not in ("links", "activity") or not len(cells[0]):
        return none
    named = [candidates(title, spec)[:1] for title in header]
    keys = [
        i for i, found in enumerate(named) if found and found[0] in spec.required and found[0] in spec.key
    ]
    first = [i for i in keys if show(cells[i][0]).strip()]
    others = [i for i in keys if i not in first]
    if len(first) != 1 or not others or spec[named[first[0]][0]].type != "id":
        return none
    at = first[0]
    own = np.array([bool(show(cell).strip()) for cell in cells[at]])
    beside = np.array([[bool(show(cell).strip()) for cell in cells[i]] for i in others])
    total = np.array([is_total(show(cell).strip()) for cell in cells[at]])
    heads = own & ~beside.any(axis=0) & ~total
    records = ~own & beside.all(axis=0)
    if not heads[:1].all() or not records.any() or (own & beside.any(axis=0)).any():
        return none
    group = np.cumsum(heads) - 1
    if not _sums(cells, heads, records, group):
        return none
    filled = cells[at].astype(object)
    filled[records] = filled[np.flatnonzero(heads)][group[records]]
    return (*cells[:at], filled, *cells[at + 1 :]), np.flatnonzero(heads)


def fill_sides(
    cells: tuple[NDArray[Any], ...], header: Sequence[str], spec: TableSpec
) -> tuple[tuple[NDArray[Any], ...], list[str], Indices]:
    """Write a side of links that rows such as ``Поставщик: А`` name into a column that the table lacks.

    What such a row holds beside it must be the sum of the rows below it.

    Examples
    --------
    >>> from clustercoop.graph.schema import tables
    >>> rows = [["Поставщик: 01", ""], ["02", "5"], ["Поставщик: 03", "7"], ["02", "7"]]
    >>> filled = fill_sides(tuple(np.array(rows, object).T), ["Покупатель", "Сумма"], tables()["links"])
    >>> filled[1], filled[0][-1].tolist(), filled[2].tolist()
    (['Покупатель', 'Сумма', 'supplier_id'], ['', '01', '', '03'], [0, 2])
    """
    none = cells, list(header), np.empty(0, np.intp)
    have = {meaning(title, spec) for title in header}
    lacks = [name for name in ENDS if name not in have]
    if spec.name != "links" or len(lacks) != 1 or not len(cells[0]):
        return none
    told: dict[int, str] = {}
    totals = np.zeros(len(cells[0]), bool)
    for row, cell in enumerate(zip(*cells, strict=True)):
        first = next((text for one in cell if (text := show(one).strip())), "")
        totals[row] = is_total(first)
        label, colon, who = first.partition(":")
        if colon and who.strip() and meaning(label.strip(), spec) == lacks[0]:
            told[row] = who.strip()
    if 0 not in told:
        return none
    heads = np.isin(np.arange(len(cells[0])), list(told))
    group = np.cumsum(heads) - 1
    named = np.array([[":" in show(cell) for cell in column] for column in cells]) & heads
    bare = tuple(np.where(mine, "", column) for mine, column in zip(named, cells, strict=True))
    if not _sums(bare, heads, ~heads & ~totals, group):
        return none
    filled = np.full(len(heads), "", object)
    filled[~heads] = np.array(list(told.values()), object)[group[~heads]]
    return (*cells, filled), [*header, lacks[0]], np.flatnonzero(heads)


def _sums(cells: tuple[NDArray[Any], ...], heads: Bools, records: Bools, group: Indices) -> bool:
    """Tell whether all numbers in headings are the sums of those of their rows."""
    for column in cells:
        if not any(show(cell).strip() for cell in column[heads]):
            continue
        values = parse_numbers(column).values
        if np.isnan(values[heads]).all() or np.isnan(values[records]).all():
            continue
        sums = np.bincount(group[records], np.nan_to_num(values[records]), int(heads.sum()))
        known = ~np.isnan(values[heads])
        if not np.allclose(values[heads][known], sums[known], rtol=1e-6, atol=0.0):
            return False
    return True


def _section(text: str, name: str, strict: bool) -> str:
    """Return the cluster or year that a heading names, "" where it names none."""
    if name == "year":
        year = _YEAR.fullmatch(text)
        return year[1] if year else ""
    text = _ORDER.sub("", text, count=1) if _ORDER.match(text) else text
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        return quoted[1]
    return text if not strict or _CLUSTER.fullmatch(text) else ""


def heading_year(text: str) -> int:
    """Return the year that a row of its own names for the rows below it, 0 for none and for a firm's name.

    Examples
    --------
    >>> heading_year("Поставки 2021"), heading_year("ООО «Сталь-2000»"), heading_year("ООО «Вал» за 2021 год")
    (2021, 0, 2021)
    """
    return 0 if name_key(text)[1] and not _OF_YEAR.search(text) else year_said(text)


def refuse_years_below(grid: Grid, year: int, source: str) -> None:
    """Refuse one year for a table in which a row of its own names another for the rows below it.

    Raises
    ------
    SchemaError
        There is such a row; `source` says the year of the whole table.
    """
    filled = np.sum([~((column == "") | pd.isna(np.asarray(column))) for column in grid.columns], axis=0)
    last = int(grid.lines[filled > 1].max(initial=0))
    alone = [
        (int(grid.lines[row]), next(text for c in grid.columns if (text := show(c[row]).strip())))
        for row in np.flatnonzero(filled == 1).tolist()
    ]
    alone += [
        (bad.line, " ".join(map(show, bad.cells)).strip()) for bad in grid.broken if bad.code == "note_row"
    ]
    said = {text: heading_year(text) for line, text in alone if line < last and len(text) < _HEADING}
    others = {text: other for text, other in said.items() if other not in (0, year)}
    if year and others:
        told = "; ".join(f"{text!r}: {at}" for text, at in ((source, year), *others.items()))
        raise refusal(SchemaError, "year_twice", where=grid.where, said=told)


def fill_below(
    cells: tuple[NDArray[Any], ...], header: Sequence[str], spec: TableSpec
) -> tuple[tuple[NDArray[Any], ...], int]:
    """Write a cluster that only the first row of its group names into the rows below; return how many.

    So a merged cell arrives in text. It is taken for one where the first row names a cluster, none is named
    twice, and no fewer rows leave it empty than name it: members followed by partners outside look otherwise.

    Examples
    --------
    >>> from clustercoop.graph.schema import tables
    >>> rows = [["01", "А"], ["02", ""], ["03", "Б"], ["04", ""]]
    >>> cells = tuple(np.array(rows, object).T)
    >>> filled, count = fill_below(cells, ["ИНН", "Кластер"], tables()["participants"])
    >>> filled[1].tolist(), count
    (['А', 'А', 'Б', 'Б'], 2)
    """
    at = next((i for i, name in enumerate(header) if meaning(name, spec) == "cluster_id"), -1)
    if spec.name != "participants" or at < 0 or len(cells[0]) < 3:
        return cells, 0
    texts = [show(cell).strip() for cell in cells[at]]
    named = [text for text in texts if text]
    empty = [row for row, text in enumerate(texts) if not text and any(show(c[row]).strip() for c in cells)]
    if not texts[0] or len(set(named)) < len(named) or len(empty) < len(named):
        return cells, 0
    if any(sum(bool(show(c[row]).strip()) for c in cells) == 1 for row in empty) and len(cells) > 2:
        return cells, 0  # notes and headings
    filled, last = cells[at].astype(object), texts[0]
    for row, text in enumerate(texts):
        last = text or last
        filled[row] = last
    return (*cells[:at], filled, *cells[at + 1 :]), len(empty)
