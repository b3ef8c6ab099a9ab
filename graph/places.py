"""Where this program keeps what it would otherwise compute again."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_folder() -> Path | None:
    """Return ``CLUSTERCOOP_CACHE`` or the user's cache; None where that is empty."""
    told = os.environ.get("CLUSTERCOOP_CACHE")
    if told is not None:
        return Path(told) if told else None
    try:
        home = Path.home()
    except RuntimeError:
        return None
    usual = {"win32": os.environ.get("LOCALAPPDATA", ""), "darwin": str(home / "Library" / "Caches")}
    base = usual.get(sys.platform) or os.environ.get("XDG_CACHE_HOME") or str(home / ".cache")
    return Path(base) / "clustercoop"
