"""One check tells what was taken for what, all that is wrong, and what is missing for which figures."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

import clustercoop
from clustercoop.cli import main
from clustercoop.graph.errors import DataError
from clustercoop.loaders.dataset import read_dataset
from clustercoop.loaders.survey import mapping_text, survey
from tests.loaders.small import book, put

PEOPLE = "ИНН;Кластер;Телефон\n0101;К;1\n0202;К;2\n"
LINKS = "Год;Поставщик;Покупатель;Сумма без НДС, тыс. руб.\n2021;0101;0202;5000\n2021;0101;;7\n2021;0202;;8\n"


def test_what_each_column_was_taken_for(tmp_path: Path) -> None:
    found = survey(put(tmp_path, participants=PEOPLE, отгрузки=LINKS))
    by_file = {taken.file: taken for taken in found.files}
    assert [(c.header, c.name, c.sure) for c in by_file["отгрузки.csv"].columns] == [
        ("Год", "year", "known"),
        ("Поставщик", "supplier_id", "known"),
        ("Покупатель", "buyer_id", "known"),
        ("Сумма без НДС, тыс. руб.", "value", "words"),
    ]
    assert by_file["отгрузки.csv"].columns[3].conversion == "÷ 1000"
    assert ("Телефон", "", "") in [(c.header, c.name, c.sure) for c in by_file["participants.csv"].columns]
    assert (found.problems, found.dataset is not None) == ((), True)
    assert [column for column, _ in found.missing][:2] == ["activity.output", "activity.purchases"]


def test_all_that_is_wrong_in_one_run(tmp_path: Path) -> None:
    bad_links = "Поставщик;Покупатель;Сумма\n0101;0202;5\n"
    figures = "ИНН;Год;Выпуск, руб.;Выпуск, тыс. руб.\n0101;2021;1;2\n"
    found = survey(put(tmp_path, participants="ИНН\n0101\n", links=bad_links, activity=figures))
    assert found.dataset is None
    said = "\n".join(found.problems)
    assert "participants.csv has no column cluster_id" in said
    assert "links.csv has no column year" in said
    assert "Two columns of activity.csv both mean output" in said
    check = clustercoop.check(tmp_path)
    assert not check.ok
    assert check.findings.count("error") >= 3
    with pytest.raises(clustercoop.ClusterCoopError):
        clustercoop.analyze(tmp_path)


def test_a_damaged_file_does_not_hide_the_faults_of_others(tmp_path: Path) -> None:
    put(tmp_path, participants="ИНН\n0101\n")
    (tmp_path / "links.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    said = "\n".join(survey(tmp_path).problems)
    assert "links.xlsx" in said and "participants.csv has no column cluster_id" in said


def test_no_dataset_at_all_is_still_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no table"):
        survey(tmp_path)


def test_a_proposed_mapping_is_read_back(tmp_path: Path) -> None:
    put(tmp_path, participants=PEOPLE, links=LINKS)
    text = mapping_text(survey(tmp_path).files)
    data = tomllib.loads(text)
    assert data["links.csv"]["columns"]["Сумма без НДС, тыс. руб."] == "value"
    assert data["participants.csv"]["columns"]["Телефон"] == ""
    before = read_dataset(tmp_path).graph.to_tables()["links"]["value"].tolist()
    (tmp_path / "mapping.toml").write_text(text, "utf-8")
    assert read_dataset(tmp_path).graph.to_tables()["links"]["value"].tolist() == before == [5.0]


def test_what_a_mapping_says_of_nothing_there_is_told(tmp_path: Path) -> None:
    put(tmp_path, participants=PEOPLE, links=LINKS)
    said = '["lnks.csv"]\nunit = "млрд руб."\n["links.csv".columns]\n"Сумма без НДС, тыс" = "value"\n'
    (tmp_path / "mapping.toml").write_text(said, "utf-8")
    told = [f.value for f in read_dataset(tmp_path).findings if f.code == "mapping_unmet"]
    assert told == ["lnks.csv", "сумма без ндс, тыс"]


def test_a_mapping_of_the_only_sheet_of_a_book_holds(tmp_path: Path) -> None:
    # 5 is of billions, as the mapping says of the sheet: 5,000 millions.
    put(tmp_path, participants="ИНН;Кластер\n01;К\n02;К\n")
    rows = [("Год", "Поставщик", "Покупатель", "Отгрузка"), (2022, "01", "02", 5)]
    book(tmp_path / "links.xlsx", {"Лист1": rows})
    said = '["links.xlsx!Лист1"]\nunit = "млрд руб."\n'
    (tmp_path / "mapping.toml").write_text(said, "utf-8")
    read = read_dataset(tmp_path)
    assert read.graph.to_tables()["links"]["value"].tolist() == [5000.0]
    assert "mapping_unmet" not in {finding.code for finding in read.findings}


@pytest.mark.parametrize(
    "said",
    [
        '{colum = "value"}',  # it set the column aside
        '{column = "value", unt = "thousand RUB"}',  # thousands were millions
        '"value"\n"ОТГРУЗКА" = "year"',
    ],
)
def test_a_misspelled_word_of_a_mapping_is_refused(tmp_path: Path, said: str) -> None:
    put(tmp_path, participants=PEOPLE, links=LINKS)
    (tmp_path / "mapping.toml").write_text(f'["links.csv".columns]\n"Отгрузка" = {said}\n', "utf-8")
    with pytest.raises(DataError, match="maps 'Отгрузка'|says what 'ОТГРУЗКА' means twice"):
        read_dataset(tmp_path)


@pytest.mark.parametrize(("lang", "by"), [("en", "by its name"), ("ru", "по имени")])
def test_the_command_tells_files_columns_gaps_and_kinds(tmp_path: Path, lang: str, by: str) -> None:
    put(tmp_path, participants=PEOPLE, links=LINKS)
    page, mapping = tmp_path / "out.html", tmp_path / "m.toml"
    arguments = ["check", str(tmp_path), "--lang", lang, "--html", str(page), "--write-mapping", str(mapping)]
    run = CliRunner().invoke(main, arguments)
    assert run.exit_code == 1  # two rows without a buyer
    assert f"links.csv: {'read as' if lang == 'en' else 'прочитано как'} links ({by})" in run.output
    assert "'Сумма без НДС, тыс. руб.' → value, ÷ 1000" in run.output
    assert "activity.output" in run.output
    [told] = [line for line in run.output.splitlines() if line.startswith(("error", "ошибка"))]
    assert told.endswith("(2 times)" if lang == "en" else "(всего таких: 2)")
    html = page.read_text("utf-8")
    assert "<script" not in html and "http" not in html.replace("Content-Security-Policy", "").replace(
        "http-equiv", ""
    )
    assert "Сумма без НДС, тыс. руб." in html and "0202" in html
    # What is wrong stands before what was read, and how much of it first of all.
    answer, found, files = (
        ("ejected: 2", "Findings", "Files") if lang == "en" else ("отклонено: 2", "Замечания", "Файлы")
    )
    assert html.index(answer) < html.index(f"<h2>{found}") < html.index(f"<h2>{files}")
    assert tomllib.loads(mapping.read_text("utf-8"))["links.csv"]["table"] == "links"


def test_a_page_holds_no_markup_of_the_data(tmp_path: Path) -> None:
    put(tmp_path, participants=PEOPLE.replace("Телефон", "<b>Телефон</b>"), links=LINKS)
    page = tmp_path / "out.html"
    CliRunner().invoke(main, ["check", str(tmp_path), "--html", str(page)])
    assert "<b>Телефон" not in page.read_text("utf-8")
