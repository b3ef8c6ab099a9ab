"""Tables of policy: declared, made for any result, free of language, written and read back whole."""

from __future__ import annotations

import dataclasses
import pkgutil
from pathlib import Path

import pandas as pd
import pytest

import clustercoop
from clustercoop.analysis.policy import tables
from clustercoop.analysis.results import Result
from clustercoop.graph.columns import output_columns, policy_tables
from clustercoop.graph.kinds import KINDS
from clustercoop.graph.said import coded, decoded, say
from clustercoop.graph.texts import entries, languages
from clustercoop.outputs import read_result, write_result
from clustercoop.reports.people import for_people
from clustercoop.reports.said import told
from tests.builders import frames


@pytest.fixture(scope="module")
def small() -> Result:
    return clustercoop.analyze(frames(members=6), nulls=0, workers=1)


def test_each_declared_table_has_a_module_and_a_cluster() -> None:
    assert sorted(policy_tables()) == sorted(module.name for module in pkgutil.iter_modules(tables.__path__))
    for name in policy_tables():
        assert "cluster_id" in [column.column for column in output_columns(name)]
        assert len(name) <= 31  # a sheet's name holds no more


@pytest.mark.parametrize("lang", languages())
@pytest.mark.parametrize("name", policy_tables())
def test_each_table_has_its_words(name: str, lang: str) -> None:
    assert {f"report.caption_{name}", f"report.reading_{name}"} <= set(entries(lang))


@pytest.mark.parametrize("name", policy_tables())
def test_each_table_holds_its_columns_in_their_kinds(name: str, small: Result, table3: Result) -> None:
    for result in (small, table3):
        frame = result.policy[name]
        assert list(frame) == [column.column for column in output_columns(name)]
        for column in output_columns(name):
            assert frame[column.column].dtype == KINDS[column.kind].dtype, column.column
            values = frame[column.column].dropna()
            if column.low is not None:
                assert (values >= column.low).all(), column.column
            if column.high is not None:
                assert (values <= column.high).all(), column.column


def test_formations_say_what_policy_says_of_them(small: Result, table3: Result) -> None:
    for result in (small, table3):
        formations, rules = result.formations, result.policy["eligibility"]
        last = formations.groupby("cluster_id")["eligibility_verdict"].last()
        assert last.to_dict() == result.clusters.set_index("cluster_id")["eligibility_verdict"].to_dict()
        fails = rules[(rules["verdict"] == "fail") & (rules["status"] == "sourced")]
        told = formations.dropna(subset="requirements_failed")
        assert told["requirements_failed"].str.split("; ").explode().tolist() == fails["rule"].tolist()
        given = result.policy["early_warnings"].query("state == 'yes'")["warning"].tolist()
        assert formations["early_warnings"].dropna().str.split("; ").explode().tolist() == given
        assert (formations["support_suggested"].notna() == formations["ecosystem_type"].notna()).all()
    assert table3.formations["support_received"].isna().all()
    gaps = table3.gaps[table3.gaps["column"] == "support_received"]
    assert len(gaps) == len(table3.formations) and set(gaps["code"]) == {"measures_not_given"}
    suggested = for_people(table3, "formations", "ru")["support_suggested"]
    assert suggested.str.startswith("правовые: ").sum() == 33  # of 36 three types are unknown


def test_no_formation_gives_empty_tables() -> None:
    nothing = clustercoop.SupplyGraph.from_tables({})
    for frame in clustercoop.analyze(nothing, nulls=0, workers=1).policy.values():
        assert not len(frame)


def test_tables_are_written_and_read_back(tmp_path: Path, table3: Result) -> None:
    write_result(
        dataclasses.replace(table3, settings=table3.settings.replace(outputs="csv,parquet")), tmp_path / "out"
    )
    again = read_result(tmp_path / "out").policy
    assert set(again) == set(policy_tables())
    for name, frame in table3.policy.items():
        pd.testing.assert_frame_equal(again[name], frame)
        written = pd.read_csv(tmp_path / "out" / f"{name}.csv", dtype=str)
        assert list(written) == list(frame) and len(written) == len(frame)


@pytest.mark.parametrize("lang", languages())
def test_every_sentence_can_be_told(lang: str, small: Result, table3: Result) -> None:
    for result in (small, table3):
        for name, frame in result.policy.items():
            shown = for_people(result, name, lang)
            for column in output_columns(name):
                if column.kind == "said":
                    assert [bool(cell) for cell in shown[column.column]] == frame[
                        column.column
                    ].notna().tolist()
                    assert not shown[column.column].astype(str).str.contains(r"[{}]").any()


def test_a_sentence_is_data_until_it_is_told() -> None:
    cell = coded([say("gap.many", count={"columns": ["output", "links"]}), say("report.yes")])
    assert decoded(cell) == [("gap.many", {"count": {"columns": ["output", "links"]}}), ("report.yes", {})]
    assert told(cell, "en") == "Other figures (Output, Links) yes"
    named = told(coded([say("gap.many", count={"members": ["7"]})]), "en", {"7": "Seven {x}"})
    assert named == "Other figures (Seven {x})"
