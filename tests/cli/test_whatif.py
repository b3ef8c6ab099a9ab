"""What would change: figures by hand, what is touched, and the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

import clustercoop
from clustercoop.cli import main
from clustercoop.graph.columns import output_columns
from clustercoop.graph.errors import DataError, ParameterError, UnknownNameError
from clustercoop.graph.kinds import KINDS
from clustercoop.scenarios_cli import lines

TABLES: dict[str, pd.DataFrame] = {
    "participants": pd.DataFrame(
        {
            "participant_id": ["a", "b", "c", "d", "e", "f"],
            "cluster_id": ["k", "k", "k", "m", "m", "m"],
            "industry_code": ["24.10", "25.62", "28.41", "24", "25", "28"],
        }
    ),
    "links": pd.DataFrame(
        {
            "year": 2022,
            "supplier_id": ["a", "b", "d", "e", "a", "c"],
            "buyer_id": ["b", "c", "e", "f", "x", "y"],
            "value": [30.0, 40.0, 10.0, 5.0, 30.0, 90.0],
        }
    ),
    "activity": pd.DataFrame(
        {
            "participant_id": ["a", "b", "c", "d", "e", "f"],
            "year": 2022,
            "output": [60.0, 80.0, 100.0, 50.0, 30.0, 20.0],
            "purchases": [0.0, 50.0, 70.0, 0.0, 20.0, 10.0],
            "employees": 10.0,
            "rd_expenses": [2.0, 1.0, 0.0, 0.0, 0.0, 0.0],
            "value_added": [60.0, 30.0, 30.0, 50.0, 10.0, 10.0],
        }
    ),
}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("results") / "out"
    clustercoop.analyze(TABLES, out, nulls=0, workers=1, outputs="csv,parquet")
    return out


def sides(found: clustercoop.WhatIf, column: str) -> list[Any]:
    rows = found.figures[(found.figures["column"] == column) & found.figures["year"].notna()]
    assert len(rows) == 1
    return [rows["before"].iloc[0], rows["after"].iloc[0]]


def test_a_removal(result: Path) -> None:
    found = clustercoop.whatif(result, remove=["a"], model=True)
    assert set(found.figures["cluster_id"]) == {"k"}  # the other cluster is not touched
    of_cluster = found.figures[found.figures["year"].isna()].set_index("column")
    # Two clusters: the model's verdict is that of the rule, .29 and .22 being below .3, R&D medium and low.
    assert of_cluster.loc[["rule_verdict", "formation_verdict"], "before"].tolist() == ["undecided"] * 2
    assert of_cluster.loc[["rule_verdict", "formation_verdict"], "after"].tolist() == ["cluster-like"] * 2
    assert of_cluster.loc["ecosystem_probability", ["before", "after"]].isna().all()
    # (30 + 40) / 240 before; 40 / 180 without a.
    assert sides(found, "cooperation_ratio") == pytest.approx([70 / 240, 40 / 180])
    assert sides(found, "participants") == [3, 2]
    # R&D 3 over 30 employees is .1, medium; 1 over 20 is .05, low. Value added 4 is medium, 3 is.
    assert sides(found, "ecosystem_type") == ["growth", "adaptation"]
    [loss] = found.losses.to_dict("records")
    # b bought all its steel from a, and c its parts from b: everything stops.
    assert loss["share_lost"] == pytest.approx(1) and loss["own_share"] == pytest.approx(60 / 240)
    assert loss["output_lost"] == pytest.approx(240) and loss["upstream"] == pytest.approx(60 / 240)

    table = clustercoop.read_result(result).formations.set_index("cluster_id")
    for row in found.figures.dropna(subset="year").to_dict("records"):
        held: Any = table.at["k", row["column"]]
        assert (row["before"] is None) == (pd.isna(held) or held == ""), row["column"]
        if row["before"] is not None:
            assert row["before"] == held


def test_changes_together_and_what_becomes_unknown(result: Path) -> None:
    found = clustercoop.whatif(result, add=["c:a:20"], put=["b.output=unknown"])
    assert sides(found, "internal_supply") == [70, 90]
    assert sides(found, "cooperation_ratio")[1] is None
    [why] = found.figures.loc[found.figures["column"] == "cooperation_ratio", "unknown_after"]
    assert why == "supplier_without_output"
    gaps = found.gaps[found.gaps["side"] == "after"]
    assert "b" in set(gaps.loc[gaps["code"] == why, "detail"])


def test_a_cluster_that_ends(result: Path) -> None:
    found = clustercoop.whatif(result, remove=["d", "e", "f"])
    assert (
        found.figures.loc[found.figures["year"].notna(), "unknown_after"].isin(["formation_gone", ""])
    ).all()
    assert sides(found, "participants") == [3, None]
    # Nothing is left to tell of in any column, words among them.
    ends = [line for line in lines(found, "ru") if line.startswith("  Участники: 3 → неизвестно (")]
    assert len(ends) == 1


def test_the_most_damaging_removals(result: Path) -> None:
    found = clustercoop.whatif(result, cluster="k")
    assert found.losses["participants"].tolist() == ["a", "b", "c"]
    # Without c: b loses 40 of 80, a half of its 30 of 60. Without b: c stops, a loses 30 of 60.
    assert found.losses.set_index("participants")["share_lost"].to_dict() == pytest.approx(
        {"a": 1.0, "b": (80 + 100 + 30) / 240, "c": (100 + 40 + 15) / 240}
    )


def out_of_bounds(frame: pd.DataFrame, table: str) -> list[str]:
    """Return the declared columns that hold a value beyond what they state."""
    found = []
    for column in output_columns(table):
        if column.column not in ("before", "after"):  # figures and words in one column
            values = KINDS[column.kind].typed(frame[column.column]).dropna()
            low = column.low is not None and bool((values < column.low).any())
            high = column.high is not None and bool((values > column.high).any())
            found += [column.column] if low or high else []
    return found


def test_tables_hold_the_columns_that_are_declared(result: Path) -> None:
    asked = clustercoop.read_result(result)
    one = clustercoop.whatif(asked, remove=["a"], target=0.375)
    far = clustercoop.whatif(asked, cluster="k", target=0.9)
    for table in ("figures", "losses", "plans"):
        for found in (one, far):
            frame, name = getattr(found, table), f"whatif_{table}"
            assert list(frame) == [column.column for column in output_columns(name)]
            assert out_of_bounds(frame, name) == []


def test_the_fewest_links(result: Path) -> None:
    # k: 70 of 240 now; .375 needs 20 more. b buys 50 − 30 outside, c 70 − 40; b can spare 40: one link.
    [plan] = clustercoop.whatif(result, cluster="k", target=0.375).plans.to_dict("records")
    assert (plan["supplier_id"], plan["buyer_id"]) in {("a", "c"), ("b", "c"), ("a", "b"), ("c", "b")}
    assert plan["value"] == pytest.approx(20) and plan["links"] == plan["at_least"] == 1
    read = clustercoop.read_result(result)
    far = clustercoop.whatif(read, cluster="k", target=0.9).plans
    assert far["code"].tolist() == ["target_out_of_reach"] and far["reachable"].tolist() == [50]
    assert clustercoop.whatif(read, cluster="k", target=0.1).plans["code"].tolist() == ["target_reached"]
    # After the links of a plan the ratio is the target.
    again = clustercoop.whatif(result, add=[f"{plan['supplier_id']}:{plan['buyer_id']}:{plan['value']}"])
    assert sides(again, "cooperation_ratio")[1] == pytest.approx(0.375)


def test_room_that_nobody_tells_leaves_open_what_is_the_fewest() -> None:
    tables = {name: table.copy() for name, table in TABLES.items()}
    tables["activity"].loc[2, "purchases"] = None  # of c; b buys 20 outside, a and b can spare 30 and 40
    told = {
        target: clustercoop.whatif(tables, cluster="k", target=target).plans.iloc[0].to_dict()
        for target in (0.375, 0.45, 0.6, 0.9)
    }
    assert told[0.375]["links"] == told[0.375]["at_least"] == 1  # 20 of .375 × 240 − 70 go to b
    # 38 and 74 are more than b takes; c may take 70 of a and b. 146 is more than all spare.
    assert [told[target]["code"] for target in (0.45, 0.6, 0.9)] == [
        "target_room_unknown", "target_room_unknown", "target_out_of_reach",
    ]  # fmt: skip
    tables["activity"].loc[2, "purchases"] = 65.0  # c takes 25: from a and b two links, or one from each
    tables["activity"].loc[0, "purchases"] = None  # a may take any
    few = clustercoop.whatif(tables, cluster="k", target=0.45).plans.iloc[0]
    assert (few["links"], few["at_least"]) == (2, 1)  # b alone could sell its 40 to a


def test_the_largest_alone_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clustercoop.scenarios._LARGEST", 2)
    found = clustercoop.whatif(TABLES, cluster="k")
    assert found.losses["participants"].tolist() == ["b", "c", ""]
    assert found.losses["code"].tolist() == ["", "", "removals_of_largest"]
    assert "a smaller one may do more damage" in "\n".join(lines(found, "en"))


def test_holdings_count_as_one() -> None:
    tables = {**TABLES, "participants": TABLES["participants"].assign(parent_id=["h", "h", "", "", "", ""])}
    found = clustercoop.whatif(tables, remove=["c"], settings=clustercoop.Settings(by="holding"))
    # a and b are one: of 240 only the 40 to c are supply to another member; without c none of 140.
    assert sides(found, "participants") == [2, 1]
    assert sides(found, "cooperation_ratio")[0] == pytest.approx(40 / 240)
    assert found.losses["participants"].tolist() == ["c"]


def test_what_is_refused(result: Path) -> None:
    with pytest.raises(ParameterError, match="Nothing is asked"):
        clustercoop.whatif(result)
    with pytest.raises(ParameterError, match="'target' parameter"):
        clustercoop.whatif(result, cluster="k", target=2)
    with pytest.raises(UnknownNameError, match="no cluster zz"):
        clustercoop.whatif(result, cluster="zz")
    with pytest.raises(ParameterError, match="not both"):
        clustercoop.whatif(result, clustercoop.Scenario("s", ("a",)), remove=["b"])
    with pytest.raises(DataError, match="a makes 60 in 2022 and would supply .* with 61"):
        clustercoop.whatif(TABLES, add=["a:b:31"])
    with pytest.raises(DataError, match="b makes 39 in 2022 and would supply .* with 40"):
        clustercoop.whatif(TABLES, put=["b.output=39"])
    with pytest.raises(ParameterError, match="results of analyze alone"):
        clustercoop.whatif(TABLES, remove=["b"], model=True)


def test_one_change_need_be_no_list() -> None:
    # A text is one change, not its letters: "ab" removed a and b.
    [one, other] = (clustercoop.whatif(TABLES, remove=said).figures for said in ("a", ["a"]))
    pd.testing.assert_frame_equal(one, other)
    with pytest.raises(clustercoop.ClusterCoopError, match="no participant ab"):
        clustercoop.whatif(TABLES, remove="ab")


def test_the_command(result: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    told = run(main, ["whatif", str(result), "--remove", "a", "--out", str(tmp_path / "w.csv")])
    assert told.exit_code == 0 and "Cooperation ratio: 29.2% → 22.2%" in told.output
    figures = pd.read_csv(tmp_path / "w.csv")
    assert figures.set_index("column").loc["output", "change"] == -60
    assert "The verdict of the formation model is left out" in told.output
    assert pd.read_csv(tmp_path / "w.losses.csv")["participants"].tolist() == ["a"]
    russian = run(main, ["whatif", str(result), "--set", "b.output=", "--lang", "ru"])
    assert "Уровень кооперации: 29,2 % → неизвестно (" in russian.output.replace("\u202f", " ").replace(
        "\xa0", " "
    )
    plan = run(
        main,
        ["whatif", str(result), "--cluster", "k", "--target", "0.375", "--out", str(tmp_path / "p.json")],
    )
    assert "links: 1, and no fewer will do" in plan.output
    assert json.loads((tmp_path / "p.json").read_text())["plans"][0]["value"] == pytest.approx(20)
    scenarios = tmp_path / "s.toml"
    scenarios.write_text("[[scenario]]\nid = 'x'\nremove = ['nobody']\n")
    wrong = run(main, ["whatif", str(result), "--scenario", str(scenarios)])
    assert wrong.exit_code == 1 and "no participant nobody" in wrong.output
    scenarios.write_text("[[scenario]]\nremov = ['a']\n")
    for changes, says in (
        (["--add", "a:b"], "--add — это"),
        (["--scenario", str(scenarios)], "строка 2, [scenario]: поля remov"),
    ):
        wrong = run(main, ["whatif", str(result), *changes, "--lang", "ru"])
        assert wrong.exit_code == 1 and says in wrong.output
