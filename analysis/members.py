"""What is known of each member of a formation: cleaned activity, supply to other members, and its source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from clustercoop.analysis.memo import remembered
from clustercoop.analysis.metric import Measuring
from clustercoop.analysis.recording import recording
from clustercoop.analysis.roles import of_role, producing, said, stated
from clustercoop.analysis.thresholds import Thresholds
from clustercoop.analysis.unsettled import OpenRows, Unsettled, open_rows, unsettled
from clustercoop.graph.arrays import Bools, Floats, Ints, Objects
from clustercoop.graph.findings import Finding, joined
from clustercoop.graph.formation import Formation
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from clustercoop.graph.slicing import knowledge_links
from clustercoop.graph.threads import at_once

# Rounding in sums of links and in printed outputs; a ratio this close to 1 counts as 1.
TOLERANCE: Final = 1e-9
FIGURES: Final = ("output", "purchases", "employees", "rd_expenses", "used_by_participants", "value_added")


@dataclass(frozen=True, eq=False)
class YearContext:
    """What a formation cannot see of its year.

    Attributes
    ----------
    supplies : array of bool, shape (nodes,)
        Whether any supply of the year (of positive value) has the node as supplier of somebody else.
    formations_of : array of int, shape (nodes,)
        In how many formations of the year the node is a member.
    total : float
        Supply of the year; self-supply and links of knowledge excluded.
    formations : int
        Number of formations of the year.
    open : OpenRows
        Links whose value is only bounded, and rejected rows.
    """

    supplies: Bools
    formations_of: Ints
    total: float
    formations: int
    open: OpenRows


@remembered
def year_contexts(graph: SupplyGraph) -> dict[int, YearContext]:
    """Return the context of each year that has a formation."""
    years = graph.links["year"].to_numpy()
    supplier = graph.links["supplier"].to_numpy()
    buyer = graph.links["buyer"].to_numpy()
    value = np.where(knowledge_links(graph), 0.0, graph.links["value"].to_numpy())
    n = len(graph.node_ids)
    by_year: dict[int, list[Formation]] = {}
    for formation in graph.formations():
        by_year.setdefault(formation.year, []).append(formation)
    unsure = open_rows(graph)

    def of_year(year: int, group: Sequence[Formation]) -> YearContext:
        cut = slice(*np.searchsorted(years, np.array([year, year + 1], years.dtype)))
        supplies = np.zeros(n, bool)
        own = supplier[cut] == buyer[cut]
        supplies[supplier[cut][~own & (value[cut] > 0)]] = True
        return YearContext(
            supplies=supplies,
            formations_of=np.bincount(np.concatenate([f.members for f in group]), minlength=n),
            total=float(value[cut].sum() - value[cut][own].sum()),
            formations=len(group),
            open=unsure,
        )

    found = at_once(of_year, by_year, by_year.values(), rows=len(years))
    return dict(zip(by_year, found, strict=True))


@dataclass(frozen=True, eq=False)
class Members:
    """Figures of the members of one formation, shape (n,) each; NaN is unknown.

    Attributes
    ----------
    output, purchases : array of float64
        Activity; negative cells are NaN.
    supply : array of float64
        Supply to other members.
    source : array of str
        Where `supply` comes from: "links", "reported" or "" (unknown).
    sold : array of float64
        What was sold to anybody at least, as far as it is recorded.
    supply_low, supply_high : array of float64
        What `supply` may be at least and at most where it is NaN; 0 and infinity where nothing says so.
    floating : float
        Supply to members in rows that do not name the supplier: on top of `supply_high`, by anyone.
    output_low, output_high : array of float64
        Bounds of the output that cells state; NaN without.
    bounded : array of bool
        Whether only bounds are known of `supply`, so that it is NaN.
    producing : array of bool
        Whether the role is one that produces; an unknown role is.
    final : array of bool or None
        Producers of final products; None where they cannot be recognised.
    final_by : str
        "role" or "no recorded sale to an organisation"; "" where `final` is None.
    told : tuple of Finding
        What was noticed of the supply (`member_findings` tells all).
    """

    ids: Objects
    output: Floats
    purchases: Floats
    supply: Floats
    source: Objects
    sold: Floats
    supply_low: Floats
    supply_high: Floats
    floating: float
    output_low: Floats
    output_high: Floats
    bounded: Bools
    producing: Bools
    final: Bools | None
    final_by: str
    told: tuple[Finding, ...]

    @cached_property
    def without_output(self) -> Bools:
        """Members that supply others although their output is zero or unknown."""
        return (self.supply > 0) & ~(self.output > 0)

    @cached_property
    def ratios(self) -> Floats:
        """Return ``k_i = supply / output``, NaN where it is unknown, 0/0 or above 1 (`above_one`)."""
        usable = (self.output > 0) & (len(self.ids) > 1)
        ratio = np.full(len(self.ids), np.nan)
        np.divide(self.supply, self.output, out=ratio, where=usable)
        ratio[ratio > 1 + TOLERANCE] = np.nan
        return ratio

    @cached_property
    def above_one(self) -> Bools:
        """Members that supplied others more than they produced."""
        return (self.output > 0) & (self.supply > self.output * (1 + TOLERANCE))

    def without_ratio(self) -> list[tuple[str, Bools, Floats]]:
        """Return why members have no ratio: codes, the members of each, and what fills its sentence."""
        output, supply = self.output, self.supply
        above = np.divide(supply, output, out=np.full(len(output), np.nan), where=self.above_one)
        return [
            ("single_member", np.full(len(output), len(output) < 2), output),
            ("supply_unknown", np.isnan(supply), supply),
            ("supply_without_output", self.without_output, supply),
            ("output_missing", np.isnan(output), output),
            ("ratio_above_one", self.above_one, above),
            ("ratio_zero_by_zero", (output == 0) & (supply == 0), output),
        ]

    def named(self, which: Bools) -> str:
        """Return the ids of some members for the detail of a gap or finding."""
        return joined([str(i) for i in self.ids[which]])


def incomplete_share(share: float) -> str:
    """Return a share below 1 in per cent, never rounded up to the whole.

    Examples
    --------
    >>> incomplete_share(2 / 3), incomplete_share(2499 / 2500)
    ('66.7%', '99.9%')
    """
    return f"{min(share, 0.999):.1%}"


def read_members(
    formation: Formation, context: YearContext, settings: Settings, thresholds: Thresholds
) -> Members:
    """Clean the activity of a formation's members and find what each supplied to the others.

    Supply inside comes from the links where the member has a link as supplier of somebody else in the year,
    else from the reported ``used_by_participants``, else it is 0 where the year's links are recorded for the
    formation (self-supply alone is no such record) and unknown where they are not.
    ``settings.internal_supply`` may put the reported volume first, or drop it.
    The reported volume of a member of several clusters belongs to no one of them and is not used.
    """
    noticed = Measuring(formation)
    output, reported = (clean(formation, name, settings) for name in ("output", "used_by_participants"))
    found = unsettled(formation, context.open)
    supply, source, bounds = _supply(formation, context, reported, settings, thresholds, noticed, found)
    bounded = bounds[0] < bounds[1]
    sold = np.fmax(supply, formation.supplied_inside) + formation.sales_outside
    if found is not None:
        sold = np.maximum(sold - found.sold_less, np.nan_to_num(supply))
    produces = producing(formation, thresholds)
    return Members(
        ids=formation.ids,
        output=output,
        purchases=clean(formation, "purchases", settings),
        supply=supply,
        source=source,
        sold=sold,
        supply_low=np.where(bounded, bounds[0], 0.0),
        supply_high=np.where(bounded, bounds[1], np.inf),
        floating=found.floating if found else 0.0,
        output_low=stated(formation, "output_low"),
        output_high=stated(formation, "output_high"),
        bounded=bounded,
        producing=produces,
        **_final_producers(formation, output, supply, produces, thresholds),
        told=tuple(noticed.findings),
    )


def member_findings(
    members: Members, formation: Formation, settings: Settings, thresholds: Thresholds
) -> list[Finding]:
    """Return what was noticed of each member: cells that are no figures, its supply, its own ratio."""
    noticed = Measuring(formation)
    for name in FIGURES:
        given: Floats = getattr(formation, name)
        code = "negative_figure"
        dropped = given < 0
        if name == "value_added":
            code = "value_added_zero"
            dropped = (given == 0) & np.isnan(clean(formation, name, settings))
        noticed.tell_each(code, dropped, given, table="activity", column=name)
    noticed.findings += members.told
    _notice_ratios(members, formation, thresholds, noticed)
    return noticed.findings


def clean(formation: Formation, name: str, settings: Settings) -> Floats:
    """Return a column of activity, NaN where its cell is no figure, shape (n,).

    Such is a negative one; and a value added of 0 beside R&D, an output or employees, unless
    `Settings.zero_value_added` keeps it. Value added can be negative.
    """
    values: Floats = getattr(formation, name)
    if name != "value_added":
        return np.where(values < 0, np.nan, values)
    if settings.zero_value_added == "keep":
        return values
    busy = (formation.rd_expenses > 0) | (formation.output > 0) | (formation.employees > 0)
    return np.where((values == 0) & busy, np.nan, values)


def _supply(
    formation: Formation,
    context: YearContext,
    reported: Floats,
    settings: Settings,
    thresholds: Thresholds,
    noticed: Measuring,
    found: Unsettled | None,
) -> tuple[Floats, Objects, tuple[Floats, Floats]]:
    linked = context.supplies[formation.members]
    by_links = formation.supplied_inside if formation.has_links else np.full(formation.n, np.nan)
    low, high = by_links, by_links
    # A link goes before a report, and a row of no supplier, year or value may be one of this member and year.
    perhaps = np.zeros(formation.n, bool)
    if found is not None:
        perhaps = (found.sells | (found.floating > 0)) & ~linked & ~found.surely
        linked = linked | found.surely
    if found is not None and formation.has_links:
        low, high = np.maximum(by_links - found.less, 0.0), by_links + found.more
        bounded = found.open_supply
        noticed.tell_each("supply_bounded", bounded, low, column="cooperation_ratio")
        by_links = np.where(bounded, np.nan, by_links)
        high = np.where(bounded & (high <= low), np.nextafter(low, np.inf), high)  # by rows without supplier
    usable = ~np.isnan(reported)
    told = said(formation, "used_by_participants") & ~usable
    if settings.internal_supply == "links":
        told &= ~linked
    told &= context.formations_of[formation.members] < 2
    if told.any() and settings.internal_supply != "links_only":
        by_links = np.where(told, np.nan, by_links)
        least, most = (stated(formation, f"used_by_participants_{end}") for end in ("low", "high"))
        least, most = np.fmax(least, 0.0), np.where(np.isnan(most), np.inf, most)
        low = np.where(told, np.where(perhaps, np.fmin(low, least), least), low)
        high = np.where(told, np.where(perhaps, np.fmax(high, most), most), high)
        noticed.tell_each("supply_bounded", told, low, column="cooperation_ratio")
    if settings.internal_supply == "links_only":
        usable = np.zeros(formation.n, bool)
    shared = usable & (context.formations_of[formation.members] > 1)
    if shared.any():
        noticed.tell_each(
            "reported_shared", shared, reported, table="activity", column="used_by_participants"
        )
        usable = usable & ~shared
    if usable.any():
        differs = usable & linked & formation.has_links
        larger = np.maximum(by_links, reported)
        differs &= np.abs(by_links - reported) > thresholds.difference * larger
        noticed.tell_each(
            "internal_supply_differs",
            differs,
            by_links,
            reported,
            table="activity",
            column="used_by_participants",
        )
    if found is not None and perhaps.any() and settings.internal_supply == "links":
        doubtful = usable & perhaps
        by_links = np.where(doubtful, np.nan, by_links)
        low = np.where(doubtful, np.fmin(low, reported), low)
        low = np.where(doubtful & ~(low < reported), 0.0, low)
        high = np.where(doubtful, np.fmax(np.fmax(high, reported), found.more), high)
        high = np.where(doubtful, np.maximum(high, np.nextafter(0, 1)), high)
        usable = usable & ~doubtful
    take = usable if settings.internal_supply == "reported" else usable & ~linked
    supply = np.where(take, reported, by_links)
    source = np.full(formation.n, "links", object)
    source[take] = "reported"
    source[np.isnan(supply)] = ""
    return supply, source, (np.where(take, 0.0, low), np.where(take, 0.0, high))


def _final_producers(
    formation: Formation, output: Floats, supply: Floats, produces: Bools, thresholds: Thresholds
) -> dict[str, Any]:
    by_role = of_role(formation, thresholds.is_final_producer)
    if by_role.any():
        # Where others have a role, one that has none may be another final producer; where nobody else has,
        # the role marks them.
        blank = formation.role == ""
        if (blank & ~(output == 0)).any() and not (blank | by_role).all():
            return {"final": None, "final_by": ""}
        return {"final": by_role, "final_by": "role"}
    sales = recording(formation).sales
    if formation.has_links and sales.outside and sales.settles(thresholds.boundary_recorded, thresholds):
        silent = ~(supply > 0) & (formation.sales_outside == 0)
        # A silent member whose output is unknown may make final products or nothing at all; one whose supply
        # is only bounded may supply others.
        if not (silent & (produces & np.isnan(output) | np.isnan(supply))).any():
            return {"final": silent & (output > 0), "final_by": "no recorded sale to an organisation"}
    return {"final": None, "final_by": ""}


def _notice_ratios(
    members: Members, formation: Formation, thresholds: Thresholds, noticed: Measuring
) -> None:
    """Tell of every member whose own ratio is unknown or odd."""
    output, supply = members.output, members.supply
    missing = np.isnan(output)
    if not missing.all():
        noticed.tell_each(
            "output_missing", missing & members.producing, output, table="activity", column="output"
        )
    aside = missing & ~members.producing & ~(supply > 0)
    if aside.any():
        noticed.tell("non_producing_left_out", value=str(int(aside.sum())), detail=members.named(aside))
    noticed.tell_each("supply_without_output", members.without_output, supply, column="cooperation_ratio")
    above = members.above_one
    if above.any():
        ratio = np.divide(supply, output, out=np.zeros(formation.n), where=above)
        noticed.tell_each("ratio_above_one", above, ratio, column="cooperation_ratio")
    noticed.tell_each("ratio_zero_by_zero", (output == 0) & (supply == 0), output, column="cooperation_ratio")
    noticed.tell_each("supply_unknown", np.isnan(supply) & (output >= 0), supply, column="cooperation_ratio")
    sold = formation.supplied_inside + formation.sales_outside
    over = (output > 0) & ~above & (sold > output * (1 + thresholds.difference))
    noticed.tell_each("sales_above_output", over, sold, output)
    # Whether given purchases hold self-supply is not known, so it is left out of the comparison.
    bought, given = formation.bought_inside + formation.purchases_outside, members.purchases
    more = bought > given * (1 + thresholds.difference)
    noticed.tell_each("purchases_above_given", more, bought, given)


@dataclass(frozen=True, eq=False)
class Ratio:
    """A ratio of sums: its parts, who is in it, and why it is unknown.

    Attributes
    ----------
    value, numerator, denominator : float
        NaN where unknown.
    included : array of bool, shape (n,)
        Members whose cells make the sums.
    reason : str
        Finding code that says why `value` is unknown, "" where it is known.
    detail, figure : str
        Fill the code's sentence.
    """

    value: float
    numerator: float
    denominator: float
    included: Bools
    reason: str = ""
    detail: str = ""
    figure: str = ""


def cooperation_ratio(members: Members, considered: Bools, min_output_coverage: float) -> Ratio:
    """Return ``K = Σ_i Σ_{j≠i} W_ij / Σ_i x_i`` over the `considered` members, or why it is unknown.

    Every producing member counts, and every other member with a known output or a supply inside. K is
    unknown when the supply of one of them is; when one supplies inside but has no output; when the share of
    producing members with known output is below `min_output_coverage`; when Σ x is 0; when K > 1; for a
    single member, which has nobody to supply.

    References
    ----------
    .. [1] GISP, calculation form for the share of cluster participants' products used by other participants
       (Resolution 779 of 31.07.2015), as described by Mityakov et al.
    """
    known = ~np.isnan(members.output) & considered
    expected = considered & (members.producing | known | (members.supply > 0))
    producing = considered & members.producing
    included = known & ~np.isnan(members.supply)
    numerator = float(members.supply[expected].sum())
    denominator = float(members.output[included].sum())
    unknown_supply = expected & np.isnan(members.supply)
    unknown_output = producing & np.isnan(members.output)
    contradictory = considered & members.without_output

    def unknown(code: str, detail: str = "", figure: str = "") -> Ratio:
        nan = float("nan")
        complete = nan if code in ("output_coverage_low", "output_unknown") else denominator
        return Ratio(nan, numerator, complete, included, code, detail, figure)

    if len(members.ids) < 2:
        return unknown("single_member")
    if unknown_supply.any():
        whole = bool(unknown_supply[expected].all())
        return unknown("supply_unrecorded" if whole else "supply_partly_known", members.named(unknown_supply))
    if not producing.any():
        return unknown("no_producing_member")
    if not known.any():
        return unknown("output_unknown")
    if contradictory.any():
        return unknown("supplier_without_output", members.named(contradictory))
    covered = 1 - unknown_output.sum() / producing.sum()
    if covered < min_output_coverage:
        return unknown("output_coverage_low", members.named(unknown_output), incomplete_share(covered))
    if denominator <= 0:
        return unknown("output_zero")
    value = numerator / denominator
    if value > 1 + TOLERANCE:
        return unknown("formation_above_one", figure=f"{value:.6g}")
    return Ratio(value, numerator, denominator, included)


def covered_ratio(members: Members) -> Ratio:
    """Return the ratio over the members with known output alone, numerator and denominator both restricted.

    It is partial wherever some output is unknown, and unknown where the supply of one of them is only
    bounded. A member that supplies inside with an output of zero is
    left out: its output is as good as unknown.
    """
    included = ~np.isnan(members.output) & ~np.isnan(members.supply) & ~members.without_output
    if (members.bounded & ~np.isnan(members.output)).any():
        return Ratio(float("nan"), float("nan"), float("nan"), included)
    numerator = float(members.supply[included].sum())
    denominator = float(members.output[included].sum())
    value = numerator / denominator if denominator > 0 else float("nan")
    if value > 1 + TOLERANCE or len(members.ids) < 2:
        value = float("nan")
    return Ratio(value, numerator, denominator, included)
