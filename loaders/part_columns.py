"""Columns of months, quarters or halves that name no figure: it is the table's only one, or its title's."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from clustercoop.graph.arrays import Objects
from clustercoop.graph.errors import SchemaError
from clustercoop.graph.schema import FIRST_YEAR, LAST_YEAR, NUMERIC, ColumnSpec, TableSpec
from clustercoop.graph.texts import refusal
from clustercoop.loaders.header_rows import figure_of, role
from clustercoop.loaders.indicator_rows import unit_piece
from clustercoop.loaders.matching import meaning, unit_text
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.numbers import are_numbers, as_cells, parse_numbers
from clustercoop.loaders.parts import part_kind
from clustercoop.loaders.sheets import Grid, show
from clustercoop.loaders.totals import QUOTES, ROUNDED
from clustercoop.loaders.units import read_unit, words
from clustercoop.loaders.vocabulary import (
    HALVES,
    KINDS,
    MONTHS,
    PATH,
    QUARTERS,
    phrase_of,
    read_header,
    without_kind,
    without_prices,
)
from clustercoop.loaders.years import parse_years, period_of, years_run

YEAR_IN_TEXT: Final = re.compile(
    r"[\s_]*(?<![^\W_])(?:за|в|in|for|fy|cy)?\s*(?:19|20)\d\d(?:a\b)?\s*(?:год[ау]?\b|гг?\b\.?)?",
    re.IGNORECASE,
)
# Where the name of a figure ends in a title: "Выпуск по участникам, тыс. руб.".
_PIECES: Final = re.compile(
    r"[,;:(]|\s+(?:по|участник\w*|организац\w*|предприят\w*|кластер\w*|by"
    r"|of (?:the )?(?:members|firms|participants))\b",
    re.IGNORECASE,
)
# The last day of a year as a header: its figures are of that year.
_YEAR_END: Final = re.compile(r"\b(?:31[./]12[./]((?:19|20)\d\d)|((?:19|20)\d\d)-12-31)(?:[ T]00:00:00)?\b")
_DATE: Final = re.compile(r"\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d|(?:19|20)\d\d-\d\d?-\d\d?")
_AS_OF: Final = re.compile(r"\b(?:по состоянию на|на|as of|as at)\b[^;:]*", re.IGNORECASE)
_YEAR: Final = re.compile(r"(?<![\d.,])(?:19|20)\d\d(?![\d.,]*\d)")
_MARKS: Final = {1: MONTHS, 3: QUARTERS, 6: HALVES}
_WHOLE: Final = frozenset({"total", "whole_year"})
# Words that begin or end the name of a plan, and beginnings of those that name what came of it.
_PLANS: Final = frozenset(
    "план планы плановые планируемые прогноз прогнозные бюджет plan planned forecast budget planung".split()
)
_FACTS: Final = ("факт", "отч", "выполн", "исполн", "fact", "actual", "report", "ist")
_WHOLES: Final = (QUARTERS, HALVES, MONTHS, KINDS)
_PARTS: Final = frozenset(mark for whole in _WHOLES for mark in whole)


def year_said(text: str) -> int:
    """Return the one year that a name or a title gives to its table, 0 for none; days and prices are none.

    Examples
    --------
    >>> year_said("Поставки за 2021 год"), year_said("на 01.01.2023"), year_said("2021 и 2022 годы")
    (2021, 0, 0)
    >>> year_said("Поставки за 2020/21 сельскохозяйственный год"), year_said("Поставки 2021-03")
    (0, 2021)
    """
    bare = _AS_OF.sub(" ", _DATE.sub(" ", without_prices(text.replace("_", " "))))
    if years_run(bare):
        return 0
    years = {int(year) for year in _YEAR.findall(bare)}
    return years.pop() if len(years) == 1 else 0


def says_plan(text: str) -> bool:
    """Tell whether a name or title is that of a plan.

    Examples
    --------
    >>> says_plan("План поставок на 2022 год"), says_plan("links_2022_forecast"), says_plan("План-факт 2022")
    (True, True, False)
    >>> says_plan("Отчёт о выполнении плана"), says_plan("Завод «План»")
    (False, False)
    """
    found = words(text.replace("_", " "))
    ends = found[:1] if text.rstrip().endswith(QUOTES) else [*found[:1], *found[-1:]]
    return bool(_PLANS & set(ends)) and not any(word.startswith(_FACTS) for word in found)


def figures_of(spec: TableSpec, texts: Sequence[str]) -> list[str]:
    """Return the figures that columns without a name may hold: the table's only one, or those of titles.

    Examples
    --------
    >>> from clustercoop.graph.schema import tables
    >>> figures_of(tables()["activity"], ["Выпуск по участникам, тыс. руб."])
    ['output']
    """
    needed = [column.name for column in spec.columns if column.required and column.type in NUMERIC]
    if needed:
        return needed
    pieces = [piece for text in texts for piece in (text, *_PIECES.split(text))]
    said = [meaning(YEAR_IN_TEXT.sub(" ", piece).strip(), spec) for piece in pieces]
    return [name for name in said if name and spec[name].type in NUMERIC]


def part_of_year(header: str) -> tuple[int, str]:
    """Return the year (0 for none) and the mark of the part of it that a header names, "" for no part.

    Examples
    --------
    >>> part_of_year("янв.22"), part_of_year("2022 / II кв."), part_of_year("03"), part_of_year("9 месяцев")
    ((2022, 'm01'), (2022, 'q2'), (0, ''), (0, ''))
    """
    found = period_of(header.replace(PATH, " "))
    if found is None:
        return 0, ""
    year, first, last = found
    marks, size = _MARKS.get(last - first + 1, ()), last - first + 1
    return (year, marks[(first - 1) // size]) if marks and (first - 1) % size == 0 else (0, "")


def name_parts(grid: Grid, spec: TableSpec, texts: Sequence[str]) -> Grid:
    """Name the figure of columns that are called by parts of a year alone, and of their total."""
    units = {at: piece for at, header in enumerate(grid.header) if (piece := unit_piece(header))}
    bare = [header.removesuffix(units.get(at, "")).rstrip(" ,") for at, header in enumerate(grid.header)]
    parts = {
        at: part
        for at, header in enumerate(bare)
        if header and (part := part_of_year(header))[1] and not role(grid.header[at], spec)
    }
    parts = _of_their_sum(grid, parts if len(parts) > 1 else _numbered(grid))
    figures = figures_of(spec, texts) if parts and spec.name != "measures" else []
    if not figures:
        return grid
    header = list(grid.header)
    for at, (year, mark) in parts.items():
        reading = read_header(header[at])
        itself = not year and not reading.core and mark in reading.marks
        said = header[at] if itself else f"{year}{PATH}{phrase_of(mark)}" if year else phrase_of(mark)
        unit = f", {units[at]}" if at in units and not itself else ""
        header[at] = f"{figures[0]}{unit}{PATH}{said}"
    years = {year for year, _ in parts.values()}
    for at, text in enumerate(grid.header):
        if at not in parts and text and _is_total(grid, at, spec, years):
            whole = "" if read_header(text).only_year else f"{PATH}{phrase_of('total')}"
            header[at] = f"{figures[0]}{PATH}{text}{whole}"
    return replace(grid, header=tuple(header))


def _of_their_sum(grid: Grid, parts: dict[int, tuple[int, str]]) -> dict[int, tuple[int, str]]:
    """Give quarters or months that name no year that of the one column of a year which is their sum."""
    whole = [at for at, header in enumerate(grid.header) if at not in parts and read_header(header).only_year]
    if len(whole) != 1 or not parts or any(year for year, _ in parts.values()):
        return parts
    values, total = ([parse_numbers(grid.columns[at]).values for at in some] for some in (parts, whole))
    if not np.allclose(np.nansum(values, axis=0), np.nan_to_num(total[0]), rtol=1e-6, atol=0.0):
        return parts
    return {at: (read_header(grid.header[whole[0]]).year, mark) for at, (_, mark) in parts.items()}


def name_kinds(grid: Grid, spec: TableSpec) -> Grid:
    """Write figures of goods and of services that differ by that word alone as parts: ``Выпуск / товары``."""
    parts: dict[tuple[str, ...], dict[str, tuple[int, str]]] = {}
    alone = spec.name == "links" and all(meaning(h, spec) != "value" for h in grid.header if h)
    for at, header in enumerate(grid.header):
        if not header or PATH in header:
            continue
        rest, mark = without_kind(header)
        if mark and alone and not read_header(rest).core and read_header(rest).unit.of_money:
            rest = ", ".join(("value", rest.strip(" ,()")))
        if mark and (name := figure_of(rest, spec)):
            parts.setdefault((name, *words(rest)), {})[mark] = (at, rest)
    titles = list(grid.header)
    for found in parts.values():
        if set(found) == set(KINDS):
            for mark, (at, rest) in found.items():
                titles[at] = f"{rest}{PATH}{phrase_of(mark)}"
    return replace(grid, header=tuple(titles))


def with_years_of_dates(grid: Grid) -> Grid:
    """Write headers that are the last day of a year as the year."""
    header = tuple(_YEAR_END.sub(lambda m: m[1] or m[2], text) for text in grid.header)
    return replace(grid, header=header)


def has_year(grid: Grid, spec: TableSpec) -> bool:
    """Tell whether a column holds years: one of quarters or months that names none is no such column."""
    for at, header in enumerate(grid.header):
        if not header or meaning(header, spec) != "year":
            continue
        years = parse_years(grid.columns[at]).years if part_kind(header) is not None else None
        if years is None or not len(years) or (years >= FIRST_YEAR).any():
            return True
    return False


def dated_parts(grid: Grid) -> int:
    """Return the column of months or periods whose cells tell their years too, −1 for none."""
    for at, header in enumerate(grid.header):
        if part_kind(header) is not None:
            filled = np.array([bool(show(cell).strip()) for cell in grid.columns[at]], bool)
            if filled.any() and bool((parse_years(grid.columns[at][filled]).years >= FIRST_YEAR).all()):
                return at
    return -1


def _numbered(grid: Grid) -> dict[int, tuple[int, str]]:
    """Return the columns called 1 to 12, or I to IV, where there is one of each, alone or below a year."""
    found: dict[int, tuple[int, str]] = {}
    for marks, names in ((MONTHS, tuple(map(str, range(1, 13)))), (QUARTERS, ("I", "II", "III", "IV"))):
        for at, header in enumerate(grid.header):
            above, _, leaf = header.rpartition(PATH)
            reading = read_header(above)
            text = leaf.strip().lstrip("0")
            if text in names and not reading.core and not reading.marks and bool(above) == bool(reading.year):
                found[at] = (reading.year, marks[names.index(text)])
        years = {year for year, _ in found.values()}
        if found and len(found) == len(set(found.values())) == len(years) * len(names):
            return found if any(are_numbers(grid.columns[at]) for at in found) else {}
        found = {}
    return {}


def _is_total(grid: Grid, at: int, spec: TableSpec, years: set[int]) -> bool:
    """Tell whether a column beside parts of a year holds the year: its header says no more than that."""
    reading = read_header(grid.header[at])
    if reading.core or reading.telling:
        return meaning(grid.header[at], spec) == "year" and not _holds_years(grid, at)
    return bool(reading.marks & _WHOLE) or (reading.year in years and are_numbers(grid.columns[at]))


def _holds_years(grid: Grid, at: int) -> bool:
    values = parse_numbers(grid.columns[at]).values
    known = values[~np.isnan(values)]
    whole = (known >= FIRST_YEAR) & (known <= LAST_YEAR) & (known == np.round(known))
    return not len(known) or bool(whole.mean() > 0.5)


def whole_figures(grid: Grid, spec: TableSpec, notes: Notes) -> Grid:
    """Sum quarters, halves, months, goods and services to the whole figure, where no column holds it.

    A whole that its parts contradict is told.
    """
    headers = grid.header
    grid = _with_whole_years(grid, spec)
    groups: dict[tuple[str, int], dict[str, int]] = {}
    whole: dict[tuple[str, int], list[int]] = {}
    spoken: dict[str, list[str]] = {}
    for at, header in enumerate(grid.header):
        name = figure_of(header, spec)
        if not name:
            continue
        reading = read_header(header)
        spoken.setdefault(name, []).append(header)
        parts = reading.telling & _PARTS
        if meaning(header, spec) == name:
            whole.setdefault((name, reading.year), []).append(at)
        elif len(parts) == 1 and reading.telling == parts:
            groups.setdefault((name, reading.year), {})[next(iter(parts))] = at
    for key in groups.keys() & whole.keys():
        _tell_contradiction(replace(grid, header=headers), whole[key], groups[key], spec[key[0]], notes)
    sums = [(name, at, set(at.values())) for (name, year), at in groups.items() if (name, year) not in whole]
    titles, columns = list(grid.header), list(grid.columns)
    for name, parts_at, _ in sums:
        first = min(parts_at.values())
        titles[first], columns[first] = _summed(grid, name, parts_at, spec, notes)
    if sums:
        spent = {at for *_, taken in sums for at in taken - {min(taken)}}
        kept = [at for at in range(len(titles)) if at not in spent]
        grid = replace(grid, header=tuple(titles), columns=tuple(columns)).pick(np.arange(len(grid)), kept)
    lost = [name for name in spoken if name not in {known for known, _ in {*whole, *groups}}]
    for name in lost:
        notes.add(
            "figure_in_part", **grid.place, column=spoken[name][0], value=name, detail=", ".join(spoken[name])
        )
    return grid


def _with_whole_years(grid: Grid, spec: TableSpec) -> Grid:
    """Say of a column ``Год`` below the name of a figure, beside its parts, that it is the whole."""
    header = list(grid.header)
    parts = {text.rpartition(PATH)[0] for text in header if read_header(text).telling & _PARTS}
    for at, text in enumerate(header):
        above, _, leaf = text.rpartition(PATH)
        named = meaning(above, spec) if above in parts else ""
        year = meaning(leaf, spec) == "year" or (period_of(leaf) or ())[1:] == (1, 12)
        if named and spec[named].type in NUMERIC and year:
            header[at] = f"{above}{PATH}{phrase_of('total')}"
    return replace(grid, header=tuple(header))


def _tell_contradiction(
    grid: Grid,
    whole: Sequence[int],
    parts: Mapping[str, int],
    column: ColumnSpec,
    notes: Notes,
) -> None:
    """Tell in how many rows the sum of all parts is another than the column of the whole."""
    titles = [grid.header[at] for at in (*whole, *parts.values())]
    units = {read_unit(unit_text(title))[1] for title in titles}
    complete = any(set(parts) == set(marks) for marks in _WHOLES)
    if len(whole) > 1 or len(units) > 1 or not complete or column.type == "count":
        return
    said, *values = (parse_numbers(grid.columns[at]).values for at in (*whole, *parts.values()))
    apart = np.abs(np.sum(values, axis=0) - said) > ROUNDED * np.abs(said)
    if apart.any():
        first, *others = (title.rpartition(PATH)[2] for title in titles)
        where = {**grid.place, "row": int(grid.lines[int(np.argmax(apart))]), "column": titles[0]}
        detail = f"{first} ≠ {' + '.join(others)}"
        notes.add("parts_contradict", **where, value=str(int(apart.sum())), detail=detail)


def _summed(
    grid: Grid,
    name: str,
    parts: Mapping[str, int],
    spec: TableSpec,
    notes: Notes,
) -> tuple[str, Objects]:
    """Return the header and the cells of the sum of the parts."""
    titles = [grid.header[at] for at in parts.values()]
    complete = next((w for w in _WHOLES if set(parts) == set(w)), None)
    units = {read_unit(unit_text(title))[1] for title in titles}
    if complete is None or len(units) > 1:
        raise refusal(
            SchemaError, "only_parts", where=grid.where, column=name, titles=", ".join(map(repr, titles))
        )
    read = [parse_numbers(grid.columns[at]) for at in parts.values()]
    hint = {sign for numbers in read if not numbers.assumed for sign in numbers.decimal}
    if len(hint) == 1:
        read = [parse_numbers(grid.columns[at], hint=next(iter(hint))) for at in parts.values()]
    values = np.array([numbers.values for numbers in read])
    empty = np.array([[not show(cell).strip() for cell in grid.columns[at]] for at in parts.values()])
    # A list of supplies holds what was supplied: an empty quarter beside a filled one is no supply.
    nil = empty & ~empty.all(axis=0) if spec.name == "links" else np.zeros_like(empty)
    if nil.any():
        count = int(nil.any(axis=0).sum())
        notes.add("parts_empty", **grid.place, column=titles[0], value=str(count), detail=", ".join(titles))
    total = np.where(nil, 0.0, values).sum(axis=0)
    if spec[name].type == "count" and complete != KINDS:  # persons of a year are the mean of its parts
        total /= len(parts)
        notes.add("parts_averaged", **grid.place, column=titles[0], value=name, detail=", ".join(titles))
    else:
        notes.add("parts_summed", **grid.place, column=titles[0], value=name, detail=" + ".join(titles))
    level, year = titles[0].split(PATH), read_header(titles[0]).year
    alone = f"{name}, {unit_piece(titles[0])}" + (f"{PATH}{year}" if year else "")
    header = PATH.join(level[:-1]) if len(level) > 1 else alone
    if year and read_header(header).year != year:  # "Выпуск / 1 кв. 2022"
        header = f"{header}{PATH}{year}"
    return header, as_cells(total)
