"""The common scale of the features: smooth, and it keeps humps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from clustercoop.analysis.verdicts.humps import gain
from clustercoop.graph.arrays import Floats

LAMBDAS: Final = np.linspace(-2.0, 4.0, 121)
"""Grid of Yeo–Johnson exponents; 1 leaves the shape as it is."""

NORMAL_IQR: Final = 1.3489795003921634
"""Interquartile range of the standard normal distribution."""

FARTHEST: Final = 1e3
GAIN: Final = 4.0
"""Log-likelihood that an exponent must gain: uneven groups look skewed, and evening them out bends them."""


def yeo_johnson(x: Floats, exponent: Floats | float) -> Floats:
    """Return the Yeo–Johnson transform, which evens out skewness and never makes two humps of one.

    ((x + 1)^λ − 1)/λ for x ≥ 0 and −((1 − x)^(2−λ) − 1)/(2 − λ) below, logarithms at λ = 0 and 2 [1]_.

    References
    ----------
    .. [1] Yeo, I.-K. & Johnson, R. A. (2000). A new family of power transformations to improve normality
       or symmetry. Biometrika 87, 954–959.

    Examples
    --------
    >>> yeo_johnson(np.array([-1.0, 0.0, 1.0]), 1.0).tolist()
    [-1.0, 0.0, 1.0]
    """
    size = np.log1p(np.abs(x))
    power = np.where(x >= 0, exponent, 2 - np.asarray(exponent))
    flat = np.abs(power) < 1e-9
    safe = np.where(flat, 1.0, power)
    return np.sign(x) * np.where(flat, size, np.expm1(safe * size) / safe)


def yeo_johnson_back(y: Floats, exponent: Floats | float) -> Floats:
    """Return the inverse of `yeo_johnson`; NaN where `y` lies beyond what the transform reaches.

    Examples
    --------
    >>> yeo_johnson_back(yeo_johnson(np.array([-2.0, 3.0]), 0.3), 0.3).round(12).tolist()
    [-2.0, 3.0]
    """
    power = np.where(y >= 0, exponent, 2 - np.asarray(exponent))
    flat = np.abs(power) < 1e-9
    safe = np.where(flat, 1.0, power)
    inner = safe * np.abs(y)
    reached = inner > -1
    size = np.where(flat, np.abs(y), np.log1p(np.where(reached, inner, 0.0)) / safe)
    return np.where(reached | flat, np.sign(y) * np.expm1(size), np.nan)


@dataclass(frozen=True, eq=False)
class Scale:
    """Columns' median, spread, Yeo–Johnson exponent, and the mean and deviation after it, each shape (p,)."""

    median: Floats
    spread: Floats
    exponent: Floats
    mean: Floats
    deviation: Floats

    @classmethod
    def fit(cls, x: Floats) -> Scale:
        """Return the scale of the columns of `x`, shape (n, p), NaN unknown.

        The spread is the interquartile range in units of the normal one, so that a wild value does not
        set it; the exponent maximises the profile likelihood of a normal distribution where that gains much,
        and is 1 otherwise.
        """
        low, median, high = np.nanquantile(x, [0.25, 0.5, 0.75], axis=0)
        spread = (high - low) / NORMAL_IQR
        z = _spreads(x, median, spread)
        exponent = np.array([_best_exponent(column[~np.isnan(column)]) for column in z.T])
        y = yeo_johnson(z, exponent)
        return cls(median, spread, exponent, np.nanmean(y, axis=0), np.nanstd(y, axis=0))

    def forward(self, x: Floats) -> Floats:
        """Return `x`, shape (…, p), on the scale: mean 0, deviation 1, about normal."""
        z = _spreads(x, self.median, self.spread)
        return (yeo_johnson(z, self.exponent) - self.mean) / self.deviation

    def backward(self, y: Floats) -> Floats:
        """Return the inverse of `forward`; NaN beyond its reach."""
        z = yeo_johnson_back(y * self.deviation + self.mean, self.exponent)
        return z * self.spread + self.median


def _spreads(x: Floats, median: Floats, spread: Floats) -> Floats:
    """Return distances from the median in spreads; what is absurdly far stays finite after any exponent."""
    return np.clip((x - median) / spread, -FARTHEST, FARTHEST)


def _best_exponent(z: Floats) -> float:
    y = yeo_johnson(z[None, :], LAMBDAS[:, None])
    jacobian = float((np.sign(z) * np.log1p(np.abs(z))).sum())
    likelihood = -0.5 * len(z) * np.log(y.var(axis=1)) + (LAMBDAS - 1) * jacobian
    best = int(likelihood.argmax())
    plain = int(np.abs(LAMBDAS - 1).argmin())
    gained = likelihood[best] - likelihood[plain]
    return float(LAMBDAS[best if gained > GAIN and gained > gain(z) else plain])
