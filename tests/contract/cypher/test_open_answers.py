"""An answer of the cookbook that may lack rows says so: rows nobody could read, figures that are unknown."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import clustercoop
from clustercoop.cookbook import get_query, list_queries, run_named
from clustercoop.graph.errors import StoreError
from clustercoop.graph.stores.base import Store
from clustercoop.graph.stores.protocol import StoreWarning
from clustercoop.graph.stores.uri import open_store
from clustercoop.stored import result_tables

LINKS = [
    (2021, "a", "b", "n/a?"),  # nobody could read it: a may have supplied b before
    (2022, "a", "b", "10"),
    (2022, "b", "c", "7"),
    (2022, "c", "a", "3"),
    (2021, "b", "c", "5"),
    (2022, "x", "a", "5"),
    (2023, "y", "b", "??"),
    (2023, "a", "b", "9"),
    (2023, "x", "a", "5"),
]
ACTIVITY = [(who, year, 100.0, 4.0 if who == "d" else None) for who in "abcde" for year in (2021, 2022, 2023)]
TABLES = {
    "participants": pd.DataFrame({"participant_id": list("abcde"), "cluster_id": "k"}),
    "activity": pd.DataFrame(ACTIVITY, columns=["participant_id", "year", "output", "used_by_participants"]),
    "links": pd.DataFrame(LINKS, columns=["year", "supplier_id", "buyer_id", "value"]),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    pytest.importorskip("kglite")
    result = clustercoop.analyze(TABLES, nulls=0, workers=1)
    path: Path = tmp_path_factory.mktemp("open") / "g.kgl"
    with open_store(str(path)) as opened:
        opened.load(result.graph)
        opened.write_results(result_tables(result))
        yield opened


def asked(store: Store, name: str, year: int | None = 2022) -> tuple[pd.DataFrame, str]:
    params = {"cluster": "k"} if year is None else {"cluster": "k", "year": year}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        rows = run_named(store, name, params)
    return rows, " ".join(str(one.message) for one in told if issubclass(one.category, StoreWarning))


def test_a_new_link_may_be_an_old_one_that_nobody_could_read(store: Store) -> None:
    rows, told = asked(store, "new_links")
    assert rows["supplier_id"].tolist() == ["a", "c"] and "may lack" in told
    assert "may lack" not in asked(store, "mutual_links")[1]  # of 2022 alone all is read
    assert (
        get_query("new_links").years(2022) == [2021, 2022] and get_query("type_changes").years(None) is None
    )


def test_shares_of_what_the_core_buys_tell_of_purchases_that_nobody_could_read(store: Store) -> None:
    assert "may lack" in asked(store, "core_dependency", 2023)[1]
    assert "may lack" not in asked(store, "core_dependency")[1]
    assert "may lack" not in asked(store, "cooperation", 2023)[1]  # the analysis left its figures open itself


def test_a_core_that_is_unknown_is_not_empty(store: Store) -> None:
    rows, told = asked(store, "core_members")  # a, b and c change places at the same fit
    assert not len(rows) and "In 1 cluster-years" in told and "(in_core) is unknown" in told
    assert asked(store, "core_members", 2023)[1] == ""
    assert "(ecosystem_type) is unknown" in asked(store, "type_changes", None)[1]
    with pytest.raises(StoreError, match="no results of cluster k in 2020"):
        asked(store, "two_year_losses", 2022)


def test_who_reports_supply_to_members_is_not_without_partners(store: Store) -> None:
    assert asked(store, "no_internal_partner")[0]["participant_id"].tolist() == ["e"]  # d reports 4


def test_members_without_a_stage_are_shown_without(store: Store) -> None:
    stages = asked(store, "chain_positions")[0].set_index("participant_id")["stage"]
    assert sorted(stages.index) == list("abcde") and stages[["d", "e"]].isna().all()


def test_what_the_analysis_made_needs_its_results() -> None:
    labels = {"Formation", "Gap", "Eligibility", "EligibilityLinks", "KeyParticipants"}
    made = labels | {"MEASURED", "formation_verdict"}
    for query in list_queries().values():
        read = set(re.findall(r"\w+", query.cypher))
        assert (query.needs == "results") == bool(made & read), query.name
