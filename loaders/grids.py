"""From a raw sheet to the grid of one table: find the header row, and keep rows of another width out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from graph.schema import TableSpec
from loaders.headers import count_matches
from loaders.notes import Notes
from loaders.sheets import BrokenRow, Grid, RawSheet, show

HEADER_SEARCH: Final = 15


def header_score(specs: Sequence[TableSpec], rows: Sequence[Sequence[object]]) -> int:
    """Return how many contract columns the best of the first rows names, over the tables `specs`."""
    return max((count_matches(row, spec) for spec in specs for row in rows[:HEADER_SEARCH]), default=0)


def find_header(records: Sequence[Sequence[Any]], spec: TableSpec) -> int:
    """Return the position of the header: the first of the rows at the top that names most columns.

    Examples
    --------
    >>> from graph.schema import tables
    >>> find_header([["Отчёт за 2022 год"], ["Год", "ИНН", "Выпуск"]], tables()["activity"])
    1
    """
    matches = [count_matches(row, spec) for row in records[:HEADER_SEARCH]]
    return int(np.argmax(matches)) if matches and max(matches) > 0 else 0


def to_grid(sheet: RawSheet, spec: TableSpec, notes: Notes) -> Grid:
    """Lay a sheet out by columns below its header; rows that do not fit become broken rows.

    Rows above the header are titles unless they are as wide as the table: then they are data that stand in
    the wrong place, and are rejected by name.
    """
    place = {"table": spec.name, "file": sheet.file, "sheet": sheet.sheet}
    for code, detail, row in sheet.remarks:
        notes.add(code, **place, detail=detail, row=row)
    if "encoding" in sheet.facts:
        names = {"\t": "tab", " ": "space"}
        delimiter = names.get(sheet.facts["delimiter"], sheet.facts["delimiter"])
        found = f"{sheet.facts['encoding']}, `{delimiter}`, {sheet.facts['line_end']}"
        notes.add("format_found", **place, detail=found)
    if sheet.frame is not None:
        frame = sheet.frame
        columns = tuple(frame.iloc[:, i].to_numpy() for i in range(frame.shape[1]))
        lines = np.arange(1, len(frame) + 1, dtype=np.int64)
        return Grid(sheet.file, sheet.sheet, tuple(frame.columns), columns, lines, (), dict(sheet.facts))
    at = find_header(sheet.records, spec)
    header = [show(cell).strip() for cell in sheet.records[at]] if len(sheet.records) else []
    broken = list(sheet.broken)
    titles = []
    for record, line in zip(sheet.records[:at], sheet.lines[:at], strict=True):
        filled = sum(bool(show(cell).strip()) for cell in record)
        if filled >= max(2, sum(map(bool, header)) - 1):
            broken.append(BrokenRow(line, "row_above_header", tuple(record)))
        else:
            titles.append(" ".join(text for cell in record if (text := show(cell).strip())))
    if titles:
        notes.add("title_rows_skipped", **place, row=sheet.lines[0], detail=" / ".join(titles)[:300])
    named = max((i for i, name in enumerate(header, 1) if name), default=0)
    records, lines_kept, ragged = _fit(sheet.records[at + 1 :], sheet.lines[at + 1 :], len(header), named)
    broken += ragged
    for bad in sorted(broken, key=lambda bad: bad.line):
        if notes.room(bad.code, spec.name, sheet.file):
            notes.add(bad.code, **place, row=bad.line, detail=str(len(bad.cells)))
        else:
            notes.skip(bad.code, spec.name, sheet.file, 1, 0.0)
    if isinstance(records, np.ndarray):
        cells = tuple(records[:, i] for i in range(len(header)))
    elif records:
        cells = tuple(_array(column) for column in zip(*records, strict=True))
    else:
        cells = tuple(np.empty(0, object) for _ in header)
    return Grid(
        sheet.file,
        sheet.sheet,
        tuple(header),
        cells,
        np.array(lines_kept, np.int64),
        tuple(broken),
        dict(sheet.facts) | {"header_row": sheet.lines[at] if len(sheet.records) else 0},
    )


def _array(column: Sequence[Any]) -> NDArray[np.object_]:
    out = np.empty(len(column), object)
    out[:] = column
    return out


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
            code = "note_row" if count == 1 and width > 1 and filled[0] else "fields_wrong"
            broken.append(BrokenRow(line, code, tuple(record)))
    return kept, kept_lines, broken
