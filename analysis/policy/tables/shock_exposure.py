"""What part of each cluster's output industries of each shock group make."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.cast import silent
from clustercoop.analysis.policy.shock import SHOCK_GROUPS
from clustercoop.analysis.policy.specialisation import covers
from clustercoop.analysis.policy.tables import table
from clustercoop.analysis.unsettled import members_open
from clustercoop.graph.formation import Formation
from clustercoop.graph.said import coded, say


def make(analysed: Analysed) -> pd.DataFrame:
    """Return one row a cluster: its last year up to the shock, or its first after it."""
    groups = table("shock_groups", analysed)
    if not len(groups):
        return pd.DataFrame({"cluster_id": []})
    shock = int(analysed.thresholds.shock.first_month[:4])
    known = dict(zip(groups["industry"], groups["shock_group"], strict=True))
    chosen: dict[str, Formation] = {}
    for formation in analysed.graph.formations():
        if formation.cluster_id not in chosen or formation.year <= shock:
            chosen[formation.cluster_id] = formation
    return pd.DataFrame([_of(formation, known, analysed) for formation in chosen.values()])


def group_of(code: str, known: dict[str, str]) -> str:
    """Return the group of an industry code: that of the longest code of the index that covers it.

    Examples
    --------
    >>> group_of("28.41", {"28": "winner", "2": ""}), group_of("C28", {"28": "winner"}), group_of("", {})
    ('winner', 'winner', '')
    >>> group_of("27.51", {"27": "winner", "27.5": "most affected"})
    'most affected'
    """
    named = [name for name in known if covers(name, code)]
    return known[max(named, key=len)] if named else ""


def _of(formation: Formation, known: dict[str, str], analysed: Analysed) -> dict[str, Any]:
    groups = np.array([group_of(str(code), known) for code in formation.industry_code], dtype=object)
    output = np.where(formation.output > 0, formation.output, 0.0)
    unstated, more = silent(formation, analysed.thresholds), members_open(formation, analysed.graph)
    total = 0.0 if unstated.any() or more else float(output.sum())
    named = {**{group: f"share_{group.replace(' ', '_')}" for group in SHOCK_GROUPS}, "": "share_no_index"}
    row: dict[str, Any] = {"cluster_id": formation.cluster_id, "year": formation.year}
    for group, column in named.items():
        row[column] = float(output[groups == group].sum()) / total if total else None
    ids = formation.ids[unstated].astype(str).tolist()
    why = say("spec.open", who={"members": ids}) if ids else say("shock.no_output")
    why = say("spec.members_open") if more else why
    row["because"] = coded([] if total else [why])
    return row
