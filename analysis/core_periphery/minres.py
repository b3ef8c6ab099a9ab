"""Continuous coreness of suppliers and buyers: least squares on the off-diagonal cells (MINRES)."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from clustercoop.analysis.core_periphery.common import (
    CoreFit,
    Edges,
    GraphLike,
    as_edges,
    check_weights,
    core_fit,
)
from clustercoop.analysis.core_periphery.kernels import descending
from clustercoop.analysis.jit import jit
from clustercoop.graph.arrays import Bools, Floats, Int32s
from clustercoop.graph.formation import sum_by
from clustercoop.graph.settings import Weights

STEPS: Final = 5000
TOLERANCE: Final = 1e-11

FURTHER: Final = 1e-13
"""Tolerance of the steps that show whether u and v have settled."""

GROWN: Final = 4.0
"""How much a hub is enlarged, and all others reduced, to see whether it could grow without bound."""

SETTLED: Final = 0.01
"""How far u and v may still go there, or differ between equally good fits, as a share of the largest."""

RANDOM: Final = 48
"""Random starts that a fit tries…"""

TRIAL: Final = 4
"""… for so many steps each…"""

PROMISING: Final = 6
"""… to pursue those of the least error, as it does from each supplier as the hub…"""

FEW: Final = 500
"""… up to so many links: small networks are those with several minima."""

EQUAL: Final = 1e-8
"""Errors closer than this share of Σ a² are equally good."""


@jit
def factor(
    n: int,
    src: Int32s,
    dst: Int32s,
    a: Floats,
    symmetric: bool,
    u: Floats,
    v: Floats,
    steps: int,
    tolerance: float,
) -> tuple[float, int]:
    """Refine u and v in place by alternating least squares; return Σ_{i≠j} (a_ij − u_i v_j)² and the steps.

    `src` is sorted. Symmetric: u = v, updated one participant after another.
    """
    squares = 0.0
    for e in range(a.size):
        squares += a[e] * a[e]
    numerator = np.zeros(n)
    error = np.inf
    for step in range(steps):
        total = 0.0
        for j in range(n):
            total += v[j] * v[j]
        e = 0
        for i in range(n):  # the best u_i for given v; a symmetric u is its own v, at once
            s = 0.0
            while e < a.size and src[e] == i:
                s += a[e] * v[dst[e]]
                e += 1
            rest = total - v[i] * v[i]
            u[i] = s / rest if rest > 1e-14 * total else 0.0
            if symmetric:
                total += u[i] * u[i] - v[i] * v[i]
                v[i] = u[i]
        if not symmetric:
            total = 0.0
            for j in range(n):
                total += u[j] * u[j]
                numerator[j] = 0.0
            for e in range(a.size):
                numerator[dst[e]] += a[e] * u[src[e]]
            for j in range(n):
                rest = total - u[j] * u[j]
                v[j] = numerator[j] / rest if rest > 1e-14 * total else 0.0
        uu, vv, both, cross = 0.0, 0.0, 0.0, 0.0
        for i in range(n):
            uu += u[i] * u[i]
            vv += v[i] * v[i]
            both += u[i] * u[i] * v[i] * v[i]
        for e in range(a.size):
            cross += a[e] * u[src[e]] * v[dst[e]]
        previous = error
        error = squares - 2.0 * cross + uu * vv - both
        if abs(previous - error) <= tolerance * squares:
            return error, step + 1
    return error, steps


Links = tuple[Int32s, Int32s, Floats, bool]


@jit
def refine(n: int, links: Links, start: Floats, u: Floats, v: Floats, steps: int, tolerance: float) -> float:
    """Write u and v as `factor` makes them of `start`, with equal norms; return their error."""
    src, dst, a, symmetric = links
    for i in range(n):
        u[i] = v[i] = start[i]
    error, _ = factor(n, src, dst, a, symmetric, u, v, steps, tolerance)
    uu, vv = 0.0, 0.0
    for i in range(n):
        uu += u[i] * u[i]
        vv += v[i] * v[i]
    one, other = np.sqrt(uu), np.sqrt(vv)
    common = np.sqrt(one * other)
    for i in range(n):
        u[i] *= common / one if common > 0.0 else 1.0
        v[i] *= common / other if common > 0.0 else 1.0
    return error


@jit
def close(n: int, u: Floats, v: Floats, other_u: Floats, other_v: Floats) -> bool:
    """Tell whether two fits are the same, but for `SETTLED`."""
    apart, largest = 0.0, 0.0
    for i in range(n):
        apart = max(apart, abs(u[i] - other_u[i]), abs(v[i] - other_v[i]))
        largest = max(largest, u[i], v[i])
    return apart <= SETTLED * largest


@jit
def best_fit(
    n: int, links: Links, starts: Floats, tried: Floats, limits: tuple[int, float], u: Floats, v: Floats
) -> tuple[float, bool]:
    """Write the best u and v (n) from `starts` and the promising of `tried`, which are used up.

    `limits` are `STEPS`, and the difference of equal errors. Returns the least error met, and whether it has
    a minimum there, and no other u, v fit as well.
    """
    steps, equal = limits
    given = starts.shape[0]
    kept = given + min(PROMISING, tried.shape[0])
    errors, us, vs = np.zeros(kept), np.zeros((kept, n)), np.zeros((kept, n))
    early = np.zeros(tried.shape[0])
    for k in range(tried.shape[0]):
        early[k] = refine(n, links, tried[k], u, v, TRIAL, TOLERANCE)
        for i in range(n):
            tried[k, i] = v[i]
    least = 0
    for k in range(kept):
        if k < given:
            errors[k] = refine(n, links, starts[k], us[k], vs[k], steps, TOLERANCE)
        else:
            first = 0
            for j in range(1, early.size):
                first = j if early[j] < early[first] else first
            early[first] = np.inf
            errors[k] = refine(n, links, tried[first], us[k], vs[k], steps, TOLERANCE)
        least = k if errors[k] < errors[least] else least
    determined = True
    for k in range(kept):
        if errors[k] <= errors[least] + equal:
            determined = determined and close(n, us[least], vs[least], us[k], vs[k])
    once_u, once_v, beyond_u, beyond_v = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    refine(n, links, vs[least], once_u, once_v, steps, FURTHER)
    settled = refine(n, links, once_v, u, v, steps, FURTHER)
    determined = determined and close(n, once_u, once_v, u, v)
    hub = 0
    for i in range(n):
        hub = i if u[i] * v[i] > u[hub] * v[hub] else hub
    larger = np.zeros(n)
    for i in range(n):
        larger[i] = v[i] * GROWN if i == hub else v[i] / GROWN
    beyond = refine(n, links, larger, beyond_u, beyond_v, steps, TOLERANCE)
    if beyond <= settled + equal:
        determined = determined and close(n, u, v, beyond_u, beyond_v)
    return min(settled, beyond), determined


def minres(graph: GraphLike, *, weights: Weights = "relative", symmetric: bool = False) -> CoreFit:
    """Fit a_ij ≈ u_i v_j on the off-diagonal cells: u is coreness as supplier, v as buyer.

    Parameters
    ----------
    graph : graph-like of n participants
        See `as_edges`.
    weights : {"relative", "log1p", "raw", "binary"}
        How link values enter a.
    symmetric : bool
        Fit one coreness c to the same directed links, a_ij ≈ c_i c_j, so that u = v = c.

    Returns
    -------
    CoreFit
        ``supplier`` = u ≥ 0 and ``buyer`` = v ≥ 0 with equal norms, so that u_i v_j is in the units of a.
        ``fit`` is PRE = 1 − Σ_{i≠j} (a_ij − u_i v_j)² / Σ_{i≠j} (a_ij − ā)², ā the mean of the off-diagonal
        cells: 1 is a perfect fit, 0 no better than one number for all cells, and below 0 is worse.
        ``core`` is the set of largest √(u_i v_i) whose 0–1 indicator correlates best with √(u v) (the
        concentration rule of Borgatti and Everett), empty where these are all equal. NaN and an empty core
        with fewer than 3 participants, no link, or cells all equal. If the error has no minimum (``fit`` is
        the bound it approaches), or different u, v fit equally well (two separate groups alike), u and v are
        NaN and the core is empty. ``ties`` is not counted: 1 where there is a core, else 0.

    Notes
    -----
    Given v, the best u_i is Σ_{j≠i} a_ij v_j / Σ_{j≠i} v_j², and likewise v given u: each half step lowers
    the error, and links ≥ 0 keep u and v ≥ 0. The diagonal is missing, not zero, which separates MINRES from
    the plain SVD [1]_. The starts are the strengths, which may lie on a saddle (all equal: two separate
    groups alike), the strengths tilted by their rank either way, and, up to 500 links, the six most
    promising of 48 random ones and of one for each supplier as the hub; the best end is kept. It stops when a
    step gains less than 1e-11 of Σ a². Where 1e-13 goes on to move u or v by more than 1 % of the largest, or
    a fit with a hub four times as large is as good, there is no minimum to find: a star is the case, whose
    hub's u and v grow without bound as its own cell is missing.

    References
    ----------
    .. [1] J. P. Boyd, W. J. Fitzgerald, M. C. Mahutga, D. A. Smith (2010). Computing continuous
    core/periphery
       structures for social relations data with MINRES/SVD. *Social Networks* 32, 125–137.

    Examples
    --------
    A product of supplier and buyer coreness is recovered:

    >>> u, v = np.array([4.0, 2.0, 1.0, 1.0]), np.array([1.0, 3.0, 2.0, 1.0])
    >>> result = minres(np.outer(u, v), weights="raw")
    >>> round(result.fit, 6), np.round(result.supplier / result.supplier[-1], 3).tolist()
    (1.0, [4.0, 2.0, 1.0, 1.0])
    """
    check_weights(weights, "minres")
    edges = as_edges(graph, "minres")
    u, v, pre = coreness(edges, edges.values(weights), symmetric=symmetric)
    core = concentrated(np.sqrt(u * v))
    return core_fit(
        edges,
        "MINRES",
        core,
        pre,
        ties=int(core.any()),
        supplier=u,
        buyer=v,
        weights=weights,
        symmetric=symmetric,
    )


def concentrated(coreness: Floats) -> Bools:
    """Return the largest values whose 0–1 indicator correlates best with `coreness`, shape (n,).

    With k ones the correlation is (S_k − k c̄) / √(k (n − k)) up to a constant, S_k the sum of the k largest.
    Of equal correlations the smaller set is taken. Nobody where all values are equal, or unknown.

    Examples
    --------
    >>> concentrated(np.array([0.1, 0.9, 0.2, 1.0])).tolist()
    [False, True, False, True]
    """
    n = len(coreness)
    if n == 0 or not np.isfinite(coreness).all() or np.ptp(coreness) <= 1e-6 * coreness.max():
        return np.zeros(n, bool)
    ranking = np.lexsort((np.arange(n), -coreness))
    k = np.arange(1, n)
    excess = np.cumsum(coreness[ranking])[:-1] - k * coreness.mean()
    core = np.zeros(n, bool)
    core[ranking[: int(np.argmax(excess / np.sqrt(k * (n - k)))) + 1]] = True
    return core


class LeastSquares(NamedTuple):
    """The best u and v found.

    Attributes
    ----------
    u, v : array, shape (n,)
        Coreness, of equal norms.
    pre : float
        The share of variance explained.
    determined : bool
        Whether the error has a minimum there, and no other u, v fit as well.
    """

    u: Floats
    v: Floats
    pre: float
    determined: bool


def coreness(edges: Edges, a: Floats, *, symmetric: bool = False) -> tuple[Floats, Floats, float]:
    """Return u, v (equal norms) and PRE for the links' values `a`; u and v NaN where not determined."""
    fitted = least_squares(edges, a, symmetric=symmetric)
    unknown = np.full(edges.n, np.nan)
    return (fitted.u, fitted.v, fitted.pre) if fitted.determined else (unknown, unknown, fitted.pre)


