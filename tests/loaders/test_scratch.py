"""What a killed run left among the temporary files goes with the next one; what a living one holds stays."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from clustercoop.graph.locks import lock
from clustercoop.loaders.scratch import scratch


def test_leftovers_of_killed_runs_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead, living, foreign = (
        tmp_path / name for name in ("clustercoop-rows-a", "clustercoop-rows-b", "other")
    )
    for folder in (dead, living, foreign):
        folder.mkdir()
        (folder / "in-use").touch()
        (folder / "duckdb_temp_storage-0.tmp").write_bytes(b"rows")
    (tmp_path / "clustercoop-rows-link").symlink_to(foreign)
    with (living / "in-use").open("rb+") as held:
        assert lock(held, wait=False)
        with scratch() as mine:
            assert mine.parent == tmp_path and mine.is_dir()
            assert not dead.exists() and living.is_dir()
            with scratch() as other:
                assert other != mine and mine.is_dir()
    assert not mine.exists() and len(list(foreign.iterdir())) == 2


def test_what_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(ZeroDivisionError), scratch() as mine:
        (mine / "rows.parquet").touch()
        _ = 1 / 0
    assert not any(tmp_path.iterdir())
