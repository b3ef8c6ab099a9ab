"""A second run measures only what changed, and gives what a run without the cache gives."""

from __future__ import annotations

import pickle
import sqlite3
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from clustercoop import pipeline, reuse
from clustercoop.analysis.metric import Measured
from clustercoop.analysis.metrics import measure_all
from clustercoop.api import load
from clustercoop.graph.formation import Formation
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from tests.builders import frames

SETTINGS = Settings(nulls=0, core_replicates=0, metrics="cooperation,closedness,chain", workers=1)


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    return frames(clusters=2, members=6)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, int]]:
    """What is measured anew, with a cache of this test's own."""
    monkeypatch.setenv("CLUSTERCOOP_CACHE", str(tmp_path / "cache"))
    told: list[tuple[str, int]] = []
    plain = measure_all

    def telling(formation: Formation, **rest: Any) -> Measured:
        told.append((formation.cluster_id, formation.year))
        return plain(formation, **rest)

    monkeypatch.setattr(pipeline, "measure_all", telling)
    return told


def measured(graph: SupplyGraph, asked: list[tuple[str, int]], **options: Any) -> list[tuple[str, int]]:
    """Analyse; the figures are those of a run without the cache. Return what was measured for it."""
    del asked[:]
    settings = SETTINGS.replace(**options)
    some = [(f.cluster_id, f.year) for f in graph.formations()]
    found = pipeline.analyze_graph(graph, settings, only=some)
    fresh = list(asked)
    again = pipeline.analyze_graph(graph, settings.replace(no_cache=True), only=some)
    for table in ("formations", "participants", "gaps"):
        pd.testing.assert_frame_equal(getattr(found, table), getattr(again, table))
    assert list(found.findings) == list(again.findings)
    return fresh


def test_only_what_changed_is_measured(tables: dict[str, pd.DataFrame], asked: list[tuple[str, int]]) -> None:
    every = [("C0", 2021), ("C0", 2022), ("C1", 2021), ("C1", 2022)]
    assert measured(load(tables), asked) == every
    assert measured(load(tables), asked) == []
    links = tables["links"]
    first = (links["year"] == 2022) & links["supplier_id"].str.startswith("1")
    at = links.index[first][0]
    more = tables | {"links": links.assign(value=links["value"].where(links.index != at, links["value"] + 1))}
    assert measured(load(more), asked) == [("C1", 2022)]
    assert measured(load(tables), asked) == []


def test_roles_of_partners_outside_and_kinds_of_links_count(
    tables: dict[str, pd.DataFrame], asked: list[tuple[str, int]]
) -> None:
    out = {"year": [2022], "supplier_id": ["0000"], "buyer_id": ["9999"], "value": [1.0]}
    tables["links"] = pd.concat([tables["links"], pd.DataFrame(out)], ignore_index=True)
    measured(load(tables), asked)
    people = tables["participants"]
    partner = pd.DataFrame({"participant_id": ["9999"], "cluster_id": [None], "role": ["university"]})
    known = tables | {"participants": pd.concat([people, partner], ignore_index=True)}
    assert measured(load(known), asked) == [("C0", 2022)]
    kinds = tables["links"].assign(kind=None)
    kinds.loc[(kinds["year"] == 2021) & kinds["supplier_id"].str.startswith("0"), "kind"] = "knowledge"
    assert measured(load(tables | {"links": kinds}), asked) == [("C0", 2021)]


def test_settings_and_files_count(
    tables: dict[str, pd.DataFrame], asked: list[tuple[str, int]], tmp_path: Path
) -> None:
    graph = load(tables)
    assert len(measured(graph, asked)) == 4
    assert len(measured(graph, asked, zero_value_added="keep")) == 4
    assert measured(graph, asked, workers=2) == []
    keys = reuse.digests(graph.formations(), graph, SETTINGS)
    own = tmp_path / "own.toml"
    told = []
    for text in ("a = 1", "a = 2", "a = 1"):
        own.write_text(text)
        told.append(reuse.digests(graph.formations(), graph, SETTINGS.replace(thresholds=str(own))))
    assert told[0] == told[2] != told[1] and keys not in told


def test_a_damaged_or_unwritable_cache_is_left_aside(
    tables: dict[str, pd.DataFrame], asked: list[tuple[str, int]], tmp_path: Path
) -> None:
    graph = load(tables)
    measured(graph, asked)
    file = tmp_path / "cache" / "measures.sqlite"
    file.write_bytes(b"no database" * 1000)
    assert len(measured(graph, asked)) == 4
    assert measured(graph, asked) == []
    for content in (b"\0", zlib.compress(pickle.dumps("no measures")), zlib.compress(b"\x80\x09.")):
        with sqlite3.connect(file) as opened:
            opened.execute("UPDATE measures SET content = ?", (content,))
        opened.close()
        assert len(measured(graph, asked)) == 4
    file.unlink()
    file.parent.rmdir()
    file.parent.write_text("a file stands there")
    assert len(measured(graph, asked)) == 4


def test_what_is_interrupted_keeps_nothing_half(
    tables: dict[str, pd.DataFrame], asked: list[tuple[str, int]]
) -> None:
    graph = load(tables)

    def stopped(formations: Sequence[Formation]) -> list[Measured]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reuse.reused(stopped, graph.formations(), graph, SETTINGS)
    assert len(measured(graph, asked)) == 4


def test_the_oldest_go(
    tables: dict[str, pd.DataFrame], asked: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reuse, "MOST", 3)
    measured(load(tables), asked)
    assert len(measured(load(tables), asked)) == 1
