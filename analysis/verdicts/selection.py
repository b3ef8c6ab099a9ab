"""How many groups: information criteria for one to four, and the gates that a split has to pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.random import Generator

from clustercoop.analysis.verdicts.em import Covariance, Fit, FloatArray, Gaps, fit_em
from clustercoop.analysis.verdicts.existence import LEVEL, NEAR
from clustercoop.analysis.verdicts.groups import RIDGE, UNKNOWN, Estimate, complete
from clustercoop.analysis.verdicts.valley import MOST_EVEN

MIN_SHARE: Final = 0.1
MIN_STRENGTH: Final = 0.8
MIN_JACCARD: Final = 0.6
VALID_JACCARD: Final = 0.75
MOST_GROUPS: Final = 4
STARTS: Final = 6


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


def free_parameters(groups: int, p: int, covariance: Covariance = "tied") -> int:
    """Return the number of free parameters of a mixture.

    Examples
    --------
    >>> free_parameters(2, 8) - free_parameters(1, 8)
    9
    """
    matrix = {"tied": p * (p + 1) // 2, "full": groups * p * (p + 1) // 2, "diag": groups * p}[covariance]
    return groups - 1 + groups * p + matrix


def maximum_likelihood(
    x: FloatArray,
    groups: int,
    rng: Generator,
    covariance: Covariance = "tied",
    start: FloatArray | None = None,
) -> Fit:
    """Return the best of several EM fits of `groups` components to `x`, shape (n, p), NaN unknown.

    Parameters
    ----------
    start : array, shape (n, groups), optional
        One more place to start from.
    """
    gaps = Gaps.of(x)
    starts = spread_starts(complete(x, gaps), groups, rng, STARTS) if groups > 1 else np.ones((1, len(x), 1))
    if start is not None:
        starts = np.concatenate([start[None], starts])
    fits = fit_em(
        x, starts, gaps=gaps, covariance=covariance, ridge=RIDGE, tolerance=1e-6, max_iterations=500
    )
    return fits.take(np.array([int(fits.log_likelihood.argmax())]))


def spread_starts(rows: FloatArray, groups: int, rng: Generator, starts: int) -> FloatArray:
    """Return soft k-means shares from far-apart seeds (k-means++), shape (starts, n, groups)."""
    n = len(rows)
    out = []
    for _ in range(starts):
        seeds = rows[[int(rng.integers(n))]]
        while len(seeds) < groups:
            away = ((rows[:, None] - seeds) ** 2).sum(axis=2).min(axis=1)
            total = away.sum()
            pick = int(rng.choice(n, p=away / total)) if total > 0 else int(rng.integers(n))
            seeds = np.concatenate([seeds, rows[[pick]]])
        for _ in range(20):
            label = ((rows[:, None] - seeds) ** 2).sum(axis=2).argmin(axis=1)
            seeds = np.stack(
                [rows[label == k].mean(axis=0) if (label == k).any() else seeds[k] for k in range(groups)]
            )
        out.append(0.9 * np.eye(groups)[label] + 0.1 / groups)
    return np.stack(out)


def criteria(
    x: FloatArray, rng: Generator, start: FloatArray | None = None
) -> tuple[pd.DataFrame, list[Fit]]:
    """Return BIC and AIC of one to four groups with a common covariance, and the fits.

    BIC = −2 log L + k log n, AIC = −2 log L + 2 k with k free parameters; smaller is better.

    Returns
    -------
    DataFrame
        ``groups, log_likelihood, parameters, bic, aic``.
    list of Fit
    """
    n, p = x.shape
    rows, fits = [], []
    for groups in range(1, MOST_GROUPS + 1):
        fit = maximum_likelihood(x, groups, rng, start=start if groups == 2 else None)
        count = free_parameters(groups, p)
        likelihood = float(fit.log_likelihood[0])
        rows.append(
            (groups, likelihood, count, count * np.log(n) - 2 * likelihood, 2 * count - 2 * likelihood)
        )
        fits.append(fit)
    return pd.DataFrame(rows, columns=["groups", "log_likelihood", "parameters", "bic", "aic"]), fits


def gates(
    p_value: Estimate,
    share: float,
    strength: Estimate = UNKNOWN,
    stability: Estimate = UNKNOWN,
    gap: Estimate = UNKNOWN,
    even: Estimate = UNKNOWN,
) -> tuple[Gate, ...]:
    """Return the gates of a split into two groups; what is not known is not passed.

    Parameters
    ----------
    p_value : Estimate
        Of the split test.
    share : float
        Share of clusters in the smaller group; below a tenth it is a handful of outliers, not a group.
    strength : Estimate
        Prediction strength.
    stability : Estimate
        Jaccard stability of the less stable group.
    gap : Estimate
        Gap(2) − Gap(1), less its error.
    even : Estimate
        How often one evenly spread population shows so empty a middle between groups (`valley`).
    """
    return (
        Gate("split_test", p_value.value, LEVEL, p_value.value <= LEVEL, p_value.error),
        Gate("smaller_group", share, MIN_SHARE, share >= MIN_SHARE),
        Gate(
            "prediction_strength",
            strength.value,
            MIN_STRENGTH,
            strength.value >= MIN_STRENGTH,
            strength.error,
        ),
        Gate("jaccard", stability.value, MIN_JACCARD, stability.value >= MIN_JACCARD, stability.error),
        Gate("gap", gap.value, 0.0, gap.value > 0, gap.error),
        Gate("valley", even.value, MOST_EVEN, even.value <= MOST_EVEN, even.error),
    )
