"""Time what a user waits for: help, the demo, and one WIOD year with every output.

Each command runs in a fresh process, three times; the median and every time are printed.
Run: ``python -m benchmarks.end_to_end``
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.wiod import SHARED, write_dataset

RUNS = 3


def timed(*words: str) -> list[float]:
    """Return the wall-clock seconds of `RUNS` runs of the command."""
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "clustercoop", *words], check=True, capture_output=True)
        seconds.append(time.perf_counter() - start)
    return seconds


def main() -> None:
    """Print a table of medians against the limits."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cases = {
            ("help", 0.3): ["--help"],
            ("demo, 199 nulls", 20.0): ["demo", "--out", str(folder / "demo")],
        }
        if SHARED.is_dir():
            data = str(write_dataset(folder / "wiod", [1995]))
            cases["one WIOD year, every output, no nulls", 10.0] = [
                "analyze", data, "--out", str(folder / "out"), "--currency", "USD", "--nulls", "0",
            ]  # fmt: skip
        else:
            print("WIOD is absent (../shared/data): that case is skipped")
        for (label, limit), words in cases.items():
            seconds = timed(*words)
            median = statistics.median(seconds)
            runs = ", ".join(f"{s:.2f}" for s in seconds)
            print(f"{label}: median {median:.2f} s (limit {limit} s; runs {runs})")


if __name__ == "__main__":
    main()
