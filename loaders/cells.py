"""Give the cells of a grid the types of the contract: ids, texts, years, numbers in the contract's unit."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.graph.kinds import TEXT
from clustercoop.graph.schema import NUMERIC, ColumnSpec, TableSpec
from clustercoop.loaders.headers import Matched
from clustercoop.loaders.matching import match_headers
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.numbers import Issue, Numbers, parse_numbers
from clustercoop.loaders.sheets import Grid, show
from clustercoop.loaders.unit_columns import unit_columns
from clustercoop.loaders.years import new_year, parse_years

NO_TEXT: Final = frozenset({"", "-", "–", "—", "…", "...", "н/д"})
# What Excel leaves of a taxpayer number of 12 digits in a text file: "7,70112E+11".
_ROUNDED: Final = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d+")
_TEXT_FLAGS: Final = ("undecodable", "cleaned", "numeric", "imprecise", "rounded")
_SPACES: Final = re.compile(r"\s+")
_ORIGIN: Final = frozenset({"row", "file", "sheet"})


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
        For id and text columns: ``undecodable``, ``cleaned``, ``numeric``, ``imprecise``, ``rounded``; for
        years ``dated``, ``january``.
    columns : dict of str to str
        Header → column of the contract.
    currencies : dict of str to str
        Header of a money column → the currency that it names.
    unnamed : list of str
        Headers of money columns that name neither scale nor currency.
    conversions : dict of str to str
        Header → how its unit was converted.
    decimal : str
        Decimal signs proven in the file.
    """

    grid: Grid
    frame: pd.DataFrame
    issues: dict[str, NDArray[np.int8]] = field(default_factory=dict)
    flags: dict[tuple[str, str], NDArray[np.bool_]] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    currencies: dict[str, str] = field(default_factory=dict)
    unnamed: list[str] = field(default_factory=list)
    conversions: dict[str, str] = field(default_factory=dict)
    decimal: str = ""


def clean_text(text: str) -> str:
    r"""Return `text` in NFC with single spaces, trimmed, without invisible and control characters.

    Examples
    --------
    >>> clean_text("\ufeff 0077\u200b  ООО\u00a0А ")
    '0077 ООО А'
    """
    text = unicodedata.normalize("NFC", _SPACES.sub(" ", text).strip())
    if text.isascii() and text.isprintable():
        return text
    kinds = ((c, unicodedata.category(c)) for c in text)
    return "".join("\ufffd" if kind == "Cs" else c for c, kind in kinds if kind not in ("Cc", "Cf")).strip()


def type_grid(grid: Grid, spec: TableSpec, notes: Notes) -> TypedGrid:
    """Match the headers of `grid` and read its cells.

    Raises
    ------
    SchemaError
        A required column is missing or claimed twice.
    """
    where = f"sheet {grid.sheet} of {grid.file}" if grid.sheet else grid.file
    match = match_headers(grid.header, spec, where)
    place = {"table": spec.name, "file": grid.file, "sheet": grid.sheet}
    for weak, strong in match.set_aside:
        notes.add("header_set_aside", **place, column=weak, value=weak, detail=strong)
    for header, name in match.wrong_unit:
        notes.add("unit_wrong", **place, column=header, value=header, detail=name)
    money = any(m.column.type == "money" for m in match.columns)
    units = unit_columns(grid, match.unknown if money else (), where)
    for name in match.unknown:
        if name not in _ORIGIN and name not in units.headers:
            notes.add("column_ignored", **place, column=name, value=name)
    _tell_unnamed(grid, place, notes)
    match = replace(match, columns=tuple(units.give(matched, where) for matched in match.columns))
    grid.facts["columns_at"] = {m.column.name: m.position for m in match.columns}
    typed = TypedGrid(grid, pd.DataFrame(index=range(len(grid))))
    found = {m.column.name: m for m in match.columns}
    typed.columns = {m.header: m.column.name for m in match.columns}
    if units.headers:
        texts = ", ".join(f"{header}: {text}" for header, text in units.headers.items())
        notes.add("unit_from_column", **place, detail=texts)
    typed.unnamed += [m.header for m in match.columns if units.leaves_scale_open(m)]
    numbers = _read_numbers(grid, [m for m in match.columns if m.column.type in NUMERIC])
    data: dict[str, Any] = {}
    for column in spec.columns:
        if column.name not in found:
            data[column.name] = _absent(column, len(grid))
        elif column.type in NUMERIC:
            data[column.name] = _number(typed, found[column.name], numbers[column.name], place, notes)
        elif column.type == "year":
            years, issue, dated = parse_years(grid.columns[found[column.name].position])
            data[column.name] = years
            typed.issues[column.name], typed.flags[column.name, "dated"] = issue, dated
            if dated.any():
                typed.flags[column.name, "january"] = new_year(grid.columns[found[column.name].position])
        else:
            data[column.name] = _text(typed, column, grid.columns[found[column.name].position])
    typed.frame = pd.DataFrame(data, index=range(len(grid)))
    typed.decimal = "".join(sorted({n.decimal for n in numbers.values() if n.decimal}))
    return typed


