"""The modules of the rooms, each read and parsed once for all rules of the house."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from tests.places import ROOT

ROOMS = ("clustercoop", "graph", "loaders", "analysis", "engines", "reports")


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


@cache
def source(path: Path) -> str:
    return path.read_text("utf-8")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(source(path))
