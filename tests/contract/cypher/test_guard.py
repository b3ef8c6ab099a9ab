"""Nothing but reading gets through: the guard alone, and both engines behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustercoop.cookbook import list_queries
from clustercoop.graph.errors import ParameterError, StoreError
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.stores.base import Store
from clustercoop.graph.stores.cypher_guard import check_parameters, check_statement, tokens
from clustercoop.graph.stores.protocol import QueryRefusedError, QueryTimeoutError
from clustercoop.graph.stores.uri import open_store
from tests.contract.cypher import attacks
from tests.contract.samples import outcome, random_graph

CYPHER = pytest.mark.parametrize("store_address", ["embedded", "neo4j"], indirect=True)
EVIL = ("DELETE", "SET", "CREATE", "MERGE", "REMOVE", "LOAD")


def test_there_are_enough_attempts() -> None:
    assert len(set(attacks.EVERY)) == len(attacks.EVERY) >= 60


@pytest.mark.parametrize("statement", attacks.EVERY)
def test_the_guard_refuses(statement: str) -> None:
    with pytest.raises(QueryRefusedError) as caught:
        check_statement(statement)
    assert str(caught.value).startswith("The query is refused: ")
    assert "\n" not in str(caught.value)


@CYPHER
def test_no_attempt_changes_a_store(store: Store, tmp_path: Path) -> None:
    graph = random_graph(20, clusters=2, size=4, years=2)
    store.load(graph)
    before = store.query("MATCH (n) RETURN count(n) AS n, count(DISTINCT labels(n)) AS kinds")
    for statement in attacks.EVERY:
        with pytest.raises(QueryRefusedError):
            store.query(statement)
    for name in attacks.INJECTIONS:
        found = store.query("MATCH (c:Cluster) WHERE c.id = $cluster RETURN c.id AS id", {"cluster": name})
        assert len(found) == 0
    for bad in attacks.BAD_PARAMETERS:
        with pytest.raises(QueryRefusedError):
            store.query("RETURN 1 AS one", bad)
    after = store.query("MATCH (n) RETURN count(n) AS n, count(DISTINCT labels(n)) AS kinds")
    pd.testing.assert_frame_equal(before, after)
    assert store.read().equals(graph)


@CYPHER
def test_hostile_ids_names_and_columns_are_only_data(store: Store) -> None:
    ids = [*attacks.INJECTIONS, *attacks.WRITES[:6]]
    graph = SupplyGraph.from_tables(
        {
            "participants": pd.DataFrame({"participant_id": ids, "cluster_id": ids[0], "name": ids[::-1]}),
            "links": pd.DataFrame(
                {
                    "year": 2020,
                    "supplier_id": ids,
                    "buyer_id": ids[1:] + ids[:1],
                    "value": 1.0,
                    "product_code": ids[::-1],
                    "file": ids,
                }
            ),
            "clusters": pd.DataFrame({"cluster_id": ids, "name": ids}),
        }
    )
    store.load(graph)
    tables = outcome(graph)
    for name in ids:
        tables["formations"][name] = 1
    store.write_results(tables)
    assert store.read().equals(graph)
    assert len(store.read_results()["formations"]) == 1
    for name in ids[:2]:
        store.delete(cluster=name)
        store.load(graph)
    assert store.read().equals(graph)


@CYPHER
def test_a_read_only_statement_runs(store: Store) -> None:
    store.load(random_graph(20, clusters=2, size=4, years=2))
    found = store.query(
        "MATCH (n:Participant) /* it's; fine */ WHERE n.name CONTAINS $part // SET\n"
        "RETURN n.name AS `the name; DELETE`, 'SET' AS word ORDER BY n.id LIMIT 2",
        {"part": "Завод"},
    )
    assert list(found.columns) == ["the name; DELETE", "word"]
    assert found["word"].tolist() == ["SET", "SET"]


@CYPHER
def test_a_runaway_query_is_stopped(store: Store) -> None:
    store.load(random_graph(20))
    # The server says that it stopped the query; where it does not say so in time, the query is left.
    with pytest.raises(QueryTimeoutError, match=r"longer than 0\.5 s|no answer within 0\.5 s"):
        store.query(
            "MATCH p = (a)-[:SUPPLIES*1..9]->(b), q = (c)-[:SUPPLIES*1..9]->(d) RETURN count(*) AS n",
            timeout=0.5,
        )


@CYPHER
def test_rows_beyond_the_limit_are_left_out_and_told(store: Store) -> None:
    store.load(random_graph(20))
    found = store.query("UNWIND range(1, 50) AS x RETURN x", limit=5)
    assert found["x"].tolist() == [1, 2, 3, 4, 5]
    assert "first 5 rows" in found.attrs["note"]
    assert "note" not in store.query("UNWIND range(1, 5) AS x RETURN x", limit=5).attrs


@CYPHER
@pytest.mark.parametrize("bad", [{"timeout": 0}, {"timeout": float("nan")}, {"limit": 0}, {"limit": True}])
def test_bounds_must_be_bounds(store: Store, bad: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match="of query must be"):
        store.query("RETURN 1 AS one", **bad)


@CYPHER
def test_a_mistake_is_one_sentence(store: Store) -> None:
    store.load(random_graph(20, clusters=1, size=3, years=1))
    with pytest.raises(QueryRefusedError) as caught:
        store.query("MATCH (n RETURN n")
    assert "\n" not in str(caught.value)


def test_the_cookbook_passes_the_guard() -> None:
    for query in list_queries().values():
        check_statement(query.cypher)


@given(st.text(max_size=60), st.sampled_from(EVIL), st.text(max_size=60))
def test_a_bare_keyword_never_gets_through(before: str, word: str, after: str) -> None:
    """Whatever stands around it: a write keyword outside strings, names and comments is refused."""
    text = f"RETURN {before} {word} {after}"
    try:
        kept = list(tokens(text))
    except QueryRefusedError:
        return
    if any(t.kind == "word" and t.text.upper() == word for t in kept):
        with pytest.raises(QueryRefusedError):
            check_statement(text)


@given(st.text(max_size=80))
def test_what_passes_keeps_its_tokens(text: str) -> None:
    """The statement that an engine receives is the one that was checked, without comments."""
    try:
        passed = check_statement(f"RETURN {text}")
    except QueryRefusedError:
        return
    again = [(t.kind, t.text) for t in tokens(passed)]
    whole = [(t.kind, t.text) for t in tokens(f"RETURN {text}")]
    # A ";" that ends the statement is accepted and left out.
    assert again == (whole[:-1] if whole[-1] == ("mark", ";") else whole)


@pytest.mark.parametrize(
    "statement",
    [
        "MATCH (n) RETURN n.`set` AS x",
        "MATCH (n:`Create`) RETURN n",
        "MATCH (n) WHERE n.name = 'DELETE; //' RETURN n",
        "MATCH (n) WHERE n.name = $delete RETURN n",
        "RETURN {a: 1, b: [1, 2.5e3]} AS m",
        "RETURN 1 AS x; // that is all;",
        "MATCH p = shortestPath((a:Participant)-[:SUPPLIES*..4]->(b)) RETURN length(p) AS n",
        "CALL db.labels() YIELD label RETURN label",
        "CALL (*) { RETURN 1 AS one } RETURN one",
        "RETURN date.truncate('year', date()) AS d, duration.between(date(), date()) AS e",
        "MATCH (n) WITH n ORDER BY n.id SKIP 1 LIMIT 2 RETURN collect(DISTINCT n.id) AS ids",
        "MATCH (a)-[r:SUPPLIES|MEMBER_OF]->(b) WHERE NOT (a)-->(b) OR (a.x IN [1, 2]) RETURN count(*) AS n",
    ],
)
def test_reading_is_allowed(statement: str) -> None:
    assert check_statement(statement)


def test_parameters_of_every_plain_kind_pass() -> None:
    plain = {"a": "x", "b": 1, "c": 1.5, "d": None, "e": True, "f": ["x", 1], "g": {"h": [None]}}
    assert check_parameters(plain) == plain


def test_a_folder_or_another_file_is_no_embedded_store(tmp_path: Path) -> None:
    pytest.importorskip("kglite")
    bad = tmp_path / "bad.kgl"
    bad.write_bytes(b"not a graph")
    with pytest.raises(StoreError, match="not a readable graph file"), open_store(str(bad)) as store:
        store.read()
    (tmp_path / "folder.kgl").mkdir()
    with pytest.raises(StoreError, match="is a folder"):
        open_store(str(tmp_path / "folder.kgl"))
