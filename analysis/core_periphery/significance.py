"""Whether a core is clearer than chance, and than degrees explain; correction over many formations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike

from clustercoop.analysis.core_periphery import kernels
from clustercoop.analysis.core_periphery.borgatti_everett import NULL_KICKS, correlation, smallest
from clustercoop.analysis.core_periphery.common import Edges, GraphLike, as_edges, check_weights
from clustercoop.analysis.core_periphery.kernels import both_ends, search
from clustercoop.analysis.core_periphery.nulls import LARGEST, Chain, DegreeChain, Sums, advance, choose_cells
from clustercoop.analysis.jit import jit
from clustercoop.graph.arrays import Bits, Floats, Int32s, Ints
from clustercoop.graph.errors import parameter_error
from clustercoop.graph.settings import Weights

Null = Literal["degree", "density"]
SAME: Final = 1e-9
"""Scores closer than this count as reached: the rounding of sums added in another order."""

LONGEST: Final = 5_000_000
"""Steps of drawing that may pass before an interrupt is heard."""


@dataclass(frozen=True, eq=False)
class Significance:
    """A Monte-Carlo test of a core against one null model.

    Attributes
    ----------
    null : {"degree", "density"}
        The null model.
    p : float
        (1 + b) / (1 + R), b the replicates that fit at least as well as observed. NaN where `reason` says
        why.
    error : float
        Its Monte-Carlo standard error √(p (1 − p) / (R + 1)).
    observed : float
        The observed fit, found with the effort of the replicates.
    fits : array, shape (R,)
        The fits of the replicates; NaN where one has no split with a correlation, which counts as no better.
    strain : float
        Degree null with values: largest mean deviation of strengths from the observed ones, as a share.
    reason : {"", "few", "empty", "flat", "frozen", "same", "large"}
        Why p is unknown: too few participants, no link, no contrast, no other network of these degrees, all
        networks of this density alike, too many participants.
    """

    null: Null
    p: float
    error: float
    observed: float
    fits: Floats
    strain: float
    reason: str


def significance(
    graph: GraphLike,
    *,
    null: Null = "degree",
    equation: Literal["4", "2"] = "4",
    weights: Weights = "relative",
    replicates: int = 999,
    rng: np.random.Generator | None = None,
) -> Significance:
    """Test the fit of the best core against random networks, refitting each.

    Parameters
    ----------
    graph : graph-like
        See `as_edges`.
    null : {"degree", "density"}
        "degree": the same links in and out, and nearly the same sums of values, of every participant (see
        `DegreeChain`). Only this one may be called core–periphery beyond what degrees explain. "density": as
        many links anywhere, values shuffled.
    equation, weights
        As in `borgatti_everett`.
    replicates : int
        R ≥ 1; 999 for a published p.
    rng : Generator, optional
        Source of the replicates; seed 0 without.

    Returns
    -------
    Significance
        With p unknown, and why, where the null has nothing to compare with.

    Raises
    ------
    ParameterError
        A parameter outside its domain.

    Notes
    -----
    The observed network and every replicate are fitted by the same search with the same effort: a better
    search for the observed one alone would make p too small. Ties count against the core.

    Examples
    --------
    >>> core = np.zeros((12, 12))
    >>> core[:4, :4] = 1
    >>> core[[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], [4, 5, 6, 7, 8, 9, 10, 11, 0, 1, 2, 3]] = 1
    >>> test = significance(core, weights="binary", replicates=99)
    >>> test.p <= 0.05, len(test.fits)
    (True, 99)
    """
    for name, value, allowed in (
        ("null", null, ("degree", "density")),
        ("equation", equation, ("4", "2")),
    ):
        if value not in allowed:
            raise parameter_error(name, "significance", f"one of {', '.join(allowed)}", value)
    if isinstance(replicates, bool) or not isinstance(replicates, int) or replicates < 1:
        raise parameter_error("replicates", "significance", "an int in the range [1, inf)", replicates)
    check_weights(weights, "significance")
    edges = as_edges(graph, "significance")
    stream = (rng or np.random.default_rng(0)).integers(0, 2**63, 1).astype(np.uint64)
    return refit_test(edges, edges.values(weights), null, int(equation), replicates, stream)


def refit_test(
    edges: Edges, y: Floats, null: Null, equation: int, replicates: int, stream: Bits, *, whole: bool = True
) -> Significance:
    """Run `significance` on links with values `y`; `stream` is advanced.

    Unless `whole`, the search in a replicate ends once it reaches the observed fit: p is the same, and the
    ``fits`` of these replicates are lower bounds.
    """
    reason = ""
    if edges.n < smallest(str(equation)):
        reason = "few"
    elif len(y) == 0:
        reason = "empty"
    elif edges.n > LARGEST:
        reason = "large"
    if reason:
        return Significance(null, np.nan, np.nan, np.nan, np.zeros(0), np.nan, reason)
    links = edges.src.copy(), edges.dst.copy(), y.copy()
    # The search has a stream of its own, so that the networks drawn do not depend on how it went.
    room = np.zeros(edges.n + 1, np.int64), np.zeros(2 * len(y), np.int32), np.zeros(2 * len(y)), ~stream
    x = np.zeros(edges.n, np.int64)
    no, none = np.zeros(0, np.int32), np.zeros((0, 0))
    still = (no, np.zeros((0, 0), np.int32), no, no), (none, none, none, none), (0, 0)
    alone = np.zeros(1)
    refits(equation, links, no, *still, stream, room, x, np.inf, alone)
    observed = float(alone[0])
    if observed <= kernels.UNDEFINED:
        return Significance(null, np.nan, np.nan, np.nan, np.zeros(0), np.nan, "flat")
    enough, again = np.inf if whole else observed - SAME, stream.copy()
    strain, scores = 0.0, np.zeros(replicates)
    if null == "density":
        cells = np.arange(edges.n * (edges.n - 1), dtype=np.int32)
        for some in _pieces(scores, len(y) + len(cells)):
            refits(equation, links, cells, *still, stream, room, x, enough, some)
        if len(y) == edges.n * (edges.n - 1) and float(y.max()) == float(y.min()):
            reason = "same"
    else:
        chain = DegreeChain(edges, y, stream)
        done = 0
        for span in chain.spans(replicates):
            for some in _pieces(scores[done : done + span], sum(chain.steps)):
                moved = chain.links, no, chain.state, chain.sums, chain.steps, stream
                chain.count(*refits(equation, *moved, room, x, enough, some))
            done += span
        strain = chain.strain
        if chain.moves == 0:
            reason = "frozen"
    reached = int((scores >= observed - SAME).sum())
    if null == "density" and float(np.ptp(scores)) <= SAME and reached == replicates:
        if not whole:  # where the searches ended may be all that is alike
            return refit_test(edges, y, null, equation, replicates, again)
        reason = "same"
    p = np.nan if reason else (1 + reached) / (1 + replicates)
    error = float(np.sqrt(p * (1 - p) / (1 + replicates)))
    fits = np.where(scores > kernels.UNDEFINED, np.sign(scores) * np.sqrt(np.abs(scores)), np.nan)
    return Significance(null, p, error, correlation(observed), fits, strain, reason)


def _pieces(scores: Floats, steps: int) -> list[Floats]:
    """Return views of `scores`, so many a call that an interrupt is heard soon."""
    most = max(1, LONGEST // max(steps, 1))
    return [scores[at : at + most] for at in range(0, len(scores), most)]


@jit
def refits(
    equation: int,
    links: tuple[Int32s, Int32s, Floats],
    cells: Int32s,
    state: Chain,
    sums: Sums,
    steps: tuple[int, int],
    stream: Bits,
    room: tuple[Ints, Int32s, Floats, Bits],
    x: Ints,
    enough: float,
    scores: Floats,
) -> tuple[int, float]:
    """Draw networks in place, one from another, and write the score of each one's best core.

    They are drawn from `cells` (see `choose_cells`), where there are any, or else by `advance`; with neither
    steps nor cells they are as given. Returns all exchanges and the largest Σ |stray| of `advance`. `room`
    holds the arrays of `kernels.both_ends` and the stream of the search, which ends at `enough`.
    """
    n, moves, strain = x.size, 0, 0.0
    src, dst, y = links
    pointers, other, value, own = room
    for k in range(scores.size):
        if cells.size > 0:
            choose_cells(n, cells, src, dst, stream)
        else:
            moved, strayed = advance(links, state, sums, steps, stream)
            moves += moved
            strain = max(strain, strayed)
        both_ends(n, src, dst, y, pointers, other, value)
        scores[k] = search(equation, n, pointers, other, value, NULL_KICKS, own, x, 0, enough)
    return moves, strain


def adjust(p: ArrayLike, method: Literal["fdr", "holm"] = "fdr") -> Floats:
    """Correct p-values for being many.

    Parameters
    ----------
    p : array-like, shape (k,)
        P-values in [0, 1]; NaN is unknown, stays NaN and is not counted among the tests.
    method : {"fdr", "holm"}
        "fdr": Benjamini & Hochberg [1]_, the expected share of false finds among those called. "holm": Holm
        [2]_, the chance of any false find.

    Returns
    -------
    array, shape (k,)
        Adjusted p-values, to be compared with the level wanted.

    Raises
    ------
    ParameterError
        An unknown method, or a value outside [0, 1].

    Notes
    -----
    With p_(1) ≤ … ≤ p_(k): fdr takes min_{j ≥ i} k p_(j) / j, holm max_{j ≤ i} (k − j + 1) p_(j), both at
    most 1.

    References
    ----------
    .. [1] Y. Benjamini, Y. Hochberg (1995). Controlling the false discovery rate. *JRSS B* 57, 289–300.
    .. [2] S. Holm (1979). A simple sequentially rejective multiple test procedure. *Scand. J. Statist.* 6,
    65–70.

    Examples
    --------
    >>> adjust([0.01, 0.04, np.nan, 0.03]).round(3).tolist()
    [0.03, 0.04, nan, 0.04]
    >>> adjust([0.01, 0.04, 0.03], "holm").round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    if method not in ("fdr", "holm"):
        raise parameter_error("method", "adjust", "one of fdr, holm", method)
    values = np.asarray(p, dtype=np.float64).ravel()
    known = np.flatnonzero(~np.isnan(values))
    if ((values[known] < 0) | (values[known] > 1)).any():
        raise parameter_error("p", "adjust", "p-values in the range [0, 1]", "others")
    order = known[np.argsort(values[known], kind="stable")]
    count = len(order)
    if method == "fdr":
        steps = values[order] * count / np.arange(1, count + 1)
        steps = np.minimum.accumulate(steps[::-1])[::-1]
    else:
        steps = np.maximum.accumulate(values[order] * np.arange(count, 0, -1))
    adjusted = np.full(len(values), np.nan)
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted
