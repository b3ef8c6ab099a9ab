"""Whether clusters with a category of support changed otherwise than those without it, beyond chance."""

from __future__ import annotations

import math
from typing import Any, Final
from zlib import crc32

import numpy as np
import pandas as pd

from clustercoop.analysis.core_periphery.significance import adjust
from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.effects import VERDICTS, Effect, difference_in_differences, rule, verdict
from clustercoop.analysis.policy.steps import ALL
from clustercoop.analysis.policy.tables.support_received import OUTCOMES, paths_of, unread_measures
from clustercoop.graph.arrays import Floats, Ints
from clustercoop.graph.said import Said, coded, say

ANY: Final = "any"
"""All categories together."""


def make(analysed: Analysed) -> pd.DataFrame:
    """Return one row a category of support and figure."""
    measures = analysed.graph.measures
    if not len(measures):
        return pd.DataFrame({"cluster_id": []})
    unread = unread_measures(analysed)
    categories = sorted(set(measures["category"]))
    rows = []
    for category in [*categories, *([ANY] if len(categories) > 1 else [])]:
        mine = measures if category == ANY else measures[measures["category"] == category]
        first = mine.groupby("cluster_id")["year"].min().astype("float64")
        for outcome in OUTCOMES:
            clusters, years, values = panel(analysed, outcome)
            values[np.isin(clusters, list(unread))] = math.nan
            when: Floats = np.asarray(first.reindex(clusters), dtype=np.float64)
            seed = [analysed.settings.seed, crc32(f"{category}/{outcome}".encode())]
            found = difference_in_differences(values, years, when, np.random.default_rng(seed))
            others = set(measures.loc[~measures.index.isin(mine.index), "cluster_id"])
            counts = len(others & set(first.index)), len(others - set(first.index)), len(unread)
            rows.append((category, outcome, found, years, len(first), counts))
    corrected = adjust(np.array([found.p for _, _, found, *_ in rows]), "holm")
    return pd.DataFrame([_row(*row, float(p)) for row, p in zip(rows, corrected, strict=True)])


def panel(analysed: Analysed, outcome: str) -> tuple[list[str], Ints, Floats]:
    """Return clusters, years and values of a figure, in the years that at least half of the clusters know."""
    paths = paths_of(analysed, outcome)
    clusters = sorted(set(analysed.formations["cluster_id"].astype(str)))
    every = sorted({year for path in paths.values() for year in path})
    years = [year for year in every if sum(year in path for path in paths.values()) * 2 >= len(clusters)]
    values = [[paths.get(c, {}).get(year, math.nan) for year in years] for c in clusters]
    shape = (len(clusters), len(years))
    return clusters, np.array(years, dtype=np.int64), np.array(values, dtype=np.float64).reshape(shape)


def _row(
    category: str,
    outcome: str,
    found: Effect,
    years: Ints,
    supported: int,
    counts: tuple[int, int, int],
    corrected: float,
) -> dict[str, Any]:
    said = verdict(found, corrected)
    return {
        "cluster_id": ALL,
        "category": category,
        "outcome": outcome,
        "verdict": said,
        "supported": supported,
        "compared": found.supported,
        "without": found.without,
        "years": ";".join(map(str, years)),
        "difference": found.difference,
        "p": found.p,
        "p_holm": corrected,
        "difference_before": found.before,
        "p_before": found.p_before,
        "because": coded(_because(said, found, outcome, counts)),
    }


def _because(said: str, found: Effect, outcome: str, counts: tuple[int, int, int]) -> list[Said]:
    told, (with_both, with_other, unread) = rule(), counts
    out = [say("effect.unread", count=unread)] if unread else []
    if said == VERDICTS[0]:
        needs = {"least": told.with_measure, "free": told.without_measure, "before": told.years_before}
        there = {"count": found.supported, "without": found.without}
        out.append(say("effect.needs", figure={"column": outcome}, **needs, **there))
        if not math.isnan(found.p):
            out.append(say("effect.few_ways", p={"pvalue": found.least_p}))
        return out
    id = {VERDICTS[1]: "effect.paths", VERDICTS[2]: "effect.chance", VERDICTS[3]: "effect.beyond"}[said]
    out.append(say(id, p={"pvalue": found.p_before if said == VERDICTS[1] else found.p}))
    if said != VERDICTS[1]:
        out.append(say("effect.not_cause"))
    if with_both:
        out.append(say("effect.otherwise", count=with_both))
    if with_other:
        out.append(say("effect.compared_otherwise", count=with_other))
    return out
