"""Time closedness, chain position and entrainment against HiGHS, networkx and numpy, and prove them equal.

Three tables: nine WIOD years from loaded formations; the same measures by the usual libraries on one year,
in the same run; and the largest circulation on random graphs against HiGHS and network simplex. Run with
``OMP_NUM_THREADS=1 python -m benchmarks.closedness [--years N]``.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import networkx as nx
import numpy as np
import scipy
from scipy.optimize import linprog
from scipy.sparse import csr_array

from benchmarks.wiod import SHARED, YEARS, tables
from clustercoop.analysis import chain, entrainment
from clustercoop.analysis.closedness import measure
from clustercoop.analysis.closedness.circulation import link_circulation_share
from clustercoop.analysis.closedness.components import strongly_connected_share
from clustercoop.analysis.closedness.finn import cycling_index
from clustercoop.analysis.closedness.trophic import link_levels
from clustercoop.graph.formation import Formation
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings

REPEATS = 5


def median_time(run: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Return the median of wall-clock seconds after one run that warms caches up."""
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def circulation_highs(n: int, src: Any, dst: Any, weight: Any) -> float:
    """Solve the linear program over a sparse balance matrix; scaled, as HiGHS's tolerances are absolute."""
    m = len(src)
    links = np.arange(m)
    balance = csr_array(
        (np.r_[np.ones(m), -np.ones(m)], (np.r_[src, dst], np.r_[links, links])), shape=(n, m)
    )
    scale = weight.max() / 1e6
    bounds = np.column_stack([np.zeros(m), weight / scale])
    found = linprog(-np.ones(m), A_eq=balance, b_eq=np.zeros(n), bounds=bounds, method="highs")
    return float(-found.fun * scale / weight.sum())


def circulation_simplex(n: int, src: Any, dst: Any, weight: Any) -> float:
    """Solve it by networkx's network simplex, on values rounded to integers."""
    graph = nx.DiGraph()
    whole = np.rint(weight).astype(int)
    for i, j, w in zip(src.tolist(), dst.tolist(), whole.tolist(), strict=True):
        graph.add_edge(i, j, capacity=w, weight=-1)
    return -nx.network_simplex(graph)[0] / whole.sum()


def strong_networkx(formation: Formation) -> float:
    """Return the strongly connected share by networkx."""
    graph = nx.DiGraph()
    graph.add_weighted_edges_from(
        zip(formation.src.tolist(), formation.dst.tolist(), formation.weight.tolist(), strict=True)
    )
    inside = 0.0
    for part in nx.strongly_connected_components(graph):
        inside += graph.subgraph(part).size(weight="weight")
    return inside / float(formation.weight.sum())


def levels_pinv(formation: Formation) -> Any:
    """Return the levels of MacKay, Johnson and Sansom by a dense pseudo-inverse, one component assumed."""
    flows = formation.dense()
    given, received = flows.sum(axis=1), flows.sum(axis=0)
    laplacian = np.diag(given + received) - flows - flows.T
    height = np.linalg.pinv(laplacian) @ (received - given)
    return height - height.min()


def finn_numpy(formation: Formation) -> float:
    """Return Finn's index by one dense inverse."""
    flows = formation.dense()
    through = np.where(formation.output > 0, formation.output, 1.0)
    visits = np.diagonal(np.linalg.inv(np.eye(formation.n) - flows / through[:, None]))
    return float(((1 - 1 / visits) * formation.output).sum() / formation.output.sum())


def nine_years(formations: Sequence[Formation], graph: SupplyGraph) -> None:
    """Time the three measures over every formation."""
    settings, core = Settings(), np.arange(35) < 10
    parts: dict[str, Callable[[Formation], Any]] = {
        "closedness": lambda f: measure(f, settings, graph),
        "chain": lambda f: chain.measure(f, settings, graph),
        "entrainment": lambda f: entrainment.measure(f, settings, core),
    }
    print(f"\n{len(formations)} formations, {sum(len(f.src) for f in formations):,} internal links")
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in parts}
    for _ in range(REPEATS + 1):
        fresh = [dataclasses.replace(f) for f in formations]  # what one measure leaves for the next is timed
        for name, run in parts.items():
            start, busy = time.perf_counter(), time.process_time()
            _each(run, fresh)
            runs[name].append((time.perf_counter() - start, time.process_time() - busy))
    total = np.zeros(2)
    for name, times in runs.items():
        seconds = np.median(times[1:], axis=0)
        total += seconds
        each = 1e3 * seconds[1] / len(formations)
        print(f"  {name:12s} {seconds[0]:7.3f} s wall {seconds[1]:7.3f} s CPU {each:6.2f} ms each")
    print(f"  {'all':12s} {total[0]:7.3f} s wall {total[1]:7.3f} s CPU")


