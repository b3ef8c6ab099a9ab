"""Turn tables into lists of records: years, indicators and parts of a year as columns, one year, plans."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.graph.arrays import Indices
from clustercoop.graph.errors import SchemaError
from clustercoop.graph.schema import NUMERIC, TableSpec
from clustercoop.graph.texts import refusal
from clustercoop.loaders.cells import expand_merged
from clustercoop.loaders.cumulated import from_january, with_period
from clustercoop.loaders.header_rows import figure_of, role
from clustercoop.loaders.headers import Matched
from clustercoop.loaders.indicator_rows import pivot, unit_piece
from clustercoop.loaders.matching import meaning, options
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.numbers import are_numbers, as_cells, parse_numbers
from clustercoop.loaders.own_ledger import turn_ledger
from clustercoop.loaders.part_columns import (
    YEAR_IN_TEXT,
    dated_parts,
    figures_of,
    has_year,
    name_kinds,
    name_parts,
    part_of_year,
    says_plan,
    whole_figures,
    with_years_of_dates,
    year_said,
)
from clustercoop.loaders.priced import with_amounts
from clustercoop.loaders.registers import of_register
from clustercoop.loaders.sections import refuse_years_below
from clustercoop.loaders.sheets import Grid, objects, show
from clustercoop.loaders.totals import names_all
from clustercoop.loaders.units import Unit, read_unit, words
from clustercoop.loaders.vocabulary import (
    PATH,
    Reading,
    read_header,
)
from clustercoop.loaders.void import without_void

_PLANNED: Final = frozenset({"plan", "fact"})
_INDICATOR: Final = frozenset(
    (
        "показатель|показатели|наименование показателя|название показателя|статья|indicator|indicators"
        "|indicator name|indic|indicator code|variable|variable name|measure|series|series name|item|figure"
    ).split("|")
)
_VALUE: Final = frozenset(
    "значение|значения|значение показателя|величина|данные|value|values|obs value|figure value|data".split(
        "|"
    )
)
_UNIT: Final = frozenset(
    "единица измерения|единицы измерения|ед изм|unit|units|unit of measure|единица|unit measure".split("|")
)
_CLUSTER: Final = re.compile(r"(?:кластер\w*|cluster)\s*:?\s*[«\"“]([^«»\"”]+)[»\"”]", re.IGNORECASE)
_LABELLED: Final = re.compile(
    r"(?:(?:промышленный|industrial)\s+)?(?:кластер|cluster)(?:\s+name)?\s*:\s*([^:«\"“]+?)"
    r"(?:(?:\s*[,;.(]|\s+(?:за|на|in|for)\b).*(?:19|20)\d\d.*)?",
    re.IGNORECASE,
)
_SAMPLE: Final = 200


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known of a sheet beside its cells: names, titles, the year or cluster that was set."""

    year: int = 0
    names: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    cluster: str = ""


def turn(grid: Grid, spec: TableSpec, hints: Hints, notes: Notes) -> Grid:
    """Return `grid` as a list of records with a year, its figures whole; told where anything was turned.

    Raises
    ------
    SchemaError
        A header stands over several columns of numbers and nothing says which is meant, a year has only some
        of its parts, or the year of the table is said in two ways.
    """
    planned = next((text for text in (*hints.titles, *hints.names) if says_plan(text)), "")
    if planned and spec.name in ("links", "activity"):
        notes.add("figures_planned", **grid.place, detail=planned)
    grid = with_years_of_dates(grid)
    supplied = grid.facts.pop("supplied", ())  # by the name of the sheet
    kept = tuple(header for header in grid.header if header not in supplied)
    grid.facts["headers"] = () if "matrix" in grid.facts else kept
    grid = from_january(grid, spec, (*hints.titles, *hints.names), notes)
    _refuse_spanned(grid, spec)
    grid = of_register(_with_merged_keys(grid, spec, notes), spec, notes)
    grid = turn_ledger(grid, spec, notes)
    grid = with_amounts(grid, spec, notes)
    grid = _without_plans(grid, spec, notes)
    grid = without_void(grid, spec, notes)
    grid = _from_indicators(grid, spec, notes)
    grid = _named_fact(grid, spec)
    grid = name_kinds(grid, spec)
    grid = name_parts(grid, spec, (*hints.titles, *hints.names))
    grid = whole_figures(grid, spec, notes)
    if spec.name in ("activity", "indicators") and not any(_speaks_of_figure(h, spec) for h in grid.header):
        notes.add("figures_none", **grid.place, detail=", ".join(filter(None, grid.header))[:300])
    grid = _with_cluster(grid, spec, hints, notes)
    if "year" not in spec.names or not spec["year"].required:
        return grid
    grid = _with_years(grid, spec, hints, notes)
    return with_period(grid, spec, (*hints.titles, *hints.names))


