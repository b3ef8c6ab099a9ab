"""Products in all beside their parts, and codes beside longer ones: nothing is counted twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from clustercoop.graph.errors import SchemaError
from tests.loaders.small import HEAD as BARE
from tests.loaders.small import ONE, codes, links, read

HEAD = "Год;Поставщик;Покупатель;Продукция;Сумма, млн руб.\n"
# Every table tells that 0101 supplied 10 million to 0202; whatever is more was counted twice.
TEN = {
    "total above": "2022;0101;0202;Всего;10\n2022;0101;0202;болты;4\n2022;0101;0202;гайки;6\n",
    "total below": "2022;0101;0202;болты;4\n2022;0101;0202;гайки;6\n2022;0101;0202;Итого;10\n",
    "total of rounded parts": "2022;0101;0202;Всего;10\n2022;0101;0202;болты;4,004\n"
    "2022;0101;0202;гайки;5,996\n",
    "totals of groups": "2022;0101;0202;Метизы - всего;7\n2022;0101;0202;в том числе болты;3\n"
    "2022;0101;0202;гайки;4\n2022;0101;0202;прокат;3\n2022;0101;0202;Итого;10\n",
    "some of its parts": "2022;0101;0202;Метизы;10\n2022;0101;0202;в т.ч. болты;3\n",
    "some parts of a total": "2022;0101;0202;Всего;10\n2022;0101;0202;из них болты;3\n"
    "2022;0101;0202;гайки;2\n",
    "levels of a code": "2022;0101;0202;25;10\n2022;0101;0202;25.9;10\n2022;0101;0202;25.94;10\n",
    "parts of a code": "2022;0101;0202;72;10\n2022;0101;0202;720810;4\n2022;0101;0202;7209;6\n",
    "separate codes": "2022;0101;0202;25;4\n2022;0101;0202;25.94;6\n",
    "a total alone": "2022;0101;0202;Всего;10\n",
    "numbers of one's own": "2022;0101;0202;10;5\n2022;0101;0202;101;2\n2022;0101;0202;102;3\n",
    "the name of a maker": "2022;0101;0202;масло Total;6\n2022;0101;0202;фильтры;4\n",
    "products": "2022;0101;0202;болты;4\n2022;0101;0202;гайки;6\n",
}


@pytest.mark.parametrize("case", TEN)
def test_what_a_row_holds_counts_once(tmp_path: Path, case: str) -> None:
    data = read(tmp_path, links=f"{HEAD}{TEN[case]}2022;0202;0303;станки;7\n")
    frame = data.graph.to_tables()["links"]
    assert frame.groupby("supplier_id")["value"].sum().to_dict() == pytest.approx({"0101": 10.0, "0202": 7.0})
    assert ("headings_beside" in codes(data)) == (case == "separate codes")


def test_kinds_in_all_are_a_total_too(tmp_path: Path) -> None:
    rows = "2022;0101;0202;всего;5\n2022;0101;0202;товары;3\n2022;0101;0202;услуги;2\n"
    data = read(tmp_path, links=HEAD.replace("Продукция", "Вид поставки") + rows)
    assert links(data) == [["0101", "0202", 2022, 3.0], ["0101", "0202", 2022, 2.0]]


def test_a_total_below_its_parts_leaves_the_supply_open(tmp_path: Path) -> None:
    rows = "2022;0101;0202;Всего;10\n2022;0101;0202;болты;8\n2022;0101;0202;гайки;6\n"
    data = read(tmp_path, links=HEAD + rows)
    assert data.rejected["code"].tolist() == ["heading_unclear_row"]
    assert data.graph.to_tables()["unsettled"]["supplier_id"].tolist() == ["0101"]


@pytest.mark.parametrize(
    "other",
    ["Заказ клиента", "Счёт на оплату № 5", "Поступление на расчётный счёт", "Оплата", "Proforma invoice"],
)
def test_orders_and_payments_beside_deliveries_are_the_same_goods(tmp_path: Path, other: str) -> None:
    head = "Дата;Вид документа;Поставщик;Покупатель;Сумма, млн руб.\n"
    order = f"01.02.2022;{other};0101;0202;6\n"
    data = read(tmp_path, links=f"{head}{order}05.02.2022;Накладная ТОРГ-12;0101;0202;5\n")
    assert links(data) == [ONE] and "document_no_delivery" in codes(data)
    alone = read(tmp_path, links=head + order)
    assert links(alone) == [["0101", "0202", 2022, 6.0]]


def test_a_bill_is_known_by_the_delivery_that_has_its_amount(tmp_path: Path) -> None:
    head = "Дата;Вид документа;Поставщик;Покупатель;Сумма, млн руб.\n01.02.2022;Счёт № 7;0101;0202;5\n"
    data = read(tmp_path, links=f"{head}05.02.2022;Акт № 7;0101;0202;5\n")
    assert links(data) == [ONE] and "document_no_delivery" in codes(data)
    other = links(read(tmp_path, links=f"{head}05.02.2022;Акт № 8;0101;0202;6\n"))
    assert sum(value for *_, value in other) == 11.0


def test_an_order_of_a_pair_without_deliveries_leaves_its_supply_open(tmp_path: Path) -> None:
    head = "Дата;Вид документа;Поставщик;Покупатель;Сумма, млн руб.\n"
    rows = "05.02.2022;УПД;0101;0202;5\n06.02.2022;Оплата;0303;0202;6\n"
    data = read(tmp_path, links=head + rows)
    assert links(data) == [ONE] and "document_no_delivery" not in codes(data)
    assert [(f.row, f.value) for f in data.findings if f.code == "document_alone"] == [(3, "Оплата")]
    assert data.graph.to_tables()["unsettled"]["buyer_id"].tolist() == ["0202", "0303"]


def test_kinds_of_payments_are_no_orders_beside_deliveries(tmp_path: Path) -> None:
    head = "Дата;Вид операции;Плательщик;Получатель;Сумма, млн руб.;Назначение платежа\n"
    rows = "01.02.2022;Оплата;0202;0101;5;за сталь\n01.03.2022;Акт зачёта;0202;0303;2;за станки\n"
    assert links(read(tmp_path, links=head + rows)) == [ONE, ["0303", "0202", 2022, 2.0]]


def test_kinds_of_supply_are_no_documents(tmp_path: Path) -> None:
    head = "Год;Поставщик;Покупатель;Вид;Сумма, млн руб.\n"
    rows = "2022;0101;0202;поставка;5\n2022;0101;0202;заказ на разработку;2\n"
    assert [link[-1] for link in links(read(tmp_path, links=head + rows))] == [2.0, 5.0]


def test_an_invoice_for_an_advance_is_no_delivery(tmp_path: Path) -> None:
    head = "Дата;Вид документа;Поставщик;Покупатель;Сумма, млн руб.\n"
    rows = "01.02.2022;Счёт-фактура на аванс;0101;0202;5\n05.02.2022;Счёт-фактура 9;0101;0202;5\n"
    assert links(read(tmp_path, links=head + rows)) == [ONE]


def test_versions_of_one_supply_are_not_added(tmp_path: Path) -> None:
    head = "Год;Поставщик;Покупатель;Сценарий;Сумма, млн руб.\n"
    with pytest.raises(SchemaError, match="базовый, целевой"):
        read(tmp_path, links=f"{head}2022;0101;0202;базовый;5\n2022;0101;0202;целевой;7\n")
    data = read(tmp_path, links=f"{head}2022;0101;0202;базовый;5\n2023;0101;0202;целевой;7\n")
    assert links(data) == [ONE, ["0101", "0202", 2023, 7.0]]


@pytest.mark.parametrize("column", ["Продукция", "Номер документа"])
def test_versions_of_several_products_or_documents_are_several_supplies(tmp_path: Path, column: str) -> None:
    head = f"Год;Поставщик;Покупатель;{column};Версия;Сумма, млн руб.\n"
    rows = f"{head}2022;0101;0202;15;1;5\n2022;0101;0202;{{}};2;7\n"
    assert [link[-1] for link in links(read(tmp_path, links=rows.format(16)))] == [5.0, 7.0]
    with pytest.raises(SchemaError, match="several versions"):
        read(tmp_path, links=rows.format(15))
    with pytest.raises(SchemaError, match="–, 2"):
        read(tmp_path, links=rows.replace(";1;", ";;").format(15))


@pytest.mark.parametrize("cell", ["10,0 (десять) млн руб.", "10 (десять)", "1 000 000 (миллион) рублей"])
def test_a_number_spelt_out_behind_itself_is_no_scale(tmp_path: Path, cell: str) -> None:
    data = read(tmp_path, links=f"{BARE}2022;0101;0202;{cell}\n2022;0101;0303;5 (млн руб.)\n")
    assert links(data) == [["0101", "0303", 2022, 5.0]]


@pytest.mark.parametrize(
    "who", ["Участники кластера", "Прочие участники", "внутри кластера", "кластер «К»", "other members"]
)
def test_members_without_a_name_leave_the_supply_open(tmp_path: Path, who: str) -> None:
    data = read(tmp_path, links=f"{BARE}2022;0101;0202;5\n2022;0202;{who};7\n2022;0303;вне кластера;9\n")
    assert data.rejected["code"].tolist() == ["members_unnamed"]
    assert data.graph.to_tables()["unsettled"]["supplier_id"].tolist() == ["0202"]
    assert {tuple(link[:2]) for link in links(data)} == {("0101", "0202"), ("0303", "вне кластера")}


def test_a_firm_with_the_word_of_a_cluster_in_its_name_is_itself(tmp_path: Path) -> None:
    for who in ("Внутрикластерная логистика", "АО «Кластер К»", "ООО «Прочие»"):
        assert [who, "0202", 2022, 5.0] in links(read(tmp_path, links=f"{BARE}2022;{who};0202;5\n"))


def test_members_in_all_beside_those_named_are_a_total(tmp_path: Path) -> None:
    rows = "2022;0101;Всего участникам кластера;5\n2022;0101;0202;3\n2022;0101;0303;2\n"
    data = read(tmp_path, links=BARE + rows)
    assert data.rejected["code"].tolist() == ["total_row"]
    assert links(data) == [["0101", "0202", 2022, 3.0], ["0101", "0303", 2022, 2.0]]


def test_the_other_members_are_no_total_of_those_named(tmp_path: Path) -> None:
    data = read(tmp_path, links=BARE + "2022;0101;0202;5\n2022;0101;Прочие участники кластера;5\n")
    assert data.rejected["code"].tolist() == ["members_unnamed"]


def test_a_column_of_members_without_a_name_is_no_total_of_a_matrix(tmp_path: Path) -> None:
    text = "млн руб.;0101;0202;0303;Прочие участники;Итого\n0101;;5;;7;12\n0202;;;2;;2\n0303;;;;;0\n"
    data = read(tmp_path, links_2022=text)
    assert links(data) == [ONE, ["0202", "0303", 2022, 2.0]]
    assert data.rejected["code"].tolist() == ["members_unnamed"]


def test_a_table_of_buyers_as_columns_is_told_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="this is a matrix"):
        read(tmp_path, links="Год;Поставщик;Завод А;Завод Б\n2022;0101;1;4\n")


@pytest.mark.parametrize(
    "rows",
    [
        "№;ИНН;Наименование\n1. Кластер «А»;;\n1.1;0101;Вал\n1.2;0202;Ось\n",
        "ИНН;Наименование\nI. Кластер «А»;\n0101;Вал\n0202;Ось\n",
        "Кластер:;А;\nИНН;Наименование;Регион\n0101;Вал;Тула\n0202;Ось;Тула\n",
        "Cluster: А\nИНН;Наименование\n0101;Вал\n0202;Ось\n",
        "Кластер: А, состав за 2022 год\nИНН;Наименование\n0101;Вал\n0202;Ось\n",
    ],
)
def test_a_cluster_above_its_members_may_be_numbered_or_behind_a_colon(tmp_path: Path, rows: str) -> None:
    data = read(tmp_path, participants=rows, links=f"{BARE}2022;0101;0202;5\n")
    people = data.graph.to_tables()["participants"]
    assert people[["participant_id", "cluster_id"]].to_numpy().tolist() == [["0101", "А"], ["0202", "А"]]
