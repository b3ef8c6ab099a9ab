"""The ledger of a table from its parts: its cells checked, then its rows against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Bools, Ints
from clustercoop.graph.identity import replace_ids
from clustercoop.graph.schema import tables
from clustercoop.graph.settings import Settings
from clustercoop.loaders.apart import check_apart
from clustercoop.loaders.cells import TypedGrid
from clustercoop.loaders.checks import check_cells, check_kinds, check_values
from clustercoop.loaders.coded import stacked
from clustercoop.loaders.deals import drop_mirrors, net_reversals, settle_repeats
from clustercoop.loaders.forms import drop_listed_again
from clustercoop.loaders.headings import settle_headings
from clustercoop.loaders.joined import join_figures
from clustercoop.loaders.keys import check_keys, check_shared, drop_repeats
from clustercoop.loaders.ledger import Ledger
from clustercoop.loaders.memberships import check_memberships
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.parts import Months, fold_parts
from clustercoop.loaders.periods import flows_by_period
from clustercoop.loaders.transactions import summed_rows, sums_by_part
from clustercoop.loaders.who import CALLED, call_by_name


def _called(typed: Mapping[str, Sequence[TypedGrid]], table: str) -> Iterator[str]:
    """Yield what links or activity call organisations."""
    for part in typed.get(table, ()):
        for column in CALLED[table]:
            yield from part.frame[column].dropna().unique().tolist()


def _named_beside(typed: Mapping[str, Sequence[TypedGrid]], table: str) -> set[str]:
    """Return what links and activity call organisations, or for these what the register calls them."""
    if table == "participants":
        return {text for other in CALLED for text in _called(typed, other)}
    people = [part.frame for part in typed.get("participants", ())]
    return {text for frame in people for name in ("participant_id", "name") for text in frame[name].dropna()}


def open_ledger(
    table: str,
    typed: Mapping[str, list[TypedGrid]],
    notes: Notes,
    aliases: pd.DataFrame | None = None,
) -> Ledger:
    """Join the parts of a table, name organisations as `aliases` and their use say, and check its cells."""
    parts = typed[table]
    spec = tables()[table]
    frame = parts[0].frame if len(parts) == 1 else stacked([p.frame for p in parts])
    if aliases is not None:
        frame = replace_ids(table, frame, aliases)
    ledger = Ledger(spec, [part.grid for part in parts], frame, notes)
    issues = _join(parts, lambda part: part.issues, np.int8)
    flags = dict(_join(parts, lambda part: part.flags, np.bool_))
    if table == "participants":
        call_by_name(ledger, flags, partial(_called, typed))
    check_cells(ledger, issues, flags, partial(_named_beside, typed, table))
    return ledger


def check_rows(
    ledger: Ledger, parts: list[TypedGrid], settings: Settings, notes: Notes
) -> list[pd.DataFrame]:
    """Check the rows of a table against each other, once its organisations have one name each.

    Returns the links by parts of a year, where the settings ask for them.
    """
    table = ledger.spec.name
    given = [part.months or (_zeros(part), _zeros(part)) for part in parts]
    first, last = (np.concatenate([months[side] for months in given]) for side in (0, 1))
    if table in ("links", "activity") and any(part.months for part in parts):
        fold_parts(ledger, (first, last))
    check_kinds(ledger)
    if table == "links":
        return _check_links(ledger, parts, (first, last), settings, notes)
    check_values(ledger)
    if table == "deflators":  # a year that stands twice is no gap of the chain
        check_keys(ledger)
    check_apart(ledger)
    if table == "participants":
        drop_listed_again(ledger)
        check_memberships(ledger)
        return []
    if table == "activity":
        join_figures(ledger)
    check_keys(ledger, parallel="parallel_measures" if table == "measures" else "")
    return []


def _check_links(
    ledger: Ledger, parts: list[TypedGrid], months: Months, settings: Settings, notes: Notes
) -> list[pd.DataFrame]:
    drop_mirrors(ledger, notes)
    settle_headings(ledger, notes)
    flags = _join(parts, lambda part: part.flags, np.bool_)
    dated = flags.get(("year", "dated"), ledger.mask())

    def settle(repeated: Bools, original: Ints) -> Bools:
        repeated &= ~summed_rows(ledger)  # sums of different months may well be equal
        return settle_repeats(ledger, repeated, original, dated, settings.repeats, notes)

    # An invoice that stands twice is taken back once, so repeats go before anything is set off.
    shared = drop_repeats(ledger, by_all=True, settle=settle)
    flows = []
    if settings.period != "year":
        day = np.concatenate([_zeros(part) if part.dated is None else part.dated for part in parts])
        first, last = (np.where(months[1] > 0, side, day) for side in months)
        sums = [sums_by_part(part) for part in parts]
        flows.append(flows_by_period(ledger, first, last, settings.period, sums))
    net_reversals(ledger)
    check_values(ledger)
    check_shared(ledger, shared, parallel="parallel_links")
    return flows


def _zeros(part: TypedGrid) -> Ints:
    return np.zeros(len(part.grid), np.int64)


def _join(parts: list[TypedGrid], pick: Callable[[TypedGrid], dict[Any, Any]], dtype: Any) -> dict[Any, Any]:
    """Join arrays of the parts by name; a part without one gives zeros (for an issue: missing cells)."""
    if len(parts) == 1:
        return pick(parts[0])
    names = {name for part in parts for name in pick(part)}
    fill = 1 if dtype is np.int8 else 0  # Issue.MISSING: the column is absent from that file
    return {
        name: np.concatenate(
            [pick(part).get(name, np.full(len(part.grid), fill, dtype)) for part in parts]
        ).astype(dtype)
        for name in names
    }
