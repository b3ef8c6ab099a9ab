"""Borgatti & Everett's core–periphery fits: the correlation of the links with an ideal pattern.

References
----------
.. [1] S. P. Borgatti, M. G. Everett (2000). Models of core/periphery structures. *Social Networks* 21,
375–395.
"""

from __future__ import annotations

import math
from typing import Final, Literal

import numpy as np

from clustercoop.analysis.core_periphery import kernels
from clustercoop.analysis.core_periphery.common import (
    CoreFit,
    Edges,
    GraphLike,
    as_edges,
    check_weights,
    core_fit,
)
from clustercoop.analysis.core_periphery.exhaustive import exhaust
from clustercoop.analysis.core_periphery.splits import (
    WIDE,
    WIDE_SEARCH,
    Best,
    best_pair,
    climb_exactly,
    every_split,
    pair_sums,
    score_exactly,
    settle,
    with_far_pairs,
)
from clustercoop.graph.arrays import Bits, Bools, Floats, Int32s, Ints
from clustercoop.graph.errors import parameter_error
from clustercoop.graph.settings import Weights

EXHAUSTIVE: Final = 20
"""Up to this many participants every split is tried."""

KICKS: Final = 32
"""Perturbations of the best split in the search of a fit that is reported…"""

SPARSE: Final = 0.3
"""… where more than this share of the pairs is linked…"""

SPARSE_KICKS: Final = 24
"""… where fewer are: there the linked pairs that it also starts from lead to the best, small cores…"""

NULL_KICKS: Final = 6
"""… and in each fit of a significance test, the observed graph's own among them."""

LARGEST_EXACT: Final = 400
"""Up to this many participants a search among very different values is finished with sums computed anew."""

SETTLING: Final = 25
"""Steps to a tied split that comes first, after a search."""


def smallest(equation: str) -> int:
    """Return how many participants the equation needs: both blocks must hold a pair."""
    return 4 if equation == "4" else 3


def borgatti_everett(
    graph: GraphLike,
    *,
    equation: Literal["4", "2", "5"] = "4",
    weights: Weights = "relative",
    directed: bool = True,
    kicks: int | None = None,
    rng: np.random.Generator | None = None,
) -> CoreFit:
    """Find the core whose ideal pattern correlates best with the links.

    Parameters
    ----------
    graph : graph-like of n participants
        See `as_edges`.
    equation : {"4", "2", "5"}
        The pattern Δ of [1]_. "4": 1 between core members, 0 between peripheral ones, core–periphery cells
        left out of the correlation. "2": 1 wherever either end is in the core. "5": Δ_ij = c_i c_j,
        continuous.
    weights : {"relative", "log1p", "raw", "binary"}
        How link values enter.
    directed : bool
        False takes the larger of both directions for both first.
    kicks : int, optional
        Effort of the search above `EXHAUSTIVE` participants: perturbations of the best split; without,
        32, or 24 where fewer than 30 % of the pairs are linked.
    rng : Generator, optional
        Source of the perturbations; seed 0 without.

    Returns
    -------
    CoreFit
        ``fit`` is the Pearson correlation over off-diagonal cells, in [−1, 1]; NaN with an empty core where
        no split has one: too few participants (equation 4 needs 4: two in the core and two outside, so that
        both blocks hold a pair; equation 2 needs 3), no link, or all cells equal. ``exact`` up to 20
        participants. Of tied splits the one with fewer members, then earlier members, is returned. For
        equation 5 ``supplier`` is c, and ``core`` is empty.

    Raises
    ------
    ParameterError
        An unknown equation or weighting, or a bad graph.

    Notes
    -----
    With a core–core and b periphery–periphery cells (ordered pairs), sums S_1, S_0 and N = a + b,
    r = (b S_1 − a S_0) / √(a b (N Σy² − (Σy)²)). Since the pattern is symmetric, only y_ij + y_ji and
    y_ij² + y_ji² of a pair matter: reversing every link keeps the core. The search is described in
    `kernels.search`; that it ends at the optimum is tested, not proven. Where values differ by more than 10³
    (in a search 10⁴) the sums of candidates are computed anew instead of kept up to date, which would lose
    the small ones.

    References
    ----------
    .. [1] Borgatti & Everett (2000), equations 2, 4 and 5.

    Examples
    --------
    Two traders who deal with each other and with one client each:

    >>> links = np.array([[0, 1, 1, 0], [1, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]])
    >>> fit = borgatti_everett(links)
    >>> fit.members, round(fit.fit, 3), fit.exact
    ((0, 1), 1.0, True)
    """
    if equation not in ("4", "2", "5"):
        raise parameter_error("equation", "borgatti_everett", "one of 4, 2, 5", equation)
    check_weights(weights, "borgatti_everett")
    if kicks is not None and kicks < 0:
        raise parameter_error("kicks", "borgatti_everett", "an int in the range [0, inf)", kicks)
    edges = as_edges(graph, "borgatti_everett")
    if not directed:
        edges = edges.symmetrised()
    if equation == "5":
        from clustercoop.analysis.core_periphery.continuous import continuous

        return continuous(edges, weights)
    stream = (rng or np.random.default_rng(0)).integers(0, 2**63, 1).astype(np.uint64)
    fit = discrete_optimum(edges, int(equation), edges.values(weights), kicks, stream)
    return core_fit(
        edges,
        f"Borgatti–Everett eq. {equation}",
        fit[0],
        fit[1],
        margin=fit[2],
        ties=fit[3],
        exact=edges.n <= EXHAUSTIVE,
        equation=equation,
        weights=weights,
        directed=directed,
    )


