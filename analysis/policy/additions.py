r"""The fewest links between members that bring the cooperation ratio to a target.

What may be added: a member supplies to another what it now sells elsewhere or to final users, and the buyer
takes it instead of what it now buys outside. No output and no purchase grows, so that

.. math::

    \min \sum_{ij} y_{ij} \quad \text{with} \quad \sum_j f_{ij} \le x_i - s_i - w_i, \;
    \sum_i f_{ij} \le z_j - b_j - w_j, \; \sum_{ij} f_{ij} \ge r X - S, \;
    0 \le f_{ij} \le y_{ij} \min(x_i - s_i - w_i, z_j - b_j - w_j), \; y_{ij} \in \{0, 1\}

with x output, s supply to members, w self-supply, z purchases, b purchases from members, X and S the sums of
output and of supply to members, and r the target. What products fit is not asked: a plan says what arithmetic
allows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from clustercoop.analysis.members import Members
from clustercoop.graph.arrays import Floats
from clustercoop.graph.errors import parameter_error
from clustercoop.graph.formation import Formation

SECONDS: Final = 20.0
_SLACK: Final = 1e-9


@dataclass(frozen=True, eq=False)
class Plan:
    """Links to add, and what is known of how few they can be.

    Attributes
    ----------
    links : tuple of (int, int, float)
        Supplier, buyer, value; none where the target is reached already.
    at_least : int
        No plan has fewer links; equal to their number where the plan is proven smallest.
    reachable : float
        The most that can be moved inside; below the need there is no plan, and `links` is empty.
    need : float
        What must be moved inside.
    """

    links: tuple[tuple[int, int, float], ...]
    at_least: int
    reachable: float
    need: float

    @property
    def found(self) -> bool:
        """Whether the target can be reached."""
        return self.need <= self.reachable * (1 + _SLACK)

    @property
    def smallest(self) -> bool:
        """Whether no plan with fewer links exists."""
        return self.found and len(self.links) == self.at_least


def fewest_links(spare: ArrayLike, room: ArrayLike, need: float) -> Plan:
    """Return the fewest links that move `need` from outside to inside.

    Parameters
    ----------
    spare : array-like, shape (n,)
        What each can supply to others beyond what it does; unknown counts as nothing.
    room : array-like, shape (n,)
        What each can buy from others beyond what it does; unknown counts as nothing.
    need : float

    Returns
    -------
    Plan
        Proven smallest unless the integer programme ran out of time; then with the bound that it proved.

    Notes
    -----
    In a plan of k links a supplier can be exchanged for one that has more to spare, unless that one is its
    buyer. So some smallest plan is among the 2k suppliers and 2k buyers with most to spare and most room,
    where k is the length of the plan that always takes the largest link that is left.

    Examples
    --------
    >>> plan = fewest_links([10.0, 4.0, 0.0], [0.0, 3.0, 8.0], 9.0)
    >>> plan.links, plan.smallest
    (((0, 2, 8.0), (0, 1, 1.0)), True)
    """
    give = np.maximum(np.nan_to_num(np.asarray(spare, dtype=np.float64)), 0)
    take = np.maximum(np.nan_to_num(np.asarray(room, dtype=np.float64)), 0)
    if give.shape != take.shape or give.ndim != 1:
        raise parameter_error("room", "fewest_links", f"of shape {give.shape}", take.shape)
    reachable = _most(give, take)
    if need <= 0 or need > reachable * (1 + _SLACK):
        return Plan((), 0, reachable, need)
    need = min(need, reachable)
    plan = _largest_first(give, take, need)
    fewest = _fewest_sides(give, take, need)
    if len(plan) > fewest or _moved(plan) < need * (1 - _SLACK):
        plan, fewest = _programme(give, take, need, plan, fewest)
    return Plan(tuple(sorted(plan, key=lambda one: -one[2])), fewest, reachable, need)


def _moved(plan: list[tuple[int, int, float]]) -> float:
    return sum(value for _, _, value in plan)


def _most(give: Floats, take: Floats) -> float:
    """Return the largest flow from givers to takers that never stays with the same member.

    Only a member that is both can hold it up: by cut arguments the flow is the smallest of all that is given,
    all that is taken, and, for each member, what the others give and take with it left on both sides.
    """
    every = [give.sum(), take.sum()]
    every += [give.sum() - give[i] + take.sum() - take[i] for i in range(len(give))]
    return float(min(every)) if len(give) > 1 else 0.0


def _largest_first(give: Floats, take: Floats, need: float) -> list[tuple[int, int, float]]:
    give, take, plan = give.copy(), take.copy(), []
    while need > 0:
        size = np.minimum.outer(give, take)
        np.fill_diagonal(size, 0)
        i, j = (int(k) for k in np.unravel_index(int(np.argmax(size)), size.shape))
        value = min(float(size[i, j]), need)
        if value <= _SLACK * (1 + need):
            break
        plan.append((i, j, value))
        give[i], take[j], need = give[i] - value, take[j] - value, need - value
    return plan


def _fewest_sides(give: Floats, take: Floats, need: float) -> int:
    """Return how many suppliers, and buyers, no plan can do without; a plan has at least as many links."""

    def count(side: Floats) -> int:
        return int(np.searchsorted(np.cumsum(np.sort(side)[::-1]), need * (1 - _SLACK))) + 1

    return max(count(give), count(take))


def _programme(
    give: Floats, take: Floats, need: float, plan: list[tuple[int, int, float]], fewest: int
) -> tuple[list[tuple[int, int, float]], int]:
    """Solve the integer programme; return the better plan and the bound that is proved."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array, hstack, vstack

    short = _moved(plan) < need * (1 - _SLACK)
    width = len(give) if short else min(2 * len(plan), len(give))
    givers = np.argsort(-give, kind="stable")[:width]
    takers = np.argsort(-take, kind="stable")[:width]
    pairs = np.array([(i, j) for i in givers for j in takers if i != j and give[i] > 0 and take[j] > 0])
    m, n = len(pairs), len(give)
    scale = need  # flows as parts of the need: the solver's tolerances are absolute
    most = np.minimum(give[pairs[:, 0]], take[pairs[:, 1]]) / scale
    ones, at = np.ones(m), np.arange(m)
    flows = vstack(
        [
            coo_array((ones, (pairs[:, 0], at)), shape=(n, m)),
            coo_array((ones, (pairs[:, 1], at)), shape=(n, m)),
        ]
    )
    total = coo_array((ones, (np.zeros(m, int), at)), shape=(1, m))
    eye = coo_array((ones, (at, at)), shape=(m, m))
    cap = coo_array((-np.minimum(most, 1), (at, at)), shape=(m, m))
    empty: Any = coo_array((2 * n + 1, m))
    rows = vstack([hstack([vstack([flows, total]), empty]), hstack([eye, cap])]).tocsr()
    low = np.r_[np.full(2 * n, -np.inf), 1.0, np.full(m, -np.inf)]
    high = np.r_[give / scale, take / scale, np.inf, np.zeros(m)]
    found = milp(
        np.r_[np.zeros(m), ones],
        constraints=[LinearConstraint(rows, low, high)],
        integrality=np.r_[np.zeros(m), ones],
        bounds=Bounds(np.zeros(2 * m), np.r_[np.minimum(most, 1), ones]),
        options={"time_limit": SECONDS},
    )
    bound = getattr(found, "mip_dual_bound", None)
    if bound is not None and np.isfinite(bound):
        fewest = max(fewest, int(np.ceil(float(bound) - 1e-6)))
    if found.x is not None:
        used = np.flatnonzero(found.x[m:] > 0.5)
        if short or len(used) < len(plan):
            plan = [(int(pairs[k, 0]), int(pairs[k, 1]), float(found.x[k]) * scale) for k in used]
    return plan, fewest


def rooms(formation: Formation, members: Members) -> tuple[Floats, Floats]:
    """Return what each member can still supply to, and buy from, other members, NaN where it is unknown.

    Room is what it buys and no other member sold to it: its purchases where they are known, otherwise what
    links record of its purchases outside.
    """
    spare = members.output - members.supply - formation.self_supply
    known = np.where(np.isnan(members.purchases), formation.bought_inside, members.purchases)
    outside = np.fmax(known - formation.bought_inside - formation.self_supply, formation.purchases_outside)
    return np.maximum(spare, 0), np.maximum(outside, 0)
