"""What ``neo4j-admin database import`` made of an export is what a load would have made."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from clustercoop.cookbook import run_named
from clustercoop.graph.stores.uri import open_store
from tests.contract.imported import graph

# A row of the sample is open; that an answer may lack such a row is tested with the modes of loading.
pytestmark = pytest.mark.filterwarnings("ignore:Rows about supply or members")

FOLDER = os.environ.get("NEO4J_TEST_IMPORT", "")


@pytest.mark.skipif(not FOLDER, reason="NEO4J_TEST_IMPORT names no export that a server holds")
def test_an_imported_database_is_a_loaded_one() -> None:
    neo4j = pytest.importorskip("neo4j")
    auth = (os.environ["NEO4J_USERNAME"], os.environ["NEO4J_PASSWORD"])
    with neo4j.GraphDatabase.driver(os.environ["NEO4J_URI"], auth=auth) as driver:
        for line in (Path(FOLDER) / "constraints.cypher").read_text("utf-8").splitlines():
            driver.execute_query(line.removesuffix(";"))
    wanted = graph()
    count = "MATCH ()-[r]->() RETURN type(r) AS kind, count(r) AS n ORDER BY kind"
    with open_store(os.environ["NEO4J_URI"]) as store:
        assert store.read().equals(wanted)
        trades, links = (
            run_named(store, "cross_cluster_flows", {"year": 2022}, timeout=600),
            store.query(count),
        )
        assert store.load(wanted).removed_links == 0 and store.read().equals(wanted)
        assert run_named(store, "cross_cluster_flows", {"year": 2022}, timeout=600).equals(trades) and len(
            trades
        )
        assert store.query(count).equals(links)
        store.clear()
