"""The rules of the cooperation tables, one hand-made formation each: what is unknown, and what is said."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from clustercoop.analysis.cooperation import Tables, cooperation_tables
from clustercoop.graph.gaps import gaps_frame
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from clustercoop.reports.reasons import told_sources, unknown_because
from tests.builders import told_rows

ACTIVITY = ("output", "purchases", "employees", "value_added", "rd_expenses", "used_by_participants")


def economy(
    links: list[tuple[str, str, float]],
    activity: dict[str, dict[str, float]],
    roles: dict[str, str] | None = None,
    indicators: list[dict[str, Any]] | None = None,
    members: str = "abc",
    more_members: tuple[tuple[str, str], ...] = (),
) -> SupplyGraph:
    """Cluster K with one-letter members in 2022; every other id is outside."""
    people = [(who, "K") for who in members] + list(more_members)
    frame = pd.DataFrame(people, columns=["participant_id", "cluster_id"])
    frame["role"] = frame["participant_id"].map(roles or {})
    cells = [{"participant_id": who, "year": 2022, **row} for who, row in activity.items()]
    tables = {
        "participants": frame,
        "links": pd.DataFrame(links, columns=["supplier_id", "buyer_id", "value"]).assign(year=2022),
        "activity": pd.DataFrame(cells, columns=["participant_id", "year", *ACTIVITY]),
    }
    if indicators:
        tables["indicators"] = pd.DataFrame(indicators)
    return SupplyGraph.from_tables(tables)


def measure(graph: SupplyGraph, **settings: Any) -> tuple[dict[str, Any], Tables]:
    tables = cooperation_tables(graph, Settings(**settings))
    [row] = [row for row in told_rows(tables) if row["cluster_id"] == "K"]
    return row, tables


def codes(tables: Tables) -> set[str]:
    return {finding.code for finding in tables.findings}


def about(tables: Tables, code: str) -> list[str]:
    return [finding.participant_id for finding in tables.findings if finding.code == code]


OUTPUTS = {"a": {"output": 100.0}, "b": {"output": 60.0}, "c": {"output": 40.0}}


def test_ratio_of_sums_and_mean_are_two_figures() -> None:
    row, _ = measure(economy([("a", "b", 50), ("b", "c", 30), ("a", "out", 20)], OUTPUTS))
    assert row["cooperation_ratio"] == 80 / 200
    assert row["cooperation_ratio_mean"] == pytest.approx((50 / 100 + 30 / 60 + 0) / 3)
    # Recorded sales of 100 explain half of the output of 200: no share of all sales follows.
    assert row["sales_coverage"] == 0.5 and math.isnan(row["internal_sales_share"])
    assert row["sources"].startswith("Internal supply: links 3")


def test_self_supply_is_in_no_ratio_and_counted_apart() -> None:
    row, _ = measure(economy([("a", "b", 50), ("a", "a", 1000)], OUTPUTS))
    assert (row["internal_supply"], row["self_supply"], row["cooperation_ratio"]) == (50, 1000, 0.25)
    assert math.isnan(row["ei_index"])  # nothing outside is recorded


def test_a_missing_output_makes_the_ratio_unknown_and_leaves_the_partial_one() -> None:
    row, tables = measure(economy([("a", "b", 50)], {"a": {"output": 100.0}, "b": {"output": 60.0}}))
    assert math.isnan(row["cooperation_ratio"]) and math.isnan(row["output"])
    assert row["cooperation_ratio_covered"] == 50 / 160
    assert row["output_coverage"] == pytest.approx(2 / 3)
    assert row["internal_supply"] == 50
    assert about(tables, "output_missing") == ["c"]
    assert "unknown for c" in row["unknown_because"] and "66.7%" in row["unknown_because"]


def test_a_lower_coverage_lets_a_silent_member_pass() -> None:
    graph = economy([("a", "b", 50)], {"a": {"output": 100.0}, "b": {"output": 60.0}})
    row, _ = measure(graph, min_output_coverage=0.6)
    assert row["cooperation_ratio"] == 50 / 160
    # A member that supplies without output never passes: its supply has nothing to be measured against.
    graph = economy([("a", "b", 50), ("c", "a", 1)], {"a": {"output": 100.0}, "b": {"output": 60.0}})
    row, tables = measure(graph, min_output_coverage=0.6)
    assert math.isnan(row["cooperation_ratio"]) and "supplier_without_output" in codes(tables)
    # The partial ratio leaves c out of both sums; a's 50 still counts.
    assert row["cooperation_ratio_covered"] == 50 / 160


def test_zero_output_with_supply_is_unknown_and_named() -> None:
    row, tables = measure(economy([("a", "b", 5)], {**OUTPUTS, "a": {"output": 0.0}}))
    assert math.isnan(row["cooperation_ratio"])
    assert about(tables, "supply_without_output") == ["a"]
    assert row["cooperation_ratio_covered"] == 0


def test_zero_by_zero_is_unknown_without_alarm() -> None:
    row, tables = measure(economy([("a", "b", 50)], {**OUTPUTS, "c": {"output": 0.0}}))
    assert row["cooperation_ratio"] == 50 / 160
    # c has no ratio of its own: the mean is over a and b.
    assert row["cooperation_ratio_mean"] == 0.25
    assert [f.severity for f in tables.findings if f.code == "ratio_zero_by_zero"] == ["info"]


def test_a_participant_above_one_spoils_the_mean_only() -> None:
    row, tables = measure(economy([("c", "a", 44)], OUTPUTS))
    assert row["cooperation_ratio"] == 44 / 200
    assert math.isnan(row["cooperation_ratio_mean"])
    assert about(tables, "ratio_above_one") == ["c"]
    assert any(f.code == "members_above_one" and f.detail == "c" for f in tables.findings)
    own = tables.participants.set_index("participant_id")["cooperation_ratio"]
    assert math.isnan(own["c"]) and own["a"] == 0


def test_exactly_one_is_a_ratio() -> None:
    # 0.1 + 0.2 exceeds 0.3 by rounding only.
    graph = economy([("a", "b", 0.1), ("a", "c", 0.2)], {**OUTPUTS, "a": {"output": 0.3}})
    row, tables = measure(graph)
    assert about(tables, "ratio_above_one") == [] and not math.isnan(row["cooperation_ratio_mean"])


def test_a_formation_above_one_is_unknown_not_clipped() -> None:
    row, tables = measure(economy([("a", "b", 300)], OUTPUTS))
    assert math.isnan(row["cooperation_ratio"]) and math.isnan(row["cooperation_ratio_covered"])
    assert "formation_above_one" in codes(tables) and "ratio 1.5" in row["unknown_because"]


def test_all_outputs_zero_is_unknown() -> None:
    row, tables = measure(economy([("a", "x", 0)], {who: {"output": 0.0} for who in "abc"}))
    assert math.isnan(row["cooperation_ratio"]) and "output_zero" in codes(tables)
    assert row["output"] == 0


def test_negative_output_is_unknown() -> None:
    row, tables = measure(economy([("a", "b", 5)], {**OUTPUTS, "c": {"output": -1.0}}))
    assert math.isnan(row["cooperation_ratio"])
    assert about(tables, "negative_figure") == ["c"]


def test_a_university_without_output_is_not_waited_for() -> None:
    graph = economy([("a", "b", 50)], {"a": {"output": 100.0}, "b": {"output": 60.0}}, {"c": "University"})
    row, tables = measure(graph)
    assert row["cooperation_ratio"] == 50 / 160 and row["output_coverage"] == 1
    assert [f.detail for f in tables.findings if f.code == "non_producing_left_out"] == ["c"]
    # One that supplies others needs an output like anybody else.
    graph = economy([("c", "b", 5)], {"a": {"output": 100.0}, "b": {"output": 60.0}}, {"c": "вуз"})
    assert math.isnan(measure(graph)[0]["cooperation_ratio"])


def test_only_non_producing_members_have_no_ratio() -> None:
    row, tables = measure(economy([("a", "b", 5)], OUTPUTS, dict.fromkeys("abc", "bank")))
    assert math.isnan(row["cooperation_ratio"]) and "no_producing_member" in codes(tables)


def test_links_alone_give_boundary_figures_and_no_ratio() -> None:
    row, tables = measure(economy([("a", "b", 30), ("a", "x", 10)], {}))
    assert (row["internal_supply"], row["links"]) == (30, 1)
    assert math.isnan(row["output"]) and math.isnan(row["cooperation_ratio"])
    assert row["ei_index"] == -0.5
    assert "no member's output is known" in row["unknown_because"]
    # Sales across the boundary are recorded, purchases are not: the sourcing share stays unknown, not 1.
    assert row["internal_sales_share"] == 0.75
    assert math.isnan(row["internal_sourcing_share"]) and "outside_purchases_unrecorded" in codes(tables)


def test_no_recorded_outside_gives_no_share_of_all_sales() -> None:
    row, _ = measure(economy([("a", "b", 30)], OUTPUTS))
    assert math.isnan(row["internal_sales_share"]) and math.isnan(row["internal_sourcing_share"])
    for figure in ("ei_index", "coverage", "conductance", "sales_outside", "purchases_outside"):
        assert math.isnan(row[figure]), figure


def test_activity_without_links_says_nothing_about_supply() -> None:
    row, tables = measure(economy([], OUTPUTS))
    for figure in ("internal_supply", "cooperation_ratio", "ei_index", "links", "self_supply"):
        assert pd.isna(row[figure]), figure
    assert row["output"] == 200
    assert {"supply_unrecorded", "no_links_touch"} <= codes(tables)
    assert tables.participants["bought_inside"].isna().all()


def test_reported_volumes_stand_in_for_links() -> None:
    reported = {who: {**cells, "used_by_participants": 10.0} for who, cells in OUTPUTS.items()}
    row, tables = measure(economy([], reported))
    assert row["internal_supply"] == 30 and row["cooperation_ratio"] == 30 / 200
    assert "reported 3" in row["sources"]
    assert tables.participants["internal_supply_source"].tolist() == ["reported"] * 3


def test_some_reported_volumes_are_not_all() -> None:
    row, tables = measure(economy([], {**OUTPUTS, "a": {"output": 100.0, "used_by_participants": 10.0}}))
    assert math.isnan(row["internal_supply"]) and math.isnan(row["cooperation_ratio"])
    assert row["cooperation_ratio_covered"] == 0.1
    assert "supply_partly_known" in codes(tables)


@pytest.mark.parametrize(
    ("choice", "expected"), [("links", 50 + 20), ("reported", 40 + 20), ("links_only", 50)]
)
def test_the_source_of_internal_supply_is_a_choice(choice: str, expected: float) -> None:
    cells = {
        **OUTPUTS,
        "a": {"output": 100.0, "used_by_participants": 40.0},
        "b": {"output": 60.0, "used_by_participants": 20.0},
    }
    row, tables = measure(economy([("a", "b", 50)], cells), internal_supply=choice)
    assert row["internal_supply"] == expected
    # b has no link as supplier, so there is nothing to compare there.
    assert about(tables, "internal_supply_differs") == ([] if choice == "links_only" else ["a"])


def test_a_difference_of_five_percent_is_not_told_of() -> None:
    cells = {**OUTPUTS, "a": {"output": 100.0, "used_by_participants": 38.0}}
    _, tables = measure(economy([("a", "b", 40)], cells))  # |40 − 38| / 40 = 5 %
    assert "internal_supply_differs" not in codes(tables)


def test_a_reported_volume_of_a_member_of_two_clusters_belongs_to_neither() -> None:
    cells = {**OUTPUTS, "c": {"output": 40.0, "used_by_participants": 30.0}}
    graph = economy([("a", "b", 50)], cells, more_members=(("c", "L"),))
    row, tables = measure(graph)
    assert row["internal_supply"] == 50
    assert about(tables, "reported_shared") == ["c", "c"]


def test_final_producers_by_role_are_in_neither_sum() -> None:
    graph = economy([("a", "b", 50), ("c", "a", 10)], OUTPUTS, {"b": "OEM"})
    row, _ = measure(graph)
    assert row["cooperation_ratio"] == 60 / 200
    assert row["cooperation_ratio_ex_final"] == 60 / 140 and row["final_producers"] == 1
    assert "Final producers: role" in row["sources"]


def test_a_blank_role_beside_others_may_be_a_final_producer() -> None:
    # Nobody says what c is: without b the ratio is 60 / 140, without b and c 50 / 80.
    cells = {"a": {"output": 80.0}, "b": {"output": 60.0}, "c": {"output": 60.0}}
    links = [("a", "b", 50.0), ("c", "a", 10.0)]
    row, tables = measure(economy(links, cells, {"a": "supplier", "b": "OEM"}))
    assert math.isnan(row["cooperation_ratio_ex_final"]) and pd.isna(row["final_producers"])
    assert "final_producers_unknown" in codes(tables)
    row, _ = measure(economy(links[:1], cells | {"c": {"output": 0.0}}, {"a": "supplier", "b": "OEM"}))
    assert row["final_producers"] == 1  # c makes nothing, final or not


def test_final_producers_by_their_sales() -> None:
    # b sells to nobody on record; c sells outside, so c is no producer of final products.
    row, _ = measure(economy([("a", "b", 50), ("c", "x", 10)], OUTPUTS))
    assert row["cooperation_ratio_ex_final"] == 50 / 140 and row["final_producers"] == 1
    # Where sales outside are not recorded at all, silence says nothing.
    row, tables = measure(economy([("a", "b", 50)], OUTPUTS))
    assert math.isnan(row["cooperation_ratio_ex_final"]) and pd.isna(row["final_producers"])
    assert "final_producers_unknown" in codes(tables)


def test_sourcing_share_takes_given_purchases_less_self_supply() -> None:
    cells = {who: {"output": 100.0, "purchases": 40.0} for who in "abc"}
    # c bought 20 from x and 20 from itself: its 40 hold both, and the latter is no purchase from others.
    row, _ = measure(economy([("a", "b", 30), ("x", "a", 5), ("x", "c", 20), ("c", "c", 20)], cells))
    assert row["internal_sourcing_share"] == 30 / (120 - 20)
    # Without the link from x nothing tells whether the 40 hold the 20.
    row, tables = measure(economy([("a", "b", 30), ("x", "a", 5), ("c", "c", 20)], cells))
    assert math.isnan(row["internal_sourcing_share"]) and "purchases_may_hold_own" in codes(tables)


def test_sourcing_share_falls_back_to_links() -> None:
    cells = {"a": {"purchases": 12.0}, "b": {"purchases": 30.0}}
    row, _ = measure(economy([("a", "b", 30), ("x", "a", 10)], cells))
    assert row["internal_sourcing_share"] == 0.75  # 30 / 40; of the purchases given, 40 of 42 are recorded
    assert "Purchases: links" in row["sources"]


def test_sourcing_share_is_unknown_where_purchases_are_too_small() -> None:
    cells = {who: {"purchases": 5.0} for who in "abc"}
    row, tables = measure(economy([("a", "b", 30), ("x", "a", 10)], cells))
    assert math.isnan(row["internal_sourcing_share"]) and "purchases_below_internal" in codes(tables)


def test_one_buyer_beyond_its_purchases_leaves_the_share_unknown() -> None:
    # a bought 30 of 10 in all; b's 90 do not make up for it: 35 / 100 had been stated.
    cells = {"a": {"purchases": 10.0}, "b": {"purchases": 90.0}, "c": {"purchases": 0.0}}
    row, tables = measure(economy([("b", "a", 30), ("a", "b", 5)], cells))
    assert math.isnan(row["internal_sourcing_share"]) and "purchases_below_internal" in codes(tables)
    [found] = [finding for finding in tables.findings if finding.code == "purchases_below_internal"]
    assert (found.value, found.detail) == ("30", "10")


def test_sales_beyond_output_are_told_of() -> None:
    _, tables = measure(economy([("a", "b", 50), ("a", "x", 60)], OUTPUTS))
    assert about(tables, "sales_above_output") == ["a"]


def test_recorded_purchases_beyond_the_given_ones_are_told_of() -> None:
    cells = {"a": {"purchases": 10.0}, "b": {"purchases": 90.0}, "c": {"purchases": 0.0}}
    row, tables = measure(economy([("b", "a", 8), ("x", "a", 4), ("a", "b", 50)], cells))
    assert about(tables, "purchases_above_given") == ["a"]
    # The sum of the purchases still covers what was bought inside.
    assert row["internal_sourcing_share"] == 58 / 100


def test_per_employee_figures_and_their_coverage() -> None:
    cells = {
        "a": {"employees": 100.0, "rd_expenses": 10.0, "value_added": 200.0},
        "b": {"employees": 100.0, "rd_expenses": 20.0, "value_added": 100.0},
        "c": {"employees": 50.0, "value_added": 50.0},
    }
    row, _ = measure(economy([], cells))
    assert row["rd_per_employee"] == 30 / 200 and row["rd_coverage"] == 0.8
    assert row["value_added_per_employee"] == 350 / 250 and row["value_added_coverage"] == 1
    row, tables = measure(economy([], cells), min_employee_coverage=0.81)
    assert math.isnan(row["rd_per_employee"]) and "per_employee_coverage_low" in codes(tables)


def test_coverage_counts_members_where_employees_are_unknown() -> None:
    cells = {
        "a": {"employees": 100.0, "rd_expenses": 10.0},
        "b": {"employees": 100.0, "rd_expenses": 20.0},
        "c": {"rd_expenses": 50.0},
    }
    row, _ = measure(economy([], cells))
    assert math.isnan(row["rd_per_employee"]) and row["rd_coverage"] == pytest.approx(2 / 3)


def test_zero_value_added_is_a_gap_unless_told_otherwise() -> None:
    cells = {
        who: {"employees": 10.0, "value_added": 0.0 if who == "c" else 30.0, "rd_expenses": 1.0}
        for who in "abc"
    }
    row, tables = measure(economy([], cells), min_employee_coverage=0.5)
    assert row["value_added_per_employee"] == 3
    assert about(tables, "value_added_zero") == ["c"]
    row, tables = measure(economy([], cells), zero_value_added="keep")
    assert row["value_added_per_employee"] == 2 and "value_added_zero" not in codes(tables)


def test_indicators_fill_what_is_unknown_and_are_checked_against_the_rest() -> None:
    given = {
        "cluster_id": "K",
        "year": 2022,
        "cooperation_ratio": 0.4,
        "rd_per_employee": 0.2,
        "value_added_per_employee": None,
    }
    cells = {who: {"employees": 10.0, "rd_expenses": 1.0, "value_added": 30.0} for who in "abc"}
    row, tables = measure(economy([("a", "b", 5)], cells, indicators=[given]))
    assert row["cooperation_ratio"] == 0.4 and "Cooperation ratio: indicators" in row["sources"]
    assert row["rd_per_employee"] == 0.1 and row["value_added_per_employee"] == 3
    [differs] = [f for f in tables.findings if f.code == "indicator_differs"]
    assert (differs.column, differs.value, differs.detail) == ("rd_per_employee", "0.2", "0.1")
    assert "Cooperation ratio:" not in row["unknown_because"]


@pytest.mark.parametrize("wrong", [1.2, -0.1])
def test_an_impossible_indicator_is_unknown(wrong: float) -> None:
    given = {"cluster_id": "K", "year": 2022, "cooperation_ratio": wrong}
    row, tables = measure(economy([], {}, indicators=[given]))
    assert math.isnan(row["cooperation_ratio"])
    [finding] = [f for f in tables.findings if f.code == "indicator_ratio_out_of_range"]
    assert finding.severity == "error" and finding.cluster_id == "K"
    assert f"{wrong:g} is not between 0 and 1" in row["unknown_because"]


def test_a_cluster_year_of_indicators_alone_is_a_row() -> None:
    given = {"cluster_id": "K", "year": 2019, "cooperation_ratio": 0.5}
    tables = cooperation_tables(economy([("a", "b", 5)], OUTPUTS, indicators=[given]), Settings())
    assert tables.formations["year"].tolist() == [2019, 2022]
    first = tables.formations.iloc[0]
    assert first["cooperation_ratio"] == 0.5 and first["participants"] == 3
    assert pd.isna(first["links"]) and math.isnan(first["internal_supply"])


def test_sentences_follow_the_language() -> None:
    graph = economy([("a", "b", 30)], {})
    tables = cooperation_tables(graph, Settings())
    frame = tables.formations[tables.formations["cluster_id"] == "K"]
    [said] = unknown_because(gaps_frame(tables.gaps), frame, "ru")
    assert "выпуск не известен ни у одного участника" in said
    assert told_sources(frame["sources"].item(), "ru").startswith("Внутренние поставки: связи 3")


def test_a_long_list_of_members_is_cut_short() -> None:
    members = "abcdefghijklmno"
    row, _ = measure(economy([("a", "b", 1)], {"a": {"output": 9.0}}, members=members))
    assert "(+4)" in row["unknown_because"]


def test_an_empty_dataset_has_empty_tables() -> None:
    tables = cooperation_tables(SupplyGraph.from_tables({}), Settings())
    assert len(tables.formations) == len(tables.participants) == len(tables.findings) == 0
    assert "cooperation_ratio" in tables.formations and "cooperation_ratio" in tables.participants


def test_the_input_stays_as_it_was() -> None:
    cells = {who: {"employees": 10.0, "value_added": 0.0, "output": -1.0} for who in "abc"}
    graph = economy([("a", "b", 30), ("a", "a", 2)], cells)
    before = {name: frame.copy() for name, frame in graph.to_tables().items()}
    cooperation_tables(graph, Settings())
    for name, frame in graph.to_tables().items():
        pd.testing.assert_frame_equal(frame, before[name])
    assert graph.formation("K", 2022).output.tolist() == [-1.0, -1.0, -1.0]
