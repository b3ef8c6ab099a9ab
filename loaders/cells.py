"""Give the cells of a grid the types of the contract: ids, texts, years, numbers in the contract's unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.graph.arrays import Bools, Floats, Int8s, Ints
from clustercoop.graph.kinds import KINDS
from clustercoop.graph.schema import NUMERIC, SIDES, WHO, TableSpec
from clustercoop.graph.threads import at_once
from clustercoop.loaders.formats import Divided
from clustercoop.loaders.headers import Matched
from clustercoop.loaders.ids import read_texts
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.numbers import Numbers, are_numbers, parse_numbers
from clustercoop.loaders.parts import Months, part_months
from clustercoop.loaders.settled import Settled, settle_columns
from clustercoop.loaders.sheets import Grid, show
from clustercoop.loaders.tokens import Issue
from clustercoop.loaders.unit_columns import doubtful, repeats_header
from clustercoop.loaders.units import in_unit, unit_words, words
from clustercoop.loaders.years import days_as_dates, parse_years

# The least bound of "more than 0" that can still be divided by.
LEAST: Final = 1e-300
_DATE_WORDS: Final = frozenset({"дата", "даты", "date", "datum"})
# An index of prices above this is in per cent.
PER_CENT: Final = 10.0


@dataclass(eq=False)
class TypedGrid:
    """A grid with the contract's types.

    Attributes
    ----------
    frame : DataFrame
        The contract's columns: text, or float64 for years and numbers (NaN unknown), in the contract's unit.
    issues : dict of str to int8 array
        For year and number columns, what each cell turned out to be (`Issue`).
    flags : dict of (str, str) to bool array
        For id and text columns those of `ids.FLAGS`; for years ``dated``, ``january``, ``closing`` and
        ``serial``.
    columns : dict of str to str
        Header → column of the contract.
    currencies : dict of str to str
        Header of a money column → the currency that it names.
    unnamed : list of str
        Headers of money columns that name neither scale nor currency.
    conversions : dict of str to str
        Header → how its unit was converted.
    scales : dict of str to float or float64 array
        Number column → what its cells are counted in, or each of them.
    decimal : str
        Decimal signs proven in the file.
    sign : str
        The decimal sign, and that of thousands where it is known, of amounts that leave them open.
    months : tuple of two int arrays, or None
        First and last month that each row is for, 0 for a whole year.
    dated : array of int, or None
        Month of the date of each row, 0 where it has none.
    settled : Settled, or None
        What the columns are.
    """

    grid: Grid
    frame: pd.DataFrame
    issues: dict[str, Int8s] = field(default_factory=dict)
    flags: dict[tuple[str, str], Bools] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    currencies: dict[str, str] = field(default_factory=dict)
    unnamed: list[str] = field(default_factory=list)
    conversions: dict[str, str] = field(default_factory=dict)
    scales: dict[str, float | Floats] = field(default_factory=dict)
    decimal: str = ""
    sign: str = ""
    months: Months | None = None
    dated: Ints | None = None
    settled: Settled | None = None


def type_grid(grid: Grid, spec: TableSpec, notes: Notes, direction: str = "auto") -> TypedGrid:
    """Match the headers of `grid` and read its cells; `direction` as in `Settings`.

    Of sums what the columns are was settled when they were made.

    Raises
    ------
    SchemaError
        A required column is missing or claimed twice.
    """
    settled: Settled = grid.facts.pop("settled", None) or settle_columns(grid, spec, direction, notes)
    match, units = settled.match, settled.units
    typed = TypedGrid(grid, pd.DataFrame(index=range(len(grid))), unnamed=settled.unnamed, settled=settled)
    typed.columns = {m.header: m.column.name for m in match.columns}
    found = {m.column.name: m for m in match.columns}
    merged = expand_merged(grid, match.columns, notes)
    numbers, typed.sign = _read_numbers(grid, [m for m in match.columns if m.column.type in NUMERIC])

    def text_of(name: str) -> tuple[Any, dict[str, Bools]]:
        held, flags = read_texts(grid.columns[found[name].position], spec[name])
        return held.categorical() if name in WHO else held.array(), flags

    told = [name for name in found if spec[name].type in ("id", "text")]
    held = dict(zip(told, at_once(text_of, told, rows=len(grid)), strict=True))
    data: dict[str, Any] = {}
    absent = _absent(len(grid))
    bounds: dict[str, dict[str, Floats]] = {}
    for column in spec.columns:
        name = column.name
        if name not in found:
            data[name] = absent[column.type in ("id", "text")]
        elif column.type in NUMERIC:
            numbers[name].issue[merged.get(name, [])] = Issue.MERGED
            numbers[name].values[merged.get(name, [])] = np.nan
            data[name], scale = _number(typed, found[name], numbers[name], units.scales.get(name), notes)
            if numbers[name].bounds:
                bounds[name] = _bounds(numbers[name], found[name], scale, len(grid))
        elif column.type == "year":
            cells = grid.columns[found[name].position]
            dated = _DATE_WORDS & set(words(found[name].header))
            data[name] = _year(typed, name, days_as_dates(cells) if dated else cells)
        else:
            data[name], flags = held[name]
            typed.flags |= {(name, flag): marks for flag, marks in flags.items()}
    for name, sides in bounds.items():
        for side, values in sides.items():
            if f"{name}_{side}" in data:
                data[f"{name}_{side}"] = np.where(np.isnan(values), data[f"{name}_{side}"], values)
        if spec[name].required:  # a link of at least so much; nothing is known of one of at most so much
            stated = numbers[name].issue == Issue.BOUND
            data[name] = np.where(stated, np.nan_to_num(sides["low"]), data[name])
    if typed.months is None and "year" in found:
        typed.months = part_months(grid, settled.unused)
    if typed.months is not None and grid.facts.get("cumulated"):
        typed.months = np.minimum(typed.months[0], 1), typed.months[1]
    typed.frame = pd.DataFrame(data, index=absent[0].index, copy=False)
    typed.decimal = "".join(sorted({n.decimal for n in numbers.values() if n.decimal}))
    return typed


def _year(typed: TypedGrid, name: str, cells: NDArray[Any]) -> Floats:
    """Return a column of years; the first of January of a state closes the year before it.

    A member excluded on 1 January was none in that year; a table of states of 31 December and 1 January tells
    of the ends of years. Where every date is a 1 January, it is told and left as it is.
    """
    read = parse_years(cells)
    years = read.years
    typed.issues[name] = read.issue
    typed.flags[name, "dated"], typed.flags[name, "january"] = read.dated, read.january
    typed.flags[name, "serial"] = read.serial
    closes = read.january & (name == "left_year")
    if name == "year" and read.ends_of_years:
        closes = read.january
    if closes.any():
        years = np.where(closes, years - 1, years)
        typed.flags[name, "closing"], typed.flags[name, "january"] = closes, read.january & ~closes
    if name == "year" and read.dated.any():
        typed.dated = read.month.astype(np.int64)
    if name == "year" and read.last.any():
        typed.months = read.first.astype(np.int64), read.last.astype(np.int64)
    return years


def expand_merged(grid: Grid, matched: Sequence[Matched], notes: Notes) -> dict[str, list[int]]:
    """Write what merged cells hold into all their rows; return the rows that share a figure."""
    shared: dict[str, list[int]] = {}
    columns = {m.position: m.column for m in matched}
    expanded = 0
    for first, left, last, _ in grid.merged:
        if last == first or left not in columns:
            continue
        start, stop = np.searchsorted(grid.lines, [first + 1, last + 2]).tolist()
        if stop - start < 2 or grid.lines[start] != first + 1:
            continue
        column = columns[left]
        if column.type in NUMERIC:
            shared.setdefault(column.name, []).extend(range(start, stop))
        else:
            grid.columns[left][start:stop] = grid.columns[left][start]
            expanded += 1
    if expanded:
        notes.add("merged_expanded", **grid.place, value=str(expanded))
    return shared


def _absent(size: int) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Return columns of unknown numbers and texts: all absent columns of a table share their memory."""
    rows = pd.RangeIndex(size)
    return pd.Series(np.full(size, np.nan), rows), pd.Series(KINDS["text"].unknown(size), rows)


