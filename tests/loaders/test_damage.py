"""Damaged variants of a valid dataset: a clear error or findings, never a silent other total.

The oracle is a second, strict reading of the damaged file that shares no code with the loaders: the csv
module and Decimal for text, openpyxl for workbooks, pyarrow for Parquet. A damage that happens to make
another valid file (a flipped digit, a missing row) cannot be told from it by anybody; then the total must be
that reading's.

Every kind of damage is done at least once; ``CLUSTERCOOP_DAMAGES=1000`` does them at more places.
"""

from __future__ import annotations

import csv
import io
import math
import os
import re
import tempfile
from collections import Counter
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook

from clustercoop.graph.errors import ClusterCoopError
from clustercoop.graph.findings import Finding
from clustercoop.loaders.dataset import Dataset, read_dataset
from tests.loaders.damage import BINARY_DAMAGES, FORMS, RUSSIAN, TEXT_DAMAGES, damage, kind_of, write

VARIANTS = int(os.environ.get("CLUSTERCOOP_DAMAGES", "100"))
GROUPS = 5
# Informational findings that by themselves explain a total that differs.
EXPLAINING = {"no_final_newline", "column_ignored", "footnote_read", "unit_converted", "file_ignored"} | {
    "sheet_ignored",
    "more_info",
}
NUMBERS = {"links": ("value",), "activity": ("output", "employees", "value_added")}

pytestmark = pytest.mark.filterwarnings("error")


@cache
def originals() -> tuple[Path, dict[str, Dataset]]:
    """Write the valid dataset in every form, and read it."""
    root = Path(tempfile.mkdtemp(prefix="loaders-"))
    for form in FORMS:
        write(root / form, form)
    return root, {form: read_dataset(root / form) for form in FORMS}


def place(finding: Finding) -> tuple[Any, ...]:
    return (finding.code, finding.file, finding.row, finding.column, finding.value, finding.detail)


def accepted(data: Dataset, table: str, column: str) -> float:
    return math.fsum(getattr(data.graph, table)[column].dropna())


def plain(cell: str) -> float:
    """Read one text cell as a plain number (a missing mark adds nothing); ValueError where it is none."""
    cell = cell.strip()
    if re.fullmatch(r"[0-9]{1,3}(,[0-9]{3}){2,}", cell):
        cell = cell.replace(",", "")
    cell = cell.replace(",", ".")
    if cell in ("", "nan"):
        return 0.0
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?|[0-9]{1,3}\u00a0[0-9]{3}\.[0-9]", cell):
        raise ValueError(cell)
    return float(Decimal(cell.replace("\u00a0", "")))


def strict_total(path: Path, table: str, column: str, form: str) -> float | None:
    """Read the column's total strictly; None where the file is not plainly well-formed."""
    try:
        if form == "parquet":
            return math.fsum(pq.read_table(path).column(column).to_pylist())
        if form == "book":
            grid: list[tuple[Any, ...]] = list(load_workbook(path, data_only=True)[table].values)
            at = grid[0].index(column)
            cells = [row[at] for row in grid[1:]]
            return math.fsum(
                plain(cell) if isinstance(cell, str) else cell for cell in cells if cell is not None
            )
        text = path.read_bytes().decode("cp1251" if form == "russian" else "utf-8-sig")
        mark = {"plain": ",", "russian": ";", "tabs": "\t"}[form]
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True) if row]
        header = RUSSIAN[column] if form == "russian" else column
        at = rows[0].index(header)
        if len({len(row) for row in rows}) != 1:
            return None
        total = math.fsum(plain(row[at]) for row in rows[1:])
        return total / 1000 if "тыс" in header else total
    except Exception:  # whatever else a reader says of a damaged file: then there is no second reading
        return None


def check(form: str, seed: int) -> tuple[str, str]:
    """Read one damaged variant and hold it to the rules; return what was damaged and how it ended."""
    root, valid = originals()
    with tempfile.TemporaryDirectory(prefix="loaders-") as place_for:
        target = Path(place_for) / "data"
        name, victim = damage(root / form, target, form, seed)
        what = f"{form}, seed {seed}: {name} in {victim.name}"
        try:
            data = read_dataset(target)
        except ClusterCoopError as error:
            message = str(error)
            assert message and "\n" not in message and str(target.parent) not in message, what
            return name, "error"
        before = Counter(place(f) for f in valid[form].findings)
        new = [f for f in data.findings if place(f) not in before]
        ended = "same"
        for table, columns in NUMBERS.items():
            book = data.provenance["accounting"].get(table)
            if book is None:
                assert not (target / victim.name).exists() or new, what
                continue
            assert book["rows_read"] == book["rows_accepted"] + book["rows_rejected"], what
            rejected = data.rejected[data.rejected["table"] == table]
            assert len(rejected) == book["rows_rejected"], what
            for column in columns:
                total = accepted(data, table, column)
                sums = book["values"][column]
                parts = (sums["value_accepted"], sums["value_rejected"], sums["value_unknown"])
                assert math.isclose(math.fsum(parts), sums["value_read"], rel_tol=1e-12, abs_tol=1e-9), what
                assert total == sums["value_accepted"], what
                if math.isclose(total, accepted(valid[form], table, column), rel_tol=1e-9):
                    continue
                ended = "explained"
                second = strict_total(victim, table, column, form) if victim.is_file() else None
                if second is not None and math.isclose(total, second, rel_tol=1e-9, abs_tol=1e-9):
                    continue
                why = [f for f in new if f.table == table or f.file == victim.name or f.sheet == table]
                assert any(f.severity != "info" or f.code in EXPLAINING for f in why), (
                    what,
                    total,
                    second,
                    why,
                )
        return name, ended if ended != "same" or not new else "told"


def test_every_kind_of_damage_is_done() -> None:
    met = {kind_of(FORMS[seed % len(FORMS)], seed) for seed in range(VARIANTS)}
    assert met == {*TEXT_DAMAGES, *BINARY_DAMAGES}


@pytest.mark.parametrize("group", range(GROUPS))
def test_no_damage_changes_a_total_in_silence(group: int) -> None:
    """Never another exception; never a total that changed without a finding that explains it."""
    ends: Counter[str] = Counter()
    for seed in range(group * VARIANTS // GROUPS, (group + 1) * VARIANTS // GROUPS):
        ends[check(FORMS[seed % len(FORMS)], seed)[1]] += 1
    assert sum(ends.values()) == VARIANTS // GROUPS
    assert ends["error"] and ends["explained"] + ends["told"]
