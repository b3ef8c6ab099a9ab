"""The features of the formation model as data: what is known, zero, at a limit, missing or out of range."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from clustercoop.analysis.verdicts.features import Feature, feature_list
from clustercoop.analysis.verdicts.verdict import FormationModel
from clustercoop.graph.columns import output_columns
from clustercoop.reports.numbers import UNKNOWN, brief, raw, show
from clustercoop.reports.tables import Cell, Column, Row, Table, column_words, unit
from clustercoop.reports.words import Words

# The states of a cell, in the order of the columns that count them, and their headers.
STATES: Final = {
    "known": "fm_head_known",
    "zero": "fm_head_zero",
    "bound": "fm_head_limit",
    "missing": "fm_head_missing",
    "outside": "fm_head_outside",
}
REASONS: Final = {
    "unknown": "fm_unused_unknown",
    "too few known": "fm_unused_few",
    "hardly varies": "fm_unused_flat",
    "repeats another": "fm_unused_repeat",
}
SHOWN_AS: Final = {"zero": "fm_cell_zero", "bound": "fm_cell_limit", "outside": "fm_cell_outside"}


class FeatureTables:
    """Tables of the features of `model`.

    Parameters
    ----------
    model : FormationModel
    words : Words
        Language.
    who : callable
        Cluster id → the cell that names it.
    currency : str
        Unit of money.
    limit : int
        Clusters that a page holds.
    rest : str
        Where the others are.
    """

    def __init__(
        self,
        model: FormationModel,
        words: Words,
        who: Callable[[str], Cell],
        currency: str,
        limit: int,
        rest: str,
    ) -> None:
        self.model = model
        self.words = words
        self.who = who
        self.currency = currency
        self.limit, self.rest = limit, rest
        self.columns = {column.column: column for column in output_columns("formations")}
        counts = pd.crosstab(model.features["feature"], model.features["status"])
        self.counts = counts.reindex(columns=list(STATES), fill_value=0)
        self.used = set(model.features.loc[model.features["used"].astype(bool), "feature"])
        self.features = [feature for feature in feature_list() if feature.name in self.counts.index]

    def kind(self, feature: Feature) -> str:
        """Return the type of the feature's values."""
        return self.columns[feature.column].kind if feature.column in self.columns else "float"

    def label(self, feature: Feature) -> str:
        """Return the name of a feature with its unit."""
        column = self.columns.get(feature.column)
        measure = unit(column.unit, self.currency, self.words) if column else ""
        return f"{feature.label(self.words.lang)}, {measure}" if measure else feature.label(self.words.lang)

    @cached_property
    def notes(self) -> Table:
        """One row a feature: theory, scale, counts of its states, whether it was used."""
        words = self.words
        said = dict(zip(self.model.feature_notes["feature"], self.model.feature_notes["reason"], strict=True))
        rows = []
        for feature in self.features:
            used = feature.name in self.used
            side = "up" if feature.theory > 0 else "down" if feature.theory < 0 else "none"
            # A feature that lost its spread with the clusters left out has no reason of its own.
            why = "" if used else words(REASONS.get(str(said.get(feature.name, "")), "fm_unused_flat"))
            # The one transformation with a unit of its own is told as a formula.
            inner = f"ln(1 + x/{brief(feature.scale, words.lang)})"
            scale = inner if feature.transform == "log1p" else words(f"fm_scale_{feature.transform}")
            cells = [
                Cell(self.label(feature), feature.name),
                Cell(words("yes" if used else "no"), "true" if used else "false"),
                Cell(why, why),
                Cell(words(f"fm_theory_{side}"), str(feature.theory), tip=feature.reason(words.lang)),
                Cell(scale, feature.transform),
                *(self._count(int(self.counts[state][feature.name])) for state in STATES),
                Cell(column_words(feature.column, words), feature.column),
            ]
            rows.append(Row(tuple(cells)))
        heads = [
            ("feature", "fm_head_feature", "text"),
            ("used", "fm_head_used", "bool"),
            ("reason", "fm_head_unused", "term"),
            ("theory", "fm_head_theory", "term"),
            ("transform", "fm_head_scale", "term"),
            *((state, label, "int") for state, label in STATES.items()),
            ("column", "fm_head_column", "text"),
        ]
        columns = tuple(Column(name, words(label), "", kind) for name, label, kind in heads)
        return Table("features", words("fm_features"), columns, tuple(rows), len(rows))

    def _count(self, value: int) -> Cell:
        return Cell(show(value, "int", self.words.lang), str(value))

    @cached_property
    def values(self) -> Table:
        """Clusters by features: the values that the model saw, each with its state."""
        cells = self.model.features
        told = (cells[name].tolist() for name in ("cluster_id", "feature", "value", "status"))
        held: dict[str, dict[str, tuple[float, str]]] = {}
        for cluster, name, value, status in zip(*told, strict=True):
            held.setdefault(str(cluster), {})[name] = (float(value), str(status))
        rows = [
            Row(
                (
                    self.who(cluster),
                    *(
                        self._value(feature, *held[cluster].get(feature.name, (np.nan, "")))
                        for feature in self.features
                    ),
                )
            )
            for cluster in sorted(held)[: self.limit]
        ]
        columns = [Column("cluster_id", self.words("head_cluster"), "", "id")]
        for feature in self.features:
            label = self.label(feature)
            if feature.name not in self.used:
                label = f"{label} ({self.words('fm_not_used')})"
            columns.append(Column(feature.column, label, feature.reason(self.words.lang), self.kind(feature)))
        return Table("values", self.words("fm_values"), tuple(columns), tuple(rows), len(held), self.rest)

    def _value(self, feature: Feature, value: float, state: str) -> Cell:
        if state == "missing":
            return Cell(UNKNOWN, "", unknown=True, why=self.words("fm_why_missing"))
        text = show(value, self.kind(feature), self.words.lang)
        if state in SHOWN_AS:
            return Cell(self.words(SHOWN_AS[state], value=text), raw(value), mark="apart")
        return Cell(text, raw(value))

    @cached_property
    def states(self) -> Table:
        """One row a cluster and feature: value, years known, state; for the workbook."""
        labels = {feature.name: self.label(feature) for feature in self.features}
        rows = [
            Row(
                (
                    self.who(str(row["cluster_id"])),
                    Cell(labels[row["feature"]], row["feature"]),
                    Cell(raw(row["value"]), raw(row["value"])),
                    self._count(int(row["years"])),
                    Cell(self.words(f"fm_state_{row['status']}"), self.words(f"fm_state_{row['status']}")),
                    Cell("", "true" if row["used"] else "false"),
                )
            )
            for row in self.model.features.to_dict(orient="records")
        ]
        heads = (
            ("cluster_id", "head_cluster", "id"),
            ("feature", "fm_head_feature", "text"),
            ("value", "head_value", "float"),
            ("years", "fm_head_known_years", "int"),
            ("status", "fm_head_value_state", "text"),
            ("used", "fm_head_used", "bool"),
        )
        columns = tuple(Column(name, self.words(label), "", kind) for name, label, kind in heads)
        return Table("values", self.words("fm_values"), columns, tuple(rows), len(rows))
