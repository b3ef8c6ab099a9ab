"""A child process for queries: whatever a query does to it, this process lives and says one sentence."""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from clustercoop.graph.errors import StoreError
from clustercoop.graph.stores.base import damaged, late, one_line, too_large
from clustercoop.graph.stores.protocol import Answer, QueryMemoryError, QueryRefusedError
from clustercoop.graph.texts import refusal

_GRACE: Final = 1.5
"""Seconds beyond a query's timeout after which the child itself is given up; it kills the query before."""
_OPENING: Final = 600.0


class Worker:
    """Opens one file in a child process and runs queries there, one after the other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._stamp: object = None
        self.meta: list[dict[str, Any]] = []

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", str(Path(__file__).with_name("child.py"))]
        # The child imports the engine from wherever this process does, and nothing of this package.
        paths = os.pathsep.join(path for path in sys.path if path)
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": paths},
            start_new_session=True,
        )
        self._answers = queue.SimpleQueue()
        threading.Thread(target=_listen, args=(process.stdout, self._answers), daemon=True).start()
        weakref.finalize(self, _end, process)
        self._process, self._stamp = process, None
        return process

    def _exchange(self, request: Mapping[str, Any], seconds: float) -> tuple[str, Any]:
        """Send a request and wait for its answer; a child that does not answer in time is ended."""
        process = self._process
        if process is None or process.poll() is not None:
            process = self._start()
        assert process.stdin is not None
        try:
            pickle.dump(dict(request), process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
            process.stdin.flush()
            outcome: tuple[str, Any] | None = self._answers.get(timeout=seconds)
        except queue.Empty:
            self._stop()
            return "late", ""
        except OSError:
            outcome = None
        except BaseException:
            self._stop()
            raise
        if outcome is None:
            self._stop()
            return "crashed", ""
        return outcome

    def open(self, path: Path, stamp: object) -> None:
        """Have the child hold the file as it is now; `stamp` tells one state of the file from another."""
        with self._lock:
            if stamp == self._stamp and self._process is not None and self._process.poll() is None:
                return
            self._stamp = None
            outcome, told = self._exchange({"path": str(path.resolve())}, _OPENING)
            if outcome == "damaged":
                raise damaged(path.name)
            if outcome != "opened":
                raise refusal(StoreError, "store_unopened", name=path.name)
            self._stamp, self.meta = stamp, told

    def query(
        self,
        statement: str,
        params: Mapping[str, Any],
        *,
        timeout: float,
        limit: int,
        values: int,
        memory: int,
    ) -> Answer:
        """Run a checked statement on the opened file.

        Parameters
        ----------
        timeout : float
            Seconds; half a second later at most the query is killed.
        limit, values : int
            Most rows, and most values in all of them.
        memory : int
            Bytes that the query may take beside the opened graph.
        """
        request = {
            "statement": statement,
            "params": dict(params),
            "timeout": float(timeout),
            "limit": limit,
            "values": values,
            "memory": memory,
        }
        with self._lock:
            outcome, told = self._exchange(request, timeout + _GRACE)
            if outcome in ("late", "crashed"):
                self._stamp = self._stamp if self._process is not None else None
        if outcome == "answer":
            return Answer(*told)
        if outcome == "late":
            raise late(timeout)
        if outcome == "large":
            raise too_large(values)
        if outcome == "memory":
            raise refusal(QueryMemoryError, "query_memory", most=f"{memory // 2**20:,}")
        if outcome == "crashed":
            raise refusal(QueryRefusedError, "query_crash")
        raise refusal(QueryRefusedError, "query_not_run", why=one_line(told))

    def _stop(self) -> None:
        if self._process is not None:
            _end(self._process)
        self._process = self._stamp = None

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._stop()


def _listen(source: Any, answers: queue.SimpleQueue[Any]) -> None:
    """Pass answers on until the child ends; then None, once."""
    with source:
        while True:
            try:
                answers.put(pickle.load(source))
            except Exception:  # a child that dies in the middle of an answer leaves any kind of rest
                answers.put(None)
                return


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a child with the query that it runs; its answers' pipe is closed by who listens."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
