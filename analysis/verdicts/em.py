"""Expectation–maximisation for Gaussian mixtures whose rows may lack values, many fits at a time.

Every array has a leading axis of fits, so that a bootstrap of B resamples is one call: resampling whole
rows is nothing but integer weights, and a parametric bootstrap is B data sets with the same gaps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from clustercoop.graph.arrays import Bools, Floats, Indices

Covariance = Literal["tied", "full", "diag"]

LOG_2PI: Final = float(np.log(2 * np.pi))


@dataclass(frozen=True, eq=False)
class Gaps:
    """Which cells are known, by pattern.

    Attributes
    ----------
    known : array of bool, shape (n, p)
        True where the cell has a value.
    patterns : array of bool, shape (u, p)
        The distinct rows of `known`.
    row : array of int, shape (n,)
        Pattern of each row.
    """

    known: Bools
    patterns: Bools
    row: Indices

    @classmethod
    def of(cls, x: Floats) -> Gaps:
        """Return the gaps of `x`, shape (n, p), NaN being unknown."""
        known = ~np.isnan(x)
        patterns, row = np.unique(known, axis=0, return_inverse=True)
        return cls(known, patterns, row.reshape(-1))

    @property
    def complete(self) -> bool:
        """Whether nothing is unknown."""
        return len(self.patterns) == 1 and bool(self.patterns.all())

    def inverse(self, covariance: Floats) -> Floats:
        """Return the inverse of the known block of `covariance` by pattern, zero where unknown.

        Parameters
        ----------
        covariance : array, shape (..., p, p)

        Returns
        -------
        array, shape (..., u, p, p)
        """
        padded, hole = self._padded(covariance)
        out: Floats = np.linalg.inv(padded) - hole
        return out

    def log_determinant(self, covariance: Floats) -> Floats:
        """Return the log-determinant of the known block of `covariance` by pattern, shape (..., u)."""
        out: Floats = np.linalg.slogdet(self._padded(covariance)[0])[1]
        return out

    def _padded(self, covariance: Floats) -> tuple[Floats, Floats]:
        both = self.patterns[:, :, None] & self.patterns[:, None, :]
        hole = np.eye(covariance.shape[-1]) * ~self.patterns[:, :, None]
        return np.where(both, covariance[..., None, :, :], 0.0) + hole, hole

    def rows(self, by_pattern: Floats, trailing: int) -> Floats:
        """Return `by_pattern` (its pattern axis before the last `trailing`) spread over the rows."""
        if len(self.patterns) == 1:
            return by_pattern
        return np.take(by_pattern, self.row, axis=by_pattern.ndim - trailing - 1)


@dataclass(frozen=True, eq=False)
class Fit:
    """Fitted mixtures; the leading axis counts fits.

    Attributes
    ----------
    weights : array, shape (b, k)
        Mixing shares.
    means : array, shape (b, k, p)
    covariances : array, shape (b, 1, p, p) if tied, else (b, k, p, p)
    log_likelihood : array, shape (b,)
        Weighted sum of the rows' log density.
    responsibilities : array, shape (b, n, k)
        Posterior shares of each row.
    iterations : int
        EM steps taken.
    converged : array of bool, shape (b,)
    """

    weights: Floats
    means: Floats
    covariances: Floats
    log_likelihood: Floats
    responsibilities: Floats
    iterations: int
    converged: Bools

    def take(self, index: Indices | slice) -> Fit:
        """Return the fits at `index`."""
        return Fit(
            self.weights[index],
            self.means[index],
            self.covariances[index],
            self.log_likelihood[index],
            self.responsibilities[index],
            self.iterations,
            self.converged[index],
        )


def log_densities(x: Floats, gaps: Gaps, weights: Floats, means: Floats, covariances: Floats) -> Floats:
    """Return log(π_k N(x_known; μ_k, Σ_k)) of every row and component, shape (b, n, k).

    What a row lacks is integrated out: only the known block of μ and Σ enters.
    """
    inverse, log_determinant = gaps.inverse(covariances), gaps.log_determinant(covariances)
    known = gaps.known.sum(axis=1)
    out = np.empty((means.shape[0], x.shape[-2], means.shape[1]))
    for k in range(means.shape[1]):
        at = min(k, covariances.shape[1] - 1)
        away = np.where(gaps.known, x - means[:, k, None, :], 0.0)
        solved = _solve(gaps, inverse[:, at], away)
        square = np.einsum("bnp,bnp->bn", away, solved)
        with np.errstate(divide="ignore"):
            prior = np.log(weights[:, k, None])
        out[:, :, k] = prior - 0.5 * (known * LOG_2PI + gaps.rows(log_determinant[:, at], 0) + square)
    return out


def _solve(gaps: Gaps, inverse: Floats, away: Floats) -> Floats:
    if len(gaps.patterns) == 1:
        return away @ inverse[:, 0]
    return (gaps.rows(inverse, 2) @ away[..., None])[..., 0]


def normalise(log_density: Floats) -> tuple[Floats, Floats]:
    """Return the responsibilities and each row's log density of joint log densities over the last axis."""
    top = log_density.max(axis=-1, keepdims=True)
    share = np.exp(log_density - top)
    total = share.sum(axis=-1, keepdims=True)
    return share / total, (top + np.log(total))[..., 0]


