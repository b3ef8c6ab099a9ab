import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustercoop.reports.numbers import (
    between,
    brief,
    decimal,
    exact,
    is_unknown,
    percent,
    raw,
    show,
    significant,
)

FINITE = st.floats(-1e12, 1e12, allow_nan=False)


@pytest.mark.parametrize("value", [None, math.nan, pd.NA, pd.NaT, "", np.float64("nan")])
def test_unknown_is_a_dash_in_every_type_and_never_zero(value: object) -> None:
    assert is_unknown(value)
    for kind in ("int", "year", "money", "share", "float", "pvalue", "text", "bool"):
        assert show(value, kind, "en") == "—"
    assert raw(value) == ""


@pytest.mark.parametrize("value", [0, 0.0, False, "0"])
def test_zero_is_known(value: object) -> None:
    assert not is_unknown(value)
    assert show(value, "int", "en") != "—"


def test_each_language_has_its_separators() -> None:
    # English 1,234,567.8; Russian: no-break spaces and a decimal comma.
    assert decimal(1234567.8, 1, "en") == "1,234,567.8"
    assert decimal(1234567.8, 1, "ru") == "1\u00a0234\u00a0567,8"
    assert percent(0.1234, "ru") == "12,3\u00a0%"


def test_a_small_share_does_not_vanish() -> None:
    assert percent(0.0001, "en") == "0.01%"
    assert percent(0.0, "en") == "0.0%"


def test_small_p_values_are_bounded_not_rounded_to_zero() -> None:
    assert show(0.0001, "pvalue", "en") == "<0.001"
    assert show(0.001, "pvalue", "ru") == "0,001"


@pytest.mark.parametrize(
    ("low", "high", "kind", "told"),
    [
        # 14.417 and 14.421 % read alike with one decimal and with two.
        (0.14417, 0.14421, "share", "14.417%–14.421%"),
        (123456.1, 123456.4, "money", "123,456.1–123,456.4"),
        (0.1441, 0.1552, "share", "14.4%–15.5%"),
        (0.25, 0.25, "share", "25.0%"),
    ],
)
def test_bounds_never_read_as_a_range_of_one_figure(low: float, high: float, kind: str, told: str) -> None:
    assert between(low, high, kind, "en") == told


def test_no_negative_zero() -> None:
    assert decimal(-0.0001, 2, "en") == "0.00"
    assert decimal(-1.5, 1, "en") == "−1.5"


def test_half_counts_are_not_rounded_away() -> None:
    assert show(14.5, "int", "en") == "14.50" and show(14.5, "float", "en") == "14.5"


def test_a_column_of_numbers_of_things_and_of_shares_tells_them_apart() -> None:
    # Ten participants of which 36 are there, a share of a fifth, money per employee.
    told = [show(value, "number", "ru") for value in (10.0, 36.0, 0.2, 2.9029, 123456.7, -3.0)]
    assert told == ["10", "36", "0,200", "2,90", "123\u00a0457", "\u22123"]
    # A range from below 0 is no row of dashes.
    assert between(-0.014, 0.454, "float", "ru") == "\u22120,014 … 0,454"
    assert between(0.014, 0.454, "float", "ru") == "0,014–0,454"


@given(FINITE)
def test_russian_and_english_show_the_same_number(value: float) -> None:
    for kind in ("money", "share", "float", "int"):
        english = show(value, kind, "en")
        russian = show(value, kind, "ru")
        assert english.replace(",", "") == russian.replace("\u00a0", "").replace(",", ".")


@given(st.floats(1e-9, 1e12))
def test_three_significant_figures_are_kept(value: float) -> None:
    shown = float(significant(value, 3, 2, "en").replace(",", ""))
    assert shown == pytest.approx(value, rel=0.0051)
    assert float(brief(value, "en").replace(",", "")) == shown


@given(FINITE)
def test_the_raw_value_is_exact_to_ten_figures(value: float) -> None:
    assert float(raw(value)) == pytest.approx(value, rel=1e-9, abs=1e-300)


@given(st.lists(st.floats() | FINITE | st.integers(-(10**16), 10**16).map(float), max_size=30))
def test_all_figures_are_written_as_python_writes_them(values: list[float]) -> None:
    told = [repr(value) if value == value else "" for value in values]
    assert exact(np.array(values, np.float64)) == told
