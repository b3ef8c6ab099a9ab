"""Why a cell is unknown: from the findings about its formation, else from the row's own note."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from clustercoop.analysis.reasons import columns_of_codes
from clustercoop.analysis.results import Result
from clustercoop.reports.inert import plain, shorten
from clustercoop.reports.numbers import is_unknown
from clustercoop.reports.words import Words

if TYPE_CHECKING:
    from clustercoop.analysis.verdicts.verdict import FormationModel

Place = tuple[str, int | None, str]

NULLS: Final = "core_p_"
MODEL: Final = (
    "ecosystem_probability",
    "ecosystem_probability_low",
    "ecosystem_probability_high",
    "jaccard",
    "verdict_because",
    "nearest_flip",
    "formation_verdict",
    "verdict_basis",
)
LENGTH: Final = 500


class Reasons:
    """Looks up why figures of `result` are unknown, in the language of `words`.

    For one cell: a significance that was not asked for; then a finding that names the column or whose code
    is known to concern it; then the sentence about the column in the row's ``unknown_because``. For a whole
    row: findings about the formation that concern no column in particular, then a note that names none; and
    where nothing is known, a sentence that says so.
    """

    def __init__(self, result: Result, words: Words) -> None:
        self.words = words
        self.model = result.model
        self.skipped_nulls = result.settings.nulls == 0
        self._exact: dict[tuple[Place, str], list[str]] = {}
        self._begun: dict[Place, list[tuple[tuple[str, ...], str]]] = {}
        self._general: dict[Place, list[str]] = {}
        for finding in result.findings:
            if not finding.cluster_id:
                continue
            place = (finding.cluster_id, finding.year, finding.participant_id)
            message = finding.message(words.lang)
            named = [name.strip() for name in finding.column.split(",") if name.strip()]
            begun = columns_of_codes().get(finding.code, ())
            for name in named:
                _add(self._exact.setdefault((place, name), []), message)
            if begun:
                self._begun.setdefault(place, []).append((begun, message))
            if not named and not begun and finding.severity != "info":
                _add(self._general.setdefault(place, []), message)

    def row(self, record: Any) -> str:
        """Return the reason that holds for any unknown cell of a row (a named tuple of an output table)."""
        for place in _places(record):
            if place in self._general:
                return _joined(self._general[place])
        note = getattr(record, "unknown_because", None)
        if is_unknown(note) or ": " in str(note):
            return self.words("why_default")
        return shorten(plain(str(note)), LENGTH)

    def cell(self, record: Any, column: str, label: str = "") -> str:
        """Return the reason of one cell where it is known more exactly than the row's, else "".

        Parameters
        ----------
        record : named tuple
            Row of an output table.
        column, label : str
            Name of the column, and its header as the row's note writes it.
        """
        if column.startswith(NULLS) and self.skipped_nulls:
            return self.words("why_no_nulls")
        if column in MODEL:
            return model_gap(self.model, str(record.cluster_id), self.words) or self.words("why_year_thin")
        if column == "eligibility_verdict":
            return self.words("fm_eligibility_why")
        for place in _places(record):
            if (place, column) in self._exact:
                return _joined(self._exact[place, column])
            found: list[str] = []
            for begun, message in self._begun.get(place, ()):
                if column.startswith(begun):
                    _add(found, message)
            if found:
                return _joined(found)
        return _sentence(getattr(record, "unknown_because", None), label)


def model_gap(model: FormationModel | None, cluster_id: str, words: Words) -> str:
    """Return why the formation model has no figure for a cluster; "" where it has one."""
    if model is None or model.outcome == "rules":
        return words("why_no_model")
    own = model.clusters["cluster_id"].astype(str) == cluster_id
    if not (own & (model.clusters["verdict_basis"].fillna("") != "")).any():
        return words("why_left_out")
    return {"none": words("why_no_groups"), "unnamed": words("why_no_names")}.get(model.outcome, "")


def _add(messages: list[str], message: str) -> None:
    if len(messages) < 3 and message not in messages:
        messages.append(message)


def _joined(messages: list[str]) -> str:
    return shorten(plain("; ".join(messages)), LENGTH)


def _places(record: Any) -> list[Place]:
    """Return where to look, the nearest first: the participant's year, the formation, the cluster."""
    year = getattr(record, "year", None)
    number = None if is_unknown(year) or year is None else int(year)
    cluster, person = str(record.cluster_id), str(getattr(record, "participant_id", ""))
    places: list[Place] = [(cluster, number, person)] if person else []
    return [*places, (cluster, number, ""), (cluster, None, "")]


def _sentence(note: Any, label: str) -> str:
    """Return what a note of sentences "figure, figure: reason." says about the figure `label`.

    Examples
    --------
    >>> _sentence("Output, Links: a gap. Core: none.", "Links"), _sentence("Core: none.", "Links")
    ('a gap', '')
    """
    if not label or is_unknown(note):
        return ""
    for sentence in re.split(r"(?<=\.) (?=[^\W\d_])", str(note)):
        heads, colon, reason = sentence.partition(": ")
        if colon and label in heads.split(", "):
            return shorten(plain(reason.rstrip(".")), LENGTH)
    return ""
