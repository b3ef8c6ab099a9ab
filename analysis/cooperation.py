"""Cooperation of every formation: ratios on the supplier's and the buyer's side, boundary, partners, change.

Rules, stated once:

- Self-supply is in no ratio. It is counted apart, and subtracted from recorded purchases.
- A participant's ratio is k_i = supply to other members / output; a formation's is K = Σ supply / Σ output.
  Nothing is clipped: a ratio above 1, a supplier without output or a missing output makes the figure unknown,
  with a finding (`clustercoop.analysis.members.cooperation_ratio`).
- E–I index, coverage and conductance describe the recorded links of the year; they and shares of all sales
  or purchases are unknown where the formation's own outside is not recorded, or hardly
  (`clustercoop.analysis.recording`).
- Indicators fill what activity and links leave unknown, and the row's ``sources`` says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from clustercoop.analysis import boundary, diversity
from clustercoop.analysis.bounds import cooperation_bounds, settle
from clustercoop.analysis.context import Context
from clustercoop.analysis.indicator_rows import fill_from_indicators
from clustercoop.analysis.members import (
    Members,
    YearContext,
    clean,
    cooperation_ratio,
    covered_ratio,
    incomplete_share,
    member_findings,
    read_members,
    year_contexts,
)
from clustercoop.analysis.memo import remembered
from clustercoop.analysis.metric import NAN, Measured, Measuring, Place, Scalar, tables_of
from clustercoop.analysis.per_employee import per_employee, per_employee_bounds
from clustercoop.analysis.prices import constant_indicators, prices_of
from clustercoop.analysis.thresholds import Thresholds, load_thresholds
from clustercoop.analysis.trade import of_links, own_supply, recorded_links, seen_outside
from clustercoop.analysis.unsettled import Unsettled, leave_open, little_across, told, unsettled
from clustercoop.graph.arrays import Floats, Ints
from clustercoop.graph.findings import Finding, Findings
from clustercoop.graph.formation import Formation, sum_by
from clustercoop.graph.gaps import Gap
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings

COLUMNS: Final = """
    participants output_coverage output internal_supply cooperation_ratio_covered cooperation_ratio
    cooperation_ratio_low cooperation_ratio_high cooperation_ratio_mean final_producers
    cooperation_ratio_ex_final self_supply links sales_coverage purchases_coverage sales_outside
    purchases_outside ei_index coverage conductance internal_sales_share internal_sourcing_share
    internal_sourcing_basis reciprocity partner_entropy partner_hhi rd_per_employee_low rd_per_employee_high
    rd_coverage rd_per_employee rd_per_employee_constant value_added_per_employee_low
    value_added_per_employee_high value_added_coverage value_added_per_employee
    value_added_per_employee_constant output_constant unrelated_variety related_variety
    participant_turnover link_jaccard_nominal link_jaccard price_year sources
"""
PER_EMPLOYEE: Final = [
    *(name for name in COLUMNS.split() if "_per_employee" in name),
    *("rd_coverage", "value_added_coverage"),
]
PEOPLE: Final = """
    cooperation_ratio output internal_supply internal_supply_source bought_inside self_supply sales_outside
    purchases_outside partner_entropy partner_hhi
"""
TOLD: Final = (
    "bounds_none indicator_ratio_out_of_range indicator_excluded negative_figure value_added_zero"
).split()
"""Why figures are unknown that is told of where it is found, or not at all."""

APART: Final = """
    link_jaccard link_jaccard_nominal participant_turnover price_year output_constant rd_per_employee_constant
    value_added_per_employee_constant unrelated_variety related_variety internal_sourcing_basis sources
