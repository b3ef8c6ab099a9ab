"""What rejected rows leave open stays open in what policy makes of it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import clustercoop

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
