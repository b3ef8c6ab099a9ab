"""Transitions between types: counts, shares and credible intervals, of all clusters and of groups."""

from __future__ import annotations

import pandas as pd

from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.markov import counted, credible
from clustercoop.analysis.policy.steps import ALL, Step, grouped, states, steps


def make(analysed: Analysed) -> pd.DataFrame:
    """Return one row for each pair of types, from those that were left to those that occur, in each group.

    Clusters are pooled: a type's transition probabilities are taken to be those of every cluster and year of
    the group (``homogeneity`` asks whether that holds).
    """
    made = steps(analysed)
    kinds = states(made)
    groups = [("all", ALL, made)] if made else []
    for name, of in grouped(analysed, made):
        groups += [(name, group, own) for group, own in of.items()]
    rows = [
        row for name, group, own in groups for row in _rows(name, group, own, kinds, len(_types(analysed)))
    ]
    return pd.DataFrame(rows)


def _types(analysed: Analysed) -> set[str]:
    return set(analysed.thresholds.types.values())


def _rows(
    grouping: str, group: str, made: list[Step], kinds: list[str], states: int
) -> list[dict[str, object]]:
    number = {kind: place for place, kind in enumerate(kinds)}
    counts = counted([(number[step.before], number[step.after]) for step in made], len(kinds))
    rows: list[dict[str, object]] = []
    for before in kinds:
        of = int(counts[number[before]].sum())
        for after in kinds if of else ():
            count = int(counts[number[before], number[after]])
            low, high = credible(count, of, states)
            rows.append(
                {
                    "grouping": grouping,
                    "group": group,
                    "cluster_id": ALL,
                    "from_type": before,
                    "to_type": after,
                    "transitions": count,
                    "of": of,
                    "share": count / of,
                    "share_low": low,
                    "share_high": high,
                }
            )
    return rows
