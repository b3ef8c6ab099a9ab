"""Forms: written, filled as a person would, and read back with the same figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

import clustercoop
from clustercoop.graph.errors import DataError, OutputError, ParameterError
from clustercoop.graph.schema import tables
from clustercoop.graph.texts import languages, text
from clustercoop.loaders.dataset import Dataset, read_dataset
from clustercoop.loaders.forms import MARK, TABLES, form_columns
from clustercoop.loaders.matching import options
from clustercoop.loaders.units import read_unit
from clustercoop.reports.form import units_offered

FIRST = 5
REGISTER = pd.DataFrame({"participant_id": ["0101", "0202", "0303"], "cluster_id": ["К", "К", "К"]})


def fill(path: Path, lang: str, unit: str = "", who: str = "", **sheets: Sequence[Sequence[Any]]) -> Path:
    """Fill the form at `path`: rows a sheet, below its head."""
    book = openpyxl.load_workbook(path)
    for table, rows in sheets.items():
        page = book[text(f"form.sheet_{table}", lang)]
        for at, row in enumerate(rows, FIRST):
            for column, cell in enumerate(row, 1):
                page.cell(at, column).value = cell
    first = book[text("form.sheet_help", lang)]
    for row in first.iter_rows():
        if unit and row[0].value == text("form.unit", lang):
            row[1].value = unit
        if who and row[0].value == text("form.respondent", lang):
            row[1].value = who
    book.save(path)
    return path


def made(path: Path, lang: str = "ru", **options: Any) -> Path:
    return clustercoop.template(path, lang=lang, participants=REGISTER, **options)


def table(data: Dataset, name: str) -> list[list[Any]]:
    columns = {"links": ["year", "supplier_id", "buyer_id", "value"]}.get(
        name, ["participant_id", "year", "output", "purchases", "employees", "used_by_participants"]
    )
    return data.graph.to_tables()[name][columns].values.tolist()


def said(data: Dataset, code: str) -> list[str]:
    return [finding.detail for finding in data.findings if finding.code == code]


@pytest.mark.parametrize("lang", languages())
def test_every_head_and_unit_of_a_form_is_one_that_the_readers_know(lang: str) -> None:
    for name in TABLES:
        for column in form_columns(name):
            found = options(text(f"form.{name}.{column}", lang), tables()[name])  # KeyError: give it a head
            assert [o.name for o in found] == [column]
    assert all(read_unit(unit)[1].of_money and not read_unit(unit)[0] for unit in units_offered(lang))


@pytest.mark.parametrize("lang", languages())
def test_what_is_filled_in_is_what_is_read(lang: str, tmp_path: Path) -> None:
    unit = {"en": "million EUR"}.get(lang, "млн евро")
    form = fill(
        made(tmp_path / "form.xlsx", lang),
        lang,
        unit,
        activity=[["0101", 2022, 1000.5, 400, 50, 350, 20, 300, 7], ["0202", 2022, 800]],
        links=[[2022, "0101", "0202", 300], [2022, "0202", "0999", 12.25]],
    )
    data = read_dataset(form)
    assert table(data, "activity")[0] == ["0101", 2022.0, 1000.5, 400.0, 50.0, 300.0]
    assert data.graph.to_tables()["activity"]["emissions"].tolist()[0] == 7.0
    assert table(data, "links") == [[2022.0, "0101", "0202", 300.0], [2022.0, "0202", "0999", 12.25]]
    assert data.graph.currency == "EUR"
    assert said(data, "form_unanswered") == ["0303"]
    assert data.findings.count("error") == 0, [f.message() for f in data.findings]


def test_the_unit_chosen_in_the_cell_counts(tmp_path: Path) -> None:
    figures, links = [["0101", 2022, 1500]], [[2022, "0101", "0202", 250]]
    form = fill(made(tmp_path / "form.xlsx"), "ru", "тыс. руб.", activity=figures, links=links)
    assert table(read_dataset(form), "activity")[0][2] == 1.5  # 1,500 thousand
    assert table(read_dataset(form), "links")[0][3] == 0.25
    form = fill(made(tmp_path / "preset.xlsx", unit="млрд руб."), "ru", activity=figures, links=links)
    assert table(read_dataset(form), "links")[0][3] == 250_000.0


def test_a_unit_that_is_none_is_refused(tmp_path: Path) -> None:
    form = fill(made(tmp_path / "form.xlsx"), "ru", "штук", activity=[["0101", 2022, 1500]])
    with pytest.raises(DataError, match="unit of money 'штук'"):
        read_dataset(form)
    with pytest.raises(ParameterError, match="unit of money"):
        clustercoop.template(tmp_path / "other.xlsx", unit="pieces")


def test_a_folder_of_forms_is_one_dataset_where_both_sides_report_once(tmp_path: Path) -> None:
    fill(
        made(tmp_path / "a.xlsx", unit="млн руб."),
        "ru",
        who="0101",
        activity=[["0101", 2022, 100]],
        links=[[2022, "0101", "0202", 30], [2022, "0999", "0101", 5]],
    )
    fill(
        made(tmp_path / "b.xlsx", "en", unit="thousand RUB"),
        "en",
        who="0202",
        activity=[["0202", 2022, 80_000]],
        links=[[2022, "0101", "0202", 31_000], [2022, "0202", "0101", 4_000]],
    )
    made(tmp_path / "c.xlsx")
    data = read_dataset(tmp_path)
    assert sorted(row[3] for row in table(data, "links")) == [4.0, 5.0, 30.0]  # the supplier's 30, not 31
    assert [row[2] for row in table(data, "activity")] == [100.0, 80.0]
    assert said(data, "form_unanswered") == ["0303"]
    assert sorted(data.graph.participants["participant_id"]) == ["0101", "0202", "0303"]
    assert [f.code for f in data.findings if f.severity == "error"] == []


def test_forms_of_single_participants_name_partners_whose_form_is_absent(tmp_path: Path) -> None:
    for who, other in (("0101", "0202"), ("0202", "0303")):
        form = clustercoop.template(tmp_path / f"{who}.xlsx", lang="ru")
        fill(
            form,
            "ru",
            participants=[[who, "К"]],
            activity=[[who, 2022, 100]],
            links=[[2022, who, other, 30]],
        )
    data = read_dataset(tmp_path)
    assert said(data, "form_partner_unlisted") == ["0303"]
    assert said(data, "form_unanswered") == []


def test_forms_made_for_each_participant_carry_its_names(tmp_path: Path) -> None:
    """Three members of two clusters and a partner: three forms; one comes back as it was sent."""
    people = [("01/01", "К", "Заря"), ("0202", "К", "Маяк"), ("0303", "Л", "Горн"), ("0909", None, "Банк")]
    register = pd.DataFrame(people, columns=["participant_id", "cluster_id", "name"])
    out = clustercoop.template(
        tmp_path / "forms", lang="ru", participants=register, each=True, years=(2021, 2022)
    )
    assert sorted(path.name for path in out.iterdir()) == ["01_01.xlsx", "0202.xlsx", "0303.xlsx"]
    fill(out / "01_01.xlsx", "ru", links=[[2022, "01/01", "0202", 30]])
    fill(out / "0202.xlsx", "ru", activity=[["0202", 2021, 100], ["0202", 2022, 120]])
    data = read_dataset(out)
    names = data.graph.participants.set_index("participant_id")["name"].to_dict()
    assert names == {"01/01": "Заря", "0202": "Маяк", "0303": "Горн"}
    assert [row[:3] for row in table(data, "activity")] == [["0202", 2021.0, 0.1], ["0202", 2022.0, 0.12]]
    assert said(data, "form_unanswered") == ["0303"]
    with pytest.raises(OutputError):  # what is filled in is never written over
        clustercoop.template(out, participants=register, each=True)
    with pytest.raises(ParameterError, match="participants"):
        clustercoop.template(tmp_path / "more", each=True)


def test_volumes_without_links_are_an_answer(tmp_path: Path) -> None:
    form = fill(
        made(tmp_path / "form.xlsx"),
        "ru",
        activity=[[who, 2022, 1000, None, None, None, None, 250] for who in REGISTER["participant_id"]],
    )
    result = clustercoop.analyze(form, nulls=0, workers=1)
    assert result.formations["cooperation_ratio"].tolist() == [0.25]


def test_the_example_is_no_data_even_in_a_workbook_that_is_no_form(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(made(tmp_path / "form.xlsx"))
    for title in book.sheetnames[:-1]:
        del book[title]
    book.save(tmp_path / "lone.xlsx")
    with pytest.raises(DataError):
        read_dataset(tmp_path / "lone.xlsx")


def test_an_empty_form_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="filled"):
        read_dataset(made(tmp_path / "form.xlsx"))


def test_cells_that_cannot_be_right_turn_red(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(made(tmp_path / "form.xlsx"))
    page = book[text("form.sheet_activity", "ru")]
    rules = {(str(cf.sqref), rule.formula[0]) for cf in page.conditional_formatting for rule in cf.rules}
    at = {name: "ABCDEFGHIJKLMNOP"[i] for i, name in enumerate(form_columns("activity"))}
    money = [c.name for c in tables()["activity"].columns if c.name in at and c.type == "money"]
    for name in [*money, "employees", "emissions"]:
        cell = f"${at[name]}5"
        assert any(area.startswith(at[name]) and f"{cell}<0" in rule for area, rule in rules), name
    over = f"${at['used_by_participants']}5>${at['output']}5"
    assert sum(over in rule for _, rule in rules) == 2
    assert any("<1900" in rule for area, rule in rules if area.startswith(at["year"]))
    lists = [v for v in page.data_validations.dataValidation if v.type == "list"]
    assert len(lists) == 1 and "Участники" in lists[0].formula1
    units = book[text("form.sheet_help", "ru")].data_validations.dataValidation
    assert [v.formula1 for v in units] == ['"' + ",".join(units_offered("ru")) + '"']


def test_two_forms_of_one_make_are_the_same_bytes(tmp_path: Path) -> None:
    first, second = made(tmp_path / "a.xlsx"), made(tmp_path / "b.xlsx")
    assert first.read_bytes() == second.read_bytes()
    assert openpyxl.load_workbook(first).worksheets[0]["A1"].value == MARK


def test_a_form_that_cannot_be_written_is_told_as_any_other_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # XlsxWriter wraps what the system says in an error of its own; it was called a bug.
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("xlsxwriter.workbook.ZipFile", refuse)
    with pytest.raises(OutputError, match=r"Cannot write .*f\.xlsx: Permission denied"):
        clustercoop.template(tmp_path / "f.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_the_command_writes_a_form(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from clustercoop.cli import main

    done = CliRunner().invoke(main, ["template", "--lang", "ru", "--out", str(tmp_path / "f.xlsx")])
    assert done.exit_code == 0, done.output
    assert openpyxl.load_workbook(tmp_path / "f.xlsx").sheetnames[0] == "Инструкция"
