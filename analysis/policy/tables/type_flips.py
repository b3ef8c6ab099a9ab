"""What changes the type of a cluster-year: a threshold moved by 10 or 20 %, or a figure within its bounds."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.moves import AXES, Placed, moved, moves, placed
from clustercoop.analysis.thresholds import Thresholds

BOUNDS = "bounds"


def make(analysed: Analysed) -> pd.DataFrame:
    """Return one row for each move that changes, or could change, the type of a cluster-year.

    Each cut-off is moved alone. A type that is unknown because a figure is known only in bounds has a row of
    the move `BOUNDS` with the types that the bounds allow, and so has one whose figure is that of some
    members while that of all may be of another type; a figure of which nothing is known moves nothing.
    """
    rows = []
    places = analysed.once("places in the plane", placed)
    thresholds = analysed.thresholds
    for place in places:
        allowed = [found for found in place.types_allowed(thresholds) if found[0] != place.ecosystem_type]
        if len(allowed) > (not place.ecosystem_type) and all(place.figure(axis).settled for axis in AXES):
            rows.append(_row(place, BOUNDS, None, None, allowed))
    for move in moves():
        after = moved(thresholds, move)
        for place in places:
            types = place.types(after)
            if place.ecosystem_type and {kind for kind, _ in types} != {place.ecosystem_type}:
                rows.append(_row(place, move.name, move.shift, _cut(after, move.axis, move.cut), types))
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    return table.sort_values(["cluster_id", "year"], kind="stable", ignore_index=True)


def _cut(thresholds: Thresholds, axis: str, cut: str) -> float:
    return float(getattr(getattr(thresholds, axis), cut))


_COLUMNS = (
    "cluster_id", "year", "ecosystem_type", "dysfunction", "moved", "shift", "threshold_moved", "figure",
    "figure_value", "figure_low", "figure_high", "flipped_type", "flipped_dysfunction",
)  # fmt: skip


def _row(
    place: Placed, name: str, shift: float | None, cut: float | None, types: Sequence[tuple[str, str]]
) -> tuple[object, ...]:
    axis = name.partition(".")[0]
    if axis == BOUNDS:
        axis = next(each for each in AXES if not place.figure(each).whole)
    figure = place.figure(axis)
    return (
        place.cluster_id,
        place.year,
        place.ecosystem_type,
        place.dysfunction,
        name,
        shift,
        cut,
        AXES[axis],
        figure.value,
        figure.low,
        figure.high,
        "; ".join(dict.fromkeys(kind for kind, _ in types)),
        "; ".join(dict.fromkeys(sign for _, sign in types if sign)),
    )