def discrete_optimum(
    edges: Edges, equation: int, y: Floats, kicks: int | None, stream: Bits
) -> tuple[Bools, float, float, int]:
    """Return the best core, its correlation, the margin and the ties (see `borgatti_everett`)."""
    n = edges.n
    x = np.zeros(n, np.int64)
    if n < smallest(str(equation)) or len(y) == 0:
        return x.astype(bool), np.nan, np.nan, 0
    if n <= EXHAUSTIVE:
        found = _enumerated(edges, equation, y)
    else:
        found = _searched(edges, equation, y, kicks, stream)
    if found.score <= kernels.UNDEFINED:
        return np.zeros(n, bool), np.nan, np.nan, 0
    r, second = correlation(found.score), correlation(found.second)
    margin = max(r - second, 0.0) if found.second > kernels.UNDEFINED else np.nan
    return found.core.astype(bool), r, margin if found.ties == 1 else 0.0, found.ties


def _ratio(y: Floats) -> float:
    return float(y.max() / y.min())


def _enumerated(edges: Edges, equation: int, y: Floats) -> Best:
    """Return the best split of all."""
    pairs = pair_sums(edges, y)
    if _ratio(y) > WIDE:
        return every_split(equation, pairs)
    core = np.zeros(edges.n, np.int64)
    score, second, ties = exhaust(equation, edges.n, *adjacency(edges, y), core)
    if score > kernels.UNDEFINED:  # free of the rounding of a million moves
        score = float(score_exactly(equation, pairs, core[None])[0])
    return Best(core, score, second, ties)


def _searched(edges: Edges, equation: int, y: Floats, kicks: int | None, stream: Bits) -> Best:
    """Return the best split that a search finds (see `borgatti_everett`)."""
    n = edges.n
    links = adjacency(edges, y)
    few = len(y) < SPARSE * n * (n - 1)
    effort = (SPARSE_KICKS if few else KICKS) if kicks is None else kicks
    score, core = _found(equation, n, links, effort, stream)
    wide = n <= LARGEST_EXACT and _ratio(y) > WIDE_SEARCH
    if score <= kernels.UNDEFINED and not wide:
        return Best(core, score, score, 0)
    if not wide:
        far = few and n <= LARGEST_EXACT
        return Best(core, *settle(equation, n, *links, core, SETTLING, far))
    pairs = pair_sums(edges, y)
    # the same links, none of them large
    _, alike = _found(equation, n, adjacency(edges, np.ones(len(y))), effort, stream)
    starts = core, best_pair(equation, pairs), alike
    found = max((climb_exactly(equation, pairs, start) for start in starts), key=lambda end: end.score)
    return with_far_pairs(found, equation, n, links)


def _found(
    equation: int, n: int, links: tuple[Ints, Int32s, Floats], kicks: int, stream: Bits
) -> tuple[float, Ints]:
    core = np.zeros(n, np.int64)
    return kernels.search(equation, n, *links, kicks, stream, core, 0, np.inf), core


def adjacency(edges: Edges, y: Floats) -> tuple[Ints, Int32s, Floats]:
    """Return the links seen from both ends, as the kernels take them."""
    pointers = np.zeros(edges.n + 1, np.int64)
    other, value = np.zeros(2 * len(y), np.int32), np.zeros(2 * len(y))
    kernels.both_ends(edges.n, edges.src, edges.dst, y, pointers, other, value)
    return pointers, other, value


def correlation(score: float) -> float:
    """Return r from sign(r) r²."""
    return math.copysign(math.sqrt(abs(score)), score)
