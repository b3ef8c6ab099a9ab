"""Whether groups of clusters, and years, move among the types alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from clustercoop.analysis.core_periphery.significance import adjust
from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.markov import counted, homogeneity, permuted
from clustercoop.analysis.policy.steps import ALL, Step, grouped, seed_of, states, steps
from clustercoop.graph.arrays import Ints
from clustercoop.graph.said import Said, coded, say

REPLICATES = 999
LEVEL = 0.05


def make(analysed: Analysed) -> pd.DataFrame:
    """Return one row for each grouping: region, industry, and the year of the transition.

    The p-value that decides is that of permutation, corrected for the number of groupings (Holm): whole
    clusters change regions or industries, single transitions change years with others from the same type. The
    χ² one needs many transitions in each group and is given beside it.
    """
    made = steps(analysed)
    kinds = {kind: place for place, kind in enumerate(states(made))}
    rows: list[dict[str, Any]] = []
    because = []
    for name, groups in grouped(analysed, made):
        table = np.array([counted(_pairs(own, kinds), len(kinds)) for own in groups.values()])
        found = homogeneity(table)
        units, labels = _units(name, groups, kinds)
        p = float("nan")
        if found.freedom and len(units) > len(groups):
            from_type = units.sum(axis=2).argmax(axis=1) if name == "year" else None
            p = permuted(units, labels, seed_of(analysed, name), REPLICATES, from_type)
        because.append((found.freedom, len(units), len(groups)))
        rows.append(
            {
                "grouping": name,
                "cluster_id": ALL,
                "groups": len(groups),
                "transitions": int(table.sum()),
                "pearson_q": found.pearson if found.freedom else None,
                "likelihood_ratio": found.likelihood_ratio if found.freedom else None,
                "freedom": found.freedom,
                "p_permutation": p,
                "p_pearson": found.asymptotic[0],
                "p_likelihood_ratio": found.asymptotic[1],
            }
        )
    # Several groupings are asked of one set of transitions.
    corrected = adjust(np.array([row["p_permutation"] for row in rows], np.float64), "holm")
    for row, p, why in zip(rows, corrected.tolist(), because, strict=True):
        told = "cannot be told" if np.isnan(p) else "differ" if p <= LEVEL else "no difference shown"
        row |= {"p_holm": p, "verdict": told, "because": coded([_because(told, p, *why)])}
    return pd.DataFrame(rows)


def _pairs(own: list[Step], kinds: dict[str, int]) -> list[tuple[int, int]]:
    return [(kinds[step.before], kinds[step.after]) for step in own]


def _units(name: str, groups: dict[str, list[Step]], kinds: dict[str, int]) -> tuple[Ints, Ints]:
    """Return the counts of what changes groups as a whole, and its group."""
    units: list[Ints] = []
    labels = []
    for label, own in enumerate(groups.values()):
        parts: dict[object, list[Step]] = {}
        for number, step in enumerate(own):
            parts.setdefault(number if name == "year" else step.cluster_id, []).append(step)
        units += [counted(_pairs(part, kinds), len(kinds)) for part in parts.values()]
        labels += [label] * len(parts)
    return np.array(units), np.array(labels, np.int64)


def _because(decided: str, p: float, freedom: int, units: int, groups: int) -> Said:
    if not freedom:
        return say("homogeneity.no_freedom")
    if np.isnan(p):
        return say("homogeneity.one_each", units=units, groups=groups)
    return say("homogeneity.differ" if decided == "differ" else "homogeneity.alike", p={"pvalue": p})
