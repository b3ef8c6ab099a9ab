"""Is there a split at all? A likelihood-ratio test with directions fixed by theory and one left free.

One population always looks like two to somebody who may choose the scale and the direction afterwards.
Here both are taken away: the scale is that of normal scores, the same for every monotone transformation
of a feature, and two of the three directions are fixed before the data are seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator

from clustercoop.analysis.verdicts.em import FloatArray, Gaps, fit_em
from clustercoop.analysis.verdicts.scale import normal_scores, rank_again

DIRECTIONS: Final = ("theory", "theory_shrunk", "free")
NULL_QUANTILE: Final = 0.99
STEPS: Final = 60
COMPLETION_STEPS: Final = 4
RIDGE: Final = 0.01
BATCH_CELLS: Final = 400_000
LOOK: Final = 99
HOPELESS: Final = 0.3
LEVEL: Final = 0.01
NEAR: Final = 2.5
"""Simulation errors within which a figure is too near its bound to be sure of the side."""


@dataclass(frozen=True, eq=False)
class SplitTest:
    """Evidence for two groups against one.

    Attributes
    ----------
    p_value : float
        (1 + replicates with a statistic at least as large) / (1 + replicates).
    statistic : float
        Largest of the three likelihood ratios, each divided by the 99 % point of its own null draws.
    direction : str
        Which of `DIRECTIONS` gave it.
    ratios : array, shape (3,)
        2 (log L₂ − log L₁) along each direction.
    null : array, shape (replicates, 3)
        The same of the replicates.
    responsibilities : array, shape (n, 2)
        Shares of each row in the two groups of that direction.
    """

    p_value: float
    statistic: float
    direction: str
    ratios: FloatArray
    null: FloatArray
    responsibilities: FloatArray


def split_test(
    x: FloatArray, theory: FloatArray, rng: Generator, replicates: int = 499, most: int = 0
) -> SplitTest:
    """Test two groups with a common covariance against one population.

    Parameters
    ----------
    x : array, shape (n, p)
        Features in any monotone scale; NaN is unknown.
    theory : array, shape (p,)
        Signs of the difference that theory expects, 0 for none.
    rng : Generator
    replicates : int
        Data sets drawn from one population with the same copula correlation and the same gaps. After
        the first 99, a p-value above 0.3 ends the drawing: more could hardly make it small.
    most : int
        Draw on up to so many while the p-value lies within 2.5 of its errors of 0.01.

    Returns
    -------
    SplitTest

    Notes
    -----
    Columns become normal scores, and the columns of the replicates are permutations of them, so that ties
    and rounded values do not count as groups. Unknown cells are completed with their conditional means
    under one population; the replicates lose the same cells and are completed alike, so the level holds
    whatever the completion does to the statistic. Along a direction w the statistic is the likelihood
    ratio of two normal components with one variance against one, on the projection x w:

    - ``theory``: w = v, the signs themselves;
    - ``theory_shrunk``: w = ((R + I) / 2)^-1 v, which discounts features that repeat each other;
    - ``free``: the p-variate ratio, the direction fitted to the data.

    R^-1 v itself would be best if theory were exactly right, and worthless if it were slightly wrong: the
    difference between the groups is part of R and would be discounted as noise. The p-value belongs to the
    largest of the three ratios, each in units of its own null's 99 % point, hence to all three at once.
    The bootstrap is McLachlan's [1]_.

    References
    ----------
    .. [1] McLachlan, G. J. (1987). On bootstrapping the likelihood ratio test statistic for the number of
       components in a normal mixture. Applied Statistics 36, 318–324.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(60, 3)) + 4.0 * (np.arange(60) < 30)[:, None]
    >>> split_test(x, np.ones(3), rng, replicates=99).p_value
    0.01
    """
    scores = normal_scores(x)
    gaps = Gaps.of(scores)
    n, p = x.shape
    population = fit_em(
        scores, np.ones((n, 1)), gaps=gaps, covariance="tied", ridge=RIDGE, max_iterations=200
    )
    mean, covariance = population.means[:, 0], population.covariances[:, 0]
    observed = np.where(gaps.known, scores, 0.0)[None]
    ratios, shares = _ratios(_completed(observed, gaps, mean, covariance), theory, rng)
    root = np.linalg.cholesky(covariance[0])
    null = np.empty((0, len(DIRECTIONS)))
    batch = max(1, BATCH_CELLS // (n * p))
    p_value, statistic, at = 1.0, 0.0, 0
    limit = min(LOOK, replicates)
    while len(null) < limit:
        size = min(batch, limit - len(null))
        drawn = rank_again(rng.standard_normal((size, n, p)) @ root.T, scores)
        new, _ = _ratios(_completed(drawn, gaps, mean, covariance), theory, rng)
        null = np.concatenate([null, new])
        p_value, statistic, at = _judge(ratios[0], null)
        if p_value <= HOPELESS and len(null) == limit:
            near = abs(p_value - LEVEL) <= NEAR * simulation_error(p_value, limit, LEVEL)
            limit = replicates if limit < replicates else min(limit + near * replicates, max(limit, most))
    return SplitTest(
        p_value,
        statistic,
        DIRECTIONS[at],
        ratios[0],
        null,
        np.stack([1 - shares[at, 0], shares[at, 0]], axis=1),
    )


def simulation_error(p_value: float, draws: int, bound: float) -> float:
    """Return the standard error of a p-value from `draws` simulated data sets.

    Of a value below its bound it is taken at the bound: few hits by luck must not look certain.

    Examples
    --------
    >>> simulation_error(0.5, 100, 0.01), round(simulation_error(0.001, 99, 0.01), 3)
    (0.05, 0.01)
    """
    p_value = max(p_value, bound)
    return float(np.sqrt(p_value * (1 - p_value) / draws))


def _judge(ratios: FloatArray, null: FloatArray) -> tuple[float, float, int]:
    """Return the p-value, the largest ratio in units of its null's 99 % point, and which it is."""
    unit = np.maximum(np.quantile(null, NULL_QUANTILE, axis=0), np.finfo(float).tiny)
    at = int((ratios / unit).argmax())
    statistic = float(ratios[at] / unit[at])
    exceeding = int(((null / unit).max(axis=1) >= statistic).sum())
    return (1 + exceeding) / (1 + len(null)), statistic, at


