"""Choose a store by its address."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from clustercoop.graph.errors import StoreError
from clustercoop.graph.stores.base import Store
from clustercoop.graph.texts import refusal

_NEO4J = ("bolt://", "neo4j://", "bolt+s://", "neo4j+s://", "bolt+ssc://", "neo4j+ssc://")


def is_store_uri(text: str | os.PathLike[str]) -> bool:
    """Tell whether `text` names a store rather than a folder or table file.

    Examples
    --------
    >>> is_store_uri("data/graph.kgl"), is_store_uri("neo4j://localhost"), is_store_uri("data")
    (True, True, False)
    """
    name = os.fspath(text)
    return name.lower().startswith(("memory:", *_NEO4J)) or name.endswith(".kgl")


def is_server(text: str | os.PathLike[str]) -> bool:
    """Tell whether `text` is the address of a Neo4j server.

    Examples
    --------
    >>> is_server("bolt://localhost"), is_server("data/graph.kgl")
    (True, False)
    """
    return os.fspath(text).lower().startswith(_NEO4J)


def shown(address: str | os.PathLike[str]) -> str:
    """Return a store's address without user, password and whatever else follows it.

    Examples
    --------
    >>> shown("neo4j://me:secret@host:7687")
    'neo4j://host:7687'
    """
    scheme, sign, rest = os.fspath(address).partition("://")
    return f"{scheme}{sign}{rest.rpartition('@')[2].partition('?')[0]}"


def open_store(uri: str | os.PathLike[str], **options: Any) -> Store:
    """Open the store that `uri` names.

    Parameters
    ----------
    uri : str or path
        ``memory:``; a file ending in ``.kgl`` (embedded); or ``neo4j://…``, ``bolt://…`` and their encrypted
        forms (``+s``), with the user, password and database from ``NEO4J_USERNAME``, ``NEO4J_PASSWORD`` and
        ``NEO4J_DATABASE`` unless given as options.
    **options
        Options of `Neo4jStore`, or ``memory`` of `EmbeddedStore`.

    Raises
    ------
    StoreError
        The address is of no known kind, or the server cannot be reached.
    MissingExtraError
        The store's package is not installed.

    Examples
    --------
    >>> with open_store("memory:") as store:
    ...     store.capabilities.cypher
    False
    """
    name = os.fspath(uri)
    lower = name.lower()
    if "memory" in options and not name.endswith(".kgl"):
        raise refusal(StoreError, "memory_of_server")
    if is_server(name):
        from clustercoop.graph.stores.neo4j import Neo4jStore

        return Neo4jStore(name, **options)
    if options.keys() - {"memory"}:
        raise refusal(StoreError, "store_options", name=repr(name))
    if lower in ("memory:", "memory"):
        from clustercoop.graph.stores.memory import MemoryStore

        return MemoryStore()
    if name.endswith(".kgl"):
        from clustercoop.graph.stores.embedded import EmbeddedStore

        return EmbeddedStore(Path(name), **options)
    raise refusal(StoreError, "store_none", name=repr(name.split("@")[-1].split("?")[0]))
