"""The contract of a store, held on every kind: what is put in comes back, whole and in part."""

from __future__ import annotations

import threading
from typing import Any

import pandas as pd
import pytest

from clustercoop.graph.columns import policy_tables
from clustercoop.graph.errors import DataError, ParameterError, StoreError, UnknownNameError
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.stores import parts, results
from clustercoop.graph.stores.base import Store
from clustercoop.graph.stores.protocol import UnfinishedLoadError
from clustercoop.graph.stores.uri import open_store
from tests.contract.samples import SOME_POLICY, awkward, outcome, policy, random_graph

EVERY = pytest.mark.parametrize("store_address", ["memory", "embedded", "neo4j"], indirect=True)
CYPHER = pytest.mark.parametrize("store_address", ["embedded", "neo4j"], indirect=True)


def assert_equal(found: SupplyGraph, expected: SupplyGraph) -> None:
    """Compare table by table, so that a failure names the table."""
    mine, theirs = found.to_tables(), expected.to_tables()
    for name in theirs:
        pd.testing.assert_frame_equal(
            mine[name].astype(object), theirs[name].astype(object), check_dtype=False, obj=name
        )
    assert found.equals(expected)


def value_sums(graph: SupplyGraph) -> dict[int, float]:
    """Link values by year, to show that nothing was lost or doubled."""
    return {y: float(graph.links.loc[graph.links["year"] == y, "value"].sum()) for y in graph.years}


@EVERY
def test_every_column_and_type_comes_back_and_goes(store: Store, store_address: str) -> None:
    """`SupplyGraph.years` leaves out a year that only measures name; loading again must not double it."""
    graph = awkward()
    assert 2017 not in graph.years
    report = store.load(graph)
    assert (report.participants, report.links) == (len(graph.node_ids), len(graph.links))
    assert_equal(store.read(), graph)
    assert store.read().provenance == graph.provenance
    assert store.capabilities.persistent == (store.capabilities.kind != "memory")
    if store.capabilities.persistent:
        with open_store(store_address) as again:
            assert_equal(again.read(), graph)
    store.load(graph)
    assert_equal(store.read(), graph)
    store.delete(year=2017)
    assert_equal(store.read(), parts.without(graph, year=2017))


@EVERY
def test_loading_twice_is_loading_once_and_corrected_data_replace_the_old(store: Store) -> None:
    before = random_graph(3)
    frames = before.to_tables()
    frames["links"] = frames["links"].drop(index=[0, 5, 9]).assign(value=lambda f: f["value"] + 1)
    frames["activity"] = frames["activity"].iloc[3:]
    frames["participants"] = frames["participants"].iloc[1:].assign(name="Новое имя")
    after = SupplyGraph.from_tables(frames)
    store.load(before)
    assert store.load(before).removed_links == 0
    assert_equal(store.read(), before)
    assert store.load(after).removed_links == 3
    assert_equal(store.read(), after)


@EVERY
def test_one_cluster_or_year_goes_and_comes_back(store: Store) -> None:
    graph = random_graph(4)
    store.load(graph)
    cuts: list[dict[str, Any]] = [{"cluster": "c1"}, {"year": 2021}, {"cluster": "c1", "year": 2021}]
    for cut in cuts:
        store.delete(**cut)
        rest = parts.without(graph, **cut)
        assert_equal(store.read(), rest)
        # The formations of the others are what they were.
        for formation in rest.formations():
            if formation.cluster_id != cut.get("cluster") and formation.year != cut.get("year"):
                whole = graph.formation(formation.cluster_id, formation.year)
                assert (formation.dense() == whole.dense()).all()
                assert (formation.sales_outside == whole.sales_outside).all()
        clusters = [cut["cluster"]] if "cluster" in cut else None
        years = [cut["year"]] if "year" in cut else None
        store.load(parts.subset(graph, clusters, years))
        assert_equal(store.read(), graph)


@EVERY
def test_clusters_loaded_one_after_the_other_are_the_whole(store: Store) -> None:
    graph = random_graph(5)
    for name in graph.cluster_ids:
        store.load(parts.subset(graph, [name]))
    inside = parts.subset(graph, graph.cluster_ids)
    assert_equal(store.read(), inside)
    assert store.read().provenance["loads"]