""".split()
"""What activity of the year does not make known: figures of two years, price levels, industries; notes."""


@dataclass(frozen=True, eq=False)
class Tables:
    """Cooperation of a whole dataset.

    Attributes
    ----------
    formations : DataFrame
        One row a cluster-year, by cluster then year; columns as in ``graph/output_columns.csv``.
    participants : DataFrame
        One row a member-year of a formation that links or activity describe.
    findings : Findings
        What was noticed.
    gaps : list of Gap
        Why figures are unknown.
    measured : mapping of (cluster, year) to Measured
        What links and activity of the formation's year say alone, without indicators.
    """

    formations: pd.DataFrame
    participants: pd.DataFrame
    findings: Findings
    gaps: list[Gap]
    measured: Mapping[tuple[str, int], Measured]


def cooperation_tables(
    graph: SupplyGraph,
    settings: Settings,
    only: Collection[tuple[str, int]] | None = None,
    each: Callable[[Callable[[Formation], Measuring], Sequence[Formation]], Iterable[Measuring]] = map,
) -> Tables:
    """Measure the cooperation of every formation and member of `graph`.

    Parameters
    ----------
    graph : SupplyGraph
    settings : Settings
        `internal_supply`, `zero_value_added`, `min_output_coverage`, `min_employee_coverage`, `thresholds`
        (role lists) matter here.
    only : collection of (cluster, year), optional
        Measure these alone.
    each : callable
        Runs a task for each of many formations.

    Examples
    --------
    >>> graph = SupplyGraph.from_tables({
    ...     "participants": pd.DataFrame({"participant_id": ["a", "b"], "cluster_id": ["c", "c"]}),
    ...     "links": pd.DataFrame({"year": [2022, 2022], "supplier_id": ["a", "a"], "buyer_id": ["b", "x"],
    ...                            "value": [30.0, 10.0]}),
    ...     "activity": pd.DataFrame({"participant_id": ["a", "b"], "year": [2022, 2022],
    ...                               "output": [60.0, 40.0]}),
    ... })
    >>> tables = cooperation_tables(graph, Settings())
    >>> tables.formations[["internal_supply", "output", "cooperation_ratio", "ei_index"]].values.tolist()
    [[30.0, 100.0, 0.3, -0.5]]
    >>> tables.participants["cooperation_ratio"].tolist()
    [0.5, 0.0]
    """
    thresholds = load_thresholds(settings.thresholds)
    prices = prices_of(graph, settings, thresholds)
    every = graph.formations()
    formations = [f for f in every if only is None or (f.cluster_id, f.year) in only]
    earlier = dict(zip(every[1:], every, strict=False))
    year_contexts(graph)  # made once, for all who measure

    def measure(formation: Formation) -> Measuring:
        before = earlier.get(formation)
        row = measure_in(formation, Context(formation, graph, settings, before, prices))
        row.of = Place(formation.cluster_id, formation.year)  # light to hand over
        return row

    rows = list(each(measure, formations))
    measured: dict[tuple[str, int], Measured] = {}
    for formation, row in zip(formations, rows, strict=True):
        row.of = formation
        measured[formation.cluster_id, formation.year] = Measured(_own_year(row), gaps=list(row.gaps))
    rows = fill_from_indicators(rows, COLUMNS, graph, settings, thresholds)
    if only is not None:
        rows = [row for row in rows if (row.of.cluster_id, row.of.year) in only]
    constant_indicators(rows, prices)
    for row in rows:
        settle(row, "cooperation_ratio", whole=row["output_coverage"] == 1)
        settle(row, "rd_per_employee")
        settle(row, "value_added_per_employee")
        row["sources"] = ";".join(f"{figure}={source}" for figure, source in row.sources.items() if source)
    findings = [finding for row in rows for finding in row.findings]
    findings += [finding for row in rows for finding in row.reasons(TOLD)]
    described = {row.of.cluster_id for row in rows}
    findings += [
        Finding("cluster_without_data", cluster_id=c) for c in graph.cluster_ids if c not in described
    ]
    return Tables(
        *tables_of([row.of for row in rows], rows, COLUMNS, PEOPLE),
        findings=Findings(findings),
        gaps=[gap for row in rows for gap in row.gaps],
        measured=measured,
    )


def measure_in(formation: Formation, context: Context) -> Measuring:
    """Return the cooperation of one formation and its change from the year before, indicators left aside."""
    members = read_members(formation, context.year, context.settings, context.thresholds)
    row = Measuring(formation, COLUMNS)
    factor = context.factor(formation)
    diversities = _measure(row, formation, members, context.year, context.settings, factor)
    _per_employee(row, formation, context.settings, factor)
    _variety(row, formation)
    people = _of_members(formation, members, diversities, context.thresholds)
    _change(row, formation, context)
    row.participants, row.gaps = people.participants, row.gaps + people.gaps
    found = unsettled(formation, context.year.open)
    if found:
        row.findings.append(told(found, formation))
        leave_open(row, found, formation, _resting_on_links(row, found))
    elif part := little_across(formation, context.year.open):
        row.tell("boundary_nearly", value=f"{math.ceil(1000 * part) / 10:.1f}%")  # a bound: rounded up
    earlier = (
        unsettled(context.before, context.year.open) if row["link_jaccard"] >= 0 and context.before else None
    )
    if earlier and (earlier.inside or earlier.members):
        row.leave_empty("rows_open", "link_jaccard", "link_jaccard_nominal", value=str(earlier.rows))
    row.findings += member_findings(members, formation, context.settings, context.thresholds)
    return row


def _resting_on_links(row: Measuring, found: Unsettled) -> list[str]:
    """Return the figures that rest on open rows by what they were made of here."""
    taken = []
    if found.crossing and row["internal_sourcing_basis"] == "links" or found.own:
        taken.append("internal_sourcing_share")
    if found.crossing and row.sources.get("final_producers") != "role":
        taken += ["final_producers", "cooperation_ratio_ex_final"]
    return taken


def measure_trade(formation: Formation, context: YearContext, settings: Settings) -> Measured:
    """Return the cooperation of one formation as a whole: its own year, without indicators and open rows.

    What rests on employees is `measure_per_employee`.
    """
    members = read_members(formation, context, settings, load_thresholds(settings.thresholds))
    row = Measuring(formation, " ".join(name for name in COLUMNS.split() if name not in PER_EMPLOYEE))
    _measure(row, formation, members, context, settings, None)
    return Measured(_own_year(row), gaps=row.gaps)


def measure_per_employee(formation: Formation, settings: Settings) -> Measured:
    """Return R&D and value added per employee of one formation, without indicators."""
    row = Measuring(formation, " ".join(PER_EMPLOYEE))
    _per_employee(row, formation, settings, None)
    return Measured(_own_year(row), gaps=row.gaps)


def _own_year(row: Measured) -> dict[str, Scalar]:
    return {name: value for name, value in row.formation.items() if name not in APART}


def _measure(
    row: Measuring,
    formation: Formation,
    members: Members,
    context: YearContext,
    settings: Settings,
    factor: Floats | None,
) -> tuple[Floats, Floats]:
    """Fill `row` with the formation's figures; return the diversity of its members' partners.

    `factor` brings a member's amounts to constant prices; None where there are no price levels.
    """
    back = diversity.reverse_weights(formation.src, formation.dst, formation.weight, formation.n)
    bits, index = diversity.partner_diversity(
        formation.src, formation.dst, formation.weight, formation.n, back
    )
    row["participants"] = formation.n
    _supplier_side(row, formation, members, settings)
    thresholds = load_thresholds(settings.thresholds)
    recorded_links(row, formation, members, context, thresholds)
    if formation.has_links and len(formation.src):
        row["reciprocity"] = boundary.sorted_reciprocity(formation.weight, back)
        trade = formation.supplied_inside + formation.bought_inside
        partnered = trade > 0
        total = float(trade.sum())
        row["partner_entropy"] = float((bits * trade)[partnered].sum()) / total
        row["partner_hhi"] = float((index * trade)[partnered].sum()) / total
    elif formation.has_links:
        row.leave_empty("no_internal_links", "reciprocity", "partner_entropy", "partner_hhi")
    if factor is not None and not np.isnan(row["output"]):
        known = ~np.isnan(members.output)
        output = np.where(members.output == 0, 0.0, members.output * factor)
        row["output_constant"] = float(output[known].sum())
    return bits, index


def _variety(row: Measuring, formation: Formation) -> None:
    if any(formation.industry_code):
        unrelated, related = diversity.variety(list(formation.industry_code))
        row["unrelated_variety"], row["related_variety"] = unrelated, related
    else:
        row.leave_empty("no_industry_code", "unrelated_variety", "related_variety")


def _of_members(
    formation: Formation, members: Members, diversities: tuple[Floats, Floats], thresholds: Thresholds
) -> Measuring:
    out = Measuring(formation, "", PEOPLE)
    out.participants |= {
        "cooperation_ratio": members.ratios,
        "output": members.output,
        "internal_supply": members.supply,
        "internal_supply_source": members.source,
        "bought_inside": of_links(formation, formation.bought_inside),
        "self_supply": own_supply(formation),
        "sales_outside": of_links(formation, seen_outside(formation, "sales", thresholds)),
        "purchases_outside": of_links(formation, seen_outside(formation, "purchases", thresholds)),
        "partner_entropy": diversities[0],
        "partner_hhi": diversities[1],
    }
    for code, which, values in members.without_ratio():
        told = ["" if np.isnan(value) else f"{value:.6g}" for value in values.tolist()] if which.any() else ()
        out.unknown_of(which, code, "cooperation_ratio", values=told)
    out.unknown_of(np.isnan(members.output), "output_missing", "output")
    out.unknown("supply_unknown", "internal_supply", "internal_supply_source", silent=True)
    if not formation.has_links:
        out.unknown("no_links_touch", silent=True)
    out.unknown("outside_unrecorded", "sales_outside", "purchases_outside", silent=True)
    out.unknown("member_without_links", silent=True)
    return out


def _supplier_side(row: Measuring, formation: Formation, members: Members, settings: Settings) -> None:
    """Output, internal supply and the four cooperation ratios."""
    every = np.ones(formation.n, bool)
    ratio = cooperation_ratio(members, every, settings.min_output_coverage)
    counts = {name: int((members.source == name).sum()) for name in ("links", "reported")}
    row.sources["internal_supply"] = ",".join(f"{name}:{count}" for name, count in counts.items() if count)
    row["output_coverage"] = _output_coverage(members)
    if np.isnan(row["output_coverage"]):
        row.leave_empty("no_producing_member", "output_coverage")
    known = ~np.isnan(members.output)
    if known.any() and row["output_coverage"] >= settings.min_output_coverage:
        row["output"] = float(members.output[known].sum())
    elif known.any() and members.producing.any():
        missing = ~known & members.producing
        row.leave_empty(
            "output_coverage_low",
            "output",
            detail=members.named(missing),
            value=incomplete_share(row["output_coverage"]),
        )
    else:
        row.leave_empty("no_producing_member" if known.any() else "output_unknown", "output")
    row["internal_supply"] = ratio.numerator
    if np.isnan(ratio.numerator):
        row.leave_empty(ratio.reason, "internal_supply", detail=ratio.detail)
    row["cooperation_ratio_covered"] = covered_ratio(members).value
    if np.isnan(row["cooperation_ratio_covered"]):
        row.leave_empty("no_covered_member", "cooperation_ratio_covered")
    row["cooperation_ratio"] = ratio.value
    row["cooperation_ratio_low"], row["cooperation_ratio_high"] = cooperation_bounds(members)
    above = members.above_one
    if above.any():
        row.leave_empty("members_above_one", "cooperation_ratio_mean", detail=members.named(above))
    if ratio.reason:
        row.leave_empty(
            ratio.reason,
            "cooperation_ratio",
            *(() if above.any() else ("cooperation_ratio_mean",)),
            "cooperation_ratio_ex_final",
            detail=ratio.detail,
            value=ratio.figure,
        )
    elif not above.any():
        _mean_ratio(row, members)
    _without_final_producers(row, members, settings, stated=not ratio.reason)


def _output_coverage(members: Members) -> float:
    every = np.count_nonzero(members.producing)
    return np.count_nonzero(members.producing & ~np.isnan(members.output)) / every if every else NAN


def _mean_ratio(row: Measuring, members: Members) -> None:
    """Set the mean of the members' own ratios; members with 0/0 have none and are left out."""
    own = members.ratios
    known = ~np.isnan(own)
    if known.any():
        row["cooperation_ratio_mean"] = float(np.where(known, own, 0.0).sum() / np.count_nonzero(known))
    else:
        row.leave_empty("no_member_ratio", "cooperation_ratio_mean")


