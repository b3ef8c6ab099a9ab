"""Units in headers and titles: currencies and scales of many countries, counts that are no money, amounts."""

from pathlib import Path

import pytest

from clustercoop.graph.errors import SchemaError
from clustercoop.loaders.captions import title_units
from clustercoop.loaders.units import Unit, read_unit
from tests.loaders.small import read

HEADERS = [
    ("Output, million CLP", Unit(1e6, "CLP")),
    ("OUTPUT, MILLION CLP", Unit(1e6, "CLP")),
    ("value in million XYZ", Unit(1e6, "XYZ")),  # a code of capitals beside a scale is some currency
    ("Выпуск, тыс. бел. руб.", Unit(1e3, "BYN")),
    ("Revenue, M€", Unit(1e6, "EUR")),
    ("Revenue $bn", Unit(1e9, "USD")),
    ("Sales ('000 USD)", Unit(1e3, "USD")),
    ("Sales in 1,000 EUR", Unit(1e3, "EUR")),
    ("Выручка, 10⁶ руб.", Unit(1e6, "RUB")),
    ("产值（万元）", Unit(1e4, "CNY")),
    ("生産額（億円）", Unit(1e8, "JPY")),
    ("Output, 100 million yuan", Unit(1e8, "CNY")),
    ("Sales, Rs. crore", Unit(1e7, "INR")),
    ("Output, lakh rupees", Unit(1e5, "INR")),
    ("Umsatz in Tsd. EUR", Unit(1e3, "EUR")),
    ("Produkce, mil. Kč", Unit(1e6, "CZK")),
    ("Ventas, miles de euros", Unit(1e3, "EUR")),
    ("Revenue, in thousands of US dollars", Unit(1e3, "USD")),
    ("Объём отгрузки, тыс. ед.", Unit(1e3, physical="pieces")),
    ("sales, units", Unit(physical="pieces")),
    ("Отгружено, кг", Unit(physical="mass")),
    ("Total ALL firms", Unit(None, "ALL")),
    ("total for all firms", Unit()),
    ("Сумма, тыс., млн руб.", Unit()),  # two scales contradict each other
]


@pytest.mark.parametrize(("header", "unit"), HEADERS)
def test_units_of_many_countries(header: str, unit: Unit) -> None:
    assert read_unit(header)[1] == unit


@pytest.mark.parametrize("word", ["Units", "Ед. изм.", "unit of measure"])
def test_a_header_of_units_alone_counts_nothing(word: str) -> None:
    assert read_unit(word) == ("", Unit())


@pytest.mark.parametrize(
    ("title", "unit"),
    [
        ("(100 million yuan)", Unit(1e8, "CNY")),
        ("Таблица 3, млн руб.", Unit(1e6, "RUB")),
        ("Figures in thousands of US dollars", Unit(1e3, "USD")),
    ],
)
def test_titles_name_units(title: str, unit: Unit) -> None:
    assert list(title_units(title)) == [unit]


@pytest.mark.parametrize(
    "title",
    [
        "Реестр договоров поставки на сумму свыше ста тысяч рублей, 2022 год",
        "Поставки дороже 100 млн руб.",
        "Contracts of more than five hundred thousand dollars",
        "Закупки не менее 10 млн рублей",
    ],
)
def test_an_amount_in_a_title_is_no_unit(title: str) -> None:
    assert not title_units(title)


def test_a_volume_beside_a_price_may_be_a_quantity(tmp_path: Path) -> None:
    rows = "Год;Поставщик;Покупатель;{};Цена, руб.\n2022;0101;0202;10;1000\n"
    with pytest.raises(SchemaError, match="beside a price"):
        read(tmp_path, links=rows.format("Объём"))
    assert read(tmp_path, links=rows.format("Объём, млн руб.")).graph.links["value"].tolist() == [10.0]


def test_thousands_of_persons_in_any_words() -> None:
    for text in ("Численность, тыс. чел.", "Численность, тыс. человек", "Employment (THS_PER)"):
        assert read_unit(text)[1] == Unit(1e3, "", False, "persons"), text


def test_deliveries_of_one_quarter_are_told_to_be_no_year(tmp_path: Path) -> None:
    def told(*quarters: str) -> list[tuple[str, str]]:
        rows = "".join(f"{quarter} кв. 2022;0101;0202;10\n" for quarter in quarters)
        data = read(tmp_path, links=f"Период;Поставщик;Покупатель;Сумма, млн руб.\n{rows}")
        return [(f.value, f.severity) for f in data.findings if f.code == "year_partial"]

    assert told("I") == [("2022", "warning")]
    assert told("I", "II", "III", "IV") == []


@pytest.mark.parametrize(
    ("unit", "cell", "million"),
    [
        ("млн руб.", "5,00 ₽", 5.0),  # as a format of cells shows it: five roubles head no column of millions
        ("тыс. руб.", "RUB 500", 0.5),
        ("млн руб.", "50 000 000 руб.", 50.0),  # fifty trillion otherwise
    ],
)
def test_a_sign_of_the_currency_alone_repeats_the_header(
    tmp_path: Path, unit: str, cell: str, million: float
) -> None:
    rows = f"Год;Поставщик;Покупатель;Сумма, {unit}\n2022;0101;0202;{cell}\n"
    assert read(tmp_path, links=rows).graph.links["value"].tolist() == [million]


def test_a_sign_that_may_be_the_unit_of_a_cell_is_refused(tmp_path: Path) -> None:
    """5 000 roubles, or five million."""
    rows = "Год;Поставщик;Покупатель;Сумма, тыс. руб.\n2022;0101;0202;5 000 ₽\n"
    with pytest.raises(SchemaError, match="5000 RUB"):
        read(tmp_path, links=rows)


def test_a_unit_alone_heads_the_amounts_of_links(tmp_path: Path) -> None:
    rows = "Год;Поставщик;Покупатель;тонн;Тыс. руб.\n2022;0101;0202;9;5000\n"
    assert read(tmp_path, links=rows).graph.links["value"].tolist() == [5.0]
