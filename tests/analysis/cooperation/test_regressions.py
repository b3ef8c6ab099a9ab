"""Figures that were once wrong, or unknown without a reason, each on the smallest dataset that shows it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import clustercoop
from clustercoop.analysis.cooperation import Tables, cooperation_tables
from clustercoop.analysis.typology import classify, load_thresholds, rule_sentence, rule_verdicts
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from clustercoop.reports.reasons import unknown_because
from tests.builders import told_rows

Link = tuple[str, str, float]


def graph_of(links: list[Link], activity: dict[str, dict[str, float]], **more: pd.DataFrame) -> SupplyGraph:
    """Cluster K of a, b, c in 2022."""
    cells = [{"participant_id": who, "year": 2022, **figures} for who, figures in activity.items()]
    return SupplyGraph.from_tables(
        {
            "participants": pd.DataFrame({"participant_id": list("abc"), "cluster_id": "K"}),
            "links": pd.DataFrame(links, columns=["supplier_id", "buyer_id", "value"]).assign(year=2022),
            "activity": pd.DataFrame(cells, columns=["participant_id", "year", *_columns(activity)]),
            **more,
        }
    )


def _columns(activity: dict[str, dict[str, float]]) -> list[str]:
    return sorted({name for figures in activity.values() for name in figures})


def measured(graph: SupplyGraph) -> tuple[dict[str, Any], Tables]:
    tables = cooperation_tables(graph, Settings())
    [row] = told_rows(tables)
    return row, tables


OUTPUT = {who: {"output": 100.0} for who in "abc"}


def test_self_supply_alone_is_no_record_of_supply_to_others() -> None:
    # That a supplies itself does not tell that nobody supplied another: these were 0, with confidence.
    row, tables = measured(graph_of([("a", "a", 10)], OUTPUT))
    for figure in (
        "internal_supply",
        "cooperation_ratio",
        "internal_sourcing_share",
        "links",
        "sales_outside",
    ):
        assert pd.isna(row[figure]), figure
    assert row["self_supply"] == 10
    assert tables.participants["self_supply"].tolist() == [10, 0, 0]
    assert tables.participants["internal_supply"].isna().all()
    assert "self-supply aside" in row["unknown_because"]


def test_self_supply_alone_does_not_displace_a_reported_volume() -> None:
    # a's one link is its own; the 40 it reports as used by others counted as 0.
    activity = {who: {"output": 100.0, "used_by_participants": 40.0 if who == "a" else 0.0} for who in "abc"}
    row, tables = measured(graph_of([("a", "a", 10), ("b", "c", 5)], activity))
    assert row["internal_supply"] == 40 + 5 + 0
    assert row["cooperation_ratio"] == 45 / 300
    assert tables.participants["internal_supply_source"].tolist() == ["reported", "links", "reported"]


def test_a_known_number_of_final_producers_is_stated_where_the_ratio_is_not() -> None:
    # b supplies more than everybody's output: the ratio is unknown, yet a and c sell to nobody on record.
    row, _ = measured(graph_of([("b", "a", 400), ("b", "x", 1)], OUTPUT))
    assert pd.isna(row["cooperation_ratio"]) and row["final_producers"] == 2


def test_a_silent_member_with_unknown_output_leaves_final_producers_unknown_with_a_reason() -> None:
    row, tables = measured(graph_of([("a", "b", 5), ("a", "x", 1)], {"a": {"output": 9.0}}))
    assert pd.isna(row["final_producers"])
    assert any("final_producers" in finding.column.split(", ") for finding in tables.findings)
    assert "Final producers: neither the roles of all members nor recorded sales" in row["unknown_because"]


def test_a_zero_valued_link_to_another_is_not_called_self_supply() -> None:
    row, _ = measured(graph_of([("a", "b", 0)], OUTPUT))
    assert row["internal_supply"] == 0
    assert "no link of a positive value with anyone but themselves" in row["unknown_because"]


def test_a_cluster_that_nothing_describes_is_told_of() -> None:
    clusters = pd.DataFrame({"cluster_id": ["K", "EMPTY"]})
    _, tables = measured(graph_of([("a", "b", 5)], OUTPUT, clusters=clusters))
    assert [f.cluster_id for f in tables.findings if f.code == "cluster_without_data"] == ["EMPTY"]


def judged(ratio: float, spending: float, currency: str = "RUB") -> str:
    frame = pd.DataFrame(
        {
            "cluster_id": ["K"],
            "year": [2022],
            "cooperation_ratio": [ratio],
            "rd_per_employee": [spending],
            "value_added_per_employee": [1.0],
        }
    )
    rules = load_thresholds()
    [said] = rule_verdicts(classify(frame, rules, currency)[0], rules)["rule_because"]
    return rule_sentence(str(said), "en")


def test_a_verdict_is_not_contradicted_by_the_rounding_of_its_figure() -> None:
    # These read "holds (0.3, must be above 0.3)" and "0.1 per employee, level low", where 0.1 is medium.
    said = judged(0.3000001, 0.0999999)
    assert "cooperation: holds (year 2022: 30.00001%, must be above 30%)" in said
    assert "innovation: does not hold (year 2022: 0.0999999\xa0million per employee, level low" in said
    assert "year 2022: 31.2%, must" in judged(0.31234, 0.2)


def test_a_figure_in_another_currency_is_not_called_unknown() -> None:
    assert "innovation: not judged (its figure is known" in judged(0.5, 0.2, "USD")
    assert "innovation: unknown in every year" in judged(0.5, float("nan"), "USD")


def test_a_single_gap_among_thousands_is_not_rounded_to_complete() -> None:
    # 2,499 of 2,500 outputs known: it read "output is known for 100.0% of the producing members only".
    ids = [f"p{i:04d}" for i in range(2500)]
    graph = SupplyGraph.from_tables(
        {
            "participants": pd.DataFrame({"participant_id": ids, "cluster_id": "K"}),
            "links": pd.DataFrame(
                {"year": [2022], "supplier_id": ids[1], "buyer_id": ids[2], "value": [5.0]}
            ),
            "activity": pd.DataFrame({"participant_id": ids[1:], "year": 2022, "output": 100.0}),
        }
    )
    row, _ = measured(graph)
    assert "output is known for 99.9% of the producing members only" in row["unknown_because"]


def test_sourcing_on_another_basis_is_no_change() -> None:
    """Shares of given purchases and of linked purchases do not compare: 0.56 then 0.875 is no reshoring."""
    links = [(y, s, b, v) for y in (2021, 2022) for s, b, v in (("a", "b", 10), ("b", "c", 4), ("x", "a", 2))]
    purchases = {"a": 11.0, "b": 10.0, "c": 4.0}
    result = clustercoop.analyze(
        {
            "participants": pd.DataFrame({"participant_id": list("abc"), "cluster_id": "K"}),
            "links": pd.DataFrame(links, columns=["year", "supplier_id", "buyer_id", "value"]),
            "activity": pd.DataFrame(
                [
                    (w, y, 100.0, None if (w, y) == ("a", 2022) else purchases[w])
                    for w in "abc"
                    for y in (2021, 2022)
                ],
                columns=["participant_id", "year", "output", "purchases"],
            ),
        },
        nulls=0,
    )
    table = result.formations
    assert table["internal_sourcing_share"].tolist() == pytest.approx([14 / 25, 14 / 16])
    assert table["internal_sourcing_basis"].tolist() == ["activity", "links"]
    assert table["local_sourcing_change"].isna().all()
    assert "Change of internal sourcing" in unknown_because(result.gaps, table, "en")[1]
