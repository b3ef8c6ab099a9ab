"""An order of participants that their links make and not their names, and a seed from the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeVar
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from clustercoop.analysis.core_periphery.common import Edges
from clustercoop.analysis.jit import jit

Words = NDArray[np.uint64]
Ints = NDArray[np.int64]
Ends = NDArray[np.int32]
T = TypeVar("T", bound=np.generic)

SINGLED: Final = 64
"""Participants, alike by their links, that are told apart one by one at most; the rest by position."""

DIGITS: Final = 9
"""Values that agree to so many digits are equal, whatever the unit."""


@dataclass(frozen=True, eq=False)
class Structure:
    """A network whose participants stand in an order of their links.

    Attributes
    ----------
    edges : Edges
        The same links between participants in their new order.
    order : array of int64, shape (n,)
        Which participant of the old order comes k-th.
    alike : array of int64, shape (n,)
        Participants in the new order that the links do not tell apart share a number.
    digest : int
        A number of 32 bits that the links make: equal for networks that are alike but for names and unit.
    """

    edges: Edges
    order: NDArray[np.int64]
    alike: NDArray[np.int64]
    digest: int

    def back(self, values: NDArray[T]) -> NDArray[T]:
        """Return `values` of participants in the new order in the old one; along the last axis."""
        out = np.empty_like(values)
        out[..., self.order] = values
        return out

    def torn(self, core: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell who is alike to somebody on the other side of `core`: as good there, shape (n,)."""
        share = self.evened(core.astype(np.float64))
        return (share > 0) & (share < 1)

    def evened(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return for each participant the mean of `values` over those alike, shape (n,)."""
        mean: NDArray[np.float64] = np.bincount(self.alike, values) / np.bincount(self.alike)
        return mean[self.alike]


def structural_order(edges: Edges) -> Structure:
    """Order participants by their links alone.

    Participants are coloured by the values of their links, then again and again by the colours at the other
    ends (Weisfeiler and Leman), until no colour splits. Of those that still share one, one is singled out
    and the colours spread again. Networks that differ in names, order or unit of money come out the same,
    but for networks so regular that colours do not tell different places apart (equal values throughout).

    Parameters
    ----------
    edges : Edges
        n participants and m links of positive value.

    Returns
    -------
    Structure

    References
    ----------
    B. Weisfeiler, A. Leman (1968). The reduction of a graph to canonical form and the algebra which appears
    therein. Nauchno-Technicheskaya Informatsia 2(9), 12–16.

    Examples
    --------
    >>> from clustercoop.analysis.core_periphery.common import as_edges
    >>> links = np.array([[0, 5, 1], [0, 0, 2], [0, 0, 0.0]])
    >>> one = structural_order(as_edges(links))
    >>> turned = [2, 0, 1]
    >>> other = structural_order(as_edges(90 * links[np.ix_(turned, turned)]))
    >>> one.order.tolist(), [turned[i] for i in other.order], one.digest == other.digest
    ([2, 0, 1], [2, 0, 1], True)
    """
    n, src, dst = edges.n, edges.src, edges.dst
    if len(src) == 0:
        everyone = np.arange(n)
        return Structure(edges, everyone, np.zeros(n, np.int64), n)
    size = np.round(np.log(edges.weight / edges.median), DIGITS)
    _, rank = np.unique(size, return_inverse=True)
    colour, alike = np.zeros(n, np.uint64), np.zeros(n, np.int64)
    tell_apart(src, dst, rank, edges.degree, colour, alike)
    order = np.lexsort((colour, -edges.degree))
    place = np.empty(n, np.int64)
    place[order] = np.arange(n)
    at = np.argsort(place[src] * n + place[dst])
    ends = place[src[at]].astype(np.int32), place[dst[at]].astype(np.int32)
    digest = crc32(rank[at].astype(np.int64).tobytes(), crc32(np.concatenate(ends).tobytes()))
    return Structure(Edges(n, *ends, edges.weight[at], edges.ids[order]), order, alike[order], digest)


@jit
def mixed(word: np.uint64, salt: int) -> np.uint64:
    """Return a well-mixed word (the finaliser of splitmix64), another mixture for each `salt`."""
    z = word + np.uint64(salt) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@jit
def count_up(colour: Words, order: Ints, number: Ints) -> int:
    """Write to `number` which colour, from the least, each is; return how many; `order` permutes them."""
    gap = colour.size // 2
    while gap > 0:  # Shell's sort
        for i in range(gap, colour.size):
            moved, at = order[i], i
            while at >= gap and colour[moved] < colour[order[at - gap]]:
                order[at] = order[at - gap]
                at -= gap
            order[at] = moved
        gap //= 2
    classes = 0
    for k in range(colour.size):
        if k == 0 or colour[order[k]] != colour[order[k - 1]]:
            classes += 1
        number[order[k]] = classes - 1
    return classes


@jit
def spread(src: Ends, dst: Ends, marks: Words, colour: Words, fresh: Words, order: Ints, number: Ints) -> int:
    """Recolour by the links until the colours split no more; number them, and return how many there are.

    `marks` (2, m) tell of each link as it is seen by its supplier and by its buyer; `fresh` (n) is room.
    """
    count, classes = 0, count_up(colour, order, number)
    while count < classes and count < colour.size:
        count = classes
        for i in range(colour.size):
            fresh[i] = mixed(colour[i], 3)
        for e in range(src.size):
            fresh[src[e]] += mixed(marks[0, e] ^ colour[dst[e]], 4)
            fresh[dst[e]] += mixed(marks[1, e] ^ colour[src[e]], 5)
        for i in range(colour.size):
            colour[i] = mixed(fresh[i], 6)
        classes = count_up(colour, order, number)
    return classes


@jit
def tell_apart(src: Ends, dst: Ends, rank: Ints, degree: Ints, colour: Words, alike: Ints) -> None:
    """Write everybody's last colour, and the number of that which came before anybody was singled out.

    `rank` (m) numbers the values of links; `colour` is given as 0.
    """
    n = colour.size
    marks, fresh = np.zeros((2, src.size), np.uint64), np.zeros(n, np.uint64)
    order, number, size = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    settled, peer = np.zeros(n, np.int64), np.zeros(n, np.int64)
    for e in range(src.size):
        marks[0, e], marks[1, e] = mixed(np.uint64(rank[e]), 1), mixed(np.uint64(rank[e]), 2)
    for i in range(n):
        order[i], settled[i] = i, degree[i] == 0
    classes = spread(src, dst, marks, colour, fresh, order, number)
    for i in range(n):
        alike[i] = number[i]
    for _ in range(SINGLED):
        least = n
        for i in range(n):
            size[i] = 0
        for i in range(n):
            size[number[i]] += 1
        for i in range(n):
            least = min(least, number[i] if size[number[i]] > 1 and settled[i] == 0 else n)
        if least == n:
            break
        chosen = n
        for i in range(n - 1, -1, -1):
            peer[i] = number[i] == least
            chosen = i if peer[i] == 1 else chosen
        colour[chosen] = mixed(colour[chosen], 7)
        before, classes = classes, spread(src, dst, marks, colour, fresh, order, number)
        if classes == before + 1:  # nobody else was told apart: the peers are interchangeable
            for i in range(n):
                settled[i] = max(settled[i], peer[i])
