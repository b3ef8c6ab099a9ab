"""Figures that run from January: three, six, nine and twelve months beside each other, in columns or rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from clustercoop.graph.errors import SchemaError
from clustercoop.graph.schema import TableSpec
from clustercoop.graph.texts import refusal
from clustercoop.loaders.header_rows import figure_of, role
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.numbers import parse_numbers
from clustercoop.loaders.part_columns import figures_of
from clustercoop.loaders.parts import part_kind
from clustercoop.loaders.sheets import Grid
from clustercoop.loaders.vocabulary import MONTHS, PATH, month_named, phrase_of, without_prices
from clustercoop.loaders.years import FOUR, parse_years, period_of

_RUNNING: Final = re.compile(
    r"\s*[,(]?\s*\b(?:нараст\w+\s+итог\w*(?:\s+с\s+начала\s+(?:отч[её]тного\s+)?года)?|накоп\w+\s+итог\w*"
    r"|(?:за\s+период\s+)?с\s+начала\s+(?:отч[её]тного\s+)?года|cumulative(?:ly)?(?:\s+total)?|cumulated"
    r"|year[- ]to[- ]date|ytd|since\s+(?:the\s+)?(?:beginning|start)\s+of\s+(?:the\s+)?year"
    r"|from\s+(?:the\s+)?(?:beginning|start)\s+of\s+(?:the\s+)?year)\b\)?",
    re.IGNORECASE,
)
_PERIOD: Final = re.compile(
    r"\s*\b(?:за|for|in)?\s*(?:\d{1,2}\s*-?\s*(?:мес\w*\.?|months?)|(?:IV|I{1,3}|[1-4])(?:-?(?:й|е|st|nd|rd|th))?"
    r"\s*(?:кв\w*\.?|квартал\w*|полугоди\w*|quarter|half(?:-year)?)|(?:Q[1-4]|H[12]))(?:\s+(?:(?:19|20)\d\d)\s*(?:г\w*\.?)?)?",
    re.IGNORECASE,
)
_MONTHS: Final = re.compile(
    r"(?<!\d\s)(?<![^\W\d_])(?:([^\W\d_]{3,})\s*[-–—]\s*)?([^\W\d_]{3,})\.?\s+(?:19|20)\d\d(?!\d)"
)
# "за январь–июнь 2022 г." within a header.
_FROM_TO: Final = re.compile(
    r"\s*\b(?:(?:за|for|in)\s+)?(([^\W\d_]{3,})\s*[-–—]\s*([^\W\d_]{3,})\b\.?(?:\s+(?:19|20)\d\d\s*(?:г\w*\.?)?)?)"
)
_NUMBERED: Final = re.compile(r"(?<![\d.-])((?:19|20)\d\d)-(0[1-9]|1[0-2])(?![\d-])")
_WHOLE: Final = re.compile(
    r"(?:за\s+)?(?:весь\s+)?((?:19|20)\d\d)?\s*(?:год|г\.|year|full\s+year|fy)?\s*((?:19|20)\d\d)?",
    re.IGNORECASE,
)


def runs(text: str) -> bool:
    """Tell whether a text says that figures run from the beginning of the year.

    Examples
    --------
    >>> runs("Выпуск нарастающим итогом с начала года"), runs("Output, YTD"), runs("Выпуск с начала работы")
    (True, True, False)
    """
    return bool(_RUNNING.search(text))


def without_running(header: str) -> str:
    """Return a header without the words that it runs from the beginning of the year.

    Examples
    --------
    >>> without_running("Выпуск нарастающим итогом, млн руб."), without_running("Output (YTD), RUB")
    ('Выпуск, млн руб.', 'Output, RUB')
    """
    return PATH.join(
        kept for level in header.split(PATH) if (kept := " ".join(_RUNNING.sub("", level).split()))
    )


def period_in(text: str) -> tuple[int, int]:
    """Return the first and last month of the part of a year that a title or name speaks of, (0, 0) for none.

    Examples
    --------
    >>> period_in("Поставки за 9 месяцев 2021 года"), period_in("links_2021-03"), period_in("Output, Q2 2021")
    ((1, 9), (3, 3), (4, 6))
    >>> period_in("за январь–июнь 2021 г."), period_in("Отчёт от 15 марта 2021 г."), period_in("2010-11")
    ((1, 6), (0, 0), (0, 0))
    """
    bare = without_prices(text.replace("_", " "))
    inside = _PERIOD.search(bare)
    found = period_of(inside[0].strip()) if inside else None
    if found:
        return (1 if runs(text) else found[1]), found[2]
    for named in _MONTHS.finditer(bare):
        first, last = month_named(named[1] or named[2]), month_named(named[2])
        if 0 < first <= last:
            return (1 if runs(text) else first), last
    numbered = _NUMBERED.search(bare)
    if numbered and int(numbered[2]) != (int(numbered[1]) + 1) % 100:
        return int(numbered[2]), int(numbered[2])
    return 0, 0


def _named_period(text: str) -> tuple[int, int]:
    """Return the first and last month that a title speaks of, or that it is called by: ``II квартал``."""
    found = period_of(text)
    return period_in(text) if found is None else found[1:]


def with_period(grid: Grid, spec: TableSpec, texts: Sequence[str]) -> Grid:
    """Return figures or supplies of a part of a year, as a title or name says, with a column that says so."""
    if spec.name not in ("activity", "links"):
        return grid
    found = {period for text in texts if (period := _named_period(text)) != (0, 0)}
    parted = any(part_kind(header) is not None for header in grid.header)
    if len(found) != 1 or parted or found == {(1, 12)}:
        return grid
    at = next((i for i, header in enumerate(grid.header) if role(header, spec) == "year"), -1)
    years = parse_years(grid.columns[at]) if at >= 0 else None
    if years is None or years.dated.any() or years.last.any() or not np.isfinite(years.years).all():
        return grid
    dated = [text for text in texts if FOUR.search(text)]
    of = {year for text in dated if _named_period(text) != (0, 0) for year in FOUR.findall(text)}
    if not of:  # sheets by quarters in a workbook of the year
        of = {year for text in dated for year in FOUR.findall(text)}
    if of and of != {f"{year:.0f}" for year in years.years}:
        return grid
    first, last = (phrase_of(MONTHS[month - 1]) for month in found.pop())
    cells = np.full(len(grid), f"{first}-{last}", dtype=object)
    return replace(grid, header=(*grid.header, "period"), columns=(*grid.columns, cells))


def from_january(grid: Grid, spec: TableSpec, texts: Sequence[str], notes: Notes) -> Grid:
    """Keep the year of columns that run from January, and mark rows that do so in ``facts["cumulated"]``.

    Columns of three, six and nine months are told and left out beside the year. Columns called by quarters or
    months run from January where a title or their header says so.

    Raises
    ------
    SchemaError
        Columns that are said to run from January fall.
    """
    if spec.name not in ("activity", "links"):
        return grid
    said = any(map(runs, texts))
    bare = [without_running(header) for header in grid.header]
    groups: dict[tuple[str, int], dict[int, tuple[int, int]]] = {}
    for at, header in enumerate(grid.header):
        found = _period(bare[at])
        if found is None or (found[0] and not figure_of(found[0], spec)):
            continue
        base, year, first, last = found
        groups.setdefault((base, year), {})[at] = (1 if said or runs(header) else first, last)
    titles, spent = list(grid.header), set[int]()
    for (base, year), spans in groups.items():
        lasts = [last for _, last in spans.values()]
        whole = next((at for at, (_, last) in spans.items() if last == 12), -1)
        if len(spans) == 1 and spans == {whole: (1, 12)} and base:  # "Выпуск за январь–декабрь 2022 г."
            titles[whole] = f"{base}{PATH}{year}" if year else base
        if (
            len(spans) < 2
            or whole < 0
            or len(set(lasts)) < len(lasts)
            or {s for s, _ in spans.values()} != {1}
        ):
            continue
        name = base or next(iter(figures_of(spec, texts)), "")
        if not name:
            continue
        _refuse_falling(grid, sorted(spans, key=lambda at: spans[at][1]))
        titles[whole] = f"{name}{PATH}{year}" if year else name
        spent |= set(spans) - {whole}
        left = ", ".join(grid.header[at] for at in spans if at != whole)
        notes.add(
            "columns_cumulated",
            **grid.place,
            column=grid.header[whole],
            value=grid.header[whole],
            detail=left,
        )
    grid = replace(grid, header=tuple(titles))
    if spent:
        kept = [at for at in range(len(titles)) if at not in spent]
        grid = grid.pick(np.arange(len(grid)), kept)
    return _rows(grid, spec, said)


def _rows(grid: Grid, spec: TableSpec, said: bool) -> Grid:
    """Mark a table whose rows are parts of a year and whose titles or headers say that they run."""
    parts = [at for at, h in enumerate(grid.header) if part_kind(without_running(h)) is not None]
    years = [at for at, h in enumerate(grid.header) if role(h, spec) == "year"]
    periods = parts or [at for at in years if parse_years(grid.columns[at][:50]).last.any()]
    if not periods:
        return grid
    running = [at for at, header in enumerate(grid.header) if runs(header)]
    header = list(grid.header)
    for at in running:
        bare = without_running(header[at])
        if at in parts or not any(bare == other for other in header):
            header[at] = bare
    if said or any(at in periods or figure_of(header[at], spec) for at in running):
        grid.facts["cumulated"] = True
    return replace(grid, header=tuple(header))


def _period(header: str) -> tuple[str, int, int, int] | None:
    """Return what a header says beside a part of a year, the year (0 for none), and first and last month."""
    above, _, leaf = header.rpartition(PATH)
    whole = _WHOLE.fullmatch(leaf.strip(" .,")) if above else None
    if whole and leaf.strip() and not (whole[1] and whole[2]):
        year = int(whole[1] or whole[2] or 0)
        return (above, year, 1, 12) if "г" in leaf.lower() or "y" in leaf.lower() else None
    found = period_of(leaf)
    if found:
        return above, *found
    months = (m for m in _FROM_TO.finditer(header) if month_named(m[2]) and month_named(m[3]))
    inside = (_PERIOD.search(header) or next(months, None)) if not above else None
    found = period_of(inside[1 if inside.re is _FROM_TO else 0].strip()) if inside else None
    if inside is None or found is None:
        return None
    base = f"{header[: inside.start()]}{header[inside.end() :]}".strip(" ,")
    return base, *found


def _refuse_falling(grid: Grid, order: Sequence[int]) -> None:
    """Refuse columns that are said to run from January and fall.

    Raises
    ------
    SchemaError
        One of them is below the one before it.
    """
    values = np.array([parse_numbers(grid.columns[at]).values for at in order])
    with np.errstate(invalid="ignore"):
        fall = np.argwhere(np.diff(values, axis=0) < 0)
    if len(fall):
        at, row = fall[0].tolist()
        raise refusal(
            SchemaError,
            "cumulated_falls",
            where=grid.where,
            row=int(grid.lines[row]),
            first=repr(grid.header[order[at]]),
            second=repr(grid.header[order[at + 1]]),
        )
