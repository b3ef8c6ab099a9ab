"""The names that a statement uses, held against those that stores have: a misspelt one is told.

An engine answers a pattern with an unknown label by no rows, which looks like an answer. What exists follows
from the layout; a server may hold more, which its store adds.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from clustercoop.graph.schema import NUMERIC, tables
from clustercoop.graph.stores import derived, records, results
from clustercoop.graph.stores.cypher_guard import FUNCTIONS, Token
from clustercoop.graph.texts import told

_COMPARED: Final = ("=", "<>", "<", ">", "<=", ">=")
_STORE: Final = frozenset({"id", "schema_version", "currency", "provenance", "tick", "years"})
_PARTS_OF_TIME: Final = frozenset(
    "year quarter month week weekYear dayOfQuarter quarterDay day ordinalDay dayOfWeek weekDay hour minute "
    "second millisecond microsecond nanosecond timezone offset offsetMinutes offsetSeconds epochMillis "
    "epochSeconds years quarters months weeks days hours minutes seconds milliseconds microseconds "
    "nanoseconds quartersOfYear monthsOfQuarter monthsOfYear daysOfWeek minutesOfHour secondsOfMinute".split()
)


@dataclass(frozen=True)
class Names:
    """What a statement names: labels, types, properties, keys of its own maps, and variables by label."""

    labels: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    properties: list[tuple[str, str]] = field(default_factory=list)
    """(variable or "", property)"""
    keys: set[str] = field(default_factory=set)
    nodes: dict[str, str] = field(default_factory=dict)
    """variable of a node → its label, "" where it has none or several"""
    links: dict[str, str] = field(default_factory=dict)
    compared: list[tuple[str, Token]] = field(default_factory=list)
    """(property, the number or string that it is held against)"""


@cache
def layout() -> tuple[Mapping[str, frozenset[str]], Mapping[str, frozenset[str]]]:
    """Return label → properties and relationship type → properties of what stores hold.

    Examples
    --------
    >>> labels, types = layout()
    >>> "cooperation_ratio" in labels["Formation"], "value" in types["SUPPLIES"]
    (True, True)
    """
    nodes = records.NODES | derived.NODES | {"gaps": results.GAP, "runs": results.RUN} | results.POLICY
    links = records.LINKS | derived.LINKS
    labels = {node.label: {node.key, *node.properties} for node in nodes.values()}
    labels["Cluster"] |= {"resulted", *results.properties("clusters")}
    labels["Formation"] = {"key", "cluster_id", "year", *results.properties("formations")}
    labels["ClusterCoop"], labels["Load"] = set(_STORE), set()
    types: dict[str, set[str]] = {link.type: {"key", *link.properties} for link in links.values()}
    types |= {node.parent[0]: set() for node in nodes.values() if node.parent}
    types |= {kind: set() for kind in ("OF", "FROM", *results.TIES)}
    types["MEASURED"] = {"key", "cluster_id", "year", *results.properties("participants")}
    return ({k: frozenset(v) for k, v in labels.items()}, {k: frozenset(v) for k, v in types.items()})


def bare(token: Token) -> str:
    """Return the name that a word or a quoted name stands for."""
    return token.text[1:-1].replace("``", "`") if token.kind == "name" else token.text


def _is_name(token: Token | None) -> bool:
    return token is not None and token.kind in ("word", "name")


def read_names(found: list[Token]) -> Names:
    """Return the names that a statement uses.

    Examples
    --------
    >>> from clustercoop.graph.stores.cypher_guard import tokens
    >>> named = read_names(list(tokens("MATCH (p:Firm {id: 1})-[r:OF*1..2]->() RETURN {n: p.nmae} AS m")))
    >>> named.labels, named.types, named.properties, named.keys
    (['Firm'], ['OF'], [('p', 'id'), ('p', 'nmae')], {'n'})
    """
    out = Names()
    open_: list[tuple[str, str]] = []  # each open bracket: "node", "link", "map of node" …, and its variable
    for at, token in enumerate(found):
        before = found[at - 1] if at else None
        after = found[at + 1] if at + 1 < len(found) else None
        kind, owner = open_[-1] if open_ else ("", "")
        if token.kind == "mark" and token.text in "([{":
            open_.append(_opened(token.text, before, after, kind, owner))
            if open_[-1][0] == "node" and open_[-1][1]:
                out.nodes.setdefault(open_[-1][1], "")
        elif token.kind == "mark" and token.text in ")]}":
            if open_:
                open_.pop()
        elif token.text == ":" and token.kind == "mark" and after is not None and _is_name(after):
            if kind in ("", "node", "call", "link", "list"):
                _take_labels(found, at + 1, out, kind == "link", owner)
        elif token.text == "." and token.kind == "mark" and after is not None and _is_name(after):
            called = at + 2 < len(found) and found[at + 2].text == "("
            if before is not None and (_is_name(before) or before.text in ")]") and not called:
                out.properties.append((bare(before) if _is_name(before) else "", bare(after)))
                if at + 3 < len(found) and found[at + 2].text in _COMPARED:
                    out.compared.append((bare(after), found[at + 3]))
        elif _is_name(token) and after is not None and after.text == ":" and kind.startswith("map"):
            if kind == "map":
                out.keys.add(bare(token))
            else:
                out.properties.append((owner, bare(token)))
                if at + 2 < len(found):
                    out.compared.append((bare(token), found[at + 2]))
    return out


def _opened(mark: str, before: Token | None, after: Token | None, kind: str, owner: str) -> tuple[str, str]:
    """Return what a bracket opens: a node, a link, a call, a list, a map, or the map of a pattern."""
    variable = bare(after) if after is not None and _is_name(after) else ""
    if mark == "(":
        called = before is not None and before.kind == "word" and before.text.lower() in FUNCTIONS
        path = called and before is not None and "path" in before.text.lower()
        return ("call", "") if called and not path else ("node", variable)
    if mark == "[":
        return ("link", variable) if before is not None and before.text == "-" else ("list", "")
    if kind in ("node", "link") and before is not None and before.text != "(":
        return f"map of {kind}", owner
    return "map", ""


def _take_labels(found: list[Token], at: int, out: Names, link: bool, owner: str) -> None:
    """Take the labels or types that begin at `at`: ``A``, ``A|B``, ``A&B``, ``A:B``."""
    names = [bare(found[at])]
    while at + 2 < len(found) and found[at + 1].text in ("|", "&", ":"):
        at += 2
        if found[at].text in (":", "!") and at + 1 < len(found):
            at += 1
        if not _is_name(found[at]):
            break
        names.append(bare(found[at]))
    (out.types if link else out.labels).extend(names)
    if owner:
        known = out.links if link else out.nodes
        known[owner] = names[0] if len(names) == 1 and known.get(owner, "") in ("", names[0]) else ""


def nearest(name: str, known: Collection[str]) -> str:
    """Return the sentence's end that says which known name comes nearest.

    Examples
    --------
    >>> nearest("nmae", ["name", "role"]), nearest("zzz", ["name"])
    ('; nearest: name', '')
    """
    folded = {item.casefold(): item for item in sorted(known, reverse=True)}
    close = difflib.get_close_matches(name.casefold(), folded, n=2, cutoff=0.6)
    return told("refusal.nearest", names=", ".join(folded[item] for item in close)) if close else ""


_NAMED: Final = re.compile(r"(label|type|property)[^'`]*['`](\w+)['`]", re.IGNORECASE)
_OF_RESULTS: Final = frozenset({"Formation", "MEASURED", "OF", "Gap", "Run", "FROM", *results.TIES}).union(
    node.label for node in results.POLICY.values()
)


def engine_warning(text: str) -> str:
    """Return an engine's warning as a user should read it; "" where `unknown_names` has told it.

    Examples
    --------
    >>> engine_warning("MATCH references unknown node label 'Formation' — the graph has no such type")
    'The store holds no Formation; results come with: clustercoop analyze DATA --out DIR --store STORE.'
    """
    match = _NAMED.search(text)
    if text.startswith("Result truncated"):
        return ""
    if match is None:
        return text.split("\n")[0].rstrip(". ") + "."
    name = match[2]
    if match[1].lower() == "property":
        held = any(name in names for side in layout() for names in side.values())
        return told("refusal.no_data_give", name=name) if held else ""
    if not any(name in side for side in layout()):
        return ""
    if name in _OF_RESULTS:
        return told("refusal.holds_no_results", name=name)
    return told("refusal.holds_no", name=name)


@cache
def _stored() -> tuple[frozenset[str], frozenset[str]]:
    """Return the properties that hold texts, and those that hold numbers."""
    columns = [column for spec in tables().values() for column in spec.columns]
    numbers = {column.name for column in columns if column.type in (*NUMERIC, "year")}
    texts = {"id", "key"} | {column.name for column in columns if column.type in ("id", "text")}
    return frozenset(texts - numbers), frozenset(numbers - texts)


def never_equal(named: Names, params: Mapping[str, Any]) -> list[str]:
    """Return sentences about texts held against numbers, which an engine answers by no rows.

    Examples
    --------
    >>> from clustercoop.graph.stores.cypher_guard import tokens
    >>> never_equal(read_names(list(tokens("MATCH (p {id: 77})-[r]->() WHERE r.year = 2022 RETURN p"))), {})
    ["id is a text and 77 a number: they are never equal; write '77'."]
    >>> never_equal(read_names(list(tokens("MATCH (g:Gap) WHERE g.value = '3' RETURN g"))), {})
    []
    """
    texts, numbers = _stored()
    if results.GAP.label in named.labels:  # the value of a gap is a text
        numbers -= {*results.GAP.properties} - {"year"}
    out: list[str] = []
    for name, token in named.compared:
        given = params.get(token.text[1:]) if token.kind == "parameter" else None
        number = token.kind == "number" or (isinstance(given, int | float) and not isinstance(given, bool))
        if number and name in texts:
            value = token.text if given is None else str(given)
            out.append(told("refusal.text_and_number", name=name, value=value))
        elif name in numbers and (token.kind == "string" or isinstance(given, str)):
            bare_value = token.text[1:-1] if given is None else str(given)
            out.append(told("refusal.number_and_text", name=name, value=f"'{bare_value}'", bare=bare_value))
    return out


def results_named(named: Names, found: list[Token]) -> dict[str, str]:
    """Return what of results a statement names (labels, types, texts), each with one that looks for it."""
    said = {*named.labels, *named.types, *(token.text[1:-1] for token in found if token.kind == "string")}
    labels = layout()[0]
    return {
        name: f"MATCH (n:{name}) RETURN 1 AS n LIMIT 1"
        if name in labels
        else f"MATCH ()-[r:{name}]->() RETURN 1 AS n LIMIT 1"
        for name in sorted(said & _OF_RESULTS)
    }


def _parameter_keys(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _parameter_keys(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _parameter_keys(item)


def unknown_names(named: Names, params: Mapping[str, Any], more: Names) -> tuple[list[str], list[str]]:
    """Return sentences about labels and types that do not exist, and about properties that do not.

    Parameters
    ----------
    named : Names
        What the statement names.
    params : mapping
        Its parameters; keys of maps in them may be read like properties.
    more : Names
        What the store holds beside the layout.
    """
    labels, types = layout()
    wrong: list[str] = []
    for what, used, known, others in (
        ("label", named.labels, labels, more.labels),
        ("type", named.types, types, more.types),
    ):
        every = {*known, *others}
        for name in dict.fromkeys(used):
            if name not in every:
                wrong.append(told(f"refusal.no_{what}", name=name, nearest=nearest(name, every)))
    owners = {**{v: labels.get(n) for v, n in named.nodes.items()}}
    owners |= {v: types.get(n) for v, n in named.links.items()}
    titles = named.nodes | named.links
    own = frozenset().union(*labels.values(), *types.values())
    free = named.keys | _PARTS_OF_TIME | set(_parameter_keys(list(params.values())))
    known_properties = own | {name for _, name in more.properties}
    doubtful: list[str] = []
    for variable, name in dict.fromkeys(named.properties):
        held = owners.get(variable)
        if name not in known_properties | free:
            near = nearest(name, held if held else own)
            doubtful.append(told("refusal.no_property", name=name, nearest=near))
        elif held is not None and name in own and name not in held and name not in free:
            near = nearest(name, held)
            doubtful.append(told("refusal.not_its_property", of=titles[variable], name=name, nearest=near))
    return wrong, doubtful