@EVERY
def test_a_part_is_read_alone_and_its_formations_are_those_from_files(store: Store) -> None:
    graph = random_graph(6)
    store.load(graph)
    assert_equal(store.read(["c2"], [2021]), parts.subset(graph, ["c2"], [2021]))
    assert_equal(store.read(years=[2020, 2022]), parts.subset(graph, None, [2020, 2022]))
    assert_equal(store.read(["c0"]), parts.subset(graph, ["c0"]))
    with pytest.raises(UnknownNameError, match="no cluster 'nowhere'"):
        store.read(["nowhere"])
    with pytest.raises(UnknownNameError, match="no year 1950"):
        store.read(years=[1950])
    theirs = graph.formations()
    for found, expected in (
        (store.read().formations(), theirs),
        (store.read(["c1"], [2021]).formations(), [graph.formation("c1", 2021)]),
    ):
        assert [(f.cluster_id, f.year) for f in found] == [(f.cluster_id, f.year) for f in expected]
        for a, b in zip(found, expected, strict=True):
            assert a.ids.tolist() == b.ids.tolist()
            assert (a.dense() == b.dense()).all()
            assert (a.purchases_outside == b.purchases_outside).all()


@EVERY
def test_what_does_not_fit_is_refused_and_changes_nothing(store: Store) -> None:
    graph = random_graph(9)
    store.load(graph)
    with pytest.raises(DataError, match="RUB and the data are in USD"):
        store.load(SupplyGraph.from_tables(graph.to_tables(), currency="USD"))
    with pytest.raises(UnknownNameError, match="no cluster 'nowhere'"):
        store.delete(cluster="nowhere")
    with pytest.raises(UnknownNameError, match="no year 1950"):
        store.delete(year=1950)
    with pytest.raises(ParameterError, match="of delete"):
        store.delete()
    strange = pd.DataFrame({"cluster_id": ["nowhere"], "year": [2020]})
    with pytest.raises(DataError, match="'nowhere'"):
        store.write_results({"formations": strange})
    with pytest.raises(ParameterError, match="write_results"):
        store.write_results({"links": strange})
    tables = outcome(graph)
    tables["formations"]["evil` DETACH DELETE n //"] = 1
    store.write_results(tables)
    assert list(store.read_results()["formations"].columns) == list(results.column_types("formations"))
    assert_equal(store.read(), graph)
    store.clear()
    store.load(awkward())
    assert_equal(store.read(), awkward())


@EVERY
def test_results_come_back_and_follow_the_data(store: Store) -> None:
    graph = random_graph(8)
    tables = outcome(graph)
    store.load(graph)
    store.write_results(tables)
    tables |= policy(graph, seed=1)
    store.write_results(tables)
    found = store.read_results()
    assert set(found) == set(tables) > set(policy_tables())
    for name, frame in found.items():
        expected = tables[name]
        if name not in policy_tables():
            expected = results.from_result_rows(
                name, results.typed_results(name, expected).reindex(columns=list(frame.columns))
            )
        pd.testing.assert_frame_equal(frame, expected)
    assert_equal(store.read(), graph)
    if store.capabilities.cypher:
        rows = store.query(
            "MATCH (e:EligibilityLinks)-[:CONCERNS_SUPPLIER]->(p:Participant) "
            "MATCH (e)-[:CONCERNS]->(f:Formation)-[:FROM]->(r:Run) MATCH (e)-[:CONCERNS]->(c:Cluster) "
            "RETURN p.id AS supplier_id, f.year AS year, c.id AS cluster_id, r.version AS version"
        )
        assert len(rows) == len(tables["eligibility_links"]) and set(rows["version"]) == {"1"}
    # What another run says of c1 takes the place of its policy, and of what is said of all.
    again = outcome(parts.subset(graph, ["c1"]), seed=7)
    store.write_results(again)
    found = store.read_results()
    for name in set(found) & set(policy_tables()):
        kept = tables[name][~tables[name]["cluster_id"].isin(["c1", "*"])]
        wanted = pd.concat([kept, again[name]] if name in SOME_POLICY else [kept]).astype(object)
        got = found[name].astype(object)
        assert sorted(map(repr, got.to_numpy().tolist())) == sorted(map(repr, wanted.to_numpy().tolist()))
    # New data about c1 make its results stale, and those of its partners in these years.
    store.load(parts.subset(graph, ["c1"], [2021]))
    found = store.read_results()
    left = found["formations"]
    assert not ((left["cluster_id"] == "c1") & (left["year"] == 2021)).any()
    assert ((left["cluster_id"] == "c1") & (left["year"] == 2020)).any()
    assert not any(
        frame["cluster_id"].isin(["c1", "*"]).any()
        for name, frame in found.items()
        if name in policy_tables()
    )


