"""Why figures of a formation are unknown: from the findings about it, in the words of its row."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Final

import pandas as pd

from analysis.results import output_columns
from graph.findings import Finding

# Empty text in these columns can be a finding of its own (no dysfunction, nobody leads), not a gap.
_MAY_BE_NONE: Final = ("dysfunction", "chain_leaders", "isolation_basis", "sources", "unknown_because")
# Columns made from others: unknown because those are.
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "innovation_level": ("rd_per_employee",),
    "productivity_level": ("value_added_per_employee",),
    "ecosystem_type": ("rd_per_employee", "value_added_per_employee"),
    "local_sourcing_change": ("internal_sourcing_share",),
    "integration": ("internal_sales_share", "internal_sourcing_share", "circulation_share"),
    "closedness_verdict": ("internal_sales_share", "circulation_share"),
}
_UNKNOWN_IN: Final = {
    "en": "{needed} is unknown",
    "ru": "неизвестен показатель «{needed}»",
}
_BEFORE: Final = {
    "en": "{needed} is unknown in this year or the one before",
    "ru": "показатель «{needed}» неизвестен в этом или предыдущем году",
}
_NO_MODEL: Final = {
    "en": "the verdict rests on rules, not on a model",
    "ru": "вывод основан на правилах, а не на модели",
}
_NO_NULLS: Final = {"en": "no null replicates were drawn", "ru": "нулевые модели не строились"}


@cache
def columns_of_codes() -> Mapping[str, tuple[str, ...]]:
    """Return finding code → beginnings of the columns that are unknown by it.

    Examples
    --------
    >>> columns_of_codes()["boundary_unrecorded"]
    ('finn_', 'average_path_length')
    """
    text = resources.files("analysis").joinpath("data", "unknown_columns.csv").read_text("utf-8")
    return {row["code"]: tuple(row["columns"].split()) for row in csv.DictReader(text.splitlines())}


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
    lang : {"en", "ru"}
    """
    labels = {c.column: c.label(lang) for c in output_columns("formations") if c.column not in _MAY_BE_NONE}
    columns = [name for name in labels if name in formations]
    unknown = formations[columns].isna() | (formations[columns].astype(object) == "")
    told: dict[tuple[str, int], list[Finding]] = {}
    for finding in findings:
        if finding.cluster_id and finding.year is not None and not finding.participant_id:
            told.setdefault((finding.cluster_id, finding.year), []).append(finding)
    notes = formations["unknown_because"].astype(object).where(formations["unknown_because"].notna(), "")
    out = []
    for cluster, year, note, gaps in zip(
        formations["cluster_id"], formations["year"], notes, unknown.to_numpy(), strict=True
    ):
        said = {head for sentence in note.split(". ") for head in sentence.partition(": ")[0].split(", ")}
        left = [n for n, gap in zip(columns, gaps, strict=True) if gap and labels[n] not in said]
        sentences = [note] if note else []
        for finding in told.get((cluster, year), []):
            begun = columns_of_codes().get(finding.code, ())
            named = finding.column.split(", ")
            hit = [name for name in left if name in named or (begun and name.startswith(begun))]
            left = [name for name in left if name not in hit]
            if hit:
                sentences.append(f"{', '.join(labels[n] for n in hit)}: {finding.message(lang)}.")
        for name in [n for n in left if n in _NEEDS]:
            lacking = [labels[n] for n in _NEEDS[name] if gaps[columns.index(n)]]
            template = _BEFORE if name == "local_sourcing_change" else _UNKNOWN_IN
            needed = ", ".join(lacking or [labels[n] for n in _NEEDS[name][:1]])
            if lacking or template is _BEFORE:
                sentences.append(f"{labels[name]}: {template[lang].format(needed=needed)}.")
        if "ecosystem_probability" in left:
            sentences.append(f"{labels['ecosystem_probability']}: {_NO_MODEL[lang]}.")
        skipped = [n for n in left if n.startswith("core_p_")] if not nulls else []
        if skipped:
            sentences.append(f"{', '.join(labels[n] for n in skipped)}: {_NO_NULLS[lang]}.")
        out.append(" ".join(sentences))
    return formations.assign(unknown_because=out)
