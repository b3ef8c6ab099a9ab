"""Kinds of tables that firms and offices keep: a sheet for each firm, pivots, terms of payment, odd names."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from clustercoop.graph.errors import ClusterCoopError
from clustercoop.loaders.dataset import Dataset, read_dataset
from tests.loaders.small import book, codes
from tests.loaders.test_folders import ods

PEOPLE = "ИНН;Наименование;Кластер\n7701;Альфа;К1\n7702;Бета;К1\n7703;Гамма;К1\n7704;Дельта;К2\n"
LIST = "Год;Поставщик;Покупатель;Сумма, млн руб.\n2021;7701;7702;5\n2021;7702;7703;6\n"
LINKS = {("7701", "7702"): 5.0, ("7702", "7703"): 6.0}
Sheets = dict[str, list[list[Any]]]


def read(folder: Path, files: dict[str, str | Sheets], people: str = PEOPLE) -> Dataset:
    for name, content in ({"participants.csv": people} | files).items():
        if isinstance(content, str):
            (folder / name).write_text(content, "utf-8")
        else:
            book(folder / name, content)
    return read_dataset(folder)


def links(data: Dataset) -> dict[tuple[str, str], float]:
    rows = data.graph.to_tables()["links"].to_dict("records")
    assert {row["year"] for row in rows} <= {2021}
    found = {(row["supplier_id"], row["buyer_id"]): row["value"] for row in rows}
    assert len(found) == len(rows)
    return found


BOUGHT = ["Год", "Покупатель", "Сумма, млн руб."]
FULL = ["Год", "Поставщик", *BOUGHT[1:]]
LEDGER = ["Год", "Контрагент", "Отгружено, млн руб.", "Получено, млн руб."]
PIVOT: list[list[Any]] = [
    ["Сумма по полю Сумма, млн руб."],
    ["Поставщик", "Покупатель", "Итог"],
    ["7701", "7702", 2],
    ["", "7703", 3],
    ["7701 Итог", "", 5],
    ["7702", "7703", 6],
    ["7702 Итог", "", 6],
    ["Общий итог", "", 11],
]

SUPPLIES: dict[str, dict[str, str | Sheets]] = {
    "a sheet for each supplier by its number": {
        "Поставки.xlsx": {"7701": [BOUGHT, [2021, "7702", 5]], "7702": [BOUGHT, [2021, "7703", 6]]}
    },
    "a sheet for each supplier by its name, beside their sum": {
        "Поставки.xlsx": {
            "Свод": [BOUGHT, [2021, "7702", 5], [2021, "7703", 6]],
            "Альфа": [BOUGHT, [2021, "7702", 5]],
            "Бета": [BOUGHT, [2021, "7703", 6]],
        }
    },
    "a file for each supplier": {
        "Поставки ООО Альфа.csv": "Год;Покупатель;Сумма, млн руб.\n2021;7702;5\n",
        "Поставки ООО Бета.csv": "Год;Покупатель;Сумма, млн руб.\n2021;7703;6\n",
    },
    "what two firms' books tell twice counts once": {
        "Обороты.xlsx": {
            "Альфа": [LEDGER, [2021, "7702", 5, ""]],
            "Бета": [LEDGER, [2021, "7701", "", 5], [2021, "7703", 6, ""]],
        }
    },
    "books of both sides, one of two years": {
        "Поставки Альфа 2021.csv": "Покупатель;Сумма, млн руб.\n7702;5\n",
        "Закупки Бета 2021.csv": "Поставщик;Сумма, млн руб.\n7701;5\n",
        "Поставки Бета 2021.csv": "Покупатель;Сумма, млн руб.\n7703;6\n",
    },
    "a pivot of the table beside it": {
        "Поставки.xlsx": {
            "Данные": [
                ["Год", "Поставщик", *BOUGHT[1:]],
                [2021, "7701", "7702", 5],
                [2021, "7702", "7703", 6],
            ],
            "Сводная": PIVOT,
        }
    },
    "a pivot of averages beside the table": {
        "Поставки.xlsx": {
            "Данные": [FULL, [2021, "7701", "7702", 5], [2021, "7702", "7703", 6]],
            "Сводная": [["Среднее по полю Сумма", "Покупатель"], ["Поставщик", "7702"], ["7701", 5]],
        }
    },
    "a sheet for each cluster": {
        "Поставки.xlsx": {
            "К1": [FULL, [2021, "7701", "7702", 5]],
            "К2": [FULL, [2021, "7702", "7703", 6]],
        }
    },
    "a matrix of suppliers that are no buyers": {
        "links_2021.csv": "Поставщик \\ Покупатель, млн руб.;Бета;Гамма;Итого\n"
        "Альфа;5;;5\nБета;;6;6\nИтого;5;6;11\n"
    },
    "a matrix with numbers and names of suppliers": {
        "links_2021.csv": "ИНН;Поставщик;7702;7703;Доля, %\n7701;Альфа;5;;45\n7702;Бета;;6;55\n"
    },
    "suppliers above their buyers in one column": {
        "Продажи.csv": "Период: 2021 г.;\nПоставщик / Покупатель;Сумма, млн руб.\n"
        "7701;5\n7702;5\n7702;6\n7703;6\nИтого;11\n"
    },
    "a title page and a list beside the table": {
        "links.xlsx": {
            "Титул": [["Отчёт"], ["Исполнитель", "Иванов"]],
            "Данные": [
                ["Год", "Поставщик", *BOUGHT[1:]],
                [2021, "7701", "7702", 5],
                [2021, "7702", "7703", 6],
            ],
            "Справочник": [["Код", "Название"], ["1", "сталь"]],
        }
    },
    "halves of a year with their unit": {
        "links.csv": "Поставщик;Покупатель;I полугодие 2021, млн руб.;II полугодие 2021, млн руб.\n"
        "7701;7702;2;3\n7702;7703;1;5\n"
    },
    "a fact and a forecast with their years": {
        "links.csv": "Поставщик;Покупатель;2021 факт, млн руб.;2022 прогноз, млн руб.\n"
        "7701;7702;5;7\n7702;7703;6;8\n"
    },
    "numbers as a data frame writes them": {
        "links.csv": LIST.replace("7701;7702", "7701.0;7702.0").replace("7702;7703", "7702.0;7703.0")
    },
    "days as a spreadsheet stores them": {  # 1 March and 14 April 2021
        "links.csv": LIST.replace("Год", "Дата").replace("2021;7701", "44256;7701").replace("2021", "44300")
    },
    "numbers with names": {
        "links.csv": LIST.replace("7701;7702", "7701 Альфа;Бета (7702)").replace(";7703", ";Гамма, ИНН 7703")
    },
    "terms of payment between sender and receiver": {
        "links.csv": LIST.replace("Поставщик;Покупатель", "Отправитель;Получатель")
        .replace("млн руб.\n", "млн руб.;Условия оплаты;Оплата\n", 1)
        .replace(";5\n", ";5;30 дней;да\n")
        .replace(";6\n", ";6;аванс;нет\n")
    },
}


@pytest.mark.parametrize("case", SUPPLIES)
def test_supplies(tmp_path: Path, case: str) -> None:
    assert links(read(tmp_path, SUPPLIES[case])) == LINKS


def test_a_pivot_in_tabular_form(tmp_path: Path) -> None:
    data = read(tmp_path, {"Поставки 2021.xlsx": {"Лист1": PIVOT}})
    # 7701 stands once for both of its rows; the sums of 5, 6 and 11 are totals.
    assert links(data) == {("7701", "7702"): 2.0, ("7701", "7703"): 3.0, ("7702", "7703"): 6.0}
    assert data.rejected["code"].tolist() == ["total_row"] * 3


def test_a_pivot_of_figures(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["Сумма по полю Выпуск, млн руб.", "Названия столбцов", ""]]
    rows += [["Названия строк", 2021, "Общий итог"], ["Альфа", 5, 5], ["Бета", 7, 7], ["Общий итог", 12, 12]]
    data = read(tmp_path, {"links.csv": LIST, "Показатели.xlsx": {"Лист1": rows}})
    assert data.graph.to_tables()["activity"]["output"].tolist() == [5.0, 7.0]


def test_rows_of_a_matrix_of_other_organisations_are_said_to_be_taken_as_suppliers(tmp_path: Path) -> None:
    data = read(tmp_path, {"links_2021.csv": "млн руб.;7702;7703\n7701;5;\n7704;;6\n"})
    assert links(data) == {("7701", "7702"): 5.0, ("7704", "7703"): 6.0}
    assert "matrix_sides_assumed" in codes(data)


def test_quarters_beside_years(tmp_path: Path) -> None:
    head = "ИНН;2020;I кв. 2021;II кв. 2021;III кв. 2021;IV кв. 2021;2021\n"
    table = {"Выпуск, млн руб.csv": f"{head}7701;9;1;2;3;4;10\n7702;8;2;2;2;2;8\n"}
    figures = read(tmp_path, {"links.csv": LIST, **table}).graph.to_tables()["activity"]
    assert sorted(figures["output"]) == [8.0, 8.0, 9.0, 10.0]


def test_a_sheet_of_figures_for_each_firm(tmp_path: Path) -> None:
    head = ["Показатель", "2021", "2022"]
    sheets: Sheets = {
        "Альфа": [head, ["Выпуск, млн руб.", 10, 11], ["Численность, чел.", 5, 6]],
        "Лист2": [
            ["Наименование", "ООО Бета"],
            head,
            ["Выпуск, млн руб.", 20, 21],
            ["Численность, чел.", 7, 8],
        ],
    }
    data = read(tmp_path, {"links.csv": LIST, "Показатели.xlsx": sheets})
    table = data.graph.to_tables()["activity"].sort_values(["participant_id", "year"])
    assert table["output"].tolist() == [10.0, 11.0, 20.0, 21.0]
    assert table["employees"].tolist() == [5.0, 6.0, 7.0, 8.0]


REFUSED: dict[str, tuple[dict[str, str | Sheets], str]] = {
    "sheets of nobody": (
        {"Поставки.xlsx": {"Лист1": [BOUGHT, [2021, "7702", 5]], "Лист2": [BOUGHT, [2021, "7703", 6]]}},
        "If the table is of one organisation",
    ),
    "sheets that tell the same pair": (
        {
            "Поставки.xlsx": {
                "Лист1": [FULL, [2021, "7701", "7702", 5]],
                "Лист2": [FULL, [2021, "7701", "7702", 4]],
            }
        },
        "several sheets",
    ),
    "two years in one": (
        {"links.csv": "Поставщик;Покупатель;2020/21;2021/22\n7701;7702;5;6\n"},
        "name each by one",
    ),
    "two years in a title": (
        {"Поставки 2020-21.csv": "Поставщик;Покупатель;Сумма\n7701;7702;5\n"},
        "no column year",
    ),
    "a firm that is called like a cluster": (
        {"Поставки К1.csv": "Год;Покупатель;Сумма\n2021;7702;5\n", "clusters.csv": "cluster_id\nК1\n"},
        "no column supplier_id",
    ),
    "two tables of one firm": (
        {
            "Поставки Альфа.csv": "Год;Покупатель;Сумма\n2021;7702;5\n",
            "Отгрузки Альфа.csv": "Год;Покупатель;Сумма\n2021;7702;5\n",
        },
        "Several files",
    ),
    "counterparties by number": (
        {"links.csv": "Год;Контрагент 1;Контрагент 2;Сумма, млн руб.\n2021;7701;7702;5\n"},
        "which of them supplies",
    ),
    "in and out, of money or goods": (
        {"links.csv": "Год;Организация;Контрагент;Приход;Расход\n2021;7701;7702;5;\n2021;7702;7703;;6\n"},
        "money or goods",
    ),
    "a pivot in compact form": (
        {
            "Поставки 2021.xlsx": {
                "Лист1": [["Названия строк", "Сумма по полю Сумма"], ["7701", 5], ["7702", 5]]
            }
        },
        "tabular form",
    ),
    "a pivot of averages": (
        {
            "Поставки 2021.xlsx": {
                "Л": [["Среднее по полю Сумма", "Покупатель"], ["Поставщик", "7702"], ["7701", 5]]
            }
        },
        "which is no sum",
    ),
    "a pivot of all years at once": (
        {"Поставки 2021.xlsx": {"Лист1": [["Год", "(Все)"], [], *PIVOT]}},
        "several years at once",
    ),
    "a plan beside a fact": (
        {
            "Поставки.xlsx": {
                "План": [FULL, [2021, "7701", "7702", 5]],
                "Факт": [FULL, [2021, "7702", "7703", 6]],
            }
        },
        "several sheets",
    ),
    "a month beside two": (
        {
            "Поставки 2021.xlsx": {
                "Январь": [FULL, [2021, "7701", "7702", 5]],
                "Январь-февраль": [FULL, [2021, "7702", "7703", 6]],
            }
        },
        "several sheets",
    ),
    "firms beside their groups": (
        {
            "Поставки.xlsx": {
                "Фирмы": [FULL, [2021, "7701", "7703", 5], [2021, "7702", "7703", 6]],
                "Группы": [FULL, [2021, "7709", "7703", 7], [2021, "7708", "7703", 4]],
            }
        },
        "several sheets",
    ),
    "one pair by numbers and by names": (
        {
            "Поставки.xlsx": {
                "Лист1": [FULL, [2021, "7701", "7702", 5]],
                "Лист2": [FULL, [2021, "Альфа", "Бета", 7]],
            }
        },
        "several sheets",
    ),
    "a summary that tells more than the sheets beside it": (
        {
            "Поставки.xlsx": {
                "Свод": [
                    FULL,
                    [2021, "7701", "7702", 5],
                    [2021, "7702", "7703", 6],
                    [2021, "7703", "7701", 9],
                ],
                "Томск": [FULL, [2021, "7701", "7702", 5]],
                "Омск": [FULL, [2021, "7702", "7703", 6]],
            }
        },
        "several sheets",
    ),
    "one firm by two names": (
        {
            "Поставки Альфа.csv": "Год;Покупатель;Сумма\n2021;7702;5\n",
            "Поставки ООО Альфа.csv": "Год;Покупатель;Сумма\n2021;7703;6\n",
        },
        "Several files",
    ),
    "a cluster that is called like a firm": (
        {"Поставки кластера «Альфа».csv": "Год;Покупатель;Сумма\n2021;7702;5\n"},
        "no column supplier_id",
    ),
    "a matrix of something else": (
        {"links_2021.csv": "Число договоров;7701;7702\n7703;4;5\n7704;2;1\n"},
        "no column supplier_id",
    ),
    "a matrix without rows": (
        {"links_2021.csv": "Поставщик \\ Покупатель;7701;7702\n"},
        "has no rows|no column",
    ),
    "a matrix below another": (
        {
            "links_2021.csv": "Поставщик;7703;7704\n7701;4;5\n7702;2;1\n;;\n"
            "Поставщик;7701;7702\n7703;40;50\n7704;20;10\n"
        },
        "begins another table|another table",
    ),
    "a file that is not understood": ({"Обороты.csv": "Счёт;Дебет;Кредит\n62;5;6\n"}, "Обороты.csv"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_certain_is_refused_with_what_to_do(tmp_path: Path, case: str) -> None:
    files, says = REFUSED[case]
    with pytest.raises(ClusterCoopError, match=says):
        read(tmp_path, files)


def test_a_cluster_in_quotes_behind_its_label(tmp_path: Path) -> None:
    people = "Кластер: «Альфа-кластер»;\nРегион: Томская область;\nИНН;Наименование\n7701;Альфа\n7702;Бета\n"
    table = read(tmp_path, {"links.csv": LIST}, people).graph.to_tables()["participants"]
    assert table["cluster_id"].tolist() == ["Альфа-кластер"] * 2


def test_years_of_membership_in_words(tmp_path: Path) -> None:
    people = "ИНН;Кластер;Дата вступления;Дата выхода\n7701;К1;с 2022 г.;по 2023\n"
    people += "7702;К1;с 15 марта 2021 г.;н.в.\n"
    table = read(tmp_path, {"links.csv": LIST}, people).graph.to_tables()["participants"]
    assert table["joined_year"].tolist() == [2022.0, 2021.0]
    assert table["left_year"].fillna(0).tolist() == [2023.0, 0.0]


@pytest.mark.parametrize("said", ["Кластер: все", "Cluster: All clusters", 'Отбор: Кластер Равно "Все"'])
def test_all_clusters_are_no_cluster(tmp_path: Path, said: str) -> None:
    with pytest.raises(ClusterCoopError, match="no column cluster_id"):
        read(tmp_path, {"links.csv": LIST}, f"{said};\nИНН;Наименование\n7701;Альфа\n7702;Бета\n")


@pytest.mark.parametrize(
    ("people", "supplier"),
    [("ИНН;Наименование;Кластер\nA1;Всего доброго;К1\nA2;Бета;К1\n", "A1"),
     ("Наименование;Кластер\nВсего доброго;К1\nБета;К1\nВсего участников: 2;\n", "Всего доброго")],
)  # fmt: skip
def test_a_firm_may_be_called_like_a_total(tmp_path: Path, people: str, supplier: str) -> None:
    rows = "Год;Поставщик;Покупатель;Сумма, млн руб.\n2021;Всего доброго;Бета;5\nВсего отгружено;;;5\n"
    data = read(tmp_path, {"links.csv": rows}, people)
    assert [one for one, _ in links(data)] == [supplier]
    assert set(data.rejected["code"]) == {"total_row"}


@pytest.mark.parametrize(("cell", "value"), [("5 ₽", None), ("5000000 ₽", 5.0), ("5 млн ₽", 5.0)])
def test_a_bare_currency_below_a_scale_is_open(tmp_path: Path, cell: str, value: float | None) -> None:
    data = read(tmp_path, {"links.csv": LIST.replace(";5\n", f";{cell}\n")})
    # 5 beside 6 is likelier a million, but says roubles: unknown; five million roubles are nothing else.
    assert links(data).get(("7701", "7702")) == value
    assert ("unit_unclear_row" in codes(data)) == (value is None)


def test_hidden_rows_of_an_open_document_are_told(tmp_path: Path) -> None:
    rows = [line.split(";") for line in LIST.splitlines()]
    (tmp_path / "links.ods").write_bytes(ods(rows))
    with zipfile.ZipFile(tmp_path / "links.ods") as package:
        parts = {member: package.read(member) for member in package.namelist()}
    xml = parts["content.xml"].decode("utf-8")
    at = xml.rindex("<table:table-row")
    parts["content.xml"] = f'{xml[:at]}<table:table-row table:visibility="filter"{xml[at + 16 :]}'.encode()
    with zipfile.ZipFile(tmp_path / "links.ods", "w") as package:
        for member, content in parts.items():
            package.writestr(member, content)
    data = read(tmp_path, {})
    assert links(data) == LINKS and "rows_hidden" in codes(data)
