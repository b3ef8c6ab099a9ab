"""What every graph store does, in set-level operations, and the checks and shape of a query on any."""

from __future__ import annotations

import errno
import os
import re
import warnings
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Self, final

import pandas as pd

from clustercoop.graph.errors import StoreError, parameter_error
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.progress import Progress, silent
from clustercoop.graph.rows import to_frame
from clustercoop.graph.stores.cypher_guard import Token, check_parameters, check_statement, tokens
from clustercoop.graph.stores.protocol import (
    DEFAULT_LIMIT,
    DEFAULT_TIMEOUT,
    MOST_VALUES,
    Answer,
    Capabilities,
    DamagedStoreError,
    LoadReport,
    QueryRefusedError,
    QueryTimeoutError,
    StoreWarning,
)
from clustercoop.graph.stores.vocabulary import (
    Names,
    engine_warning,
    never_equal,
    read_names,
    results_named,
    unknown_names,
)
from clustercoop.graph.texts import refusal, told


class Store(ABC):
    """A place that holds one supply graph and the results computed from it.

    A load replaces the clusters and years that the given graph holds and leaves the others alone, unless it
    is to replace everything; `clustercoop.graph.stores.parts` says exactly what that means, and every store
    must agree with it.
    """

    capabilities: ClassVar[Capabilities]

    @abstractmethod
    def load(self, graph: SupplyGraph, progress: Progress = silent, *, replace: bool = False) -> LoadReport:
        """Make the store hold `graph`: for its clusters and years, or, to `replace`, nothing else."""

    @abstractmethod
    def read(
        self, clusters: Collection[str] | None = None, years: Collection[int] | None = None
    ) -> SupplyGraph:
        """Return what the store holds, or the part about `clusters` and `years`."""

    @abstractmethod
    def write_results(self, tables: Mapping[str, pd.DataFrame], progress: Progress = silent) -> None:
        """Write the tables ``formations``, ``participants``, ``clusters`` of an analysis."""

    @abstractmethod
    def read_results(self) -> dict[str, pd.DataFrame]:
        """Return the result tables that were written."""

    @abstractmethod
    def delete(self, *, cluster: str | None = None, year: int | None = None) -> None:
        """Remove one cluster, one year, or one cluster's year, and leave the rest alone."""

    @abstractmethod
    def clear(self) -> None:
        """Remove everything that clustercoop wrote."""

    @final
    def query(
        self,
        cypher: str,
        params: Mapping[str, Any] | None = None,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        limit: int = DEFAULT_LIMIT,
    ) -> pd.DataFrame:
        """Run one read-only Cypher statement; at most `limit` rows, at most `timeout` seconds.

        Raises
        ------
        QueryRefusedError
            The statement does more than read, or the engine does not understand it.
        QueryTimeoutError
            It took longer than `timeout`.
        UnfinishedLoadError
            A load is running or was interrupted.

        Warns
        -----
        StoreWarning
            A property that nothing has, or something else that makes an empty answer look true.
        """
        statement, values = check_statement(cypher), check_parameters(params)
        check_bounds(timeout, limit)
        found = list(tokens(statement))
        named = read_names(found)
        doubts = self._check_names(named, values, timeout)
        self._check_dialect(found, named)
        answer = self._run(statement, values, timeout, limit)
        if not doubts:
            doubts = [said for heard in answer.warnings if (said := engine_warning(heard))]
        if not doubts and not any(cell for row in answer.rows for cell in row):
            doubts = [
                told("refusal.holds_no_results", name=name)
                for name, probe in results_named(named, found).items()
                if not self._run(probe, {}, timeout, 1).rows
            ]
        for text in dict.fromkeys(doubts):
            warnings.warn(text, StoreWarning, stacklevel=2)
        return to_frame(answer.names, answer.rows, truncation(limit) if answer.more else "")

    @final
    def explain(self, cypher: str, params: Mapping[str, Any] | None = None) -> str:
        """Return how the engine would run a statement that only reads, in lines of text."""
        return self._plan(check_statement(cypher), check_parameters(params))

    @abstractmethod
    def _plan(self, statement: str, values: Mapping[str, Any]) -> str:
        """Return the engine's plan of a checked statement."""

    @final
    def _check_names(self, named: Names, values: Mapping[str, Any], timeout: float) -> list[str]:
        """Refuse labels and types that do not exist; return sentences about properties that do not."""
        wrong, doubts = unknown_names(named, values, Names())
        if wrong or doubts:
            wrong, doubts = unknown_names(named, values, self._more_names(timeout))
        if wrong:
            raise refusal(QueryRefusedError, "query", why=wrong)
        return [*doubts, *never_equal(named, values)]

    def _more_names(self, timeout: float) -> Names:
        """Return the names that the store has beside those of the layout."""
        return Names()

    def _check_dialect(self, found: list[Token], named: Names) -> None:
        """Refuse what the engine is known to answer otherwise than others do."""
        return

    @abstractmethod
    def _run(self, statement: str, values: Mapping[str, Any], timeout: float, limit: int) -> Answer:
        """Run a checked statement."""

    def close(self) -> None:
        """Let go of files and connections."""
        return

    @final
    def __enter__(self) -> Self:
        """Return itself."""
        return self

    @final
    def __exit__(self, *exc: object) -> None:
        """Close."""
        self.close()


