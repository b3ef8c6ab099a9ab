"""Tables that are no plain lists: headers of several rows, years, quarters, indicators, plans."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustercoop.graph.errors import SchemaError
from clustercoop.graph.settings import Settings
from clustercoop.loaders.dataset import Dataset, read_dataset, read_frames
from tests.loaders.small import PEOPLE, codes


def read(tmp_path: Path, **options: Any) -> Dataset:
    given = {"participants": PEOPLE, "links": "Год;Поставщик;Покупатель;Сумма\n2021;0101;0202;1\n"}
    given |= {name: options.pop(name) for name in ("links", "activity") if name in options}
    settings = options.pop("settings", None)
    for name, text in given.items():
        (tmp_path / f"{options.get(name + '_file', name)}.csv").write_text(text, "utf-8")
    return read_dataset(tmp_path, settings=settings)


def figures(data: Dataset, *columns: str) -> list[list[Any]]:
    frame = data.graph.to_tables()["activity"].sort_values(["participant_id", "year"])
    return (
        frame[["participant_id", "year", *columns]].astype(object).where(frame.notna(), None).values.tolist()
    )


def supplies(data: Dataset) -> list[list[Any]]:
    frame = data.graph.to_tables()["links"].sort_values(["year", "supplier_id", "buyer_id"])
    return frame[["year", "supplier_id", "buyer_id", "value"]].values.tolist()


def test_a_merged_header_is_read_with_what_stands_below_it(tmp_path: Path) -> None:
    activity = (
        "ИНН;Год;Отгружено, тыс. руб.;;;Численность\n"
        ";;всего;в т.ч. участникам кластера;на экспорт;\n"
        "0101;2021;5000;1500;700;10\n"
    )
    data = read(tmp_path, activity=activity)
    assert figures(data, "output", "used_by_participants", "employees") == [["0101", 2021, 5.0, 1.5, 10.0]]


def test_three_rows_of_headers(tmp_path: Path) -> None:
    activity = (
        "Участник;;Показатели;;;\nИНН;Наименование;Выпуск, млн руб.;;Численность, чел.;\n"
        ";;2020;2021;2020;2021\n0101;А;5;6;10;11\n"
    )
    data = read(tmp_path, activity=activity)
    assert figures(data, "output", "employees") == [["0101", 2020, 5.0, 10.0], ["0101", 2021, 6.0, 11.0]]


@pytest.mark.parametrize("below", ["металл;пластик", "1 этап;2 этап", "А;Б"])
def test_a_figure_over_columns_that_say_nothing_of_it_is_refused(tmp_path: Path, below: str) -> None:
    links = f"Год;Поставщик;Покупатель;Объём поставки, млн руб.;\n;;;{below}\n2021;0101;0202;5;6\n"
    with pytest.raises(SchemaError, match="stands over several columns of numbers"):
        read(tmp_path, links=links)


@pytest.mark.parametrize(
    ("titles", "cells", "total"),
    [
        ("I квартал;II квартал;III квартал;IV квартал", "1;2;3,5;4", 10.5),
        ("Q1;Q2;Q3;Q4", "1;;3;4", 8.0),  # an empty quarter beside filled ones is no supply
        ("1 полугодие;2 полугодие", "1;2", 3.0),
        ("товары;услуги", "1;2", 3.0),
        ("янв;фев;мар;апр;май;июн;июл;авг;сен;окт;ноя;дек", ";".join(["1"] * 12), 12.0),
    ],
)
def test_parts_of_a_year_are_summed(tmp_path: Path, titles: str, cells: str, total: float) -> None:
    gaps = ";" * titles.count(";")
    links = f"Год;Поставщик;Покупатель;Сумма, млн руб.{gaps}\n;;;{titles}\n2021;0101;0202;{cells}\n"
    data = read(tmp_path, links=links)
    assert supplies(data) == [[2021, "0101", "0202", total]]
    assert "parts_summed" in codes(data)


@pytest.mark.parametrize("whole", ["всего", "Год", "12 мес."])
@pytest.mark.parametrize(("figure", "told"), [(3, set()), (4, {"parts_contradict"})])
def test_a_whole_beside_its_parts_is_the_figure(
    tmp_path: Path, whole: str, figure: int, told: set[str]
) -> None:
    halves = f"Год;Поставщик;Покупатель;Сумма;;\n;;;1 полугодие;2 полугодие;{whole}\n"
    data = read(tmp_path, links=f"{halves}2021;0101;0202;1;2;{figure}\n")
    assert supplies(data) == [[2021, "0101", "0202", float(figure)]]
    assert codes(data) & {"parts_contradict", "parts_summed"} == told


def test_three_quarters_are_no_year(tmp_path: Path) -> None:
    links = "Год;Поставщик;Покупатель;Сумма;;\n;;;I кв.;II кв.;III кв.\n2021;0101;0202;1;2;3\n"
    with pytest.raises(SchemaError, match="only in parts"):
        read(tmp_path, links=links)


def test_an_unknown_part_leaves_the_output_of_the_year_unknown(tmp_path: Path) -> None:
    activity = "ИНН;Год;Выпуск;\n;;1 полугодие;2 полугодие\n0101;2021;1;\n0202;2021;1;2\n"
    data = read(tmp_path, activity=activity)
    assert figures(data, "output") == [["0101", 2021, None], ["0202", 2021, 3.0]]


def test_a_plan_is_no_figure(tmp_path: Path) -> None:
    data = read(tmp_path, activity="ИНН;Год;Выпуск, план;Численность\n0101;2021;5;10\n")
    assert figures(data, "output", "employees") == [["0101", 2021, None, 10.0]]
    [told] = [f for f in data.findings if f.code == "figure_in_part"]
    assert (told.severity, told.value, told.detail) == ("error", "output", "Выпуск, план")


def test_rows_of_plans_are_rejected_by_name(tmp_path: Path) -> None:
    links = "Год;Поставщик;Покупатель;Вид;Сумма\n" + "".join(
        f"2021;0101;0202;{kind};{value}\n" for kind, value in (("план", 10), ("факт", 12), ("Plan", 1))
    )
    data = read(tmp_path, links=links)
    assert supplies(data) == [[2021, "0101", "0202", 12.0]]
    assert data.rejected["code"].tolist() == ["plan_row", "plan_row"]
    assert data.rejected["row"].tolist() == [2, 4]


@pytest.mark.parametrize(
    "header",
    [
        "ИНН;Выпуск 2020, млн руб.;Выпуск 2021, млн руб.",
        "ИНН;Выпуск за 2020 год, млн руб.;Выпуск за 2021 год, млн руб.",
        "ИНН;Отгружено продукции в 2020 году, млн руб.;Отгружено продукции в 2021 году, млн руб.",
        "company id;turnover 2020 (million RUB);turnover 2021 (million RUB)",
        "company id;FY2020 output, million RUB;FY2021 output, million RUB",
    ],
)
def test_years_in_headers_become_rows(tmp_path: Path, header: str) -> None:
    data = read(tmp_path, activity=f"{header}\n0101;5,5;6\n0202;;7\n")
    assert figures(data, "output") == [["0101", 2020, 5.5], ["0101", 2021, 6.0], ["0202", 2021, 7.0]]
    rows = data.graph.to_tables()["activity"]["row"].tolist()
    assert rows == [2, 2, 3]


def test_links_with_a_column_for_each_year(tmp_path: Path) -> None:
    data = read(tmp_path, links="Поставщик;Покупатель;2020;2021\n0101;0202;5;6\n0202;0303;;7\n")
    assert supplies(data) == [
        [2020, "0101", "0202", 5.0],
        [2021, "0101", "0202", 6.0],
        [2021, "0202", "0303", 7.0],
    ]


def test_years_whose_figure_is_not_said_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="nothing says of what"):
        read(tmp_path, activity="ИНН;2020;2021\n0101;5;6\n")


def test_a_title_says_what_the_years_are_of(tmp_path: Path) -> None:
    data = read(tmp_path, activity="Выпуск, млн руб.;;\nИНН;2020;2021\n0101;5;6\n")
    assert figures(data, "output") == [["0101", 2020, 5.0], ["0101", 2021, 6.0]]


def test_a_column_of_years_beside_years_as_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="keep one or the other"):
        read(tmp_path, activity="ИНН;Год;Выпуск 2020;Выпуск 2021\n0101;2020;5;6\n")


def test_indicators_in_rows(tmp_path: Path) -> None:
    activity = (
        "ИНН;Показатель;Единица измерения;Год;Значение\n"
        "0101;Выпуск;тыс. руб.;2021;5000\n0101;Среднесписочная численность;чел.;2021;12\n"
        "0202;Выпуск;тыс. руб.;2021;7000\n0202;Рентабельность;%;2021;8\n"
    )
    data = read(tmp_path, activity=activity)
    assert figures(data, "output", "employees") == [["0101", 2021, 5.0, 12.0], ["0202", 2021, 7.0, None]]
    assert [f.value for f in data.findings if f.code == "indicator_ignored"] == ["Рентабельность"]


def test_indicators_in_rows_with_years_as_columns(tmp_path: Path) -> None:
    activity = "Indicator;company id;2020;2021\nOutput, million RUB;0101;5;6\nEmployees;0101;10;11\n"
    data = read(tmp_path, activity=activity)
    assert figures(data, "output", "employees") == [["0101", 2020, 5.0, 10.0], ["0101", 2021, 6.0, 11.0]]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("links_2022", ""),
        ("Поставки 2022 год", ""),
        ("links", "Сведения о поставках за 2022 год;;\n"),
        ("links", "Сведения за 2022 год по состоянию на 01.03.2023;;\n"),
    ],
)
def test_the_year_of_a_table_without_years(tmp_path: Path, name: str, title: str) -> None:
    data = read(tmp_path, links_file=name, links=f"{title}Поставщик;Покупатель;Сумма\n0101;0202;5\n")
    assert supplies(data) == [[2022, "0101", "0202", 5.0]]
    assert "year_from_name" in codes(data)


def test_the_year_of_the_settings(tmp_path: Path) -> None:
    links = "Поставщик;Покупатель;Сумма\n0101;0202;5\n"
    data = read(tmp_path, links=links, settings=Settings(year=2019))
    assert supplies(data) == [[2019, "0101", "0202", 5.0]]
    with pytest.raises(SchemaError, match="--year"):
        read(tmp_path, links=links)
    with pytest.raises(SchemaError, match="--year"):
        read(tmp_path, links="на 01.01.2023;;\n" + links)


def test_a_year_said_in_two_ways_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="said in two ways"):
        read(
            tmp_path,
            links_file="links_2022",
            links="за 2021 год;;\nПоставщик;Покупатель;Сумма\n0101;0202;5\n",
        )


@settings(deadline=None, max_examples=12)
@given(
    st.dictionaries(
        st.sampled_from(["0101", "0202", "0303"]),
        st.dictionaries(st.sampled_from([2019, 2020, 2021]), st.integers(1, 99), min_size=1),
        min_size=1,
    )
)
def test_a_wide_table_and_its_list_give_the_same_rows(figures_of: dict[str, dict[int, int]]) -> None:
    years = sorted({year for known in figures_of.values() for year in known})
    wide = pd.DataFrame(
        [{"ИНН": who, **{f"Выпуск / {y}": known.get(y) for y in years}} for who, known in figures_of.items()]
    )
    long = pd.DataFrame(
        [(who, y, v) for who, known in figures_of.items() for y, v in known.items()],
        columns=["ИНН", "Год", "Выпуск"],
    )
    people = pd.DataFrame({"participant_id": ["0101", "0202", "0303"], "cluster_id": "К"})
    links = pd.DataFrame({"year": [2020], "supplier_id": "0101", "buyer_id": "0202", "value": [1.0]})
    base = {"participants": people, "links": links}
    read_both = [figures(read_frames({**base, "activity": table}), "output") for table in (wide, long)]
    assert read_both[0] == read_both[1]


def test_a_table_of_figures_without_any_is_an_error(tmp_path: Path) -> None:
    data = read(tmp_path, activity="ИНН;Год;Оценка;Балл\n0101;2021;5;6\n")
    [told] = [finding for finding in data.findings if finding.code == "figures_none"]
    assert (told.severity, told.detail) == ("error", "ИНН, Год, Оценка, Балл")


def test_statistics_in_long_form(tmp_path: Path) -> None:
    rows = "0101,Production value,MIO_EUR,2021,5\n0101,Persons employed,NR,2021,7\n"
    data = read(tmp_path, activity="company id,indic,unit,TIME_PERIOD,OBS_VALUE\n" + rows)
    assert figures(data, "output", "employees") == [["0101", 2021, 5.0, 7.0]]


def test_the_figure_of_years_in_a_longer_title(tmp_path: Path) -> None:
    data = read(
        tmp_path, activity="Выпуск по участникам кластера, тыс. руб.;;\nИНН;2020;2021\n0101;5000;6000\n"
    )
    assert figures(data, "output") == [["0101", 2020, 5.0], ["0101", 2021, 6.0]]


MONTHS = "янв фев мар апр май июн июл авг сен окт ноя дек".split()


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("Поставки 2022, млн руб", MONTHS),
        ("Поставки 2022, млн руб", [f"{i:02}" for i in range(1, 13)]),
        ("Поставки 2022, млн руб", [*MONTHS, "Год"]),
        ("Поставки, млн руб", [f"{month}.22" for month in MONTHS]),
        ("flows, mln RUB", [f"2022-{i:02}" for i in range(1, 13)]),
    ],
)
def test_months_that_name_no_figure(tmp_path: Path, name: str, header: list[str]) -> None:
    """1 + … + 12 = 78 of the only figure there is; a column of the year beside them says the same."""
    (tmp_path / "participants.csv").write_text("ИНН;Кластер\n0101;К\n0202;К\n", "utf-8")
    cells = [*map(str, range(1, 13)), "78"][: len(header)]
    rows = [["Поставщик", "Покупатель", *header], ["0101", "0202", *cells]]
    (tmp_path / f"{name}.csv").write_text("\n".join(map(";".join, rows)), "utf-8")
    links = read_dataset(tmp_path).graph.to_tables()["links"]
    assert links[["year", "value"]].to_numpy().tolist() == [[2022, 78.0]]


def test_quarters_of_two_years_below_their_years(tmp_path: Path) -> None:
    """1 + 2 + 3 + 4 = 10 and 5 + 6 + 7 + 8 = 26, whatever order the sums are made in."""
    (tmp_path / "participants.csv").write_text("ИНН;Кластер\n0101;К\n0202;К\n", "utf-8")
    (tmp_path / "Выпуск.csv").write_text(
        "Выпуск участников, тыс. руб.\nИНН;2021;;;;2022;;;\n;I;II;III;IV;I;II;III;IV\n"
        "0101;1000;2000;3000;4000;5000;6000;7000;8000\n",
        "utf-8",
    )
    (tmp_path / "links.csv").write_text("supplier;buyer;year;value, mln RUB\n0101;0202;2022;1\n", "utf-8")
    activity = read_dataset(tmp_path).graph.activity
    assert activity.set_index("year")["output"].to_dict() == {2021: 10.0, 2022: 26.0}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "ИНН;Выпуск, млн руб.;;;;;;;\n"
            ";1 кв. 2021;2 кв. 2021;3 кв. 2021;4 кв. 2021;1 кв. 2022;2 кв. 2022;3 кв. 2022;4 кв. 2022\n"
            "0101;1;2;3;4;5;6;7;8\n",
            [["0101", 2021, 10.0], ["0101", 2022, 26.0]],
        ),
        (
            "ИНН;Выпуск за январь-июнь 2022 г., млн руб.;Выпуск за январь-декабрь 2022, млн р.\n0101;5;12\n",
            [["0101", 2022, 12.0]],
        ),
        ("ИНН;Год;Выпуск за январь-июнь;Выпуск за январь-декабрь\n0101;2022;5;12\n", [["0101", 2022, 12.0]]),
        ("ИНН;Выпуск за 12 месяцев 2022 г., млн руб.\n0101;12\n", [["0101", 2022, 12.0]]),
    ],
    ids=["quarters of two years", "from January", "from January, of a year", "twelve months"],
)
def test_the_year_of_parts_is_that_of_their_headers(tmp_path: Path, text: str, wanted: list[Any]) -> None:
    assert figures(read(tmp_path, activity=text), "output") == wanted


@pytest.mark.parametrize("sums", [("", "", ""), ("5", "9", "14")], ids=["bare", "with sums"])
def test_a_side_in_rows_above_its_links_is_read(tmp_path: Path, sums: tuple[str, str, str]) -> None:
    text = (
        f"Покупатель;Год;Сумма, млн руб.\nПоставщик: 0101;;{sums[0]}\n0202;2022;5\n"
        f"Поставщик: 0202;;{sums[1]}\n0101;2022;2\n0303;2022;7\nИтого;;{sums[2]}\n"
    )
    data = read(tmp_path, links=text)
    frame = data.graph.to_tables()["links"].sort_values(["supplier_id", "buyer_id"])
    assert frame[["supplier_id", "buyer_id", "value"]].to_numpy().tolist() == [
        ["0101", "0202", 5.0],
        ["0202", "0101", 2.0],
        ["0202", "0303", 7.0],
    ]


def test_a_row_above_links_that_is_no_sum_of_them_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="supplier_id"):
        read(tmp_path, links="Покупатель;Год;Сумма, млн руб.\nПоставщик: 0101;;9\n0202;2022;5\n")


@pytest.mark.parametrize("growth", ["2022/2021, %", "2022 к 2021, %", "в % к 2021", "Изменение 2022/2021"])
def test_how_a_figure_grew_is_none_of_its_years(tmp_path: Path, growth: str) -> None:
    text = f"ИНН;Выпуск, млн руб.;;\n;2021;2022;{growth}\n0101;4;5;125\n"
    assert figures(read(tmp_path, activity=text), "output") == [["0101", 2021, 4.0], ["0101", 2022, 5.0]]


def test_numbers_of_columns_above_numbered_rows_are_no_record(tmp_path: Path) -> None:
    data = read(tmp_path, activity="№;ИНН;Год;Выпуск\n1;2;3;4\n1;0101;2022;5\n2;0202;2022;6\n")
    assert figures(data, "output") == [["0101", 2022, 5.0], ["0202", 2022, 6.0]]
    assert data.rejected["code"].tolist() == ["column_numbers"]


def test_years_behind_an_underscore(tmp_path: Path) -> None:
    data = read(tmp_path, activity="inn;output_2021;output_2022;employees_2022\n0101;4;5;7\n")
    assert figures(data, "output", "employees") == [["0101", 2021, 4.0, None], ["0101", 2022, 5.0, 7.0]]


@pytest.mark.parametrize(
    "text",
    [
        ";Поставщики;;\n;0101;0202;0303\n0101;;;\n0202;5;;\n0303;;2;\n",
        "Покупатель;Поставщик;;\n;0101;0202;0303\n0101;;;\n0202;5;;\n0303;;2;\n",
        "Поставщик;Покупатель;;\n;0101;0202;0303\n0101;;5;\n0202;;;2\n0303;;;\n",
        "Поставщик;0101;0202;0303;Прочие;Всего\n0101;;5;;1;6\n0202;;;2;1;3\n0303;;;;4;4\nИтого;;5;2;6;13\n",
        ";0101;0202;0303;Всего, поставщик\n0101;;5;;5\n0202;;;2;2\n0303;;;;0\n",
    ],
    ids=[
        "suppliers above columns",
        "buyers beside rows",
        "suppliers beside rows",
        "with sums",
        "of suppliers",
    ],
)
def test_what_stands_beside_a_matrix_says_who_supplies(tmp_path: Path, text: str) -> None:
    data = read(tmp_path, links=text, links_file="links_2022")
    assert supplies(data) == [[2022, "0101", "0202", 5.0], [2022, "0202", "0303", 2.0]]
