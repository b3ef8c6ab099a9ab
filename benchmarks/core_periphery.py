"""Core–periphery fits against bctpy, cpnet and networkx: time and fit, side by side in one run.

bctpy's `core_periphery_dir` maximises another objective, cpnet's `BE` equation 2 of undirected links,
networkx has k-cores alone (the innermost is taken as core). All partitions are scored by the same
correlation, equation 4 of the directed links, so a peer's fit shows what one gets who takes it for that
purpose. A peer that takes longer than `--patience` seconds is stopped. cpnet needs no shim for these methods
on current numpy (its Rossa does).
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from clustercoop.analysis.core_periphery import kernels
from clustercoop.analysis.core_periphery.borgatti_everett import adjacency, borgatti_everett, correlation
from clustercoop.analysis.core_periphery.common import Edges
from clustercoop.analysis.core_periphery.significance import significance

Core = NDArray[np.bool_]


def heavy_tailed(n: int, links: int, seed: int) -> Edges:
    """Return a sparse digraph with Pareto attractiveness, log-normal values and about `links` links."""
    rng = np.random.default_rng(seed)
    out, into = (size / size.sum() for size in rng.pareto(1.8, (2, n)) + 0.2)
    src, dst = rng.choice(n, 2 * links, p=out), rng.choice(n, 2 * links, p=into)
    pair = np.unique((src * n + dst)[src != dst])
    pair = np.sort(rng.permutation(pair)[:links])
    value = rng.lognormal(2, 1, len(pair))
    ids = np.arange(n).astype(object)
    return Edges(n, (pair // n).astype(np.int32), (pair % n).astype(np.int32), value, ids)


def fit_of(edges: Edges, core: Core) -> float:
    """Return the equation 4 correlation of any core."""
    links = *adjacency(edges, edges.values("log1p")), np.zeros((0, 0))
    split = np.zeros(edges.n, np.int64), np.zeros((4, edges.n)), np.zeros(7)
    kernels.weigh(edges.n, split, links)
    kernels.place(edges.n, core.astype(np.int64), split, links)
    return correlation(kernels.score(4, edges.n, split))


def _dense(edges: Edges) -> NDArray[np.float64]:
    matrix = np.zeros((edges.n, edges.n))
    matrix[edges.src, edges.dst] = edges.values("log1p")
    return matrix


def _graph(edges: Edges, directed: bool) -> Any:
    graph: Any = nx.DiGraph() if directed else nx.Graph()
    graph.add_nodes_from(range(edges.n))
    graph.add_edges_from(zip(edges.src.tolist(), edges.dst.tolist(), strict=True))
    return graph


def ours(edges: Edges) -> Core:
    """Fit equation 4."""
    return borgatti_everett(edges).core


def bctpy(edges: Edges) -> Core:
    """Fit with `bct.core_periphery_dir`."""
    import bct

    return np.asarray(bct.core_periphery_dir(_dense(edges), seed=1)[0], dtype=bool)


def _cpnet(edges: Edges, name: str) -> Core:
    import cpnet

    np.random.seed(1)
    method = getattr(cpnet, name)()
    method.detect(_graph(edges, directed=False))
    coreness = method.get_coreness()
    values = np.array([coreness[i] for i in range(edges.n)])
    return np.asarray(values > 0.5 * values.max())


def cpnet_be(edges: Edges) -> Core:
    """Fit with `cpnet.BE`, undirected and unweighted."""
    return _cpnet(edges, "BE")


def cpnet_lip(edges: Edges) -> Core:
    """Fit with `cpnet.Lip`, undirected and unweighted."""
    return _cpnet(edges, "Lip")


def cpnet_minres(edges: Edges) -> Core:
    """Fit with `cpnet.MINRES`, undirected and unweighted."""
    return _cpnet(edges, "MINRES")


def networkx_k_core(edges: Edges) -> Core:
    """Take the innermost k-core."""
    number = nx.core_number(_graph(edges, directed=False))
    values = np.array([number[i] for i in range(edges.n)])
    return np.asarray(values == values.max())


PEERS: dict[str, Callable[[Edges], Core]] = {
    "ours": ours,
    "bctpy core_periphery_dir": bctpy,
    "cpnet BE": cpnet_be,
    "cpnet Lip": cpnet_lip,
    "cpnet MINRES": cpnet_minres,
    "networkx k-core": networkx_k_core,
}


def _timed(name: str, edges: Edges, repeats: int, send: Any) -> None:
    """Time one method after a run that warms its caches and compilers."""
    warnings.simplefilter("ignore")
    method = PEERS[name]
    method(heavy_tailed(30, 90, 0))
    times = []
    core = np.zeros(edges.n, bool)
    for _ in range(repeats):
        start = time.perf_counter()
        core = method(edges)
        times.append(time.perf_counter() - start)
    send.send((statistics.median(times), core))


def compare(n: int, links: int, repeats: int, patience: float) -> None:
    """Print one table: every method on the same graph."""
    edges = heavy_tailed(n, links, 3)
    print(f"\n{n} participants, {len(edges.src)} links; median of {repeats}")
    print(f"{'method':28} {'seconds':>10} {'× ours':>9} {'eq. 4 fit':>10} {'core':>6}")
    context = multiprocessing.get_context("fork")
    base = None
    for name in PEERS:
        receive, send = context.Pipe(duplex=False)
        worker = context.Process(target=_timed, args=(name, edges, repeats, send), daemon=True)
        worker.start()
        send.close()
        done = receive.poll(patience)
        try:
            seconds, core = receive.recv() if done else (None, np.zeros(edges.n, bool))
        except EOFError:
            print(f"{name:28} {'failed':>10}")
            continue
        finally:
            worker.terminate()
            worker.join()
        if seconds is None:
            print(f"{name:28} {f'> {patience:.0f}':>10}", flush=True)
            continue
        base = base or seconds
        fit = fit_of(edges, core)
        print(f"{name:28} {seconds:10.4f} {seconds / base:9.1f} {fit:10.4f} {int(core.sum()):6}", flush=True)


def null_rates(replicates: int) -> None:
    """Print null refits a second: ours against cpnet's q-s test, both on 40 participants."""
    import cpnet

    warnings.simplefilter("ignore")
    edges = heavy_tailed(40, 240, 3)
    print(f"\nnull refits a second, 40 participants, {len(edges.src)} links")
    significance(edges, replicates=5)
    start = time.perf_counter()
    test = significance(edges, replicates=1000)
    rate = 1000 / (time.perf_counter() - start)
    print(f"{'ours (degrees and values)':28} {rate:10.0f}   p = {test.p:.3f}")
    np.random.seed(1)
    graph, method = _graph(edges, directed=False), cpnet.BE()
    method.detect(graph)
    start = time.perf_counter()
    cpnet.qstest(
        method.get_pair_id(),
        method.get_coreness(),
        graph,
        method,
        num_of_rand_net=replicates,
        num_of_thread=1,
    )
    theirs = replicates / (time.perf_counter() - start)
    print(
        f"{'cpnet q-s (undirected)':28} {theirs:10.0f}   ours is {rate / theirs:.0f} times as fast",
        flush=True,
    )


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--patience", type=float, default=60.0)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--nulls", type=int, default=30, help="replicates of cpnet's q-s test")
    chosen = parser.parse_args()
    print(", ".join(f"{name} {version(name)}" for name in ("bctpy", "cpnet", "networkx", "numpy")))
    for links in (80, 240, 700):
        compare(40, links, chosen.repeats, chosen.patience)
    null_rates(chosen.nulls)
    compare(1_000, 4_000, 3, chosen.patience)
    compare(10_000, 40_000, 1, chosen.patience)


if __name__ == "__main__":
    main()