def _with_merged_keys(grid: Grid, spec: TableSpec, notes: Notes) -> Grid:
    """Write what merged cells of ids, texts and years hold into all their rows, before rows are moved."""
    if not grid.merged:
        return grid
    named = {i: name for i, header in enumerate(grid.header) if header and (name := role(header, spec))}
    keys = [i for i, name in named.items() if spec[name].type not in NUMERIC]
    expand_merged(grid, [Matched(i, grid.header[i], spec[named[i]], Unit()) for i in keys], notes)
    return replace(grid, merged=tuple(held for held in grid.merged if held[1] not in keys))


def _refuse_spanned(grid: Grid, spec: TableSpec) -> None:
    """Refuse a figure whose header is followed by columns of numbers that have no header."""
    for at, header in enumerate(grid.header):
        name = figure_of(header, spec)
        if not name and not (header and (read_header(header).only_year or part_of_year(header)[1])):
            continue
        last = at + 1
        while last < len(grid.header) and not grid.header[last] and are_numbers(grid.columns[last]):
            last += 1
        if last > at + 1:
            paths = ", ".join(f"#{i + 1} {header!r} / {_first(grid.columns[i])}" for i in range(at, last))
            raise refusal(
                SchemaError,
                "header_spans",
                header=repr(header),
                where=grid.where,
                paths=paths,
                column=name or header,
            )


def _first(cells: NDArray[Any]) -> str:
    return next((text for cell in cells if (text := show(cell).strip())), "")


def _without_plans(grid: Grid, spec: TableSpec, notes: Notes) -> Grid:
    """Set aside the rows of plans where a column says of each row whether it is a plan or a fact."""
    for at, cells in enumerate(grid.columns):
        head = {show(cell).strip() for cell in cells[:_SAMPLE]} - {""}
        if cells.dtype != object or not head or len(head) > 4 or not all(map(plan_or_fact, head)):
            continue
        texts = np.array([show(cell).strip() for cell in cells], dtype=object)
        if not all(plan_or_fact(text) for text in set(texts) - {""}):
            continue
        plan = np.array([plan_or_fact(text) == "plan" for text in texts])
        if plan.any():
            detail, line = grid.header[at] or f"#{at + 1}", int(grid.lines[int(np.argmax(plan))])
            notes.add("plan_rows", **grid.place, row=line, value=str(int(plan.sum())), detail=detail)
        kept = [i for i in range(len(grid.columns)) if i != at or role(grid.header[at], spec)]
        grid = grid.without(plan, "plan_row")
        return grid.pick(np.arange(len(grid)), kept)
    return grid


def _named_fact(grid: Grid, spec: TableSpec) -> Grid:
    """Name the one column ``Факт, тыс. руб.`` or ``Тыс. руб.`` of links, where no other is named."""
    if spec.name != "links" or any(meaning(header, spec) == "value" for header in grid.header):
        return grid
    facts = [
        at for at, header in enumerate(grid.header) if plan_or_fact(header) == "fact" or _only_money(header)
    ]
    if len(facts) != 1 or not are_numbers(grid.columns[facts[0]]):
        return grid
    header = list(grid.header)
    year = read_header(header[facts[0]]).year
    named = ", ".join(filter(None, ("value", unit_piece(header[facts[0]]))))
    header[facts[0]] = f"{named}{PATH}{year}" if year else named
    return replace(grid, header=tuple(header))


def _only_money(header: str) -> bool:
    """Tell whether a header is the scale and the currency of amounts, and no more."""
    rest, unit = read_unit(header)
    return unit.of_money and bool(unit.currency and unit.scale) and not rest


def plan_or_fact(text: str) -> str:
    """Return "plan" or "fact" where a text says no more than that, "" elsewhere."""
    reading = read_header(text)
    said = reading.marks & _PLANNED
    return next(iter(said)) if not reading.core and len(said) == 1 and reading.marks == said else ""


