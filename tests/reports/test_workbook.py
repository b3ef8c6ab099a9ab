import dataclasses
import hashlib
import re
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from openpyxl.utils.escape import unescape
from openpyxl.worksheet.worksheet import Worksheet

from clustercoop.analysis.results import Result
from clustercoop.graph.columns import OutputColumn, output_column, output_columns, policy_tables
from clustercoop.graph.errors import OutputError
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.texts import entries, languages, subset, text
from clustercoop.reports.inert import anchor, cell_text, xml_text
from clustercoop.reports.network import view_name
from clustercoop.reports.numbers import is_unknown
from clustercoop.reports.overview import HEAD
from clustercoop.reports.people import for_people
from clustercoop.reports.section import Sheet
from clustercoop.reports.tables import unit, year_span
from clustercoop.reports.words import Words
from clustercoop.reports.workbook import _Sheets, write_workbook
from tests.reports.samples import make_result, sample

SHEETS = [
    "Overview",
    "Read me",
    "Clusters by year",
    "Participants by year",
    "Clusters",
    "Supply links",
    "Gaps",
    "Findings",
    "Rejected rows",
    "Rows",
    "Sums",
    "Input files",
    "Settings",
]


@cache
def small() -> Result:
    return make_result(clusters=1, smallest=5, largest=6)


def test_every_sheet_prints_its_heads_on_each_page(book: openpyxl.Workbook) -> None:
    for sheet in book.worksheets[1:]:
        assert sheet.print_title_rows, sheet.title
        assert sheet.page_setup.orientation == "landscape"
    assert book["Clusters by year"].print_title_cols == "$A:$B"


GROUPED = ("Clusters by year", "Participants by year", "Clusters")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> openpyxl.Workbook:
    path = tmp_path_factory.mktemp("book") / "report.xlsx"
    write_workbook(sample(), path, "en", page="report.html", views="views")
    return openpyxl.load_workbook(path)


def heads_of(sheet: Worksheet) -> list[str]:
    """Return the heads: the second row where the first names groups of columns."""
    return [str(cell.value) for cell in sheet[2 if sheet.freeze_panes == "C3" else 1]]


def column_of(sheet: Worksheet, head: str) -> list[Any]:
    heads = heads_of(sheet)
    rows = sheet.iter_rows(min_row=3 if sheet.freeze_panes == "C3" else 2, values_only=True)
    return [row[heads.index(head)] for row in rows]


def test_every_table_has_its_sheet(book: openpyxl.Workbook) -> None:
    assert book.sheetnames == SHEETS
    assert len(column_of(book["Clusters by year"], "Cluster")) == len(sample().formations)
    assert len(column_of(book["Participants by year"], "Cluster")) == len(sample().participants)
    assert len(column_of(book["Supply links"], "Buyer")) == sum(
        len(f.src) for f in sample().graph.formations()
    )


def test_nothing_is_a_formula_and_links_lead_to_our_own_pages(book: openpyxl.Workbook) -> None:
    targets = set()
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", cell.coordinate
                if cell.hyperlink is not None:
                    # Excel writes relative paths with the separator of Windows; every program reads it.
                    target = str(cell.hyperlink.target).replace("\\", "/")
                    targets.add((target, cell.hyperlink.location))
    pages = {("report.html", anchor(cluster)) for cluster in sample().graph.cluster_ids}
    views = {(f"views/{view_name(cluster)}", None) for cluster in sample().graph.cluster_ids}
    assert targets == {("report.html", None)} | pages | views
    values = {cell.value for row in book["Findings"].iter_rows() for cell in row}
    assert '=cmd|"/c calc"!A1' in values


def test_a_table_of_participants_for_people_has_names_beside_ids() -> None:
    told, graph = for_people(sample(), "participants", "en"), sample().graph
    assert list(told)[:5] == ["cluster_id", "cluster_name", "year", "participant_id", "participant_name"]
    for id, name, names in (
        ("cluster_id", "cluster_name", graph.cluster_names),
        ("participant_id", "participant_name", graph.names),
    ):
        assert told[name].tolist() == [names[one] for one in told[id]]
    assert "cluster_name" not in sample().participants
    bare = {"participants": sample().participants[["participant_id", "cluster_id"]].drop_duplicates()}
    nameless = dataclasses.replace(sample(), graph=SupplyGraph.from_tables(bare))
    assert list(for_people(nameless, "participants", "en")) == list(sample().participants)


def test_no_page_no_link(tmp_path: Path) -> None:
    write_workbook(small(), tmp_path / "r.xlsx")
    sheets = openpyxl.load_workbook(tmp_path / "r.xlsx").worksheets
    assert not any(cell.hyperlink for sheet in sheets for row in sheet.iter_rows() for cell in row)


