"""The supply graph against slow, obvious Python."""

from __future__ import annotations

import copy
from collections import defaultdict
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustercoop.graph.errors import DataError, SchemaError, UnknownNameError
from clustercoop.graph.model import SupplyGraph

NODES = [f"0{i}" for i in range(8)]
YEARS = [2020, 2021, 2022]

memberships = st.lists(
    st.tuples(
        st.sampled_from(NODES[:6]),
        st.sampled_from(["a", "b"]),
        st.one_of(st.none(), st.sampled_from(YEARS)),
        st.one_of(st.none(), st.sampled_from(YEARS)),
    ),
    min_size=1,
    max_size=8,
)
link_rows = st.lists(
    st.tuples(
        st.sampled_from(YEARS),
        st.sampled_from(NODES),
        st.sampled_from(NODES),
        st.sampled_from([0.0, 1e-6, 1.5, 7.25, 1e12]),
        st.sampled_from([None, "01.1", "Сталь «А»"]),
        st.sampled_from([None, "goods", "return"]),
    ),
    max_size=30,
)
activities = st.dictionaries(
    st.tuples(st.sampled_from(NODES), st.sampled_from(YEARS)),
    st.one_of(st.none(), st.floats(0, 100)),
    max_size=8,
)


def build(people: list[Any], links: list[Any], work: dict[Any, Any]) -> SupplyGraph:
    return SupplyGraph.from_tables(
        {
            "participants": pd.DataFrame(
                people, columns=["participant_id", "cluster_id", "joined_year", "left_year"]
            ),
            "links": pd.DataFrame(
                links, columns=["year", "supplier_id", "buyer_id", "value", "product_code", "kind"]
            ),
            "activity": pd.DataFrame(
                [(node, year, output) for (node, year), output in work.items()],
                columns=["participant_id", "year", "output"],
            ),
        }
    )


@settings(max_examples=25, deadline=None)
@given(memberships, link_rows, activities)
def test_formations_equal_a_slow_walk_over_links(
    people: list[Any], links: list[Any], work: dict[Any, Any]
) -> None:
    graph = build(people, links, work)
    found = {(f.cluster_id, f.year): f for f in graph.formations()}
    expected = set()
    for cluster in {row[1] for row in people}:
        for year in YEARS:
            members = sorted({p for p, c, a, b in people if c == cluster and (a or 0) <= year <= (b or 9999)})
            edges: dict[tuple[str, str], float] = defaultdict(float)
            sums: dict[str, dict[str, float]] = {k: defaultdict(float) for k in ("self", "out", "in")}
            touched = named = False
            for y, s, b, value, _, _ in links:
                if y != year or (s not in members and b not in members):
                    continue
                named, touched = True, touched or s != b
                if s == b:
                    sums["self"][s] += value
                elif s in members and b in members:
                    edges[s, b] += value
                elif s in members:
                    sums["out"][s] += value
                else:
                    sums["in"][b] += value
            active = any((m, year) in work for m in members)
            if not members or not (named or active):
                continue
            expected.add((cluster, year))
            f = found[cluster, year]
            assert list(f.ids) == members
            assert f.has_links == touched
            got = {(f.ids[s], f.ids[d]): w for s, d, w in zip(f.src, f.dst, f.weight, strict=True)}
            assert got == pytest.approx({k: v for k, v in edges.items() if v > 0})
            assert f.self_supply == pytest.approx([sums["self"][m] for m in members])
            assert f.sales_outside == pytest.approx([sums["out"][m] for m in members])
            assert f.purchases_outside == pytest.approx([sums["in"][m] for m in members])
            output = [work.get((m, year)) for m in members]
            assert np.array_equal(f.output, np.array(output, dtype=float), equal_nan=True)
            values = graph.links["value"].to_numpy()
            assert values[f.internal_rows].sum() == pytest.approx(sum(edges.values()))
            assert values[f.self_rows].sum() == pytest.approx(f.self_supply.sum())
            assert values[f.sales_rows].sum() == pytest.approx(f.sales_outside.sum())
            assert values[f.purchase_rows].sum() == pytest.approx(f.purchases_outside.sum())
            assert f.dense().sum() == pytest.approx(f.weight.sum())
    assert set(found) == expected


@settings(max_examples=12, deadline=None)
@given(memberships, link_rows, activities, st.randoms(use_true_random=False))
def test_row_order_does_not_matter(
    people: list[Any], links: list[Any], work: dict[Any, Any], random: Any
) -> None:
    shuffled = list(links)
    random.shuffle(shuffled)
    assert build(people, links, work).equals(build(people, shuffled, work))


