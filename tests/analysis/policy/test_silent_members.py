"""Members of whom nobody tells what they make: shares of the others are unknown, not larger."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import clustercoop
from clustercoop.analysis.policy.cast import idle, silent
from clustercoop.analysis.policy.emissions import emission_bubble
from clustercoop.analysis.thresholds import load_thresholds
from clustercoop.graph.model import SupplyGraph
from clustercoop.reports.people import for_people

NAN = math.nan


@pytest.fixture(scope="module")
def result() -> clustercoop.Result:
    """Return clusters k, l and m: of b, a firm of k, neither output nor emissions are told; u teaches."""
    members = {
        "a": ("k", "27.51", 60.0, 6.0, "firm"),
        "b": ("k", "10.1", None, None, "firm"),
        "c": ("k", "27.51", 40.0, 4.0, "firm"),
        "u": ("k", "85", None, None, "university"),
        "d": ("l", "27.52", 30.0, 3.0, "firm"),
        "e": ("l", "10.1", 10.0, 1.0, "firm"),
        "v": ("l", "85", None, None, "university"),
        "f": ("m", "10.1", 20.0, 1.0, "firm"),
        "g": ("m", "10.1", 40.0, 1.0, "final producer"),
        "h": ("m", "27.51", 20.0, 1.0, "firm"),
    }
    rows = [(who, *told) for who, told in members.items()]
    people = pd.DataFrame(
        rows, columns=["participant_id", "cluster_id", "industry_code", "output", "emissions", "role"]
    )
    sold = [("a", "c", 6.0), ("d", "e", 3.0), ("f", "g", 25.0), ("h", "g", 5.0), ("d", "outside", 27.0)]
    return clustercoop.analyze(
        {
            "participants": people[["participant_id", "cluster_id", "industry_code", "role"]],
            "activity": people[["participant_id", "output", "emissions"]].assign(year=2020, purchases=50.0),
            "links": pd.DataFrame(sold, columns=["supplier_id", "buyer_id", "value"]).assign(year=2020),
            "production_index": pd.DataFrame(
                [("27.5", "2020-04", 50.0), ("27.5", "2020-05", 50.0)], columns=["industry", "month", "index"]
            ),
        },
        nulls=0,
        workers=1,
    )


def table(result: clustercoop.Result, name: str, *keys: str) -> Any:
    return result.policy[name].set_index(list(keys))


def test_shares_of_a_shock(result: clustercoop.Result) -> None:
    share = table(result, "shock_exposure", "cluster_id")["share_most_affected"]
    assert math.isnan(share["k"]) and share["l"] == pytest.approx(30 / 40) and share["m"] == 20 / 80
    told: Any = for_people(result, "shock_exposure", "en").set_index("cluster_id")
    assert "b" in told.loc["k", "because"] and "u" not in told.loc["k", "because"].split(": ")[1]


def test_what_a_cluster_is_specialised_in(result: clustercoop.Result) -> None:
    found = table(result, "specialisation", "cluster_id", "industry")
    assert found.loc["k", ["output_share", "location_quotient"]].isna().all(axis=None)
    assert found.loc[("k", "27"), "output"] == 100
    # l and m make 120 in all, 50 of it in division 27.
    assert found.loc[("l", "27"), "location_quotient"] == pytest.approx((30 / 40) / (50 / 120))
    assert found.loc[("m", "10"), "output_share"] == pytest.approx(60 / 80)
    sectors = table(result, "key_sectors", "cluster_id", "industry")
    assert math.isnan(sectors.loc[("k", "27"), "output_share"])
    assert sectors.loc[("m", "10"), "output_share"] == pytest.approx(60 / 80)
    # Nothing that m sold outside is recorded, so that it sold nothing there is not known.
    assert found.loc[("l", "27"), "market"] == pytest.approx(27 / 30)
    assert found.loc["m", "market"].isna().all()


def test_emissions_of_the_whole(result: clustercoop.Result, tmp_path: Path) -> None:
    green = table(result, "greening", "cluster_id")
    assert math.isnan(green.loc["k", "emissions"]) and green.loc["k", "emissions_coverage"] == 2 / 3
    assert green.loc["l", "emissions"] == 4 and green.loc["l", "emissions_coverage"] == 1
    path = tmp_path / "quotas.toml"
    place = 'year = 2020\nsource = "x"\nquota = 20\n'
    path.write_text(
        f'[[bubble]]\ncluster = "k"\n{place}[[bubble]]\ncluster = "l"\nallocation = "output"\n{place}',
        "utf-8",
    )
    told: Any = clustercoop.bubble(path, result).set_index("cluster_id")
    assert told.loc["k", ["code", "detail"]].tolist() == ["emissions_unknown", "b"]
    assert told.loc["l", "allocation"].tolist() == [15, 5, 0]  # the university makes nothing


def test_a_quota_met_to_the_last_tonne_holds() -> None:
    parts = [0.1, 0.2]
    found = emission_bubble(parts, quota=0.3)
    assert sum(parts) > 0.3 and found is not None
    assert found.within and found.cost == 0


def test_who_matters_says_whose_output_is_unknown(result: clustercoop.Result) -> None:
    told: Any = for_people(result, "key_participants", "en").set_index("cluster_id")
    assert "that of b is not" in told.loc["k", "because"].iloc[0]
    assert not told.loc["l", "because"].iloc[0].count("is not")


def test_what_is_lost_where_a_member_of_unknown_output_stops_is_unknown() -> None:
    """It was 0 of all output: nobody tells what d makes, and that is lost first."""
    tables = {
        "participants": pd.DataFrame({"participant_id": list("abd"), "cluster_id": "k", "role": "firm"}),
        "links": pd.DataFrame({"year": 2022, "supplier_id": ["a", "d"], "buyer_id": ["b", "x"], "value": 10}),
        "activity": pd.DataFrame(
            {"participant_id": ["a", "b"], "year": 2022, "output": [20.0, 30.0], "purchases": 15.0}
        ),
    }
    tables["participants"]["industry_code"] = ["24.1", "25.2", "26"]
    [lost] = clustercoop.whatif(tables, remove=["d"]).losses.to_dict("records")
    assert lost["share_lost"] is None and (lost["code"], lost["detail"]) == ("outputs_unknown", "d")
    worst = clustercoop.whatif(tables, cluster="k", years=2022).losses
    assert worst["participants"].tolist() == ["a", "b", ""] and worst["detail"].iloc[-1] == "d"
    people = table(clustercoop.analyze(tables, nulls=0, workers=1), "key_participants", "participant_id")
    # a stops, and with it all of b; b stops, and with it the half of a's 20 that it bought.
    assert people["systemic_risk"].to_dict() == pytest.approx({"a": 1, "b": 40 / 50, "d": NAN}, nan_ok=True)


def test_nobody_leads_where_no_measure_sets_members_apart() -> None:
    one = {
        "participants": pd.DataFrame({"participant_id": ["a"], "cluster_id": "k"}),
        "activity": pd.DataFrame({"participant_id": ["a"], "year": 2022, "output": [20.0]}),
    }
    people = clustercoop.analyze(one, nulls=0, workers=1).policy["key_participants"]
    assert people["leading_measures"].isna().all()


def test_supply_above_output_leaves_dependence_unknown(result: clustercoop.Result) -> None:
    found = table(result, "functional_dependence", "cluster_id")
    assert math.isnan(found.loc["m", "supplier_side"])  # f supplies 25 of 20, and 30 of 40 would be no answer
    assert found.loc["m", "buyer_side"] == pytest.approx(30 / 50)
    assert found.loc["l", "supplier_side"] == pytest.approx(3 / 40)


def test_a_bound_says_that_a_member_makes_something_whatever_its_role() -> None:
    graph = SupplyGraph.from_tables(
        {
            "participants": pd.DataFrame(
                [("a", "firm"), ("u", "university"), ("v", "university")], columns=["participant_id", "role"]
            ).assign(cluster_id="k"),
            "activity": pd.DataFrame(
                [("a", 10.0, None), ("u", None, 5.0)], columns=["participant_id", "output", "output_high"]
            ).assign(year=2020),
        }
    )
    formation, thresholds = graph.formation("k", 2020), load_thresholds()
    assert silent(formation, thresholds).tolist() == [False, True, False]
    assert idle(formation, thresholds).tolist() == [False, False, True]