@EVERY
def test_indicators_alone_are_a_graph(store: Store) -> None:
    only = {
        "indicators": pd.DataFrame({"cluster_id": ["Псков"], "year": [2020], "cooperation_ratio": [0.804]})
    }
    graph = SupplyGraph.from_tables(only)
    store.load(graph)
    assert_equal(store.read(), graph)


@CYPHER
@pytest.mark.parametrize("apart", [False, True], ids=["same graph", "clusters apart"])
def test_loaders_at_once_are_one(store: Store, store_address: str, apart: bool) -> None:
    graph = random_graph(10)
    shares = [parts.subset(graph, [name]) for name in graph.cluster_ids] if apart else [graph, graph]
    errors: list[BaseException] = []

    def work(share: SupplyGraph) -> None:
        try:
            with open_store(store_address) as mine:
                mine.load(share)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert_equal(store.read(), parts.subset(graph, graph.cluster_ids) if apart else graph)


@pytest.mark.parametrize("store_address", ["neo4j"], indirect=True)
def test_a_load_removes_nothing_of_one_that_came_in_between(store: Store, store_address: str) -> None:
    graph = random_graph(11)
    first, *others = graph.cluster_ids
    store.load(parts.subset(graph, [first]))
    waiting = [parts.subset(graph, others)]

    def between(stage: str, done: int, total: int) -> None:
        if waiting:
            with open_store(store_address) as mine:
                mine.load(waiting.pop())

    store.load(parts.subset(graph, [first]), between)
    assert not waiting
    assert_equal(store.read(), parts.subset(graph, graph.cluster_ids))


@CYPHER
def test_a_reader_during_a_load_sees_all_or_is_told_to_wait(store: Store, store_address: str) -> None:
    before, after = random_graph(12), random_graph(13)
    store.load(before)
    answers: list[float] = []
    waits: list[UnfinishedLoadError] = []
    done = threading.Event()

    def read() -> None:
        with open_store(store_address) as mine:
            while not done.is_set():
                try:
                    found = mine.query("MATCH ()-[r:SUPPLIES]->() RETURN sum(r.value) AS total")
                    answers.append(round(float(found["total"][0]), 3))
                except UnfinishedLoadError as error:
                    waits.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    options = {"batch_size": 20} if store.capabilities.kind == "neo4j" else {}
    with open_store(store_address, **options) as writer:
        writer.load(after)
    done.set()
    reader.join()
    right = {round(float(g.links["value"].sum()), 3) for g in (before, after)}
    assert set(answers) <= right
    if store.capabilities.concurrent_reads_during_load:
        assert not waits
    assert_equal(store.read(), after)


@EVERY
def test_a_store_without_data_says_so(store: Store) -> None:
    if store.capabilities.kind == "memory":
        assert len(store.read().links) == 0
        return
    with pytest.raises(StoreError, match="clustercoop load DATA --store"):
        store.read()
    with pytest.raises(StoreError, match="clustercoop load DATA --store"):
        store.query("RETURN 1 AS one")


def test_the_memory_store_speaks_no_cypher() -> None:
    with pytest.raises(StoreError, match="speaks no Cypher"):
        open_store("memory:").query("RETURN 1 AS one")


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        ("folder", "names no store"),
        ("http://localhost:7474", "names no store"),
        ("bolt://neo4j:geheim@localhost:7687", "Leave the name and password out"),
        ("neo4j://localhost:7687/people", "NEO4J_DATABASE"),
        ("bolt://", "like neo4j://host:7687"),
        ("bolt://host:99999999", "cannot be understood"),
    ],
)
def test_addresses_that_name_no_store(uri: str, says: str) -> None:
    with pytest.raises(StoreError, match=says) as caught:
        open_store(uri)
    assert "geheim" not in str(caught.value)


def test_value_sums_are_kept_by_every_part() -> None:
    graph = random_graph(14)
    whole = value_sums(graph)
    for year in graph.years:
        assert value_sums(parts.subset(graph, years=[year])) == {year: whole[year]}
