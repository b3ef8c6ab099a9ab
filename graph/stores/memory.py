"""The memory store: a networkx graph, the simplest thing that keeps the contract, and its oracle."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from clustercoop.graph.errors import StoreError
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.progress import Progress, silent
from clustercoop.graph.stores import parts, results
from clustercoop.graph.stores.base import Store
from clustercoop.graph.stores.protocol import Answer, Capabilities, LoadReport
from clustercoop.graph.stores.records import removed_links
from clustercoop.graph.texts import refusal

if TYPE_CHECKING:
    import networkx as nx


class MemoryStore(Store):
    """A store that lives and ends with the process; it speaks no Cypher.

    Examples
    --------
    >>> graph = SupplyGraph.from_tables({
    ...     "participants": pd.DataFrame({"participant_id": ["1"], "cluster_id": ["a"]}),
    ... })
    >>> with MemoryStore() as store:
    ...     report = store.load(graph)
    ...     store.read().equals(graph)
    True
    """

    capabilities = Capabilities("memory", False, False, True)

    def __init__(self) -> None:
        self._graph: nx.MultiDiGraph[Any] | None = None
        self._results = results.replace_results({}, {})

    def load(self, graph: SupplyGraph, progress: Progress = silent, *, replace: bool = False) -> LoadReport:
        """Make the store hold `graph`: for its clusters and years, or, to `replace`, nothing else."""
        held = self._held()
        after = graph if replace else parts.merged(held, graph)
        self._graph = after.to_networkx()
        touched = parts.touched_clusters(held, graph)
        kept = results.drop_results(self._results, touched, graph.years)
        self._results = results.replace_results({}, {}) if replace else kept
        progress("loading", len(graph.links), len(graph.links))
        strange = parts.strangers(held, graph)
        return LoadReport.of(graph, strange, replace, removed=removed_links(held, after))

    def _held(self) -> SupplyGraph:
        return parts.empty_graph() if self._graph is None else SupplyGraph.from_networkx(self._graph)

    def read(
        self, clusters: Collection[str] | None = None, years: Collection[int] | None = None
    ) -> SupplyGraph:
        """Return what the store holds, or the part about `clusters` and `years`."""
        held = self._held()
        return held if clusters is None and years is None else parts.subset(held, clusters, years)

    def write_results(self, tables: Mapping[str, pd.DataFrame], progress: Progress = silent) -> None:
        """Write the tables ``formations``, ``participants``, ``clusters`` of an analysis."""
        parts.check_results(self._held(), tables)
        self._results = results.replace_results(self._results, tables)
        progress("writing results", 1, 1)

    def read_results(self) -> dict[str, pd.DataFrame]:
        """Return the result tables that were written."""
        return results.public(self._results)

    def _plan(self, statement: str, values: Mapping[str, Any]) -> str:
        return self._run(statement, values, 1.0, 1).names[0]

    def _run(self, statement: str, values: Mapping[str, Any], timeout: float, limit: int) -> Answer:
        raise refusal(StoreError, "memory_no_cypher")

    def delete(self, *, cluster: str | None = None, year: int | None = None) -> None:
        """Remove one cluster, one year, or one cluster's year, and leave the rest alone."""
        held = self._held()
        self._graph = parts.without(held, cluster=cluster, year=year).to_networkx()
        gone = held.cluster_ids if cluster is None else (cluster,)
        self._results = results.drop_results(self._results, gone, None if year is None else (year,))

    def clear(self) -> None:
        """Remove everything."""
        self._graph = None
        self._results = results.replace_results({}, {})