def least_squares(edges: Edges, a: Floats, *, symmetric: bool = False) -> LeastSquares:
    """Fit u and v to the links' values `a` from several starts (see `minres`)."""
    n = edges.n
    squares = float(a @ a)
    spread = squares - float(a.sum()) ** 2 / max(n * (n - 1), 1)
    if n < 3 or len(a) == 0 or spread <= 1e-10 * squares:
        unknown = np.full(n, np.nan)
        return LeastSquares(unknown, unknown, np.nan, False)
    src, dst = edges.src, edges.dst
    lost = 0.0  # error that no symmetric fit can touch
    if symmetric:
        key = np.r_[src.astype(np.int64) * n + dst, dst.astype(np.int64) * n + src]
        pair, inverse = np.unique(key, return_inverse=True)
        a = sum_by(inverse, np.r_[a, a] / 2, len(pair))
        src, dst = (pair // n).astype(np.int32), (pair % n).astype(np.int32)
        lost = squares - float(a @ a)

    u, v = np.zeros(n), np.zeros(n)
    links = src, dst, a, symmetric
    random = _random(n) if len(a) <= FEW else np.zeros((0, n))
    limits = STEPS, EQUAL * squares
    error, determined = fit_from(n, links, _tilts(n), random, 1e-3 * float(a.mean()), limits, u, v)
    return LeastSquares(u, v, min(1.0 - (error + lost) / spread, 1.0), determined)


@jit
def fit_from(
    n: int,
    links: Links,
    tilts: Floats,
    random: Floats,
    least: float,
    limits: tuple[int, float],
    u: Floats,
    v: Floats,
) -> tuple[float, bool]:
    """Run `best_fit` from what is bought, tilted by the rank of the strengths.

    `tilts` (k, n) are the factors from the largest strength. Where there are `random` starts they are tried,
    and for each supplier its buyers, who make it the hub: what they buy of it, and `least`.
    """
    src, dst, a, _ = links
    bought, sold, ranking = np.zeros(n), np.zeros(n), np.zeros(n, np.int64)
    given, hubs = random.shape[0], 0  # not everyone: members may be many and links few
    for e in range(a.size):
        bought[dst[e]] += a[e]
        sold[src[e]] += a[e]
        hubs += 1 if given > 0 and (e == 0 or src[e] != src[e - 1]) else 0
    for i in range(n):
        sold[i] += bought[i]
    descending(sold, ranking)
    starts, tried = np.zeros((tilts.shape[0], n)), np.zeros((given + hubs, n))
    for s in range(tilts.shape[0]):
        for k in range(n):
            starts[s, ranking[k]] = bought[ranking[k]] * tilts[s, k]
    for s in range(given + hubs):
        for i in range(n):
            tried[s, i] = random[s, i] if s < given else least
    row = given - 1
    for e in range(a.size if given > 0 else 0):
        row += 1 if e == 0 or src[e] != src[e - 1] else 0
        tried[row, dst[e]] = a[e] + least
    return best_fit(n, links, starts, tried, limits, u, v)


@lru_cache(maxsize=128)
def _tilts(n: int) -> Floats:
    return np.exp(np.array([[0.0], [-2.0], [2.0]]) * np.linspace(0.0, 1.0, n))


@lru_cache(maxsize=128)
def _random(n: int) -> Floats:
    return np.random.default_rng(0).exponential(size=(RANDOM, n))
