"""Small tables that are easily misread without a word: each gives the right figure, or says why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from clustercoop.graph.errors import SchemaError
from clustercoop.loaders.dataset import Dataset, read_dataset
from tests.loaders.small import HEAD, ONE, codes, links, read


@pytest.mark.parametrize(
    ("name", "amount"),
    [
        ("Поставки, тыс. руб. 2022", "5000"),
        ("Поставки 2022 (тыс. руб.)", "5000"),
        ("links_2022_thousand_RUB", "5000"),
        ("Поставки v1.2, млн руб. за 2022 год", "5"),
        ("Поставки 2022, млн руб. (версия от 31.12.2023)", "5"),
    ],
)
def test_the_name_of_a_file_tells_unit_and_year(tmp_path: Path, name: str, amount: str) -> None:
    data = read(tmp_path, **{name: f"Поставщик;Покупатель;Сумма\n0101;0202;{amount}\n"})
    assert links(data) == [ONE]
    assert {"unit_from_title", "year_from_name"} <= codes(data)


def test_a_name_of_another_unit_than_the_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="тыс руб"):
        read(tmp_path, **{"Поставки, тыс. руб. 2022": "Поставщик;Покупатель;Сумма, млн руб.\n0101;0202;5\n"})


@pytest.mark.parametrize(
    "header",
    [
        "Сумма, млн руб. (в ценах 2020 г.)",
        "Объём поставки в ценах 2020 года, млн руб.",
        "Value (2020 prices), million RUB",
        "Value at constant 2020 prices, million RUB",
        "Value in prices of 2020, million RUB",
    ],
)
def test_the_year_of_prices_is_none_of_the_figures(tmp_path: Path, header: str) -> None:
    data = read(tmp_path, links_2022=f"Supplier;Buyer;{header}\n0101;0202;5\n")
    assert links(data) == [ONE]
    assert "prices_of_year" in codes(data)


def test_a_figure_at_current_prices_is_preferred(tmp_path: Path) -> None:
    text = "Год;Поставщик;Покупатель;Сумма в ценах 2020 г., млн руб.;Сумма, млн руб.\n2022;0101;0202;4;5\n"
    data = read(tmp_path, links=text)
    assert links(data) == [ONE]
    assert "prices_of_year" not in codes(data)


FIVE = {
    "a purpose tells payments": "date,from,to,amount (million RUB),purpose\n2022-03-01,0202,0101,5,steel\n",
    "capitals": "YEAR;SUPPLIER_INN;BUYER_INN;SUM_MLN_RUB\n2022;0101;0202;5\n",
    "what stands in a side": "Год;Поставщик продукции (полное наименование, ИНН);Покупатель (ИНН, КПП);"
    "Сумма, млн руб.\n2022;0101;0202;5\n",
    "headers that ask": "Год;Кто поставляет;Кому поставляет;На какую сумму, млн руб.\n2022;0101;0202;5\n",
    "maker and user": "Год;Изготовитель;Потребитель;Объём поставок в стоимостном выражении, млн рублей\n"
    "2022;0101;0202;5\n",
    "who sent and received": "Год;Поставщик;Организация-отправитель;Покупатель;Receiving company;"
    "Сумма, млн руб.\n2022;0101;0909;0202;0808;5\n",
    "bare quarters": "Поставщик;Покупатель;I кв.;II кв.;III кв.;IV кв.;2022 год\n0101;0202;1;1;1;2;5\n",
    "quarters and units": "Поставщик;Покупатель;2022;;;\n;;I кв.;II кв.;III кв.;IV кв.\n"
    ";;тыс. руб.;тыс. руб.;тыс. руб.;тыс. руб.\n0101;0202;1000;1000;1000;2000\n",
    "whom one pays": "Дата;Кто платит;Кому платит;Сумма платежа, руб.\n10.02.2022;0202;0101;5000000\n",
    "beneficiary": "Дата;Payer TIN;Beneficiary TIN;Сумма платежа, руб.\n10.02.2022;0202;0101;5000000\n",
} | {
    # Words of loans and fines in what is bought drop no supply.
    purpose: "Дата;Плательщик;Получатель;Сумма, млн руб.;Назначение платежа\n"
    f"10.02.2022;0202;0101;5;{purpose}\n"
    for purpose in (
        "Оплата за программу 1С:Зарплата",
        "Оплата по договору 5 за счёт собственных средств",
        "Оплата оборудования за счет кредита банка",
        "Оплата за услуги по возврату тары, возврат 5 шт.",
        "Payment for fine chemicals",
        "Deposit for order 45",
        "Payment for software (loan accounting)",
        "Оплата товара, пени 0,00 руб., штраф 0",
    )
}


@pytest.mark.parametrize("case", FIVE)
def test_a_link_of_five_million(tmp_path: Path, case: str) -> None:
    assert links(read(tmp_path, links=FIVE[case])) == [ONE]


def test_a_row_that_a_column_of_units_leaves_open_is_unclear(tmp_path: Path) -> None:
    text = "Год;Поставщик;Покупатель;Сумма;Ед. изм.\n2022;0101;0202;5000;тыс. руб.\n2022;0101;0303;7000;\n"
    data = read(tmp_path, links=text)
    assert links(data) == [ONE]
    assert data.rejected["code"].tolist() == ["unit_unclear_row"]
    named = read(tmp_path, links=text.replace("Сумма;", "Сумма, тыс. руб.;"))
    assert links(named) == [ONE, ["0101", "0303", 2022, 7.0]]


@pytest.mark.parametrize("everyone", ["All buyers", "Все покупатели", "All customers of 2022"])
def test_everyone_is_a_total(tmp_path: Path, everyone: str) -> None:
    text = f"Год;Поставщик;Покупатель;Сумма, млн руб.\n2022;0101;0202;5\n2022;0101;{everyone};5\n"
    data = read(tmp_path, links=text)
    assert links(data) == [ONE] and data.rejected["code"].tolist() == ["total_row"]


@pytest.mark.parametrize("total", ["Всего участников: 3", "Итого: 3 организации", "Total members: 3"])
@pytest.mark.parametrize("place", ["{};;;", ";{};;", ";;{};"])
def test_the_number_of_members_below_a_register_is_a_total(tmp_path: Path, total: str, place: str) -> None:
    people = "№ п/п;ИНН;Название;Кластер\n1;0101;А;К\n2;0202;Б;К\n3;0303;В;К\n"
    data = read(tmp_path, participants=people + place.format(total), links=f"{HEAD}2022;0101;0202;5\n")
    assert data.rejected[["row", "code", "value"]].to_numpy().tolist() == [[5, "total_row", total]]


def test_a_total_in_the_column_of_numbers_leaves_nothing_open(tmp_path: Path) -> None:
    rows = "1;2022;0101;0202;5\nИтого;2022;;;5\nВсего;2022;0101;;5\n;2022;;0303;7\n"
    data = read(tmp_path, links=f"№;{HEAD}{rows}")
    assert links(data) == [ONE]
    assert data.rejected["code"].tolist() == ["total_row", "total_row", "required_missing"]
    assert data.graph.unsettled["value"].tolist() == [7.0]


def test_codes_that_a_spreadsheet_shows_as_dates_are_codes_again(tmp_path: Path) -> None:
    """10.11 became 10 November, and 10.50 October 1950; 28-May was 28.05."""
    people = "ИНН;Кластер;ОКВЭД\n0101;К;10.ноя\n0202;К;окт.50\n0303;К;28-May\n"
    rows = "Поставщик;Покупатель;Год;Сумма, млн руб.\n0101;0202;2022;5\n"
    data = read(tmp_path, participants=people, links=rows)
    held = data.graph.to_tables()["participants"].set_index("participant_id")
    [column] = [name for name in map(str, held) if name.endswith("_code")]
    assert held[column].tolist() == ["10.11", "10.50", "28.05"]
    assert "code_from_date" in codes(data)


@pytest.mark.parametrize(
    ("end", "code"), [("Заря", "id_ambiguous"), ("7,7E+09", "id_rounded")], ids=["name", "rounded"]
)
def test_a_link_of_one_of_several_members_leaves_their_supply_open(
    tmp_path: Path, end: str, code: str
) -> None:
    """Two are called Заря, both numbers round to 7.7E+09: whose 10 these are is open, and is not 0.

    Either of them may have supplied, and either may have bought.
    """
    people = "ИНН;Кластер;Название\n7700000010;К;Заря\n7700000020;К;ООО Заря\n7800000030;К;Луч\n"
    rows = f"2021;{end};{end};10\n2021;7800000030;7700000010;20\n"
    data = read(tmp_path, participants=people, links=f"{HEAD}{rows}")
    assert data.rejected["code"].tolist() == [code]
    left_open = data.graph.unsettled
    two = ["7700000010", "7700000020"]
    assert left_open["supplier_id"].dropna().tolist() == two == left_open["buyer_id"].dropna().tolist()
    assert left_open[["supplier_id", "buyer_id"]].notna().sum(axis=1).eq(1).all()
    assert left_open["value"].tolist() == [10.0] * 4


def test_a_sale_by_one_of_several_is_open_to_each_of_them(tmp_path: Path) -> None:
    """Заря of either cluster sold 10 to Луч: what the other cluster sold outside is as open."""
    people = "ИНН;Кластер;Название\n0101;А;Заря\n0202;Б;Заря\n0303;А;Луч\n"
    data = read(tmp_path, participants=people, links=f"{HEAD}2021;Заря;0303;10\n2021;0303;0202;20\n")
    left_open = data.graph.unsettled[["supplier_id", "buyer_id", "value"]]
    assert left_open.to_numpy().tolist() == [["0101", "0303", 10.0], ["0202", "0303", 10.0]]


def test_a_range_that_falls_states_no_bounds(tmp_path: Path) -> None:
    """At least 123 and at most 50 is nothing; 1 234-50 are roubles and kopecks of a payment order."""
    data = read(tmp_path, links=f"{HEAD}2022;0101;0303;123-50\n2022;0101;0202;1 234-50\n")
    assert links(data) == [["0101", "0202", 2022, 1234.5]]
    assert data.rejected["code"].tolist() == ["not_a_number_row"]


def test_names_that_speak_of_a_cluster_hold_what_their_headers_tell(tmp_path: Path) -> None:
    people = pd.DataFrame({"ИНН": ["0101", "0202"], "Кластер": "К"})
    supplies = pd.DataFrame([[2022, "0101", "0202", 5]], columns=["Год", "Поставщик", "Покупатель", "Сумма"])
    other = pd.DataFrame({"Код": ["x"], "Значение": [1]})
    path = tmp_path / "Данные кластера.xlsx"
    with pd.ExcelWriter(path) as out:
        for name, sheet in {"Участники": people, "Поставки": supplies, "Справочник": other}.items():
            sheet.to_excel(out, sheet_name=name, index=False)
    assert links(read_dataset(path)) == [ONE]
    (tmp_path / "folder").mkdir()
    people.to_csv(tmp_path / "folder" / "Состав кластера.csv", sep=";", index=False)
    supplies.to_csv(tmp_path / "folder" / "Поставки.csv", sep=";", index=False)
    assert links(read_dataset(tmp_path / "folder")) == [ONE]


def test_payments_for_no_goods_are_left_out_and_refunds_set_off(tmp_path: Path) -> None:
    """Paid 10 to 0101, of which 3 came back; the loan of 7 is no supply, and leaves nothing open."""
    head = "Дата;Плательщик;Получатель;Сумма, млн руб.;Назначение платежа\n"
    rows = (
        "10.02.2022;0202;0101;10;Оплата по счёту 5\n11.03.2022;0101;0202;3;Возврат аванса\n"
        "12.03.2022;0303;0101;7;Процентный заём по договору 2\n"
    )
    data = read(tmp_path, links=head + rows)
    assert links(data) == [["0101", "0202", 2022, 7.0]]
    assert {"purpose_other", "documents_back"} <= codes(data)
    assert data.graph.unsettled.empty


@pytest.mark.parametrize(
    ("head", "paid", "back"),
    [
        ("Плательщик;ИНН плательщика;ИНН получателя;Получатель", "Б;0202;0101;А", "А;0101;0202;Б"),
        ("Плательщик;Получатель;Счёт получателя", "0202;0101;40702", "0101;0202;40703"),
        ("from;to", "0202;0101", "0101;0202"),
    ],
    ids=["mirrored", "account", "from"],
)
def test_a_refund_is_turned_column_by_column(tmp_path: Path, head: str, paid: str, back: str) -> None:
    """8 − 3 = 5, however the columns of the two sides are ordered."""
    rows = f"2022;8;Оплата;{paid}\n2022;3;Возврат аванса;{back}\n"
    data = read(tmp_path, links=f"Год;Сумма, млн руб.;Назначение платежа;{head}\n{rows}")
    assert sum(value for *_, value in links(data)) == 5.0
    assert {(supplier, buyer) for supplier, buyer, *_ in links(data)} == {("0101", "0202")}


@pytest.mark.parametrize(
    "more", ["Изготовитель", "Страна отправления", "Генподрядчик", "Страна назначения", "Приобретатель"]
)
def test_a_maker_beside_the_supplier_is_somebody_else(tmp_path: Path, more: str) -> None:
    head = f"Год;Наименование поставщика;Покупатель;Сумма, млн руб.;{more}\n"
    data = read(tmp_path, links=f"{head}2022;0101;0202;5;0303\n")
    assert links(data) == [ONE]
    assert "header_set_aside" in codes(data)


@pytest.mark.parametrize("column", ["Вид;план;факт", "Статус;Отменён;Проведён"])
def test_rows_that_are_set_aside_on_purpose_leave_nothing_open(tmp_path: Path, column: str) -> None:
    title, aside, kept = column.split(";")
    rows = f"{HEAD.strip()};{title}\n2022;0101;0202;9;{aside}\n2022;0101;0202;5;{kept}\n"
    data = read(tmp_path, links=rows)
    assert links(data) == [ONE]
    assert data.graph.unsettled.empty


def test_what_was_done_is_taken_before_what_was_agreed(tmp_path: Path) -> None:
    head = "Год;Поставщик;Покупатель;Сумма договора, млн руб.;Исполнено, млн руб.\n"
    data = read(tmp_path, links=f"{head}2022;0101;0202;9;5\n")
    assert links(data) == [ONE]
    assert "header_set_aside" in codes(data)


def test_units_of_a_quantity_beside_an_amount_are_its_own(tmp_path: Path) -> None:
    head = "Год;Поставщик;Покупатель;Ед. изм.;Количество;Сумма, млн руб.\n"
    assert links(read(tmp_path, links=f"{head}2022;0101;0202;т;700;5\n")) == [ONE]
    with pytest.raises(SchemaError, match="тонн|tonnes"):
        read(tmp_path, links="Год;Поставщик;Покупатель;Объём;Ед. изм.\n2022;0101;0202;5;т\n")


def memberships(data: Dataset) -> list[list[Any]]:
    people = data.graph.to_tables()["participants"]
    names = ["participant_id", "cluster_id", "joined_year", "left_year"]
    return people[names].fillna(0).sort_values(names).to_numpy().tolist()


def test_a_year_beside_each_of_several_clusters_may_be_of_anything(tmp_path: Path) -> None:
    """0101 is in К and in Л, each with a year, and in neither twice: it may be the year it joined."""
    rows = "2019;0101;К\n2021;0101;Л\n2020;0202;К\n"
    data = read(tmp_path, participants=f"Год;ИНН;Кластер\n{rows}", links=f"{HEAD}2022;0101;0202;5\n")
    assert memberships(data) == [["0101", "К", 0, 0], ["0101", "Л", 0, 0], ["0202", "К", 0, 0]]
    assert "column_ignored_needed" in codes(data)


def test_a_register_of_years_holds_for_its_years(tmp_path: Path) -> None:
    """0202 moves from К to Л; a column of years where nobody stands twice says nothing of membership."""
    rows = "2021;0101;К\n2021;0202;К\n2022;0101;К\n2022;0202;Л\n"
    data = read(tmp_path, participants=f"Год;ИНН;Кластер\n{rows}", links=f"{HEAD}2022;0101;0202;5\n")
    assert memberships(data) == [
        ["0101", "К", 2021, 2021],
        ["0101", "К", 2022, 2022],
        ["0202", "К", 2021, 2021],
        ["0202", "Л", 2022, 2022],
    ]
    founded = "Год;ИНН;Кластер\n1998;0101;К\n2005;0202;К\n"
    data = read(tmp_path, participants=founded, links=f"{HEAD}2022;0101;0202;5\n")
    assert memberships(data) == [["0101", "К", 0, 0], ["0202", "К", 0, 0]]


def test_the_name_of_a_member_within_another_is_told(tmp_path: Path) -> None:
    people = "ИНН;Кластер;Наименование\n0101;К;Литейный завод\n0202;К;Станки\n"
    rows = f"{HEAD}2022;ООО «Литейный завод», филиал в г. Туле;0202;5\n2022;0101;Порт;5\n"
    data = read(tmp_path, participants=people, links=rows)
    [told] = [finding for finding in data.findings if finding.code == "id_by_within"]
    assert told.detail == "ООО «Литейный завод», филиал в г. Туле" and len(links(data)) == 2


@pytest.mark.parametrize(("unit", "output"), [(", млн руб.", []), ("", [3e8])])
def test_figures_of_no_unit_are_unknown_where_they_cannot_be_millions_as_others_are(
    tmp_path: Path, unit: str, output: list[float]
) -> None:
    """300 million roubles beside 5 million: as millions they would make a ratio of a hundred-millionth."""
    figures = "ИНН;Год;Выпуск;Затраты на НИОКР\n0101;2022;300000000;90000\n"
    data = read(tmp_path, links=f"Год;Поставщик;Покупатель;Сумма{unit}\n2022;0101;0202;5\n", activity=figures)
    assert data.graph.to_tables()["activity"]["output"].dropna().tolist() == output
    assert ("unit_doubtful" in codes(data)) == (not output)
    assert data.graph.to_tables()["activity"]["rd_expenses"].isna().all() == (not output)


def test_periods_of_membership_are_read_and_others_refused(tmp_path: Path) -> None:
    """Left on 1 January 2022: a member to the end of 2021."""
    rows = "0101;К;2019-2021\n0202;К;с 2020 по н.в.\n0303;К;15.03.2018 – 01.01.2022\n"
    data = read(
        tmp_path, participants=f"ИНН;Кластер;Период участия\n{rows}", links=f"{HEAD}2020;0101;0202;5\n"
    )
    assert memberships(data) == [["0101", "К", 2019, 2021], ["0202", "К", 2020, 0], ["0303", "К", 2018, 2021]]
    with pytest.raises(SchemaError, match="временно"):
        read(tmp_path, participants=f"ИНН;Кластер;Срок участия\n{rows}0404;К;временно\n")
    lasting = read(tmp_path, participants="ИНН;Кластер;Срок участия\n0101;К;5 лет\n0202;К;бессрочно\n")
    assert memberships(lasting) == [["0101", "К", 0, 0], ["0202", "К", 0, 0]]


def test_sheets_of_quarters_may_hold_equal_figures(tmp_path: Path) -> None:
    """Four quarters of 25 are 100 a year, not one of 25 that is told four times."""
    with pd.ExcelWriter(tmp_path / "activity.xlsx") as book:
        for quarter in range(1, 5):
            frame = pd.DataFrame({"ИНН": ["0101"], "Год": [2022], "Выпуск, млн руб.": [25.0]})
            frame.to_excel(book, sheet_name=f"{quarter} квартал", index=False)
    data = read(tmp_path)
    assert data.graph.to_tables()["activity"]["output"].tolist() == [100.0]


def test_several_clusters_in_one_cell_are_several_memberships(tmp_path: Path) -> None:
    people = "ИНН;Кластер;Дата исключения\n0101;К;по н.в.\n0202;Л, К;-\n0303;Кластер «К»;\n"
    data = read(tmp_path, participants=people, links=f"{HEAD}2022;0101;0202;5\n")
    assert [row[:2] for row in memberships(data)] == [
        ["0101", "К"],
        ["0202", "К"],
        ["0202", "Л"],
        ["0303", "Кластер «К»"],
    ]
    told = {(f.code, f.value) for f in data.findings if f.code in ("clusters_in_cell", "id_twin")}
    assert told == {("clusters_in_cell", "1"), ("id_twin", "Кластер «К»")}


@pytest.mark.parametrize(
    ("text", "levels", "code"),
    [
        ("Год;Индекс цен, %\n2021;100\n2022;110\n", [100.0, 110.0], ""),
        ("Год;Индекс цен к предыдущему году, %\n2021;108\n2022;110\n", [108.0, 118.8], "deflators_chained"),
        (
            "year;price index (previous year = 100)\n2021;105%\n2022;110%\n",
            [105.0, 115.5],
            "deflators_chained",
        ),
        ("Год;Индекс цен\n2021;108\n2022;110\n", [108.0, 110.0], "deflators_of_what"),
        ("Год;Индекс цен\n2020;1\n2021;107%\n2022;1.2\n", [1.0, 1.07, 1.2], ""),
        ("Год;Индекс цен к предыдущему году\n2019;1.08\n2022;1.1\n", [1.08], "deflator_behind_gap"),
        # Growth by 8 and 10 % is no index of 8 and 10; nor are 108 and 1.19 of one base.
        ("Год;Индекс цен к предыдущему году, %\n2021;8\n2022;10\n", [], "deflator_odd"),
        ("Год;Индекс цен к предыдущему году\n2021;8\n2022;10\n", [], "deflator_odd"),
        ("Год;Индекс цен\n2020;100\n2021;108\n2022;1.19\n", [], "deflator_odd"),
        ("Год;Индекс цен (2020 = 100)\n2020;100\n2021;108\n", [100.0, 108.0], ""),
        ("Год;Индекс цен к предыдущему году, %\n2021;1.08\n2022;1.1\n", [1.08, 1.188], ""),
        ("Показатель;2020;2021\nИндекс цен;100;108\n", [100.0, 108.0], ""),
        # 110 twice is told once; 110 and 112 of one year are neither.
        (
            "Год;Индекс цен к предыдущему году\n2021;108\n2022;110\n2022;110\n",
            [108.0, 118.8],
            "duplicate_row",
        ),
        ("Год;Индекс цен к предыдущему году\n2021;108\n2022;110\n2022;112\n", [108.0], "duplicate_conflict"),
    ],
)
def test_price_indices_are_levels_or_said_to_be_of_a_chain(
    tmp_path: Path, text: str, levels: list[float], code: str
) -> None:
    """108 % and 110 % to the year before are levels of 108 and 1.08 · 110 = 118.8."""
    data = read(tmp_path, links=f"{HEAD}2022;0101;0202;5\n", deflators=text)
    assert data.graph.deflators["index"].tolist() == pytest.approx(levels, rel=1e-12)
    assert codes(data) >= {code} - {""}
    assert ("deflator_behind_gap" in codes(data)) == (code == "deflator_behind_gap")


def test_a_folder_within_the_folder_is_told(tmp_path: Path) -> None:
    for name, beside in (("2022", {}), ("out", {"run.json": "{}"})):
        (tmp_path / name).mkdir()
        for file, text in ({"links.csv": HEAD} | beside).items():
            (tmp_path / name / file).write_text(text, "utf-8")
    data = read(tmp_path, links=f"{HEAD}2022;0101;0202;5\n")
    assert [(f.value, f.detail) for f in data.findings if f.code == "folder_unread"] == [
        ("2022", "links.csv")
    ]


def test_a_crossed_diagonal_of_a_matrix_holds_no_links(tmp_path: Path) -> None:
    square = "2022 год;0101;0202;0303\n0101;x;5;0\n0202;;X;\n0303;0;х;x\n"
    data = read(tmp_path, links=f"Поставки за 2022 год, млн руб.;;;\n{square}")
    assert links(data) == [ONE]
    assert data.rejected["row"].tolist() == [5]  # the cross off the diagonal is a gap


@pytest.mark.parametrize(
    "year", ["2022 факт", "«2022»", "'2022'", "2022 г. факт", "FY22", "FY'22", "«01» декабря 2022 года"]
)
def test_other_ways_to_write_2022(tmp_path: Path, year: str) -> None:
    assert links(read(tmp_path, links=f"{HEAD}{year};0101;0202;5\n")) == [ONE]


def test_the_kind_of_documents_tells_who_supplied(tmp_path: Path) -> None:
    head = "Дата;Организация;Контрагент;Сумма, млн руб.;Вид операции\n"
    sold = f"{head}10.02.2022;0101;0202;5;Реализация товаров\n"
    assert links(read(tmp_path, links=sold)) == [ONE]
    bought = f"{head}10.02.2022;0202;0101;5;Поступление товаров\n"
    assert links(read(tmp_path, links=bought)) == [ONE]
    both = read(tmp_path, links=f"{sold}11.02.2022;0202;0101;4;Поступление товаров\n")
    assert links(both) == [ONE] and "mirror_row" in set(both.rejected["code"])
    with pytest.raises(SchemaError, match="which of them supplied"):
        read(tmp_path, links=f"{sold}11.02.2022;0202;0101;5;Оприходование\n")


@pytest.mark.parametrize("number", ["№ строки", "№ п/п", "№", "Код строки", "Line no."])
@pytest.mark.parametrize("coded", [False, True])
def test_numbers_of_figures_are_no_organisation(tmp_path: Path, number: str, coded: bool) -> None:
    head = f"Показатель;{number};А;Б\nИНН;01;0101;0202\n" if coded else f"Показатель;{number};0101;0202\n"
    figures = "Выпуск за 2022 год, млн руб.;10;50;60\nЗакупки за 2022 год, млн руб.;20;5;6\n"
    data = read(tmp_path, links=f"{HEAD}2022;0101;0202;5\n", activity=head + figures)
    held = data.graph.to_tables()["activity"]
    assert held[["participant_id", "output", "purchases"]].to_numpy().tolist() == [
        ["0101", 50.0, 5.0],
        ["0202", 60.0, 6.0],
    ]


@pytest.mark.parametrize("period", ["2021/22", "2021–2023", "FY2021/22", "01.07.2021 - 30.06.2022"])
def test_a_period_over_two_years_is_told(tmp_path: Path, period: str) -> None:
    data = read(tmp_path, links=f"{HEAD}{period};0101;0202;7\n2022;0101;0202;5\n")
    assert links(data) == [ONE] and data.rejected["code"].tolist() == ["year_of_two"]


def test_quarters_beside_another_year_are_none_of_it(tmp_path: Path) -> None:
    text = "Поставщик;Покупатель;2021 год;I кв.;II кв.;III кв.;IV кв.\n0101;0202;4;1;1;1;2\n"
    with pytest.raises(SchemaError):
        read(tmp_path, links=text)


def test_pieces_beside_money_below_a_year_are_no_money(tmp_path: Path) -> None:
    text = "Поставщик;Покупатель;2021;;2022;\n;;шт.;млн руб.;шт.;млн руб.\n0101;0202;400;4;500;5\n"
    assert links(read(tmp_path, links=text)) == [["0101", "0202", 2021, 4.0], ONE]


def test_sheets_of_quarters_that_name_their_year(tmp_path: Path) -> None:
    quarters = {"I": 1, "II": 1, "III": 1, "IV": 2}
    with pd.ExcelWriter(tmp_path / "Поставки.xlsx") as book:
        for quarter, value in quarters.items():
            sheet = pd.DataFrame({"Поставщик": ["0101"], "Покупатель": ["0202"], "Сумма, млн руб.": [value]})
            sheet.to_excel(book, sheet_name=f"{quarter} кв. 2022", index=False)
    data = read(tmp_path)
    assert sum(value for *_, value in links(data)) == 5.0 and {year for *_, year, _ in links(data)} == {2022}
    assert "year_partial" not in codes(data)


def test_clusters_as_columns_of_figures(tmp_path: Path) -> None:
    text = "Показатель;Ед. изм.;К;Л\nУровень кооперации за 2022 год;%;35;41\n"
    more = "НИОКР на 1 работника за 2022 год;тыс. руб.;100;120\n"
    held = read(tmp_path, indicators=text + more).graph.to_tables()["indicators"]
    assert held[["cluster_id", "year", "cooperation_ratio", "rd_per_employee"]].to_numpy().tolist() == [
        ["К", 2022, 0.35, 0.1],
        ["Л", 2022, 0.41, 0.12],
    ]
    with pytest.raises(SchemaError, match="a row for each cluster and year"):
        years = "Показатель;К;;Л;\n;2021;2022;2021;2022\nУровень кооперации, %;5;6;7;8\n"
        read(tmp_path, indicators=f"{years}НИОКР на 1 работника, тыс. руб.;10;12;13;14\n")
