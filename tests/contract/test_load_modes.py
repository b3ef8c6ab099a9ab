"""Replace or update, remove, clear, recover: a store never holds what nobody said, and says what it did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import clustercoop
from clustercoop.cookbook import run_named
from clustercoop.graph.errors import StoreError, UnknownNameError
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.stores import parts
from clustercoop.graph.stores.base import Store
from clustercoop.graph.stores.protocol import StoreWarning
from clustercoop.graph.stores.uri import open_store
from tests.contract.samples import outcome, random_graph

EVERY = pytest.mark.parametrize("store_address", ["memory", "embedded", "neo4j"], indirect=True)
CYPHER = pytest.mark.parametrize("store_address", ["embedded", "neo4j"], indirect=True)


def renamed(graph: SupplyGraph, old: str, new: str) -> SupplyGraph:
    frames = graph.to_tables()
    for name in ("participants", "clusters", "indicators", "measures"):
        frames[name] = frames[name].assign(cluster_id=frames[name]["cluster_id"].replace({old: new}))
    return SupplyGraph.from_tables(frames)


def changes(graph: SupplyGraph) -> dict[str, SupplyGraph]:
    """Return what may have become of the data: a cluster renamed, a year dropped, rows removed."""
    frames = graph.to_tables()
    fewer = {**frames, "links": frames["links"].iloc[::2], "participants": frames["participants"].iloc[1:]}
    years = graph.years
    return {
        "renamed": renamed(graph, "c1", "nordland"),
        "dropped year": parts.subset(graph, None, years[1:]),
        "removed rows": SupplyGraph.from_tables(fewer),
    }


def dump(store: Store) -> dict[str, list[str]]:
    """Return all that a store holds beside the node about itself, in an order of its own."""
    said = {}
    for label in ("Participant", "Cluster", "Activity", "Indicator", "Measure", "Formation", "Flow", "Gap"):
        rows = store.query(f"MATCH (n:{label}) RETURN n", limit=100_000)
        said[label] = sorted(json.dumps(row, sort_keys=True, ensure_ascii=False) for row in rows["n"])
    for kind in ("SUPPLIES", "MEMBERSHIP", "MEMBER_OF", "INSIDE", "TRADES", "MEASURED"):
        rows = store.query(
            f"MATCH (a)-[r:{kind}]->(b) RETURN coalesce(a.id, a.key) AS a, r, coalesce(b.id, b.key) AS b",
            limit=100_000,
        )
        said[kind] = sorted(json.dumps(list(row), sort_keys=True) for row in rows.itertuples(index=False))
    return said


def assert_fresh(store: Store, graph: SupplyGraph, folder: Path) -> None:
    with open_store(str(folder / "fresh.kgl")) as fresh:
        fresh.load(graph)
        mine, theirs = dump(store), dump(fresh)
    for name in theirs:
        assert mine[name] == theirs[name], name


@CYPHER
@pytest.mark.parametrize("what", ["renamed", "dropped year", "removed rows"])
@pytest.mark.filterwarnings("ignore::clustercoop.graph.stores.protocol.StoreWarning")
def test_a_replacing_load_is_a_fresh_load(store: Store, what: str, tmp_path: Path) -> None:
    pytest.importorskip("kglite")
    before = random_graph(41, clusters=2, size=5, years=2, links_each=8)
    after = changes(before)[what]
    store.load(before)
    store.write_results(outcome(before))
    store.load(after, replace=True)
    assert store.read().equals(after)
    assert_fresh(store, after, tmp_path)


@CYPHER
@pytest.mark.filterwarnings("ignore::clustercoop.graph.stores.protocol.StoreWarning")
def test_what_follows_from_the_tables_follows_every_change(store: Store, tmp_path: Path) -> None:
    pytest.importorskip("kglite")
    graph = random_graph(42, clusters=3, size=5, years=2, links_each=8)
    store.load(parts.subset(graph, ["c0", "c1"]))
    store.load(parts.subset(graph, ["c2"]))
    store.delete(cluster="c1")
    store.delete(year=graph.years[0])
    assert_fresh(store, store.read(), tmp_path)


@EVERY
def test_an_update_tells_what_the_data_lack(store: Store) -> None:
    graph = random_graph(43, clusters=3, size=4, years=2, links_each=6)
    store.load(graph)
    report = store.load(parts.subset(graph, ["c0"], [2021]))
    assert (report.kept_clusters, report.removed_clusters) == (("c1", "c2"), ())
    assert report.kept_years == (2020,)
    assert any("still holds the clusters c1, c2" in note for note in report.notes)
    report = store.load(parts.subset(graph, ["c0"], [2021]), replace=True)
    assert (report.removed_clusters, report.removed_years) == (("c1", "c2"), (2020,))
    assert store.read().cluster_ids == ("c0",)
    assert any("no longer holds the year 2020" in note for note in report.notes)


def test_a_file_is_replaced_and_a_renamed_cluster_is_gone(tmp_path: Path) -> None:
    pytest.importorskip("kglite")
    path, graph = str(tmp_path / "g.kgl"), random_graph(44, clusters=2, size=4, years=1, links_each=6)
    clustercoop.load(graph, store=path)
    with pytest.warns(StoreWarning, match="no longer holds the cluster c1"):
        clustercoop.load(renamed(graph, "c1", "nordland"), store=path)
    assert clustercoop.load(path).cluster_ids == ("c0", "nordland")
    with pytest.warns(StoreWarning, match="still holds the cluster nordland"):
        clustercoop.load(graph, store=path, replace=False)
    left = clustercoop.remove(path, cluster="nordland")
    assert left.cluster_ids == ("c0", "c1")
    clustercoop.clear(path)
    assert not Path(path).exists()
    with pytest.raises(StoreError, match="no store"):
        clustercoop.clear(path)


@pytest.mark.parametrize("rest", [b"", b"not a graph", b"RGF\x00" * 50])
def test_a_damaged_file_is_replaced_by_the_next_load(tmp_path: Path, rest: bytes) -> None:
    pytest.importorskip("kglite")
    path, graph = tmp_path / "g.kgl", random_graph(45, clusters=1, size=3, years=1, links_each=4)
    path.write_bytes(rest)
    for action in (lambda: clustercoop.load(path), lambda: clustercoop.query(path, cypher="RETURN 1 AS x")):
        with pytest.raises(StoreError, match="load the data again"):
            action()
    with pytest.warns(StoreWarning, match="could not be read and was replaced"):
        clustercoop.load(graph, store=path)
    assert clustercoop.load(path).equals(graph)


@pytest.mark.parametrize("version", [None, "two", 0, 1.5, True])
def test_a_store_without_a_true_version_is_one_sentence(tmp_path: Path, version: Any) -> None:
    kglite = pytest.importorskip("kglite")
    path, graph = tmp_path / "g.kgl", random_graph(45, clusters=1, size=3, years=1, links_each=4)
    clustercoop.load(graph, store=path)
    engine = kglite.load(str(path))
    engine.cypher("MATCH (m:ClusterCoop) SET m.schema_version = $v", params={"v": version})
    engine.save(str(path))
    with pytest.raises(StoreError, match="does not say which version"):
        clustercoop.load(path)
    with pytest.raises(StoreError, match="does not say which version"):
        clustercoop.query(path, cypher="RETURN 1 AS x")
    with pytest.warns(StoreWarning, match="was replaced"):
        clustercoop.load(graph, store=path)
    assert clustercoop.load(path).equals(graph)


def test_a_file_of_an_older_layout_is_read_but_not_asked(tmp_path: Path) -> None:
    kglite = pytest.importorskip("kglite")
    path, graph = tmp_path / "g.kgl", random_graph(45, clusters=1, size=3, years=1, links_each=4)
    clustercoop.load(graph, store=path)
    engine = kglite.load(str(path))
    engine.cypher("MATCH (m:ClusterCoop) SET m.schema_version = 1")
    engine.save(str(path))
    assert clustercoop.load(path).equals(graph)
    with pytest.raises(StoreError, match="older clustercoop"):
        clustercoop.query(path, "internal_supply")


@pytest.mark.parametrize("tail", ["?password=geheim", "?user=a&password=geheim", "#geheim"])
def test_a_password_behind_the_address_is_refused_and_not_shown(tail: str) -> None:
    pytest.importorskip("neo4j")
    for address in (f"bolt://localhost:7687{tail}", f"http://localhost{tail}"):
        with pytest.raises(StoreError) as caught:
            open_store(address)
        if address.startswith("bolt") or "?" in tail:
            assert "geheim" not in str(caught.value)


@CYPHER
def test_places_that_the_store_does_not_hold_are_refused(store: Store) -> None:
    graph = random_graph(46, clusters=2, size=5, years=3, links_each=8)
    gone = graph.to_tables()
    middle = gone["links"]["year"] == 2021
    inside = gone["links"]["supplier_id"].str.startswith("000") | gone["links"]["buyer_id"].str.startswith(
        "000"
    )
    gone["links"] = gone["links"][~(middle & inside)]
    store.load(SupplyGraph.from_tables(gone))
    with pytest.raises(UnknownNameError, match="no cluster C0 in the store; nearest: c0"):
        run_named(store, "internal_supply", {"cluster": "C0"})
    with pytest.raises(UnknownNameError, match="no year 1999 in the store; its years: 2020, 2021, 2022"):
        run_named(store, "internal_supply", {"year": 1999})
    with pytest.raises(UnknownNameError, match="no participant 000x"):
        run_named(
            store, "shortest_chain", {"cluster": "c0", "year": 2020, "supplier": "000x", "buyer": "0001"}
        )
    with pytest.raises(StoreError, match="holds no results of cluster c0 in 2020; they come with"):
        run_named(store, "core_members", {"cluster": "c0", "year": 2020})
    store.write_results({"formations": pd.DataFrame({"cluster_id": ["c1"], "year": [2020]})})
    with pytest.raises(StoreError, match="holds no results of cluster c0"):
        run_named(store, "core_members", {"cluster": "c0", "year": 2020})


def test_a_year_without_links_is_unknown_not_none(tmp_path: Path) -> None:
    pytest.importorskip("kglite")
    links = pd.DataFrame(
        {
            "year": [2020, 2022, 2021],
            "supplier_id": ["a", "a", "x"],
            "buyer_id": ["b", "b", "y"],
            "value": 1.0,
        }
    )
    people = pd.DataFrame({"participant_id": list("abxy"), "cluster_id": list("AABB")})
    with open_store(str(tmp_path / "g.kgl")) as store:
        store.load(SupplyGraph.from_tables({"participants": people, "links": links}))
        for name, year in (("new_links", 2022), ("lost_links", 2022), ("lost_links", 2021)):
            with pytest.raises(StoreError, match="no links of cluster A in 2021"):
                run_named(store, name, {"cluster": "A", "year": year})
        with pytest.warns(StoreWarning, match="no links of cluster A in 2021: the answer is unknown"):
            assert len(run_named(store, "top_internal_links", {"cluster": "A", "year": 2021})) == 0


@CYPHER
def test_an_answer_tells_of_rows_that_it_may_lack(store_address: str) -> None:
    people = pd.DataFrame({"participant_id": list("abcd"), "cluster_id": list("kkll")})
    rows = [("a", "b", 2022, "5"), ("b", "a", 2022, "n.d. 7x"), ("c", "d", 2022, "1"), ("a", "b", 2021, "5")]
    links = pd.DataFrame(rows, columns=["supplier_id", "buyer_id", "year", "value"])
    clustercoop.load({"participants": people, "links": links}, store=store_address)
    with open_store(store_address) as store:
        asked = {"cluster": "k", "year": 2022}
        with pytest.warns(StoreWarning, match="rejected or state only bounds: 1"):
            assert run_named(store, "single_source_buyers", asked)["buyer_id"].tolist() == ["b"]
        # Neither the other cluster nor the other year lacks anything: a warning would be an error.
        assert len(run_named(store, "single_source_buyers", {**asked, "cluster": "l"})) == 1
        assert len(run_named(store, "single_source_buyers", {**asked, "year": 2021})) == 1
    # Whom c sold to in 2022 is not told: any cluster may have bought.
    links = pd.DataFrame([*rows, ("c", "", 2022, "3")], columns=links.columns)
    clustercoop.load({"participants": people, "links": links}, store=store_address)
    with open_store(store_address) as store:
        for cluster, count in (("k", 2), ("l", 1)):
            with pytest.warns(StoreWarning, match=f"rejected or state only bounds: {count}"):
                run_named(store, "single_source_buyers", {"cluster": cluster, "year": 2022})
