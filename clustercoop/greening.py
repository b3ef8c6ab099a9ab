"""Emission quotas over clusters, held against results."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.analysis.policy.cast import emitting
from clustercoop.analysis.policy.cast import silent as unstated
from clustercoop.analysis.policy.emissions import ALLOCATIONS, Abatement, Bubble, emission_bubble, share_out
from clustercoop.analysis.results import Result
from clustercoop.analysis.rule_files import STATUSES, Entry, RuleFile
from clustercoop.analysis.thresholds import Thresholds, load_thresholds
from clustercoop.analysis.unsettled import members_open
from clustercoop.graph.arrays import Floats
from clustercoop.graph.columns import output_columns
from clustercoop.graph.errors import ParameterError
from clustercoop.graph.formation import Formation
from clustercoop.outputs import read_result

_KEYS: Final = (
    *("cluster", "year", "quota", "source", "status", "date"),
    *("allocation", "allocations", "abatement"),
)
_STEP: Final = ("participant", "cost", "most")


def bubble(file: str | os.PathLike[str], results: str | os.PathLike[str] | Result) -> pd.DataFrame:
    """Hold the emission quotas of a file against results.

    Parameters
    ----------
    file : path
        TOML; its form is told in ``docs/theory/greening.md``.
    results : path or Result
        A folder that `analyze` wrote, or a result.

    Returns
    -------
    DataFrame
        One row a member of each bubble: emissions, allocation, balance, what it abates in the plan of least
        cost and what it has left to give (below 0: to get) then; and the bubble's quota, total, whether it
        holds, cost of the plan, cost where each is alone, and price. A bubble that is not decided has one
        row, with a code. ``attrs["trades"]`` has cluster, year, giver, taker and tonnes of each trade,
        ``attrs["sizes"]`` the number of rows and of trades of each bubble.

    Raises
    ------
    DataError
        The file or the results cannot be read, or a bubble names what they do not hold; the sentence names
        the file, the line and the field.
    """
    result = read_result(results)
    thresholds = load_thresholds(result.settings.thresholds)
    parts, trades, sizes = [], [], []
    for entry in RuleFile(os.fspath(file)).entries("bubble"):
        formation = _formation(entry, result)
        frame, found = _held(entry, formation, thresholds, members_open(formation, result.graph))
        parts.append(frame)
        sizes.append((len(frame), len(found.trades) if found else 0))
        for giver, taker, tonnes in found.trades if found else ():
            ends = (str(formation.ids[giver]), str(formation.ids[taker]))
            trades.append((formation.cluster_id, formation.year, *ends, tonnes))
    out = pd.concat(parts, ignore_index=True)
    out.attrs |= {"trades": trades, "sizes": sizes}
    return out


def trades_of(found: pd.DataFrame) -> pd.DataFrame:
    """Return the trades of `bubble` as a table: cluster, year, giver, taker and tonnes."""
    return pd.DataFrame(found.attrs["trades"], columns=[c.column for c in output_columns("bubble_trades")])


def _declared() -> list[str]:
    return [column.column for column in output_columns("bubble")]


def _formation(entry: Entry, result: Result) -> Formation:
    entry.only(_KEYS)
    entry.text("source")
    entry.choice("status", STATUSES, "own reading")
    cluster, year = entry.text("cluster"), entry.values.get("year")
    if not isinstance(year, int) or isinstance(year, bool):
        raise entry.wrong("year", "year", year)
    found = [f for f in result.graph.formations() if (f.cluster_id, f.year) == (cluster, year)]
    if not found:
        known = any(f.cluster_id == cluster for f in result.graph.formations())
        at = "year" if known else "cluster"
        raise entry.error("bubble_formation", at, cluster=cluster, year=year)
    return found[0]


def _member(entry: Entry, field: str, formation: Formation, who: Any) -> int:
    at = np.flatnonzero(formation.ids.astype(str) == who) if isinstance(who, str) else np.zeros(0, int)
    if not len(at):
        raise entry.wrong(field, "member", who, cluster=formation.cluster_id, year=formation.year)
    return int(at[0])


def _shares(entry: Entry, formation: Formation, quota: float) -> Floats:
    named = entry.values.get("allocations")
    if named is not None and "allocation" in entry.values:
        raise entry.error("bubble_allocations", "allocation")
    if named is None:
        weights = {"emissions": formation.emissions, "output": formation.output}
        base = weights.get(entry.choice("allocation", ALLOCATIONS, "emissions"), np.ones(formation.n))
        return share_out(quota, np.where(base > 0, base, 0.0))
    if not isinstance(named, Mapping):
        raise entry.wrong("allocations", "tonnes", named)
    tonnes = entry.under("allocations", named)
    given = np.zeros(formation.n)
    for who in named:
        given[_member(tonnes, who, formation, who)] = _number(tonnes, who)
    return given


def _number(entry: Entry, field: str) -> float:
    value = entry.number_of(field)
    if np.isinf(value):
        raise entry.wrong(field, "number", value)
    return value


def _steps(entry: Entry, formation: Formation) -> list[Abatement] | None:
    if "abatement" not in entry.values:
        return None
    steps = []
    for item in entry.each("abatement"):
        item.only(_STEP)
        at = _member(item, "participant", formation, item.values.get("participant"))
        steps.append(Abatement(at, _number(item, "cost"), _number(item, "most")))
    return steps


def _held(
    entry: Entry, formation: Formation, thresholds: Thresholds, more: bool
) -> tuple[pd.DataFrame, Bubble | None]:
    """Return the rows of a bubble, and the bubble where it is decided; `more` members there may be."""
    quota = _number(entry, "quota")
    emitted = np.where(formation.emissions < 0, np.nan, formation.emissions)
    emitted = np.where(np.isnan(emitted) & ~emitting(formation, thresholds), 0.0, emitted)
    given, steps = _shares(entry, formation, quota), _steps(entry, formation)
    place = {"cluster_id": formation.cluster_id, "year": formation.year}
    code, silent = "emissions_unknown", np.isnan(emitted)
    if more and not silent.any():
        code = "members_unread"
    elif not silent.any() and entry.values.get("allocation") == "output":
        code, silent = "outputs_unknown", unstated(formation, thresholds)
    if more or silent.any():
        detail = "; ".join(formation.ids[silent].astype(str))
        row = {**place, "quota": quota, "code": code, "detail": detail}
        # What is known may be too much already.
        known = float(np.nansum(emitted))
        row |= {"total": known, "within": False} if known > quota else {}
        return pd.DataFrame([row]).reindex(columns=_declared()), None
    try:
        found = emission_bubble(emitted, quota, given, steps)
    except ParameterError as error:
        raise entry.error("bubble_plan", "abatement", reason=error) from error
    assert found is not None
    code = "" if not np.isnan(found.abated).any() else "abatement_short" if steps else "abatement_unknown"
    frame = pd.DataFrame(
        {
            **place,
            "participant_id": formation.ids.astype(str),
            "emissions": emitted,
            "allocation": found.allocation,
            "balance": found.balance,
            "abated": found.abated,
            "left": found.balance + found.abated,
            "quota": quota,
            "total": found.total,
            "within": found.within,
            "cost": found.cost,
            "cost_alone": found.cost_alone,
            "price": found.price,
            "code": code,
            "detail": "",
        }
    )
    return frame.reindex(columns=_declared()), found
