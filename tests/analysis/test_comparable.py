"""Figures per employee of members without employees, and changes between years of different members."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import clustercoop
from clustercoop.analysis.comparable import Comparable
from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.tables.support_received import paths_of
from clustercoop.analysis.trajectories import trajectories

# R&D of c (40 of 240 employees) is given in 2021 and 2022 alone; a and b have 100 employees each.
SPENT = {
    2020: (10, 20, None),
    2021: (10, 20, 40),
    2022: (10, 20, 30),
    2023: (10, 20, None),
    2024: (12, 24, None),
}
CLAIM = """
[[claim]]
id = "{trend} {years}"
cluster = "c"
column = "rd_per_employee"
trend = "{trend}"
years = {years}
"""


@pytest.fixture(scope="module")
def result() -> clustercoop.Result:
    rows = [
        (who, year, staff, rd)
        for year, spent in SPENT.items()
        for who, staff, rd in zip("abc", (100, 100, 40), spent, strict=True)
    ]
    # d spends and has no employees, e does neither.
    rows += [("d", 2024, 0, 7), ("e", 2024, 0, 0)]
    return clustercoop.analyze(
        {
            "participants": pd.DataFrame({"participant_id": list("abcdefgh"), "cluster_id": [*"ccckkkkk"]}),
            "activity": pd.DataFrame(
                [*rows, ("f", 2024, 10, 1), ("g", 2024, 30, 1), ("h", 2024, 10, 1)],
                columns=["participant_id", "year", "employees", "rd_expenses"],
            ),
        },
        nulls=0,
        workers=1,
    )


def test_whoever_spends_without_employees_is_taken_at_its_word(result: clustercoop.Result) -> None:
    row: Any = result.formations.set_index(["cluster_id", "year"]).loc[("k", 2024)]
    # d spends 7 and f, g and h 1 each, of 50 employees: (7 + 3) / 50, and every cell is known.
    ends = [row[f"rd_per_employee{end}"] for end in ("", "_low", "_high")]
    assert ends == pytest.approx([10 / 50] * 3) and row["rd_coverage"] == 1
    [told] = [f for f in result.findings if f.code == "employees_none"]
    assert (told.participant_id, told.value, told.severity) == ("d", "7", "warning")


def test_a_change_is_one_of_the_same_members(result: clustercoop.Result) -> None:
    path: Any = result.policy["trajectories"].set_index(["cluster_id", "year"]).loc["c"]
    # 0.15 of a and b, then 70/240 of all: 0.1417 more is what c spends, and no change.
    assert path["rd_change"].isna().tolist() == [True, True, False, True, False]
    assert path.loc[2022, "rd_change"] == pytest.approx(60 / 240 - 70 / 240)
    assert path.loc[2024, "rd_growth"] == pytest.approx(36 / 30 - 1)  # of a and b in both years
    assert path["because"].fillna("").str.contains("rd_per_employee").tolist() == [
        False,
        True,
        False,
        True,
        False,
    ]
    # Without the graph nobody knows who reported in 2023 and 2024.
    alone = trajectories(result.formations[result.formations["cluster_id"] == "c"]).set_index("year")
    assert alone["rd_change"].notna().tolist() == [False, False, True, False, False]


def test_a_transition_is_one_of_the_same_members() -> None:
    # 2021 is of who reports: the type moved with the figures, and whether that of all did nobody knows.
    frame = pd.DataFrame(
        {
            "cluster_id": "c",
            "year": [2020, 2021, 2022, 2023],
            "ecosystem_type": ["growth", "development", "growth", "adaptation"],
            "rd_per_employee": [0.1, 0.4, 0.1, 0.05],
            "rd_per_employee_low": [0.1, 0.05, 0.1, 0.05],
            "rd_per_employee_high": [0.1, None, 0.1, 0.05],
            "value_added_per_employee": 3.0,
            "cooperation_ratio": None,
        }
    )
    path = trajectories(frame)
    assert path["transition"].tolist() == ["", "", "", "growth → adaptation"]
    assert path["because"].str.contains("rd_per_employee").tolist() == [False, True, True, False]


def test_warnings_and_claims_keep_to_it(result: clustercoop.Result, tmp_path: Path) -> None:
    told: Any = result.policy["early_warnings"].set_index(["cluster_id", "warning", "year"])["state"]
    # 2022 fell to 0.25 from 0.29; in 2023 only 30/240 = 0.125 is sure, and c may spend any amount.
    assert told[("c", "innovation falls", 2023)] == "cannot be told"
    assert told[("c", "innovation falls", 2024)] == "no"  # a and b spend more than in 2023
    path = tmp_path / "claims.toml"
    asked = ("rises", [2020, 2021]), ("falls", [2021, 2022]), ("falls", [2022, 2023]), ("rises", [2023, 2024])
    path.write_text("".join(CLAIM.format(trend=trend, years=years) for trend, years in asked))
    found = clustercoop.claims(path, result)
    assert found["verdict"].tolist() == ["undecided", "confirmed", "undecided", "confirmed"]
    assert "0.125…" in found["missing"][2]


def test_effects_take_years_that_are_all_of_the_same_members() -> None:
    # c joins in 2021 and does not tell in 2022: what is known of that year is of a and b, as all of 2020 is.
    staff = {"a": 10, "b": 10, "c": 2}
    spent = [
        (who, year, staff[who], 1.0 if (who, year) != ("c", 2022) else None)
        for year in (2020, 2021, 2022)
        for who in "abc"
    ]
    held = {
        "participants": pd.DataFrame(
            {"participant_id": [*"abc"], "cluster_id": "k", "joined_year": [None, None, 2021]}
        ),
        "activity": pd.DataFrame(spent, columns=["participant_id", "year", "employees", "rd_expenses"]),
    }
    found = clustercoop.analyze(held, nulls=0, workers=1)
    given = Analysed(found.formations, found.participants, found.clusters, found.graph, found.settings)
    same = [given.comparable("rd_per_employee", "k", *years) for years in ((2020, 2021), (2021, 2022))]
    assert same == [True, False]
    assert list(paths_of(given, "rd_per_employee")["k"]) == [2020, 2022]


def test_who_spends_without_employees_is_behind_the_figure() -> None:
    # b has no employees: it spends 7 in 2020 and 2021, tells nothing in 2022, and has people in 2023.
    spent = {2020: (0, 7), 2021: (0, 7), 2022: (0, None), 2023: (4, 7)}
    rows = [(who, year, *own) for year, b in spent.items() for who, own in (("a", (20, 2)), ("b", b))]
    columns = ["participant_id", "year", "employees", "rd_expenses"]
    held = {
        "participants": pd.DataFrame({"participant_id": [*"ab"], "cluster_id": "k"}),
        "activity": pd.DataFrame(rows, columns=columns),
    }
    found = clustercoop.analyze(held, nulls=0, workers=1, metrics="cooperation").formations
    # 9/20, 9/20, 2/20, 9/24
    assert found["rd_per_employee"].tolist() == pytest.approx([0.45, 0.45, 0.1, 0.375])
    same = Comparable(found, clustercoop.load(held))
    known = [same("rd_per_employee", "k", year, year + 1) for year in (2020, 2021, 2022)]
    assert known == [True, False, False]


def test_a_figure_of_some_is_not_held_against_bounds_of_all(tmp_path: Path) -> None:
    # 2020: a and b spend 30 by 200, c any amount; 2021: a spends 40 by 240: all spend 0.167 at least.
    spent: dict[int, tuple[int | None, ...]] = {
        2020: (10, 20, None),
        2021: (40, None, None),
        2022: (40, 20, 10),
    }
    rows = [
        (who, year, staff, rd)
        for year, given in spent.items()
        for who, staff, rd in zip("abc", (100, 100, 40), given, strict=True)
    ]
    columns = ["participant_id", "year", "employees", "rd_expenses"]
    found = clustercoop.analyze(
        {
            "participants": pd.DataFrame({"participant_id": [*"abc"], "cluster_id": "c"}),
            "activity": pd.DataFrame(rows, columns=columns),
        },
        nulls=0,
        workers=1,
    )
    told = found.policy["early_warnings"].set_index(["warning", "year"])["state"]
    assert told["innovation falls", 2022] == "cannot be told"
    path = tmp_path / "claims.toml"
    path.write_text(CLAIM.format(trend="rises", years=[2020, 2021]))
    judged = clustercoop.claims(path, found)
    assert judged["verdict"].tolist() == ["undecided"] and "0.125… → 0.166667…" in judged["missing"][0]
