"""Structural figures that were once wrong, or unknown without the reason, each on a network that shows it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from clustercoop.analysis import chain, entrainment
from clustercoop.analysis.brokers import brokerage_roles
from clustercoop.analysis.closedness import measure, trophic
from clustercoop.analysis.closedness.finn import average_path_length
from clustercoop.analysis.closedness.trophic import link_levels, trophic_incoherence, trophic_levels
from clustercoop.analysis.metric import Measured
from clustercoop.graph.settings import Settings
from clustercoop.pipeline import analyze_graph
from clustercoop.reports.reasons import unknown_because
from tests.analysis.closedness.oracles import formation, supply_graph

PLAIN = Settings(nulls=0)
AB = np.array([True, True, False, False])
LETTERS = "abcd"


def told(found: Measured) -> dict[str, str]:
    """Return the finding codes with their details."""
    return {finding.code: finding.detail for finding in found.findings}


def unknown(found: Measured, *names: str) -> bool:
    return all(math.isnan(float(str(found.formation[name]))) for name in names)


def reasons(links: list[tuple[str, str, float]], activity: dict[str, dict[str, float | None]]) -> str:
    graph = supply_graph(LETTERS, links, activity)
    result = analyze_graph(graph, PLAIN)
    [said] = unknown_because(result.gaps, result.formations, "en")
    return said


def test_negative_figures_make_the_cores_share_unknown() -> None:
    """With −5 in the sum, 20 of 25 is no share: it would be 20 of 30 without d, and neither is right."""
    activity: dict[str, dict[str, float | None]] = {k: {"output": 10.0, "rd_expenses": 2.0} for k in "abc"}
    activity["d"] = {"output": -5.0, "rd_expenses": -1.0}
    found = entrainment.measure(formation("abcd", [("a", "b", 1.0), ("b", "c", 1.0)], activity), PLAIN, AB)
    assert unknown(found, "core_output_share", "core_rd_share")
    named = {f.column: f.detail for f in found.findings if f.code == "core_shares_unknown"}
    assert named["core_output_share"] == named["core_rd_share"] == "d"


def test_share_of_a_sum_of_zero_is_told() -> None:
    activity: dict[str, dict[str, float | None]] = {k: {"output": 10.0, "rd_expenses": 0.0} for k in "abcd"}
    found = entrainment.measure(formation("abcd", [("a", "b", 1.0), ("b", "c", 1.0)], activity), PLAIN, AB)
    assert found.formation["core_output_share"] == 0.5 and unknown(found, "core_rd_share")
    assert [f.column for f in found.findings if f.code == "core_share_of_nothing"] == ["core_rd_share"]


def test_unknown_output_in_the_periphery_is_not_zero() -> None:
    """d sells 50 outside and tells no output: the periphery's output is unknown, its pull is not."""
    links = [("a", "b", 3.0), ("c", "a", 5.0), ("d", "x", 50.0)]
    activity: dict[str, dict[str, float | None]] = {k: {"output": 10.0} for k in "abc"}
    found = entrainment.measure(formation("abcd", links, activity), PLAIN, AB)
    assert unknown(found, "periphery_entrained_share") and not unknown(found, "core_pull")
    assert told(found)["entrainment_output_unknown"] == "d"
    # The same d as a university is not expected to produce. c made 10, of which 5 go to a: final demand 7
    # of a and 10 of b calls forth a 3 more, and c (7 + 3) · 5/10 = 5 of its 10.
    graph = formation("abcd", links, activity, roles={"d": "university"})
    assert entrainment.measure(graph, PLAIN, AB).formation["periphery_entrained_share"] == pytest.approx(0.5)


def test_periphery_without_output_is_told() -> None:
    activity: dict[str, dict[str, float | None]] = {
        **{k: {"output": 10.0} for k in "ab"},
        **{k: {"output": 0.0} for k in "cd"},
    }
    found = entrainment.measure(formation("abcd", [("a", "b", 3.0)], activity), PLAIN, AB)
    assert unknown(found, "periphery_entrained_share") and "periphery_without_output" in told(found)


