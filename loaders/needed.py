"""What was passed over while a figure that needs it is absent: then it is a warning, not a remark."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import cache
from typing import Final

import numpy as np

from clustercoop.graph.schema import NUMERIC, tables
from clustercoop.graph.shipped import shipped_rows
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.numbers import are_numbers
from clustercoop.loaders.sheets import RawSheet

# Detail of a finding on an ignored column or file that may hold a figure.
FIGURES: Final = "figures"
_RAISED: Final = {
    "column_ignored": "column_ignored_needed",
    "sheet_ignored": "sheet_ignored_needed",
    "file_ignored": "file_ignored_needed",
}
# A register may hold the figures of a year.
_HOMES: Final = {"activity": ("activity", "participants"), "links": ("links",)}


@cache
def serves() -> tuple[dict[str, str], ...]:
    """Return the columns that figures of the results need, with those figures by language."""
    return tuple(shipped_rows("loaders", "serves.csv"))


def raise_ignored(notes: Notes, held: Collection[tuple[str, str]]) -> None:
    """Make remarks on what is ignored warnings where it may hold a figure that is not in `held`."""
    if any(table == "indicators" for table, _ in held):
        return
    lacking = [
        (row["table"], row["column"])
        for row in serves()
        if (row["table"], row["column"]) not in held and tables()[row["table"]][row["column"]].type in NUMERIC
    ]
    for at, finding in enumerate(notes.items):
        if finding.code not in _RAISED or finding.detail != FIGURES:
            continue
        column = finding.code == "column_ignored"
        wanted = [f"{t}.{name}" for t, name in lacking if not column or finding.table in _HOMES[t]]
        detail = "; ".join(wanted)
        notes.items[at] = replace(finding, code=_RAISED[finding.code], detail=detail) if wanted else finding


def may_hold(sheet: RawSheet) -> str:
    """Return `FIGURES` where a sheet that was not understood has columns of numbers beside others."""
    if sheet.frame is not None:
        columns = [sheet.frame.iloc[:, i].to_numpy(object) for i in range(sheet.frame.shape[1])]
    else:
        rows = [list(row) for row in sheet.records[1:100]]
        width = max(map(len, rows), default=0)
        columns = [np.array([r[i] if i < len(r) else None for r in rows], object) for i in range(width)]
    return FIGURES if len(columns) > 2 and any(map(are_numbers, columns)) else ""
