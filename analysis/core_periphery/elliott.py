"""Two cores: one of suppliers, one of buyers (Elliott, Chiu, Bazzi, Reinert & Cucuringu)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.core_periphery.common import Edges, GraphLike, Weights, as_edges, check_weights
from analysis.jit import jit
from graph.formation import sum_by

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Pointers = NDArray[np.int64]

STARTS: Final = (0.1, 0.25)
"""Shares of the participants that a search starts from as each core."""

KICKS: Final = 300
"""Further starts, half of them perturbations of the best partition found, up to `SMALL` participants where
fewer than `SPARSE` of the pairs are linked."""

SMALL: Final = 100

SPARSE: Final = 0.3

FEW: Final = 20
"""Up to so many participants it is done whatever the links."""

EXHAUSTIVE: Final = 7
"""Up to this many participants every partition is tried."""

BLOCKS: Final = ("periphery_out", "core_in", "core_out", "periphery_in")


PATTERN: Final = np.array([[0, 1, 0, 0], [0, 1, 0, 0], [0, 1, 1, 1], [0, 0, 0, 0]], dtype=np.float64)
"""Who supplies whom in the ideal: block by block, in the order of `BLOCKS`."""


@jit
def four_blocks(
    n: int, src: Ints, dst: Ints, order: Pointers, pointers: Pointers, y: Floats, ideal: Floats, block: Ints
) -> float:
    """Climb in place to a partition that no move of one participant betters; return sign(r) r².

    `pointers` gives each participant's links as supplier, then as buyer; the latter through `order`.
    `ideal` is `PATTERN`.
    """
    cells = n * (n - 1.0)
    total, squares = 0.0, 0.0
    to, size = np.zeros((n, 8)), np.zeros(4)
    for e in range(y.size):
        total += y[e]
        squares += y[e] * y[e]
        to[src[e], block[dst[e]]] += y[e]
        to[dst[e], 4 + block[src[e]]] += y[e]
    for i in range(n):
        size[block[i]] += 1.0
    spread = cells * squares - total * total
    linked, held = 0.0, 0.0
    for i in range(n):
        for b in range(4):
            linked += to[i, b] * ideal[block[i], b]
            held += ideal[block[i], b] * (size[b] - (1.0 if b == block[i] else 0.0))
    best = -2.0
    while True:
        chosen, target, chosen_linked, chosen_held = -1, 0, 0.0, 0.0
        for i in range(n):
            here = int(block[i])
            for there in range(4):
                if there == here and not (i == 0 and best == -2.0):
                    continue
                if there != here and size[here] == 1.0 and (here == 1 or here == 2):
                    continue
                s, a = linked, held
                for b in range(4):
                    out = ideal[there, b] - ideal[here, b]
                    into = ideal[b, there] - ideal[b, here]
                    partners = size[b] - (1.0 if b == here else 0.0)
                    s += out * to[i, b] + into * to[i, 4 + b]
                    a += (out + into) * partners
                if a <= 0.5 or a >= cells - 0.5:
                    continue
                covariance = cells * s - a * total
                score = covariance * abs(covariance) / (a * (cells - a) * spread)
                if score > best + 1e-12:
                    best, chosen, target, chosen_linked, chosen_held = score, i, there, s, a
        if chosen < 0:
            return best
        here = int(block[chosen])
        linked, held = chosen_linked, chosen_held
        if here != target:
            size[here] -= 1.0
            size[target] += 1.0
            block[chosen] = target
            for e in range(pointers[chosen], pointers[chosen + 1]):
                to[dst[e], 4 + here] -= y[e]
                to[dst[e], 4 + target] += y[e]
            for k in range(pointers[n + chosen], pointers[n + chosen + 1]):
                e = order[k - y.size]
                to[src[e], here] -= y[e]
                to[src[e], target] += y[e]


@dataclass(frozen=True, eq=False)
class TwoCores:
    """A partition in two cores and their peripheries.

    Attributes
    ----------
    ids : array of object, shape (n,)
        The participants.
    block : array of int32, shape (n,)
        Position in `BLOCKS`; −1 where the partition is unknown.
    fit : float
        Pearson correlation of the off-diagonal cells with the pattern; NaN where unknown.
    """

    ids: NDArray[np.object_]
    block: Ints
    fit: float

    @property
    def core_out(self) -> NDArray[np.bool_]:
        """The suppliers' core, shape (n,)."""
        return np.asarray(self.block == 2)

    @property
    def core_in(self) -> NDArray[np.bool_]:
        """The buyers' core, shape (n,)."""
        return np.asarray(self.block == 1)


