"""Workbooks: ids keep their zeros, errors are seen, and what is no workbook is refused."""

from __future__ import annotations

import datetime
import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from clustercoop.graph.errors import DataError
from clustercoop.loaders.dataset import read_dataset
from clustercoop.loaders.raw import read_raw
from tests.loaders.biff import write_xls
from tests.loaders.small import HEAD, book, codes, read

Rows = list[list[Any]]

PEOPLE: Rows = [["participant_id", "cluster_id"], ["0101", "c"], ["0202", "c"]]
LINKS: Rows = [["year", "supplier_id", "buyer_id", "value"], [2022, "0101", "0202", 5.5]]


def test_a_workbook_is_a_dataset(tmp_path: Path) -> None:
    data = read_dataset(book(tmp_path / "d.xlsx", {"participants": PEOPLE, "links": LINKS, "notes": [["x"]]}))
    assert data.graph.node_ids.tolist() == ["0101", "0202"]
    assert data.graph.links["value"].tolist() == [5.5]
    assert "sheet_ignored" in codes(data)


def test_russian_sheet_names_and_titles(tmp_path: Path) -> None:
    people: Rows = [["Реестр участников кластера"], [], ["ИНН", "Кластер"], ["0101", "К"], ["0202", "К"]]
    links: Rows = [
        ["Год", "Поставщик", "Покупатель", "Объём отгрузки, тыс. руб."],
        [2022, "0101", "0202", 1500],
        ["Итого", None, None, 1500],
    ]
    data = read_dataset(book(tmp_path / "d.xlsx", {"Участники": people, "Поставки": links}))
    assert data.graph.links["value"].tolist() == [1.5]
    assert data.graph.links["row"].tolist() == [2]
    [title] = [f for f in data.findings if f.code == "title_rows_skipped"]
    assert (title.row, title.detail) == (1, "Реестр участников кластера")
    assert data.rejected[["sheet", "row"]].values.tolist() == [["Поставки", 3]]


def test_hidden_rows_are_counted_and_told(tmp_path: Path) -> None:
    """A filter hid 2021; the empty row below was hidden by hand, and the column is no row."""
    with xlsxwriter.Workbook(tmp_path / "d.xlsx") as out:
        for name, rows in (("participants", PEOPLE), ("links", [*LINKS, [2021, "0101", "0202", 4]])):
            sheet = out.add_worksheet(name)
            for r, row in enumerate(rows):
                sheet.write_row(r, 0, row)
            sheet.set_column(4, 4, None, None, {"hidden": True})
        out.add_worksheet("empty").set_column(0, 0, None, None, {"hidden": True})
        sheet.set_row(2, None, None, {"hidden": True})
        sheet.set_row(3, 30, None, {"hidden": True})
    data = read_dataset(tmp_path / "d.xlsx")
    assert data.graph.links["value"].tolist() == [4.0, 5.5]
    told = [(f.file, f.sheet, f.detail) for f in data.findings if f.code == "rows_hidden"]
    assert told == [("d.xlsx", "links", "1")]


def test_number_formats_give_leading_zeros_back(tmp_path: Path) -> None:
    people: Rows = [["participant_id", "cluster_id"], [7701123456, "c"], [101123456, "c"]]
    links: Rows = [["year", "supplier_id", "buyer_id", "value"], [2022, 7701123456, 101123456, 5]]
    path = book(tmp_path / "d.xlsx", {"participants": people, "links": links}, number_format="0000000000")
    data = read_dataset(path)
    assert data.graph.node_ids.tolist() == ["0101123456", "7701123456"]
    assert data.graph.links[["year", "value"]].values.tolist() == [[2022, 5.0]]


def test_numeric_ids_are_whole_text_and_a_lost_zero_is_suspected(tmp_path: Path) -> None:
    people: Rows = [["participant_id", "cluster_id"], [7701123456, "c"], [101123456, "c"]]
    links: Rows = [["year", "supplier_id", "buyer_id", "value"], [2022, 7701123456, 101123456, 5]]
    data = read_dataset(book(tmp_path / "d.xlsx", {"participants": people, "links": links}))
    assert data.graph.node_ids.tolist() == ["101123456", "7701123456"]
    lost = [f for f in data.findings if f.code == "id_lost_zero"]
    assert [(f.sheet, f.row, f.column, f.value, f.detail) for f in lost] == [
        ("participants", 3, "participant_id", "101123456", "9"),
        ("links", 2, "buyer_id", "101123456", "9"),
    ]


def test_error_cells_are_unknown_not_empty(tmp_path: Path) -> None:
    activity: Rows = [
        ["participant_id", "year", "output", "employees"],
        ["0101", 2022, "=1/0→#DIV/0!", 10],
        ["0202", 2022, 7, True],
    ]
    data = read_dataset(
        book(tmp_path / "d.xlsx", {"participants": PEOPLE, "links": LINKS, "activity": activity})
    )
    found = {(f.code, f.row, f.column, f.value) for f in data.findings if f.severity == "error"}
    assert found == {
        ("excel_error", 2, "output", "#DIV/0!"),
        ("wrong_kind", 3, "employees", "TRUE"),
    }
    assert data.graph.activity[["output", "employees"]].isna().to_numpy().tolist() == [
        [True, False],
        [False, True],
    ]


