"""What the two groups are called, what made each cluster fall where it did, and what would change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clustercoop.analysis.verdicts.em import Fit, Gaps
from clustercoop.graph.arrays import Bools, Floats, Indices

BISECTIONS: Final = 24
ABSTAIN: Final = (0.35, 0.65)
"""Between these probabilities of being ecosystem-like the verdict is "undecided"."""

CREDIBLE: Final = (0.05, 0.95)


def theory_gap(fit: Fit, theory: Floats) -> Floats:
    """Return how far the second group's mean lies above the first's along theory, shape (b,).

    The projection on v / |v|, in standard deviations of a feature.

    Examples
    --------
    >>> from clustercoop.analysis.verdicts.em import fit_em
    >>> x = np.array([[0.0, 0.0], [0.0, 0.2], [3.0, 4.0], [3.0, 4.2]])
    >>> fit = fit_em(x, np.repeat(np.eye(2), 2, axis=0))
    >>> theory_gap(fit, np.array([0.0, 1.0])).round(2).tolist()
    [4.0]
    """
    out: Floats = (fit.means[:, 1] - fit.means[:, 0]) @ (theory / np.linalg.norm(theory))
    return out


def slopes(fit: Fit, gaps: Gaps) -> Floats:
    """Return what the features of n rows weigh in the log-odds of the second group, shape (b, n, p).

    For a row with known cells o, Σ_oo^-1 (μ₂ − μ₁)_o, zero where unknown.

    Parameters
    ----------
    fit : Fit
        Two tied components, b fits.
    gaps : Gaps
        Gaps of n rows.
    """
    inverse = gaps.inverse(fit.covariances[:, 0])
    delta = fit.means[:, 1] - fit.means[:, 0]
    slope = (inverse @ delta[:, None, :, None])[..., 0]
    by_row: Floats = slope[:, gaps.row]
    return by_row


def parts_of(x: Floats, fit: Fit, caps: Floats) -> tuple[Floats, Floats]:
    """Return each feature's part of the log-odds of the second group, and the log-odds of the mixing shares.

    slope_j (x_j − midpoint_j), at most `caps`_j to either side; 0 where unknown. Parts and base add up to
    logit P. Without the caps P is the posterior of the mixture; with them one cell cannot settle a verdict
    for which the feature is not reliable enough.

    Returns
    -------
    parts : array, shape (b, n, p)
    base : array, shape (b, 1)
    """
    gaps = Gaps.of(x)
    middle = fit.means.mean(axis=1)[:, None, :]
    part = slopes(fit, gaps) * np.where(gaps.known, x - middle, 0.0)
    return np.clip(part, -caps, caps), np.log(fit.weights[:, 1] / fit.weights[:, 0])[:, None]


def posterior(x: Floats, fit: Fit, caps: Floats) -> Floats:
    """Return the share of each row of `x` in the second group under each fit, shape (b, n).

    A row without any known cell is left at the mixing share.
    """
    parts, base = parts_of(x, fit, caps)
    return _share(base + parts.sum(axis=2))


def contributions(x: Floats, fit: Fit, caps: Floats) -> Floats:
    """Return the parts of the log-odds under the first fit, shape (n, p); NaN where unknown."""
    return np.where(np.isnan(x), np.nan, parts_of(x, fit.take(slice(0, 1)), caps)[0][0])


def sides(shares: Floats) -> NDArray[np.int_]:
    """Return the verdict on shares over resamples, shape (b, …): 1 the second group, −1 the first, 0 neither.

    The median must lie outside `ABSTAIN`, and the range from 5 to 95 % must not cover one half.

    Examples
    --------
    >>> sides(np.array([[0.9, 0.4, 0.1], [0.8, 0.9, 0.2], [0.9, 0.8, 0.1]])).tolist()
    [1, 0, -1]
    """
    low, middle, high = np.quantile(shares, (CREDIBLE[0], 0.5, CREDIBLE[1]), axis=0)
    second = (low > 0.5) & (middle > ABSTAIN[1])
    first = (high < 0.5) & (middle < ABSTAIN[0])
    return np.asarray(second.astype(int) - first)


@dataclass(frozen=True, eq=False)
class Flips:
    """The nearest single change that would move each row to the other verdict.

    Attributes
    ----------
    feature : array of int, shape (n,)
        Which feature; −1 where no single one could within the range seen in the data.
    value : array, shape (n,)
        What it would have to reach, on the features' common scale.
    to_second : array of bool, shape (n,)
        Whether the change leads to the second group.
    """

    feature: Indices
    value: Floats
    to_second: Bools


def nearest_flips(x: Floats, fit: Fit, caps: Floats) -> Flips:
    """Return, for every row, the smallest change of one known feature that flips its verdict (`sides`).

    From "undecided" whichever side takes the smaller change. Other cells stay as they are; values are sought
    within the range that the feature has in the data, so that no impossible change is offered.

    Parameters
    ----------
    x : array, shape (n, p)
    fit : Fit
        The b fits of the resamples.
    caps : array, shape (p,)
    """
    parts, base = parts_of(x, fit, caps)
    now = sides(_share(base + parts.sum(axis=2)))
    best = np.full(x.shape, np.inf)
    value = np.full(x.shape, np.nan)
    up = np.median(base + parts.sum(axis=2), axis=0) < 0
    toward = np.broadcast_to(up[:, None], x.shape).copy()
    for to_second, rows in ((True, now < 1), (False, now > -1)):
        step, reached = _steps(x, fit, caps, to_second)
        nearer = (step < best) & rows[:, None]
        best, value = np.where(nearer, step, best), np.where(nearer, reached, value)
        toward = np.where(nearer, to_second, toward)
    feature = best.argmin(axis=1)
    at = np.arange(len(x))
    found = np.isfinite(best[at, feature])
    return Flips(
        np.where(found, feature, -1),
        np.where(found, value[at, feature], np.nan),
        np.where(found, toward[at, feature], up),
    )


def _steps(x: Floats, fit: Fit, caps: Floats, to_second: bool) -> tuple[Floats, Floats]:
    """Return the smallest change of each cell that carries its row to one side, and the value reached.

    Infinite where none within the range of the feature does.
    """
    gaps = Gaps.of(x)
    data = np.where(gaps.known, x, 0.0)
    slope, middle = slopes(fit, gaps), fit.means.mean(axis=1)[:, None, :]
    parts, base = parts_of(x, fit, caps)
    others = (base + parts.sum(axis=2))[:, :, None] - parts
    side = 1 if to_second else -1

    def reached(value: Floats) -> Bools:
        part = np.clip(slope * (value - middle), -caps, caps)
        return np.asarray(sides(_share(others + part)) == side)

    best = np.full(x.shape, np.inf)
    value = np.full(x.shape, np.nan)
    for end in (np.nanmin(x, axis=0), np.nanmax(x, axis=0)):
        near, far = data.copy(), np.broadcast_to(end, x.shape).copy()
        possible = reached(far) & gaps.known
        for _ in range(BISECTIONS):
            half = (near + far) / 2
            hit = reached(half)
            far, near = np.where(hit, half, far), np.where(hit, near, half)
        step = np.where(possible, np.abs(far - data), np.inf)
        value = np.where(step < best, far, value)
        best = np.minimum(best, step)
    return best, value


def _share(odds: Floats) -> Floats:
    out: Floats = 1 / (1 + np.exp(-np.clip(odds, -50, 50)))
    return out
