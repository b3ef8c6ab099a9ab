"""Two groups: fitted, resampled by whole clusters, and held against the gates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from clustercoop.analysis.verdicts.em import Fit, Gaps, fit_em
from clustercoop.analysis.verdicts.scale import Scale
from clustercoop.graph.arrays import Bools, Floats

RESAMPLES: Final = 100
RIDGE: Final = 1e-3
STEPS: Final = 100
TOLERANCE: Final = 1e-4
PSEUDO_ROWS: Final = 2
"""Rows a feature that the guess "no correlation" is worth in a covariance; steadies small data sets."""


class Estimate(NamedTuple):
    """A figure found by simulation, and how far other random draws would move it (standard error)."""

    value: float
    error: float

    @classmethod
    def mean(cls, draws: Floats) -> Estimate:
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
    line : array, shape (p,)
        Direction of the look: a fit starts from the split along it.
    lean : array, shape (p,), or None
        Direction towards which the difference of the means is shrunk.
    prior : float
        Pseudo-rows of the covariance, see `fit_em`.
    """

    x: Floats
    gaps: Gaps
    completed: Floats
    line: Floats
    lean: Floats | None
    prior: float

    @classmethod
    def of(cls, x: Floats, line: Floats, lean: Floats | None = None) -> Recipe:
        """Return the recipe for the scaled features `x`, shape (n, p)."""
        gaps = Gaps.of(x)
        return cls(x, gaps, complete(x, gaps), line, lean, PSEUDO_ROWS * x.shape[1])

    def fit(self, row_weights: Floats, data: Floats | None = None, steps: int = STEPS) -> Fit:
        """Fit two groups from scratch, once for each row of `row_weights`, shape (b, n).

        Parameters
        ----------
        data : array, shape (b, n, p), optional
            Complete data sets in the place of `x`.
        steps : int
            At most so many steps of the fit.
        """
        x, completed = (self.x, self.completed) if data is None else (data, data)
        gaps = self.gaps if data is None else Gaps.of(data[0])
        return fit_em(
            x,
            _along(completed @ self.line, row_weights, steps),
            row_weights=row_weights,
            gaps=gaps,
            direction=self.lean,
            ridge=RIDGE,
            prior=self.prior,
            tolerance=TOLERANCE,
            max_iterations=steps,
        )


def _along(line: Floats, row_weights: Floats, steps: int = STEPS) -> Floats:
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
            max_iterations=steps,
        )
        best = fit if best is None else _better(best, fit)
    assert best is not None
    return best.responsibilities


def _better(one: Fit, other: Fit) -> Fit:
    up = other.log_likelihood > one.log_likelihood

    def pick(a: NDArray[np.generic], b: NDArray[np.generic]) -> Floats:
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


def complete(x: Floats, gaps: Gaps) -> Floats:
    """Return `x` with unknown cells at their conditional means under one normal population."""
    if gaps.complete:
        return x
    fit = fit_em(x, np.ones((len(x), 1)), gaps=gaps, ridge=RIDGE, prior=x.shape[1] / 2)
    return conditional_means(x, gaps, fit.means[0, 0], fit.covariances[0, 0])


def conditional_means(x: Floats, gaps: Gaps, mean: Floats, covariance: Floats) -> Floats:
    """Return `x` with each unknown cell at its mean given the known cells of the row."""
    inverse = gaps.inverse(covariance)
    away = np.where(gaps.known, x - mean, 0.0)
    guess = mean + (inverse[gaps.row] @ away[..., None])[..., 0] @ covariance
    return np.where(gaps.known, x, guess)


def orient(fit: Fit, upper: Bools) -> Fit:
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


def bootstrap_weights(n: int, resamples: int, rng: Generator) -> Floats:
    """Return how often each of n clusters is drawn in each resample, shape (resamples, n)."""
    return rng.multinomial(n, np.full(n, 1 / n), size=resamples).astype(np.float64)


def jaccard(labels: Bools, again: Bools, drawn: Bools) -> Floats:
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


def scaled(x: Floats) -> tuple[Floats, Scale]:
    """Return the columns of `x` on the common scale, and the scale."""
    scale = Scale.fit(x)
    return scale.forward(x), scale
