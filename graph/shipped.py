"""Tables and rules that ship beside the code of each room."""

from __future__ import annotations

import csv
import tomllib
from importlib import resources
from typing import Any


def shipped_text(room: str, *path: str) -> str:
    """Return a file of a room, such as ``"loaders"``, that ships with the program."""
    return resources.files(f"clustercoop.{room}").joinpath(*path).read_text("utf-8")


def shipped_rows(room: str, *path: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file that ships with the program.

    Examples
    --------
    >>> next(row["ru"] for row in shipped_rows("loaders", "marks.csv") if row["mark"] == "plan")[:4]
    'план'
    """
    return list(csv.DictReader(shipped_text(room, *path).splitlines()))


def shipped_rules(room: str, *path: str) -> dict[str, Any]:
    """Return what a TOML file says that ships with the program."""
    return tomllib.loads(shipped_text(room, *path))
