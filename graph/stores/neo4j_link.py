"""The connection to a Neo4j server: one driver, and sentences without secrets instead of driver errors."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
import warnings
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from clustercoop.graph.errors import MissingExtraError, StoreError, parameter_error
from clustercoop.graph.stores.base import check_seconds, late
from clustercoop.graph.stores.protocol import CONNECT_SECONDS, QueryTimeoutError, StoreWarning
from clustercoop.graph.texts import refusal, told

if TYPE_CHECKING:
    import neo4j

T = TypeVar("T")

SCHEMES: Final = ("bolt", "neo4j", "bolt+s", "neo4j+s", "bolt+ssc", "neo4j+ssc")
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
LANGUAGE: Final = "CYPHER 5 "
"""Before every statement: a database may have another version of the language as its default."""
RETRY_SECONDS: Final = 15.0
STEP_SECONDS: Final = 120.0
"""How long a server is given for one transaction that writes, or for more rows of one that reads."""
STEP_VARIABLE: Final = "CLUSTERCOOP_STEP_SECONDS"
_BEAT: Final = 500
"""Rows after which a reader tells that the server is alive."""
_GRACE: Final = 1.0
_BROKEN: Final = (
    "Transaction.TransactionCommitFailed",
    "Transaction.TransactionStartFailed",
    "Transaction.TransactionLogError",
    "General.StorageDamageDetected",
)
"""What a server says that could not write its log, and to everybody from then on until it is restarted."""


class ServerRefusedError(StoreError):
    """What a server said no to, in its own words."""


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
            raise refusal(StoreError, "address") from None
        if parts.query or parts.fragment or "?" in uri:
            raise refusal(StoreError, "address_query")
        if "@" in uri:
            raise refusal(StoreError, "address_password")
        if parts.scheme not in SCHEMES or not host:
            raise refusal(StoreError, "address_form", uri=repr(uri))
        if parts.path not in ("", "/"):
            raise refusal(StoreError, "address_database")
        if parts.scheme in ("bolt", "neo4j") and host not in _LOOPBACK:
            warnings.warn(
                told(
                    "refusal.address_clear",
                    host=f"{host}{'' if port is None else f':{port}'}",
                    scheme=f"{parts.scheme}+s://",
                ),
                StoreWarning,
                stacklevel=4,
            )
        return cls(
            uri=uri,
            username=username or os.environ.get("NEO4J_USERNAME", "neo4j"),
            password=password if password is not None else os.environ.get("NEO4J_PASSWORD", ""),
            database=database or os.environ.get("NEO4J_DATABASE", "neo4j"),
        )


def asked_seconds() -> float:
    """Return what ``CLUSTERCOOP_STEP_SECONDS`` says, `STEP_SECONDS` where it says nothing.

    Raises
    ------
    ParameterError
        It is no number of seconds.
    """
    told = os.environ.get(STEP_VARIABLE, "")
    try:
        return float(told) if told else STEP_SECONDS
    except ValueError:
        raise parameter_error(STEP_VARIABLE, "Neo4jStore", "a number of seconds", told) from None


def _driver() -> Any:
    try:
        import neo4j
    except ImportError as error:
        raise refusal(MissingExtraError, "no_driver") from error
    # Without a handler Python prints what the driver logs; whoever wants it adds a handler.
    logging.getLogger("neo4j").addHandler(logging.NullHandler())
    return neo4j


class _Asking:
    """An asynchronous driver in a thread of its own; the other kind cannot be left at a deadline."""

    def __init__(self, connect: Callable[[], neo4j.AsyncDriver]) -> None:
        self._connect = connect
        self._beat = 0.0
        self._open: tuple[asyncio.AbstractEventLoop, neo4j.AsyncDriver] | None = None

    def within(self, seconds: float, work: Callable[[neo4j.AsyncDriver], Coroutine[Any, Any, T]]) -> T:
        """Return what `work` returns; at the deadline leave it, cut its connection, raise `TimeoutError`.

        The deadline is `seconds` from now, or from when `work` last called `alive`.
        """
        if self._open is None:
            loop = asyncio.new_event_loop()
            threading.Thread(target=_run, args=(loop,), daemon=True).start()
            self._open = loop, self._connect()
        loop, driver = self._open
        future = asyncio.run_coroutine_threadsafe(work(driver), loop)
        self.alive()
        try:
            while True:
                left = self._beat + seconds - time.monotonic()
                done, _ = wait([future], max(left, 0.0))
                if done:
                    return future.result()
                if left <= 0:
                    raise TimeoutError
        except BaseException:
            if not future.done():
                future.cancel()
                # An answer that floods the loop keeps it busy for long; the next query gets a new one.
                self.close(waiting=False)
            raise

    def alive(self) -> None:
        """Tell that the server has answered something."""
        self._beat = time.monotonic()

    def close(self, *, waiting: bool = True) -> None:
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
                loop.call_soon(loop.stop)  # at once, and nobody would be told that this has ended

        future = asyncio.run_coroutine_threadsafe(end(), loop)
        if waiting:
            wait([future], _GRACE)


def _in_language(run: Callable[..., Any]) -> Callable[..., Any]:
    return lambda statement, *params: run(LANGUAGE + statement, *params)


def _run(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.close()


class Link:
    """An open driver on one database, with the few kinds of call that the store makes.

    Every call ends: `step_seconds` after it began, or after the server last sent rows, its connection is cut
    (the server then undoes the transaction) and one sentence says so. Retries are part of that time.
    """

    def __init__(
        self,
        access: Access,
        *,
        retry_seconds: float = RETRY_SECONDS,
        connect_seconds: float = CONNECT_SECONDS,
        step_seconds: float = STEP_SECONDS,
    ) -> None:
        check_seconds("step_seconds", step_seconds)
        self.access = access
        self.step_seconds = step_seconds
        self.neo4j = _driver()
        options: dict[str, Any] = {
            "auth": (access.username, access.password),
            "connection_timeout": 10.0,
            "max_transaction_retry_time": retry_seconds,
            "notifications_min_severity": "OFF",
            "user_agent": "clustercoop",
        }
        self._asking = _Asking(lambda: self.neo4j.AsyncGraphDatabase.driver(access.uri, **options))
        try:
            self._asking.within(connect_seconds, self._greet)
        except TimeoutError:
            self.close()
            raise refusal(
                StoreError, "server_silent", uri=access.uri, seconds=f"{connect_seconds:g}"
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
            raise refusal(StoreError, "server_down", uri=self.access.uri, why=type(error).__name__) from None
        except (OSError, UnicodeError, OverflowError) as error:
            raise refusal(
                StoreError, "server_exchange", uri=self.access.uri, why=type(error).__name__
            ) from None

    def _server_error(self, error: Any, timeout: float | None) -> StoreError:
        code = str(error.code or "")
        if "Unauthorized" in code or "Authentication" in code or "CredentialsExpired" in code:
            return refusal(StoreError, "server_user", uri=self.access.uri, user=repr(self.access.username))
        for name, said in (("NotFound", "server_database"), ("Unavailable", "server_database_down")):
            if f"Database{name}" in code:
                database = repr(self.access.database)
                return refusal(StoreError, said, uri=self.access.uri, database=database)
        if "TransactionTimedOut" in code:
            return refusal(QueryTimeoutError, "query_slow") if timeout is None else late(timeout)
        if any(name in code for name in _BROKEN):
            return refusal(StoreError, "server_broken", uri=self.access.uri, why=code.rpartition(".")[2])
        if "MemoryPool" in code or "OutOfMemory" in code:
            return refusal(StoreError, "server_memory")
        first = (str(error.message or "").strip().splitlines() or [code])[0][:300].rstrip(". ")
        return refusal(ServerRefusedError, "server_refused", why=first)

    def read(self, statement: str, **params: Any) -> list[list[Any]]:
        """Return the rows of an internal reading statement, retried where that helps."""

        async def work(transaction: neo4j.AsyncManagedTransaction) -> list[list[Any]]:
            rows: list[list[Any]] = []
            async for record in await transaction.run(LANGUAGE + statement, params):
                rows.append(list(record.values()))
                if not len(rows) % _BEAT:
                    self._asking.alive()
            return rows

        return self._step("server_step", "READ", work)

    def schema(self, statement: str) -> None:
        """Run a schema statement."""
        self.write([(statement, {})])

    def write(self, steps: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Any]:
        """Run statements in one transaction, retried where that helps; return the last one's first row."""

        async def work(transaction: neo4j.AsyncManagedTransaction) -> list[Any]:
            row: list[Any] = []
            for statement, params in steps:
                result = await transaction.run(LANGUAGE + statement, dict(params))
                record = await result.single(strict=False)
                row = [] if record is None else list(record.values())
            return row

        return self._step("server_batch", "WRITE", work)

    def _step(
        self, code: str, mode: str, work: Callable[[neo4j.AsyncManagedTransaction], Coroutine[Any, Any, T]]
    ) -> T:
        async def ask(driver: neo4j.AsyncDriver) -> T:
            with self.sentences():
                async with driver.session(
                    database=self.access.database,
                    bookmark_manager=driver.execute_query_bookmark_manager,
                ) as session:
                    run = session.execute_read if mode == "READ" else session.execute_write
                    found: T = await run(work)
                    return found

        try:
            return self._asking.within(self.step_seconds, ask)
        except TimeoutError:
            seconds = f"{self.step_seconds:g}"
            raise refusal(StoreError, code, uri=self.access.uri, seconds=seconds) from None

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
            raise refusal(QueryTimeoutError, "query_left", seconds=f"{timeout:g}") from None

    def close(self) -> None:
        """Close the driver."""
        self._asking.close()
