"""How long work tells how far it is: a callable, so that no room depends on a terminal."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called as ``progress(phase, done, total)``; `total` 0 means that the end is not known."""


def silent(phase: str, done: int, total: int) -> None:
    """Say nothing; the default wherever a `Progress` is optional.

    Examples
    --------
    >>> silent("reading", 1, 2)
    """