def _completed(data: FloatArray, gaps: Gaps, mean: FloatArray, covariance: FloatArray) -> FloatArray:
    """Return data sets (b, n, p) with unknown cells at their conditional means under one population.

    A few EM steps from the population they came from stand for convergence: each step multiplies the
    distance from it by the share of missing information.
    """
    if gaps.complete:
        return data
    mean, covariance = mean[:, None], covariance[:, None]
    for step in range(COMPLETION_STEPS + 1):
        inverse = gaps.inverse(covariance[:, 0])
        away = np.where(gaps.known, data - mean, 0.0)
        solved = (gaps.rows(inverse, 2) @ away[..., None])[..., 0]
        data = np.where(gaps.known, data, mean + solved @ covariance[:, 0])
        if step < COMPLETION_STEPS:
            mean, covariance = _population(data, gaps, inverse, covariance[:, 0])
    return data


def _population(
    data: FloatArray, gaps: Gaps, inverse: FloatArray, covariance: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """M step of one population: mean (b, 1, p) and covariance (b, 1, p, p) of completed data sets."""
    n, p = data.shape[1:]
    mean = data.mean(axis=1, keepdims=True)
    away = data - mean
    often = np.bincount(gaps.row, minlength=len(gaps.patterns)) / n
    average = np.einsum("u,bupq->bpq", often, inverse)
    left = covariance - covariance @ average @ covariance
    spread = away.transpose(0, 2, 1) @ away / n + left + RIDGE * np.eye(p)
    return mean, spread[:, None]


def _ratios(data: FloatArray, theory: FloatArray, rng: Generator) -> tuple[FloatArray, FloatArray]:
    """Return the ratios, shape (b, 3), and second-group shares, shape (3, b, n), of complete data sets."""
    fits, n, p = data.shape
    away = data - data.mean(axis=1, keepdims=True)
    z = away / away.std(axis=1, keepdims=True)
    correlation = z.transpose(0, 2, 1) @ z / n
    shrunk = (correlation + np.eye(p)) / 2
    weight = np.linalg.solve(shrunk, np.broadcast_to(theory, (fits, p))[..., None])
    along = [z @ theory[:, None], z @ weight]
    found = [_best_of_cuts(_whitened(projection)) for projection in along]
    first = np.where((found[0][0] > found[1][0])[:, None], found[0][1], found[1][1])
    white = _whitened(z)
    free = tied_ratio(white, first)
    for _ in range(2):
        free = _better(free, tied_ratio(white, _two_means(z, rng)))
    free = _better(free, tied_ratio(white, _best_of_cuts(_flattest(white, rng))[1]))
    found.append(free)
    return np.stack([ratio for ratio, _ in found], axis=1), np.stack([share for _, share in found])


def _whitened(z: FloatArray) -> FloatArray:
    away = z - z.mean(axis=1, keepdims=True)
    p = z.shape[2]
    covariance = away.transpose(0, 2, 1) @ away / z.shape[1] + 1e-6 * np.eye(p)
    root = np.linalg.cholesky(covariance)
    white: FloatArray = np.linalg.solve(root, away.transpose(0, 2, 1)).transpose(0, 2, 1)
    return white


def _best_of_cuts(z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Start EM on a projection, shape (b, n, 1), from cuts at its quartiles."""
    order = np.sort(z[:, :, 0], axis=1)
    best: tuple[FloatArray, FloatArray] | None = None
    for quantile in (0.25, 0.5, 0.75):
        cut = order[:, int(quantile * z.shape[1])]
        started = tied_ratio(z, np.where(z[:, :, 0] > cut[:, None], 0.99, 0.01))
        best = started if best is None else _better(best, started)
    assert best is not None
    return best


def _better(
    one: tuple[FloatArray, FloatArray], other: tuple[FloatArray, FloatArray]
) -> tuple[FloatArray, FloatArray]:
    up = other[0] > one[0]
    return np.where(up, other[0], one[0]), np.where(up[:, None], other[1], one[1])


def _flattest(white: FloatArray, rng: Generator) -> FloatArray:
    """Return the projection of least kurtosis found, shape (b, n, 1): two equal groups are flat along it.

    Fixed-point steps w ← 3 w − E[(x w)³ x] on whitened rows descend the kurtosis, as in FastICA.
    """
    fits, n, p = white.shape
    best = np.full(fits, np.inf)
    out = np.zeros((fits, n, 1))
    for _ in range(2):
        w = rng.standard_normal((fits, p, 1))
        w /= np.linalg.norm(w, axis=1, keepdims=True)
        for _ in range(10):
            w = 3 * w - white.transpose(0, 2, 1) @ (white @ w) ** 3 / n
            w /= np.maximum(np.linalg.norm(w, axis=1, keepdims=True), np.finfo(float).tiny)
        line = white @ w
        kurtosis = (line**4).mean(axis=(1, 2))
        up = kurtosis < best
        best, out = np.where(up, kurtosis, best), np.where(up[:, None, None], line, out)
    return out


def _two_means(z: FloatArray, rng: Generator) -> FloatArray:
    """Return soft shares after a few steps of 2-means from a random cut."""
    fits, n, p = z.shape
    share = ((z @ rng.standard_normal((fits, p, 1)))[..., 0] > 0).astype(float)
    for _ in range(10):
        weight = np.clip(share.mean(axis=1), 1 / n, 1 - 1 / n)
        delta = (share[:, None, :] @ z)[:, 0] / (n * weight * (1 - weight))[:, None]
        middle = (1 - 2 * weight) * (delta**2).sum(axis=1) / 2
        share = ((z @ delta[..., None])[..., 0] > middle[:, None]).astype(float)
    return 0.9 * share + 0.05


def tied_ratio(white: FloatArray, share: FloatArray, steps: int = STEPS) -> tuple[FloatArray, FloatArray]:
    """Return 2 (log L₂ − log L₁) for two normal components with one covariance, by EM on whitened rows.

    On rows with mean 0 and covariance I the fitted common covariance is I − π(1 − π) δδᵀ, δ being the
    difference of the means: a step costs O(n p), and no matrix is inverted.

    Parameters
    ----------
    white : array, shape (b, n, p)
        Centred rows with covariance I.
    share : array, shape (b, n)
        Shares in the second component to start from.
    steps : int
        EM steps, the same for data and replicates.

    Returns
    -------
    ratio : array, shape (b,)
    share : array, shape (b, n)
    """
    n = white.shape[1]
    for _ in range(steps):
        weight = np.clip(share.mean(axis=1), 1e-6, 1 - 1e-6)
        both = weight * (1 - weight)
        delta = (share[:, None, :] @ white)[:, 0] / (n * both)[:, None]
        size = (delta**2).sum(axis=1)
        kept = np.minimum(size, 0.999 / both)
        delta *= np.sqrt(kept / np.maximum(size, np.finfo(float).tiny))[:, None]
        left = 1 - both * kept
        along = (white @ delta[..., None])[..., 0]
        odds = (
            along / left[:, None]
            - ((1 - 2 * weight) * kept / left / 2)[:, None]
            + np.log(weight / (1 - weight))[:, None]
        )
        share = 1 / (1 + np.exp(-np.clip(odds, -50, 50)))
    first = (
        -0.5 * (both[:, None] * along**2 + 2 * weight[:, None] * along) / left[:, None]
        - 0.5 * (weight**2 * kept / left + np.log(left))[:, None]
        + np.log(1 - weight)[:, None]
    )
    return 2 * (first + np.logaddexp(0, odds)).sum(axis=1), share
