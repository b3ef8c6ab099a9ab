"""Two real Russian statistics files, checked against what a reader sees in them."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import pandas as pd
import pytest

from clustercoop.graph.errors import DataError
from clustercoop.loaders.statistics import read_table
from tests.places import SHARED

DATA = SHARED / "ru_formats"
shared = pytest.mark.skipif(not DATA.is_dir(), reason="the public data sets are not in ../shared/data")
pytestmark = pytest.mark.shared_data


@shared
def test_short_term_indicators_of_rosstat() -> None:
    """Ten cells of the many-block tab file, each with what is printed there and why it is that number."""
    table = read_table(DATA / "kep_2016_ind07_tab.csv", header=False)
    assert (table.facts["encoding"], table.facts["delimiter"]) == ("utf-8", "\t")
    cells = {
        (6, 1): ("4823", 4823.0),
        (25, 1): ("106,4", 106.4),
        (21, 0): ("20142)", 2014.0),  # year 2014, footnote 2
        (23, 2): ("185613)", 18561.0),  # GDP of a quarter in whole billions, footnote 3
        (42, 2): ("98,83)", 98.8),  # index with one decimal, footnote 3
        (42, 3): ("99,44)", 99.4),  # footnote 4
        (1153, 3): ("1236,01)", 1236.0),  # footnote 1
        (5152, 3): ("374041)", 37404.0),  # wages in whole roubles, footnote 1
        (5257, 7): ("12045,12)", 12045.1),  # footnote 2
        (5320, 0): ("20152),3)", 2015.0),  # footnotes 2 and 3
        (3863, 10): ("930.5", 930.5),  # a point in a file of commas
        (2201, 1): ("-44,4", -44.4),
        (2884, 2): ("-", math.nan),
        (1176, 6): ("…", math.nan),
        (2541, 1): ("6512,3 6762,31)", math.nan),  # two figures in one cell: neither is taken
        (5320, 7): ("97,1,", math.nan),
    }
    for (row, column), (printed, number) in cells.items():
        assert table.text.loc[row, column] == printed
        found = float(table.numbers[column].loc[row])
        assert found == number or (math.isnan(number) and math.isnan(found)), (row, column, found)


@shared
def test_every_footnote_and_every_odd_cell_of_the_file_is_told() -> None:
    table = read_table(DATA / "kep_2016_ind07_tab.csv", header=False)
    codes = pd.Series([f.code for f in table.findings]).value_counts().to_dict()
    # Counted with a plain text search of the file: cells of digits that end in ")" or "),", and the rest.
    marked = table.text.stack().str.fullmatch(r"-?\d+([.,]\d+)?\)(,\d\))*,?")
    assert codes["footnote_read"] == int(marked.sum())
    assert set(codes) == {"footnote_read", "not_a_number"}
    odd = [f for f in table.findings if f.code == "not_a_number"]
    assert ("97,1,", 5320, "7") in [(f.value, f.row, f.column) for f in odd]


@shared
def test_regions_with_points_and_a_byte_order_mark() -> None:
    """Ten cells of the semicolon file by region and indicator."""
    table = read_table(DATA / "85_oblast_2022.csv")
    assert table.facts["encoding"] == "utf-8-sig"
    assert table.facts["delimiter"] == ";"
    numbers = table.numbers.set_axis(table.text["region"])
    expected = {
        ("Белгородская область", "ind1"): 1.74411401134698,
        ("Белгородская область", "ind8"): 1.52,
        ("Белгородская область", "ind12"): 2.07683009864154,
        ("Брянская область", "ind2"): 554226.03406326,
        ("Владимирская область", "ind9"): 3.68162832276485,
        ("Орловская область", "ind2"): 522537.5,
        ("Тульская область", "ind8"): 0.8,
        ("г. Москва", "ind8"): 4.09,
        ("г. Москва", "ind2"): 1112139.92774691,
        ("Ненецкий автономный округ", "ind10"): 0.0,
    }
    found = numbers.to_dict("index")
    assert {(region, name): found[region][name] for region, name in expected} == expected
    assert math.isnan(found["Ненецкий автономный округ"]["ind7"])  # printed empty
    assert not [f for f in table.findings if f.severity != "info"]


@shared
def test_a_derived_cp1251_copy_reads_the_same(tmp_path: Path) -> None:
    """Derived: the file re-encoded here; characters that cp1251 lacks are replaced in both."""
    source = DATA / "kep_2016_ind07_tab.csv"
    derived = tmp_path / "derived_cp1251.csv"
    derived.write_bytes(source.read_text("utf-8").encode("cp1251", "replace"))
    before, after = read_table(source, header=False), read_table(derived, header=False)
    assert after.facts["encoding"] == "cp1251"
    pd.testing.assert_frame_equal(after.numbers, before.numbers)
    assert after.text[0].tolist()[2] == "1. Сводные показатели / Aggregated indicators"
    assert after.facts["sha256"] == hashlib.sha256(derived.read_bytes()).hexdigest()


def test_blocks_decide_footnotes_by_their_own_decimals(tmp_path: Path) -> None:
    """Whole numbers in one block, one decimal in the next: the same column holds both."""
    file = tmp_path / "a.txt"
    file.write_text("2015\t900\t901\n2016\t\t9121)\n\n2015\t98,1\t99,2\n2016\t98,83)\t97,4\n", "utf-8")
    numbers = read_table(file, header=False).numbers
    assert numbers.loc[2, 2] == 912.0
    assert numbers.loc[5, 1] == 98.8


def test_several_sheets_need_a_name(tmp_path: Path) -> None:
    with pd.ExcelWriter(tmp_path / "a.xlsx") as book:
        pd.DataFrame({"x": ["1,5"]}).to_excel(book, sheet_name="a", index=False)
        pd.DataFrame({"x": [2]}).to_excel(book, sheet_name="b", index=False)
    with pytest.raises(DataError, match="has 2 sheets"):
        read_table(tmp_path / "a.xlsx")
    assert read_table(tmp_path / "a.xlsx", sheet="a").numbers["x"].tolist() == [1.5]
    with pytest.raises(DataError, match="has 0 sheets"):
        read_table(tmp_path / "a.xlsx", sheet="c")


def test_parquet_as_a_table(tmp_path: Path) -> None:
    pd.DataFrame({"a": ["1,5", "x"], "b": [1.0, 2.0]}).to_parquet(tmp_path / "a.parquet")
    table = read_table(tmp_path / "a.parquet")
    assert table.numbers["b"].tolist() == [1.0, 2.0]
    assert table.numbers["a"].fillna(-1).tolist() == [1.5, -1.0]
