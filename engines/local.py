"""Run one task per formation on this machine's cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from clustercoop.graph.formation import Formation
from clustercoop.graph.progress import Progress, silent

T = TypeVar("T")


def map_formations(
    task: Callable[[Formation], T],
    formations: Sequence[Formation],
    *,
    workers: int = 0,
    progress: Progress = silent,
    phase: str = "formations",
) -> list[T]:
    """Return ``[task(f) for f in formations]``, in order, computed by `workers` threads.

    Threads, not processes: the long loops are compiled code that lets go of the interpreter lock, and
    threads share the arrays. The first formation runs alone, so that kernels compile once.

    Parameters
    ----------
    task : callable
        Must depend on its formation alone, so that results do not depend on `workers`.
    formations : sequence of Formation
    workers : int
        Number of threads; 0 takes one per core.
    progress : Progress
        Told after each formation.
    phase : str
        Name of the work, for `progress`.
    """
    total = len(formations)
    if not total:
        return []
    progress(phase, 0, total)
    results = [task(formations[0])]
    progress(phase, 1, total)
    if total == 1:
        return results
    with ThreadPoolExecutor(max_workers=workers or os.cpu_count() or 1) as pool:
        pending = [pool.submit(task, formation) for formation in formations[1:]]
        try:
            for done, future in enumerate(pending, start=2):
                results.append(future.result())
                progress(phase, done, total)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return results
