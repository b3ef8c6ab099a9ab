"""The closedness of one formation, as columns."""

from __future__ import annotations

from functools import partial

import numpy as np

from clustercoop.analysis.closedness import kinds
from clustercoop.analysis.closedness.circulation import link_circulation_share
from clustercoop.analysis.closedness.components import (
    formation_components,
    longest_chain,
    strongly_connected_share,
)
from clustercoop.analysis.closedness.finn import (
    cycling_index,
    formation_closed,
    formation_visits,
    path_length,
)
from clustercoop.analysis.closedness.leontief import link_autonomy
from clustercoop.analysis.closedness.throughflow import (
    ROUNDING,
    throughflow,
    throughflow_findings,
)
from clustercoop.analysis.closedness.trophic import formation_levels, link_incoherence
from clustercoop.analysis.large import attempted, is_too_large
from clustercoop.analysis.members import clean, incomplete_share
from clustercoop.analysis.metric import Measured, Measuring, is_known
from clustercoop.analysis.recording import recording
from clustercoop.analysis.roles import producing, said
from clustercoop.analysis.thresholds import load_thresholds
from clustercoop.graph.arrays import Bools, Floats
from clustercoop.graph.formation import Formation, sum_by
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings


def measure(formation: Formation, settings: Settings, graph: SupplyGraph | None = None) -> Measured:
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
    Measured
        Formation columns ``finn_cycling_index``, ``total_throughflow``, ``throughflow_basis``,
        ``average_path_length``, ``circulation_share``, ``strongly_connected_share``,
        ``trophic_incoherence``, ``stages``, ``autonomy``, ``knowledge_ties``, ``outside_partner_share``,
        ``outside_knowledge_share`` and ``return_flow_share``, both with ``…_low`` and ``…_high``;
        participant column ``embodied_inside_share``.

    Notes
    -----
    Decided cases. No link of the year touches a member: all unknown. Links, but none between members:
    Finn index 0 (nothing returns), one stage, and the shares of internal supply unknown (0 / 0). One or
    two participants are measured like any number. A component that nothing enters cycles in full.
    Self-supply is no internal flow: it is in neither the cycling nor the circulating part, and within an
    output it counts as crossing the boundary; only autonomy nets it out of the output as well.
    """
    each = (attempted(partial(piece, formation)) for piece in pieces(settings, graph))
    return Measured.joined(each)


def pieces(settings: Settings, graph: SupplyGraph | None) -> tuple[partial[Measured], ...]:
    """Return what measures the parts of `measure`, each on its own."""
    return (
        partial(_flows, settings=settings),
        partial(_structure),
        partial(_autonomy, settings=settings),
        partial(_openness, settings=settings, graph=graph),
    )


def unsettled(formation: Formation, settings: Settings, *, linked: bool = False) -> tuple[str, str, Bools]:
    """Return why the throughflow of members without an output is not settled by links: code, value, members.

    The code is "" where every producing member (with `linked`: that has flows) has an output, or where the
    recorded flows are nearly all that is sold and bought (`Recording.boundary_gap` at the limit for shares).
    """
    thresholds = load_thresholds(settings.thresholds)
    lacking = np.isnan(formation.output) & producing(formation, thresholds)
    if linked:
        lacking &= throughflow(formation).from_links
    if not lacking.any():
        return "", "", lacking
    code, part = recording(formation).boundary_gap(thresholds, thresholds.shares_recorded)
    code = "boundary_unrecorded" if code == "outside_unrecorded" else code
    return code, "" if np.isnan(part) else incomplete_share(part), lacking


def _flows(formation: Formation, settings: Settings) -> Measured:
    """Measure what rests on throughflow."""
    out = Measuring(formation, "finn_cycling_index total_throughflow throughflow_basis average_path_length")
    if not formation.has_links:
        out.unknown("closedness_no_links")
        return out
    flow = throughflow(formation)
    out.findings += throughflow_findings(formation, flow)
    out["throughflow_basis"] = flow.basis
    if not flow.usable:
        out.unknown(flow.refusal, detail=out.names(flow.contradicted), silent=True)
        return out
    links = formation.src, formation.dst, formation.weight
    code, value, lacking = unsettled(formation, settings)
    if code:
        labels = formation_components(formation)
        if (labels[formation.src] != labels[formation.dst]).all():
            out["finn_cycling_index"] = 0.0  # nothing returns, whatever passes
        out.unknown(code, value=value, detail=out.names(lacking))
        return out
    out["total_throughflow"] = float(flow.total.sum())
    closed = formation_closed(formation)
    if not is_too_large(formation):
        parts = formation_components(formation), closed
        known = formation_visits(formation) if (flow.supplied <= flow.total).all() else None
        if known is not None and np.isnan(known).any():
            known = None
        out["finn_cycling_index"] = cycling_index(*links, flow.total, parts, known)
    length = path_length(*links, flow.total, flow.inflow, closed)
    if np.isfinite(length):
        out["average_path_length"] = length
    if closed.any():
        out.unknown("closed_part", detail=out.names(closed))
    return out


def _structure(formation: Formation) -> Measured:
    """Measure what rests on the internal links alone."""
    out = Measuring(formation, "circulation_share strongly_connected_share trophic_incoherence stages")
    if not formation.has_links:
        out.unknown("closedness_no_links")
        return out
    n, src, dst, weight = formation.n, formation.src, formation.dst, formation.weight
    labels = formation_components(formation)
    out["stages"] = longest_chain(n, src, dst, labels)
    if not len(src):
        out.unknown("no_internal_chain")
        return out
    if not is_too_large(formation):
        out["circulation_share"] = link_circulation_share(n, src, dst, weight, labels)
    out["strongly_connected_share"] = strongly_connected_share(n, src, dst, weight, labels)
    out["trophic_incoherence"] = link_incoherence(src, dst, weight, formation_levels(formation))
    return out


def value_created(formation: Formation, settings: Settings) -> tuple[Floats, Bools]:
    """Return what each member added in value, and which members are left out; shape (n,) both.

    Value added where it is known (`clustercoop.analysis.members.clean`), else output − purchases; NaN where
    neither is, or a cell says that there is a value added and does not give it. A member whose role does not
    produce and of which no cell says that there is a figure is left out: whoever is not expected to report is
    no gap.
    """
    added = clean(formation, "value_added", settings)
    instead = np.isnan(added) & ~said(formation, "value_added")
    created = np.where(instead, formation.output - formation.purchases, added)
    missing = np.isnan(created)
    told = np.logical_or.reduce([said(formation, name) for name in ("value_added", "output", "purchases")])
    left_out = missing & ~told & ~producing(formation, load_thresholds(settings.thresholds))
    return created, left_out


def _autonomy(formation: Formation, settings: Settings) -> Measured:
    """Measure autonomy and each participant's embodied inside share.

    Members that are not expected to produce and do not trade take no part; those that `value_created` leaves
    out count as outside: what they supply leaks, what they buy is final.
    """
    out = Measuring(formation, "autonomy", "embodied_inside_share")
    if not formation.has_links:
        out.unknown("closedness_no_links")
        return out
    flow = throughflow(formation)
    created, left_out = value_created(formation, settings)
    trade = flow.supplied + flow.bought + formation.sales_outside
    active = (trade > 0) | (formation.output > 0)
    active |= np.isnan(formation.output) & producing(formation, load_thresholds(settings.thresholds))
    taking_part = active & ~left_out
    output = np.where(taking_part, formation.output - formation.self_supply, 0.0)
    created = np.where(taking_part, created, 0.0)
    lacking = np.isnan(output) | np.isnan(created)
    if not taking_part.any():
        out.unknown("autonomy_no_participant")
        return out
    if lacking.any():
        out.unknown("autonomy_unknown", detail=out.names(lacking))
        return out
    kept = taking_part[formation.src] & taking_part[formation.dst]
    src, dst, weight = formation.src[kept], formation.dst[kept], formation.weight[kept]
    bought = sum_by(dst, weight, formation.n)
    wrong = (bought + created > output + ROUNDING * np.abs(formation.output)) | (created < 0) | (output < 0)
    wrong |= taking_part & (output <= 0) & (flow.supplied + flow.bought > 0)
    if wrong.any():
        out.unknown("autonomy_contradicted", detail=out.names(wrong))
        return out
    drawn = np.maximum(sum_by(src, weight, formation.n) - output, 0.0)
    if drawn.sum() > load_thresholds(settings.thresholds).difference * (output.sum() - weight.sum()):
        out.unknown("autonomy_on_stock", detail=out.names(drawn > 0))
        return out
    out["autonomy"], out.participants["embodied_inside_share"] = link_autonomy(
        src, dst, weight, output, created
    )
    outside = active & left_out
    if outside.any():
        out.tell("autonomy_left_out", detail=out.names(outside))
    out.unknown_of(outside, "autonomy_left_out", "embodied_inside_share")
    out.unknown_of(~taking_part, "member_without_flow", "embodied_inside_share")
    out.unknown("autonomy_undefined", silent=True)
    return out


def _openness(formation: Formation, settings: Settings, graph: SupplyGraph | None) -> Measured:
    """Measure openness to outside knowledge and partners, and return flows."""
    shares = ("outside_knowledge_share", "return_flow_share")
    ends = [f"{share}_{end}" for share in shares for end in ("low", "high")]
    out = Measuring(formation, " ".join([*shares, *ends, "knowledge_ties outside_partner_share"]))
    if graph is None or not (formation.has_links or len(formation.knowledge_rows)):
        out.unknown("closedness_no_links", silent=formation.has_links)
        return out
    traded = not recording(formation).boundary_gap(load_thresholds(settings.thresholds))[0]
    learned = kinds.outside_knowledge(formation, graph)
    if traded:
        outward = (formation.sales_outside > 0) | (formation.purchases_outside > 0) | learned
        out["outside_partner_share"] = float(outward.mean())
    else:
        out.unknown("knowledge_outside_unrecorded", "outside_partner_share", silent=True)
    _knowledge(out, kinds.knowledge_ties(formation, graph), traded or bool(learned.any()))
    least, stated = kinds.return_flow_share(formation, graph)
    if stated >= 1:
        out["return_flow_share"] = least
    elif stated > 0:
        out["return_flow_share_low"], out["return_flow_share_high"] = least, least + 1 - stated
        out.unknown("kinds_partly_unknown", "return_flow_share", value=f"{1 - stated:.1%}")
    for share in shares:
        if is_known(out.formation[share]):
            out[f"{share}_low"] = out[f"{share}_high"] = out.formation[share]
    out.unknown("bounds_none", *ends, silent=True)
    out.unknown("no_internal_links" if np.isnan(stated) else "kinds_unstated", silent=True)
    return out


def _knowledge(out: Measuring, ties: kinds.KnowledgeTies, crossing: bool) -> None:
    """Fill the ties of knowledge; where roles leave some open, what holds either way, and bounds."""
    open_ties = ties.open_inside + ties.open_outside
    every = "outside_knowledge_share", "knowledge_ties"
    count, one = str(open_ties), ties.example
    if not open_ties:
        out["knowledge_ties"] = ties.inside + ties.outside
    elif not crossing or ties.settled:
        out.unknown("knowledge_roles_unknown", "knowledge_ties", value=count, detail=one, silent=True)
    if not crossing:
        out.unknown("knowledge_outside_unrecorded", *every)
    elif not ties.settled:
        if ties.inside + ties.outside:
            known = ties.inside + ties.outside
            out["outside_knowledge_share_low"] = ties.outside / (known + ties.open_inside)
            reached = ties.outside + ties.open_outside
            out["outside_knowledge_share_high"] = reached / (known + ties.open_outside)
        out.unknown("knowledge_roles_unknown", *every, value=count, detail=one)
    elif not ties.inside + ties.outside:
        out.unknown("knowledge_links_none", *every)
    elif open_ties:
        out["outside_knowledge_share"] = float(ties.outside > 0)
    else:
        out["outside_knowledge_share"] = ties.outside / (ties.inside + ties.outside)