def _without_final_producers(row: Measuring, members: Members, settings: Settings, stated: bool) -> None:
    """Set the number of producers of final products and, where `stated`, the ratio without them."""
    if members.final is None:
        row.leave_empty("final_producers_unknown", "final_producers")
        if stated:
            row.leave_empty("final_producers_unknown", "cooperation_ratio_ex_final")
        return
    row["final_producers"] = int(members.final.sum())
    row.sources["final_producers"] = members.final_by
    if not stated:
        return
    rest = cooperation_ratio(members, ~members.final, settings.min_output_coverage)
    row["cooperation_ratio_ex_final"] = rest.value
    if rest.reason:
        row.leave_empty(rest.reason, "cooperation_ratio_ex_final", detail=rest.detail, value=rest.figure)


def _per_employee(row: Measuring, formation: Formation, settings: Settings, factor: Floats | None) -> None:
    employees = clean(formation, "employees", settings)
    for name, cells in (("rd", "rd_expenses"), ("value_added", "value_added")):
        column = f"{name}_per_employee"
        amount = clean(formation, cells, settings)
        alone = (employees == 0) & ((amount > 0) | (amount < 0))
        row.tell_each("employees_none", alone, amount, table="activity", column=cells)
        row[f"{column}_low"], row[f"{column}_high"] = per_employee_bounds(
            formation, cells, employees, settings
        )
        ratio, covered = per_employee(amount, employees)
        row[f"{name}_coverage"] = covered
        if covered == 0:
            row.leave_empty("per_employee_not_given", column)
        elif covered < settings.min_employee_coverage:
            row.leave_empty("per_employee_coverage_low", column, value=incomplete_share(covered))
        elif np.isnan(ratio):
            row.leave_empty("employees_zero", column)
        else:
            row[column] = ratio
            row.sources[column] = "activity"
            if factor is not None:
                row[f"{column}_constant"] = _constant_per_employee(amount, employees, factor)


