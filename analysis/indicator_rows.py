"""Cluster-year indicators: fill what links and activity leave unknown, or make rows of their own."""

from __future__ import annotations

import math
from typing import Any, Final

import pandas as pd

from clustercoop.analysis.rows import FormationRow
from clustercoop.analysis.thresholds import Thresholds
from clustercoop.graph.findings import Finding
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.schema import FIRST_YEAR, LAST_YEAR
from clustercoop.graph.settings import Settings

FIGURES: Final = ("cooperation_ratio", "rd_per_employee", "value_added_per_employee")
TOLERANCE: Final = 1e-9


def fill_from_indicators(
    rows: list[FormationRow],
    graph: SupplyGraph,
    settings: Settings,
    thresholds: Thresholds,
    findings: list[Finding],
) -> list[FormationRow]:
    """Return `rows` with indicators where a figure was unknown, and new rows for the other cluster-years.

    Where both are known the figure from links and activity stays, and a difference above the tolerance of
    the thresholds file is told of. A cooperation ratio outside [0, 1], a negative figure and (by default) a
    zero value added, which is per employee and so beside positive employment, are unknown.
    """
    held = {(row.cluster_id, row.year): row for row in rows}
    for record in graph.indicators.to_dict("records"):
        cluster, year = str(record["cluster_id"]), int(record["year"])
        row = held.get((cluster, year))
        if row is None:
            row = held[cluster, year] = _new_row(graph, cluster, year)
        for figure in FIGURES:
            _fill(row, figure, record, settings, thresholds, findings)
            _narrow(row, figure, record, findings)
    return [held[key] for key in sorted(held)]


def _new_row(graph: SupplyGraph, cluster: str, year: int) -> FormationRow:
    row = FormationRow(cluster, year)
    people = graph.participants[graph.participants["cluster_id"] == cluster]
    if len(people):
        active = (people["joined_year"].fillna(FIRST_YEAR) <= year) & (
            year <= people["left_year"].fillna(LAST_YEAR)
        )
        row["participants"] = int(people.loc[active, "participant_id"].nunique())
    row.unknown("indicators_only")
    return row


def _fill(
    row: FormationRow,
    figure: str,
    record: dict[Any, Any],
    settings: Settings,
    thresholds: Thresholds,
    findings: list[Finding],
) -> None:
    value = float(record[figure])
    own = row[figure]
    code = _refused(figure, value, settings)
    if not code and pd.isna(own) and _excluded(row, figure, value, thresholds):
        code = "indicator_excluded"
    if code:
        findings.append(
            Finding(
                code,
                table="indicators",
                column=figure,
                value=f"{value:g}",
                cluster_id=row.cluster_id,
                year=row.year,
            )
        )
    if code or pd.isna(value):
        # A figure of links or activity that is unknown has its reason already.
        if pd.isna(own) and not row.explains(figure):
            row.unknown(
                code or "indicator_not_given", figure, value=f"{value:g}" if code else "", told=bool(code)
            )
        return
    if pd.isna(own):
        row.fill(figure, value, "indicators")
    elif abs(own - value) > thresholds.difference * max(abs(own), abs(value)):
        findings.append(
            Finding(
                "indicator_differs",
                detail=f"{own:.6g}",
                table="indicators",
                column=figure,
                value=f"{value:.6g}",
                cluster_id=row.cluster_id,
                year=row.year,
            )
        )


def _narrow(row: FormationRow, figure: str, record: dict[Any, Any], findings: list[Finding]) -> None:
    """Take bounds that cells state (``>30 %``) where they are the narrower ones.

    Where they and what links and activity allow exclude each other, nothing is known of a figure that is not
    known by these.
    """
    ends = (f"{figure}_low", max), (f"{figure}_high", min)
    most = 1.0 if figure == "cooperation_ratio" else math.inf
    found = {}
    for end, tighter in ends:
        stated = float(record.get(end, math.nan))
        found[end] = row[end]
        if figure == "value_added_per_employee" and not math.isnan(stated) or 0 <= stated <= most:
            found[end] = stated if math.isnan(row[end]) else tighter(row[end], stated)
    low, high = found.values()
    if figure == "rd_per_employee" and math.isnan(low) and not math.isnan(high):
        low = found[ends[0][0]] = 0.0
    for end, bound in found.items():
        if low > high:
            if math.isnan(row[figure]):
                row.drop(end)
        elif not math.isnan(bound):
            row[end] = bound
    if low > high:
        findings.append(
            Finding(
                "indicator_excluded",
                table="indicators",
                column=figure,
                value="…".join(f"{record.get(end)}" for end, _ in ends),
                cluster_id=row.cluster_id,
                year=row.year,
            )
        )


def _excluded(row: FormationRow, figure: str, value: float, thresholds: Thresholds) -> bool:
    """Tell whether a given figure lies beyond what links and activity allow by more than a little."""
    low, high = row[f"{figure}_low"], row[f"{figure}_high"]
    rest = thresholds.difference
    return value < low - rest * abs(low) or value > high + rest * abs(high)


def _refused(figure: str, value: float, settings: Settings) -> str:
    """Return the finding code of a value that is not used, "" for one that is (or is absent)."""
    if figure == "cooperation_ratio" and not pd.isna(value) and not 0 <= value <= 1 + TOLERANCE:
        return "indicator_ratio_out_of_range"
    if figure == "rd_per_employee" and value < 0:
        return "negative_figure"
    if figure == "value_added_per_employee" and value == 0 and settings.zero_value_added == "missing":
        return "value_added_zero"
    return ""
