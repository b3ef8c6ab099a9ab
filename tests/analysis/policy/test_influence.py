"""Who matters: the tables of members and of industries, with figures by hand."""

from __future__ import annotations

import pandas as pd
import pytest

import clustercoop
from clustercoop.graph.said import decoded
from clustercoop.reports.people import for_people


@pytest.fixture(scope="module")
def result() -> clustercoop.Result:
    tables = {
        "participants": pd.DataFrame(
            {
                "participant_id": ["a", "b", "c", "d", "u", "v"],
                "cluster_id": ["k", "k", "k", "k", "m", "m"],
                "industry_code": ["24.10", "25.62", "28.41", "28.41", "24", "25"],
            }
        ),
        "links": pd.DataFrame(
            {
                "year": [2021, 2022, 2022, 2022, 2022],
                "supplier_id": ["a", "a", "b", "b", "u"],
                "buyer_id": ["b", "b", "c", "d", "v"],
                "value": [1.0, 30.0, 40.0, 20.0, 5.0],
            }
        ),
        "activity": pd.DataFrame(
            {
                "participant_id": ["a", "b", "c", "d", "u"],
                "year": 2022,
                "output": [60.0, 80.0, 100.0, 60.0, 9.0],
            }
        ),
    }
    return clustercoop.analyze(tables, nulls=0, workers=1)


def test_members(result: clustercoop.Result) -> None:
    table = result.policy["key_participants"]
    assert set(table["year"]) == {2022}
    mine = table[table["cluster_id"] == "k"].set_index("participant_id")
    # a and b: everything that uses their product stops, 100 % and (80 + 100 + 60 + 30) of 300.
    assert mine["systemic_risk"].to_dict() == pytest.approx(
        {"a": 1, "b": 270 / 300, "c": (100 + 40 + 15) / 300, "d": (60 + 20 + 7.5) / 300}
    )
    # 30/80 of a in b; 40/100 of b in c, 20/60 in d.
    assert mine["backward_linkage"].to_dict() == pytest.approx(
        {"a": 1, "b": 1.375, "c": 1 + 0.4 * 1.375, "d": 1 + 1.375 / 3}
    )
    # b sells 60 of 80 to c and d; a 30 of 60 to b.
    assert mine["forward_linkage"].to_dict() == pytest.approx(
        {"a": 1 + 0.5 * 1.75, "b": 1.75, "c": 1, "d": 1}
    )
    assert mine["extraction_others"].to_dict() == pytest.approx(
        {"a": 0, "b": 30 / 300, "c": 55 / 300, "d": 27.5 / 300}
    )
    first = {
        who: [each.places["measures"]["columns"] for each in decoded(cell)]
        for who, cell in mine["first_by"].items()
    }
    assert first["c"] == [["output", "backward_linkage", "extraction_others"]]
    assert first["a"] == [["systemic_risk", "forward_linkage"]]


def test_what_is_unknown_says_why(result: clustercoop.Result) -> None:
    table = for_people(result, "key_participants", "ru").set_index("participant_id")
    assert table.loc[["u", "v"], ["systemic_risk", "backward_linkage"]].isna().all(axis=None)
    assert "неизвестен выпуск: v" in str(table.loc["u", "because"])
    sectors = for_people(result, "key_sectors", "en")
    mine = sectors[sectors["cluster_id"] == "m"]
    assert mine["backward_linkage"].isna().all() and mine["because"].str.contains("no known output: v").all()


def test_industries(result: clustercoop.Result) -> None:
    table = result.policy["key_sectors"]
    mine = table[table["cluster_id"] == "k"].set_index("industry")
    assert mine["members"].to_dict() == {"28": 2, "25": 1, "24": 1}
    # Machines (160) buy 60 of b: 60/160 of 1.375.
    assert mine.loc["28", "backward_linkage"] == pytest.approx(1 + 0.375 * 1.375)
    assert mine.loc["28", "extraction_share"] == pytest.approx(160 * (1 + 0.375 * 1.375) / 300)
    assert mine["linkage_kind"].to_dict() == {
        "28": "dependent on supply",
        "25": "generally dependent",
        "24": "dependent on demand",
    }
