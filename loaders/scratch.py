"""A folder for what does not fit into memory: of a killed run the next one removes it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from typing import Final

from clustercoop.graph.locks import lock

_PREFIX: Final = "clustercoop-rows-"
_LOCK: Final = "in-use"


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a new folder among the temporary files, and remove it after; first those that killed runs left.

    Raises
    ------
    OSError
        There is no room for it.
    """
    while True:
        folder = Path(mkdtemp(prefix=_PREFIX))
        with (folder / _LOCK).open("wb") as held:
            lock(held)
            if not (folder / _LOCK).exists():  # another run took it for a leftover before it was locked
                continue
            _remove_leftovers(folder)
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            return


def _remove_leftovers(mine: Path) -> None:
    """Remove this user's folders that no process holds."""
    for left in Path(gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if left == mine or left.lstat().st_uid != mine.lstat().st_uid:
                continue
            with (left / _LOCK).open("rb+") as held:
                if lock(held, wait=False):
                    shutil.rmtree(left, ignore_errors=True)
