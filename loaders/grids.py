"""From a raw sheet to the grid of one table: find the header row, and keep rows of another width out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.graph.arrays import Indices
from clustercoop.graph.errors import SchemaError
from clustercoop.graph.schema import ENDS, TableSpec
from clustercoop.graph.texts import refusal
from clustercoop.loaders.captions import (
    column_numbers,
    lacks_unit,
    other_header,
    unit_row,
    with_units,
)
from clustercoop.loaders.coded import Cells
from clustercoop.loaders.header_rows import (
    HEADER_SEARCH,
    count_roles,
    find_block,
    is_label,
    is_label_pair,
    role,
)
from clustercoop.loaders.mapping import NOTHING, Given, with_mapped_headers, with_profile
from clustercoop.loaders.matching import candidates, count_matches, known_forms
from clustercoop.loaders.matrices import looks_square
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.sections import fill_below, fill_groups, fill_sections, fill_sides
from clustercoop.loaders.sheets import BrokenRow, Grid, RawSheet, objects, show
from clustercoop.loaders.totals import is_total
from clustercoop.loaders.trade import trade_headers, with_trade
from clustercoop.loaders.years import FOUR

SNIFFED: Final = 30
_SQUARE: Final = 2000
_PARTS: Final = re.compile(r"(?:в (?:том числе|т\.\s?ч\.)|из них|of which|including)\s*:?", re.IGNORECASE)


def header_score(specs: Sequence[TableSpec], rows: Sequence[Sequence[object]]) -> int:
    """Return how many contract columns the best of the first rows names, over the tables `specs`."""
    return max((count_matches(row, spec) for spec in specs for row in rows[:SNIFFED]), default=0)


def is_list(sheet: RawSheet, spec: TableSpec) -> bool:
    """Tell whether the headers of a sheet name at least two columns of the table."""
    if sheet.frame is not None:
        return True
    if len(sheet.records) and trade_headers(list(sheet.records[0])):
        return True
    paths = find_block(sheet.records, spec).paths
    if count_roles(paths, spec) < 2:
        return False
    # Beside the names of a matrix a total and the sides may have headers of their own.
    whole = {*ENDS, "value"} <= {role(path, spec) for path in paths if path}
    return spec.name != "links" or whole or len(sheet.records) > _SQUARE or not looks_square(sheet)


def to_grid(sheet: RawSheet, spec: TableSpec, notes: Notes, given: Given = NOTHING) -> Grid:
    """Lay a sheet out by columns below its header; rows that do not fit become broken rows.

    Rows above the header are titles unless they are as wide as the table: then they are data that stand in
    the wrong place, and are rejected by name.
    """
    place = sheet.place(spec.name)
    _tell_file(sheet, place, notes)
    if sheet.frame is not None:
        frame = sheet.frame
        columns = tuple(_cells(column) for _, column in frame.items())
        lines = np.array(sheet.lines) if len(sheet.lines) else np.arange(1, len(frame) + 1, dtype=np.int64)
        given = with_trade(given, list(frame.columns)) if spec.name == "links" else given
        titles_of = tuple(_named(str(title), given, spec) for title in frame.columns)
        if sheet.titles:
            notes.add("title_rows_skipped", **place, row=1, detail=" / ".join(sheet.titles)[:300])
        _tell_broken(sheet.broken, place, notes)
        head = (spec.name, sheet.file, sheet.sheet, titles_of, columns, lines, sheet.broken)
        return Grid(*head, dict(sheet.facts), titles=sheet.titles)
    given = with_profile(given, sheet.records)
    if spec.name == "links" and len(sheet.records):
        given = with_trade(given, list(sheet.records[0]))
    block = find_block(with_mapped_headers(sheet.records, given, HEADER_SEARCH), spec)
    at, header, body = block.first, [_named(path, given, spec) for path in block.paths], block.body
    titles, broken = above(sheet, at, header)
    if titles:
        notes.add("title_rows_skipped", **place, row=sheet.lines[0], detail=" / ".join(titles)[:300])
    if body > at + 1:
        notes.add("header_two_rows", **place, row=sheet.lines[at], detail=" | ".join(filter(None, header)))
    if body < len(sheet.records) and unit_row(sheet.records[body], header, spec):
        header = with_units(header, sheet.records[body], sheet.where)
        notes.add("unit_row", **place, row=sheet.lines[body])
        body += 1
    rest = sheet.records[body : body + 200]
    if len(rest) and column_numbers(rest[0], rest[1:]):
        broken.append(BrokenRow(sheet.lines[body], "column_numbers", tuple(sheet.records[body])))
        body += 1
    named = max((i for i, name in enumerate(header, 1) if name), default=0)
    records, lines_kept, ragged = _fit(sheet.records[body:], sheet.lines[body:], len(header), named)
    broken = [*sheet.broken, *broken, *ragged]
    _tell_broken(broken, place, notes)
    cells, header, sections = fill_sections(_columns(records, len(header)), header, spec)
    if len(sections):
        notes.add("section_rows", **place, value=str(len(sections)))
    cells, header, sides = fill_sides(cells, header, spec)
    cells, groups = fill_groups(cells, header, spec) if not len(sides) else (cells, sides)
    if len(groups):
        notes.add("group_rows", **place, value=str(len(groups)))
    cells, lines_kept, broken = _without_rows(cells, lines_kept, broken, np.union1d(sections, groups))
    if not sheet.merged:
        cells, below = fill_below(cells, header, spec)
        if below:
            notes.add("cluster_filled", **place, value=str(below))
    _refuse_second_table(cells, lines_kept, header, spec, sheet.where, titles)
    asides = [" ".join(map(show, bad.cells)) for bad in ragged if bad.code == "note_row"]
    alone = _lone(cells)
    asides += [text for at, text in alone if at == 0]
    said = (*asides, *(text for _, text in alone))
    if spec.name == "links" and any(_PARTS.fullmatch(text.strip()) for text in said):
        _refuse_parts_below(sheet, body)
    return Grid(
        spec.name,
        sheet.file,
        sheet.sheet,
        tuple(header),
        cells,
        np.array(lines_kept, np.int64),
        tuple(broken),
        dict(sheet.facts) | {"header_row": sheet.lines[at] if len(sheet.records) else 0},
        sheet.merged,
        sheet.shown,
        tuple(titles),
        tuple(asides),
    )


def _refuse_parts_below(sheet: RawSheet, body: int) -> None:
    """Refuse a list in which parts of a row that is no total or heading stand below it as rows of their own.

    Raises
    ------
    SchemaError
        Supplies and parts of them would be added.
    """
    above: list[str] = []
    for record, line in zip(sheet.records[body:], sheet.lines[body:], strict=True):
        texts = [text for cell in record if (text := show(cell).strip())]
        whole = len(above) > 1 and not any(map(is_total, above))
        if whole and len(texts) == 1 and _PARTS.fullmatch(texts[0]):
            raise refusal(SchemaError, "parts_below", where=sheet.where, row=line, text=repr(texts[0]))
        above = texts or above


def _without_rows(
    cells: tuple[NDArray[Any], ...], lines: Sequence[int], broken: list[BrokenRow], rows: Indices
) -> tuple[tuple[NDArray[Any], ...], Sequence[int], list[BrokenRow]]:
    """Move rows that head others from the cells to the broken ones."""
    if not len(rows):
        return cells, lines, broken
    heads = [
        BrokenRow(lines[at], "heading_row", tuple(column[at] for column in cells)) for at in rows.tolist()
    ]
    kept = np.setdiff1d(np.arange(len(lines)), rows)
    return tuple(column[kept] for column in cells), [lines[at] for at in kept.tolist()], [*broken, *heads]


def _cells(column: pd.Series[Any]) -> Any:
    """Return a typed column as cells; texts that are held by their distinct ones stay so."""
    held = column.array
    if isinstance(held, pd.Categorical):
        return Cells(held.codes, held.categories.to_numpy())
    return column.to_numpy()


def _tell_file(sheet: RawSheet, place: dict[str, str], notes: Notes) -> None:
    """Tell what was found out about the file itself."""
    for code, detail, row in sheet.remarks:
        notes.add(code, **place, detail=detail, row=row)
    if "encoding" in sheet.facts:
        names = {"\t": "tab", " ": "space"}
        delimiter = names.get(sheet.facts["delimiter"], sheet.facts["delimiter"])
        found = f"{sheet.facts['encoding']}, `{delimiter}`, {sheet.facts['line_end']}"
        notes.add("format_found", **place, detail=found)


def above(sheet: RawSheet, at: int, header: Sequence[str]) -> tuple[list[str], list[BrokenRow]]:
    """Return the titles above the header, and the rows there that are as wide as the table."""
    titles, broken = [], []
    for record, line in zip(sheet.records[:at], sheet.lines[:at], strict=True):
        texts = [text for cell in record if (text := show(cell).strip())]
        if is_label_pair(texts):
            titles.append(": ".join(texts))
        elif len(texts) >= max(2, sum(map(bool, header)) - 1) and not is_label(texts):
            broken.append(BrokenRow(line, "row_above_header", tuple(record)))
        else:
            titles.append(" ".join(texts))
    return titles, broken


def _tell_broken(broken: Sequence[BrokenRow], place: dict[str, str], notes: Notes) -> None:
    for bad in sorted(broken, key=lambda bad: bad.line):
        if notes.room(bad.code, place["table"], place["file"]):
            notes.add(bad.code, **place, row=bad.line, detail=str(len(bad.cells)))
        else:
            notes.skip(bad.code, place["table"], place["file"], 1, 0.0)


def _columns(records: Any, width: int) -> tuple[NDArray[Any], ...]:
    """Return records by column."""
    if isinstance(records, np.ndarray):
        return tuple(records[:, i] for i in range(width))
    if records:
        return tuple(objects(column) for column in zip(*records, strict=True))
    return tuple(np.empty(0, object) for _ in range(width))


def _named(path: str, given: Given, spec: TableSpec) -> str:
    """Return a header as a mapping names it, with the unit that it gives to figures of money without one."""
    header = given.header(path)
    return f"{header}, {given.unit}" if given.unit and lacks_unit(header, spec) else header


def _lone(cells: Sequence[NDArray[Any]]) -> list[tuple[int, str]]:
    """Return the column and the text of rows of which one cell is filled: notes, titles of further tables."""
    if len(cells) < 2:
        return []
    filled = np.zeros(len(cells[0]), np.int64)
    for column in cells:
        filled += (column != "") & ~pd.isna(column)
    return [
        (at, cell)
        for at, column in enumerate(cells)
        for cell in column[filled == 1]
        if isinstance(cell, str) and cell
    ]


def _refuse_second_table(
    cells: Sequence[NDArray[Any]],
    lines: Sequence[int],
    header: Sequence[str],
    spec: TableSpec,
    where: str,
    titles: Sequence[str],
) -> None:
    """Refuse a sheet where another table, of other columns, units or another year, begins below the first.

    Raises
    ------
    SchemaError
        There is such a header.
    """
    starts = {alias[:2] for alias in known_forms(spec)}
    for found in [i for i, name in enumerate(header) if candidates(name, spec)][:2]:
        names = {cell for cell in set(cells[found]) if isinstance(cell, str) and not cell[:1].isdigit()}
        names = {cell for cell in names if cell.strip()[:2].lower() in starts}
        for at, cell in enumerate(cells[found]) if names else ():
            if cell not in names:
                continue
            row = [column[at] for column in cells]
            again = at and tuple(map(show, row)) == tuple(header)
            if other_header(row, header, spec) or (again and _other_year(cells, at - 1, titles)):
                raise refusal(
                    SchemaError,
                    "second_table",
                    row=lines[at],
                    where=where,
                    cells=", ".join(map(show, row))[:200],
                )


def _other_year(cells: Sequence[NDArray[Any]], at: int, titles: Sequence[str]) -> bool:
    """Tell whether the row above a repeated header is a title of another year than those of the table."""
    texts = [text for column in cells if (text := show(column[at]).strip())]
    said = set(FOUR.findall(texts[0])) if len(texts) == 1 else set()
    before = {year for title in titles for year in FOUR.findall(title)}
    return bool(said and before and said != before)


def _fit(
    records: Any, lines: Sequence[int], width: int, named: int
) -> tuple[Any, Sequence[int], list[BrokenRow]]:
    """Return the rows of the header's width, their lines, and the rows that have too few or too many cells.

    Cells under no header may be absent; empty cells beyond the header are no cells; rows of empty
    cells are no rows.
    """
    if isinstance(records, np.ndarray):
        if len(records) and bool((records != "").any(axis=1).all()):
            return records, lines, []
    kept: list[Sequence[Any]] = []
    kept_lines, broken = [], []
    for record, line in zip(records, lines, strict=True):
        filled = [bool(show(cell).strip()) for cell in record]
        count = sum(filled)
        if not count:
            continue
        if len(record) > width and not any(filled[width:]):
            record = record[:width]
        elif named <= len(record) < width:
            record = [*record, *[""] * (width - len(record))]
        if len(record) == width:
            kept.append(record)
            kept_lines.append(line)
        else:
            broken.append(ragged(line, record, width))
    return kept, kept_lines, broken


def ragged(line: int, record: Sequence[Any], width: int) -> BrokenRow:
    """Return a row of another width than the header as a broken one: a note where its first cell is all."""
    filled = [bool(show(cell).strip()) for cell in record]
    code = "note_row" if sum(filled) == 1 and width > 1 and filled[0] else "fields_wrong"
    return BrokenRow(line, code, tuple(record))
