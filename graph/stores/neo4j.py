"""The Neo4j store: reading and querying; the modules beside it write."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

import pandas as pd

from clustercoop.graph.errors import StoreError, UnknownNameError
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.progress import Progress, silent
from clustercoop.graph.rows import link_value, node_value, plain
from clustercoop.graph.stores import parts, records, results
from clustercoop.graph.stores.base import Store, most_values, one_line, too_large, weight
from clustercoop.graph.stores.neo4j_edit import Editor
from clustercoop.graph.stores.neo4j_link import (
    RETRY_SECONDS,
    Access,
    Link,
    ServerRefusedError,
    asked_seconds,
)
from clustercoop.graph.stores.neo4j_load import Loader
from clustercoop.graph.stores.protocol import (
    CONNECT_SECONDS,
    DEFAULT_TIMEOUT,
    Answer,
    Capabilities,
    LoadReport,
    QueryRefusedError,
    UnfinishedLoadError,
    check_version,
)
from clustercoop.graph.stores.vocabulary import Names
from clustercoop.graph.texts import refusal, told

_STATE: Final = (
    "OPTIONAL MATCH (m:ClusterCoop {id: 'store'}) OPTIONAL MATCH (l:Load) "
    "RETURN m.tick, m.schema_version, m.currency, m.provenance, count(l)"
)


class Neo4jStore(Store):
    """A graph on a Neo4j server (5.26 LTS or newer).

    Parameters
    ----------
    uri : str
        ``neo4j://host:7687``, ``bolt://host:7687``, or encrypted with ``+s``.
    username, password, database : str, optional
        By default from ``NEO4J_USERNAME``, ``NEO4J_PASSWORD``, ``NEO4J_DATABASE``.
    batch_size : int
        Links written in one transaction.
    retry_seconds : float
        How long a write is retried after a transient failure.
    connect_seconds : float
        How long the server is given to answer at first.
    step_seconds : float, optional
        How long the server is given for one batch of a write, its retries included, and for more rows of a
        read; then it is left, with one sentence. A load that is left so is resumed by running it again. By
        default from ``CLUSTERCOOP_STEP_SECONDS``, or 120.

    Raises
    ------
    StoreError
        The server cannot be reached, or refuses the user or the database.
    MissingExtraError
        The driver is not installed.
    """

    capabilities = Capabilities("neo4j", True, True, False)

    def __init__(
        self,
        uri: str,
        *,
        username: str | None = None,
        password: str | None = None,
        database: str | None = None,
        batch_size: int = 10_000,
        retry_seconds: float = RETRY_SECONDS,
        connect_seconds: float = CONNECT_SECONDS,
        step_seconds: float | None = None,
    ) -> None:
        access = Access.from_environment(uri, username=username, password=password, database=database)
        self._link = Link(
            access,
            retry_seconds=retry_seconds,
            connect_seconds=connect_seconds,
            step_seconds=asked_seconds() if step_seconds is None else step_seconds,
        )
        self._batch_size = batch_size
        # Statements that the server has classed as reading; the class of a statement never changes.
        self._read_only: set[str] = set()

    # State

    def _state(self) -> tuple[int, str, str]:
        """Return (tick, currency, provenance) of a store that can be read.

        Raises
        ------
        StoreError
            Nothing was loaded, or a newer program wrote the store.
        UnfinishedLoadError
            A load is running or was interrupted.
        """
        return self._usable(self._link.read(_STATE)[0])

    def _usable(self, state: list[Any]) -> tuple[int, str, str]:
        """Return (tick, currency, provenance) of a state, or say why the store cannot be read."""
        [tick, version, currency, provenance, pending] = state
        if tick is None:
            raise refusal(StoreError, "database_empty")
        check_version(version, self._link.access.uri)
        if pending:
            raise refusal(UnfinishedLoadError, "load_unfinished")
        return tick, currency, provenance

    # Reading

    def read(
        self, clusters: Collection[str] | None = None, years: Collection[int] | None = None
    ) -> SupplyGraph:
        """Return what the store holds, or the part about `clusters` and `years`.

        Raises
        ------
        UnfinishedLoadError
            A load is running, was interrupted, or changed the data while they were being read.
        """
        for _ in range(3):
            tick, currency, provenance = self._state()
            graph = self._read_once(currency, provenance, years)
            if self._state()[0] == tick:
                return graph if clusters is None and years is None else parts.subset(graph, clusters, years)
        raise refusal(UnfinishedLoadError, "store_changing")

    def _read_once(self, currency: str, provenance: str, years: Collection[int] | None) -> SupplyGraph:
        if years is not None:
            there = self._link.read("MATCH (m:ClusterCoop {id: 'store'}) RETURN m.years")[0][0] or []
            for year in years:
                if year not in there:
                    raise refusal(UnknownNameError, "data_no_year", name=repr(year))
        table = partial(self._table, years=None if years is None else sorted(years))
        held = records.read_records(table, of_years=years is not None)
        return records.from_records(held, currency=currency, provenance=json.loads(provenance))

    def _table(self, statement: str, names: list[str], years: list[int] | None = None) -> pd.DataFrame:
        return pd.DataFrame(self._link.read(statement, years=years), columns=names, dtype=object)

    def read_results(self) -> dict[str, pd.DataFrame]:
        """Return the result tables that were written."""
        self._state()
        return results.public(results.read_rows(self._table))

    # Cypher

    def _plan(self, statement: str, values: Mapping[str, Any]) -> str:
        async def ask(run: Callable[..., Any]) -> str:
            summary = await (await run(f"EXPLAIN {statement}", values)).consume()
            return "\n".join(_steps(summary.plan or {}, 0))

        return self._link.stream(DEFAULT_TIMEOUT, ask)

    def _more_names(self, timeout: float) -> Names:
        async def ask(run: Callable[..., Any]) -> list[list[str]]:
            return [
                [str(record[0]) async for record in await run(f"CALL db.{what}()")]
                for what in ("labels", "relationshipTypes", "propertyKeys")
            ]

        labels, types, keys = self._link.stream(timeout, ask)
        return Names(labels, types, [("", name) for name in keys])

    def _run(self, statement: str, values: Mapping[str, Any], timeout: float, limit: int) -> Answer:
        try:
            return self._link.stream(timeout, lambda run: self._ask(run, statement, values, limit))
        except ServerRefusedError as error:
            raise QueryRefusedError(*error.args) from None

    async def _ask(
        self, run: Callable[..., Any], statement: str, values: Mapping[str, Any], limit: int
    ) -> Answer:
        """Run a checked statement between two looks at the state of the store, in one transaction."""
        state = list((await (await run(_STATE)).single()).values())
        tick = self._usable(state)[0]
        check_version(state[1], self._link.access.uri, asked=True)
        if statement not in self._read_only:
            kind = (await (await run(f"EXPLAIN {statement}", values)).consume()).query_type
            if kind != "r":
                raise refusal(QueryRefusedError, "query", why=told("refusal.query_more"))
            self._read_only.add(statement)
        answer = await _take(await run(statement, values), limit)
        if (await (await run(_STATE)).single())[0] != tick:
            raise refusal(UnfinishedLoadError, "store_changed")
        return answer

    # Writing

    def load(self, graph: SupplyGraph, progress: Progress = silent, *, replace: bool = False) -> LoadReport:
        """Make the store hold `graph`: for its clusters and years, or, to `replace`, nothing else.

        An interrupted load is resumed.
        """

        def sweep(strange: list[tuple[str | None, int | None]]) -> None:
            editor = Editor(self._link, self._batch_size)
            for cluster, year in strange:
                editor.delete(cluster, year)

        loader = Loader(self._link, self._batch_size)
        return loader.load(graph, progress, self._held, sweep if replace else None)

    def _held(self) -> SupplyGraph:
        """Return all that the store holds, a load that is running or not."""
        [_, _, currency, provenance, _] = self._link.read(_STATE)[0]
        return self._read_once(currency, provenance, None)

    def write_results(self, tables: Mapping[str, pd.DataFrame], progress: Progress = silent) -> None:
        """Write the tables ``formations``, ``participants``, ``clusters`` of an analysis."""
        Editor(self._link, self._batch_size).write_results(tables, progress)

    def delete(self, *, cluster: str | None = None, year: int | None = None) -> None:
        """Remove one cluster, one year, or one cluster's year, and leave the rest alone."""
        self._state()
        Editor(self._link, self._batch_size).delete(cluster, year, self._held)

    def clear(self) -> None:
        """Remove every node and relationship that clustercoop wrote; the constraints stay."""
        Editor(self._link, self._batch_size).clear()

    def close(self) -> None:
        """Close the connection."""
        self._link.close()


