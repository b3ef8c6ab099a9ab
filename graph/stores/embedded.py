"""The embedded store: one ``.kgl`` file that answers Cypher without a server (kglite).

The engine keeps its graph in memory and has one author, so the file is only ever derived: a load builds a
new one aside and puts it in place in one step. A reader therefore sees the old file or the new one, and a
load that is killed leaves the old one as it was.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from clustercoop.graph.errors import MissingExtraError, StoreError, parameter_error
from clustercoop.graph.locks import lock
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.progress import Progress, silent
from clustercoop.graph.rows import WITH_ID, link_value, node_value, plain
from clustercoop.graph.stores import derived, parts, records, results
from clustercoop.graph.stores.base import Store, damaged, most_values, unwritten
from clustercoop.graph.stores.cypher_guard import Token
from clustercoop.graph.stores.differences import met
from clustercoop.graph.stores.protocol import (
    DEFAULT_LIMIT,
    DEFAULT_MEMORY,
    DEFAULT_TIMEOUT,
    SCHEMA_VERSION,
    Answer,
    Capabilities,
    DamagedStoreError,
    LoadReport,
    QueryRefusedError,
    check_version,
)
from clustercoop.graph.stores.vocabulary import Names
from clustercoop.graph.stores.worker import Worker
from clustercoop.graph.texts import refusal, told

if TYPE_CHECKING:
    import kglite

ADVISED_LINKS: Final = 2_000_000
_LONG: Final = 24 * 3600 * 1000
_VIRTUAL: Final = ("title", "type")
_KEYED_EARLY: Final = ("MEMBERSHIP", "MEMBER_OF", "MEASURED", "TRADES")
_KEYED_LATE: Final = ("SUPPLIES", "INSIDE")
"""Types of relationships whose keys are held to be unique while a file is built."""


def _kglite() -> Any:
    try:
        import kglite
    except ImportError as error:
        raise refusal(MissingExtraError, "no_kglite") from error
    kglite.set_query_warning_policy("silent")
    return kglite


class EmbeddedStore(Store):
    """A graph in one file.

    Parameters
    ----------
    path : path
        The file, ending in ``.kgl``; it need not exist yet.
    memory : int
        Megabytes that a query may take beside the opened graph (where the system can hold a process to it).

    Raises
    ------
    StoreError
        The path is a folder or does not end in ``.kgl``.
    MissingExtraError
        kglite is not installed.
    """

    capabilities = Capabilities("embedded", True, True, True)

    def __init__(self, path: str | os.PathLike[str], *, memory: int = DEFAULT_MEMORY) -> None:
        self.path = Path(path)
        if self.path.suffix != ".kgl":
            raise refusal(StoreError, "store_suffix", name=repr(self.path.name))
        if self.path.is_dir():
            raise refusal(StoreError, "store_folder", name=self.path.name)
        if isinstance(memory, bool) or not isinstance(memory, int) or not 16 <= memory <= 2**20:
            must = "a number of megabytes in the range [16, 1048576]"
            raise parameter_error("memory", "EmbeddedStore", must, memory)
        _kglite()
        self._memory = memory
        self._worker = Worker()
        self._engine: kglite.KnowledgeGraph | None = None
        self._stamp: tuple[int, int, int] | None = None
        self._meta: dict[str, Any] = {}
        self._known: SupplyGraph | None = None

    # Reading

    def _status(self) -> tuple[int, int, int]:
        """Return what tells one state of the file from another."""
        try:
            status = self.path.stat()
        except OSError as error:
            raise refusal(StoreError, "no_store", name=self.path.name) from error
        return status.st_ino, status.st_mtime_ns, status.st_size

    def _open(self) -> Any:
        """Return the engine on the file as it is now."""
        stamp = self._status()
        if self._engine is None or stamp != self._stamp:
            kglite = _kglite()
            try:
                engine = kglite.load(str(self.path))
            except Exception as error:  # a damaged file surfaces as any of a dozen engine errors
                raise damaged(self.path.name) from error
            engine.read_only(True)
            found = engine.cypher("MATCH (m:ClusterCoop) RETURN properties(m) AS m").to_list()
            self._meta = self._check_meta([dict(row["m"]) for row in found])
            self._engine, self._stamp, self._known = engine, stamp, None
        return self._engine

    def _check_meta(self, found: list[dict[str, Any]]) -> dict[str, Any]:
        """Return what the file says about itself, when this program can read it."""
        if len(found) != 1:
            raise refusal(StoreError, "store_foreign", name=self.path.name)
        check_version(found[0].get("schema_version"), self.path.name)
        return found[0]

    def _asked(self) -> records.Ask:
        """Return what asks the file as it is now, whatever becomes of it meanwhile."""
        engine = self._open()

        def ask(statement: str, names: list[str]) -> pd.DataFrame:
            found = engine.cypher(statement, timeout_ms=_LONG)
            columns = dict(zip(names, map(found.column, found.columns), strict=True))
            return pd.DataFrame(columns, columns=names, dtype=object)

        return ask

    def _whole(self) -> SupplyGraph:
        ask = self._asked()
        if self._known is None:
            self._known = records.from_records(
                records.read_records(ask),
                currency=str(self._meta["currency"]),
                provenance=json.loads(str(self._meta["provenance"])),
            )
        return self._known

    def read(
        self, clusters: Collection[str] | None = None, years: Collection[int] | None = None
    ) -> SupplyGraph:
        """Return what the store holds, or the part about `clusters` and `years`."""
        whole = self._whole()
        return whole if clusters is None and years is None else parts.subset(whole, clusters, years)

    def read_results(self) -> dict[str, pd.DataFrame]:
        """Return the result tables that were written."""
        return results.public(results.read_rows(self._asked()))

    # Writing

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Let one process at a time build this file; the lock ends with the process, however it ends."""
        try:
            handle = open(self.path.with_name(f".{self.path.name}.lock"), "a+b")
        except OSError as error:
            raise unwritten(self.path.name, error) from error
        with handle:
            lock(handle)
            # Whoever holds the lock is alone, so what a killed load left aside can go.
            for leftover in self.path.parent.glob(f".{self.path.name}.new*"):
                leftover.unlink(missing_ok=True)
            yield

    def load(self, graph: SupplyGraph, progress: Progress = silent, *, replace: bool = False) -> LoadReport:
        """Make the store hold `graph`: for its clusters and years, or, to `replace`, nothing else."""
        notes = []
        with self._lock():
            held = parts.empty_graph(graph.currency)
            if self.path.exists():
                try:
                    held = self._whole()
                except DamagedStoreError as error:
                    notes.append(told("refusal.store_replaced", name=self.path.name, why=error.args[0]))
            after, removed, kept = graph, records.removed_links(held, graph), {}
            if not replace and not parts.is_empty(held):
                after = parts.merged(held, graph)
                removed = records.removed_links(held, after)
                touched = parts.touched_clusters(held, graph)
                kept = results.drop_results(results.read_rows(self._asked()), touched, graph.years)
            self._replace(after, kept, progress)
        if len(after.links) > ADVISED_LINKS:
            notes.append(
                told("refusal.store_heavy", links=f"{len(after.links):,}", advised=f"{ADVISED_LINKS:,}")
            )
        strange = parts.strangers(held, graph)
        return LoadReport.of(graph, strange, replace, removed=removed, notes=tuple(notes))

    def write_results(self, tables: Mapping[str, pd.DataFrame], progress: Progress = silent) -> None:
        """Write the tables ``formations``, ``participants``, ``clusters`` of an analysis."""
        with self._lock():
            held = self._whole()
            parts.check_results(held, tables)
            self._replace(held, results.replace_results(results.read_rows(self._asked()), tables), progress)

    def delete(self, *, cluster: str | None = None, year: int | None = None) -> None:
        """Remove one cluster, one year, or one cluster's year, and leave the rest alone."""
        with self._lock():
            held = self._whole()
            after = parts.without(held, cluster=cluster, year=year)
            gone = held.cluster_ids if cluster is None else (cluster,)
            kept = results.drop_results(
                results.read_rows(self._asked()), gone, None if year is None else (year,)
            )
            self._replace(after, kept, silent)

    def clear(self) -> None:
        """Remove the file."""
        with self._lock():
            self.path.unlink(missing_ok=True)
            self._engine = self._stamp = self._known = None

    def _replace(self, graph: SupplyGraph, tables: Mapping[str, pd.DataFrame], progress: Progress) -> None:
        """Build a new file aside and put it in place in one step."""
        aside = self.path.with_name(f".{self.path.name}.new.kgl")
        engine = build(graph, tables, progress)
        try:
            engine.save(str(aside))
            engine.close()
            os.replace(aside, self.path)
        except Exception as error:  # the engine reports a full disk or a missing right in types of its own
            aside.unlink(missing_ok=True)
            raise unwritten(self.path.name, error) from error
        progress("writing the file", 1, 1)

    def _plan(self, statement: str, values: Mapping[str, Any]) -> str:
        answer = self._run(f"EXPLAIN {statement}", values, DEFAULT_TIMEOUT, DEFAULT_LIMIT)
        return "\n".join("  ".join("" if v is None else str(v) for v in row) for row in answer.rows)

    def _check_dialect(self, found: list[Token], named: Names) -> None:
        difference = met(found, named)
        if difference is not None:
            raise refusal(QueryRefusedError, "query_embedded", difference=difference)

    def _run(self, statement: str, values: Mapping[str, Any], timeout: float, limit: int) -> Answer:
        self._worker.open(self.path, self._status())
        meta = self._check_meta(self._worker.meta)
        check_version(meta["schema_version"], self.path.name, asked=True)
        answer = self._worker.query(
            statement,
            values,
            timeout=timeout,
            limit=limit,
            values=most_values(limit),
            memory=self._memory * 2**20,
        )
        return replace(answer, rows=[[_value(value) for value in row] for row in answer.rows])

    def close(self) -> None:
        """Let go of the file, and end the process that queries it."""
        self._worker.close()
        self._engine = self._stamp = self._known = None


