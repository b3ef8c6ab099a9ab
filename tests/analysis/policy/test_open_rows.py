"""What rejected rows leave open stays open in what policy makes of it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import clustercoop
from tests.builders import measured

OUT = "out"


def tables(rejected: list[tuple[str, str]], **more: Any) -> dict[str, pd.DataFrame]:
    """Return a, b and e of cluster c, of which e trades with nobody inside, and links with no value."""
    sold = [("a", "b", "10"), ("b", "a", "5"), ("a", OUT, "20"), ("e", OUT, "1")]
    links = sold + [(*ends, "abc") for ends in rejected]
    return {
        "participants": pd.DataFrame(
            {"participant_id": ["a", "b", "e"], "cluster_id": "c", "industry_code": "25.1", "role": "firm"}
        ),
        "links": pd.DataFrame(links, columns=["supplier_id", "buyer_id", "value"]).assign(year=2020),
        "activity": pd.DataFrame(
            {
                "participant_id": ["a", "b", "e"],
                "year": 2020,
                "output": [50.0, 40.0, 5.0],
                "purchases": [30.0, 30.0, 3.0],
            }
        ),
        **more,
    }


def figures(found: Any) -> dict[str, list[Any]]:
    table = found.figures[found.figures["year"].notna()]
    return dict(zip(table["column"], table[["before", "after"]].values.tolist(), strict=True))


def test_a_scenario_leaves_open_what_it_does_not_touch() -> None:
    told = figures(clustercoop.whatif(tables([("e", "b")]), put=["a.output=60"]))
    # e may have supplied any of its 5 to b: 15 to 20 of 95, then of 105.
    assert told["cooperation_ratio"] == [None, None]
    assert told["cooperation_ratio_low"] == pytest.approx([15 / 95, 15 / 105])
    assert told["cooperation_ratio_high"] == pytest.approx([20 / 95, 20 / 105])
    # With e its row goes, and nothing is open any more.
    told = figures(clustercoop.whatif(tables([("e", "b")]), remove=["e"]))
    assert told["cooperation_ratio"] == [None, pytest.approx(15 / 90)]


def test_a_target_over_a_ratio_of_indicators_has_no_plan() -> None:
    given = tables(
        [], indicators=pd.DataFrame({"cluster_id": ["c"], "year": [2020], "cooperation_ratio": [0.4]})
    )
    given["activity"]["output"] = None
    [plan] = clustercoop.whatif(given, cluster="c", target=0.5).plans.to_dict("records")
    assert plan["code"] == "output_unknown" and pd.isna(plan["need"])


def test_self_supply_is_not_for_sale() -> None:
    given = tables([])
    own = given["links"].head(1).assign(buyer_id="a", value="12")
    given["links"] = pd.concat([given["links"], own])
    # Of the 50 of a, 10 go to b and 12 to itself: 28 are left, 35 of b, 5 of e. Room: 30 − 5 − 12, 20 and 3.
    [plan] = clustercoop.whatif(given, cluster="c", target=0.9).plans.to_dict("records")
    assert (plan["code"], plan["reachable"]) == ("target_out_of_reach", pytest.approx(13 + 20 + 3))


def test_results_that_are_read_again_keep_what_is_open(tmp_path: Path) -> None:
    given, out = tables([("e", "b"), ("-", "a")]), tmp_path / "out"
    before = clustercoop.analyze(given, out, nulls=0, workers=1, metrics="cooperation,chain")
    assert len(before.graph.unsettled) == 2
    again = clustercoop.read_result(out).graph
    pd.testing.assert_frame_equal(again.unsettled, before.graph.unsettled, check_dtype=False)
    told = figures(clustercoop.whatif(out, put=["a.output=60"]))
    assert told == figures(clustercoop.whatif(given, put=["a.output=60"]))
    assert told["cooperation_ratio"] == [None, None]


def checklist(given: dict[str, pd.DataFrame]) -> tuple[dict[str, Any], dict[Any, Any]]:
    """Return the requirements of cluster c by id, and its functional dependence."""
    result = measured(
        given, ("eligibility", "functional_dependence"), metrics="cooperation,chain", core_replicates=0
    )
    [both] = result.policy["functional_dependence"].to_dict("records")
    return {row["rule"]: row for row in result.policy["eligibility"].to_dict("records")}, both


@pytest.mark.parametrize(
    ("rejected", "verdict", "value", "high"),
    [
        ([], "fail", 1, 1),  # e is alone, and the text of 2020 allows nobody to be
        ([("e", "b")], "undecidable", None, 1),
        ([("-", "b")], "undecidable", None, 1),  # somebody who is not named sold to b
        ([("a", "b"), ("e", OUT)], "fail", 1, 1),  # neither row ties e to a member
    ],
)
def test_a_rejected_row_may_be_the_link_that_is_missing(
    rejected: list[tuple[str, str]], verdict: str, value: float | None, high: float
) -> None:
    rows, _ = checklist(tables(rejected))
    row = rows["linked participants"]
    assert (row["verdict"], row["value_high"]) == (verdict, high)
    assert pd.isna(row["value"]) if value is None else row["value"] == value


def test_reported_supply_has_buyers_that_nobody_names() -> None:
    given = tables([])
    given["links"] = given["links"].iloc[[0, 2, 3]]
    given["activity"]["used_by_participants"] = [None, 8.0, None]
    assert checklist(given)[0]["linked participants"]["verdict"] == "undecidable"  # e may buy of the 8 of b


@pytest.mark.parametrize("rejected", [[], [("e", "b")], [("a", "b")], [("a", "e")]])
def test_purchases_that_are_open_have_no_share(rejected: list[tuple[str, str]]) -> None:
    given = tables(rejected)
    given["participants"]["role"] = ["firm", "final producer", "firm"]
    rows, both = checklist(given)
    settled = all(buyer != "b" for _, buyer in rejected)
    assert rows["bought share"]["verdict"] == ("pass" if settled else "undecidable")
    assert both["buyer_side"] == pytest.approx(10 / 30 if settled else math.nan, nan_ok=True)


def test_a_member_without_a_role_may_be_exempt() -> None:
    given = tables([])
    given["links"]["value"] = ["20", "10", "20", "1"]  # a supplies 20 of 50, b 10 of 40, e nothing
    assert checklist(given)[0]["supplied share"]["failing"] == "e"
    given["participants"]["role"] = ["final producer", "firm", None]
    rows, both = checklist(given)
    row = rows["supplied share"]
    assert (row["verdict"], row["unsettled"], row["missing"]) == ("undecidable", "e", "participants.role")
    assert pd.isna(both["supplier_side"]) and pd.isna(both["buyer_side"])
    given["participants"]["role"] = ["firm", "firm", "final producer"]
    assert checklist(given)[0]["supplied share"]["verdict"] == "pass"


@pytest.mark.parametrize(("role", "links"), [("firm", 1), (None, None)])
def test_who_may_make_the_final_product_is_no_supplier_of_parts(role: str | None, links: int | None) -> None:
    given = tables([])
    given["links"] = given["links"].iloc[[1, 2, 3]]  # b buys nothing inside and needs 6 of its 30: e has 5
    given["participants"]["role"] = [role, "final producer", "firm"]
    row = checklist(given)[0]["bought share"]
    assert row["verdict"] == "fail" and row["failing"] == "b"
    assert (None if pd.isna(row["links_needed"]) else row["links_needed"]) == links


def test_who_supplies_from_no_output_contradicts_itself() -> None:
    given = tables([])
    given["activity"]["output"] = [50.0, 0.0, 5.0]
    row = checklist(given)[0]["supplied share"]
    assert row["unsettled"] == "b"


def test_a_member_whose_row_was_rejected_may_be_one_more() -> None:
    given = tables([])
    given["participants"]["joined_year"] = "2019"
    one = given["participants"].head(1).assign(participant_id="z", joined_year="last year")
    given["participants"] = pd.concat([given["participants"], one])
    rows, _ = checklist(given)
    for rule in ("ten participants", "a final producer", "an educational member"):
        assert rows[rule]["verdict"] == "undecidable"


def test_measures_of_influence_are_unknown_where_trade_is_open() -> None:
    for rejected, known in (([], True), ([("e", OUT)], True), ([("e", "b")], False)):
        given = tables(rejected)
        given["activity"]["emissions"] = [1.0, 2.0, 3.0]
        tested = {
            "key_participants": ["systemic_risk", "backward_linkage", "extraction_others"],
            "key_sectors": ["backward_linkage"],
            "emissions": ["embodied_intensity"],
        }
        policy = measured(given, tuple(tested), core_replicates=0).policy
        for table, columns in tested.items():
            assert policy[table][columns].notna().all(axis=None) == known, (table, rejected)
        told = clustercoop.whatif(given, remove=["a"]).losses["code"].tolist()
        assert told == [""] if known else told == ["trade_open"]


def test_a_member_whose_row_was_rejected_leaves_shares_and_sums_of_its_cluster_open() -> None:
    """Emissions of 6 are at least so much; a fourth member may emit, make and be anything."""
    given = tables([])
    given["activity"] = given["activity"].assign(emissions=[1.0, 2.0, 3.0], innovative_output=[5.0, 4.0, 1.0])
    given["production_index"] = pd.DataFrame(
        [
            ("25", f"{year}-{month}", index)
            for month in ("04", "05")
            for year, index in ((2019, 100), (2020, 60))
        ],
        columns=["industry", "month", "index"],
    )
    lost = pd.concat([given["participants"], given["participants"].tail(1).assign(participant_id="-")])
    names = (
        "key_sectors",
        "specialisation",
        "shock_exposure",
        "criteria",
        "greening",
        "emissions",
        "eligibility",
    )
    whole, parts = (
        measured(each, names, metrics="cooperation,chain", core_replicates=0)
        for each in (given, {**given, "participants": lost})
    )
    shown = {
        "key_sectors": ("members", "output", "output_share"),
        "specialisation": ("members", "output", "output_share"),
        "shock_exposure": ("share_most_affected", "share_no_index"),
        "criteria": ("innovative_output_share",),
        "greening": ("emissions", "emissions_coverage", "intensity"),
        "emissions": ("emissions_share", "intensity_relative"),
    }
    for name, columns in shown.items():
        assert whole.policy[name][list(columns)].notna().all(axis=None), name
        assert not len(parts.policy[name]) or parts.policy[name][list(columns)].isna().all(axis=None), name
    assert parts.policy["greening"]["emissions_at_least"].tolist() == [6.0]
    counted = parts.policy["eligibility"].set_index("rule").loc["ten participants"]
    assert (counted["verdict"], counted["value_low"]) == ("undecidable", 3) and pd.isna(counted["value_high"])
