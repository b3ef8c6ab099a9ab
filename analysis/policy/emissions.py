"""Emissions: per output, embodied in the chain, and one quota over a cluster with trade inside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from clustercoop.analysis.closedness.finn import checked_flows
from clustercoop.analysis.entrainment import leontief_inverse
from clustercoop.graph.arrays import Floats
from clustercoop.graph.errors import parameter_error

ALLOCATIONS: Final = ("emissions", "output", "equal")
"""By what a quota is shared out where nobody says."""
_NOISE: Final = 1e-9


def emission_intensity(emissions: ArrayLike, output: ArrayLike) -> Floats:
    """Return emissions per unit of output of each participant; NaN where unknown or nothing is made.

    Examples
    --------
    >>> emission_intensity([10.0, 5.0], [40.0, 0.0]).tolist()
    [0.25, nan]
    """
    emitted, made = np.asarray(emissions, dtype=np.float64), np.asarray(output, dtype=np.float64)
    intensity: Floats = np.divide(emitted, made, out=np.full(made.shape, np.nan), where=made > 0)
    return intensity


def embodied_emissions(flows: ArrayLike, output: ArrayLike, emissions: ArrayLike) -> Floats:
    r"""Return the emissions in the chain behind one unit of final product of each participant, shape (n,).

    .. math:: m = (e / x)^T (I - A)^{-1}, \quad A_{ij} = f_{ij} / x_j

    Emissions of suppliers outside the flows are not in it. Over the final products f = x − Σ_j f_ij the
    embodied emissions sum to all emissions.

    Parameters
    ----------
    flows : array-like, shape (n, n)
        ``flows[i, j]`` is what i supplied to j.
    output : array-like, shape (n,)
        Positive wherever something is bought or emitted.
    emissions : array-like, shape (n,)

    Raises
    ------
    ParameterError
        As for `leontief_inverse`; emissions beside no output, negative or unknown ones.

    References
    ----------
    Leontief, W. (1970). Environmental repercussions and the economic structure. Review of Economics and
    Statistics 52, 262–271. Miller, R. E., Blair, P. D. (2009). Input–Output Analysis, chapter 10.

    Examples
    --------
    A smelter emits 2 a unit and sells half of its output to a plant that emits nothing.

    >>> embodied_emissions([[0, 5], [0, 0]], [10, 20], [20, 0]).tolist()
    [2.0, 0.5]
    """
    matrix, x = checked_flows("embodied_emissions", flows, output)
    emitted = np.asarray(emissions, dtype=np.float64)
    if emitted.shape != x.shape or not (emitted >= 0).all() or ((emitted > 0) & ~(x > 0)).any():
        must = f"{len(x)} known amounts, 0 where nothing is made"
        raise parameter_error("emissions", "embodied_emissions", must, emissions)
    direct = np.divide(emitted, x, out=np.zeros_like(x), where=x > 0)
    return np.asarray(direct @ leontief_inverse(matrix, x))


@dataclass(frozen=True, slots=True)
class Abatement:
    """What a participant can abate at a cost per tonne: at most `most` tonnes (a step of its cost curve)."""

    participant: int
    cost: float
    most: float


@dataclass(frozen=True, eq=False)
class Bubble:
    """A common emission quota over a cluster; tonnes, arrays of shape (n,).

    Attributes
    ----------
    total, headroom : float
        Σ emissions, and quota − Σ emissions: below 0 the bubble has burst.
    within : bool
        Whether the quota holds.
    allocation : array
        What each may emit.
    balance : array
        Allocation − emissions: what a participant can give (positive) or needs (negative).
    traded : float
        What internal trade can move as things are: the smaller of what can be given and what is needed.
    uncovered : float
        Need that is left after that trade.
    abated : array
        What each abates in the plan of least cost; NaN where no costs are given or the plan falls short.
    cost, cost_alone : float
        Of that plan, and where each meets its allocation by itself; NaN where that is not possible.
    price : float
        Highest cost per tonne that the plan of least cost uses, at which trade can settle.
    trades : tuple of (int, int, float)
        Who gives allowance to whom in that plan, or as things are where nothing must be abated.
    """

    total: float
    headroom: float
    within: bool
    allocation: Floats
    balance: Floats
    traded: float
    uncovered: float
    abated: Floats = field(default_factory=lambda: np.zeros(0))
    cost: float = float("nan")
    cost_alone: float = float("nan")
    price: float = float("nan")
    trades: tuple[tuple[int, int, float], ...] = ()


def emission_bubble(
    emissions: ArrayLike,
    quota: float,
    allocation: ArrayLike | None = None,
    abatement: Sequence[Abatement] | None = None,
) -> Bubble | None:
    """Set a cluster's emissions against one quota for all of them.

    Parameters
    ----------
    emissions : array-like, shape (n,)
        Emissions of each participant.
    quota : float
        What the cluster may emit in all.
    allocation : array-like, shape (n,), optional
        Shares of the quota given out; by default in proportion to emissions.
    abatement : sequence of Abatement, optional
        What can be abated at which cost; one participant may have several steps. The plan of least cost takes
        the cheapest steps first, which is optimal where each participant's steps grow dearer or come in any
        order.

    Returns
    -------
    Bubble or None
        None where the emissions of any participant are unknown: their sum would then be a lower bound only.

    Raises
    ------
    ParameterError
        A negative quota or allocation, an allocation that exceeds the quota, or an abatement that is no
        amount, or more than a participant emits.

    Examples
    --------
    >>> bubble = emission_bubble([50.0, 30.0], quota=90.0, allocation=[40.0, 50.0])
    >>> bubble.within, bubble.balance.tolist(), bubble.traded, bubble.uncovered
    (True, [-10.0, 20.0], 10.0, 0.0)

    20 tonnes too much, half to be abated by each, at 5 and at 2 a tonne: the second abates all of it.

    >>> steps = [Abatement(0, 5.0, 50.0), Abatement(1, 2.0, 30.0)]
    >>> bubble = emission_bubble([50.0, 50.0], 80.0, abatement=steps)
    >>> bubble.abated.tolist(), bubble.cost, bubble.cost_alone, bubble.trades
    ([0.0, 20.0], 40.0, 70.0, ((1, 0, 10.0),))
    """
    emitted = np.asarray(emissions, dtype=np.float64)
    if not quota >= 0:
        raise parameter_error("quota", "emission_bubble", "a number in the range [0, inf)", quota)
    if np.isnan(emitted).any() or not len(emitted):
        return None
    total = float(emitted.sum())
    within = total <= quota * (1 + _NOISE)
    given = _allocation(emitted, quota, allocation)
    balance = given - emitted
    spare, need = float(balance[balance > 0].sum()), float(-balance[balance < 0].sum())
    over = 0.0 if within else total - quota
    abated, cost, alone, price = _least_cost(emitted, given, over, abatement)
    after = balance + abated
    trades = () if np.isnan(abated).any() else _trades(after)
    return Bubble(
        total=total,
        headroom=quota - total,
        within=within,
        allocation=given,
        balance=balance,
        traded=min(spare, need),
        uncovered=max(need - spare, 0.0),
        abated=abated,
        cost=cost,
        cost_alone=alone,
        price=price,
        trades=trades,
    )


def _allocation(emitted: Floats, quota: float, allocation: ArrayLike | None) -> Floats:
    if allocation is None:
        return share_out(quota, emitted)
    given = np.asarray(allocation, dtype=np.float64)
    if given.shape != emitted.shape or not (given >= 0).all() or given.sum() > quota * (1 + _NOISE):
        must = f"{len(emitted)} shares that sum to at most {quota:g}"
        raise parameter_error("allocation", "emission_bubble", must, allocation)
    return given


def share_out(quota: float, by: Floats) -> Floats:
    """Return the quota in proportion to `by`, equal parts where it sums to nothing.

    Examples
    --------
    >>> share_out(90.0, np.array([1.0, 2.0])).tolist(), share_out(90.0, np.zeros(2)).tolist()
    ([30.0, 60.0], [45.0, 45.0])
    """
    whole = float(by.sum())
    return quota * (by / whole if whole > 0 else np.full(len(by), 1 / len(by)))


def _least_cost(
    emitted: Floats, given: Floats, over: float, abatement: Sequence[Abatement] | None
) -> tuple[Floats, float, float, float]:
    n, none = len(emitted), np.full(len(emitted), np.nan)
    if abatement is None:
        return (none if over else np.zeros(n)), (np.nan if over else 0.0), np.nan, np.nan
    most = np.zeros(n)
    for step in abatement:
        if not (0 <= step.participant < n and step.cost >= 0 and step.most >= 0):
            raise parameter_error("abatement", "emission_bubble", "of members, costs and tonnes", step)
        most[step.participant] += step.most
    if (most > emitted * (1 + 1e-9)).any():
        raise parameter_error("abatement", "emission_bubble", "at most what each emits", most.tolist())
    order = sorted(abatement, key=lambda step: (step.cost, step.participant))
    abated, cost, price = _abate(order, over, n)
    alone = 0.0
    for i in range(n):
        own = [step for step in order if step.participant == i]
        alone += _abate(own, float(max(emitted[i] - given[i], 0.0)), n)[1]
    return abated, cost, alone, price


def _abate(steps: Sequence[Abatement], need: float, n: int) -> tuple[Floats, float, float]:
    """Return what each abates, the cost and the highest cost used; NaN where the steps do not suffice."""
    abated, cost, price, left = np.zeros(n), 0.0, 0.0, need
    for step in steps:
        part = min(step.most, left)
        if part <= 0:
            continue
        abated[step.participant] += part
        cost, price, left = cost + part * step.cost, step.cost, left - part
    if left > 1e-9 * max(1.0, need):
        return np.full(n, np.nan), float("nan"), float("nan")
    return abated, cost, price


def _trades(after: Floats) -> tuple[tuple[int, int, float], ...]:
    """Match who has allowance left with who lacks it, the largest first."""
    left, trades = after.copy(), []
    noise = 1e-9 * max(1.0, float(np.abs(after).max(initial=0)))
    while (left < -noise).any() and (left > noise).any():
        giver, taker = int(left.argmax()), int(left.argmin())
        part = min(float(left[giver]), float(-left[taker]))
        trades.append((giver, taker, part))
        left[giver], left[taker] = left[giver] - part, left[taker] + part
    return tuple(trades)
