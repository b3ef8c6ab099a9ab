"""Named Cypher queries for analysts: list them, run one, show its rows.

A query is a file of ``clustercoop/queries``; its name is the file's, its header says what it is for::

    // purpose: The largest links between members
    // needs: results
    // param: cluster text required -- the cluster
    // param: top int = 20 -- how many rows
    // returns: value -- value of the year
"""

from __future__ import annotations

import csv
import json
import re
import time
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final, Literal

from clustercoop.graph.errors import ParameterError, StoreError, UnknownNameError, parameter_error
from clustercoop.graph.stores.base import check_bounds, late
from clustercoop.graph.stores.cypher_guard import OPENING
from clustercoop.graph.stores.protocol import QueryTimeoutError, StoreWarning
from clustercoop.graph.stores.vocabulary import nearest
from clustercoop.graph.texts import BASE, refusal, row_text, text, told
from clustercoop.reports.inert import inert_cell

if TYPE_CHECKING:
    import pandas as pd

    from clustercoop.graph.stores.protocol import Store

Format = Literal["table", "csv", "json", "parquet"]
FORMATS: Final[tuple[Format, ...]] = ("table", "csv", "json", "parquet")
NEEDS: Final = ("results", "links of the year", "links of the year before")
TYPES: Final = {"text": str, "int": int, "float": float}
_PARAM: Final = re.compile(r"(\w+) (text|int|float) (required|=(?: (\S.*?))?) -- (.+)")
_RETURNS: Final = re.compile(r"(\w+) -- (.+)")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a named query; `default` None with `required` false means "all"."""

    name: str
    type: str
    required: bool
    default: str | int | float | None
    meaning: str


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """A query of the cookbook: what it is for, what it takes and returns, its Cypher.

    `needs` is "" where the data are enough, ``results`` where an analysis must have written them, ``links of
    the year`` (or ``links of the year before``) where no links mean that the answer is unknown, not none.
    """

    name: str
    purpose: str
    needs: str
    parameters: tuple[Parameter, ...]
    returns: Mapping[str, str]
    cypher: str


def parse_query(name: str, text: str) -> NamedQuery:
    r"""Read a query with its header.

    Raises
    ------
    ParameterError
        A header line that is none.

    Examples
    --------
    >>> query = parse_query("one", "// purpose: One\n// param: n int = 1 -- number\nRETURN $n AS n")
    >>> query.parameters[0].default, query.cypher
    (1, 'RETURN $n AS n')
    """
    purpose = needs = ""
    parameters: list[Parameter] = []
    returns: dict[str, str] = {}
    body: list[str] = []
    for line in text.strip().splitlines():
        if body or not line.startswith("//"):
            body.append(line)
            continue
        kind, _, rest = line[2:].strip().partition(": ")
        if kind == "purpose":
            purpose = rest
        elif kind == "needs" and rest in NEEDS:
            needs = rest
        elif kind == "param" and (match := _PARAM.fullmatch(rest)):
            parameters.append(_parameter(match))
        elif kind == "returns" and (match := _RETURNS.fullmatch(rest)):
            returns[match[1]] = match[2]
        else:
            raise ParameterError(f"The header line {line!r} of the query {name} is none.")
    return NamedQuery(name, purpose, needs, tuple(parameters), returns, "\n".join(body))


def _parameter(match: re.Match[str]) -> Parameter:
    default = None if match[4] is None else TYPES[match[2]](match[4])
    return Parameter(match[1], match[2], match[3] == "required", default, match[5])


@cache
def _phrases() -> Mapping[str, Mapping[str, str]]:
    lines = resources.files("clustercoop").joinpath("queries", "phrases.csv").read_text("utf-8").splitlines()
    return {row["en"]: row for row in csv.DictReader(lines)}


def phrase(words: str, lang: str) -> str:
    """Return what the header of a query says, in `lang`; English where there is no more.

    Examples
    --------
    >>> phrase("who supplies", "ru")
    'кто поставляет'
    """
    return row_text(_phrases()[words], "", lang, f"query.{words}") if words in _phrases() else words


@cache
def list_queries() -> Mapping[str, NamedQuery]:
    """Return the cookbook by name, sorted.

    Examples
    --------
    >>> list_queries()["core_members"].purpose.partition(",")[0]
    "The core of a formation and each member's share of the supply between members"
    """
    folder = resources.files("clustercoop").joinpath("queries")
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".cypher")), key=_name)
    return {_name(entry): parse_query(_name(entry), entry.read_text("utf-8")) for entry in files}


def _name(entry: Any) -> str:
    return str(entry.name).removesuffix(".cypher")


def get_query(name: str) -> NamedQuery:
    """Return the named query.

    Raises
    ------
    UnknownNameError
        There is none of that name.
    """
    if name not in list_queries():
        if len(name.split()) > 1 and name.split()[0].upper() in OPENING:
            raise refusal(UnknownNameError, "no_query_cypher", name=repr(name))
        raise refusal(UnknownNameError, "no_query", name=repr(name), names=", ".join(list_queries()))
    return list_queries()[name]


def bind(query: NamedQuery, params: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the parameters of `query` with defaults, texts turned into what the header says.

    Raises
    ------
    ParameterError
        One is missing, unknown, or not of its type.

    Examples
    --------
    >>> bind(get_query("new_links"), {"cluster": "007", "year": "2021"})
    {'cluster': '007', 'year': 2021}
    """
    given = dict(params or {})
    known = {parameter.name for parameter in query.parameters}
    for name in given:
        if name not in known:
            takes = ", ".join(sorted(known)) or told("refusal.no_parameters")
            raise refusal(ParameterError, "query_parameter", query=query.name, name=repr(name), takes=takes)
    bound: dict[str, Any] = {}
    for parameter in query.parameters:
        if parameter.name not in given:
            if parameter.required:
                raise refusal(
                    ParameterError,
                    "query_needs",
                    query=query.name,
                    given=f"{parameter.name}=…",
                    meaning=parameter.meaning,
                )
            bound[parameter.name] = parameter.default
            continue
        bound[parameter.name] = _convert(query, parameter, given[parameter.name])
    return bound


