"""Kernels are compiled by several processes only where none is compiled and cores are free."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from clustercoop.analysis import warm
from clustercoop.analysis.core_periphery import four_blocks


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A machine of two cores on which nothing is compiled and no other process can compile."""
    said: list[str] = []
    monkeypatch.setattr(warm, "run", said.extend)
    monkeypatch.setattr(warm, "is_cold", lambda: True)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(sys, "executable", str(Path(os.devnull)))
    return said


@pytest.mark.parametrize(("sizes", "members"), [([40], [30]), ([8], [10]), ([8, 40], [30, 10]), ([], [])])
def test_what_this_process_compiles_goes_by_sizes(
    asked: list[str], sizes: list[int], members: list[int]
) -> None:
    warm.warm(sizes, True)
    assert asked == [f"{part}:{n}:True" for part in ("cores", "blocks") for n in members]


def test_with_one_core_or_compiled_kernels_nothing_is_done(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    warm.warm([40], True)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(warm, "is_cold", lambda: False)
    warm.warm([40], True)
    assert asked == []


def test_each_part_runs_and_compiled_kernels_are_seen() -> None:
    warm.run([f"{part}:{n}:False" for part in warm.PARTS for n in (warm.LARGE, warm.SMALL)])
    assert four_blocks.search.dispatcher.overloads
    assert not four_blocks.search.dispatcher.stats.cache_path or not warm.is_cold()