def _from_indicators(grid: Grid, spec: TableSpec, notes: Notes) -> Grid:
    """Give each figure that a column ``Показатель`` names a column of its own."""
    plain = [" ".join(words(header)) for header in grid.header]
    at = next((i for i, text in enumerate(plain) if text in _INDICATOR), None)
    if at is None or spec.name not in ("activity", "indicators"):
        return grid
    figures = {text for cell in grid.columns[at] if (text := show(cell).strip())}
    known = {text for text in figures if any(spec[o.name].type in NUMERIC for o in options(text, spec))}
    values = [i for i, header in enumerate(grid.header) if read_header(header).only_year]
    values = values or [i for i, text in enumerate(plain) if text in _VALUE]
    values = values or [i for i, header in enumerate(grid.header) if _only_whole(read_header(header))]
    if not known or not values:
        return grid
    unit = next((i for i, text in enumerate(plain) if text in _UNIT), None)
    keys = [i for i, header in enumerate(grid.header) if i not in (at, unit, *values) and role(header, spec)]
    for text in sorted(figures - known):
        notes.add("indicator_ignored", **grid.place, column=grid.header[at], value=text)
    titles, cells, lines = pivot(grid, at, unit, keys, values, known, spec)
    notes.add("turned_indicators", **grid.place, value=grid.header[at], detail=", ".join(titles)[:300])
    header = [*(grid.header[i] for i in keys), *titles]
    columns = tuple(objects([row[i] for row in cells]) for i in range(len(header)))
    moved = grid.moved([*((i,) for i in keys), *(values for _ in titles)])
    return replace(grid, header=tuple(header), columns=columns, lines=np.array(lines, np.int64), **moved)


def _only_whole(reading: Reading) -> bool:
    """Tell whether a header says that it is the figure of the period, and no more: "За отчётный период"."""
    return not reading.core and not reading.telling and bool(reading.marks & {"fact", "whole_year"})


def _speaks_of_figure(header: str, spec: TableSpec) -> bool:
    return bool(figure_of(header, spec)) or read_header(header).only_year


def _with_cluster(grid: Grid, spec: TableSpec, hints: Hints, notes: Notes) -> Grid:
    """Give a register without a column of clusters the one that was set, or that its title names."""
    if spec.name != "participants" or any(role(h, spec) == "cluster_id" for h in grid.header if h):
        return grid
    quoted = {match[1].strip() for text in (*hints.titles, *hints.names) for match in _CLUSTER.finditer(text)}
    quoted |= {match[1].strip() for text in hints.titles if (match := _LABELLED.fullmatch(text.strip()))}
    quoted = {text for text in quoted if not names_all(text)}
    cluster = hints.cluster or (next(iter(quoted)) if len(quoted) == 1 else "")
    if not cluster:
        return grid
    notes.add("cluster_from_name", **grid.place, value=cluster)
    cells = np.full(len(grid), cluster, dtype=object)
    return replace(grid, header=(*grid.header, "cluster_id"), columns=(*grid.columns, cells))


def _with_years(grid: Grid, spec: TableSpec, hints: Hints, notes: Notes) -> Grid:
    """Return `grid` with a column of years: its own, that of each column, or that of the table."""
    dated = {i: reading for i, h in enumerate(grid.header) if h and (reading := read_header(h)).year}
    dated = {i: r for i, r in dated.items() if r.only_year or _is_figure(grid.header[i], spec)}
    years = sorted({reading.year for reading in dated.values()})
    if has_year(grid, spec):
        if len(years) > 1:
            raise refusal(SchemaError, "years_both_ways", where=grid.where, years=", ".join(map(str, years)))
        return grid
    if years:
        grid = _in_one_unit(_named_figures(grid, spec, dated, hints), spec, dated)
        out = _unpivot(grid, dated, years)
        notes.add(
            "turned_years", **grid.place, value=", ".join(map(str, years)), detail=f"{len(grid)} → {len(out)}"
        )
        return out
    if (at := dated_parts(grid)) >= 0:
        return replace(grid, header=(*grid.header[:at], "year", *grid.header[at + 1 :]))
    year, source = _year_of(hints, grid.where)
    refuse_years_below(grid, year, source)
    if not year:
        if size := grid.facts.get("matrix"):
            raise refusal(SchemaError, "matrix_without_year", where=grid.where, size=size)
        return grid
    notes.add("year_from_name", **grid.place, value=str(year), detail=source)
    return replace(
        grid, header=(*grid.header, "year"), columns=(*grid.columns, np.full(len(grid), float(year)))
    )


def _is_figure(header: str, spec: TableSpec) -> bool:
    name = meaning(header, spec)
    return bool(name) and spec[name].type in NUMERIC


def _named_figures(grid: Grid, spec: TableSpec, dated: Mapping[int, Reading], hints: Hints) -> Grid:
    """Name the figure of columns called by a year alone: the only one there can be, or that of a title."""
    bare = [at for at, reading in dated.items() if reading.only_year]
    money = any(dated[at].unit.of_money for at in bare)
    bare = [at for at in bare if not (money and (dated[at].unit.physical or dated[at].unit.percent))]
    if not bare or spec.name == "measures":
        return grid
    figures = figures_of(spec, (*hints.titles, *hints.names))
    if not figures:
        seen = ", ".join(grid.header[at] for at in bare[:3])
        raise refusal(SchemaError, "years_of_nothing", where=grid.where, years=seen)
    header = list(grid.header)
    unit = _unit_of_total(grid, dated)
    for at in bare:
        rest = YEAR_IN_TEXT.sub("", header[at]).strip(" ,;()") or unit
        header[at] = f"{figures[0]}{', ' + rest if rest else ''}{PATH}{dated[at].year}"
    return replace(grid, header=tuple(header))


