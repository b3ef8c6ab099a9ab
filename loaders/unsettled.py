"""Rejected rows that leave figures open: what could be read of them, for the analysis."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from clustercoop.graph.findings import catalogue
from clustercoop.graph.model import UNSETTLED
from clustercoop.loaders.ledger import Ledger
from clustercoop.loaders.sheets import show

_READ: Final = {
    "links": ("year", "supplier_id", "buyer_id", "value", "value_high", "kind"),
    "participants": ("cluster_id", "joined_year", "left_year"),
    "measures": ("cluster_id",),
}
_DIGITS: Final = 5
_WORDS: Final = re.compile(r"[^\s,;|\"']+")
_SETTLED: Final = frozenset({"duplicate_row"})
"""Errors that leave nothing open: the row stands once, and what hangs on a repeat is a bound of that row."""


def unsettled(ledgers: Mapping[str, Ledger]) -> pd.DataFrame:
    """Return the rows that were rejected by an error and tell of supply, a member, or support of a cluster.

    Totals, plans, reversals that were set off and the like are no errors and leave nothing open. A row that
    could not be split into cells names those whose identifiers stand in it, as buyers from somebody unknown.
    """
    codes = catalogue()
    parts = []
    people = (
        set(ledgers["participants"].frame["participant_id"].dropna()) if "participants" in ledgers else set()
    )
    for table, columns in _READ.items():
        if table not in ledgers:
            continue
        ledger = ledgers[table]
        rows = [
            row
            for row, code in sorted(ledger.reasons().items())
            if code not in _SETTLED and (codes[code].severity == "error" or code == "bound_read_row")
        ]
        if table == "links":
            parts.append(_broken(ledger, people))
        if not rows:
            continue
        part = ledger.frame.iloc[rows].reindex(columns=list(columns)).astype(object)
        part.insert(0, "table", table)
        if table == "links":
            part["year"] = _years(ledger, rows)
            for end in ("supplier_id", "buyer_id"):
                part[end] = part[end].where(~ledger.unnamed(end)[rows])
        parts.append(part)
    parts = [part for part in parts if len(part)]
    if not parts:
        return pd.DataFrame(columns=list(UNSETTLED))
    found = pd.concat(parts, ignore_index=True).reindex(columns=list(UNSETTLED))
    numbers = ["year", "value", "value_high", "joined_year", "left_year"]
    return found.assign(**{name: pd.to_numeric(found[name]) for name in numbers}).replace({None: np.nan})


def _years(ledger: Ledger, rows: list[int]) -> list[float]:
    """Return the years of `rows`, NaN where a row may be of any.

    A year with a digit too many is that year of the data which it holds, where it holds one only.
    """
    years, whole = ledger.values("year"), ledger.whole_years()
    held = set(years[whole & ledger.alive].astype(int).tolist())
    found = []
    for row in rows:
        text = f"{years[row]:.0f}"
        near = {int(text[:i] + text[i + 1 :]) for i in range(_DIGITS)} if len(text) == _DIGITS else set()
        meant = [float(year) for year in near & held]
        found.append(float(years[row]) if whole[row] else meant[0] if len(meant) == 1 else float("nan"))
    return found


def _broken(ledger: Ledger, people: set[str]) -> pd.DataFrame:
    """Return a row for each member of `people` that a row names which could not be split into cells."""
    held = set(ledger.values("year")[ledger.whole_years() & ledger.alive].astype(int).tolist())
    rows = []
    for grid in ledger.grids:
        for broken in grid.broken:
            words = set(_WORDS.findall(" ".join(show(cell) for cell in broken.cells)))
            years = [year for year in held if str(year) in words]
            year = float(years[0]) if len(years) == 1 else float("nan")
            rows += [{"table": "links", "year": year, "buyer_id": who} for who in sorted(words & people)]
    return pd.DataFrame(rows, columns=list(UNSETTLED), dtype=object)
