"""Support measures: nine types by four groups, the two odd cells, cards, files of one's own."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

import clustercoop
from clustercoop.analysis.results import Result
from clustercoop.analysis.support import support_measures
from clustercoop.analysis.thresholds import load_thresholds
from clustercoop.graph.errors import DataError
from clustercoop.graph.schema import SUPPORT
from clustercoop.reports.people import for_people
from tests.builders import refused


def test_measures_fill_nine_types_by_four_groups_with_source_and_status() -> None:
    table = support_measures()
    assert len(table) == 36 and set(table["ecosystem_type"]) == set(load_thresholds().types.values())
    assert table["ru"].str.contains("[а-яё]").all() and not table["en"].str.contains("[а-яё]").any()
    assert all((table[name] != "").all() for name in ("date", "status", "source", "source_ru"))
    assert set(table["status"]) == {"sourced"}


def test_the_blank_and_the_untranslated_cell_are_told_of() -> None:
    table = support_measures()
    noted = table[table["note"] != ""]
    cells = noted[["ecosystem_type", "category"]].values.tolist()
    assert cells == [["growth", "organisational"], ["growth", "cooperation"]]
    assert noted["en"].iloc[0] == "Technology development centres"  # the source's prose
    assert "blank" in noted["note"].iloc[0] and "commentary" in noted["source"].iloc[0]
    assert "Russian" in noted["note"].iloc[1] and noted["note_ru"].str.contains("[а-я]").all()


def test_each_year_with_a_type_has_its_four_measures(table3: Result) -> None:
    table = table3.policy["support_suggested"]
    assert len(table) == 4 * 33  # 36 cluster-years, three of them without a type
    row = table[(table["cluster_id"] == "kalashnikov") & (table["year"] == 2020)]
    assert set(row["ecosystem_type"]) == {"improvement"} and row["category"].tolist() == list(SUPPORT)
    shown = for_people(table3, "support_suggested", "ru").loc[row.index, "measure"]
    assert shown.iloc[2] == "Региональные программы повышения квалификации"


def test_a_card_says_why_and_what_is_missing(table3: Result) -> None:
    cards = for_people(table3, "support_cards", "en").set_index(["cluster_id", "year"])
    first, gap = ("kalashnikov", 2020), ("pskov-electrical", 2022)
    assert cards["close_to"][first] == "traditional production"
    because = str(cards["because"][first])
    assert because.startswith("R&D per employee: 0.101, from 0.1")
    assert because.endswith("With thresholds moved by up to 10 % it could be: traditional production.")
    assert "Which support was received is not recorded" in str(cards["missing"][first])
    assert pd.isna(cards["ecosystem_type"][gap])
    assert "Value added per employee" in str(cards["missing"][gap])


def test_a_card_counts_what_was_received() -> None:
    tables = {
        "indicators": pd.DataFrame(
            {"cluster_id": ["c", "d"], "year": 2022, "rd_per_employee": 0.2, "value_added_per_employee": 1.0}
        ),
        "measures": pd.DataFrame(
            {"cluster_id": ["c", "c"], "year": 2022, "category": "economic", "measure": ["grant", "loan"]}
        ),
    }
    cards = clustercoop.analyze(tables, nulls=0, workers=1, metrics="cooperation,chain").policy[
        "support_cards"
    ]
    assert cards["received"].tolist() == [2, pd.NA]  # of d nothing is recorded, which is not none
    assert not cards["missing"].str.contains("not_recorded").any()


OWN = """[about]
date = "2026-01-01"
status = "own reading"
source = "Ministry's list"
[growth.legal]
en = "A"
[growth.economic]
en = "B"
[growth.organisational]
en = "C"
status = "unverified"
[growth.cooperation]
en = "D"
"""


def test_measures_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN, "utf-8")
    table = support_measures(path)
    assert table["en"].tolist() == list("ABCD")
    assert table["status"].tolist() == ["own reading", "own reading", "unverified", "own reading"]


def test_measures_of_a_type_that_there_is_not_are_refused_before_the_work(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(OWN.replace("growth", "grwoth"), "utf-8")
    figures = pd.DataFrame({"cluster_id": ["c"], "year": 2022, "cooperation_ratio": 0.2})
    with pytest.raises(DataError, match=r"line 5, \[grwoth.legal\]: grwoth is no type of the thresholds"):
        clustercoop.analyze({"indicators": figures}, support_measures=str(path), workers=1)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('en = "B"', "en = 7", r"line 8, \[growth.economic\]: en must be a text"),
        ('"2026-01-01"', '"yesterday"', r"line 2, \[about\]: date must be a date"),
        ("[growth.legal]", "[growth.moral]", r"\[growth.legal\]: en must be a text"),
        ('en = "D"', 'en = "D"\nprice = 1', "line 14.*price is no field"),
        ('"unverified"', '"maybe"', r"line 11, \[growth.organisational\]: status must be one of"),
    ],
)
def test_a_wrong_file_names_file_line_and_field(tmp_path: Path, before: str, after: str, says: str) -> None:
    assert re.search(says, refused(tmp_path, OWN.replace(before, after), support_measures))
