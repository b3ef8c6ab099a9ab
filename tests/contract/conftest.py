"""A store of each kind that speaks Cypher, loaded once for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from clustercoop.graph.stores.base import Store
from clustercoop.graph.stores.uri import open_store


@pytest.fixture(scope="module", params=["embedded", "neo4j"])
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store that holds the module's `graph`, and the results of its `outcomes` where it has any."""
    if request.param == "embedded":
        pytest.importorskip("kglite", reason="kglite is not installed: pip install '.[embedded]'")
        address = str(tmp_path_factory.mktemp("loaded") / "graph.kgl")
    else:
        address = str(request.getfixturevalue("neo4j_uri"))
    with open_store(address) as store:
        store.clear()
        store.load(request.module.graph())
        if outcomes := getattr(request.module, "outcomes", None):
            store.write_results(outcomes())
        yield store
