"""The result of an analysis: tables, findings, the settings that made them and where they came from."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import pandas as pd

from clustercoop.graph.findings import Findings
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from clustercoop.graph.texts import row_text

if TYPE_CHECKING:
    from clustercoop.analysis.verdicts.verdict import FormationModel


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """One column of an output table: its type, label and meaning in both languages."""

    table: str
    column: str
    type: str
    label_en: str
    label_ru: str
    meaning_en: str
    meaning_ru: str

    def label(self, lang: str) -> str:
        """Return the header shown to people."""
        return row_text(asdict(self), "label", lang, f"column.{self.table}.{self.column}.label")

    def meaning(self, lang: str) -> str:
        """Return the one-line explanation."""
        return row_text(asdict(self), "meaning", lang, f"column.{self.table}.{self.column}.meaning")


@cache
def output_columns(table: str) -> tuple[OutputColumn, ...]:
    """Return the columns of ``formations``, ``participants`` or ``clusters`` in their order.

    Examples
    --------
    >>> output_columns("formations")[0].column
    'cluster_id'
    """
    text = resources.files("clustercoop.graph").joinpath("output_columns.csv").read_text("utf-8")
    rows = [OutputColumn(**row) for row in csv.DictReader(text.splitlines())]
    return tuple(row for row in rows if row.table == table)


@dataclass(frozen=True, eq=False)
class Result:
    """Everything an analysis found.

    Attributes
    ----------
    formations, participants, clusters : DataFrame
        One row a cluster-year, a participant-year, a cluster; the contract's columns first.
        Unknown is NaN/NA (written empty), never 0.
    findings : Findings
        What was noticed, where and what was done.
    rejected : DataFrame
        Input rows that did not enter the graph, each with its reason.
    graph : SupplyGraph
        What was analysed.
    settings : Settings
        What the analysis was told.
    provenance : mapping
        Version, input files with hashes and row counts, and the accounting of rows and value sums.
    model : FormationModel, optional
        How the verdicts on clusters were reached.
    """

    formations: pd.DataFrame
    participants: pd.DataFrame
    clusters: pd.DataFrame
    findings: Findings
    rejected: pd.DataFrame
    graph: SupplyGraph
    settings: Settings
    provenance: Mapping[str, Any]
    model: FormationModel | None = None
