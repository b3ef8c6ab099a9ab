"""Tables of a result as people read them: codes made into sentences, in one language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, TypeVar

import pandas as pd

from clustercoop.analysis.results import Result
from clustercoop.analysis.typology import rule_sentence
from clustercoop.graph.columns import TABLES, output_columns
from clustercoop.graph.findings import Finding, listed
from clustercoop.graph.gaps import ALL
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.schema import WHO
from clustercoop.graph.texts import text, within
from clustercoop.reports.numbers import cells_of, is_unknown
from clustercoop.reports.reasons import column_label, gap_sentence, told_sources, unknown_because
from clustercoop.reports.said import told
from clustercoop.reports.verdicts import told_again

# Columns that hold ids of participants.
OF_PEOPLE: Final = (*WHO, "parent_id")
_KEPT: Final[ContextVar[dict[tuple[int, str, str], tuple[Result, Any]] | None]] = ContextVar(
    "kept", default=None
)
_Made = TypeVar("_Made")


def for_people(result: Result, table: str, lang: str) -> pd.DataFrame:
    """Return a table of `result` with the sentences in `lang` that its codes stand for.

    Parameters
    ----------
    result : Result
    table : {"formations", "participants", "clusters", "gaps", "requests", "rejected"}, or one of policy
        Participants get the names of clusters and participants beside the ids.
    lang : str
    """
    return once(result, table, lang, lambda: _for_people(result, table, lang))


def once(result: Result, name: str, lang: str, make: Callable[[], _Made]) -> _Made:
    """Return what `make` makes of a result in a language: within `remembered` once for all who ask."""
    kept = _KEPT.get()
    if kept is None:
        return make()
    key = (id(result), name, lang)
    if key not in kept:
        kept[key] = (result, make())
    made: _Made = kept[key][1]
    return made


@contextmanager
def remembered() -> Iterator[None]:
    """Tell all once within the block, for all that is written of a result: none of it changes any."""
    token = _KEPT.set({} if (kept := _KEPT.get()) is None else kept)
    try:
        yield
    finally:
        _KEPT.reset(token)


def _for_people(result: Result, table: str, lang: str) -> pd.DataFrame:
    if table in result.policy:
        return _sentences(result.policy[table], table, result.graph.names, lang)
    frame: pd.DataFrame = getattr(result, table)
    if table == "formations":
        frame = _sentences(frame, table, result.graph.names, lang).assign(
            sources=_each(_cells(frame, "sources"), lambda codes: told_sources(codes, lang)),
            unknown_because=unknown_because(result.gaps, frame, lang),
        )
    elif table == "clusters":
        because = [
            "" if is_unknown(codes) else rule_sentence(str(codes), lang)
            for codes in _cells(frame, "rule_because")
        ]
        frame = told_again(frame.assign(rule_because=because), result.model, lang)
    elif table == "gaps":
        return frame.assign(message=_reasons(frame, lang))
    elif table == "requests":
        rows = frame.astype(object).itertuples(index=False)
        return frame.assign(message=[request_sentence(row, result.graph.names, lang) for row in rows])
    elif table == "rejected" and "code" in frame:
        told = frame.drop(columns=["value", "detail"])
        told.insert(list(told.columns).index("code") + 1, "reason", _reasons(frame, lang))
        return told
    elif table == "participants":
        return with_names(frame, result.graph)
    if table not in TABLES:
        return frame
    order = [column.column for column in output_columns(table) if column.column in frame]
    return frame[[*order, *(name for name in frame.columns if name not in order)]]


def with_names(frame: pd.DataFrame, graph: SupplyGraph) -> pd.DataFrame:
    """Return a table with the names of clusters and participants beside their ids, where they have any."""
    for column, head in (("cluster_id", "cluster_name"), ("participant_id", "participant_name")):
        names = beside(column, "id", cells_of(frame[column]), graph)
        if names is not None:
            frame = frame.copy(deep=False)
            frame.insert(list(frame.columns).index(column) + 1, head, names)
    return frame


def beside(column: str, kind: str, values: Sequence[Any], graph: SupplyGraph) -> list[str] | None:
    """Return the names that belong to a column of ids, "" for none; None for a column of anything else.

    Parameters
    ----------
    column : str
        Its name, which tells whose ids they are.
    kind : str
        "ids" are several, joined by ``;``.
    values : sequence
    graph : SupplyGraph
        What knows the names.
    """
    if column not in OF_PEOPLE and column != "cluster_id" and kind != "ids":
        return None
    names = graph.cluster_names if column == "cluster_id" else graph.names
    told: dict[Any, str] = {}
    named = False
    for value in dict.fromkeys(values):
        id = "" if is_unknown(value) else str(value)
        ids = id.split(";") if kind == "ids" else [id]
        told[value] = "; ".join(names.get(one, one) for one in ids)
        named = named or told[value] != id.replace(";", "; ")
    return [told[value] for value in values] if named else None


def _sentences(frame: pd.DataFrame, table: str, names: Mapping[str, str], lang: str) -> pd.DataFrame:
    """Return a table with its cells of codes told in `lang`."""
    coded = [c.column for c in output_columns(table) if c.kind == "said" and c.column in frame]
    return frame.assign(
        **{name: _each(cells_of(frame[name]), lambda cell: told(cell, lang, names)) for name in coded}
    )


def _each(cells: Iterable[Any], tell: Callable[[Any], str]) -> list[str]:
    """Return what is said of each cell, worked out once for equal ones."""
    cells = list(cells)
    said = {cell: tell(cell) for cell in dict.fromkeys(cells)}
    return [said[cell] for cell in cells]


def request_sentence(row: Any, names: Mapping[str, str], lang: str) -> str:
    """Return one request as a sentence: what to ask, of whom, for which year, and what it makes known."""
    figures, waiting = asked_figures(row.figures, lang), asked_figures(row.figures_waiting, lang)
    kind = "waiting" if not figures else "both" if waiting else "alone"
    who = asked_of(row, names, lang)
    place = text(f"request.{row.state}", lang, cells=asked_cells(row, lang), who=who, year=row.year)
    return text(f"request.{kind}", lang, place=place, figures=figures, waiting=waiting)


def asked_cells(row: Any, lang: str) -> str:
    """Return what a request asks for: the names of its input columns."""
    return ", ".join(text(f"input.{row.table}.{name}", lang) for name in row.column.split("; "))


def asked_figures(columns: str, lang: str) -> str:
    """Return what the columns that a request lists are called within a sentence."""
    return ", ".join(within(column_label(column, lang)) for column in str(columns).split("; ") if column)


def asked_of(row: Any, names: Mapping[str, str], lang: str) -> str:
    """Return whom a request concerns: a participant by id and name, or all members of a cluster."""
    if row.participant_id == ALL:
        return text("request.everyone", lang, cluster=row.cluster_id)
    name = names.get(row.participant_id, row.participant_id)
    return str(row.participant_id) if name == row.participant_id else f"{row.participant_id} ({name})"


def _cells(frame: pd.DataFrame, name: str) -> Iterable[object]:
    return cells_of(frame[name]) if name in frame else [None] * len(frame)


def _reasons(frame: pd.DataFrame, lang: str) -> list[str]:
    """Return the sentences of gaps, or of rejected rows of a file: these quote its cells as they stand."""
    cells = frame[["code", "value", "detail"]].astype(object)
    rows = cells.where(cells.notna(), "").itertuples(index=False, name=None)
    if "file" not in frame:
        return _each(rows, lambda reason: gap_sentence(reason, lang))
    return [
        Finding(code, file=str(file), value=value, detail=listed(detail)).message(lang)
        for (code, value, detail), file in zip(rows, frame["file"], strict=True)
    ]
