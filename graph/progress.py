"""How long work tells how far it is: a callable, so that no room depends on a terminal."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from typing import Any

Progress = Callable[[str, int, int], None]
"""Called as ``progress(phase, done, total)``; `total` 0 means that the end is not known."""


def silent(phase: str, done: int, total: int) -> None:
    """Say nothing; the default wherever a `Progress` is optional.

    Examples
    --------
    >>> silent("reading", 1, 2)
    """


def paused(progress: Progress) -> AbstractContextManager[None]:
    """Return a context in which no thread draws: whoever draws by one has a method `paused` that gives it.

    Examples
    --------
    >>> with paused(silent):
    ...     pass
    """
    pause: Callable[[], AbstractContextManager[None]] = getattr(progress, "paused", nullcontext)
    return pause()


class Metered:
    """A `Progress` that measures what each phase costs, and passes on what it is told.

    Parameters
    ----------
    progress : Progress
        Who is told.

    Examples
    --------
    >>> meter = Metered(silent)
    >>> meter("reading", 0, 0)
    >>> meter("report", 0, 0)
    >>> [stage["stage"] for stage in meter.stages()]
    ['reading', 'report']
    """

    def __init__(self, progress: Progress = silent) -> None:
        self._progress = progress
        self._spent: dict[str, list[float]] = {}
        self._phase = ""
        self._since = time.perf_counter(), _processor_time()

    def __call__(self, phase: str, done: int, total: int) -> None:
        """Close the phase before, where this is another, and pass on."""
        if phase != self._phase:
            self._close()
            _give_back()
            self._phase = phase
        self._progress(phase, done, total)

    def paused(self) -> AbstractContextManager[None]:
        """Return a context in which no thread draws."""
        return paused(self._progress)

    def _close(self) -> None:
        now = time.perf_counter(), _processor_time()
        if self._phase:
            spent = self._spent.setdefault(self._phase, [0.0, 0.0, 0.0])
            spent[0] += now[0] - self._since[0]
            spent[1] += now[1] - self._since[1]
            spent[2] = _peak()
        self._since = now

    def stages(self) -> list[dict[str, Any]]:
        """Return the phases in order, each with wall and processor time (s) and peak memory so far (MiB)."""
        self._close()
        return [
            {"stage": phase, "wall_s": round(wall, 3), "cpu_s": round(cpu, 3), "peak_mib": round(peak, 1)}
            for phase, (wall, cpu, peak) in self._spent.items()
        ]


def metered(progress: Progress) -> Metered:
    """Return `progress` as one that measures, itself where it does."""
    return progress if isinstance(progress, Metered) else Metered(progress)


def _processor_time() -> float:
    """Return the processor time of this process, and of those that it started and that have ended."""
    ended = os.times()
    return time.process_time() + ended.children_user + ended.children_system


def _give_back() -> None:
    """Hand memory that is free back to the system, which Arrow and glibc keep for later."""
    import ctypes
    import sys

    if "pyarrow" in sys.modules:
        sys.modules["pyarrow"].default_memory_pool().release_unused()
    with suppress(OSError, AttributeError, TypeError):  # another library of C
        ctypes.CDLL(None).malloc_trim(0)


def _peak() -> float:
    """Return the most memory that the process has held, in MiB; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0.0
    import sys

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