@pytest.mark.parametrize(("lowest", "code"), [(-4.0, "value_added_negative"), (0.0, "value_added_none")])
def test_shares_of_value_added_that_is_negative_or_nothing(lowest: float, code: str) -> None:
    activity: dict[str, dict[str, float | None]] = {
        k: {"output": 10.0, "value_added": lowest if k == "a" or not lowest else 8.0} for k in "abc"
    }
    links = [("a", "b", 3.0), ("b", "c", 3.0), ("c", "x", 9.0)]
    found = chain.measure(formation("abc", links, activity), Settings(nulls=0, zero_value_added="keep"))
    assert unknown(found, *(f"value_added_{name}" for name in chain.TERCILES))
    assert np.isnan(found.participants["downstream_control"]).all()
    assert told(found)[code] == ("a" if lowest else "")
    position, control = np.array([3.0, 2.0, 1.0]), np.full(3, lowest)
    assert all(np.isnan(share) for share in chain.tercile_shares(position, control).values())
    assert np.isnan(chain.downstream_control(np.eye(3), np.ones(3), control)).all()


@pytest.mark.parametrize("weak", [1e-3, 1e-12, 1e-15, 1e-16, 1e-200])
def test_trophic_levels_of_unequal_links(weak: float) -> None:
    """In a chain every link can climb by exactly one, however little it carries."""
    flows = np.zeros((4, 4))
    flows[0, 1] = flows[2, 3] = 1.0
    flows[1, 2] = weak
    assert trophic_levels(flows).tolist() == [0.0, 1.0, 2.0, 3.0]
    assert trophic_incoherence(flows) == 0.0


def test_trophic_levels_of_two_loops_joined_by_little() -> None:
    """Loops of two stand level; the link of 10^-14 between them still climbs by one."""
    flows = np.zeros((4, 4))
    flows[0, 1] = flows[1, 0] = flows[2, 3] = flows[3, 2] = 7.0
    flows[1, 2] = 1e-14
    assert trophic_levels(flows) == pytest.approx([0.0, 0.0, 1.0, 1.0], abs=1e-12)


@pytest.mark.parametrize("weak", [1e-6, 1e-12])
def test_trophic_levels_of_many_unequal_links(weak: float) -> None:
    """Beyond the dense solution, too: gradients alone put the end of the chain anywhere from 3 to 699."""
    n = 700
    value = np.ones(n - 1)
    value[1::3], value[2::3] = weak, weak**0.5
    levels = link_levels(n, np.arange(n - 1), np.arange(1, n), value)
    assert levels == pytest.approx(np.arange(n), abs=1e-9)


def test_trophic_levels_by_elimination_and_by_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    src, dst = rng.integers(0, 640, (2, 1000))
    links = src[src != dst], dst[src != dst]
    value = rng.lognormal(0, 6, len(links[0]))
    settled = link_levels(640, *links, value)
    monkeypatch.setattr(trophic, "DENSE", 640)
    assert settled == pytest.approx(link_levels(640, *links, value), abs=1e-9, nan_ok=True)


LOOPS = [("a", "b", 5.0), ("b", "a", 5.0), ("c", "d", 3.0), ("d", "c", 3.0)]
BESIDE: dict[str, dict[str, float | None]] = {k: {"output": 5.0 if k in "ab" else 4.0} for k in LETTERS}


def test_path_length_beside_a_closed_part() -> None:
    """c and d pass 8 on, of which 2 entered: 4 stops a unit. What goes round between a and b never leaves."""
    whole = formation(LETTERS, LOOPS, BESIDE)
    found = measure(whole, PLAIN)
    assert found.formation["average_path_length"] == pytest.approx(4.0)
    assert told(found)["closed_part"] == "a; b"
    position = chain.measure(whole, PLAIN).participants["upstreamness"]
    assert np.isnan(position[:2]).all() and position[2:] == pytest.approx([4.0, 4.0])
    flows = np.zeros((4, 4))
    flows[0, 1] = flows[1, 0] = 5.0
    flows[2, 3] = flows[3, 2] = 3.0
    assert average_path_length(flows, [0.0, 0.0, 1.0, 1.0]) == pytest.approx(4.0)
    assert average_path_length(flows[:2, :2], [0.0, 0.0]) == math.inf


def test_a_closed_part_that_feeds_another_is_its_boundary() -> None:
    """a and b go round 5 each and hand 2 from stock to c, which passes them on: one stop in c."""
    flows = np.zeros((3, 3))
    flows[0, 1] = flows[1, 0] = 5.0
    flows[0, 2] = 2.0
    assert average_path_length(flows, [0.0, 0.0, 0.0]) == 1.0


@pytest.mark.parametrize("inflow", [0.0, 1e-10, 1e-12])
def test_inflow_that_is_rounding_is_none_everywhere(inflow: float) -> None:
    output: dict[str, dict[str, float | None]] = {k: {"output": 5.0 * (1 + inflow)} for k in "ab"}
    whole = formation("ab", LOOPS[:2], output)
    found = measure(whole, PLAIN)
    assert found.formation["finn_cycling_index"] == 1.0 and unknown(found, "average_path_length")
    assert np.isnan(chain.measure(whole, PLAIN).participants["upstreamness"]).all()
    pulled = entrainment.measure(whole, PLAIN, np.array([True, False]))
    assert unknown(pulled, "core_pull") and "leontief_unproductive" in told(pulled)


