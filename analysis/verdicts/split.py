"""Is there a split? Few looks fixed beforehand, each held against one population, straight or bent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.random import Generator

from clustercoop.analysis.verdicts.connected import against, bend, geodesic, told_by
from clustercoop.analysis.verdicts.groups import Estimate
from clustercoop.analysis.verdicts.humps import EVIDENCE, Humps, humps
from clustercoop.analysis.verdicts.selection import MIN_SHARE, criteria, third_group, two_groups
from clustercoop.graph.arrays import Bools, Floats

STRAIGHT: Final = 0.003
ALONG: Final = 1.0
TOLD: Final = 0.7
SAME: Final = 0.95
"""Share of the variance of a line beyond which the way through the population tells it, and beyond which it
all but is the line."""

THIRD: Final = -2.0
THIRD_ALONE: Final = 2.0
"""How much worse a third group must be by BIC, of a look at several features and at one trait alone."""

FEW: Final = 45
FEW_ALONE: Final = 80
STEEP: Final = 4.0
MORE: Final = 3.0
"""Evidence asked beyond `EVIDENCE`: `STEEP` × (45/n − 1), at most `MORE`, of fewer than 45 clusters (80 where
one trait is looked at alone), among which the checks for a curve see little; and `MORE` where the way through
the population does not follow a line through several features."""

MIN_ROWS: Final = 15
FARTHEST: Final = 4.0
MIN_JACCARD: Final = 0.6
NEAR: Final = 2.5
"""Simulation errors within which a figure is too near its bound to be sure of the side."""

TRAITS: Final = ("cooperation", "innovation")
BOTH: Final = "two_traits"
"""The two traits that theory combines: each is looked at alone, and both together."""


@dataclass(frozen=True, eq=False)
class Look:
    """One coordinate on which two groups may show.

    Attributes
    ----------
    name : str
        A feature, ``two_traits``, ``theory`` or ``main_axis``.
    direction : array, shape (p,)
        The coordinate is the features on the scale times this.
    rows : array of bool, shape (n,)
        Rows on which the coordinate is known.
    found : Humps
        Of those rows.
    """

    name: str
    direction: Floats
    rows: Bools
    found: Humps

    @property
    def share(self) -> float:
        """Share of the rows in the smaller group."""
        upper = float(self.found.upper.mean())
        return min(upper, 1 - upper)

    @property
    def splits(self) -> bool:
        """Whether two humps are enough likelier than one, and neither is a handful."""
        return self.found.evidence >= EVIDENCE and self.share >= MIN_SHARE


@dataclass(frozen=True, eq=False)
class Split:
    """What the looks found.

    Attributes
    ----------
    look : Look
        The one that decides: the strongest that passed all checks, else the strongest; a trait alone only
        where no other does.
    looks : tuple of Look
    bend : float
        p-value that both groups run straight along the look (`bend`); NaN where there was no split to check.
    along : float
        Evidence of the look and, where a way through the population tells where on the look a cluster lies,
        of that way: humps on the look that the way does not have are one population seen from its end. Twice
        the way's where the two are all but the same.
    third : float
        How much worse three or four groups are than two, by BIC: the least of all features, of the plane of
        the look and the main axis across it, and, of a look at the traits, of the plane of both.
    told : float
        Share of the look that the way through the population tells, see `told_by`.
    """

    look: Look
    looks: tuple[Look, ...]
    bend: float = np.nan
    along: float = np.nan
    third: float = np.nan
    told: float = np.nan

    @property
    def found(self) -> bool:
        """Whether a look splits and no check says that the two are one."""
        enough = self.look.share >= MIN_SHARE and self.net >= self.least
        return enough and self.bend > STRAIGHT and self.along >= ALONG and self.third >= self.least_third

    @property
    def net(self) -> float:
        """Evidence of two humps less what speaks for a bend."""
        return self.look.found.evidence - (0.0 if np.isnan(self.bend) else against(self.bend))

    @property
    def least_third(self) -> float:
        """How much worse a third group must be."""
        return THIRD_ALONE if self.look.name in TRAITS else THIRD

    @property
    def least(self) -> float:
        """Net evidence that is asked."""
        alone = self.look.name in TRAITS
        few = more(len(self.look.rows), FEW_ALONE if alone else FEW)
        sideways = not alone and self.told <= TOLD
        return round(EVIDENCE + few + MORE * sideways, 1)


def looks(x: Floats, completed: Floats, theory: Floats, names: tuple[str, ...]) -> list[Look]:
    """Return the looks at scaled features, the strongest evidence first.

    - each of the two traits alone, and the main axis of both (correlation matrix);
    - ``theory``: ((R + I)/2)^-1 v, v the signs of theory and R the correlations: discounts features that
      repeat each other. (R^-1 v would be worthless where theory is slightly wrong, because the difference
      between groups is part of R.)
    - ``main_axis``: of all features, whatever theory says.

    Parameters
    ----------
    x, completed : array, shape (n, p)
        With NaN unknown, and with unknown cells at their conditional means under one population. The traits
        are looked at where they are known.
    """
    p = x.shape[1]
    shape: Floats = np.corrcoef(completed.T).reshape(p, p)
    unit = np.eye(p)
    traits = [names.index(name) for name in TRAITS if name in names]
    directions = {names[j]: unit[j] for j in traits}
    if len(traits) == 2:
        side = np.sign(shape[traits[0], traits[1]]) or 1.0
        directions[BOTH] = unit[traits[0]] + side * unit[traits[1]]
    directions["theory"] = np.linalg.solve((shape + unit) / 2, theory)
    directions["main_axis"] = np.linalg.eigh(shape)[1][:, -1]
    out = []
    for name, direction in directions.items():
        known = np.ones(len(x), bool)
        if name in (*TRAITS, BOTH):
            known &= ~np.isnan(x[:, direction != 0]).any(axis=1)
        line = completed[known] @ direction
        if known.sum() >= MIN_ROWS and line.std() > 0:
            out.append(Look(name, direction, known, humps(line)))
    return sorted(out, key=lambda look: -look.found.evidence)


def find_split(
    x: Floats, completed: Floats, theory: Floats, names: tuple[str, ...], chosen: pd.DataFrame, rng: Generator
) -> Split:
    """Look for a split and hold it against one population along a curve.

    Parameters
    ----------
    x, completed, theory, names
        See `looks`.
    chosen : DataFrame
        Numbers of groups in all features, see `criteria`.
    rng : Generator

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(60, 5)) + np.array([3.2, 3.8, 0, 0, 0]) * (np.arange(60) < 30)[:, None]
    >>> names = ("cooperation", "innovation", "a", "b", "c")
    >>> split = find_split(x, x, np.ones(5), names, criteria(x, rng), rng)
    >>> split.look.name, split.found
    ('two_traits', True)
    """
    rows = np.clip(completed, -FARTHEST, FARTHEST)
    seen = looks(np.clip(x, -FARTHEST, FARTHEST), rows, theory, names)
    candidates = [look for look in seen if look.splits]
    candidates.sort(key=lambda look: look.name in TRAITS)  # one trait only where no more shows
    first: Split | None = None
    if candidates:
        used, way = geodesic(rows, rng)
        evidence = humps(way, bridge=False).evidence
    for look in candidates:
        line = rows @ look.direction
        told = told_by(way, line[used])
        upper = np.full(len(rows), 0.5)
        upper[look.rows] = np.where(look.found.upper, 0.95, 0.05)
        third = third_group(chosen, two_groups(completed, upper))
        for plane in _planes(rows, line, look.name, names):
            third = min(third, third_group(criteria(plane, rng, upper)))
        split = Split(
            look,
            tuple(seen),
            bend(rows[look.rows], line[look.rows], look.found.upper),
            with_way(look.found.evidence, evidence, told),
            third,
            told,
        )
        if split.found:
            return split
        first = first or split
    return first or Split(seen[0], tuple(seen))


def _planes(rows: Floats, line: Floats, name: str, names: tuple[str, ...]) -> list[Floats]:
    """Return the planes in which a third group would show, each shape (n, 2).

    The look and the main axis of what it leaves; of a look at the traits, both of them. A third group costs
    three parameters in a plane and nine among eight features, where the pieces of a curve hide in noise.
    """
    across = (line - line.mean()) / line.std()
    left = rows - rows.mean(axis=0)
    left = left - np.outer(across, across @ left / len(left))
    rest = left @ np.linalg.eigh(left.T @ left)[1][:, -1]
    planes = []
    if rest.std() > 0:
        planes.append(np.column_stack([across, rest / rest.std()]))
    if name in (*TRAITS, BOTH) and set(TRAITS) <= set(names):
        planes.append(rows[:, [names.index(trait) for trait in TRAITS]])
    return planes


def more(n: int, few: int = FEW) -> float:
    """Return the evidence that is asked beyond the usual of fewer than `few` clusters.

    >>> [round(more(n), 2) for n in (20, 41, 60, 150)]
    [3.0, 0.39, 0.0, 0.0]
    """
    return min(max(STEEP * (few / n - 1), 0.0), MORE)


def with_way(look: float, way: float, told: float, same: float = SAME) -> float:
    """Return the evidence of a look and of the way that tells it; twice that of a way that all but is it.

    >>> [with_way(6.0, 1.0, told) for told in (0.5, 0.8, 0.97)]
    [6.0, 7.0, 2.0]
    """
    if told <= TOLD:
        return look
    return look + way if told <= same else min(look + way, 2 * way)


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition that a split must meet: its value, the bound, and whether it was passed.

    `error` is the standard error that the value owes to random draws, 0 for none.
    """

    name: str
    value: float
    bound: float
    passed: bool
    error: float = 0.0

    @property
    def close(self) -> bool:
        """Whether other random draws could well decide otherwise: the bound is within 2.5 errors."""
        return self.error > 0 and abs(self.value - self.bound) <= NEAR * self.error


def gates(split: Split, share: float, stability: Estimate) -> tuple[Gate, ...]:
    """Return the gates of a split into two groups; what is not known is not passed.

    Parameters
    ----------
    split : Split
    share : float
        Share of clusters in the smaller group; below a tenth it is a handful of outliers, not a group.
    stability : Estimate
        Jaccard stability of the less stable group.
    """
    least = (
        ("two_humps", split.net, split.least),
        ("smaller_group", share, MIN_SHARE),
        ("straight", split.bend, STRAIGHT),
        ("along", split.along, ALONG),
        ("third_group", split.third, split.least_third),
    )
    return (
        *(Gate(name, value, bound, value >= bound) for name, value, bound in least),
        Gate("jaccard", stability.value, MIN_JACCARD, stability.value >= MIN_JACCARD, stability.error),
    )
