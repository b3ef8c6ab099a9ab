"""Every output column is made in exactly one place."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from clustercoop.analysis import context
from clustercoop.analysis.context import Context
from clustercoop.analysis.metrics import metrics
from clustercoop.analysis.policy.outline import with_policy
from clustercoop.analysis.thresholds import load_thresholds
from clustercoop.analysis.typology import classify, rule_verdicts
from clustercoop.graph.columns import output_columns
from clustercoop.graph.formation import Formation
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from clustercoop.pipeline import WRITTEN, across_formations, analyze_graph
from tests.builders import frames

KEYS = {"cluster_id", "year", "participant_id"}


def test_every_column_has_exactly_one_producer() -> None:
    graph, settings = SupplyGraph.from_tables(frames(clusters=1, members=6)), Settings(nulls=1, workers=1)
    formation = graph.formations()[0]
    around = Context(formation, graph, settings)
    found = [metric(formation, around) for metric in metrics()]
    people = [name for metric in found for name in metric.participants]
    rows = [*KEYS, *(name for metric in found for name in metric.formation)]
    result = analyze_graph(graph, settings)
    table = result.formations[[name for name in result.formations.columns if name in rows]]
    typed = classify(table, load_thresholds(), "RUB")[0]
    across = across_formations(typed, result.participants)
    rows += [name for name in across.columns if name not in table.columns]
    policy = with_policy(table, result.policy, graph)[0]
    rows += [name for name in policy.columns if name not in table.columns]
    assert result.model is not None
    rows += ["rule_verdict", *result.model.scores.columns]
    for table_name, made in {"formations": rows, "participants": people}.items():
        counted = Counter(name for name in made if name not in KEYS)
        wanted = {c.column for c in output_columns(table_name)} - KEYS - set(WRITTEN)
        assert set(counted) == wanted
        assert [name for name, times in counted.items() if times > 1] == []
    clusters = {*result.model.clusters.columns, *rule_verdicts(result.formations, load_thresholds()).columns}
    assert {c.column for c in output_columns("clusters")} <= clusters


def test_cores_of_two_formations_are_found_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    graph, settings = SupplyGraph.from_tables(frames(clusters=2, members=4)), Settings()
    both = threading.Barrier(2)

    def meet(formation: Formation, _: Settings) -> tuple[str, int]:
        return formation.cluster_id, both.wait(30)

    monkeypatch.setattr(context, "measure_cores", meet)
    contexts = [Context(formation, graph, settings) for formation in graph.formations()[:2]]
    with ThreadPoolExecutor(2) as pool:
        found: list[Any] = list(pool.map(lambda each: each.cores, contexts))
    assert [one for one, _ in found] == [each.formation.cluster_id for each in contexts]
    assert [each.cores for each in contexts] == found  # made once
