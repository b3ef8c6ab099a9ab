"""Named Cypher queries for analysts: list them, run one.

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
from typing import TYPE_CHECKING, Any, Final

from clustercoop.graph.errors import ParameterError, StoreError, UnknownNameError
from clustercoop.graph.stores.base import Store, check_bounds, late
from clustercoop.graph.stores.cypher_guard import OPENING
from clustercoop.graph.stores.protocol import QueryTimeoutError, StoreWarning
from clustercoop.graph.stores.vocabulary import nearest
from clustercoop.graph.texts import refusal, row_text, told

if TYPE_CHECKING:
    import pandas as pd

NEEDS: Final = ("results", "links of the year", "links of the year before")
TYPES: Final = {"text": str, "int": int, "float": float}
_PARAM: Final = re.compile(r"(\w+) (text|int|float) (required|=(?: (\S.*?))?) -- (.+)")
_RETURNS: Final = re.compile(r"(\w+) -- (.+)")
_RAW: Final = re.compile(r":(SUPPLIES|INSIDE|TRADES|MEMBER_OF|Flow)\b")


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
    `rests` is the figure without which a row is not in the answer, "" where there is none.
    """

    name: str
    purpose: str
    needs: str
    parameters: tuple[Parameter, ...]
    returns: Mapping[str, str]
    cypher: str
    rests: str = ""

    @property
    def raw(self) -> bool:
        """Whether it reads links or memberships themselves, not only what the analysis made of them."""
        return bool(_RAW.search(self.cypher))

    def years(self, year: int | None) -> list[int] | None:
        """Return the years that the answer about `year` comes from; None for all."""
        back = max(map(int, re.findall(r"\$year - (\d)", self.cypher)), default=0)
        return None if year is None else list(range(year - back, year + 1))


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
    purpose = needs = rests = ""
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
        elif kind == "rests":
            rests = rest
        elif kind == "param" and (match := _PARAM.fullmatch(rest)):
            parameters.append(_parameter(match))
        elif kind == "returns" and (match := _RETURNS.fullmatch(rest)):
            returns[match[1]] = match[2]
        else:
            raise ParameterError(f"The header line {line!r} of the query {name} is none.")
    return NamedQuery(name, purpose, needs, tuple(parameters), returns, "\n".join(body), rests)


def _parameter(match: re.Match[str]) -> Parameter:
    default = None if match[4] is None else TYPES[match[2]](match[4])
    return Parameter(match[1], match[2], match[3] == "required", default, match[5])


@cache
def _phrases() -> Mapping[str, Mapping[str, str]]:
    lines = resources.files("clustercoop").joinpath("queries", "phrases.csv").read_text("utf-8").splitlines()
    return {row["en"]: row for row in csv.DictReader(lines)}


@dataclass(frozen=True, slots=True)
class _Phrase:
    """Words of a query within a sentence."""

    words: str

    def message(self, lang: str) -> str:
        return phrase(self.words, lang)


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
                    meaning=_Phrase(parameter.meaning),
                )
            bound[parameter.name] = parameter.default
            continue
        bound[parameter.name] = _convert(query, parameter, given[parameter.name])
    return bound


_MUST: Final = {"text": "text", "int": "whole", "float": "number"}


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
        places = {
            "parameter": parameter.name,
            "query": query.name,
            "must": told(f"must.{_MUST[parameter.type]}"),
        }
        raise refusal(ParameterError, "query_type", **places, got=repr(value)[:200])
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
    asked = cluster is not None and year is not None and query.raw
    years = query.years(year)
    try:
        check_places(store, query, bound, timeout)
        with warnings.catch_warnings():
            # What a named query may lack (products, say) is part of its answer; its places were checked.
            warnings.simplefilter("ignore", StoreWarning)
            rows = store.query(query.cypher, bound, timeout=_left(until), limit=limit)
        empty = asked and not len(rows) and not _has_links(store, str(cluster), int(year or 0), until)
        unread = _unread(store, cluster, years, until) if query.raw else 0
        lacking = _lacking(store, query, cluster, years, until)
    except QueryTimeoutError:  # it tells what was left of the time
        raise late(timeout) from None
    if empty:
        unknown = told("refusal.answer_unknown", cluster=cluster, year=year)
        warnings.warn(unknown, StoreWarning, stacklevel=2)
    if unread:
        warnings.warn(told("refusal.answer_open", count=unread), StoreWarning, stacklevel=2)
    if lacking:
        lack = told("refusal.answer_rests", count=lacking, column=query.rests)
        warnings.warn(lack, StoreWarning, stacklevel=2)
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
    "MATCH (o:OpenRow) WHERE o.`table` IN ['links', 'participants'] AND ($years IS NULL OR o.year IS NULL "
    "OR o.year IN $years) RETURN [o.`table`, o.cluster_id, o.supplier_id, o.buyer_id] AS row"
)


_UNKNOWN: Final = (
    "MATCH (g:Gap) WHERE g.column = $column AND ($cluster IS NULL OR g.cluster_id = $cluster) "
    "AND ($years IS NULL OR g.year IN $years) RETURN DISTINCT [g.cluster_id, g.year] AS place"
)


def _lacking(
    store: Store, query: NamedQuery, cluster: str | None, years: list[int] | None, until: float
) -> int:
    """Return of how many cluster-years the figure that rows of the answer rest on is unknown."""
    if not query.rests:
        return 0
    return len(_ask(store, _UNKNOWN, until, column=query.rests, cluster=cluster, years=years))


def _unread(store: Store, cluster: str | None, years: list[int] | None, until: float) -> int:
    """Return how many rejected rows about supply or members an answer may lack."""
    rows = _ask(store, _OPEN, until, years=years)
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
        for one in query.years(year) or (None,):
            asked = {"cluster": cluster, "year": one}
            if _ask(store, f"MATCH (f:Formation) WHERE {where} RETURN count(f) AS n", until, **asked) == [0]:
                place = told("refusal.of_cluster", cluster=cluster) if cluster is not None else ""
                when = told("refusal.in_year", year=one) if one is not None else ""
                raise refusal(StoreError, "no_results", place=place, when=when)
    if query.needs.startswith("links") and cluster is not None and year is not None:
        for one, code in ((year, "no_links"), (year - 1, "no_links_before")):
            if one != year and not query.needs.endswith("before"):
                continue
            if not _has_links(store, cluster, one, until):
                raise refusal(StoreError, code, cluster=cluster, year=one, query=query.name)
