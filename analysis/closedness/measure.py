"""The closedness of one formation, as columns."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from clustercoop.analysis.closedness import kinds
from clustercoop.analysis.closedness.circulation import link_circulation_share
from clustercoop.analysis.closedness.components import (
    formation_components,
    longest_chain,
    strongly_connected_share,
)
from clustercoop.analysis.closedness.finn import cycling_index, formation_closed, path_length
from clustercoop.analysis.closedness.leontief import link_autonomy
from clustercoop.analysis.closedness.throughflow import (
    ROUNDING,
    boundary_recorded,
    throughflow,
    throughflow_findings,
    told,
)
from clustercoop.analysis.closedness.trophic import formation_levels, link_incoherence
from clustercoop.analysis.measures import Measures, Scalar
from clustercoop.analysis.thresholds import load_thresholds
from clustercoop.graph.findings import Finding
from clustercoop.graph.formation import FloatArray, Formation, sum_by
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings

NAN: Final = float("nan")


def measure(formation: Formation, settings: Settings, graph: SupplyGraph | None = None) -> Measures:
    """Measure how closed a formation is.

    Parameters
    ----------
    formation : Formation
    settings : Settings
        `zero_value_added` and `thresholds` (roles that do not produce) matter here.
    graph : SupplyGraph, optional
        Gives the kinds of links and the roles of outside partners; without it, what needs them is unknown.

    Returns
    -------
    Measures
        Formation columns ``finn_cycling_index``, ``total_throughflow``, ``throughflow_basis``,
        ``average_path_length``, ``circulation_share``, ``strongly_connected_share``,
        ``trophic_incoherence``, ``stages``, ``autonomy``, ``outside_knowledge_share``,
        ``knowledge_ties``, ``outside_partner_share``, ``return_flow_share``; participant column
        ``embodied_inside_share``.

    Notes
    -----
    Decided cases. No link of the year touches a member: all unknown. Links, but none between members:
    Finn index 0 (nothing returns), one stage, and the shares of internal supply unknown (0 / 0). One or
    two participants are measured like any number. A component that nothing enters cycles in full.
    Self-supply is no internal flow: it is in neither the cycling nor the circulating part, and within an
    output it counts as crossing the boundary; only autonomy nets it out of the output as well.
    """
    columns: dict[str, Scalar] = dict.fromkeys(
        (
            "finn_cycling_index",
            "total_throughflow",
            "average_path_length",
            "circulation_share",
            "strongly_connected_share",
            "trophic_incoherence",
            "autonomy",
            "outside_knowledge_share",
            "outside_partner_share",
            "return_flow_share",
        ),
        NAN,
    ) | {"throughflow_basis": "", "stages": None, "knowledge_ties": None}
    embodied = {"embodied_inside_share": np.full(formation.n, NAN)}
    if not formation.has_links:
        ties = (
            _kind_columns(formation, graph, columns)
            if graph is not None and len(formation.knowledge_rows)
            else []
        )
        return Measures(columns, embodied, (told(formation, "closedness_no_links"), *ties))
    findings = list(_flow_columns(formation, columns))
    findings += _structure_columns(formation, columns)
    embodied["embodied_inside_share"], noticed = _autonomy(formation, settings, columns)
    findings += noticed
    if graph is not None:
        findings += _kind_columns(formation, graph, columns)
    return Measures(columns, embodied, tuple(findings))


def _flow_columns(formation: Formation, columns: dict[str, Scalar]) -> tuple[Finding, ...]:
    """Fill what rests on throughflow."""
    flow = throughflow(formation)
    findings = throughflow_findings(formation, flow)
    columns["throughflow_basis"] = flow.basis
    if not flow.usable:
        return findings
    columns["total_throughflow"] = float(flow.total.sum())
    links = formation.src, formation.dst, formation.weight
    closed = formation_closed(formation)
    columns["finn_cycling_index"] = cycling_index(
        *links, flow.total, (formation_components(formation), closed)
    )
    length = path_length(*links, flow.total, flow.inflow, closed)
    if np.isfinite(length):
        columns["average_path_length"] = length
    if closed.any():
        findings += (told(formation, "closed_part", detail=_names(formation, closed)),)
    if not boundary_recorded(formation):
        findings += (told(formation, "boundary_unrecorded"),)
    return findings


def _structure_columns(formation: Formation, columns: dict[str, Scalar]) -> list[Finding]:
    """Fill what rests on the internal links alone."""
    n, src, dst, weight = formation.n, formation.src, formation.dst, formation.weight
    labels = formation_components(formation)
    columns["stages"] = longest_chain(n, src, dst, labels)
    if not len(src):
        return [told(formation, "no_internal_chain")]
    columns["circulation_share"] = link_circulation_share(n, src, dst, weight, labels)
    columns["strongly_connected_share"] = strongly_connected_share(n, src, dst, weight, labels)
    columns["trophic_incoherence"] = link_incoherence(src, dst, weight, formation_levels(formation))
    return []


def produces(formation: Formation, settings: Settings) -> NDArray[np.bool_]:
    """Tell which members have a role that produces (an unknown role does), shape (n,)."""
    thresholds = load_thresholds(settings.thresholds)
    given = formation.role.tolist()
    roles = {role: thresholds.produces(str(role)) for role in set(given)}
    if all(roles.values()):
        return np.ones(formation.n, dtype=bool)
    return np.array([roles[role] for role in given], dtype=bool)


def value_created(formation: Formation, settings: Settings) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return what each member added in value, and which members are left out; shape (n,) both.

    Value added where it is known, else output − purchases; NaN where neither is. A value added of zero
    beside an output is a gap, unless `Settings.zero_value_added` keeps it. A member whose role does not
    produce and for which nothing is known is left out: whoever is not expected to report is no gap.
    """
    added = formation.value_added
    if settings.zero_value_added == "missing":
        added = np.where((added == 0) & (formation.output > 0), NAN, added)
    created = np.where(np.isnan(added), formation.output - formation.purchases, added)
    missing = np.isnan(created)
    left_out = missing & ~produces(formation, settings) if missing.any() else missing
    return created, left_out


