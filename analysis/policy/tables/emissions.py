"""Emissions of each member: per output, and embodied in the chain behind its final product."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clustercoop.analysis.metric import NAN
from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.emissions import embodied_emissions, emission_intensity
from clustercoop.analysis.policy.linkages import trading, trading_problem
from clustercoop.analysis.policy.tables.key_participants import unknown
from clustercoop.analysis.unsettled import members_open
from clustercoop.graph.arrays import Floats
from clustercoop.graph.errors import ParameterError
from clustercoop.graph.formation import Formation
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.said import Said, coded, say

CHAIN = ("embodied_intensity", "footprint")


def make(analysed: Analysed) -> pd.DataFrame:
    """Return one row a member-year of each formation in which any emissions are known."""
    parts = [_of(f, analysed.graph) for f in analysed.graph.formations() if not np.isnan(f.emissions).all()]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"cluster_id": []})


def _of(formation: Formation, graph: SupplyGraph) -> pd.DataFrame:
    emitted = np.where(formation.emissions < 0, NAN, formation.emissions)
    more = members_open(formation, graph)
    whole = NAN if more else float(emitted.sum())
    both = ~np.isnan(emitted) & (formation.output > 0)
    mean = float(emitted[both].sum() / formation.output[both].sum()) if both.any() and not more else NAN
    intensity = emission_intensity(emitted, formation.output)
    embodied, footprint, because = _embodied(formation, graph, emitted)
    return pd.DataFrame(
        {
            "cluster_id": formation.cluster_id,
            "year": formation.year,
            "participant_id": formation.ids.astype(str),
            "emissions": emitted,
            "emissions_share": emitted / whole if whole > 0 else NAN,
            "intensity": intensity,
            "intensity_relative": intensity / mean if mean > 0 else NAN,
            "embodied_intensity": embodied,
            "footprint": footprint,
            "because": coded(
                [*([say("spec.members_open")] if more else []), *([because] if because else [])]
            ),
        }
    )


def _embodied(
    formation: Formation, graph: SupplyGraph, emitted: Floats
) -> tuple[Floats, Floats, Said | None]:
    none = np.full(formation.n, NAN)
    code, at = trading_problem(formation, graph)
    if code:
        return none, none, unknown(CHAIN, code, formation, at)
    silent = np.isnan(emitted) & trading(formation)
    if silent.any():
        return none, none, unknown(CHAIN, "emissions_unknown", formation, silent)
    known = ~np.isnan(emitted) & (formation.output > 0)
    output = np.where(known, formation.output, 0.0)
    try:
        found = embodied_emissions(formation.dense(), output, np.where(known, emitted, 0.0))
    except ParameterError:
        return none, none, unknown(CHAIN, "leontief_unproductive", formation, ~known)
    found = np.where(known, found, NAN)
    return found, found * (output - formation.supplied_inside), None
