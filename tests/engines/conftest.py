"""One session of Spark for the tests of engines: to start Java takes longer than they do."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from clustercoop import engines
from clustercoop.engines import Engine


@pytest.fixture(scope="session")
def spark() -> Iterator[Engine]:
    """Spark on this machine; absent, the tests that need it say so, or fail where CI asks for it."""
    absent = [
        name
        for name, there in (("pyspark", find_spec("pyspark")), ("Java", shutil.which("java")))
        if not there
    ]
    if absent:
        told = f"{' and '.join(absent)} not installed: pip install '.[spark]', Java 17"
        if os.environ.get("CLUSTERCOOP_REQUIRE_SPARK"):
            pytest.fail(f"{told}; CLUSTERCOOP_REQUIRE_SPARK asks for them")
        pytest.skip(told)
    with pytest.MonkeyPatch.context() as patch:
        # Compiled once over, collected by one thread: for so short a life that is half of the work.
        patch.setenv("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
        engine = engines.open("spark", workers=2)
    yield engine
    from clustercoop.engines.spark import SparkEngine

    assert isinstance(engine, SparkEngine)
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        engine.spark.stop()
