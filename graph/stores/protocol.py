"""What stores and their users speak of: limits, errors, reports of loads, answers, versions."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from clustercoop.graph.errors import StoreError
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.texts import refusal, text, told

SCHEMA_VERSION: Final = 2
"""Version of the layout that this program writes; a store with a newer one is refused."""

DEFAULT_TIMEOUT: Final = 30.0
DEFAULT_LIMIT: Final = 10_000
CONNECT_SECONDS: Final = 20.0
"""How long a server is given to answer at first."""
DEFAULT_MEMORY: Final = 2048
"""Megabytes that a query on an embedded file may take beside the opened graph."""
MOST_VALUES: Final = 1_000_000
"""Most values in an answer: cells, items of lists and maps in them, and every hundred characters of text."""


class StoreWarning(UserWarning):
    """Something about a store that a user should know before relying on it."""


class QueryRefusedError(StoreError):
    """A Cypher statement that does more than read, or cannot be shown to only read."""


class QueryTimeoutError(StoreError):
    """A query that ran longer than it was allowed to."""


class DamagedStoreError(StoreError):
    """A store that cannot be read at all; loading the data again replaces it."""


class QueryMemoryError(StoreError):
    """A query that needed more memory than it was allowed to."""


class UnfinishedLoadError(StoreError):
    """The store holds part of a load; what it would answer is neither the old data nor the new."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a store can do.

    Attributes
    ----------
    kind : str
        ``"memory"``, ``"embedded"`` or ``"neo4j"``.
    cypher : bool
        Whether `Store.query` works.
    persistent : bool
        Whether the data outlive the process.
    concurrent_reads_during_load : bool
        Whether a reader sees the old data while a load runs (otherwise it is told to wait).
    """

    kind: str
    cypher: bool
    persistent: bool
    concurrent_reads_during_load: bool


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did.

    Attributes
    ----------
    participants, links : int
        How many of each the loaded graph has.
    resumed_links : int
        How many links an earlier, interrupted load of the same graph had already written.
    removed_links : int
        How many links of the same clusters and years were in the store and are no longer in the data.
    removed_clusters, removed_years : tuples
        What the store held and no longer holds, because the data lack it.
    kept_clusters, kept_years : tuples
        What the store still holds though the data lack it.
    notes : tuple of str
        What the user should know, in sentences.
    """

    participants: int
    links: int
    resumed_links: int = 0
    removed_links: int = 0
    removed_clusters: tuple[str, ...] = ()
    removed_years: tuple[int, ...] = ()
    kept_clusters: tuple[str, ...] = ()
    kept_years: tuple[int, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def lines(self, lang: str) -> Iterator[str]:
        """Yield what was done, a line each, in `lang`.

        Examples
        --------
        >>> list(LoadReport(3, 5, removed_links=2, removed_years=(2019,)).lines("en"))
        ['Loaded: participants 3, links 5.', 'removed: links (2)', 'removed: year 2019']
        """
        yield text("store.loaded", lang, participants=self.participants, links=self.links)
        for what, count in (("resumed", self.resumed_links), ("removed", self.removed_links)):
            if count:
                yield text(f"store.{what}", lang, what=text("store.links", lang, count=count))
        for what, gone in (
            ("removed", {"cluster": self.removed_clusters, "year": self.removed_years}),
            ("kept", {"cluster": self.kept_clusters, "year": self.kept_years}),
        ):
            for kind, names in gone.items():
                if names:
                    some = ", ".join(map(str, names))
                    several = text(f"refusal.{kind}{'s' if len(names) > 1 else ''}", lang, names=some)
                    yield text(f"store.{what}", lang, what=several)

    @staticmethod
    def strangers(
        held_clusters: Collection[str],
        held_years: Collection[int],
        clusters: Collection[str],
        years: Collection[int],
    ) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """Return the clusters and years that a store holds and the data lack, sorted.

        Examples
        --------
        >>> LoadReport.strangers(["a", "b"], [2020], ["b"], [2020, 2021])
        (('a',), ())
        """
        return tuple(sorted(set(held_clusters) - set(clusters))), tuple(sorted(set(held_years) - set(years)))

    @classmethod
    def of(
        cls,
        graph: SupplyGraph,
        strange: tuple[tuple[str, ...], tuple[int, ...]],
        replace: bool,
        resumed: int = 0,
        removed: int = 0,
        notes: tuple[str, ...] = (),
    ) -> LoadReport:
        """Return the report of a load of `graph` into a store that held `strange` clusters and years."""
        said = []
        for what, names in (("cluster", strange[0]), ("year", strange[1])):
            if names:
                some = ", ".join(map(str, names[:20]))
                if len(names) > 20:
                    some = told("refusal.and_more", names=some, more=len(names) - 20)
                many = told(f"refusal.{what}{'s' if len(names) > 1 else ''}", names=some)
                said.append(told(f"refusal.store_{'dropped' if replace else 'keeps'}", what=many))
        parts = strange if replace else ((), ())
        kept = ((), ()) if replace else strange
        return cls(
            len(graph.node_ids), len(graph.links), resumed, removed, *parts, *kept, notes=(*notes, *said)
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine answers to a query: columns, rows, whether there were more, and its warnings."""

    names: list[str]
    rows: list[list[Any]]
    more: bool = False
    warnings: list[str] = field(default_factory=list)


def check_version(found: object, where: str, *, asked: bool = False) -> None:
    """Refuse a store that a newer program wrote, or that does not say which version wrote it.

    One that an older program wrote can be read, and loaded again, but not `asked`.

    Raises
    ------
    StoreError
        `found` is newer than `SCHEMA_VERSION`, or no version at all.

    Examples
    --------
    >>> check_version(1, "a.kgl")
    >>> check_version(99, "a.kgl")
    Traceback (most recent call last):
    clustercoop.graph.errors.StoreError: The store a.kgl has schema version 99, and this program knows \
versions up to 2: install a newer clustercoop, or load the data into another store.
    """
    if isinstance(found, bool) or not isinstance(found, int) or found < 1:
        raise refusal(DamagedStoreError, "store_unversioned", where=where)
    if asked and found < SCHEMA_VERSION:
        raise refusal(StoreError, "store_old", where=where)
    if found > SCHEMA_VERSION:
        raise refusal(StoreError, "store_new", where=where, found=found, known=SCHEMA_VERSION)
