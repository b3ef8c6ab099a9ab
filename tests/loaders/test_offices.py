"""Tables as offices keep them, with figures worked out by hand: read rightly, or refused with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from clustercoop.graph.errors import ClusterCoopError
from clustercoop.graph.settings import Settings
from clustercoop.loaders.dataset import Dataset, read_dataset
from tests.loaders.small import book, codes

PEOPLE = "ИНН;Наименование;Кластер\n7701;Вектор;А\n7702;Ёлка;А\n7703;Сталь;А\n"
HEAD = "Год;Поставщик;Покупатель;"
# 1.5 million from 7701 to 7702 and 2.5 million from 7702 to 7703 in 2021.
ROWS = "2021;7701;7702;1500\n2021;7702;7703;2500\n"
LINKS = {("7701", "7702"): 1.5, ("7702", "7703"): 2.5}
LIST = f"{HEAD}Сумма, тыс. руб.\n{ROWS}"
FIGURES = {("7701", "output"): 10.0, ("7702", "output"): 20.0}

Rows = list[list[Any]]


def read(folder: Path, files: Mapping[str, Any], people: str = PEOPLE, **settings: Any) -> Dataset:
    if people:
        (folder / "participants.csv").write_text(people, "utf-8")
    for name, content in files.items():
        if isinstance(content, dict):
            book(folder / name, content)
        else:
            (folder / name).write_text(content, "utf-8")
    return read_dataset(folder, settings=Settings(**settings))


def links(data: Dataset, year: int = 2021) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    for row in data.graph.to_tables()["links"].to_dict("records"):
        assert row["year"] == year, row
        pair = (row["supplier_id"], row["buyer_id"])
        found[pair] = found.get(pair, 0.0) + row["value"]
    return found


def figures(data: Dataset, year: int = 2021) -> dict[tuple[str, str], float]:
    table = data.graph.to_tables()["activity"]
    of = table[table["year"] == year].set_index("participant_id")
    names = ("output", "employees", "rd_expenses", "used_by_participants")
    return {(str(who), name): float(v) for name in names for who, v in of[name].dropna().items()}


SUPPLIES: dict[str, dict[str, Any]] = {
    "price for a tonne, kilograms": {
        "links.csv": f"{HEAD}Количество, кг;Цена за тонну, руб.\n"
        "2021;7701;7702;300000;5000\n2021;7702;7703;500000;5000\n"
    },
    "price and units by row": {
        "links.csv": f"{HEAD}Количество;Ед. изм.;Цена за единицу без НДС, руб.\n"
        "2021;7701;7702;300;т;5000\n2021;7702;7703;50;шт;50000\n"
    },
    "price beside the amount": {
        "links.csv": f"{HEAD}Объем;Цена, руб.;Стоимость, руб.\n"
        "2021;7701;7702;300;5000;1500000\n2021;7702;7703;500;5000;2500000\n"
    },
    "price with a currency in a column": {
        "links.csv": "Year,Seller,Buyer,Qty,Price,Currency\n"
        "2021,7701,7702,300,5000,RUB\n2021,7702,7703,500,5000,RUB\n"
    },
    "suppliers above their records": {
        "links.csv": "Поставщик;Покупатель;Дата;Сумма, руб.\n7701;;;1500000\n;7702;01.02.2021;1000000\n"
        ";7702;01.03.2021;500000\n7702;;;2500000\n;7703;01.03.2021;2500000\n"
    },
    "delivery after the document": {
        "links.csv": "Дата документа;Дата отгрузки;Поставщик;Покупатель;Сумма, тыс. руб.\n"
        "30.12.2020;12.01.2021;7701;7702;1500\n05.03.2021;06.03.2021;7702;7703;2500\n"
    },
    "posting after the invoice": {
        "links.csv": "Invoice date,Posting date,Supplier,Buyer,Amount (RUB thousand)\n"
        "2020-12-30,2021-01-12,7701,7702,1500\n2021-03-05,2021-03-06,7702,7703,2500\n"
    },
    "German heads and thousands": {
        "links.csv": "Jahr;Lieferant;Abnehmer;Umsatz in TEUR\n2021;7701;7702;1.500\n2021;7702;7703;2.500\n"
    },
    "documents with a currency": {
        "links.csv": "Дата,Поставщик,Покупатель,Сумма,Валюта\n"
        "01.02.2021,7701,7702,1500000,RUB\n05.02.2021,7702,7703,2500000,RUB\n"
    },
    "payments told by their headers": {
        "Выгрузка.csv": "Дата операции;Плательщик;ИНН плательщика;Получатель;ИНН получателя;Сумма, руб.;"
        "Назначение платежа\n01.03.2021;Б;7702;А;7701;1500000;сч. 1\n05.03.2021;В;7703;Б;7702;2500000;сч. 2\n"
    },
    "a matrix of who pays whom": {
        "links_2021.csv": "Кто платит \\ Кому, тыс. руб.;7701;7702;7703\n7701;;;\n7702;1500;;\n7703;;2500;\n"
    },
    "a matrix of names": {
        "links_2021.csv": "тыс. руб.;Вектор;Елка;Сталь\nООО Вектор;;1500;\nЁлка;;;2500\nСталь;;;\n"
    },
    "cancelled contracts": {
        "Контракты.csv": "Дата контракта;ИНН заказчика;ИНН поставщика;Цена контракта, руб.;Статус\n"
        "12.02.2021;7702;7701;1500000,00;Исполнен\n15.02.2021;7703;7702;2500000,00;Исполняется\n"
        "16.02.2021;7703;7701;900000,00;Аннулирован\n"
    },
    "quarters beside their year": {
        "links.csv": "Период;Поставщик;Покупатель;Сумма, тыс. руб.\n1 кв. 2021;7701;7702;300\n"
        "2 кв. 2021;7701;7702;300\n3 кв. 2021;7701;7702;300\n4 кв. 2021;7701;7702;600\n2021;7701;7702;1500\n"
        "2021;7702;7703;2500\n"
    },
    "a unit in the total of years": {
        "links.csv": "Поставщик;Покупатель;2020;2021;Итого, тыс. руб.\n"
        "7701;7702;;1500;1500\n7702;7703;;2500;2500\n"
    },
    "one header in two languages": {
        "links.csv": f"Year/Год;Supplier/Поставщик;Buyer/Покупатель;Amount/Сумма (тыс. руб.)\n{ROWS}"
    },
    "own and counterparty": {
        "Закупки 2021.csv": "Организация (ИНН);Контрагент (ИНН);Сумма без НДС, руб.\n"
        "7702;7701;1500000\n7703;7702;2500000\n"
    },
    "returns by their documents": {
        "links.csv": f"{HEAD}Сумма, тыс. руб.;Вид операции\n2021;7701;7702;1800;Реализация\n"
        "2021;7701;7702;300;Возврат товара\n2021;7702;7703;2500;Реализация\n"
    },
    "who told of it": {
        "links.csv": f"{HEAD}Сумма, тыс. руб.;Кто сообщил\n2021;7701;7702;1500;7701\n"
        "2021;7701;7702;1500;7702\n2021;7702;7703;2500;7702\n"
    },
    "plan and fact alone": {
        "links.csv": f"{HEAD}План, тыс. руб.;Факт, тыс. руб.\n"
        "2021;7701;7702;1400;1500\n2021;7702;7703;2400;2500\n"
    },
    "a corner that names rows and columns": {
        "links_2021.csv": "Покупатель (строки) / Поставщик (столбцы), тыс. руб.;7701;7702;7703\n"
        "7701;;;\n7702;1500;;\n7703;;2500;\n"
    },
    "a matrix behind numbers of rows": {
        "Матрица 2021.xlsx": {
            "Лист1": [
                ["Матрица взаимных поставок за 2021 год, тыс. руб."],
                ["№", "Участник", "7701", "7702", "7703"],
                [1, "7701", "", 1500, ""],
                [2, "7702", "", "", 2500],
                [3, "7703", "", "", ""],
            ]
        }
    },
    "a matrix of codes and names": {
        "links_2021.csv": "ИНН;Наименование;7701;7702;7703\n"
        "тыс. руб.;;А;Б;В\n7701;А;;1500;\n7702;Б;;;2500\n7703;В;;;\n"
    },
    "goods and services alone": {
        "links.csv": f"{HEAD}Товары, тыс. руб.;Услуги, тыс. руб.\n"
        "2021;7701;7702;1000;500\n2021;7702;7703;2500;0\n"
    },
    "quarters in files of their own": {
        f"Отгрузки {q} кв 2021.csv": f"Поставщик;Покупатель;Сумма, тыс. руб.\n7701;7702;{a}\n7702;7703;{b}\n"
        for q, a, b in ((1, 300, 500), (2, 300, 500), (3, 300, 500), (4, 600, 1000))
    },
    "noughts and words for none": {
        "links.csv": f"{LIST}2021;7702;0;7\n2021;7702;0000000000;7\n2021;7702;без ИНН;7\n2021;TBD;7701;7\n"
    },
    "points of thousands in another column": {
        "links.csv": f"{HEAD}Сумма, тыс. руб.;Площадь\n"
        "2021;7701;7702;1.500;987\n2021;7702;7703;2.500;1.234.000\n"
    },
}


@pytest.mark.parametrize("case", SUPPLIES)
def test_supplies(tmp_path: Path, case: str) -> None:
    assert links(read(tmp_path, SUPPLIES[case])) == pytest.approx(LINKS, rel=1e-9)


ACTIVITY: dict[str, dict[str, Any]] = {
    "on its side": {
        "activity.xlsx": {
            "2021": [
                ["Показатель", "Ед. изм.", "7701", "7702", "Итого"],
                ["Выпуск", "млн руб.", 10, 20, 30],
                ["Численность", "тыс. чел.", 0.1, 0.2, 0.3],
            ]
        }
    },
    "on its side below names": {
        "Показатели 2021.csv": ";Вектор;Ёлка\nИНН;7701;7702\nВыпуск, млн руб.;10;20\n"
        "Численность, чел.;100;200\n"
    },
    "columns from January": {
        "activity.xlsx": {
            "Лист1": [
                ["ИНН", "Год", "Выпуск нарастающим итогом, млн руб.", "", "", "", "Численность"],
                ["", "", "I кв.", "I полугодие", "9 мес.", "год", ""],
                ["7701", 2021, 2, 5, 7, 10, 100],
                ["7702", 2021, 4, 9, 14, 20, 200],
            ]
        }
    },
    "quarters that run": {
        "activity.csv": "Выпуск нарастающим итогом с начала года;;;;\n"
        "ИНН;Год;Квартал;Выпуск, млн руб.;Численность\n"
        + "".join(
            f"{who};2021;{q};{cell};{staff}\n"
            for who, cells, staff in (("7701", (2, 5, 7, 10), 100), ("7702", (4, 9, 14, 20), 200))
            for q, cell in enumerate(cells, 1)
        )
    },
    "forecasts beside actual figures": {
        "activity.csv": 'Firm,"Output 2021A, RUB m","Output 2022E, RUB m",Employees 2021\n'
        "7701,10,12,100\n7702,20,22,200\n"
    },
    "another unit each year": {
        "activity.csv": "ИНН;Выпуск в 2020 г., млн руб.;Выпуск в 2021 г., тыс. руб.;Численность, 2021\n"
        "7701;8;10000;100\n7702;19;20000;200\n"
    },
    "units of rows": {
        "activity.csv": "ИНН;Год;Показатель;Ед. изм.;Значение\n7701;2021;Численность;тыс. чел.;0,1\n"
        "7702;2021;Численность;чел.;200\n7701;2021;Выпуск;тыс. руб.;10000\n7702;2021;Выпуск;млн руб.;20\n"
    },
    "a sheet for each figure": {
        "Показатели.xlsx": {
            "Выпуск, млн руб.": [["ИНН", "2021"], ["7701", 10], ["7702", 20]],
            "Численность, чел.": [["ИНН", "2021"], ["7701", 100], ["7702", 200]],
        }
    },
    "German heads": {
        "Kennzahlen.csv": "Unternehmen;Jahr;Umsatz (Mio. EUR);Mitarbeiter\n"
        "7701;2021;10,0;100\n7702;2021;20;200\n"
    },
}
STAFF = {("7701", "employees"): 100.0, ("7702", "employees"): 200.0}


@pytest.mark.parametrize("case", ACTIVITY)
def test_figures(tmp_path: Path, case: str) -> None:
    currency = "EUR" if case == "German heads" else "руб."
    data = read(tmp_path, ACTIVITY[case] | {"links.csv": LIST.replace("руб.", currency)})
    assert figures(data) == pytest.approx(FIGURES | STAFF, rel=1e-9)
    assert not {f.code for f in data.findings if f.severity == "error"}


REFUSED = {
    "a price of another unit": (
        f"{HEAD}Количество;Цена за тонну, руб.\n2021;7701;7702;3;5\n",
        "does not fit",
    ),
    "thousands of pieces": (f"{HEAD}Количество, тыс. шт.;Цена, руб.\n2021;7701;7702;3;5\n", "does not fit"),
    "a price of no currency": (f"{HEAD}Количество, шт.;Цена\n2021;7701;7702;3;5\n", "names no currency"),
    "a price alone": ("Year,Seller,Buyer,Price\n2021,7701,7702,5\n", "no column value"),
    "tonnes in the title": (f"Поставки в тоннах;;;\n{HEAD}Объём\n{ROWS}", "says тоннах"),
    "pieces in the title": (f"Взаимные поставки, шт.;;;\n{HEAD}Объём\n{ROWS}", "says шт"),
    "per cent in the corner": ("%;7701;7702\n7701;;60\n7702;10;\n", "says %"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_no_unit_settles_is_refused(tmp_path: Path, case: str) -> None:
    text, says = REFUSED[case]
    with pytest.raises(ClusterCoopError, match=says):
        read(tmp_path, {"links_2021.csv": text})


@pytest.mark.parametrize("title", ["за 9 месяцев 2021 года", "за I квартал 2021 г.", "за январь–июнь 2021"])
def test_a_part_of_a_year_in_a_title_is_no_year(tmp_path: Path, title: str) -> None:
    supplies = f"Поставки {title}, тыс. руб.;;\nПоставщик;Покупатель;Сумма\n7701;7702;1500\n7702;7703;2500\n"
    outputs = f"Показатели {title};;\nИНН;Выпуск, млн руб.;\n7701;10;\n7702;20;\n"
    data = read(tmp_path, {"links.csv": supplies, "activity.csv": outputs})
    assert {"year_partial", "parts_incomplete"} <= codes(data)
    assert figures(data) == {} and links(data) == LINKS


def test_the_month_of_a_print_is_no_part_of_the_year(tmp_path: Path) -> None:
    outputs = "Отчёт, июль 2022;;\nИНН;Год;Выпуск, млн руб.\n7701;2021;10\n7702;2021;20\n"
    assert figures(read(tmp_path, {"links.csv": LIST, "activity.csv": outputs})) == FIGURES


def test_quarters_below_a_title_of_their_year(tmp_path: Path) -> None:
    text = "Отчёт за 2021 год;;;\nКвартал;Поставщик;Покупатель;Сумма, тыс. руб.\n"
    data = read(tmp_path, {"links.csv": f"{text}1;7701;7702;500\n2;7701;7702;1000\n4;7702;7703;2500\n"})
    assert links(data) == LINKS and "year_partial" in codes(data)


def test_a_table_of_another_year_below_the_first_is_refused(tmp_path: Path) -> None:
    head = ["Поставщик", "Покупатель", "Сумма"]
    rows: Rows = [["Поставки 2021, тыс. руб."], head, ["7701", "7702", 1500], []]
    rows += [["Поставки 2022, тыс. руб."], head, ["7702", "7703", 2500]]
    with pytest.raises(ClusterCoopError, match="another table"):
        read(tmp_path, {"links.xlsx": {"Лист1": rows}})


def test_columns_that_are_said_to_run_and_fall_are_refused(tmp_path: Path) -> None:
    table = "ИНН;Год;Выпуск с начала года / 1 квартал;Выпуск с начала года / 2 квартал;"
    table += "Выпуск с начала года / 3 квартал;Выпуск с начала года / 4 квартал\n7701;2021;4;3;5;6\n"
    with pytest.raises(ClusterCoopError, match="smaller in row 2"):
        read(tmp_path, {"activity.csv": table, "links.csv": LIST})


def test_a_format_of_another_scale_than_the_title_is_refused(tmp_path: Path) -> None:
    rows: Rows = [["Поставки, млн руб."], ["Год", "Поставщик", "Покупатель", "Сумма"]]
    rows.append([2021, "7701", "7702", (1500.0, '#,##0.0,"тыс. ₽"')])
    with pytest.raises(ClusterCoopError, match="another scale than the title"):
        read(tmp_path, {"links.xlsx": {"Лист1": rows}})


def test_two_equal_kinds_of_dates_are_refused_where_they_differ(tmp_path: Path) -> None:
    text = "Дата отгрузки;Дата поставки;Поставщик;Покупатель;Сумма, тыс. руб.\n{};01.02.2021;7701;7702;1500\n"
    with pytest.raises(ClusterCoopError, match="both mean year"):
        read(tmp_path, {"links.csv": text.format("30.12.2020")})
    data = read(tmp_path, {"links.csv": text.format("30.01.2021")})
    assert links(data) == {("7701", "7702"): 1.5} and "date_chosen" in codes(data)


@pytest.mark.parametrize(("header", "code"), [("value", "unit_assumed"), ("Сумма", "unit_unstated")])
def test_a_scale_that_nobody_states_is_a_warning(tmp_path: Path, header: str, code: str) -> None:
    data = read(tmp_path, {"links.csv": f"{HEAD}{header}\n{ROWS}"})
    assert codes(data) & {"unit_assumed", "unit_unstated"} == {code}
    told = next(finding for finding in data.findings if finding.code == code)
    assert (told.severity == "warning") == (header == "Сумма")


def test_direction_of_a_matrix_is_the_one_asked_for(tmp_path: Path) -> None:
    text = "млн руб.;7701;7702\n7701;;1\n7702;;\n"
    data = read(tmp_path, {"links_2021.csv": text}, direction="payments")
    assert links(data) == {("7702", "7701"): 1.0}


def test_one_table_of_everything_is_its_own_register(tmp_path: Path) -> None:
    text = "Кластер;ИНН;Год;Выпуск, млн руб.\nА;7701;2021;10\nА;7702;2021;20\nА;7701;2020;9\n"
    data = read(tmp_path, {"Сводка.csv": text, "links.csv": LIST}, people="")
    people = data.graph.to_tables()["participants"]
    assert people[["participant_id", "cluster_id"]].values.tolist() == [["7701", "А"], ["7702", "А"]]
    moved = text.replace("А;7701;2020", "Б;7701;2020")
    with pytest.raises(ClusterCoopError, match="no participants"):
        read(tmp_path, {"Сводка.csv": moved, "links.csv": LIST}, people="")


def test_numbered_headings_of_clusters(tmp_path: Path) -> None:
    people = "№;ИНН;Наименование\n1;Кластер «А»;\n1.1;7701;Вектор\n2;Кластер «Б»;\n2.1;7702;Ёлка\n"
    data = read(tmp_path, {"links.csv": LIST}, people=people)
    found = data.graph.to_tables()["participants"][["participant_id", "cluster_id"]].values.tolist()
    assert found == [["7701", "А"], ["7702", "Б"]]
    assert not [f for f in data.findings if f.severity == "error"]


def test_headings_with_sums_are_no_members(tmp_path: Path) -> None:
    people = (
        "ИНН;Наименование;Численность\nКластер «А»;;300\n7701;Вектор;100\n7702;Ёлка;200\nКластер «Б»;;50\n"
    )
    data = read(tmp_path, {"links.csv": LIST}, people=f"{people}7703;Сталь;50\n")
    found = data.graph.to_tables()["participants"][["participant_id", "cluster_id"]].values.tolist()
    assert found == [["7701", "А"], ["7702", "А"], ["7703", "Б"]]


@pytest.mark.parametrize("written", ["7707 083 893", "ООО Вектор (ИНН 7707083893)", "ИНН: 7707083893"])
def test_a_taxpayer_number_in_other_words_is_its_participant(tmp_path: Path, written: str) -> None:
    people = "ИНН;Кластер\n7707083893;А\n0501000001;А\n"
    data = read(
        tmp_path, {"links.csv": f"{HEAD}Сумма, тыс. руб.\n2021;{written};501000001;1500\n"}, people=people
    )
    assert links(data) == {("7707083893", "0501000001"): 1.5} and "id_by_number" in codes(data)


def test_a_row_without_a_year_is_told(tmp_path: Path) -> None:
    text = "ИНН;Год;Выпуск, млн руб.\n7701;2021;10\n7702;2021;20\n¹ Предварительно;;\n7703;;5\n"
    data = read(tmp_path, {"activity.csv": text, "links.csv": LIST})
    assert figures(data) == FIGURES


def test_a_price_and_a_quantity_that_make_the_amount_are_not_called_ignored(tmp_path: Path) -> None:
    data = read(tmp_path, SUPPLIES["price for a tonne, kilograms"])
    assert "amount_from_price" in codes(data)
    assert not [f for f in data.findings if f.code == "column_ignored" and f.file == "links.csv"]
