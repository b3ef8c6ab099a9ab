"""Which industries of a cluster pull and push the others, in its latest year."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from clustercoop.analysis.diversity import industry_group
from clustercoop.analysis.metric import NAN
from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.cast import unplaced
from clustercoop.analysis.policy.linkages import by_sector, linkages_or_none, trading, trading_problem
from clustercoop.analysis.policy.tables.key_participants import latest, unknown
from clustercoop.analysis.unsettled import members_open
from clustercoop.graph.arrays import Bools
from clustercoop.graph.formation import Formation
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.said import coded, say

LINKAGES = ("backward_linkage", "forward_linkage", "linkage_kind", "extraction_share")


def make(analysed: Analysed) -> pd.DataFrame:
    """Return one row an industry division of each cluster's latest formation; none where no code is known."""
    parts = [_of(formation, analysed) for formation in latest(analysed) if any(formation.industry_code)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"cluster_id": []})


def _of(formation: Formation, analysed: Analysed) -> pd.DataFrame:
    sector = np.array([industry_group(str(code)) if code else "" for code in formation.industry_code], object)
    names, flows, output, members = by_sector(formation, sector)
    named = names != ""
    # Output of no known industry may be any sector's.
    total = NAN if unplaced(formation, analysed.thresholds).any() else float(output.sum())
    columns: dict[str, Any] = {
        "cluster_id": formation.cluster_id,
        "year": formation.year,
        "industry": names[named],
        "members": members[named],
        "output": output[named],
        "output_share": output[named] / total if total > 0 else NAN,
    }
    code, at = _problem(formation, analysed.graph, sector)
    trading = np.where(np.isnan(output), 0.0, output)
    found = None if code else linkages_or_none(flows[np.ix_(named, named)], trading[named])
    columns["backward_linkage"] = found.backward if found else NAN
    columns["forward_linkage"] = found.forward if found else NAN
    columns["linkage_kind"] = found.kind if found else ""
    columns["extraction_share"] = found.extraction / total if found and total > 0 else NAN
    more = members_open(formation, analysed.graph)
    if more:
        columns |= dict.fromkeys(("members", "output", "output_share"), NAN)
    because = [say("spec.members_open")] if more else []
    because += [] if found else [unknown(LINKAGES, code or "leontief_unproductive", formation, at)]
    frame = pd.DataFrame(columns).assign(because=coded(because))
    return frame.sort_values(["output", "industry"], ascending=[False, True], na_position="last")


def _problem(formation: Formation, graph: SupplyGraph, sector: np.ndarray[Any, Any]) -> tuple[str, Bools]:
    code, at = trading_problem(formation, graph)
    if code:
        return code, at
    trades = trading(formation)
    nameless = trades & (sector == "")
    if nameless.any():
        return "systemic_industry_unknown", nameless
    # Every member's output is part of its sector's, whether it trades inside or not.
    silent = np.isnan(formation.output) & np.isin(sector, sector[trades])
    return ("systemic_output_unknown" if silent.any() else ""), silent
