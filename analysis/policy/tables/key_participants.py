"""Who matters, by which measure: each member of a cluster's latest year under every measure of weight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.analysis.metric import NAN, Flags
from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.cast import silent
from clustercoop.analysis.policy.linkages import formation_linkages
from clustercoop.analysis.policy.systemic import formation_supply
from clustercoop.graph.findings import NAMED
from clustercoop.graph.formation import Formation
from clustercoop.graph.said import Said, coded, say

MEASURES: Final = (
    "output",
    "systemic_risk",
    "backward_linkage",
    "forward_linkage",
    "extraction_others",
    "supplier_coreness",
    "buyer_coreness",
    "broker_share",
)
"""What members are ranked by."""
HELD: Final = ("output", "supplier_coreness", "buyer_coreness", "in_core", "broker_share")
"""Taken as they stand in the table of participants."""
LINKAGES: Final = ("backward_linkage", "forward_linkage", "linkage_kind", "extraction_others")
RISKS: Final = ("systemic_risk", "systemic_downstream", "systemic_upstream")
LARGEST: Final = 600
"""Members beyond which systemic risk is left out of the table; `whatif` tells it of single members."""
TOP: Final = 3


def make(analysed: Analysed) -> pd.DataFrame:
    """Return one row a member of each cluster's latest formation, those that lead most measures first."""
    columns = ["cluster_id", "year", "participant_id", *HELD]
    people = analysed.participants[columns].set_index(["cluster_id", "year"]).sort_index()
    parts = []
    for formation in latest(analysed):
        place = (formation.cluster_id, formation.year)
        mine = people.loc[[place]].set_index("participant_id").reindex(formation.ids.astype(str))
        parts.append(_of(formation, analysed, mine))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"cluster_id": []})


def latest(analysed: Analysed) -> list[Formation]:
    """Return the last formation of each cluster."""
    return list({formation.cluster_id: formation for formation in analysed.graph.formations()}.values())


def _of(formation: Formation, analysed: Analysed, people: pd.DataFrame) -> pd.DataFrame:
    n = formation.n
    columns: dict[str, Any] = {
        "cluster_id": formation.cluster_id,
        "year": formation.year,
        "participant_id": formation.ids.astype(str),
        **{name: people[name].to_numpy() for name in HELD},
    }
    because: list[Said] = []
    found, code, at = formation_linkages(formation, analysed.graph)
    none = np.full(n, NAN)
    total = float(np.nansum(formation.output))
    columns["backward_linkage"] = found.backward if found else none
    columns["forward_linkage"] = found.forward if found else none
    columns["linkage_kind"] = found.kind if found else ""
    own = np.where(formation.output > 0, formation.output, 0.0)
    columns["extraction_others"] = (found.extraction - own) / total if found and total > 0 else none
    if found is None:
        because.append(unknown(LINKAGES, code or "leontief_unproductive", formation, at))
    network, code, at = formation_supply(formation, analysed.graph)
    risk, down, up = none, none, none
    if network is None:
        because.append(unknown(RISKS, code, formation, at))
    elif n > LARGEST:
        because.append(say("key.large", figures={"columns": RISKS}, members=n, most=LARGEST))
    else:
        risk, down, up = network.lost(np.eye(n, dtype=bool))
    unstated = silent(formation, analysed.thresholds)
    if unstated.any() and (network is not None or found is not None):
        who = {"members": formation.ids[unstated].astype(str).tolist()}
        because.append(say("key.known_output", figures={"columns": [*RISKS, "extraction_others"]}, who=who))
    columns |= {"systemic_risk": risk, "systemic_downstream": down, "systemic_upstream": up}
    frame = pd.DataFrame(columns)
    first, top = _leads(frame)
    frame["first_by"] = [
        coded([say("key.first", measures={"columns": names})] if names else []) for names in first
    ]
    frame["leading_measures"] = top
    frame["because"] = coded(because)
    order = np.lexsort((frame.index, -frame["output"].astype("float64").fillna(-1), -top))
    return frame.iloc[order]


def unknown(figures: Sequence[str], code: str, formation: Formation, at: Flags) -> Said:
    """Return the sentence that `figures` are unknown by `code`, at the members `at`."""
    ids = formation.ids[at].astype(str).tolist()
    who = "; ".join(ids[:NAMED]) + (f" (+{len(ids) - NAMED})" if len(ids) > NAMED else "")
    return say("key.unknown", figures={"columns": list(figures)}, reason={"reason": [code, "", who]})


def _leads(frame: pd.DataFrame) -> tuple[list[list[str]], NDArray[np.int64]]:
    """Return the measures that each row is alone first in, and in how many it is among the first three."""
    first: list[list[str]] = [[] for _ in range(len(frame))]
    top = np.zeros(len(frame), dtype=np.int64)
    for measure in MEASURES:
        values = frame[measure].astype("float64").to_numpy()
        known = np.flatnonzero(~np.isnan(values))
        if len(known) < 2 or np.ptp(values[known]) <= 1e-9 * max(1.0, abs(float(values[known].max()))):
            continue
        best = known[values[known] >= values[known].max() * (1 - 1e-9)]
        if len(best) == 1:
            first[int(best[0])].append(measure)
        bar = np.sort(values[known])[::-1][min(TOP, len(known)) - 1]
        top[known[(values[known] >= bar * (1 - 1e-9)) & (values[known] > values[known].min())]] += 1
    return first, top
