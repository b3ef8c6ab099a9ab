"""Strong components: the value inside them, and the longest chain between them."""

from __future__ import annotations

import numpy as np

from clustercoop.analysis.jit import jit
from clustercoop.analysis.memo import remembered
from clustercoop.graph.arrays import AnyInts, Floats, Ints
from clustercoop.graph.formation import Formation


@jit
def root_of(root: Ints, i: int) -> int:
    """Return the root that stands for the part of `i` among joined parts, and halve the way to it."""
    while root[i] != i:
        root[i] = root[root[i]]
        i = root[i]
    return i


@jit
def _strong_labels(n: int, src: Ints, dst: Ints, label: Ints) -> None:
    """Write strong component numbers (Tarjan 1972, without recursion), each after all that it can reach."""
    first = np.zeros(n + 2, np.int64)
    for e in range(src.size):
        first[src[e] + 2] += 1
    for u in range(n):
        first[u + 2] += first[u + 1]
    head = np.zeros(src.size, np.int64)
    for e in range(src.size):
        head[first[src[e] + 1]] = dst[e]
        first[src[e] + 1] += 1
    order = np.zeros(n, np.int64)  # when a participant was met; −1 not yet
    low = np.zeros(n, np.int64)
    pending = np.zeros(n, np.int64)  # met, but not yet in a finished component
    walk = np.zeros(n, np.int64)  # the path of the depth-first search
    following = np.zeros(n, np.int64)
    for u in range(n):
        following[u] = first[u]
        label[u] = order[u] = -1
    met = pended = found = 0
    for root in range(n):
        if order[root] >= 0:
            continue
        walk[0] = root
        depth = 1
        while depth:
            u = walk[depth - 1]
            if order[u] < 0:
                order[u] = low[u] = met
                met += 1
                pending[pended] = u
                pended += 1
            deeper = False
            while following[u] < first[u + 1]:
                v = head[following[u]]
                following[u] += 1
                if order[v] < 0:
                    walk[depth] = v
                    depth += 1
                    deeper = True
                    break
                if label[v] < 0:
                    low[u] = min(low[u], order[v])
            if deeper:
                continue
            if low[u] == order[u]:
                v = -1
                while v != u:
                    pended -= 1
                    v = pending[pended]
                    label[v] = found
                found += 1
            depth -= 1
            if depth:
                low[walk[depth - 1]] = min(low[walk[depth - 1]], low[u])


def component_labels(n: int, src: AnyInts, dst: AnyInts, *, strong: bool) -> Ints:
    """Return the strong (or weak) component number of each of n participants, shape (n,).

    A strong component has a higher number than every other one that it can reach.

    Examples
    --------
    >>> component_labels(3, np.array([0, 1, 1]), np.array([1, 0, 2]), strong=True).tolist()
    [1, 1, 0]
    """
    start, stop = src.astype(np.int64), dst.astype(np.int64)
    if not strong:
        start, stop = np.concatenate([start, stop]), np.concatenate([stop, start])
    label = np.empty(n, np.int64)
    _strong_labels(n, start, stop, label)
    return label


@remembered
def formation_components(formation: Formation) -> Ints:
    """Return the strong component number of each of a formation's members, as `component_labels` does."""
    return component_labels(formation.n, formation.src, formation.dst, strong=True)


def strongly_connected_share(
    n: int, src: AnyInts, dst: AnyInts, weight: Floats, labels: Ints | None = None
) -> float:
    r"""Return the share of link value inside strong components.

    .. math:: \sum_{i,j: s_i = s_j} w_{ij} / \sum_{i,j} w_{ij}

    It bounds the circulating share from above, and usually exceeds it by far: a link counts in full when
    any path leads back, however little flows there. NaN without links.

    Parameters
    ----------
    n : int
        Participants.
    src, dst, weight : arrays, shape (m,)
        Links, non-negative values in one unit.
    labels : array, shape (n,), optional
        Strong component numbers of `component_labels`, where they are known.

    Returns
    -------
    float
        In [0, 1]; NaN where nothing is supplied.

    Examples
    --------
    A cycle of three with a tail worth as much as one of its links:

    >>> src, dst = np.array([0, 1, 2, 2]), np.array([1, 2, 0, 3])
    >>> strongly_connected_share(4, src, dst, np.array([1.0, 1.0, 1.0, 1.0]))
    0.75
    """
    total = float(weight.sum())
    if not total > 0:
        return float("nan")
    if labels is None:
        labels = component_labels(n, src, dst, strong=True)
    return float(weight[labels[src] == labels[dst]].sum()) / total


def longest_chain(n: int, src: AnyInts, dst: AnyInts, labels: Ints | None = None) -> int:
    """Return how many stages the longest chain has, each strong component being one stage.

    The longest path of the condensed graph, counted in vertices: a pure cycle is one stage, a chain of k
    participants is k, and participants without links are one stage each. `labels` as for
    `strongly_connected_share`.

    Examples
    --------
    >>> longest_chain(4, np.array([0, 1, 2]), np.array([1, 2, 1]))  # 0 → {1, 2}, and 3 apart
    2
    """
    if labels is None:
        labels = component_labels(n, src, dst, strong=True)
    size = int(labels.max(initial=-1)) + 1
    if size <= 1:
        return size
    depth = np.ones(size, np.int64)
    _deepen(labels[src], labels[dst], depth)
    return int(depth.max())


@jit
def _deepen(start: Ints, stop: Ints, depth: Ints) -> None:
    """Bring every component one stage below the lowest of those that supply it."""
    deeper = True
    while deeper:  # one round a stage at most: the condensed graph has no cycle, so it ends
        deeper = False
        for e in range(start.size):
            if start[e] != stop[e] and depth[stop[e]] <= depth[start[e]]:
                depth[stop[e]] = depth[start[e]] + 1
                deeper = True
