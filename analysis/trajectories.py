"""Trajectories: how a cluster's type and indicators move from year to year."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.analysis.thresholds import Band, Thresholds
from clustercoop.graph.columns import output_columns
from clustercoop.graph.formation import FloatArray

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


def trajectories(formations: pd.DataFrame, thresholds: Thresholds | None = None) -> pd.DataFrame:
    """Return the path of each cluster through the plane of innovation and productivity, for phase portraits.

    Parameters
    ----------
    formations : DataFrame
        As `clustercoop.analysis.typology.classify` returns it.
    thresholds : Thresholds, optional
        Those of the types, for ``speed``, ``direction`` and ``heading``: the width of the medium band is the
        unit of each axis. Without them the three are unknown.

    Returns
    -------
    DataFrame
        One row a cluster-year. ``previous_year`` is the year before, where the cluster has a row for it
        (a gap in the years breaks the path). ``*_change`` is the difference to it, in the figure's unit,
        ``*_growth`` the relative change, NaN where the earlier figure is 0 or negative; of amounts in
        constant prices (``*_constant``) where both years have them. ``transition`` is
        "from → to" where both types are known and differ, "stays" where they are the same, "" where one is
        unknown. ``cooperation_change_low, …_high`` are what the bounds of both ratios allow.

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
    path["ecosystem_type"] = path["ecosystem_type"].astype(object).where(path["ecosystem_type"].notna(), "")
    before = path.groupby("cluster_id", sort=False)
    follows = before["year"].shift(1) == path["year"] - 1
    out = path[
        [
            "cluster_id",
            "year",
            "ecosystem_type",
            "rd_per_employee",
            "value_added_per_employee",
            "cooperation_ratio",
        ]
    ].copy()
    out["previous_year"] = (path["year"] - 1).where(follows).astype("Int64")
    earlier = before["ecosystem_type"].shift(1).where(follows, "").fillna("")
    kind = path["ecosystem_type"]
    out["previous_type"] = earlier.astype(object)
    known = (earlier != "") & (kind != "")
    arrows = earlier.astype(str) + " → " + kind.astype(str)
    out["transition"] = arrows.where(earlier != kind, "stays").where(known, "").astype(object)
    for name, column in (
        ("rd", "rd_per_employee"),
        ("value_added", "value_added_per_employee"),
        ("cooperation", "cooperation_ratio"),
    ):
        last, now = before[column].shift(1).where(follows), path[column]
        fixed = f"{column}_constant"
        if fixed in path:
            then = before[fixed].shift(1).where(follows)
            both = then.notna() & path[fixed].notna()
            last, now = last.mask(both, then), now.mask(both, path[fixed])
        out[f"{name}_change"] = now - last
        if name != "cooperation":
            out[f"{name}_growth"] = out[f"{name}_change"] / last.where(last > 0)
    ratio = path["cooperation_ratio"].astype("float64")
    ends = {end: path.get(f"cooperation_ratio_{end}", ratio).astype("float64") for end in ("low", "high")}
    earlier_ends = {
        end: side.groupby(path["cluster_id"], sort=False).shift(1).where(follows)
        for end, side in ends.items()
    }
    out["cooperation_change_low"] = ends["low"] - earlier_ends["high"]
    out["cooperation_change_high"] = ends["high"] - earlier_ends["low"]
    rd, added = (out[name].to_numpy("float64") for name in ("rd_change", "value_added_change"))
    speed, direction = _motion(rd, added, thresholds)
    heading = headings(speed, direction)
    names = [column.column for column in output_columns("trajectories")]
    return out.assign(speed=speed, direction=direction, heading=heading)[names]


def _motion(
    rd: FloatArray, added: FloatArray, thresholds: Thresholds | None
) -> tuple[FloatArray, FloatArray]:
    """Return speed, and direction in degrees from the axis of innovation towards that of productivity."""
    if thresholds is None:
        return np.full(len(rd), np.nan), np.full(len(rd), np.nan)
    x, y = rd / _width(thresholds.innovation), added / _width(thresholds.productivity)
    speed = np.hypot(x, y)
    return speed, np.where(speed > 0, np.degrees(np.arctan2(y, x)) % 360, np.nan)


def _width(band: Band) -> float:
    """Return the width of the medium band; of the low one where the medium is a single value."""
    return band.high_above - band.low_below or band.low_below


def headings(speed: FloatArray, direction: FloatArray) -> NDArray[np.object_]:
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