def check_bounds(timeout: float, limit: int) -> None:
    """Refuse a timeout or row limit that is none."""
    check_seconds("timeout", timeout)
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise parameter_error("limit", "query", "an int in the range [1, inf)", limit)


def check_seconds(name: str, seconds: float) -> None:
    """Refuse a number of seconds that is none."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= 86_400:
        must = "a number of seconds in the range (0, 86400]"
        raise parameter_error(name, "query" if name == "timeout" else "Neo4jStore", must, seconds)


def truncation(limit: int) -> str:
    """Return the sentence about rows left out."""
    return told("refusal.rows_cut", limit=f"{limit:,}")


def late(timeout: float) -> QueryTimeoutError:
    """Return the error of a query that took too long."""
    return refusal(QueryTimeoutError, "query_late", seconds=f"{timeout:g}")


def unwritten(name: str, error: Exception) -> StoreError:
    """Return the error of a file that cannot be written; the engine tells why by a number in its words.

    Examples
    --------
    >>> str(unwritten("g.kgl", OSError("File I/O error: No space left on device (os error 28)")))
    'The disk has no space left for g.kgl; free some and run it again. What was stored is as it was.'
    """
    found = re.search(r"\(os error (\d+)\)", str(error))
    number = error.errno if isinstance(error, OSError) and error.errno else int(found[1]) if found else 0
    if number in (errno.ENOSPC, errno.EDQUOT):
        return refusal(StoreError, "disk_full", name=name)
    why = os.strerror(number) if number else one_line(error).rstrip(".")
    return refusal(StoreError, "store_unwritten", name=name, why=why)


def damaged(name: str) -> DamagedStoreError:
    """Return the error of a file that cannot be read."""
    return refusal(DamagedStoreError, "store_damaged", name=name)


def most_values(limit: int) -> int:
    """Return how many values the answer of a query with this row limit may have."""
    return max(MOST_VALUES, 100 * limit)


def too_large(values: int) -> QueryRefusedError:
    """Return the error of an answer with more values than may be returned."""
    return refusal(QueryRefusedError, "answer_large", most=f"{values:,}")


def weight(value: Any) -> int:
    """Return how many values `value` counts as: items of lists and maps, every hundred characters of text.

    Examples
    --------
    >>> weight([1, "x" * 250, {"a": None}])
    7
    """
    if isinstance(value, list | tuple):
        return 1 + sum(map(weight, value))
    if isinstance(value, dict):
        return 1 + sum(map(weight, value.values()))
    return 1 + (len(value) // 100 if isinstance(value, str) else 0)


def one_line(error: BaseException | str) -> str:
    """Return the first line of an engine's message, cut to a readable length."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:300].rstrip(". ") + "."
