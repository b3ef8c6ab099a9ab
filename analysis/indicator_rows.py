"""Cluster-year indicators: fill what links and activity leave unknown, or make rows of their own."""

from __future__ import annotations

import math
from typing import Any, Final

import pandas as pd

from clustercoop.analysis.metric import NAN, Measuring, Place
from clustercoop.analysis.thresholds import Thresholds
from clustercoop.graph.gaps import ALL
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.schema import FIRST_YEAR, LAST_YEAR
from clustercoop.graph.settings import Settings

FIGURES: Final = ("cooperation_ratio", "rd_per_employee", "value_added_per_employee")
TOLERANCE: Final = 1e-9


def fill_from_indicators(
    rows: list[Measuring],
    columns: str,
    graph: SupplyGraph,
    settings: Settings,
    thresholds: Thresholds,
) -> list[Measuring]:
    """Return `rows` with indicators where a figure was unknown, and new rows for the other cluster-years.

    Where both are known the figure from links and activity stays, and a difference above the tolerance of
    the thresholds file is told of. A cooperation ratio outside [0, 1], a negative figure and (by default) a
    zero value added, which is per employee and so beside positive employment, are unknown.
    """
    held = {(row.of.cluster_id, row.of.year): row for row in rows}
    for record in graph.indicators.to_dict("records") if len(graph.indicators) else ():
        cluster, year = str(record["cluster_id"]), int(record["year"])
        row = held.get((cluster, year))
        if row is None:
            row = held[cluster, year] = _new_row(graph, Measuring(Place(cluster, year), columns))
        for figure in FIGURES:
            _fill(row, figure, record, settings, thresholds)
            _narrow(row, figure, record)
    return [held[key] for key in sorted(held)]


def _new_row(graph: SupplyGraph, row: Measuring) -> Measuring:
    cluster, year = row.of.cluster_id, row.of.year
    people = graph.participants[graph.participants["cluster_id"] == cluster]
    if len(people):
        active = (people["joined_year"].fillna(FIRST_YEAR) <= year) & (
            year <= people["left_year"].fillna(LAST_YEAR)
        )
        row["participants"] = int(people.loc[active, "participant_id"].nunique())
    row.leave_empty("indicators_only", ALL)
    return row


def _fill(
    row: Measuring,
    figure: str,
    record: dict[Any, Any],
    settings: Settings,
    thresholds: Thresholds,
) -> None:
    value = float(record[figure])
    own = row[figure]
    code = _refused(figure, value, settings)
    if not code and pd.isna(own) and _excluded(row, figure, value, thresholds):
        code = "indicator_excluded"
    if code:
        row.tell(code, value=f"{value:g}", column=figure, table="indicators")
    if code or pd.isna(value):
        # A figure of links or activity that is unknown has its reason already.
        if pd.isna(own) and not row.explains(figure):
            row.leave_empty(code or "indicator_not_given", figure, value=f"{value:g}" if code else "")
        return
    if pd.isna(own):
        row[figure], row.sources[figure] = value, "indicators"
    elif abs(own - value) > thresholds.difference * max(abs(own), abs(value)):
        row.tell(
            "indicator_differs", value=f"{value:.6g}", detail=f"{own:.6g}", column=figure, table="indicators"
        )


def _narrow(row: Measuring, figure: str, record: dict[Any, Any]) -> None:
    """Take bounds that cells state (``>30 %``) where they are the narrower ones.

    Where they and what links and activity allow exclude each other, nothing is known of a figure that is not
    known by these.
    """
    ends = (f"{figure}_low", max), (f"{figure}_high", min)
    most = 1.0 if figure == "cooperation_ratio" else math.inf
    found = {}
    for end, tighter in ends:
        told = float(record.get(end, math.nan))
        found[end] = row[end]
        if figure == "value_added_per_employee" and not math.isnan(told) or 0 <= told <= most:
            found[end] = told if math.isnan(row[end]) else tighter(row[end], told)
    low, high = found.values()
    if figure == "rd_per_employee" and math.isnan(low) and not math.isnan(high):
        low = found[ends[0][0]] = 0.0
    for end, bound in found.items():
        if low > high:
            if math.isnan(row[figure]):
                row[end] = NAN
        elif not math.isnan(bound):
            row[end] = bound
    if low > high:
        stated = "…".join(f"{record.get(end)}" for end, _ in ends)
        row.tell("indicator_excluded", value=stated, column=figure, table="indicators")


def _excluded(row: Measuring, figure: str, value: float, thresholds: Thresholds) -> bool:
    """Tell whether a given figure lies beyond what links and activity allow by more than a little."""
    low, high = row[f"{figure}_low"], row[f"{figure}_high"]
    rest = thresholds.difference
    return bool(value < low - rest * abs(low) or value > high + rest * abs(high))


def _refused(figure: str, value: float, settings: Settings) -> str:
    """Return the finding code of a value that is not used, "" for one that is (or is absent)."""
    if figure == "cooperation_ratio" and not pd.isna(value) and not 0 <= value <= 1 + TOLERANCE:
        return "indicator_ratio_out_of_range"
    if figure == "rd_per_employee" and value < 0:
        return "negative_figure"
    if figure == "value_added_per_employee" and value == 0 and settings.zero_value_added == "missing":
        return "value_added_zero"
    return ""
