"""Why a cell is unknown: from the findings about its formation, else from the row's own note."""

from __future__ import annotations

from typing import Any

from analysis.results import Result
from reports.inert import plain, shorten
from reports.numbers import is_unknown
from reports.words import Words

Place = tuple[str, int | None, str]


class Reasons:
    """Looks up why figures of `result` are unknown, in the language of `words`.

    A finding that names the figure's column comes first; then every finding about the formation; then the
    note that the analysis left in ``unknown_because``; then, for a significance that was not asked for, that
    fact; and where nothing is known, a sentence that says so.
    """

    def __init__(self, result: Result, words: Words) -> None:
        self.words = words
        self.skipped_nulls = result.settings.nulls == 0
        self._by_column: dict[tuple[Place, str], list[str]] = {}
        self._by_place: dict[Place, list[str]] = {}
        for finding in result.findings:
            if not finding.cluster_id:
                continue
            place = (finding.cluster_id, finding.year, finding.participant_id)
            message = finding.message(words.lang)
            columns = [name.strip() for name in finding.column.split(",") if name.strip()]
            for name in columns:
                self._add(self._by_column.setdefault((place, name), []), message)
            if finding.severity != "info" or not columns:
                self._add(self._by_place.setdefault(place, []), message)

    @staticmethod
    def _add(messages: list[str], message: str) -> None:
        if len(messages) < 3 and message not in messages:
            messages.append(message)

    def row(self, record: Any) -> str:
        """Return the reason that holds for any unknown cell of a row (a named tuple of an output table)."""
        for place in self._places(record):
            if place in self._by_place:
                return self._text(self._by_place[place])
        own = getattr(record, "unknown_because", None)
        return shorten(plain(str(own)), 600) if not is_unknown(own) else self.words("why_default")

    def cell(self, record: Any, column: str) -> str:
        """Return the reason of one cell where it is known more exactly than the row's, else ""."""
        if column in ("core_p_degree", "core_p_density", "core_p_degree_error") and self.skipped_nulls:
            return self.words("why_no_nulls")
        for place in self._places(record):
            if (place, column) in self._by_column:
                return self._text(self._by_column[place, column])
        return self.words(f"why_{column}") if column in ("ecosystem_probability", "jaccard") else ""

    def _places(self, record: Any) -> list[Place]:
        year = getattr(record, "year", None)
        number = None if is_unknown(year) or year is None else int(year)
        cluster, person = str(record.cluster_id), getattr(record, "participant_id", "")
        places: list[Place] = [(cluster, number, str(person))] if person else []
        return [*places, (cluster, number, ""), (cluster, None, "")]

    @staticmethod
    def _text(messages: list[str]) -> str:
        return shorten(plain("; ".join(messages)), 600)
