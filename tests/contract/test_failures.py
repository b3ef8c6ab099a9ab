"""A server that is down, refuses, or goes away: one clear sentence each, and no secret in it."""

from __future__ import annotations

import logging
import os
import re
import socket
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace as Namespace
from typing import Any

import pytest

import clustercoop
from clustercoop.graph.errors import ParameterError, StoreError
from clustercoop.graph.stores import neo4j_link
from clustercoop.graph.stores.neo4j import Neo4jStore
from clustercoop.graph.stores.neo4j_edit import Editor
from clustercoop.graph.stores.neo4j_link import STEP_VARIABLE, Access, Link
from clustercoop.graph.stores.protocol import QueryTimeoutError, StoreWarning, UnfinishedLoadError
from clustercoop.graph.stores.uri import open_store
from clustercoop.graph.texts import said
from tests.contract.samples import random_graph

SECRET = "geheim-пароль-4711"


@pytest.fixture(autouse=True)
def driver_installed() -> None:
    pytest.importorskip("neo4j", reason="the Neo4j driver is not installed: pip install '.[neo4j]'")


def refusal(uri: str, **options: Any) -> str:
    """Return the sentence of a failure, after a look for the secret in all that could be printed."""
    with pytest.raises(StoreError) as caught:
        open_store(uri, **{"password": SECRET, **options}).read()
    shown = "".join(traceback.format_exception(caught.value))
    assert SECRET not in shown
    assert SECRET not in repr(caught.value)
    text = str(caught.value)
    assert "\n" not in text and text.endswith(".")
    return text


