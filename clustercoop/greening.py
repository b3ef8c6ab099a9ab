"""Emission quotas over clusters, held against results."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.analysis.policy.cast import idle
from clustercoop.analysis.policy.cast import silent as unstated
from clustercoop.analysis.policy.emissions import ALLOCATIONS, Abatement, Bubble, emission_bubble, share_out
from clustercoop.analysis.results import Result
from clustercoop.analysis.thresholds import Thresholds, load_thresholds
from clustercoop.graph.columns import output_columns
from clustercoop.graph.errors import DataError, ParameterError
from clustercoop.graph.formation import FloatArray, Formation
from clustercoop.outputs import read_result

STATUSES: Final = ("sourced", "unverified", "own reading")
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
        row, with a code. ``attrs["trades"]`` has cluster, year, giver, taker and tonnes of each trade.

    Raises
    ------
    DataError
        The file or the results cannot be read, or a bubble names what they do not hold; the sentence names
        the file, the line and the field.
    """
    result = results if isinstance(results, Result) else read_result(results)
    thresholds = load_thresholds(result.settings.thresholds)
    parts, trades = [], []
    for where, entry in _entries(os.fspath(file)):
        formation = _formation(where, entry, result)
        frame, found = _held(where, entry, formation, thresholds)
        parts.append(frame)
        for giver, taker, tonnes in found.trades if found else ():
            ends = (str(formation.ids[giver]), str(formation.ids[taker]))
            trades.append((formation.cluster_id, formation.year, *ends, tonnes))
    out = pd.concat(parts, ignore_index=True)
    out.attrs["trades"] = trades
    return out


def trades_of(found: pd.DataFrame) -> pd.DataFrame:
    """Return the trades of `bubble` as a table: cluster, year, giver, taker and tonnes."""
    return pd.DataFrame(found.attrs["trades"], columns=[c.column for c in output_columns("bubble_trades")])


def _declared() -> list[str]:
    return [column.column for column in output_columns("bubble")]


def _entries(path: str) -> list[tuple[str, Mapping[str, Any]]]:
    try:
        text = Path(path).read_text("utf-8-sig")
        data = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"The file of quotas {path} cannot be read ({error}); give a UTF-8 TOML.") from error
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"The file of quotas {path} is not valid TOML: {error}.") from error
    entries = data.get("bubble")
    if not isinstance(entries, list) or not entries or set(data) != {"bubble"}:
        raise DataError(f"The file of quotas {path} must hold [[bubble]] and nothing else.")
    lines = [k for k, line in enumerate(text.splitlines(), 1) if line.strip().startswith("[[bubble]]")]
    lines += [0] * (len(entries) - len(lines))
    return [
        (f"{path}, line {k}, bubble {n}", e) for n, (k, e) in enumerate(zip(lines, entries, strict=False), 1)
    ]


def _formation(where: str, entry: Mapping[str, Any], result: Result) -> Formation:
    unknown = sorted(set(entry) - set(_KEYS))
    if unknown:
        raise DataError(f"{where}: {unknown[0]} is no field here; these are {', '.join(_KEYS)}.")
    if not isinstance(entry.get("source"), str) or not entry["source"]:
        raise DataError(f"{where}: source must say where the quota comes from.")
    if entry.get("status", "own reading") not in STATUSES:
        raise DataError(f"{where}: status must be one of {', '.join(STATUSES)}, got {entry['status']!r}.")
    cluster, year = entry.get("cluster"), entry.get("year")
    if not isinstance(cluster, str) or not isinstance(year, int) or isinstance(year, bool):
        raise DataError(f"{where}: cluster must be an id in quotes and year a year.")
    found = [f for f in result.graph.formations() if (f.cluster_id, f.year) == (cluster, year)]
    if not found:
        raise DataError(f"{where}: cluster and year ({cluster}, {year}) are no formation of the results.")
    return found[0]


def _number(where: str, field: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0 or np.isinf(value):
        raise DataError(f"{where}: {field} must be a number from 0 up, got {value!r} instead.")
    return float(value)


def _place(where: str, field: str, formation: Formation, who: Any) -> int:
    at = np.flatnonzero(formation.ids.astype(str) == who) if isinstance(who, str) else np.zeros(0, int)
    if not len(at):
        raise DataError(
            f"{where}: {who!r} in {field} is no member of {formation.cluster_id} in {formation.year}."
        )
    return int(at[0])


def _shares(where: str, entry: Mapping[str, Any], formation: Formation, quota: float) -> FloatArray:
    by, named = entry.get("allocation", "emissions"), entry.get("allocations")
    if by not in ALLOCATIONS or (named is not None and "allocation" in entry):
        raise DataError(f"{where}: allocation must be one of {', '.join(ALLOCATIONS)}, or give allocations.")
    if named is None:
        weights = {"emissions": formation.emissions, "output": formation.output}
        base = weights.get(by, np.ones(formation.n))
        return share_out(quota, np.where(base > 0, base, 0.0))
    if not isinstance(named, Mapping):
        raise DataError(f"{where}: allocations must be tonnes by id, got {named!r} instead.")
    given = np.zeros(formation.n)
    for who, tonnes in named.items():
        given[_place(where, "allocations", formation, who)] = _number(where, f"allocations of {who}", tonnes)
    return given


def _steps(where: str, entry: Mapping[str, Any], formation: Formation) -> list[Abatement] | None:
    if "abatement" not in entry:
        return None
    items = entry["abatement"]
    if not isinstance(items, list) or not all(isinstance(i, Mapping) and set(i) == set(_STEP) for i in items):
        raise DataError(f"{where}: abatement must be a list of tables with {', '.join(_STEP)}.")
    return [
        Abatement(
            _place(where, "abatement", formation, item["participant"]),
            *(_number(where, f"{field} of abatement", item[field]) for field in ("cost", "most")),
        )
        for item in items
    ]


def _held(
    where: str, entry: Mapping[str, Any], formation: Formation, thresholds: Thresholds
) -> tuple[pd.DataFrame, Bubble | None]:
    quota = _number(where, "quota", entry.get("quota"))
    emitted = np.where(formation.emissions < 0, np.nan, formation.emissions)
    emitted = np.where(np.isnan(emitted) & idle(formation, thresholds), 0.0, emitted)
    given, steps = _shares(where, entry, formation, quota), _steps(where, entry, formation)
    place = {"cluster_id": formation.cluster_id, "year": formation.year}
    code, silent = "emissions_unknown", np.isnan(emitted)
    if not silent.any() and entry.get("allocation") == "output":
        code, silent = "outputs_unknown", unstated(formation, thresholds)
    if silent.any():
        detail = "; ".join(formation.ids[silent].astype(str))
        row = {**place, "quota": quota, "code": code, "detail": detail}
        # What is known may be too much already.
        known = float(np.nansum(emitted))
        row |= {"total": known, "within": False} if known > quota else {}
        return pd.DataFrame([row]).reindex(columns=_declared()), None
    try:
        found = emission_bubble(emitted, quota, given, steps)
    except ParameterError as error:
        raise DataError(f"{where}: {error}") from error
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
