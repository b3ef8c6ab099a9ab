"""Kernels compiled by several processes at once, before they are needed: a first run waits half as long.

numba keeps what one process compiled on disk for the others. Each of `PARTS` measures a small network as an
analysis does, so that the kernels meet the kinds of arrays that they will meet.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np

from clustercoop.analysis.core_periphery.common import Edges

LARGE: Final = 30
SMALL: Final = 10
"""Members of a network that is searched, and of one whose every split is tried."""
FEW: Final = 20
"""Up to so many members every split is tried."""
_CODE: Final = "import sys; from clustercoop.analysis.warm import run; run(sys.argv[1:])"


def _network(n: int) -> Edges:
    """Return a ring with chords and values of many sizes, so that no fit is degenerate."""
    every = np.arange(n)
    pairs = np.unique(np.concatenate([every * n + (every + step) % n for step in (1, 2, 5)]))
    ends = (pairs // n).astype(np.int32), (pairs % n).astype(np.int32)
    value = np.random.default_rng(0).lognormal(0, 1, len(pairs))
    return Edges(n, *ends, value, every.astype(object))


def _cores(n: int, nulls: bool) -> None:
    from clustercoop.analysis.core_periphery.borgatti_everett import discrete_optimum
    from clustercoop.analysis.core_periphery.firmness import perturbed_cores
    from clustercoop.analysis.core_periphery.significance import refit_test

    edges = _network(n)
    y, stream = edges.values("relative"), np.zeros(1, np.uint64)
    core, *_ = discrete_optimum(edges, 4, y, None, stream)
    perturbed_cores(edges, 4, "relative", core, 0.1, 1, 0)
    if nulls:
        refit_test(edges, y, "degree", 4, 1, stream, whole=False)
        refit_test(edges, y, "density", 4, 1, stream, whole=False)


def _blocks(n: int, nulls: bool) -> None:
    from clustercoop.analysis.core_periphery.elliott import two_cores

    edges = _network(n)
    two_cores(edges, edges.values("relative"))


def _others(n: int, nulls: bool) -> None:
    from clustercoop.analysis.closedness.circulation import link_circulation_share
    from clustercoop.analysis.closedness.components import component_labels
    from clustercoop.analysis.closedness.trophic import link_levels
    from clustercoop.analysis.core_periphery.minres import coreness
    from clustercoop.analysis.core_periphery.rossa import profile_of
    from clustercoop.analysis.core_periphery.tiering import tiering

    edges = _network(n)
    y, links = edges.values("relative"), (edges.src, edges.dst)
    tiering(edges)
    coreness(edges, y)
    profile_of(edges, y)
    link_circulation_share(n, *links, edges.weight, component_labels(n, *links, strong=True))
    link_levels(n, *links, edges.weight)


PARTS: Final[dict[str, Callable[[int, bool], None]]] = {
    "cores": _cores,
    "others": _others,
    "blocks": _blocks,
}


def run(words: Collection[str]) -> None:
    """Compile what `words` name, as ``part:members:nulls``."""
    for word in words:
        part, n, nulls = word.split(":")
        PARTS[part](int(n), nulls == "True")


def is_cold() -> bool:
    """Tell whether the largest kernel is on disk for no process yet."""
    from clustercoop.analysis.core_periphery.four_blocks import search

    kept: Any = search.dispatcher.stats.cache_path
    return bool(kept) and not any(Path(kept).glob(f"four_blocks.{search.python.__name__}-*.nbi"))


def warm(sizes: Collection[int], nulls: bool) -> None:
    """Compile the kernels for formations of `sizes` members, where none is compiled yet and cores are free.

    What another process could not compile is compiled when it is needed, as always.
    """
    if not sizes or (os.cpu_count() or 1) < 2 or not is_cold():
        return
    small = [SMALL] if min(sizes) <= FEW else []
    large = [LARGE] if max(sizes) > FEW else []
    words = {part: [f"{part}:{n}:{nulls}" for n in [*large, *small]] for part in PARTS}
    here, elsewhere = words["cores"], [words["others"], words["blocks"]]
    if (os.cpu_count() or 1) == 2:  # about as long as each other
        here += elsewhere.pop()
    paths = os.pathsep.join(path for path in sys.path if path)
    started = []
    try:
        with suppress(OSError):
            for some in elsewhere:
                started.append(
                    subprocess.Popen(
                        [sys.executable, "-P", "-c", _CODE, *some],  # no module of the folder it runs in
                        env={**os.environ, "PYTHONPATH": paths},
                        stdin=subprocess.DEVNULL,
                        stdout=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL,
                    )
                )
        run(here)
        for process in started:
            process.wait()
    finally:
        for process in started:
            process.kill()
            process.wait()