def test_brokerage_reads_roles_without_case_and_spaces() -> None:
    src, dst = np.array([0, 1]), np.array([1, 2])
    names = np.array(["Firm", " firm ", "University"], dtype=object)
    counts = brokerage_roles(3, src, dst, names)
    assert counts["brokerage_representative"].tolist() == [0.0, 1.0, 0.0]
    same = brokerage_roles(3, src, dst, np.array(["Firm", "firm", "FIRM "], dtype=object))
    assert np.isnan(same["brokerage_coordinator"]).all()  # one group only
    blank = brokerage_roles(3, src, dst, np.array(["firm", " ", "university"], dtype=object))
    assert np.isnan(blank["brokerage_coordinator"]).all()  # a blank role is unknown


def test_too_many_members_for_dense_figures_is_told() -> None:
    names = [f"m{k:04d}" for k in range(2001)]
    links = [(names[k], names[k + 1], 1.0) for k in range(3)] + [(names[3], "x", 1.0)]
    found = chain.measure(formation(names, links), PLAIN)
    assert unknown(found, "average_propagation_length")
    assert "chain_large" in told(found)
    assert "brokerage_large" not in told(found)  # two paths are counted whatever the size
    fewer = chain.measure(formation(names[:600], links), PLAIN)
    assert "chain_large" not in told(fewer)
    assert fewer.formation["average_propagation_length"] == pytest.approx(10 / 6)  # 3·1 + 2·2 + 1·3 over 6


def test_too_many_paths_through_one_member_are_told() -> None:
    sellers, buyers = ([f"{side}{k}" for k in range(5500)] for side in "sb")  # 30.25 million paths through h
    links = [*((one, "h", 1.0) for one in sellers), *(("h", one, 1.0) for one in buyers)]
    found = chain.measure(formation([*sellers, *buyers, "h"], links), PLAIN)
    assert "brokerage_large" in told(found)


def test_a_star_has_no_thirds() -> None:
    activity: dict[str, dict[str, float | None]] = {k: {"output": 10.0, "value_added": 5.0} for k in "abcd"}
    found = chain.measure(formation("abcd", [("a", k, 2.0) for k in "bcd"], activity), PLAIN)
    assert unknown(found, "value_added_upstream") and "chain_no_thirds" in told(found)
    said = reasons([("a", k, 2.0) for k in "bcd"], activity)
    assert "fewer than three different positions" in said


def test_a_closed_part_is_the_reason_of_what_it_leaves_unknown() -> None:
    said = reasons(LOOPS, BESIDE)
    sentence = next(part for part in said.split(". ") if "goes round without end" in part)
    assert "Average propagation length" in sentence, said
    # The thirds of c and d wait for their value added first.
    assert "Value added downstream: value added is unknown: c; d" in said


def test_contradicted_output_is_the_reason_of_entrainment_and_value_added() -> None:
    activity: dict[str, dict[str, float | None]] = {k: {"output": 10.0, "value_added": 2.0} for k in LETTERS}
    links = [("a", "b", 30.0), ("b", "a", 4.0), ("a", "c", 2.0), ("c", "d", 1.0)]
    said = reasons(links, activity)
    sentence = next(part for part in said.split(". ") if "bought more from members" in part)
    for label in ("Pull of the core", "Push of the core", "Value added upstream"):
        assert label.casefold() in sentence.casefold(), said


def test_one_member_that_sold_outside_from_an_output_of_zero_leaves_the_rest_their_index() -> None:
    """In a ring of 10 of 20 each a unit returns with ½ · ½: N_ii = 4/3, so a quarter of the flow cycles."""
    ring = [("b", "c", 10.0), ("c", "b", 10.0), ("a", "x", 0.001)]
    found = measure(
        formation("abc", ring, {"a": {"output": 0.0}, "b": {"output": 20.0}, "c": {"output": 20.0}}), PLAIN
    )
    assert found.formation["finn_cycling_index"] == pytest.approx(1 / 4)
    assert "throughflow_contradicted" not in told(found)


def test_nothing_flows_through_members_that_only_buy_outside_and_make_nothing() -> None:
    found = measure(formation("ab", [("x", "a", 1.0)], {k: {"output": 0.0} for k in "ab"}), PLAIN)
    assert unknown(found, "finn_cycling_index", "total_throughflow") and "throughflow_none" in told(found)
