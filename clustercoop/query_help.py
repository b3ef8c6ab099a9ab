"""What people are told of the named queries, in their language: a list, and help with an example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from clustercoop.cookbook import NamedQuery, list_queries, phrase
from clustercoop.graph.stores.base import Store
from clustercoop.graph.texts import BASE, text

_NEEDS: Final = {
    "results": "query.needs_results",
    "links of the year": "query.needs_links",
    "links of the year before": "query.needs_links_before",
}
_TYPES: Final = {"text": "query.type_text", "int": "query.type_int", "float": "query.type_float"}


def query_lines(lang: str = BASE) -> Iterator[str]:
    """Yield the named queries, a line each: name, parameters (``?``: may be left out), purpose.

    Examples
    --------
    >>> next(query_lines("ru")).partition(":")[0]
    'chain_breakers(cluster year)'
    """
    for query in list_queries().values():
        takes = " ".join(f"{p.name}{'' if p.required else '?'}" for p in query.parameters)
        yield f"{query.name}({takes}): {phrase(query.purpose, lang)}"


def query_help(query: NamedQuery, examples: Mapping[str, Any], lang: str = BASE) -> str:
    """Return what a query is for, takes and returns, with an example that can be pasted.

    Examples
    --------
    >>> print(query_help(list_queries()["cooperation"], {}).splitlines()[0])
    cooperation: Cooperation by cluster and year, as the analysis wrote it
    """
    lines = [f"{query.name}: {phrase(query.purpose, lang)}"]
    if query.needs:
        lines.append(text(_NEEDS[query.needs], lang))
    for p in query.parameters:
        if p.required:
            default = text("query.required", lang)
        elif p.default is None:
            default = text("query.optional", lang)
        else:
            default = text("query.default", lang, value=p.default)
        kind = text(_TYPES[p.type], lang)
        lines.append(f"  --param {p.name}=…  {kind}, {default}: {phrase(p.meaning, lang)}")
    for name, meaning in query.returns.items():
        lines.append(text("query.returns", lang, name=name, meaning=phrase(meaning, lang)))
    given = "".join(f" --param {name}={value}" for name, value in examples.items())
    return "\n".join(
        [*lines, text("query.example", lang, line=f"clustercoop query {query.name} --store STORE{given}")]
    )


def example_parameters(store: Store, query: NamedQuery, **wanted: Any) -> dict[str, Any]:
    """Return values from the store for the required parameters of `query`: those of its largest pair.

    `wanted` chooses the cluster or the year; a year comes after those that `query` looks back on, where there
    are so many.
    """
    back = len(query.years(0) or ()) - 1
    found = store.query(
        "MATCH (:Participant)-[t:INSIDE]->(:Participant) WITH min(t.year) AS first, max(t.year) AS last "
        "MATCH (s:Participant)-[r:INSIDE]->(b:Participant) "
        "WHERE ($cluster IS NULL OR r.cluster_id = $cluster) AND ($year IS NULL OR r.year = $year) "
        "AND (r.year >= first + $back OR last < first + $back) "
        "RETURN r.cluster_id AS cluster, r.year AS year, s.id AS supplier, b.id AS buyer "
        "ORDER BY r.value DESC, supplier, buyer LIMIT 1",
        {"cluster": wanted.get("cluster"), "year": wanted.get("year"), "back": back},
    )
    values = {} if not len(found) else found.iloc[0].to_dict()
    values = {name: int(value) if name == "year" else value for name, value in values.items()}
    return {p.name: values[p.name] for p in query.parameters if p.required and p.name in values}
