"""What policy says of each cluster-year, as columns of the formations, so that it is asked for with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from clustercoop.analysis.policy.tables.eligibility import yearly
from clustercoop.graph.gaps import Gap
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.said import coded, decoded, say

Key = tuple[str, int]


def with_policy(
    formations: pd.DataFrame, policy: Mapping[str, pd.DataFrame], graph: SupplyGraph
) -> tuple[pd.DataFrame, list[Gap]]:
    """Add requirements, warnings, support suggested and received; return why what was received is unknown.

    Parameters
    ----------
    formations : DataFrame
    policy : mapping of str to DataFrame
        Tables of policy.
    graph : SupplyGraph
        Where it holds no register of measures, nothing is known of what was received.
    """
    keys = list(zip(formations["cluster_id"].astype(str), formations["year"].astype(int), strict=True))
    rules, warnings = policy["eligibility"], policy["early_warnings"]
    failed = rules[(rules["verdict"] == "fail") & (rules["status"] == "sourced")] if len(rules) else rules
    given = warnings[warnings["state"] == "yes"]
    suggested = {
        key: coded(
            say("support.suggested", category={"term": one}, **decoded(cell)[0].places) for one, cell in cells
        )
        for key, cells in _by_key(policy["support_suggested"], "category", "measure").items()
    }
    met = yearly(rules)
    columns: dict[str, list[Any]] = {
        "eligibility_verdict": [met.get(key, "") for key in keys],
        "requirements_failed": _joined(keys, failed, "rule"),
        "early_warnings": _joined(keys, given, "warning"),
        "support_suggested": [suggested.get(key, "") for key in keys],
        "support_received": _joined(keys, graph.measures, "measure"),
    }
    unknown = [] if len(graph.measures) else keys
    gaps = [Gap("measures_not_given", "support_received", "", "", *key) for key in unknown]
    return formations.assign(**columns), gaps


def _by_key(table: pd.DataFrame, *names: str) -> dict[Key, list[tuple[str, ...]]]:
    out: dict[Key, list[tuple[str, ...]]] = {}
    if not set(names) <= set(table):
        return out
    for cluster, year, *cells in zip(
        *(table[name].tolist() for name in ("cluster_id", "year", *names)), strict=True
    ):
        out.setdefault((str(cluster), int(year)), []).append(tuple(map(str, cells)))
    return out


def _joined(keys: list[Key], table: pd.DataFrame, name: str) -> list[str]:
    held = _by_key(table, name)
    return ["; ".join(dict.fromkeys(cell for (cell,) in held.get(key, ()))) for key in keys]
