"""What is written for 150 clusters in four years: processor time and size of every output from one result.

Run: ``python -m benchmarks.outputs``; ``--keep FOLDER`` keeps the result, and takes it from there next time.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import clustercoop
from benchmarks.sparse import sparse_tables
from clustercoop.analysis.results import Result
from clustercoop.outputs import is_result, read_result, write_result


def measured(clusters: int, keep: Path | None) -> Result:
    """Return the result of an analysis without nulls, from `keep` where it is."""
    if keep is not None and is_result(keep):
        return read_result(keep)
    result = clustercoop.analyze(sparse_tables(clusters), nulls=0, outputs="parquet")
    if keep is not None:
        write_result(result, keep)
    return result


def main() -> None:
    """Print a line an output, then all of them in one go."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clusters", type=int, default=150)
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    result = measured(asked.clusters, asked.keep)
    print(f"{len(result.formations)} formations, {len(result.participants)} participant-years")
    for outputs in ("csv", "html", "xlsx", "md", "views", "parquet", "csv,html,xlsx", "csv,html,xlsx,views"):
        asked_for = replace(result, settings=result.settings.replace(outputs=outputs))
        with tempfile.TemporaryDirectory() as name:
            start = time.process_time()
            folder = write_result(asked_for, Path(name) / "out")
            spent = time.process_time() - start
            size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        print(f"{outputs}: {spent:.1f} s of CPU, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
