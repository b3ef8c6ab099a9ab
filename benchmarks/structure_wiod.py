"""Structure of nine WIOD years (369 formations of 35) against a networkx, bctpy and numpy script, in one run.

Run from the repository's root: ``OMP_NUM_THREADS=1 python -m benchmarks.structure_wiod``. It needs
``../shared/data``; the core fit of the script needs bctpy (extra ``bench``).

Four tables: every structural metric without nulls, from loaded tables, paired with the script of
`benchmarks.cooperation_wiod`, which computes fewer; the same by stage; both nulls of every formation on two
workers; and what a first run spends on compiling, in an empty cache. Processor time is compared, which a
busy machine blurs less than the clock; the clock is printed beside it, with the machine's load.
"""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read once, when numpy loads

import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any

from benchmarks.cooperation_wiod import peer
from benchmarks.wiod import SHARED, with_countries
from clustercoop import engines
from clustercoop.analysis import chain, entrainment
from clustercoop.analysis.closedness import measure as measure_closedness
from clustercoop.analysis.core_periphery.measure import measure as measure_core
from clustercoop.analysis.metrics import measure_all
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings

PAIRS = 3
WITHOUT, WITH = 1.5, 60.0
"""Seconds allowed on two idle cores: without nulls, and with 199 of both kinds."""

COLD = """
import time
import numpy as np, pandas as pd
from clustercoop.analysis.metrics import measure_all
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
rng = np.random.default_rng(0)
tables = {"participants": [], "links": []}
for cluster, n in (("small", 12), ("large", 30)):
    ids = [f"{cluster}{i:02}" for i in range(n)]
    supplier, buyer = np.nonzero(rng.random((n, n)) < 0.3)
    tables["participants"].append(pd.DataFrame({"participant_id": ids, "cluster_id": cluster}))
    tables["links"].append(pd.DataFrame({"year": 2022, "supplier_id": np.take(ids, supplier),
        "buyer_id": np.take(ids, buyer), "value": rng.lognormal(size=len(supplier))}))
graph = SupplyGraph.from_tables({name: pd.concat(parts) for name, parts in tables.items()})
formations = graph.formations()
spent = []
for _ in range(2):
    start = time.process_time()
    for formation in formations:
        measure_all(formation, Settings(nulls=1), graph)
    spent.append(time.process_time() - start)
print(spent[0] - spent[1])
"""


@dataclass(frozen=True)
class Spent:
    """Seconds of the processor and of the clock."""

    cpu: float
    wall: float


def timed(run: Callable[[], Any]) -> Spent:
    """Run once."""
    cpu, wall = time.process_time(), time.perf_counter()
    run()
    return Spent(time.process_time() - cpu, time.perf_counter() - wall)


def structure(graph: SupplyGraph, nulls: int, workers: int) -> None:
    """Cut the formations anew and measure each."""
    graph.__dict__.pop("_all_formations", None)
    settings = Settings(nulls=nulls)
    task = partial(measure_all, settings=settings, graph=graph)
    engines.open(workers=workers).map(task, graph.formations())


def stages(graph: SupplyGraph) -> dict[str, float]:
    """Return the processor time of each stage, one after another."""
    graph.__dict__.pop("_all_formations", None)
    settings = Settings(nulls=0)
    spent = {"formations": timed(graph.formations).cpu}
    formations = graph.formations()
    cores: list[Any] = []
    parts: dict[str, Callable[[], Any]] = {
        "core-periphery": lambda: cores.extend(measure_core(f, settings) for f in formations),
        "closedness": lambda: [measure_closedness(f, settings, graph) for f in formations],
        "chain": lambda: [chain.measure(f, settings, graph) for f in formations],
        "entrainment": lambda: [
            entrainment.measure(f, settings, core.participants["in_core"])
            for f, core in zip(formations, cores, strict=True)
        ],
    }
    return spent | {name: timed(run).cpu for name, run in parts.items()}


def compiling() -> float:
    """Return the processor time of compiling all kernels of an analysis, in an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", COLD],
            env={**os.environ, "CLUSTERCOOP_KERNELS": folder, "PYTHONPATH": os.getcwd()},
            capture_output=True,
            text=True,
            check=True,
        )
    return float(done.stdout)


def main() -> int:
    """Print the tables; 1 where two idle cores could not keep the time allowed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=PAIRS, help="runs of both sides")
    parser.add_argument("--nulls", type=int, default=199, help="replicates of each null; 0 leaves them out")
    given = parser.parse_args()
    if not SHARED.exists():
        print(f"{SHARED} is absent: nothing to measure")
        return 0
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "llvmlite", "networkx"))
    print(f"Python {platform.python_version()}, {packages}, {os.cpu_count()} cores")
    dataset, edges, nodes = with_countries()
    graph = SupplyGraph.from_tables(dataset, currency="USD")
    structure(graph, 0, 1)  # compile
    print(
        f"{len(graph.formations())} formations, {len(graph.links):,} links; load {os.getloadavg()[0]:.1f}\n"
    )

    ours, two, script = [], [], []
    for _ in range(given.pairs):
        ours.append(timed(lambda: structure(graph, 0, 1)))
        two.append(timed(lambda: structure(graph, 0, 2)))
        script.append(sum(peer(edges, nodes).values()))
    cpu = statistics.median(run.cpu for run in ours)
    print(f"every structural metric without nulls, median of {given.pairs} pairs, seconds")
    print(f"  one worker:  {cpu:6.2f} processor {statistics.median(run.wall for run in ours):6.2f} clock")
    print(
        f"  two workers: {statistics.median(run.cpu for run in two):6.2f} processor "
        f"{statistics.median(run.wall for run in two):6.2f} clock ({WITHOUT} allowed)"
    )
    ratio = statistics.median(theirs / run.cpu for theirs, run in zip(script, ours, strict=True))
    print(f"  script:      {statistics.median(script):6.2f} processor, fewer metrics = {ratio:.0f} x ours")
    runs = [stages(graph) for _ in range(given.pairs)]
    for name in runs[0]:
        print(f"    {name:16}{statistics.median(run[name] for run in runs):6.2f}")

    cold = statistics.median(compiling() for _ in range(given.pairs))
    print(f"\ncompiling in an empty cache, the first run only: {cold:.1f} s of processor time")
    if given.nulls:
        nulls = timed(lambda: structure(graph, given.nulls, 2))
        fits = 2 * given.nulls * len(graph.formations())
        print(
            f"{given.nulls} nulls of both kinds on two workers: {nulls.cpu:.1f} s processor = "
            f"{1e3 * nulls.cpu / fits:.2f} ms a draw and fit, {nulls.wall:.1f} s clock ({WITH:.0f} allowed), "
            f"{nulls.cpu / nulls.wall:.2f} cores busy; load {os.getloadavg()[0]:.1f}"
        )
        return int(cpu > WITHOUT or nulls.cpu / 2 > WITH)
    return int(cpu > WITHOUT)


if __name__ == "__main__":
    raise SystemExit(main())
