"""Sentences that results hold as codes (`clustercoop.graph.said`), told in one language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from clustercoop.graph.findings import catalogue, listed
from clustercoop.graph.said import decoded
from clustercoop.graph.texts import row_text, term, text
from clustercoop.reports.numbers import decimal, show, significant
from clustercoop.reports.reasons import column_label, gap_sentence

Names = Mapping[str, str]


def told(cell: object, lang: str, names: Names | None = None) -> str:
    """Return the sentences of a cell in `lang`; `names` are those of participants, by id.

    Examples
    --------
    >>> told("", "en"), told('[["gap.many", {"count": {"column": "core_fit"}}]]', "en")
    ('', 'Other figures (Core fit)')
    """
    return " ".join(
        text(each.id, lang, **{name: place(value, lang, names or {}) for name, value in each.places.items()})
        for each in decoded(cell)
    )


def place(value: Any, lang: str, names: Names) -> str:
    r"""Return what fills one place of a sentence.

    Examples
    --------
    >>> place({"share": 0.25}, "ru", {}), place({"terms": ["growth", "low"]}, "en", {}), place("x", "en", {})
    ('25,0\xa0%', 'growth, low', 'x')
    """
    if isinstance(value, Mapping):
        [(kind, held)] = value.items()
        if kind in _TELLERS:
            return _TELLERS[kind](held, lang, names)
        return show(held, kind, lang)
    if isinstance(value, int):
        return decimal(value, 0, lang)
    return significant(value, 3, 2, lang) if isinstance(value, float) else str(value)


def _each(tell: Callable[[str, str], str]) -> Callable[[Any, str, Names], str]:
    def several(held: Any, lang: str, names: Names) -> str:
        parts = [held] if isinstance(held, str) else list(held)
        return ", ".join(tell(part, lang) for part in parts)

    return several


def _members(held: Any, lang: str, names: Names) -> str:
    return listed("; ".join(str(names.get(member, member)) for member in held))


_TELLERS: Final[Mapping[str, Callable[[Any, str, Names], str]]] = {
    "column": _each(column_label),
    "columns": _each(column_label),
    "term": _each(term),
    "terms": _each(term),
    "input": _each(lambda name, lang: text(f"input.{name}", lang)),
    "finding": _each(lambda code, lang: catalogue()[code].sentence(lang)),
    "members": _members,
    "texts": lambda held, lang, names: row_text(held, "", lang),
    "reason": lambda held, lang, _: gap_sentence(tuple(held), lang),
}
