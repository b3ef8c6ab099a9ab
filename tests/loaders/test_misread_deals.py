"""Supplies, payments and reports of them easily misread: each gives the right figure, or says why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from clustercoop.graph.errors import SchemaError
from tests.loaders.small import HEAD, ONE, codes, links, read


@pytest.mark.parametrize(
    ("title", "seller", "buyer"),
    [
        ("Сведения предоставил", "Литейный", "Станки"),
        ("ИНН респондента", "0101", "0202"),
        ("По данным", "поставщика", "покупателя"),
    ],
)
def test_both_reports_of_a_delivery_are_seen_by_who_told(
    tmp_path: Path, title: str, seller: str, buyer: str
) -> None:
    people = "ИНН;Кластер;Наименование\n0101;К;Литейный\n0202;К;Станки\n"
    rows = f"{HEAD.strip()};{title}\n2022;0101;0202;5;{seller}\n2022;0101;0202;5;{buyer}\n"
    assert links(read(tmp_path, participants=people, links=rows)) == [ONE]


def test_who_pays_the_freight_is_not_who_told(tmp_path: Path) -> None:
    rows = f"{HEAD.strip()};Доставка за счёт\n2022;0101;0202;3;поставщика\n2022;0101;0202;2;покупателя\n"
    assert sum(value for *_, value in links(read(tmp_path, links=rows))) == 5.0


@pytest.mark.parametrize(
    ("title", "cells"),
    [
        ("Склад", ("склад поставщика", "склад покупателя")),
        ("Заявитель", ("0101", "0202")),
    ],
)
def test_a_thing_of_one_side_is_no_report_of_it(tmp_path: Path, title: str, cells: tuple[str, str]) -> None:
    rows = f"{HEAD.strip()};{title}\n2022;0101;0202;3;{cells[0]}\n2022;0101;0202;2;{cells[1]}\n"
    assert sum(value for *_, value in links(read(tmp_path, links=rows))) == 5.0


@pytest.mark.parametrize("head", ["ОГРН;ИНН;ОКПО", "Код;ИНН;Код ОКПО"])
def test_organisations_are_joined_by_any_number_of_their_register(tmp_path: Path, head: str) -> None:
    people = f"{head};Кластер\n1027700000011;0101;12345678;К\n1027700000022;0202;12345679;К\n"
    rows = f"{HEAD}2022;1027700000011;12345679;5\n"
    data = read(tmp_path, participants=people, links=rows, activity="ОКПО;Год;Выпуск\n12345678;2022;9\n")
    assert links(data) == [ONE] and "id_by_number" in codes(data)
    assert data.graph.to_tables()["activity"]["participant_id"].tolist() == ["0101"]


@pytest.mark.parametrize(
    "purpose",
    ["Погашение по кредитному договору 5", "Уплата НДС", "Комиссия банка", "Обеспечительный платеж"],
)
def test_more_purposes_are_no_supply(tmp_path: Path, purpose: str) -> None:
    head = "Дата;Плательщик;Получатель;Сумма, млн руб.;Назначение платежа\n"
    paid = "10.02.2022;0202;0101;5;Металл, в т.ч. НДС\n"
    assert links(read(tmp_path, links=f"{head}{paid}11.02.2022;0303;0101;7;{purpose}\n")) == [ONE]


@pytest.mark.parametrize(
    "purpose",
    [
        "Оплата по договору поставки 5 (субсидия министерства)",
        "Оплата по счёту 7 от 01.02.2022, уплата НДС 20 %",
    ],
)
def test_what_pays_for_goods_is_no_purpose_of_its_own(tmp_path: Path, purpose: str) -> None:
    head = "Дата;Плательщик;Получатель;Сумма, млн руб.;Назначение платежа\n"
    assert links(read(tmp_path, links=f"{head}10.02.2022;0202;0101;5;{purpose}\n")) == [ONE]


@pytest.mark.parametrize("kind", ["Invoice (reverse charge)", "Счёт (не сторнирован)"])
def test_a_document_that_only_names_a_reversal_takes_nothing_back(tmp_path: Path, kind: str) -> None:
    head = "Год;Поставщик;Покупатель;Сумма, млн руб.;Тип документа\n2022;0101;0202;3;УПД\n"
    assert sum(value for *_, value in links(read(tmp_path, links=f"{head}2022;0101;0202;2;{kind}\n"))) == 5.0


def test_a_correction_that_says_storno_takes_back(tmp_path: Path) -> None:
    head = "Год;Поставщик;Покупатель;Сумма, млн руб.;Тип документа\n2022;0101;0202;8;УПД\n"
    assert links(read(tmp_path, links=f"{head}2022;0101;0202;3;Корректировка (сторно)\n")) == [ONE]


def test_returns_in_a_column_of_their_own_are_no_part_of_an_amount(tmp_path: Path) -> None:
    """8 of which 3 came back, or 8 after returns: nothing says."""
    head = "Год;Поставщик;Покупатель;Отгружено, млн руб.;Возвращено, млн руб.\n2022;0101;0202;"
    with pytest.raises(SchemaError, match="Возвращено"):
        read(tmp_path, links=f"{head}8;3\n")
    assert links(read(tmp_path, links=f"{head}5;0\n")) == [ONE]
    (tmp_path / "mapping.toml").write_text('["links.csv".columns]\n"Возвращено, млн руб." = ""\n', "utf-8")
    assert links(read(tmp_path, links=f"{head}5;3\n")) == [ONE]


@pytest.mark.parametrize("title", ["Возвратная тара, шт.", "Return period, days", "Returns, %"])
def test_what_comes_back_but_is_no_money_leaves_amounts_alone(tmp_path: Path, title: str) -> None:
    head = f"Год;Поставщик;Покупатель;Отгружено, млн руб.;{title}\n"
    assert links(read(tmp_path, links=f"{head}2022;0101;0202;5;30\n")) == [ONE]


def test_a_price_that_is_cut_by_a_discount_is_refused(tmp_path: Path) -> None:
    head = "Год;Поставщик;Покупатель;Количество, т;Цена, тыс. руб./т;Скидка, %\n2022;0101;0202;50;100;"
    with pytest.raises(SchemaError, match="Скидка"):
        read(tmp_path, links=f"{head}10\n")
    assert links(read(tmp_path, links=f"{head}0\n")) == [ONE]


def test_a_price_after_the_discount_is_the_price(tmp_path: Path) -> None:
    """50 × 100 thousand = 5 million."""
    head = "Год;Поставщик;Покупатель;Количество, т;Цена со скидкой, тыс. руб./т;Скидка, %\n"
    assert links(read(tmp_path, links=f"{head}2022;0101;0202;50;100;10\n")) == [ONE]


@pytest.mark.parametrize(
    ("amount", "beside", "told"),
    [
        ("Сумма документа, млн руб.", "", {"document_again"}),
        ("Invoice total, million RUB", "", {"document_again"}),
        ("Сумма документа, млн руб.", "Сумма строки, млн руб.", {"header_set_aside"}),
    ],
)
def test_the_amount_of_a_document_is_none_of_its_rows(
    tmp_path: Path, amount: str, beside: str, told: set[str]
) -> None:
    rows = f"Дата;№ документа;Поставщик;Покупатель;{amount};Товар;{beside}\n"
    rows += "01.03.2022;1;0101;0202;5;болт;2\n01.03.2022;1;0101;0202;5;гайка;3\n"
    data = read(tmp_path, links=rows)
    assert sum(value for *_, value in links(data)) == 5.0
    assert codes(data) & {"document_again", "header_set_aside", "parallel_links"} == told


@pytest.mark.parametrize("document", ["УКД", "Исправленный счёт-фактура", "Debit note", "Corrective invoice"])
def test_a_document_that_corrects_another_is_no_further_supply(tmp_path: Path, document: str) -> None:
    rows = f"{HEAD.strip()};Вид документа\n2022;0101;0202;5;УПД\n2022;0101;0202;{{}};{document}\n"
    data = read(tmp_path, links=rows.format("2"))
    assert links(data) == [ONE] and "document_corrects" in codes(data)
    data = read(tmp_path, links=rows.format("-2"))  # a difference, set off as such
    assert links(data) == [[*ONE[:3], 3.0]]


@pytest.mark.parametrize(
    ("title", "told"),
    [("План поставок", True), ("Supplies forecast", True), ("Отчёт о выполнении плана поставок", False)],
)
def test_a_table_of_plans_is_told(tmp_path: Path, title: str, told: bool) -> None:
    data = read(tmp_path, links=f"{title};;;\n{HEAD}2022;0101;0202;5\n")
    assert links(data) == [ONE] and ("figures_planned" in codes(data)) is told


@pytest.mark.parametrize(("value", "told"), [("1", True), ("2", False)])
def test_marks_of_supplies_are_no_amounts(tmp_path: Path, value: str, told: bool) -> None:
    rows = f"year,source,target,weight\n2022,0101,0202,1\n2022,0101,0303,1\n2022,0202,0303,{value}\n"
    assert ("values_ones" in codes(read(tmp_path, links=rows))) is told


def test_a_refusal_names_headers_as_they_stand_in_the_file(tmp_path: Path) -> None:
    rows = "Год;Кто перечислил;Кому перечислено;Сумма оплаты, млн руб.\n2022;0202;0101;5\n"
    with pytest.raises(SchemaError, match="'Кому перечислено'"):
        read(tmp_path, links=rows)


def test_organisations_may_be_called_like_totals_or_go_by_their_names(tmp_path: Path) -> None:
    people = "ИНН;Наименование;Кластер\n7700000010;ООО «Итог»;К\n7700000020;АО Всего;К\n"
    data = read(tmp_path, participants=people, links=f"{HEAD}2022;ООО «Итог»;7700000020;5\n")
    assert links(data) == [["7700000010", "7700000020", 2022, 5.0]] and "total_row" not in codes(data)
    people = "Наименование;Кластер\nООО «Заря»;К\nТок;К\n"
    data = read(tmp_path, participants=people, links=f"{HEAD}2022;Заря;Ток;5\n")
    assert links(data) == [["ООО «Заря»", "Ток", 2022, 5.0]]


def test_links_use_the_full_name_or_the_short_one(tmp_path: Path) -> None:
    people = "Tax ID;Full name;Short name;Cluster\n0101;Alpha Limited;ALF;K\n0202;Beta Limited;BET;K\n"
    data = read(tmp_path, participants=people, links=f"{HEAD}2022;Alpha Limited;BET;5\n")
    assert links(data) == [ONE]
    assert data.graph.to_tables()["participants"]["name"].tolist() == ["ALF", "BET"]


def test_amounts_that_differ_in_a_document_are_those_of_its_rows(tmp_path: Path) -> None:
    rows = "Дата;№ документа;Поставщик;Покупатель;Сумма документа, млн руб.;Товар\n"
    rows += "".join(f"01.03.2022;1;0101;0202;{n};{n}{n}\n" for n in (1, 1, 3))
    assert (
        sum(value for *_, value in links(read(tmp_path, links=rows.replace(";1;11\n", ";1;12\n", 1)))) == 5.0
    )


def test_a_document_that_stands_twice_keeps_its_product(tmp_path: Path) -> None:
    head = "Дата;№ документа;Поставщик;Покупатель;Сумма документа, млн руб.;Товар\n"
    data = read(tmp_path, links=head + "01.03.2022;1;0101;0202;5;болт\n" * 2)
    assert links(data) == [ONE] and "document_again" not in codes(data)
    assert data.graph.to_tables()["links"]["product_code"].tolist() == ["болт"]


@pytest.mark.parametrize(
    ("rows", "total"),
    [
        ("2022;Счёт 1;5\n2022;Акт 1;5,0\n", 5.0),
        ("2022;Акт 1;5\n2022;Счёт 1;5\n2022;Счёт 2;5\n", 10.0),  # a bill for each delivery
        ("2021;Акт 1;5\n2022;Счёт 2;5\n", 10.0),
    ],
)
def test_a_delivery_has_one_bill(tmp_path: Path, rows: str, total: float) -> None:
    head = "Год;Документ;Сумма, млн руб.;Поставщик;Покупатель\n"
    data = read(tmp_path, links=head + rows.replace("\n", ";0101;0202\n"))
    assert sum(value for *_, value in links(data)) == total


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Платежи 2022", "От кого;Кому;Сумма, млн руб.\n0202;0101;5\n"),
        ("links_2022", "Реестр оплат;;\nОтправитель;Получатель;Сумма, млн руб.\n0202;0101;5\n"),
        ("links_2022", "Отправитель;Получатель;Сумма перевода, млн руб.\n0202;0101;5\n"),
        ("links_2022", "Заказчик (плательщик);Исполнитель (получатель);Оплачено, млн руб.\n0202;0101;5\n"),
    ],
)
def test_money_runs_against_the_goods_whatever_calls_it_so(tmp_path: Path, name: str, text: str) -> None:
    data = read(tmp_path, **{name: text})
    assert links(data) == [ONE] and "direction_payments" in codes(data)


@pytest.mark.parametrize(
    ("title", "told"), [("Оплаты по договорам поставки", True), ("Поставки с предоплатой", False)]
)
def test_a_title_of_goods_and_pay_settles_no_direction(tmp_path: Path, title: str, told: bool) -> None:
    data = read(tmp_path, links=f"{title};;;\nГод;Отправитель;Получатель;Сумма, млн руб.\n2022;0101;0202;5\n")
    assert links(data) == [ONE] and ("direction_unclear" in codes(data)) is told


@pytest.mark.parametrize(
    "title",
    ["Source: World Bank", "Банк данных связей", "Purpose: flows", "Перечисление участников", "Кредит"],
)
def test_a_bank_that_publishes_a_table_makes_no_payments(tmp_path: Path, title: str) -> None:
    data = read(tmp_path, links_2022=f"{title};;\nfrom;to;value, million RUB\n0101;0202;5\n")
    assert links(data) == [ONE] and "direction_payments" not in codes(data)
    square = f"{title};;\n;0101;0202\n0101;;5\n0202;;\n"
    assert links(read(tmp_path, links_2022=square)) == [ONE]


def test_what_was_paid_beside_an_amount_settles_no_direction(tmp_path: Path) -> None:
    head = "Отправитель;Получатель;Сумма, млн руб.;Оплачено, млн руб."
    data = read(tmp_path, links_2022=f"{head}\n0101;0202;5;4\n")
    assert links(data) == [ONE] and "direction_unclear" in codes(data)


@pytest.mark.parametrize(
    ("column", "plan", "fact"), [("Scenario", "Budget", "Actual"), ("Версия", "План", "Факт")]
)
def test_of_plan_and_fact_in_rows_the_fact_is_taken(
    tmp_path: Path, column: str, plan: str, fact: str
) -> None:
    rows = f"{HEAD.strip()};{column}\n2022;0101;0202;7;{plan}\n2022;0101;0202;5;{fact}\n"
    data = read(tmp_path, links=rows)
    assert links(data) == [ONE] and "plan_rows" in codes(data)


@pytest.mark.parametrize(
    "head",
    [
        "Год;Поставщик;Покупатель;Сумма в валюте;Валюта;Сумма, млн руб.",
        "Год;Поставщик;Покупатель;Сумма договора в валюте;Валюта договора;Сумма договора, млн руб.",
    ],
)
def test_an_amount_in_one_currency_stands_beside_those_in_several(tmp_path: Path, head: str) -> None:
    rows = f"{head}\n2022;0101;0202;3000000;RUB;3\n2022;0101;0202;25000;USD;2\n"
    assert sum(value for *_, value in links(read(tmp_path, links=rows))) == 5.0
    with pytest.raises(SchemaError, match="RUB, USD"):
        read(
            tmp_path,
            links="Год;Поставщик;Покупатель;Валюта;Сумма, руб.\n2022;0101;0202;RUB;1\n2022;0101;0303;USD;1\n",
        )


@pytest.mark.parametrize("title", ["Contract currency", "Валюта договора"])
def test_a_column_of_currencies_alone_holds_no_other_amounts(tmp_path: Path, title: str) -> None:
    rows = f"{HEAD.strip()};{title}\n2022;0101;0202;5;USD\n2022;0202;0303;2;EUR\n"
    with pytest.raises(SchemaError, match="EUR, USD"):
        read(tmp_path, links=rows)


@pytest.mark.parametrize(
    ("people", "who"),
    [
        ("Наименование;Кластер\nВал;К\nОсь;К\n", ["Вал", "Ось"]),
        ("Код;Наименование;Кластер\nП1;Вал;К\nП2;Ось;К\n", ["П1", "П2"]),
        # namesakes of members, which have numbers of their own
        ("ИНН;Наименование;Кластер\n7700000010;Вал;К\n7700000020;Ось;К\n", ["7800000010", "7800000020"]),
    ],
)
def test_names_beside_numbers_that_no_register_knows(tmp_path: Path, people: str, who: list[str]) -> None:
    rows = "Год;ИНН поставщика;Поставщик;ИНН покупателя;Покупатель;Сумма, млн руб.\n"
    data = read(tmp_path, participants=people, links=f"{rows}2022;7800000010;Вал;7800000020;Ось;5\n")
    assert links(data) == [[*who, 2022, 5.0]]
    assert ("numbers_of_nobody" in codes(data)) is (who[0] != "7800000010")


def test_a_name_of_several_numbers_is_nobodys(tmp_path: Path) -> None:
    people = "Наименование;Кластер\nВал;К\nОсь;К\n"
    head = "Год;ИНН поставщика;Поставщик;ИНН покупателя;Покупатель;Сумма, млн руб.\n"
    branch = f"{head}2022;78/1;Вал;77;Ось;5\n2022;78/2;Вал;77;Ось;2\n"
    data = read(tmp_path, participants=people, links=branch)
    assert sum(value for *_, value in links(data)) == 7.0
    with pytest.raises(SchemaError, match="78, 79"):
        read(tmp_path, links=f"{head}2022;78;Вал;77;Ось;5\n2022;79;Вал;77;Ось;2\n", participants=people)


@pytest.mark.parametrize("other", ["Ось", "Минимум"])
def test_a_firm_may_be_called_maximum(tmp_path: Path, other: str) -> None:
    people = f"Наименование;Кластер\nМаксимум;К\n{other};К\n"
    data = read(
        tmp_path, participants=people, links=f"{HEAD}2022;Максимум;{other};5\n2022;{other};Максимум;3\n"
    )
    assert len(links(data)) == (2 if other == "Ось" else 0)


@pytest.mark.parametrize(
    ("head", "day", "amounts", "total"),
    [
        ("Дата", "0{}.02.2022", (1, 1, 4, 4), 5.0),  # 1 and 4, or twice as much
        ("Год;№ накладной", "2022;{}", (1, 1, 4, 4), 5.0),
        ("Дата", "0{}.02.2022", (2, 2, 2, 2), 8.0),  # one price of everything
        ("Дата", "0{}.02.2022", (1, 1, 4, 5), 11.0),
        ("Год", "202{}", (1, 1, 4, 4), 10.0),
    ],
)
def test_an_amount_repeated_for_every_product_may_be_of_the_document(
    tmp_path: Path, head: str, day: str, amounts: tuple[int, ...], total: float
) -> None:
    rows = [
        f"{day.format(1 + at // 2)};0101;0202;{'болт' if at % 2 else 'гайка'};{v}\n"
        for at, v in enumerate(amounts)
    ]
    data = read(tmp_path, links=f"{head};Поставщик;Покупатель;Товар;Сумма, млн руб.\n" + "".join(rows))
    assert sum(value for *_, value in links(data)) == total
    assert (len(data.graph.unsettled) > 0) is (total == 5.0)


@pytest.mark.parametrize(
    ("head", "scale"), [("Сумма, млн руб.;Цена, руб.;Количество", 1), ("Цена, млн руб.;Количество", 0)]
)
def test_amounts_that_are_prices_times_quantities_are_of_their_rows(
    tmp_path: Path, head: str, scale: int
) -> None:
    """1 × 1, 0.5 × 2, 4 × 1 and 2 × 2 millions: 10."""
    priced = [(1, 1), (0.5, 2), (4, 1), (2, 2)]
    rows = [
        f"0{1 + at // 2}.02.2022;0101;0202;{'болт' if at % 2 else 'гайка'};"
        + (f"{p * n};{p * 1e6:.0f};{n}\n" if scale else f"{p};{n}\n").replace(".", ",")
        for at, (p, n) in enumerate(priced)
    ]
    data = read(tmp_path, links=f"Дата;Поставщик;Покупатель;Товар;{head}\n" + "".join(rows))
    assert sum(value for *_, value in links(data)) == 10.0 and not len(data.graph.unsettled)


@pytest.mark.parametrize(
    ("title", "sale", "other"),
    [
        ("Вид операции", "Реализация", "8;Возврат"),  # 13 − 8
        ("Type", "Delivery", "8;Return"),
        ("Тип", "Отгрузка", "13;Аванс"),
        ("Вид", "Отгрузка", "-13;Зачёт аванса"),
        ("Примечание", "", "8;аннулировано"),
        ("Документ", "Реализация № 1 от 01.02.2022", "8;Возврат № 2 от 02.02.2022"),
    ],
)
def test_rows_beside_deliveries_that_are_none_or_take_them_back(
    tmp_path: Path, title: str, sale: str, other: str
) -> None:
    back = other.partition(";")[2].startswith(("Возврат", "Return"))
    rows = f"Дата;Поставщик;Покупатель;Сумма, млн руб.;{title}\n"
    rows += f"01.02.2022;0101;0202;{13 if back else 5};{sale}\n02.02.2022;0101;0202;{other}\n"
    assert links(read(tmp_path, links=rows)) == [ONE]


@pytest.mark.parametrize(
    ("title", "sale", "other"),
    [
        ("Примечание", "", "Проект"),
        ("Type", "Sale", "Reverse logistics"),
        ("Document", "Invoice 1", "Offset printing 2"),
        ("Документ", "Реализация 1", "Возврат тары 2"),
    ],
)
def test_things_called_like_documents_stay_supplies(
    tmp_path: Path, title: str, sale: str, other: str
) -> None:
    rows = f"{HEAD.strip()};{title}\n2022;0101;0202;3;{sale}\n2022;0101;0202;2;{other}\n"
    assert sum(value for *_, value in links(read(tmp_path, links=rows))) == 5.0


@pytest.mark.parametrize(("cell", "total"), [("1 от 05.02.2022", 3.0), ("-", 8.0)])
def test_a_number_of_a_correction_tells_a_document_that_corrects_another(
    tmp_path: Path, cell: str, total: float
) -> None:
    head = "Дата;Номер и дата исправления;Номер;Поставщик;Покупатель;Сумма, млн руб."
    rows = f"{head}\n01.02.2022;;1;0101;0202;3\n01.02.2022;{cell};2;0101;0202;5\n"
    data = read(tmp_path, links=rows)
    assert sum(value for *_, value in links(data)) == total
    assert ("document_corrects" in codes(data)) is (total == 3.0)


def test_a_stamp_of_time_tells_the_year(tmp_path: Path) -> None:
    rows = "timestamp;Поставщик;Покупатель;Сумма, млн руб.\n2022-03-01T10:00:00Z;0101;0202;5\n"
    assert links(read(tmp_path, links=rows)) == [ONE]


@pytest.mark.parametrize(
    ("above", "refused"), [("2022;0101;0202;5", True), ("Всего;;;5", False), ("Внутри кластера;;;", False)]
)
def test_parts_of_a_supply_below_it_are_no_further_supplies(
    tmp_path: Path, above: str, refused: bool
) -> None:
    rows = f"{HEAD}{above}\nв том числе:;;;\n2022;0101;0202;5\n"
    if refused:
        with pytest.raises(SchemaError, match="Row 3"):
            read(tmp_path, links=rows)
    else:
        assert links(read(tmp_path, links=rows)) == [ONE]


def test_parts_of_a_supply_may_be_told_in_the_column_of_products(tmp_path: Path) -> None:
    rows = f"{HEAD.strip()};Товар\n2022;0101;0202;5;Металл\n;;;;из них\n2022;0101;0202;3;Сталь\n"
    with pytest.raises(SchemaError, match="Row 3"):
        read(tmp_path, links=rows)
