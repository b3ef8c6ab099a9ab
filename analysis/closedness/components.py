"""Strong components: the value inside them, and the longest chain between them."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from graph.formation import FloatArray

Index = NDArray[np.integer[Any]]


def component_labels(n: int, src: Index, dst: Index, *, strong: bool) -> Index:
    """Return the strong (or weak) component number of each of n participants, shape (n,).

    Examples
    --------
    >>> labels = component_labels(3, np.array([0, 1, 1]), np.array([1, 0, 2]), strong=True)
    >>> bool(labels[0] == labels[1]), bool(labels[1] == labels[2])
    (True, False)
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    links = csr_array((np.ones(len(src), np.int8), (src, dst)), shape=(n, n))
    connection: Literal["strong", "weak"] = "strong" if strong else "weak"
    labels: Index = connected_components(links, directed=True, connection=connection)[1]
    return labels


def strongly_connected_share(n: int, src: Index, dst: Index, weight: FloatArray) -> float:
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
    labels = component_labels(n, src, dst, strong=True)
    return float(weight[labels[src] == labels[dst]].sum()) / total


def longest_chain(n: int, src: Index, dst: Index) -> int:
    """Return how many stages the longest chain has, each strong component being one stage.

    The longest path of the condensed graph, counted in vertices: a pure cycle is one stage, a chain of k
    participants is k, and participants without links are one stage each.

    Examples
    --------
    >>> longest_chain(4, np.array([0, 1, 2]), np.array([1, 2, 1]))  # 0 → {1, 2}, and 3 apart
    2
    """
    labels = component_labels(n, src, dst, strong=True)
    start, stop = labels[src], labels[dst]
    between = start != stop
    size = int(labels.max(initial=-1)) + 1
    pairs = np.unique(start[between].astype(np.int64) * size + stop[between])
    start, stop = pairs // max(size, 1), pairs % max(size, 1)
    depth = np.ones(size, np.int64)
    while True:  # one round a stage: the condensed graph has no cycle, so it ends
        deeper = depth.copy()
        np.maximum.at(deeper, stop, depth[start] + 1)
        if (deeper == depth).all():
            return int(depth.max(initial=0))
        depth = deeper
