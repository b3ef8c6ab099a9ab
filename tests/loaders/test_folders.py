"""Folders as an office keeps them: names in words, copies, other kinds of files, sheets a year."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pandas as pd
import pytest

from clustercoop.graph.errors import DataError, SchemaError
from clustercoop.loaders.dataset import Dataset, read_dataset
from clustercoop.loaders.names import read_name
from tests.loaders import xlsb

PEOPLE = "ИНН;Кластер\n0101;К\n0202;К\n"
LINKS = "Год;Поставщик;Покупатель;Сумма, млн руб.\n2021;0101;0202;5\n"
FIGURES = "ИНН;Год;Выпуск, млн руб.\n0101;2021;50\n0202;2021;60\n"


def folder(tmp_path: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def value(data: Dataset) -> list[float]:
    return data.graph.to_tables()["links"]["value"].tolist()


def found(data: Dataset, code: str) -> list[str]:
    return [finding.file for finding in data.findings if finding.code == code]


def ods(rows: list[list[Any]], title: str = "Лист1") -> bytes:
    """A spreadsheet of the open document format with text and numbers."""
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{escape(c)}</text:p></table:table-cell>'
            if isinstance(c, str)
            else f'<table:table-cell office:value-type="float" office:value="{c}"><text:p>{c}</text:p>'
            "</table:table-cell>"
            for c in row
        )
        + "</table:table-row>"
        for row in rows
    )
    names = "".join(
        f' xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
        for short, long in (("office", "office"), ("table", "table"), ("text", "text"))
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{names} office:version="1.2">'
        f'<office:body><office:spreadsheet><table:table table:name="{title}">{cells}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("mimetype", kind)
        package.writestr("content.xml", content)
        package.writestr(
            "META-INF/manifest.xml",
            '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:'
            f'manifest:1.0"><manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
            "</manifest:manifest>",
        )
    return out.getvalue()


@pytest.mark.parametrize(
    ("title", "table", "part"),
    [
        ("links (1)", "links", ""),
        ("activity_final", "activity", ""),
        ("Копия Поставки", "links", ""),
        ("Поставки 2022 год", "links", "2022"),
        ("Взаимные поставки участников кластера за 2021 г", "links", "2021"),
        ("Реестр участников кластера", "participants", ""),
        ("Реестр участников ПК Альфа на 01.01.2023", "participants", "пк альфа"),
        ("Показатели (форма П-1)", "activity", "п 1"),
        ("меры поддержки 2020", "measures", "2020"),
        ("transactions 2019-2020", "links", "2019-2020"),
        ("Письмо", "", ""),
    ],
)
def test_what_a_name_says(title: str, table: str, part: str) -> None:
    named = read_name(title)
    assert (named.tables[:1], named.part) == ((table,) if table else (), part)


def test_names_in_words(tmp_path: Path) -> None:
    files = {"Реестр участников.csv": PEOPLE, "Поставки 2021 год.csv": LINKS, "Показатели.csv": FIGURES}
    data = read_dataset(folder(tmp_path, files))
    assert value(data) == [5.0]
    assert data.graph.activity["output"].tolist() == [50.0, 60.0]


def test_tables_are_told_by_their_headers(tmp_path: Path) -> None:
    files = {"a1.csv": PEOPLE, "выгрузка.csv": LINKS, "свод 7.csv": FIGURES, "телефоны.csv": "Имя;Тел\nА;1\n"}
    data = read_dataset(folder(tmp_path, files))
    assert value(data) == [5.0]
    assert data.graph.activity["output"].tolist() == [50.0, 60.0]
    assert found(data, "file_ignored") == ["телефоны.csv"]


def test_a_draft_beside_the_named_file_is_passed_over_and_told(tmp_path: Path) -> None:
    files = {"participants.csv": PEOPLE, "links.csv": LINKS, "черновик.csv": LINKS.replace(";5", ";7")}
    data = read_dataset(folder(tmp_path, files))
    assert value(data) == [5.0]
    assert found(data, "file_passed_over") == ["черновик.csv"]


def test_a_copy_beside_its_original_is_refused(tmp_path: Path) -> None:
    files = {"participants.csv": PEOPLE, "links.csv": LINKS, "links (1).csv": LINKS}
    with pytest.raises(DataError, match=r"Several files claim the table links: links \(1\).csv, links.csv"):
        read_dataset(folder(tmp_path, files))


def test_files_of_other_kinds_are_told(tmp_path: Path) -> None:
    folder(
        tmp_path, {"participants.csv": PEOPLE, "links.csv": LINKS, "письмо.docx": "PK", "скан.pdf": "%PDF"}
    )
    (tmp_path / "activity.numbers").write_bytes(b"PK\x03\x04")
    data = read_dataset(tmp_path)
    assert found(data, "file_ignored") == ["письмо.docx", "скан.pdf"]
    assert found(data, "file_unread") == ["activity.numbers"]


def test_open_document_and_packed_text(tmp_path: Path) -> None:
    folder(tmp_path, {"participants.csv": PEOPLE})
    (tmp_path / "links.csv.gz").write_bytes(gzip.compress(LINKS.encode()))
    rows: list[list[Any]] = [
        ["ИНН", "Год", "Выпуск, тыс. руб."],
        ["0101", 2021, 50000],
        ["0202", 2021, 60500.5],
    ]
    (tmp_path / "Показатели.ods").write_bytes(ods(rows))
    data = read_dataset(tmp_path)
    assert value(data) == [5.0]
    assert data.graph.activity["output"].tolist() == [50.0, 60.5005]


@pytest.mark.parametrize("content", [b"", b"\x1f\x8b\x08broken", gzip.compress(b"", mtime=0), b"plain text"])
def test_a_packed_file_that_is_none(tmp_path: Path, content: bytes) -> None:
    folder(tmp_path, {"participants.csv": PEOPLE})
    (tmp_path / "links.csv.gz").write_bytes(content)
    with pytest.raises(DataError, match="links.csv.gz"):
        read_dataset(tmp_path)


@pytest.mark.parametrize(
    "encoding", ["utf-16-le", "utf-16-be", "cp866", "koi8-r", "mac-cyrillic", "iso8859-5"]
)
def test_old_encodings_of_russian(tmp_path: Path, encoding: str) -> None:
    names = "".join(f"{i:04};Завод железобетонных изделий и металлоконструкций\n" for i in range(5))
    people = f"ИНН;Наименование организации\n{names}".replace("\n", ";Ромашка\n").replace(
        "организации;Ромашка", "организации;Кластер"
    )
    folder(tmp_path, {"links.csv": LINKS.replace("0101", "0001").replace("0202", "0002")})
    (tmp_path / "participants.csv").write_bytes(people.encode(encoding))
    data = read_dataset(tmp_path)
    assert list(data.graph.cluster_ids) == ["Ромашка"]
    assert data.provenance["inputs"][0]["encoding"] == encoding


def test_latin_text_with_accents(tmp_path: Path) -> None:
    people = "".join(f"{i:04},c,Société générale d'électricité\n" for i in range(9))
    folder(tmp_path, {"links.csv": LINKS})
    (tmp_path / "participants.csv").write_bytes(f"participant_id,cluster_id,name\n{people}".encode("cp1252"))
    data = read_dataset(tmp_path)
    assert set(data.graph.to_tables()["participants"]["name"]) == {"Société générale d'électricité"}


def test_text_under_the_name_of_a_workbook(tmp_path: Path) -> None:
    folder(tmp_path, {"participants.csv": PEOPLE})
    (tmp_path / "links.xls").write_bytes(LINKS.replace(";", "\t").encode("cp1251"))
    data = read_dataset(tmp_path)
    assert value(data) == [5.0]
    assert found(data, "text_as_workbook") == ["links.xls"]


def book(path: Path, sheets: dict[str, pd.DataFrame]) -> None:
    with pd.ExcelWriter(path) as writer:
        for title, frame in sheets.items():
            frame.to_excel(writer, sheet_name=title, index=False)


def test_one_sheet_a_year_and_one_sheet_a_cluster(tmp_path: Path) -> None:
    links = pd.DataFrame({"Поставщик": ["0101"], "Покупатель": ["0202"], "Сумма, млн руб.": [5.0]})
    book(tmp_path / "Поставки.xlsx", {"2020": links, "2021": links, "2022 год": links})
    people = pd.DataFrame({"ИНН": ["0101", "0202"], "Наименование": ["А", "Б"]})
    book(tmp_path / "Реестр.xlsx", {"Альфа": people.iloc[:1], "Бета": people.iloc[1:]})
    data = read_dataset(tmp_path)
    assert data.graph.to_tables()["links"]["year"].tolist() == [2020, 2021, 2022]
    assert list(data.graph.cluster_ids) == ["Альфа", "Бета"]


def test_one_sheet_a_quarter_makes_up_the_year(tmp_path: Path) -> None:
    """Equal quarters of 2.5 are no repeats: 10. Those that run from January would be counted twice."""
    links = pd.DataFrame({"Поставщик": ["0101"], "Покупатель": ["0202"], "Сумма, млн руб.": [2.5]})
    folder(tmp_path, {"participants.csv": PEOPLE})
    book(
        tmp_path / "Поставки 2022.xlsx", {f"{quarter} квартал": links for quarter in ("I", "II", "III", "IV")}
    )
    data = read_dataset(tmp_path)
    assert sum(value(data)) == 10.0 and data.graph.unsettled.empty
    book(tmp_path / "Поставки 2022.xlsx", {"I квартал": links, "I полугодие": links})
    with pytest.raises(DataError, match="I полугодие"):
        read_dataset(tmp_path)


def test_two_sheets_that_may_hold_the_same_rows_are_refused(tmp_path: Path) -> None:
    links = pd.DataFrame({"Год": [2021], "Поставщик": ["0101"], "Покупатель": ["0202"], "Сумма": [5.0]})
    book(tmp_path / "Поставки.xlsx", {"Лист1": links, "Лист2": links})
    folder(tmp_path, {"participants.csv": PEOPLE})
    with pytest.raises(DataError, match="several sheets of the table links"):
        read_dataset(tmp_path)


def test_the_cluster_of_a_register_stands_in_its_title(tmp_path: Path) -> None:
    people = "Реестр участников промышленного кластера «Альфа»;\nИНН;Наименование\n0101;А\n0202;Б\n"
    data = read_dataset(folder(tmp_path, {"participants.csv": people, "links.csv": LINKS}))
    assert list(data.graph.cluster_ids) == ["Альфа"]


MATRIX = "Поставщик/Покупатель;0101;0202;Итого\n0101;;5,5;5,5\n0202;2;0;2\nИтого;2;5,5;7,5\n"


def pairs(data: Dataset) -> set[tuple[str, str, float]]:
    frame = data.graph.to_tables()["links"]
    return set(zip(frame["supplier_id"], frame["buyer_id"], frame["value"], strict=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MATRIX, {("0101", "0202", 5.5), ("0202", "0101", 2.0)}),
        (MATRIX.replace("Поставщик/Покупатель", "Покупатель / Поставщик"),
         {("0202", "0101", 5.5), ("0101", "0202", 2.0)}),
        ("Взаимные поставки, тыс. руб.;;;\n" + MATRIX, {("0101", "0202", 0.0055), ("0202", "0101", 0.002)}),
        (";0101;0202;Экспорт\n0101;0;1;9\n0202;2;0;9\nДобавленная стоимость;7;7;\n",
         {("0101", "0202", 1.0), ("0202", "0101", 2.0)}),
    ],
)  # fmt: skip
def test_a_matrix_is_read_as_links(tmp_path: Path, text: str, expected: set[Any]) -> None:
    data = read_dataset(folder(tmp_path, {"participants.csv": PEOPLE, "links_2021.csv": text}))
    assert pairs(data) == expected
    [told] = [finding for finding in data.findings if finding.code == "matrix_read"]
    assert told.value == "2 × 2"
    left_out = "Итого" in text or "Экспорт" in text
    assert bool([f for f in data.findings if f.code == "matrix_left_out"]) is left_out


def test_a_matrix_of_two_levels(tmp_path: Path) -> None:
    text = ";;;Север;;Юг\n;;;сталь;уголь;сталь\nСевер;сталь;млн руб.;1;2;3\n"
    text += ";уголь;млн руб.;4;0;6\nЮг;сталь;млн руб.;7;8;9\n"
    people = "ИНН;Кластер\nСевер / сталь;С\nСевер / уголь;С\nЮг / сталь;Ю\n"
    data = read_dataset(folder(tmp_path, {"participants.csv": people, "links_2021.csv": text}))
    assert ("Север / уголь", "Юг / сталь", 6.0) in pairs(data)
    assert len(pairs(data)) == 8
    with pytest.raises(SchemaError, match="matrix of 3 × 3 whose labels have 2 levels"):
        read_dataset(folder(tmp_path, {"participants.csv": PEOPLE}))


def test_a_matrix_without_a_year_says_so(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="is a matrix of 2 × 2, and no year is said"):
        read_dataset(folder(tmp_path, {"participants.csv": PEOPLE, "links.csv": MATRIX}))


MAPPING = """
["сводка.csv"]
table = "activity"
year = 2021
unit = "тыс. руб."
["сводка.csv".columns]
"Код фирмы" = "participant_id"
"Отгр." = "output"
"Выпуск" = ""
"Люди" = { column = "employees" }
"""


def test_a_mapping_settles_what_headers_leave_open(tmp_path: Path) -> None:
    table = "Код фирмы;Отгр.;Выпуск;Люди\n0101;50000;1;7\n0202;60000;1;8\n"
    files = {"participants.csv": PEOPLE, "links.csv": LINKS, "сводка.csv": table, "mapping.toml": MAPPING}
    data = read_dataset(folder(tmp_path, files))
    frame = data.graph.to_tables()["activity"]
    assert frame[["year", "output", "employees"]].values.tolist() == [[2021, 50, 7], [2021, 60, 8]]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[links", "cannot be read"),
        ('["a.csv"]\ntabel = "links"', "may hold"),
        ('["a.csv"]\ntable = "lnks"', "names the table 'lnks'"),
        ('["a.csv".columns]\n"Сумма" = "valu"', "no column of that table"),
        ('["a.csv"]\nunit = "тысячи штук"', "unit"),
        ('["a.csv"]\nyear = "2022"', "must be int"),
    ],
)
def test_a_mapping_that_is_wrong_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        read_dataset(folder(tmp_path, {"participants.csv": PEOPLE, "links.csv": LINKS, "mapping.toml": text}))


def test_names_with_quotation_marks(tmp_path: Path) -> None:
    people = 'ИНН;Кластер;Наименование\n0101;К;"Ромашка" ООО\n0202;К;ООО "Лютик"\n'
    data = read_dataset(folder(tmp_path, {"participants.csv": people, "links.csv": LINKS}))
    assert data.graph.to_tables()["participants"]["name"].tolist() == ['"Ромашка" ООО', 'ООО "Лютик"']


def test_a_table_of_foreign_trade_whose_headers_are_letters(tmp_path: Path) -> None:
    files = {"participants.csv": PEOPLE, "links.csv": "t,i,j,k,v,q\n2021,0101,0202,870899,10000,3\n"}
    data = read_dataset(folder(tmp_path, files))
    assert value(data) == [10.0]
    assert data.graph.currency == "USD"


def spreadsheet_xml(rows: str, styles: str = "") -> str:
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    return (
        f'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook xmlns="{space}" '
        f'xmlns:ss="{space}">{styles}<Worksheet ss:Name="Поставки"><Table>{rows}</Table></Worksheet>'
        "</Workbook>"
    )


def xml_row(*cells: Any, at: str = "") -> str:
    def one(cell: Any) -> str:
        extra, cell = cell if isinstance(cell, tuple) else ("", cell)
        kind = "String" if isinstance(cell, str) else "Number"
        return f'<Cell{extra}><Data ss:Type="{kind}">{cell}</Data></Cell>'

    return f"<Row{at}>{''.join(map(one, cells))}</Row>"


@pytest.mark.parametrize("name", ["links.xml", "links.xls"])
def test_a_spreadsheet_in_xml_is_read_as_it_shows(name: str, tmp_path: Path) -> None:
    styles = '<Styles><Style ss:ID="t"><NumberFormat ss:Format="#,##0,"/></Style></Styles>'
    rows = xml_row("Год", "Поставщик", "Покупатель", "Сумма, тыс. руб.")
    rows += xml_row(2021, (' ss:MergeDown="1"', "0101"), "0202", 5000)
    rows += xml_row((' ss:Index="1"', 2022), (' ss:Index="3"', "0303"), (' ss:StyleID="t"', 7_000_000))
    folder(tmp_path, {"participants.csv": PEOPLE, name: spreadsheet_xml(rows, styles)})
    data = read_dataset(tmp_path)
    links = data.graph.to_tables()["links"]
    assert links["supplier_id"].tolist() == ["0101", "0101"]  # the merged cell holds for both rows
    assert value(data) == [5.0, 7.0]  # the format shows 7,000 of seven million


def test_xml_that_is_no_spreadsheet_or_holds_no_row_is_named_so(tmp_path: Path) -> None:
    (tmp_path / "links.xml").write_text("<a/>", "utf-8")
    with pytest.raises(DataError, match="XML, and no spreadsheet"):
        read_dataset(folder(tmp_path, {"participants.csv": PEOPLE}))
    (tmp_path / "links.xml").write_text(spreadsheet_xml(xml_row("Год")), "utf-8")
    with pytest.raises(DataError, match="XML form of Excel 2003, and no sheet"):
        read_dataset(tmp_path)
    (tmp_path / "links.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]>' + spreadsheet_xml(""), "utf-8")
    with pytest.raises(DataError, match="declarations"):
        read_dataset(tmp_path)


def test_a_binary_workbook_is_read(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["Год", "Поставщик", "Покупатель", "Сумма, тыс. руб."]]
    rows.append([2021, "0101", "0202", 5500.5])
    (tmp_path / "links.xlsb").write_bytes(xlsb.workbook(rows))
    data = read_dataset(folder(tmp_path, {"participants.csv": PEOPLE}))
    assert value(data) == [5.5005] and found(data, "xls_limits") == ["links.xlsb"]


def test_a_cluster_that_only_the_first_row_of_its_group_names(tmp_path: Path) -> None:
    people = "ИНН;Кластер;Название\n01;А;а\n02;;б\n03;;в\n04;Б;г\n05;;д\n"
    data = read_dataset(folder(tmp_path, {"participants.csv": people, "links.csv": LINKS}))
    rows = data.graph.to_tables()["participants"]
    assert dict(zip(rows["participant_id"], rows["cluster_id"], strict=True)) == {
        "01": "А", "02": "А", "03": "А", "04": "Б", "05": "Б"
    }  # fmt: skip
    assert [f.value for f in data.findings if f.code == "cluster_filled"] == ["3"]


def test_partners_without_a_cluster_below_members_stay_outside(tmp_path: Path) -> None:
    people = "ИНН;Кластер;Название\n01;А;а\n02;А;б\n03;А;в\n04;;г\n05;;д\n"
    data = read_dataset(folder(tmp_path, {"participants.csv": people, "links.csv": LINKS}))
    assert data.graph.to_tables()["participants"]["cluster_id"].isna().sum() == 2
    assert found(data, "cluster_filled") == []


def test_what_is_passed_over_is_a_warning_where_a_figure_is_missing(tmp_path: Path) -> None:
    figures = "ИНН;Год;Выпуск, млн руб.;Персонал на конец;Город\n0101;2021;50;7;К\n0202;2021;60;8;К\n"
    other = "Лицо;Сколько;Когда\nа;1;2\nб;3;4\n"
    files = {"participants.csv": PEOPLE, "links.csv": LINKS, "activity.csv": figures, "x.csv": other}
    data = read_dataset(folder(tmp_path, files))
    told = {f.code: f for f in data.findings if f.code.endswith("_needed")}
    assert told["column_ignored_needed"].value == "Персонал на конец"
    assert "activity.employees" in told["column_ignored_needed"].detail.split("; ")
    assert told["file_ignored_needed"].file == "x.csv"
    assert [f.value for f in data.findings if f.code == "column_ignored"] == ["Город"]


def test_a_value_that_includes_tax_is_told(tmp_path: Path) -> None:
    links = "Год;Поставщик;Покупатель;Сумма с НДС, млн руб.\n2021;0101;0202;5\n"
    data = read_dataset(folder(tmp_path, {"participants.csv": PEOPLE, "links.csv": links}))
    assert [(f.value, f.detail, f.severity) for f in data.findings if f.code == "vat_included"] == [
        ("Сумма с НДС, млн руб.", "value", "warning")
    ]
    both = "Год;Поставщик;Покупатель;Сумма с НДС, млн руб.;Сумма без НДС, млн руб.\n2021;0101;0202;6;5\n"
    data = read_dataset(folder(tmp_path, {"links.csv": both}))
    assert value(data) == [5.0] and found(data, "vat_included") == []


NAMELESS = "ИНН;Кластер;Наименование\n0101;К;ООО «Вал»\n{ids}\n"
SUPPLY = "Год;Поставщик;Покупатель;Сумма, млн руб.\n"


def test_a_member_without_an_identifier_goes_by_the_name_that_links_use(tmp_path: Path) -> None:
    register = NAMELESS.format(ids=";К;ИП Сидоров А.В.\n-;К;ООО «Ось»\n;К;Якорные предприятия")
    links = SUPPLY + "2022;ИП СИДОРОВ А.В.;0101;5\n2022;0101;Ось;3\n"
    data = read_dataset(folder(tmp_path, {"participants.csv": register, "links.csv": links}))
    assert pairs(data) == {("ИП Сидоров А.В.", "0101", 5.0), ("0101", "ООО «Ось»", 3.0)}
    told = [finding.value for finding in data.findings if finding.code == "id_from_name"]
    assert told == ["ИП Сидоров А.В.", "ООО «Ось»"]
    assert data.rejected["row"].tolist() == [5]  # nobody uses the heading


@pytest.mark.parametrize("name", ["Прочие", "Прочие организации", "Участники кластера", "Others"])
def test_a_heading_of_several_is_no_member(tmp_path: Path, name: str) -> None:
    files = {
        "participants.csv": NAMELESS.format(ids=f";К;{name}"),
        "links.csv": f"{SUPPLY}2022;0101;{name};5\n",
    }
    data = read_dataset(folder(tmp_path, files))
    assert data.graph.participants["participant_id"].tolist() == ["0101"]


@pytest.mark.parametrize(
    ("row", "supplier"),
    [
        (";К;ООО «Ось»", "0202"),  # links use numbers: which is his, nobody can tell
        (";К;ООО «Вал»", "Вал"),  # the name of a member that has an identifier
        (";К;ЗАО «Ось»", "ООО «Ось»"),  # another legal form
    ],
)
def test_a_name_that_may_be_another_names_nobody(tmp_path: Path, row: str, supplier: str) -> None:
    files = {"participants.csv": NAMELESS.format(ids=row), "links.csv": f"{SUPPLY}2022;{supplier};0101;5\n"}
    files["activity.csv"] = "Наименование;Год;Выпуск, млн руб.\nООО «Ось»;2022;9\n"
    data = read_dataset(folder(tmp_path, files))
    assert data.rejected["code"].tolist() == ["required_missing"]


def test_figures_by_name_are_enough_where_links_have_numbers_of_members_alone(tmp_path: Path) -> None:
    files = {"participants.csv": NAMELESS.format(ids="0202;К;АО «Шар»\n;К;ООО «Ось»")}
    files["links.csv"] = f"{SUPPLY}2022;0202;0101;5\n"
    files["activity.csv"] = "Наименование;Год;Выпуск, млн руб.\nООО «Ось»;2022;9\n"
    data = read_dataset(folder(tmp_path, files))
    assert data.graph.to_tables()["activity"]["participant_id"].tolist() == ["ООО «Ось»"]
    assert len(data.rejected) == 0


def test_a_file_of_several_years_beside_one_of_them_is_refused(tmp_path: Path) -> None:
    rows = f"{SUPPLY}2022;0101;0202;5\n"
    files = {"participants.csv": PEOPLE, "Поставки 2021-22.csv": rows, "Поставки 2022.csv": rows}
    folder(tmp_path, files)
    with pytest.raises(DataError, match="Several files claim"):
        read_dataset(tmp_path)
    (tmp_path / "Поставки 2022.csv").rename(tmp_path / "Поставки 2023.csv")
    assert len(read_dataset(tmp_path).graph.links) == 1


def test_members_of_a_file_of_two_years(tmp_path: Path) -> None:
    files = dict.fromkeys(("participants_2021-22.csv", "participants_2023.csv"), PEOPLE)
    people = read_dataset(
        folder(tmp_path, files | {"links.csv": f"{SUPPLY}2022;0101;0202;5\n"})
    ).graph.participants
    assert set(zip(people["joined_year"], people["left_year"], strict=True)) == {(2021, 2022), (2023, 2023)}
