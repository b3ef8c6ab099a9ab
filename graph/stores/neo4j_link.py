"""The connection to a Neo4j server: one driver, and sentences without secrets instead of driver errors."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import warnings
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from clustercoop.graph.errors import MissingExtraError, StoreError
from clustercoop.graph.stores.base import late
from clustercoop.graph.stores.protocol import QueryTimeoutError, StoreWarning

if TYPE_CHECKING:
    import neo4j

T = TypeVar("T")

SCHEMES: Final = ("bolt", "neo4j", "bolt+s", "neo4j+s", "bolt+ssc", "neo4j+ssc")
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
LANGUAGE: Final = "CYPHER 5 "
"""Before every statement: a database may have another version of the language as its default."""
RETRY_SECONDS: Final = 15.0
CONNECT_SECONDS: Final = 15.0
_GRACE: Final = 1.0


@dataclass(frozen=True, slots=True)
class Access:
    """Where a server is and who asks; the password never shows in a representation or a message.

    Attributes
    ----------
    uri : str
        ``neo4j://…``, ``bolt://…`` or their encrypted forms.
    username, password, database : str
        By default from ``NEO4J_USERNAME``, ``NEO4J_PASSWORD`` and ``NEO4J_DATABASE``.
    """

    uri: str
    username: str
    password: str = field(repr=False)
    database: str

    @classmethod
    def from_environment(
        cls,
        uri: str,
        *,
        username: str | None = None,
        password: str | None = None,
        database: str | None = None,
    ) -> Access:
        """Fill what is not given from the environment, and check the address.

        Raises
        ------
        StoreError
            The address is no Neo4j address or carries a password.

        Examples
        --------
        >>> Access.from_environment("bolt://localhost:7687", password="geheim")
        Access(uri='bolt://localhost:7687', username='neo4j', database='neo4j')
        """
        try:
            parts = urlsplit(uri)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise StoreError("The Neo4j address cannot be understood; write neo4j://host:7687.") from None
        if parts.query or parts.fragment or "?" in uri:
            raise StoreError(
                "Leave everything after the port out of the Neo4j address; the name, password and database "
                "are NEO4J_USERNAME, NEO4J_PASSWORD and NEO4J_DATABASE."
            )
        if "@" in uri:
            raise StoreError(
                "Leave the name and password out of the Neo4j address; set NEO4J_USERNAME and NEO4J_PASSWORD."
            )
        if parts.scheme not in SCHEMES or not host:
            raise StoreError(f"A Neo4j address is like neo4j://host:7687, got {uri!r}.")
        if parts.path not in ("", "/"):
            raise StoreError("Leave the database out of the Neo4j address; set NEO4J_DATABASE.")
        if parts.scheme in ("bolt", "neo4j") and host not in _LOOPBACK:
            warnings.warn(
                f"The connection to {host}{'' if port is None else f':{port}'} is not encrypted: the "
                f"password and the data travel in the clear. Use {parts.scheme}+s:// where the server "
                "allows it.",
                StoreWarning,
                stacklevel=4,
            )
        return cls(
            uri=uri,
            username=username or os.environ.get("NEO4J_USERNAME", "neo4j"),
            password=password if password is not None else os.environ.get("NEO4J_PASSWORD", ""),
            database=database or os.environ.get("NEO4J_DATABASE", "neo4j"),
        )


def _driver() -> Any:
    try:
        import neo4j
    except ImportError as error:
        raise MissingExtraError(
            "A Neo4j store needs the Neo4j driver: pip install 'clustercoop[neo4j]'."
        ) from error
    # Without a handler Python prints what the driver logs; whoever wants it adds a handler.
    logging.getLogger("neo4j").addHandler(logging.NullHandler())
    return neo4j


class _Asking:
    """An asynchronous driver in a thread of its own; the other kind cannot be left at a deadline."""

    def __init__(self, connect: Callable[[], neo4j.AsyncDriver]) -> None:
        self._connect = connect
        self._open: tuple[asyncio.AbstractEventLoop, neo4j.AsyncDriver] | None = None

    def within(self, seconds: float, work: Callable[[neo4j.AsyncDriver], Coroutine[Any, Any, T]]) -> T:
        """Return what `work` returns; at the deadline leave it, cut its connection, raise `TimeoutError`."""
        if self._open is None:
            loop = asyncio.new_event_loop()
            threading.Thread(target=_run, args=(loop,), daemon=True).start()
            self._open = loop, self._connect()
        loop, driver = self._open
        future = asyncio.run_coroutine_threadsafe(work(driver), loop)
        try:
            return future.result(seconds)
        except BaseException:
            if not future.done():
                future.cancel()
                # An answer that floods the loop keeps it busy for long; the next query gets a new one.
                self.close(wait=False)
            raise

    def close(self, *, wait: bool = True) -> None:
        """Close the driver and end the thread."""
        if self._open is None:
            return
        (loop, driver), self._open = self._open, None

        async def end() -> None:
            try:
                left = asyncio.all_tasks(loop) - {asyncio.current_task()}
                if left:
                    await asyncio.wait(left, timeout=_GRACE)
                await driver.close()
                await asyncio.sleep(0.02)  # closed transports are let go of by the loop
            finally:
                loop.stop()

        future = asyncio.run_coroutine_threadsafe(end(), loop)
        if wait:
            with suppress(TimeoutError, CancelledError):
                future.result(_GRACE)


def _in_language(run: Callable[..., Any]) -> Callable[..., Any]:
    return lambda statement, *params: run(LANGUAGE + statement, *params)


def _run(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.close()


class Link:
    """An open driver on one database, with the few kinds of call that the store makes."""

    def __init__(self, access: Access, *, retry_seconds: float = RETRY_SECONDS) -> None:
        self.access = access
        self.neo4j = _driver()
        options: dict[str, Any] = {
            "auth": (access.username, access.password),
            "connection_timeout": 10.0,
            "max_transaction_retry_time": retry_seconds,
            "notifications_min_severity": "OFF",
            "user_agent": "clustercoop",
        }
        with self.sentences():
            self.driver: neo4j.Driver = self.neo4j.GraphDatabase.driver(access.uri, **options)
        self._asking = _Asking(lambda: self.neo4j.AsyncGraphDatabase.driver(access.uri, **options))
        try:
            self._asking.within(CONNECT_SECONDS, self._greet)
        except TimeoutError:
            self.close()
            raise StoreError(
                f"The Neo4j server at {access.uri} does not answer within {CONNECT_SECONDS:g} s: check that "
                "the address and port are those of its bolt service."
            ) from None
        except BaseException:
            self.close()
            raise

    async def _greet(self, driver: neo4j.AsyncDriver) -> None:
        # Not retried: whoever mistypes an address or password should know at once.
        with self.sentences():
            async with driver.session(database=self.access.database) as session:
                await (await session.run(f"{LANGUAGE}RETURN 1 AS one")).consume()

    @contextmanager
    def sentences(self, timeout: float | None = None) -> Iterator[None]:
        """Turn every failure of the driver or server into one sentence."""
        try:
            yield
        except self.neo4j.exceptions.Neo4jError as error:
            raise self._server_error(error, timeout) from None
        except self.neo4j.exceptions.DriverError as error:
            raise StoreError(
                f"The Neo4j server at {self.access.uri} does not answer ({type(error).__name__}): "
                "check that it runs and that the address and port are right."
            ) from None
        except (OSError, UnicodeError, OverflowError) as error:
            raise StoreError(
                f"The exchange with the Neo4j server at {self.access.uri} failed ({type(error).__name__})."
            ) from None

    def _server_error(self, error: Any, timeout: float | None) -> StoreError:
        code = str(error.code or "")
        if "Unauthorized" in code or "Authentication" in code or "CredentialsExpired" in code:
            return StoreError(
                f"The Neo4j server at {self.access.uri} refuses the user {self.access.username!r}: "
                "check NEO4J_USERNAME and NEO4J_PASSWORD."
            )
        if "DatabaseNotFound" in code or "DatabaseUnavailable" in code:
            return StoreError(
                f"The Neo4j server at {self.access.uri} has no database {self.access.database!r} to offer: "
                "check NEO4J_DATABASE."
            )
        if "TransactionTimedOut" in code:
            seconds = "" if timeout is None else f" {timeout:g} s"
            return QueryTimeoutError(
                f"The query ran longer than{seconds or ' allowed'} and was stopped; narrow it or raise the "
                "timeout."
            )
        if "MemoryPool" in code or "OutOfMemory" in code:
            return StoreError("The Neo4j server ran out of memory for this; narrow the query.")
        first = (str(error.message or "").strip().splitlines() or [code])[0][:300].rstrip(". ")
        return StoreError(f"The Neo4j server refused: {first}.")

    def read(self, statement: str, **params: Any) -> list[list[Any]]:
        """Return the rows of an internal reading statement, retried where that helps."""
        with self.sentences():
            found = self.driver.execute_query(
                LANGUAGE + statement,
                params,
                database_=self.access.database,
                routing_=self.neo4j.RoutingControl.READ,
            )
            return [list(record.values()) for record in found.records]

    def schema(self, statement: str) -> None:
        """Run a schema statement."""
        with self.sentences():
            self.driver.execute_query(LANGUAGE + statement, database_=self.access.database)

    def write(self, steps: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Any]:
        """Run statements in one transaction, retried where that helps; return the last one's first row."""

        def work(transaction: neo4j.ManagedTransaction) -> list[Any]:
            row: list[Any] = []
            for statement, params in steps:
                record = transaction.run(LANGUAGE + statement, dict(params)).single(strict=False)
                row = [] if record is None else list(record.values())
            return row

        with self.sentences(), self.driver.session(database=self.access.database) as session:
            return session.execute_write(work)

    def stream(self, timeout: float, work: Callable[[Callable[..., Any]], Coroutine[Any, Any, T]]) -> T:
        """Give `work` a function that runs statements, in one reading transaction with a deadline."""

        async def ask(driver: neo4j.AsyncDriver) -> T:
            unit = self.neo4j.unit_of_work(timeout=timeout)
            with self.sentences(timeout):
                async with driver.session(
                    database=self.access.database,
                    default_access_mode="READ",
                    notifications_min_severity="WARNING",
                ) as session:
                    found: T = await session.execute_read(unit(lambda tx: work(_in_language(tx.run))))
                    return found

        try:
            # The server's own timeout covers neither planning nor the driver's retries.
            return self._asking.within(timeout + _GRACE, ask)
        except TimeoutError:
            raise late(timeout) from None

    def close(self) -> None:
        """Close the drivers."""
        self.driver.close()
        self._asking.close()