def _convert(query: NamedQuery, parameter: Parameter, value: Any) -> Any:
    kind = TYPES[parameter.type]
    if value is None and not parameter.required and parameter.default is None:
        return None
    if isinstance(value, kind) and not isinstance(value, bool):
        converted: Any = value
    else:
        try:
            converted = kind(value) if isinstance(value, str | int) and not isinstance(value, bool) else None
        except ValueError:
            converted = None
    if converted is None or (parameter.name == "top" and converted < 1):
        what = {"text": "text", "int": "a whole number", "float": "a number"}[parameter.type]
        raise parameter_error(parameter.name, query.name, what, value)
    return converted


def parse_pairs(pairs: Iterable[str]) -> dict[str, Any]:
    """Read ``name=value`` pairs of free Cypher; a value that is JSON is what JSON says, others are text.

    An identifier made of digits is a number to JSON unless it begins with 0; write it in double quotes.

    Raises
    ------
    ParameterError
        A pair has no ``=``, or a name comes twice.

    Examples
    --------
    >>> parse_pairs(["year=2020", "id=0102", 'inn="7701"', "name=ООО Ромашка"])
    {'year': 2020, 'id': '0102', 'inn': '7701', 'name': 'ООО Ромашка'}
    """
    done: dict[str, Any] = {}
    for name, value in _pairs(pairs):
        try:
            done[name] = json.loads(value, parse_constant=_no_constant)
        except ValueError:
            done[name] = value
    return done


def _no_constant(text: str) -> Any:
    raise ValueError(text)


def parse_named_pairs(pairs: Iterable[str]) -> dict[str, str]:
    """Read ``name=value`` pairs of a named query; its header decides the types."""
    return dict(_pairs(pairs))


def _pairs(pairs: Iterable[str]) -> list[tuple[str, str]]:
    seen: dict[str, str] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise refusal(ParameterError, "pair", pair=repr(pair))
        if name in seen:
            raise refusal(ParameterError, "pair_twice", name=repr(name))
        seen[name] = value
    return list(seen.items())


