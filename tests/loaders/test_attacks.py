"""Inputs as offices make them, with traps: read rightly, refused in a sentence, or told; never wrong."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlsxwriter

from clustercoop.graph.errors import SchemaError
from clustercoop.loaders.dataset import Dataset, read_dataset, read_frames
from clustercoop.loaders.text import decode
from tests.loaders.small import book, codes

PEOPLE = "ИНН;Кластер\n0101;К\n0202;К\n0303;Л\n"
HEAD = "Год;Поставщик;Покупатель;"
ROWS = "2021;0101;0202;1500\n2021;0202;0303;7,5\n"


def read(folder: Path, encoding: str = "utf-8", **files: str) -> Dataset:
    for name, text in ({"participants": PEOPLE} | files).items():
        (folder / f"{name}.csv").write_bytes(text.encode(encoding))
    return read_dataset(folder)


def values(data: Dataset) -> list[float]:
    return [float(v) for v in data.graph.links["value"]]


MEMBERS = [["ИНН", "Кластер"], ["0101", "К"], ["0202", "К"]]


def supplies(header: str, *cells: Any) -> list[list[Any]]:
    return [["Год", "Поставщик", "Покупатель", header], *([2021, "0101", "0202", cell] for cell in cells)]


# 1 500 and 7.5 thousand are 1.5 and 0.0075 million, whoever says "thousand", wherever.
THOUSANDS = {
    "title": f"Сведения о поставках кластера за 2021 год, тыс. руб.;;;\n{HEAD}Сумма\n{ROWS}",
    "title in words": f"Поставки (в тысячах рублей);;;\n;;;\n{HEAD}Сумма\n{ROWS}",
    "corner": f"Поставки;;;\n;;;тыс. руб.\n{HEAD}Сумма\n{ROWS}",
    "classifier": f"Поставки;;;\nКод по ОКЕИ: тысяча рублей – 384;;;\n{HEAD}Сумма\n{ROWS}",
    "note": f"{HEAD}Сумма\n{ROWS}Все суммы в тыс. руб.;;;\n",
    "row of units": f"{HEAD}Сумма\n;;;тыс. руб.\n{ROWS}",
    "full row of units": f"{HEAD}Сумма\nгод;-;-;тыс. руб.\n{ROWS}",
    "units below codes": f"{HEAD}Сумма\n;ИНН;ИНН;тыс. руб.\n{ROWS}",
    "т.р.": f"{HEAD}Сумма, т.р.\n{ROWS}",
    "т. руб.": f"{HEAD}Сумма (т. руб.)\n{ROWS}",
    "тысруб": f"{HEAD}Сумма, тыс.руб.\n{ROWS}",
    "unit said twice": f"{HEAD}Сумма (тыс. руб.), тыс. руб.\n{ROWS}",
    "column of units": f"{HEAD}Сумма;Ед. изм.\n" + ROWS.replace("\n", ";тыс. руб.\n"),
    "column of codes": f"{HEAD}Сумма;Единица измерения\n" + ROWS.replace("\n", ";384\n"),
    "numbers of columns": f"{HEAD}Сумма, тыс. руб.\nА;Б;1;2\n{ROWS}",
    "two rows": "Год;Поставщик;Покупатель;Поставка, тыс. руб.;\n;;;Сумма;Договор\n"
    + ROWS.replace("\n", ";5\n"),
}


@pytest.mark.parametrize("case", THOUSANDS)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1251"])
def test_thousands_are_thousands_wherever_they_are_said(tmp_path: Path, case: str, encoding: str) -> None:
    data = read(tmp_path, encoding, links=THOUSANDS[case])
    assert values(data) == [1.5, 0.0075]
    assert data.graph.currency == "RUB"
    assert "unit_converted" in codes(data)
    assert not {"unit_assumed", "unit_unstated"} & codes(data)


REFUSED = {
    "tonnes": (f"{HEAD}Объём поставки, тыс. тонн\n{ROWS}", "cannot be value"),
    "price": (f"{HEAD}Стоимость, руб./т\n{ROWS}", "cannot be value"),
    "pieces": (f"{HEAD}Объём поставки, шт.\n{ROWS}", "cannot be value"),
    "per cent": (f"{HEAD}Объём поставки, %\n{ROWS}", "cannot be value"),
    "two currencies": (f"{HEAD}Сумма, руб. (USD)\n{ROWS}", "has no column value"),
    "two scales": (f"{HEAD}Сумма, тыс. млн руб.\n{ROWS}", "has no column value"),
    "unit below": (f"{HEAD}Сумма, тыс. руб.\n;;;млн руб.\n{ROWS}", "another unit than the cell below"),
    "titles": (f"Поставки, тыс. руб.;;;\nИтоги в млн руб.;;;\n{HEAD}Сумма\n{ROWS}", "name several units"),
    "title of a second table": (
        f"Поставки, тыс. руб.;;;\n{HEAD}Сумма\n{ROWS}Услуги, млн руб.;;;\n{HEAD}Сумма\n{ROWS}",
        "name several units",
    ),
    "currencies by row": (
        f"{HEAD}Сумма;Валюта\n2021;0101;0202;5;USD\n2021;0202;0303;5;RUB\n",
        "several currencies \\(RUB, USD\\)",
    ),
    "unit no money": (f"{HEAD}Сумма;Ед. изм.\n2021;0101;0202;5;тонн\n", "one unit of money"),
    "column against header": (f"{HEAD}Сумма, руб.;Валюта\n2021;0101;0202;5;USD\n", "different units"),
    "second table, other order": (
        f"{HEAD}Сумма\n{ROWS}\nГод;Покупатель;Поставщик;Сумма\n2021;0101;0202;5\n",
        "Row 5 of links.csv is the header of another table",
    ),
    "second table, other unit": (
        f"{HEAD}Сумма, тыс. руб.\n{ROWS}{HEAD}Сумма, млн руб.\n2021;0101;0202;5\n",
        "Row 4 of links.csv is the header of another table",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_summed_is_refused_in_a_sentence(tmp_path: Path, case: str) -> None:
    text, says = REFUSED[case]
    with pytest.raises(SchemaError, match=says) as caught:
        read(tmp_path, links=text)
    assert "\n" not in str(caught.value)


def test_amounts_in_titles_are_no_units(tmp_path: Path) -> None:
    data = read(tmp_path, links=f"Поставки дороже 5 млн руб., тыс. руб.;;;\n{HEAD}Сумма\n{ROWS}")
    assert values(data) == [1.5, 0.0075]


def test_a_unit_that_no_figure_can_have_leaves_the_figure_unknown(tmp_path: Path) -> None:
    figures = "ИНН;Год;Выпуск, тонн;Численность, руб.;Выбросы, тыс. тонн\n0101;2021;5;6;7\n"
    data = read(tmp_path, links=f"{HEAD}Сумма\n{ROWS}", activity=figures)
    row = data.graph.activity.iloc[0]
    assert row[["output", "employees"]].isna().all()
    assert row["emissions"] == 7000.0
    assert {f.value for f in data.findings if f.code == "unit_wrong"} == {"Выпуск, тонн", "Численность, руб."}


def test_a_column_of_currencies_names_no_scale(tmp_path: Path) -> None:
    data = read(tmp_path, links=f"{HEAD}Сумма;Валюта\n2021;0101;0202;5;USD\n")
    assert (values(data), data.graph.currency) == ([5.0], "USD")
    assert {"unit_unstated", "unit_from_column"} <= codes(data)


def test_implausible_millions_are_told(tmp_path: Path) -> None:
    data = read(tmp_path, links=f"{HEAD}Сумма\n2021;0101;0202;150000000\n")
    assert [f.value for f in data.findings if f.code == "unit_implausible"] == ["150000000"]


GAPS = ["н/д", "…", "–", "—"]
RUSSIAN_HEAD, LATIN_HEAD = "ИНН;Год;Выпуск, тыс. руб.", "participant_id;year;output"


# A lone Х is left out of the Latin file: one high letter in Latin text may as well be a damaged byte.
@pytest.mark.parametrize(
    ("header", "mark"),
    [(RUSSIAN_HEAD, mark) for mark in (*GAPS, "Х")] + [(LATIN_HEAD, mark) for mark in GAPS],
)
def test_marks_of_gaps_do_not_hide_the_encoding(tmp_path: Path, header: str, mark: str) -> None:
    figures = header + "\n" + "".join(f"{n:04};2021;{mark}\n" for n in range(1, 300)) + "0101;2020;5\n"
    data = read_dataset_of(tmp_path, figures.encode("cp1251"))
    [entry] = [e for e in data.provenance["inputs"] if e["table"] == "activity"]
    assert entry["encoding"] == "cp1251"
    assert data.graph.activity["output"].notna().sum() == 1
    assert "not_a_number" not in codes(data)


def read_dataset_of(folder: Path, activity: bytes) -> Dataset:
    (folder / "activity.csv").write_bytes(activity)
    return read(folder, links=f"{HEAD}Сумма\n{ROWS}")


def test_ids_with_one_russian_letter_do_not_hide_the_encoding() -> None:
    text = HEAD + "Сумма\n" + "".join(f"2021;П-{n};А-{n + 1};5\n" for n in range(300))
    assert decode(text.encode("cp1251"), "links.csv") == (text, "cp1251")


def test_a_flipped_byte_in_latin_text_is_still_damage() -> None:
    for flipped in (b"\xb9", b"\xbb", b"\xed", b"\x96"):
        assert decode(b"year,id\n2021,a" + flipped + b"c\n", "a.csv")[1] == "utf-8 (damaged)"


def test_rows_that_number_the_columns_are_no_records(tmp_path: Path) -> None:
    people = PEOPLE.replace("Кластер\n", "Кластер\n1;2\n")
    data = read(tmp_path, participants=people, links=f"{HEAD}Сумма\n1;2;3;4\n{ROWS}")
    assert data.graph.node_ids.tolist() == ["0101", "0202", "0303"]
    assert data.rejected[["table", "row", "code"]].values.tolist() == [
        ["participants", 2, "column_numbers"],
        ["links", 2, "column_numbers"],
    ]


def test_short_numeric_ids_are_records(tmp_path: Path) -> None:
    people = "participant_id;cluster_id\n1;2\n2;2\n3;1\n"
    data = read(tmp_path, participants=people, links=f"{HEAD}Сумма\n2021;1;2;5\n")
    assert data.graph.node_ids.tolist() == ["1", "2", "3"]


FOOTERS = ["Общий итог", "0101 Итог", "Итого по кластеру", "ВСЕГО:", "Total 2021", "Grand Total", "В среднем"]
FOOTERS += ["Руководитель организации", "Исполнитель:", "М.П.", "Источник: отчёты участников", "в том числе:"]


@pytest.mark.parametrize("footer", FOOTERS)
def test_totals_notes_and_signatures_are_no_participants(tmp_path: Path, footer: str) -> None:
    links = f"{HEAD}Сумма\n{ROWS}2021;{footer};0101;1507,5\n"
    data = read(tmp_path, participants=PEOPLE + f"{footer};Иванов И.И.\n", links=links)
    assert data.graph.node_ids.tolist() == ["0101", "0202", "0303"]
    assert values(data) == [1500.0, 7.5]
    assert set(data.rejected["code"]) <= {"total_row", "footer_row"}


def test_firms_called_like_footers_are_participants(tmp_path: Path) -> None:
    names = [
        "Итоговые системы",
        "ООО Всеготовим",
        "Totalgaz",
        "Источник Сибири",
        "Директор-Сервис",
        "Сумма Групп",
    ]
    people = PEOPLE + "".join(f"{name};К\n" for name in names)
    data = read(tmp_path, participants=people, links=f"{HEAD}Сумма\n{ROWS}")
    assert set(names) <= set(data.graph.node_ids)


def test_headers_of_two_rows(tmp_path: Path) -> None:
    links = (
        "Год;Поставщик;;Покупатель;;Сумма, тыс. руб.\n;Наименование;ИНН;Наименование;ИНН;\n"
        "2021;ООО А;0101;ООО Б;0202;1500\n"
    )
    figures = (
        "Год;Участник;Показатели, тыс. руб.;;\n;;Выпуск;Закупки;Численность, чел.\n2021;0101;1500;7,5;5\n"
    )
    data = read(tmp_path, links=links, activity=figures)
    row = data.graph.to_tables()["links"].iloc[0]
    assert row[["supplier_id", "buyer_id", "value"]].tolist() == ["0101", "0202", 1.5]
    row = data.graph.activity.iloc[0]
    assert row[["output", "purchases", "employees"]].tolist() == [1.5, 0.0075, 5.0]
    assert "header_two_rows" in codes(data)


def test_cells_under_no_header_are_told_and_numbers_refused(tmp_path: Path) -> None:
    """An unquoted decimal comma: 1,5 became 1 and 5, and the header has room for it."""
    people = PEOPLE.replace(";", ",")
    links = "year,supplier_id,buyer_id,value,\n2021,0101,0202,1,5\n"
    with pytest.raises(SchemaError, match="decimal comma"):
        read(tmp_path, participants=people, links=links)
    remarked = links.replace("1,5", "1,late")
    assert "column_unnamed" in codes(read(tmp_path, participants=people, links=remarked))
    numbered = read(
        tmp_path, participants=people, links=",year,supplier_id,buyer_id,value\n0,2021,0101,0202,1\n"
    )
    assert "column_unnamed" not in codes(numbered)


def test_ids_that_excel_rounded_are_rejected(tmp_path: Path) -> None:
    people = "ИНН;Кластер\n7,70112E+11;К\n7.7E+11;К\n770112345678;К\n"
    data = read(tmp_path, participants=people, links=f"{HEAD}Сумма\n2021;7,70112E+11;770112345678;5\n")
    assert data.graph.node_ids.tolist() == ["770112345678"]
    assert set(data.rejected["code"]) == {"id_rounded"}


def test_ids_and_clusters_that_look_alike_are_told(tmp_path: Path) -> None:
    people = "ИНН;Кластер\nP-1;Альфа\nР-1;альфа\n0077;Альфа\n77;Альфа\n7701 123;Бета\n7701123;Бета\n"
    data = read(tmp_path, participants=people, links=f"{HEAD}Сумма\n2021;P-1;77;5\n")
    twins = {(f.value, f.detail) for f in data.findings if f.code == "id_twin"}
    assert twins == {("Р-1", "P-1"), ("альфа", "Альфа"), ("77", "0077"), ("7701123", "7701 123")}


@pytest.mark.parametrize(
    ("cells", "told"),
    [(["01.01.2022", "01.01.2023"], True), (["01.01.2022", "31.12.2022"], False), (["2022", "2023"], False)],
)
def test_reports_as_of_new_year_are_told(tmp_path: Path, cells: list[str], told: bool) -> None:
    links = f"{HEAD}Сумма\n" + "".join(f"{cell};0101;0202;{n}\n" for n, cell in enumerate(cells, 5))
    assert ("year_new_year" in codes(read(tmp_path, links=links))) is told


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("(5)", "negative_value_row"),
        ("5-", "negative_value_row"),
        *((cell, "not_a_number_row") for cell in ("'7", "≈5", "5 %", "1,5 2", "5 шт.")),
    ],
)
def test_cells_that_are_no_amount_are_rejected(tmp_path: Path, cell: str, code: str) -> None:
    data = read(tmp_path, links=f"{HEAD}Сумма\n{ROWS}2021;0101;0303;{cell}\n")
    assert values(data) == [1500.0, 7.5]
    assert data.rejected["code"].tolist() == [code]


@pytest.mark.parametrize(
    "year",
    ["2022 г.", "2022 год", "2022г", "31.12.2022", "2022-12-31T00:00:00", "2022,0", "за 2022", "II кв. 2022"],
)
def test_years_as_they_are_written(tmp_path: Path, year: str) -> None:
    assert read(tmp_path, links=f"{HEAD}Сумма\n{year};0101;0202;5\n").graph.years == (2022,)


@pytest.mark.parametrize(
    "year", ["22/12/31", "05/06/07", "22-12-31", "44927", "2 022", "2022/23", "2021-2022"]
)
def test_years_that_are_not_certain_are_rejected(tmp_path: Path, year: str) -> None:
    assert read(tmp_path, links=f"{HEAD}Сумма\n{year};0101;0202;5\n").graph.years == ()


def test_per_cent_formats_are_read_as_shown(tmp_path: Path) -> None:
    """0.804 shown as 80.4 % is 0.804, whether or not the header says per cent too."""
    for number, header in enumerate(["Уровень кооперации, %", "Уровень кооперации"]):
        rows: list[list[Any]] = [
            ["Кластер", "Год", header],
            ["К", 2021, (0.804, "0.0%")],
            ["К", 2022, (1, "0%")],
        ]
        data = read_dataset(book(tmp_path / f"{number}.xlsx", {"indicators": rows}))
        assert data.graph.indicators["cooperation_ratio"].tolist() == [0.804, 1.0]


def test_shares_under_a_header_of_per_cent_are_told(tmp_path: Path) -> None:
    (tmp_path / "indicators.csv").write_text(
        "Кластер;Год;Уровень кооперации, %\nК;2021;0,8\nК;2022;0,9\n", "utf-8"
    )
    assert "percent_small" in codes(read_dataset(tmp_path))


def test_formats_that_hide_thousands_are_read_as_shown(tmp_path: Path) -> None:
    rows = supplies("Сумма, тыс. руб.", (1_500_000, "#,##0,"), (7.5, "#,##0.00"))
    data = read_dataset(book(tmp_path / "d.xlsx", {"participants": MEMBERS, "links": rows}))
    assert sorted(values(data)) == [0.0075, 1.5]
    assert [f.detail for f in data.findings if f.code == "format_scaled"] == ["1"]


@pytest.mark.parametrize(
    ("pattern", "value", "currency"),
    [
        ("#,##0.00 [$₽-419]", 1.5, "RUB"),
        ('#,##0.00"р."', 1.5, "RUB"),
        ("[$$-409]#,##0.00", 1.5, "USD"),
        ('0" тыс. руб."', 1500.0, "RUB"),
        ('_("$"* #,##0.00_)', 1_500_000.0, "RUB"),  # the computer's own currency, whichever that was
        ("#,##0.00", 1_500_000.0, "RUB"),
    ],
)
def test_formats_name_the_unit_where_headers_do_not(
    tmp_path: Path, pattern: str, value: float, currency: str
) -> None:
    rows = supplies("Сумма", (1_500_000, pattern))
    data = read_dataset(book(tmp_path / "d.xlsx", {"participants": MEMBERS, "links": rows}))
    assert (values(data), data.graph.currency) == ([value], currency)
    assert ("unit_unstated" in codes(data)) is (value == 1_500_000.0)


def test_formats_that_disagree_are_refused(tmp_path: Path) -> None:
    rows = supplies("Сумма", (5, "[$$-409]0"), (5, "[$€-407]0"))
    with pytest.raises(SchemaError, match="show several units"):
        read_dataset(book(tmp_path / "d.xlsx", {"participants": MEMBERS, "links": rows}))


def test_forms_with_title_units_numbers_and_signatures(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["Сведения об отгрузке продукции участниками кластера"],
        [None, None, None, "млн руб."],
        ["Год", "Поставщик", "Покупатель", "Объём отгрузки"],
        [1, 2, 3, 4],
        [2021, "0101", "0202", 5.5],
        [],
        [2022, "0101", "0202", 6.5],
        ["Итого", None, None, 12],
        ["Источник: отчёты участников"],
        ["Руководитель", None, "Иванов И.И."],
    ]
    data = read_dataset(book(tmp_path / "d.xlsx", {"Участники": MEMBERS, "Поставки": rows}))
    assert (values(data), data.graph.links["row"].tolist()) == ([5.5, 6.5], [5, 7])
    assert data.rejected["row"].tolist() == [4, 8, 9, 10]
    assert not {"unit_assumed", "unit_unstated"} & codes(data)


def test_hidden_sheets_are_told(tmp_path: Path) -> None:
    sheets: dict[str, list[Any]] = {
        "participants": MEMBERS,
        "links_2021": supplies("value", 5),
        "links_2022": supplies("value", 6),
    }
    for number, extra in enumerate(([], [["№", (1, "0%")]])):
        data = read_dataset(book(tmp_path / f"{number}.xlsx", {**sheets, "x": extra}, hidden="links_2021"))
        assert {f.sheet for f in data.findings if f.code == "sheet_hidden"} == {"links_2021"}


def test_formulas_that_give_empty_text_are_stored_values(tmp_path: Path) -> None:
    path = tmp_path / "d.xlsx"
    with xlsxwriter.Workbook(path) as out:
        for name, rows in {"participants": MEMBERS, "links": supplies("value", 5)}.items():
            sheet = out.add_worksheet(name)
            for r, row in enumerate(rows):
                sheet.write_row(r, 0, row)
        sheet.write_formula("F2", '=IF(1=1,"","x")', None, "")
    stored = tmp_path / "stored.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(stored, "w") as new:
        for member in old.namelist():
            xml = old.read(member)
            if member == "xl/worksheets/sheet2.xml":  # as Excel itself stores an empty text
                assert b'<c r="F2"><f>' in xml
                xml = xml.replace(b'<c r="F2">', b'<c r="F2" t="str">')
            new.writestr(member, xml)
    assert "formula_uncached" not in codes(read_dataset(stored))


REPEATS = {
    "quarters": f"Год;Квартал;{HEAD[4:]}Сумма\n2021;I;0101;0202;5\n2021;II;0101;0202;5\n",
    "contracts": f"{HEAD}Сумма;Договор\n2021;0101;0202;5;А-1\n2021;0101;0202;5;А-2\n",
    "days": f"{HEAD}Сумма\n15.01.2021;0101;0202;5\n15.02.2021;0101;0202;5\n",
}


@pytest.mark.parametrize("case", REPEATS)
def test_equal_deliveries_of_two_quarters_are_two(tmp_path: Path, case: str) -> None:
    data = read(tmp_path, links=REPEATS[case])
    assert (values(data), len(data.rejected)) == ([5.0, 5.0], 0)
    assert "parallel_links" in codes(data)


def test_numbered_rows_that_repeat_are_still_repeats(tmp_path: Path) -> None:
    links = f"№ п/п;{HEAD}Сумма;Квартал\n1;2021;0101;0202;5;I\n2;2021;0101;0202;5;I\n"
    data = read(tmp_path, links=links)
    assert (values(data), data.rejected["code"].tolist()) == ([5.0], ["duplicate_row"])


def test_millions_assumed_beside_thousands_are_told(tmp_path: Path) -> None:
    figures = "ИНН;Год;Выпуск, тыс. руб.;Закупки\n0101;2021;1500;700\n"
    data = read(tmp_path, links=f"{HEAD}Сумма, млн руб.\n{ROWS}", activity=figures)
    assert [(f.value, f.detail) for f in data.findings if f.code == "unit_differs"] == [
        ("Закупки", "Выпуск, тыс. руб.")
    ]


def test_a_format_of_another_currency_is_told(tmp_path: Path) -> None:
    rows = supplies("Сумма, млн руб.", (5, "[$$-409]0"))
    data = read_dataset(book(tmp_path / "d.xlsx", {"participants": MEMBERS, "links": rows}))
    assert (values(data), data.graph.currency) == ([5.0], "RUB")
    assert "unit_contradicted" in codes(data)


def test_formats_of_codes_give_their_letters_back(tmp_path: Path) -> None:
    people: list[list[Any]] = [[*MEMBERS[0]], [(101, '"П-"000'), "К"], [(2, '"П-"000'), "К"]]
    rows = [supplies("Сумма")[0], [2021, "П-101", "П-002", 5]]
    data = read_dataset(book(tmp_path / "d.xlsx", {"participants": people, "links": rows}))
    assert data.graph.node_ids.tolist() == ["П-002", "П-101"]


def test_figures_of_a_year_after_membership_are_told() -> None:
    """A member that left in 2021 has figures and a link of 2022: no figure uses them, and it is told."""
    dataset = read_frames(
        {
            "participants": pd.DataFrame(
                {"participant_id": list("abc"), "cluster_id": "K", "left_year": [None, None, 2021]}
            ),
            "links": pd.DataFrame(
                [(2021, "a", "b", 5.0), (2022, "x", "c", 3.0), (2022, "a", "c", 3.0)],
                columns=["year", "supplier_id", "buyer_id", "value"],
            ),
            "activity": pd.DataFrame(
                [("c", 2022, 5.0), ("c", 2021, 5.0), ("q", 2021, 4.0)],
                columns=["participant_id", "year", "output"],
            ),
        }
    )
    told = {(f.code, f.row) for f in dataset.findings}
    assert ("activity_not_member", 1) in told
    assert ("link_not_member", 2) in told
    assert ("activity_outside", 3) in told
    assert sum(code == "link_not_member" for code, _ in told) == 1
