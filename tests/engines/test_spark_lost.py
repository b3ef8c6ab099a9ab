"""A worker that dies and an executor that is lost are replaced, on executors of their own processes.

Two executors, each a Java process beside that of the driver, take half a minute to start: where CI asks for
Spark it is done.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import os, signal, sys, time
from functools import partial
from pathlib import Path
from clustercoop import engines
from clustercoop.api import load
from clustercoop.example import dataset
from clustercoop.graph.settings import Settings
from clustercoop.analysis.metrics import measure_all

def parent(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])

def java():
    pid = os.getpid()
    while b"java" not in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\\0")[0]:
        pid = parent(pid)
    return pid

def dying(formation, folder):
    for name, victim in (("worker", os.getpid()), ("executor", java())):
        try:
            (Path(folder) / name).touch(exist_ok=False)
        except FileExistsError:
            continue
        os.kill(victim, signal.SIGKILL)
        time.sleep(30)
    return formation.cluster_id, formation.year, java()

graph = load(dataset())
formations = graph.formations()[:24]
engine = engines.open("spark", master="local-cluster[2,1,1024]")
found = engine.map(partial(dying, folder=sys.argv[1]), formations)
assert [f[:2] for f in found] == [(f.cluster_id, f.year) for f in formations]
assert os.getpid() not in {f[2] for f in found}
some = formations[:4]
task = partial(measure_all, graph=graph, settings=Settings(nulls=0, core_replicates=2))
for one, two in zip(engine.map(task, some), map(task, some), strict=True):
    assert repr(one.formation) == repr(two.formation) and one.findings == two.findings
engine.spark.stop()
"""


@pytest.mark.skipif(
    not os.environ.get("CLUSTERCOOP_REQUIRE_SPARK"), reason="set CLUSTERCOOP_REQUIRE_SPARK to start executors"
)
def test_a_dead_worker_and_a_lost_executor_are_replaced(tmp_path: Path, spark: object) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert {path.name for path in tmp_path.iterdir()} == {"worker", "executor"}
