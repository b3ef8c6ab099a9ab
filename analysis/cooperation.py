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

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.analysis import boundary, diversity
from clustercoop.analysis.bounds import cooperation_bounds
from clustercoop.analysis.indicator_rows import fill_from_indicators
from clustercoop.analysis.members import (
    Members,
    YearContext,
    cooperation_ratio,
    covered_ratio,
    incomplete_share,
    read_members,
    year_contexts,
)
from clustercoop.analysis.metric import NAN, Measured, Measuring
from clustercoop.analysis.per_employee import per_employee, per_employee_bounds
from clustercoop.analysis.prices import constant_indicators, prices_of
from clustercoop.analysis.rows import FIGURES, FormationRow, make_formations_frame
from clustercoop.analysis.thresholds import Thresholds, load_thresholds
from clustercoop.analysis.trade import of_links, own_supply, recorded_links, seen_outside
from clustercoop.analysis.unsettled import Unsettled, leave_open, leave_open_row, told, unsettled
from clustercoop.graph.findings import Finding, Findings
from clustercoop.graph.formation import FloatArray, Formation, sum_by
from clustercoop.graph.gaps import Gap
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings

PEOPLE: Final = (
    "cooperation_ratio",
    "output",
    "internal_supply",
    "internal_supply_source",
    "bought_inside",
    "self_supply",
    "sales_outside",
    "purchases_outside",
    "partner_entropy",
    "partner_hhi",
)

APART: Final = (
    "link_jaccard",
    "link_jaccard_nominal",
    "participant_turnover",
    "price_year",
    "output_constant",
    "rd_per_employee_constant",
    "value_added_per_employee_constant",
    "unrelated_variety",
    "related_variety",
)
"""Figures that activity of the year does not make known: of two years, of price levels, of industries."""


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
    """

    formations: pd.DataFrame
    participants: pd.DataFrame
    findings: Findings
    gaps: list[Gap]


def cooperation_tables(
    graph: SupplyGraph, settings: Settings, only: Collection[tuple[str, int]] | None = None
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
    formations = graph.formations()
    contexts = year_contexts(graph, formations)
    years = graph.participants[["joined_year", "left_year"]].notna().any(axis=1)
    dated = set(graph.participants.loc[years, "cluster_id"])
    size = len(graph.node_ids)
    findings: list[Finding] = []
    rows: list[FormationRow] = []
    parts: list[Measured] = []
    before: Formation | None = None
    left: Unsettled | None = None
    earlier: FloatArray | None = None
    prices = prices_of(graph, settings, thresholds)
    for formation in formations:
        factor = prices.factors(formation.year, formation.industry_code) if prices else None
        if only is not None and (formation.cluster_id, formation.year) not in only:
            before, earlier = formation, factor
            continue
        context = contexts[formation.year]
        members = read_members(formation, context, settings, thresholds)
        row = FormationRow(formation.cluster_id, formation.year)
        people: Measured = _measure(row, formation, members, context, settings, factor)
        step = _Step(size, graph.lineage.groups(formation.year), earlier, factor)
        _change(row, formation, before, formation.cluster_id in dated, step)
        found = unsettled(formation, context.open)
        if found:
            findings.append(told(found, formation))
            people = leave_open(people, found, formation)
            leave_open_row(row, found, formation)
        if left and (left.inside or left.members) and row["link_jaccard"] >= 0:
            row.unknown("rows_open", "link_jaccard", "link_jaccard_nominal", value=str(left.rows))
        left = found
        earlier = factor
        before = formation
        findings += members.findings
        rows.append(row)
        parts.append(people)
    rows = fill_from_indicators(rows, graph, settings, thresholds, findings)
    if only is not None:
        rows = [row for row in rows if (row.cluster_id, row.year) in only]
        formations = [f for f in formations if (f.cluster_id, f.year) in only]
    constant_indicators(rows, prices)
    for row in rows:
        row.bound("cooperation_ratio", whole=row["output_coverage"] == 1)
        row.bound("rd_per_employee")
        row.bound("value_added_per_employee")
        findings += row.findings()
    described = {row.cluster_id for row in rows}
    findings += [
        Finding("cluster_without_data", cluster_id=c) for c in graph.cluster_ids if c not in described
    ]
    return Tables(
        formations=make_formations_frame(rows),
        participants=_participants_frame(formations, parts),
        findings=Findings(findings),
        gaps=[gap for row in rows for gap in row.gaps()] + [gap for part in parts for gap in part.gaps],
    )


def measure_formation_row(formation: Formation, context: YearContext, settings: Settings) -> Measured:
    """Return the cooperation of one formation, its year before and indicators left aside."""
    members = read_members(formation, context, settings, load_thresholds(settings.thresholds))
    row = FormationRow(formation.cluster_id, formation.year)
    people = _measure(row, formation, members, context, settings, None)
    return Measured({**{name: NAN for name in FIGURES if name not in APART}, **row.figures}) + people


def _measure(
    row: FormationRow,
    formation: Formation,
    members: Members,
    context: YearContext,
    settings: Settings,
    factor: FloatArray | None,
) -> Measuring:
    """Fill `row` with the formation's figures; return those of its members.

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
        row.unknown("no_internal_links", "reciprocity", "partner_entropy", "partner_hhi")
    _per_employee(row, formation, members, settings, factor)
    if factor is not None and not np.isnan(row["output"]):
        known = ~np.isnan(members.output)
        output = np.where(members.output == 0, 0.0, members.output * factor)
        row["output_constant"] = float(output[known].sum())
    if any(formation.industry_code):
        unrelated, related = diversity.variety(list(formation.industry_code))
        row["unrelated_variety"], row["related_variety"] = unrelated, related
    else:
        row.unknown("no_industry_code", "unrelated_variety", "related_variety")
    return _of_members(formation, members, (bits, index), thresholds)


