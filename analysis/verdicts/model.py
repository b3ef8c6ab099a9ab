"""The model: from a table of features to groups that passed the gates, or to the finding that none did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.random import Generator

from clustercoop.analysis.verdicts.em import Fit, Gaps
from clustercoop.analysis.verdicts.groups import (
    RESAMPLES,
    STEPS,
    UNKNOWN,
    Estimate,
    Recipe,
    bootstrap_weights,
    complete,
    jaccard,
    orient,
    scaled,
)
from clustercoop.analysis.verdicts.naming import posterior, theory_gap
from clustercoop.analysis.verdicts.scale import Scale
from clustercoop.analysis.verdicts.selection import criteria
from clustercoop.analysis.verdicts.sensitivity import leave_one_out
from clustercoop.analysis.verdicts.split import TRAITS, Gate, Split, find_split, gates
from clustercoop.graph.arrays import Bools, Floats

INTERVAL: Final = (0.025, 0.975)
STAYS: Final = 0.8
"""Least share of the clusters, mean over both groups, that keep their group without any one feature."""

Progress = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class Groups:
    """Two groups and what speaks for and against them.

    Attributes
    ----------
    split : Split
    gates : tuple of Gate
    scale : Scale
    x : array, shape (n, p)
        Features on the scale, NaN unknown.
    recipe : Recipe
    fit : Fit
        The fit to the data; the second group lies higher along theory.
    resampled : Fit or None
        Fits to resamples of whole clusters, their groups named alike; None where the looks found no split.
    caps : array, shape (p,)
        The most that a feature may add to the log-odds.
    shares : array, shape (b, n)
        Posterior share of the second group in every resample: its median is the probability, its 5 and 95 %
        points are the range.
    stability : array, shape (2,)
        Jaccard stability of the first and second group.
    stays : array, shape (p,)
        Share of the clusters, mean over both groups, that keep their group without each feature.
    gap : float
        Distance of the groups' means along theory, and `interval`, its 95 % bootstrap interval.
    criteria : DataFrame
        See `selection.criteria`.
    """

    split: Split
    gates: tuple[Gate, ...]
    scale: Scale
    x: Floats
    recipe: Recipe
    fit: Fit
    resampled: Fit | None
    caps: Floats
    shares: Floats
    stability: Floats
    stays: Floats
    gap: float
    interval: tuple[float, float]
    criteria: pd.DataFrame

    @property
    def found(self) -> bool:
        """Whether every gate was passed."""
        return self.resampled is not None and all(gate.passed for gate in self.gates)

    @property
    def alone(self) -> int:
        """The feature without which the groups are not found again, −1 for none."""
        least = int(self.stays.argmin())
        return least if self.stays[least] < STAYS else -1

    @property
    def named(self) -> bool:
        """Whether the groups differ along theory beyond doubt, and not in one feature alone."""
        return self.found and self.alone < 0 and self.interval[0] > 0

    @property
    def probability(self) -> Floats:
        """Posterior share of the second group: the median over the resamples, shape (n,)."""
        out: Floats = np.median(self.shares, axis=0)
        return out

    @property
    def second(self) -> Bools:
        """Which clusters the fit puts into the second group, shape (n,)."""
        return self.fit.responsibilities[0, :, 1] > 0.5


def find_groups(
    x: Floats,
    theory: Floats,
    rng: Generator,
    *,
    names: tuple[str, ...] = (),
    caps: Floats | None = None,
    resamples: int = RESAMPLES,
    thorough: bool = True,
    progress: Progress | None = None,
) -> Groups:
    """Look for two groups and hold them against the gates.

    Parameters
    ----------
    x : array, shape (n, p)
        Transformed features of n clusters, NaN unknown; no column is constant.
    theory : array, shape (p,)
        Signs of the difference that theory expects; at least one is not 0.
    rng : Generator
    names : tuple of str
        Names of the columns, by which the two traits of theory are known.
    caps : array, shape (p,), optional
        The most that a feature may add to the log-odds; no bound by default.
    resamples : int
        Bootstrap resamples of whole clusters.
    thorough : bool
        Fit to the end and resample even where a check says that there is no split, as a report needs.
    progress : callable, optional
        Called with the share done.

    Returns
    -------
    Groups

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=(60, 4)) + 2.5 * (np.arange(60) < 30)[:, None]
    >>> groups = find_groups(x, np.ones(4), rng, resamples=20)
    >>> groups.named, int((groups.probability > 0.65).sum())
    (True, 30)
    """

    def tell(share: float) -> None:
        if progress is not None:
            progress(share)

    n, p = x.shape
    on_scale, scale = scaled(x)
    completed = complete(on_scale, Gaps.of(on_scale))
    chosen = criteria(completed, rng.spawn(1)[0])
    tell(0.3)
    split = find_split(on_scale, completed, theory, names, chosen, rng.spawn(1)[0])
    tell(0.5)
    lean = {"theory": theory, "main_axis": None}.get(split.look.name, split.look.direction)
    recipe = Recipe.of(on_scale, split.look.direction, lean)
    steps = STEPS if thorough or split.found else 1
    fit = _theory_up(recipe.fit(np.ones((1, n)), steps=steps), theory)
    second = fit.responsibilities[0, :, 1] > 0.5
    stable = UNKNOWN
    stability, stays, interval = np.full(2, np.nan), np.ones(p), (np.nan, np.nan)
    shares = np.full((1, n), np.nan)
    resampled: Fit | None = None
    caps = np.full(p, np.inf) if caps is None else caps
    if split.found or (thorough and split.look.splits):
        counts = bootstrap_weights(n, resamples, rng)
        resampled = orient(recipe.fit(counts), np.broadcast_to(second, counts.shape))
        similar = jaccard(second, resampled.responsibilities[:, :, 1] > 0.5, counts > 0)
        each = [Estimate.mean(column[~np.isnan(column)]) for column in similar.T]
        stability = np.array([group.value for group in each])
        stable = each[int(stability.argmin())]
        tell(0.8)
        stays = leave_one_out(on_scale, fit)
        low, high = np.quantile(theory_gap(resampled, theory), INTERVAL)
        interval = (float(low), float(high))
        shares = posterior(on_scale, resampled, caps)
    tell(1.0)
    return Groups(
        split,
        (*gates(split, min(second.mean(), 1 - second.mean()), stable), *_single(split, names, stays)),
        scale,
        on_scale,
        recipe,
        fit,
        resampled,
        caps,
        shares,
        stability,
        stays,
        float(theory_gap(fit, theory)[0]),
        interval,
        chosen,
    )


def _single(split: Split, names: tuple[str, ...], stays: Floats) -> tuple[Gate, ...]:
    """Return the gate of a split seen in one trait alone: the other features do not have it.

    Where they have, and no look at several features shows it, the trait is one side of a bent population.
    """
    if split.look.name not in TRAITS:
        return ()
    moved = 1 - float(stays[names.index(split.look.name)])
    return (Gate("one_trait", moved, 1 - STAYS, moved > 1 - STAYS),)


def _theory_up(fit: Fit, theory: Floats) -> Fit:
    """Name as second the group that lies higher along theory."""
    if theory_gap(fit, theory)[0] >= 0:
        return fit
    return Fit(
        fit.weights[:, ::-1],
        fit.means[:, ::-1],
        fit.covariances,
        fit.log_likelihood,
        fit.responsibilities[:, :, ::-1],
        fit.iterations,
        fit.converged,
    )