@contextmanager
def other_server(take: Callable[[socket.socket], object]) -> Iterator[int]:
    """A port where something runs that is not Neo4j; what it does with a connection is `take`."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    take(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


def test_server_down() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert "does not answer" in refusal(f"bolt://127.0.0.1:{port}")


def test_something_else_answers() -> None:
    with other_server(socket.socket.close) as port:
        assert "does not answer" in refusal(f"bolt://127.0.0.1:{port}")


def test_a_server_that_accepts_and_says_nothing_is_left_at_the_deadline() -> None:
    held: list[socket.socket] = []
    with other_server(held.append) as port:
        uri = f"bolt://127.0.0.1:{port}"
        with pytest.raises(StoreError, match=r"does not answer within 0\.2 s: check that") as caught:
            clustercoop.query(uri, cypher="RETURN 1 AS one", timeout=0.2)
        assert said(caught.value, "ru").startswith(f"Сервер Neo4j {uri} не отвечает 0.2 с: ")
        assert "does not answer within 0.3 s" in refusal(uri, connect_seconds=0.3)
    assert len(held) == 2
    for each in held:
        each.close()


def test_a_server_that_falls_silent_under_a_query_is_left_at_the_deadline(neo4j_uri: str) -> None:
    with open_store(neo4j_uri) as store:
        store.clear()
        store.load(random_graph(1, clusters=1, size=3, years=1))
    with Proxy(neo4j_uri) as proxy, open_store(proxy.uri) as store:
        assert len(store.query("MATCH (c:Cluster) RETURN c.id AS id")) > 0
        proxy.stalled.set()
        with pytest.raises(QueryTimeoutError, match=r"gave no answer within 0\.2 s and the query was left"):
            store.query("MATCH (c:Cluster) RETURN c.id AS id", timeout=0.2)


def test_a_server_that_falls_silent_under_a_load_is_left_at_the_deadline(neo4j_uri: str) -> None:
    graph = random_graph(1, links_each=40)
    with Proxy(neo4j_uri) as proxy, open_store(proxy.uri, batch_size=400) as store:
        assert isinstance(store, Neo4jStore)
        link = store._link

        def stall(phase: str, done: int, total: int) -> None:
            if done:
                proxy.stalled.set()
                link.step_seconds = 0.2

        store.clear()
        with pytest.raises(StoreError, match=r"not finish a step within 0\.2 s, retries included") as caught:
            store.load(graph, stall)
        assert "и повторите то же" in said(caught.value, "ru") and "\n" not in str(caught.value)
        with pytest.raises(StoreError, match=r"sent nothing for 0\.2 s and was left"):
            store.read()
    with open_store(neo4j_uri) as store:
        with pytest.raises(UnfinishedLoadError):
            store.read()
        assert store.load(graph).resumed_links > 0
        assert store.read().equals(graph)


def test_an_interrupted_clear_is_refused_until_a_load_has_run(
    neo4j_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = random_graph(1, clusters=1, size=3, years=1)
    with open_store(neo4j_uri) as store:
        store.clear()
        store.load(graph)
        drain = Editor._drain

        def stop(editor: Editor, pattern: str, verb: str) -> None:
            if "Participant)" in pattern:
                raise KeyboardInterrupt
            drain(editor, pattern, verb)

        monkeypatch.setattr(Editor, "_drain", stop)
        with pytest.raises(KeyboardInterrupt):
            store.clear()
        with pytest.raises(UnfinishedLoadError):
            store.read()
        store.load(graph)
        assert store.read().equals(graph)


@pytest.mark.parametrize("told", ["soon", "0", "-1", "nan"])
def test_the_deadline_of_a_step_is_a_number_of_seconds(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STEP_VARIABLE, told)
    with pytest.raises(ParameterError, match="a number of seconds"):
        open_store("bolt://localhost:1")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("Neo.DatabaseError.Transaction.TransactionCommitFailed", "most often its disk is full"),
        ("Neo.DatabaseError.Transaction.TransactionStartFailed", "most often its disk is full"),
        ("Neo.TransientError.General.DatabaseUnavailable", "'neo4j' of the Neo4j server .* is not running"),
        ("Neo.ClientError.Database.DatabaseNotFound", "has no database 'neo4j'"),
        ("Neo.TransientError.General.MemoryPoolOutOfMemoryError", "ran out of memory"),
        ("Neo.ClientError.Statement.SyntaxError", r"refused: what it said\."),
    ],
)
def test_what_a_server_says_is_one_sentence(code: str, says: str) -> None:
    """As a server on a full disk and one whose database did not start said it; no test can fill its disk."""
    link = Link.__new__(Link)
    link.access = Access.from_environment("bolt://localhost:7687")
    error = Namespace(code=code, message="what it said\nand more")
    text = str(link._server_error(error, None))
    assert re.search(says, text) and "\n" not in text and text.endswith(".")


def test_no_such_host() -> None:
    with pytest.warns(StoreWarning, match="not encrypted"):
        assert "does not answer" in refusal("neo4j://no-such-host.invalid:7687")


def test_wrong_password(neo4j_uri: str) -> None:
    assert "check NEO4J_USERNAME and NEO4J_PASSWORD" in refusal(neo4j_uri)


def test_wrong_user(neo4j_uri: str) -> None:
    assert "refuses the user 'nobody'" in refusal(neo4j_uri, username="nobody")


def test_wrong_database(neo4j_uri: str) -> None:
    password = os.environ.get("NEO4J_PASSWORD", "")
    assert "has no database 'nowhere'" in refusal(neo4j_uri, password=password, database="nowhere")


def test_a_password_never_shows_nor_is_logged(
    neo4j_uri: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = Access.from_environment(neo4j_uri, password=SECRET)
    assert SECRET not in repr(access) and SECRET not in str(access)
    with caplog.at_level(logging.DEBUG):
        refusal(neo4j_uri)
    assert SECRET not in caplog.text


@pytest.mark.parametrize("uri", ["neo4j://db.example.org", "bolt://10.0.0.5:7687"])
def test_the_clear_channel_draws_a_warning(uri: str) -> None:
    with pytest.warns(StoreWarning, match="not encrypted"):
        Access.from_environment(uri)


@pytest.mark.parametrize("uri", ["neo4j+s://db.example.org", "bolt://localhost:7687", "bolt://[::1]:7687"])
def test_an_encrypted_or_local_channel_draws_none(uri: str) -> None:
    with warnings.catch_warnings(record=True) as drawn:
        warnings.simplefilter("always")
        Access.from_environment(uri)
    assert drawn == []


def test_the_connection_lost_during_a_load_is_one_sentence(neo4j_uri: str) -> None:
    """A proxy that drops everything halfway stands for a server that stops."""
    graph = random_graph(1, links_each=40)
    with Proxy(neo4j_uri) as proxy:

        def stop(phase: str, done: int, total: int) -> None:
            if done >= total / 2:
                proxy.cut()

        with open_store(proxy.uri, batch_size=50, retry_seconds=1.0) as store:
            store.clear()
            with pytest.raises(StoreError, match="does not answer") as caught:
                store.load(graph, stop)
        assert "\n" not in str(caught.value)
    with open_store(neo4j_uri) as store:
        assert store.load(graph).resumed_links > 0
        assert store.read().equals(graph)


def test_closing_waits_until_the_connection_is_closed_and_no_longer(
    neo4j_uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[bool] = []

    def patient(futures: list[Future[None]], seconds: float) -> None:
        ended.append(not wait(futures, 600).not_done)

    store = open_store(neo4j_uri)
    monkeypatch.setattr(neo4j_link, "wait", patient)
    store.close()
    assert ended == [True]


def test_a_short_break_is_retried(neo4j_uri: str) -> None:
    graph = random_graph(2, links_each=40)
    with Proxy(neo4j_uri) as proxy:
        broken: list[int] = []

        def hiccup(phase: str, done: int, total: int) -> None:
            if done >= total / 2 and not broken:
                broken.append(done)
                proxy.drop()

        with open_store(proxy.uri, batch_size=50) as store:
            store.clear()
            store.load(graph, hiccup)
            assert broken
            assert store.read().equals(graph)


class Proxy:
    """Forwards one port to the server, and can drop connections or stop answering."""

    def __init__(self, uri: str) -> None:
        host, _, port = uri.partition("://")[2].partition(":")
        self.target = (host, int(port or 7687))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.uri = f"bolt://127.0.0.1:{self.listener.getsockname()[1]}"
        self.open: list[socket.socket] = []
        self.stalled = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client = self.listener.accept()[0]
                server = socket.create_connection(self.target)
            except OSError:
                return
            self.open += [client, server]
            for a, b in ((client, server), (server, client)):
                threading.Thread(target=_pump, args=(a, b, self.stalled), daemon=True).start()

    def drop(self) -> None:
        """Break the open connections; new ones work."""
        for end in self.open:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        self.open.clear()

    def cut(self) -> None:
        """Break everything, for good."""
        self.listener.close()
        self.drop()

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *exc: object) -> None:
        for end in [*self.open, self.listener]:
            end.close()


def _pump(source: socket.socket, sink: socket.socket, stalled: threading.Event) -> None:
    try:
        while chunk := source.recv(65536):
            if not stalled.is_set():
                sink.sendall(chunk)
    except OSError:
        pass
    for end in (source, sink):
        end.close()


def test_a_file_in_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    pytest.importorskip("kglite")
    with open_store(str(tmp_path / "nowhere" / "x.kgl")) as store:
        with pytest.raises(StoreError, match="cannot be written"):
            store.load(random_graph(1))


def test_a_disk_without_room_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    pytest.importorskip("kglite")
    resource = pytest.importorskip("resource", reason="the system sets no limits to files")
    small, large = random_graph(1, clusters=1, size=3, years=1), random_graph(1, links_each=40)
    path = tmp_path / "g.kgl"
    with open_store(path) as store:
        store.load(small)
        before = path.read_bytes()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
            with pytest.raises(StoreError) as caught:
                store.load(large)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert str(caught.value) == "g.kgl cannot be written: File too large. What was stored is as it was."
        assert path.read_bytes() == before
        assert sorted(entry.name for entry in tmp_path.iterdir()) == [".g.kgl.lock", "g.kgl"]
        assert store.read().equals(small)