def _constant_per_employee(amount: Floats, employees: Floats, factor: Floats) -> float:
    """Return the amount per employee in constant prices, NaN where a member's price level is unknown."""
    if np.isnan(factor[~np.isnan(amount) & ~np.isnan(employees) & (amount != 0)]).any():
        return NAN
    return per_employee(np.where(amount == 0, 0.0, amount * factor), employees)[0]


def _edges(
    formation: Formation, size: int, groups: Ints | None, factor: Floats | None
) -> tuple[Ints, Floats]:
    """Return unique keys of the links and their weights.

    `groups` joins nodes that a merger or split made of one another, `factor` brings to constant prices.
    """
    codes = formation.members.astype(np.int64)
    weight = formation.weight if factor is None else formation.weight * factor[formation.src]
    if groups is None:
        return codes[formation.src] * size + codes[formation.dst], weight
    src, dst = groups[codes[formation.src]], groups[codes[formation.dst]]
    keys, place = np.unique((src * size + dst)[src != dst], return_inverse=True)
    return keys, sum_by(place, weight[src != dst], len(keys))


@remembered
def _dated(graph: SupplyGraph) -> frozenset[str]:
    """Return the clusters of which it is known when somebody joined or left."""
    people = graph.participants
    return frozenset(people.loc[people[["joined_year", "left_year"]].notna().any(axis=1), "cluster_id"])


