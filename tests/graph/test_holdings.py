"""Members of one holding counted as one participant."""

from __future__ import annotations

import pandas as pd
import pytest

from clustercoop import analyze
from clustercoop.graph.holdings import by_holding
from clustercoop.graph.model import SupplyGraph


def frames() -> dict[str, pd.DataFrame]:
    """h holds a and b in A (and d in B); c is on its own. In 2021 b is not yet h's."""
    return {
        "participants": pd.DataFrame(
            [("a", "A", "h", "firm", None, None), ("b", "A", None, "firm", None, 2021)]
            + [("b", "A", "h", None, 2022, None), ("c", "A", None, "firm", None, None)]
            + [("d", "B", "h", "bank", None, None), ("e", "B", None, "firm", None, None)],
            columns=["participant_id", "cluster_id", "parent_id", "role", "joined_year", "left_year"],
        ),
        "links": pd.DataFrame(
            [(y, *pair, v) for y in (2021, 2022) for pair, v in ((("a", "b"), 30.0), (("b", "c"), 10.0))]
            + [(2022, "d", "a", 4.0), (2022, "e", "d", 3.0)],
            columns=["year", "supplier_id", "buyer_id", "value"],
        ),
        "activity": pd.DataFrame(
            [(who, y, 100.0) for who in "abcde" for y in (2021, 2022)],
            columns=["participant_id", "year", "output"],
        ),
    }


def test_links_within_a_holding_are_self_supply() -> None:
    graph = by_holding(SupplyGraph.from_tables(frames()))
    before, after = graph.formations(clusters=["A"])
    assert before.ids.tolist() == ["b", "c", "h (A)"] and before.weight.tolist() == [10, 30]
    assert after.ids.tolist() == ["c", "h (A)"] and after.weight.tolist() == [10]
    assert after.self_supply.tolist() == [0, 30] and after.output.tolist() == [100, 200]
    # d is h's too, but in another cluster: what it sells to A comes from outside.
    assert after.purchases_outside.tolist() == [0, 4] and after.role.tolist() == ["firm", "firm"]


def test_an_output_that_one_part_lacks_is_unknown() -> None:
    data = frames()
    data["activity"].loc[(data["activity"]["participant_id"] == "b"), "output"] = None
    [after] = by_holding(SupplyGraph.from_tables(data)).formations(["A"], [2022])
    assert pd.isna(after.output).tolist() == [False, True]


def test_the_setting_and_data_without_parents() -> None:
    result = analyze(frames(), by="holding", nulls=0, workers=1)
    ratio = result.formations.set_index(["cluster_id", "year"])["cooperation_ratio"]
    assert ratio["A", 2022] == pytest.approx(10 / 300)
    plain = frames()
    plain["participants"] = plain["participants"].drop(columns="parent_id")
    graph = SupplyGraph.from_tables(plain)
    assert by_holding(graph) is graph
