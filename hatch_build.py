"""Build hook: the rooms at the top of the repository become sub-packages of the one package clustercoop.

In a checkout relative links (``clustercoop/graph -> ../graph``) make ``clustercoop.graph`` importable.
A build takes the rooms from where they really are: a clone without symbolic links gives the same wheel.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOMS = ("graph", "loaders", "analysis", "engines", "reports")


class RoomsHook(BuildHookInterface[BuilderConfig]):
    """Add every file of every room to the wheel (below clustercoop) or to the sdist (where it stands)."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fill ``force_include``; an editable install finds the rooms through the links."""
        if version == "editable":
            return
        below = "clustercoop/" if self.target_name == "wheel" else ""
        for room in ROOMS:
            for path in sorted(Path(self.root, room).rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts:
                    place = path.relative_to(self.root).as_posix()
                    build_data["force_include"][str(path)] = below + place
