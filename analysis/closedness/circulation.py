"""The largest circulation that fits in the links: how much of the supply can be read as going round."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from clustercoop.analysis.closedness.components import component_labels
from clustercoop.analysis.closedness.finn import checked_flows
from clustercoop.analysis.jit import jit
from clustercoop.graph.arrays import AnyInts, Floats, Ints


@jit
def _levels(
    first: Ints,
    arcs: Ints,
    src: Ints,
    dst: Ints,
    residual: Ints,
    excess: Ints,
    potential: Ints,
    level: Ints,
    pointer: Ints,
    queue: Ints,
) -> tuple[int, bool]:
    """Write each participant's distance from the net suppliers along admissible arcs, −1 where there is none.

    Returns the number of net suppliers, which head `queue`, and whether a net buyer is reached; where none
    is, the potential of everything unreached rises to the nearest arc.
    """
    n = excess.size
    tail = 0
    for u in range(n):
        level[u] = -1
        pointer[u] = first[u]
        if excess[u] > 0:
            level[u] = 0
            queue[tail] = u
            tail += 1
    sources = tail
    head = 0
    reached = False
    nearest = np.int64(4 * n)
    while head < tail:
        u = queue[head]
        head += 1
        for k in range(first[u], first[u + 1]):
            a = arcs[k]
            v = dst[a >> 1] if a & 1 == 0 else src[a >> 1]
            if residual[a] == 0 or level[v] >= 0:
                continue
            reduced = 1 - 2 * (a & 1) + potential[u] - potential[v]
            if reduced == 0:
                level[v] = level[u] + 1
                reached = reached or excess[v] < 0
                queue[tail] = v
                tail += 1
            elif reduced < nearest:
                nearest = reduced
    if not reached:
        for v in range(n):
            if level[v] < 0:
                potential[v] += nearest
    return sources, reached


@jit
def _admissible_path(
    start: int,
    first: Ints,
    arcs: Ints,
    src: Ints,
    dst: Ints,
    residual: Ints,
    excess: Ints,
    potential: Ints,
    level: Ints,
    pointer: Ints,
    path: Ints,
) -> tuple[int, int]:
    """Write the arcs of a path from `start` to a net buyer; return its end and length, (`start`, 0) for none.

    An arc that leads nowhere is passed over for good: `pointer` moves on.
    """
    u, depth = start, 0
    while excess[u] >= 0:
        forward = False
        while pointer[u] < first[u + 1]:
            a = arcs[pointer[u]]
            v = dst[a >> 1] if a & 1 == 0 else src[a >> 1]
            reduced = 1 - 2 * (a & 1) + potential[u] - potential[v]
            if residual[a] > 0 and level[v] == level[u] + 1 and reduced == 0:
                forward = True
                break
            pointer[u] += 1
        if forward:
            path[depth] = a
            depth += 1
            u = v
        elif depth == 0:
            break
        else:
            depth -= 1
            a = path[depth]
            u = src[a >> 1] if a & 1 == 0 else dst[a >> 1]
            pointer[u] += 1
    return u, depth


@jit
def _least_removal(n: int, src: Ints, dst: Ints, capacity: Ints, removed: Ints) -> None:
    """Write how much to take off each link so that every participant is balanced, least in sum.

    Min-cost flow at unit cost from net suppliers to net buyers along the links, by the primal–dual
    method: with potentials p, an arc of the residual network is admissible when cost + p_u − p_v = 0;
    blocking flows along admissible arcs (Dinic), and when no net buyer can be reached, the potential of
    everything unreached rises to the nearest arc. All integers: exact, and it ends.
    """
    m = src.size
    first = np.zeros(n + 2, np.int64)
    for e in range(m):
        first[src[e] + 2] += 1
        first[dst[e] + 2] += 1
    for u in range(n):
        first[u + 2] += first[u + 1]
    arcs = np.zeros(2 * m, np.int64)  # arc 2e runs along link e, arc 2e + 1 against it
    residual = np.zeros(2 * m, np.int64)
    excess = np.zeros(n, np.int64)
    for e in range(m):
        arcs[first[src[e] + 1]] = 2 * e
        first[src[e] + 1] += 1
        arcs[first[dst[e] + 1]] = 2 * e + 1
        first[dst[e] + 1] += 1
        residual[2 * e] = capacity[e]
        excess[src[e]] += capacity[e]
        excess[dst[e]] -= capacity[e]
    potential, level = np.zeros(n, np.int64), np.zeros(n, np.int64)
    queue, pointer = np.zeros(n, np.int64), np.zeros(n, np.int64)
    path = np.zeros(n + 1, np.int64)
    while True:
        sources, reached = _levels(first, arcs, src, dst, residual, excess, potential, level, pointer, queue)
        if sources == 0:
            break
        for k in range(sources if reached else 0):
            start = queue[k]
            while excess[start] > 0:
                end, depth = _admissible_path(
                    start, first, arcs, src, dst, residual, excess, potential, level, pointer, path
                )
                if excess[end] >= 0:
                    break
                amount = min(excess[start], -excess[end])
                for step in range(depth):
                    amount = min(amount, residual[path[step]])
                for step in range(depth):
                    residual[path[step]] -= amount
                    residual[path[step] ^ 1] += amount
                excess[start] -= amount
                excess[end] += amount
    for e in range(m):
        removed[e] = residual[2 * e + 1]


def maximum_circulation(
    n: int, src: AnyInts, dst: AnyInts, weight: Floats, labels: Ints | None = None
) -> Floats:
    r"""Return a circulation of the largest total that fits in the links, shape (m,).

    .. math:: \max \sum_e c_e, \quad 0 \le c_e \le w_e, \quad \text{in} = \text{out at each participant}

    Equal to saturating every link and then removing the imbalances at least cost, a min-cost flow. Links
    between strong components cannot circulate and are left out first. Values enter as integers of
    2^-60 of the total, so that the search is exact; the total is unique, the split over links is one of
    possibly many (the same one for the same input).

    Parameters
    ----------
    n : int
        Participants.
    src, dst, weight : arrays, shape (m,)
        Links, non-negative finite values.
    labels : array, shape (n,), optional
        Strong component numbers of `component_labels`, where they are known.

    Returns
    -------
    array of float64, shape (m,)
        The circulating part of each link.

    References
    ----------
    Ahuja, R. K., Magnanti, T. L., Orlin, J. B. (1993). Network Flows, chapters 9.8 (primal–dual) and 11.

    Examples
    --------
    >>> src, dst = np.array([0, 1, 2, 2]), np.array([1, 2, 0, 3])
    >>> maximum_circulation(4, src, dst, np.array([5.0, 3.0, 4.0, 9.0])).tolist()
    [3.0, 3.0, 3.0, 0.0]
    """
    circulating = np.zeros(len(weight))
    if labels is None:
        labels = component_labels(n, src, dst, strong=True)
    within = np.flatnonzero((labels[src] == labels[dst]) & (weight > 0))
    if not len(within):
        return circulating
    value = weight[within]
    shift = 60 - math.frexp(float(value.sum()))[1]
    capacity = np.rint(np.ldexp(value, shift)).astype(np.int64)
    removed = np.empty_like(capacity)
    _least_removal(n, src[within].astype(np.int64), dst[within].astype(np.int64), capacity, removed)
    kept = np.ldexp((capacity - removed).astype(np.float64), -shift)
    circulating[within] = np.where(removed == 0, value, np.minimum(kept, value))
    return circulating


def circulation_share(flows: ArrayLike) -> float:
    r"""Return the largest circulation that fits in the flows as a share of all flow.

    .. math:: \max \sum_{ij} c_{ij} / \sum_{ij} f_{ij}

    A cycle gives 1, a chain 0. It reads the flows as fungible: what *can* go round does, so it is the
    most that the values allow. See `maximum_circulation`.

    Parameters
    ----------
    flows : array-like, shape (n, n)
        ``flows[i, j]`` goes from i to j; the diagonal circulates by itself.

    Returns
    -------
    float
        In [0, 1]; NaN where nothing flows.

    Raises
    ------
    ParameterError
        Not a square matrix, or negative or non-finite flows.

    Examples
    --------
    >>> circulation_share([[0, 2.0, 0], [0, 0, 2.0], [1.0, 0, 0]])
    0.6
    """
    matrix = checked_flows("circulation_share", flows)[0]
    src, dst = np.nonzero(matrix)
    return link_circulation_share(len(matrix), src, dst, matrix[src, dst])


def link_circulation_share(
    n: int, src: AnyInts, dst: AnyInts, weight: Floats, labels: Ints | None = None
) -> float:
    """Return `circulation_share` of links given as arrays; NaN where nothing is supplied."""
    total = float(weight.sum())
    if not total > 0:
        return float("nan")
    return min(float(maximum_circulation(n, src, dst, weight, labels).sum()) / total, 1.0)
