"""An order of participants that their links make and not their names, and a seed from the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeVar
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from clustercoop.analysis.core_periphery.common import Edges
from clustercoop.analysis.jit import jit
from clustercoop.graph.arrays import Bits, Bools, Floats, Int32s, Ints

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
    alike : array of int64, shape (n,), or None
        Participants in the new order that the links do not tell apart share a number; None where there are
        none.
    digest : int
        A number of 32 bits that the links make: equal for networks that are alike but for names and unit.
    """

    edges: Edges
    order: Ints
    alike: Ints | None
    digest: int

    def back(self, values: NDArray[T]) -> NDArray[T]:
        """Return `values` of participants in the new order in the old one; along the last axis."""
        out = np.empty_like(values)
        out[..., self.order] = values
        return out

    def torn(self, core: Bools) -> Bools:
        """Tell who is alike to somebody on the other side of `core`: as good there, shape (n,)."""
        if self.alike is None:
            return np.zeros(len(core), bool)
        share = self.evened(core.astype(np.float64))
        return (share > 0) & (share < 1)

    def evened(self, values: Floats) -> Floats:
        """Return for each participant the mean of `values` over those alike, shape (n,)."""
        if self.alike is None:
            return values
        mean: Floats = np.bincount(self.alike, values) / np.bincount(self.alike)
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
    n, m = edges.n, len(edges.src)
    if m == 0:
        everyone = np.arange(n)
        return Structure(edges, everyone, np.zeros(n, np.int64), n)
    size: Floats = np.log(edges.weight / edges.median).round(DIGITS)
    order, alike, at, rank = (np.empty(length, np.int64) for length in (n, n, m, m))
    ends = np.empty((2, m), np.int32)
    classes = arrange(edges.src, edges.dst, size, edges.by_value, order, alike, at, rank, ends)
    fresh = Edges(n, ends[0], ends[1], edges.weight[at], edges.ids[order])
    fresh.__dict__["median"] = edges.median  # that of the same values
    return Structure(fresh, order, alike if classes < n else None, crc32(rank.data, crc32(ends.data)))


@jit
def mixed(word: np.uint64, salt: int) -> np.uint64:
    """Return a well-mixed word (the finaliser of splitmix64), another mixture for each `salt`."""
    z = word + np.uint64(salt) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@jit
def count_up(colour: Bits, order: Ints, number: Ints) -> int:
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
def spread(
    src: Int32s, dst: Int32s, marks: Bits, colour: Bits, fresh: Bits, order: Ints, number: Ints
) -> int:
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
def tell_apart(src: Int32s, dst: Int32s, rank: Ints, degree: Ints, colour: Bits, alike: Ints) -> int:
    """Write everybody's last colour, and the number of that which came before anybody was singled out.

    `rank` (m) numbers the values of links; `colour` is given as 0. Returns how many numbers there are.
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
    found = classes
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
    return found


@jit
def by_number(number: Ints, some: Ints, first: Ints, out: Ints) -> None:
    """Write to `out` the entries of `some` by their `number`, equal ones as they stood; `first` is room."""
    for k in range(first.size):
        first[k] = 0
    for k in range(some.size):
        first[number[some[k]] + 1] += 1
    for k in range(first.size - 1):
        first[k + 1] += first[k]
    for k in range(some.size):
        at = first[number[some[k]]]
        out[at] = some[k]
        first[number[some[k]]] = at + 1


@jit
def arrange(
    src: Int32s,
    dst: Int32s,
    size: Floats,
    by_size: Ints,
    order: Ints,
    alike: Ints,
    at: Ints,
    rank: Ints,
    ends: Int32s,
) -> int:
    """Write the order of participants, and of the links between them; return how many are told apart.

    `size` (m) are the values of links, `by_size` (m) the links from the least. The participants come by
    falling degree, then colour, then number: `order` (n). Of each in that order `alike` (n) is the colour
    before anybody was singled out. The links by their ends in that order are `at` (m), `ends` (2, m) and
    `rank` (m), which numbers their values.
    """
    n, m = order.size, src.size
    of_value, of_src, of_dst = np.zeros(m, np.int64), np.zeros(m, np.int64), np.zeros(m, np.int64)
    degree, falling, place = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    some, number, group = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    links, sorted_links, room = np.zeros(m, np.int64), np.zeros(m, np.int64), np.zeros(2 * n + 1, np.int64)
    colour = np.zeros(n, np.uint64)
    for k in range(1, m):
        above = 1 if size[by_size[k]] != size[by_size[k - 1]] else 0
        of_value[by_size[k]] = of_value[by_size[k - 1]] + above
    for e in range(m):
        degree[src[e]] += 1
        degree[dst[e]] += 1
        links[e] = e
    classes = tell_apart(src, dst, of_value, degree, colour, group)
    for i in range(n):
        some[i] = order[i] = i
        falling[i] = 2 * n - 1 - degree[i]
    count_up(colour, some, number)
    for i in range(n):
        some[i] = i
    by_number(number, some, room, order)
    by_number(falling, order, room, some)
    for k in range(n):
        order[k], place[some[k]], alike[k] = some[k], k, group[some[k]]
    for e in range(m):
        of_src[e], of_dst[e] = place[src[e]], place[dst[e]]
    by_number(of_dst, links, room, sorted_links)
    by_number(of_src, sorted_links, room, at)
    for k in range(m):
        ends[0, k], ends[1, k], rank[k] = of_src[at[k]], of_dst[at[k]], of_value[at[k]]
    return classes
