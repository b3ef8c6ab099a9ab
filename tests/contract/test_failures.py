"""A server that is down, refuses, or goes away: one clear sentence each, and no secret in it."""

from __future__ import annotations

import logging
import os
import socket
import threading
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from clustercoop.graph.errors import StoreError
from clustercoop.graph.stores.neo4j_link import Access
from clustercoop.graph.stores.protocol import StoreWarning
from clustercoop.graph.stores.uri import open_store
from tests.contract.samples import random_graph

SECRET = "geheim-пароль-4711"


@pytest.fixture(autouse=True)
def driver_installed() -> None:
    pytest.importorskip("neo4j", reason="the Neo4j driver is not installed: pip install '.[neo4j]'")


def refusal(uri: str, **options: str) -> str:
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
def silent_server() -> Iterator[int]:
    """A port that accepts and hangs up: something runs there, but not Neo4j."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            while True:
                try:
                    server.accept()[0].close()
                except OSError:
                    return

        threading.Thread(target=hang_up, daemon=True).start()
        yield server.getsockname()[1]


def test_server_down() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert "does not answer" in refusal(f"bolt://127.0.0.1:{port}")


def test_something_else_answers() -> None:
    with silent_server() as port:
        assert "does not answer" in refusal(f"bolt://127.0.0.1:{port}")


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
                threading.Thread(target=_pump, args=(a, b), daemon=True).start()

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


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while chunk := source.recv(65536):
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
