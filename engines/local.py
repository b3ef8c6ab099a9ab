"""Run one task per formation on this machine's cores."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from clustercoop.graph.formation import Formation
from clustercoop.graph.progress import Progress, paused, silent

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

S = TypeVar("S")
T = TypeVar("T")

MANY: Final = 200
"""Formations from which on processes are worth their start."""
_AT_ONCE: Final = 16
"""Formations whose results a process hands over together."""


class LocalEngine:
    """Processes of this machine, or threads of this one.

    Many formations are shared out among forked processes, which see all that this one holds and send back
    what they found: small steps of Python keep threads waiting for one another. Where there are few, where
    processes cannot be forked, or where other threads of Python run (of a notebook, of a server: what they
    hold locked would stay locked in a fork), threads do it. The first formation runs alone, so that kernels
    compile once. Linear algebra gets one thread a formation: its own would only wait for one another.

    Parameters
    ----------
    workers : int
        Number of processes or threads; 0 takes one per core.
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
        with threadpool_limits(1, "blas"):
            results = [task(formations[0])]
            progress(phase, 1, total)
            rest = _shared_out(
                task, formations[1:], self.workers, progress, partial(_threaded, workers=self.workers)
            )
            for done, result in enumerate(rest, start=2):
                results.append(result)
                progress(phase, done, total)
        return results


def map_short(
    task: Callable[[S], T],
    formations: Sequence[S],
    *,
    workers: int = 0,
    progress: Progress = silent,
) -> Iterable[T]:
    """Return what a short `task` gives of each formation, in order: in processes where it pays, or here.

    Examples
    --------
    >>> list(map_short(len, []))
    []
    """
    return _shared_out(task, formations, workers or os.cpu_count() or 1, progress, map)


def _threaded(task: Callable[[Formation], T], formations: Sequence[Formation], workers: int) -> Iterator[T]:
    with ThreadPoolExecutor(max_workers=workers) as pool:
        pending = [pool.submit(task, formation) for formation in formations]
        try:
            for future in pending:
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _shared_out(
    task: Callable[[S], T],
    formations: Sequence[S],
    workers: int,
    progress: Progress,
    otherwise: Callable[[Callable[[S], T], Sequence[S]], Iterable[T]],
) -> Iterator[T]:
    """Yield the results in order: of forked processes where that can be and pays, `otherwise` else.

    Each process has every so many-th stretch of formations. What it does not hand over, because it was killed
    or the task failed, is done here: so the error of a task is raised where its caller is.
    """
    many = sys.platform == "linux" and workers > 1 and len(formations) >= MANY
    starts = range(0, len(formations), _AT_ONCE)
    mine: list[Connection] = []
    children: list[BaseProcess] = []
    try:
        with paused(progress) if many else nullcontext():
            if many and threading.active_count() == 1:
                for worker in range(workers):
                    children.append(_fork(task, formations, starts[worker::workers], mine))
        if not children:
            yield from otherwise(task, formations)
            return
        for number, start in enumerate(starts):
            yield from _received(mine[number % workers]) or map(task, formations[start : start + _AT_ONCE])
    finally:
        for child in children:
            child.kill()
        for child, receiver in zip(children, mine, strict=False):
            child.join()
            receiver.close()


def _fork(
    task: Callable[[S], Any],
    formations: Sequence[S],
    starts: Sequence[int],
    mine: list[Connection],
) -> BaseProcess:
    """Return a new process that does these stretches; where it will hand them over is added to `mine`."""
    from multiprocessing import get_context

    context = get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    mine.append(receiver)
    child = context.Process(target=_child, args=(task, formations, starts, sender, tuple(mine)), daemon=True)
    with warnings.catch_warnings():
        # Threads of libraries, which forking allows for.
        warnings.simplefilter("ignore", DeprecationWarning)
        child.start()
    sender.close()
    return child


def _received(receiver: Connection) -> list[Any]:
    try:
        found: list[Any] = receiver.recv()
    except (EOFError, OSError):
        return []
    return found


def _child(
    task: Callable[[S], Any],
    formations: Sequence[S],
    starts: Sequence[int],
    sender: Connection,
    others: Sequence[Connection],
) -> None:
    """Send the results of these stretches; end in silence where one fails, or where nobody listens."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    gc.freeze()  # what is shared stays so: collecting writes to it
    for other in others:
        other.close()
    with suppress(Exception):
        for start in starts:
            sender.send([task(formation) for formation in formations[start : start + _AT_ONCE]])
