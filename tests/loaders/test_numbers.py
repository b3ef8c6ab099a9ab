"""Numbers and years: what one cell can mean, what its column decides, and what stays unknown."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustercoop.loaders.numbers import LIMIT, parse_numbers
from clustercoop.loaders.tokens import Issue, split_footnote
from clustercoop.loaders.units import Unit
from clustercoop.loaders.years import parse_years


def column(*cells: Any) -> np.ndarray[Any, Any]:
    out = np.empty(len(cells), object)
    out[:] = cells
    return out


def read(*cells: Any, hint: str = "") -> list[tuple[float | None, str]]:
    got = parse_numbers(column(*cells), hint=hint)
    values = [None if math.isnan(v) else v for v in got.values.tolist()]
    return list(zip(values, [Issue(i).name for i in got.issue], strict=True))


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("0", 0.0),
        ("-5", -5.0),
        ("+5", 5.0),
        ("−5,5", -5.5),  # U+2212, the typographic minus
        ("106,4", 106.4),
        ("106.4", 106.4),
        (".5", 0.5),
        ("-,25", -0.25),
        ("0,263", 0.263),  # three digits after a leading zero cannot be thousands
        ("12345,678", 12345.678),  # nor can they after five digits
        ("1 234 567", 1234567.0),
        ("1\u00a0234,5", 1234.5),
        ("1\u202f234,567", 1234.567),  # the spaces group, so the comma is decimal
        ("1'234.5", 1234.5),
        ("1,234,567", 1234567.0),
        ("1.234.567", 1234567.0),
        ("1,234,567.89", 1234567.89),
        ("1.234,5", 1234.5),
        ("1.5e3", 1500.0),
        ("2,5E-2", 0.025),
        ("  7  ", 7.0),
        ("5³", 5.0),
        ("12,5*", 12.5),
    ],
)
def test_a_cell_that_means_one_thing_is_read_by_itself(cell: str, value: float) -> None:
    assert read(cell)[0][0] == value


@pytest.mark.parametrize(
    "cell",
    ["abc", "12 34", "1.2.3", "8 (495)", "1_000", "0x1f", "inf", "1e5000x", "=1+1", "5 руб USD", "٣"]
    + ["6512,3 6762,31)", "97,1,", "5 b", "~5", "минус 5", "--5", "1,5,", "<b>5</b>", "1 2345"],
)
def test_text_is_no_number(cell: str) -> None:
    assert read(cell, "1") == [(None, "NOT_A_NUMBER"), (1.0, "OK")]


@pytest.mark.parametrize(
    ("cell", "value"),
    [("(12)", -12), ("20-", -20), ("- 5", -5), ("5\u2007000,5", 5000.5), ("1,23,456", 123456)]
    + [
        ("1’234’567.5", 1234567.5),
        ("12.3p", 12.3),
        ("1 234 e", 1234),
        ("15 (r)", 15),
        ("10 000 000-50", 10_000_000.5),
        ("1234=05", 1234.05),
    ],
)
def test_accounts_and_statistics_write_numbers_so(cell: str, value: float) -> None:
    assert parse_numbers(column(cell)).values.tolist() == [value]


@pytest.mark.parametrize(
    ("cell", "value", "unit"),
    [
        ("5 млн", 5, Unit(1e6)),
        ("1,2 млрд руб.", 1.2, Unit(1e9, "RUB")),
        ("$1,234.50", 1234.5, Unit(None, "USD")),
        ("€ 5", 5, Unit(None, "EUR")),
        ("US$ 5m", 5, Unit(1e6, "USD")),
        ("(7,5 тыс. руб.)", -7.5, Unit(1e3, "RUB")),
        ("1 234 руб. 50 коп.", 1234.5, Unit(None, "RUB")),
        ("12 чел.", 12, Unit(physical="persons")),
    ],
)
def test_cells_carry_their_units(cell: str, value: float, unit: Unit) -> None:
    read = parse_numbers(column(cell))
    assert (read.values.tolist(), [u for u, _ in read.units]) == ([value], [unit])


@pytest.mark.parametrize(
    ("cell", "sides"),
    [
        (">30 %", {"low": 30}),
        ("<0,0005", {"high": 0.0005}),
        ("0.1–0.3", {"low": 0.1, "high": 0.3}),
        ("не менее 20 %", {"low": 20}),
        ("от 5 до 10", {"low": 5, "high": 10}),
        ("between 5 and 7.5", {"low": 5, "high": 7.5}),
        ("≤ 1 000", {"high": 1000}),
    ],
)
def test_bounds_are_no_numbers(cell: str, sides: dict[str, float]) -> None:
    read = parse_numbers(column(cell, "1"))
    assert math.isnan(read.values[0]) and read.issue.tolist() == [Issue.BOUND, Issue.OK]
    assert {bound.side: bound.value for bound in read.bounds} == sides


@pytest.mark.parametrize(
    ("cell", "meaning"),
    [
        ("к", "confidential"),
        ("…1)", "missing"),
        (":", "unavailable"),
        ("x", "not_applicable"),
        ("н/д", "missing"),
    ],
)
def test_marks_of_statistics_mean_a_gap(cell: str, meaning: str) -> None:
    read = parse_numbers(column(cell))
    assert (read.issue.tolist(), read.marks) == ([Issue.MISSING], {meaning: 1})


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1.234", "987", "2.500"], [1234, 987, 2500]),  # 2.500 keeps its zeros, so 987 would be 987.000
        (["1.234", "987"], [None, 987]),
        (["1.234", "1500"], [1.234, 1500]),  # 1500 has no sign of thousands
        (["1,234", "987", "2,500"], [1234, 987, 2500]),
        (["1.234", "0.5"], [1.234, 0.5]),
    ],
)
def test_points_beside_small_whole_numbers_are_thousands(
    cells: list[str], values: list[float | None]
) -> None:
    read = parse_numbers(column(*cells)).values
    assert [None if math.isnan(value) else value for value in read] == values


@pytest.mark.parametrize(
    "cell", ["", " ", "-", "—", "…", "...", "н/д", "Н/Д", "x", "х", "n/a", "NA", "NaN", None]
)
def test_missing_marks_are_missing(cell: str | None) -> None:
    assert read(cell) == [(None, "MISSING")]


@pytest.mark.parametrize(
    ("cell", "issue"),
    [
        ("#DIV/0!", "EXCEL_ERROR"),
        ("#ССЫЛКА!", "EXCEL_ERROR"),
        (True, "WRONG_KIND"),
        (datetime.date(2024, 5, 1), "WRONG_KIND"),
        (1e300, "HUGE"),
        ("9" * 30, "HUGE"),
        (float("inf"), "HUGE"),
        (10**400, "HUGE"),
        (str(int(LIMIT) * 10), "HUGE"),
        (float("nan"), "MISSING"),
    ],
)
def test_what_is_no_plausible_number_says_why(cell: Any, issue: str) -> None:
    assert read(cell) == [(None, issue)]


def test_one_decided_cell_decides_the_column() -> None:
    # "1,234" alone may be 1.234 or 1234; beside "5,6" the comma is decimal, beside "1,234,567" it groups.
    assert read("1,234", "5,6") == [(1.234, "OK"), (5.6, "OK")]
    assert read("1,234", "1,234,567") == [(1234.0, "OK"), (1234567.0, "OK")]


def test_an_undecided_comma_is_unknown_unless_the_file_decides_it() -> None:
    assert read("1,234", "5,678") == [(None, "DECIMAL_UNCLEAR")] * 2
    assert read("1,234", hint=",") == [(1.234, "OK")]


def test_an_undecided_point_is_decimal_by_convention_and_said_so() -> None:
    got = parse_numbers(column("1.234", "5.678"))
    assert got.values.tolist() == [1.234, 5.678]
    assert got.assumed
    assert not parse_numbers(column("1.234", "0.5")).assumed


def test_a_mark_that_the_rest_contradicts_is_unknown() -> None:
    # The point is proven decimal; "1,234" could be English thousands or a stray decimal comma.
    assert read("5.5", "1,234") == [(5.5, "OK"), (None, "DECIMAL_UNCLEAR")]
    mixed = parse_numbers(column("5.5", "5,5"))
    assert mixed.mixed
    assert mixed.values.tolist() == [5.5, 5.5]


@pytest.mark.parametrize(
    ("digits", "decimals", "value"),
    [
        ("3020,82", 1, 3020.8),
        ("98,8312", 2, 98.83),  # two surplus digits: footnote 12
        ("98,810", 1, 98.8),  # footnote 10
        ("98,8", 1, None),  # no digit is left for the mark
        ("98,83123", 1, None),  # four surplus digits are no footnote
        ("98,80", 1, None),  # no footnote is called 0
        ("185613", 0, 18561.0),
        ("185613", -1, 18561.0),
        ("98,83", -1, 98.8),
        ("98,8", -1, None),
        ("1 2343", 0, 1234.0),
        ("1 23 43", 0, None),  # what is left is no grouped number
        ("1", 0, None),  # a mark without a number
        ("-44,41", 1, -44.4),
    ],
)
def test_footnote_digits_are_told_by_the_usual_decimals(
    digits: str, decimals: int, value: float | None
) -> None:
    assert split_footnote(digits, decimals) == value


def test_footnotes_in_a_column() -> None:
    # One decimal in the column, so "98,83)" is 98.8 with footnote 3; "98,8)" has no digit left for it.
    assert read("104,2", "98,83)", "98,8)", "99,1") == [
        (104.2, "OK"),
        (98.8, "FOOTNOTE"),
        (None, "FOOTNOTE_UNCLEAR"),
        (99.1, "OK"),
    ]
    assert read("77945", "185613)", "1)") == [
        (77945.0, "OK"),
        (18561.0, "FOOTNOTE"),
        (None, "FOOTNOTE_UNCLEAR"),
    ]


def test_numeric_columns_pass_through() -> None:
    got = parse_numbers(np.array([1, 2, 3], np.int16))
    assert got.values.tolist() == [1.0, 2.0, 3.0]
    flags = parse_numbers(np.array([True, False]))
    assert flags.issue.tolist() == [Issue.WRONG_KIND] * 2


@pytest.mark.parametrize(
    ("cell", "year", "issue"),
    [
        ("2020", 2020.0, "OK"),
        (2020.0, 2020.0, "OK"),
        ("2020,0", 2020.0, "OK"),
        ("2020 г.", 2020.0, "OK"),
        ("2020 год", 2020.0, "OK"),
        ("20142)", 2014.0, "FOOTNOTE"),
        ("20152),3)", 2015.0, "FOOTNOTE"),
        ("2021-12-31", 2021.0, "OK"),
        ("31.12.2021", 2021.0, "OK"),
        (datetime.datetime(2022, 3, 1), 2022.0, "OK"),
        ("2020,5", 2020.5, "OK"),  # kept as it is: the range check rejects it
        ("20", 20.0, "OK"),
        ("I квартал", math.nan, "NOT_A_NUMBER"),
        ("2020-2021", math.nan, "NOT_A_NUMBER"),
        ("", math.nan, "MISSING"),
        ("#REF!", math.nan, "EXCEL_ERROR"),
        (True, math.nan, "WRONG_KIND"),
    ],
)
def test_years(cell: Any, year: float, issue: str) -> None:
    read = parse_years(column(cell))
    assert read.years[0] == year or (math.isnan(year) and math.isnan(read.years[0]))
    assert Issue(read.issue[0]).name == issue
    assert read.dated[0] == (str(cell)[:4] in ("2021", "2022", "31.1") and issue == "OK")


@pytest.mark.parametrize(
    ("cell", "year", "first", "last"),
    [
        ("31 декабря 2022 г.", 2022, 0, 0),
        ("31-дек-22", 2022, 0, 0),
        ("Dec 31, 2022", 2022, 0, 0),
        ("31.12.99", 1999, 0, 0),
        ("12/31/22 10:15", 2022, 0, 0),
        ("2022-03", 2022, 3, 3),
        ("03.2022", 2022, 3, 3),
        ("мар.22", 2022, 3, 3),
        ("мая 2022", 2022, 5, 5),
        ("3-й квартал 2022", 2022, 7, 9),
        ("2022-S2", 2022, 7, 12),
        ("2022¹", 2022, 0, 0),
        ("2022 г.*", 2022, 0, 0),
        ("2010-11", math.nan, 0, 0),  # November, or the year from autumn to autumn
        ("маркетинг 2022", math.nan, 0, 0),
        ("31 мраморного 2022", math.nan, 0, 0),
        ("²", math.nan, 0, 0),
    ],
)
def test_dates_and_months_in_words(cell: str, year: float, first: int, last: int) -> None:
    read = parse_years(column(cell))
    assert np.array_equal(read.years, [year], equal_nan=True)
    assert (read.first[0], read.last[0]) == (first, last)


NUMBERS = st.decimals(min_value=-(10**9), max_value=10**9, places=2, allow_nan=False)


GROUPS = st.sampled_from(["", " ", "\u00a0", "'"])


@given(st.lists(NUMBERS, min_size=1, max_size=20), st.sampled_from(".,"), GROUPS)
def test_a_printed_column_is_read_back(numbers: list[Decimal], sign: str, group: str) -> None:
    """Two decimals and any grouping by spaces mean one thing: each cell is read to the nearest float."""
    printed = [f"{n:,.2f}".replace(",", group).replace(".", sign) for n in numbers]
    got = parse_numbers(column(*printed))
    assert got.values.tolist() == [float(n) for n in numbers]
    assert got.decimal == sign


@given(st.lists(NUMBERS, min_size=10, max_size=20), st.integers(1, 9), st.sampled_from(".,"))
def test_a_footnote_changes_no_value(numbers: list[Decimal], note: int, sign: str) -> None:
    """With two decimals throughout, one more digit before a bracket is the mark."""
    printed = [f"{n:.2f}".replace(".", sign) for n in numbers]
    printed[0] += f"{note})"
    assert parse_numbers(column(*printed)).values.tolist() == [float(n) for n in numbers]


@settings(deadline=None)
@given(st.lists(st.text(max_size=12) | st.integers() | st.floats() | st.booleans() | st.none(), max_size=15))
def test_any_cells_give_a_number_or_a_reason(cells: list[Any]) -> None:
    """Nothing raises; a value is there exactly where the issue says so; nothing is infinite."""
    got = parse_numbers(column(*cells))
    good = np.isin(got.issue, (Issue.OK, Issue.FOOTNOTE))
    assert (np.isnan(got.values) == ~good).all()
    assert not np.isinf(got.values).any()
    read = parse_years(column(*cells))
    assert (np.isnan(read.years) == ~np.isin(read.issue, (Issue.OK, Issue.FOOTNOTE))).all()


@given(st.permutations(["1,234", "5,6", "7", "н/д", "1 000", "12,51)"]))
def test_the_order_of_rows_does_not_matter(cells: list[str]) -> None:
    expected = {"1,234": 1.234, "5,6": 5.6, "7": 7.0, "1 000": 1000.0}
    got = dict(zip(cells, parse_numbers(column(*cells)).values.tolist(), strict=True))
    assert {cell: got[cell] for cell in expected} == expected
    # One decimal, three and none: the column has no usual number, so a mark of one digit is taken.
    assert got["12,51)"] == 12.5
