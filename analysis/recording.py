"""How much of sales and purchases is recorded: an outside that nobody wrote down is unknown, not empty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from clustercoop.analysis.memo import remembered
from clustercoop.analysis.roles import producing_roles
from clustercoop.analysis.thresholds import Thresholds
from clustercoop.graph.arrays import Floats, Objects
from clustercoop.graph.formation import Formation

NAN = float("nan")


@dataclass(frozen=True, eq=False)
class Side:
    """Recorded flows of one side, sales or purchases, held against what is known in all.

    Attributes
    ----------
    coverage : float
        Σ min(recorded, whole) / Σ whole over the members whose whole (output, or purchases) is known and
        above 0; NaN where it is for none.
    members : array of float64, shape (n,)
        The same of each member; NaN where its whole is unknown or 0.
    outside : bool
        Whether a flow above 0 across the boundary is recorded.
    lacking : frozenset of str
        Roles of the members whose whole is unknown, "" where it is expected whatever the role.
    """

    coverage: float
    members: Floats
    outside: bool
    lacking: frozenset[str]

    def whole(self, thresholds: Thresholds) -> bool:
        """Tell whether the recorded flows explain all there is, so that what is not recorded is 0.

        That is not known where the whole of a member that produces is not.
        """
        return self.coverage >= 1 - thresholds.difference and not any(map(thresholds.produces, self.lacking))

    def settles(self, least: float, thresholds: Thresholds) -> bool:
        """Tell whether the outside of this side is recorded, and no known coverage is below `least`.

        Where the whole is known of nobody, a recorded flow across the boundary is all there is to go by.
        """
        return not self.coverage < least if self.outside else self.whole(thresholds)


@dataclass(frozen=True, eq=False)
class Recording:
    """What of the sales and purchases of a formation's members is recorded."""

    sales: Side
    purchases: Side

    def boundary_gap(self, thresholds: Thresholds, least: float | None = None) -> tuple[str, float]:
        """Return why figures of the links across the boundary are unknown: finding code and coverage.

        ``("", nan)`` where they are known: a flow across the boundary is recorded, and neither side is
        known to be recorded to less than `least` (by default ``boundary_at_least``); or both sides are
        recorded in whole.
        """
        least = thresholds.boundary_recorded if least is None else least
        sides = (self.sales, "sales_barely_recorded"), (self.purchases, "purchases_barely_recorded")
        for side, code in sides:
            if side.coverage < least:
                return code, side.coverage
        if self.sales.outside or self.purchases.outside:
            return "", NAN
        whole = self.sales.whole(thresholds) and self.purchases.whole(thresholds)
        return ("", NAN) if whole else ("outside_unrecorded", NAN)


@remembered
def recording(formation: Formation) -> Recording:
    """Return what of the sales and purchases of `formation` is recorded.

    A member's sales are held against its output, its purchases against `all_purchases`. Self-supply is part
    of both. A reported volume of use by other participants counts where it is larger than the links.

    Examples
    --------
    >>> import pandas as pd
    >>> from clustercoop.graph.model import SupplyGraph
    >>> graph = SupplyGraph.from_tables({
    ...     "participants": pd.DataFrame({"participant_id": ["a", "b"], "cluster_id": ["c", "c"]}),
    ...     "links": pd.DataFrame({"year": [2022, 2022], "supplier_id": ["a", "b"],
    ...                            "buyer_id": ["b", "x"], "value": [5.0, 1.0]}),
    ...     "activity": pd.DataFrame({"participant_id": ["a", "b"], "year": [2022, 2022],
    ...                               "output": [10.0, 20.0]}),
    ... })
    >>> found = recording(graph.formation("c", 2022))
    >>> found.sales.coverage, found.sales.members.tolist(), found.sales.outside, found.purchases.coverage
    (0.2, [0.5, 0.05], True, nan)
    """
    own = formation.self_supply
    used = np.fmax(formation.used_by_participants, 0.0)
    sold = np.maximum(formation.supplied_inside, used) + formation.sales_outside + own
    bought = formation.bought_inside + formation.purchases_outside + own
    roles = producing_roles(formation)
    return Recording(
        _side(sold, formation.output, formation.sales_outside, roles),
        _side(bought, all_purchases(formation), formation.purchases_outside, roles),
    )


def all_purchases(formation: Formation) -> Floats:
    """Return all purchases of each member: those given, else output − value added; NaN is unknown.

    A value added of 0 beside an output is no figure.
    """
    given = formation.purchases
    if not np.isnan(given).any():
        return given
    no_value = (formation.value_added == 0) & (formation.output > 0)
    derived = np.where(no_value, NAN, formation.output - formation.value_added)
    return np.where(np.isnan(given), derived, given)


def _side(recorded: Floats, whole: Floats, outside: Floats, roles: Objects) -> Side:
    known = whole > 0
    explained = np.minimum(recorded, whole)
    members = np.divide(explained, whole, out=np.full(len(whole), NAN), where=known)
    total = float(whole[known].sum())
    coverage = float(explained[known].sum()) / total if total > 0 else NAN
    lacking = frozenset(map(str, roles[~(whole >= 0)].tolist()))
    return Side(coverage, members, bool((outside > 0).any()), lacking)
