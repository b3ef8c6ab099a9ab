"""About fifty statements with golden answers on both engines; `test_differences` has those that differ.

The golden answers are Neo4j 5.26's, read through by hand against the nine links below; the cases where an
engine could count walks instead of paths (a relationship used twice) are among them.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pytest

from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.stores.base import Store

SUITE: Final = json.loads((Path(__file__).parent / "conformance.json").read_text("utf-8"))

# a -> b twice (goods 10, services 5), b -> c 4, c -> a 2 (a ring with b), c -> d 1, d -> d 7 (self-supply),
# a -> x 20 (another cluster), y -> b 3 (outside), and in 2021 b -> a 2.5; e has no link.
LINKS: Final = [
    ("a", "b", 2020, 10, "goods"),
    ("a", "b", 2020, 5, "services"),
    ("b", "c", 2020, 4, None),
    ("c", "a", 2020, 2, "return"),
    ("c", "d", 2020, 1, None),
    ("d", "d", 2020, 7, None),
    ("a", "x", 2020, 20, None),
    ("y", "b", 2020, 3, None),
    ("b", "a", 2021, 2.5, None),
]


@cache
def graph() -> SupplyGraph:
    return SupplyGraph.from_tables(
        {
            "participants": pd.DataFrame(
                {
                    "participant_id": ["a", "b", "c", "d", "e", "x"],
                    "cluster_id": ["k"] * 5 + ["o"],
                    "name": ["Альфа", "Бета", None, "D'Arc", 'Э"х', "X"],
                    "role": ["firm", "firm", "university", None, "firm", "firm"],
                }
            ),
            "links": pd.DataFrame(LINKS, columns=["supplier_id", "buyer_id", "year", "value", "kind"]),
            "activity": pd.DataFrame(
                {
                    "participant_id": ["a", "b"],
                    "year": [2020, 2020],
                    "output": [100.0, None],
                    "employees": [10, 20.0],
                }
            ),
        }
    )


def answer(store: Store, statement: str) -> tuple[list[str], list[list[Any]]]:
    found = store.query(statement)
    plain = found.astype(object).where(found.notna(), None)
    return list(found.columns), [list(row) for row in plain.itertuples(index=False, name=None)]


def test_the_suite_is_large_enough() -> None:
    assert len(SUITE["same"]) >= 40


@pytest.mark.filterwarnings("ignore::clustercoop.graph.stores.protocol.StoreWarning")
@pytest.mark.parametrize("case", SUITE["same"], ids=lambda case: str(case["query"])[:60])
def test_the_answer_is_the_golden_one(loaded: Store, case: dict[str, Any]) -> None:
    columns, rows = answer(loaded, case["query"])
    assert columns == case["columns"]
    assert rows == case["rows"]
    assert [[type(v) for v in row] for row in rows] == [[type(v) for v in row] for row in case["rows"]]
