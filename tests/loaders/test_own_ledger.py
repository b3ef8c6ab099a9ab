"""Books and statements of one organisation: who supplied is said for every row, or the table is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from clustercoop.graph.errors import SchemaError
from clustercoop.loaders.dataset import read_dataset
from tests.loaders.small import links, read

# 0101 supplied 5 million to 0202, and 0202 supplied 3 to 0303.
BOTH = [["0101", "0202", 2022, 5.0], ["0202", "0303", 2022, 3.0]]
BOOKS = {
    "kinds": "Год;Участник;Партнёр;Тип сделки;Сумма, млн руб.\n2022;0101;0202;Продажа;5\n"
    "2022;0303;0202;Покупка;3\n",
    "English": 'Year,Firm,Counterparty,Direction,"Value, million RUB"\n2022,0101,0202,sale,5\n'
    "2022,0303,0202,purchase,3\n",
    "two columns": "Год;Предприятие;Контрагент;Отгружено, тыс. руб.;Получено, тыс. руб.\n"
    "2022;0202;0101;0;5000\n2022;0202;0303;3000;-\n",
    "both report": "Год;Организация;Контрагент;Продано, млн руб.;Куплено, млн руб.\n"
    "2022;0101;0202;5;\n2022;0202;0101;;5\n2022;0202;0303;3;\n",
    "nothing bought": "Год;Организация;Контрагент;Продано, млн руб.;Куплено, млн руб.\n"
    "2022;0101;0202;5;\n2022;0202;0303;3;\n",
    "balances beside": "Год;Организация;Контрагент;Сальдо на начало, млн руб.;"
    "Продано, млн руб.;Куплено, млн руб.\n"
    "2022;0101;0202;9;5;\n2022;0303;0202;9;;3\n",
    "money paid out": "Год;Организация;Контрагент;Получено, млн руб.;Выплачено, млн руб.\n2022;0202;0101;;5\n"
    "2022;0202;0303;3;\n",
    "money by kinds": "Дата;Организация;Контрагент;Вид операции;Сумма, млн руб.;Назначение платежа\n"
    "01.02.2022;0202;0101;Списание;5;за сталь\n02.02.2022;0202;0303;Поступление;3;за станки\n",
    "money in two columns": "Дата;ИНН организации;ИНН контрагента;Контрагент;Поступило, руб.;Списано, руб.;"
    "Назначение платежа\n01.02.2022;0202;0101;А;;6000000;за сталь\n"
    "02.02.2022;0202;0303;В;3000000;;за станки\n"
    "03.02.2022;0202;0101;А;1000000;;возврат излишне уплаченных средств\n"
    "04.02.2022;0202;0909;Банк;8000000;;предоставление кредита\n",
}


@pytest.mark.parametrize("book", BOOKS)
def test_a_book_of_sales_and_purchases_is_read_row_by_row(tmp_path: Path, book: str) -> None:
    assert links(read(tmp_path, links=BOOKS[book])) == BOTH


def test_a_payment_beside_sales_of_a_book_is_the_same_goods(tmp_path: Path) -> None:
    head = "Дата;Организация;Контрагент;Вид документа;Сумма, млн руб.\n01.02.2022;0101;0202;"
    rows = f"{head}Реализация;5\n02.02.2022;0101;0202;Поступление на расчётный счёт;5\n"
    assert links(read(tmp_path, links=rows)) == BOTH[:1]


def test_a_sale_that_was_taken_back_is_none(tmp_path: Path) -> None:
    rows = "2022;0101;0202;Продажа;6\n2022;0101;0202;Возврат продажи;1\n"
    for sides in ("Поставщик;Покупатель", "Организация;Контрагент"):
        assert links(read(tmp_path, links=f"Год;{sides};Тип;Сумма, млн руб.\n{rows}")) == BOTH[:1]
    with pytest.raises(SchemaError, match="which of them supplied"):
        read(tmp_path, links=f"Год;{sides};Тип;Сумма, млн руб.\n{rows}2022;0303;0202;Покупка;3\n")


def test_a_row_of_a_book_without_amounts_leaves_both_ways_open(tmp_path: Path) -> None:
    head = "Год;Организация;Контрагент;Продано, млн руб.;Куплено, млн руб.\n"
    data = read(tmp_path, links=f"{head}2022;0101;0202;5;\n2022;0303;0202;;3\n2022;0101;0303;;\n")
    assert links(data) == BOTH
    lost = data.graph.to_tables()["unsettled"]
    assert lost[["supplier_id", "buyer_id"]].to_numpy().tolist() == [["0101", "0303"], ["0303", "0101"]]
    assert data.rejected["row"].tolist() == [4, 4]
    assert "column_ignored" not in {finding.code for finding in data.findings}


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("links", "Вид операции;", "Поступление на расчётный счёт;"),
        ("Поступления на счёт", "Назначение платежа;", "за сталь;"),
        ("links", "Вид операции;", "Реализация товаров;"),
    ],
)
def test_money_that_came_in_is_pay_for_a_sale(tmp_path: Path, name: str, head: str, kind: str) -> None:
    text = f"Дата;Организация;Контрагент;{head}Сумма, млн руб.\n01.02.2022;0101;0202;{kind}5\n"
    assert links(read(tmp_path, **{name: text})) == BOTH[:1]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "Дата;Организация;Контрагент;Дебет;Кредит\n01.02.2022;0202;0101;;5\n",
            "Debit and credit do not tell",
        ),
        (
            "Год;Организация;Контрагент;Направление;Сумма, млн руб.\n2022;0202;0101;outgoing;5\n"
            "2022;0202;0303;incoming;3\n",
            "which of them supplied",
        ),
        (
            "Год;Организация;Контрагент;Вид операции;Сумма, млн руб.\n2022;0101;0202;Реализация;5\n"
            "2022;0101;0202;Платёж от покупателя;5\n2022;0101;0303;Закупка;3\n",
            "which of them supplied",
        ),
        ("Дата;Контрагент;Поступило, руб.;Списано, руб.\n01.02.2022;0101;;5\n", "whose ledger"),
        (
            "Год;Организация;Контрагент;Вид документа;Сумма, млн руб.\n"
            "2022;0101;0202;Реализация;5\n2022;0303;0202;Оприходование;3\n",
            "which of them supplied",
        ),
        (
            "Год;Организация;Контрагент;Продано, млн руб.;Куплено, тыс. руб.\n"
            "2022;0101;0202;5;\n2022;0303;0202;;3\n",
            "several units",
        ),
    ],
)
def test_a_book_that_does_not_say_who_supplied_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SchemaError, match=says):
        read(tmp_path, links=text)


def test_a_lone_year_is_not_of_rows_below_another_one(tmp_path: Path) -> None:
    head = "Поставщик;Покупатель;Сумма, млн руб.\n"
    below = f"Поставки за 2021 год;;\n{head}0101;0202;4\nПоставки за 2022 год;;\n0101;0202;5\n"
    with pytest.raises(SchemaError, match="'Поставки за 2022 год': 2022"):
        read(tmp_path, links=below)
    inside = below.removeprefix("Поставки за 2021 год;;\n").replace(head, f"{head}Поставки за 2021 год;;\n")
    assert links(read(tmp_path, links=inside)) == [["0101", "0202", 2021, 4.0], BOTH[0]]
    (tmp_path / "links.csv").unlink()
    note = f"{head}0101;0202;5\nДанные за 2021 год не представлены;;\n"
    assert links(read(tmp_path, links_2022=note)) == BOTH[:1]
    firm = f"{head}ООО «Сталь-2000»;;\n0101;0202;5\n"
    assert links(read(tmp_path, links_2022=firm)) == BOTH[:1]


@pytest.mark.parametrize(
    "between", ["2022 год;;;\n", "Матрица поставок за 2022 год;;;\nмлн руб.;0101;0202;0303\n"]
)
def test_a_second_matrix_below_the_first_is_refused(tmp_path: Path, between: str) -> None:
    rows = "0101;;4;\n0202;;;2\n0303;;;\n"
    with pytest.raises(SchemaError, match="another table"):
        read(tmp_path, links_2021=f"млн руб.;0101;0202;0303\n{rows}{between}{rows}")


def test_a_firm_without_supplies_begins_no_second_matrix(tmp_path: Path) -> None:
    text = "млн руб.;0101;0202;0303\n0101;;5;\nАО «Сталь-2000»;;;\n0202;;;3\n0303;;;\n"
    assert links(read(tmp_path, links_2022=text)) == BOTH


def test_members_that_left_by_a_column_of_states_are_told(tmp_path: Path) -> None:
    people = "ИНН;Кластер;Статус участника\n0101;К;участник\n0202;К;исключён 01.02.2021\n"
    data = read(
        tmp_path, participants=people, links="Год;Поставщик;Покупатель;Сумма, млн руб.\n2022;0101;0202;5\n"
    )
    [told] = [finding for finding in data.findings if finding.code == "member_state"]
    assert (told.row, told.value, told.detail) == (3, "1", "исключён 01.02.2021")
    dated = "ИНН;Кластер;Статус участника;Год выхода\n0101;К;участник;\n0202;К;исключён;2023\n"
    (tmp_path / "participants.csv").write_text(dated, "utf-8")
    assert "member_state" not in {finding.code for finding in read_dataset(tmp_path).findings}


def test_one_cluster_spelt_with_and_without_its_dots_is_told(tmp_path: Path) -> None:
    people = "ИНН;Кластер\n0101;Берёза\n0202;Береза\n"
    data = read(
        tmp_path, participants=people, links="Год;Поставщик;Покупатель;Сумма, млн руб.\n2022;0101;0202;5\n"
    )
    assert "id_twin" in {finding.code for finding in data.findings}