def _tell_unnamed(grid: Grid, place: dict[str, str], notes: Notes) -> None:
    """Tell columns of cells that stand under no header; the first may only number the rows."""
    for at, (header, cells) in enumerate(zip(grid.header, grid.columns, strict=True)):
        if header or not any(show(cell).strip() for cell in cells):
            continue
        code = "column_unnamed" if at else "column_ignored"
        notes.add(code, **place, column=f"#{at + 1}", value=f"#{at + 1}")


def _absent(column: ColumnSpec, size: int) -> Any:
    if column.type in ("id", "text"):
        return pd.array([np.nan], dtype=TEXT).take(np.zeros(size, np.intp))
    return np.full(size, np.nan)


def _read_numbers(grid: Grid, matched: Sequence[Matched]) -> dict[str, Numbers]:
    """Read number columns; where one leaves ``1,234`` open, the others of the file may decide the sign."""
    read = {m.column.name: parse_numbers(grid.columns[m.position]) for m in matched}
    proven = {sign for n in read.values() if not n.assumed for sign in n.decimal}
    if len(proven) == 1:
        hint = proven.pop()
        for m in matched:
            numbers = read[m.column.name]
            if numbers.assumed or bool((numbers.issue == Issue.DECIMAL_UNCLEAR).any()):
                read[m.column.name] = parse_numbers(grid.columns[m.position], hint=hint)
    return read


def _number(
    typed: TypedGrid, matched: Matched, numbers: Numbers, place: dict[str, str], notes: Notes
) -> NDArray[np.float64]:
    """Return a number column in the contract's unit, and tell how it was read."""
    column, header, unit = matched.column, matched.header, matched.unit
    values, issue = numbers.values, numbers.issue
    here = {**place, "column": header}
    if column.type != "share":
        wrong = numbers.percent & (issue == Issue.OK)
        issue[wrong], values[wrong] = Issue.NOT_A_NUMBER, np.nan
    if "," in numbers.decimal or numbers.thousands:
        spaces = {" ": "space", ",": "comma", ".": "point", "": ""}
        detail = f"decimal {' and '.join(spaces[c] for c in numbers.decimal) or 'point'}"
        groups = " and ".join(spaces[c] for c in numbers.thousands)
        notes.add("number_format", **here, detail=detail + (f", thousands {groups}" if groups else ""))
    if numbers.mixed:
        notes.add("decimal_mixed", **here)
    if numbers.assumed and len(values):
        first = next(show(c) for c in typed.grid.columns[matched.position] if "." in show(c))
        notes.add("decimal_assumed", **here, detail=first)
    up, down = 1.0, 1.0
    if column.type == "money":
        if unit.currency:
            typed.currencies[header] = unit.currency
        if unit.scale is None and not unit.currency:
            typed.unnamed.append(header)
        up, down = _ratio((unit.scale or 1.0) if unit.scale or unit.currency else 1e6, 1e6)
    elif column.type == "share":
        if unit.percent:
            down = 100.0
            small = np.flatnonzero((values > 0) & (values <= 1.0) & ~numbers.percent)
            if len(small):
                row = int(typed.grid.lines[small[0]])
                detail = f"{values[small[0]]:g}" + (f" (+{len(small) - 1})" if len(small) > 1 else "")
                notes.add("percent_small", **here, row=row, value=header, detail=detail)
        each = numbers.percent & (down == 1.0)
        values = np.where(each, values / 100.0, values)
    elif unit.scale:
        up = unit.scale
    if up != down:
        text = f"× {up:g}" if up > 1 else f"÷ {down:g}"
        typed.conversions[header] = text
        notes.add("unit_converted", **here, value=header, detail=text)
        values = values * up / down
    typed.issues[column.name] = issue
    return values


def _ratio(scale: float, unit: float) -> tuple[float, float]:
    """Return (multiply, divide): dividing by a power of ten rounds once, multiplying by 0.001 would twice."""
    return (scale / unit, 1.0) if scale >= unit else (1.0, unit / scale)


def _text(typed: TypedGrid, column: ColumnSpec, cells: NDArray[Any]) -> Any:
    """Return an id or text column; each distinct cell is cleaned once."""
    size = len(cells)
    if not size:
        return pd.array([], dtype=TEXT)
    codes, unique = pd.factorize(cells, use_na_sentinel=True)
    texts: list[Any] = []
    flags: dict[str, list[bool]] = {name: [] for name in _TEXT_FLAGS}
    numeric = cells.dtype != object
    for cell in unique:
        raw = show(cell)
        if isinstance(cell, datetime.datetime) and cell.time() == datetime.time(0):
            raw = cell.date().isoformat()
        text = clean_text(cell if isinstance(cell, str) else raw)
        number = numeric or (isinstance(cell, int | float) and not isinstance(cell, bool))
        empty = not text or (text in NO_TEXT and not (column.type == "id" and column.filled))
        texts.append(np.nan if empty else text)
        flags["undecodable"].append("\ufffd" in text)
        flags["cleaned"].append(text != raw.strip() and not empty)
        flags["numeric"].append(number)
        flags["imprecise"].append(number and cells.dtype.kind not in "iu" and bool(abs(cell) >= 2**53))
        flags["rounded"].append(isinstance(cell, str) and bool(_ROUNDED.fullmatch(text)))
    texts.append(np.nan)  # position −1: a missing cell
    for name, marks in flags.items():
        typed.flags[column.name, name] = np.array([*marks, False])[codes]
    return pd.array(texts, dtype=TEXT).take(codes)