def _of_members(
    formation: Formation,
    members: Members,
    diversities: tuple[FloatArray, FloatArray],
    thresholds: Thresholds,
) -> Measuring:
    out = Measuring(formation, "", " ".join(PEOPLE))
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


def _supplier_side(row: FormationRow, formation: Formation, members: Members, settings: Settings) -> None:
    """Output, internal supply and the four cooperation ratios."""
    every = np.ones(formation.n, bool)
    ratio = cooperation_ratio(members, every, settings.min_output_coverage)
    row.source("internal_supply", _count_sources(members))
    row["output_coverage"] = _output_coverage(members)
    if np.isnan(row["output_coverage"]):
        row.unknown("no_producing_member", "output_coverage")
    known = ~np.isnan(members.output)
    if known.any() and row["output_coverage"] >= settings.min_output_coverage:
        row["output"] = float(members.output[known].sum())
    elif known.any() and members.producing.any():
        missing = ~known & members.producing
        row.unknown(
            "output_coverage_low",
            "output",
            detail=members.named(missing),
            value=incomplete_share(row["output_coverage"]),
        )
    else:
        row.unknown("no_producing_member" if known.any() else "output_unknown", "output")
    row["internal_supply"] = ratio.numerator
    if np.isnan(ratio.numerator):
        row.unknown(ratio.reason, "internal_supply", detail=ratio.detail)
    row["cooperation_ratio_covered"] = covered_ratio(members).value
    if np.isnan(row["cooperation_ratio_covered"]):
        row.unknown("no_covered_member", "cooperation_ratio_covered")
    row["cooperation_ratio"] = ratio.value
    row["cooperation_ratio_low"], row["cooperation_ratio_high"] = cooperation_bounds(members)
    above = members.above_one
    if above.any():
        row.unknown("members_above_one", "cooperation_ratio_mean", detail=members.named(above))
    if ratio.reason:
        row.unknown(
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


def _count_sources(members: Members) -> dict[str, int]:
    return {name: int((members.source == name).sum()) for name in ("links", "reported")}


def _output_coverage(members: Members) -> float:
    producing = members.producing
    return float((~np.isnan(members.output))[producing].mean()) if producing.any() else NAN


def _mean_ratio(row: FormationRow, members: Members) -> None:
    """Set the mean of the members' own ratios; members with 0/0 have none and are left out."""
    own = members.ratios
    if np.isnan(own).all():
        row.unknown("no_member_ratio", "cooperation_ratio_mean")
    else:
        row["cooperation_ratio_mean"] = float(np.nanmean(own))


def _without_final_producers(row: FormationRow, members: Members, settings: Settings, stated: bool) -> None:
    """Set the number of producers of final products and, where `stated`, the ratio without them."""
    if members.final is None:
        row.unknown("final_producers_unknown", "final_producers")
        if stated:
            row.unknown("final_producers_unknown", "cooperation_ratio_ex_final")
        return
    row["final_producers"] = int(members.final.sum())
    row.source("final_producers", members.final_by)
    if not stated:
        return
    rest = cooperation_ratio(members, ~members.final, settings.min_output_coverage)
    row["cooperation_ratio_ex_final"] = rest.value
    if rest.reason:
        row.unknown(rest.reason, "cooperation_ratio_ex_final", detail=rest.detail, value=rest.figure)


def _per_employee(
    row: FormationRow, formation: Formation, members: Members, settings: Settings, factor: FloatArray | None
) -> None:
    for name, cells in (("rd", "rd_expenses"), ("value_added", "value_added")):
        column = f"{name}_per_employee"
        amount: FloatArray = getattr(members, cells)
        row[f"{column}_low"], row[f"{column}_high"] = per_employee_bounds(
            formation, cells, members.employees, settings
        )
        ratio, covered = per_employee(amount, members.employees)
        row[f"{name}_coverage"] = covered
        if covered == 0:
            row.unknown("per_employee_not_given", column)
        elif covered < settings.min_employee_coverage:
            row.unknown("per_employee_coverage_low", column, value=incomplete_share(covered))
        elif np.isnan(ratio):
            row.unknown("employees_zero", column)
        else:
            row[column] = ratio
            row.source(column, "activity")
            if factor is not None:
                row[f"{column}_constant"] = _constant_per_employee(amount, members.employees, factor)


def _constant_per_employee(amount: FloatArray, employees: FloatArray, factor: FloatArray) -> float:
    """Return the amount per employee in constant prices, NaN where a member's price level is unknown."""
    if np.isnan(factor[~np.isnan(amount) & ~np.isnan(employees) & (amount != 0)]).any():
        return NAN
    return per_employee(np.where(amount == 0, 0.0, amount * factor), employees)[0]


@dataclass(frozen=True, slots=True)
class _Step:
    """What links of two years are compared by.

    `groups` joins nodes that a merger or split of the year made of one another; `before` and `after` bring
    the prices of both years to those of the base year.
    """

    size: int
    groups: NDArray[np.int64] | None
    before: FloatArray | None
    after: FloatArray | None

    def edges(self, formation: Formation, factor: FloatArray | None) -> tuple[NDArray[np.int64], FloatArray]:
        """Return unique keys of the links and their weights."""
        codes = formation.members.astype(np.int64)
        weight = formation.weight if factor is None else formation.weight * factor[formation.src]
        if self.groups is None:
            return codes[formation.src] * self.size + codes[formation.dst], weight
        src, dst = self.groups[codes[formation.src]], self.groups[codes[formation.dst]]
        keys, place = np.unique((src * self.size + dst)[src != dst], return_inverse=True)
        return keys, sum_by(place, weight[src != dst], len(keys))


def _change(row: FormationRow, after: Formation, before: Formation | None, dated: bool, step: _Step) -> None:
    """Weighted Jaccard of the links and turnover of the members against the year before.

    The similarity of links is that in constant prices where the price levels of both years are known.
    """
    groups = step.groups
    if before is None or before.cluster_id != after.cluster_id or before.year != after.year - 1:
        row.unknown("no_previous_year", "link_jaccard", "participant_turnover")
        return
    if dated:
        members = [f.members if groups is None else np.unique(groups[f.members]) for f in (before, after)]
        row["participant_turnover"] = diversity.turnover(members[0], members[1])
    else:
        row.unknown("membership_undated", "participant_turnover")
    if not (before.has_links and after.has_links):
        row.unknown("no_links_touch", "link_jaccard")
        return
    row["link_jaccard_nominal"] = row["link_jaccard"] = diversity.weighted_jaccard(
        *step.edges(before, None), *step.edges(after, None)
    )
    if step.before is not None and step.after is not None:
        constant = diversity.weighted_jaccard(
            *step.edges(before, step.before), *step.edges(after, step.after)
        )
        row["link_jaccard"] = row["link_jaccard_nominal"] if np.isnan(constant) else constant
    if np.isnan(row["link_jaccard"]):
        row.unknown("no_internal_links", "link_jaccard")


def _participants_frame(formations: list[Formation], parts: Sequence[Measured]) -> pd.DataFrame:
    sizes = [formation.n for formation in formations]
    frame = {
        "cluster_id": np.repeat(np.array([f.cluster_id for f in formations], dtype=object), sizes),
        "year": np.repeat(np.array([f.year for f in formations], dtype=np.int64), sizes),
        "participant_id": np.concatenate([f.ids for f in formations] or [np.array([], dtype=object)]),
    }
    for name in PEOPLE:
        empty = np.array([], dtype=object if name.endswith("source") else np.float64)
        frame[name] = np.concatenate([part.participants[name] for part in parts] or [empty])
    return pd.DataFrame(frame)
