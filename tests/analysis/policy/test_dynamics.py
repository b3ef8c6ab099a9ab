"""How types move: Table 3's transitions, intervals and tests against scipy, headings, early warnings."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency

import clustercoop
from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.markov import credible, homogeneity, permuted
from clustercoop.analysis.policy.tables import early_warnings
from clustercoop.analysis.results import Result
from clustercoop.analysis.thresholds import load_thresholds
from clustercoop.analysis.trajectories import trajectories
from clustercoop.example import dataset
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from clustercoop.reports.said import told


def transitions(result: Result) -> dict[tuple[str, str], int]:
    table = result.policy["transitions"]
    rows = table[(table["grouping"] == "all") & (table["transitions"] > 0)]
    pairs = zip(rows["from_type"].str[0], rows["to_type"].str[0], strict=True)
    return dict(zip(pairs, rows["transitions"].astype(int), strict=True))


def test_the_transitions_of_table_3(table3: Result) -> None:
    assert table3.settings.zero_value_added == "missing"
    kept = clustercoop.analyze(
        dataset("table3"), nulls=0, workers=1, metrics="cooperation,chain", zero_value_added="keep"
    )
    printed = {("t", "t"): 18, ("i", "i"): 6, ("a", "a"): 1, ("a", "t"): 1, ("t", "a"): 1}
    assert transitions(kept) == printed
    # Three zero cells are gaps: Pskov 2021–22 and 2022–23, furniture 2020–21, all T → T, are not known.
    assert transitions(table3) == {**printed, ("t", "t"): 15}


def test_a_credible_interval_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    chances = rng.dirichlet(np.full(9, 1 / 9), 2000)[:, 0]  # drawn from the prior, the coverage is exact
    inside = 0
    for chance, count in zip(chances, rng.binomial(12, chances), strict=True):
        low, high = credible(int(count), 12, 9)
        inside += low <= chance <= high
    assert 0.93 < inside / 2000 < 0.97  # 95 % ± 4 standard errors of .005


def test_homogeneity_is_that_of_giddy() -> None:
    """Three groups of three states by Homogeneity_Results of giddy 2.3.8, which wants real numbers."""
    groups = np.array(
        [
            [[18, 2, 1], [3, 12, 2], [0, 1, 6]],
            [[9, 5, 0], [4, 8, 1], [1, 2, 5]],
            [[7, 1, 2], [0, 9, 3], [0, 0, 4]],
        ]
    )
    found = homogeneity(groups)
    assert (found.pearson, found.likelihood_ratio) == pytest.approx((16.111786995965, 18.291316253187))
    assert found.freedom == 12 and found.asymptotic == pytest.approx((0.186169502648, 0.107127212993))


def test_homogeneity_is_the_sum_of_independent_tables() -> None:
    rng = np.random.default_rng(8)
    for _ in range(20):
        groups = rng.integers(0, 6, (3, 4, 4))
        groups[:, 1, 2] = 0
        groups[2, 3] = 0
        pearson = ratio = freedom = 0.0
        for state in range(4):
            table = groups[:, state]
            table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
            if min(table.shape) > 1:
                found = chi2_contingency(table, correction=False)
                pearson += float(found.statistic)
                freedom += int(found.dof)
                ratio += float(chi2_contingency(table, correction=False, lambda_="log-likelihood").statistic)
        mine = homogeneity(groups)
        assert mine.pearson == pytest.approx(pearson) and mine.likelihood_ratio == pytest.approx(ratio)
        assert mine.freedom == freedom


def test_permutation_finds_a_difference_and_spares_likeness() -> None:
    stay, leave = np.array([[3, 0], [0, 0]]), np.array([[0, 3], [0, 0]])
    apart = np.array([stay] * 6 + [leave] * 6)
    group = np.repeat([0, 1], 6)
    # Only 2 of the 924 regroupings of 12 units are as far apart.
    assert permuted(apart, group, np.random.default_rng(1), 999) < 0.01
    alike = np.array([stay, leave] * 6)
    assert permuted(alike, group, np.random.default_rng(1), 999) == 1.0


def path(rd: list[float], added: list[float]) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "cluster_id": "c", "year": [2020 + k for k in range(len(rd))], "ecosystem_type": "growth",
            "rd_per_employee": rd, "value_added_per_employee": added, "cooperation_ratio": math.nan,
        }
    )  # fmt: skip
    return trajectories(frame, load_thresholds())


def test_changes_are_of_constant_prices_where_both_years_have_them() -> None:
    frame = pd.DataFrame(
        {
            "cluster_id": "c", "year": [2020, 2021, 2022], "ecosystem_type": "growth",
            "rd_per_employee": 0.2, "cooperation_ratio": math.nan,
            "value_added_per_employee": [2.0, 2.2, 2.4],
            "value_added_per_employee_constant": [2.0, 1.9, None],
        }
    )  # fmt: skip
    found = trajectories(frame, load_thresholds())
    # A rise of 10 % in prices hides a fall of 5 %; the level of 2022 is not known.
    assert found["value_added_growth"].tolist()[1:] == pytest.approx([-0.05, 0.2 / 2.2])
    assert found["heading"].tolist()[1:] == ["less productive", "more productive"]


def test_speed_and_direction_count_widths_of_the_medium_band() -> None:
    # Steps: (+.2 / .2, 0), (0, +2 / 2), (−.6 / .2, −8 / 2) with length √(9 + 16) = 5, and none.
    found = path([0.1, 0.3, 0.3, -0.3, -0.3], [1.0, 1.0, 3.0, -5.0, -5.0])
    assert found["speed"].tolist()[1:] == pytest.approx([1, 1, 5, 0])
    assert found["direction"].tolist()[1:3] == pytest.approx([0, 90])
    assert found["direction"][3] == pytest.approx(180 + math.degrees(math.atan(4 / 3)))
    assert found["heading"].tolist() == [
        "", "more innovative", "more productive", "less innovative and productive", "stands still",
    ]  # fmt: skip


def warnings(rows: dict[str, list[Any]]) -> dict[tuple[int, str], str]:
    """Return what is warned of in a cluster with the given figures, of 2020 on where no years are."""
    size = len(next(iter(rows.values())))
    frame = pd.DataFrame({"cluster_id": "c", "year": [2020 + k for k in range(size)]}).assign(**rows)
    analysed = Analysed(frame, pd.DataFrame(), pd.DataFrame(), SupplyGraph.from_tables({}), Settings())
    table = early_warnings.make(analysed)
    for lang in ("en", "ru"):
        assert all(told(cell, lang) for cell in table["because"])
    states = zip(table["year"], table["warning"], strict=True)
    return dict(zip(states, table["state"], strict=True))


def test_two_falling_years_warn_and_bounds_decide() -> None:
    found = warnings({"cooperation_ratio": [0.5, 0.4, 0.3, 0.3]})
    assert found[2022, "cooperation falls"] == "yes" and found[2023, "cooperation falls"] == "no"
    assert found[2022, "productivity falls"] == "cannot be told"
    assert (2021, "cooperation falls") not in found
    bounded = {
        "cooperation_ratio": [0.5, math.nan, 0.2],
        "cooperation_ratio_low": [0.5, 0.3, 0.2],
        "cooperation_ratio_high": [0.5, 0.4, 0.2],
    }
    assert warnings(bounded)[2022, "cooperation falls"] == "yes"
    bounded["cooperation_ratio_high"][1] = 0.6
    assert warnings(bounded)[2022, "cooperation falls"] == "cannot be told"


def test_only_years_next_to_each_other_warn() -> None:
    figures: dict[str, list[Any]] = {"cooperation_ratio": [0.5, 0.4, 0.3, 0.2, 0.1]}
    found = warnings({"year": [2018, 2020, 2021, 2023, 2024], **figures})
    # 2018 → 2020 and 2021 → 2023 are no steps of a year: nobody falls two years in a row.
    assert not [place for place in found if place[1] == "cooperation falls"]
    assert {year for year, _ in found} == {2021, 2024}
    # A year that has a row and no figure cannot be told.
    unknown = warnings({"cooperation_ratio": [0.5, None, 0.3]})
    assert unknown[2022, "cooperation falls"] == "cannot be told"


def test_who_moved_over_a_gap_is_no_stayer() -> None:
    rd = {2020: 0.05, 2021: 0.05, 2023: 0.2}
    rows = [("c", year, value, 1.0) for year, value in rd.items()]
    # f goes to more innovation in 2021, and nobody knows its step of 2022.
    rows += [("f", year, value, 1.0) for year, value in ((2020, 0.01), (2021, 0.05), (2022, float("nan")))]
    rows += [("d", 2020, 0.05, 1.0), ("d", 2022, 0.05, 1.0), ("e", 2020, 0.05, 1.0), ("e", 2021, 0.05, 1.0)]
    table = pd.DataFrame(rows, columns=["cluster_id", "year", "rd_per_employee", "value_added_per_employee"])
    found = clustercoop.analyze({"indicators": table}, nulls=0, workers=1, metrics="cooperation,chain")
    told = found.policy["paths"].set_index("cluster_id")
    # d is in one type in both years that are known, and nothing says what it was in between.
    assert told["mover"].fillna("").to_dict() == {"c": "mover", "d": "", "e": "stayer", "f": ""}
    assert told["transitions"].to_dict() == {"c": 1, "d": 0, "e": 1, "f": 1}
    assert told["moves"].to_dict() == dict.fromkeys("cdef", 0)
    assert told.loc["f", "mean_speed"] == pytest.approx(0.04 / 0.2)
    assert told.loc[["c", "d", "f"], "net_heading"].isna().all() and told.loc["e", "net_speed"] == 0


def test_another_type_of_other_members_is_no_move() -> None:
    """In 2020 a and b tell 8.1 for 90 employees, .09; in 2021 c tells its 5 too: 13.1 / 100 is medium."""
    rows = {"participant_id": list("abcabc"), "year": [2020] * 3 + [2021] * 3}
    cells = {"employees": [45.0, 45.0, 10.0] * 2, "rd_expenses": [4.05, 4.05, None, 4.05, 4.05, 5.0]}
    work = pd.DataFrame({**rows, **cells})
    people = pd.DataFrame({"participant_id": list("abc"), "cluster_id": "k", "role": "firm"})
    tables = {"participants": people, "activity": work.assign(value_added=work["employees"])}
    found = clustercoop.analyze(tables, nulls=0, workers=1, metrics="cooperation,chain")
    assert found.formations["ecosystem_type"].tolist() == ["traditional production", "improvement"]
    [path] = found.policy["paths"].to_dict("records")
    assert pd.isna(path["mover"]) and (path["transitions"], path["moves"]) == (0, 0)
    whole = {**tables, "activity": tables["activity"].fillna(0.0)}  # 8.1 / 100: c spends nothing
    found = clustercoop.analyze(whole, nulls=0, workers=1, metrics="cooperation,chain")
    assert found.policy["paths"]["mover"].tolist() == ["mover"]


def test_closing_in_compares_isolation_of_the_same_parts() -> None:
    figures: dict[str, list[Any]] = {"cooperation_ratio": [0.5, 0.4], "isolation": [0.3, 0.6]}
    assert warnings({**figures, "isolation_basis": ["autonomy", "autonomy"]})[2021, "closing in"] == "yes"
    parts = ["autonomy", "autonomy; inside_knowledge_share"]
    assert warnings({**figures, "isolation_basis": parts})[2021, "closing in"] == "cannot be told"
    figures["isolation"] = [0.3, 0.3]
    assert warnings({**figures, "isolation_basis": ["a", "a"]})[2021, "closing in"] == "no"


def test_a_core_turns_over_unless_a_tie_leaves_it_open() -> None:
    # 4 of 5 are in one of the two only; then 2 of 4, which is not above one half.
    found = warnings({"core_members": ["a;b;c", "c;d;e", "c;d;e", "c;d;f"]})
    assert [found[year, "core turns over"] for year in (2021, 2022, 2023)] == ["yes", "no", "no"]
    # With b perhaps in both cores, from 1 − 2/3 to 1 − 1/4 may have changed.
    tied = warnings({"core_members": ["a;c", "c;d"], "core_maybe_members": ["b", "b"]})
    assert tied[2021, "core turns over"] == "cannot be told"
    assert warnings({"core_members": ["a;c", None]})[2021, "core turns over"] == "cannot be told"


def test_several_groupings_are_corrected_for() -> None:
    clusters = [f"c{k:02d}" for k in range(12)]
    rows = [
        (c, year, 0.2 if k >= 6 and year == 2021 else 0.05, 1.0)
        for k, c in enumerate(clusters)
        for year in (2020, 2021)
    ]
    names = ["cluster_id", "year", "rd_per_employee", "value_added_per_employee"]
    result = clustercoop.analyze(
        {
            "indicators": pd.DataFrame(rows, columns=names),
            "clusters": pd.DataFrame(
                {"cluster_id": clusters, "region": ["A"] * 6 + ["B"] * 6, "industry": ["steel", "wood"] * 6}
            ),
        },
        nulls=0,
        workers=1,
        metrics="cooperation,chain",
    )
    found = result.policy["homogeneity"].set_index("grouping")
    # All of region A stay and all of B move; half of either industry does.
    assert found["p_permutation"]["region"] < 0.015 and found["p_permutation"]["industry"] == 1
    assert found["p_holm"]["region"] == pytest.approx(2 * found["p_permutation"]["region"])
    assert found["verdict"].to_dict() == {"region": "differ", "industry": "no difference shown"}