def fit_em(
    x: Floats,
    responsibilities: Floats,
    *,
    row_weights: Floats | None = None,
    gaps: Gaps | None = None,
    covariance: Covariance = "tied",
    start: tuple[Floats, Floats] | None = None,
    direction: Floats | None = None,
    ridge: float = 1e-6,
    prior: float = 0.0,
    tolerance: float = 1e-6,
    max_iterations: int = 200,
) -> Fit:
    """Fit Gaussian mixtures by EM, what a row lacks being integrated out.

    Parameters
    ----------
    x : array, shape (n, p) or (b, n, p)
        Rows; NaN is unknown. With a leading axis, every data set has the same gaps.
    responsibilities : array, shape (n, k) or (b, n, k)
        Where to start: each row's share in each component.
    row_weights : array, shape (b, n), optional
        How often each row counts (bootstrap counts); 1 by default.
    gaps : Gaps, optional
        Gaps of `x`, when they are at hand.
    covariance : {"tied", "full", "diag"}
        One matrix for all components; one each; one diagonal each.
    start : (means, covariance), optional
        What unknown cells are filled from in the very first step, shapes (b or 1, p) and (b or 1, p, p);
        by default the columns' means, with the known cells' variances.
    direction : array, shape (p,), optional
        With two tied components: shrink the difference of the means towards this direction, see
        `shrink_difference`.
    ridge : float
        Added to the diagonal of every covariance.
    prior : float
        How many rows the identity is worth as a guess of every covariance (the mode under an inverse
        Wishart prior); 0 is maximum likelihood. For features on a common unit scale.
    tolerance : float
        Stop when the mean log density of a row rises by less.
    max_iterations : int
        At most so many steps.

    Returns
    -------
    Fit

    Notes
    -----
    E step: r_ik ∝ π_k N(x_i,known; μ_k, Σ_k); the unknown cells have conditional mean
    x̂_ik = μ_k + Σ_k[:, o] Σ_k[o, o]^-1 (x_o − μ_o) and conditional covariance
    C_i = Σ_k − Σ_k[:, o] Σ_k[o, o]^-1 Σ_k[o, :].
    M step: π_k = Σ_i r_ik / n, μ_k = Σ_i r_ik x̂_ik / Σ_i r_ik,
    Σ_k = Σ_i r_ik ((x̂_ik − μ_k)(x̂_ik − μ_k)ᵀ + C_i) / Σ_i r_ik, summed over k when tied [1]_, [2]_.
    On complete rows this is ordinary EM.

    References
    ----------
    .. [1] Ghahramani, Z. & Jordan, M. I. (1994). Supervised learning from incomplete data via an EM
       approach. NIPS 6, 120–127.
    .. [2] McLachlan, G. & Peel, D. (2000). Finite Mixture Models. Wiley, ch. 3.

    Examples
    --------
    >>> x = np.array([[0.0, 0.1], [0.1, 0.0], [5.0, 5.1], [5.1, np.nan]])
    >>> fit = fit_em(x, np.array([[1, 0], [1, 0], [0, 1], [0, 1]], dtype=float))
    >>> fit.means[0, :, 0].round(2).tolist()
    [0.05, 5.05]
    """
    gaps = Gaps.of(x if x.ndim == 2 else x[0]) if gaps is None else gaps
    data = np.where(gaps.known, x, 0.0)
    data = data[None] if data.ndim == 2 else data
    share = responsibilities[None] if responsibilities.ndim == 2 else responsibilities
    count = np.ones((1, data.shape[1])) if row_weights is None else row_weights
    fits = max(len(data), len(share), len(count))
    share = np.broadcast_to(share, (fits, *share.shape[1:])) * count[..., None]
    weights, means, covariances = _first_step(data, gaps, share, covariance, start, direction, (ridge, prior))
    state = _State(weights, means, covariances)
    count = np.broadcast_to(count, (fits, data.shape[1]))
    step = _climb(state, data, gaps, count, covariance, direction, (ridge, prior), tolerance, max_iterations)
    responsibility, density = normalise(log_densities(data, gaps, state.weights, state.means, state.sigma))
    likelihood = (count * density).sum(axis=1)
    return Fit(state.weights, state.means, state.sigma, likelihood, responsibility, step, state.converged)


