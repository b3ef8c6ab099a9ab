r"""What changed with a support measure: difference in differences over clusters, judged by reassignment.

A cluster i with its first measure in year g is set against all clusters that never had one, over the same
years; the year of the measure itself counts neither as before nor as after:

.. math::

    D_i(g) = \overline{y_{i, t > g}} - \overline{y_{i, t < g}} \qquad
    d = \frac{1}{|T|} \sum_{i \in T} \Bigl( D_i(g_i) - \frac{1}{|N|} \sum_{j \in N} D_j(g_i) \Bigr)

With one year g, full data and two years this is the interaction of a regression with fixed effects of
clusters and years. Never-supported clusters alone are the comparison, so that no cluster supported earlier
serves as one. The p-value is the share of random reassignments of the measures to clusters whose |d| is at
least as large. The same difference within the years before, last against first, tells whether the paths were
parallel.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from typing import Final

import numpy as np

from clustercoop.graph.arrays import Bools, Floats, Ints
from clustercoop.graph.shipped import shipped_rules

VERDICTS: Final = (
    "cannot be told",
    "paths differ before",
    "no more than chance",
    "more than chance",
)
_EXACT: Final = 5000


@dataclass(frozen=True, slots=True)
class Rule:
    """When a difference is told; see ``analysis/data/effects.toml``."""

    with_measure: int
    without_measure: int
    years_before: int
    paths_differ_below: float
    beyond_chance_below: float
    draws: int


@cache
def rule() -> Rule:
    """Return the shipped rule."""
    data = shipped_rules("analysis", "data", "effects.toml")
    return Rule(**data["least"], **data["told"])


@dataclass(frozen=True, slots=True)
class Effect:
    """A difference in differences; NaN where the data do not give it.

    Attributes
    ----------
    supported, without : int
        Clusters known in every year, with years enough before and after the measure, or without one.
    difference, p : float
        d, and the share of reassignments with an |d| as large.
    before, p_before : float
        The same within the years before.
    least_p : float
        The smallest p that so few clusters could give.
    """

    supported: int
    without: int
    difference: float = math.nan
    p: float = math.nan
    before: float = math.nan
    p_before: float = math.nan
    least_p: float = math.nan


def windows(years: Ints, first: int) -> tuple[Bools, Bools]:
    """Return which years are before, and which after, a measure of year `first`."""
    return years < first, years > first


def difference_in_differences(
    values: Floats, years: Ints, first: Floats, rng: np.random.Generator, chosen: Rule | None = None
) -> Effect:
    """Return the difference in differences of clusters with a measure against those without.

    Parameters
    ----------
    values : array, shape (clusters, years)
        The figure; a cluster with an unknown year is left out.
    years : array of int, shape (years,)
        Ascending.
    first : array, shape (clusters,)
        Year of the first measure, NaN for none. One outside the years, or without years enough before and a
        year after it, leaves the cluster out.
    rng : Generator
    chosen : Rule, optional

    Returns
    -------
    Effect
        Figures where there are clusters enough on both sides.

    References
    ----------
    Callaway, B., Sant'Anna, P. H. C. (2021). Difference-in-differences with multiple time periods. Journal of
    Econometrics 225, 200–230. MacKinnon, J. G., Webb, M. D. (2020). Randomization inference for
    difference-in-differences with few treated clusters. Journal of Econometrics 218, 435–450.

    Examples
    --------
    Five clusters gain 2 with the measure of 2022, five others 0; both gained 1 a year before.

    >>> years = np.array([2020, 2021, 2022, 2023])
    >>> paths = np.tile([0.0, 1.0, 2.0, 3.0], (10, 1)) + np.arange(10.0)[:, None]
    >>> paths[:5, 3] += 2
    >>> first = np.array([2022.0] * 5 + [np.nan] * 5)
    >>> found = difference_in_differences(paths, years, first, np.random.default_rng(0))
    >>> round(found.difference, 6), round(found.p, 4), round(found.before, 6)
    (2.0, 0.0079, 0.0)
    """
    told = chosen or rule()
    known = ~np.asarray(np.isnan(values).any(axis=1))
    usable = [
        bool(known[i])
        and not math.isnan(first[i])
        and int((years < first[i]).sum()) >= told.years_before
        and int((years > first[i]).sum()) >= 1
        for i in range(len(values))
    ]
    treated = np.flatnonzero(usable)
    free = np.flatnonzero(known & np.isnan(first))
    out = Effect(len(treated), len(free))
    if len(treated) < told.with_measure or len(free) < told.without_measure:
        return out
    pool, slots = values[np.r_[treated, free]], first[treated]
    change, earlier = (np.empty((len(pool), len(slots))) for _ in range(2))
    for k, year in enumerate(slots.tolist()):
        before, after = windows(years, int(year))
        change[:, k] = pool[:, after].mean(axis=1) - pool[:, before].mean(axis=1)
        at = np.flatnonzero(before)
        earlier[:, k] = pool[:, at[-1]] - pool[:, at[0]]
    ways = _reassignments(len(pool), len(slots), len(set(slots.tolist())) == 1, told.draws, rng)
    found, p = _judged(change, ways)
    path, p_path = _judged(earlier, ways)
    return Effect(len(treated), len(free), found, p, path, p_path, 1 / len(ways))


def _reassignments(n: int, k: int, alike: bool, draws: int, rng: np.random.Generator) -> Ints:
    """Return who could have had the measures, shape (ways, k), as they are first.

    Every choice where the measures are of one year and there are few; random ones elsewhere.
    """
    if alike and math.comb(n, k) <= _EXACT:
        return np.array(list(combinations(range(n), k)))
    drawn = np.array([rng.permutation(n)[:k] for _ in range(draws)])
    return np.vstack([np.arange(k), drawn])


def _judged(change: Floats, ways: Ints) -> tuple[float, float]:
    """Return d as things are (the first way) and its p."""
    n, k = change.shape
    total = change.sum(axis=0)
    own = change[ways, np.arange(k)]
    taken = change[ways].sum(axis=1)
    rest = (total - taken) / (n - k)
    d = (own - rest).mean(axis=1)
    noise = 1e-9 * max(1e-300, float(np.abs(change).max()))
    return float(d[0]), float((np.abs(d) >= abs(d[0]) - noise).mean())


def verdict(effect: Effect, corrected: float, chosen: Rule | None = None) -> str:
    """Return what may be said of a difference, one of `VERDICTS`; `corrected` is p for all comparisons.

    Examples
    --------
    >>> verdict(Effect(2, 9), math.nan), verdict(Effect(9, 9, 1.0, 0.01, 0.0, 0.9, 0.001), 0.04)
    ('cannot be told', 'more than chance')
    """
    told = chosen or rule()
    if math.isnan(effect.p) or effect.least_p > told.beyond_chance_below:
        return VERDICTS[0]
    if effect.p_before < told.paths_differ_below:
        return VERDICTS[1]
    return VERDICTS[3] if corrected < told.beyond_chance_below else VERDICTS[2]


def before_and_after(
    values: Mapping[int, float], year: int, others: list[Mapping[int, float]]
) -> tuple[float, float, float, int]:
    """Return a cluster's mean before and after a measure, the mean change of those without it, their number.

    Others count where they are known in every year that the cluster is.

    Examples
    --------
    >>> before_and_after({2020: 1.0, 2021: 2.0, 2022: 4.0}, 2021, [{2020: 1.0, 2022: 2.0}, {2020: 5.0}])
    (1.0, 4.0, 1.0, 1)
    """
    early = [y for y, value in values.items() if y < year and value == value]
    late = [y for y, value in values.items() if y > year and value == value]
    if not early or not late:
        missing = math.nan
        means = [float(np.mean([values[y] for y in side])) if side else missing for side in (early, late)]
        return means[0], means[1], missing, 0
    before, after = (float(np.mean([values[y] for y in side])) for side in (early, late))
    changes = [
        float(np.mean([other[y] for y in late]) - np.mean([other[y] for y in early]))
        for other in others
        if not any(math.isnan(other.get(y, math.nan)) for y in (*early, *late))
    ]
    return before, after, float(np.mean(changes)) if changes else math.nan, len(changes)