def elliott(graph: GraphLike, *, weights: Weights = "log1p") -> TwoCores:
    """Find separate cores of suppliers and of buyers.

    Parameters
    ----------
    graph : graph-like of n participants
        See `as_edges`.
    weights : {"log1p", "raw", "binary"}
        How link values enter.

    Returns
    -------
    TwoCores
        Unknown with fewer than 4 participants, no link, or all cells equal.

    Notes
    -----
    The model of [1]_ has four blocks. Rows supply columns:

    ============= ============= ======= ======== ============
    block         periphery_out core_in core_out periphery_in
    ============= ============= ======= ======== ============
    periphery_out 0             1       0        0
    core_in       0             1       0        0
    core_out      0             1       1        1
    periphery_in  0             0       0        0
    ============= ============= ======= ======== ============

    The partition that correlates best with it is sought by moves of single participants from four starts: the
    largest tenth or quarter of suppliers and of buyers by strength as cores, others by the sign of what they
    sell less what they buy. Up to 20 participants, or 100 where fewer than 30 % of the pairs are linked, 300
    more starts follow: perturbations of the best, and random ones. It is the best found, without a proof; up
    to 7 participants the best of all. The correlation replaces the likelihood of [1]_ so that values count,
    and so that the fit compares with equation 4's.

    References
    ----------
    .. [1] A. Elliott, A. Chiu, M. Bazzi, G. Reinert, M. Cucuringu (2020). Core–periphery structure in
    directed
       networks. *Proceedings of the Royal Society A* 476, 20190783.

    Examples
    --------
    >>> links = np.zeros((6, 6))
    >>> links[0, [1, 3, 4, 5]] = links[[2, 3], 1] = 1
    >>> found = elliott(links)
    >>> np.flatnonzero(found.core_out).tolist(), np.flatnonzero(found.core_in).tolist()
    ([0], [1])
    """
    check_weights(weights, "elliott")
    edges = as_edges(graph, "elliott")
    return two_cores(edges, edges.values(weights))


def two_cores(edges: Edges, y: Floats) -> TwoCores:
    """Return the two cores of links with values `y` (see `elliott`)."""
    n, m = edges.n, len(y)
    unknown = TwoCores(edges.ids, np.full(n, -1, np.int32), np.nan)
    squares = float(y @ y)
    if n < 4 or m == 0 or squares - float(y.sum()) ** 2 / (n * (n - 1)) <= 1e-10 * squares:
        return unknown
    if n <= EXHAUSTIVE:
        return _of_all(edges, y)
    sold, bought = sum_by(edges.src, y, n), sum_by(edges.dst, y, n)
    best, best_block = -2.0, unknown.block
    by_sign = np.where(sold >= bought, 0, 3).astype(np.int32)
    sellers = np.argsort(-sold, kind="stable")
    for share_out in STARTS:
        largest = sellers[: max(1, round(share_out * n))]
        rest = bought.copy()
        rest[largest] = -1.0
        buyers = np.argsort(-rest, kind="stable")
        for share_in in STARTS:
            block = by_sign.copy()
            block[largest] = 2
            block[buyers[: max(1, round(share_in * n))]] = 1
            score = float(four_blocks(n, edges.src, edges.dst, edges.by_buyer, edges.ends, y, PATTERN, block))
            if score > best + 1e-12:
                best, best_block = score, block
    rng = np.random.default_rng(0)
    few = n <= FEW or (n <= SMALL and m < SPARSE * n * (n - 1))
    for k in range(KICKS if few and best > -2.0 else 0):
        share = rng.dirichlet(np.ones(4)).cumsum()
        block = np.searchsorted(share[:3], rng.random(n)).astype(np.int32)
        if k % 2:
            block = np.where(rng.random(n) < rng.uniform(0.05, 0.5), block, best_block).astype(np.int32)
        if not ((block == 1).any() and (block == 2).any()):
            continue
        score = float(four_blocks(n, edges.src, edges.dst, edges.by_buyer, edges.ends, y, PATTERN, block))
        if score > best + 1e-12:
            best, best_block = score, block
    if best <= -2.0:
        return unknown
    return TwoCores(edges.ids, best_block, float(np.sign(best) * np.sqrt(abs(best))))


@cache
def _partitions(n: int) -> tuple[Ints, Floats]:
    """Return the partitions with both cores, shape (k, n), and their ideal cells by row, shape (k, n²)."""
    block = (np.arange(4**n)[:, None] >> 2 * np.arange(n)[::-1]) & 3
    block = block[(block == 1).any(axis=1) & (block == 2).any(axis=1)]
    cells = PATTERN[block[:, :, None], block[:, None, :]]
    cells[:, np.arange(n), np.arange(n)] = 0.0
    return block.astype(np.int32), cells.reshape(len(block), n * n)


def _of_all(edges: Edges, y: Floats) -> TwoCores:
    n = edges.n
    block, ideal = _partitions(n)
    cells = n * (n - 1.0)
    total = float(y.sum())
    values = np.zeros(n * n)
    values[edges.src * n + edges.dst] = y
    held = ideal.sum(axis=1)
    product = held * (cells - held) * (cells * float(y @ y) - total**2)
    r = np.full(len(block), -2.0)
    np.divide(cells * (ideal @ values) - held * total, np.sqrt(product), out=r, where=product > 0)
    best = int(np.argmax(r >= r.max() - 1e-12))
    return TwoCores(edges.ids, block[best], float(r[best]))
