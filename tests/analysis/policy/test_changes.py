"""Scenarios: what is changed in the tables, and files and options that are wrong."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from clustercoop.analysis.cooperation import cooperation_tables
from clustercoop.analysis.policy.changes import Scenario, apply_scenario, parse_scenario, read_scenarios
from clustercoop.graph.errors import DataError, ParameterError, UnknownNameError
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings


def graph() -> SupplyGraph:
    return SupplyGraph.from_tables(
        {
            "participants": pd.DataFrame(
                {
                    "participant_id": ["a", "b", "c"],
                    "cluster_id": "k",
                    "joined_year": [None, 2020, None],
                    "left_year": [None, None, 2022],
                }
            ),
            "links": pd.DataFrame(
                {
                    "year": [2021, 2022, 2022, 2022],
                    "supplier_id": ["a", "a", "b", "x"],
                    "buyer_id": ["b", "b", "c", "a"],
                    "value": [1.0, 2.0, 3.0, 4.0],
                }
            ),
            "activity": pd.DataFrame(
                {"participant_id": ["a", "b", "c"], "year": 2022, "output": [10.0, 20.0, 30.0]}
            ),
        }
    )


def test_a_removal_takes_its_year_alone() -> None:
    before = graph()
    after = apply_scenario(before, Scenario("", removed=("b",), years=(2022,)))
    assert after.formation("k", 2022).ids.tolist() == ["a", "c"]
    assert after.formation("k", 2021).ids.tolist() == ["a", "b", "c"]
    assert after.links["value"].tolist() == [1.0, 4.0]
    assert after.activity["participant_id"].tolist() == ["a", "c"]
    rows = after.participants[after.participants["participant_id"] == "b"]
    assert rows["joined_year"].tolist() == [2020, 2023]
    assert rows["left_year"].fillna(0).tolist() == [2021, 0]
    assert before.equals(graph())


def test_all_years_of_a_removal() -> None:
    after = apply_scenario(graph(), Scenario("", removed=("c",), years=(2021, 2022)))
    rows = after.participants[after.participants["participant_id"] == "c"]
    assert rows["left_year"].tolist() == [2020] and rows["joined_year"].isna().all()
    assert after.formation("k", 2022).n == 2


def test_links_add_to_those_there_are_and_cells_are_set() -> None:
    after = apply_scenario(
        graph(), parse_scenario(add=["a:b:5", "c:a:1,5"], put=["c.output=44", "a.output=", "b.employees=7"])
    )
    formation = after.formation("k", 2022)
    assert formation.dense().tolist() == [[0, 7, 0], [0, 0, 3], [1.5, 0, 0]]
    assert math.isnan(formation.output[0]) and formation.output[1:].tolist() == [20, 44]
    assert formation.employees[1] == 7
    assert after.formation("k", 2021).dense().sum() == 1


def test_a_cell_of_a_year_without_a_row() -> None:
    after = apply_scenario(graph(), parse_scenario(put=["a.output=9"], years=[2021]))
    assert after.formation("k", 2021).output.tolist()[0] == 9
    assert len(after.activity) == 4


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"add": ["a:b"]}, "--add must be SUPPLIER:BUYER:VALUE"),
        ({"add": ["a:b:x"]}, "'x' is no number"),
        ({"add": ["a:b:0"]}, "must be above 0"),
        ({"add": ["a:a:1"]}, "cannot supply itself"),
        ({"put": ["output=1"]}, "--set must be PARTICIPANT.COLUMN=VALUE"),
        ({"put": ["a.profit=1"]}, "'profit' is no figure of activity"),
        ({"put": ["a.output=-1"]}, "must not be below 0"),
        ({}, "Nothing changes"),
    ],
)
def test_options_that_are_wrong(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises((ParameterError, DataError), match=sentence):
        parse_scenario(**options)


def test_names_that_the_data_do_not_hold() -> None:
    with pytest.raises(UnknownNameError, match="no participant zz"):
        apply_scenario(graph(), parse_scenario(["zz"]))
    with pytest.raises(UnknownNameError, match="no year 1999"):
        apply_scenario(graph(), parse_scenario(["a"], years=[1999]))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a = [", "not valid TOML"),
        ("", r"holds no \[\[scenario\]\]"),
        ("other = 1\n[[scenario]]\nremove = ['a']", "line 1: other is no"),
        ("[[scenario]]\nid = 'x'", r"line 1, \[scenario\]: it changes nothing"),
        (
            "[[scenario]]\nremove = ['a']\n\n[[scenario]]\nremoved = ['a']",
            r"line 5, \[scenario\]: removed is no field",
        ),
        ("[[scenario]]\nremove = 'a'", "remove must be a list"),
        ("[[scenario]]\nremove = [7]", "remove must be a list of participant ids in quotes"),
        ("[[scenario]]\nremove = ['a']\nyears = [21]", "years must be a list of years"),
        ("[[scenario]]\nremove = ['a']\nid = 3", "line 3.*id must be a text"),
        (
            "[[scenario]]\nadd = [{supplier='a', buyer='b'}]",
            r"line 2, \[scenario\], add: value must be a number",
        ),
        ("[[scenario]]\nadd = [{supplier='a', value=1}]", "add: buyer must be a text"),
        ("[[scenario]]\nadd = [1]", "add must be a list of tables"),
        ("[[scenario]]\nset = [{participant='a'}]", "set: column must be a text"),
        # The field's own line, past texts and remarks that look like fields, in the second of the tables.
        (
            "[[scenario]]\n# value = 1\nid = 'value = 2'\nset = [\n"
            "  { participant = 'a', column = 'output' },\n"
            "  { participant = 'b', column = 'output', value = true },\n]",
            r"line 6, \[scenario\], set: value must be a number",
        ),
        (
            "[[scenario]]\n[[scenario.add]]\nsupplier = 'a'\nbuyer = 'b'\nvalue = 1\n"
            "[[scenario.add]]\nsupplier = 'a'\nbuyer = 'b'\nvalue = -1",
            r"line 9, \[scenario\], add: the value of an added link must be above 0",
        ),
        (
            "[[scenario]]\nremove = ['a']\nid = 'x'\n" * 2,
            "line 6.*another one before it is called x too",
        ),
        (
            "[[scenario]]\nset = [\n{ participant = 'a', column = 'profit' }]",
            r"line 3, \[scenario\], set: 'profit' is no figure of activity",
        ),
    ],
)
def test_files_that_are_wrong(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "scenarios.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(DataError, match=sentence):
        read_scenarios(path)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ((["a"], ["a:b:1"], ()), "a is removed and changed at once"),
        ((["a"], (), ["a.output=5"]), "a is removed and changed at once"),
        (((), (), ["b.output=5", "b.output=6"]), "output of b is set twice"),
    ],
)
def test_changes_that_contradict_each_other(changes: Any, says: str) -> None:
    with pytest.raises(DataError, match=says):
        apply_scenario(graph(), parse_scenario(*changes))


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "scenarios.toml"
    path.write_text(
        "[[scenario]]\nid = 'one'\nremove = ['a']\nyears = [2021]\n"
        "[[scenario]]\nset = [{participant = 'b', column = 'output'}]\n",
        "utf-8",
    )
    first, second = read_scenarios(path)
    assert first == Scenario("one", ("a",), years=(2021,))
    assert second.name == "2" and math.isnan(second.cells[0].value)
    with pytest.raises(DataError, match="cannot be read"):
        read_scenarios(tmp_path / "absent.toml")


def with_tables(**changed: Any) -> SupplyGraph:
    """Return a graph of a, b and c in one cluster and year, with the tables that are given."""
    people = pd.DataFrame({"participant_id": ["a", "b", "c"], "cluster_id": "k"})
    return SupplyGraph.from_tables(
        {"participants": people, **{name: pd.DataFrame(cells) for name, cells in changed.items()}}
    )


LINKS = {"year": [2022, 2022], "supplier_id": ["a", "a"], "buyer_id": ["b", "c"], "value": [2.0, 3.0]}
WORK = {
    "participant_id": ["a", "b", "c"],
    "year": [2022] * 3,
    "purchases": [9.0, 4.0, None],
    "used_by_participants": [5.0, 10.0, None],
}
USED = ["used_by_participants", "used_by_participants_low", "used_by_participants_high"]


@pytest.mark.parametrize(
    ("removed", "left"),
    [
        # b reports 10 and no link tells to whom: a bought 9 of it at most. Of the 5 of a links tell.
        ("a", {"b": [None, 1.0, 10.0]}),
        ("b", {"a": [3.0, None, None]}),
        # What c bought in all is unknown, so nothing is sure to be left of the 10 of b.
        ("c", {"a": [2.0, None, None], "b": [None, 0.0, 10.0]}),
    ],
)
def test_a_reported_volume_may_have_gone_to_who_is_removed(
    removed: str, left: dict[str, list[float | None]]
) -> None:
    after = apply_scenario(with_tables(links=LINKS, activity=WORK), Scenario("", removed=(removed,)))
    rows = after.activity.set_index("participant_id")[USED].astype("float64").to_dict("index")
    for who, cells in left.items():
        assert [None if math.isnan(cell) else cell for cell in rows[who].values()] == cells


def test_reports_that_links_tell_in_part_may_have_gone_to_who_is_removed() -> None:
    # s reports 30, a link tells of 10 to q: up to 20 of it p bought. 0.15 had been stated as the least.
    people = pd.DataFrame({"participant_id": list("sqp"), "cluster_id": "k"})
    links = pd.DataFrame({"year": [2022], "supplier_id": ["s"], "buyer_id": ["q"], "value": [10.0]})
    work = people[["participant_id"]].assign(year=2022, output=100.0, purchases=[0.0, 50.0, 20.0])
    tables = {"participants": people, "links": links, "activity": work.assign(**{USED[0]: [30.0, 0.0, 0.0]})}
    reports, recorded = Settings(internal_supply="reported"), Settings(internal_supply="links")
    for settings, ends in ((reports, [0.05, 0.15]), (recorded, [0.05, 0.05])):
        after = apply_scenario(
            SupplyGraph.from_tables(tables), Scenario("", removed=("p",)), settings.internal_supply
        )
        [row] = cooperation_tables(after, settings).formations.to_dict("records")
        assert [row[f"cooperation_ratio_{end}"] for end in ("low", "high")] == pytest.approx(ends)


def test_a_link_adds_to_a_reported_volume_and_never_stands_for_it() -> None:
    data = with_tables(links=LINKS, activity=WORK)
    with pytest.raises(DataError, match="b reports in 2022 .* the link b:a would stand for all of it"):
        apply_scenario(data, parse_scenario(add=["b:a:1"]))
    for scenario, mode in (
        (parse_scenario(add=["a:b:1"]), "links"),
        (parse_scenario(add=["b:a:1"]), "reported"),
    ):
        after = apply_scenario(data, scenario, mode)
        [link] = scenario.added
        used = dict(zip(after.activity["participant_id"], after.activity[USED[0]], strict=True))
        assert used[link.supplier] == {"a": 6.0, "b": 11.0}[link.supplier]
    bare = with_tables(activity={"participant_id": ["a", "b"], "year": [2022] * 2, "output": [10.0, 10.0]})
    with pytest.raises(DataError, match="No supply of k in 2022 is recorded by links"):
        apply_scenario(bare, parse_scenario(add=["a:b:1"]))


@pytest.mark.parametrize(
    ("options", "gone"),
    [
        ({"remove": ["b"]}, {"cooperation_ratio", "rd_per_employee", "value_added_per_employee"}),
        ({"add": ["a:b:1"]}, {"cooperation_ratio"}),
        ({"put": ["a.employees=7"]}, {"rd_per_employee", "value_added_per_employee"}),
        ({"put": ["a.rd_expenses=7"]}, {"rd_per_employee"}),
        ({"put": ["a.emissions=7"]}, set()),
    ],
)
def test_indicators_that_a_change_makes_untrue_go(options: dict[str, Any], gone: set[str]) -> None:
    told = {"cooperation_ratio": [0.4], "rd_per_employee": [0.2], "value_added_per_employee": [3.0]}
    years = {"cluster_id": ["k", "k"], "year": [2021, 2022]}
    data = with_tables(links=LINKS, indicators={**years, **{name: cell * 2 for name, cell in told.items()}})
    before, after = apply_scenario(data, parse_scenario(**options)).indicators[list(told)].isna().to_numpy()
    assert not before.any()
    assert {name for name, empty in zip(told, after, strict=True) if empty} == gone
