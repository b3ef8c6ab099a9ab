"""Any graph that can be built comes back from an embedded file and from records, and its keys are unique."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.stores import parts
from clustercoop.graph.stores.records import from_records, to_records
from clustercoop.graph.stores.uri import open_store

CHARS = st.characters(codec="utf-8", exclude_characters="\x00")
ID = st.sampled_from(["1", "01", "a|b", "a\\|b", "\\e", "nan", " x", "None", "1e5"]) | st.text(
    CHARS, min_size=1, max_size=6
)
TEXT = st.none() | st.text(CHARS, max_size=6) | st.sampled_from(["nan", "2020-01-01", "true", "1.0"])
YEAR = st.integers(2018, 2021)
MONEY = st.floats(0, 1e15) | st.sampled_from([0.0, 1e12, 1e-6, 0.1 + 0.2])


def frame(rows: list[Any], columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns)


@st.composite
def graphs(draw: st.DrawFn) -> SupplyGraph:
    people = draw(st.lists(st.tuples(ID, ID, TEXT, TEXT, st.none() | YEAR), max_size=5))
    links = draw(st.lists(st.tuples(YEAR, ID, ID, MONEY, TEXT, TEXT, st.integers(0, 3)), max_size=6))
    work = draw(
        st.lists(st.tuples(ID, YEAR, st.none() | MONEY), max_size=4, unique_by=lambda row: (row[0], row[1]))
    )
    support = draw(st.lists(st.tuples(ID, YEAR, st.just("legal"), ID, st.none() | MONEY), max_size=4))
    return SupplyGraph.from_tables(
        {
            "participants": frame(people, ["participant_id", "cluster_id", "name", "role", "joined_year"]),
            "links": frame(
                links, ["year", "supplier_id", "buyer_id", "value", "product_code", "kind", "row"]
            ),
            "activity": frame(work, ["participant_id", "year", "output"]),
            "measures": frame(support, ["cluster_id", "year", "category", "measure", "amount"]),
        }
    )


@given(graphs())
@settings(max_examples=12, deadline=None)
def test_records_are_the_graph_and_keys_are_unique(graph: SupplyGraph) -> None:
    made = to_records(graph)
    assert from_records(made, currency="RUB", provenance={}).equals(graph)
    for name in ("supplies", "memberships", "member_of", "activity", "measures"):
        assert made[name]["key"].is_unique


@given(graphs())
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_an_embedded_file_is_the_graph(graph: SupplyGraph) -> None:
    pytest.importorskip("kglite")
    with tempfile.TemporaryDirectory() as folder, open_store(str(Path(folder) / "g.kgl")) as store:
        store.load(graph)
        with open_store(str(Path(folder) / "g.kgl")) as again:
            assert again.read().equals(graph)


@given(graphs(), st.data())
@settings(max_examples=8, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
def test_what_goes_and_comes_back_is_the_graph(graph: SupplyGraph, data: st.DataObject) -> None:
    assert parts.merged(graph, graph).equals(graph)
    if graph.cluster_ids:
        # Links that touch no member belong to no cluster, so no cluster's reload brings them back.
        graph = parts.subset(graph, graph.cluster_ids)
        cluster = data.draw(st.sampled_from(graph.cluster_ids))
        rest = parts.without(graph, cluster=cluster)
        assert cluster not in rest.cluster_ids
        back = parts.merged(rest, parts.subset(graph, [cluster]))
        assert len(back.links) == len(graph.links)
        assert back.links["value"].sum() == pytest.approx(graph.links["value"].sum())
