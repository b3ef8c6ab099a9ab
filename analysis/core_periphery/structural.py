"""An order of participants that their links make and not their names, and a seed from the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeVar
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from clustercoop.analysis.core_periphery.common import Edges

Words = NDArray[np.uint64]
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
    size = np.round(np.log(edges.weight / np.median(edges.weight)), DIGITS)
    _, rank = np.unique(size, return_inverse=True)
    out, into = _mixed(rank, 1), _mixed(rank, 2)

    def spread(colour: Words) -> tuple[Words, NDArray[np.int64]]:
        """Recolour by the links until the colours split no more; return them and their numbers."""
        numbers, count = np.unique(colour, return_inverse=True)[1], 0
        while numbers.max() + 1 > count and count < n:
            count = int(numbers.max()) + 1
            fresh = _mixed(colour, 3)
            np.add.at(fresh, src, _mixed(out ^ colour[dst], 4))
            np.add.at(fresh, dst, _mixed(into ^ colour[src], 5))
            colour = _mixed(fresh, 6)
            numbers = np.unique(colour, return_inverse=True)[1]
        return colour, numbers

    colour, alike = spread(np.zeros(n, np.uint64))
    numbers, settled = alike, edges.degree == 0
    for _ in range(SINGLED):
        shared = (np.bincount(numbers)[numbers] > 1) & ~settled
        if not shared.any():
            break
        peers = numbers == numbers[shared].min()
        chosen = int(np.argmax(peers))
        colour[chosen] = _mixed(colour[chosen : chosen + 1], 7)[0]
        classes = int(numbers.max()) + 2
        colour, numbers = spread(colour)
        if int(numbers.max()) + 1 == classes:  # nobody else was told apart: the peers are interchangeable
            settled |= peers
    order = np.lexsort((np.arange(n), colour, -edges.degree))
    place = np.empty(n, np.int64)
    place[order] = np.arange(n)
    at = np.lexsort((place[dst], place[src]))
    ends = place[src[at]].astype(np.int32), place[dst[at]].astype(np.int32)
    digest = crc32(rank[at].astype(np.int64).tobytes(), crc32(np.concatenate(ends).tobytes()))
    return Structure(Edges(n, *ends, edges.weight[at], edges.ids[order]), order, alike[order], digest)


def _mixed(words: NDArray[np.generic], salt: int) -> Words:
    """Return well-mixed words (the finaliser of splitmix64), another mixture for each `salt`."""
    z = words.astype(np.uint64) + np.uint64(salt * 0x9E3779B97F4A7C15 % 2**64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
