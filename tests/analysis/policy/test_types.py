"""How firm types are: Table 3 by hand, bounds that settle a level, thresholds that pass one another."""

from __future__ import annotations

import pandas as pd
import pytest

import clustercoop
from clustercoop.analysis.results import Result


def test_which_types_of_table_3_change_with_a_threshold(table3: Result) -> None:
    flips = table3.policy["type_flips"]
    found = {(row.cluster_id, row.year, row.moved, row.shift): row.flipped_type for row in flips.itertuples()}
    low_rd, high_rd = "innovation.low_below", "innovation.high_above"
    low_va, high_va = "productivity.low_below", "productivity.high_above"
    assert found == {
        ("kalashnikov", 2020, low_rd, 0.1): "traditional production",  # .101 < .1 × 1.1 = .11
        ("kalashnikov", 2020, low_rd, 0.2): "traditional production",  # .101 < .12; .121 and .122 are not
        ("voronezh-oil-gas", 2020, high_rd, -0.2): "experimentation",  # .263 > .3 × .8 = .24
        ("voronezh-oil-gas", 2021, high_rd, -0.2): "experimentation",  # .266 > .24; × .9 = .27 is above it
        ("transport-engineering", 2020, low_va, 0.1): "traditional production",  # 2.179 < 2 × 1.1
        ("transport-engineering", 2020, low_va, 0.2): "traditional production",  # 2.179 < 2.4
        ("transport-engineering", 2021, low_va, -0.2): "adaptation",  # 1.648 > 2 × .8 = 1.6
        ("transport-engineering", 2022, low_va, 0.2): "traditional production",  # 2.330 < 2.4
        ("transport-engineering", 2023, high_va, -0.2): "sustainability",  # 3.305 > 4 × .8 = 3.2
    }
    assert dict(zip(flips["moved"], flips["flipped_dysfunction"], strict=True))[high_va] == (
        "exhausted extensive growth"
    )


def test_the_margin_is_the_nearest_threshold(table3: Result) -> None:
    firm = table3.policy["type_firmness"].set_index(["cluster_id", "year"])
    first = ("kalashnikov", 2020)
    assert firm["innovation_margin"][first] == pytest.approx(0.101 / 0.1 - 1)
    assert firm["productivity_margin"][first] == pytest.approx(1 - 0.4 / 2)
    assert firm["flips_within_10"][first] == "traditional production"
    # 33 types of 36 are known; value added of three cells is missing, so three types are possible there.
    assert (firm["ecosystem_type"].isna()).sum() == 3
    assert firm["possible_types"]["pskov-electrical", 2022] == (
        "traditional production; adaptation; sustainability"
    )


def indicators(**cells: object) -> Result:
    row = pd.DataFrame(
        {"cluster_id": ["c"], "year": [2022], **{name: [value] for name, value in cells.items()}}
    )
    return clustercoop.analyze({"indicators": row}, nulls=0, workers=1, metrics="cooperation,chain")


def test_a_bound_settles_a_level_or_leaves_it_open() -> None:
    settled = indicators(rd_per_employee="<0.0005", value_added_per_employee="1.056")
    [row] = settled.formations.to_dict("records")
    assert (row["innovation_level"], row["ecosystem_type"]) == ("low", "traditional production")
    assert pd.isna(row["rd_per_employee"]) and row["rd_per_employee_low"] == 0
    assert row["rd_per_employee_high"] == pytest.approx(0.0005)
    [firm] = settled.policy["type_firmness"].to_dict("records")
    assert firm["possible_types"] is not None and pd.isna(firm["innovation_margin"])
    open_ = indicators(rd_per_employee=">0.2", value_added_per_employee="5")
    assert open_.formations["ecosystem_type"].isna().all()
    [flip] = open_.policy["type_flips"].to_dict("records")
    assert (flip["moved"], flip["flipped_type"]) == ("bounds", "development; leadership and breakthrough")
    assert flip["flipped_dysfunction"] == "mature"


def test_members_bounds_add_up() -> None:
    people = pd.DataFrame({"participant_id": ["a", "b"], "cluster_id": "c"})
    links = pd.DataFrame({"year": [2022], "supplier_id": ["a"], "buyer_id": ["b"], "value": [1.0]})
    work = pd.DataFrame(
        {
            "participant_id": ["a", "b"], "year": 2022, "employees": [10, 30], "output": [50.0, 50.0],
            "rd_expenses": ["2", "<4"], "value_added": ["20", ">100"],
        }
    )  # fmt: skip
    result = clustercoop.analyze(
        {"participants": people, "links": links, "activity": work},
        nulls=0,
        workers=1,
        metrics="cooperation,chain",
    )
    [row] = result.formations.to_dict("records")
    # R&D from 2 / 40 to just below 6 / 40; value added above 120 / 40, with no upper end.
    assert row["rd_per_employee_low"] == pytest.approx(0.05)
    assert row["rd_per_employee_high"] == pytest.approx(0.15)
    assert row["value_added_per_employee_low"] == pytest.approx(3.0)
    assert pd.isna(row["value_added_per_employee_high"])
    [firm] = result.policy["type_firmness"].to_dict("records")
    assert firm["possible_types"] == "adaptation; sustainability; growth; development"


def test_thresholds_of_another_currency_place_nobody() -> None:
    table = pd.DataFrame({"cluster_id": ["c"], "year": [2022], "rd_per_employee": [0.2]})
    found = clustercoop.analyze({"indicators": table}, nulls=0, workers=1, currency="EUR").policy
    assert not len(found["type_firmness"]) and not len(found["type_flips"])


def test_a_type_between_two_thresholds_flips_both_ways_at_once() -> None:
    # .105 and 2.1 lie within 10 % of .1 and 2: each alone gives a neighbour, both together traditional.
    near = indicators(rd_per_employee="0.105", value_added_per_employee="2.1").policy
    [firm] = near["type_firmness"].to_dict("records")
    assert firm["ecosystem_type"] == "growth"
    assert firm["flips_within_10"] == "traditional production; adaptation; improvement"
    assert set(near["type_flips"]["flipped_type"]) == {"adaptation", "improvement"}
    # .262 is medium unless .3 moves down by 20 %: within 10 % it is as far from high as from low.
    far = indicators(rd_per_employee="0.262", value_added_per_employee="3.0").policy
    [firm] = far["type_firmness"].to_dict("records")
    assert pd.isna(firm["flips_within_10"]) and firm["flips_within_20"] == "transition to new models"
