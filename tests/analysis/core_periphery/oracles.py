"""A slow and obvious search for the best core: plain uphill climbs from very many starts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def correlations(inside: Floats, outside: Floats, squares: Floats, size: Floats, n: int) -> Floats:
    """Return equation 4 from both blocks' sums, those of squares, and the core's size; −1 without one."""
    a, b = size * (size - 1), (n - size) * (n - size - 1)
    spread = (a + b) * squares - (inside + outside) ** 2
    fine = (a > 0) & (b > 0) & (spread > 1e-9 * (a + b) * squares)
    r = np.full(size.shape, -1.0)
    np.divide(b * inside - a * outside, np.sqrt(np.abs(a * b * spread)), out=r, where=fine)
    return r


def best_of_climbs(y: Floats, rng: np.random.Generator, starts: int = 150) -> float:
    """Return the best fit reached from `starts` random cores and from the hundred most linked pairs.

    All climb side by side, each by its best move of one participant into the core or out of it: what the
    participant is linked with there comes or goes. Nobody is linked with itself.
    """
    n = len(y)
    random = (rng.random((starts, n)) < rng.random((starts, 1))).astype(float)
    both, both_squares = y + y.T, y**2 + y.T**2
    upper = np.triu(both)
    pairs = np.stack(
        np.unravel_index(np.argsort(-upper, axis=None)[: min(100, int((upper > 0).sum()))], y.shape), 1
    )
    linked = np.zeros((len(pairs), n))
    linked[np.arange(len(pairs))[:, None], pairs] = 1.0
    x = np.vstack([random, linked])
    best = -1.0
    while len(x):
        inside, outside = (((s @ y) * s).sum(axis=1, keepdims=True) for s in (x, 1 - x))
        squares = sum(((s @ y**2) * s).sum(axis=1, keepdims=True) for s in (x, 1 - x))
        size = x.sum(axis=1, keepdims=True)
        here = correlations(inside, outside, squares, size, n)[:, 0]
        best = max(best, float(here.max()))
        move = 1 - 2 * x  # +1 into the core, −1 out of it
        near = correlations(
            inside + move * (x @ both),
            outside - move * ((1 - x) @ both),
            squares - move * (move @ both_squares),
            size + move,
            n,
        )
        at = near.argmax(axis=1)[:, None]
        np.put_along_axis(x, at, 1 - np.take_along_axis(x, at, 1), 1)
        x = x[near.max(axis=1) > here + 1e-12]
    return best
