"""Small tables as text or sheets, read as files."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from clustercoop.loaders.dataset import Dataset, read_dataset

PEOPLE = "ИНН;Кластер\n0101;К\n0202;К\n0303;К\n"
HEAD = "Год;Поставщик;Покупатель;Сумма, млн руб.\n"
ONE = ["0101", "0202", 2022, 5.0]


def put(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
    return folder


def read(tmp_path: Path, **files: str) -> Dataset:
    return read_dataset(put(tmp_path, **{"participants": PEOPLE} | files))


def book(
    path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]], hidden: str = "", number_format: str = ""
) -> Path:
    """Write a workbook; a pair is a number and its format, "=A1→5" a formula and its result."""
    with xlsxwriter.Workbook(path) as out:
        style = out.add_format({"num_format": number_format}) if number_format else None
        for name, rows in sheets.items():
            sheet = out.add_worksheet(name)
            if name == hidden:
                sheet.hide()
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    if isinstance(cell, tuple):
                        sheet.write_number(r, c, cell[0], out.add_format({"num_format": cell[1]}))
                    elif isinstance(cell, datetime.date):
                        sheet.write_datetime(r, c, cell, out.add_format({"num_format": "dd.mm.yyyy"}))
                    elif isinstance(cell, str) and cell.startswith("="):
                        formula, _, result = cell.partition("→")
                        sheet.write_formula(r, c, formula, None, result or 0)
                    elif isinstance(cell, str) and cell:
                        sheet.write_string(r, c, cell)
                    elif cell is not None and cell != "":
                        sheet.write(r, c, cell, style if r else None)
    return path


def links(data: Dataset) -> list[list[Any]]:
    frame = data.graph.to_tables()["links"]
    return frame[["supplier_id", "buyer_id", "year", "value"]].astype(object).to_numpy().tolist()


def codes(data: Dataset) -> set[str]:
    return {finding.code for finding in data.findings}
