"""Read a million links from CSV and from Parquet, checked and accounted for, against pandas' own reading.

Processor time of both in one process, run by turns; a ratio travels between machines, a second does not.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from clustercoop.loaders.dataset import read_dataset


def write(folder: Path, rows: int, form: str, seed: int = 0) -> Path:
    """Write `rows` links between 20,000 organisations in 200 clusters, in thousands of roubles.

    Examples
    --------
    >>> folder = write(Path(tempfile.mkdtemp()) / "small", 10, "csv")
    >>> len(read_dataset(folder).graph.links)
    10
    """
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    ids = np.array([f"{i:010d}" for i in range(20_000)], object)
    people = {"ИНН": ids, "Кластер": [f"К{i % 200}" for i in range(len(ids))]}
    pd.DataFrame(people).to_csv(folder / "participants.csv", sep=";", index=False)
    pair = rng.choice(len(ids) * (len(ids) - 1), min(rows, 10**8), replace=False)
    seller, step = np.divmod(pair, len(ids) - 1)
    links = pd.DataFrame(
        {
            "Год": rng.integers(2019, 2024, rows),
            "ИНН поставщика": ids[seller],
            "ИНН покупателя": ids[(seller + step + 1) % len(ids)],
            "Сумма, тыс. руб.": rng.integers(1, 10**7, rows) / 100,
        }
    )
    if form == "csv":
        links.to_csv(folder / "links.csv", sep=";", decimal=",", index=False)
    else:
        links.to_parquet(folder / "links.parquet", index=False)
    return folder


def _pandas(folder: Path, form: str) -> pd.DataFrame:
    if form == "parquet":
        return pd.read_parquet(folder / "links.parquet")
    kinds = {"ИНН поставщика": str, "ИНН покупателя": str}
    return pd.read_csv(folder / "links.csv", sep=";", decimal=",", dtype=kinds)


def _seconds(run: Callable[[], Any]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def main() -> None:
    """Print the medians of both, and their ratio, for each format."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    print(f"pandas {pd.__version__}, {asked.rows} rows, processor seconds, median of {asked.runs}")
    with tempfile.TemporaryDirectory() as root:
        for form in ("csv", "parquet"):
            folder = write(Path(root) / form, asked.rows, form)
            assert len(read_dataset(folder).graph.links) == asked.rows
            pairs = [
                (_seconds(partial(read_dataset, folder)), _seconds(partial(_pandas, folder, form)))
                for _ in range(asked.runs)
            ]
            ours, theirs = (median(times) for times in zip(*pairs, strict=True))
            print(f"{form}: clustercoop {ours:.2f}, pandas {theirs:.2f}, ratio {ours / theirs:.1f}")


if __name__ == "__main__":
    main()
