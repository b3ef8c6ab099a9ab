"""Files that one process holds alone; the lock ends with the process, however it ends."""

from __future__ import annotations

import sys
from typing import IO, Any


def lock(handle: IO[Any], *, wait: bool = True) -> bool:
    """Take an open file for this process alone; without `wait` return False where another has it.

    Raises
    ------
    OSError
        With `wait`, the file cannot be locked.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        if wait:
            raise
        return False
    return True
