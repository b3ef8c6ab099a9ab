"""The section on types: the 3 × 3 table, phase portraits and support measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from clustercoop.analysis.results import Result
from clustercoop.analysis.support import support_measures
from clustercoop.analysis.typology import LEVELS, Thresholds, load_thresholds
from clustercoop.graph.errors import ClusterCoopError
from clustercoop.graph.texts import row_text, term
from clustercoop.reports.inert import plain
from clustercoop.reports.numbers import is_unknown
from clustercoop.reports.tables import Table, plain_table
from clustercoop.reports.words import Words
from clustercoop.reports.written import told_of


@dataclass(frozen=True, slots=True)
class Zone:
    """One of the nine types and the clusters in it."""

    name: str
    clusters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Support:
    """Support measures that the typology suggests for one type."""

    name: str
    clusters: int
    measures: tuple[tuple[str, str, str], ...]


class Types:
    """What the report says about types.

    Parameters
    ----------
    result : Result
        What an analysis found.
    words : Words
        Language.
    names : mapping of str to str
        Cluster id → name shown.
    """

    def __init__(self, result: Result, words: Words, names: Mapping[str, str]) -> None:
        self.words = words
        self.names = names
        self.currency = result.graph.currency
        self.rest = told_of("rest_in", "measures", result.settings.outputs, words)
        self.thresholds, self.gone = types_thresholds(result.settings.thresholds)
        columns = ("rd_per_employee", "value_added_per_employee", "ecosystem_type")
        frame = result.formations
        for column in columns:
            if column not in frame:
                frame = frame.assign(**{column: "" if column == "ecosystem_type" else np.nan})
        self.frame = frame[["cluster_id", "year", *columns]].sort_values(
            ["cluster_id", "year"], kind="stable"
        )
        self.received = result.graph.measures
        self.support_file = result.settings.support_measures

    @property
    def known(self) -> pd.DataFrame:
        """Cluster-years with a type."""
        typed = [not is_unknown(value) for value in self.frame["ecosystem_type"]]
        return self.frame[np.array(typed, dtype=bool)]

    def matrix(self) -> list[tuple[str, list[Zone]]]:
        """Return rows (productivity, high first) of zones (innovation, low first), by the last known type."""
        last = self.known.groupby("cluster_id", sort=True).tail(1)
        rows = []
        for productivity in reversed(LEVELS):
            zones = []
            for innovation in LEVELS:
                name = self.thresholds.types.get((innovation, productivity), "")
                inside = last[last["ecosystem_type"] == name]
                listed = tuple(
                    f"{self.names.get(str(cluster), str(cluster))} ({year})"
                    for cluster, year in zip(inside["cluster_id"], inside["year"], strict=True)
                )
                zones.append(Zone(term(name, self.words.lang), listed))
            rows.append((term(productivity, self.words.lang), zones))
        return rows

    def levels(self) -> list[str]:
        """Return the three levels in words, low first."""
        return [term(level, self.words.lang) for level in LEVELS]

    def support(self) -> list[Support]:
        """Return the measures suggested for the types that occur in the last known year."""
        last = self.known.groupby("cluster_id").tail(1)["ecosystem_type"].astype(str).value_counts()
        table = support_measures(self.support_file)
        out = []
        for name in table["ecosystem_type"].drop_duplicates():
            if name in last.index:
                rows = table[table["ecosystem_type"] == name]
                measures = tuple(
                    (
                        term(str(row.category), self.words.lang),
                        row_text(row._asdict(), "", self.words.lang, f"support.{name}.{row.category}"),
                        "" if is_unknown(row.note) else str(row.note),
                    )
                    for row in rows.itertuples(index=False)
                )
                out.append(Support(term(str(name), self.words.lang), int(last[name]), measures))
        return out

    def support_received(self) -> Table | None:
        """Return the support that the data record, None where they record none."""
        if not len(self.received):
            return None
        unit = self.words.money(self.currency)
        heads: tuple[tuple[str, str], ...] = (
            (self.words("head_cluster"), "text"),
            (self.words("head_year"), "year"),
            (self.words("head_category"), "term"),
            (self.words("head_measure"), "text"),
            (self.words("head_amount", unit=unit), "money"),
        )
        rows: list[tuple[Any, ...]] = [
            (self.names.get(str(r.cluster_id), str(r.cluster_id)), r.year, r.category, r.measure, r.amount)
            for r in self.received.head(300).itertuples(index=False)
        ]
        table = plain_table("measures", self.words("support_received"), heads, rows, self.words)
        return replace(table, total=len(self.received), rest=self.rest)


def types_thresholds(path: str) -> tuple[Thresholds, str]:
    """Return the thresholds of the analysis, and the name of its own file where that is gone.

    Then the thresholds are the shipped ones, of which only what the analysis could not have changed may be
    shown: no zone, no cut-off.
    """
    try:
        return load_thresholds(path), ""
    except (ClusterCoopError, OSError):
        return load_thresholds(), plain(Path(path).name)
