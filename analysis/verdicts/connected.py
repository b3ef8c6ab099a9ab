"""Signs that what looks like two groups is one population along a curve."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.random import Generator

from clustercoop.graph.arrays import Bools, Floats, Indices

TINY: Final = 1e-6
SMALLEST: Final = 1e-300
FARTHEST: Final = 6.0
MOST_ROWS: Final = 1000
"""Rows beyond which the shortest paths are taken on a random part."""

LEAST_SIDE: Final = 4
NECK: Final = 0.65
LEAST_NECK: Final = 3
"""What lies nearer to the middle than this share of the way to the groups' means is the neck between them, if
it is so many rows."""

MAIN: Final = 3
"""Principal directions within the groups that are held against a turn."""

MANY: Final = 6
"""What the smallest p-value of the nine tests is multiplied by; they overlap."""

OWN_SCATTER: Final = 2
"""Terms in which the scatter is free: each group may have its own."""


def bend(rows: Floats, line: Floats, upper: Bools) -> float:
    """Return how well two normal groups with one covariance explain what goes with `line`: a p-value.

    In such groups every feature runs straight along the line within a group, with one slope in both and a
    scatter that does not change along it. Where a population bends from one end of the line to the other, the
    slopes within its halves differ or the scatter changes on the way. Tests of one slope: over all directions
    (Hotelling), and of each feature (F, the smallest p times their number); of an even scatter within the
    groups: over all directions, in each principal direction of what the line leaves, and of each feature.
    The slopes of a zigzag agree, because its halves turn the same way round, and a bridge may be thinner than
    what it joins: tests that the groups do not turn round the middle, and that the neck between them scatters
    no less than they do, in principal directions and of each feature. Six times the smallest, since the
    tests overlap.

    Parameters
    ----------
    rows : array, shape (n, p)
        Complete.
    line : array, shape (n,)
    upper : array of bool, shape (n,)

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> angle = rng.uniform(0, np.pi, 60)
    >>> rows = np.column_stack([np.cos(angle), np.sin(angle)]) + 0.1 * rng.normal(size=(60, 2))
    >>> bend(rows, rows[:, 0], rows[:, 0] > 0) < 0.001
    True
    """
    from scipy.special import fdtrc

    n = len(rows)
    if min(upper.sum(), n - upper.sum()) < LEAST_SIDE:
        return 0.0
    group = upper.astype(np.float64)
    along = line - np.where(upper, line[upper].mean(), line[~upper].mean())
    along = along / along.std()
    straight = np.column_stack([np.ones(n), group, along])
    left = _residuals(straight, rows)
    turn = _residuals(straight, (along * (group - 0.5))[:, None])[:, 0]
    turn /= np.linalg.norm(turn)
    slope = left.T @ turn
    value, vector = np.linalg.eigh(left.T @ left - np.outer(slope, slope))
    free = value > TINY * value.max()
    value, vector = value[free], vector[:, free]
    m = int(free.sum())
    rest = n - 4 - m + 1
    one_slope = fdtrc(m, rest, float(((vector.T @ slope) ** 2 / value).sum()) * rest / m)
    scatter = ((left - np.outer(turn, slope)) @ vector / np.sqrt(value / n)) ** 2
    sides = np.column_stack([np.ones(n), group, along * group, along * (1 - group)])
    whole = _same(sides, np.minimum(scatter, 1.5 * FARTHEST).sum(axis=1)[:, None])
    square = (left**2).sum(axis=0)
    own = square > TINY * square.max()
    axes, features = _unit(left @ _axes(left)), _unit(left[:, own])
    turned = slope[own] ** 2
    each = (
        _same(sides, axes).min() * m,
        _same(sides, features).min() * own.sum(),
        fdtrc(1, n - 4, turned * (n - 4) / (square[own] - turned)).min() * own.sum(),
    )
    free = np.column_stack([straight, along * group])
    left = _residuals(free, rows)
    axes, features = left @ _axes(left), left[:, own]
    turn = _residuals(free, (along**2 * (group - 0.5))[:, None])[:, 0]
    middle = (line[upper].mean() + line[~upper].mean()) / 2
    neck = np.abs(line - middle) < NECK * np.abs(line[upper].mean() - middle)
    more = [
        _turns(features, turn),
        _turns(axes[:, -MAIN:], turn),
        _thinner(features, neck),
        _thinner(axes, neck),
    ]
    return float(min(MANY * min(one_slope, whole.min(), *each, *more), 1.0))


def _turns(columns: Floats, turn: Floats) -> float:
    """Return the smallest p-value (F) that a column goes with `turn`, times their number."""
    from scipy.special import fdtrc

    rest = len(columns) - 5
    told = (columns.T @ turn) ** 2 / (turn @ turn)
    p: Floats = fdtrc(1, rest, told * rest / ((columns**2).sum(axis=0) - told))
    return float(p.min() * columns.shape[1])


def _thinner(columns: Floats, neck: Bools) -> float:
    """Return the smallest p-value (F) that a column scatters less in the neck, times their number."""
    from scipy.special import fdtr

    few, rest = int(neck.sum()), int((~neck).sum()) - LEAST_SIDE
    if few < LEAST_NECK or rest < 1:
        return 1.0
    ratio = (columns[neck] ** 2).mean(axis=0) / ((columns[~neck] ** 2).sum(axis=0) / rest)
    return float(fdtr(few, rest, ratio).min() * columns.shape[1])


def _axes(left: Floats) -> Floats:
    value, vector = np.linalg.eigh(left.T @ left)
    out: Floats = vector[:, value > TINY * value.max()]
    return out


def _residuals(design: Floats, rows: Floats) -> Floats:
    base, _ = np.linalg.qr(design)
    out: Floats = rows - base @ (base.T @ rows)
    return out


def _unit(columns: Floats) -> Floats:
    square = columns**2
    out: Floats = np.minimum(square / square.mean(axis=0), FARTHEST)
    return out


def _same(design: Floats, columns: Floats) -> Floats:
    """Return p-values (F) that columns, shape (n, m), depend on no more than the free terms of a design."""
    from scipy.special import fdtrc

    n, terms = design.shape
    total = (_residuals(design[:, :OWN_SCATTER], columns) ** 2).sum(axis=0)
    left = (_residuals(design, columns) ** 2).sum(axis=0)
    out: Floats = fdtrc(
        terms - OWN_SCATTER, n - terms, (total - left) / (terms - OWN_SCATTER) / (left / (n - terms))
    )
    return out


def against(p: float) -> float:
    """Return the most that a p-value of `bend` speaks against two straight groups, as a log-likelihood.

    −log(−e p log p) for p < 1/e, else 0: the upper bound of the Bayes factor over all alternatives whose
    p-values have a falling density [1]_.

    References
    ----------
    .. [1] Sellke, T., Bayarri, M. J. & Berger, J. O. (2001). Calibration of p values for testing precise null
       hypotheses. American Statistician 55, 62–71.

    Examples
    --------
    >>> [round(against(p), 2) for p in (0.5, 0.05, 0.003)]
    [0.0, 0.9, 3.05]
    """
    if p >= np.exp(-1):
        return 0.0
    return float(-np.log(max(-np.e * p * np.log(max(p, SMALLEST)), SMALLEST)))


def geodesic(rows: Floats, rng: Generator) -> tuple[Indices, Floats]:
    """Return places along the longest way through the population: rows used, and their coordinate.

    The first axis of classical scaling of the shortest paths over nearest neighbours (√n of them, 6 at least)
    and the minimal spanning tree [1]_: along a curve it is the way on the curve.

    References
    ----------
    .. [1] Tenenbaum, J. B., de Silva, V. & Langford, J. C. (2000). A global geometric framework for nonlinear
       dimensionality reduction. Science 290, 2319–2323.
    """
    from scipy.sparse.csgraph import minimum_spanning_tree, shortest_path
    from scipy.spatial.distance import cdist

    used = np.arange(len(rows))
    if len(rows) > MOST_ROWS:
        used = np.sort(rng.permutation(len(rows))[:MOST_ROWS])
    z = rows[used]
    n = len(z)
    distance = cdist(z, z)
    distance += TINY * (1 - np.eye(n))  # equal rows are neighbours, not strangers: 0 is no edge
    graph = np.zeros((n, n))
    near = np.argsort(distance, axis=1)[:, 1 : max(6, round(n**0.5)) + 1]
    at = np.arange(n)[:, None]
    graph[at, near] = distance[at, near]
    tree = minimum_spanning_tree(distance).toarray()
    graph = np.maximum(np.maximum(graph, graph.T), np.maximum(tree, tree.T))
    square = shortest_path(graph, directed=False) ** 2
    square -= square.mean(axis=0)
    square -= square.mean(axis=1, keepdims=True)
    value, vector = np.linalg.eigh(-0.5 * square)
    return used, vector[:, -1] * np.sqrt(max(value[-1], 0.0))


def told_by(place: Floats, line: Floats) -> float:
    """Return the share of the variance of `line` that neighbours along `place` tell, shape (n,) both.

    Each value is foretold by the mean of the n/12 values before and after it (3 at least).

    Examples
    --------
    >>> t = np.linspace(0, 1, 100)
    >>> told_by(t, np.sin(9 * t)) > 0.9
    True
    """
    n = len(line)
    width = max(3, n // 12)
    values = line[np.argsort(place, kind="stable")]
    sums = np.concatenate([[0.0], np.cumsum(values)])
    low = np.maximum(np.arange(n) - width, 0)
    high = np.minimum(np.arange(n) + width + 1, n)
    foretold = (sums[high] - sums[low] - values) / (high - low - 1)
    return float(1 - ((values - foretold) ** 2).mean() / values.var())
