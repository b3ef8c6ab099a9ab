"""A gap between two groups, or one evenly spread population cut in two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from clustercoop.analysis.verdicts.em import Fit, FloatArray
from clustercoop.analysis.verdicts.existence import NEAR, simulation_error
from clustercoop.analysis.verdicts.groups import RIDGE, Estimate, Recipe

POPULATIONS: Final = 199
MOST_EVEN: Final = 0.04
WINDOWS: Final = 9
MOST_SHARE: Final = 0.96
"""Largest share of the line between the groups that an even spread may explain; 1 leaves no covariance."""


def valley(
    recipe: Recipe,
    fit: Fit,
    rng: Generator,
    populations: int = POPULATIONS,
    most: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Estimate:
    """Return how often one evenly spread population shows so empty a middle when it is cut in two.

    The emptiness of the middle (`emptiness`) is compared with that of `populations` data sets drawn from one
    population with the same covariance and no groups, spread evenly from end to end along the line between
    the groups' means (`even_spread`). Each is divided in two from scratch by the same recipe, so its line is
    chosen after the fact too. An even spread is the hardest case: one peak leaves more in the middle.

    Parameters
    ----------
    recipe : Recipe
    fit : Fit
        Its fit to the data; the first one counts.
    rng : Generator
    populations : int
        Data sets to compare with.
    most : int
        Draw on up to so many while the value lies within 2.5 of its errors of 0.04.
    progress : callable, optional
        Called with the share of the most draws that are done.

    Returns
    -------
    Estimate
        (1 + data sets at least as empty) / (1 + data sets).

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> apart = rng.normal(size=(60, 3)) + 3.0 * (np.arange(60) < 30)[:, None]
    >>> even = rng.normal(scale=0.5, size=(60, 3)) + rng.uniform(-2, 2, size=(60, 1))
    >>> for x in (apart, even):
    ...     recipe = Recipe.of(x, np.ones(3), led=True)
    ...     print(valley(recipe, recipe.fit(np.ones((1, 60)), rng), rng, 99).value <= MOST_EVEN)
    True
    False
    """
    shown = emptiness(recipe.completed[None], fit)[0]
    apart = fit.means[0, 1] - fit.means[0, 0]
    as_empty, limit = 0, max(populations, most)
    for at in range(0, limit, populations):
        drawn = even_spread(recipe.completed, apart, populations, rng)
        again = recipe.fit(np.ones((populations, len(recipe.x))), rng, drawn)
        as_empty += int((emptiness(drawn, again) <= shown).sum())
        draws = at + populations
        if progress is not None:
            progress(draws / limit)
        value = (1 + as_empty) / (1 + draws)
        error = simulation_error(value, draws, MOST_EVEN)
        if abs(value - MOST_EVEN) > NEAR * error:
            break
    return Estimate(value, error)


def emptiness(data: FloatArray, fit: Fit) -> FloatArray:
    """Return how empty the middle between two groups is; the smaller, the emptier.

    On the line that tells the groups apart best, w = Σ⁻¹(μ₂ − μ₁), three bands a third of the distance of the
    means wide are counted: one around either mean, and the emptiest whose centre lies in the middle third.
    Of k clusters in the three, an even spread has about Binomial(k, 1/3) in the middle one; the value is its
    lower tail. 1 where the bands are empty.

    Parameters
    ----------
    data : array, shape (b, n, p)
        Complete data sets.
    fit : Fit
        The fit to each; only the first `b` are used.

    Returns
    -------
    array, shape (b,)
    """
    from scipy.special import bdtr

    b = len(data)
    apart = fit.means[:b, 1] - fit.means[:b, 0]
    line = (data @ np.linalg.solve(fit.covariances[:b, 0], apart[..., None]))[..., 0]
    share = fit.responsibilities[:b]
    total = np.maximum(share.sum(axis=1), np.finfo(float).tiny)
    low, high = ((share * line[..., None]).sum(axis=1) / total).T
    half = np.abs(high - low) / 6

    def within(centre: FloatArray) -> NDArray[np.int64]:
        count: NDArray[np.int64] = (np.abs(line - centre[:, None]) < half[:, None]).sum(axis=1)
        return count

    windows = [within((low + high) / 2 + step * half) for step in np.linspace(-1, 1, WINDOWS)]
    middle = np.min(windows, axis=0)
    count = middle + within(low) + within(high)
    out: FloatArray = np.where(count > 0, bdtr(middle.astype(np.float64), np.maximum(count, 1), 1 / 3), 1.0)
    return out


def even_spread(rows: FloatArray, apart: FloatArray, populations: int, rng: Generator) -> FloatArray:
    """Draw data sets of one population, evenly spread along `apart` and normal otherwise.

    x = a u + e, with u uniform of variance 1, Cov(x) that of `rows` and a ∥ `apart`. Halves of a uniform
    spread have means √3 apart, so a = `apart`/√3 would be cut into groups as far apart as those found; less
    where that leaves e no variance (groups further apart than an even spread can show).

    Parameters
    ----------
    rows : array, shape (n, p)
        Complete rows whose covariance is kept.
    apart : array, shape (p,)
        Difference of the groups' means.
    populations : int
    rng : Generator

    Returns
    -------
    array, shape (populations, n, p)
    """
    n, p = rows.shape
    covariance = np.cov(rows.T, bias=True).reshape(p, p) + RIDGE * np.eye(p)
    size = float(apart @ np.linalg.solve(covariance, apart))
    along = apart * np.sqrt(min(1 / 3, MOST_SHARE / size)) if size > 0 else apart
    root = np.linalg.cholesky(covariance - np.outer(along, along))
    spread = rng.uniform(-np.sqrt(3), np.sqrt(3), (populations, n, 1))
    drawn: FloatArray = rng.standard_normal((populations, n, p)) @ root.T + spread * along
    return drawn
