"""What a worker of Spark does with rows of formations; it runs on an executor."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


@lru_cache(maxsize=1)
def _task(path: str) -> Any:
    """Return the task in the file at `path`; a worker that is used again has it already."""
    return pickle.loads(Path(path).read_bytes())


def measured(batches: Iterable[pa.RecordBatch], path: str) -> Iterator[pa.RecordBatch]:
    """Apply the task at `path` to each row (at, formation); give rows (at, ok, result).

    What the task raises is a result that is not ok: Spark would try it again, and tell its trace alone.
    """
    import pyarrow as pa
    from threadpoolctl import threadpool_limits

    task = _task(path)
    with threadpool_limits(1, "blas"):
        for batch in batches:
            for at, content in zip(batch["at"].to_pylist(), batch["formation"], strict=True):
                try:
                    ok, result = True, pickle.dumps(task(pickle.loads(content.as_buffer())), 5)
                except Exception as error:
                    ok, result = False, _sent(error)
                yield pa.record_batch(
                    {
                        "at": pa.array([at], pa.int64()),
                        "ok": pa.array([ok]),
                        "result": pa.array([result], pa.binary()),
                    }
                )


def _sent(error: Exception) -> bytes:
    """Return an error as bytes; one that cannot travel becomes its words."""
    try:
        content = pickle.dumps(error)
        pickle.loads(content)
    except Exception:
        content = pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))
    return content