def fit_tied(
    rows: Floats,
    responsibilities: Floats,
    *,
    ridge: float = 1e-6,
    tolerance: float = 1e-6,
    max_iterations: int = 200,
) -> Fit:
    """Return what `fit_em` does for complete rows and one covariance, many starts at once, much faster.

    With one covariance Σ = T − Σ_k π_k μ_k μ_kᵀ, T being the scatter of all rows about their mean, and the
    log-odds of a row are linear in it: no step forms a row's distance from every mean.

    Parameters
    ----------
    rows : array, shape (n, p)
    responsibilities : array, shape (b, n, k)

    Examples
    --------
    >>> rows, start = np.array([[0.0], [0.1], [5.0], [5.2]]), np.repeat(np.eye(2), 2, axis=0)
    >>> slow, fast = fit_em(rows, start), fit_tied(rows, start[None])
    >>> bool(abs(slow.log_likelihood - fast.log_likelihood)[0] < 1e-9)
    True
    """
    (n, p), share = rows.shape, responsibilities
    centre = rows.mean(axis=0)
    x = rows - centre
    total = x.T @ x / n
    bound = np.full(len(share), -np.inf)
    step = 0
    while step <= max_iterations:
        step += 1
        size = share.sum(axis=1) + 10 * np.finfo(float).eps
        weights = size / size.sum(axis=1, keepdims=True)
        means = share.transpose(0, 2, 1) @ x / size[:, :, None]
        sigma = total - means.transpose(0, 2, 1) @ (weights[:, :, None] * means) + ridge * np.eye(p)
        inverse = np.linalg.inv(sigma)
        slope = means @ inverse
        start = np.log(weights) - 0.5 * (slope * means).sum(axis=2)
        share, relative = normalise(x @ slope.transpose(0, 2, 1) + start[:, None])
        square = (inverse * total).sum(axis=(1, 2))  # mean over the rows of their squared distances
        mean = relative.mean(axis=1) - 0.5 * (p * LOG_2PI + np.linalg.slogdet(sigma)[1] + square)
        rise, bound = mean - bound, mean
        if (np.abs(rise) < tolerance).all():
            break
    converged = np.abs(rise) < tolerance
    return Fit(weights, means + centre, sigma[:, None], n * bound, share, step, converged)


class _State:
    """Parameters of all fits while they climb; fits that have arrived leave the work."""

    def __init__(self, weights: Floats, means: Floats, sigma: Floats) -> None:
        self.weights, self.means, self.sigma = weights.copy(), means.copy(), sigma.copy()
        self.bound = np.full(len(weights), -np.inf)
        self.converged = np.zeros(len(weights), bool)


def _climb(
    state: _State,
    data: Floats,
    gaps: Gaps,
    count: Floats,
    covariance: Covariance,
    direction: Floats | None,
    loading: tuple[float, float],
    tolerance: float,
    max_iterations: int,
) -> int:
    for step in range(1, max_iterations + 1):
        live = np.flatnonzero(~state.converged)
        own = data if len(data) == 1 else data[live]
        weights, means, sigma = state.weights[live], state.means[live], state.sigma[live]
        responsibility, density = normalise(log_densities(own, gaps, weights, means, sigma))
        bound = (count[live] * density).sum(axis=1) / count[live].sum(axis=1)
        share = responsibility * count[live][..., None]
        state.weights[live], state.means[live], state.sigma[live] = _maximise(
            own, gaps, share, means, sigma, covariance, direction, loading
        )
        state.converged[live] = np.abs(bound - state.bound[live]) < tolerance
        state.bound[live] = bound
        if state.converged.all():
            return step
    return max_iterations


def _first_step(
    data: Floats,
    gaps: Gaps,
    share: Floats,
    covariance: Covariance,
    start: tuple[Floats, Floats] | None,
    direction: Floats | None,
    loading: tuple[float, float],
) -> tuple[Floats, Floats, Floats]:
    """M step from responsibilities alone, unknown cells filled from one population."""
    fits, _, components = share.shape
    p = data.shape[-1]
    if start is None:
        known = gaps.known.sum(axis=0)
        mean = data.sum(axis=1) / known
        variance = (np.where(gaps.known, data - mean[:, None], 0.0) ** 2).sum(axis=1) / known
        start = mean, variance[:, :, None] * np.eye(p)
    means = np.broadcast_to(start[0][:, None], (fits, components, p))
    covariances = np.broadcast_to(start[1][:, None], (fits, 1, p, p)) + 1e-9 * np.eye(p)
    if covariance != "tied":
        covariances = np.repeat(covariances, components, axis=1)
    return _maximise(data, gaps, share, means, covariances, covariance, direction, loading)


