"""Compile kernels while the data are read, on a machine where none are kept yet.

LLVM takes seconds for all of them, and holds no lock of Python's.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, partial

import numpy as np

from clustercoop.analysis.brokers import gould_fernandez
from clustercoop.analysis.closedness.circulation import link_circulation_share
from clustercoop.analysis.closedness.components import longest_chain
from clustercoop.analysis.closedness.trophic import link_levels
from clustercoop.analysis.core_periphery.borgatti_everett import EXHAUSTIVE, adjacency, discrete_optimum
from clustercoop.analysis.core_periphery.common import Edges
from clustercoop.analysis.core_periphery.elliott import two_cores
from clustercoop.analysis.core_periphery.firmness import perturbed_cores
from clustercoop.analysis.core_periphery.minres import coreness
from clustercoop.analysis.core_periphery.rossa import profile_of
from clustercoop.analysis.core_periphery.significance import refit_test
from clustercoop.analysis.core_periphery.splits import far_pairs
from clustercoop.analysis.core_periphery.structural import structural_order
from clustercoop.analysis.core_periphery.tiering import tiering
from clustercoop.analysis.jit import folder_of_kernels
from clustercoop.analysis.policy.systemic import supply_of
from clustercoop.graph.formation import sum_by
from clustercoop.graph.settings import Settings


@cache
def compile_ahead(settings: Settings) -> None:
    """Begin to compile, once, what the structure of formations takes; return at once.

    Where kernels are kept from before, the core is not asked for, or there is one processor, nothing begins.
    """
    kept = folder_of_kernels()
    with suppress(OSError):
        if kept and any(kept.iterdir()):
            return
    if "core" in settings.metrics.split(",") and settings.engine == "local" and (os.cpu_count() or 1) > 1:
        threading.Thread(target=_compile, args=(settings,), name="kernels").start()


def _compile(settings: Settings) -> None:
    """Measure a made-up network piece by piece, as long as anybody waits for it."""
    # What is wrong with the sources of kernels is told where an analysis meets it.
    with suppress(Exception):
        for piece in _pieces(settings.nulls > 0):
            if not threading.main_thread().is_alive():
                break
            piece()


def _pieces(nulls: bool) -> Iterator[Callable[[], object]]:
    """Yield what makes every kernel compile, in the order in which an analysis needs them."""
    n = EXHAUSTIVE + 1
    src, dst = np.nonzero((np.arange(n)[:, None] * 7 + np.arange(n) * 11) % 9 == 1)
    src, dst = src[src != dst].astype(np.int32), dst[src != dst].astype(np.int32)
    edges = Edges(n, src, dst, np.arange(1, len(src) + 1, dtype=np.float64), np.arange(n).astype(object))
    y, seed = edges.values("relative"), np.zeros(1, np.uint64)
    yield partial(longest_chain, n, src[src < dst], dst[src < dst])
    yield partial(gould_fernandez, np.isin(np.arange(n * n), src * n + dst).reshape(n, n), np.arange(n) % 3)
    yield partial(link_levels, n, src, dst, edges.weight)
    yield partial(link_circulation_share, n, src, dst, edges.weight)
    yield partial(structural_order, edges)
    yield partial(coreness, edges, y)
    yield partial(profile_of, edges, y, 0.1)
    yield partial(tiering, edges)
    yield partial(two_cores, edges, y)
    yield partial(discrete_optimum, edges, 4, y, None, seed)
    yield partial(perturbed_cores, edges, 4, "relative", np.arange(n) < 5, 0.1, 1, 0)
    yield partial(far_pairs, 4, n, *adjacency(edges, y), np.zeros(n, np.int64), 0.5)
    if nulls:
        yield partial(refit_test, edges, y, "density", 4, 1, seed)
    sold = sum_by(src, edges.weight, n) + 1.0
    supply = supply_of(src, dst, edges.weight, sold, np.arange(n) % 3, src % 2 == 0)
    yield partial(supply.left, np.eye(n, dtype=bool))
    few = (src < 5) & (dst < 5)
    small = Edges(5, src[few], dst[few], edges.weight[few], edges.ids[:5])
    yield partial(tiering, small)
    yield partial(discrete_optimum, small, 4, small.values("relative"), None, seed)
