"""The process that holds an embedded graph and answers queries on it; started by `worker`, never imported.

It reads pickled requests from standard input and writes pickled answers to standard output. Where the system
can fork, every query runs in a fork of its own: whatever it does to itself (a stack overflow, memory beyond
its cap, a loop that ignores the engine's timeout), the opened graph stays warm here.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import signal
import sys
import time
from typing import Any

import kglite

SPARE = 0.5
"""Seconds beyond the timeout that the engine gets to end by itself, and the answer to be written."""
CHARACTERS = 100
"""So many characters of text count as one value."""
LONG = 24 * 3600 * 1000


class TooLargeError(Exception):
    """The answer has more values than may be returned."""


def open_graph(path: str) -> tuple[Any, Any]:
    """Open a file; return the engine, and what the file says about itself or why it cannot be opened."""
    try:
        engine = kglite.load(path)
    except Exception:
        return None, ("damaged", "")
    engine.read_only(True)
    found: Any = engine.cypher("MATCH (m:ClusterCoop) RETURN properties(m) AS m", timeout_ms=LONG)
    return engine, ("opened", [dict(row["m"]) for row in found.to_list()])


class Answer:
    """Takes an answer over from the engine, counting its values."""

    def __init__(self, values: int) -> None:
        self.left = values

    def take(self, value: Any) -> Any:
        """Return a value of plain types."""
        self.left -= 1
        if self.left < 0:
            raise TooLargeError
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, str):
            self.left -= len(value) // CHARACTERS
            return value
        if isinstance(value, dict):
            return {str(key): self.take(item) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.take(item) for item in value]
        iso = getattr(value, "isoformat", None) or getattr(value, "iso_format", None)
        return iso() if callable(iso) else str(value)


def ask(engine: Any, request: dict[str, Any]) -> tuple[str, Any]:
    """Run one query; return the kind of outcome, and the answer or a message."""
    try:
        found = engine.cypher(
            request["statement"],
            params=request["params"],
            timeout_ms=max(1, int(request["timeout"] * 1000)),
            row_limit=request["limit"],
        )
        names, answer = list(found.columns), Answer(request["values"])
        columns = [[answer.take(value) for value in found.column(name)] for name in names]
        told = found.diagnostics or {}
        rows = [list(row) for row in zip(*columns, strict=True)]
        more = (told.get("total_rows") or len(rows)) > request["limit"]
        return "answer", (names, rows, more, list(told.get("warnings") or ()))
    except kglite.CypherTimeoutError:
        return "late", ""
    except TooLargeError:
        return "large", ""
    except MemoryError:
        return "memory", ""
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic of the engine derives from BaseException
        return "refused", f"{type(error).__name__}: {error}" if not str(error) else str(error)


def cap(memory: int, seconds: float) -> None:
    """Let this process take `memory` bytes more than it has, and `seconds` of processor time."""
    import resource

    with contextlib.suppress(OSError, ValueError, IndexError):
        pages = int(open("/proc/self/statm").read().split()[0])
        whole = pages * resource.getpagesize() + memory
        resource.setrlimit(resource.RLIMIT_AS, (whole, whole))
    with contextlib.suppress(OSError, ValueError):
        used = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        most = int(used + seconds) + 2
        resource.setrlimit(resource.RLIMIT_CPU, (most, most))
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def ask_apart(engine: Any, request: dict[str, Any], answers: int) -> tuple[str, Any]:
    """Run one query in a fork with a deadline and a memory cap; the pipe `answers` is not the fork's."""
    deadline = time.monotonic() + request["timeout"] + SPARE
    source, sink = os.pipe()
    who = os.fork()
    if who == 0:
        try:
            for inherited in (source, answers, 0):
                os.close(inherited)
            cap(request["memory"], request["timeout"] + SPARE)
            data = pickle.dumps(ask(engine, request), protocol=pickle.HIGHEST_PROTOCOL)
        except MemoryError:
            data = pickle.dumps(("memory", ""))
        with os.fdopen(sink, "wb") as pipe:
            pipe.write(data)
        os._exit(0)
    os.close(sink)
    parts, late = [], False
    try:
        while not late:
            ready, _, _ = select.select([source], [], [], max(0.0, deadline - time.monotonic()))
            late = not ready
            if ready:
                part = os.read(source, 1 << 20)
                if not part:
                    break
                parts.append(part)
    finally:
        os.close(source)
        if late:
            os.kill(who, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(who, 0)[1])
    if late or status == -getattr(signal, "SIGXCPU", 0):
        return "late", ""
    if status < 0:
        return ("memory" if status in (-signal.SIGABRT, -signal.SIGKILL) else "crashed"), str(-status)
    try:
        outcome: tuple[str, Any] = pickle.loads(b"".join(parts))
    except Exception:
        return "crashed", str(status)
    return outcome


def main() -> None:
    """Answer until the other side closes the pipe."""
    kglite.set_query_warning_policy("silent")
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # The engine's own words (an allocation that failed, say) are nobody's answer.
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), sys.stderr.fileno())
        os.dup2(nothing.fileno(), sys.stdout.fileno())
    engine = None
    while True:
        try:
            request = pickle.load(requests)
        except EOFError:
            return
        if "path" in request:
            engine = None
            engine, outcome = open_graph(request["path"])
        elif hasattr(os, "fork"):
            outcome = ask_apart(engine, request, answers.fileno())
        else:
            outcome = ask(engine, request)
        pickle.dump(outcome, answers, protocol=pickle.HIGHEST_PROTOCOL)
        answers.flush()


if __name__ == "__main__":
    main()
