"""Every named query gives on both stores what plain Python gives from the same graph."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import pandas as pd
import pytest

from clustercoop.cookbook import bind, get_query, list_queries, run_named
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.stores.base import Store
from tests.contract.cypher.counterparts import COUNTERPARTS
from tests.contract.samples import outcome, random_graph, with_knowledge

# A row of the sample is open; that an answer may lack such a row is tested with the modes of loading.
pytestmark = pytest.mark.filterwarnings("ignore:Rows about supply or members")

ONE = {"cluster": "c1", "year": 2022, "supplier": "0008", "buyer": "0010"}


@cache
def graph() -> SupplyGraph:
    return with_knowledge(random_graph(44, clusters=2, size=7, years=3, links_each=20))


@cache
def outcomes() -> dict[str, pd.DataFrame]:
    return outcome(graph(), seed=5)


def test_every_query_has_a_counterpart() -> None:
    assert sorted(COUNTERPARTS) == sorted(list_queries())
    assert len(COUNTERPARTS) >= 20


def parameters(name: str) -> list[dict[str, Any]]:
    """Return the parameter sets a query is tried with: all defaults where possible, and one formation."""
    query = get_query(name)
    given = {p.name: ONE[p.name] for p in query.parameters if p.name in ONE}
    sets = [given]
    if not any(p.required for p in query.parameters):
        sets.append({})
    if any(p.name == "minimum" for p in query.parameters):
        sets.append({**given, "minimum": 3.0, "top": 500})
    if any(p.name == "width" for p in query.parameters):
        sets.append({**given, "width": 2, "top": 500})
    return sets


@pytest.mark.parametrize("name", sorted(COUNTERPARTS))
def test_a_query_equals_its_counterpart(loaded: Store, name: str) -> None:
    query = get_query(name)
    for given in parameters(name):
        found = run_named(loaded, name, given, timeout=600)
        assert list(found.columns) == list(query.returns)
        rows = COUNTERPARTS[name](graph(), outcomes(), bind(query, given))
        assert len(rows) > 0, "a query without rows proves nothing"
        assert_same(found, rows)


def assert_same(found: pd.DataFrame, rows: list[tuple[Any, ...]]) -> None:
    """Compare cell by cell: numbers to 1e-9, everything else exactly."""
    assert len(found) == len(rows)
    for got, wanted in zip(found.itertuples(index=False, name=None), rows, strict=True):
        for mine, theirs in zip(got, wanted, strict=True):
            if isinstance(theirs, list):
                assert mine == theirs
            elif theirs is None or pd.isna(theirs):
                assert mine is None or pd.isna(mine)
            elif isinstance(theirs, str | bool):
                assert mine == theirs
            else:
                assert float(mine) == pytest.approx(float(theirs), rel=1e-9, abs=1e-12)


def test_internal_supply_equals_the_formations_to_the_last_digit_shown(loaded: Store) -> None:
    found: Mapping[tuple[str, int], float] = {
        (str(r.cluster_id), int(str(r.year))): float(str(r.internal_supply))
        for r in run_named(loaded, "internal_supply", timeout=600).itertuples()
    }
    sums = {(f.cluster_id, f.year): float(f.weight.sum()) for f in graph().formations()}
    assert found == pytest.approx(sums, rel=1e-12)


def test_the_graph_is_a_fair_sample() -> None:
    assert isinstance(graph(), SupplyGraph)
    assert any(f.self_supply.sum() > 0 for f in graph().formations())
    assert any(f.sales_outside.sum() > 0 for f in graph().formations())
    twice = graph().participants["participant_id"].duplicated()
    assert twice.any(), "somebody belongs to two clusters"
