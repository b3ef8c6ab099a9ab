"""Claims: the published sentences, three-valued logic, and files that are wrong."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import clustercoop
from clustercoop.analysis.policy.claims import judge_claims, read_claims
from clustercoop.analysis.results import Result
from clustercoop.cli import main
from clustercoop.graph.errors import DataError
from clustercoop.graph.texts import said as told_in
from tests.places import ROOT

SHIPPED = ROOT / "clustercoop" / "example" / "table3_claims.toml"

TABLE = pd.DataFrame(
    {
        "cluster_id": ["a", "a", "a", "b", "b", "b"],
        "year": [2020, 2021, 2022] * 2,
        "cooperation_ratio": [0.2, 0.3, 0.4, None, None, 0.1],
        "cooperation_ratio_low": [0.2, 0.3, 0.4, 0.35, None, 0.1],
        "cooperation_ratio_high": [0.2, 0.3, 0.4, 0.5, 0.25, 0.1],
        "ecosystem_type": ["growth", "growth", "development", "growth", "", "adaptation"],
        "innovation_level": ["medium", "medium", "medium", "medium", "low", "low"],
    }
)


TABLE = pd.concat(
    [
        TABLE,
        pd.DataFrame(
            {
                "cluster_id": ["c"] * 5 + ["d"] * 2,
                "year": [2020, 2021, 2022, 2023, 2025, 2020, 2021],
                "cooperation_ratio": [0.4, None, 0.2, 0.1, 0.3, 0.3, 0.1 + 0.2],
                "ecosystem_type": "growth",
                "innovation_level": "low",
            }
        ),
    ],
    ignore_index=True,
)
# A ratio that is known is both of its bounds.
ENDS = ["cooperation_ratio_low", "cooperation_ratio_high"]
TABLE[ENDS] = TABLE[ENDS].apply(lambda end: end.fillna(TABLE["cooperation_ratio"]))


def judged(folder: Path, entry: str) -> str:
    path = folder / "claims.toml"
    path.write_text(f"[[claim]]\n{entry}", "utf-8")
    [verdict] = judge_claims(read_claims(path), TABLE, {"a": "Альфа", "b": "Beta"})["verdict"]
    return str(verdict)


def test_the_published_sentences(table3: Result) -> None:
    found = clustercoop.claims(SHIPPED, table3).set_index("claim")["verdict"].to_dict()
    assert found == {
        "transport-traditional-2020": "contradicted",  # 2.179 is not below 2
        "transport-traditional-2021": "confirmed",  # 1.648 is
        "transport-adaptation": "confirmed",  # 2.330 and 3.305, R&D .072 and .060 below .1
        "kalashnikov-only": "contradicted",  # Voronezh: .263, .266, .228, .198
        "transport-steady-growth": "contradicted",  # 2.179 to 1.648
        "transmash-steady-growth": "confirmed",  # .385 .470 .782 .982
        "pipeline-steady-growth": "confirmed",  # .949 1.006 1.056 1.109
        "all-above-30": "confirmed",  # printed so for all nine; three ratios are printed, .8040 the highest
        "nobody-high-on-both": "confirmed",  # no R&D above .266, so no high innovation at all
    }


@pytest.mark.parametrize(
    ("entry", "verdict"),
    [
        ('cluster = "a"\ncolumn = "cooperation_ratio"\ntrend = "rises"', "confirmed"),
        ('cluster = "АЛЬФА"\ncolumn = "cooperation_ratio"\nabove = 0.3', "contradicted"),
        ('cluster = "a"\ncolumn = "cooperation_ratio"\nabove = 0.3\nin = "any"', "confirmed"),
        ('cluster = "a"\ncolumn = "cooperation_ratio"\nat_least = 0.3\nyears = [2021]', "confirmed"),
        # The ratio of b is unknown in 2020 and lies in .35 … .5; in 2021 it is at most .25.
        ('cluster = "b"\ncolumn = "cooperation_ratio"\nabove = 0.3\nyears = [2020]', "confirmed"),
        ('cluster = "b"\ncolumn = "cooperation_ratio"\nabove = 0.4\nyears = [2020]', "undecided"),
        ('cluster = "b"\ncolumn = "cooperation_ratio"\nat_least = 0.3\nyears = [2021]', "contradicted"),
        ('cluster = "b"\ncolumn = "cooperation_ratio"\nbelow = 0.3\nyears = [2021]', "confirmed"),
        ('cluster = "b"\ncolumn = "cooperation_ratio"\ntrend = "falls"', "undecided"),
        ('cluster = "b"\ncolumn = "ecosystem_type"\nis = "growth"\nyears = [2021]', "undecided"),
        ('cluster = "b"\ncolumn = "ecosystem_type"\nis = "growth"\nyears = [1999]', "undecided"),
        ('clusters = "all"\ncolumn = "ecosystem_type"\nis = ["growth", "development"]', "contradicted"),
        ('clusters = "only"\ncluster = "a"\ncolumn = "innovation_level"\nis = "Средний"', "confirmed"),
        ('clusters = "none"\ncolumn = "ecosystem_type"\nis = "experimentation"\nin = "any"', "undecided"),
        (
            'clusters = "only"\ncluster = "a"\ncolumn = "ecosystem_type"\nis = "development"\nin = "any"',
            "undecided",
        ),
        ('clusters = "only"\ncluster = "a"\ncolumn = "innovation_level"\nis = "medium"', "confirmed"),
        # A year that nothing is known of: a step of the span must fall where its end is no higher.
        ('cluster = "c"\ncolumn = "cooperation_ratio"\ntrend = "rises"', "contradicted"),
        # .4 to .2 over 2021 may have fallen twice; .1 to .3 over 2024 cannot have.
        ('cluster = "c"\ncolumn = "cooperation_ratio"\ntrend = "falls"\nfrom = 2020\nto = 2022', "undecided"),
        ('cluster = "c"\ncolumn = "cooperation_ratio"\ntrend = "falls"', "contradicted"),
        ('cluster = "c"\ncolumn = "cooperation_ratio"\ntrend = "falls"\nin = "any"', "confirmed"),
        ('cluster = "c"\ncolumn = "cooperation_ratio"\ntrend = "falls"\nyears = [2022, 2020]', "confirmed"),
        # 2024 has no row: .1 to .3 over it leaves open whether it rose in both years.
        (
            'cluster = "c"\ncolumn = "cooperation_ratio"\ntrend = "rises"\nfrom = 2023\nto = 2025',
            "undecided",
        ),
        ('cluster = "c"\ncolumn = "cooperation_ratio"\ntrend = "rises"\nyears = [2023, 2025]', "confirmed"),
        ('cluster = "c"\ncolumn = "cooperation_ratio"\ntrend = "rises"\nyears = [2025]', "undecided"),
        # .35 at least, then .25 at most.
        (
            'cluster = "b"\ncolumn = "cooperation_ratio"\ntrend = "falls"\nyears = [2020, 2021]',
            "confirmed",
        ),
        (
            'cluster = "b"\ncolumn = "cooperation_ratio"\ntrend = "rises"\nyears = [2020, 2021]',
            "contradicted",
        ),
        # .1 + .2 is no rise above .3.
        ('cluster = "d"\ncolumn = "cooperation_ratio"\ntrend = "rises"', "contradicted"),
        # In 2021 the type of b is unknown, but its innovation is low: the two cannot both hold.
        (
            'clusters = "none"\nyears = [2021]\ncolumn = "ecosystem_type"\n'
            'is = "leadership and breakthrough"\n'
            'also = [{ column = "innovation_level", is = "high" }]',
            "confirmed",
        ),
    ],
)
def test_three_valued_logic(tmp_path: Path, entry: str, verdict: str) -> None:
    assert judged(tmp_path, entry) == verdict


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no"),
        ("[[claim]", "not valid TOML"),
        (
            '[[claim]]\ncluster = "a"\ncolumn = "beauty"\nis = 1',
            "line 3.*column of formations.csv",
        ),
        ('[[claim]]\ncluster = "a"\ncolumn = "output"', "it states 0"),
        ('[[claim]]\ncluster = "a"\ncolumn = "output"\nabove = 1\nbelow = 2', "it states 2"),
        ('[[claim]]\ncolumn = "output"\nabove = 1', "must name a cluster"),
        ('[[claim]]\ncluster = "a"\ncolumn = "output"\nabove = "much"', r"line 4, \[claim\]: above must be"),
        (
            '[[claim]]\ncluster = "a"\ncolumn = "ecosystem_type"\ntrend = "rises"',
            "line 4.*trend must be",
        ),
        ('[[claim]]\ncluster = "a"\ncolumn = "output"\nabove = 1\nyear = 2020', "line 5.*year is no field"),
        (
            '[[claim]]\ncluster = "a"\ncolumn = "output"\nabove = 1\nyears = [2020]\nfrom = 2020',
            "either years",
        ),
        (
            '[[claim]]\ncluster = "a"\ncolumn = "output"\nabove = 1\nfrom = 2023\nto = 2020',
            "line 6.*to must be 2023 or later",
        ),
        ('[[claim]]\ncluster = "a"\ncolumn = "output"\nabove = 1\nyears = [true]', "years must be a list"),
        ('[[claim]]\ncluster = "a"\ncolumn = "cooperation_ratio"\nat_most = 30', "0.3 for 30 %, got 30"),
        ('[[claim]]\ncluster = "a"\ncolumn = "cooperation_ratio"\nis = [0.1, 30]', "0.3 for 30 %"),
        ('[[claim]]\ncluster = "a"\ncolumn = "output"\nabove = inf', "a finite number"),
        (
            '[[claim]]\ncluster = "a"\ncolumn = "ecosystem_type"\nis_not = "grwth"',
            "a word that ecosystem_type",
        ),
        ('[[claim]]\ncluster = "nobody"\ncolumn = "output"\nabove = 1', "'nobody'"),
        # A word is no number, and none of no values: both were held against figures, and contradicted.
        ('[[claim]]\ncluster = "a"\ncolumn = "output"\nis = "0,3"', "a number for a column of numbers"),
        ('[[claim]]\ncluster = "a"\ncolumn = "output"\nis_not = []', "a value, or a list of values"),
        (
            '[[claim]]\ncluster = "a"\ncolumn = "output"\nabove = 1\n[[claims]]\nid = "b"',
            "line 5: claims is no",
        ),
        # The first is the claim 1 already, as it has no id.
        (
            '[[claim]]\ncluster = "a"\ncolumn = "output"\nabove = 1\n'
            '[[claim]]\nid = "1"\ncluster = "a"\ncolumn = "output"\nabove = 2',
            "line 6, .*another one before it is called 1 too",
        ),
    ],
)
def test_a_wrong_file_names_entry_and_field(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "claims.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(DataError, match=says):
        judge_claims(read_claims(path), TABLE)


def test_a_name_that_two_clusters_have_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "claims.toml"
    names = {"a": "Север", "b": "север", "c": "a", "d": ""}
    verdict: dict[str, list[str]] = {}
    for said in ("a", "C", "D"):
        path.write_text(f'[[claim]]\ncluster = "{said}"\ncolumn = "cooperation_ratio"\nabove = 0.35', "utf-8")
        verdict[said] = judge_claims(read_claims(path), TABLE, names)["against"].tolist()
    # An id as it is comes before a name: "a" is the cluster a, and not c, which is called so.
    assert [found[0].split()[0] for found in verdict.values()] == ["a", "c", "d"]
    path.write_text('[[claim]]\ncluster = "Север"\ncolumn = "cooperation_ratio"\nabove = 0.35', "utf-8")
    with pytest.raises(DataError, match="which a and b are called; give an id"):
        judge_claims(read_claims(path), TABLE, names)


def test_the_command_fails_where_a_claim_is_contradicted(table3_folder: Path, tmp_path: Path) -> None:
    told = CliRunner().invoke(
        main, ["claims", str(SHIPPED), "--results", str(table3_folder), "--out", str(tmp_path / "c.csv")]
    )
    assert told.exit_code == 1
    assert "contradicted: transport-traditional-2020" in told.output
    assert "transport-engineering 2020: adaptation" in told.output
    assert len(pd.read_csv(tmp_path / "c.csv")) == 9


def test_ids_stay_as_they_are_where_figures_are_told_in_russian(tmp_path: Path) -> None:
    # p1.5 supplies 10 of its 40: 25 % in 2020; its output of 2021 is unknown.
    (tmp_path / "participants.csv").write_text("participant_id,cluster_id\np1.5,k1.5\nq,k1.5\n")
    (tmp_path / "links.csv").write_text(
        "supplier_id,buyer_id,year,value\np1.5,q,2020,10\np1.5,q,2021,10\np1.5,x,2021,30\n"
    )
    (tmp_path / "activity.csv").write_text(
        "participant_id,year,output\np1.5,2020,40\nq,2020,0\np1.5,2021,\nq,2021,0\n"
    )
    out, file = str(tmp_path / "out"), tmp_path / "claims.toml"
    clustercoop.analyze(tmp_path, out=out, metrics=["cooperation"], outputs=["parquet"], currency="RUB")
    entries = (
        'column = "cooperation_ratio"\nabove = 0.2\nalso = [{ column = "rule_verdict", is = "undecided" }]',
        'column = "cooperation_ratio"\ntrend = "rises"\nyears = [2020]',
    )
    file.write_text("".join(f'[[claim]]\ncluster = "k1.5"\n{entry}\n' for entry in entries), "utf-8")
    run = CliRunner().invoke
    told = run(main, ["claims", str(file), "--results", out, "--lang", "ru"]).output
    assert "k1.5 2020: 0,25, не определено" in told and "k1.5: один год" in told
    changed = run(main, ["whatif", out, "--set", "q.output=1", "--lang", "ru"]).output
    assert "неизвестен: p1.5" in changed and "p1,5" not in changed


def test_what_a_field_must_be_is_said_in_russian(tmp_path: Path) -> None:
    path = tmp_path / "claims.toml"
    path.write_text('[[claim]]\ncluster = "a"\ncolumn = "output"\nabove = 1\nyears = 2020', "utf-8")
    with pytest.raises(DataError) as wrong:
        read_claims(path)
    assert told_in(wrong.value, "ru").endswith("years: требуется список лет, а дано 2020.")


def test_one_of_several_terms_is_enough(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"cluster_id": ["a"], "year": [2020], "early_warnings": ["innovation falls; core turns over"]}
    )
    path = tmp_path / "claims.toml"
    entry = '[[claim]]\ncluster = "a"\ncolumn = "early_warnings"\n{kind} = "{term}"\n'
    tests = [("is", "core turns over"), ("is_not", "core turns over"), ("is", "closing in")]
    path.write_text("".join(entry.format(kind=kind, term=term) for kind, term in tests), "utf-8")
    judged = judge_claims(read_claims(path), table)
    assert judged["verdict"].tolist() == ["confirmed", "contradicted", "contradicted"]
    assert judged["for"].iloc[0] == "a 2020: innovation falls, core turns over"
