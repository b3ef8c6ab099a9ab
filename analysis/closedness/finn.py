"""Finn's cycling index and the path length that goes with it."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from clustercoop.analysis.closedness.components import component_labels, formation_components
from clustercoop.analysis.closedness.throughflow import ROUNDING, throughflow
from clustercoop.analysis.linear import DENSE, complement, solve_leontief
from clustercoop.analysis.memo import remembered
from clustercoop.graph.arrays import AnyInts, Bools, Floats, Ints
from clustercoop.graph.errors import parameter_error
from clustercoop.graph.formation import Formation, sum_by

Parts = tuple[Ints, Bools]
_DENSE_COMPONENT: Final = 2500
"""Up to so many participants of a strong component one dense inverse is faster than blocks of columns."""
_BLOCK: Final = 256
_SMALL: Final = 200
"""Up to so many participants one inverse of everything is faster than one a strong component."""


def closed_components(src: AnyInts, dst: AnyInts, weight: Floats, total: Floats, labels: AnyInts) -> Bools:
    """Tell which participants sit in a strong component that takes nothing in from elsewhere.

    There the flow never began and never ends: I − G is singular exactly when such a component exists. An
    inflow of no more than `ROUNDING` of the component's throughflow is none. Shape (n,).
    """
    size = int(labels.max(initial=-1)) + 1
    within = labels[src] == labels[dst]
    inside = sum_by(labels[src[within]], weight[within], size)
    through = sum_by(labels, total, size)
    closed = (inside > 0) & (through - inside <= ROUNDING * through)
    return np.asarray(closed[labels], dtype=np.bool_)


@remembered
def formation_closed(formation: Formation) -> Bools:
    """Return `closed_components` of a formation's members, shape (n,)."""
    labels = formation_components(formation)
    total = throughflow(formation).total
    return closed_components(formation.src, formation.dst, formation.weight, total, labels)


def visit_matrix(src: AnyInts, dst: AnyInts, weight: Floats, total: Floats) -> Floats:
    """Return ``N = (I − G)^-1``, ``G_ij = f_ij / T_i``, shape (n, n): visits to j of a unit that is at i.

    NaN throughout when a unit can cycle endlessly. Row sums are upstreamness.
    """
    through = np.where(total > 0, total, 1.0)
    return solve_leontief(len(total), src, dst, weight / through[src], np.eye(len(total)))


@lru_cache(maxsize=2)  # it is read twice, one soon after the other; those of all formations fill the memory
def formation_visits(formation: Formation) -> Floats | None:
    """Return `visit_matrix` of what passes a formation's members with what they drew from stock.

    None where a unit can cycle for ever, or they are more than `clustercoop.analysis.linear.DENSE`.
    """
    if formation.n > DENSE or formation_closed(formation).any():
        return None
    flow = throughflow(formation)
    return visit_matrix(formation.src, formation.dst, formation.weight, flow.carried)


def expected_visits(
    src: AnyInts,
    dst: AnyInts,
    weight: Floats,
    total: Floats,
    parts: Parts | None = None,
    known: Floats | None = None,
) -> Floats:
    r"""Return the diagonal of ``N = (I − G)^-1``: how often a unit that is at i will be there, shape (n,).

    Infinite in a component that takes nothing in. Only paths that return count, so each strong component
    can be solved alone: exact, and cheap where a large network has small cycles.

    Parameters
    ----------
    src, dst, weight : arrays, shape (m,)
        Flows; ``G[src, dst] = weight / total[src]``.
    total : array, shape (n,)
        Throughflow T of each participant, positive wherever a flow is.
    parts : tuple of arrays, shape (n,) each, optional
        Strong component numbers, and `closed_components`, where they are known.
    known : array, shape (n, n), optional
        `visit_matrix` of these flows.
    """
    n = len(total)
    labels = component_labels(n, src, dst, strong=True) if parts is None else parts[0]
    within = labels[src] == labels[dst]
    visits = np.ones(n)
    if not within.any():
        return visits
    closed = closed_components(src, dst, weight, total, labels) if parts is None else parts[1]
    if known is not None or (n <= _SMALL and not closed.any()):
        cyclic = np.zeros(n, bool)
        cyclic[src[within]] = True
        through = np.where(total > 0, total, 1.0)
        every = _returns(n, src, dst, weight / through[dst]) if known is None else np.diagonal(known)
        visits[cyclic] = every[cyclic]
        return visits
    visits[closed] = np.inf
    src, dst, weight = src[within], dst[within], weight[within]
    for label in np.unique(labels[src]):
        members = np.flatnonzero(labels == label)
        if closed[members[0]]:
            continue
        mine = labels[src] == label
        local = np.zeros(n, np.int64)
        local[members] = np.arange(len(members))
        start, stop = local[src[mine]], local[dst[mine]]
        visits[members] = _returns(len(members), start, stop, weight[mine] / total[dst[mine]])
    return visits


def _returns(n: int, src: AnyInts, dst: AnyInts, coefficient: Floats) -> Floats:
    """Return the diagonal of (I − B)^-1 for one strong component, in blocks of columns where it is large."""
    if n <= _DENSE_COMPONENT:
        inverse = np.linalg.inv(complement(n, src, dst, coefficient))
        return np.asarray(np.diagonal(inverse), dtype=np.float64)
    diagonal = np.empty(n)
    for first in range(0, n, _BLOCK):
        columns = np.arange(first, min(first + _BLOCK, n))
        unit = np.zeros((n, len(columns)))
        unit[columns, columns - first] = 1.0
        diagonal[columns] = solve_leontief(n, src, dst, coefficient, unit)[columns, columns - first]
    return diagonal


