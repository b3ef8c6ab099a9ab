"""The named queries about policy once more, in pandas over the tables that the results hold."""

from __future__ import annotations

import pandas as pd

from clustercoop.graph.model import SupplyGraph
from tests.contract.cypher.shapes import Params, Rows, Tables


def policy(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    names = (
        "cluster_id year ecosystem_type dysfunction eligibility_verdict requirements_failed early_warnings "
        "support_received"
    ).split()
    frame = t["formations"].reindex(columns=names).sort_values(["cluster_id", "year"])
    kept = frame[frame["cluster_id"] == p["cluster"]] if p["cluster"] else frame
    return [tuple(row) for row in kept.astype(object).where(kept.notna(), None).to_numpy().tolist()]


def _policy(t: Tables, table: str, p: Params, names: str) -> pd.DataFrame:
    """Return columns of a table of policy of the cluster and year asked for, None where unknown."""
    frame = t[table][t[table]["cluster_id"] != "*"]
    for column, asked in (("cluster_id", p["cluster"]), ("year", p["year"])):
        frame = frame[frame[column] == asked] if asked else frame
    frame = frame[names.split()].astype(object)
    return frame.where(frame.notna(), None)


def failed_requirements(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    frame = _policy(
        t,
        "eligibility",
        p,
        "cluster_id year rule verdict value threshold failing missing links_needed value_needed",
    )
    rows = [tuple(row) for row in frame[frame["verdict"] != "pass"].to_numpy().tolist()]
    return sorted(rows, key=lambda r: (r[0], r[1], r[3] != "undecidable", r[2] is None, r[2] or ""))


def links_to_meet(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    frame = _policy(t, "eligibility_links", p, "rule supplier_id buyer_id value")
    rows = [(rule, s, g.names[s], b, g.names.get(b), v) for rule, s, b, v in frame.to_numpy().tolist()]
    return sorted(
        rows, key=lambda r: (r[0] is None, r[0] or "", r[5] is not None, -(r[5] or 0.0), r[1], r[3])
    )


def who_matters(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    frame = _policy(
        t,
        "key_participants",
        p,
        "participant_id leading_measures systemic_risk backward_linkage forward_linkage linkage_kind "
        "extraction_others in_core broker_share",
    )
    return [(who, g.names[who], *rest) for who, *rest in frame.head(p["top"]).to_numpy().tolist()]
