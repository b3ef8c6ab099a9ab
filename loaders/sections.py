"""Rows of their own that name the cluster, or the year, of the rows below them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from clustercoop.graph.schema import TableSpec
from clustercoop.loaders.matching import candidates
from clustercoop.loaders.sheets import show
from clustercoop.loaders.totals import is_total

_CLUSTER: Final = re.compile(r"(?:(?:промышленный|industrial)\s+)?(?:кластер|cluster)\b.*", re.IGNORECASE)
_YEAR: Final = re.compile(r"(?:за\s+)?((?:19|20)\d\d)(?:\.0)?\s*(?:год|г\.?)?:?", re.IGNORECASE)
_QUOTED: Final = re.compile(
    r"(?:(?:промышленный|industrial)\s+)?(?:кластер|cluster)\s*[«\"“„](.+?)[»\"”]\s*:?", re.IGNORECASE
)


def fill_sections(
    cells: tuple[NDArray[Any], ...], header: Sequence[str], spec: TableSpec
) -> tuple[tuple[NDArray[Any], ...], list[str], int]:
    """Write clusters or years that stand in rows of their own into the rows below.

    The first row holds one cell only, and every other row leaves its cluster or year empty, or the table has
    no column of it: then such rows are headings. They stay in the table; a row of one cell is no record.
    Without a column they have to call themselves a cluster; those of years hold a year and no more.

    Returns
    -------
    cells, header, found
        With a column more where there was none; how many headings were found.

    Examples
    --------
    >>> from clustercoop.graph.schema import tables
    >>> rows = [["Кластер «А»", "", ""], ["01", "", "Завод"], ["02", "", "Порт"]]
    >>> cells = tuple(np.array(rows, object).T)
    >>> filled, _, count = fill_sections(cells, ["ИНН", "Кластер", "Наименование"], tables()["participants"])
    >>> filled[1].tolist(), count
    (['', 'А', 'А'], 1)
    >>> rows = [["2021 год", "", ""], ["01", "02", "5"]]
    >>> cells = tuple(np.array(rows, object).T)
    >>> filled, header, _ = fill_sections(cells, ["Поставщик", "Покупатель", "Сумма"], tables()["links"])
    >>> header[-1], filled[-1].tolist()
    ('year', ['', '2021'])
    """
    name = "cluster_id" if spec.name == "participants" else "year" if "year" in spec.required else ""
    at = next((i for i, title in enumerate(header) if candidates(title, spec)[:1] == (name,)), len(cells))
    none = cells, list(header), 0
    if not name or not len(cells[0]) or sum(bool(show(column[0]).strip()) for column in cells) != 1:
        return none
    texts = [[show(cell).strip() for cell in column] for column in cells]
    if at < len(cells) and any(texts[at]):
        return none
    counts = np.sum([[bool(text) for text in column] for column in texts], axis=0)
    section, found, filled = "", 0, np.full(len(counts), "", object)
    for row, count in enumerate(counts.tolist()):
        if count == 1:
            text = next(column[row] for column in texts if column[row])
            named = _section(text, name, at == len(cells))
            if is_total(text) or not (counts[row + 1 :] > 1).any():
                section = ""
            elif named:
                section, found = named, found + 1
        elif section:
            filled[row] = section
    if not found:
        return none
    titles = list(header) if at < len(cells) else [*header, name]
    return (*cells[:at], filled, *cells[at + 1 :]), titles, found


def _section(text: str, name: str, strict: bool) -> str:
    """Return the cluster or year that a heading names, "" where it names none."""
    if name == "year":
        year = _YEAR.fullmatch(text)
        return year[1] if year else ""
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        return quoted[1]
    return text if not strict or _CLUSTER.fullmatch(text) else ""


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
    at = next((i for i, name in enumerate(header) if candidates(name, spec)[:1] == ("cluster_id",)), -1)
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
