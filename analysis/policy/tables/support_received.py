"""The register of support: each measure's cluster before and after it, against clusters without it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import combinations, combinations_with_replacement, starmap
from typing import Any, Final

import pandas as pd

from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.effects import before_and_after
from clustercoop.graph.said import coded, say

OUTCOMES: Final = (
    "cooperation_ratio",
    "internal_sourcing_share",
    "rd_per_employee",
    "value_added_per_employee",
)
"""Figures that a measure is set against."""
Paths = Mapping[str, Mapping[int, float]]


def make(analysed: Analysed) -> pd.DataFrame:
    """Return one row a measure and figure; the comparison are clusters that never had its category."""
    measures = analysed.graph.measures
    if not len(measures):
        return pd.DataFrame({"cluster_id": []})
    paths = {outcome: paths_of(analysed, outcome) for outcome in OUTCOMES}
    unread = unread_measures(analysed)
    supported = {c: {*rows["cluster_id"], *unread} for c, rows in measures.groupby("category")}
    rows = []
    for record in measures.to_dict("records"):
        cluster, year = str(record["cluster_id"]), int(record["year"])
        for outcome in OUTCOMES:
            own = paths[outcome].get(cluster, {})
            free = [p for c, p in paths[outcome].items() if c not in supported[record["category"]]]
            before, after, other, count = before_and_after(own, year, free)
            change = after - before
            rows.append(
                {
                    **{
                        name: record[name] for name in ("cluster_id", "year", "category", "measure", "amount")
                    },
                    "outcome": outcome,
                    "before": before,
                    "after": after,
                    "change": change,
                    "without": count,
                    "change_without": other,
                    "difference": change - other,
                    "because": _because(before, after, other),
                }
            )
    return pd.DataFrame(rows)


def unread_measures(analysed: Analysed) -> set[str]:
    """Return the clusters that a rejected row may name as supported; all where it names none."""
    rows = analysed.graph.unsettled
    named = rows.loc[rows["table"] == "measures", "cluster_id"]
    if named.isna().any():
        return set(analysed.formations["cluster_id"].astype(str))
    return set(named.astype(str))


def paths_of(analysed: Analysed, outcome: str) -> Paths:
    """Return the known values of a figure by cluster and year.

    Where years are not of the same members, those stay that are comparable with one another and most.
    """
    formations = analysed.formations
    known = formations[formations[outcome].notna()]
    out: dict[str, dict[int, float]] = {}
    for cluster, year, value in zip(known["cluster_id"], known["year"], known[outcome], strict=True):
        out.setdefault(str(cluster), {})[int(year)] = float(value)
    for cluster, path in out.items():
        same = partial(analysed.comparable, outcome, cluster)
        if not all(starmap(same, combinations(path, 2))):
            sets = (_alike(pair, path, same) for pair in combinations_with_replacement(path, 2))
            kept = max(sets, key=lambda years: (len(years), max(years)))
            out[cluster] = {year: path[year] for year in sorted(kept)}
    return out


def _alike(pair: Sequence[int], years: Iterable[int], same: Callable[[int, int], bool]) -> list[int]:
    """Return those of `years` that are comparable with one another, the last of `pair` first."""
    kept = [pair[1]]
    for year in (pair[0], *years):
        if year not in kept and all(same(one, year) for one in kept):
            kept.append(year)
    return kept


def _because(before: float, after: float, other: float) -> str:
    gaps: list[Any] = []
    if math.isnan(before):
        gaps.append(say("effect.no_before"))
    if math.isnan(after):
        gaps.append(say("effect.no_after"))
    if not gaps and math.isnan(other):
        gaps.append(say("effect.nobody_without"))
    return coded(gaps)
