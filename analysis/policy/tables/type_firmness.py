"""How firm the type of each cluster-year is, and the figures that make it and its dysfunction."""

from __future__ import annotations

import math

import pandas as pd

from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.moves import AXES, Figure, Placed, placed
from clustercoop.analysis.thresholds import Band, Thresholds
from clustercoop.graph.said import Said, coded, say


def make(analysed: Analysed) -> pd.DataFrame:
    """Return one row for each cluster-year of which a figure is known, if only in bounds.

    ``flips_within_…`` are the types that it can be of when the thresholds move by up to so much, each by its
    own amount. ``…_margin`` is the smallest relative move of a cut-off that changes the level: with the
    figure x and the cut-off t, |x / t − 1| for the nearest t; 0 where x stands on it.
    """
    thresholds = analysed.thresholds
    rows = []
    for place in analysed.once("places in the plane", placed):
        own = place.ecosystem_type
        flips = {
            within: [kind for kind in place.types_within(thresholds, within) if own and kind != own]
            for within in (0.1, 0.2)
        }
        possible = dict.fromkeys(kind for kind, _ in place.types_allowed(thresholds))
        rows.append(
            {
                "cluster_id": place.cluster_id,
                "year": place.year,
                "ecosystem_type": own,
                "possible_types": "" if own and set(possible) == {own} else "; ".join(possible),
                "dysfunction": place.dysfunction,
                **_axis(place, "innovation", thresholds.innovation),
                **_axis(place, "productivity", thresholds.productivity),
                "flips_within_10": "; ".join(flips[0.1]),
                "flips_within_20": "; ".join(flips[0.2]),
                "because": coded(_because(place, thresholds)),
            }
        )
    return pd.DataFrame(rows)


def _axis(place: Placed, axis: str, band: Band) -> dict[str, object]:
    figure = place.figure(axis)
    column = AXES[axis]
    levels = figure.levels(band)
    margin = min(abs(figure.value / cut - 1) for cut in (band.low_below, band.high_above))
    return {
        column: figure.value,
        f"{column}_low": figure.low,
        f"{column}_high": figure.high,
        f"{axis}_level": levels[0] if len(levels) == 1 else "",
        f"{axis}_margin": margin,
    }


def _because(place: Placed, thresholds: Thresholds) -> list[Said]:
    told = []
    for axis in AXES:
        figure, band = place.figure(axis), getattr(thresholds, axis)
        told.append(_of_figure(axis, figure, band))
        if figure.known and not figure.whole:
            told.append(_of_all(figure, band))
    if place.dysfunction:
        told.append(say("type.dysfunction", dysfunction={"term": place.dysfunction}))
    return told


def _of_figure(axis: str, figure: Figure, band: Band) -> Said:
    name = {"column": AXES[axis]}
    levels = figure.levels(band)
    if figure.known:
        return say(
            f"type.{levels[0]}",
            figure=name,
            value={"money": figure.value},
            low={"money": band.low_below},
            high={"money": band.high_above},
        )
    if not figure.settled:
        return say("type.unknown", figure=name)
    side, ends = _range(figure)
    return say(f"type.{side}", figure=name, levels={"terms": list(levels)}, **ends)


def _of_all(figure: Figure, band: Band) -> Said:
    """Say what the figure of all members can be, where some do not report."""
    side, ends = _range(figure)
    levels = {"terms": list(figure.allowed(band))}
    return say(f"type.all_{side}", covered={"share": figure.coverage}, levels=levels, **ends)


def _range(figure: Figure) -> tuple[str, dict[str, dict[str, float]]]:
    ends = {
        end: {"money": value}
        for end, value in (("from", figure.low), ("to", figure.high))
        if not math.isnan(value)
    }
    side = "between" if len(ends) == 2 else "least" if "from" in ends else "most" if ends else "any"
    return side, ends
