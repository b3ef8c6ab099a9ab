"""An outside that was never recorded is unknown, and no other cluster's links can make it known."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests.builders import measured

OUTSIDE = ("ei_index", "coverage", "conductance", "internal_sales_share", "outside_partner_share")


def rows(
    links: list[tuple[str, str, float]],
    output: dict[str, float] | None = None,
    clusters: dict[str, str] | None = None,
    **activity: dict[str, float],
) -> dict[str, dict[str, Any]]:
    """Return the rows of 2022 by cluster; members are named after their cluster (k1, k2, … in K)."""
    named = clusters or {}
    ids = sorted({end for a, b, _ in links for end in (a, b) if end[0] in "kq"} | set(named))
    cells = {"output": output or {}, **activity}
    people = sorted({who for column in cells.values() for who in column})
    tables = {
        "participants": pd.DataFrame(
            {"participant_id": ids, "cluster_id": [named.get(i, i[0].upper()) for i in ids]}
        ),
        "links": pd.DataFrame(links, columns=["supplier_id", "buyer_id", "value"]).assign(year=2022),
    }
    if people:
        tables["activity"] = pd.DataFrame(
            {"participant_id": people, "year": 2022}
            | {name: [column.get(who) for who in people] for name, column in cells.items()}
        )
    found = measured(tables, metrics="cooperation,closedness").formations
    return {str(row["cluster_id"]): {str(k): v for k, v in row.items()} for row in found.to_dict("records")}


INSIDE = [("k1", "k2", 40.0), ("k2", "k3", 30.0), ("k3", "k1", 20.0)]
FOREIGN = [("q1", "q2", 9.0), ("q2", "q3", 8.0), ("q1", "x", 50.0), ("y", "q3", 5.0)]


def test_links_of_another_cluster_say_nothing_of_this_one() -> None:
    alone, beside = rows(INSIDE)["K"], rows(INSIDE + FOREIGN)["K"]
    for name in OUTSIDE:
        assert pd.isna(alone[name]) and pd.isna(beside[name])
    assert pd.isna(beside["sales_outside"]) and pd.isna(beside["closedness_verdict"])


def test_a_trace_of_the_outside_is_not_the_outside() -> None:
    """90 inside and 1 outside of an output of 1,000 leave 909 unexplained: 9.1 % is below three tenths."""
    found = rows([*INSIDE, ("k1", "x", 1.0)], {"k1": 500.0, "k2": 300.0, "k3": 200.0})["K"]
    assert found["sales_coverage"] == pytest.approx(0.091)
    for name in OUTSIDE:
        assert pd.isna(found[name])
    assert found["cooperation_ratio"] == pytest.approx(0.09)


def test_sales_that_explain_the_output_are_recorded() -> None:
    """90 inside and 85 outside of 200: 87.5 % explained, so 90 / 175 of the sales stay inside."""
    links = [*INSIDE, ("k1", "x", 50.0), ("k2", "x", 35.0), *FOREIGN]
    found = rows(links, {"k1": 100.0, "k2": 70.0, "k3": 30.0})["K"]
    assert found["internal_sales_share"] == pytest.approx(90 / 175)
    assert found["ei_index"] == pytest.approx((85 - 90) / 175)


def test_all_sold_inside_needs_no_link_outside() -> None:
    """Output, supply and purchases of each are the same 90 inside: nothing can have crossed the boundary."""
    output = {"k1": 40.0, "k2": 30.0, "k3": 20.0}
    found = rows(INSIDE, output, purchases={"k1": 20.0, "k2": 40.0, "k3": 30.0})["K"]
    assert found["sales_outside"] == 0
    assert found["internal_sales_share"] == 1
    assert found["ei_index"] == -1


def test_sales_explained_of_some_are_not_all_sales() -> None:
    """k1 and k2 sold their whole output of 70 inside; what k3 makes and sells is not known."""
    output, bought = {"k1": 40.0, "k2": 30.0}, {"k1": 20.0, "k2": 40.0, "k3": 30.0}
    found = rows(INSIDE, output, purchases=bought)["K"]
    assert found["sales_coverage"] == 1 and found["purchases_outside"] == 0
    for name in (*OUTSIDE, "sales_outside"):
        assert pd.isna(found[name])


def test_conductance_needs_a_network_around() -> None:
    links = [*INSIDE, ("k1", "x", 45.0)]
    assert pd.isna(rows(links)["K"]["conductance"])
    assert rows(links)["K"]["ei_index"] == pytest.approx((45 - 90) / 135)
    beside = rows([*links, *FOREIGN, ("q3", "q1", 400.0)])["K"]
    assert beside["conductance"] == pytest.approx(45 / (2 * 90 + 45))


def test_a_single_member_has_no_ratio() -> None:
    found = rows([("k1", "x", 5.0)], {"k1": 50.0})["K"]
    for name in ("cooperation_ratio", "cooperation_ratio_covered", "ei_index", "internal_sourcing_share"):
        assert pd.isna(found[name])
    assert found["output"] == 50


@pytest.mark.parametrize(
    ("purchases", "share"),
    [
        (100.0, 0.4),  # 40 inside and 60 outside are all of them: own supply is not among them
        (150.0, 0.4),  # 40 + 60 + 50: own supply is among them, and no purchase from others
        (120.0, None),  # 20 more than from others: own supply in part, or purchases without a link
    ],
)
def test_own_supply_leaves_purchases_only_where_they_hold_it(purchases: float, share: float | None) -> None:
    links = [("k1", "k2", 40.0), ("k2", "k2", 50.0), ("x", "k2", 60.0)]
    found = rows(links, {"k1": 200.0, "k2": 300.0}, purchases={"k1": 0.0, "k2": purchases})["K"]
    if share is None:
        assert pd.isna(found["internal_sourcing_share"])
    else:
        assert found["internal_sourcing_share"] == pytest.approx(share)


def test_a_buyer_that_does_not_produce_counts_among_the_purchases() -> None:
    """k3 bought 1,000 outside and reports nothing: purchases given by k1 and k2 are not all purchases."""
    tables = {
        "participants": pd.DataFrame(
            {"participant_id": ["k1", "k2", "k3"], "cluster_id": "K", "role": ["firm", "firm", "technopark"]}
        ),
        "links": pd.DataFrame(
            {
                "year": 2022,
                "supplier_id": ["k1", "x"],
                "buyer_id": ["k2", "k3"],
                "value": [40.0, 1000.0],
            }
        ),
        "activity": pd.DataFrame(
            {"participant_id": ["k1", "k2"], "year": 2022, "output": [100.0, 90.0], "purchases": [10.0, 40.0]}
        ),
    }
    [found] = measured(tables).formations.to_dict("records")
    assert not found["internal_sourcing_share"] > 0.1


def test_a_cycle_is_spoken_of_only_where_something_returns() -> None:
    """A chain that sells all inside, and a ring in which 9 of 10 go round."""
    chain = rows(
        [("k1", "k2", 80.0), ("k2", "k3", 80.0), ("k3", "x", 20.0), ("y", "k1", 5.0)],
        {"k1": 80.0, "k2": 80.0, "k3": 20.0},
    )["K"]
    assert "cycle" not in str(chain["closedness_verdict"])
    ring = rows(
        [("k1", "k2", 90.0), ("k2", "k3", 90.0), ("k3", "k1", 90.0), ("k1", "x", 10.0), ("y", "k1", 10.0)],
        {"k1": 100.0, "k2": 90.0, "k3": 90.0},
    )["K"]
    assert ring["closedness_verdict"] == "near-closed cycle"


def test_supply_known_from_reports_alone_leaves_the_share_of_the_core_open() -> None:
    """k1 and k2 supply each other 100 and 80 by links, k3 reports 90: links are not all that is supplied."""
    links = [("k1", "k2", 100.0), ("k2", "k1", 80.0), ("k1", "k4", 5.0), ("k4", "k1", 5.0)]
    output = dict.fromkeys(["k1", "k2", "k3", "k4"], 500.0)
    members = dict.fromkeys(output, "K")
    found = rows(links, output, members, used_by_participants={"k3": 90.0})["K"]
    assert found["internal_supply"] == 280
    assert pd.isna(found["core_supply_share"])
