"""Rows that are no delivery each: equal rows, reversals, two reports of one; and who is who."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustercoop.graph.settings import Settings
from clustercoop.loaders.dataset import Dataset, read_frames
from clustercoop.loaders.totals import is_total
from clustercoop.loaders.who import look, name_key
from tests.loaders.small import codes

NAMES = {"p1": "ООО «Заря»", "p2": 'АО "Маяк"', "p3": "Forge GmbH"}


def read(
    links: list[tuple[Any, ...]],
    columns: str = "year supplier_id buyer_id value",
    repeats: Literal["ask", "sum", "once"] = "ask",
    activity: pd.DataFrame | None = None,
) -> Dataset:
    people = pd.DataFrame({"participant_id": list(NAMES), "cluster_id": "c", "name": list(NAMES.values())})
    frames = {"participants": people, "links": pd.DataFrame(links, columns=columns.split())}
    if activity is not None:
        frames["activity"] = activity
    return read_frames(frames, settings=Settings(repeats=repeats, currency="RUB"))


def rows(data: Dataset) -> list[list[Any]]:
    found: list[list[Any]] = data.graph.to_tables()["links"][
        ["supplier_id", "buyer_id", "value"]
    ].values.tolist()
    return found


EQUAL = [(2022, "p1", "p2", 10.0)] * 3 + [(2022, "p2", "p1", 4.0)]


def test_equal_rows_without_a_date_lie_between_one_and_all() -> None:
    """Three rows of 10: at least 10, at most 30."""
    data = read(EQUAL)
    links = data.graph.links
    assert rows(data) == [["p1", "p2", 10.0], ["p2", "p1", 4.0]]
    bounds = links[["value_low", "value_high"]].to_numpy().tolist()
    assert bounds[0] == [10.0, 30.0] and np.isnan(bounds[1]).all()
    [finding] = [f for f in data.findings if f.code == "repeat_open"]
    assert (finding.value, finding.detail, finding.severity) == ("2", "20", "error")


@pytest.mark.parametrize(("repeats", "total"), [("sum", 34.0), ("once", 14.0)])
def test_equal_rows_are_settled_by_the_setting(repeats: Literal["sum", "once"], total: float) -> None:
    data = read(EQUAL, repeats=repeats)
    assert data.graph.links["value"].sum() == total
    assert data.graph.links["value_high"].isna().all()
    assert "repeat_open" not in codes(data)


def test_equal_rows_of_one_day_are_deliveries_and_of_one_document_repeats() -> None:
    day = [("2022-03-05", "p1", "p2", 10.0)] * 2
    assert read(day).graph.links["value"].sum() == 20.0
    document = [(2022, "p1", "p2", 10.0, "A-7")] * 2 + [(2022, "p1", "p2", 10.0, "A-8")]
    columns = "year supplier_id buyer_id value invoice"
    assert read(document, columns).graph.links["value"].sum() == 20.0


def test_reversals_are_set_off_against_their_deliveries() -> None:
    """100 − 40 = 60; 5 − 9 is below zero, so the 9 is rejected; 8 of another product takes 3 back: 5."""
    links = [
        (2022, "p1", "p2", 100.0, "a"),
        (2022, "p1", "p2", -40.0, "a"),
        (2022, "p2", "p1", 5.0, "a"),
        (2022, "p2", "p1", -9.0, "a"),
        (2022, "p3", "p1", 8.0, "a"),
        (2022, "p3", "p1", -3.0, None),
    ]
    data = read(links, "year supplier_id buyer_id value product_code")
    assert rows(data) == [["p1", "p2", 60.0], ["p2", "p1", 5.0], ["p3", "p1", 5.0]]
    assert sorted(data.rejected["code"]) == ["negative_value_row", "reversal_netted", "reversal_netted"]


def test_a_document_that_stands_twice_is_taken_back_once() -> None:
    """Invoice A-7 over 100 stands twice, and so does its credit note over 30: 100 − 30 = 70."""
    columns = "year supplier_id buyer_id value invoice"
    told = [(2022, "p1", "p2", 100.0, "A-7")] * 2 + [(2022, "p1", "p2", -30.0, "K-1")] * 2
    data = read(told, columns)
    assert rows(data) == [["p1", "p2", 70.0]]
    assert sorted(data.rejected["code"]) == ["duplicate_row", "duplicate_row", "reversal_netted"]
    links = data.graph.links
    assert links[["value_low", "value_high"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("amounts", "low", "value", "high"),
    [
        ([100.0, 100.0, -30.0], 70.0, 70.0, 170.0),  # the delivery may have been one or two
        ([100.0, -30.0, -30.0], 40.0, 70.0, 70.0),  # and so may the return
        ([100.0, 100.0, -30.0, -30.0], 40.0, 70.0, 170.0),
    ],
)
def test_what_is_open_stays_open_when_it_is_set_off(
    amounts: list[float], low: float, value: float, high: float
) -> None:
    data = read([(2022, "p1", "p2", amount) for amount in amounts])
    assert data.graph.links[["value_low", "value", "value_high"]].to_numpy().tolist() == [[low, value, high]]
    assert "repeat_open" in codes(data)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(-50, 100)), min_size=1, max_size=8))
def test_netting_keeps_the_sum_of_every_pair_that_is_not_below_zero(deals: list[tuple[str, int]]) -> None:
    links = [(2022, "p1", buyer, float(value)) for buyer, value in deals]
    kept = read(links, repeats="sum").graph.to_tables()["links"].groupby("buyer_id")["value"].sum()
    for buyer in "ab":
        total = sum(value for who, value in deals if who == buyer)
        if total > 0:
            assert kept[buyer] == total


def test_a_delivery_that_both_sides_report_counts_once() -> None:
    columns = "year supplier_id buyer_id value reported_by"
    data = read([(2022, "p1", "p2", 10.0, "supplier"), (2022, "p1", "p2", 10.0, "buyer")], columns)
    assert rows(data) == [["p1", "p2", 10.0]]
    apart = read([(2022, "p1", "p2", 10.0, "supplier"), (2022, "p1", "p2", 12.0, "buyer")], columns)
    assert rows(apart) == [["p1", "p2", 10.0]] and "mirror_differs" in codes(apart)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ООО Заря", "p1"),
        ("Заря, ООО", "p1"),
        ("ЗАРЯ", "p1"),
        ("общество с ограниченной ответственностью «Заря»", "p1"),
        ("Forge GmbH", "p3"),
        ("FORGE", "p3"),
        ("р1", "p1"),  # a Cyrillic letter that looks like p
        ("АО «Заря»", "АО «Заря»"),  # another legal form is another firm
        ("Заря-2", "Заря-2"),
    ],
)
def test_names_mean_the_one_participant_that_has_them(written: str, meant: str) -> None:
    data = read([(2022, written, "p2", 10.0)])
    assert rows(data) == [[meant, "p2", 10.0]]


def test_a_taxpayer_number_with_a_code_of_registration_is_the_participants() -> None:
    people = pd.DataFrame({"participant_id": ["7700000010", "7700000020"], "cluster_id": "c"})
    links = [(2022, "7700000010/770001001", "ИНН 7700000020", 5.0), (2022, "7700000020.0", "7700000010", 1.0)]
    frame = pd.DataFrame(links, columns=["year", "supplier_id", "buyer_id", "value"])
    data = read_frames({"participants": people, "links": frame})
    assert rows(data) == [["7700000010", "7700000020", 5.0], ["7700000020", "7700000010", 1.0]]


def test_keys_of_names() -> None:
    assert name_key("Заря, ООО") == name_key('ООО "ЗАРЯ"') and name_key("АО Заря")[1] == "jsc"
    assert name_key("Acme, Inc.") == name_key("ACME Inc") != name_key("Acme Ltd")
    assert look("СЕВЕР") != look("СЕВЕP2") and look("СЕР") == look("CEP")


@pytest.mark.parametrize(
    "text",
    ["Итого", "Всего по кластеру", "В целом по кластеру", "Кластер в целом", "ИТОГО:", "Total 2022"]
    + [
        "Grand total",
        "Gesamt",
        "Insgesamt",
        "Total general",
        "Razem",
        "合计",
        "Cluster A, total",
        "0101 Итог",
    ],
)
def test_totals_in_several_languages(text: str) -> None:
    assert is_total(text)


@pytest.mark.parametrize(
    "text", ["Total SE", "TotalEnergies", "Гесамт", "Итальянская мебель", "Суммит", "Sumitomo"]
)
def test_names_that_only_begin_like_totals(text: str) -> None:
    assert not is_total(text)


def test_a_row_that_is_the_sum_of_the_others_is_a_total() -> None:
    """K is 1 + 2 + 4 + 8 in output and 10 + 20 + 40 + 80 in employees, in two years: no participant."""
    figures = [
        (who, year, value * factor, value * 10.0)
        for year, factor in ((2021, 1.0), (2022, 1.5))
        for who, value in (("p1", 1.0), ("p2", 2.0), ("p3", 4.0), ("p4", 8.0), ("K", 15.0))
    ]
    frame = pd.DataFrame(figures, columns=["participant_id", "year", "output", "employees"])
    data = read([(2022, "p1", "p2", 0.5)], activity=frame)
    assert set(data.graph.activity["participant_id"]) == {"p1", "p2", "p3", "p4"}
    assert "total_by_sum" in codes(data)


def test_an_output_that_sales_contradict_is_unknown() -> None:
    """90 sold of an output of 0.4: the output is in another unit; 9 of 1 may be from stock."""
    frame = pd.DataFrame(
        [("p1", 2022, 0.4), ("p2", 2022, 400.0), ("p3", 2022, 1.0)],
        columns=["participant_id", "year", "output"],
    )
    links = [(2022, "p1", "p2", 90.0), (2022, "p2", "p1", 20.0), (2022, "p3", "p1", 9.0)]
    output = read(links, activity=frame).graph.activity.set_index("participant_id")["output"]
    assert np.isnan(output["p1"]) and output[["p2", "p3"]].tolist() == [400.0, 1.0]
    # What was paid for knowledge is no sale of what is made.
    ties = [(*row, "НИОКР") for row in links]
    kept = read(ties, "year supplier_id buyer_id value kind", activity=frame).graph.activity
    assert kept.set_index("participant_id")["output"].tolist() == [0.4, 400.0, 1.0]


def test_quarters_make_a_year_and_two_do_not() -> None:
    """p1: 1 + 2 + 3 + 4 = 10 and (8 + 8 + 12 + 12) / 4 = 10 employees; p2 has two quarters only."""
    frame = pd.DataFrame(
        [
            ("p1", 2022, q, float(q), employees)
            for q, employees in zip((1, 2, 3, 4), (8, 8, 12, 12), strict=True)
        ]
        + [("p2", 2022, 1, 25.0, 5), ("p2", 2022, 2, 25.0, 5), ("p3", 2022, "год", 7.0, 3)],
        columns=["participant_id", "year", "квартал", "output", "employees"],
    )
    data = read([(2022, "p1", "p2", 0.5)], activity=frame)
    activity = data.graph.activity.set_index("participant_id")
    assert activity.loc[["p1", "p3"], ["output", "employees"]].values.tolist() == [[10.0, 10.0], [7.0, 3.0]]
    assert activity.loc["p2", ["output", "employees"]].isna().all()
    assert "parts_incomplete" in codes(data)


def test_the_row_of_the_year_stands_for_its_last_quarters() -> None:
    """30 and 40 of the last two quarters are within the 100 that the row without a quarter gives."""
    frame = pd.DataFrame(
        [("p1", 2022, "III", 30.0), ("p1", 2022, "IV", 40.0), ("p1", 2022, None, 100.0)],
        columns=["participant_id", "year", "квартал", "output"],
    )
    data = read([(2022, "p1", "p2", 0.5)], activity=frame)
    assert data.graph.activity["output"].tolist() == [100.0]


def test_cells_that_state_bounds_are_kept_as_bounds() -> None:
    """ "> 40" is at least the next number; "0,1–0,3 млрд" are 100 to 300 million; "< 5" lies below 5."""
    frame = pd.DataFrame(
        {"participant_id": ["p1", "p2"], "year": 2022, "output, млн руб.": ["> 40", "0,1–0,3 млрд"]}
    )
    data = read([(2022, "p1", "p2", "< 5"), (2022, "p2", "p3", "7")], activity=frame)
    activity = data.graph.activity
    assert activity["output"].isna().all()
    assert activity["output_low"].tolist() == [math.nextafter(40.0, 41), 100.0]
    assert np.isnan(activity["output_high"][0]) and activity["output_high"][1] == 300.0
    links = data.graph.links
    assert links["value"].tolist() == [0.0, 7.0]
    assert links["value_high"].fillna(-1).tolist() == [math.nextafter(5.0, 4), -1.0]
