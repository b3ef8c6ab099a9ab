"""Conductance where rows of the rest of the network were rejected."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest

from tests.builders import measured

LINKS = ["supplier_id", "buyer_id", "value"]


def links(*rows: tuple[str, str, Any]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=LINKS).assign(year=2022)


def test_the_rest_may_be_larger_than_what_was_read_of_it() -> None:
    people = pd.DataFrame({"participant_id": [*"abde"], "cluster_id": [*"ccdd"], "role": "firm"})
    rows = ("a", "b", 50.0), ("a", "d", 10.0), ("d", "e", 5.0)
    made = pd.DataFrame({"participant_id": [*"abde"], "output": [70.0, 70.0, 9.0, 9.0], "year": 2022})
    read = measured({"participants": people, "activity": made, "links": links(*rows)}).formations
    # 10 / (2 × 5 + 10): the rest is the smaller side.
    assert read.set_index("cluster_id").loc["c", "conductance"] == pytest.approx(0.5)
    more = links(*rows, ("e", "d", "n.d. 7x")).astype({"value": object})
    found: Any = measured({"participants": people, "activity": made, "links": more})
    assert math.isnan(found.formations.set_index("cluster_id").loc["c", "conductance"])
    gaps = found.gaps
    assert gaps[(gaps["column"] == "conductance") & (gaps["cluster_id"] == "c")]["code"].tolist() == [
        "rows_open"
    ]
