"""Any engine gives what a plain loop gives, in order, and tells how far it is."""

from __future__ import annotations

import pickle
from functools import partial

import pytest

from clustercoop import engines
from clustercoop.api import load
from clustercoop.example import dataset
from clustercoop.graph.errors import ParameterError
from clustercoop.graph.formation import Formation
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import DOMAINS, Settings
from clustercoop.pipeline import measure_formation


def named(formation: Formation) -> tuple[str, int, int]:
    return formation.cluster_id, formation.year, formation.n


def failing(formation: Formation) -> None:
    raise ZeroDivisionError(formation.cluster_id)


@pytest.fixture(scope="module")
def graph() -> SupplyGraph:
    return load(dataset())


@pytest.mark.parametrize("name", DOMAINS["engine"][1].choices)
@pytest.mark.parametrize("workers", [0, 1, 3])
def test_an_engine_maps_in_order_and_tells_each(graph: SupplyGraph, name: str, workers: int) -> None:
    formations = graph.formations()
    told: list[tuple[str, int, int]] = []
    engine = engines.open(name, workers=workers)
    found = engine.map(named, formations, progress=lambda *step: told.append(step), phase="work")
    assert found == [named(f) for f in formations]
    assert told == [("work", k, len(formations)) for k in range(len(formations) + 1)]
    assert engine.map(named, []) == []


@pytest.mark.parametrize("name", DOMAINS["engine"][1].choices)
def test_what_a_task_raises_reaches_the_caller(graph: SupplyGraph, name: str) -> None:
    with pytest.raises(ZeroDivisionError):
        engines.open(name).map(failing, graph.formations())


def test_the_task_of_an_analysis_can_be_pickled(graph: SupplyGraph) -> None:
    task = partial(measure_formation, graph=graph, settings=Settings(nulls=0))
    formation = graph.formations()[0]
    again, sent = pickle.loads(pickle.dumps((task, formation)))
    here, there = task(formation).formation, again(sent).formation
    assert {k: repr(v) for k, v in here.items()} == {k: repr(v) for k, v in there.items()}


def test_an_unknown_engine_is_refused_in_one_sentence() -> None:
    with pytest.raises(ParameterError, match="one of local"):
        engines.open("cloud")
