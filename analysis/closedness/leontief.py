"""Value embodied in final products, through the Leontief inverse of the cluster."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from clustercoop.analysis.linear import solve_leontief
from clustercoop.graph.arrays import AnyInts, Floats
from clustercoop.graph.errors import parameter_error
from clustercoop.graph.formation import sum_by


def embodied_inside_share(
    src: AnyInts, dst: AnyInts, weight: Floats, output: Floats, value_added: Floats
) -> Floats:
    r"""Return the share of each participant's product that was created inside, shape (n,).

    .. math:: a = v (I - A)^{-1}, \quad A_{ij} = w_{ij} / x_j, \quad v_j = VA_j / x_j

    One unit of j's product holds v_j created by j, and A_ij bought from i, which holds a_i in turn; the
    rest was bought outside and leaks. NaN throughout when the cluster is not productive, and for a
    participant without output.

    Parameters
    ----------
    src, dst, weight : arrays, shape (m,)
        Supplies between different participants.
    output, value_added : arrays, shape (n,)
        Output net of self-supply, and value added, in one unit.
    """
    n = len(output)
    produces = output > 0
    own = np.divide(value_added, output, out=np.zeros(n), where=produces)
    share = solve_leontief(n, src, dst, weight / output[dst], own, transpose=True)
    return np.where(produces, share, np.nan)


def link_autonomy(
    src: AnyInts, dst: AnyInts, weight: Floats, output: Floats, value_added: Floats
) -> tuple[float, Floats]:
    """Return `autonomy` and `embodied_inside_share` of links given as arrays."""
    embodied = embodied_inside_share(src, dst, weight, output, value_added)
    final = output - sum_by(src, weight, len(output))
    produces = output > 0
    total = float(final[produces].sum())
    if not total > 0 or np.isnan(embodied[produces]).any():
        return float("nan"), embodied
    return float((embodied[produces] * final[produces]).sum()) / total, embodied


def autonomy(flows: ArrayLike, output: ArrayLike, value_added: ArrayLike) -> float:
    r"""Return the share of the value of final products that was created inside.

    .. math:: v (I - A)^{-1} y \,/\, \sum_i y_i, \quad A_{ij} = f_{ij} / x_j, \quad v_j = VA_j / x_j,
        \quad y_i = x_i - \sum_j f_{ij}

    Final products are what leaves the participants: sold outside, or to final use. What was bought outside
    is the leakage: x_j = Σ_i f_ij + bought outside + VA_j. A diagonal is netted out of both flows and
    output: what a participant supplies to itself is neither a final product nor a leakage. As (I − A)^-1 y
    = x, the ratio equals Σ VA / Σ y; a part of it by product is `embodied_inside_share`.

    Parameters
    ----------
    flows : array-like, shape (n, n)
        ``flows[i, j]`` is what i supplied to j.
    output, value_added : array-like, shape (n,)
        In the same unit.

    Returns
    -------
    float
        1 where nothing is bought outside; NaN where nothing is final or the cluster is not productive.

    Raises
    ------
    ParameterError
        Shapes that do not fit, or a participant whose purchases inside and value added exceed its output.

    References
    ----------
    Miller, R. E., Blair, P. D. (2009). Input–Output Analysis, chapters 2 and 6.

    Examples
    --------
    0 makes 10 from 4 bought outside; 1 turns them and 5 from outside into 20: 6 + 5 of 20 were made inside.

    >>> autonomy([[0, 10.0], [0, 0]], [10.0, 20.0], [6.0, 5.0])
    0.55
    """
    matrix = np.array(flows, dtype=np.float64)
    x, added = np.array(output, dtype=np.float64), np.asarray(value_added, dtype=np.float64)
    if matrix.ndim != 2 or not matrix.shape == (len(x), len(x)) or x.shape != added.shape:
        raise parameter_error("flows", "autonomy", f"of shape ({len(x)}, {len(x)})", matrix.shape)
    x = x - np.diagonal(matrix)
    np.fill_diagonal(matrix, 0.0)
    if (matrix.sum(axis=0) + added > x * (1 + 1e-9)).any():
        worst = float((matrix.sum(axis=0) + added - x).max())
        raise parameter_error("value_added", "autonomy", "at most output − purchases inside", worst)
    src, dst = np.nonzero(matrix)
    return link_autonomy(src, dst, matrix[src, dst], x, added)[0]
