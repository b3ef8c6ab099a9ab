"""Every ratio is explained by rows that add up to it."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from clustercoop.analysis.audit import COLUMNS, explain
from clustercoop.analysis.cooperation import cooperation_tables
from clustercoop.graph.errors import UnknownNameError
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from tests.builders import told_rows


def economy(**activity: Any) -> SupplyGraph:
    links = pd.DataFrame(
        {
            "year": 2022,
            "supplier_id": ["01", "01", "01", "02", "01", "x"],
            "buyer_id": ["02", "02", "01", "03", "x", "01"],
            "product_code": ["p", "q", "p", None, "p", "p"],
            "value": [30.0, 12.5, 7.0, 9.0, 4.0, 6.0],
            "row": [2, 3, 4, 5, 6, 7],
            "file": "links.csv",
            "sheet": "",
        }
    )
    cells = {
        "participant_id": ["01", "02", "03"],
        "year": 2022,
        "output": [100.0, 60.0, 40.0],
        "row": [2, 3, 4],
        "file": "book.xlsx",
        "sheet": "activity",
        **activity,
    }
    return SupplyGraph.from_tables(
        {
            "participants": pd.DataFrame({"participant_id": ["01", "02", "03"], "cluster_id": "K"}),
            "links": links,
            "activity": pd.DataFrame(cells),
            "indicators": pd.DataFrame(
                {"cluster_id": ["K", "K"], "year": [2019, 2020], "cooperation_ratio": [0.4, 1.4]}
            ),
        }
    )


def test_a_formation_is_explained_by_its_links_and_cells() -> None:
    told = explain(economy(), Settings(), "K", 2022)
    columns = ["file", "row", "supplier_id", "buyer_id", "product_code", "value"]
    assert told.numerator[columns].values.tolist() == [
        ["links.csv", 2, "01", "02", "p", 30.0],
        ["links.csv", 3, "01", "02", "q", 12.5],
        ["links.csv", 5, "02", "03", "", 9.0],
    ]  # fmt: skip
    assert told.denominator[["file", "sheet", "row", "participant_id", "value"]].values.tolist() == [
        ["book.xlsx", "activity", 2, "01", 100.0],
        ["book.xlsx", "activity", 3, "02", 60.0],
        ["book.xlsx", "activity", 4, "03", 40.0],
    ]
    assert told.excluded[["row", "why", "value"]].values.tolist() == [[4, "self-supply", 7.0]]
    assert (told.numerator_total, told.denominator_total, told.ratio) == (51.5, 200.0, 51.5 / 200)
    assert told.because == ""


def test_a_participant_is_explained_by_its_own_rows() -> None:
    told = explain(economy(), Settings(), "K", 2022, "01")
    assert told.numerator["row"].tolist() == [2, 3] and told.denominator["row"].tolist() == [2]
    assert told.ratio == 0.425 and told.excluded["row"].tolist() == [4]
    told = explain(economy(), Settings(), "K", 2022, "03")
    assert len(told.numerator) == 0 and told.numerator_total == 0 and told.ratio == 0


def test_reported_cells_stand_for_the_links_they_replace() -> None:
    graph = economy(used_by_participants=[40.0, None, None])
    told = explain(graph, Settings(internal_supply="reported"), "K", 2022)
    assert told.numerator["table"].tolist() == ["links", "activity.used_by_participants"]
    assert told.numerator_total == 9 + 40 and told.ratio == 49 / 200
    assert told.excluded["why"].tolist() == [
        "self-supply",
        "reported volume used instead",
        "reported volume used instead",
    ]


@pytest.mark.parametrize(
    ("activity", "who", "said"),
    [
        ({"output": [100.0, None, 40.0]}, None, "zero or unknown output: 02"),
        ({"output": [100.0, 60.0, None]}, None, "unknown for 03"),
        ({"output": [20.0, 20.0, 5.0]}, None, "ratio 1.14444"),
        ({"output": [100.0, None, 40.0]}, "02", "output is unknown"),
        ({"output": [20.0, 60.0, 40.0]}, "01", "ratio 2.125"),
        ({"output": [0.0, 60.0, 40.0]}, "01", "zero or unknown"),
        ({"output": [100.0, 60.0, 0.0]}, "03", "both zero"),
    ],
)
def test_an_unknown_ratio_says_why_and_still_shows_its_rows(
    activity: dict[str, Any], who: str | None, said: str
) -> None:
    graph = economy(**activity)
    told = explain(graph, Settings(), "K", 2022, who)
    assert math.isnan(told.ratio) and said in told.because
    assert told.numerator_total == told.numerator["value"].sum()
    table = cooperation_tables(graph, Settings())
    if who is None:
        [row] = [row for row in told_rows(table) if row["year"] == 2022]
        assert said in row["unknown_because"]


def test_the_sentence_follows_the_language() -> None:
    told = explain(economy(output=[None, 60.0, 40.0]), Settings(lang="ru"), "K", 2022, "01")
    assert told.because == "выпуск участника неизвестен"
    assert told.excluded["why"].tolist() == ["поставка самому себе"]


def test_an_indicator_is_explained_as_what_it_is() -> None:
    told = explain(economy(), Settings(), "K", 2019)
    assert told.ratio == 0.4 == told.numerator["value"].sum() / told.denominator["value"].sum()
    assert told.numerator["table"].tolist() == ["indicators.cooperation_ratio"]
    told = explain(economy(), Settings(), "K", 2020)
    assert math.isnan(told.ratio) and "1.4 is not between 0 and 1" in told.because


def test_an_indicator_that_stands_in_says_for_what() -> None:
    tables = economy(output=[None, 60.0, 40.0]).to_tables()
    tables["indicators"] = pd.DataFrame({"cluster_id": ["K"], "year": [2022], "cooperation_ratio": [0.3]})
    graph = SupplyGraph.from_tables(tables)
    told = explain(graph, Settings(), "K", 2022)
    assert told.ratio == 0.3 == cooperation_tables(graph, Settings()).formations["cooperation_ratio"].item()
    assert "zero or unknown output: 01" in told.because


@pytest.mark.parametrize(
    ("cluster", "year", "who"), [("L", 2022, None), ("K", 2018, None), ("K", 2022, "x"), ("K", 2019, "01")]
)
def test_what_is_not_in_the_data_is_refused(cluster: str, year: int, who: str | None) -> None:
    with pytest.raises(UnknownNameError):
        explain(economy(), Settings(), cluster, year, who)


def test_the_printed_table_holds_every_part_and_the_totals() -> None:
    frame = explain(economy(), Settings(), "K", 2022).to_frame()
    assert list(frame.columns) == list(COLUMNS)
    assert frame["part"].tolist() == (
        ["numerator"] * 3 + ["denominator"] * 3 + ["excluded"]
        + ["numerator total", "denominator total", "ratio"]
    )  # fmt: skip
    assert frame["value"].tolist()[-3:] == [51.5, 200.0, 51.5 / 200]
    assert frame["participant_id"].tolist()[3] == "01"  # leading zeros survive


def test_the_rows_of_a_shared_member_add_up_to_its_part() -> None:
    """a is in A and B: 50 of its output of 100, and half of a → b (30) and of a → a (4), count in each."""
    graph = SupplyGraph.from_tables(
        {
            "participants": pd.DataFrame({"participant_id": ["a", "a", "b"], "cluster_id": list("ABA")}),
            "links": pd.DataFrame(
                {"year": 2022, "supplier_id": ["a", "a"], "buyer_id": ["b", "a"], "value": [30.0, 4.0]}
            ),
            "activity": pd.DataFrame({"participant_id": ["a", "b"], "year": 2022, "output": [100.0, 50.0]}),
        }
    ).sharing("split")
    told = explain(graph, Settings(shared_members="split"), "A", 2022)
    assert (told.numerator_total, told.denominator_total, told.ratio) == (15, 100, 0.15)
    assert told.numerator["why"].tolist() == ["× 0.5"]
    assert told.denominator["why"].tolist() == ["× 0.5", ""]
    assert told.excluded["value"].tolist() == [2]
