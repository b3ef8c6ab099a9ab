"""The model: from a table of features to groups that passed the gates, or to the finding that none did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from clustercoop.analysis.verdicts.em import Fit, FloatArray
from clustercoop.analysis.verdicts.existence import LEVEL, SplitTest, simulation_error, split_test
from clustercoop.analysis.verdicts.groups import (
    RESAMPLES,
    Estimate,
    Recipe,
    bootstrap_weights,
    gap_difference,
    jaccard,
    orient,
    prediction_strength,
    scaled,
)
from clustercoop.analysis.verdicts.naming import theory_gap
from clustercoop.analysis.verdicts.scale import Scale
from clustercoop.analysis.verdicts.selection import MIN_SHARE, Gate, gates
from clustercoop.analysis.verdicts.valley import POPULATIONS, valley

REPLICATES: Final = 499
CLOSER: Final = 5
"""Times as many draws for a p-value too near its bound to tell the side."""

INTERVAL: Final = (0.025, 0.975)

Progress = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class Groups:
    """Two groups and what speaks for and against them.

    Attributes
    ----------
    test : SplitTest
    gates : tuple of Gate
    scale : Scale
    x : array, shape (n, p)
        Features on the scale, NaN unknown.
    recipe : Recipe
    fit : Fit
        The fit to the data; the second group lies higher along theory.
    resampled : Fit or None
        Fits to resamples of whole clusters, their groups named alike; None when the search stopped early.
    probability : array, shape (n,)
        Posterior share of the second group, averaged over the resamples.
    stability : array, shape (2,)
        Jaccard stability of the first and second group.
    gap : float
        Distance of the groups' means along theory, and `interval`, its 95 % bootstrap interval.
    """

    test: SplitTest
    gates: tuple[Gate, ...]
    scale: Scale
    x: FloatArray
    recipe: Recipe
    fit: Fit
    resampled: Fit | None
    probability: FloatArray
    stability: FloatArray
    gap: float
    interval: tuple[float, float]

    @property
    def found(self) -> bool:
        """Whether every gate was passed."""
        return self.resampled is not None and all(gate.passed for gate in self.gates)

    @property
    def named(self) -> bool:
        """Whether the groups differ along theory beyond doubt: the interval of the gap excludes 0."""
        return self.found and self.interval[0] > 0

    @property
    def second(self) -> NDArray[np.bool_]:
        """Which clusters the fit puts into the second group, shape (n,)."""
        return self.fit.responsibilities[0, :, 1] > 0.5


def find_groups(
    x: FloatArray,
    theory: FloatArray,
    rng: Generator,
    *,
    replicates: int = REPLICATES,
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
    replicates : int
        Null data sets of the split test.
    resamples : int
        Bootstrap resamples of whole clusters.
    thorough : bool
        Work out every gate even after the split test has failed, and draw up to five times as often where a
        p-value is near its bound, as a report needs. A simulation does neither.
    progress : callable, optional
        Called with the share done.

    Returns
    -------
    Groups

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = rng.normal(size=(60, 4)) + 2.5 * (np.arange(60) < 30)[:, None]
    >>> groups = find_groups(x, np.ones(4), rng, replicates=199, resamples=20)
    >>> groups.named, int((groups.probability > 0.65).sum())
    (True, 29)
    """

    def tell(share: float) -> None:
        if progress is not None:
            progress(share)

    close = CLOSER if thorough else 0
    test = split_test(x, theory, rng, replicates, close * replicates)
    p_value = Estimate(test.p_value, simulation_error(test.p_value, len(test.null), LEVEL))
    tell(0.4)
    on_scale, scale = scaled(x)
    recipe = Recipe.of(on_scale, theory, test.direction != "free" or test.p_value > LEVEL)
    ones = np.ones((1, len(x)))
    fit = _theory_up(recipe.fit(ones, rng), theory)
    second = fit.responsibilities[0, :, 1] > 0.5
    share = min(second.mean(), 1 - second.mean())
    tell(0.5)
    if not thorough and (test.p_value > LEVEL or share < MIN_SHARE):
        nothing = np.full(len(x), np.nan)
        return Groups(
            test,
            gates(p_value, share),
            scale,
            on_scale,
            recipe,
            fit,
            None,
            nothing,
            np.full(2, np.nan),
            np.nan,
            (np.nan, np.nan),
        )
    counts = bootstrap_weights(len(x), resamples, rng)
    resampled = orient(recipe.fit(counts, rng), np.broadcast_to(second, counts.shape))
    tell(0.75)
    again = resampled.responsibilities[:, :, 1]
    similar = jaccard(second, again > 0.5, counts > 0)
    stable = [Estimate.mean(column[~np.isnan(column)]) for column in similar.T]
    stability = np.array([group.value for group in stable])
    strength = prediction_strength(recipe, rng)
    tell(0.9)
    distance = gap_difference(recipe, fit, rng)
    even = valley(
        recipe,
        fit,
        rng.spawn(1)[0],  # a stream of its own: what else is drawn does not hang on how far it draws
        most=close * POPULATIONS,
        progress=lambda share: tell(0.9 + 0.1 * share),
    )
    low, high = np.quantile(theory_gap(resampled, theory), INTERVAL)
    tell(1.0)
    return Groups(
        test,
        gates(p_value, share, strength, stable[int(stability.argmin())], distance, even),
        scale,
        on_scale,
        recipe,
        fit,
        resampled,
        again.mean(axis=0),
        stability,
        float(theory_gap(fit, theory)[0]),
        (float(low), float(high)),
    )


def _theory_up(fit: Fit, theory: FloatArray) -> Fit:
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