def _read_numbers(grid: Grid, matched: Sequence[Matched]) -> tuple[dict[str, Numbers], str]:
    """Read number columns; where one leaves ``1,234`` open, the others of the file may decide the sign.

    Where none does, headers of a language that writes a decimal comma decide. The sign is returned too, ""
    where it is open.
    """
    read = {m.column.name: parse_numbers(grid.columns[m.position]) for m in matched}
    proven = {sign for n in read.values() for sign in _proven(n)}
    if not proven and any(n.assumed for n in read.values()):
        used = {m.position for m in matched}
        rest = [cells for at, cells in enumerate(grid.columns) if at not in used and are_numbers(cells)]
        proven = {sign for cells in rest for sign in _proven(parse_numbers(cells))}
        said = {word for header in grid.header for word in words(header)}
        proven = proven or ({",."} if said & set(unit_words("comma")) else set())
    hint = max(proven, key=len) if len({sign[0] for sign in proven}) == 1 else ""
    for m in matched if hint else ():
        if read[m.column.name].open:
            read[m.column.name] = parse_numbers(grid.columns[m.position], hint=hint)
    return read, hint


def _proven(numbers: Numbers) -> set[str]:
    """Return the decimal signs that a column proves, with the sign of thousands where it proves that."""
    if numbers.assumed:
        return set()
    return set(numbers.decimal) | {{".": ",.", ",": ".,"}[sign] for sign in numbers.thousands if sign in ".,"}