def _steps(plan: Mapping[str, Any], depth: int) -> list[str]:
    """Return the operators of a plan, each deeper one further in."""
    told = str(plan.get("args", {}).get("Details", ""))
    lines = [f"{'  ' * depth}{plan.get('operatorType', '')}  {told}".rstrip()]
    return lines + [line for child in plan.get("children", ()) for line in _steps(child, depth + 1)]


async def _take(found: Any, limit: int) -> Answer:
    """Return column names, at most `limit` rows, whether there were more, and the server's warnings."""
    answer = Answer(list(found.keys()), [])
    most = left = most_values(limit)
    async for record in found:
        if len(answer.rows) == limit:
            return replace(answer, more=True)
        row = [_value(value) for value in record.values()]
        left -= weight(row)
        if left < 0:
            raise too_large(most)
        answer.rows.append(row)
    heard = [
        note.status_description.removeprefix("warn: ")
        for note in (await found.consume()).gql_status_objects
        if note.gql_status.startswith("01")
    ]
    return replace(answer, warnings=[one_line(text) for text in heard])


def _value(value: Any) -> Any:
    """Return a driver's value in the one form of results."""
    if isinstance(value, list | tuple):
        return [_value(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _value(item) for key, item in value.items()}
    if hasattr(value, "labels"):
        return node_value(value.labels, dict(value.items()))
    if hasattr(value, "relationships"):
        return {
            "nodes": [_value(node) for node in value.nodes],
            "relationships": [_value(link) for link in value.relationships],
        }
    if hasattr(value, "start_node"):
        return link_value(value.type, dict(value.items()))
    return plain(value)
