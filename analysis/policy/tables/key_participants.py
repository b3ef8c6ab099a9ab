"""Who matters, by which measure: each member of a cluster's latest year under every measure of weight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.analysis.metric import NAN
from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.cast import silent
from clustercoop.analysis.policy.linkages import formation_linkages
from clustercoop.analysis.policy.systemic import formation_supply
from clustercoop.graph.arrays import Bools, Floats
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
    formations = latest(analysed)
    if not formations:
        return pd.DataFrame({"cluster_id": []})
    sizes = [formation.n for formation in formations]
    parts: list[dict[str, Any]] = list(analysed.each(partial(_of, analysed=analysed), formations))
    ids = [formation.ids[part.pop("order")] for formation, part in zip(formations, parts, strict=True)]
    people = {
        "cluster_id": np.repeat(np.array([f.cluster_id for f in formations], object), sizes),
        "year": np.repeat([f.year for f in formations], sizes),
        "participant_id": np.concatenate(ids),
    }
    made = {name: np.concatenate([part.pop(name) for part in parts]) for name in list(parts[0])}
    return pd.DataFrame(people | made, copy=False)


def latest(analysed: Analysed) -> list[Formation]:
    """Return the last formation of each cluster."""
    return list({formation.cluster_id: formation for formation in analysed.graph.formations()}.values())


def _of(formation: Formation, analysed: Analysed) -> dict[str, Any]:
    n, held = formation.n, analysed.figures(formation, HELD)
    because: list[Said] = []
    found, code, at = formation_linkages(formation, analysed.graph)
    none = np.full(n, NAN)
    total = float(np.nansum(formation.output))
    own = np.where(formation.output > 0, formation.output, 0.0)
    columns: dict[str, Any] = {
        "backward_linkage": found.backward if found else none,
        "forward_linkage": found.forward if found else none,
        "linkage_kind": found.kind if found else np.full(n, "", dtype=object),
        "extraction_others": (found.extraction - own) / total if found and total > 0 else none,
    }
    if found is None:
        because.append(unknown(LINKAGES, code or "leontief_unproductive", formation, at))
    network, code, at = formation_supply(formation, analysed.graph, analysed.thresholds)
    unstated = silent(formation, analysed.thresholds)
    risk, down, up = none, none, none
    if network is None:
        because.append(unknown(RISKS, code, formation, at))
    elif n > LARGEST:
        because.append(say("key.large", figures={"columns": RISKS}, members=n, most=LARGEST))
    else:
        # Where it stops what nobody tells is lost, and at least that.
        risk, down, up = (np.where(unstated, NAN, lost) for lost in network.lost(np.eye(n, dtype=bool)))
    if unstated.any() and (network is not None or found is not None):
        who = {"members": formation.ids[unstated].astype(str).tolist()}
        because.append(say("key.known_output", figures={"columns": [*RISKS, "extraction_others"]}, who=who))
    columns |= {"systemic_risk": risk, "systemic_downstream": down, "systemic_upstream": up}
    first, top = _leads({**held, **columns}, n)
    led = [coded([say("key.first", measures={"columns": names})] if names else []) for names in first]
    told = np.full(n, coded(because), dtype=object)
    columns |= {"first_by": np.array(led, dtype=object), "leading_measures": top, "because": told}
    order = np.lexsort((-np.nan_to_num(held["output"], nan=-1.0), -top))
    return {"order": order, **{name: cells[order] for name, cells in (held | columns).items()}}


def unknown(figures: Sequence[str], code: str, formation: Formation, at: Bools) -> Said:
    """Return the sentence that `figures` are unknown by `code`, at the members `at`."""
    ids = formation.ids[at].astype(str).tolist()
    who = "; ".join(ids[:NAMED]) + (f" (+{len(ids) - NAMED})" if len(ids) > NAMED else "")
    return say("key.unknown", figures={"columns": list(figures)}, reason={"reason": [code, "", who]})


def _leads(figures: Mapping[str, Floats], n: int) -> tuple[list[list[str]], Floats]:
    """Return the measures that each is alone first in, and in how many it is among the first three.

    Where no measure sets members apart nobody has a place, and the number is unknown.
    """
    first: list[list[str]] = [[] for _ in range(n)]
    top = np.full(n, NAN)
    for measure in MEASURES:
        values = figures[measure]
        known = np.flatnonzero(~np.isnan(values))
        if len(known) < 2 or np.ptp(values[known]) <= 1e-9 * max(1.0, abs(float(values[known].max()))):
            continue
        top = np.nan_to_num(top)
        best = known[values[known] >= values[known].max() * (1 - 1e-9)]
        if len(best) == 1:
            first[int(best[0])].append(measure)
        bar = np.sort(values[known])[::-1][min(TOP, len(known)) - 1]
        top[known[(values[known] >= bar * (1 - 1e-9)) & (values[known] > values[known].min())]] += 1
    return first, top
