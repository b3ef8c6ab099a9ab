"""What the two groups are called, what made each cluster fall where it did, and what would change it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clustercoop.analysis.verdicts.em import Fit, FloatArray, Gaps

BISECTIONS: Final = 40
ABSTAIN: Final = (0.35, 0.65)
"""Between these probabilities of being ecosystem-like the verdict is "undecided"."""


def theory_gap(fit: Fit, theory: FloatArray) -> FloatArray:
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
    out: FloatArray = (fit.means[:, 1] - fit.means[:, 0]) @ (theory / np.linalg.norm(theory))
    return out


def slopes(fit: Fit, gaps: Gaps) -> tuple[FloatArray, FloatArray]:
    """Return what the log-odds of the second group are made of: logit P = base + Σ_j slope_j x_j.

    For a row with known cells o, slope = Σ_oo^-1 (μ₂ − μ₁)_o, zero where unknown.

    Parameters
    ----------
    fit : Fit
        Two tied components, b fits.
    gaps : Gaps
        Gaps of n rows.

    Returns
    -------
    slope : array, shape (b, n, p)
    base : array, shape (b, n)
    """
    inverse = gaps.inverse(fit.covariances[:, 0])
    delta = fit.means[:, 1] - fit.means[:, 0]
    slope = (inverse @ delta[:, None, :, None])[..., 0]
    middle = fit.means.mean(axis=1)
    base = np.log(fit.weights[:, 1] / fit.weights[:, 0])[:, None] - (slope @ middle[..., None])[..., 0]
    by_row: FloatArray = slope[:, gaps.row]
    return by_row, base[:, gaps.row]


def contributions(x: FloatArray, fit: Fit) -> FloatArray:
    """Return each feature's part of the log-odds of the second group, shape (n, p); NaN where unknown.

    slope_j (x_j − midpoint_j): positive speaks for the second group. With the log-odds of the mixing
    shares they add up to logit P.
    """
    gaps = Gaps.of(x)
    slope, _ = slopes(fit.take(slice(0, 1)), gaps)
    part: FloatArray = slope[0] * (x - fit.means[0].mean(axis=0))
    return part


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

    feature: NDArray[np.intp]
    value: FloatArray
    to_second: NDArray[np.bool_]


def nearest_flips(x: FloatArray, fit: Fit) -> Flips:
    """Return, for every row, the smallest change of one known feature that flips its verdict.

    The averaged posterior must pass the abstention band: exceed `ABSTAIN`'s upper end, or fall below its
    lower end; from within the band, whichever takes the smaller change. Other cells stay as they are; values
    are sought within the range that the feature has in the data, so that no impossible change is offered.

    Parameters
    ----------
    x : array, shape (n, p)
    fit : Fit
        The b fits whose posteriors are averaged.
    """
    gaps = Gaps.of(x)
    slope, base = slopes(fit, gaps)
    data = np.where(gaps.known, x, 0.0)
    share = _mean_share(base + (slope * data).sum(axis=2))
    best = np.full(x.shape, np.inf)
    value = np.full(x.shape, np.nan)
    up = share < 0.5
    open_to = {True: share <= ABSTAIN[1], False: share >= ABSTAIN[0]}  # an undecided row may go either way
    toward = np.broadcast_to(up[:, None], x.shape).copy()
    for to_second, rows in open_to.items():
        step, reached = _steps(x, gaps, slope, base, to_second)
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


def _steps(
    x: FloatArray, gaps: Gaps, slope: FloatArray, base: FloatArray, to_second: bool
) -> tuple[FloatArray, FloatArray]:
    """Return the smallest change of each cell that carries its row past the band, and the value reached.

    Infinite where none within the range of the feature does.
    """
    data = np.where(gaps.known, x, 0.0)
    odds = base + (slope * data).sum(axis=2)

    def reached(value: FloatArray) -> NDArray[np.bool_]:
        share = _mean_share(odds[:, :, None] + slope * (value - data))
        return share > ABSTAIN[1] if to_second else share < ABSTAIN[0]

    best = np.full(x.shape, np.inf)
    value = np.full(x.shape, np.nan)
    for end in (np.nanmin(x, axis=0), np.nanmax(x, axis=0)):
        near, far = data.copy(), np.broadcast_to(end, x.shape).copy()
        possible = reached(far) & gaps.known
        for _ in range(BISECTIONS):
            middle = (near + far) / 2
            hit = reached(middle)
            far, near = np.where(hit, middle, far), np.where(hit, near, middle)
        step = np.where(possible, np.abs(far - data), np.inf)
        value = np.where(step < best, far, value)
        best = np.minimum(best, step)
    return best, value


def _mean_share(odds: FloatArray) -> FloatArray:
    share: FloatArray = (1 / (1 + np.exp(-np.clip(odds, -50, 50)))).mean(axis=0)
    return share
