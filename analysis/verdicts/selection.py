"""How many groups: information criteria for one to four."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.random import Generator

from clustercoop.analysis.verdicts.em import Covariance, Fit, fit_tied
from clustercoop.analysis.verdicts.groups import RIDGE
from clustercoop.graph.arrays import Floats, Indices

MIN_SHARE: Final = 0.1
MOST_GROUPS: Final = 4
STARTS: Final = 8
TRIAL_STEPS: Final = 15
FINISH: Final = 2
"""Starts that are climbed to the end: the best ones after a few steps."""


def free_parameters(groups: int, p: int, covariance: Covariance = "tied") -> int:
    """Return the number of free parameters of a mixture.

    Examples
    --------
    >>> free_parameters(2, 8) - free_parameters(1, 8)
    9
    """
    matrix = {"tied": p * (p + 1) // 2, "full": groups * p * (p + 1) // 2, "diag": groups * p}[covariance]
    return groups - 1 + groups * p + matrix


def spread_starts(rows: Floats, groups: int, rng: Generator, starts: int) -> Floats:
    """Return soft k-means shares from far-apart seeds (k-means++), shape (starts, n, groups)."""
    n = len(rows)
    seeds = np.empty((starts, groups, rows.shape[1]))
    for start in seeds:
        start[0] = rows[int(rng.integers(n))]
        for k in range(1, groups):
            away = ((rows[:, None] - start[:k]) ** 2).sum(axis=2).min(axis=1)
            total = away.sum()
            start[k] = rows[int(rng.choice(n, p=away / total)) if total > 0 else int(rng.integers(n))]
    unit = np.eye(groups)
    label = np.full((starts, n), -1)
    for _ in range(20):
        near = (seeds**2).sum(axis=2)[:, None] / 2 - rows @ seeds.transpose(0, 2, 1)
        before, label = label, near.argmin(axis=2)
        if (label == before).all():
            break
        member = unit[label].transpose(0, 2, 1)
        size = member.sum(axis=2, keepdims=True)
        seeds = np.where(size > 0, member @ rows / np.maximum(size, 1), seeds)
    shares: Floats = 0.9 * unit[label] + 0.1 / groups
    return shares


def criteria(rows: Floats, rng: Generator, upper: Floats | None = None) -> pd.DataFrame:
    """Return BIC and AIC of one to four groups with a common covariance.

    BIC = −2 log L + k log n, AIC = −2 log L + 2 k with k free parameters; smaller is better. Fits in which a
    group holds less than a tenth are left aside where there are others: whether the starts meet them is
    chance, and a handful of outliers is not a group.

    Parameters
    ----------
    rows : array, shape (n, p)
        Complete: unknown cells at their conditional means under one population.
    rng : Generator
    upper : array, shape (n,), optional
        Shares of an upper group, from which two groups are tried, too.

    Returns
    -------
    DataFrame
        ``groups, log_likelihood, parameters, bic, aic``.
    """
    n, p = rows.shape
    out = []
    for groups in range(1, MOST_GROUPS + 1):
        starts = spread_starts(rows, groups, rng, STARTS) if groups > 1 else np.ones((1, n, 1))
        if groups == 2 and upper is not None:
            starts = np.concatenate([np.stack([1 - upper, upper], axis=1)[None], starts])
        tried = fit_tied(rows, starts, ridge=RIDGE, tolerance=1e-4, max_iterations=TRIAL_STEPS)
        promising = tried.responsibilities[_by_likelihood(tried)[-FINISH:]]
        fits = fit_tied(rows, promising, ridge=RIDGE, tolerance=1e-4)
        likelihood = float(fits.log_likelihood[_by_likelihood(fits)[-1]])
        count = free_parameters(groups, p)
        out.append(
            (groups, likelihood, count, count * np.log(n) - 2 * likelihood, 2 * count - 2 * likelihood)
        )
    return pd.DataFrame(out, columns=["groups", "log_likelihood", "parameters", "bic", "aic"])


def _by_likelihood(fits: Fit) -> Indices:
    """Return the order of the fits by likelihood, those with a handful for a group before all others."""
    return np.lexsort((fits.log_likelihood, fits.weights.min(axis=1) >= MIN_SHARE))


def two_groups(rows: Floats, upper: Floats) -> float:
    """Return the BIC of two groups climbed to from the shares of the upper one, ∞ where one is a handful.

    Among many features that do not tell them apart, starts spread at random can miss two groups.
    """
    fit = fit_tied(rows, np.stack([1 - upper, upper], axis=1)[None], ridge=RIDGE, tolerance=1e-4)
    if fit.weights.min() < MIN_SHARE:
        return np.inf
    return float(free_parameters(2, rows.shape[1]) * np.log(len(rows)) - 2 * fit.log_likelihood[0])


def third_group(chosen: pd.DataFrame, two: float = np.inf) -> float:
    """Return the least BIC of three and four groups less that of two: as chosen, or `two` if that is less.

    Two groups cut from a curve leave much that a third and a fourth explain.

    Examples
    --------
    >>> third_group(pd.DataFrame({"groups": [1, 2, 3, 4], "bic": [50.0, 20.0, 27.0, 30.0]}))
    7.0
    """
    bic = chosen.set_index("groups")["bic"]
    return float(min(bic[3], bic[4]) - min(bic[2], two))
