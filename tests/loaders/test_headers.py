"""Headers: names, aliases, units and currencies."""

from __future__ import annotations

import pytest

from clustercoop.graph.errors import SchemaError
from clustercoop.graph.schema import tables
from clustercoop.loaders.matching import candidates, match_headers
from clustercoop.loaders.units import Unit, read_unit


@pytest.mark.parametrize(
    ("table", "header", "column"),
    [
        ("participants", "ИНН", "participant_id"),
        ("participants", "participant_id", "participant_id"),
        ("participants", "Participant ID", "participant_id"),
        ("participants", "Промышленный кластер", "cluster_id"),
        ("links", "Поставщик", "supplier_id"),
        ("links", "ИНН  Покупателя", "buyer_id"),
        ("links", "Объём отгрузки, млн руб.", "value"),
        ("links", "ОБЪЕМ ОТГРУЗКИ (тыс. рублей)", "value"),
        ("links", "value_musd", "value"),
        ("links", "Отчётный год", "year"),
        ("links", "Год1)", "year"),
        ("activity", "Выпуск, млрд руб", "output"),
        ("activity", "Среднесписочная численность, чел.", "employees"),
        ("activity", "R & D expenses, thousand EUR", "rd_expenses"),
        ("activity", "Выбросы, тыс. тонн", "emissions"),
        ("indicators", "Уровень кооперации, %", "cooperation_ratio"),
        ("indicators", "Затраты на НИОКР на одного работника, млн руб./чел.", "rd_per_employee"),
        ("measures", "Мера поддержки", "measure"),
    ],
)
def test_headers_mean_columns(table: str, header: str, column: str) -> None:
    assert candidates(header, tables()[table])[0] == column


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("Выпуск, тыс. руб.", Unit(1e3, "RUB")),
        ("Выпуск, млн. рублей", Unit(1e6, "RUB")),
        ("Выпуск (млрд ₽)", Unit(1e9, "RUB")),
        ("Выпуск, руб.", Unit(None, "RUB")),
        ("output, million USD", Unit(1e6, "USD")),
        ("output (bn EUR)", Unit(1e9, "EUR")),
        ("output, thousand yuan", Unit(1e3, "CNY")),
        ("output", Unit()),
        ("share, %", Unit(None, "", True)),
        ("Выпуск, тыс. долл. США", Unit(1e3, "USD")),
    ],
)
def test_units_are_read_from_headers(header: str, unit: Unit) -> None:
    assert read_unit(header)[1] == unit


def test_every_alias_of_the_schema_means_its_own_column() -> None:
    """An alias leads to its column first, or to one whose exact name it is, or is shared on purpose."""
    shared = 0
    for spec in tables().values():
        for column in spec.columns:
            for alias in (column.name, *column.aliases):
                found = candidates(alias, spec)
                assert column.name in found, (spec.name, column.name, alias, found)
                shared += len(found) > 1
    assert shared < 40  # such as "организация": the id, or the name beside an id


def test_a_name_beside_a_code_is_set_aside() -> None:
    spec = tables()["links"]
    headers = ["Год", "Поставщик", "ИНН поставщика", "Покупатель", "ИНН покупателя", "Сумма"]
    match = match_headers(headers, spec, "links.csv")
    assert {m.column.name: m.header for m in match.columns}["supplier_id"] == "ИНН поставщика"
    assert match.set_aside == (("Поставщик", "ИНН поставщика"), ("Покупатель", "ИНН покупателя"))


def test_two_headers_for_one_column_are_refused() -> None:
    with pytest.raises(SchemaError, match="both mean value: 'Сумма' and 'Объём'"):
        match_headers(["Год", "Поставщик", "Покупатель", "Сумма", "Объём"], tables()["links"], "links.csv")
    with pytest.raises(SchemaError, match="both mean supplier_id"):
        match_headers(["supplier_id"] * 2 + ["year", "buyer_id", "value"], tables()["links"], "links.csv")


def test_a_missing_column_is_named_with_what_was_seen() -> None:
    with pytest.raises(SchemaError) as error:
        match_headers(["Год", "Поставщик", "Сумма"], tables()["links"], "links.csv")
    assert str(error.value) == (
        "links.csv has no column buyer_id, which the table links needs; its headers are: "
        "'Год', 'Поставщик', 'Сумма'. If the table is of one organisation, call the sheet or file by its "
        "identifier or name in the register, or write it above the table (Supplier: …)."
    )


def test_unknown_headers_are_listed() -> None:
    match = match_headers(["participant_id", "cluster_id", "telephone"], tables()["participants"], "p.csv")
    assert match.unknown == ("telephone",)
