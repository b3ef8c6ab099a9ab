"""Constant prices: the same quantities at other prices change nothing that is said in constant prices."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import clustercoop
from clustercoop import Settings, analyze
from clustercoop.analysis.policy.claims import Claim, Condition, judge_claims
from clustercoop.comparing import told_comparison
from clustercoop.graph.errors import ParameterError
from clustercoop.graph.prices import Prices
from clustercoop.reports.markdown import render_markdown
from tests.builders import measured


def frames(years: tuple[int, int], rise: float, deflators: list[tuple[Any, ...]]) -> dict[str, pd.DataFrame]:
    """Three firms of 100 workers each; in the second year every price is `rise` times the first."""
    links, work = [], []
    for year, level in zip(years, (1.0, rise), strict=True):
        links += [(year, "a", "b", 100 * level), (year, "b", "c", 50 * level), (year, "c", "a", 25 * level)]
        work += [(who, year, 500 * level, 182 * level, 9 * level, 100) for who in "abc"]
    people = pd.DataFrame(
        {"participant_id": list("abc"), "cluster_id": "A", "industry_code": ["28", "28.1", "10"]}
    )
    return {
        "participants": people,
        "links": pd.DataFrame(links, columns=["year", "supplier_id", "buyer_id", "value"]),
        "activity": pd.DataFrame(
            work, columns=["participant_id", "year", "output", "value_added", "rd_expenses", "employees"]
        ),
        "deflators": pd.DataFrame(deflators, columns=["year", "index", "industry_code"]),
    }


def said(result: Any) -> set[str]:
    return {f.code for f in result.findings if f.code.startswith(("prices", "deflator", "thresholds"))}


def test_pages_and_claims_say_nominal_where_amounts_of_years_stand_side_by_side() -> None:
    figures = {"rd_per_employee": [0.05, 0.06], "value_added_per_employee": [1.0, 1.15]}
    table = pd.DataFrame({"cluster_id": "A", "year": [2030, 2031], **figures})
    result = clustercoop.analyze({"indicators": table}, nulls=0, workers=1, metrics="cooperation,chain")
    page = render_markdown(result)
    told = "are nominal: the data hold no deflators"
    # Beside types over the years, where trajectories begin, and among the findings; of the thresholds beside
    # the answer, the types, their firmness and the measures that suit them.
    assert page.count(told) == 3 and page.count("The thresholds are in prices of 2020") == 4
    claim = Claim("1", "", "A", "", (Condition("value_added_per_employee", "trend", "rises"),))
    [shown] = judge_claims([claim], result.formations, None, True)["for"]
    assert shown == "A 2030–2031: 1 → 1.15 (nominal)"
    lines = list(told_comparison(result, result, years=(2030, 2031)).lines())
    assert any("Amounts of 2030 and 2031 are nominal" in line for line in lines)


def test_without_deflators_amounts_are_nominal_and_said_to_be() -> None:
    result = measured(frames((2021, 2022), 1.15, []))
    before, after = result.formations.to_dict("records")
    # 175 / (175 × 1.15) of the links; 1.82 and 2.093 a head lie on both sides of 2, R&D .09 and .1035 of .1.
    assert after["link_jaccard"] == pytest.approx(1 / 1.15)
    assert [before["ecosystem_type"], after["ecosystem_type"]] == ["traditional production", "growth"]
    assert result.formations["price_year"].isna().all() and said(result) == {"prices_nominal"}


def test_prices_alone_change_nothing_in_constant_prices() -> None:
    result = measured(frames((2021, 2022), 1.15, [(2021, 1.0, None), (2022, 1.15, None)]))
    before, after = result.formations.to_dict("records")
    assert after["link_jaccard"] == pytest.approx(1)
    assert after["link_jaccard_nominal"] == pytest.approx(1 / 1.15)
    assert before["price_year"] == after["price_year"] == 2022
    for name, value in (("output_constant", 1725.0), ("value_added_per_employee_constant", 2.093)):
        assert before[name] == pytest.approx(value) and after[name] == pytest.approx(value)
    assert before["ecosystem_type_constant"] == after["ecosystem_type_constant"] == "growth"
    assert before["output"] == pytest.approx(1500) and said(result) == {"prices_constant"}
    earlier = measured(frames((2021, 2022), 1.15, [(2021, 1.0, None), (2022, 1.15, None)]), base_year=2021)
    assert earlier.formations["value_added_per_employee_constant"].tolist() == pytest.approx([1.82, 1.82])


def test_an_industry_has_its_own_level_by_the_longest_beginning_of_its_code() -> None:
    levels = [(2021, 1.0, None), (2022, 2.0, None), (2021, 1.0, "28"), (2022, 4.0, "28"), (2022, 5.0, "28.1")]
    result = measured(frames((2021, 2022), 1.0, levels))
    before, after = result.formations.to_dict("records")
    assert after["output_constant"] == pytest.approx(1500)
    # a (28): × 4; c (10): × 2; b (28.1) has a level of 2022 only, so the year before is unknown.
    assert pd.isna(before["output_constant"]) and "deflator_missing" in said(result)
    assert Prices(pd.DataFrame(levels, columns=["year", "index", "industry_code"])).factors(
        2021, ["28", "28.9", "10", None]
    ).tolist() == [4, 4, 2, 2]


def test_thresholds_of_other_years_are_told_or_met_in_their_prices() -> None:
    nominal = measured(frames((2005, 2006), 1.0, []))
    assert said(nominal) == {"prices_nominal", "thresholds_other_years"}
    [finding] = [f for f in nominal.findings if f.code == "thresholds_other_years"]
    assert (finding.value, finding.detail) == ("2005–2006", "2020–2023")
    # Prices of 2020 are three times those of 2005: 1.82 becomes 5.46, above 4; R&D .09 becomes .27.
    levels = [(2005, 1.0, None), (2006, 1.0, None), (2020, 3.0, None)]
    met = measured(frames((2005, 2006), 1.0, levels))
    assert said(met) == {"prices_constant", "thresholds_converted"}
    assert met.formations["ecosystem_type"].tolist() == ["development"] * 2


def test_indicators_are_deflated_by_the_general_level() -> None:
    table = pd.DataFrame({"cluster_id": "A", "year": [2021, 2022], "value_added_per_employee": [1.0, 1.2]})
    levels = pd.DataFrame({"year": [2021, 2022], "index": [100.0, 120.0], "industry_code": None})
    result = measured({"indicators": table, "deflators": levels})
    assert result.formations["value_added_per_employee_constant"].tolist() == pytest.approx([1.2, 1.2])
    assert result.formations["price_year"].tolist() == [2022, 2022]


def test_years_of_thresholds_are_checked(tmp_path: Any) -> None:
    path = tmp_path / "own.toml"
    text = """[about]\ndate = "2020"\nstatus = "own reading"\ncurrency = "RUB"\nsource = "x"
years = [2023, 2020]
[innovation]\nlow_below = 1\nhigh_above = 2\n[productivity]\nlow_below = 1\nhigh_above = 2\n"""
    path.write_text(text, "utf-8")
    with pytest.raises(ParameterError, match="first and the last year"):
        analyze(frames((2021, 2022), 1.0, []), settings=Settings(thresholds=str(path)))
