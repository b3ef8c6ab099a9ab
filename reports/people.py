"""Tables of a result as people read them: codes made into sentences, in one language."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from clustercoop.analysis.results import Result
from clustercoop.analysis.typology import rule_sentence
from clustercoop.graph.columns import TABLES, output_columns
from clustercoop.reports.numbers import is_unknown
from clustercoop.reports.reasons import gap_sentence, told_sources, unknown_because
from clustercoop.reports.verdicts import told_again


def for_people(result: Result, table: str, lang: str) -> pd.DataFrame:
    """Return a table of `result` with the sentences in `lang` that its codes stand for.

    Parameters
    ----------
    result : Result
    table : {"formations", "participants", "clusters", "gaps", "rejected"}
    lang : str
    """
    frame: pd.DataFrame = getattr(result, table)
    if table == "formations":
        frame = frame.assign(
            sources=[told_sources(codes, lang) for codes in _cells(frame, "sources")],
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
    elif table == "rejected" and "code" in frame:
        told = frame.drop(columns=["value", "detail"])
        told.insert(list(told.columns).index("code") + 1, "reason", _reasons(frame, lang))
        return told
    if table not in TABLES:
        return frame
    order = [column.column for column in output_columns(table) if column.column in frame]
    return frame[[*order, *(name for name in frame.columns if name not in order)]]


def _cells(frame: pd.DataFrame, name: str) -> Iterable[object]:
    return frame[name] if name in frame else [None] * len(frame)


def _reasons(frame: pd.DataFrame, lang: str) -> list[str]:
    cells = frame[["code", "value", "detail"]].astype(object)
    rows = cells.where(cells.notna(), "").itertuples(index=False, name=None)
    return [gap_sentence(reason, lang) for reason in rows]
