"""Trajectories: how a cluster's type and indicators move from year to year."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.analysis.comparable import Comparable
from clustercoop.analysis.thresholds import Band, Thresholds
from clustercoop.analysis.typology import JUDGED
from clustercoop.graph.arrays import Bools, Floats, Objects
from clustercoop.graph.columns import output_columns
from clustercoop.graph.kinds import KINDS
from clustercoop.graph.said import coded, say

HEADINGS: Final = (
    "more innovative",
    "more innovative and productive",
    "more productive",
    "more productive but less innovative",
    "less innovative",
    "less innovative and productive",
    "less productive",
    "more innovative but less productive",
)
STILL: Final = "stands still"


def trajectories(
    formations: pd.DataFrame, thresholds: Thresholds | None = None, comparable: Comparable | None = None
) -> pd.DataFrame:
    """Return the path of each cluster through the plane of innovation and productivity, for phase portraits.

    Parameters
    ----------
    formations : DataFrame
        As `clustercoop.analysis.typology.classify` returns it.
    thresholds : Thresholds, optional
        Those of the types, for ``speed``, ``direction`` and ``heading``: the width of the medium band is the
        unit of each axis. Without them the three are unknown.
    comparable : Comparable, optional
        Which figures of two years are of the same members; by default those of all members alone are.

    Returns
    -------
    DataFrame
        One row a cluster-year. ``previous_year`` is the year before, where the cluster has a row for it
        (a gap in the years breaks the path). ``*_change`` is the difference to it, in the figure's unit,
        ``*_growth`` the relative change, NaN where the earlier figure is 0 or negative; of amounts in
        constant prices (``*_constant``) where both years have them. Both are unknown, and ``because`` says
        so, where the members behind the two figures differ and either is not that of all. ``transition`` is
        "from → to" where both types are known and differ, "stays" where they are the same, "" where one is
        unknown, or where a change of a figure that they rest on is, for that reason.
        ``cooperation_change_low, …_high`` are what the bounds of both ratios allow.

    Examples
    --------
    >>> frame = pd.DataFrame({"cluster_id": ["c", "c"], "year": [2020, 2021],
    ...                       "ecosystem_type": ["adaptation", "growth"], "rd_per_employee": [0.1, 0.2],
    ...                       "value_added_per_employee": [2.5, 2.0], "cooperation_ratio": [0.5, None]})
    >>> path = trajectories(frame)
    >>> path["transition"].tolist(), path["value_added_growth"].tolist()
    (['', 'adaptation → growth'], [nan, -0.2])
    """
    path = formations.sort_values(["cluster_id", "year"], ignore_index=True)
    # Tables read back from a file hold a missing value where `classify` writes "".
    kinds = list(KINDS["text"].cells(path["ecosystem_type"]).fillna(""))
    years, clusters = path["year"].to_numpy("int64"), path["cluster_id"].tolist()
    follows = np.array([a == b for a, b in pairwise(clusters)], bool) & (np.diff(years) == 1)
    follows = np.append(np.zeros(min(len(path), 1), bool), follows)

    def held(column: str) -> Floats:
        return path[column].to_numpy("float64", na_value=np.nan)

    def before(values: Floats) -> Floats:
        return np.where(follows, np.roll(values, 1), np.nan)

    same = comparable or Comparable(formations)

    def apart(column: str) -> Bools:
        rows = zip(clusters, years.tolist(), follows.tolist(), strict=True)
        return np.array([after and not same(column, str(who), at - 1, at) for who, at, after in rows], bool)

    earlier = [kinds[at - 1] if after else "" for at, after in enumerate(follows)]
    typed = np.array([bool(a and b) for a, b in zip(earlier, kinds, strict=True)], bool)
    out: dict[str, Any] = {
        "cluster_id": path["cluster_id"],
        "year": path["year"],
        "ecosystem_type": np.array(kinds, object),
        "previous_year": pd.array(np.where(follows, years - 1, np.nan), dtype="Int64"),
        "previous_type": np.array(earlier, object),
        "transition": "",
    }
    other: dict[str, Bools] = {}
    for name, column in (
        ("rd", "rd_per_employee"),
        ("value_added", "value_added_per_employee"),
        ("cooperation", "cooperation_ratio"),
    ):
        out[column] = now = held(column)
        last = before(now)
        if f"{column}_constant" in path:
            fixed = held(f"{column}_constant")
            both = ~np.isnan(before(fixed)) & ~np.isnan(fixed)
            last, now = np.where(both, before(fixed), last), np.where(both, fixed, now)
        change, other[column] = now - last, apart(column)
        other[column] &= ~np.isnan(change) | (typed & (column in JUDGED))
        out[f"{name}_change"] = np.where(other[column], np.nan, change)
        out[f"{name}_growth"] = out[f"{name}_change"] / np.where(last > 0, last, np.nan)
    others = np.logical_or.reduce([other[column] for column in JUDGED])
    pairs = zip(earlier, kinds, typed & ~others, strict=True)
    moved = ["" if not both else "stays" if a == b else f"{a} → {b}" for a, b, both in pairs]
    out["transition"] = np.array(moved, object)
    bounds = ["cooperation_ratio_low", "cooperation_ratio_high"]
    low, high = (held(name if name in path else "cooperation_ratio") for name in bounds)
    out["cooperation_change_low"], out["cooperation_change_high"] = low - before(high), high - before(low)
    out["speed"], out["direction"] = _motion(out["rd_change"], out["value_added_change"], thresholds)
    out["heading"] = headings(out["speed"], out["direction"])
    out["because"] = [
        coded([say("trajectories.others", figures={"columns": [c for c in other if other[c][row]]})])
        if any(apart[row] for apart in other.values())
        else ""
        for row in range(len(path))
    ]
    return pd.DataFrame({column.column: out[column.column] for column in output_columns("trajectories")})


def _motion(rd: Floats, added: Floats, thresholds: Thresholds | None) -> tuple[Floats, Floats]:
    """Return speed, and direction in degrees from the axis of innovation towards that of productivity."""
    if thresholds is None:
        return np.full(len(rd), np.nan), np.full(len(rd), np.nan)
    x, y = rd / _width(thresholds.innovation), added / _width(thresholds.productivity)
    speed = np.hypot(x, y)
    return speed, np.where(speed > 0, np.degrees(np.arctan2(y, x)) % 360, np.nan)


def _width(band: Band) -> float:
    """Return the width of the medium band; of the low one where the medium is a single value."""
    return band.high_above - band.low_below or band.low_below


def headings(speed: Floats, direction: Floats) -> Objects:
    """Return the direction in words, by sectors of 45°; "" where it is unknown.

    Examples
    --------
    >>> headings(np.array([1.0, 0.0, np.nan]), np.array([93.0, np.nan, np.nan])).tolist()
    ['more productive', 'stands still', '']
    """
    words: list[Any] = []
    for fast, angle in zip(speed.tolist(), direction.tolist(), strict=True):
        words.append("" if fast != fast else STILL if not fast else HEADINGS[int((angle + 22.5) // 45) % 8])
    return np.array(words, dtype=object)
