"""Headers as they stand in exports, forms, registers and statistics, and the column that each means."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from clustercoop.graph.schema import tables
from clustercoop.loaders.matching import candidates, match_headers, options
from clustercoop.loaders.units import read_unit
from clustercoop.loaders.vocabulary import alien_letters, lexicon, read_header, same_letters, stem

HEADERS = [
    (row["table"], row["header"], row["column"])
    for row in csv.DictReader(
        Path(__file__).with_name("headers.csv").read_text("utf-8").splitlines(), delimiter="|"
    )
]


def meant(header: str, table: str) -> str:
    """The column that the header means, where its unit fits."""
    spec = tables()[table]
    unit = read_unit(header)[1]
    return next((name for name in candidates(header, spec) if unit.fits(spec[name])), "")


def test_real_headers_mean_their_column_or_none() -> None:
    """At least 95 in 100 right, none wrong: an unknown header may be refused, never taken for another."""
    assert len(HEADERS) >= 250
    read = [(header, column, meant(header, table)) for table, header, column in HEADERS]
    assert [entry for entry in read if entry[2] and entry[1] != entry[2]] == []
    missed = [(header, column) for header, column, found in read if column != found]
    assert len(missed) <= 0.05 * len(read), missed


def test_both_languages_are_there() -> None:
    latin = [header for _, header, _ in HEADERS if header.isascii()]
    assert len(latin) > 100 and len(HEADERS) - len(latin) > 150


@pytest.mark.parametrize("table", tables())
def test_no_phrase_of_the_vocabulary_is_claimed_by_two_columns(table: str) -> None:
    """But for the few words that name an organisation: the id, or the name beside an id."""
    shared = {key: found for key, found in lexicon(table).plain.items() if len(found) > 1}
    assert all([name for name, _ in found] == ["participant_id", "name"] for found in shared.values()), shared
    assert len(shared) <= 8


@pytest.mark.parametrize(
    ("header", "core", "marks", "year"),
    [
        ("Сумма без НДС, тыс. руб.", ("сумм",), {"vat_without"}, 0),
        ("Выпуск / в т. ч. участникам кластера", ("выпуск",), {"part", "inside"}, 0),
        ("Объём поставки, млн руб. / III квартал", ("объем", "поставк"), {"q3"}, 0),
        ("Выпуск за 2021 год", ("выпуск",), set(), 2021),
        ("Выпуск 2021 2022", ("2021", "2022", "выпуск"), set(), 0),
        ("Объём поставки / услуги", ("объем", "поставк"), {"services"}, 0),
        ("Сумма (строка 05)", ("сумм",), set(), 0),
    ],
)
def test_headers_fall_into_words_marks_and_years(
    header: str, core: tuple[str, ...], marks: set[str], year: int
) -> None:
    reading = read_header(header)
    assert (reading.core, set(reading.marks), reading.year) == (core, marks, year)


def test_letters_of_another_alphabet_are_seen_through_and_told() -> None:
    latin_c, latin_a, cyrillic_e = "Cумма", "Постaвщик", "valuе"
    assert [same_letters(text) for text in (latin_c, latin_a, cyrillic_e)] == ["Сумма", "Поставщик", "value"]
    assert [alien_letters(text) for text in (latin_c, latin_a, cyrillic_e)] == ["C", "a", "е"]
    assert alien_letters("ИНН inn") == ""
    assert meant(latin_c, "links") == "value"


@pytest.mark.parametrize(
    ("words", "stems"),
    [
        (("поставщик", "поставщика", "поставщику"), 1),
        (("объем", "объема", "объемы"), 1),
        (("год", "года"), 1),
        (("код", "кодекс"), 2),
        (("sale", "sales"), 1),
        (("cis", "ci"), 2),
    ],
)
def test_forms_of_a_word_share_a_stem(words: tuple[str, ...], stems: int) -> None:
    assert len({stem(word) for word in words}) == stems


@pytest.mark.parametrize(
    ("headers", "table", "taken", "aside"),
    [
        (["Сумма с НДС", "Сумма без НДС"], "links", "Сумма без НДС", "Сумма с НДС"),
        (["Сумма", "Сумма, факт"], "links", "Сумма, факт", "Сумма"),
        (["Выручка", "Объём отгруженной продукции"], "activity", "Объём отгруженной продукции", "Выручка"),
        (["Наименование поставщика", "Поставщик"], "links", "Поставщик", "Наименование поставщика"),
        (["value", "Сумма без НДС"], "links", "value", "Сумма без НДС"),
    ],
)
def test_of_two_claims_the_better_is_taken_and_the_other_told(
    headers: list[str], table: str, taken: str, aside: str
) -> None:
    keys = {"links": ["Год", "Покупатель"], "activity": ["Год", "ИНН"]}[table]
    if table == "links":
        keys += ["Сумма"] if "Поставщик" in headers else ["ИНН поставщика"]
    match = match_headers([*keys, *headers], tables()[table], "a.csv")
    assert taken in {m.header for m in match.columns}
    assert (aside, taken) in match.set_aside


def test_a_plan_alone_is_no_fact() -> None:
    assert options("Выпуск, план", tables()["activity"]) == ()
    assert options("Объём поставок на 2030 год, прогноз", tables()["links"]) == ()
