"""Specialisation, shocks in the clusters, and criteria beside the types, with figures by hand."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import clustercoop
from clustercoop.analysis.policy.specialisation import (
    density,
    integral_potential,
    location_quotients,
    relatedness,
)
from clustercoop.analysis.policy.tables.shock_exposure import group_of
from clustercoop.analysis.thresholds import load_thresholds
from clustercoop.graph.errors import ParameterError
from clustercoop.reports.people import for_people
from tests.places import ROOT

# Per cent of April and May a year before, as printed or as levels (jewellery 35.6 % in May).
INDEX = {
    "21": (113.5, 122.4),
    "10": (103.7, 101.5),
    "29": (39.8, 57.8),
    "27.5": (30.5, 74.9),
    "22": (85.0, 88.0),
}


def tables() -> dict[str, pd.DataFrame]:
    industries = {"a": "21.20", "b": "10.1", "c": "29.10", "d": "27.51", "e": "22", "f": "62.01"}
    return {
        "participants": pd.DataFrame(
            {
                "participant_id": list(industries),
                "cluster_id": ["k", "k", "k", "m", "m", "m"],
                "industry_code": industries.values(),
            }
        ),
        "links": pd.DataFrame(
            {"year": [2019, 2020], "supplier_id": ["a", "d"], "buyer_id": ["b", "e"], "value": [5.0, 2.0]}
        ),
        "activity": pd.DataFrame(
            {
                "participant_id": [*industries] * 2,
                "year": [2019] * 6 + [2022] * 6,
                "output": [30.0, 60.0, 10.0, 20.0, 20.0, 60.0] * 2,
                "innovative_output": [3.0, 0.0, 7.0, 1.0, None, 0.0] * 2,
            }
        ),
        "indicators": pd.DataFrame(
            {
                "cluster_id": ["m"],
                "year": [2019],
                "digital_maturity": [3.5],
                "innovation_costs_research": [2.0],
                "innovation_costs_equipment": [5.0],
                "innovation_costs_other": [1.0],
            }
        ),
        "production_index": pd.DataFrame(
            [(k, f"2020-0{m}", v[m - 4]) for k, v in INDEX.items() for m in (4, 5)]
            + [("30", "2020-04", 90.0)],
            columns=["industry", "month", "index"],
        ),
    }


@pytest.fixture(scope="module")
def result() -> clustercoop.Result:
    return clustercoop.analyze(tables(), nulls=0, workers=1, metrics="core,closedness,chain")


def test_industries_in_the_shock(result: clustercoop.Result) -> None:
    table: Any = result.policy["shock_groups"].set_index("industry")
    assert table["shock_group"].fillna("").to_dict() == {
        "21": "winner",
        "10": "not affected",
        "29": "most affected",
        "27.5": "most affected",
        "22": "moderately affected",
        "30": "",
    }
    assert table.loc["21", "mean_change"] == pytest.approx(0.1795)
    told: Any = for_people(result, "shock_groups", "ru").set_index("industry")
    assert told.loc["30", "because"] == "Нет значения индекса за 2020-05."


def test_what_a_cluster_carried_of_it(result: clustercoop.Result) -> None:
    table: Any = result.policy["shock_exposure"].set_index("cluster_id")
    assert table["year"].to_dict() == {"k": 2019, "m": 2020}
    shares = ["share_most_affected", "share_moderately_affected", "share_not_affected", "share_winner"]
    assert table.loc["k", shares].tolist() == pytest.approx([0.1, 0, 0.6, 0.3])
    assert table.loc["m", shares].isna().all()  # the links of 2020 bring no output
    known = {"27": "x", "27.5": "y"}  # class 27.51 is of group 27.5, class 27.12 is not
    assert [group_of(code, known) for code in ("27.51.1", "C27.52", "27.12", "275")] == ["y", "y", "x", ""]


def test_cut_offs_are_data(tmp_path: Path) -> None:
    shipped = (ROOT / "analysis" / "data" / "thresholds.toml").read_text("utf-8")
    path = tmp_path / "thresholds.toml"
    path.write_text(shipped.replace("winner_rise = 10.0", "winner_rise = 20.0"), "utf-8")
    assert load_thresholds(path).shock.winner_rise == 20
    path.write_text(shipped.replace("moderate_fall = 30.0", 'moderate_fall = "much"'), "utf-8")
    with pytest.raises(ParameterError, match=r"moderate_fall in \[shock\] of the thresholds file"):
        load_thresholds(path)


def test_specialisation(result: clustercoop.Result) -> None:
    table: Any = result.policy["specialisation"].set_index(["cluster_id", "industry"])
    # Of 200 in both clusters 60 is food, of 100 in k it is 60.
    assert table.loc[("k", "10"), "location_quotient"] == pytest.approx(0.6 / 0.3)
    assert table.loc[("k", "10"), "output_share"] == pytest.approx(0.6)
    assert table["relatedness_density"].isna().all()  # two clusters tell nothing of it
    assert "at least 5 clusters" in str(for_people(result, "specialisation", "en")["because"].iloc[0])


def test_criteria_beside_the_type(result: clustercoop.Result, tmp_path: Path) -> None:
    table: Any = result.policy["criteria"].set_index(["cluster_id", "year"])
    assert table.loc[("k", 2019), "innovative_output_share"] == pytest.approx(0.1)
    row = table.loc[("m", 2019)]
    assert math.isnan(row["innovative_output_share"])  # e does not tell
    assert row["digital_maturity"] == 3.5 and row["innovation_share_equipment"] == pytest.approx(5 / 8)
    assert math.isnan(row["promising_share"])
    told: Any = for_people(result, "criteria", "en").set_index(["cluster_id", "year"])
    assert "the thresholds file marks no industries" in told.loc[("k", 2019), "because"]
    shipped = (ROOT / "analysis" / "data" / "thresholds.toml").read_text("utf-8")
    path = tmp_path / "thresholds.toml"
    path.write_text(shipped.replace("promising = []", 'promising = ["21", "29"]'), "utf-8")
    again = clustercoop.analyze(
        tables(), nulls=0, workers=1, metrics="core,closedness,chain", thresholds=str(path)
    )
    marked: Any = again.policy["criteria"].set_index(["cluster_id", "year"])["promising_share"]
    assert marked[("k", 2019)] == pytest.approx(0.4) and marked[("m", 2019)] == 0


def test_figures_of_specialisation() -> None:
    assert np.isnan(location_quotients([[0.0, 0.0], [1.0, 1.0]])[0]).all()
    with pytest.raises(ParameterError):
        location_quotients([[math.nan, 1.0]])
    there = [[1, 1, 0], [1, 1, 0], [1, 0, 1], [0, 0, 0]]
    # Both in two places, of three and two; of three and one: 2/3, 1/3; never together: 0.
    assert relatedness(there)[[0, 0, 1], [1, 2, 2]].tolist() == pytest.approx([2 / 3, 1 / 3, 0])
    # Of the first's relatives (2/3 + 1/3) the first place has the second.
    assert density(there)[0].tolist() == pytest.approx([2 / 3, 1, 1])
    assert np.isnan(density([[1, 0], [1, 0]])).all()


def test_publications_count_where_the_data_hold_any() -> None:
    given = tables()
    work = given["activity"]
    work["value_added"], work["employees"], work["rd_expenses"] = 10.0, [1, 2, 4] * 4, 1.0
    work["publications"] = [*[None] * 6, 3.0, 0.0, 6.0, *[None] * 3]
    found = clustercoop.analyze(given, nulls=0, workers=1, metrics="cooperation,chain").policy[
        "specialisation"
    ]
    mine = found[found["cluster_id"] == "k"].set_index("industry")["publications"]
    assert mine.to_dict() == {"21": 3.0, "10": 0.0, "29": 6.0}
    assert found.loc[found["cluster_id"] == "m", "publications"].isna().all()


def test_integral_potential() -> None:
    parts = pd.DataFrame(
        {"effectiveness": [1.0, 2.0, 3.0], "market": [0.0, 4.0, 2.0], "publications": [7.0, 7.0, 7.0]}
    )
    # z: −1, 0, 1 and −1, 1, 0; the third varies nowhere and says nothing.
    weights = {"effectiveness": 1.0, "market": 3.0, "publications": 1.0}
    assert integral_potential(parts, weights).tolist() == pytest.approx([-1, 0.75, 0.25])
    assert integral_potential(parts, {"effectiveness": 1.0}).tolist() == pytest.approx([-1, 0, 1])
    assert integral_potential(parts, {}).isna().all()
    even = parts.assign(publications=0.1)  # the mean of three tenths is no tenth to the last bit
    assert integral_potential(even, weights).tolist() == pytest.approx([-1, 0.75, 0.25])
    gap = integral_potential(parts.assign(market=[0.0, math.nan, 2.0]), weights)
    # Of the first and third alone: ±1/√2 in both components.
    assert math.isnan(gap[1]) and gap[[0, 2]].tolist() == pytest.approx([-(0.5**0.5), 0.5**0.5])
    with pytest.raises(ParameterError, match="from 0 up"):
        integral_potential(parts, {"market": -1.0})