def _number(
    typed: TypedGrid, matched: Matched, numbers: Numbers, rows: Floats | None, notes: Notes
) -> tuple[Floats, float | Floats]:
    """Return a number column in the contract's unit, and its scale; tell how it was read.

    `rows` are the scales that a column of units gives to each row.
    """
    column, header, unit = matched.column, matched.header, matched.unit
    values, issue = numbers.values, numbers.issue
    here = {**typed.grid.place, "column": header}
    _tell_numbers(typed, matched, numbers, here, notes)
    if column.type != "share" and column.name != "index":
        wrong = numbers.percent & (issue == Issue.OK)
        issue[wrong], values[wrong] = Issue.NOT_A_NUMBER, np.nan
    elif column.name == "index" and numbers.percent.any():
        plain = values[~numbers.percent & ~np.isnan(values)]
        if len(plain) and np.median(plain) < PER_CENT:  # 1 beside 107 %
            values = np.where(numbers.percent, values / 100.0, values)
    scale = _cell_scales(typed, matched, numbers, rows, here, notes)
    typed.issues[column.name] = issue
    if column.type == "share":
        return _shares(values, unit.percent, numbers.percent, typed, here, notes), 1.0
    target = 1e6 if column.type == "money" else 1.0
    typed.scales[column.name] = scale
    if not isinstance(scale, float):
        _tell_converted(typed, here, "each row by its unit", notes)
    elif scale != target:
        up, down = scale / target, target / scale
        _tell_converted(typed, here, f"× {up:g}" if up > 1 else f"÷ {down:g}", notes)
    return in_unit(values, scale, target), scale


def _bounds(numbers: Numbers, matched: Matched, scale: float | Floats, size: int) -> dict[str, Floats]:
    """Return the bounds that cells state, in the contract's unit, NaN where they state none.

    The bound of "more than 30 %" is the next number above .3, so that it lies above a threshold of .3; that
    of "more than 0" is `LEAST`, which can still be divided by.
    """
    sides = {side: np.full(size, np.nan) for side in SIDES}
    each = np.broadcast_to(np.asarray(scale), (size,))
    for bound in numbers.bounds:
        own = bound.unit.scale or (1.0 if bound.unit.currency else each[bound.position])
        if matched.column.type == "share":
            value = bound.value / 100.0 if bound.percent or matched.unit.percent else bound.value
        else:
            value = bound.value * own / (1e6 if matched.column.type == "money" else 1.0)
        if bound.open:
            sign = 1.0 if bound.side == "low" else -1.0
            value = float(np.nextafter(value, sign * np.inf)) if value else sign * LEAST
        sides[bound.side][bound.position] = value
    return sides


def _tell_converted(typed: TypedGrid, here: dict[str, str], text: str, notes: Notes) -> None:
    typed.conversions[here["column"]] = text
    notes.add("unit_converted", **here, value=here["column"], detail=text)


