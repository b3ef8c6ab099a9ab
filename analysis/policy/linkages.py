r"""Linkages of participants and sectors, and what would be missing without one of them.

With A_ij = f_ij / x_j (inputs), B_ij = f_ij / x_i (sales), L = (I − A)^-1 and G = (I − B)^-1: the total
backward linkage of j is the output called forth everywhere by one unit of final demand for j, its total
forward linkage the output that one unit of its primary inputs supports everywhere, and extraction takes j
out with all that it buys, sells and delivers to final users,

.. math::

    BL_j = \sum_i L_{ij} \qquad FL_j = \sum_k G_{jk} \qquad
    T_j = \sum_i x_i - \sum_{i \neq j} \bar x_i = x_j \sum_i L_{ij} / L_{jj} .

The last follows from deleting row and column j of I − A: the inverse of what is left is
:math:`L_{ik} - L_{ij} L_{jk} / L_{jj}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from clustercoop.analysis.closedness.components import component_labels, formation_components
from clustercoop.analysis.closedness.finn import checked_flows, expected_visits
from clustercoop.analysis.linear import solve_leontief, unproductive
from clustercoop.analysis.metric import NAN
from clustercoop.analysis.unsettled import open_rows, unsettled
from clustercoop.graph.arrays import AnyInts, Bools, Floats, Ints, Objects
from clustercoop.graph.errors import parameter_error
from clustercoop.graph.formation import Formation, sum_by
from clustercoop.graph.model import SupplyGraph

KINDS: Final = ("independent", "dependent on supply", "dependent on demand", "generally dependent")


@dataclass(frozen=True, eq=False)
class Linkages:
    """Linkages and extraction, arrays of shape (n,); NaN throughout where the flows are not productive.

    Attributes
    ----------
    backward, forward : array
        Total linkages, 1 where nobody else is touched.
    backward_relative, forward_relative : array
        Over their mean: above 1 is more than average.
    extraction : array
        Output that is gone when the sector is, its own included.
    kind : array of str
        One of `KINDS` by which relative linkages are above 1: none, backward, forward, both.
    """

    backward: Floats
    forward: Floats
    backward_relative: Floats
    forward_relative: Floats
    extraction: Floats
    kind: Objects


def linkages(flows: ArrayLike, output: ArrayLike) -> Linkages:
    """Return the linkages of sectors and what their extraction takes away.

    Parameters
    ----------
    flows : array-like, shape (n, n)
        ``flows[i, j]`` is what i supplied to j; the diagonal counts, where flows are of sectors.
    output : array-like, shape (n,)
        Positive wherever something is bought or sold.

    Raises
    ------
    ParameterError
        Shapes that do not fit, negative values, flows beside no output, or an economy that is not productive.

    References
    ----------
    Miller, R. E., Blair, P. D. (2009). Input–Output Analysis, chapter 12. Dietzenbacher, E., van der Linden,
    J. A. (1997). Sectoral and spatial linkages in the EC production structure. J. of Regional Science 37.

    Examples
    --------
    Miller and Blair's two sectors: output multipliers 1.518 and 1.452. Without the first, the second makes
    1700 / .95 = 1789.5 for its final demand of 1700: 1210.5 of 3000 are gone.

    >>> found = linkages([[150, 500], [200, 100]], [1000, 2000])
    >>> found.backward.round(3).tolist(), found.forward.round(3).tolist()
    ([1.518, 1.452], [1.914, 1.254])
    >>> found.extraction.round(1).tolist(), found.kind.tolist()
    ([1210.5, 2588.2], ['generally dependent', 'independent'])
    """
    matrix, x = checked_flows("linkages", flows, output)
    src, dst = np.nonzero(matrix)
    if not ((x[src] > 0) & (x[dst] > 0)).all():
        raise parameter_error("output", "linkages", "positive wherever something flows", 0.0)
    found = link_linkages(src, dst, matrix[src, dst], x)
    if found is None:
        raise unproductive("flows", "linkages")
    return found


def link_linkages(
    src: AnyInts, dst: AnyInts, weight: Floats, x: Floats, labels: Ints | None = None
) -> Linkages | None:
    """Return `linkages` of flows given as links, of the strong components `labels`; None if not productive.

    No inverse is needed: sums of L and G follow from one system each, and L_jj only from what returns to j.
    """
    n, ones = len(x), np.ones(len(x))
    backward = solve_leontief(n, src, dst, weight / x[dst], ones, transpose=True)
    forward = solve_leontief(n, src, dst, weight / x[src], ones)
    if np.isnan(backward).any() or np.isnan(forward).any():
        return None
    if labels is None:
        labels = component_labels(n, src, dst, strong=True)
    returned = expected_visits(src, dst, weight, x, (labels.astype(np.int64), np.zeros(n, np.bool_)))
    back, ahead = (side / side.mean() if n else side for side in (backward, forward))
    kind = np.array(KINDS, dtype=object)[(back > 1 + 1e-9).astype(int) + 2 * (ahead > 1 + 1e-9)]
    return Linkages(backward, forward, back, ahead, x * backward / returned, kind)


def formation_linkages(formation: Formation, graph: SupplyGraph) -> tuple[Linkages | None, str, Bools]:
    """Return the linkages between the members of a formation, or None, why, and at whom it fails.

    Members without trade inside keep linkages of 1, and their extraction takes their own output.
    """
    code, at = trading_problem(formation, graph)
    if code:
        return None, code, at
    output = np.where(formation.output > 0, formation.output, 0.0)
    links = formation.src, formation.dst, formation.weight
    found = link_linkages(*links, output, formation_components(formation))
    return found, "", np.zeros(formation.n, bool)


def linkages_or_none(flows: Floats, output: Floats) -> Linkages | None:
    """Return `linkages`, None where the flows are not productive."""
    from clustercoop.graph.errors import ParameterError

    try:
        return linkages(flows, output)
    except ParameterError:
        return None


def trading(formation: Formation) -> Bools:
    """Tell which members supply to others, or buy from them."""
    return (formation.supplied_inside > 0) | (formation.bought_inside > 0)


def trading_problem(formation: Formation, graph: SupplyGraph) -> tuple[str, Bools]:
    """Return why coefficients of the members' trade cannot be told, "" where they can, and at whom.

    A member that trades inside needs a known output, not below its supply to others; no row that was
    rejected, or states only bounds, may be about their trade.
    """
    found = unsettled(formation, open_rows(graph))
    if found and (found.inside or found.members):
        return "trade_open", found.named if found.named.any() else found.tied
    trades, above = trading(formation), formation.supplied_inside > formation.output * (1 + 1e-9)
    if not formation.has_links:
        return "closedness_no_links", ~trades
    if not trades.any():
        return "no_internal_links", ~trades
    for code, at in (
        ("systemic_output_unknown", trades & ~(formation.output > 0)),
        ("systemic_above_output", trades & above),
    ):
        if at.any():
            return code, at
    return "", np.zeros(formation.n, bool)


def by_sector(formation: Formation, sector: Objects) -> tuple[Objects, Floats, Floats, Ints]:
    """Return sectors, their flows (those within a sector on the diagonal), output and members.

    The output of a sector is unknown where that of any member is.
    """
    names, code = np.unique(sector.astype(str), return_inverse=True)
    k = len(names)
    flat = sum_by(code[formation.src] * k + code[formation.dst], formation.weight, k * k)
    output = sum_by(code, np.where(np.isnan(formation.output), 0.0, formation.output), k)
    output[np.unique(code[np.isnan(formation.output)])] = NAN
    return names.astype(object), flat.reshape(k, k), output, np.bincount(code, minlength=k).astype(np.int64)
