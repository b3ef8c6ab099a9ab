"""A slow and obvious search for the best core: plain uphill climbs from very many starts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def fits(y: Floats, x: Floats) -> Floats:
    """Return the equation 4 correlation of each row of `x`, shape (k, n), −1 where there is none."""
    n = len(y)
    inside, outside = (((s @ y) * s).sum(axis=1) for s in (x, 1 - x))
    squares = sum(((s @ y**2) * s).sum(axis=1) for s in (x, 1 - x))
    size = x.sum(axis=1)
    a, b = size * (size - 1), (n - size) * (n - size - 1)
    spread = (a + b) * squares - (inside + outside) ** 2
    fine = (a > 0) & (b > 0) & (spread > 1e-9 * (a + b) * squares)
    r = np.full(len(x), -1.0)
    np.divide(b * inside - a * outside, np.sqrt(np.abs(a * b * spread)), out=r, where=fine)
    return r


def best_of_climbs(y: Floats, rng: np.random.Generator, starts: int = 150) -> float:
    """Return the best fit reached from `starts` random cores and from the hundred most linked pairs."""
    n = len(y)
    random = (rng.random((starts, n)) < rng.random((starts, 1))).astype(float)
    both = np.triu(y + y.T)
    pairs = np.stack(
        np.unravel_index(np.argsort(-both, axis=None)[: min(100, int((both > 0).sum()))], both.shape), 1
    )
    linked = np.zeros((len(pairs), n))
    linked[np.arange(len(pairs))[:, None], pairs] = 1.0
    best = -1.0
    for x in np.vstack([random, linked]):
        here = float(fits(y, x[None])[0])
        while True:
            near = np.abs(x - np.eye(n))  # every split one move away
            found = fits(y, near)
            at = int(np.argmax(found))
            if found[at] <= here + 1e-12:
                break
            here, x = float(found[at]), near[at]
        best = max(best, here)
    return best
