"""How often the core's p-values reject: on rewired graphs without a core, and on planted cores.

Three worlds of 40 participants. "rewired": heavy-tailed digraphs without a planted core, each drawn from the
degree-preserving null itself, so that its p must reject at its level. "valued": the same links with
log-normal gravity values (supplier effect × buyer effect × noise). "planted": a core of 10, linked with
probability .8 inside and .1 elsewhere. With `--graphs` graphs and `--nulls` replicates a rate of 5 % has a
standard error of about 1.5 points at 200 graphs.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray

from clustercoop.analysis.core_periphery.common import Weights, as_edges
from clustercoop.analysis.core_periphery.nulls import DegreeChain
from clustercoop.analysis.core_periphery.significance import significance

SIZE, CORE = 40, 10


def rewired(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a heavy-tailed digraph drawn uniformly, as far as the chain mixes, from those of its degrees."""
    out, into = rng.pareto(1.5, (2, SIZE)) + 0.3
    chance = np.clip(np.outer(out, into) * 0.08, 0, 0.95)
    matrix = (rng.random((SIZE, SIZE)) < chance).astype(float)
    np.fill_diagonal(matrix, 0)
    edges = as_edges(matrix)
    chain = DegreeChain(edges, edges.weight, rng.integers(0, 2**63, 1).astype(np.uint64))
    drawn = np.zeros_like(matrix)
    *_, (src, dst, _) = chain.replicates(20)
    drawn[src, dst] = 1
    return drawn


def valued(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return such a digraph with gravity values."""
    size = rng.lognormal(0, 1, (2, SIZE))
    return rewired(rng) * 20 * np.outer(size[0], size[1]) * rng.lognormal(0, 1, (SIZE, SIZE))


def planted(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a digraph with a core of 10 of 40."""
    chance = np.full((SIZE, SIZE), 0.1)
    chance[:CORE, :CORE] = 0.8
    matrix = (rng.random((SIZE, SIZE)) < chance).astype(float)
    np.fill_diagonal(matrix, 0)
    return matrix


WORLDS = {"rewired": rewired, "valued": valued, "planted": planted}


def p_values(task: tuple[str, int], nulls: int) -> tuple[float, float]:
    """Return p against the degree and the density null for one graph of a world."""
    world, seed = task
    matrix = WORLDS[world](np.random.default_rng([seed, len(world)]))
    weights: Weights = "relative" if world == "valued" else "binary"
    degree = significance(matrix, null="degree", weights=weights, replicates=nulls, rng=_rng(seed, 1))
    density = significance(matrix, null="density", weights=weights, replicates=nulls, rng=_rng(seed, 2))
    return degree.p, density.p


def _rng(seed: int, purpose: int) -> np.random.Generator:
    return np.random.default_rng([seed, purpose, 77])


def main() -> None:
    """Print the table of rejection rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--graphs", type=int, default=200)
    parser.add_argument("--nulls", type=int, default=99)
    parser.add_argument("--processes", type=int, default=2)
    chosen = parser.parse_args()
    print(f"{chosen.graphs} graphs a world, {chosen.nulls} replicates each; rejected at 5 % / at 10 %")
    print(f"{'world':10} {'degree null':>18} {'density null':>18} {'mean p (degree)':>16} {'seconds':>8}")
    p_values(("valued", 0), 2)  # compile once, for all processes
    with ProcessPoolExecutor(chosen.processes) as pool:
        for world in WORLDS:
            start = time.perf_counter()
            tasks = [(world, seed) for seed in range(chosen.graphs)]
            p = np.array(list(pool.map(partial(p_values, nulls=chosen.nulls), tasks, chunksize=5)))
            rates = [f"{(p[:, k] <= 0.05).mean():7.1%} /{(p[:, k] <= 0.1).mean():7.1%}" for k in (0, 1)]
            took = time.perf_counter() - start
            print(f"{world:10} {rates[0]:>18} {rates[1]:>18} {p[:, 0].mean():16.3f} {took:8.1f}", flush=True)
    print("Wanted: rewired and valued reject 2–8 % at 5 % under the degree null; planted at least 95 %.")


if __name__ == "__main__":
    main()