def _in_one_unit(grid: Grid, spec: TableSpec, dated: Mapping[int, Reading]) -> Grid:
    """Write a figure that has another scale in another year in the scale of its first."""
    first: dict[tuple[str, frozenset[str], str], int] = {}
    header, columns = list(grid.header), list(grid.columns)
    for at in dated:
        reading = read_header(grid.header[at])
        key = (role(grid.header[at], spec), reading.telling, reading.unit.currency)
        if not key[0] or not reading.unit.scale or not reading.unit.currency:
            continue
        base = read_header(grid.header[first.setdefault(key, at)])
        if base.unit == reading.unit or base.unit.scale is None:
            continue
        values = parse_numbers(columns[at]).values * (reading.unit.scale / base.unit.scale)
        columns[at] = as_cells(values)
        header[at] = f"{_without_year(grid.header[first[key]])}{PATH}{reading.year}"
    return replace(grid, header=tuple(header), columns=tuple(columns))


def _unit_of_total(grid: Grid, dated: Mapping[int, Reading]) -> str:
    """Return the unit of money that a total of the years names: ``Итого, тыс. руб.``; "" for none."""
    for at, header in enumerate(grid.header):
        reading = read_header(header)
        if at not in dated and not reading.core and "total" in reading.marks and reading.unit.of_money:
            return unit_piece(header)
    return ""


def _unpivot(grid: Grid, dated: Mapping[int, Reading], years: Sequence[int]) -> Grid:
    """Return one row for each row and year that has a filled cell."""
    keys = [i for i in range(len(grid.header)) if i not in dated]
    titles = list(dict.fromkeys(_without_year(grid.header[at]) for at in dated))
    parts: list[tuple[Indices, int, dict[str, int]]] = []
    for year in years:
        mine = {_without_year(grid.header[at]): at for at, reading in dated.items() if reading.year == year}
        filled = np.zeros(len(grid), bool)
        for at in mine.values():
            column = grid.columns[at]
            filled |= ~((column == "") | pd.isna(column))
        parts.append((np.flatnonzero(filled), year, mine))
    rows = np.concatenate([part[0] for part in parts])
    order = np.argsort(rows, kind="stable")
    columns = [grid.columns[i][rows][order] for i in keys]
    columns.append(np.concatenate([np.full(len(part[0]), float(part[1])) for part in parts])[order])
    for title in titles:
        cells = [
            grid.columns[mine[title]][chosen].astype(object)
            if title in mine
            else np.full(len(chosen), None, dtype=object)
            for chosen, _, mine in parts
        ]
        columns.append(np.concatenate(cells)[order])
    header = (*(grid.header[i] for i in keys), "year", *titles)
    made = [tuple(at for at in dated if _without_year(grid.header[at]) == title) for title in titles]
    moved = grid.moved([*((i,) for i in keys), (), *made])
    return replace(grid, header=header, columns=tuple(columns), lines=grid.lines[rows][order], **moved)


def _without_year(header: str) -> str:
    """Return a header without its year.

    Examples
    --------
    >>> _without_year("Выпуск, млн руб. / 2021"), _without_year("Выпуск за 2021 год, млн руб.")
    ('Выпуск, млн руб.', 'Выпуск, млн руб.')
    >>> _without_year("output_2021"), _without_year("output_2021_mln_rub")
    ('output', 'output _mln_rub')
    """
    levels = [level for level in header.split(PATH) if not read_header(level).only_year]
    return PATH.join(" ".join(YEAR_IN_TEXT.sub(" ", level).replace(" ,", ",").split()) for level in levels)


def _year_of(hints: Hints, where: str) -> tuple[int, str]:
    """Return the one year that was set, or that names and titles give, and what says so; 0 for none.

    Dates ("на 01.01.2023") are none: the figures may be of the year before.

    Raises
    ------
    SchemaError
        Name and title give different years.
    """
    if hints.year:
        return hints.year, "--year"
    found: dict[int, str] = {}
    for text in (*hints.names, *hints.titles):
        if year := year_said(text):
            found.setdefault(year, text)
    if len(found) > 1:
        said = "; ".join(f"{text!r}: {year}" for year, text in found.items())
        raise refusal(SchemaError, "year_twice", where=where, said=said)
    return next(iter(found.items()), (0, ""))