def cycling_index(
    src: AnyInts,
    dst: AnyInts,
    weight: Floats,
    total: Floats,
    parts: Parts | None = None,
    known: Floats | None = None,
) -> float:
    """Return `finn_cycling_index` of links given as arrays; `parts` and `known` as for `expected_visits`."""
    through = float(total.sum())
    if not through > 0:
        return float("nan")
    visits = expected_visits(src, dst, weight, total, parts, known)
    return float(((1 - 1 / visits) * total).sum()) / through


def finn_cycling_index(flows: ArrayLike, inflow: ArrayLike) -> float:
    r"""Return the share of all throughflow that returns to where it was.

    .. math::

        T_i = z_i + \sum_j f_{ji}, \quad G_{ij} = f_{ij} / T_i, \quad N = (I - G)^{-1}, \quad
        \mathrm{FCI} = \sum_i (1 - 1/N_{ii})\, T_i \,/\, \sum_i T_i

    Where nothing crosses the boundary, I − G is singular and the index is 1 by definition: everything
    returns for ever. The same holds for each component that takes nothing in.

    Parameters
    ----------
    flows : array-like, shape (n, n)
        ``flows[i, j]`` goes from i to j; the diagonal counts as a loop of length one.
    inflow : array-like, shape (n,)
        What enters each participant from outside.

    Returns
    -------
    float
        In [0, 1]; NaN where nothing flows at all.

    Raises
    ------
    ParameterError
        Shapes that do not fit, negative or non-finite flows.

    References
    ----------
    Finn, J. T. (1976). Measured of ecosystem structure and function derived from analysis of flows.
    Journal of Theoretical Biology 56, 363–380. Definition as in Borrett & Lau (2014), enaR.

    Examples
    --------
    One unit enters and c = 0.25 comes round: T = 1 + c at both, of which the share c / (1 + c) returns.

    >>> round(finn_cycling_index([[0, 1.25], [0.25, 0]], [1.0, 0.0]), 12)
    0.2
    >>> finn_cycling_index([[0, 1.0], [0, 0]], [1.0, 0.0])
    0.0
    >>> finn_cycling_index([[0, 1.0], [1.0, 0]], [0.0, 0.0])
    1.0
    """
    matrix, z = checked_flows("finn_cycling_index", flows, inflow)
    src, dst = np.nonzero(matrix)
    return cycling_index(src, dst, matrix[src, dst], z + matrix.sum(axis=0))


def path_length(
    src: AnyInts, dst: AnyInts, weight: Floats, total: Floats, inflow: Floats, closed: Bools
) -> float:
    """Return `average_path_length` of links given as arrays, `closed` from `closed_components`."""
    if not closed.any():
        through, entered = float(total.sum()), float(inflow.sum())
    else:
        leaving = closed[src] & ~closed[dst]
        through = float(total[~closed].sum())
        entered = float(inflow[~closed].sum()) + float(weight[leaving].sum())
    if entered > 0:
        return through / entered
    return float("inf") if total.sum() > 0 else float("nan")


def average_path_length(flows: ArrayLike, inflow: ArrayLike) -> float:
    """Return total throughflow / boundary inflow: how many participants a unit passes before it leaves.

    Equal to the mean upstreamness weighted by boundary inflow. A component that takes nothing in is set
    apart, as in the cycling index: no unit enters it, and what it hands on enters the rest from outside.
    Infinite where nothing enters at all.

    Parameters
    ----------
    flows : array-like, shape (n, n)
        ``flows[i, j]`` goes from i to j.
    inflow : array-like, shape (n,)
        What enters each participant from outside.

    Raises
    ------
    ParameterError
        Shapes that do not fit, negative or non-finite flows.

    References
    ----------
    Finn, J. T. (1976), as above.

    Examples
    --------
    >>> average_path_length([[0, 1.0], [0, 0]], [1.0, 0.0])
    2.0
    """
    matrix, z = checked_flows("average_path_length", flows, inflow)
    src, dst = np.nonzero(matrix)
    weight, total = matrix[src, dst], z + matrix.sum(axis=0)
    labels = component_labels(len(matrix), src, dst, strong=True)
    closed = closed_components(src, dst, weight, total, labels)
    return path_length(src, dst, weight, total, z, closed)


def checked_flows(
    function: str, flows: ArrayLike, boundary: ArrayLike | None = None
) -> tuple[Floats, Floats]:
    """Return both as float arrays (zeros for no boundary), or say in one sentence what is wrong with them."""
    try:
        matrix = np.asarray(flows, dtype=np.float64)
        vector = np.zeros(matrix.shape[:1]) if boundary is None else np.asarray(boundary, dtype=np.float64)
    except (TypeError, ValueError):
        raise parameter_error("flows", function, "a square matrix of numbers", flows) from None
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise parameter_error("flows", function, "a square matrix", matrix.shape)
    if vector.shape != matrix.shape[:1]:
        raise parameter_error("inflow", function, f"of shape ({len(matrix)},)", vector.shape)
    for name, array in (("flows", matrix), ("inflow", vector)):
        if not (np.isfinite(array) & (array >= 0)).all():
            raise parameter_error(name, function, "finite and not negative", float(np.nanmin(array)))
    return matrix, vector