def test_formulas_without_a_stored_value_are_told(tmp_path: Path) -> None:
    path = book(tmp_path / "d.xlsx", {"participants": PEOPLE, "links": LINKS})
    stripped = tmp_path / "stripped.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(stripped, "w") as new:
        for member in old.infolist():
            data = old.read(member)
            if member.filename == "xl/worksheets/sheet2.xml":
                data = data.replace(b"<v>5.5</v>", b"<f>SUM(A1:A2)</f>")
            new.writestr(member, data)
    found = read_dataset(stripped)
    assert "formula_uncached" in codes(found)
    assert found.rejected["code"].tolist() == ["required_missing"]


def test_dates_as_years(tmp_path: Path) -> None:
    links: Rows = [LINKS[0], [datetime.date(2021, 5, 1), "0101", "0202", 5]]
    data = read_dataset(book(tmp_path / "d.xlsx", {"participants": PEOPLE, "links": links}))
    assert data.graph.years == (2021,)
    assert "year_from_date" in codes(data)


def test_one_sheet_files_in_a_folder(tmp_path: Path) -> None:
    book(tmp_path / "participants.xlsx", {"Sheet1": PEOPLE})
    book(tmp_path / "links.xlsx", {"Лист1": [["see next"]], "links": LINKS})
    assert read_dataset(tmp_path).graph.links["value"].tolist() == [5.5]


def test_several_unnamed_sheets_are_ambiguous(tmp_path: Path) -> None:
    book(tmp_path / "participants.xlsx", {"a": PEOPLE, "b": PEOPLE})
    with pytest.raises(DataError, match="several sheets"):
        read_dataset(tmp_path)


def test_old_xls(tmp_path: Path) -> None:
    write_xls(tmp_path / "d.xls", {"Участники": PEOPLE, "links": LINKS})
    data = read_dataset(tmp_path / "d.xls")
    assert data.graph.node_ids.tolist() == ["0101", "0202"]
    assert data.graph.links["value"].tolist() == [5.5]
    assert "xls_limits" in codes(data)


def test_a_large_old_xls_keeps_every_row(tmp_path: Path) -> None:
    rows: list[list[str | float]] = [["year", "supplier_id", "buyer_id", "value"]]
    rows += [[2022.0, "0101", f"x{n}", float(n)] for n in range(1, 301)]
    write_xls(tmp_path / "d.xls", {"participants": PEOPLE, "links": rows})
    links = read_dataset(tmp_path / "d.xls").graph.links
    assert (len(links), links["value"].sum()) == (300, 300 * 301 / 2)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"year\x00\x01value", "not an Excel workbook"),
        (b"<html><table></table></html>", "web page"),
        (b"PK\x03\x04" + b"\0" * 100, "damaged"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "damaged"),
    ],
)
@pytest.mark.parametrize("suffix", [".xlsx", ".xls"])
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes, says: str, suffix: str) -> None:
    path = tmp_path / f"d{suffix}"
    path.write_bytes(content)
    with pytest.raises(DataError, match=says):
        read_raw(path)


def test_a_workbook_that_unpacks_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clustercoop.loaders.workbook.MAX_UNPACKED", 1000)
    with pytest.raises(DataError, match="unpacks to more"):
        read_raw(book(tmp_path / "d.xlsx", {"links": LINKS}))


def test_a_sheet_that_claims_a_huge_range_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "d.xlsx"
    with xlsxwriter.Workbook(path) as out:
        sheet = out.add_worksheet("links")
        sheet.write(0, 0, "year")
        sheet.write(1048575, 16383, 1)
    with pytest.raises(DataError, match="spans 1048576 rows and 16384 columns"):
        read_raw(path)


def test_errors_change_no_other_cell(tmp_path: Path) -> None:
    rows: Rows = [["id", "v", None], ["0", 1.5, "a"], [None, None, None], [" x ", 2, None]]
    failed: list[Any] = ["=1/0→#DIV/0!", None, None]
    plain = read_raw(book(tmp_path / "a.xlsx", {"s": rows}))[0]
    careful = read_raw(book(tmp_path / "b.xlsx", {"s": [*rows, failed]}))[0]
    blank = [[cell or None for cell in row] for row in plain.records]
    assert blank == [[cell or None for cell in row] for row in careful.records[:-1]]
    assert plain.lines == careful.lines[:-1] == [1, 2, 4]


def test_sheets_without_cells_are_left_out(tmp_path: Path) -> None:
    path = book(tmp_path / "d.xlsx", {"empty": [], "participants": PEOPLE, "links": LINKS})
    assert [sheet.sheet for sheet in read_raw(path)] == ["participants", "links"]


@pytest.mark.parametrize(
    ("visible", "hidden"), [("Лист1", "Показатели старые"), ("Показатели", "Показатели (1)")]
)
def test_a_hidden_sheet_gives_way_to_a_visible_one_of_its_table(
    tmp_path: Path, visible: str, hidden: str
) -> None:
    head: list[object] = ["ИНН", "Год", "Выпуск, млн руб."]
    sheets = {visible: [head, ["0101", 2022, 5]], hidden: [head, ["0101", 2022, 9]]}
    book(tmp_path / "Показатели.xlsx", sheets, hidden)
    data = read(tmp_path, links=f"{HEAD}2022;0101;0202;1\n")
    assert data.graph.to_tables()["activity"]["output"].tolist() == [5.0]
    assert [f.sheet for f in data.findings if f.code == "file_passed_over"] == [hidden]
