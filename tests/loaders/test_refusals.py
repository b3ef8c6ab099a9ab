"""Refusals speak the language of the run."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from clustercoop.cli import main
from clustercoop.cookbook import bind, get_query
from clustercoop.graph.errors import ClusterCoopError, SchemaError
from clustercoop.graph.settings import Settings
from clustercoop.graph.texts import entries, said
from clustercoop.loaders.dataset import read_dataset
from clustercoop.loaders.survey import survey

PEOPLE = "ИНН;Кластер\n01;К\n02;К\n"


def refused(folder: Path) -> ClusterCoopError:
    with pytest.raises(ClusterCoopError) as caught:
        read_dataset(folder)
    return caught.value


def test_a_refusal_says_the_same_in_both_languages(tmp_path: Path) -> None:
    (tmp_path / "participants.csv").write_text(PEOPLE, "utf-8")
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = "Свод"
    page.append(["ИНН поставщика", "ИНН покупателя", "Сумма, млн руб."])
    page.append(["01", "02", 5])
    book.save(tmp_path / "links.xlsx")
    error = refused(tmp_path)
    assert isinstance(error, SchemaError)
    assert str(error).startswith("sheet Свод of links.xlsx has no column year, which the table links needs")
    assert said(error, "ru").startswith("лист Свод файла links.xlsx: нет столбца year")
    assert "--year" in str(error) and "параметром --year" in said(error, "ru")


def test_the_command_line_and_check_refuse_in_russian(tmp_path: Path) -> None:
    (tmp_path / "participants.csv").write_text(PEOPLE, "utf-8")
    (tmp_path / "links.csv").write_text("", "utf-8")
    done = CliRunner().invoke(main, ["analyze", str(tmp_path), "--out", str(tmp_path / "o"), "--lang", "ru"])
    assert done.exit_code == 1 and "Файл links.csv пуст." in done.output
    assert survey(tmp_path, settings=Settings(lang="ru")).problems == ("Файл links.csv пуст.",)


def test_no_english_word_stays_within_a_russian_refusal(tmp_path: Path) -> None:
    assert said(refused(tmp_path), "ru").endswith("; в ней: ничего.")
    (tmp_path / "clusters.csv").write_text("cluster_id,name\nК,Кама\n", "utf-8")
    assert "В наборе clusters, но нет participants и нет links;" in said(refused(tmp_path), "ru")
    with pytest.raises(ClusterCoopError) as caught:
        bind(get_query("core_members"), {})
    assert said(caught.value, "ru").endswith("(кластер).")
    with pytest.raises(ClusterCoopError) as caught:
        Settings(currency="рубли")
    assert "код ISO из трёх латинских букв" in said(caught.value, "ru")


def test_every_refusal_of_the_readers_is_in_the_catalogue() -> None:
    from clustercoop import loaders

    folder = Path(loaders.__path__[0])
    named = {
        id
        for file in folder.glob("*.py")
        for id in re.findall(r'refusal\(\s*\w+,\s*"(\w+)"', file.read_text("utf-8"))
    }
    assert len(named) > 80 and {f"refusal.{id}" for id in named} <= set(entries("ru"))
