"""Where Spark cannot run, one sentence says what is missing; no session has been opened yet here."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from clustercoop import engines
from clustercoop.engines import spark as module
from clustercoop.graph.errors import EngineError, MissingExtraError


def test_without_pyspark_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'clustercoop\[spark\]'"):
        engines.open("spark")


@pytest.fixture
def no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed: pip install '.[spark]'")
    monkeypatch.setattr(module, "_running", lambda: None)
    monkeypatch.delenv("SPARK_REMOTE", raising=False)


@pytest.mark.usefixtures("no_session")
def test_without_java_it_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(EngineError, match="Spark needs Java 17 or later"):
        engines.open("spark")


@pytest.mark.usefixtures("no_session")
@pytest.mark.parametrize("scheme", ["spark", "sc"])
def test_a_master_that_does_not_answer_is_refused_at_once(scheme: str) -> None:
    with socket.socket() as taken:  # bound, not listening: nothing else can take the port meanwhile
        taken.bind(("127.0.0.1", 0))
        address = f"{scheme}://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(EngineError, match="does not answer .*[Cc]onnection refused"):
            engines.open("spark", master=address)


def test_java_that_ended_is_told_from_work_that_failed() -> None:
    ended = "org.apache.spark.SparkException: Job 16 cancelled because SparkContext was shut down"
    assert "spark.driver.memory" in module.said(RuntimeError(ended))
    assert module.said(RuntimeError("Job 16 cancelled because it took too long")).endswith("too long")
