"""Lip's exact discrete core: the fewest missing core links and present periphery links."""

from __future__ import annotations

from itertools import combinations, islice
from math import comb

import numpy as np

from clustercoop.analysis.core_periphery.common import CoreFit, Edges, GraphLike, as_edges, core_fit
from clustercoop.graph.arrays import Bools, Ints


def lip(graph: GraphLike) -> CoreFit:
    """Find the core that minimises missing core–core plus present periphery–periphery pairs, exactly.

    Parameters
    ----------
    graph : graph-like of n participants, m links
        See `as_edges`; values are ignored.

    Returns
    -------
    CoreFit
        ``fit`` is Z, the number of such pairs (0 is a perfect core). A pair linked one way only counts half,
        so that a graph with every link both ways has Lip's own Z. ``ties`` counts the optimal splits,
        ``margin`` is the gap to the best other one. NaN with fewer than 2 participants or no link.

    Notes
    -----
    For a core C of k participants with total degrees t_i (links out and in), the core's own links e enter
    both counts and cancel: 2Z = [k(k − 1) − e] + [m − Σ_{i∈C} t_i + e]. So the best core of k are the k
    largest degrees and 2Z_k = 2Z_{k−1} + 2(k − 1) − t_(k), in O(n log n + m) [1]_. The core has 1 … n − 1
    members, which loses nothing: Z_1 ≤ Z_0 and Z_{n−1} ≤ Z_n. Of tied splits the smallest core is returned,
    and of equal degrees the earlier participants.

    References
    ----------
    .. [1] S. Z. W. Lip (2011). A fast algorithm for the discrete core/periphery bipartitioning problem.
       arXiv:1102.5511. The directed form takes total degrees, which the same cancellation allows.

    Examples
    --------
    A hub with three spokes is a perfect core of one:

    >>> links = np.zeros((4, 4))
    >>> links[0, 1:] = 1
    >>> result = lip(links)
    >>> result.members, result.fit, result.ties
    ((0,), 0.0, 1)
    """
    edges = as_edges(graph, "lip")
    n = edges.n
    if n < 2 or len(edges.src) == 0:
        return core_fit(edges, "Lip", np.zeros(n, bool), np.nan, ties=0, exact=True)
    ordered, costs = edges.layout.degree[edges.layout.by_degree], _costs(edges)
    best = int(costs.min())
    size = int(np.argmin(costs)) + 1
    ties = 0
    for k in np.flatnonzero(costs == best) + 1:  # members of the core's smallest degree are interchangeable
        last = ordered[k - 1]
        ties += comb(int((ordered == last).sum()), int((ordered[:k] == last).sum()))
    swapped = best + int(ordered[size - 1] - ordered[size])
    margin = min([swapped, *np.delete(costs, size - 1)]) - best if ties == 1 else 0
    core = np.zeros(n, bool)
    core[edges.layout.by_degree[:size]] = True
    return core_fit(edges, "Lip", core, best / 2, margin=margin / 2, ties=ties, exact=True)


def lip_z(edges: Edges) -> float:
    """Return the ``fit`` of `lip` alone, of a graph with links."""
    return int(_costs(edges).min()) / 2


def _costs(edges: Edges) -> Ints:
    """Return 2Z of the best core of 1 … n − 1 members, shape (n − 1,)."""
    ordered = edges.layout.degree[edges.layout.by_degree]
    return np.asarray(len(edges.src) + np.cumsum(2 * np.arange(edges.n - 1) - ordered[:-1]))


def lip_cores(edges: Edges, most: int) -> tuple[Bools, bool]:
    """Return the optimal cores of `lip`, its own first and at most `most`, and whether these are all.

    Examples
    --------
    Each of two spokes linked both ways costs as much in the core as outside:

    >>> links = np.zeros((4, 4))
    >>> links[0, 1:] = links[1:3, 0] = 1
    >>> lip_cores(as_edges(links), 9)[0].astype(int).tolist()
    [[1, 0, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0]]
    """
    degree, costs = edges.layout.degree, _costs(edges)
    ordered = degree[edges.layout.by_degree]
    cores: list[Bools] = []
    for k in np.flatnonzero(costs == costs.min()) + 1:
        last = ordered[k - 1]
        sure, equal = degree > last, np.flatnonzero(degree == last)
        for chosen in islice(combinations(equal.tolist(), int(k - sure.sum())), most + 1 - len(cores)):
            core = sure.copy()
            core[list(chosen)] = True
            cores.append(core)
    return np.array(cores[:most]), len(cores) <= most
