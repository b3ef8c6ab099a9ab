"""Transitions between the types of consecutive years."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.tables import table

ALL = "*"
GROUPINGS = ("region", "industry")


class Step(NamedTuple):
    """What one cluster did from one year to the next."""

    cluster_id: str
    year: int
    before: str
    after: str


def steps(analysed: Analysed) -> list[Step]:
    """Return the transitions of which both types are known, by cluster, then year."""
    path = table("trajectories", analysed)
    known = path[path["transition"].fillna("").astype(str) != ""]
    rows = known[["cluster_id", "year", "previous_type", "ecosystem_type"]].itertuples(index=False, name=None)
    return [Step(str(cluster), int(year), str(before), str(after)) for cluster, year, before, after in rows]


def states(made: list[Step]) -> list[str]:
    """Return the types that occur, in the order of their first step."""
    return list(dict.fromkeys(kind for step in made for kind in (step.before, step.after)))


def grouped(analysed: Analysed, made: list[Step]) -> Iterator[tuple[str, dict[str, list[Step]]]]:
    """Yield each grouping of the clusters with the steps of its groups, where there are two groups at least.

    A cluster whose region or industry is unknown belongs to no group of it.
    """
    clusters = analysed.graph.clusters
    for name in GROUPINGS:
        if name not in clusters:
            continue
        of = clusters.set_index(clusters["cluster_id"].astype(str))[name].fillna("").astype(str)
        groups: dict[str, list[Step]] = {}
        for step in made:
            group = of.get(step.cluster_id, "")
            if group:
                groups.setdefault(group, []).append(step)
        if len(groups) > 1:
            yield name, dict(sorted(groups.items()))
    years = sorted({step.year for step in made})
    if len(years) > 1:
        yield "year", {str(year): [step for step in made if step.year == year] for year in years}


def seed_of(analysed: Analysed, name: str) -> np.random.Generator:
    """Return a generator of its own for one purpose."""
    return np.random.default_rng([analysed.settings.seed, *name.encode()])
