"""A query that hangs, floods or crashes leaves the caller alive, with one sentence, and the store usable.

How soon is measured by ``benchmarks/stores.py``; here a query that is not stopped never ends.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import pytest

from clustercoop.graph.errors import ParameterError, StoreError
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.stores import cypher_guard
from clustercoop.graph.stores.base import Store
from clustercoop.graph.stores.embedded import EmbeddedStore
from clustercoop.graph.stores.protocol import QueryMemoryError, QueryRefusedError, QueryTimeoutError
from clustercoop.graph.stores.uri import open_store
from tests.contract.samples import random_graph

AGAIN: Final = "s + s"
NESTED: Final = {
    "unions": " UNION ALL ".join(["RETURN 1 AS x"] * 500),
    "subqueries": "CALL { " * 500 + "RETURN 1 AS x" + " } RETURN x" * 500,
    "parentheses": f"RETURN {'(' * 3000}1{')' * 3000} AS x",
    "lists in lists": f"RETURN {'[' * 500}1{']' * 500} AS x",
    "cases in cases": f"RETURN {'CASE WHEN true THEN ' * 300}1{' END' * 300} AS x",
    "nots": f"RETURN {'NOT ' * 2000}true AS x",
    "signs": f"RETURN {'-' * 2000}1 AS x",
    "a long sum": f"RETURN {'+'.join(['1'] * 20_000)} AS x",
    "existence in existence": f"MATCH (n) WHERE {'EXISTS { MATCH (n) WHERE ' * 200}true{' }' * 200} RETURN n",
    "optional after optional": "MATCH (n) " + "OPTIONAL MATCH (n)-->(m) " * 400 + "RETURN count(*) AS x",
}
FLOODS: Final = {
    "a text replaced by itself": "RETURN size(reduce(s = 'aaaaaaaaaa', i IN range(1, 12) | "
    "replace(s, 'a', s))) AS n",
    "a text doubled": f"RETURN size(reduce(s = 'x', i IN range(1, 40) | {AGAIN})) AS n",
    "a list doubled": f"RETURN size(reduce(s = [1], i IN range(1, 40) | {AGAIN})) AS n",
    "a text split": f"RETURN size(split(reduce(s = 'a,', i IN range(1, 30) | {AGAIN}), ',')) AS n",
    "every shortest path": "MATCH p = allShortestPaths((a)-[:SUPPLIES*]-(b)) WHERE a <> b "
    + " ".join(f"UNWIND nodes(p) AS x{i}" for i in range(24))
    + " RETURN count(*) AS n",
    "every walk": "MATCH p = (a)-[:SUPPLIES*1..9]->(b) RETURN count(p) AS n",
    "everything with everything": "MATCH (a), (b), (c), (d), (e), (f), (g) RETURN count(a.id + g.id) AS n",
    "everything collected": "MATCH (a)--(b), (c)--(d) WITH collect([a.id, d.id]) AS x "
    "RETURN size(x + x + x) AS n",
    "numbers without end": "UNWIND range(1, 3000000) AS x UNWIND range(1, 3000000) AS y "
    "RETURN sum(x + y) AS n",
    "one row of millions": "RETURN range(1, 2000000) AS x",
    "a subquery for each": "MATCH (a) CALL { WITH a MATCH (b), (c), (d), (e) WHERE b.id <> a.id "
    "RETURN count(c.id + d.id + e.id) AS n } RETURN sum(n) AS n",
    "existence over everything": "MATCH (a), (b), (c) WHERE NOT EXISTS { MATCH (d), (e), (f) "
    "WHERE d.id + e.id + f.id = a.id + b.id + c.id + 'x' } RETURN count(*) AS n",
    "every neighbourhood listed": "MATCH (a) RETURN sum(size([(a)-[:SUPPLIES*1..9]-(b) | b.id])) AS n",
    # Neo4j neither counts nor stops these: with more of them it goes on until its heap is full.
    "lists of lists of lists": "RETURN size([x IN range(1, 20) | [y IN range(1, 1000) | "
    "[z IN range(1, 1000) | z + y + x]]]) AS n",
    "sorted at random": "MATCH (a), (b), (c), (d), (e), (f) RETURN a.id AS id ORDER BY rand() LIMIT 1",
    "all that differ": "MATCH (a), (b), (c), (d), (e) "
    "RETURN size(collect(DISTINCT a.key + b.key + c.key + d.key + e.key)) AS n",
    "a sum in a loop": "RETURN reduce(s = 0.0, i IN range(1, 2000000000) | s + sqrt(i)) AS n",
    "a list in itself": "RETURN reduce(s = [], i IN range(1, 100000) | [s]) AS x",
    "a map in itself": "RETURN reduce(s = {a: 1}, i IN range(1, 100000) | {a: s}) AS x",
    "everything in one row": "MATCH p = (a)-[:SUPPLIES*1..5]-(b) RETURN collect(p) AS x",
    "a wall of columns": f"RETURN {', '.join(f'range(1, 5000) AS c{at}' for at in range(900))}",
    "rows of long texts": "UNWIND range(1, 9000) AS x "
    "RETURN reduce(s = 'abcdefgh', i IN range(1, 11) | s + s) AS t",
}


@cache
def graph() -> SupplyGraph:
    return random_graph(20, links_each=30)


def survive(store: Store, statement: str) -> bool:
    """Run what may be too much, and tell whether it was; if so in one sentence. The next query must work."""
    text = ""
    try:
        store.query(statement, timeout=0.2)
    except StoreError as error:
        text = str(error)
        assert "\n" not in text and text.endswith(".") and len(text) < 600
    # A server that was left with a bomb may take its time to put it away.
    assert store.query("RETURN 1 AS one", timeout=600)["one"].tolist() == [1]
    return bool(text)


@pytest.mark.parametrize("what", sorted(NESTED))
def test_what_is_nested_too_deeply_is_refused_before_it_runs(what: str) -> None:
    with pytest.raises(QueryRefusedError, match="nested|more than|longer than"):
        cypher_guard.check_statement(NESTED[what])


@pytest.mark.parametrize("what", sorted(FLOODS))
def test_a_flood_is_stopped(loaded: Store, what: str) -> None:
    stopped = survive(loaded, FLOODS[what])
    # The server doubles a list without copying it, so it can tell how long it would be.
    assert stopped or (loaded.capabilities.kind, what) == ("neo4j", "a list doubled")


@pytest.mark.parametrize("what", ["unions", "subqueries", "lists in lists"])
def test_a_crash_of_the_engine_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Behind the guard: what kills the engine's process does not kill this one."""
    pytest.importorskip("kglite")
    for name in ("MAX_DEPTH", "MAX_BRANCHES", "MAX_TOKENS"):
        monkeypatch.setattr(cypher_guard, name, 10**9)
    with open_store(str(tmp_path / "g.kgl")) as store:
        store.load(random_graph(1, clusters=1, size=3, years=1))
        cypher_guard._checked.cache_clear()
        try:
            assert survive(store, NESTED[what])
        finally:
            cypher_guard._checked.cache_clear()


