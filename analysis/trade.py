"""What a formation's links say of its trade with the outside, as far as that outside is recorded."""

from __future__ import annotations

from typing import Literal

import numpy as np

from clustercoop.analysis import boundary
from clustercoop.analysis.members import TOLERANCE, Members, YearContext, incomplete_share
from clustercoop.analysis.metric import NAN, Measuring
from clustercoop.analysis.recording import Side, recording
from clustercoop.analysis.roles import said
from clustercoop.analysis.thresholds import Thresholds
from clustercoop.analysis.unsettled import unsettled
from clustercoop.graph.arrays import Bools, Floats
from clustercoop.graph.formation import Formation


def of_links(formation: Formation, sums: Floats) -> Floats:
    """Return sums of links; unknown where the year has no link of the formation."""
    return sums if formation.has_links else np.full(formation.n, NAN)


def own_supply(formation: Formation) -> Floats:
    """Return the members' supply to themselves, which links to others are not needed for."""
    return formation.self_supply if len(formation.self_rows) else of_links(formation, formation.self_supply)


def seen_outside(formation: Formation, side: Literal["sales", "purchases"], thresholds: Thresholds) -> Floats:
    """Return each member's flow across the boundary on one side; NaN where it may not have been written down.

    A member without one has none where its formation records that side, or where what is recorded of it
    explains all its sales (purchases).
    """
    flows: Floats = getattr(formation, f"{side}_outside")
    recorded: Side = getattr(recording(formation), side)
    settled = (flows > 0) | (recorded.members >= 1 - thresholds.difference)
    if recorded.settles(thresholds.boundary_recorded, thresholds):
        settled |= ~(recorded.members < thresholds.boundary_recorded)
    return np.where(settled, flows, NAN)


def recorded_links(
    row: Measuring,
    formation: Formation,
    members: Members,
    context: YearContext,
    thresholds: Thresholds,
) -> None:
    """Fill `row` with figures of the year's links: boundary, shares of sales and of purchases."""
    row["self_supply"] = float(own_supply(formation).sum())
    if np.isnan(row["self_supply"]):
        row.leave_empty("no_links_touch", "self_supply")
    if not formation.has_links:
        row.leave_empty(
            "no_links_touch",
            "links",
            "sales_outside",
            "purchases_outside",
            "sales_coverage",
            "purchases_coverage",
            "ei_index",
            "coverage",
            "conductance",
            "reciprocity",
            "internal_sales_share",
            "internal_sourcing_share",
            "partner_entropy",
            "partner_hhi",
        )
        return
    row["links"] = len(formation.src)
    recorded = recording(formation)
    row["sales_coverage"], row["purchases_coverage"] = recorded.sales.coverage, recorded.purchases.coverage
    for name, side in (("sales", recorded.sales), ("purchases", recorded.purchases)):
        if np.isnan(side.coverage):
            row.leave_empty(f"{name}_whole_unknown", f"{name}_coverage")
        if side.outside or side.whole(thresholds):
            row[f"{name}_outside"] = float(getattr(formation, f"{name}_outside").sum())
        else:
            row.leave_empty("outside_unrecorded", f"{name}_outside")
    if formation.n < 2:
        figures = "ei_index", "coverage", "conductance", "internal_sales_share", "internal_sourcing_share"
        row.leave_empty("single_member", *figures)
        return
    inside = float(formation.weight.sum())
    outside = float(formation.sales_outside.sum() + formation.purchases_outside.sum())
    _boundary(row, inside, outside, context, recorded.boundary_gap(thresholds))
    if row["conductance"] >= 0:
        _rest_may_be_smaller(row, 2 * inside + outside, context, formation.year)
    if unsettled(formation, context.open) is None and np.isnan(members.supply).any():
        who = members.named(np.isnan(members.supply))
        row.leave_empty("supply_partly_known", "internal_sales_share", "internal_sourcing_share", detail=who)
        return
    supply = np.where(np.isnan(members.supply), formation.supplied_inside, members.supply)
    reported = members.source == "reported"
    untold = float(np.maximum(supply - formation.supplied_inside, 0)[reported].sum())
    if untold > (1 - thresholds.shares_recorded) * float(supply.sum()):
        share = f"{untold / float(supply.sum()):.1%}"
        row.tell("supply_untold", value=share, detail=members.named(reported & (supply > 0)))
    _sales_share(row, formation, float(supply.sum()), recorded.sales, thresholds)
    _sourcing_share(row, formation, members, float(supply.sum()), recorded.purchases, thresholds)


def _boundary(
    row: Measuring, inside: float, outside: float, context: YearContext, gap: tuple[str, float]
) -> None:
    """Set the indices of the links across the boundary."""
    code, coverage = gap
    if not inside + outside > 0:
        row.leave_empty("only_self_supply", "ei_index", "coverage", "conductance")
        return
    if code:
        value = "" if np.isnan(coverage) else incomplete_share(coverage)
        row.leave_empty(code, "ei_index", "coverage", "conductance", value=value)
        return
    row["ei_index"] = boundary.ei_index(inside, outside)
    row["coverage"] = boundary.coverage(inside, outside)
    if context.formations < 2:
        row.leave_empty("one_cluster", "conductance")
        return
    row["conductance"] = boundary.conductance(inside, outside, context.total)
    if np.isnan(row["conductance"]):
        row.leave_empty("one_side_without_links", "conductance")


