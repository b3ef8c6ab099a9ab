"""Two groups: fitted, resampled by whole clusters, and held against the gates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from clustercoop.analysis.verdicts.em import Fit, FloatArray, Gaps, fit_em, log_densities, normalise
from clustercoop.analysis.verdicts.scale import Scale

RESAMPLES: Final = 100
SPLITS: Final = 30
REFERENCES: Final = 50
RIDGE: Final = 1e-3
STEPS: Final = 100
TOLERANCE: Final = 1e-4
LINES: Final = 10
"""Random projections whose splits a fit starts from where theory does not lead."""

PSEUDO_ROWS: Final = 2
"""Rows a feature that the guess "no correlation" is worth in a covariance; steadies small data sets."""


class Estimate(NamedTuple):
    """A figure found by simulation, and how far other random draws would move it (standard error)."""

    value: float
    error: float

    @classmethod
    def mean(cls, draws: FloatArray) -> Estimate:
        """Return the mean of `draws`, shape (b,), and its standard error; NaN of none.

        Examples
        --------
        >>> Estimate.mean(np.array([0.0, 2.0, 0.0, 2.0]))
        Estimate(value=1.0, error=0.5)
        """
        if not len(draws):
            return cls(np.nan, np.nan)
        return cls(float(draws.mean()), float(draws.std() / np.sqrt(len(draws))))


UNKNOWN: Final = Estimate(np.nan, np.nan)


@dataclass(frozen=True, eq=False)
class Recipe:
    """How two groups are looked for: the same way in the data, in resamples and in halves.

    Attributes
    ----------
    x : array, shape (n, p)
        Features on the common scale, NaN unknown.
    gaps : Gaps
        Gaps of `x`.
    completed : array, shape (n, p)
        Unknown cells at their conditional means under one population: only to find where to start.
    theory : array, shape (p,)
        Direction fixed beforehand.
    led : bool
        Whether theory leads: the start is a split along `theory` and the difference of the means is shrunk
        towards it. Otherwise starts are random and the difference is free.
    prior : float
        Pseudo-rows of the covariance, see `fit_em`.
    """

    x: FloatArray
    gaps: Gaps
    completed: FloatArray
    theory: FloatArray
    led: bool
    prior: float

    @classmethod
    def of(cls, x: FloatArray, theory: FloatArray, led: bool) -> Recipe:
        """Return the recipe for the scaled features `x`, shape (n, p)."""
        gaps = Gaps.of(x)
        return cls(x, gaps, complete(x, gaps), theory, led, PSEUDO_ROWS * x.shape[1])

    def fit(self, row_weights: FloatArray, rng: Generator, data: FloatArray | None = None) -> Fit:
        """Fit two groups from scratch, once for each row of `row_weights`, shape (b, n).

        Parameters
        ----------
        data : array, shape (b, n, p), optional
            Complete data sets in the place of `x`.
        """
        x, completed = (self.x, self.completed) if data is None else (data, data)
        gaps = self.gaps if data is None else Gaps.of(data[0])
        starts = self._starts(completed, row_weights, rng)
        best: Fit | None = None
        for start in starts:
            fit = fit_em(
                x,
                start,
                row_weights=row_weights,
                gaps=gaps,
                direction=self.theory if self.led else None,
                ridge=RIDGE,
                prior=self.prior,
                tolerance=TOLERANCE,
                max_iterations=STEPS,
            )
            best = fit if best is None else _better(best, fit)
        assert best is not None
        return best

    def _starts(self, completed: FloatArray, row_weights: FloatArray, rng: Generator) -> list[FloatArray]:
        signed = completed @ self.theory
        lines = [signed]
        if not self.led:
            lines += [completed @ rng.standard_normal(completed.shape[-1]) for _ in range(LINES)]
        return [_along(line, row_weights, rng) for line in lines]


def _along(line: FloatArray, row_weights: FloatArray, rng: Generator) -> FloatArray:
    """Return shares (b, n, 2) of the best two-component fit on a projection, shape (n,) or (b, n)."""
    line = np.broadcast_to(line, row_weights.shape)
    away = line - (row_weights * line).sum(axis=1, keepdims=True) / row_weights.sum(axis=1, keepdims=True)
    unit = np.sqrt(
        (row_weights * away**2).sum(axis=1, keepdims=True) / row_weights.sum(axis=1, keepdims=True)
    )
    z = (away / unit)[:, :, None]
    best: Fit | None = None
    for cut in (-0.6745, 0.0, 0.6745):
        upper = np.where(z[:, :, 0] > cut, 0.95, 0.05)
        fit = fit_em(
            z,
            np.stack([1 - upper, upper], axis=2),
            row_weights=row_weights,
            ridge=RIDGE,
            tolerance=TOLERANCE,
            max_iterations=STEPS,
        )
        best = fit if best is None else _better(best, fit)
    assert best is not None
    return best.responsibilities


def _better(one: Fit, other: Fit) -> Fit:
    up = other.log_likelihood > one.log_likelihood

    def pick(a: NDArray[np.generic], b: NDArray[np.generic]) -> FloatArray:
        return np.where(up.reshape(-1, *([1] * (a.ndim - 1))), b, a)

    return Fit(
        pick(one.weights, other.weights),
        pick(one.means, other.means),
        pick(one.covariances, other.covariances),
        pick(one.log_likelihood, other.log_likelihood),
        pick(one.responsibilities, other.responsibilities),
        max(one.iterations, other.iterations),
        np.where(up, other.converged, one.converged),
    )


def complete(x: FloatArray, gaps: Gaps) -> FloatArray:
    """Return `x` with unknown cells at their conditional means under one normal population."""
    if gaps.complete:
        return x
    fit = fit_em(x, np.ones((len(x), 1)), gaps=gaps, ridge=RIDGE, prior=x.shape[1] / 2)
    return conditional_means(x, gaps, fit.means[0, 0], fit.covariances[0, 0])


def conditional_means(x: FloatArray, gaps: Gaps, mean: FloatArray, covariance: FloatArray) -> FloatArray:
    """Return `x` with each unknown cell at its mean given the known cells of the row."""
    inverse = gaps.inverse(covariance)
    away = np.where(gaps.known, x - mean, 0.0)
    guess = mean + (inverse[gaps.row] @ away[..., None])[..., 0] @ covariance
    return np.where(gaps.known, x, guess)


def posterior(x: FloatArray, fit: Fit) -> FloatArray:
    """Return the share of each row of `x` in the second group under each fit, shape (b, n).

    A row without any known cell is left at the mixing share.
    """
    gaps = Gaps.of(x)
    data = np.where(gaps.known, x, 0.0)[None]
    shares, _ = normalise(log_densities(data, gaps, fit.weights, fit.means, fit.covariances))
    out: FloatArray = shares[:, :, 1]
    return out


def orient(fit: Fit, upper: NDArray[np.bool_]) -> Fit:
    """Return `fit` with the two groups named so that the second one holds more of `upper`, shape (b, n)."""
    first, second = (fit.responsibilities * upper[..., None]).sum(axis=1).T
    total = fit.responsibilities.sum(axis=1)
    swap = first / np.maximum(total[:, 0], 1e-12) > second / np.maximum(total[:, 1], 1e-12)
    order = np.where(swap[:, None], [1, 0], [0, 1])
    rows = np.arange(len(order))[:, None]
    return Fit(
        fit.weights[rows, order],
        fit.means[rows, order],
        fit.covariances,
        fit.log_likelihood,
        np.take_along_axis(fit.responsibilities, order[:, None, :], axis=2),
        fit.iterations,
        fit.converged,
    )


def bootstrap_weights(n: int, resamples: int, rng: Generator) -> FloatArray:
    """Return how often each of n clusters is drawn in each resample, shape (resamples, n)."""
    return rng.multinomial(n, np.full(n, 1 / n), size=resamples).astype(np.float64)


def jaccard(labels: NDArray[np.bool_], again: NDArray[np.bool_], drawn: NDArray[np.bool_]) -> FloatArray:
    """Return the Jaccard similarity of each group with its nearest group in each resample.

    Both groupings are compared on the clusters that were drawn:
    max over the new groups D of |C ∩ D| / |C ∪ D| [1]_.

    Parameters
    ----------
    labels : array of bool, shape (n,)
        Group of each cluster in the data: False is the first, True the second.
    again, drawn : arrays of bool, shape (b, n)
        Group in each resample's own fit, and whether the cluster was drawn.

    Returns
    -------
    array, shape (b, 2)
        Of the first and the second group; NaN where no cluster of a group was drawn. A group's stability is
        the mean of its column.

    References
    ----------
    .. [1] Hennig, C. (2007). Cluster-wise assessment of cluster stability. CSDA 52, 258–271.

    Examples
    --------
    >>> labels = np.array([False, False, True, True])
    >>> again = np.array([[True, True, False, True]])
    >>> jaccard(labels, again, np.ones((1, 4), bool)).round(4).tolist()
    [[0.6667, 0.5]]
    """
    out = []
    for group in (~labels, labels):
        best = np.zeros(len(again))
        for other in (~again, again):
            meet = (group & other & drawn).sum(axis=1)
            join = ((group | other) & drawn).sum(axis=1)
            best = np.maximum(best, np.divide(meet, join, out=np.zeros(len(again)), where=join > 0))
        out.append(np.where((group & drawn).any(axis=1), best, np.nan))
    return np.stack(out, axis=1)


def prediction_strength(recipe: Recipe, rng: Generator, splits: int = SPLITS) -> Estimate:
    """Return the mean prediction strength of two groups over random halves.

    Each half is grouped from scratch; the strength of one split is, for the worse of the test half's
    groups, the share of its pairs that the training half's model also puts together [1]_.

    References
    ----------
    .. [1] Tibshirani, R. & Walther, G. (2005). Cluster validation by prediction strength. JCGS 14, 511–528.
    """
    n = len(recipe.x)
    train = np.argsort(rng.random((splits, n)), axis=1) < n // 2
    by_train = recipe.fit(train.astype(np.float64), rng).responsibilities[:, :, 1] > 0.5
    by_test = recipe.fit((~train).astype(np.float64), rng).responsibilities[:, :, 1] > 0.5
    worst = np.ones(splits)
    for group in (by_test & ~train, ~by_test & ~train):
        size = group.sum(axis=1)
        ones = (group & by_train).sum(axis=1)
        together = ones * (ones - 1) + (size - ones) * (size - ones - 1)
        pairs = size * (size - 1)
        worst = np.minimum(worst, np.where(pairs > 0, together / np.maximum(pairs, 1), 0.0))
    return Estimate.mean(worst)


def gap_difference(recipe: Recipe, fit: Fit, rng: Generator, references: int = REFERENCES) -> Estimate:
    """Return Gap(2) − Gap(1) − s₂; above 0 two groups are preferred to one.

    s₂ is the standard deviation of Gap(2) over the reference data sets, widened by √(1 + 1/references), and
    Gap(k) = E* log |W*_k| − log |W_k|, |W_k| being the determinant of the scatter within the groups of
    completed rows and E* the mean over data sets of one normal population with the same covariance, grouped
    the same way. The gap statistic [1]_ is told of sums of squares; the determinant takes their place because
    a sum of squares misses groups of uneven size that differ where features vary little, and changes with the
    scale of a feature.

    References
    ----------
    .. [1] Tibshirani, R., Walther, G. & Hastie, T. (2001). Estimating the number of clusters in a data set
       via the gap statistic. JRSS B 63, 411–423.
    """
    rows = recipe.completed
    n, p = rows.shape
    fall = _log_fall(rows[None], fit.responsibilities[:1, :, 1])
    covariance = np.cov(rows.T, bias=True).reshape(p, p) + RIDGE * np.eye(p)
    drawn = rng.standard_normal((references, n, p)) @ np.linalg.cholesky(covariance).T
    again = recipe.fit(np.ones((references, n)), rng, drawn)
    falls = _log_fall(drawn, again.responsibilities[:, :, 1])
    spread = float(falls.std())
    value = falls.mean() - fall[0] - spread * np.sqrt(1 + 1 / references)
    # Of the mean σ²/B, of the deviation about σ²/2B.
    return Estimate(float(value), spread * float(np.sqrt(1.5 / references)))


def _log_fall(data: FloatArray, share: FloatArray) -> FloatArray:
    """Return log |W_2| − log |W_1| of each data set, shape (b,)."""
    upper = (share > 0.5).astype(np.float64)
    ridge = RIDGE * data.shape[1] * np.eye(data.shape[2])
    total = _scatter(data, np.ones_like(upper)) + ridge
    within = _scatter(data, upper) + _scatter(data, 1 - upper) + ridge
    fall: FloatArray = np.linalg.slogdet(within)[1] - np.linalg.slogdet(total)[1]
    return fall


def _scatter(data: FloatArray, member: FloatArray) -> FloatArray:
    """Return Σ (x − mean)(x − mean)ᵀ over the members of each data set, shape (b, p, p)."""
    size = np.maximum(member.sum(axis=1), 1.0)
    mean = (member[:, None, :] @ data) / size[:, None, None]
    away = (data - mean) * member[..., None]
    scatter: FloatArray = away.transpose(0, 2, 1) @ away
    return scatter


def scaled(x: FloatArray) -> tuple[FloatArray, Scale]:
    """Return the columns of `x` on the common scale, and the scale."""
    scale = Scale.fit(x)
    return scale.forward(x), scale
