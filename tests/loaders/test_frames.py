"""Tables that are pandas frames already: checked as files are, never changed."""

from __future__ import annotations

import math
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustercoop.graph.errors import SchemaError
from clustercoop.graph.model import SupplyGraph
from clustercoop.loaders.dataset import read_frames
from tests.loaders.damage import tables
from tests.loaders.test_dataset import FIGURES, read


def test_frames_are_checked_and_not_changed() -> None:
    frames = tables()
    frames["links"].loc[3, "value"] = -1.0
    frames["links"].index += 7
    before = {name: frame.copy(deep=True) for name, frame in frames.items()}
    data = read_frames(frames)
    for name, frame in frames.items():
        pd.testing.assert_frame_equal(frame, before[name])
    kept = frames | {"links": frames["links"].drop(index=10)}
    SupplyGraph.from_tables(kept)
    for frame in kept.values():
        assert all(frame[name].index.equals(frame.index) for name in frame)
    [finding] = [f for f in data.findings if f.severity == "error"]
    assert (finding.code, finding.table, finding.row) == ("negative_value_row", "links", 4)


def test_a_graph_comes_back_from_its_tables(tmp_path: Path) -> None:
    graph = read(tmp_path, activity=FIGURES + "01,2021,5,1,1,,,\n").graph
    again = read_frames({name: t for name, t in graph.to_tables().items() if len(t)}).graph
    for name in ("participants", "links", "activity"):
        mine = again.to_tables()[name].drop(columns=["file", "sheet", "row"], errors="ignore")
        pd.testing.assert_frame_equal(mine, graph.to_tables()[name][list(mine.columns)])


def test_frames_that_are_none_are_refused() -> None:
    with pytest.raises(SchemaError, match="'firms' is no table"):
        read_frames({"firms": pd.DataFrame()})
    no_table: Any = []
    with pytest.raises(SchemaError, match="must be a pandas DataFrame, got list"):
        read_frames({"links": no_table})


def test_bytes_of_frames_are_text() -> None:
    people = pd.DataFrame({"participant_id": [b"01", "Ж".encode()], "cluster_id": "c"})
    links = pd.DataFrame({"year": [2022], "supplier_id": ["01"], "buyer_id": ["Ж"], "value": [b"5"]})
    graph = read_frames({"participants": people, "links": links}).graph
    assert graph.formation("c", 2022).dense().tolist() == [[0, 5], [0, 0]]
    with pytest.raises(SchemaError, match="participant_id of participants holds bytes that are not UTF-8"):
        read_frames({"participants": people.assign(participant_id=[b"\xff", b"01"]), "links": links})


def test_strange_cells_of_frames_are_calm() -> None:
    """Lists, decimals, periods and lone surrogates are numbers, text or rejected; nothing raises.

    The text of a list of one identifier differs from it in marks alone.
    """
    people = pd.DataFrame(
        {"participant_id": ["01", "02", "\ud800"], "cluster_id": ["c", ["d"], "c"]}, dtype=object
    )
    cells = pd.DataFrame(
        {
            "year": [Decimal(2021), pd.Timestamp(2021, 5, 1), pd.Period("2021"), [2021]],
            "supplier_id": ["01", ["02"], "01", {"a": []}],
            "buyer_id": ["02", "01", "02", "02"],
            "value": [Decimal("1.5"), 2, (3,), Decimal("sNaN")],
        }
    )
    data = read_frames({"participants": people, "links": cells})
    assert data.graph.links["value"].tolist() == [1.5]
    assert data.rejected["code"].tolist() == [
        "id_undecodable",
        "near_miss_row",
        "not_a_number_row",
        "not_a_number_row",
    ]
    data.rejected.to_csv().encode("utf-8")


CELLS = st.sampled_from(
    [2021, 2022, "01", "02", "03", "x", 5, 7.25, -1, "1,5", "abc", None, "", math.nan, True]
)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), min_size=1, max_size=12),
    st.randoms(use_true_random=False),
)
def test_any_rows_are_accounted_for_in_any_order(rows: list[tuple[Any, ...]], order: random.Random) -> None:
    """Counts and sums add up; the accepted total does not depend on the order of rows."""
    people = pd.DataFrame({"participant_id": ["01", "02"], "cluster_id": "c"})
    names = ["year", "supplier_id", "buyer_id", "value"]
    data = read_frames({"participants": people, "links": pd.DataFrame(rows, columns=names, dtype=object)})
    book = data.provenance["accounting"]["links"]
    assert book["rows_read"] == book["rows_accepted"] + book["rows_rejected"]
    shuffled = list(rows)
    order.shuffle(shuffled)
    other = read_frames(
        {"participants": people, "links": pd.DataFrame(shuffled, columns=names, dtype=object)}
    )
    assert other.provenance["accounting"]["links"] == book


def test_tables_that_a_graph_has_no_row_of_are_no_tables() -> None:
    graph = SupplyGraph.from_tables(
        {
            "participants": pd.DataFrame({"participant_id": ["01", "02"], "cluster_id": "c"}),
            "links": pd.DataFrame({"year": [2022], "supplier_id": "01", "buyer_id": "02", "value": [5.0]}),
            "activity": pd.DataFrame({"participant_id": ["01"], "year": 2022, "output": [9.0]}),
        }
    )
    again = read_frames(graph.to_tables())
    assert "table_empty" not in {finding.code for finding in again.findings}
    assert (again.graph.links["value"].tolist(), again.graph.years) == ([5.0], (2022,))
