"""Kernels are compiled while the data are read, where none are kept yet."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from clustercoop.analysis import ahead
from clustercoop.graph.settings import Settings
from tests.analysis.test_jit import network, of_analysis, structure


def test_compiling_ahead_compiles_what_an_analysis_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    for _, kernel in of_analysis().values():
        monkeypatch.setattr(kernel, "_made", {})
    for piece in ahead._pieces(nulls=True):
        piece()
    made = {name: set(kernel._made) for name, kernel in of_analysis().values()}
    for n, seed in ((5, 2), (24, 3)):
        structure(network(n, seed))
    later = {name: len(set(kernel._made) - made[name]) for name, kernel in of_analysis().values()}
    assert [name for name, count in later.items() if count and not name.endswith(".uniform")] == []


def test_kernels_are_compiled_ahead_where_none_are_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done: list[int] = []
    monkeypatch.setattr(ahead, "_pieces", lambda nulls: iter([lambda: done.append(1), lambda: 1 / 0]))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setenv("CLUSTERCOOP_KERNELS", str(tmp_path))

    def begun(settings: Settings) -> int:
        done.clear()
        ahead.compile_ahead.cache_clear()
        ahead.compile_ahead(settings)
        for thread in threading.enumerate():
            if thread.name == "kernels":
                thread.join()
        return len(done)

    assert begun(Settings()) == 1
    assert begun(Settings(metrics="cooperation,closedness")) == 0
    (tmp_path / "code").touch()
    assert begun(Settings()) == 0