def run_named(
    store: Store,
    name: str,
    params: Mapping[str, Any] | None = None,
    *,
    timeout: float = 30.0,
    limit: int = 10_000,
) -> pd.DataFrame:
    """Run a query of the cookbook on a store that speaks Cypher.

    Raises
    ------
    UnknownNameError
        There is no such query.
    ParameterError
        A parameter is missing, unknown, or not of its type.
    StoreError
        The store cannot answer.
    """
    query = get_query(name)
    bound = bind(query, params)
    check_bounds(timeout, limit)
    until = time.monotonic() + timeout
    cluster, year = bound.get("cluster"), bound.get("year")
    asked = cluster is not None and year is not None and query.needs != "results"
    try:
        check_places(store, query, bound, timeout)
        with warnings.catch_warnings():
            # What a named query may lack (products, say) is part of its answer; its places were checked.
            warnings.simplefilter("ignore", StoreWarning)
            rows = store.query(query.cypher, bound, timeout=_left(until), limit=limit)
        empty = asked and not len(rows) and not _has_links(store, str(cluster), int(year or 0), until)
        unread = 0 if query.needs == "results" else _unread(store, cluster, year, until)
    except QueryTimeoutError:  # it tells what was left of the time
        raise late(timeout) from None
    if empty:
        unknown = told("refusal.answer_unknown", cluster=cluster, year=year)
        warnings.warn(unknown, StoreWarning, stacklevel=2)
    if unread:
        warnings.warn(told("refusal.answer_open", count=unread), StoreWarning, stacklevel=2)
    return rows


_YEARS: Final = (
    "MATCH ()-[m:MEMBER_OF]->() RETURN DISTINCT m.year AS year UNION "
    "MATCH (f:Formation) RETURN DISTINCT f.year AS year UNION "
    "MATCH (i:Indicator) RETURN DISTINCT i.year AS year"
)
_LINKS: Final = (
    "MATCH (c:Cluster)<-[m:MEMBER_OF]-(a:Participant)-[r:SUPPLIES]-(b:Participant) "
    "WHERE c.id = $cluster AND m.year = $year AND r.year = $year AND a.id <> b.id "
    "AND coalesce(r.kind, '') <> 'knowledge' RETURN r.year AS year LIMIT 1"
)

_OPEN: Final = (
    "MATCH (o:OpenRow) WHERE o.`table` IN ['links', 'participants'] AND ($year IS NULL OR o.year IS NULL "
    "OR o.year = $year) RETURN [o.`table`, o.cluster_id, o.supplier_id, o.buyer_id] AS row"
)


def _unread(store: Store, cluster: str | None, year: int | None, until: float) -> int:
    """Return how many rejected rows about supply or members an answer may lack."""
    rows = _ask(store, _OPEN, until, year=year)
    if not rows or cluster is None:
        return len(rows)
    statement = "MATCH (c:Cluster)<-[:MEMBER_OF]-(a:Participant) WHERE c.id = $cluster RETURN DISTINCT a.id"
    mine = {cluster, *_ask(store, statement, until, cluster=cluster)}
    ends = (row[2:] if row[0] == "links" else row[1:2] for row in rows)  # one that is not told may be anyone
    return sum(not all(told) or not mine.isdisjoint(told) for told in ends)


def _left(until: float) -> float:
    """Return the seconds that are left until a moment of the monotonic clock, a few at least."""
    return max(0.05, until - time.monotonic())


