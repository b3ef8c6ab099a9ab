"""Types, dysfunctions, the two-trait rule and trajectories, on the source's own table among others."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustercoop.analysis.cooperation import cooperation_tables
from clustercoop.analysis.trajectories import trajectories
from clustercoop.analysis.typology import (
    classify,
    load_thresholds,
    rule_sentence,
    rule_verdicts,
    yearly_rule,
)
from clustercoop.graph.errors import DataError, ParameterError
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from clustercoop.graph.texts import entries, term
from tests import builders
from tests.places import SHARED

TABLE3 = SHARED / "table3" / "indicators.csv"
TRANSPORT = "Transport and special mechanical engineering and instrument making cluster"
KALASHNIKOV = "Kalashnikov industrial cluster"
VORONEZH = "Voronezh Region oil gas and chemical equipment manufacturers cluster"


def typed(rd: float | None, value_added: float | None, currency: str = "RUB") -> tuple[str, str, str, str]:
    frame = pd.DataFrame({"rd_per_employee": [rd], "value_added_per_employee": [value_added]}, dtype=float)
    row = classify(frame, load_thresholds(), currency)[0].iloc[0]
    return row["innovation_level"], row["productivity_level"], row["ecosystem_type"], row["dysfunction"]


@pytest.mark.parametrize(
    ("rd", "value_added", "kind", "dysfunction"),
    [
        (0.05, 1, "traditional production", ""),
        (0.05, 3, "adaptation", ""),
        (0.05, 5, "sustainability", "exhausted extensive growth"),
        (0.2, 1, "improvement", ""),
        (0.2, 3, "growth", ""),
        (0.2, 5, "development", ""),
        (0.4, 1, "experimentation", "commercialisation problem"),
        (0.4, 3, "transition to new models", ""),
        (0.4, 5, "leadership and breakthrough", "mature"),
    ],
)
def test_nine_types_and_three_dysfunctions(
    rd: float, value_added: float, kind: str, dysfunction: str
) -> None:
    assert typed(rd, value_added)[2:] == (kind, dysfunction)


@pytest.mark.parametrize(
    ("rd", "level"),
    [
        (0.0, "low"),
        (0.0999, "low"),
        (0.1, "medium"),
        (0.1 - 1e-12, "medium"),
        (0.3, "medium"),
        (0.1 + 0.2, "medium"),  # 0.30000000000000004
        (0.3001, "high"),
        (None, ""),
    ],
)
def test_boundaries_belong_to_the_medium_level(rd: float | None, level: str) -> None:
    assert typed(rd, 1)[0] == level


@pytest.mark.parametrize(("va", "level"), [(-3.0, "low"), (2.0, "medium"), (4.0, "medium"), (4.01, "high")])
def test_productivity_boundaries(va: float, level: str) -> None:
    assert typed(0.2, va)[1] == level


def test_unknown_in_is_unknown_out() -> None:
    assert typed(None, 5) == ("", "high", "", "")
    assert typed(0.2, None) == ("medium", "", "", "")


def test_another_currency_is_not_classified() -> None:
    assert typed(0.2, 3, "USD") == ("", "", "", "")
    frame = pd.DataFrame({"rd_per_employee": [0.2], "value_added_per_employee": [3.0]})
    _, findings = classify(frame, load_thresholds(), "USD")
    [finding] = findings
    assert (finding.code, finding.value, finding.detail) == ("thresholds_currency", "USD", "RUB")
    assert len(classify(frame * math.nan, load_thresholds(), "USD")[1]) == 0


@pytest.fixture(scope="module")
def table3() -> SupplyGraph:
    if not TABLE3.exists():
        pytest.skip("Table 3 is not beside the repository")
    return SupplyGraph.from_tables({"indicators": pd.read_csv(TABLE3)})


def types_of(graph: SupplyGraph, zero: str) -> pd.DataFrame:
    settings = Settings(zero_value_added="keep" if zero == "keep" else "missing")
    formations = cooperation_tables(graph, settings).formations
    return classify(formations, load_thresholds(), graph.currency)[0]


@pytest.mark.shared_data
def test_table_3_as_printed(table3: SupplyGraph) -> None:
    counts = types_of(table3, "keep")["ecosystem_type"].value_counts()
    assert counts.to_dict() == {"traditional production": 25, "improvement": 8, "adaptation": 3}


@pytest.mark.shared_data
def test_table_3_with_its_zero_cells_missing(table3: SupplyGraph) -> None:
    counts = types_of(table3, "missing")["ecosystem_type"].value_counts()
    assert counts.to_dict() == {"traditional production": 22, "improvement": 8, "adaptation": 3, "": 3}
    findings = cooperation_tables(table3, Settings()).findings
    named = {(f.cluster_id, f.year, f.column) for f in findings if f.code == "value_added_zero"}
    column = "value_added_per_employee"
    assert named == {
        ("Pskov Region industrial electrical engineering cluster", 2022, column),
        ("Pskov Region industrial electrical engineering cluster", 2023, column),
        ("Volga Federal District furniture cluster", 2020, column),
    }


@pytest.mark.shared_data
def test_what_the_source_says_of_its_table_against_the_table(table3: SupplyGraph) -> None:
    path = trajectories(types_of(table3, "keep")).set_index(["cluster_id", "year"])
    kind, growth = path["ecosystem_type"], path["value_added_growth"]
    # "Traditional in 2020 and 2021, adaptation in 2022 and 2023": 2020 is contradicted, 2.179 is medium.
    assert [kind[TRANSPORT, year] for year in range(2020, 2024)] == [
        "adaptation", "traditional production", "adaptation", "adaptation",
    ]  # fmt: skip
    assert path.loc[(TRANSPORT, 2021), "transition"] == "adaptation → traditional production"
    # "Its productivity grew steadily": 1.648 / 2.179 − 1 = −24.4 % in 2021.
    assert round(growth[TRANSPORT, 2021], 3) == -0.244
    # TRANSMASH's and Pipeline's did.
    for steady in ("TRANSMASH industrial cluster", "Pipeline fittings production cluster"):
        assert (growth[steady].dropna() > 0).all() and growth[steady].notna().sum() == 3
    # "Kalashnikov approaches medium": it is medium in every year, and so is Voronezh, higher in each.
    for name in (KALASHNIKOV, VORONEZH):
        assert set(kind[name]) == {"improvement"}
    spending = path["rd_per_employee"]
    assert (spending[VORONEZH].to_numpy() > spending[KALASHNIKOV].to_numpy()).all()
    # "Productivity declines at Voronezh and Kalashnikov": in 2023, by 70 % and 87 %.
    assert round(growth[VORONEZH, 2023], 3) == -0.699 and round(growth[KALASHNIKOV, 2023], 3) == -0.868
    # "None is high on both": holds; no year is high on either.
    levels = types_of(table3, "keep")
    assert "high" not in set(levels["innovation_level"]) | set(levels["productivity_level"])


def path_frame() -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "cluster_id": ["b", "a", "a", "a", "a"],
            "year": [2021, 2022, 2020, 2021, 2024],
            "rd_per_employee": [0.1, 0.4, 0.0, 0.2, 0.4],
            "value_added_per_employee": [1.0, math.nan, 4.0, 5.0, 5.0],
            "cooperation_ratio": [0.5, 0.6, 0.4, math.nan, 0.7],
        }
    )
    return classify(frame, load_thresholds(), "RUB")[0]


def test_trajectories_follow_consecutive_years_of_a_cluster() -> None:
    path = trajectories(path_frame())
    assert list(zip(path["cluster_id"], path["year"], strict=True)) == [
        ("a", 2020), ("a", 2021), ("a", 2022), ("a", 2024), ("b", 2021),
    ]  # fmt: skip
    # 2023 is missing: the path of 2024 starts anew; b does not follow a.
    assert path["previous_year"].tolist() == [pd.NA, 2020, 2021, pd.NA, pd.NA]
    assert path["transition"].tolist() == ["", "adaptation → development", "", "", ""]
    assert path["rd_change"].tolist()[1:3] == [0.2, 0.2]
    # Growth from zero is not a number; from 4 to 5 it is a quarter.
    assert math.isnan(path["rd_growth"][1]) and path["value_added_growth"][1] == 0.25
    assert path["cooperation_change"].isna().all()


@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from([math.nan, 0.0, 0.2, 0.3, 0.1 + 0.2, 0.31, 1.0]),
            st.sampled_from([math.nan, 0.0, 0.04, 0.05, 0.1, 0.2, 0.4]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_the_rule_of_a_year_is_that_of_a_cluster_of_one_year(rows: list[tuple[float, float]]) -> None:
    frame = pd.DataFrame(rows, columns=["cooperation_ratio", "rd_per_employee"]).assign(
        cluster_id=[f"c{i}" for i in range(len(rows))], year=2020, value_added_per_employee=math.nan
    )
    thresholds = load_thresholds()
    judged = classify(frame, thresholds, "RUB")[0]
    assert yearly_rule(judged, thresholds) == rule_verdicts(judged, thresholds)["rule_verdict"].tolist()


def verdicts(cooperation: list[float], rd: list[float], currency: str = "RUB") -> pd.Series:
    years = list(range(2020, 2020 + len(rd)))
    frame = pd.DataFrame(
        {
            "cluster_id": "c",
            "year": years,
            "cooperation_ratio": cooperation,
            "rd_per_employee": rd,
            "value_added_per_employee": math.nan,
        }
    )
    thresholds = load_thresholds()
    return rule_verdicts(classify(frame, thresholds, currency)[0], thresholds).iloc[0]


@pytest.mark.parametrize(
    ("cooperation", "rd", "verdict"),
    [
        ([0.31], [0.1], "ecosystem-like"),
        ([0.3], [0.05], "cluster-like"),  # "above 30 %": exactly 30 % is not
        ([0.31], [0.05], "undecided"),
        ([0.2], [0.4], "undecided"),
        ([math.nan], [0.4], "undecided"),
        ([math.nan], [0.01], "undecided"),
        ([0.9, 0.1, 0.1], [0.4, 0.01, 0.01], "cluster-like"),  # medians .1 and .01
        ([0.2, 0.6], [0.1, math.nan], "ecosystem-like"),  # medians .4 of two years and .1 of one
    ],
)
def test_the_two_trait_rule(cooperation: list[float], rd: list[float], verdict: str) -> None:
    row = verdicts(cooperation, rd)
    assert row["rule_verdict"] == row["formation_verdict"] == verdict
    assert row["verdict_basis"] == "rules"
    assert math.isnan(row["ecosystem_probability"]) and math.isnan(row["jaccard"])


def test_the_rule_says_which_trait_and_which_years_decide() -> None:
    row = verdicts([0.2, 0.6], [math.nan, math.nan])
    assert row["years"] == "2020;2021"
    assert rule_sentence(row["rule_because"], "en") == (
        "cooperation: holds (median of 2020, 2021: 40%, must be above 30%); innovation: unknown in every year"
    )
    russian = rule_sentence(verdicts([0.2], [0.2])["rule_because"], "ru")
    assert "признака нет (2020 год: 20 %, нужно больше 30 %)" in russian


def test_the_rule_does_not_judge_innovation_in_another_currency() -> None:
    row = verdicts([0.5], [0.4], currency="EUR")
    assert row["rule_verdict"] == "undecided" and math.isnan(row["rule_innovation"])


@pytest.mark.parametrize("unknown", [None, math.nan, pd.NA, ""])
def test_tables_read_back_hold_unknown_levels_and_types_as_missing(unknown: object) -> None:
    frame = path_frame()
    blank = pd.Series([unknown] * len(frame), dtype=object)
    frame = frame.assign(innovation_level=blank, ecosystem_type=blank)
    assert set(rule_verdicts(frame, load_thresholds())["rule_verdict"]) == {"undecided"}
    assert (trajectories(frame)["transition"] == "").all()


def test_no_formation_gives_no_verdict() -> None:
    empty = cooperation_tables(SupplyGraph.from_tables({}), Settings()).formations
    thresholds = load_thresholds()
    assert len(rule_verdicts(classify(empty, thresholds, "RUB")[0], thresholds)) == 0
    assert len(trajectories(classify(empty, thresholds, "RUB")[0])) == 0


ABOUT = '[about]\ndate = "2025-01-01"\nstatus = "unverified"\ncurrency = "eur"\nsource = "own"\n'
BANDS = "[innovation]\nlow_below = 1\nhigh_above = 2\n[productivity]\nlow_below = 10\nhigh_above = 20\n"


def test_a_file_of_ones_own_changes_the_bands_and_keeps_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(ABOUT + BANDS, "utf-8")
    own = load_thresholds(path)
    assert own.currency == "EUR" and own.origin.status == "unverified"
    assert own.innovation.low_below == 1 and own.cooperation_above == 0.3
    frame = pd.DataFrame({"rd_per_employee": [1.5], "value_added_per_employee": [25.0]})
    assert classify(frame, own, "EUR")[0]["ecosystem_type"].item() == "development"


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("[about", DataError, "not valid TOML"),
        (BANDS, DataError, "no section [about]"),
        (ABOUT, DataError, "no section [innovation]"),
        (ABOUT + "[innovation]\nlow_below = 1\n", DataError, "has no high_above"),
        (ABOUT + "[bands]\nx = 1\n" + BANDS, DataError, "unknown section [bands]"),
        (ABOUT + BANDS.replace("high_above = 2\n", "high_above = 0.5\n"), ParameterError, "low_below (1)"),
        (ABOUT + BANDS.replace("low_below = 1\n", "low_below = -1\n"), ParameterError, "a finite number ≥ 0"),
        (ABOUT + BANDS.replace("low_below = 1\n", 'low_below = "1"\n'), ParameterError, "got '1' instead"),
        (ABOUT + BANDS.replace("low_below = 1\n", "low_below = nan\n"), ParameterError, "got nan instead"),
        (ABOUT.replace("eur", "euro") + BANDS, ParameterError, "ISO code of three letters"),
        (ABOUT.replace("unverified", "sure") + BANDS, ParameterError, "one of sourced, unverified"),
        (ABOUT + BANDS + '[types.low]\nlow = "x"\n', ParameterError, "the name of a type"),
        (ABOUT + BANDS + "[roles]\nnon_producing = 3\n", ParameterError, "a list of texts"),
        # A misspelled field would leave bands without years, a dysfunction without its name.
        (ABOUT + "yeras = [2020, 2023]\n" + BANDS, DataError, "no field yeras, line 6"),
        (ABOUT + BANDS + "high_abve = 30\n", DataError, "no field high_abve"),
        (ABOUT + BANDS + '[dysfunctions.low]\nhihg = "x"\n', DataError, "[dysfunctions.low] of the"),
        (ABOUT + BANDS + '[dysfunctions.lwo]\nhigh = "x"\n', DataError, "no field lwo"),
        (ABOUT + BANDS + 'column = "output"\n', ParameterError, "one of value_added_per_employee"),
        (ABOUT + BANDS + '[shock]\nfirst_month = "April 2020"\n', ParameterError, "a month such as 2020-04"),
    ],
)  # fmt: skip
def test_a_bad_thresholds_file_is_told_of(
    tmp_path: Path, text: str, error: type[Exception], said: str
) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(error) as caught:
        load_thresholds(path)
    assert said in str(caught.value)
    if error is ParameterError:
        assert re.search(r"own\.toml, line \d+, must be", str(caught.value))


def test_a_thresholds_file_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent.toml"):
        with pytest.raises(DataError, match="cannot be read"):
            load_thresholds(path)
    (tmp_path / "latin.toml").write_bytes(b"[about]\nsource = '\xff'\n")
    with pytest.raises(DataError, match="cannot be read"):
        load_thresholds(tmp_path / "latin.toml")


def test_roles_of_a_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    roles = (
        '[roles]\ndate="2025"\nsource="x"\nstatus="own reading"\nnon_producing=["Lab"]\nfinal_producer=[]\n'
    )
    path.write_text(ABOUT + BANDS + roles, "utf-8")
    own = load_thresholds(path)
    assert not own.produces("LAB ") and own.produces("university") and not own.is_final_producer("oem")


def test_every_term_has_both_languages() -> None:
    thresholds = load_thresholds()
    names = {*thresholds.types.values(), *thresholds.dysfunctions.values(), "low", "medium", "high"}
    assert len(set(thresholds.types.values())) == 9
    assert {f"term.{name}" for name in names} <= set(entries("en")) & set(entries("ru"))
    assert term("mature", "ru") == "зрелость" and term("of my own", "ru") == "of my own"


def test_bounds_settle_the_first_trait() -> None:
    """R&D of .2 is medium. Above .3 in each year: holds. At most .25: fails. Between .2 and .5: open."""
    frame = pd.DataFrame(
        {
            "cluster_id": ["above", "above", "below", "open", "one end"],
            "year": [2020, 2021, 2020, 2020, 2020],
            "cooperation_ratio": [None] * 5,
            "cooperation_ratio_low": [0.31, 0.4, 0.0, 0.2, 0.35],
            "cooperation_ratio_high": [1.0, 0.9, 0.25, 0.5, None],
            "rd_per_employee": [0.2, 0.2, 0.01, 0.2, 0.2],
            "value_added_per_employee": [1.0] * 5,
        }
    )
    rules = load_thresholds()
    judged = rule_verdicts(classify(frame, rules, "RUB")[0], rules).set_index("cluster_id")
    assert judged["rule_verdict"].to_dict() == {
        "above": "ecosystem-like",
        "below": "cluster-like",
        "one end": "ecosystem-like",
        "open": "undecided",
    }
    assert rule_sentence(judged["rule_because"]["above"], "en").startswith(
        "cooperation: holds (median of 2020, 2021: 35.5…95%"
    )
    assert yearly_rule(classify(frame, rules, "RUB")[0], rules)[3] == "undecided"


def test_traits_of_different_years_decide_nothing() -> None:
    frame = pd.DataFrame(
        {
            "cluster_id": ["c", "c"],
            "year": [2015, 2023],
            "cooperation_ratio": [0.5, None],
            "rd_per_employee": [None, 0.35],
            "value_added_per_employee": [1.0, 3.0],
        }
    )
    rules = load_thresholds()
    [judged] = rule_verdicts(classify(frame, rules, "RUB")[0], rules).to_dict("records")
    assert judged["rule_verdict"] == "undecided"
    assert rule_sentence(judged["rule_because"], "en").endswith("no year shows both traits")


def test_the_shipped_table_decides_for_the_two_that_innovate() -> None:
    """All cooperate above 30 %; median R&D is medium in Voronezh (.2455) and Kalashnikov (.1215) only."""
    result = builders.table3()
    judged = result.clusters.set_index("cluster_id")
    ecosystems = judged.index[judged["rule_verdict"] == "ecosystem-like"]
    assert sorted(ecosystems) == ["kalashnikov", "voronezh-oil-gas"]
    assert (judged["rule_verdict"].drop(ecosystems) == "undecided").all()
    said = rule_sentence(judged["rule_because"]["transmash"], "en")
    assert "cooperation: holds (median of 2020–2023: > 30%" in said
    assert "innovation: does not hold" in said
    assert result.formations["cooperation_ratio"].isna().all()
    yearly = result.formations[result.formations["cluster_id"] == "kalashnikov"]["rule_verdict"]
    assert (yearly == "ecosystem-like").all()