def test_ids_are_text_with_leading_zeros_and_names_stand_beside_them(book: openpyxl.Workbook) -> None:
    sheet = book["Participants by year"]
    at = heads_of(sheet).index("Participant")
    ids = [row[at] for row in sheet.iter_rows(min_row=2)]
    ids = ids[1:] if sheet.freeze_panes == "C3" else ids
    assert [cell.value for cell in ids] == list(sample().participants["participant_id"])
    assert {cell.number_format for cell in ids} == {"@"} and ids[0].value == "00000000"
    clusters, people = sample().graph.cluster_names, sample().graph.names
    told = [None if (name := xml_text(people[str(cell.value)])) == "" else name for cell in ids]
    assert [unescape(str(name)) for name in column_of(sheet, "Participant: name")] == [
        str(name).replace("\r", "") for name in told
    ]
    links = book["Supply links"]
    for side in ("Supplier", "Buyer"):
        pairs = set(zip(column_of(links, side), column_of(links, f"{side}: name"), strict=True))
        assert all(unescape(str(name)) == xml_text(people[id]) for id, name in pairs)
    pairs = set(zip(column_of(links, "Cluster"), column_of(links, "Cluster: name"), strict=True))
    assert all(xml_text(clusters[id]) == unescape(name) for id, name in pairs)
    formations, label = book["Clusters by year"], output_column("formations", "core_members").label("en")
    members = zip(column_of(formations, label), column_of(formations, f"{label}: names"), strict=True)
    assert all((ids is None) == (names is None) for ids, names in members)


def with_unit(column: OutputColumn) -> str:
    measure = unit(column.unit, sample().graph.currency, Words("en"))
    return f"{column.label('en')}, {measure}" if measure else column.label("en")


def test_unknown_cells_are_empty_and_figures_are_exact(book: openpyxl.Workbook) -> None:
    frame, sheet = for_people(sample(), "formations", "en"), book["Clusters by year"]
    for column in output_columns("formations"):
        if column.column in frame and column.kind in ("share", "money", "float", "pvalue"):
            told = column_of(sheet, with_unit(column))
            for value, exact in zip(told, sample().formations[column.column], strict=True):
                # Excel keeps 16 or 17 figures.
                assert value is None if pd.isna(exact) else value == pytest.approx(exact, rel=1e-14)


def test_heads_are_frozen_and_filtered_and_columns_stand_by_section(book: openpyxl.Workbook) -> None:
    for sheet in book.worksheets[2:]:
        assert sheet.freeze_panes in ("A2", "C2", "C3")
        assert sheet.auto_filter.ref
    sheet = book["Clusters by year"]
    groups = [cell.value for cell in sheet[1] if cell.value]
    sections = list(dict.fromkeys(c.section for c in output_columns("formations") if c.section))
    held = [text(f"report.nav_{section}", "en") for section in sections]
    assert groups == [group for group in held if group in groups] and len(groups) > 4
    folded = [letter for letter, column in sheet.column_dimensions.items() if column.outlineLevel]
    assert folded and not sheet.column_dimensions["A"].outlineLevel


def test_the_overview_shows_the_last_year_of_each_cluster(book: openpyxl.Workbook) -> None:
    sheet, last = book["Overview"], sample().formations.groupby("cluster_id").tail(1)
    heads = [cell.value for cell in sheet[HEAD + 1]]
    rows = list(sheet.iter_rows(min_row=HEAD + 2, max_row=HEAD + 1 + len(last), values_only=True))
    at = heads.index("Cooperation ratio")
    told = [value for row in rows if isinstance(value := row[at], float)]
    assert told == sorted(told, reverse=True)
    assert told == pytest.approx(last["cooperation_ratio"].dropna().sort_values(ascending=False).tolist())
    assert [type(chart).__name__ for chart in vars(sheet)["_charts"]] == [
        "BarChart",
        "BarChart",
        "ScatterChart",
    ]
    rules = {rule.type for ranged in sheet.conditional_formatting for rule in ranged.rules}
    assert {"dataBar", "colorScale", "cellIs"} <= rules
    counts = pd.crosstab(sample().formations["year"], sample().formations["ecosystem_type"])
    table = list(sheet.iter_rows(min_row=HEAD + len(last) + 4, values_only=True))
    [start] = [at for at, row in enumerate(table) if row[0] == "Ecosystem type"]
    assert [row[1:5] for row in table[start + 1 :][: counts.shape[1]]] == [
        tuple(counts[name]) for name in counts
    ]


def test_the_second_sheet_explains_every_column(book: openpyxl.Workbook) -> None:
    said = {(row[0], row[2]) for row in book["Read me"].iter_rows(values_only=True)}
    for name, table in zip(GROUPED, ("formations", "participants", "clusters"), strict=True):
        assert {(name, column.column) for column in output_columns(table)} <= said
    assert {row[0] for row in book["Read me"].iter_rows(values_only=True)} >= set(SHEETS[2:])


def test_the_same_result_makes_the_same_bytes(tmp_path: Path) -> None:
    digests = set()
    for name in ("a.xlsx", "b.xlsx"):
        write_workbook(small(), tmp_path / name, "ru")
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


