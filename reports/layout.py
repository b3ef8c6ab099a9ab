"""Where to draw participants: the core in the middle, the periphery around it, nothing moving."""

from __future__ import annotations

import numpy as np

from clustercoop.graph.arrays import Bools, Floats, Indices, Int32s

CORE_SPACING = 120.0
RIM_SPACING = 80.0
RING = 105.0
PER_RING = 60
# Screens and names are wider than high: circles are drawn as ellipses.
STRETCH = 1.45


def circular_order(n: int, src: Int32s, dst: Int32s, weight: Floats, seed: int) -> Indices:
    """Return a rank 0 … n−1 for each node, so that partners get near ranks on a circle.

    Nodes start at random places of the circle and move, up to forty times, to the direction of the mean of
    their partners, weighted by log(1 + value), after which they are spread evenly again. The order with the
    least total length of links is kept.

    Parameters
    ----------
    n : int
        Number of nodes.
    src, dst, weight : arrays, shape (m,)
        Links.
    seed : int
        Seed of the start.

    Returns
    -------
    array of int, shape (n,)

    Examples
    --------
    >>> edges = np.array([0, 1, 2], "int32"), np.array([1, 2, 3], "int32"), np.ones(3)
    >>> sorted(circular_order(4, *edges, seed=0).tolist())
    [0, 1, 2, 3]
    """
    rank = np.random.default_rng(seed).permutation(n)
    best, least = rank, np.inf
    # Both ways, each pair once, in the order of its first end; a node pulls a little at its own place.
    nodes, pull = np.arange(n), np.log1p(weight)
    ways = np.concatenate([src * np.int64(n) + dst, dst * np.int64(n) + src, nodes * (n + 1)])
    order = np.argsort(ways, kind="stable")
    found = np.flatnonzero(np.diff(ways[order], prepend=-1))
    pulls = np.add.reduceat(np.concatenate([pull, pull, np.full(n, 0.15)])[order], found)
    ends, others = np.divmod(ways[order][found], n)
    start = np.searchsorted(ends, nodes)
    circle, chord = np.exp(2j * np.pi * nodes / n), np.sin(np.pi * nodes / n)
    seen: set[bytes] = set()
    for _ in range(40 if len(src) else 0):
        length = float(pulls @ chord[rank[ends] - rank[others]])
        if length < least - 1e-12:
            best, least, seen = rank, length, set()
        if (state := rank.tobytes()) in seen:  # from here on everything repeats
            break
        seen.add(state)
        mean = np.add.reduceat(pulls * circle[rank[others]], start)
        # Rounding keeps the order the same wherever the sums are added in another order.
        turned = np.rint(np.mod(np.arctan2(mean.imag, mean.real), 2 * np.pi) * 1e9)
        rank = np.empty(n, dtype=np.int64)
        rank[np.lexsort((best, turned))] = nodes
    return np.asarray(best)


def _ring(nodes: Indices, rank: Indices, radius: Floats, place: Floats) -> None:
    """Put `nodes` evenly around the middle in the order of `rank`, each at its radius."""
    order = nodes[np.argsort(rank[nodes], kind="stable")]
    angle = 2 * np.pi * np.arange(len(order)) / max(1, len(order)) - np.pi / 2
    place[order, 0] = radius[order] * np.cos(angle)
    place[order, 1] = radius[order] * np.sin(angle)


def positions(rank: Indices, coreness: Floats, core: Bools | None, linked: Bools, present: Bools) -> Floats:
    """Return coordinates: the radius falls with coreness, the angle follows `rank`.

    Rings are ellipses, wider than high. The core, where one is known, stands on an inner ring; the periphery
    between two outer rings, the more central nearer to the core; members without a link inside on the rim.
    Where no core is known, the radius follows coreness alone.

    Parameters
    ----------
    rank : array of int, shape (n,)
        Order around the circle (`circular_order`).
    coreness : array of float64, shape (n,)
        Centrality, NaN counts as lowest.
    core : array of bool, shape (n,), or None
        Membership of the core; None where unknown.
    linked, present : arrays of bool, shape (n,)
        Whether the node has a link inside, and whether it is a member in this year at all.

    Returns
    -------
    array of float64, shape (n, 2)
        Absent nodes are at 0, 0.

    Examples
    --------
    >>> one = np.array([True, False, False])
    >>> all_ = np.ones(3, bool)
    >>> xy = positions(np.arange(3), np.array([1.0, 0.2, 0.1]), one, all_, all_)
    >>> np.hypot(xy[:, 0] / STRETCH, xy[:, 1]).round().tolist()
    [0.0, 147.0, 252.0]
    """
    n = len(rank)
    place = np.zeros((n, 2))
    radius = np.zeros(n)
    inner = present & linked & (np.zeros(n, bool) if core is None else core)
    outer = present & linked & ~inner
    rim = present & ~linked
    k, p = int(inner.sum()), int(outer.sum())
    core_radius = 0.0 if k <= 1 else max(95.0, CORE_SPACING * k / (2 * np.pi))
    radius[inner] = core_radius
    rings = max(1, -(-p // PER_RING))
    # Wide enough that neighbours on the mean ring keep their distance.
    need = RIM_SPACING * p / rings / (2 * np.pi)
    spread = RING * rings
    start = max(core_radius + 1.4 * RING, need)
    if core is None:
        start, spread = 60.0, max(need, RING) + RING * rings
    order = np.flatnonzero(outer)
    score = np.nan_to_num(coreness[order], nan=-np.inf)
    by_score = order[np.lexsort((rank[order], -score))]
    radius[by_score] = start + spread * np.arange(p) / max(1, p - 1)
    edge = max(start + spread, core_radius) + 0.75 * RING
    radius[rim] = max(edge, RIM_SPACING * int(rim.sum()) / (2 * np.pi))
    for group in (inner, outer, rim):
        _ring(np.flatnonzero(group), rank, radius, place)
    place[:, 0] *= STRETCH
    return place


def widths(value: Floats, low: float, high: float) -> Floats:
    """Return line widths of 0.6 to 6 on a log scale from `low` to `high`.

    Examples
    --------
    >>> widths(np.array([1.0, 10.0, 100.0]), 1.0, 100.0).tolist()
    [0.6, 3.3, 6.0]
    """
    if not high > low > 0:
        return np.full(len(value), 2.0)
    share = np.log(np.maximum(value, low) / low) / np.log(high / low)
    return np.asarray(np.round(0.6 + 5.4 * np.clip(share, 0, 1), 2))
