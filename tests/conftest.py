"""Options and fixtures that several folders of tests share."""

from __future__ import annotations

import gc
import os
import tempfile
from pathlib import Path

# A thread each: where processes share the tests, those of a linear algebra library only wait for one another.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Tests measure: what an earlier run kept tells nothing of the code, nor do they leave anything behind.
os.environ["CLUSTERCOOP_CACHE"] = ""
# Machine code is kept by what it is made from: nothing of an earlier run can be taken for this one's.
os.environ["CLUSTERCOOP_KERNELS"] = str(Path(__file__).resolve().parent / "__pycache__" / "kernels")

from collections.abc import Iterator
from dataclasses import replace

import hypothesis
import pytest

from clustercoop.analysis.results import Result
from clustercoop.graph.stores.base import Store
from clustercoop.graph.stores.uri import open_store
from clustercoop.outputs import write_result
from tests import builders
from tests.builders import SHARED_FOLDER

# How busy the machine is decides nothing: no deadline, and no complaint that an example was slow to draw.
# Where CI runs, the examples are the same each time; elsewhere they are new ones.
hypothesis.settings.register_profile(
    "calm",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("calm")


def pytest_configure(config: pytest.Config) -> None:
    """Where processes share the tests, give them a folder."""
    if "PYTEST_XDIST_WORKER" not in os.environ and getattr(config.option, "numprocesses", None):
        folder = tempfile.TemporaryDirectory(prefix="clustercoop-tests-")
        config.add_cleanup(folder.cleanup)
        os.environ[SHARED_FOLDER] = folder.name
        config.option.loadscopereorder = False  # in the order of collection: see below


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--neo4j-uri",
        default=os.environ.get("NEO4J_URI", ""),
        help="a Neo4j server with an empty database to test against (default: NEO4J_URI)",
    )


LONG = ("browser", "reports")


@pytest.hookimpl(tryfirst=True)  # xdist reads the marks when its own turn comes
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep in one process, where several share the tests, what shares a server, a browser or a module."""
    if SHARED_FOLDER not in os.environ:
        return
    long: set[pytest.Item] = set()
    for item in items:
        params = getattr(item, "callspec", None)
        server = {"neo4j_uri", "server_if_any"}.intersection(getattr(item, "fixturenames", ())) or (
            params is not None and "neo4j" in map(str, params.params.values())
        )
        room = item.path.parent.name
        if server or room in LONG:
            long.add(item)
        group = "neo4j" if server else room if room in LONG else str(item.path)
        item.add_marker(pytest.mark.xdist_group(group))
    # The long groups begin, so that no process is left alone with one at the end.
    items.sort(key=lambda item: item not in long)


def pytest_collection_finish() -> None:
    """What was imported and collected stays: the collector of garbage need not look at it again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def table3() -> Result:
    """The result of Table 3."""
    return builders.table3()


@pytest.fixture(scope="session")
def table3_folder(table3: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result of Table 3 as it is written, to be read only."""
    settings = table3.settings.replace(outputs="csv,parquet")
    return write_result(replace(table3, settings=settings), tmp_path_factory.mktemp("table3") / "out")


@pytest.fixture
def server_if_any(request: pytest.FixtureRequest) -> str:
    """The address of the server, "" where there is none."""
    return str(request.config.getoption("--neo4j-uri"))


@pytest.fixture(scope="session")
def neo4j_uri(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a server whose database these tests may empty."""
    uri = str(request.config.getoption("--neo4j-uri"))
    if not uri:
        if os.environ.get("CLUSTERCOOP_REQUIRE_NEO4J"):
            pytest.fail("NEO4J_URI is not set, and CLUSTERCOOP_REQUIRE_NEO4J asks for a server")
        pytest.skip("no Neo4j server: set NEO4J_URI or give --neo4j-uri (.ci/neo4j/start.sh makes one)")
    neo4j = pytest.importorskip("neo4j")
    auth = (os.environ.get("NEO4J_USERNAME", "neo4j"), os.environ.get("NEO4J_PASSWORD", ""))
    with neo4j.GraphDatabase.driver(uri, auth=auth, notifications_min_severity="OFF") as driver:
        # These tests delete what they find. A database that holds anything else is somebody's.
        foreign = driver.execute_query("MATCH (n) WHERE NOT n:StoreTests RETURN count(n) AS n").records[0][
            "n"
        ]
        ours = driver.execute_query("MATCH (n:StoreTests) RETURN count(n) AS n").records[0]["n"]
        if foreign and not ours:
            pytest.fail(f"the database at {uri} is not empty; these tests need one of their own")
        driver.execute_query("MERGE (:StoreTests)")
        yield uri
        with open_store(uri) as store:
            store.clear()
        driver.execute_query("MATCH (n:StoreTests) DELETE n")


@pytest.fixture(scope="session")
def swept(neo4j_uri: str) -> Iterator[Store]:
    """The store on the server, opened once to be emptied before each test."""
    with open_store(neo4j_uri) as store:
        yield store


@pytest.fixture
def store_address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store of the kind that the test asks for."""
    kind = str(request.param)
    if kind == "memory":
        return "memory:"
    if kind == "embedded":
        pytest.importorskip("kglite", reason="kglite is not installed: pip install '.[embedded]'")
        return str(tmp_path / "graph.kgl")
    request.getfixturevalue("swept").clear()
    return str(request.getfixturevalue("neo4j_uri"))


@pytest.fixture
def store(store_address: str) -> Iterator[Store]:
    """An empty store of the kind that the test asks for."""
    with open_store(store_address) as opened:
        yield opened
