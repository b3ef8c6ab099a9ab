import dataclasses
import hashlib
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from openpyxl.utils.escape import unescape

from clustercoop.graph.columns import output_columns
from clustercoop.graph.errors import OutputError
from clustercoop.reports.people import for_people
from clustercoop.reports.workbook import write_workbook
from tests.reports.samples import make_result, sample

SHEETS = [
    "README",
    "formations",
    "participants",
    "clusters",
    "gaps",
    "findings",
    "rejected",
    "accounting",
    "sums",
    "inputs",
    "settings",
]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> openpyxl.Workbook:
    path = tmp_path_factory.mktemp("book") / "report.xlsx"
    write_workbook(sample(), path, "en")
    return openpyxl.load_workbook(path)


def test_every_table_has_its_sheet(book: openpyxl.Workbook) -> None:
    assert book.sheetnames == SHEETS
    assert book["formations"].max_row == len(sample().formations) + 1
    assert book["participants"].max_row == len(sample().participants) + 1


def test_nothing_is_a_formula_or_a_link(book: openpyxl.Workbook) -> None:
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f" and cell.hyperlink is None, cell.coordinate
    values = {cell.value for row in book["findings"].iter_rows() for cell in row}
    assert '=cmd|"/c calc"!A1' in values


def test_ids_are_text_with_leading_zeros(book: openpyxl.Workbook) -> None:
    column = [cell for cell in book["participants"]["C"][1:]]
    assert [cell.value for cell in column] == list(sample().participants["participant_id"])
    assert {cell.number_format for cell in column} == {"@"}
    assert column[0].value == "00000000"


def test_unknown_cells_are_empty_and_figures_are_exact(book: openpyxl.Workbook) -> None:
    written = for_people(sample(), "formations", "en")
    columns = [column for column in output_columns("formations") if column.column in written]
    rows = list(book["formations"].iter_rows(min_row=2, values_only=True))
    for at, column in enumerate(columns):
        if column.kind in ("share", "money", "float", "pvalue"):
            for value, exact in zip(
                (row[at] for row in rows), sample().formations[column.column], strict=True
            ):
                # Excel keeps 16 or 17 figures.
                assert value is None if pd.isna(exact) else value == pytest.approx(exact, rel=1e-14)


def test_heads_are_frozen_and_filtered(book: openpyxl.Workbook) -> None:
    for name in SHEETS[1:]:
        assert book[name].freeze_panes in ("A2", "C2")
        assert book[name].auto_filter.ref


def test_the_first_sheet_explains_every_column(book: openpyxl.Workbook) -> None:
    said = {(row[0], row[2]) for row in book["README"].iter_rows(values_only=True)}
    for table in ("formations", "participants", "clusters"):
        assert {(table, column.column) for column in output_columns(table)} <= said


def test_the_same_result_makes_the_same_bytes(tmp_path: Path) -> None:
    digests = set()
    for name in ("a.xlsx", "b.xlsx"):
        write_workbook(make_result(clusters=2), tmp_path / name, "ru")
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


def test_limits_of_excel_are_kept_and_told(tmp_path: Path) -> None:
    result = make_result(clusters=2)
    rejected = pd.DataFrame({"text": ["x" * 40_000, "bell\x07 and null\x00", "_x0041_", *["row"] * 50]})
    write_workbook(dataclasses.replace(result, rejected=rejected), tmp_path / "r.xlsx", "en", max_rows=20)
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    sheet = book["rejected"]
    assert sheet.max_row == 20
    assert len(sheet["A2"].value) == 32_767 and sheet["A2"].value.endswith("…")
    assert sheet["A3"].value == "bell and null"
    assert "_x0041_" in (sheet["A4"].value, unescape(str(sheet["A4"].value)))
    notes = [str(row[0]) for row in book["README"].iter_rows(values_only=True) if row[0]]
    assert any("rejected has 19 of 53 rows" in note for note in notes)
    assert any("1 texts longer than 32767" in note for note in notes)


def test_russian_heads_and_terms(tmp_path: Path) -> None:
    write_workbook(sample(), tmp_path / "r.xlsx", "ru")
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    heads = [cell.value for cell in book["formations"][1]]
    assert "Уровень кооперации" in heads
    at = heads.index("Тип экосистемы")
    assert "traditional production" not in {row[at] for row in book["formations"].iter_rows(values_only=True)}


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        write_workbook(make_result(clusters=2), tmp_path / "no" / "folder.xlsx")
