"""Trajectories: how a cluster's type and indicators move from year to year."""

from __future__ import annotations

import pandas as pd

COLUMNS = (
    "cluster_id",
    "year",
    "previous_year",
    "ecosystem_type",
    "previous_type",
    "transition",
    "rd_per_employee",
    "rd_change",
    "rd_growth",
    "value_added_per_employee",
    "value_added_change",
    "value_added_growth",
    "cooperation_ratio",
    "cooperation_change",
)


def trajectories(formations: pd.DataFrame) -> pd.DataFrame:
    """Return the path of each cluster through the plane of innovation and productivity, for phase portraits.

    Parameters
    ----------
    formations : DataFrame
        As `clustercoop.analysis.typology.classify` returns it.

    Returns
    -------
    DataFrame
        One row a cluster-year. ``previous_year`` is the year before, where the cluster has a row for it
        (a gap in the years breaks the path). ``*_change`` is the difference to it, in the figure's unit;
        ``*_growth`` the relative change, NaN where the earlier figure is 0 or negative. ``transition`` is
        "from → to" where both types are known and differ, "stays" where they are the same, "" where one is
        unknown.

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
        last = before[column].shift(1).where(follows)
        out[f"{name}_change"] = path[column] - last
        if name != "cooperation":
            out[f"{name}_growth"] = out[f"{name}_change"] / last.where(last > 0)
    return out[list(COLUMNS)]
