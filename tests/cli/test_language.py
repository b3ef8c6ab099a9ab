"""Results hold no language: figures are equal whatever the run spoke, and any language is written of them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import clustercoop
from tests.builders import frames
from tests.cli.test_cli import hashes


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One dataset with refused rows analysed in two languages, and a report of the first in the second."""
    folder = tmp_path_factory.mktemp("runs")
    tables = frames()
    tables["links"].loc[0, "value"] = -5.0
    tables["activity"] = tables["activity"].drop(index=[3, 4])
    for lang in ("en", "ru"):
        clustercoop.analyze(tables, folder / lang, nulls=0, workers=1, lang=lang)
    clustercoop.report(folder / "en", folder / "report", lang="ru")
    return {path.name: path for path in folder.iterdir()}


def test_tables_of_figures_are_equal_byte_for_byte(runs: dict[str, Path]) -> None:
    english, russian = hashes(runs["en"]), hashes(runs["ru"])
    parquet = {name for name in english if name.endswith(".parquet")}
    assert {"formations.parquet", "gaps.parquet", "findings.parquet", "rejected.parquet"} <= parquet
    assert {name for name in parquet | {"model/model.json"} if english[name] != russian[name]} == set()


def test_a_report_in_another_language_is_the_other_runs_own(runs: dict[str, Path]) -> None:
    translated, russian = hashes(runs["report"]), hashes(runs["ru"])
    assert {"report.html", "report.md", "report.xlsx"} <= set(translated)
    assert {name for name in translated if translated[name] != russian[name]} == set()


def test_sentences_of_tables_follow_the_run(runs: dict[str, Path]) -> None:
    for lang, negative, why in (("en", "is negative", "is unknown"), ("ru", "отрицательно", "неизвестно")):
        assert negative in pd.read_csv(runs[lang] / "rejected.csv")["reason"][0]
        rows = pd.read_csv(runs[lang] / "formations.csv")
        assert rows["unknown_because"].str.contains(why).any()
        assert pd.read_csv(runs[lang] / "gaps.csv")["message"].str.contains(why).any()
    assert pd.read_csv(runs["ru"] / "formations.csv")["sources"].str.startswith("Внутренние поставки").all()
