"""Tiering: Craig & von Peter's block model of intermediaries, and its density-based form."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Literal

import numpy as np

from clustercoop.analysis.core_periphery.common import CoreFit, Edges, GraphLike, as_edges, core_fit
from clustercoop.analysis.jit import jit
from clustercoop.graph.arrays import Floats, Int32s, Ints
from clustercoop.graph.errors import parameter_error

EXHAUSTIVE: Final = 14
"""Up to this many participants every split is tried."""

STARTS: Final = 24
"""Searches from perturbed degrees above that, where fewer than `SPARSE` of the pairs are linked…"""

PATIENCE: Final = 12
"""… but no more after so many that gain nothing."""

SPARSE: Final = 0.3

FEW: Final = 20
"""Up to so many participants they are made whatever the links."""


@jit
def tier_error(density: bool, n: int, links: int, counts: Ints) -> float:
    """Return the error of a split from `counts` = [core size, core links, periphery links, idle, deaf].

    `idle` core members sell to no peripheral one, `deaf` ones buy from none; infinite for a trivial split.
    """
    k, inside, outside, idle, deaf = counts[0], counts[1], counts[2], counts[3], counts[4]
    if k == 0 or k == n:
        return np.inf
    missing = k * (k - 1.0) - inside
    if not density:
        per_link: float = (missing + outside + (n - k) * float(idle + deaf)) / links
        return per_link
    error: float = float(idle + deaf) / k
    if k > 1:
        error += missing / (k * (k - 1.0))
    if n - k > 1:
        error += outside / ((n - k) * (n - k - 1.0))
    return error


@jit
def tier_after(
    i: int, x: Ints, sides: Ints, counts: Ints, pointers: Ints, other: Int32s, moved: Ints
) -> None:
    """Write to `moved` the counts after moving i to the other side.

    `pointers`, `other` list the buyers of 0 … n − 1, then their suppliers. `sides[i]` counts i's links to the
    core and to the periphery as supplier, then as buyer.
    """
    n = x.size
    sign = 1 - 2 * int(x[i])
    idle = counts[3] + sign * (sides[i, 1] == 0)
    deaf = counts[4] + sign * (sides[i, 3] == 0)
    last = 1 - x[i]  # links to the periphery of a partner that i's move leaves without one, or with a first
    for e in range(pointers[i], pointers[i + 1]):
        deaf += sign * ((x[other[e]] == 1) & (sides[other[e], 3] == last))
    for e in range(pointers[n + i], pointers[n + i + 1]):
        idle += sign * ((x[other[e]] == 1) & (sides[other[e], 1] == last))
    moved[0] = counts[0] + sign
    moved[1] = counts[1] + sign * (sides[i, 0] + sides[i, 2])
    moved[2] = counts[2] - sign * (sides[i, 1] + sides[i, 3])
    moved[3] = idle
    moved[4] = deaf


@jit
def tier_move(i: int, x: Ints, sides: Ints, counts: Ints, pointers: Ints, other: Int32s) -> None:
    """Move i to the other side and bring every count up to date."""
    n = x.size
    tier_after(i, x, sides, counts, pointers, other, counts)
    sign = 1 - 2 * int(x[i])
    for e in range(pointers[i], pointers[i + 1]):
        sides[other[e], 2] += sign
        sides[other[e], 3] -= sign
    for e in range(pointers[n + i], pointers[n + i + 1]):
        sides[other[e], 0] += sign
        sides[other[e], 1] -= sign
    x[i] = 1 - x[i]


@jit
def tier_climb(
    density: bool,
    pointers: Ints,
    other: Int32s,
    sides: Ints,
    counts: Ints,
    x: Ints,
    best_x: Ints,
    best: float,
    second: float,
    ties: int,
) -> tuple[float, float, int]:
    """Climb from `best_x`, of error `best`; return what `tier_search` does.

    A climb moves the best participant not yet moved, returns to the best split on its way, and repeats
    while it gains. `sides` and `counts` are those of `x`.
    """
    n = x.size
    links = pointers[n]
    fixed, moved = np.zeros(n, np.int64), np.zeros(5, np.int64)
    gained = True
    while gained:
        gained = False
        for i in range(n):
            if x[i] != best_x[i]:
                tier_move(i, x, sides, counts, pointers, other)
            fixed[i] = 0
        at = 0
        for length in range(1, n + 1):
            chosen, chosen_error = n, np.inf
            for i in range(n):
                if fixed[i] == 1:
                    continue
                tier_after(i, x, sides, counts, pointers, other, moved)
                error = tier_error(density, n, links, moved)
                if length == 1 and error < np.inf:
                    if abs(error - best) <= 1e-12:
                        ties += 1
                    second = min(second, error)
                if chosen == n or error < chosen_error:
                    chosen, chosen_error = i, error
            tier_move(chosen, x, sides, counts, pointers, other)
            fixed[chosen] = 1
            if chosen_error < best - 1e-12:
                second = best
                best, ties = chosen_error, 1
                gained = True
                at = length
                for j in range(n):
                    best_x[j] = x[j]
            elif length - at > 8:
                break
    return best, second, ties


@jit
def tier_search(
    density: bool,
    exhaustive: bool,
    ranking: Ints,
    pointers: Ints,
    other: Int32s,
    sides: Ints,
    best_x: Ints,
    climbed: Ints,
) -> tuple[float, float, int]:
    """Minimise the error over every split, or by a climb from the best prefix of `ranking`.

    `sides` starts as that of an empty core. `climbed` holds the number of prefixes climbed from before, then
    a mark of each: from the same one no other climb starts. Returns the least error, that of the best
    different split met, and the splits that share the least.
    """
    n = ranking.size
    x, counts = np.zeros(n, np.int64), np.zeros(5, np.int64)
    links = pointers[n]
    counts[2] = links
    best, second, ties = np.inf, np.inf, 0
    steps = (1 << n) - 1 if exhaustive else n
    for step in range(steps):
        i = ranking[min(step, n - 1)]
        if exhaustive:
            i = 0
            while ((step + 1) >> i) & 1 == 0:
                i += 1
        tier_move(i, x, sides, counts, pointers, other)
        error = tier_error(density, n, links, counts)
        if error < best - 1e-12:
            second = best
            best, ties = error, 1
        elif error <= best + 1e-12 and error < np.inf:
            second = error
            ties += 1
            size, first = 0, 0
            for j in range(n):
                difference = int(x[j]) - int(best_x[j])
                size += difference
                if first == 0:
                    first = difference
            if size > 0 or (size == 0 and first < 0):
                continue
        else:
            second = min(second, error)
            continue
        for j in range(n):
            best_x[j] = x[j]
    if exhaustive:
        return best, second, ties
    mark = 0
    for i in range(n):
        mark = mark * 1000003 + best_x[i] * (i + 1)
    for k in range(climbed[0]):
        if climbed[k + 1] == mark:
            return best, second, ties
    climbed[0] += 1
    climbed[climbed[0]] = mark
    return tier_climb(density, pointers, other, sides, counts, x, best_x, best, second, ties)


@jit
def tier_starts(
    density: bool, exhaustive: bool, rankings: Ints, pointers: Ints, other: Int32s, best_x: Ints
) -> tuple[float, float, int]:
    """Search from each row of `rankings`; write the best core and return what `tier_search` does."""
    best, second, ties = np.inf, np.inf, 0
    n = best_x.size
    sides, tried = np.zeros((n, 4), np.int64), np.zeros(n, np.int64)
    climbed, gained = np.zeros(rankings.shape[0] + 1, np.int64), 0
    for start in range(rankings.shape[0]):
        if start - gained > PATIENCE:
            break
        for i in range(n):
            tried[i] = sides[i, 0] = sides[i, 2] = 0  # nobody is in the core yet
            sides[i, 1] = pointers[i + 1] - pointers[i]
            sides[i, 3] = pointers[n + i + 1] - pointers[n + i]
        found = tier_search(density, exhaustive, rankings[start], pointers, other, sides, tried, climbed)
        if found[0] < best - 1e-12:
            best, second, ties = found
            gained = start
            for i in range(n):
                best_x[i] = tried[i]
    return best, second, ties


@lru_cache(maxsize=128)
def _noise(n: int) -> Floats:
    noise = np.random.default_rng(0).standard_normal((STARTS, n))
    return np.asarray(np.exp(0.25 * (1 + np.arange(STARTS)[:, None] % 4) * noise))


@lru_cache(maxsize=2)
def _rankings(edges: Edges) -> Ints:
    """Return the participants by falling degree, then by perturbed degrees where these help, shape (k, n)."""
    n, layout = edges.n, edges.layout
    if n <= EXHAUSTIVE or (n > FEW and len(edges.src) >= SPARSE * n * (n - 1)):
        return layout.by_degree[None]
    perturbed = layout.degree * _noise(n)
    return np.concatenate([layout.by_degree[None], np.argsort(-perturbed, axis=1, kind="stable")])


def least_error(edges: Edges, *, density: bool) -> tuple[Ints, float, float, int]:
    """Return the core of `tiering`, its error, that of the best different split met, and the ties."""
    core, layout = np.zeros(edges.n, np.int64), edges.layout
    links = layout.ends, layout.partners
    found = tier_starts(density, edges.n <= EXHAUSTIVE, _rankings(edges), *links, core)
    return core, *found


def tiering(graph: GraphLike, *, score: Literal["links", "density"] = "links") -> CoreFit:
    """Find the core of intermediaries with the fewest departures from perfect tiering.

    Parameters
    ----------
    graph : graph-like of n participants, m links
        See `as_edges`; values are ignored.
    score : {"links", "density"}
        "links": Craig & von Peter's [1]_ errors per link. "density": Brassil & Nodari's [2]_, each block's
        errors per cell of the block.

    Returns
    -------
    CoreFit
        ``fit`` is the error (0 is perfect tiering). NaN with fewer than 3 participants or no link. ``exact``
        up to 14 participants; above, a search from the best core of largest degrees and, up to 20 or where
        fewer than 30 % of the pairs are linked, of up to 24 perturbed degrees: an upper bound of the error.

    Notes
    -----
    In perfect tiering core members all deal with one another, peripheral ones never do, and each core member
    sells to at least one and buys from at least one peripheral participant. With k core members, errors are
    the missing core links E_CC, the present periphery links E_PP, and n − k for each core member who sells
    to no peripheral participant (E_CP) or buys from none (E_PC):

    links:   (E_CC + E_PP + E_CP + E_PC) / m
    density: E_CC / k(k−1) + E_PP / (n−k)(n−k−1) + (E_CP + E_PC) / k(n−k), a block without cells adding 0

    The core has 1 … n − 1 members. Of tied splits that were met, the one with fewer, then earlier members.

    References
    ----------
    .. [1] B. Craig, G. von Peter (2014). Interbank tiering and money center banks. *Journal of Financial
       Intermediation* 23, 322–347.
    .. [2] A. Brassil, G. Nodari (2018). A density-based estimator of core/periphery network structures.
    Reserve
       Bank of Australia, RDP 2018-01.

    Examples
    --------
    >>> links = np.zeros((4, 4))
    >>> links[0, 1] = links[1, 0] = links[0, 2] = links[2, 0] = links[1, 3] = links[3, 1] = 1
    >>> result = tiering(links)
    >>> result.members, result.fit
    ((0, 1), 0.0)
    """
    if score not in ("links", "density"):
        raise parameter_error("score", "tiering", "one of links, density", score)
    edges = as_edges(graph, "tiering")
    n = edges.n
    name = "Craig–von Peter" if score == "links" else "Brassil–Nodari"
    if n < 3 or len(edges.src) == 0:
        return core_fit(edges, name, np.zeros(n), np.nan, ties=0, exact=True, score=score)
    core, error, second, ties = least_error(edges, density=score == "density")
    margin = second - error if np.isfinite(second) else np.nan
    exact = n <= EXHAUSTIVE
    return core_fit(edges, name, core, error, margin=max(margin, 0.0), ties=ties, exact=exact, score=score)
