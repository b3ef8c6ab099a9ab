"""Cypher in a notebook: ``%load_ext clustercoop.magic``, then ``%%cypher STORE`` over a statement.

A parameter ``$name`` takes the Python variable of that name, the answer is a DataFrame.
``%cypher STORE NAME`` runs a named query whose parameters are variables too; ``--out rows`` after STORE
keeps the answer in a variable, ``--lang ru`` says what there is to say in that language. ``%cypher --help``
tells all this, ``%cypher --help NAME`` what a query takes. A store stays open between cells, so its graph
stays warm.
"""

from __future__ import annotations

import atexit
import re
import sys
import warnings
from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from clustercoop.cookbook import get_query, run_named
from clustercoop.graph.errors import ClusterCoopError, ParameterError
from clustercoop.graph.stores.base import Store
from clustercoop.graph.stores.cypher_guard import tokens
from clustercoop.graph.stores.uri import open_store
from clustercoop.graph.texts import BASE, languages, refusal, said, text
from clustercoop.query_help import query_help

_OPEN: Final[dict[str, Store]] = {}
_USES: Final = (
    ("%%cypher STORE [--out NAME]", "magic.cell"),
    ("%cypher STORE STATEMENT", "magic.statement"),
    ("%cypher STORE QUERY", "magic.query"),
    ("%cypher --help [QUERY] [--lang ru]", "magic.help"),
)


# A name of a store that holds spaces stands in quotes.
_ADDRESS: Final = re.compile(r"\s*(?P<address>\"[^\"]+\"|'[^']+'|\S+)\s*(?P<rest>.*?)\s*$", re.DOTALL)


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


def _option(line: str, name: str) -> tuple[str, str]:
    """Return a line without an option, and the value of it."""
    found = re.search(rf"(?:^|\s)--{name}\s+(\S+)", line)
    return (line[: found.start()] + line[found.end() :], found[1]) if found else (line, "")


def magic_help(words: list[str], lang: str) -> str:
    """Return how to use the magic, or what the query named in `words` takes and returns.

    Examples
    --------
    >>> magic_help(["verdicts"], "ru").splitlines()[0].partition(":")[0]
    'verdicts'
    """
    if words:
        query = get_query(words[0])
        return query_help(query, {p.name: "…" for p in query.parameters if p.required}, lang)
    return "\n".join([*(f"{line:36}{text(id, lang)}" for line, id in _USES), text("magic.values", lang)])


def cypher(line: str, cell: str | None, variables: dict[str, Any]) -> pd.DataFrame | None:
    """Run a cell or line of the magic; see the module."""
    line, lang = _option(line, "lang")
    lang = lang or BASE
    if "--help" in (words := line.split()):
        sys.stdout.write(magic_help([word for word in words if word != "--help"], lang) + "\n")
        return None
    try:
        with warnings.catch_warnings(record=True) as noticed:
            warnings.simplefilter("always")
            answer = _answer(line, cell, variables)
    except ClusterCoopError as error:
        if lang == BASE:
            raise
        raise type(error)(said(error, lang)) from None
    for each in noticed:
        warnings.warn(said(each.message, lang), each.category, stacklevel=2)
    return answer


def _answer(line: str, cell: str | None, variables: dict[str, Any]) -> pd.DataFrame:
    line, out = _option(line, "out")
    found = _ADDRESS.match(line)
    if found is None or (cell is None and not found["rest"]):
        raise refusal(ParameterError, "magic")
    address, rest = found["address"].strip("\"'"), found["rest"]
    # {name} or $name may stand for a variable that holds the address.
    address = str(variables.get(address.strip("${}"), address)) if address[:1] in "${" else address
    store = _store(address)
    if cell is None and len(rest.split()) == 1:
        known = [p for p in get_query(rest).parameters if p.name in variables]
        wanted = [p for p in known if p.required or p.default is None]
        rows = run_named(store, rest, {p.name: plain_value(variables[p.name]) for p in wanted})
    else:
        statement = cell if cell is not None else rest
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

    def run(line: str, cell: str | None = None) -> pd.DataFrame | None:
        return cypher(line, cell, shell.user_ns)

    run.__doc__ = "\n\n".join(magic_help([], lang) for lang in languages())  # shown by %cypher?
    shell.register_magic_function(run, magic_kind="line_cell", magic_name="cypher")
