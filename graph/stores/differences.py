"""What the embedded engine does otherwise than Neo4j: refused, with the form that gives the same on both.

The list is data, ``differences.csv``; each row carries an example, what Neo4j answers to it, and the form
that works on both with its answer, and is tested on both engines. ``match`` is a regular expression over
the statement with one space between tokens, strings emptied and calls written ``name~arity (``; in it
``<node>``, ``<link>``, ``<keyed>`` stand for variables of the statement and ``<number>`` for properties
that hold numbers. A row without ``match`` depends on values, so it is told in the docs only.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from functools import cache
from typing import Final

from clustercoop.graph.schema import NUMERIC, tables
from clustercoop.graph.shipped import shipped_rows
from clustercoop.graph.stores.cypher_guard import Token
from clustercoop.graph.stores.vocabulary import Names
from clustercoop.graph.texts import row_text, text

_NOTHING: Final = r"(?!x)x"
_WITH_ID: Final = ("Participant", "Cluster", "ClusterCoop", "")


@dataclass(frozen=True, slots=True)
class Difference:
    """One row of the list."""

    code: str
    match: str
    says: str
    says_ru: str
    rewrite: str
    rewrite_ru: str
    example: str
    neo4j: str
    """What Neo4j answers to the example, as JSON."""
    rewritten: str
    answer: str
    """What both answer to the rewritten example, as JSON."""

    def message(self, lang: str) -> str:
        """Return what is different and the form that works on both, in `lang`."""
        row = asdict(self)
        says, rewrite = (
            row_text(row, name, lang, f"difference.{self.code}.{name}") for name in ("says", "rewrite")
        )
        return text("refusal.difference", lang, says=says, rewrite=rewrite)


@cache
def differences() -> tuple[Difference, ...]:
    """Return the list.

    Examples
    --------
    >>> next(d.rewrite for d in differences() if d.code == "is-empty")
    'size(x) = 0'
    """
    return tuple(Difference(**row) for row in shipped_rows("graph", "stores", "differences.csv"))


def canonical(found: list[Token]) -> str:
    """Return a statement in the form that ``match`` reads.

    Examples
    --------
    >>> from clustercoop.graph.stores.cypher_guard import tokens
    >>> canonical(list(tokens("RETURN round(a.x, f('b')) AS y")))
    "RETURN round~2 ( a . x , f~1 ( '' ) ) AS y"
    """
    words = ["''" if token.kind == "string" else token.text for token in found]
    open_: list[int] = []
    arity: dict[int, int] = {}
    for at, token in enumerate(found):
        if token.kind != "mark":
            continue
        if token.text in "([{":
            open_.append(at)
            arity[at] = int(at + 1 < len(found) and found[at + 1].text not in ")]}")
        elif token.text in ")]}" and open_:
            open_.pop()
        elif token.text == "," and open_:
            arity[open_[-1]] += 1
    for at, count in arity.items():
        if at and found[at].text == "(" and found[at - 1].kind == "word":
            words[at - 1] += f"~{count}"
    return " ".join(words)


def met(found: list[Token], named: Names) -> Difference | None:
    """Return the first difference that a statement meets."""
    written = canonical(found)
    stand = {
        "node": list(named.nodes),
        "link": list(named.links),
        "keyed": [v for v, label in named.nodes.items() if label not in _WITH_ID],
        "number": [c.name for spec in tables().values() for c in spec.columns if c.type in NUMERIC],
    }
    for difference in differences():
        pattern = difference.match
        for name, words in stand.items():
            either = f"(?:{'|'.join(map(re.escape, words))})" if words else _NOTHING
            pattern = pattern.replace(f"<{name}>", either)
        if pattern and re.search(pattern, written, re.IGNORECASE):
            return difference
    return None
