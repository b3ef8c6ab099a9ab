"""Small tables as text, read as a folder of files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from clustercoop.loaders.dataset import Dataset, read_dataset

PEOPLE = "ИНН;Кластер\n0101;К\n0202;К\n0303;К\n"
HEAD = "Год;Поставщик;Покупатель;Сумма, млн руб.\n"
ONE = ["0101", "0202", 2022, 5.0]


def read(tmp_path: Path, **files: str) -> Dataset:
    for name, text in ({"participants": PEOPLE} | files).items():
        (tmp_path / f"{name}.csv").write_text(text, "utf-8")
    return read_dataset(tmp_path)


def links(data: Dataset) -> list[list[Any]]:
    frame = data.graph.to_tables()["links"]
    return frame[["supplier_id", "buyer_id", "year", "value"]].astype(object).to_numpy().tolist()


def codes(data: Dataset) -> set[str]:
    return {finding.code for finding in data.findings}
