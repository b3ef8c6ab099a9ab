"""Rejected rows that leave figures open: what could be read of them, for the analysis."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.findings import catalogue
from clustercoop.graph.networks import ORIGIN
from clustercoop.graph.schema import ENDS, FIRST_YEAR, LAST_YEAR, UNSETTLED
from clustercoop.loaders.ledger import Ledger
from clustercoop.loaders.sheets import RawSheet, show

_READ: Final = {
    "links": ("year", "supplier_id", "buyer_id", "value", "value_high", "kind"),
    "participants": ("cluster_id", "joined_year", "left_year"),
    "measures": ("cluster_id",),
}
_COLUMNS: Final = [*UNSETTLED.names, *ORIGIN]
_YEARS: Final = [column.name for column in UNSETTLED.columns if column.type == "year"]
_DIGITS: Final = 5
_WORDS: Final = re.compile(r"[^\s,;|\"']+")
_SETTLED: Final = frozenset({"duplicate_row"})
"""Errors that leave nothing open: the row stands once, and what hangs on a repeat is a bound of that row."""


def kept(sheet: RawSheet) -> pd.DataFrame:
    """Return what a sheet keeps of rows that an earlier run rejected, as a graph writes it.

    A cell of a year or an amount that is no number is unknown: it leaves more open.
    """
    frame = sheet.frame
    if frame is None:
        head, *rows = sheet.records
        frame = pd.DataFrame([dict(zip(head, row, strict=False)) for row in rows], columns=head, dtype=object)
    frame = frame.astype(object).reindex(columns=_COLUMNS)
    frame = frame.mask(frame.map(lambda cell: cell is None or cell == ""), np.nan)
    numbers = [*_YEARS, "value", "value_high", "row"]
    plain = {name: frame[name].astype(str).str.replace(",", ".") for name in numbers}
    read = {name: pd.to_numeric(cells, errors="coerce") for name, cells in plain.items()}
    return frame.assign(**read, **{name: frame[name].fillna("") for name in ("file", "sheet")})


def unsettled(ledgers: Mapping[str, Ledger]) -> pd.DataFrame:
    """Return rejected rows that tell of supply, a member or support, and figures that nobody could read.

    Totals, plans, reversals that were set off and the like are no errors and leave nothing open. A row that
    could not be split into cells names those whose identifiers stand in it, as buyers from somebody unknown.
    """
    parts = []
    people = ledgers.get("participants")
    for table, columns in _READ.items():
        if table not in ledgers:
            continue
        ledger = ledgers[table]
        rows = _by_error(ledger)
        if table == "links" and any(grid.broken for grid in ledger.grids):
            parts.append(_broken(ledger, people))
        if not rows:
            continue
        part = ledger.frame.iloc[rows].reindex(columns=list(columns)).astype(object)
        part.insert(0, "table", table)
        if table == "links":
            part["year"] = _years(ledger, rows)
            for end in ENDS:
                part[end] = part[end].where(~ledger.unnamed(end)[rows])
        part = part.assign(**_origin(ledger, rows))
        parts.append(_of_several(part, ledger, rows) if table == "links" and ledger.perhaps else part)
    if "activity" in ledgers:
        parts += _figures(ledgers["activity"])
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame(columns=_COLUMNS)
    found = pd.concat(parts, ignore_index=True).reindex(columns=_COLUMNS)
    cells = {name: [np.nan if cell is None else cell for cell in found[name]] for name in _COLUMNS}
    found = pd.DataFrame(cells, dtype=object)
    numbers = {name: pd.to_numeric(found[name]) for name in (*_YEARS, "value", "value_high")}
    for name in _YEARS:
        numbers[name] = numbers[name].where(numbers[name].between(FIRST_YEAR, LAST_YEAR)).round()
    return found.assign(**numbers)


def _of_several(part: pd.DataFrame, ledger: Ledger, rows: list[int]) -> pd.DataFrame:
    """Return `part` with a row for each participant that an end may be.

    Where both ends are of several, each of them supplied, or bought from, somebody.
    """
    part = part.reset_index(drop=True)
    may_be = [
        ledger.frame[end].iloc[rows].astype(object).map(ledger.perhaps.get(end, {})).reset_index(drop=True)
        for end in ENDS
    ]
    found = [part[pd.concat(may_be, axis=1).isna().all(axis=1)]]
    for end, people in zip(ENDS, may_be, strict=True):
        several = people.notna()
        found.append(part[several].assign(**{end: people[several]}).explode(end))
    return pd.concat(found).sort_index(kind="stable").reset_index(drop=True)


def _by_error(ledger: Ledger) -> list[int]:
    """Return the rows that an error shut out, or that state only a bound."""
    codes = catalogue()
    return [
        row
        for row, code in sorted(ledger.reasons().items())
        if code not in _SETTLED and (codes[code].severity == "error" or code == "bound_read_row")
    ]


def _figures(ledger: Ledger) -> list[pd.DataFrame]:
    """Return a row for each figure of a known participant that could not be read, alone or with its row."""
    whole, named = _by_error(ledger), ~ledger.unnamed("participant_id")
    open_to = ledger.alive.copy()
    open_to[whole] = True
    parts = []
    for column in ledger.figures:
        rows = np.flatnonzero(ledger.lost(column) & open_to & named).tolist()
        if not rows:
            continue
        part = ledger.frame.iloc[rows].reindex(columns=["participant_id"]).astype(object)
        part = part.assign(table="activity", column=column, year=_years(ledger, rows))
        parts.append(part.assign(**_origin(ledger, rows)))
    return parts


def _origin(ledger: Ledger, rows: list[int]) -> dict[str, Any]:
    grids = [ledger.grids[at] for at in ledger.source[rows].tolist()]
    place = {name: [getattr(grid, name) for grid in grids] for name in ("file", "sheet")}
    return {"row": ledger.line[rows], **place}


def _years(ledger: Ledger, rows: list[int]) -> list[float]:
    """Return the years of `rows`, NaN where a row may be of any.

    A year with a digit too many is that year of the data which it holds, where it holds one only.
    """
    years, whole = ledger.values("year"), ledger.whole_years()
    known = years[whole & ledger.alive] if not whole[rows].all() else years[:0]
    held = set(np.unique(known).astype(int).tolist())
    found = []
    for row in rows:
        text = f"{years[row]:.0f}"
        near = {int(text[:i] + text[i + 1 :]) for i in range(_DIGITS)} if len(text) == _DIGITS else set()
        meant = [float(year) for year in near & held]
        found.append(float(years[row]) if whole[row] else meant[0] if len(meant) == 1 else float("nan"))
    return found


def _broken(ledger: Ledger, register: Ledger | None) -> pd.DataFrame:
    """Return a row for each member of the `register` that a row names which could not be split into cells.

    Rows that were set aside on purpose (plans, cancelled documents, loans) leave nothing open.
    """
    people = set(register.coded("participant_id").texts.tolist()) if register else set()
    codes = catalogue()
    held = set(ledger.values("year")[ledger.whole_years() & ledger.alive].astype(int).tolist())
    rows = []
    for grid in ledger.grids:
        for broken in grid.broken:
            if codes[broken.code].severity != "error":
                continue
            words = set(_WORDS.findall(" ".join(show(cell) for cell in broken.cells)))
            years = [year for year in held if str(year) in words]
            year = float(years[0]) if len(years) == 1 else float("nan")
            told = {
                "table": "links",
                "year": year,
                "row": broken.line,
                "file": grid.file,
                "sheet": grid.sheet,
            }
            rows += [told | {"buyer_id": who} for who in sorted(words & people)]
    return pd.DataFrame(rows, columns=_COLUMNS, dtype=object)
