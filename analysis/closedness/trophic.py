"""Trophic levels and incoherence: how far a network runs one way."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from clustercoop.analysis.closedness.components import component_labels, root_of
from clustercoop.analysis.closedness.finn import checked_flows
from clustercoop.analysis.jit import jit
from clustercoop.analysis.linear import DENSE, solve_positive
from clustercoop.analysis.memo import remembered
from clustercoop.graph.arrays import AnyInts, Floats, Ints
from clustercoop.graph.formation import Formation, sum_by

_LEAST: Final = 1e-100
"""Link values below this share of the largest are raised to it: products of two must not vanish."""
_SWEEPS: Final = 20
_STEP: Final = 1e-3
"""Links this much weaker than the strongest left are corrected for apart, beyond `DENSE` participants."""
_STILL: Final = 1e-12
"""Climbs that change by no more have settled."""


@jit
def _heights(src: Ints, dst: Ints, value: Floats, climbs: Floats, order: Ints, height: Floats) -> None:
    """Write the heights that minimise Σ w (h_j − h_i − climb)², each component's last in `order` at 0.

    Participants are taken out one by one. The best height of the one taken out leaves, between every two
    of its neighbours i and j, a link of value w_i w_j / Σ w whose climb is the difference of theirs; links
    between the same two merge, values added and climbs averaged by value. No value is ever subtracted from
    another, so every climb is exact to rounding however unequal the links are (as in the elimination of
    Grassmann, Taksar and Heyman, 1985).
    """
    n = height.size
    weight = np.zeros((n, n))
    climb = np.zeros((n, n))
    for e in range(src.size):
        i, j = src[e], dst[e]
        both = weight[i, j] + value[e]
        climb[i, j] += (climbs[e] - climb[i, j]) * (value[e] / both)
        climb[j, i] = -climb[i, j]
        weight[i, j] = weight[j, i] = both
    near = np.zeros(n, np.int64)
    for step in range(n):
        k = order[step]
        count = 0
        whole = 0.0
        for i in range(n):
            if weight[k, i] > 0.0:
                near[count] = i
                count += 1
                whole += weight[k, i]
        for a in range(count):
            i = near[a]
            weight[i, k] = 0.0
            share = weight[k, i] / whole
            for b in range(a):
                j = near[b]
                more = share * weight[k, j]
                if more > 0.0:
                    both = weight[i, j] + more
                    climb[i, j] += (climb[k, j] - climb[k, i] - climb[i, j]) * (more / both)
                    climb[j, i] = -climb[i, j]
                    weight[i, j] = weight[j, i] = both
    for step in range(n - 1, -1, -1):
        k = order[step]
        height[k] = 0.0
        first = -1
        whole = 0.0
        for i in range(n):
            if weight[k, i] > 0.0:
                whole += weight[k, i]
                if first < 0:
                    first = i
        if first >= 0:
            start = height[first] - climb[k, first]
            height[k] = start
            for i in range(first + 1, n):
                if weight[k, i] > 0.0:
                    height[k] += (height[i] - climb[k, i] - start) * (weight[k, i] / whole)


def _eliminated(n: int, src: Ints, dst: Ints, value: Floats, climbs: Floats) -> Floats:
    """Return the heights of `_heights`, the least connected taken out first."""
    degree = np.bincount(np.concatenate([src, dst]), minlength=n)
    height = np.empty(n)
    _heights(src, dst, value, climbs, np.argsort(degree, kind="stable"), height)
    return height


@jit
def _levels(src: AnyInts, dst: AnyInts, weight: Floats, largest: float, levels: Floats) -> None:
    """Write the heights of `_heights` above the lowest of each weak component, of everybody with a link.

    The least connected are taken out first.
    """
    n, proper = levels.size, 0
    for e in range(src.size):
        proper += 1 if src[e] != dst[e] else 0
    start, stop = np.zeros(proper, np.int64), np.zeros(proper, np.int64)
    value, climbs, height, lowest = np.zeros(proper), np.zeros(proper), np.zeros(n), np.zeros(n)
    degree, order, root = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    first, linked = np.zeros(2 * proper + 2, np.int64), np.zeros(n, np.int64)
    for i in range(n):
        root[i], lowest[i] = i, np.inf
    k = 0
    for e in range(src.size):
        i, j = int(src[e]), int(dst[e])
        linked[i] = linked[j] = 1
        if i != j:
            start[k], stop[k], climbs[k] = i, j, 1.0
            value[k] = max(weight[e] / largest, _LEAST)
            degree[i] += 1
            degree[j] += 1
            k += 1
        root[root_of(root, j)] = root_of(root, i)
    for i in range(n):
        first[degree[i] + 1] += 1
    for d in range(2 * proper + 1):
        first[d + 1] += first[d]
    for i in range(n):
        order[first[degree[i]]] = i
        first[degree[i]] += 1
    _heights(start, stop, value, climbs, order, height)
    for i in range(n):
        at = root_of(root, i)
        lowest[at] = min(lowest[at], height[i])
    for i in range(n):
        if linked[i] == 1:
            levels[i] = height[i] - lowest[root_of(root, i)]


def link_levels(n: int, src: AnyInts, dst: AnyInts, weight: Floats) -> Floats:
    """Return `trophic_levels` of links given as arrays."""
    levels = np.full(n, np.nan)
    if not len(src):
        return levels
    if n <= DENSE:
        _levels(src.astype(np.int32), dst.astype(np.int32), weight, float(weight.max()), levels)
        return levels
    proper = src != dst
    start, stop = src[proper].astype(np.int64), dst[proper].astype(np.int64)
    height = _settled(n, start, stop, np.maximum(weight[proper] / float(weight.max()), _LEAST))
    labels = component_labels(n, src, dst, strong=False)
    lowest = np.full(int(labels.max()) + 1, np.inf)
    np.minimum.at(lowest, labels, height)
    linked = np.zeros(n, bool)
    linked[src] = True
    linked[dst] = True
    levels[linked] = (height - lowest[labels])[linked]
    return levels


def _settled(n: int, src: Ints, dst: Ints, value: Floats) -> Floats:
    """Return what `_heights` does for many participants, by conjugate gradients and corrections.

    Gradients lose what weak links say beside strong ones. So what strong links hold together is then moved
    as one, over links a thousand times weaker each round, until no climb changes any more.
    """
    height = np.zeros(n)
    single = np.arange(n)
    for _ in range(_SWEEPS):
        moved = 0.0
        part, strong = single, 1.0
        while (crossing := part[src] != part[dst]).any():
            a, b, w = src[crossing], dst[crossing], value[crossing]
            parts = int(part.max()) + 1
            shift = _moves(parts, part[a], part[b], w / w.max(), 1.0 - (height[b] - height[a]))
            change = shift[part]
            moved = max(moved, float(np.abs(change[dst] - change[src]).max()))
            height += change
            strong = min(float(w.max()), strong) * _STEP
            held = value >= strong
            part = component_labels(n, src[held], dst[held], strong=False)
        if moved <= _STILL:
            break
    return height


def _moves(n: int, src: Ints, dst: Ints, value: Floats, climb: Floats) -> Floats:
    """Return the shifts d that minimise Σ w (d_j − d_i − climb)², one participant a component at 0."""
    if n <= DENSE:
        return _eliminated(n, src, dst, value, climb)
    pull = value * climb
    _, roots = np.unique(component_labels(n, src, dst, strong=False), return_index=True)
    free = np.ones(n, bool)
    free[roots] = False
    position = np.cumsum(free) - 1
    at = np.flatnonzero(free)
    inner = free[src] & free[dst]
    a, b, w = position[src[inner]], position[dst[inner]], -value[inner]
    diagonal = np.arange(len(at))
    shift = np.zeros(n)
    shift[at] = solve_positive(
        len(at),
        np.concatenate([diagonal, a, b]),
        np.concatenate([diagonal, b, a]),
        np.concatenate([(sum_by(src, value, n) + sum_by(dst, value, n))[at], w, w]),
        (sum_by(dst, pull, n) - sum_by(src, pull, n))[at],
    )
    return shift


@remembered
def formation_levels(formation: Formation) -> Floats:
    """Return the trophic levels of a formation's members over its internal links, shape (n,)."""
    return link_levels(formation.n, formation.src, formation.dst, formation.weight)


