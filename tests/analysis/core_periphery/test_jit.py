"""The lazy wrapper around numba: same values, nested kernels, no cache directory needed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from clustercoop.analysis.jit import jit
from tests.places import ROOT


@jit
def _square(x: float) -> float:
    return x * x


@jit
def _sum_of_squares(n: int) -> float:
    total = 0.0
    for i in range(n):
        total += _square(float(i))
    return total


def test_kernel_calls_kernel_and_equals_python() -> None:
    assert _sum_of_squares(4) == 0 + 1 + 4 + 9
    assert _sum_of_squares.python(4) == 14


def test_importing_kernels_does_not_import_numba() -> None:
    script = "import sys, analysis.jit; print('numba' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_without_a_writable_cache_directory(tmp_path: Path) -> None:
    """A kernel that is in no file has no cache locator: numba refuses, the wrapper compiles all the same."""
    script = (
        "from analysis.jit import jit\n"
        "space = {}\n"
        "exec(compile('def f(x):\\n    return x + 1\\n', '<no file>', 'exec'), space)\n"
        "print(jit(space['f'])(1))\n"
    )
    path = tmp_path / "run.py"
    path.write_text(script, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(path)], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "2"