def test_memory_is_capped(tmp_path: Path) -> None:
    pytest.importorskip("kglite")
    with open_store(str(tmp_path / "g.kgl"), memory=64) as store:
        store.load(random_graph(1, clusters=1, size=3, years=1))
        with pytest.raises((QueryMemoryError, QueryRefusedError), match="memory|failed"):
            store.query(FLOODS["a text doubled"], timeout=60)
        assert store.query("RETURN 1 AS one")["one"].tolist() == [1]
    with pytest.raises(ParameterError, match="'memory' parameter"):
        open_store(str(tmp_path / "g.kgl"), memory=0)


@pytest.mark.parametrize("loaded", ["neo4j"], indirect=True)
def test_a_planner_that_does_not_end_is_left(loaded: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cypher_guard, "MAX_DEPTH", 10**9)
    cypher_guard._checked.cache_clear()
    try:
        with pytest.raises(QueryTimeoutError):
            loaded.query(NESTED["parentheses"], timeout=0.5)
    finally:
        cypher_guard._checked.cache_clear()


def test_the_process_stays_warm_and_follows_the_file(tmp_path: Path) -> None:
    pytest.importorskip("kglite")
    path = str(tmp_path / "g.kgl")
    count = "MATCH (p:Participant) RETURN count(p) AS n"
    with open_store(path) as reader, open_store(path) as writer:
        assert isinstance(reader, EmbeddedStore)
        writer.load(random_graph(1, clusters=1, size=3, years=1))
        first = int(reader.query(count)["n"][0])
        child = reader._worker._process
        with pytest.raises(QueryTimeoutError):
            reader.query(FLOODS["every walk"].replace("*1..9", "*1..30"), timeout=0.2)
        writer.load(random_graph(1, clusters=2, size=5, years=1))
        assert int(reader.query(count)["n"][0]) > first
        assert reader._worker._process is child
    assert child is not None and child.poll() is not None
