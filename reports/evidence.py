"""What speaks for and against the groups of the formation model: gates, criteria, other choices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from clustercoop.analysis.verdicts.features import feature_list
from clustercoop.analysis.verdicts.said import BACKGROUNDS
from clustercoop.analysis.verdicts.verdict import FormationModel
from clustercoop.reports.numbers import brief, decimal, is_unknown, percent, raw, show, with_percent
from clustercoop.reports.tables import Cell, Column, Row, Table
from clustercoop.reports.words import Words


class Evidence:
    """Tables of the evidence of `model`, in the language of `words`."""

    def __init__(self, model: FormationModel, words: Words) -> None:
        self.model = model
        self.words = words

    def _head(self, name: str, label: str, kind: str) -> Column:
        return Column(name, self.words(label), "", kind)

    def _cell(self, value: Any, kind: str, why: str = "") -> Cell:
        unknown = is_unknown(value)
        return Cell(show(value, kind, self.words.lang), raw(value), -1, unknown, why=why if unknown else "")

    @cached_property
    def gates(self) -> Table | None:
        """The gates with value, bound and whether they were passed."""
        if not len(self.model.gates):
            return None
        words, lang = self.words, self.words.lang
        rows = []
        for row in self.model.gates.to_dict(orient="records"):
            name, share = str(row["gate"]), row["gate"] == "smaller_group"
            value, least = float(row["value"]), float(row["bound"])
            bound = percent(least, lang) if share else brief(least, lang)
            known = not np.isnan(value)
            shown = self._precise(value, least, share) if known else "—"
            cells = (
                Cell(words(f"fm_gate_{name}"), name),
                Cell(shown, raw(value), unknown=not known, why="" if known else words("fm_not_reached")),
                self._error(float(row["error"]), drawn=not share and known),
                Cell(f"≥ {bound}", raw(least)),
                Cell(
                    words("fm_passed" if row["passed"] else "fm_failed"),
                    "true" if row["passed"] else "false",
                    mark="pass" if row["passed"] else "fail",
                )
                if known
                else Cell("—", "false", unknown=True, why=words("fm_not_reached")),
                Cell(words(f"fm_gate_{name}_meaning"), words(f"fm_gate_{name}_meaning")),
            )
            rows.append(Row(cells))
        columns = (
            self._head("gate", "fm_head_gate", "text"),
            self._head("value", "head_value", "float"),
            self._head("error", "fm_head_error", "float"),
            self._head("bound", "fm_head_bound", "float"),
            self._head("passed", "fm_head_passed", "bool"),
            self._head("meaning", "fm_head_meaning", "sentence"),
        )
        return _table("gates", words("fm_gates"), columns, rows)

    def _error(self, error: float, drawn: bool) -> Cell:
        if np.isnan(error):
            return Cell("—", "", unknown=True, why=self.words("fm_not_reached"))
        return Cell(f"± {brief(float(f'{error:.1g}'), self.words.lang)}" if drawn else "—", raw(error))

    def _precise(self, value: float, bound: float, share: bool) -> str:
        """Return a value with as many digits as tell it from its bound and from 0."""
        scale = 100 if share else 1
        digits = 1 if share else 3 if abs(value) < 0.1 else 2
        near = [other for other in (bound, 0.0) if value != other]
        while digits < 6 and round(value * scale, digits) in [round(other * scale, digits) for other in near]:
            digits += 1
        text = decimal(value * scale, digits, self.words.lang)
        return with_percent(text, self.words.lang) if share else text

    @cached_property
    def selection(self) -> Table | None:
        """One to four groups: criteria, and the checks of two against one."""
        if not len(self.model.selection):
            return None
        frame = self.model.selection
        heads = (
            ("groups", "fm_head_groups", "int"),
            ("log_likelihood", "fm_head_loglik", "float"),
            ("parameters", "fm_head_parameters", "int"),
            ("bic", "BIC", "float"),
            ("aic", "AIC", "float"),
        )
        rows = []
        for row in frame.to_dict(orient="records"):
            cells = [self._cell(row[name], kind) for name, _, kind in heads]
            for at, name in ((3, "bic"), (4, "aic")):
                if row[name] == frame[name].min():
                    text = self.words("fm_least", value=cells[at].text)
                    cells[at] = replace(cells[at], text=text, mark="best")
            rows.append(Row(tuple(cells)))
        columns = [
            Column(name, label if label.isupper() else self.words(label), "", kind)
            for name, label, kind in heads
        ]
        return _table("selection", self.words("fm_selection"), columns, rows)

    @cached_property
    def confounders(self) -> Table | None:
        """What the groups were held against (years, size, region, …); None where there are no groups."""
        if not len(self.model.confounders):
            return None
        words = self.words
        heads = {
            "confounder": "text",
            "value": "text",
            "first": "int",
            "second": "int",
            "told": "share",
        }
        rows = []
        for row in self.model.confounders.to_dict(orient="records"):
            name = str(row["confounder"])
            label = words(f"fm_confounder_{name}") if name in BACKGROUNDS else name
            figures = [self._cell(row[key], heads[key]) for key in ("first", "second", "told")]
            rows.append(Row((Cell(label, name), Cell(str(row["value"]), str(row["value"])), *figures)))
        columns = [
            self._head(key, "head_value" if key == "value" else f"fm_head_{key}", kind)
            for key, kind in heads.items()
        ]
        return _table("confounders", words("fm_confounders"), columns, rows)

    @cached_property
    def sensitivity(self) -> Table | None:
        """Clusters that keep their group under other choices; None where there are no groups."""
        if self.model.outcome == "none" or not len(self.model.sensitivity):
            return None
        labels = {feature.name: feature.label(self.words.lang) for feature in feature_list()}
        rows = []
        for row in self.model.sensitivity.to_dict(orient="records"):
            variant, detail = str(row["variant"]), str(row["detail"])
            if variant == "without":
                name = self.words("fm_sens_without", feature=labels.get(detail, detail))
            else:
                name = self.words(f"fm_sens_{variant}_{detail}")
            same = self._cell(float(row["same"]), "share")
            bar = replace(same, bar=round(100 * float(row["same"])))
            rows.append(Row((Cell(name, f"{variant}:{detail}"), bar, self._cell(int(row["changed"]), "int"))))
        columns = (
            self._head("variant", "fm_head_variant", "text"),
            self._head("same", "fm_head_same", "share"),
            self._head("changed", "fm_head_changed", "int"),
        )
        return _table("sensitivity", self.words("fm_sensitivity"), columns, rows)


def _table(key: str, caption: str, columns: Sequence[Column], rows: list[Row]) -> Table:
    return Table(key, caption, tuple(columns), tuple(rows), len(rows))
