"""Emissions of each cluster-year, and the levers by which its core can move the others."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from clustercoop.analysis.metric import NAN
from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.cast import emitting
from clustercoop.analysis.policy.cast import silent as unstated
from clustercoop.analysis.policy.tables.key_participants import unknown
from clustercoop.analysis.thresholds import Thresholds
from clustercoop.analysis.unsettled import members_open
from clustercoop.graph.arrays import Bools
from clustercoop.graph.formation import Formation
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.said import Said, coded, say

WHOLE = ("emissions", "intensity", "core_emissions_share", "pulled_emissions")
PULLS = ("core_pull", "core_push")
LEVERS = ("core_emissions_share", "core_reach", "shared_products", "pulled_emissions")


def make(analysed: Analysed) -> pd.DataFrame:
    """Return one row a formation in which any emissions are known."""
    held = [f for f in analysed.graph.formations() if not np.isnan(f.emissions).all()]
    if not held:
        return pd.DataFrame({"cluster_id": []})
    held_pulls = analysed.formations.set_index(["cluster_id", "year"])[list(PULLS)]
    pulls: dict[Any, Any] = held_pulls.to_dict("index")
    columns = ["cluster_id", "year", "participant_id", "in_core", "entrainment"]
    people = {
        key: rows.set_index("participant_id")
        for key, rows in analysed.participants[columns].groupby(["cluster_id", "year"], sort=False)
    }
    rows = []
    for formation in held:
        mine = people[formation.cluster_id, formation.year]
        row = _of(formation, analysed.graph, analysed.thresholds, mine.reindex(formation.ids.astype(str)))
        pull = pulls[formation.cluster_id, formation.year]
        if any(pd.isna(value) for value in pull.values()):
            row["because"].append(say("green.as_formations", figures={"columns": list(PULLS)}))
        rows.append({**row, **pull, "because": coded(row["because"])})
    frame = pd.DataFrame(rows)
    before = frame.groupby("cluster_id").shift(1)
    follows = (frame["year"] - before["year"] == 1) & (before["intensity"] > 0)
    frame["intensity_change"] = (frame["intensity"] / before["intensity"] - 1).where(follows)
    return frame


def _of(
    formation: Formation, graph: SupplyGraph, thresholds: Thresholds, people: pd.DataFrame
) -> dict[str, Any]:
    emitted = np.where(formation.emissions < 0, NAN, formation.emissions)
    output, made = formation.output, formation.output > 0
    needed = emitting(formation, thresholds)
    row: dict[str, Any] = {"cluster_id": formation.cluster_id, "year": formation.year}
    row["emissions_coverage"] = float((~np.isnan(emitted))[needed].mean()) if needed.any() else NAN
    silent = np.isnan(emitted) & needed
    both = ~np.isnan(emitted) & made
    row["emissions_at_least"] = float(np.nansum(emitted))
    row["intensity_covered"] = float(emitted[both].sum() / output[both].sum()) if both.any() else NAN
    because: list[Said] = []
    row["emissions"] = row["intensity"] = NAN
    if members_open(formation, graph):
        row["emissions_coverage"] = NAN
        return {**row, "because": [say("spec.members_open")]}
    if silent.any():
        because.append(unknown(WHOLE, "emissions_unknown", formation, silent))
    else:
        row["emissions"] = row["emissions_at_least"]
        short = np.isnan(output) & (emitted > 0) | unstated(formation, thresholds)
        if short.any() or not made.any():
            because.append(unknown(("intensity",), "systemic_output_unknown", formation, short))
        else:
            row["intensity"] = row["emissions"] / float(output[made].sum())
    core = people["in_core"].to_numpy(dtype=object)
    if any(cell is pd.NA or cell is None or cell != cell for cell in core) or not any(core):
        because.append(say("green.no_core", figures={"columns": list(LEVERS)}))
    else:
        row |= _levers(formation, graph, people, core.astype(bool), emitted, row["emissions"])
    return {**row, "because": because}


def _levers(
    formation: Formation,
    graph: SupplyGraph,
    people: pd.DataFrame,
    core: Bools,
    emitted: np.ndarray[Any, Any],
    whole: float,
) -> dict[str, Any]:
    """Return what the core emits, whom it reaches, and what a unit of its demand makes others emit."""
    across = core[formation.src] != core[formation.dst]
    reached = np.zeros(formation.n, bool)
    reached[formation.src[across]] = reached[formation.dst[across]] = True
    outer = ~core
    rows = formation.internal_rows
    ends = [graph.links[end].to_numpy()[rows] for end in ("supplier", "buyer")]
    inside = [core[np.searchsorted(formation.members, end)] for end in ends]
    codes = graph.links["product_code"].iloc[rows]
    named = codes[inside[0] != inside[1]].nunique()
    pulled = people["entrainment"].to_numpy(dtype="float64")
    direct = np.divide(emitted, formation.output, out=np.full(formation.n, NAN), where=formation.output > 0)
    parts = np.where(pulled[outer] == 0, 0.0, pulled[outer] * direct[outer])
    return {
        "core_emissions_share": float(np.nansum(emitted[core])) / whole if whole > 0 else NAN,
        "core_reach": float(reached[outer].mean()) if outer.any() else NAN,
        "shared_products": named if codes.notna().any() else NAN,
        "pulled_emissions": float(parts.sum()) if len(parts) else NAN,
    }