def _autonomy(
    formation: Formation, settings: Settings, columns: dict[str, Scalar]
) -> tuple[FloatArray, tuple[Finding, ...]]:
    """Fill autonomy; return each participant's embodied inside share.

    Members without flows inside and without output take no part; those that `value_created` leaves out
    count as outside: what they supply leaks, what they buy is final.
    """
    flow = throughflow(formation)
    created, left_out = value_created(formation, settings)
    active = (flow.supplied + flow.bought > 0) | (formation.output > 0)
    taking_part = active & ~left_out
    output = np.where(taking_part, formation.output - formation.self_supply, 0.0)
    created = np.where(taking_part, created, 0.0)
    lacking = np.isnan(output) | np.isnan(created)
    nothing = np.full(formation.n, NAN)
    if not taking_part.any():
        return nothing, (told(formation, "autonomy_no_participant"),)
    if lacking.any():
        return nothing, (told(formation, "autonomy_unknown", detail=_names(formation, lacking)),)
    kept = taking_part[formation.src] & taking_part[formation.dst]
    src, dst, weight = formation.src[kept], formation.dst[kept], formation.weight[kept]
    bought = sum_by(dst, weight, formation.n)
    wrong = (bought + created > output + ROUNDING * np.abs(formation.output)) | (created < 0) | (output < 0)
    wrong |= taking_part & (output <= 0) & (flow.supplied + flow.bought > 0)
    if wrong.any():
        return nothing, (told(formation, "autonomy_contradicted", detail=_names(formation, wrong)),)
    columns["autonomy"], embodied = link_autonomy(src, dst, weight, output, created)
    outside = active & left_out
    if not outside.any():
        return embodied, ()
    return embodied, (told(formation, "autonomy_left_out", detail=_names(formation, outside)),)


def _names(formation: Formation, which: NDArray[np.bool_]) -> str:
    return "; ".join(formation.ids[which].astype(str))


def _kind_columns(formation: Formation, graph: SupplyGraph, columns: dict[str, Scalar]) -> list[Finding]:
    """Fill openness to outside knowledge and partners, and return flows."""
    read = kinds.link_kinds(graph)
    findings = []
    crossing = formation.year in read.crossing_years
    if crossing:
        outward = (formation.sales_outside > 0) | (formation.purchases_outside > 0)
        outward |= kinds.outside_knowledge(formation, graph)
        columns["outside_partner_share"] = float(outward.mean())
    if not read.knowable:
        findings.append(told(formation, "knowledge_links_unknown"))
    else:
        findings += _knowledge_columns(formation, kinds.knowledge_ties(formation, graph), crossing, columns)
    share, stated = kinds.return_flow_share(formation, graph)
    columns["return_flow_share"] = share
    if 0 < stated < 1:
        findings.append(told(formation, "kinds_partly_unknown", value=f"{1 - stated:.1%}"))
    return findings


def _knowledge_columns(
    formation: Formation, ties: kinds.KnowledgeTies, crossing: bool, columns: dict[str, Scalar]
) -> list[Finding]:
    open_ties = ties.open_inside + ties.open_outside
    if not open_ties:
        columns["knowledge_ties"] = ties.inside + ties.outside
    if not crossing:
        return [told(formation, "knowledge_outside_unrecorded")]
    if not ties.settled:
        return [told(formation, "knowledge_roles_unknown", value=str(open_ties), detail=ties.example)]
    if not ties.inside + ties.outside:
        return [told(formation, "knowledge_links_none")]
    if open_ties:
        columns["outside_knowledge_share"] = float(ties.outside > 0)
    else:
        columns["outside_knowledge_share"] = ties.outside / (ties.inside + ties.outside)
    return []