def _maximise(
    data: Floats,
    gaps: Gaps,
    share: Floats,
    means: Floats,
    covariances: Floats,
    covariance: Covariance,
    direction: Floats | None,
    loading: tuple[float, float],
) -> tuple[Floats, Floats, Floats]:
    fits, n, components = share.shape
    p = data.shape[-1]
    size = share.sum(axis=1) + 10 * np.finfo(float).eps
    weights = size / size.sum(axis=1, keepdims=True)
    filled: list[Floats] = []
    spread = np.zeros((fits, components, p, p))
    if gaps.complete:
        filled = [np.broadcast_to(data, (fits, n, p))] * components
    else:
        inverse = gaps.inverse(covariances)
        for k in range(components):
            at = min(k, covariances.shape[1] - 1)
            sigma = covariances[:, at]
            away = np.where(gaps.known, data - means[:, k, None, :], 0.0)
            guess = means[:, k, None, :] + _solve(gaps, inverse[:, at], away) @ sigma
            filled.append(np.where(gaps.known, data, guess))
            mass = _by_pattern(share[:, :, k], gaps)
            known = np.einsum("bu,bupq->bpq", mass, inverse[:, at])
            spread[:, k] = mass.sum(axis=1)[:, None, None] * sigma - sigma @ known @ sigma
    new = np.stack(
        [(share[:, None, :, k] @ filled[k])[:, 0] / size[:, k, None] for k in range(components)], axis=1
    )
    if direction is not None:
        new = shrink_difference(new, weights, share, covariances[:, 0], direction)
    for k in range(components):
        away = filled[k] - new[:, k, None, :]
        spread[:, k] += (away * share[:, :, k, None]).transpose(0, 2, 1) @ away
    if covariance == "tied":
        spread, size = spread.sum(axis=1, keepdims=True), size.sum(axis=1, keepdims=True)
    ridge, prior = loading
    sigma = (spread + prior * np.eye(p)) / (size + prior)[:, :, None, None]
    if covariance == "diag":
        sigma = sigma * np.eye(p)
    return weights, new, sigma + ridge * np.eye(p)


def _by_pattern(share: Floats, gaps: Gaps) -> Floats:
    indicator = (gaps.row[:, None] == np.arange(len(gaps.patterns))).astype(np.float64)
    mass: Floats = share @ indicator
    return mass


def shrink_difference(
    means: Floats, weights: Floats, share: Floats, covariance: Floats, direction: Floats
) -> Floats:
    """Return two components' means with their difference shrunk towards a direction fixed beforehand.

    The difference δ is split into its part along the direction v and the rest e; the rest is kept by the
    positive-part James–Stein factor b = max(0, 1 − (p − 3) / Q), Q = n Var(r) eᵀ Σ^-1 e. Where theory has
    the right direction, e is noise and goes; where it has not, Q is large and e stays.

    Parameters
    ----------
    means : array, shape (b, 2, p)
    weights : array, shape (b, 2)
    share : array, shape (b, n, 2)
        Weighted responsibilities. Their variance, not π(1 − π), counts how many labelled rows the
        unlabelled ones are worth (missing-information principle).
    covariance : array, shape (b, p, p)
    direction : array, shape (p,)

    References
    ----------
    .. [1] James, W. & Stein, C. (1961). Estimation with quadratic loss. Proc. 4th Berkeley Symp. 1, 361–379.

    Examples
    --------
    >>> means = np.array([[[0.0, 0.0, 0.0, 0.0], [2.0, 2.0, 2.0, 2.1]]])
    >>> share = np.repeat([[[1.0, 0.0], [0.0, 1.0]]], 5, axis=1)
    >>> shrunk = shrink_difference(means, np.array([[0.5, 0.5]]), share, np.eye(4)[None], np.ones(4))
    >>> (shrunk[0, 1] - shrunk[0, 0]).round(3).tolist()
    [2.025, 2.025, 2.025, 2.025]
    """
    p = means.shape[-1]
    if p <= 3:
        return means
    count = share.sum(axis=2)
    second = share[:, :, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        posterior = np.where(count > 0, second / count, 0.0)
    information = (count * (posterior - weights[:, 1, None]) ** 2).sum(axis=1)
    delta = means[:, 1] - means[:, 0]
    solved = np.linalg.solve(covariance, np.broadcast_to(direction, delta.shape)[..., None])[..., 0]
    along = np.einsum("bp,bp->b", solved, delta) / (solved @ direction)
    rest = delta - along[:, None] * direction
    square = np.einsum("bp,bp->b", rest, np.linalg.solve(covariance, rest[..., None])[..., 0])
    kept = np.maximum(0.0, 1 - (p - 3) / np.maximum(information * square, np.finfo(float).tiny))
    shrunk = along[:, None] * direction + kept[:, None] * rest
    centre = np.einsum("bk,bkp->bp", weights, means)
    return np.stack([centre - weights[:, 1, None] * shrunk, centre + weights[:, 0, None] * shrunk], axis=1)