def test_rows_made_by_column_are_those_that_xlsxwriter_writes_by_cell(tmp_path: Path) -> None:
    import python_calamine
    import xlsxwriter

    columns: dict[str, list[Any]] = {
        "share": [0.1 + 0.2, float("nan"), 1e-7, -0.0, 12345678.25, float("inf")],
        "int": [1, pd.NA, 3, None, np.int64(5), np.float64(6)],
        "year": [2020, 2021, 2022, 2023, 2024, 2025],
        "bool": [True, "false", pd.NA, "", np.True_, False],
        "text": ["  a ", "=1+1", "<r> & <b></r>", "0010", "two\nlines_x0041_", True],
        "years": ["2020;2021;2022", "2020", "", None, "2020;2022", "x"],
    }
    path, slow = tmp_path / "rows.xlsx", tmp_path / "cells.xlsx"
    with xlsxwriter.Workbook(str(path), {"in_memory": True}) as book:
        sheets = _Sheets(book, Words("en"), 100)
        sheets.add(Sheet("links", [(kind, kind) for kind in columns], list(columns.values())))
    with xlsxwriter.Workbook(str(slow)) as book:
        sheet, forms = book.add_worksheet("Supply links"), _Sheets(book, Words("en"), 100)
        for at, (kind, values) in enumerate(columns.items()):
            sheet.write_string(0, at, kind, forms.head)
            for row, value in enumerate(values, start=1):
                if is_unknown(value):
                    continue
                if kind == "bool" or value is True:
                    sheet.write_boolean(row, at, str(value) == "True")
                elif isinstance(value, str) or value == float("inf"):
                    told = year_span(value) if kind == "years" else cell_text(str(value))
                    sheet.write_string(row, at, told, forms.text)
                else:
                    sheet.write_number(row, at, value, forms.number[kind])
    made, expected = (openpyxl.load_workbook(file).worksheets[0] for file in (path, slow))
    assert made.dimensions == expected.dimensions == "A1:F7"
    for row_made, row_expected in zip(made.iter_rows(), expected.iter_rows(), strict=True):
        for one, other in zip(row_made, row_expected, strict=True):
            assert (one.data_type, one.number_format, one.alignment.vertical) == (
                other.data_type, other.number_format, other.alignment.vertical
            )  # fmt: skip
            assert one.value == (
                pytest.approx(other.value, rel=1e-15) if one.data_type == "n" else other.value
            )
    assert made["A2"].value == 0.1 + 0.2  # sixteen figures would make it another number
    read = [python_calamine.CalamineWorkbook.from_path(file).get_sheet_by_index(0) for file in (path, slow)]
    assert str(read[0].to_python()[2:]) == str(read[1].to_python()[2:])


def test_limits_of_excel_are_kept_and_told(tmp_path: Path) -> None:
    result = small()
    rejected = pd.DataFrame({"text": ["x" * 40_000, "bell\x07 and null\x00", "_x0041_", *["row"] * 50]})
    write_workbook(dataclasses.replace(result, rejected=rejected), tmp_path / "r.xlsx", "en", max_rows=20)
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    sheet = book["Rejected rows"]
    assert sheet.max_row == 20
    assert len(sheet["A2"].value) == 32_767 and sheet["A2"].value.endswith("…")
    assert sheet["A3"].value == "bell and null"
    assert "_x0041_" in (sheet["A4"].value, unescape(str(sheet["A4"].value)))
    notes = [str(row[0]) for row in book["Read me"].iter_rows(values_only=True) if row[0]]
    assert any("Rejected rows has 19 of 53 rows" in note for note in notes)
    assert any("texts longer than 32767 characters were cut: 1." in note for note in notes)


def test_a_workbook_speaks_one_language_in_sheets_heads_and_terms(tmp_path: Path) -> None:
    write_workbook(sample(), tmp_path / "r.xlsx", "ru")
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    assert not any(re.search("[A-Za-z]", name) for name in book.sheetnames)
    sheet = book["Кластеры по годам"]
    assert "Уровень кооперации" in heads_of(sheet)
    assert "traditional production" not in column_of(sheet, "Тип экосистемы")


def test_every_sheet_has_a_name_that_excel_takes_and_a_meaning() -> None:
    tables = ("formations", "participants", "clusters", *policy_tables())
    for lang in languages():
        names = subset("report.sheet_", lang)
        assert set(tables) <= set(names)
        assert len({name.casefold() for name in names.values()}) == len(names)
        for key, name in names.items():
            assert len(name) <= 29 and not re.search(r"[][:*?/\\']", name), name
            assert (
                output_columns(key)
                or key in ("overview", "readme")
                or f"report.readme_{key}" in entries(lang)
            )


def test_names_of_sheets_that_are_long_or_alike_are_told_apart() -> None:
    import xlsxwriter

    sheets = _Sheets(xlsxwriter.Workbook("never.xlsx", {"in_memory": True}), Words("en"), 10)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Words, "__call__", lambda self, key, **places: "A/B: " + "long " * 12)
        names = [sheets.name("x") for _ in range(3)]
    assert len(set(names)) == 3 and all(len(name) <= 31 and not set("/:") & set(name) for name in names)


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        write_workbook(small(), tmp_path / "no" / "folder.xlsx")
