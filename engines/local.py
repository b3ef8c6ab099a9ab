"""Run one task per formation on this machine's cores."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from clustercoop.graph.formation import Formation
from clustercoop.graph.progress import Progress, silent

T = TypeVar("T")


class LocalEngine:
    """Threads of this process.

    Threads, not processes: the long loops are compiled code that lets go of the interpreter lock, and
    threads share the arrays. The first formation runs alone, so that kernels compile once. Linear algebra
    gets one thread a formation: its own threads would only wait for one another.

    Parameters
    ----------
    workers : int
        Number of threads; 0 takes one per core.
    """

    def __init__(self, workers: int = 0) -> None:
        self.workers = workers or os.cpu_count() or 1

    def map(
        self,
        task: Callable[[Formation], T],
        formations: Sequence[Formation],
        *,
        progress: Progress = silent,
        phase: str = "formations",
    ) -> list[T]:
        """Return ``[task(f) for f in formations]``, in order (see `clustercoop.engines.Engine`)."""
        total = len(formations)
        if not total:
            return []
        from threadpoolctl import threadpool_limits

        progress(phase, 0, total)
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(max_workers=self.workers) as pool:
            results = [task(formations[0])]
            progress(phase, 1, total)
            pending = [pool.submit(task, formation) for formation in formations[1:]]
            try:
                for done, future in enumerate(pending, start=2):
                    results.append(future.result())
                    progress(phase, done, total)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return results
