"""Any engine gives what a plain loop gives, in order, and tells how far it is."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from clustercoop import engines
from clustercoop.analysis.metrics import measure_all
from clustercoop.analysis.results import Result
from clustercoop.api import load
from clustercoop.engines import local
from clustercoop.engines.local import LocalEngine
from clustercoop.example import dataset
from clustercoop.graph.errors import EngineError, ParameterError
from clustercoop.graph.formation import Formation
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.progress import Metered
from clustercoop.graph.settings import DOMAINS, Settings
from clustercoop.pipeline import analyze_graph

NAMES = DOMAINS["engine"][1].choices


def named(formation: Formation) -> tuple[str, int, int]:
    return formation.cluster_id, formation.year, formation.n


def failing(formation: Formation) -> None:
    raise ZeroDivisionError(formation.cluster_id)


def dying(formation: Formation, mark: Path) -> str:
    """Kill the process that runs this, the first time."""
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return formation.cluster_id


def always_dying(formation: Formation) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(scope="module")
def graph() -> SupplyGraph:
    return load(dataset())


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    if request.param == "spark":
        request.getfixturevalue("spark")
    return str(request.param)


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_an_engine_maps_in_order_and_tells_each(graph: SupplyGraph, name: str, workers: int) -> None:
    formations = graph.formations()
    told: list[tuple[str, int, int]] = []
    engine = engines.open(name, workers=workers)
    found = engine.map(named, formations, progress=lambda *step: told.append(step), phase="work")
    assert found == [named(f) for f in formations]
    assert told == [("work", k, len(formations)) for k in range(len(formations) + 1)]
    assert engine.map(named, []) == []


def test_what_a_task_raises_reaches_the_caller(graph: SupplyGraph, name: str) -> None:
    with pytest.raises(ZeroDivisionError):
        engines.open(name).map(failing, graph.formations())


def too_large(formation: Formation) -> float:
    return float(np.ones((formation.n, 1 << 50)).sum())


def test_a_task_out_of_memory_says_so_and_the_next_one_runs(graph: SupplyGraph, name: str) -> None:
    formations = graph.formations()[:3]
    with pytest.raises(MemoryError):
        engines.open(name).map(too_large, formations)
    assert engines.open(name).map(named, formations) == [named(f) for f in formations]


@pytest.fixture(scope="module")
def plain(graph: SupplyGraph) -> Result:
    return _result(graph, "local")


def _result(graph: SupplyGraph, engine: str) -> Result:
    settings = Settings(nulls=3, core_replicates=2, metrics="cooperation,core,closedness,chain")
    some = {(f.cluster_id, f.year) for f in graph.formations()[::8]}
    return analyze_graph(graph, settings.replace(engine=engine), only=some)


def test_engines_agree_on_every_figure_gap_and_finding(graph: SupplyGraph, plain: Result, name: str) -> None:
    found = _result(graph, name)
    for table in ("formations", "participants", "clusters", "gaps"):
        pd.testing.assert_frame_equal(getattr(found, table), getattr(plain, table), rtol=1e-12, atol=0)
    assert [asdict(f) for f in found.findings] == [asdict(f) for f in plain.findings]
    assert found.formations["core_p_degree"].notna().any()


@pytest.mark.usefixtures("spark")
def test_a_worker_that_is_killed_is_replaced_and_its_task_run_again(
    graph: SupplyGraph, tmp_path: Path
) -> None:
    mark = tmp_path / "died"
    formations = graph.formations()[:3]
    found = engines.open("spark").map(partial(dying, mark=mark), formations)
    assert mark.exists() and found == [f.cluster_id for f in formations]


@pytest.mark.usefixtures("spark")
def test_a_task_that_always_kills_its_worker_ends_in_one_sentence(graph: SupplyGraph) -> None:
    with pytest.raises(EngineError, match="^Spark gave up the work: Job aborted .* failed 4 times") as caught:
        engines.open("spark").map(always_dying, graph.formations()[:1])
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("spark")
def test_where_nothing_can_be_shared_one_sentence_says_so(
    graph: SupplyGraph, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("clustercoop.engines.spark._folder", lambda: tmp_path / "gone")
    with pytest.raises(EngineError, match="^Spark gave up the work: .*No such file") as caught:
        engines.open("spark").map(partial(dying, mark=tmp_path), graph.formations()[:1])
    assert "\n" not in str(caught.value)


def where(formation: Formation) -> tuple[str, int, int]:
    return formation.cluster_id, formation.year, os.getpid()


def once_elsewhere(formation: Formation, parent: int) -> int:
    """Fail in any process but the `parent`."""
    if os.getpid() != parent:
        raise MemoryError(formation.cluster_id)
    return formation.year


@pytest.fixture
def forking(monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform != "linux":
        pytest.skip("processes are forked on Linux alone")
    monkeypatch.setattr(local, "MANY", 2)
    monkeypatch.setattr(local, "_AT_ONCE", 3)
    monkeypatch.setattr(threading, "active_count", lambda: 1)  # whatever other tests left running


@pytest.mark.usefixtures("forking")
def test_many_formations_are_shared_out_among_processes_in_order(graph: SupplyGraph) -> None:
    formations = graph.formations()
    found = LocalEngine(2).map(where, formations)
    assert [key for *key, _ in found] == [[f.cluster_id, f.year] for f in formations]
    pids = [pid for *_, pid in found]
    assert pids[0] == os.getpid() and len(set(pids[1:])) == 2 and os.getpid() not in pids[1:]
    assert not multiprocessing.active_children()


@pytest.mark.usefixtures("forking")
def test_what_a_killed_or_failed_process_leaves_is_done_here(graph: SupplyGraph, tmp_path: Path) -> None:
    formations = graph.formations()
    found = list(local.map_short(partial(dying, mark=tmp_path / "died"), formations, workers=2))
    assert (tmp_path / "died").exists() and found == [f.cluster_id for f in formations]
    years = LocalEngine(2).map(partial(once_elsewhere, parent=os.getpid()), formations)
    assert years == [f.year for f in formations]
    with pytest.raises(ZeroDivisionError, match=formations[0].cluster_id):
        list(local.map_short(failing, formations, workers=2))
    assert not multiprocessing.active_children()


class Display:
    """Progress drawn by a thread."""

    drawing = True

    def __call__(self, phase: str, done: int, total: int) -> None: ...

    @contextmanager
    def paused(self) -> Iterator[None]:
        self.drawing = False
        yield
        self.drawing = True


@pytest.mark.usefixtures("forking")
def test_what_draws_by_a_thread_rests_while_processes_start(
    graph: SupplyGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    display = Display()
    monkeypatch.setattr(threading, "active_count", lambda: 1 + display.drawing)
    found = LocalEngine(2).map(where, graph.formations(), progress=Metered(display))
    assert len({pid for *_, pid in found}) == 3 and display.drawing


def test_nothing_is_forked_beside_another_thread(graph: SupplyGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "MANY", 2)
    stop = threading.Event()
    other = threading.Thread(target=stop.wait)
    other.start()
    try:
        found = [*LocalEngine(2).map(where, graph.formations()), *local.map_short(where, graph.formations())]
    finally:
        stop.set()
        other.join()
    assert {pid for *_, pid in found} == {os.getpid()}


@pytest.mark.usefixtures("forking")
def test_processes_measure_the_same_cooperation(graph: SupplyGraph) -> None:
    settings = Settings(metrics="cooperation")
    plain, shared = (analyze_graph(graph, settings.replace(workers=workers)) for workers in (1, 2))
    for table in ("formations", "participants", "clusters", "gaps", "requests"):
        pd.testing.assert_frame_equal(getattr(shared, table), getattr(plain, table))
    assert [asdict(f) for f in shared.findings] == [asdict(f) for f in plain.findings]


@pytest.mark.usefixtures("spark")
def test_one_process_has_one_session(graph: SupplyGraph) -> None:
    with pytest.raises(EngineError, match="has a Spark session on local"):
        engines.open("spark", master="spark://127.0.0.1:7077")


def test_the_task_of_an_analysis_can_be_pickled(graph: SupplyGraph) -> None:
    task = partial(measure_all, graph=graph, settings=Settings(nulls=0))
    formation = graph.formations()[0]
    again, sent = pickle.loads(pickle.dumps((task, formation)))
    here, there = task(formation).formation, again(sent).formation
    assert {k: repr(v) for k, v in here.items()} == {k: repr(v) for k, v in there.items()}


def test_an_unknown_engine_is_refused_in_one_sentence() -> None:
    with pytest.raises(ParameterError, match="one of local, spark"):
        engines.open("cloud")