def link_incoherence(src: AnyInts, dst: AnyInts, weight: Floats, levels: Floats) -> float:
    """Return `trophic_incoherence` of links given as arrays and the levels of their ends."""
    total = float(weight.sum())
    if not total > 0:
        return float("nan")
    return float((weight * (levels[dst] - levels[src] - 1) ** 2).sum()) / total


def trophic_levels(flows: ArrayLike) -> Floats:
    r"""Return the trophic level of each participant: its height in the chain, 0 at the bottom.

    With in-flow and out-flow of each participant, u = in + out and v = in − out, levels h solve

    .. math:: (\mathrm{diag}(u) - W - W^\top)\, h = v

    the minimum of the incoherence over h: each link should climb by one. The matrix is singular, once per
    weakly connected component; each component's lowest level is set to 0.

    Parameters
    ----------
    flows : array-like, shape (n, n)
        ``flows[i, j]`` goes from i to j, so j is higher. The diagonal does not matter.

    Returns
    -------
    array of float64, shape (n,)
        NaN for a participant without flows: it has no place in the chain.

    Raises
    ------
    ParameterError
        Not a square matrix, or negative or non-finite flows.

    References
    ----------
    MacKay, R. S., Johnson, S., Sansom, B. (2020). How directed is a directed network?
    Royal Society Open Science 7, 201138.

    Examples
    --------
    A feed-forward loop: 0 supplies 1 and 2, 1 supplies 2.

    >>> trophic_levels([[0, 1, 1], [0, 0, 1], [0, 0, 0]]).round(4).tolist()
    [0.0, 0.6667, 1.3333]
    """
    matrix = checked_flows("trophic_levels", flows)[0]
    src, dst = np.nonzero(matrix)
    return link_levels(len(matrix), src, dst, matrix[src, dst])


def trophic_incoherence(flows: ArrayLike) -> float:
    r"""Return F₀, from 0 for a pure chain to 1 for a pure cycle.

    .. math:: F_0 = \sum_{ij} w_{ij} (h_j - h_i - 1)^2 / \sum_{ij} w_{ij}

    with the levels h of `trophic_levels`.

    Parameters
    ----------
    flows : array-like, shape (n, n)
        ``flows[i, j]`` goes from i to j; a flow to oneself climbs nothing and counts as incoherent.

    Returns
    -------
    float
        In [0, 1]; NaN where nothing flows.

    Raises
    ------
    ParameterError
        Not a square matrix, or negative or non-finite flows.

    References
    ----------
    MacKay, Johnson, Sansom (2020), as for `trophic_levels`.

    Examples
    --------
    The feed-forward loop: links climb 2/3, 2/3 and 4/3, so F₀ = (1/9 + 1/9 + 1/9) / 3.

    >>> round(trophic_incoherence([[0, 1, 1], [0, 0, 1], [0, 0, 0]]), 4)
    0.1111
    """
    matrix = checked_flows("trophic_incoherence", flows)[0]
    src, dst = np.nonzero(matrix)
    weight = matrix[src, dst]
    return link_incoherence(src, dst, weight, link_levels(len(matrix), src, dst, weight))
