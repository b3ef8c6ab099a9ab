"""Where each participant stands in the value chain, and where in it value is added."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from clustercoop.analysis.brokers import ROLES, broker_share, brokerage_roles, countable
from clustercoop.analysis.closedness.components import component_labels
from clustercoop.analysis.closedness.finn import (
    checked_flows,
    closed_components,
    formation_closed,
    formation_visits,
)
from clustercoop.analysis.closedness.measure import unsettled, value_created
from clustercoop.analysis.closedness.throughflow import throughflow
from clustercoop.analysis.closedness.trophic import formation_levels
from clustercoop.analysis.large import attempted
from clustercoop.analysis.linear import DENSE, solve_leontief, unproductive
from clustercoop.analysis.metric import NAN, Measured, Measuring
from clustercoop.analysis.recording import recording
from clustercoop.analysis.thresholds import load_thresholds
from clustercoop.graph.arrays import AnyInts, Floats
from clustercoop.graph.formation import Formation
from clustercoop.graph.kinds import KINDS
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings

TERCILES: Final = ("upstream", "midstream", "downstream")
_SAME: Final = 1e-9
"""Positions closer than this differ by rounding only."""


def link_positions(src: AnyInts, dst: AnyInts, weight: Floats, total: Floats) -> tuple[Floats, Floats]:
    """Return `upstreamness` and `downstreamness` of links and throughflows given as arrays, shape (n,) each.

    NaN for a participant without throughflow, and where a walk never ends: in a component that takes
    nothing in, and whatever that component feeds.
    """
    n = len(total)
    labels = component_labels(n, src, dst, strong=True)
    endless = closed_components(src, dst, weight, total, labels)
    open_links = ~(endless[src] | endless[dst])
    start, stop, value = src[open_links], dst[open_links], weight[open_links]
    through = np.where(total > 0, total, 1.0)
    up = solve_leontief(n, start, stop, value / through[start], np.ones(n))
    down = solve_leontief(n, start, stop, value / through[stop], np.ones(n), transpose=True)
    fed = endless.copy()
    while (reached := np.unique(dst[fed[src] & ~fed[dst]])).size:
        fed[reached] = True
    up[endless | (total <= 0)] = NAN
    down[fed | (total <= 0)] = NAN
    return up, down


def upstreamness(flows: ArrayLike, total: ArrayLike) -> Floats:
    r"""Return the mean number of participants a unit passes from each one to the end, itself included.

    .. math:: U = (I - G)^{-1} \mathbf 1, \quad G_{ij} = f_{ij} / T_i

    1 for a participant that sells to final use only. Weighted by boundary inflow, its mean is total
    throughflow / boundary inflow, the average path length.

    Parameters
    ----------
    flows : array-like, shape (n, n)
        ``flows[i, j]`` goes from i to j.
    total : array-like, shape (n,)
        Throughflow T: output, or inflow from everywhere.

    Returns
    -------
    array of float64, shape (n,)
        NaN for a participant without throughflow or in a component that never lets go.

    Raises
    ------
    ParameterError
        Shapes that do not fit, negative or non-finite flows.

    References
    ----------
    Antràs, P., Chor, D., Fally, T., Hillberry, R. (2012). Measuring the upstreamness of production and
    trade flows. American Economic Review 102, 412–416.

    Examples
    --------
    0 sells 8 of 10 to 1, which sells all of its 10 to final use: U_0 = 1 + 0.8 · 1.

    >>> upstreamness([[0, 8.0], [0, 0]], [10.0, 10.0]).tolist()
    [1.8, 1.0]
    """
    matrix, through = checked_flows("upstreamness", flows, total)
    src, dst = np.nonzero(matrix)
    return link_positions(src, dst, matrix[src, dst], through)[0]


def downstreamness(flows: ArrayLike, total: ArrayLike) -> Floats:
    r"""Return the mean number of participants a unit has passed from primary inputs, itself included.

    .. math:: D = (I - B^\top)^{-1} \mathbf 1, \quad B_{ij} = f_{ij} / T_j

    1 for a participant that buys from no other. Parameters, returns and errors as for `upstreamness`.

    References
    ----------
    Antràs, P., Chor, D. (2013). Organizing the global value chain. Econometrica 81, 2127–2204; Fally (2012).

    Examples
    --------
    >>> downstreamness([[0, 8.0], [0, 0]], [10.0, 10.0]).tolist()
    [1.0, 1.8]
    """
    matrix, through = checked_flows("downstreamness", flows, total)
    src, dst = np.nonzero(matrix)
    return link_positions(src, dst, matrix[src, dst], through)[1]


def average_propagation_lengths(coefficients: ArrayLike) -> Floats:
    r"""Return the mean number of steps in which a change at j reaches i, shape (n, n).

    .. math:: \mathrm{APL}_{ij} = \frac{[L (L - I)]_{ij}}{L_{ij} - \delta_{ij}}, \quad L = (I - A)^{-1}

    Parameters
    ----------
    coefficients : array-like, shape (n, n)
        A, input (or output) coefficients of a productive economy.

    Returns
    -------
    array of float64, shape (n, n)
        NaN where no change ever arrives.

    Raises
    ------
    ParameterError
        Not a square matrix, negative coefficients, or an economy that is not productive.

    References
    ----------
    Dietzenbacher, E., Romero, I., Bosma, N. S. (2005). Using average propagation lengths to identify
    production chains in the Andalusian economy. Estudios de Economía Aplicada 23, 405–422.

    Examples
    --------
    Along a chain of three the first is two steps from the last.

    >>> float(average_propagation_lengths([[0, 0.5, 0], [0, 0, 0.5], [0, 0, 0]])[0, 2])
    2.0
    """
    name = "average_propagation_lengths"
    matrix = checked_flows(name, coefficients)[0]
    src, dst = np.nonzero(matrix)
    inverse = solve_leontief(len(matrix), src, dst, matrix[src, dst], np.eye(len(matrix)))
    if np.isnan(inverse).any():
        raise unproductive("coefficients", name)
    indirect = inverse - np.eye(len(matrix))
    weighted = inverse @ indirect
    reached = indirect > 0
    return np.divide(weighted, indirect, out=np.full_like(inverse, NAN), where=reached)


def mean_propagation_length(inverse: Floats) -> float:
    """Return the average propagation length over all pairs i ≠ j, weighted by the effect L_ij.

    The mean over all effects on others of one unit of final demand for each participant in turn, from the
    Leontief inverse L, shape (n, n); NaN where no participant affects another or L is unknown.
    """
    effect = float(inverse.sum() - np.trace(inverse))
    weighted = float((inverse.sum(axis=0) * inverse.sum(axis=1)).sum() - (inverse * inverse.T).sum())
    # No effect reaches another in fewer steps than one: what is below it is rounding.
    return max(weighted / effect - 1, 1.0) if effect > 0 else NAN


def tercile_shares(position: ArrayLike, value: ArrayLike) -> dict[str, float]:
    """Return the shares of `value` in the upstream, middle and downstream third of participants.

    Thirds are cut at the quantiles ⅓ and ⅔ of upstreamness; equal positions stay together.

    Parameters
    ----------
    position : array-like, shape (n,)
        Upstreamness; participants whose position is NaN take no part.
    value : array-like, shape (n,)
        Value added, in one unit.

    Returns
    -------
    dict of str to float
        Keys ``upstream, midstream, downstream``, in [0, 1]; NaN for a third that nobody stands in, and
        throughout for fewer than three different positions, an unknown or negative value, or values that
        sum to nothing.

    Examples
    --------
    >>> tercile_shares([3.0, 2.0, 1.0], [1.0, 2.0, 5.0])
    {'upstream': 0.125, 'midstream': 0.25, 'downstream': 0.625}
    """
    where, amount = np.asarray(position, dtype=np.float64), np.asarray(value, dtype=np.float64)
    placed = ~np.isnan(where)
    where, amount = where[placed], amount[placed]
    whole = float(amount.sum())
    ordered = np.sort(where)
    apart = np.count_nonzero(ordered[1:] - ordered[:-1] > _SAME)
    if apart < 2 or (amount < 0).any() or not whole > 0:
        return dict.fromkeys(TERCILES, NAN)
    low, high = np.interp([1 / 3, 2 / 3], _grid(len(ordered)), ordered)
    upper, lower = where > high + _SAME, where <= low + _SAME
    thirds = zip(TERCILES, (upper, ~upper & ~lower, lower), strict=True)
    return {name: float(amount[third].sum()) / whole if third.any() else NAN for name, third in thirds}


@lru_cache(maxsize=128)
def _grid(n: int) -> Floats:
    return np.linspace(0.0, 1.0, n)


def downstream_control(visits: Floats, total: Floats, value_added: Floats) -> Floats:
    r"""Return the share of value added by others to flows that have passed each participant, shape (n,).

    .. math:: c_i = \sum_{j \ne i} \frac{T_i N_{ij}}{N_{ii} T_j} VA_j \,/\, \sum_j VA_j

    T_i / N_ii is what passes i for the first time, times N_ij what of it reaches j: the fraction is the
    part of j's throughflow that went through i before.

    Parameters
    ----------
    visits : array, shape (n, n)
        N of `clustercoop.analysis.closedness.finn.visit_matrix`.
    total, value_added : arrays, shape (n,)
        Throughflow and value added, in one unit.

    Returns
    -------
    array of float64, shape (n,)
        In [0, 1]; NaN for a participant without throughflow, and throughout where anything is unknown, a
        value added is negative or all are zero.

    Examples
    --------
    0 sells 8 of its 10 to 1, whose other inputs are 2: of 1's throughflow 8 in 10 has passed 0.

    >>> from clustercoop.analysis.closedness.finn import visit_matrix
    >>> flow = np.array([0]), np.array([1]), np.array([8.0]), np.array([10.0, 10.0])
    >>> downstream_control(visit_matrix(*flow), flow[3], np.array([3.0, 5.0])).tolist()
    [0.5, 0.0]
    """
    through = np.where(total > 0, total, 1.0)
    whole = float(value_added.sum())
    if not whole > 0 or (value_added < 0).any():
        return np.full(len(total), NAN)
    reached = visits * ((through / np.diagonal(visits))[:, None] / through)
    np.fill_diagonal(reached, 0.0)
    return np.where(total > 0, reached @ value_added / whole, NAN)


def local_sourcing_change(formations: pd.DataFrame) -> pd.Series[float]:
    """Return the change of the internal sourcing share since the year before: reshoring where positive.

    Parameters
    ----------
    formations : DataFrame
        ``cluster_id, year, internal_sourcing_share``, in any order; and ``internal_sourcing_basis``, since
        shares of given and of linked purchases do not compare.

    Returns
    -------
    Series of float, on the index of `formations`
        In share points; NaN where the cluster has no row, no known share, or one on another basis, for the
        year just before.

    Examples
    --------
    >>> local_sourcing_change(pd.DataFrame({"cluster_id": ["c"] * 3, "year": [2020, 2021, 2023],
    ...     "internal_sourcing_share": [0.25, 0.5, 0.75]})).tolist()
    [nan, 0.25, nan]
    """
    share = formations["internal_sourcing_share"].to_numpy("float64", na_value=np.nan)
    if "internal_sourcing_basis" in formations:
        basis = list(KINDS["text"].cells(formations["internal_sourcing_basis"]).fillna(""))
    else:
        basis = [""] * len(formations)
    keys = list(zip(formations["cluster_id"], basis, formations["year"], strict=True))
    held = dict(zip(keys, share.tolist(), strict=True))
    before = [held.get((cluster, kind, year - 1), np.nan) for cluster, kind, year in keys]
    return pd.Series(share - np.array(before, dtype=np.float64), formations.index)


def measure(formation: Formation, settings: Settings, graph: SupplyGraph | None = None) -> Measured:
    """Place the members of a formation in the value chain.

    Parameters
    ----------
    formation : Formation
    settings : Settings
        `zero_value_added` and `thresholds` (roles that do not produce) matter here.
    graph : SupplyGraph, optional
        Not needed here; every metric is called alike.

    Returns
    -------
    Measured
        Participant columns ``stage``, ``upstreamness``, ``downstreamness``, ``broker_share``,
        ``downstream_control`` and five ``brokerage_…`` counts; formation columns
        ``average_propagation_length`` and ``value_added_upstream``, ``…_midstream``, ``…_downstream``.
    """
    found = attempted(lambda: _places(formation, settings))
    return found + attempted(lambda: positions(formation, settings))


def _places(formation: Formation, settings: Settings) -> Measured:
    """Measure what rests on who is linked with whom: stages and mediation."""
    counts = " ".join(f"brokerage_{name}" for name in ROLES)
    out = Measuring(formation, "", f"stage broker_share {counts}")
    n = formation.n
    if not formation.has_links:
        out.unknown("closedness_no_links", silent=True)
        return out
    out.participants |= brokerage_roles(n, formation.src, formation.dst, formation.role)
    if not countable(n, formation.src, formation.dst):
        out.unknown("brokerage_large", *counts.split(), value=str(n))
    out.unknown("brokerage_roles", *counts.split(), silent=True)
    out.participants["stage"] = formation_levels(formation)
    out.unknown("member_without_links", "stage", silent=True)
    if recording(formation).boundary_gap(load_thresholds(settings.thresholds))[0]:
        out.unknown("broker_outside_unrecorded", "broker_share")
        return out
    flow = throughflow(formation)
    out.participants["broker_share"] = broker_share(
        flow.supplied + flow.bought, formation.sales_outside + formation.purchases_outside
    )
    out.unknown("member_without_flow", silent=True)
    return out


def positions(formation: Formation, settings: Settings) -> Measured:
    """Measure what rests on throughflow: positions, and where value is added."""
    n, src, dst, weight = formation.n, formation.src, formation.dst, formation.weight
    thirds = [f"value_added_{name}" for name in TERCILES]
    out = Measuring(
        formation,
        f"average_propagation_length {' '.join(thirds)}",
        "upstreamness downstreamness downstream_control",
    )
    if not formation.has_links:
        out.unknown("closedness_no_links", silent=True)
        return out
    flow = throughflow(formation)
    carried = flow.carried
    if not flow.usable:
        out.unknown(flow.refusal, detail=out.names(flow.contradicted), silent=True)
        return out
    code, value, open_output = unsettled(formation, settings, linked=True)
    if code:
        out.unknown(code, value=value, detail=out.names(open_output), silent=True)
        return out
    # The closedness measures tell of a part that nothing enters: visits there never end.
    endless = formation_closed(formation)
    visits = formation_visits(formation)
    pairs = "average_propagation_length", "downstream_control"
    if n > DENSE:
        out.unknown("chain_large", *pairs, value=str(n))
    elif visits is None:
        out.unknown("closed_part", *pairs, detail=out.names(endless), silent=True)
    elif np.isnan(visits).any():
        visits = None
        out.unknown("leontief_unproductive", *pairs)
    flowing = carried > 0
    if visits is None:
        up, down = link_positions(src, dst, weight, carried)
    else:
        through = np.where(flowing, carried, 1.0)
        up = np.where(flowing, visits.sum(axis=1), NAN)
        down = np.where(flowing, (through @ visits) / through, NAN)
        out["average_propagation_length"] = mean_propagation_length(
            visits * (through[:, None] / through[None, :])
        )
        out.unknown("no_internal_chain", "average_propagation_length", silent=True)
    out.participants |= {"upstreamness": up, "downstreamness": down}
    out.unknown_of(~flowing, "member_without_flow", "upstreamness", "downstreamness")
    endless_code = "closed_part" if endless.any() else "leontief_unproductive"
    out.unknown(endless_code, "upstreamness", "downstreamness", detail=out.names(endless), silent=True)
    code, value, open_output = unsettled(formation, settings)
    if code:
        out.unknown(code, value=value, detail=out.names(open_output), silent=True)
        return out
    created, left_out = value_created(formation, settings)
    placed = ~np.isnan(up) & ~left_out
    if (lacking := placed & np.isnan(created)).any():
        out.unknown("value_added_unknown", detail=out.names(lacking))
        return out
    known = np.where(placed, created, 0.0)
    if (known < 0).any() or not known.sum() > 0:
        names = out.names(known < 0)
        out.unknown("value_added_negative" if names else "value_added_none", detail=names)
        return out
    shares = tercile_shares(np.where(placed, up, NAN), known)
    out.formation |= {f"value_added_{name}": share for name, share in shares.items()}
    if np.isnan(shares["upstream"]):
        out.unknown("chain_no_thirds", *thirds)
    if visits is not None:
        out.participants["downstream_control"] = downstream_control(visits, carried, known)
        out.unknown("member_without_flow", silent=True)
    return out
