"""Why cells are unknown, and where figures come from, in words: made from gaps and codes of sources."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from functools import cache, lru_cache
from typing import Any, Final

import pandas as pd

from clustercoop.graph.columns import TABLES, OutputColumn, output_columns, policy_tables
from clustercoop.graph.findings import Finding, listed
from clustercoop.graph.gaps import ALL, of_formations
from clustercoop.graph.texts import term, text, within
from clustercoop.reports.inert import plain, shorten
from clustercoop.reports.numbers import cells_of, floats, is_unknown
from clustercoop.reports.words import Words

Place = tuple[str, int | None, str]
Reason = tuple[str, str, str]

LENGTH: Final = 500
# More figures than this with one reason are counted, not named.
MANY: Final = 30
_REASON: Final = ("code", "value", "detail")
# Gaps whose detail names columns, not members.
_OF_COLUMNS: Final = ("needs", "unknown_every_year")


@lru_cache(maxsize=4096)
def column_label(column: str, lang: str) -> str:
    """Return the header of a column of any output table, the first that has it."""
    entry = _columns().get(column)
    return column if entry is None else entry.label(lang)


@cache
def _columns() -> dict[str, OutputColumn]:
    tables = [*TABLES, *policy_tables()]
    return {entry.column: entry for table in reversed(tables) for entry in reversed(output_columns(table))}


@lru_cache(maxsize=16384)
def gap_sentence(reason: Reason, lang: str) -> str:
    """Return why a cell is unknown (code, value, detail of its gap), without the name of its column.

    Examples
    --------
    >>> gap_sentence(("needs", "", "rd_per_employee; autonomy"), "en")
    'R&D per employee, autonomy is unknown'
    """
    return _gap(reason, lang).message(lang)


def _gap(reason: Reason, lang: str) -> Finding:
    code, value, detail = reason
    if code in _OF_COLUMNS:
        detail = ", ".join(within(column_label(name, lang)) for name in detail.split("; "))
    return Finding(code, value=value, detail=listed(detail))


def row_sentences(gaps: Iterable[tuple[str, str, str, str]], lang: str) -> str:
    """Return why cells of one row are unknown: the figures of each reason, then the reason.

    Parameters
    ----------
    gaps : iterable of (column, code, value, detail)

    Examples
    --------
    >>> row_sentences([("links", "no_links_touch", "", ""), ("coverage", "no_links_touch", "", "")], "en")
    'Links, Link coverage: no link of the year touches a member, self-supply aside.'
    """
    reasons: dict[Reason, list[str]] = {}
    for column, code, value, detail in gaps:
        reasons.setdefault((code, value, detail), []).append(column_label(column, lang))
    told = []
    for reason, columns in reasons.items():
        names = list(dict.fromkeys(columns))
        few = ", ".join(names) if len(names) <= MANY else text("gap.many", lang, count=len(names))
        told.append(f"{few}: {gap_sentence(reason, lang)}.")
    return " ".join(told)


def unknown_because(gaps: pd.DataFrame, formations: pd.DataFrame, lang: str) -> list[str]:
    """Return a sentence for the unknown figures of each row of `formations`; "" where all are known."""
    mine = of_formations(gaps)
    cells = zip(*(cells_of(mine[name]) for name in ("column", *_REASON)), strict=True)
    by_place: dict[Hashable, list[Any]] = {}
    for cluster, year, cell in zip(cells_of(mine["cluster_id"]), mine["year"], cells, strict=True):
        by_place.setdefault((cluster, year), []).append(cell)
    order = {entry.column: number for number, entry in enumerate(output_columns("formations"))}
    return [
        row_sentences(
            sorted(by_place.get((str(cluster), int(year)), ()), key=lambda c: order.get(c[0], 0)), lang
        )
        for cluster, year in zip(formations["cluster_id"], formations["year"], strict=True)
    ]


def told_sources(sources: Any, lang: str) -> str:
    """Return codes of sources as people read them.

    Examples
    --------
    >>> told_sources("internal_supply=links:12,reported:3;purchases=links", "en")
    'Internal supply: links 12, reported 3; Purchases: links'
    """
    if is_unknown(sources):
        return ""
    texts = []
    for entry in str(sources).split(";"):
        figure, _, said = entry.partition("=")
        parts = [part.partition(":") for part in said.split(",")]
        told = ", ".join(f"{term(name, lang)} {count}".strip() for name, _, count in parts)
        name = column_label(figure, lang)
        texts.append(f"{term(figure, lang) if name == figure else name}: {told}")
    return "; ".join(texts)


class Reasons:
    """Looks up why figures are unknown (the gaps of a result), in the language of `words`."""

    def __init__(self, gaps: pd.DataFrame, words: Words, names: Mapping[str, str] | None = None) -> None:
        self.words, self._names = words, names
        years = [None if year != year else int(year) for year in floats(gaps["year"]).tolist()]
        named = [cells_of(gaps[name]) for name in ("cluster_id", "participant_id", "column")]
        reasons = zip(*(cells_of(gaps[name]) for name in _REASON), strict=True)
        self._at: dict[tuple[str, int | None, str, str], tuple[Reason, ...]] = {}
        for cluster, year, person, column, why in zip(named[0], years, *named[1:], reasons, strict=True):
            place = (cluster, year, person, column)
            self._at[place] = (*self._at.get(place, ()), why)
        self._said: dict[tuple[str, int | None, str, str], str] = {}
        self._told: dict[tuple[tuple[Reason, ...], Reason | None], str] = {}

    def row(self, record: Any) -> str:
        """Return what is said of an unknown cell of the row (a named tuple) that has no reason of its own."""
        return self.words("why_default")

    def cell(self, record: Any, column: str, label: str = "") -> str:
        """Return why the `column` of a row (a named tuple of an output table) is unknown, "" where unsaid."""
        year, person = getattr(record, "year", None), str(getattr(record, "participant_id", ""))
        return self.told(places(str(record.cluster_id), year, person), column)

    def told(self, where: Iterable[Place], column: str) -> str:
        """Return why `column` is unknown: what is said at the first of `where` that says anything."""
        for place in where:
            cell = (*place, column)
            if cell in self._at:
                if cell not in self._said:
                    self._said[cell] = self._sentences(place, column, self._at[cell])
                return self._said[cell]
        return ""

    def _sentences(self, place: Place, column: str, reasons: tuple[Reason, ...]) -> str:
        root = self._root(place, column, *reasons) if len(reasons) == 1 else None
        if (reasons, root) not in self._told:
            found = dict.fromkeys(self._sentence(reason) for reason in reasons)
            told = "; ".join(list(found)[:3]) + (f" ({self._sentence(root)})" if root else "")
            self._told[reasons, root] = shorten(plain(told), LENGTH)
        return self._told[reasons, root]

    def _sentence(self, reason: Reason) -> str:
        """Return why, participants called by their names, where these are known."""
        if not self._names or reason[0] in _OF_COLUMNS:
            return gap_sentence(reason, self.words.lang)
        return _gap(reason, self.words.lang).called(self._names).message(self.words.lang)

    def _root(self, place: Place, column: str, reason: Reason) -> Reason | None:
        """Return why the one figure that `column` needs is unknown, at the end of the chain."""
        seen = {column}
        while reason[0] == "needs" and ";" not in reason[2] and reason[2] not in seen:
            seen.add(reason[2])
            reasons = self._at.get((*place, reason[2]), ())
            if len(reasons) != 1:
                return None
            reason = reasons[0]
        return reason if len(seen) > 1 and reason[0] != "needs" else None


def places(cluster: str, year: Any = None, person: str = "") -> tuple[Place, ...]:
    """Return where to look: the participant's year, that of all members; or the formation, or the cluster."""
    number = None if is_unknown(year) else int(year)
    return ((cluster, number, person), (cluster, number, ALL)) if person else ((cluster, number, ""),)