def _rest_may_be_smaller(row: Measuring, volume: float, context: YearContext, year: int) -> None:
    """Leave the conductance open where the rest may be the smaller side, and rows about it are open."""
    rows = context.open
    if not len(rows.year):
        return
    mine = rows.supply & np.isin(rows.year, (0, year))
    less, more = float(rows.less[mine].sum()), float(rows.more[mine].sum())
    if less + more > 0 and volume > 2 * (context.total - less) - volume:
        row.leave_empty("rows_open", "conductance", value=str(int(mine.sum())))


def _sales_share(
    row: Measuring, formation: Formation, inside: float, sales: Side, thresholds: Thresholds
) -> None:
    """Set the share of sales that goes to members: supply `inside` beside recorded sales outside."""
    outside = float(formation.sales_outside.sum())
    if not sales.settles(thresholds.shares_recorded, thresholds):
        _barely(row, "internal_sales_share", "sales", sales)
    elif inside + outside > 0:
        row["internal_sales_share"] = inside / (inside + outside)
    else:
        row.leave_empty("no_sales", "internal_sales_share")


def _barely(row: Measuring, figure: str, name: str, side: Side) -> None:
    """Say that a share is unknown because too little of its side is recorded."""
    if side.outside:
        row.leave_empty(f"{name}_barely_recorded", figure, value=incomplete_share(side.coverage))
    else:
        row.leave_empty(f"outside_{name}_unrecorded", figure)


def _sourcing_share(
    row: Measuring,
    formation: Formation,
    members: Members,
    inside: float,
    bought: Side,
    thresholds: Thresholds,
) -> None:
    """Set purchases from members / all purchases: given ones where every buyer's are known, else by links.

    What members supplied `inside`, members bought: also what reports tell of, which name no buyer.
    """
    buyers = members.producing | (formation.bought_inside + formation.purchases_outside > 0)
    buyers |= said(formation, "purchases")
    if buyers.any() and not np.isnan(members.purchases[buyers]).any():
        given = _given_purchases(row, formation, members, thresholds)
        if given is None:
            return
        less = bought_beyond(formation, given, thresholds)
        if less.any():  # the others' purchases cannot make up for those of one
            inside, total = float(formation.bought_inside[less].sum()), float(given[less].sum())
        else:
            total = float(given.sum())
        basis = "activity"
    elif bought.settles(thresholds.shares_recorded, thresholds):
        total, basis = inside + float(formation.purchases_outside.sum()), "links"
    else:
        _barely(row, "internal_sourcing_share", "purchases", bought)
        return
    row.sources["purchases"] = "activity less self-supply" if basis == "activity" else basis
    if inside > total * (1 + TOLERANCE):
        row.leave_empty(
            "purchases_below_internal",
            "internal_sourcing_share",
            value=f"{inside:.6g}",
            detail=f"{total:.6g}",
        )
    elif total <= 0:
        row.leave_empty("no_purchases", "internal_sourcing_share")
    else:
        row["internal_sourcing_share"] = inside / total
        row["internal_sourcing_basis"] = basis


def _given_purchases(
    row: Measuring, formation: Formation, members: Members, thresholds: Thresholds
) -> Floats | None:
    """Return the given purchases from others; None, and told, where they may or may not hold self-supply.

    A member's purchases hold what it supplied to itself where they are nearer to all its recorded
    purchases with it than to those without it. That cannot be told where they are far from both, and
    matters where self-supply is more than a small part of them.
    """
    purchases = np.fmax(members.purchases, 0.0)
    without, within = _apart(formation, purchases)
    small = thresholds.difference * purchases
    open_cases = (formation.self_supply > small) & (purchases > 0) & (np.minimum(without, within) > small)
    if open_cases.any():
        row.leave_empty("purchases_may_hold_own", "internal_sourcing_share", detail=members.named(open_cases))
        return None
    return from_others(formation, purchases)


def _apart(formation: Formation, purchases: Floats) -> tuple[Floats, Floats]:
    """Return how far purchases are from all recorded ones without and with self-supply, shape (n,) each."""
    without = purchases - formation.bought_inside - formation.purchases_outside
    return np.abs(without), np.abs(without - formation.self_supply)


def from_others(formation: Formation, purchases: Floats) -> Floats:
    """Return given purchases less self-supply where they seem to hold it, shape (n,)."""
    without, within = _apart(formation, purchases)
    return purchases - np.where(within < without, formation.self_supply, 0.0)


def bought_beyond(formation: Formation, given: Floats, thresholds: Thresholds) -> Bools:
    """Tell who bought more from members than it says it bought from all others (`given`), shape (n,)."""
    beyond: Bools = formation.bought_inside > given * (1 + thresholds.difference)
    return beyond
