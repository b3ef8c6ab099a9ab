"""Several tables or columns at once: numpy and Arrow let go of the interpreter where they are long."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

T = TypeVar("T")
MANY: Final = 1_000_000
"""Rows from which threads pay."""


def at_once(task: Callable[..., T], *items: Iterable[Any], rows: int) -> list[T]:
    """Return ``list(map(task, *items))``: by a thread a core, where there are many `rows` to work on.

    Examples
    --------
    >>> at_once(pow, [2, 3], [5, 2], rows=MANY)
    [32, 9]
    """
    if rows < MANY:
        return list(map(task, *items))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(task, *items))
