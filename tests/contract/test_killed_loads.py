"""A load killed at a random moment: the store says so or is as before, and a rerun completes it.

The number of kills is small here; ``benchmarks/kill_stores.py`` does fifty on each store.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clustercoop.graph.errors import StoreError
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.stores.protocol import UnfinishedLoadError
from clustercoop.graph.stores.uri import open_store
from tests.contract.samples import random_graph
from tests.places import ROOT

KILLS = int(os.environ.get("CLUSTERCOOP_KILLS", "3"))


def start(address: str, seed: int) -> subprocess.Popen[str]:
    """Start a loader and return once it is about to load."""
    command = [sys.executable, "-m", "tests.contract.killed", address, str(seed)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "loading\n"
    return process


def load_time(address: str, seed: int) -> float:
    process = start(address, seed)
    began = time.perf_counter()
    process.communicate()
    assert process.returncode == 0
    return time.perf_counter() - began


def data(seed: int) -> SupplyGraph:
    return random_graph(seed, clusters=3, size=10, years=3, links_each=40)


@pytest.mark.parametrize("store_address", ["embedded", "neo4j"], indirect=True)
def test_a_killed_load_is_completed_by_a_rerun(store_address: str) -> None:
    before, after = data(1), data(2)
    lasts = load_time(store_address, 1)
    draw = random.Random(20261122)
    for _ in range(KILLS):
        with open_store(store_address) as store:
            store.clear()
            store.load(before)
        process = start(store_address, 2)
        time.sleep(draw.random() * lasts)
        process.kill()
        process.communicate()
        with open_store(store_address) as store:
            try:
                found = store.read()
            except UnfinishedLoadError:
                with pytest.raises(UnfinishedLoadError):
                    store.query("MATCH (n) RETURN count(n) AS n")
            else:
                assert found.equals(before) or found.equals(after)
            store.load(after)
            again = store.read()
            assert again.equals(after)
            total = store.query("MATCH ()-[r:SUPPLIES]->() RETURN sum(r.value) AS v, count(r) AS n")
            assert total["n"][0] == len(after.links)
            assert float(total["v"][0]) == pytest.approx(float(after.links["value"].sum()), rel=1e-12)


def test_an_interrupted_first_load_is_refused_until_completed(neo4j_uri: str) -> None:
    graph = data(3)

    def stop(phase: str, done: int, total: int) -> None:
        if done >= total / 2:
            raise KeyboardInterrupt

    with open_store(neo4j_uri, batch_size=100) as store:
        store.clear()
        with pytest.raises(KeyboardInterrupt):
            store.load(graph, stop)
        with pytest.raises(UnfinishedLoadError, match="run the same load again"):
            store.read()
        report = store.load(graph)
        assert 0 < report.resumed_links < len(graph.links)
        assert store.read().equals(graph)


def test_a_newer_layout_is_refused(neo4j_uri: str, tmp_path: Path) -> None:
    with open_store(neo4j_uri) as store:
        store.clear()
        store.load(data(1))
        neo4j = pytest.importorskip("neo4j")
        auth = (os.environ.get("NEO4J_USERNAME", "neo4j"), os.environ.get("NEO4J_PASSWORD", ""))
        with neo4j.GraphDatabase.driver(neo4j_uri, auth=auth) as driver:
            driver.execute_query("MATCH (m:ClusterCoop) SET m.schema_version = 99")
            for action in (store.read, lambda: store.load(data(1)), store.read_results):
                with pytest.raises(StoreError, match="schema version 99"):
                    action()
            driver.execute_query("MATCH (m:ClusterCoop) SET m.schema_version = 1")
        store.clear()


def test_a_newer_layout_of_a_file_is_refused(tmp_path: Path) -> None:
    kglite = pytest.importorskip("kglite")
    path = tmp_path / "new.kgl"
    with open_store(str(path)) as store:
        store.load(data(1))
    engine = kglite.load(str(path))
    engine.cypher("MATCH (m:ClusterCoop) SET m.schema_version = 99")
    engine.save(str(path))
    with open_store(str(path)) as store, pytest.raises(StoreError, match="schema version 99"):
        store.read()


def test_somebody_elses_file_and_database_are_refused(tmp_path: Path) -> None:
    kglite = pytest.importorskip("kglite")
    path = tmp_path / "other.kgl"
    engine = kglite.KnowledgeGraph()
    engine.cypher("CREATE (:Person {name: 'x'})")
    engine.save(str(path))
    with open_store(str(path)) as store:
        with pytest.raises(StoreError, match="was not written by clustercoop"):
            store.read()
        with pytest.raises(StoreError, match="was not written by clustercoop"):
            store.load(data(1))


def test_a_database_with_other_participants_is_refused(neo4j_uri: str) -> None:
    neo4j = pytest.importorskip("neo4j")
    auth = (os.environ.get("NEO4J_USERNAME", "neo4j"), os.environ.get("NEO4J_PASSWORD", ""))
    with open_store(neo4j_uri) as store, neo4j.GraphDatabase.driver(neo4j_uri, auth=auth) as driver:
        store.clear()
        driver.execute_query("CREATE (:Participant {id: 'theirs'})")
        with pytest.raises(StoreError, match="did not write; use an empty database"):
            store.load(data(1))
        driver.execute_query("MATCH (p:Participant {id: 'theirs'}) DELETE p")
