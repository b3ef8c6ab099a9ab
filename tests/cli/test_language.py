"""Results hold no language: figures are equal whatever the run spoke, and any language is written of them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import clustercoop
from tests.builders import frames
from tests.cli.test_cli import hashes, run


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


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("analyze", "Не указано: DATA."),
        ("analyze x --out", "После --out нужно значение."),
        ("analyze x --out y --strict=1", "--strict пишется без значения."),
        ("analyze x --out y --nulls -1", "Неверное значение --nulls; должно быть: целое число не меньше 0."),
        (
            "analyze x --out y --nulls many",
            "Неверное значение --nulls; должно быть: целое число не меньше 0.",
        ),
        (
            "analyze x --out y --core-error 2",
            "Неверное значение --core-error; должно быть: число от 0 до 0.5.",
        ),
        ("analyze x --out y --engine pad", "Неверное значение --engine; должно быть: одно из: local, spark."),
        (
            "analyze x --out y --metrics a",
            "Неверное значение --metrics; должно быть: одно или несколько из: ",
        ),
        ("analyze x --out y --output csv", "Параметра --output нет; похожие: --out, --outputs."),
        ("explain x --cluster c --year soon", "Неверное значение --year; должно быть: целое число."),
        ("claims absent.toml --results x", "Неверное значение [FILE]; должно быть: существующий файл."),
        ("compare a b --out c.html --years 2020 b", "Неверное значение --years; должно быть: целое число."),
        ("load x y --store z", "Лишнее: y."),
        ("remove --store x", "Укажите --cluster, --year или оба."),
        ("chek", "Команды chek нет; похожие: check"),
    ],
)
def test_wrong_usage_is_told_in_the_language_asked_for(words: str, said: str) -> None:
    command, *rest = words.split()
    done = run(command, "--lang", "ru", *rest)
    assert done.exit_code == 2
    assert f"clustercoop: {said}" in done.output
