"""Registers of members as offices keep them: a row for each year, several clusters in one cell."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.errors import SchemaError
from clustercoop.graph.schema import FIRST_YEAR, LAST_YEAR, TableSpec
from clustercoop.graph.texts import refusal
from clustercoop.loaders.header_rows import role
from clustercoop.loaders.marks import gap_meaning
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.sheets import Grid, objects, show
from clustercoop.loaders.units import words

_YEAR: Final = frozenset({"год", "отчетный год", "год отчета", "year", "reporting year", "jahr"})
# "Период участия": 2019-2021, с 2020, по 2022 г., 2019 – н. в.
_SPAN: Final = re.compile(
    r"(?:период|срок|годы|годы и месяцы|years?|period|term|duration)\s+(?:of\s+)?"
    r"(?:участия|членства|нахождения|пребывания|membership|participation)(?:\s+в\s+(?:составе\s+)?кластер\w*)?"
    r"|(?:membership|participation)\s+(?:period|years|term)",
    re.IGNORECASE,
)
_ONE: Final = r"((?:\d{1,2}\.){0,2}(?:19|20)\d\d)\s*(?:г\.?|гг\.?|год\w*)?"
_NOW: Final = r"(?:н\.?\s?в\.?|настоящее время|сейчас|наст\.? вр\w*\.?|now|present|today|date|…|\.{2,3})"
_SPANS: Final = (
    re.compile(rf"(?:с|от|from|since)?\s*{_ONE}\s*(?:-|–|—|\bпо\b|\bдо\b|\bto\b|\btill\b|/)\s*{_ONE}", re.I),
    re.compile(rf"(?:с|от|from|since)\s*{_ONE}()", re.I),
    re.compile(rf"(?:с|от|from|since)?\s*{_ONE}\s*(?:-|–|—|\bпо\b|\bto\b)\s*{_NOW}?()", re.I),
    re.compile(rf"()(?:по|до|until|till|to)\s*{_ONE}", re.I),
    re.compile(rf"(?={_ONE}$){_ONE}", re.I),
)
_BOUNDS: Final = {
    "joined_year": re.compile(r"^(?:с|со|от|from|since)\s+(?=\d)", re.I),
    "left_year": re.compile(r"^(?:по|до|until|till|to)\s+(?=\d)", re.I),
}
_STILL: Final = re.compile(rf"(?:по|до|until|till|to)?\s*{_NOW}", re.I)
_STATE: Final = re.compile(
    r"(?:статус|состояние)(?: участника| организации| предприятия| членства| участия)?(?: в кластере)?"
    r"|(?:member(?:ship)?|participant|company) (?:status|state)|status|state",
    re.IGNORECASE,
)
_GONE: Final = re.compile(
    r"(?:исключ|вышел|вышла|вышло|выбыл|ликвидир|прекра[тщ]|бывш|кандидат|заявитель|не участ|не член"
    r"|приостановлен"
    r"|excluded|withdrawn|left(?:$| the | in |\W*\d)"
    r"|liquidated|dissolved|former|candidate|applicant|inactive|terminated|suspended)",
    re.IGNORECASE,
)
_BETWEEN: Final = re.compile(r"\s*[,;/|\n]\s*")
_SHOWN: Final = 3


def of_register(grid: Grid, spec: TableSpec, notes: Notes) -> Grid:
    """Return a register with its years as years of membership, and a row for each cluster of a member."""
    if spec.name != "participants" or not len(grid):
        return grid
    grid = _of_bounds(grid, spec)
    if grid.merged:
        return grid
    _tell_states(grid, spec, notes)
    return _of_years(_of_spans(_of_clusters(grid, spec, notes), spec, notes), spec, notes)


def _of_bounds(grid: Grid, spec: TableSpec) -> Grid:
    """Return years of joining and leaving without the words that say which they are: ``с 2022 г.``."""
    columns = list(grid.columns)
    for name in _BOUNDS:
        for at in _at(grid, spec, name):
            cells = [_without_bound(cell, name) for cell in columns[at]]
            if list(map(show, cells)) != list(map(show, columns[at])):
                columns[at] = objects(cells)
    return replace(grid, columns=tuple(columns))


def _without_bound(cell: Any, name: str) -> Any:
    """Return the year of a cell of joining or leaving, "" for one who is still a member, else the cell."""
    text = show(cell).strip()
    if name == "left_year" and _STILL.fullmatch(text):
        return ""
    bare = _BOUNDS[name].sub("", text)
    return bare if bare != text else cell


def _tell_states(grid: Grid, spec: TableSpec, notes: Notes) -> None:
    """Tell rows of which a column of states, and no year of leaving, says that they are no members."""
    left = [grid.columns[at] for at in _at(grid, spec, "left_year")]
    for header, cells in zip(grid.header, grid.columns, strict=True):
        texts = [show(cell).strip() for cell in cells] if _STATE.fullmatch(header.strip()) else []
        gone = [row for row, text in enumerate(texts) if _GONE.match(text)]
        gone = [row for row in gone if not any(re.search(r"\d", show(years[row])) for years in left)]
        if gone:
            detail = ", ".join(list(dict.fromkeys(texts[row] for row in gone))[:_SHOWN])
            line = int(grid.lines[gone[0]])
            notes.add(
                "member_state", **grid.place, row=line, column=header, value=str(len(gone)), detail=detail
            )


def _at(grid: Grid, spec: TableSpec, name: str) -> list[int]:
    return [at for at, header in enumerate(grid.header) if header and role(header, spec) == name]


def _of_clusters(grid: Grid, spec: TableSpec, notes: Notes) -> Grid:
    """Give a member of "A, B" a row for each, where one of them is a cluster of other rows by itself."""
    columns = _at(grid, spec, "cluster_id")
    if len(columns) != 1:
        return grid
    codes, unique = pd.factorize(np.asarray(grid.columns[columns[0]]), use_na_sentinel=False)
    texts = [show(cell).strip() for cell in unique]
    parts = [[part for part in _BETWEEN.split(text) if part] for text in texts]
    several = [len(some) > 1 and bool(set(some) & set(texts)) for some in parts]
    if not any(several):
        return grid
    sizes = np.array([len(some) if split else 1 for some, split in zip(parts, several, strict=True)])
    rows = np.repeat(np.arange(len(grid)), sizes[codes])
    cells = [part for code in codes.tolist() for part in (parts[code] if several[code] else [unique[code]])]
    told = [text for text, split in zip(texts, several, strict=True) if split]
    notes.add(
        "clusters_in_cell",
        **grid.place,
        column=grid.header[columns[0]],
        value=str(int(np.isin(codes, np.flatnonzero(several)).sum())),
        detail="; ".join(told[:_SHOWN]),
    )
    taken = [column[rows] for column in grid.columns]
    taken[columns[0]] = pd.Series(cells, dtype=object).to_numpy()
    return replace(grid, columns=tuple(taken), lines=grid.lines[rows])


def _of_spans(grid: Grid, spec: TableSpec, notes: Notes) -> Grid:
    """Read a column of periods of membership as its first and last years.

    Raises
    ------
    SchemaError
        A period is not understood.
    """
    found = [at for at, header in enumerate(grid.header) if _SPAN.fullmatch(header.strip())]
    if len(found) != 1 or _at(grid, spec, "joined_year") or _at(grid, spec, "left_year"):
        return grid
    texts = [show(cell).strip() for cell in grid.columns[found[0]]]
    if not any(re.search(r"(?:19|20)\d\d", text) for text in texts):
        return grid  # so many years, or without end
    told = [_span(text) for text in texts]
    header = grid.header[found[0]]
    if None in told:
        cell = show(grid.columns[found[0]][told.index(None)])
        raise refusal(
            SchemaError,
            "span_unread",
            where=grid.where,
            header=repr(header),
            cell=repr(cell),
        )
    notes.add("membership_span", **grid.place, column=header, value=header)
    first, last = (np.array([ends[side] if ends else "" for ends in told], dtype=object) for side in (0, 1))
    columns = list(grid.columns)
    columns[found[0]] = first
    named = [*grid.header]
    named[found[0]] = "joined_year"
    return replace(grid, header=(*named, "left_year"), columns=(*columns, last))


def _span(text: str) -> tuple[str, str] | None:
    """Return the first and the last year of a period, "" where it is open; None where it is no period.

    Examples
    --------
    >>> _span("2019-2021"), _span("с 2020 г."), _span("2019 – н. в."), _span("до 2021"), _span("временно")
    (('2019', '2021'), ('2020', ''), ('2019', ''), ('', '2021'), None)
    """
    if not text or gap_meaning(text):
        return "", ""
    for form in _SPANS:
        if found := form.fullmatch(text):
            ends = [end for end in found.groups() if end is not None]
            return ends[0], ends[1]
    return None


def _of_years(grid: Grid, spec: TableSpec, notes: Notes) -> Grid:
    """Let the rows of a register that lists its members year by year hold for their years.

    One column of years beside members of whom some stand in several of them under one cluster; where none
    does it may be the year of anything.
    """
    years = [at for at, header in enumerate(grid.header) if " ".join(words(header)) in _YEAR]
    who = _at(grid, spec, "participant_id")
    if len(years) != 1 or not who or _at(grid, spec, "joined_year") or _at(grid, spec, "left_year"):
        return grid
    cells = [show(cell).strip().removesuffix(".0") for cell in grid.columns[years[0]]]
    if not all(cell.isdecimal() and FIRST_YEAR <= int(cell) <= LAST_YEAR for cell in cells):
        return grid
    home = [grid.columns[at] for at in (who[0], *_at(grid, spec, "cluster_id")[:1])]
    told = pd.DataFrame(
        {"who": ["\n".join(map(show, row)) for row in zip(*home, strict=True)], "year": cells}
    )
    if told.groupby("who")["year"].nunique().max() < 2:
        return grid
    listed = sorted(set(cells))
    notes.add("membership_by_year", **grid.place, column=grid.header[years[0]], value=", ".join(listed))
    held = np.array(cells, dtype=object)
    header, columns = list(grid.header), list(grid.columns)
    header[years[0]], columns[years[0]] = "joined_year", held
    return replace(grid, header=(*header, "left_year"), columns=(*columns, held))
