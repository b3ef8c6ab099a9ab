"""The one currency of a dataset, and what is doubtful about the units of its money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from clustercoop.graph.errors import SchemaError
from clustercoop.graph.schema import tables
from clustercoop.graph.settings import Settings
from clustercoop.graph.texts import refusal
from clustercoop.loaders.cells import TypedGrid
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.tokens import Issue
from clustercoop.loaders.unit_columns import IMPLAUSIBLE

DEFAULT_CURRENCY: Final = "RUB"
# So many amounts may be 1 by chance.
_FEW: Final = 2


def currency_of(typed: Mapping[str, list[TypedGrid]], settings: Settings, notes: Notes) -> str:
    """Return the one currency of the dataset.

    Raises
    ------
    SchemaError
        Headers name several currencies: sums over them would mean nothing.
    """
    parts = [part for several in typed.values() for part in several]
    named: dict[str, str] = {}
    for part in parts:
        for header, currency in part.currencies.items():
            named.setdefault(currency, f"{header!r} of {part.grid.file}")
    if len(named) > 1:
        places = ", ".join(f"{currency} ({place})" for currency, place in sorted(named.items()))
        raise refusal(SchemaError, "currencies", places=places)
    found = next(iter(named), "")
    currency = settings.currency or found or DEFAULT_CURRENCY
    if settings.currency and found and found != settings.currency:
        notes.add("currency_overridden", value=found, detail=settings.currency)
    for part in parts:
        of_contract = [header for header in part.unnamed if _states_millions(part, header)]
        others = [header for header in part.unnamed if header not in of_contract]
        for code, headers in (("unit_assumed", of_contract), ("unit_unstated", others)):
            if headers:
                told = ", ".join(headers)
                notes.add(code, **part.grid.place, value=told, detail=f"{told}: 10^6 {currency}")
        if part.grid.table == "links" and part.unnamed:
            _tell_ones(part, notes)
    _tell_implausible(parts, notes)
    _tell_other_units(parts, notes)
    if not found and not settings.currency and not any(part.unnamed for part in parts):
        money = [h for part in parts for h, name in part.columns.items() if _is_money(part, name)]
        if money:
            notes.add("unit_assumed", detail=f"{', '.join(money)}: {currency}")
    return currency


def _tell_ones(part: TypedGrid, notes: Notes) -> None:
    """Tell values without a unit that are 1 wherever there is one."""
    value = part.frame["value"].to_numpy("float64")
    if (value > 0).sum() > _FEW and set(value[value > 0].tolist()) == {1.0}:
        notes.add("values_ones", **part.grid.place, value=part.unnamed[0])


def _states_millions(part: TypedGrid, header: str) -> bool:
    """Tell whether a header without a unit is the contract's own name, which is in millions, as it stands."""
    return header == part.columns[header] and header in part.grid.facts.get("headers", part.grid.header)


def _tell_other_units(parts: list[TypedGrid], notes: Notes) -> None:
    """Tell money that was taken for millions while other headers of the dataset name another unit."""
    named = [
        header
        for part in parts
        for header in part.conversions
        if header not in part.unnamed and _is_money(part, part.columns[header])
    ]
    for part in parts:
        if part.unnamed and named:
            told = ", ".join(part.unnamed)
            notes.add("unit_differs", **part.grid.place, value=told, detail=", ".join(named[:3]))


def _tell_implausible(parts: list[TypedGrid], notes: Notes) -> None:
    """Tell values beyond 10^13 of a currency where millions of it were assumed: they may be of less.

    Figures of participants are unknown then where other tables name their unit: theirs is another one.
    """
    named = {
        part.grid.table
        for part in parts
        if any(_is_money(part, name) and header not in part.unnamed for header, name in part.columns.items())
    }
    for part in parts:
        doubtful = False
        for header in part.unnamed:
            values = part.frame[part.columns[header]].to_numpy("float64")
            top = float(np.max(values, initial=0.0, where=~np.isnan(values)))
            if top > IMPLAUSIBLE:
                notes.add("unit_implausible", **part.grid.place, column=header, value=f"{top:.15g}")
                doubtful = part.grid.table == "activity" and bool(named - {"activity"})
        for header in part.unnamed if doubtful else ():
            name = part.columns[header]
            part.issues[name][part.frame[name].notna().to_numpy()] = Issue.UNIT_DOUBTFUL
            part.frame[name] = np.nan


def _is_money(part: TypedGrid, name: str) -> bool:
    return tables()[part.grid.table][name].type == "money"
