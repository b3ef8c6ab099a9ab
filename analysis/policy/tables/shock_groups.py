"""How each industry of the production index came through two months of a shock."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.shock import shock_groups
from clustercoop.analysis.policy.steps import ALL
from clustercoop.graph.said import coded, say


def make(analysed: Analysed) -> pd.DataFrame:
    """Return one row an industry; the index is per cent of the same month a year before."""
    index, rule = analysed.graph.production_index, analysed.thresholds.shock
    if not len(index):
        return pd.DataFrame({"cluster_id": []})
    months = (rule.first_month, rule.second_month)
    levels = index.pivot(index="industry", columns="month", values="index").reindex(columns=list(months))
    first, second = (levels[month].to_numpy("float64") - 100 for month in months)
    groups = shock_groups(
        first,
        second,
        unaffected_from=-rule.unaffected_fall,
        winner_from=rule.winner_rise,
        moderate_fall=rule.moderate_fall,
        recovered_to=rule.recovered_to,
    )
    absent = [
        [m for m, level in zip(months, row, strict=True) if np.isnan(level)] for row in levels.to_numpy()
    ]
    return pd.DataFrame(
        {
            "cluster_id": ALL,
            "industry": levels.index.astype(str),
            "first_month": rule.first_month,
            "second_month": rule.second_month,
            "first_change": first / 100,
            "second_change": second / 100,
            "mean_change": (first + second) / 200,
            "shock_group": groups,
            "because": [coded([say("shock.absent", months=", ".join(a))] if a else []) for a in absent],
        }
    ).sort_values(["mean_change", "industry"], na_position="last", ignore_index=True)
