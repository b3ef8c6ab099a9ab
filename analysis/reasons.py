"""Why figures of a formation are unknown: from the findings about it, in the words of its row."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Final

import pandas as pd

from clustercoop.graph.columns import output_column, output_columns
from clustercoop.graph.findings import Finding
from clustercoop.graph.texts import text

_MODEL: Final = ("ecosystem_probability", "formation_verdict")


@cache
def columns_of_codes() -> Mapping[str, tuple[str, ...]]:
    """Return finding code → beginnings of the columns that are unknown by it.

    Examples
    --------
    >>> columns_of_codes()["boundary_unrecorded"]
    ('finn_', 'average_path_length')
    """
    data = resources.files("clustercoop.analysis").joinpath("data", "unknown_columns.csv").read_text("utf-8")
    return {row["code"]: tuple(row["columns"].split()) for row in csv.DictReader(data.splitlines())}


def add_reasons(
    formations: pd.DataFrame, findings: Iterable[Finding], *, nulls: int, lang: str
) -> pd.DataFrame:
    """Return `formations` with a sentence in ``unknown_because`` for every figure it does not explain yet.

    Parameters
    ----------
    formations : DataFrame
        The whole table, with ``unknown_because``.
    findings : iterable of Finding
        Those about a cluster-year count.
    nulls : int
        Null replicates; 0 explains the missing p-values.
    lang : str
    """
    labels = {c.column: c.label(lang) for c in output_columns("formations") if not c.empty}
    columns = [name for name in labels if name in formations]
    unknown = (formations[columns].isna() | (formations[columns].astype(object) == "")).to_numpy()
    about: dict[tuple[str, int | None], list[Finding]] = {}
    for finding in findings:
        if not finding.participant_id:
            about.setdefault((finding.cluster_id, finding.year), []).append(finding)
    everywhere = [f for f in about.get(("", None), []) if f.code in columns_of_codes()]
    notes = formations["unknown_because"].astype(object).where(formations["unknown_because"].notna(), "")
    scored = "ecosystem_probability" in formations and bool(formations["ecosystem_probability"].notna().any())
    out = []
    for cluster, year, note, gaps in zip(
        formations["cluster_id"], formations["year"], notes, unknown, strict=True
    ):
        said = {head for sentence in note.split(". ") for head in sentence.partition(": ")[0].split(", ")}
        empty = [name for name, gap in zip(columns, gaps, strict=True) if gap]
        left = [name for name in empty if labels[name] not in said]
        row = _Row(left, empty, labels, lang)
        for finding in [*about.get((cluster, year), []), *everywhere]:
            row.explain_by(finding)
        row.explain_derived(nulls, scored)
        out.append(" ".join([note, *row.sentences] if note else row.sentences))
    return formations.assign(unknown_because=out)


class _Row:
    """The unknown figures of one formation, crossed off as they are explained."""

    def __init__(self, left: list[str], empty: list[str], labels: Mapping[str, str], lang: str) -> None:
        self.left, self.empty, self.labels, self.lang = left, empty, labels, lang
        self.sentences: list[str] = []

    def explain_by(self, finding: Finding) -> None:
        """Cross off what `finding` names, or what its code is known to leave unknown."""
        begun = columns_of_codes().get(finding.code, ())
        named = finding.column.split(", ")
        self._say(
            [name for name in self.left if name in named or (begun and name.startswith(begun))],
            finding.message(self.lang),
        )

    def explain_derived(self, nulls: int, scored: bool) -> None:
        """Cross off what is unknown because another figure is, or was not asked for, and the rest."""
        for name in list(self.left):
            needs = output_column("formations", name).needs
            lacking = [self.labels[need] for need in needs if need in self.empty]
            if lacking:
                self._say([name], text("gap.needs", self.lang, needed=", ".join(lacking)))
        model = "year_thin" if scored else "ecosystem_probability"
        told = {"local_sourcing_change": ("local_sourcing_change",), model: _MODEL}
        for why, names in told.items():
            self._say([name for name in names if name in self.left], text(f"gap.{why}", self.lang))
        if not nulls:
            self._say([n for n in self.left if n.startswith("core_p_")], text("gap.core_p_", self.lang))
        self._say(list(self.left), text("gap.rest", self.lang))

    def _say(self, names: list[str], why: str) -> None:
        if names:
            self.left = [name for name in self.left if name not in names]
            self.sentences.append(f"{', '.join(self.labels[name] for name in names)}: {why}.")
