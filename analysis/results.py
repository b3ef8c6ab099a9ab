"""The result of an analysis: tables, findings, the settings that made them and where they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from clustercoop.graph.findings import Findings
from clustercoop.graph.gaps import gaps_frame
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings

if TYPE_CHECKING:
    from clustercoop.analysis.verdicts.verdict import FormationModel


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
    gaps : DataFrame
        Why figures are unknown, a row a cell and reason (`clustercoop.graph.gaps`).
    requests : DataFrame
        Missing and doubtful cells with the figures that wait for them (`clustercoop.analysis.asks`).
    policy : mapping of str to DataFrame
        What the figures mean for policy, by name of table (`clustercoop.analysis.policy.tables`). Sentences
        are codes (`clustercoop.graph.said`).
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
    gaps: pd.DataFrame = field(default_factory=lambda: gaps_frame(()))
    requests: pd.DataFrame = field(default_factory=pd.DataFrame)
    policy: Mapping[str, pd.DataFrame] = field(default_factory=dict)