def _tell_numbers(
    typed: TypedGrid, matched: Matched, numbers: Numbers, here: dict[str, str], notes: Notes
) -> None:
    """Tell the signs of a column of numbers, and the marks of gaps in it."""
    if "," in numbers.decimal or numbers.thousands:
        groups = numbers.thousands or ("",)
        signs = ((g, p) for g in groups for p in numbers.decimal or ("," if g == "." else ".") if g != p)
        shown = "; ".join(f"1{group}234{point}5" for group, point in signs)
        notes.add("number_format", **here, detail=shown)
    if numbers.mixed:
        notes.add("decimal_mixed", **here)
    if numbers.assumed and len(numbers.values):
        first = next(show(c) for c in typed.grid.columns[matched.position] if "." in show(c))
        notes.add("decimal_assumed", **here, detail=first)
    for meaning, count in numbers.marks.items():
        if meaning != "missing":
            notes.add(f"gap_{meaning}", **here, value=str(count))


def _cell_scales(
    typed: TypedGrid,
    matched: Matched,
    numbers: Numbers,
    rows: Floats | None,
    here: dict[str, str],
    notes: Notes,
) -> float | Floats:
    """Return the scale of a column, or of each cell: the cell's own words, else the row's, else the column's.

    Where nothing but half of the cells or more name a unit, the others are unclear; so are the rows that a
    column of units leaves open, where the header names no scale.
    """
    column, unit = matched.column, matched.unit
    money = column.type == "money"
    at = matched.position
    common: float | Floats = (unit.scale or 1.0) if unit.scale or unit.currency or not money else 1e6
    if money and unit.currency:
        typed.currencies.setdefault(here["column"], unit.currency)
    if money and unit.currency and unit.scale in (None, 1.0) and typed.grid.shown is not None:
        # Thousands shown under a header in roubles: roubles are what is stored.
        times = [cell.times if isinstance(cell, Divided) else 1.0 for cell in typed.grid.columns[at]]
        if max(times, default=1.0) > 1.0:
            common *= np.array(times) if len(set(times)) > 1 else times[0]
        else:  # of differences of cells
            common *= typed.grid.shown.stored(at, int((~np.isnan(numbers.values)).sum()))
    scale: float | Floats = common
    open_ = np.zeros(len(numbers.values), bool)
    if rows is not None:
        if money and unit.scale is None and not np.isnan(rows).all():
            open_ = np.isnan(rows) & ~np.isnan(numbers.values)
        scale = np.where(np.isnan(rows), common, rows) if unit.scale is None else common
        if not unit.scale and len(set(np.unique(scale).tolist())) == 1:
            scale = float(np.asarray(scale)[0])
    named = bool(unit.scale or unit.currency or rows is not None)
    repeated = money and repeats_header(numbers, unit, here)
    if repeated or (not numbers.units and not open_.any()):
        if money and not named:
            typed.unnamed.append(here["column"])
        return scale
    each = np.array(np.broadcast_to(np.asarray(scale), numbers.values.shape), "float64")
    said = np.zeros(len(each), bool)
    for own, row in numbers.units:
        if not own.fits(column):
            numbers.issue[row], numbers.values[row] = Issue.NOT_A_NUMBER, np.nan
            continue
        if money and own.scale is None and doubtful(numbers, row, unit):
            open_[row] = True
            continue
        each[row], said[row] = own.scale or 1.0, True
        if money and own.currency:
            typed.currencies[f"{here['column']}: {own.currency}"] = own.currency
    if said.any():
        notes.add("unit_in_cells", **here, value=str(int(said.sum())))
    if money and not named and 2 * said.sum() >= np.sum(~np.isnan(numbers.values)):
        open_ = ~np.isnan(numbers.values)
    elif money and not named:
        typed.unnamed.append(here["column"])
    numbers.issue[open_ & ~said], numbers.values[open_ & ~said] = Issue.UNIT_UNCLEAR, np.nan
    return each


def _shares(
    values: Floats, percent: bool, marked: Bools, typed: TypedGrid, here: dict[str, str], notes: Notes
) -> Floats:
    """Return shares between 0 and 1 of a column, some of whose cells carry a ``%``."""
    if not percent:
        return np.where(marked, values / 100.0, values)
    small = np.flatnonzero((values > 0) & (values <= 1.0) & ~marked)
    if len(small):
        row = int(typed.grid.lines[small[0]])
        detail = f"{values[small[0]]:g}" + (f" (+{len(small) - 1})" if len(small) > 1 else "")
        notes.add("percent_small", **here, row=row, value=here["column"], detail=detail)
    _tell_converted(typed, here, "÷ 100", notes)
    return values / 100.0
