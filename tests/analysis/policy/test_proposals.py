"""Claims proposed from a report: English and Russian sentences, and that a person has to confirm them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from clustercoop.analysis.policy.claims import judge_claims, read_claims
from clustercoop.analysis.policy.proposals import as_toml, propose
from clustercoop.cli import main

NAMES = {
    "kalashnikov": "Kalashnikov · Калашников",
    "pskov-electrical": "Pskov electrical engineering · Псков, электротехника",
    "transmash": "TRANSMASH · ТРАНСМАШ",
}
ROWS = pd.DataFrame({"cluster_id": list(NAMES), "year": 2022, "cooperation_ratio": [0.31, 0.8040, 0.4]})


def proposed(sentence: str) -> list[dict[str, Any]]:
    return [dict(each.fields) for each in propose(sentence, ROWS, NAMES)]


@pytest.mark.parametrize(
    ("sentence", "claim"),
    [
        (
            "In 2022 the cooperation level of the Kalashnikov cluster was above 30 %.",
            {"cluster": "kalashnikov", "column": "cooperation_ratio", "above": 0.3, "years": [2022]},
        ),
        (
            "В 2022 году уровень кооперации Псковского кластера составил 80,4 %.",
            {
                "cluster": "pskov-electrical", "column": "cooperation_ratio", "at_least": 0.8035,
                "also": [{"column": "cooperation_ratio", "at_most": 0.8045}], "years": [2022],
            },
        ),
        (
            "Производительность ТРАНСМАШ выросла в 2020–2023 годах.",
            {
                "cluster": "transmash", "column": "value_added_per_employee", "trend": "rises",
                "years": [2020, 2021, 2022, 2023],
            },
        ),
        (
            "R&D per employee at TRANSMASH fell by 33 % in 2021.",
            {"cluster": "transmash", "column": "rd_per_employee", "trend": "falls", "years": [2020, 2021]},
        ),
        (
            "Затраты на НИОКР в кластере «Калашников» — не менее 100 тыс. руб. на работника в 2020 году.",
            {"cluster": "kalashnikov", "column": "rd_per_employee", "at_least": 0.1, "years": [2020]},
        ),
        (
            "Kalashnikov was an improvement ecosystem in 2020 and 2021.",
            {
                "cluster": "kalashnikov", "column": "ecosystem_type", "is": "improvement",
                "years": [2020, 2021],
            },
        ),
        (
            "Kalashnikov is 1 of 12 clusters with cooperation above 30 % in 2022.",
            {"cluster": "kalashnikov", "column": "cooperation_ratio", "above": 0.3, "years": [2022]},
        ),
        (
            "Затраты на НИОКР ТРАНСМАШ превысили 1 250,5 тыс. руб. на работника в 2022 году (таблица 3).",
            {"cluster": "transmash", "column": "rd_per_employee", "above": 1.2505, "years": [2022]},
        ),
        (
            "In 2022 Kalashnikov had 45 participants.",
            {
                "cluster": "kalashnikov", "column": "participants", "at_least": 44.5,
                "also": [{"column": "participants", "at_most": 45.5}], "years": [2022],
            },
        ),
        (
            "Cooperation exceeds 30 % in all nine clusters.",
            {"clusters": "all", "column": "cooperation_ratio", "above": 0.3, "in": "any"},
        ),
    ],
)  # fmt: skip
def test_what_a_sentence_claims(sentence: str, claim: dict[str, Any]) -> None:
    assert proposed(sentence) == [claim]


@pytest.mark.parametrize(
    "sentence",
    [
        "Cooperation of the Kalashnikov cluster is high.",  # no figure
        "Cooperation reached 40 % in 2022.",  # no cluster
        "The Kalashnikov cluster was founded in 2015.",  # no indicator
        "| Kalashnikov | 2022 | cooperation | 40 % |",  # a table
        # Figures that are none of the indicator's: counts, ranks, tables, dates, multiples, points.
        "Kalashnikov is 1 of 12 clusters whose cooperation is known.",
        "Калашников — 1 из 12 кластеров, для которых известен уровень кооперации.",
        "In 3 clusters, Kalashnikov among them, cooperation is high.",
        "The productivity of TRANSMASH is that of 2 of 9 clusters.",
        "The productivity of TRANSMASH is the highest of 9.",
        "Productivity of TRANSMASH is 24 % above that of Kalashnikov.",
        "Table 3.1 gives the productivity of TRANSMASH as of 31.12.2022.",
        "Производительность ТРАНСМАШ выше в 2,5 раза.",
        "Уровень кооперации ТРАНСМАШ выше на 5 процентных пунктов.",
        "Kalashnikov has 40 % more participants.",
        "```\nKalashnikov cooperation 40 %\n```",
    ],
)
def test_what_is_no_claim(sentence: str) -> None:
    assert proposed(sentence) == []


def test_proposals_are_a_file_of_claims_that_waits_for_a_person(tmp_path: Path) -> None:
    report = (
        "# Note\n\nKalashnikov's cooperation\nwas 31 % in 2022. It is odd.\n\n"
        "Уровень кооперации ТРАНСМАШ выше 50 %.\n"
    )
    for lang in ("en", "ru"):
        written = as_toml(propose(report, ROWS, NAMES), lang)
        entries = tomllib.loads(written)["claim"]
        assert [entry["id"] for entry in entries] == ["line-3-1", "line-6-2"]
        assert not any(entry["confirmed"] for entry in entries)
        path = tmp_path / "claims.toml"
        path.write_text(written, "utf-8")
        assert judge_claims(read_claims(path), ROWS, NAMES)["verdict"].tolist() == ["not confirmed"] * 2
        path.write_text(written.replace("confirmed = false", "confirmed = true"), "utf-8")
        verdicts = judge_claims(read_claims(path), ROWS, NAMES)["verdict"].tolist()
        assert verdicts == ["confirmed", "contradicted"]
    assert "проверьте: год не назван" in written


def test_the_command_writes_proposals(table3_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "draft.md").write_text("In 2021 the productivity of TRANSMASH was 0.47.", "utf-8")
    asked = ["claims", "--results", str(table3_folder), "--from-report", str(tmp_path / "draft.md")]
    told = CliRunner().invoke(main, [*asked, "--out", str(tmp_path / "c.toml")])
    assert told.exit_code == 0, told.output
    [entry] = tomllib.loads((tmp_path / "c.toml").read_text("utf-8"))["claim"]
    assert entry["cluster"] == "transmash" and entry["at_least"] == pytest.approx(0.465)
    assert CliRunner().invoke(main, [*asked, str(tmp_path / "c.toml")]).exit_code == 2  # both ways at once
    (tmp_path / "draft.md").write_text("Clusters are fine.", "utf-8")
    none = CliRunner().invoke(main, [*asked, "--lang", "ru"])
    assert none.exit_code == 0 and "Ни в одном предложении отчёта" in none.stderr and not none.stdout


QUOTED = {"k": "Кластер «Вымпел»", "m": "Промышленный кластер «Рубин»", "n": "Кластер «Рубин» (юг)"}


def quoted(sentence: str) -> list[dict[str, Any]]:
    rows = pd.DataFrame({"cluster_id": list(QUOTED), "year": 2023})
    return [dict(each.fields) for each in propose(sentence, rows, QUOTED)]


def test_what_a_name_has_in_quotes_names_it_where_it_is_alone() -> None:
    said = "В 2023 году предприятия «Вымпела» не только строили: у кластера "
    [one] = quoted(said + "«Вымпел» уровень кооперации выше 30 %.")
    assert (one["cluster"], one["above"]) == ("k", 0.3)
    assert quoted("В 2023 году у кластера «Рубин» уровень кооперации выше 30 %.") == []  # two are called so


@pytest.mark.parametrize(
    "sentence",
    [
        "Кооперация «Вымпел» не выросла в 2023 году.",
        "Не все кластеры имели уровень кооперации выше 30 % в 2023 году.",
        "Уровень кооперации «Вымпел» в 2023 году едва не достиг 40 %.",
        "Not all clusters had a cooperation ratio above 30 % in 2023.",
        "«Вымпел» was never above 30 % in cooperation in 2023.",
        "«Вымпел» wasn't of the development type in 2023.",
        "«Вымпел» failed to exceed 30 % in cooperation in 2023.",
    ],
)
def test_a_denial_is_not_proposed_as_what_it_denies(sentence: str) -> None:
    assert quoted(sentence) == [{}]
    rows = pd.DataFrame({"cluster_id": list(QUOTED), "year": 2023})
    said = as_toml(propose(sentence, rows, QUOTED), "ru")
    assert sentence in said and "отрицание" in said and tomllib.loads(said) == {}


def test_a_bound_in_words_of_a_denial_is_a_bound() -> None:
    for sentence, bound in (
        ("Уровень кооперации «Вымпел» в 2023 году не превысил 30 %.", "at_most"),
        ("The cooperation ratio of «Вымпел» did not exceed 30 % in 2023.", "at_most"),
        ("The cooperation ratio of «Вымпел» was not below 30 % in 2023.", "at_least"),
    ):
        [one] = quoted(sentence)
        assert one[bound] == 0.3 and not {"above", "below"} & set(one), sentence


def test_words_that_only_look_like_a_denial_or_a_bound_are_none() -> None:
    for sentence in (
        "Nevertheless, the cooperation ratio of «Вымпел» was 30 % in 2023.",
        "Тем не менее кооперация «Вымпел» составила 30 % в 2023 году.",
    ):
        [one] = quoted(sentence)
        assert (one["at_least"], one["also"][0]["at_most"]) == (0.295, 0.305), sentence


def test_almost_all_clusters_are_not_all() -> None:
    assert quoted("Almost all clusters had a cooperation ratio above 30 % in 2023.") == []
    assert quoted("Почти у всех кластеров уровень кооперации выше 30 % в 2023 году.") == []


def test_how_much_a_figure_grew_at_least_is_not_the_figure() -> None:
    [one] = quoted("The cooperation ratio of «Вымпел» grew by more than 5 % in 2023.")
    assert one == {"cluster": "k", "column": "cooperation_ratio", "trend": "rises", "years": [2022, 2023]}


def test_a_change_between_two_years_is_one_of_its_ends() -> None:
    for sentence, years in (
        ("Кооперация «Вымпел» снизилась на 3,3 п. п. с 2020 по 2023 год.", [2020, 2023]),
        ("Кооперация «Вымпел» выросла с 2020 по 2023 год.", [2020, 2023]),
        ("Кооперация «Вымпел» ежегодно росла с 2020 по 2023 год.", [2020, 2021, 2022, 2023]),
    ):
        assert [one["years"] for one in quoted(sentence)] == [years], sentence


def test_who_is_in_the_core_is_not_who_is_in_the_cluster() -> None:
    [one] = quoted("Ядро кластера «Вымпел» состоит из 7 участников в 2023 году.")
    assert (one["column"], one["at_least"]) == ("core_size", 6.5)
