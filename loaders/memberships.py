"""Checks of memberships: who belongs to which cluster in which years."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from clustercoop.graph.arrays import Bools, Floats
from clustercoop.graph.schema import FIRST_YEAR, LAST_YEAR
from clustercoop.loaders.keys import first_equal, reject_repeats
from clustercoop.loaders.ledger import Ledger
from clustercoop.loaders.names import read_name, years_of
from clustercoop.loaders.raw import stem_of


def check_memberships(ledger: Ledger) -> None:
    """Reject memberships that end before they begin; tell overlapping ones, and rows that name no cluster."""
    _date_by_file(ledger)
    joined, left = ledger.values("joined_year"), ledger.values("left_year")

    def year(values: Floats) -> Callable[[int], str]:
        return lambda row: "" if np.isnan(values[row]) else str(int(values[row]))

    ledger.reject(joined > left, "membership_reversed", "left_year", value=year(joined), detail=year(left))
    original = reject_repeats(ledger, np.flatnonzero(ledger.alive))
    alive = np.flatnonzero(ledger.alive)
    first = first_equal(ledger.frame.iloc[alive], ["participant_id", "cluster_id"])
    start = np.nan_to_num(joined[alive], nan=FIRST_YEAR)
    stop = np.nan_to_num(left[alive], nan=LAST_YEAR)
    overlap = ledger.mask()
    several = np.flatnonzero(np.bincount(first, minlength=len(alive))[first] > 1)
    accepted: dict[int, list[int]] = {}
    for at in several.tolist():
        held = accepted.setdefault(int(first[at]), [])
        clash = next((h for h in held if start[at] <= stop[h] and start[h] <= stop[at]), None)
        if clash is None:
            held.append(at)
        else:
            overlap[alive[at]] = True
            original[alive[at]] = alive[clash]
    ledger.note(
        overlap,
        "membership_overlap",
        "participant_id",
        detail=lambda row: ledger.place_of(int(original[row])),
    )
    outside = ledger.frame["cluster_id"].isna().to_numpy()
    role = ledger.frame["role"].notna().to_numpy()
    _tell_outside(ledger, outside & role, "participants_outside")
    _tell_outside(ledger, outside & ~role, "cluster_missing")


def _date_by_file(ledger: Ledger) -> None:
    """Let undated rows of yearly files (participants_2021, …) hold for the years of their file."""
    if len(ledger.grids) < 2:
        return
    undated = np.isnan(ledger.values("joined_year")) & np.isnan(ledger.values("left_year"))
    for number, grid in enumerate(ledger.grids):
        title = grid.sheet if read_name(grid.sheet).part else stem_of(grid.file)
        found = years_of(read_name(title).part)
        rows = undated & (ledger.source == number)
        if found is None or not rows.any():
            continue
        first, last = found
        ledger.frame.loc[rows, "joined_year"] = first
        ledger.frame.loc[rows, "left_year"] = last
        told = str(first) if first == last else f"{first}–{last}"
        one = ledger.mask(np.flatnonzero(rows)[:1])
        ledger.note(one, "membership_of_file", "joined_year", value=told, detail=str(rows.sum()))


def _tell_outside(ledger: Ledger, which: Bools, code: str) -> None:
    """Tell once a file how many rows of `which` there are, and whose."""
    for grid in range(len(ledger.grids)):
        rows = np.flatnonzero(which & ledger.alive & (ledger.source == grid))
        if len(rows):
            told = "; ".join(ledger.frame["participant_id"].iloc[rows[:10]])
            told += f" (+{len(rows) - 10})" if len(rows) > 10 else ""
            ledger.note(ledger.mask(rows[:1]), code, "cluster_id", value=told, detail=str(len(rows)))
