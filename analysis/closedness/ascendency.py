"""How ordered a flow network is: Ulanowicz's ascendency over its development capacity."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from clustercoop.analysis.closedness.finn import checked_flows
from clustercoop.graph.arrays import Floats


def ascendency_ratio(flows: ArrayLike, inflow: ArrayLike, outflow: ArrayLike) -> float:
    r"""Return ascendency / capacity: 1 when each flow determines the next, 0 when anything follows.

    .. math::

        A = \sum_{ij} t_{ij} \ln \frac{t_{ij} T}{t_{i\cdot} t_{\cdot j}}, \quad
        C = -\sum_{ij} t_{ij} \ln \frac{t_{ij}}{T}

    over all flows t, those across the boundary included: inflow comes from one source, and each column of
    `outflow` (exports, dissipation) goes to a sink of its own. T is their sum.

    Parameters
    ----------
    flows : array-like, shape (n, n)
        ``flows[i, j]`` goes from i to j.
    inflow : array-like, shape (n,)
        What enters each participant.
    outflow : array-like, shape (n,) or (n, k)
        What leaves each participant.

    Returns
    -------
    float
        In [0, 1]; NaN without flows, or with one only.

    Raises
    ------
    ParameterError
        Shapes that do not fit, negative or non-finite flows.

    References
    ----------
    Ulanowicz, R. E. (1986). Growth and Development: Ecosystems Phenomenology. As computed by enaR.

    Examples
    --------
    In → 0 → out: two flows of 1, A = 2 ln 2 = C.

    >>> ascendency_ratio([[0.0]], [1.0], [1.0])
    1.0
    """
    matrix, entering = checked_flows("ascendency_ratio", flows, inflow)
    leaving = np.asarray(outflow, dtype=np.float64).reshape(len(matrix), -1)
    for column in leaving.T:
        checked_flows("ascendency_ratio", flows, column)
    n, sinks = leaving.shape
    whole = np.zeros((n + 1, n + sinks))
    whole[:n, :n] = matrix
    whole[n, :n] = entering
    whole[:n, n:] = leaving
    src, dst = np.nonzero(whole)
    return _ratio(whole[src, dst], whole.sum(axis=1)[src], whole.sum(axis=0)[dst])


def _ratio(flow: Floats, given: Floats, received: Floats) -> float:
    total = float(flow.sum())
    if not total > 0:
        return float("nan")
    capacity = -float((flow * np.log(flow / total)).sum())
    if not capacity > 0:
        return float("nan")
    return float((flow * np.log(flow / given * (total / received))).sum()) / capacity
