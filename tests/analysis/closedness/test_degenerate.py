"""Formations at the edge of the definitions, each decided on its own."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from clustercoop.analysis import chain, entrainment
from clustercoop.analysis.closedness import measure
from clustercoop.analysis.metric import Measured, Scalar
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from tests.analysis.closedness.oracles import supply_graph

UNKNOWN = float("nan")


def all_measures(graph: SupplyGraph, core: list[bool] | None = None, **options: Any) -> Measured:
    """Return the three parts of a formation joined, as the pipeline does."""
    settings = Settings(**options)
    [whole] = graph.formations()
    parts = (
        measure(whole, settings, graph),
        chain.measure(whole, settings, graph),
        entrainment.measure(whole, settings, None if core is None else np.array(core)),
    )
    return sum(parts, Measured())


def codes(found: Measured) -> set[str]:
    for finding in found.findings:
        assert finding.message("en") and finding.message("ru") and finding.action("en")
        assert finding.cluster_id == "c" and finding.year == 2022
    return {finding.code for finding in found.findings}


def number(value: Scalar) -> float:
    assert isinstance(value, int | float)
    return float(value)


def unknown(found: Measured, *names: str) -> bool:
    return all(math.isnan(number(found.formation[name])) for name in names)


def test_no_link_touches_the_cluster() -> None:
    """Activity alone says nothing about links: everything is unknown, nothing is 0."""
    found = all_measures(supply_graph("ab", [], {"a": {"output": 5.0}}), [True, False])
    assert codes(found) == {"closedness_no_links", "core_shares_unknown"}
    assert unknown(found, "stages")
    assert unknown(found, "finn_cycling_index", "circulation_share", "trophic_incoherence", "autonomy")
    assert np.isnan(found.participants["stage"]).all()
    assert np.isnan(found.participants["entrainment"]).all()


def test_links_but_none_between_members() -> None:
    """Nothing can return: Finn index 0, one stage; shares of nothing are unknown."""
    found = all_measures(supply_graph("ab", [("a", "x", 5.0), ("x", "b", 2.0)]))
    assert found.formation["finn_cycling_index"] == 0
    assert found.formation["stages"] == 1
    assert unknown(found, "circulation_share", "strongly_connected_share", "trophic_incoherence")
    assert found.participants["upstreamness"].tolist() == [1, 1]
    assert np.isnan(found.participants["stage"]).all()
    assert "no_internal_chain" in codes(found)


def test_a_single_participant() -> None:
    found = all_measures(supply_graph("a", [("a", "a", 5.0), ("a", "x", 2.0)]))
    assert found.formation["finn_cycling_index"] == 0  # self-supply is in no measure
    assert unknown(found, "circulation_share")


def test_two_participants_are_measured_like_any() -> None:
    found = all_measures(supply_graph("ab", [("a", "b", 4.0), ("b", "a", 1.0), ("b", "x", 3.0)]))
    # T = 4 and 4; N = 1 / (1 − 1 · 1/4) = 4/3 at both: FCI = 1/4. Circulation 1 + 1 of 5.
    assert found.formation["finn_cycling_index"] == pytest.approx(0.25)
    assert found.formation["circulation_share"] == pytest.approx(0.4)
    assert found.participants["stage"].tolist() == pytest.approx([0, 0.6])
    assert found.participants["broker_share"].tolist() == pytest.approx([0, 3 / 8])


def test_isolated_participants_have_no_stage() -> None:
    found = all_measures(supply_graph("abz", [("a", "b", 4.0), ("b", "x", 4.0)]))
    assert found.participants["stage"][:2].tolist() == pytest.approx([0, 1])
    assert np.isnan(found.participants["stage"][2])
    assert np.isnan(found.participants["upstreamness"][2])
    assert np.isnan(found.participants["broker_share"][2])


def test_each_component_starts_at_level_0() -> None:
    found = all_measures(supply_graph("abcd", [("a", "b", 4.0), ("d", "c", 1.0), ("b", "x", 1.0)]))
    assert found.participants["stage"].tolist() == pytest.approx([0, 1, 1, 0])


CYCLE = [("a", "b", 2.0), ("b", "c", 2.0), ("c", "a", 2.0)]


def test_a_cycle_that_nothing_enters_or_leaves() -> None:
    """Closed by definition where an output says that the members make no more than they hand on."""
    found = all_measures(supply_graph("abc", CYCLE, {who: {"output": 2.0} for who in "abc"}))
    assert found.formation["finn_cycling_index"] == 1
    assert found.formation["circulation_share"] == 1
    assert found.formation["trophic_incoherence"] == pytest.approx(1)
    assert found.formation["stages"] == 1
    assert unknown(found, "average_path_length", "average_propagation_length")
    assert np.isnan(found.participants["upstreamness"]).all()  # endless


def test_links_inside_alone_do_not_say_what_passes() -> None:
    """Without an output and an outside the same cycle may be the whole of what its members do, or a trace."""
    found = all_measures(supply_graph("abc", CYCLE))
    assert unknown(found, "finn_cycling_index", "total_throughflow", "average_path_length")
    assert found.formation["circulation_share"] == 1  # of the links inside, which are recorded
    assert np.isnan(found.participants["upstreamness"]).all()
    assert np.isnan(found.participants["broker_share"]).all()
    assert {"boundary_unrecorded", "broker_outside_unrecorded"} <= codes(found)
    chain_only = all_measures(supply_graph("abc", CYCLE[:2]))
    assert chain_only.formation["finn_cycling_index"] == 0  # nothing returns, whatever passes
    assert unknown(chain_only, "total_throughflow")


def test_a_known_output_opens_the_same_cycle() -> None:
    activity = {who: {"output": 4.0} for who in "abc"}
    found = all_measures(supply_graph("abc", [("a", "b", 2.0), ("b", "c", 2.0), ("c", "a", 2.0)], activity))
    # Half of each output goes on: N_ii = 1 / (1 − 1/8), FCI = 1/8.
    assert found.formation["finn_cycling_index"] == pytest.approx(1 / 8)
    assert "boundary_unrecorded" not in codes(found)


def test_supply_from_an_output_of_zero_is_taken_from_stock() -> None:
    found = all_measures(
        supply_graph("ab", [("a", "b", 2.0)], {"a": {"output": 0.0}, "b": {"output": 9.0}}), [True, False]
    )
    assert "supply_above_output" in codes(found)
    # T = 2 and 9, nothing returns; what a supplied was not made this year, so whose value it is is unknown.
    assert found.formation["total_throughflow"] == 11 and found.formation["finn_cycling_index"] == 0
    assert found.participants["upstreamness"].tolist() == pytest.approx([2, 1])
    assert unknown(found, "autonomy")
    assert found.formation["circulation_share"] == 0  # needs no output


def test_purchases_above_output_are_contradicted() -> None:
    found = all_measures(
        supply_graph("ab", [("a", "b", 12.0)], {"a": {"output": 20.0}, "b": {"output": 9.0}}), [True, False]
    )
    [finding] = [f for f in found.findings if f.code == "throughflow_contradicted"]
    assert finding.detail == "b" and finding.severity == "warning"
    assert unknown(found, "finn_cycling_index", "core_pull")


def test_supply_above_output_is_taken_from_stock() -> None:
    found = all_measures(supply_graph("ab", [("a", "b", 5.0)], {"a": {"output": 4.0}, "b": {"output": 9.0}}))
    assert "supply_above_output" in codes(found)
    # T_a = 5, the supply, of which 1 came from stock: U_a = 1 + 5/5 · U_b, and U_b = 1.
    assert found.participants["upstreamness"].tolist() == pytest.approx([2, 1])


def test_a_missing_output_is_taken_from_the_links() -> None:
    found = all_measures(
        supply_graph("ab", [("a", "b", 8.0), ("b", "x", 9.0)], {"a": {"output": 10.0}}), [True, False]
    )
    assert found.formation["throughflow_basis"] == "mixed"
    assert found.formation["total_throughflow"] == pytest.approx(19)
    assert "throughflow_from_links" in codes(found)


def test_links_that_explain_half_of_the_output_say_nothing_of_another() -> None:
    found = all_measures(supply_graph("ab", [("a", "b", 5.0), ("b", "x", 8.0)], {"a": {"output": 10.0}}))
    assert unknown(found, "total_throughflow", "average_path_length")
    assert np.isnan(found.participants["upstreamness"]).all()
    assert "sales_barely_recorded" in codes(found)


def test_entrainment_needs_only_the_outputs_that_enter_it() -> None:
    links = [("a", "b", 5.0), ("b", "x", 8.0)]
    # Core {b} buys 5 from a per output of 10: pull 0.5, whatever a's own output is; a passes none on.
    found = all_measures(supply_graph("ab", links, {"b": {"output": 10.0}}), [False, True])
    assert found.participants["entrainment"].tolist() == pytest.approx([0.5, 0])
    assert unknown(found, "periphery_entrained_share")  # needs a's output
    # The core's own output is always needed.
    found = all_measures(supply_graph("ab", links, {"b": {"output": 10.0}}), [True, False])
    assert "entrainment_output_unknown" in codes(found)
    assert np.isnan(found.participants["entrainment"]).all()


def test_no_core_no_entrainment() -> None:
    links = [("a", "b", 5.0), ("b", "x", 8.0)]
    for core in (None, [False, False]):
        found = all_measures(supply_graph("ab", links, {"b": {"output": 10.0}}), core)
        assert unknown(found, "core_supply_share", "core_pull")
    [whole] = supply_graph("ab", links).formations()
    partly = np.array([True, None], dtype=object)
    found_partly = entrainment.measure(whole, Settings(), partly).formation
    assert math.isnan(number(found_partly["core_supply_share"]))


def test_core_shares_need_every_figure_of_those_that_produce() -> None:
    links = [("a", "b", 5.0), ("u", "b", 1.0)]
    activity = {
        "a": {"output": 30.0, "employees": 6.0, "rd_expenses": 1.0},
        "b": {"output": 10.0, "employees": 2.0},
    }
    roles = {"a": "firm", "b": "firm", "u": "university"}
    found = all_measures(supply_graph("abu", links, activity, roles), [True, False, False]).formation
    assert found["core_output_share"] == pytest.approx(0.75)  # the university has no output to miss
    assert math.isnan(number(found["core_employees_share"]))  # but employees, whom nobody tells
    staffed = supply_graph("abu", links, activity | {"u": {"employees": 4.0}}, roles)
    told = all_measures(staffed, [True, False, False]).formation
    assert told["core_employees_share"] == pytest.approx(6 / 12)
    assert math.isnan(number(found["core_rd_share"]))  # b's is unknown
    assert found["core_supply_share"] == pytest.approx(5 / 6)


def test_value_added_of_zero_is_a_gap_unless_told_otherwise() -> None:
    links = [("a", "b", 5.0), ("b", "x", 8.0)]
    activity = {
        "a": {"output": 5.0, "value_added": 0.0},
        "b": {"output": 10.0, "value_added": 5.0},
    }
    graph = supply_graph("ab", links, activity)
    assert {"autonomy_unknown", "value_added_unknown"} <= codes(all_measures(graph))
    kept = all_measures(graph, zero_value_added="keep")
    assert kept.formation["autonomy"] == pytest.approx(0.5)  # 5 of 10 final, a's input all from outside


def test_who_is_not_expected_to_report_is_outside() -> None:
    links = [("a", "b", 5.0), ("u", "b", 1.0), ("a", "u", 2.0)]
    activity = {"a": {"output": 10.0, "value_added": 10.0}, "b": {"output": 10.0, "value_added": 4.0}}
    roles = {"a": "firm", "b": "firm", "u": "university"}
    found = all_measures(supply_graph("abu", links, activity, roles))
    # Final: 10 − 5 of a, the 2 for the university included, and 10 of b. Inside: 14 of 15; 1 leaks through u.
    assert found.formation["autonomy"] == pytest.approx(14 / 15)
    assert "autonomy_left_out" in codes(found)
    firm = all_measures(supply_graph("abu", links, activity, {**roles, "u": "firm"}))
    assert unknown(firm, "autonomy") and "autonomy_unknown" in codes(firm)


def test_a_member_that_drew_on_stock_has_no_entrained_share() -> None:
    links = [("a", "b", 5.0)]
    activity = {"a": {"output": 4.0}, "b": {"output": 9.0}}
    found = all_measures(supply_graph("ab", links, activity), [False, True])
    # The core's 9 of final demand call on a for 5, of which it made 4.
    assert found.participants["entrainment"].tolist() == pytest.approx([5 / 9, 0])
    assert np.isnan(found.participants["entrained_share"][0])
    assert unknown(found, "periphery_entrained_share")


def test_value_created_from_output_and_purchases() -> None:
    links = [("a", "b", 10.0)]
    activity = {"a": {"output": 10.0, "purchases": 4.0}, "b": {"output": 20.0, "purchases": 15.0}}
    found = all_measures(supply_graph("ab", links, activity))
    assert found.formation["autonomy"] == pytest.approx(11 / 20)
    assert found.participants["embodied_inside_share"].tolist() == pytest.approx([0.6, 0.55])


def test_value_added_that_leaves_no_room_for_purchases() -> None:
    links = [("a", "b", 10.0)]
    activity = {"a": {"output": 10.0, "value_added": 4.0}, "b": {"output": 20.0, "value_added": 15.0}}
    found = all_measures(supply_graph("ab", links, activity))
    assert "autonomy_contradicted" in codes(found)
    assert unknown(found, "autonomy")


def test_outside_knowledge() -> None:
    links = [
        ("a", "b", 1.0, "knowledge"),
        ("u", "a", 1.0, "services"),  # u is a university inside: a knowledge tie by role
        ("x", "a", 0.5, "knowledge"),
        ("x", "a", 0.5, "Знания"),  # the same pair: one tie
        ("b", "x", 9.0, "goods"),
    ]
    graph = supply_graph("abu", links, roles={"a": "firm", "b": "firm", "u": "Университет"})
    found = all_measures(graph)
    assert found.formation["knowledge_ties"] == 3
    assert found.formation["outside_knowledge_share"] == pytest.approx(1 / 3)
    assert found.formation["outside_partner_share"] == pytest.approx(2 / 3)


def test_knowledge_that_cannot_be_told() -> None:
    found = all_measures(supply_graph("ab", [("a", "b", 1.0), ("b", "x", 1.0)]))
    assert "knowledge_roles_unknown" in codes(found) and unknown(found, "outside_knowledge_share")
    found = all_measures(supply_graph("ab", [("a", "b", 1.0, "goods"), ("b", "x", 1.0, "goods")]))
    assert "knowledge_links_none" in codes(found) and unknown(found, "outside_knowledge_share")
    found = all_measures(supply_graph("ab", [("a", "b", 1.0, "knowledge")]))
    assert "knowledge_outside_unrecorded" in codes(found) and unknown(found, "outside_knowledge_share")


def test_knowledge_of_unknown_roles_has_bounds() -> None:
    """Ties of knowledge: one inside, one outside. Open: one inside, two outside. From 1 / 3 to 3 / 4."""
    links = [("a", "b", 1.0, "knowledge"), ("x", "a", 1.0, "knowledge"), ("b", "a", 1.0, "services")]
    links += [("x", "b", 1.0, "services"), ("y", "b", 1.0, "services"), ("y", "a", 1.0, "goods")]
    found = all_measures(supply_graph("ab", links)).formation
    assert found["outside_knowledge_share_low"] == pytest.approx(1 / 3)
    assert found["outside_knowledge_share_high"] == pytest.approx(3 / 4)


def test_an_output_that_nobody_knows_passes_through_without_links_too() -> None:
    """a and b pass 20 on of 50 and 50; c trades with nobody, and what it makes is not known."""
    links = [("a", "b", 20.0), ("b", "a", 20.0)]
    work = {"a": {"output": 50.0}, "b": {"output": 50.0}}
    found = all_measures(supply_graph("abc", links, work))
    assert unknown(found, "finn_cycling_index") and unknown(found, "total_throughflow")
    assert found.participants["upstreamness"][:2].tolist() == pytest.approx([5 / 3, 5 / 3])
    known = all_measures(supply_graph("abc", links, {**work, "c": {"output": 0.0}}))
    # A loop that hands on 2 / 5 of all that passes: 1 − 1 / N = (2 / 5)².
    assert known.formation["finn_cycling_index"] == pytest.approx(0.16)


def test_return_flows() -> None:
    links = [("a", "b", 6.0, "goods"), ("b", "a", 2.0, "return"), ("a", "x", 9.0, "return")]
    assert all_measures(supply_graph("ab", links)).formation["return_flow_share"] == pytest.approx(0.25)
    # Of 8 inside 2 return, 1 does not, and 5 state no kind: from 2 / 8 to 7 / 8.
    partly = all_measures(
        supply_graph("abc", [("a", "b", 5.0), ("a", "c", 1.0, "goods"), ("b", "a", 2.0, "return")])
    )
    assert "kinds_partly_unknown" in codes(partly) and unknown(partly, "return_flow_share")
    assert partly.formation["return_flow_share_low"] == pytest.approx(0.25)
    assert partly.formation["return_flow_share_high"] == pytest.approx(0.875)
    assert unknown(all_measures(supply_graph("ab", [("a", "b", 6.0)])), "return_flow_share")


def test_brokerage_needs_every_role() -> None:
    links = [("a", "b", 6.0), ("b", "u", 2.0)]
    known = all_measures(supply_graph("abu", links, roles={"a": "firm", "b": "firm", "u": "university"}))
    assert known.participants["brokerage_representative"].tolist() == [0, 1, 0]
    partly = all_measures(supply_graph("abu", links, roles={"a": "firm", "u": "university"}))
    assert np.isnan(partly.participants["brokerage_representative"]).all()


def test_values_of_very_different_size() -> None:
    links = [("a", "b", 1e12), ("b", "a", 1e-6), ("b", "x", 1e12)]
    found = all_measures(supply_graph("ab", links))
    assert found.formation["circulation_share"] == pytest.approx(2e-18, abs=1e-15)
    assert 0 <= number(found.formation["finn_cycling_index"]) < 1e-9