@settings(max_examples=12, deadline=None)
@given(memberships, link_rows, activities)
def test_networkx_round_trip_loses_and_mutates_nothing(
    people: list[Any], links: list[Any], work: dict[Any, Any]
) -> None:
    graph = build(people, links, work)
    drawn = graph.to_networkx()
    before = copy.deepcopy(drawn)
    back = SupplyGraph.from_networkx(drawn)
    assert back.equals(graph)
    assert nx.utils.graphs_equal(before, drawn)


def test_frames_and_the_graph_made_of_them_change_apart() -> None:
    people = pd.DataFrame({"participant_id": ["a", "b"], "cluster_id": ["c", "c"]})
    links = pd.DataFrame(
        {"year": [2022, 2022], "supplier_id": ["a", "b"], "buyer_id": "x", "value": [5.0, 7.0]}
    )
    work = pd.DataFrame({"participant_id": ["a", "b"], "year": [2022, 2022], "output": [10.0, 20.0]})
    graph = SupplyGraph.from_tables({"participants": people, "links": links, "activity": work})
    links.loc[0, "value"], work.loc[0, "output"] = 99.0, 99.0
    graph.activity.loc[1, "emissions"] = 3.0  # columns that the frame lacks share their memory
    assert graph.links["value"].tolist() == [5.0, 7.0]
    assert graph.activity["output"].tolist() == [10.0, 20.0]
    assert graph.activity["emissions"].tolist()[1] == 3.0
    assert graph.activity[["purchases", "employees", "value_added"]].isna().all(axis=None)


def test_tables_round_trip() -> None:
    graph = build([("01", "a", None, 2021)], [(2020, "01", "02", 3.0, "x", None)], {("01", 2020): None})
    assert SupplyGraph.from_tables(graph.to_tables()).equals(graph)


def test_plain_networkx_digraph_is_accepted() -> None:
    source: nx.DiGraph[Any] = nx.DiGraph()
    source.add_node(1, cluster_id="a")
    source.add_node(2, cluster_id="a")
    source.add_edge(1, 2, weight=4.0)
    [formation] = SupplyGraph.from_networkx(source, year=2022).formations()
    assert formation.dense().tolist() == [[0, 4], [0, 0]]


def test_undirected_networkx_is_refused() -> None:
    with pytest.raises(DataError, match="directed"):
        SupplyGraph.from_networkx(nx.path_graph(2))


def test_edge_without_year_is_refused() -> None:
    source: nx.DiGraph[Any] = nx.DiGraph()
    source.add_edge("a", "b", value=1.0)
    with pytest.raises(DataError, match="from 'a' to 'b' needs a year, and a value"):
        SupplyGraph.from_networkx(source)


@pytest.mark.parametrize(
    ("table", "frame", "error", "words"),
    [
        ("links", {"year": [2020], "supplier_id": ["a"], "buyer_id": ["b"]}, SchemaError, "no column value"),
        (
            "links",
            {"year": [2020], "supplier_id": ["a"], "buyer_id": ["b"], "value": [-1.0]},
            DataError,
            "negative",
        ),
        (
            "links",
            {"year": [2020], "supplier_id": ["a"], "buyer_id": ["b"], "value": [np.inf]},
            DataError,
            "not numbers",
        ),
        (
            "links",
            {"year": [20200], "supplier_id": ["a"], "buyer_id": ["b"], "value": [1.0]},
            DataError,
            "years from",
        ),
        (
            "links",
            {"year": [2020], "supplier_id": [None], "buyer_id": ["b"], "value": [1.0]},
            DataError,
            "empty",
        ),
        ("activity", {"participant_id": ["a", "a"], "year": [2020, 2020]}, DataError, "repeats"),
        ("weather", {"a": [1]}, SchemaError, "no table"),
    ],
)
def test_bad_tables_are_refused(
    table: str, frame: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        SupplyGraph.from_tables({table: pd.DataFrame(frame)})


def test_unknown_cluster_and_year_are_named() -> None:
    graph = build([("01", "a", None, None)], [(2020, "01", "02", 3.0, None, None)], {})
    with pytest.raises(UnknownNameError, match="no cluster z "):
        graph.formations(clusters=["z"])
    with pytest.raises(UnknownNameError, match="no year 1999"):
        graph.formations(years=[1999])


def test_an_empty_graph_has_no_formations() -> None:
    assert SupplyGraph.from_tables({}).formations() == []
