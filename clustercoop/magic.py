"""Cypher in a notebook: ``%load_ext clustercoop.magic``, then ``%%cypher STORE`` over a statement.

A parameter ``$name`` takes the Python variable of that name, the answer is a DataFrame.
``%cypher STORE NAME`` runs a named query whose parameters are variables too; ``--out rows`` after STORE
keeps the answer in a variable. A store stays open between cells, so its graph stays warm.
"""

from __future__ import annotations

import atexit
from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from clustercoop.cookbook import get_query, run_named
from clustercoop.graph.errors import ParameterError
from clustercoop.graph.stores.cypher_guard import tokens
from clustercoop.graph.stores.protocol import Store
from clustercoop.graph.stores.uri import open_store
from clustercoop.graph.texts import refusal

_OPEN: Final[dict[str, Store]] = {}


def _store(address: str) -> Store:
    if address not in _OPEN:
        store = open_store(address)
        _OPEN[address] = store
        atexit.register(store.close)
    return _OPEN[address]


def plain_value(value: Any) -> Any:
    """Return a variable as a parameter: numpy numbers as numbers, series, arrays and tuples as lists.

    Examples
    --------
    >>> plain_value(pd.Series([1, 2])), plain_value(("a",))
    ([1, 2], ['a'])
    """
    if hasattr(value, "tolist"):
        return plain_value(value.tolist())
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_value(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain_value(item) for key, item in value.items()}
    return value


def cypher(line: str, cell: str | None, variables: dict[str, Any]) -> pd.DataFrame:
    """Run a cell or line of the magic; see the module."""
    words = line.split()
    out = ""
    if "--out" in words[:-1]:
        at = words.index("--out")
        out = words[at + 1]
        words = words[:at] + words[at + 2 :]
    if not words or (cell is None and len(words) < 2):
        raise refusal(ParameterError, "magic")
    address, *rest = words
    # {name} or $name may stand for a variable that holds the address.
    address = str(variables.get(address.strip("${}"), address)) if address[:1] in "${" else address
    store = _store(address)
    if cell is None and len(rest) == 1:
        known = [p for p in get_query(rest[0]).parameters if p.name in variables]
        wanted = [p for p in known if p.required or p.default is None]
        rows = run_named(store, rest[0], {p.name: plain_value(variables[p.name]) for p in wanted})
    else:
        statement = cell if cell is not None else " ".join(rest)
        names = {token.text[1:] for token in tokens(statement) if token.kind == "parameter"}
        missing = sorted(name for name in names if name not in variables)
        if missing:
            raise refusal(ParameterError, "magic_variable", name=missing[0])
        rows = store.query(statement, {name: plain_value(variables[name]) for name in names})
    if out:
        variables[out] = rows
    return rows


def load_ipython_extension(shell: Any) -> None:
    """Register the magic ``cypher``; called by ``%load_ext clustercoop.magic``."""

    def run(line: str, cell: str | None = None) -> pd.DataFrame:
        return cypher(line, cell, shell.user_ns)

    shell.register_magic_function(run, magic_kind="line_cell", magic_name="cypher")
