"""A load killed at a random moment: the store says so or is as before, and a rerun completes it.

The number of kills is small here; ``benchmarks/kill_stores.py`` does fifty on each store.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clustercoop.graph.errors import StoreError
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.stores.protocol import UnfinishedLoadError
from clustercoop.graph.stores.uri import open_store
from tests.contract.killed import main
from tests.contract.samples import random_graph

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext

KILLS = int(os.environ.get("CLUSTERCOOP_KILLS", "3"))


def fork_server() -> ForkServerContext:
    """Return what starts loaders: a process that has imported all they need, so that each begins at once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.contract.killed", "neo4j", "kglite"])
    return context


@pytest.fixture(scope="module")
def forks() -> ForkServerContext:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        pytest.skip("the system has no fork server")
    return fork_server()


def start(forks: ForkServerContext, address: str, seed: int) -> tuple[BaseProcess, Connection]:
    """Start a loader and return once it is about to load."""
    told, tell = forks.Pipe(duplex=False)
    process = forks.Process(target=main, args=(address, seed, tell), daemon=True)
    process.start()
    tell.close()
    assert told.recv() == "loading"
    return process, told


def load_time(forks: ForkServerContext, address: str, seed: int) -> float:
    process, told = start(forks, address, seed)
    began = time.perf_counter()
    assert told.recv() == "loaded"
    lasts = time.perf_counter() - began
    process.join()
    told.close()
    return lasts


def killed_load(forks: ForkServerContext, address: str, before: SupplyGraph, after: float) -> None:
    """Load `before`, then kill a load over it so many seconds after it began."""
    with open_store(address) as store:
        store.clear()
        store.load(before)
    process, told = start(forks, address, 2)
    time.sleep(after)
    process.kill()
    process.join()
    told.close()


def data(seed: int) -> SupplyGraph:
    return random_graph(seed, clusters=3, size=10, years=3, links_each=40)


@pytest.mark.parametrize("store_address", ["embedded", "neo4j"], indirect=True)
def test_a_killed_load_is_completed_by_a_rerun(store_address: str, forks: ForkServerContext) -> None:
    before, after = data(1), data(2)
    lasts = load_time(forks, store_address, 1)
    draw = random.Random(20261122)
    for _ in range(KILLS):
        killed_load(forks, store_address, before, draw.random() * lasts)
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
