"""Random networks to compare a core with: of the same density, and with everyone's degrees and strengths.

References
----------
.. [1] A. R. Rao, R. Jana, S. Bandyopadhyay (1996). A Markov chain Monte Carlo method for generating random
   (0, 1)-matrices with given marginals. *Sankhyā A* 58, 225–242.
.. [2] J. Besag, P. Clifford (1989). Generalized Monte Carlo significance tests. *Biometrika* 76, 633–642.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from clustercoop.analysis.core_periphery.common import Edges
from clustercoop.analysis.core_periphery.kernels import uniform
from clustercoop.analysis.jit import jit
from clustercoop.graph.arrays import Bits, Floats, Int32s
from clustercoop.graph.formation import sum_by

LINK_STEPS: Final = 10
"""Link exchanges tried between two replicates, per link (per absent link, where these are fewer)."""

VALUE_STEPS: Final = 10
"""Value exchanges tried between two replicates, per link…"""

VALUE_STEPS_LEAST: Final = 5000
"""… and at least so many: where links are few, a rewired network is further from its aims."""

FAR: Final = 0.1
"""Share of value exchanges between any two links; the others are between links of similar value. In sparse
networks 4,500 so divided bring sums as near to their aims, and values as far from where they were, as 6,000
half of which are between any two."""

AHEAD: Final = 128
"""Exchanges whose random numbers are drawn at a time."""

TOLERANCE: Final = 0.05
"""How far strengths may stray: in standard deviations of a sum of as many values drawn freely."""

SHRINKAGE: Final = 0.1
"""Links' worth of doubt about a participant's effect on the values of its links."""

LARGEST: Final = 4000
"""Above this many participants the tables of the null models (n² cells) are not built."""


@jit
def choose_cells(n: int, cells: Int32s, src: Int32s, dst: Int32s, stream: Bits) -> None:
    """Draw len(src) of the n(n − 1) cells off the diagonal, in random order (Fisher–Yates on `cells`).

    So every set of as many links, and every assignment of their values to it, is equally likely.
    """
    for e in range(src.size):
        k = e + int(uniform(stream) * (cells.size - e))
        cell = cells[k]
        cells[k] = cells[e]
        cells[e] = cell
        i = cell // (n - 1)
        j = cell - i * (n - 1)
        src[e] = i
        dst[e] = j + 1 if j >= i else j


@jit
def rewire(
    src: Int32s, dst: Int32s, slot: Int32s, hole_src: Int32s, hole_dst: Int32s, steps: int, stream: Bits
) -> int:
    """Exchange links in place, keeping every degree; return how many exchanges were possible.

    Links a→b, c→d become a→d, c→b, or a triangle a→b→c→a is turned round. An exchange is as likely as its
    reverse, so the chain is uniform over the networks of these degrees, which the two moves connect [1]_. A
    link's number, and with it its value, stays with its supplier or with its buyer, either as likely.

    Parameters
    ----------
    src, dst : arrays of int32, shape (m,)
        The links.
    slot : array of int32, shape (n, n)
        1 + number of the link from i to j; −1 − number of the hole, where holes are listed; else 0.
    hole_src, hole_dst : arrays of int32
        The absent links, where they are fewer than the links: then these are drawn, which is the same
        exchange met more often. Else empty.
    """
    n = slot.shape[0]
    m = src.size
    holes = hole_src.size
    moves = 0
    corner, link = np.zeros(3, np.int64), np.zeros(3, np.int64)
    for _ in range(steps):
        size = 3 if uniform(stream) < 0.1 else 2
        if holes > 0:
            h = int(uniform(stream) * holes)
            a, d = int(hole_src[h]), int(hole_dst[h])
            h = int(uniform(stream) * holes)
            c, b = int(hole_src[h]), int(hole_dst[h])
            if size == 3:
                c, b = d, int(uniform(stream) * n)
        else:
            p = int(uniform(stream) * m)
            a, b = int(src[p]), int(dst[p])
            p = int(uniform(stream) * m)
            c, d = int(src[p]), int(dst[p])
            if size == 3:
                c = int(uniform(stream) * n)
                d = c
        if a == b or a == c or b == c or a == d or (size == 2 and (b == d or c == d)):
            continue
        suppliers = uniform(stream) < 0.5
        if size == 2:
            if slot[a, b] <= 0 or slot[c, d] <= 0 or slot[a, d] > 0 or slot[c, b] > 0:
                continue
            one, two = int(slot[a, b] - 1), int(slot[c, d] - 1)
            hole_ad, hole_cb = slot[a, d], slot[c, b]
            # Written without a branch that a processor would guess wrongly every other time.
            src[one], dst[one] = a if suppliers else c, d if suppliers else b
            src[two], dst[two] = c if suppliers else a, b if suppliers else d
            slot[a, d] = (one if suppliers else two) + 1
            slot[c, b] = (two if suppliers else one) + 1
            slot[a, b], slot[c, d] = hole_ad, hole_cb
            if holes > 0:
                hole_dst[-1 - hole_ad], hole_dst[-1 - hole_cb] = b, d
        else:
            if slot[a, b] <= 0 or slot[b, c] <= 0 or slot[c, a] <= 0:
                continue
            if slot[b, a] > 0 or slot[c, b] > 0 or slot[a, c] > 0:
                continue
            corner[0], corner[1], corner[2] = a, b, c
            for k in range(3):
                here, there = corner[k], corner[(k + 1) % 3]
                link[k] = slot[here, there] - 1
                hole = slot[there, here]
                slot[here, there] = hole
                if holes > 0:
                    hole_src[-1 - hole], hole_dst[-1 - hole] = here, there
            for k in range(3):  # link k ran from corner k to corner k + 1
                if suppliers:
                    dst[link[k]] = corner[(k + 2) % 3]
                else:
                    src[link[k]] = corner[(k + 2) % 3]
                slot[src[link[k]], dst[link[k]]] = link[k] + 1
        moves += 1
    return moves


@jit
def uniforms(stream: Bits, room: Floats) -> None:
    """Fill `room` with the next uniform numbers, several at a time."""
    word = stream[0]
    for k in range(room.size):
        word = word + np.uint64(0x9E3779B97F4A7C15)
        z = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        room[k] = float((z ^ (z >> np.uint64(31))) >> np.uint64(11)) * 1.1102230246251565e-16
    stream[0] = word


@jit
def exchange(
    src: Int32s,
    dst: Int32s,
    y: Floats,
    holder: Int32s,
    effect: Floats,
    aim: Floats,
    stiff: Floats,
    stray: Floats,
    steps: int,
    stream: Bits,
) -> int:
    """Exchange the values of links in place, holding sums near their aim; return how many were accepted.

    Parameters
    ----------
    src, dst, y : arrays, shape (m,)
        The links and their values.
    holder : array of int32, shape (m,)
        The link that holds each value, from the least value.
    effect : array, shape (2, n)
        What a participant adds to a value as supplier and as buyer.
    aim, stiff : arrays, shape (2, n)
        Wanted sums, as supplier and as buyer, of values less the partners' effects, and the cost of a squared
        departure from them.
    stray : array, shape (2, n)
        Written: the departures reached.

    Notes
    -----
    One exchange in ten is of any two values, the others of values that differ by up to m / 10 ranks, which
    are more often accepted. An exchange that costs c is accepted with probability exp(−c), without an
    exponential where 2 (1 − v) / (1 + v) ≤ −log v ≤ (1 − v) / √v decides.
    """
    m = src.size
    for i in range(stray.shape[1]):
        stray[0, i] = -aim[0, i]
        stray[1, i] = -aim[1, i]
    for e in range(m):
        stray[0, src[e]] += y[e] - effect[1, dst[e]]
        stray[1, dst[e]] += y[e] - effect[0, src[e]]
    value, supplier, buyer = np.zeros(m), np.zeros(m, np.int64), np.zeros(m, np.int64)
    for r in range(m):
        value[r], supplier[r], buyer[r] = y[holder[r]], src[holder[r]], dst[holder[r]]
    near = max(1, m // 10)
    room = np.zeros(3 * AHEAD)
    moves, at = 0, 3 * AHEAD
    for _ in range(steps):
        if at == 3 * AHEAD:
            uniforms(stream, room)
            at = 0
        r, u, v = int(room[at] * m), room[at + 1], room[at + 2]
        at += 3
        s = r - near + int((u - FAR) * ((2 * near + 1) / (1.0 - FAR)))
        s = r if (s < 0) | (s >= m) else s
        s = min(int(u * (m / FAR)), m - 1) if u < FAR else s
        d = value[s] - value[r]
        i, j, k, t = supplier[r], supplier[s], buyer[r], buyer[s]
        # stiff · stray² after less before, of both suppliers and of both buyers
        sold = stiff[0, i] * (2.0 * stray[0, i] + d) - stiff[0, j] * (2.0 * stray[0, j] - d)
        bought = stiff[1, k] * (2.0 * stray[1, k] + d) - stiff[1, t] * (2.0 * stray[1, t] - d)
        sold = 0.0 if i == j else sold
        bought = 0.0 if k == t else bought
        rise = max(0.0, d * (sold + bought))
        if rise * rise * v >= (1.0 - v) * (1.0 - v):
            continue
        if rise * (1.0 + v) > 2.0 * (1.0 - v) and v >= np.exp(-rise):
            continue
        stray[0, i] += d
        stray[0, j] -= d
        stray[1, k] += d
        stray[1, t] -= d
        supplier[r], supplier[s], buyer[r], buyer[s] = j, i, t, k
        holder[r], holder[s] = holder[s], holder[r]
        moves += 1 if d != 0.0 else 0
    for r in range(m):
        y[holder[r]] = value[r]
    return moves


Chain = tuple[Int32s, Int32s, Int32s, Int32s]
Sums = tuple[Floats, Floats, Floats, Floats]


@jit
def advance(
    links: tuple[Int32s, Int32s, Floats], state: Chain, sums: Sums, steps: tuple[int, int], stream: Bits
) -> tuple[int, float]:
    """Go to the next network of a `DegreeChain` in place; return the exchanges made and Σ |stray|.

    Parameters
    ----------
    links : tuple
        Suppliers, buyers and values, as are…
    state : tuple
        … `holder` of `exchange`, `slot`, `hole_src` and `hole_dst` of `rewire`.
    sums : tuple
        `effect`, `aim`, `stiff` and `stray` of `exchange`.
    steps : tuple of int
        Exchanges of links and of values.
    """
    src, dst, y = links
    holder, slot, hole_src, hole_dst = state
    effect, aim, stiff, stray = sums
    moves, strain = 0, 0.0
    if steps[0] > 0:
        moves = rewire(src, dst, slot, hole_src, hole_dst, steps[0], stream)
    if steps[1] > 0:
        moves += exchange(src, dst, y, holder, effect, aim, stiff, stray, steps[1], stream)
        for i in range(stray.shape[1]):
            strain += abs(stray[0, i]) + abs(stray[1, i])
    return moves, strain


def gravity(edges: Edges, y: Floats) -> Floats:
    """Return how much each participant adds to values as supplier and as buyer, shape (2, n).

    Least squares for y_ij ≈ mean + a_i + b_j over the links, each participant's effect shrunk as by
    `SHRINKAGE` more links without one.
    """
    n = edges.n
    centred = y - y.mean()
    a, b = np.zeros(n), np.zeros(n)
    out = np.bincount(edges.src, minlength=n) + SHRINKAGE
    into = np.bincount(edges.dst, minlength=n) + SHRINKAGE
    for _ in range(30):
        a = sum_by(edges.src, centred - b[edges.dst], n) / out
        b = sum_by(edges.dst, centred - a[edges.src], n) / into
    return np.stack([a, b])


class DegreeChain:
    """Networks with every participant's links in and out, and its sums of values nearly so.

    Links: uniform over the networks with the observed in- and out-degrees (see `rewire`). Values, given the
    links: the observed values, in an order of probability ∝ exp(−½ Σ (stray_i / scale_i)²), where stray_i is
    the change of a participant's sum of y as supplier (or buyer), less the change that its new partners' own
    effects explain (see `gravity`), and scale_i = `TOLERANCE` σ √degree_i, σ the standard deviation of y.
    Where nearly every pair is linked, partners hardly change and the sums are those observed. Where all
    values are equal, links alone are drawn.

    For y the logarithm of money this conditioning is what a gravity model calls for: where y_ij has a density
    h(y) exp((λ_i + μ_j) y) for any h (log-normal flows are a case), the sums of y are its sufficient
    statistics, so that only structure beyond the participants' sizes is left to chance.

    The observed network takes a random place in a chain of R + 1 networks, run from it in both directions:
    the chain is reversible, so under the null the observed network is exchangeable with the replicates
    however fast links mix, and p is valid [2]_ (but for the softness of the sums).

    Parameters
    ----------
    edges : Edges
        At most `LARGEST` participants.
    y : array, shape (m,)
        The links' values.
    stream : array of uint64, shape (1,)
        State of the random stream; advanced.

    Attributes
    ----------
    moves : int
        Exchanges accepted so far; without any, no other network was met.
    strain : float
        Largest, over replicates, of Σ |stray_i| / Σ sums.
    links, state, sums, steps, stream
        What `advance` takes.
    """

    def __init__(self, edges: Edges, y: Floats, stream: Bits) -> None:
        n, m = edges.n, len(y)
        self.stream = stream
        self.moves = 0
        self.strain = 0.0
        slot = np.zeros((n, n), np.int32)
        slot[edges.src, edges.dst] = np.arange(1, m + 1, dtype=np.int32)
        holes = n * (n - 1) - m
        hole_src, hole_dst = np.zeros((2, 0), np.int32)
        if 0 < holes < m:
            absent = slot == 0
            np.fill_diagonal(absent, False)
            hole_src, hole_dst = np.array(np.nonzero(absent), np.int32)
            slot[absent] = -np.arange(1, holes + 1, dtype=np.int32)
        holder = np.argsort(y, kind="stable").astype(np.int32)
        self.links = edges.src.copy(), edges.dst.copy(), y.copy()
        self.state = holder, slot, hole_src, hole_dst
        ends = (edges.src, edges.dst)
        degree = np.stack([np.bincount(end, minlength=n) for end in ends])
        varied = bool(y.max() > y.min())
        scale = TOLERANCE * (float(y.std()) if varied else 1.0)
        effect = gravity(edges, y)
        partner = effect[1, edges.dst], effect[0, edges.src]
        aim = np.stack([sum_by(end, y - e, n) for end, e in zip(ends, partner, strict=True)])
        self.sums = effect, aim, 0.5 / (scale**2 * np.maximum(degree, 1)), np.zeros((2, n))
        self.steps = LINK_STEPS * min(m, holes), max(VALUE_STEPS * m, VALUE_STEPS_LEAST) if varied else 0
        self._total = max(2.0 * float(y.sum()), 1e-300)

    def count(self, moves: int, strain: float) -> None:
        """Take note of what `advance` returned."""
        self.moves += moves
        self.strain = max(self.strain, strain / self._total)

    def spans(self, count: int) -> Iterator[int]:
        """Yield how many of `count` networks to draw on each side of the observed one, and go back to it."""
        state: list[NDArray[Any]] = [*self.links, *self.state]
        observed = [array.copy() for array in state]
        here = int(uniform(self.stream) * (count + 1))
        for span in (here, count - here):
            for array, saved in zip(state, observed, strict=True):
                array[...] = saved
            yield span

    def replicates(self, count: int) -> Iterator[tuple[Int32s, Int32s, Floats]]:
        """Yield `count` networks as (suppliers, buyers, values); the arrays are reused."""
        for span in self.spans(count):
            for _ in range(span):
                self.count(*advance(self.links, self.state, self.sums, self.steps, self.stream))
                yield self.links