def _ask(store: Store, statement: str, until: float, **params: Any) -> list[Any]:
    """Return the only column of a question about the store itself, asked `until` a moment at most."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", StoreWarning)
        found = store.query(statement, params, timeout=_left(until), limit=1_000_000)
    return list(found.iloc[:, 0])


def _has_links(store: Store, cluster: str, year: int, until: float) -> bool:
    return bool(_ask(store, _LINKS, until, cluster=cluster, year=year))


def check_places(store: Store, query: NamedQuery, bound: Mapping[str, Any], timeout: float = 30.0) -> None:
    """Refuse a cluster, year or participant that the store does not hold, and results that it lacks.

    Raises
    ------
    UnknownNameError
        One of them is not in the store; the message names the nearest.
    StoreError
        The query needs results, or links of a year, that the store does not have.
    """
    until = time.monotonic() + timeout
    cluster, year = bound.get("cluster"), bound.get("year")
    if cluster is not None:
        known = _ask(store, "MATCH (c:Cluster) RETURN c.id AS id ORDER BY id", until)
        if cluster not in known:
            raise refusal(UnknownNameError, "store_no_cluster", name=cluster, nearest=nearest(cluster, known))
    if year is not None:
        years = sorted(_ask(store, _YEARS, until))
        if year not in years:
            held = ", ".join(map(str, years)) or told("refusal.none")
            raise refusal(UnknownNameError, "store_no_year", year=year, held=held)
    for name in ("supplier", "buyer", "participant"):
        who = bound.get(name)
        if who is not None and not _ask(
            store, "MATCH (p:Participant) WHERE p.id = $id RETURN p.id", until, id=who
        ):
            ids = _ask(store, "MATCH (p:Participant) RETURN p.id AS id", until)
            raise refusal(UnknownNameError, "store_no_participant", name=who, nearest=nearest(who, ids))
    if query.needs == "results":
        where = "($cluster IS NULL OR f.cluster_id = $cluster) AND ($year IS NULL OR f.year = $year)"
        asked = {"cluster": cluster, "year": year}
        if _ask(store, f"MATCH (f:Formation) WHERE {where} RETURN count(f) AS n", until, **asked) == [0]:
            place = told("refusal.of_cluster", cluster=cluster) if cluster is not None else ""
            when = told("refusal.in_year", year=year) if year is not None else ""
            raise refusal(StoreError, "no_results", place=place, when=when)
    if query.needs.startswith("links") and cluster is not None and year is not None:
        for one, code in ((year, "no_links"), (year - 1, "no_links_before")):
            if one != year and not query.needs.endswith("before"):
                continue
            if not _has_links(store, cluster, one, until):
                raise refusal(StoreError, code, cluster=cluster, year=one, query=query.name)


def format_rows(frame: pd.DataFrame, format: Format = "table", lang: str = BASE) -> str | bytes:
    r"""Return rows as a table of text, CSV, a JSON array of row objects, or the bytes of a Parquet file.

    Unknown is empty in a table and in CSV, null in JSON. In CSV a text that a spreadsheet would take for a
    formula gets an apostrophe in front; control characters never reach the terminal.

    Examples
    --------
    >>> import pandas as pd
    >>> format_rows(pd.DataFrame({"id": ["01"], "value": [float("nan")]}), "json")
    '[\n{"id": "01", "value": null}\n]\n'
    """
    if format == "json":
        return _json(frame)
    if format == "csv":
        return _csv(frame)
    if format == "parquet":
        return _parquet(frame)
    if format == "table":
        return _table(frame, lang)
    raise parameter_error("format", "format_rows", f"one of {', '.join(FORMATS)}", format)


def _plain_rows(frame: pd.DataFrame) -> list[list[Any]]:
    from clustercoop.graph.rows import to_rows

    return to_rows(frame, list(frame.columns))


def _json(frame: pd.DataFrame) -> str:
    names = [str(name) for name in frame.columns]
    rows = [
        json.dumps(_finite(dict(zip(names, row, strict=True))), ensure_ascii=False, allow_nan=False)
        for row in _plain_rows(frame)
    ]
    return "[\n" + ",\n".join(rows) + "\n]\n" if rows else "[]\n"


def _finite(value: Any) -> Any:
    """Return a value that JSON can hold: numbers without end become text."""
    if isinstance(value, float):
        if value != value:
            return None
        return value if abs(value) != float("inf") else str(value)
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, list | dict):
        return json.dumps(_finite(value), ensure_ascii=False)
    return str(value)


def _csv(frame: pd.DataFrame) -> str:
    from io import StringIO

    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([inert_cell(str(name)) for name in frame.columns])
    for row in _plain_rows(frame):
        writer.writerow([inert_cell(value) if isinstance(value, str) else _cell(value) for value in row])
    return out.getvalue()


def _parquet(frame: pd.DataFrame) -> bytes:
    nested = [c for c in frame if frame[c].map(lambda v: isinstance(v, list | dict)).any()]
    flat = frame.assign(**{str(c): [_cell(v) for v in frame[c]] for c in nested})
    flat.attrs = {}
    buffer = BytesIO()
    flat.to_parquet(buffer, index=False)
    return buffer.getvalue()


def _table(frame: pd.DataFrame, lang: str) -> str:
    """Return aligned columns, numbers to the right, control characters made visible."""
    names = [_visible(str(name)) for name in frame.columns]
    cells = [[_visible(_short(value)) for value in row] for row in _plain_rows(frame)]
    right = [not frame[name].dtype == object for name in frame.columns]
    widths = [max([len(n), *(len(row[k]) for row in cells)]) for k, n in enumerate(names)]
    lines = [names, ["-" * width for width in widths], *cells]
    drawn = "\n".join(
        "  ".join(
            cell.rjust(width) if flush else cell.ljust(width)
            for cell, width, flush in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in lines
    )
    counted = text("query.one_row", lang) if len(cells) == 1 else text("query.rows", lang, count=len(cells))
    return f"{drawn}\n({counted})\n"


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else _cell(value)


def _visible(text: str) -> str:
    return "".join(ch if ch.isprintable() else f"\\x{ord(ch):02x}" for ch in text)
