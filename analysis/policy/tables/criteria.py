"""Further criteria of a cluster-year beside its type: those of the data, and those that links give."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.analysis.metric import NAN
from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.cast import idle
from clustercoop.analysis.policy.specialisation import specialisation_share
from clustercoop.analysis.unsettled import members_open
from clustercoop.graph.formation import Formation
from clustercoop.graph.said import coded, say

HELD: Final = ("ecosystem_type", "cooperation_ratio", "local_sourcing_change", "return_flow_share")
GIVEN: Final = (
    "chain_integration",
    "digital_maturity",
    "environmental_sustainability",
    "market_adaptability",
)
"""Criteria of the table ``indicators``; their scale is that of whoever rates them."""
COSTS: Final = ("innovation_costs_research", "innovation_costs_equipment", "innovation_costs_other")


def make(analysed: Analysed) -> pd.DataFrame:
    """Return one row a cluster-year of which any criterion is known."""
    given = analysed.graph.indicators.set_index(["cluster_id", "year"])[
        [*GIVEN, "innovative_output_share", *COSTS]
    ]
    given = given[~given.index.duplicated()]
    base = analysed.formations[["cluster_id", "year", *HELD]]
    frame = base.join(given, on=["cluster_id", "year"])
    marked = analysed.thresholds.specialisation.promising
    shares = {(f.cluster_id, f.year): _shares(f, analysed) for f in analysed.graph.formations()}
    none = (NAN, NAN)
    found = [
        shares.get((str(c), int(y)), none) for c, y in zip(frame["cluster_id"], frame["year"], strict=True)
    ]
    stated = frame["innovative_output_share"].astype("float64")
    frame["innovative_output_share"] = stated.fillna(pd.Series([a for a, _ in found], index=frame.index))
    frame["promising_share"] = [b for _, b in found]
    costs = frame[list(COSTS)].astype("float64")
    whole = costs.sum(axis=1, skipna=False)
    for name in COSTS:
        frame[name.replace("costs", "share")] = (costs[name] / whole).where(whole > 0)
    known = (
        frame[[*HELD[2:], *GIVEN, "innovative_output_share", "promising_share", *COSTS]].notna().any(axis=1)
    )
    frame = frame[known].reset_index(drop=True)
    frame["because"] = [_because(row, marked) for row in frame.to_dict("records")]
    return frame


def _shares(formation: Formation, analysed: Analysed) -> tuple[float, float]:
    """Return the shares of innovative output and of marked industries in output; NaN unknown."""
    thresholds = analysed.thresholds
    if members_open(formation, analysed.graph):
        return NAN, NAN
    marked = thresholds.specialisation.promising
    output = np.where(idle(formation, thresholds), 0.0, formation.output)
    new = formation.activity["innovative_output"]
    making = (output > 0) | np.isnan(output)
    whole = float(output[making].sum())
    innovative = float(new[making].sum()) / whole if whole > 0 else NAN
    if innovative > 1 + 1e-9:
        innovative = NAN
    if not marked:
        return innovative, NAN
    return innovative, specialisation_share(output, [str(code) for code in formation.industry_code], marked)


def _because(row: dict[Any, Any], marked: tuple[str, ...]) -> str:
    absent = [name for name in GIVEN if pd.isna(row[name])]
    out = [say("criteria.not_given", figures={"columns": absent})] if absent else []
    if not marked:
        out.append(say("criteria.no_list", figure={"column": "promising_share"}))
    return coded(out)
