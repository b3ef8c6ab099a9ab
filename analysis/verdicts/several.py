"""Three or four groups, each apart from every other: the ends named by theory, the rest "between"."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
import pandas as pd
from numpy.random import Generator

from clustercoop.analysis.verdicts.connected import against, bend, geodesic, told_by
from clustercoop.analysis.verdicts.em import Gaps, fit_em, fit_tied, log_densities, normalise
from clustercoop.analysis.verdicts.groups import PSEUDO_ROWS, RIDGE, STEPS, TOLERANCE, bootstrap_weights
from clustercoop.analysis.verdicts.humps import humps
from clustercoop.analysis.verdicts.naming import CREDIBLE
from clustercoop.analysis.verdicts.selection import MIN_SHARE, STARTS, spread_starts
from clustercoop.analysis.verdicts.split import FARTHEST, MIN_ROWS, STRAIGHT, TOLD, more, with_way
from clustercoop.graph.arrays import Floats, Indices, Objects

APART: Final = 6.0
"""Evidence asked of every pair: the line between two groups of a fit is chosen by the data."""

FEW: Final = 60
"""Clusters below which more is asked, see `more`."""

INTERVAL: Final = (0.025, 0.975)


@dataclass(frozen=True, eq=False)
class Several:
    """Three or four groups, the lowest along theory first.

    Attributes
    ----------
    evidence : float
        Of the least separate pair, less what speaks for a bend, and with that of the way between them.
    shares : array, shape (b, n, k)
        Posterior shares of every resample.
    low, high : bool
        Whether the lowest and the highest group lie apart from their neighbour along theory beyond doubt.
    """

    evidence: float
    shares: Floats
    low: bool
    high: bool

    @property
    def group(self) -> Indices:
        """Group of each cluster, counted along theory, shape (n,)."""
        return np.asarray(np.median(self.shares, axis=0).argmax(axis=1))

    @property
    def verdicts(self) -> Objects:
        """Return the verdict of each cluster: an end of theory, between, or undecided.

        A side is taken where its share exceeds one half in 95 % of the resamples.
        """
        last = self.shares.shape[2] - 1
        ends = (self.shares[:, :, 0] * self.low, self.shares[:, :, last] * self.high)
        middle = 1 - ends[0] - ends[1] if self.low and self.high else self.shares[:, :, 1:last].sum(axis=2)
        sure = [np.quantile(share, CREDIBLE[0], axis=0) > 0.5 for share in (*ends, middle)]
        return np.select(sure, ["cluster-like", "ecosystem-like", "between"], "undecided").astype(object)


def find_several(
    x: Floats, completed: Floats, theory: Floats, chosen: pd.DataFrame, resamples: int, rng: Generator
) -> Several | None:
    """Return three or four groups (the number of least BIC) if every two of them are apart, else None.

    Two are apart if on the line that tells them best (Σ^-1 of the difference of their means) two humps are
    likelier than one by 6 (more of few clusters), also with the way between them (`with_way`; twice what it
    says against them, because it was not chosen by the data), and nothing bends on it (`bend`). Pieces of one
    curve have a neighbour from which they are not.

    Parameters
    ----------
    x, completed : array, shape (n, p)
        On the scale, with NaN unknown, and with unknown cells at their conditional means.
    theory : array, shape (p,)
    chosen : DataFrame
        See `selection.criteria`.

    Examples
    --------
    >>> from clustercoop.analysis.verdicts.selection import criteria
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(120, 3)) + 6.0 * np.repeat(np.eye(3)[[0, 1, 2]], 40, axis=0)
    >>> x = (x - x.mean(axis=0)) / x.std(axis=0)
    >>> found = find_several(x, x, np.array([1.0, 0.5, 0.0]), criteria(x, rng), 20, rng)
    >>> [int(size) for size in np.bincount(found.group)]
    [40, 40, 40]
    """
    k = int(chosen["groups"].to_numpy()[int(chosen["bic"].to_numpy().argmin())])
    n, p = completed.shape
    rows = np.clip(completed, -FARTHEST, FARTHEST)
    if k < 3:
        return None
    fits = fit_tied(rows, spread_starts(rows, k, rng, STARTS), ridge=RIDGE, tolerance=TOLERANCE)
    fit = fits.take(np.array([int(fits.log_likelihood.argmax())]))
    along = fit.means[0] @ theory
    order = np.argsort(along)
    label = np.argsort(order)[fit.responsibilities[0].argmax(axis=1)]
    if np.bincount(label, minlength=k).min() < max(MIN_SHARE * n, MIN_ROWS / 2):
        return None
    least = np.inf
    for one, other in combinations(range(k), 2):
        pair = (label == one) | (label == other)
        difference = fit.means[0, order[other]] - fit.means[0, order[one]]
        line = rows[pair] @ np.linalg.solve(fit.covariances[0, 0], difference)
        seen = humps(line)
        turned = bend(rows[pair], line, seen.upper)
        used, way = geodesic(rows[pair], rng)
        even, told = humps(way, bridge=False).evidence, told_by(way, line[used])
        both = with_way(seen.evidence, even, told)
        if told > TOLD:
            both = min(both, seen.evidence + 2 * even)
        least = min(least, seen.evidence - against(turned), both)
        if least < APART + more(n, FEW) or turned < STRAIGHT:
            return None
    counts = bootstrap_weights(n, resamples, rng)
    gaps = Gaps.of(x)
    start = 0.9 * np.eye(k)[label] + 0.1 / k
    again = fit_em(
        x,
        start,
        row_weights=counts,
        gaps=gaps,
        ridge=RIDGE,
        prior=PSEUDO_ROWS * p,
        tolerance=TOLERANCE,
        max_iterations=STEPS,
    )
    data = np.where(gaps.known, x, 0.0)[None]
    shares, _ = normalise(log_densities(data, gaps, again.weights, again.means, again.covariances))
    steps = np.diff(again.means @ theory, axis=1)
    sure = np.quantile(steps, INTERVAL[0], axis=0) > 0
    return Several(least, shares, bool(sure[0]), bool(sure[-1]))