def _value(value: Any) -> Any:
    """Return an engine's value in the one form of results, without its virtual properties."""
    if isinstance(value, dict):
        if value.keys() == {"id", "labels", "properties"}:
            hidden = _VIRTUAL if set(value["labels"]) & WITH_ID else (*_VIRTUAL, "id")
            kept = {k: v for k, v in value["properties"].items() if k not in hidden}
            return node_value(value["labels"], kept)
        if value.keys() == {"id", "start", "end", "type", "properties"}:
            return link_value(value["type"], value["properties"])
        return {str(k): _value(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_value(item) for item in value]
    return plain(value)


def build(graph: SupplyGraph, tables: Mapping[str, pd.DataFrame], progress: Progress = silent) -> Any:
    """Return a new engine graph, in memory, that holds `graph` and the result tables."""
    engine = _kglite().KnowledgeGraph()
    made = records.to_records(graph) | derived.derived_records(graph)
    outcome = results.result_records({k: frame for k, frame in tables.items() if len(frame)}, typed=True)
    nodes = records.NODES | derived.NODES | {"gaps": results.GAP, "runs": results.RUN} | results.POLICY
    progress("building", 0, len(graph.links))
    # Declaring one makes the engine walk over every relationship of every type: so before there are any,
    # and for SUPPLIES, which are most of them, once at the end.
    for kind in _KEYED_EARLY:
        engine.cypher(f"CREATE CONSTRAINT FOR ()-[r:{kind}]-() REQUIRE r.key IS UNIQUE")
    keyed = [node.label for node in nodes.values() if node.key == "key"]
    for label in (*keyed, "Formation"):
        engine.cypher(f"CREATE CONSTRAINT FOR (n:{label}) REQUIRE n.key IS UNIQUE")
    for label in ("Participant", "Cluster"):
        engine.cypher(f"CREATE CONSTRAINT FOR (n:{label}) REQUIRE n.id IS UNIQUE")
    meta = {
        "id": "store",
        "schema_version": SCHEMA_VERSION,
        "currency": graph.currency,
        "provenance": json.dumps(dict(graph.provenance), default=str, sort_keys=True),
    }
    _add_nodes(engine, "ClusterCoop", "id", pd.DataFrame([meta]))
    clusters = outcome["clusters"].assign(resulted=True)
    made["clusters"] = (
        made["clusters"].merge(clusters, "left", on="id") if len(clusters) else made["clusters"]
    )
    made |= {name: outcome[name] for name in ("gaps", "runs", *results.POLICY)}
    for name, node in nodes.items():
        frame = made[name]
        _add_nodes(engine, node.label, node.key, frame.drop(columns=["node", "formation"], errors="ignore"))
    _add_nodes(engine, "Formation", "key", outcome["formations"])
    for name, node in nodes.items():
        if node.parent:
            kind, label, column, inward = node.parent
            ends = made[name][["key", column]]
            start, end = ((label, column), (node.label, "key"))
            _add_links(engine, kind, ends, *((start, end) if inward else (end, start)))
    _add_links(
        engine,
        "OF",
        outcome["formations"][["key", "cluster_id"]],
        ("Formation", "key"),
        ("Cluster", "cluster_id"),
    )
    _add_links(
        engine,
        "MEASURED",
        outcome["measured"].assign(id=outcome["measured"]["participant_id"]),
        ("Participant", "id"),
        ("Formation", "formation"),
    )
    _add_links(engine, "FROM", outcome["from"], ("Formation", "formation"), ("Run", "run"))
    _add_concerns(engine, made, outcome)
    for name, link in (records.LINKS | derived.LINKS).items():
        frame = made[name].drop(columns="node", errors="ignore")
        _add_links(engine, link.type, frame, link.start, link.end)
    for kind in _KEYED_LATE:
        engine.cypher(f"CREATE CONSTRAINT FOR ()-[r:{kind}]-() REQUIRE r.key IS UNIQUE")
    # They have been kept; in a file that is only read they would double the time that opening takes.
    for kind in (*_KEYED_EARLY, *_KEYED_LATE):
        engine.cypher(f"DROP CONSTRAINT `{kind}.key`")
    progress("building", len(graph.links), len(graph.links))
    return engine


def _add_concerns(engine: Any, made: Mapping[str, pd.DataFrame], outcome: Mapping[str, pd.DataFrame]) -> None:
    """Tie the rows of policy to the clusters, formations and participants that there are."""
    held = {"Cluster": made["clusters"]["id"], "Participant": made["participants"]["id"]}
    held["Formation"] = outcome["formations"]["key"]
    for table, node in results.POLICY.items():
        for kind, label, column in results.concerns(table) if len(outcome[table]) else ():
            at = "formation" if label == "Formation" else column
            ties = outcome[table][["key", at]]
            _add_links(engine, kind, ties[ties[at].isin(held[label])], (node.label, "key"), (label, at))


def _engine_types(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the columns that hold anything, and the engine's name for the type of each text column."""
    columns: dict[str, Any] = {}
    types: dict[str, str] = {}
    for name in map(str, frame.columns):
        column = frame[name]
        missing = column.isna()
        if bool(missing.all()):
            continue
        if column.dtype == object or isinstance(column.dtype, pd.StringDtype | pd.CategoricalDtype):
            some = bool(missing.any())
            if isinstance(column[~missing].iloc[0] if some else column.iloc[0], str):
                types[name] = "string"
                column = column.astype(object)
                column = column.where(~missing, None) if some else column
        columns[name] = column
    return pd.DataFrame(columns, frame.index, copy=False), types


def _add_nodes(engine: Any, label: str, key: str, frame: pd.DataFrame) -> None:
    if not len(frame):
        return
    kept, types = _engine_types(frame)
    report = engine.add_nodes(kept, label, key, column_types=types)
    _check(report, report["nodes_created"], len(frame), label)


def _add_links(
    engine: Any, kind: str, frame: pd.DataFrame, start: tuple[str, str], end: tuple[str, str]
) -> None:
    if not len(frame):
        return
    kept, types = _engine_types(frame)
    report = engine.add_relationships(kept, kind, start[0], start[1], end[0], end[1], column_types=types)
    _check(report, report["connections_created"], len(frame), kind)
    if report.get("stubs_vivified"):
        raise refusal(StoreError, "ends_made_up", count=report["stubs_vivified"], what=kind)


def _check(report: Mapping[str, Any], made: int, wanted: int, what: str) -> None:
    """Refuse a file that lacks a row: the engine reports skipped rows, it does not raise."""
    if made != wanted or report.get("has_errors"):
        raise refusal(StoreError, "rows_lost", made=made, wanted=wanted, what=what)