def _change(row: Measuring, after: Formation, context: Context) -> None:
    """Weighted Jaccard of the links and turnover of the members against the year before.

    The similarity of links is that in constant prices where the price levels of both years are known.
    """
    before, graph = context.before, context.graph
    if before is None or before.cluster_id != after.cluster_id or before.year != after.year - 1:
        row.leave_empty("no_previous_year", "link_jaccard", "participant_turnover")
        return
    pair, groups = (before, after), graph.lineage.groups(after.year)
    if after.cluster_id in _dated(graph):
        members = [f.members if groups is None else np.unique(groups[f.members]) for f in pair]
        row["participant_turnover"] = diversity.turnover(members[0], members[1])
    else:
        row.leave_empty("membership_undated", "participant_turnover")
    if not (before.has_links and after.has_links):
        row.leave_empty("no_links_touch", "link_jaccard")
        return

    def similarity(*factors: Floats | None) -> float:
        ends = [
            _edges(f, len(graph.node_ids), groups, factor) for f, factor in zip(pair, factors, strict=True)
        ]
        return diversity.weighted_jaccard(*ends[0], *ends[1])

    row["link_jaccard_nominal"] = row["link_jaccard"] = similarity(None, None)
    levels = [context.factor(f) for f in pair]
    if levels[0] is not None:
        constant = similarity(*levels)
        row["link_jaccard"] = row["link_jaccard_nominal"] if np.isnan(constant) else constant
    if np.isnan(row["link_jaccard"]):
        row.leave_empty("no_internal_links", "link_jaccard")
