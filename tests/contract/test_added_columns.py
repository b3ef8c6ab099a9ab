"""Layouts of loaders, files and stores follow ``graph/schema.csv``: a column added there is all it takes."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from clustercoop.graph.schema import ColumnType, tables
from tests.contract.added_columns import ROWS, VALUES
from tests.places import ROOT


def test_a_column_of_each_type_in_each_table_goes_everywhere(tmp_path: Path, server_if_any: str) -> None:
    pytest.importorskip("kglite")
    assert set(VALUES) == set(get_args(ColumnType)) and set(ROWS) == set(tables())
    package = tmp_path / "package" / "clustercoop"
    shutil.copytree(ROOT / "clustercoop", package, ignore=shutil.ignore_patterns("*.nb?", "dataset"))
    schema = package / "graph" / "schema.csv"
    with schema.open(encoding="utf-8", newline="") as file:
        names = next(csv.reader(file))
    with schema.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
        for table in tables():
            for kind in VALUES:
                row = {"table": table, "column": f"x_{kind}", "type": kind, "required": "no", "key": "no"}
                writer.writerow(
                    {**row, "aliases_en": f"x {kind}", "unit": "million" if kind == "money" else ""}
                )
    script = ROOT / "tests" / "contract" / "added_columns.py"
    run = subprocess.run(
        [sys.executable, str(script), str(tmp_path), *([server_if_any] if server_if_any else [])],
        env={**os.environ, "PYTHONPATH": str(package.parent)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr[-2000:]