def _each(run: Callable[[Formation], Any], formations: Sequence[Formation]) -> list[Any]:
    return [run(formation) for formation in formations]


def against_peers(formations: Sequence[Formation]) -> None:
    """Time and compare each measure with its peer on the same formations."""
    rows: list[tuple[str, str, Callable[[Formation], Any], Callable[[Formation], Any], int]] = [
        (
            "circulation",
            "HiGHS",
            lambda f: link_circulation_share(f.n, f.src, f.dst, f.weight),
            lambda f: circulation_highs(f.n, f.src, f.dst, f.weight),
            REPEATS,
        ),
        (
            "circulation",
            "networkx simplex",
            lambda f: link_circulation_share(f.n, f.src, f.dst, np.rint(f.weight)),
            lambda f: circulation_simplex(f.n, f.src, f.dst, f.weight),
            1,
        ),
        (
            "strong share",
            "networkx",
            lambda f: strongly_connected_share(f.n, f.src, f.dst, f.weight),
            strong_networkx,
            REPEATS,
        ),
        (
            "levels",
            "numpy pinv",
            lambda f: link_levels(f.n, f.src, f.dst, f.weight),
            levels_pinv,
            REPEATS,
        ),
        (
            "Finn",
            "numpy inv",
            lambda f: cycling_index(f.src, f.dst, f.weight, f.output),
            finn_numpy,
            REPEATS,
        ),
    ]
    print(f"\n{len(formations)} formations of one year, medians of {REPEATS}")
    print(
        f"  {'measure':14s}{'peer':18s}{'ours, ms':>10s}{'peer, ms':>10s}{'ratio':>8s}   largest difference"
    )
    for name, peer, ours, theirs, repeats in rows:
        mine = median_time(functools.partial(_each, ours, formations))
        other = median_time(functools.partial(_each, theirs, formations), repeats)
        apart = max(float(np.nanmax(np.abs(np.asarray(ours(f)) - np.asarray(theirs(f))))) for f in formations)
        print(f"  {name:14s}{peer:18s}{1e3 * mine:10.1f}{1e3 * other:10.1f}{other / mine:8.1f}   {apart:.1e}")


def random_circulations(count: int) -> None:
    """Compare with HiGHS on random graphs, and time two large ones."""
    rng = np.random.default_rng(20)
    worst = 0.0
    for _ in range(count):
        n = int(rng.integers(3, 30))
        flows = rng.lognormal(0, 3, (n, n)) * (rng.random((n, n)) < rng.uniform(0.05, 0.9))
        src, dst = np.nonzero(flows)
        if len(src):
            weight = flows[src, dst]
            ours = link_circulation_share(n, src, dst, weight)
            worst = max(worst, abs(ours - circulation_highs(n, src, dst, weight)))
    print(
        f"\n{count} random graphs of 3–29 nodes, log-normal values: largest difference to HiGHS {worst:.1e}"
    )
    for n, m in ((1_000, 4_000), (10_000, 40_000)):
        src, dst = (rng.integers(0, n, m) for _ in range(2))
        weight = rng.lognormal(0, 2, m)
        mine = median_time(functools.partial(link_circulation_share, n, src, dst, weight), 3)
        start = time.perf_counter()
        theirs = circulation_highs(n, src, dst, weight)
        other = time.perf_counter() - start
        apart = abs(link_circulation_share(n, src, dst, weight) - theirs)
        print(
            f"  {n:,} nodes, {m:,} links: {mine:.3f} s, HiGHS {other:.3f} s, ratio {other / mine:.1f}, "
            f"difference {apart:.1e}"
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=len(YEARS), help="how many WIOD years to time")
    parser.add_argument("--graphs", type=int, default=500, help="how many random graphs to compare")
    options = parser.parse_args()
    print(
        f"Python {platform.python_version()}, numpy {np.__version__}, scipy {scipy.__version__}, "
        f"networkx {nx.__version__}"
    )
    random_circulations(options.graphs)
    if not SHARED.exists():
        print("\nThe WIOD years are not beside the repository: their two tables are left out.")
        return
    graph = SupplyGraph.from_tables(tables(YEARS[: options.years]), currency="USD")
    formations = graph.formations()
    against_peers([f for f in formations if f.year == YEARS[min(options.years, 6) - 1]])
    nine_years(formations, graph)


if __name__ == "__main__":
    main()
