"""The result of an analysis: tables, findings, the settings that made them and where they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from clustercoop.analysis.plots import Plots
from clustercoop.graph.columns import output_column
from clustercoop.graph.display import UNKNOWN, figure, inert, notebook, span
from clustercoop.graph.findings import Findings
from clustercoop.graph.gaps import gaps_frame
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from clustercoop.graph.texts import term, text

if TYPE_CHECKING:
    from clustercoop.analysis.verdicts.verdict import FormationModel

_SHOWN: Final = ("cluster_id", "year", "participants", "cooperation_ratio", "core_size", "ecosystem_type")
_TABLES: Final = ("formations", "participants", "clusters", "gaps", "requests", "rejected")


@dataclass(frozen=True, eq=False)
class Result(Plots):
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
    flows : DataFrame
        Links by quarter or month, where ``period`` asks for them; written as ``links_by_period``.
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
    flows: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __repr__(self) -> str:
        """Return a few lines: what was analysed, what is known of it, and where the tables are."""
        tables = [f".{name}" for name in (*_TABLES, "findings")]
        tables += [f".policy[…] ({len(self.policy)})"] if self.policy else []
        told = text("show.tables", self.settings.lang, tables=", ".join(tables))
        return "\n  ".join([*self.told(), told])

    def _repr_html_(self) -> str:
        """Return the same for a notebook, with a row for each cluster in the last year of all."""
        lang = self.settings.lang
        last = self.formations[self.formations["year"] == self.formations["year"].max()]
        verdicts = dict(zip(self.clusters["cluster_id"], self.clusters["formation_verdict"], strict=True))
        names = self.graph.cluster_names
        rows = (
            (
                names.get(row["cluster_id"], row["cluster_id"]),
                str(row["year"]),
                figure(row["participants"], lang),
                figure(row["cooperation_ratio"], lang, share=True),
                figure(row["core_size"], lang),
                _told(row["ecosystem_type"], lang),
                _told(verdicts.get(row["cluster_id"]), lang),
            )
            for row in last.to_dict("records")
        )
        columns = [output_column("formations", name) for name in _SHOWN]
        columns.append(output_column("clusters", "formation_verdict"))
        heads = [column.label(lang) for column in columns]
        return notebook(repr(self).split("\n  "), heads, rows, len(last), lang)

    def told(self) -> list[str]:
        """Return in a few lines what was analysed and what is known, in the settings' language."""
        lang, found = self.settings.lang, self.formations
        counts = {
            "clusters": len(self.clusters),
            "years": span(found["year"]),
            "formations": len(found),
            "participants": self.graph.participants["participant_id"].nunique(),
            "links": len(self.graph.links),
        }
        known = {
            "known": int(found["cooperation_ratio"].notna().sum()),
            "total": len(found),
            "gaps": len(self.gaps),
        }
        verdicts = self.clusters["formation_verdict"].value_counts(dropna=False)
        told = ", ".join(f"{_told(verdict, lang)} {count}" for verdict, count in verdicts.items())
        return [
            text("show.result", lang, **counts),
            text("show.known", lang, **known),
            text("show.verdicts", lang, verdicts=told or UNKNOWN),
            self.findings.counted(lang),
            text("show.rejected", lang, rejected=len(self.rejected)),
        ]


def _told(value: Any, lang: str) -> str:
    return UNKNOWN if pd.isna(value) else inert(term(str(value), lang))
