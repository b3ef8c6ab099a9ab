"""What any test could see: power of the likelihood ratio of two humps against the nearest single population.

    python -m benchmarks.best_possible

By the Neyman–Pearson lemma no test of the same level has more power against that population; the direction
is taken as known. Nearest is by Kullback–Leibler divergence: among all densities with one mode, among
log-concave ones, and among even spreads along a line blurred by normal noise.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import norm

FloatArray = NDArray[np.float64]

GRID: Final = np.linspace(-9, 11, 2001)
STEP: Final = 0.01
LEVEL: Final = 0.05
DRAWS: Final = 4000
CASES: Final = ((3.0, 0.5, 150), (4.0, 0.2, 150), (4.0, 0.5, 100), (4.97, 0.5, 60), (4.97, 0.5, 41))


def two_humps(distance: float, share: float) -> FloatArray:
    """Return the density of two unit normal humps on `GRID`."""
    return np.asarray((1 - share) * norm.pdf(GRID) + share * norm.pdf(GRID - distance))


def one_mode(density: FloatArray) -> FloatArray:
    """Return the nearest density with one mode: isotonic up to it and down from it."""
    from sklearn.isotonic import isotonic_regression

    def fit(at: int) -> FloatArray:
        rise, fall = density[:at], density[at:][::-1]
        parts = [isotonic_regression(part) if len(part) else part for part in (rise, fall)]
        return np.concatenate([parts[0], parts[1][::-1]])

    def divergence(near: FloatArray) -> float:
        return float((density * np.log(np.maximum(density, 1e-300) / np.maximum(near, 1e-300))).sum())

    return min((fit(at) for at in range(0, len(GRID), 10)), key=divergence)


def even_spread(density: FloatArray) -> FloatArray:
    """Return the nearest even spread along a line, blurred."""
    mean = float((density * GRID).sum() * STEP)
    deviation = float(np.sqrt((density * (GRID - mean) ** 2).sum() * STEP))

    def curve(at: FloatArray) -> FloatArray:
        half, blur = np.exp(at[1]), np.exp(at[2])
        inside = norm.cdf((GRID - at[0] + half) / blur) - norm.cdf((GRID - at[0] - half) / blur)
        return np.maximum(inside / (2 * half), 1e-300)

    starts = ([mean, np.log(deviation * width), np.log(deviation / 2)] for width in (0.5, 1.0, 1.5))
    fits = [
        minimize(lambda at: -(density * np.log(curve(at))).sum(), start, method="Nelder-Mead")
        for start in starts
    ]
    return curve(min(fits, key=lambda fit: float(fit.fun)).x)


def log_concave(density: FloatArray) -> FloatArray:
    """Return the nearest log-concave density, its logarithm piecewise linear with knots .4 apart."""
    knots = GRID[::40]
    base = np.column_stack([np.ones_like(GRID), GRID, *(-np.maximum(GRID - knot, 0) for knot in knots[1:-1])])
    mean = float((density * GRID).sum() * STEP)
    variance = float((density * (GRID - mean) ** 2).sum() * STEP)
    slope = -(knots[1] + knots[0] - 2 * mean) / 2 / variance
    start = np.full(base.shape[1], 0.4 / variance)
    top = -((knots[0] - mean) ** 2) / 2 / variance - np.log(2 * np.pi * variance) / 2
    start[:2] = top - slope * knots[0], slope

    def loss(at: FloatArray) -> tuple[float, FloatArray]:
        told = base @ at
        near = np.exp(np.minimum(told, 50))
        return float((near - density * told).sum() * STEP), base.T @ (near - density) * STEP

    free: list[tuple[float | None, float | None]] = [(None, None)] * 2 + [(0.0, None)] * (len(start) - 2)
    most = {"maxiter": 5000, "maxfun": 20000}
    fit = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=free, options=most)
    near = np.exp(base @ fit.x)
    return np.asarray(near / (near.sum() * STEP))


def power(density: FloatArray, null: FloatArray, n: int, rng: np.random.Generator) -> float:
    """Return how often the ratio of `density` to `null` exceeds its 95 % point under `null`."""
    ratio = np.log(np.maximum(density, 1e-300) / np.maximum(null, 1e-300))

    def sums(drawn: FloatArray) -> FloatArray:
        steps = np.cumsum(drawn) / drawn.sum()
        cells = np.searchsorted(steps, rng.random((DRAWS, n))).clip(0, len(GRID) - 1)
        return np.asarray(ratio[cells].sum(axis=1))

    return float((sums(density) > np.quantile(sums(null), 1 - LEVEL)).mean())


def main() -> None:
    """Print one line a case."""
    rng = np.random.default_rng(0)
    for distance, share, n in CASES:
        density = two_humps(distance, share)
        told = (
            f"{kind.__name__} {power(density, kind(density), n, rng):.2f}"
            for kind in (one_mode, log_concave, even_spread)
        )
        print(f"distance {distance:g}, share {share:g}, n = {n}:", *told, flush=True)


if __name__ == "__main__":
    main()
