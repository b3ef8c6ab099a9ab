"""Support received: against a regression, by hand, and how often nothing is taken for something."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

import clustercoop
from clustercoop.analysis.policy.effects import Effect, Rule, difference_in_differences, rule, verdict
from clustercoop.reports.people import for_people

QUICK = Rule(2, 2, 1, 0.1, 0.05, 199)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.mark.parametrize("seed", range(3))
def test_two_periods_are_a_regression_with_fixed_effects(seed: int) -> None:
    smf = pytest.importorskip("statsmodels.formula.api")
    draw = np.random.default_rng(seed)
    n = 14
    values = draw.normal(0, 1, (n, 3)) + draw.normal(0, 3, (n, 1)) + draw.normal(0, 2, (1, 3))
    first = np.where(np.arange(n) < 6, 2021.0, math.nan)
    found = difference_in_differences(values, np.array([2020, 2021, 2022]), first, rng(), QUICK)
    rows = pd.DataFrame(
        [(i, t, values[i, t], float(i < 6 and t == 2)) for i in range(n) for t in (0, 2)],
        columns=["cluster", "year", "y", "measure"],
    )
    fitted = smf.ols("y ~ measure + C(cluster) + C(year)", rows).fit()
    assert found.difference == pytest.approx(fitted.params["measure"])


def test_each_cluster_is_compared_over_its_own_years() -> None:
    # a: measure of 2021, 1 → 7 over 2020 and 2022–23; others over the same years 0 → 1.5 and 0 → 3.
    # b: measure of 2022, 2020–21 against 2023: 0 → 10; others .5 → 2 and 1 → 4.
    values = np.array([[1, 5, 7, 7], [0, 0, 5, 10], [0, 1, 1, 2], [0, 2, 2, 4.0]])
    first = np.array([2021, 2022, math.nan, math.nan])
    found = difference_in_differences(values, np.arange(2020, 2024), first, rng(), QUICK)
    assert found.difference == pytest.approx(((6 - 2.25) + (10 - 2.25)) / 2)
    assert (found.supported, found.without) == (2, 2)


def test_all_reassignments_are_counted_where_there_are_few() -> None:
    # 5 of 10 stand out: of the 252 choices only theirs and the opposite give as large a difference.
    values = np.zeros((10, 4))
    values[:5, 3] = 1
    first = np.array([2022.0] * 5 + [math.nan] * 5)
    found = difference_in_differences(values, np.arange(2020, 2024), first, rng())
    assert found.p == pytest.approx(2 / 252) and found.least_p == pytest.approx(1 / 252)
    assert found.before == 0 and found.p_before == 1
    assert verdict(found, found.p) == "more than chance"


def test_paths_that_differed_before() -> None:
    years, first = np.arange(2019, 2024), np.array([2022.0] * 6 + [math.nan] * 6)
    values = np.outer(np.r_[np.full(6, 2.0), np.zeros(6)], years - 2019.0)
    found = difference_in_differences(values, years, first, rng())
    assert found.before == pytest.approx(4) and verdict(found, found.p) == "paths differ before"


def test_too_thin_data_give_no_figure() -> None:
    years = np.arange(2020, 2024)
    paths = np.zeros((12, 4))
    late = np.array([2023.0] * 6 + [math.nan] * 6)  # no year after
    early = np.array([2021.0] * 6 + [math.nan] * 6)  # one year before
    for first in (
        late,
        early,
        np.array([2022.0] * 4 + [math.nan] * 8),
        np.array([2022.0] * 9 + [math.nan] * 3),
    ):
        found = difference_in_differences(paths, years, first, rng())
        assert math.isnan(found.p) and verdict(found, math.nan) == "cannot be told"
    holes = paths.copy()
    holes[:3, 0] = math.nan
    assert difference_in_differences(holes, years, late - 1, rng()).supported == 3
    # Two clusters of four: six choices, so no p below .17.
    some = difference_in_differences(
        np.array([[0, 0, 9.0], [0, 0, 9], [0, 0, 0], [0, 0, 0]]),
        np.array([2020, 2021, 2022]),
        np.array([2021.0, 2021, math.nan, math.nan]),
        rng(),
        QUICK,
    )
    assert verdict(some, some.p, QUICK) == "cannot be told"


def test_nothing_is_seldom_taken_for_something() -> None:
    years, told = np.arange(2019, 2024), rule()
    first = np.array([2021.0, 2021, 2022, 2022, 2022, 2021] + [math.nan] * 8)
    few = Rule(told.with_measure, told.without_measure, told.years_before, 0.1, 0.05, 199)
    p = []
    for seed in range(200):
        draw = np.random.default_rng(seed)
        values = np.cumsum(draw.standard_t(3, (14, 5)), axis=1)
        p.append(difference_in_differences(values, years, first, draw, few).p)
    # 200 draws at .05: 10 expected, more than 19 in 1 of 300.
    assert (np.array(p) <= 0.05).sum() <= 19
    assert 0.4 < np.mean(p) < 0.6


def results(supported: int, gain: float, unread: tuple[str, ...] = ()) -> clustercoop.Result:
    draw = np.random.default_rng(4)
    clusters = [f"c{i:02d}" for i in range(14)]
    rows = [
        (c, year, 0.3 + 0.01 * draw.normal() + (gain if i < supported and year > 2022 else 0.0))
        for i, c in enumerate(clusters)
        for year in range(2019, 2025)
    ]
    tables = {
        "indicators": pd.DataFrame(rows, columns=["cluster_id", "year", "cooperation_ratio"]).assign(
            rd_per_employee=0.2, value_added_per_employee=3.0
        ),
        "measures": pd.DataFrame(
            {
                "cluster_id": [*clusters[:supported], *unread],
                "year": ["2022"] * supported + ["soon"] * len(unread),
                "category": "economic",
                "measure": "loan",
                "amount": 5.0,
            }
        ),
    }
    return clustercoop.analyze(tables, nulls=0, workers=1, metrics="core,closedness,chain")


def test_tables() -> None:
    result = results(6, 0.3)
    effects: Any = result.policy["support_effects"].set_index("outcome")
    row = effects.loc["cooperation_ratio"]
    assert row["verdict"] == "more than chance" and row["difference"] == pytest.approx(0.3, abs=0.02)
    assert effects.loc["rd_per_employee", "verdict"] == "no more than chance"
    assert effects.loc["internal_sourcing_share", "verdict"] == "cannot be told"
    shown: Any = for_people(result, "support_effects", "en").set_index("outcome")
    assert "not proof of an effect" in shown.loc["cooperation_ratio", "because"]
    assert "at least 5 clusters with the measure" in shown.loc["internal_sourcing_share", "because"]
    received: Any = result.policy["support_received"]
    one = received[(received["cluster_id"] == "c00") & (received["outcome"] == "cooperation_ratio")].iloc[0]
    assert one["without"] == 8 and one["difference"] == pytest.approx(0.3, abs=0.05)


def test_few_supported_clusters_are_not_judged() -> None:
    result = results(3, 0.3, unread=("c10",))
    # Whether c10 had the loan, a row that nobody can read leaves open: it is no cluster without.
    effects: Any = result.policy["support_effects"].set_index("outcome")
    assert effects.loc["cooperation_ratio", ["compared", "without"]].tolist() == [3, 10]
    assert set(result.policy["support_received"]["without"].dropna()) == {0, 10}
    assert set(result.policy["support_effects"]["verdict"]) == {"cannot be told"}
    for lang in ("en", "ru"):
        for text in for_people(result, "support_effects", lang)["because"]:
            assert not any(word in text for word in ("effect of", "caused", "привел", "благодаря"))


def test_verdicts() -> None:
    assert verdict(Effect(9, 9, 1.0, 0.2, 0.0, 0.9, 0.001), 0.4) == "no more than chance"
    assert verdict(Effect(9, 9, 1.0, 0.01, 2.0, 0.01, 0.001), 0.01) == "paths differ before"
