"""What arithmetic leaves possible where a figure is unknown: bounds for every completion of the data."""

from __future__ import annotations

import numpy as np

from clustercoop.analysis.members import TOLERANCE, Members
from clustercoop.analysis.metric import Measuring, is_known


def cooperation_bounds(members: Members) -> tuple[float, float]:
    """Return the least and the largest cooperation ratio that the known cells allow, (nan, nan) where any.

    An output that is unknown is at least what the member is recorded to have sold, and can be any more; a
    supply to members that is unknown lies between 0 and the output; bounds that cells state, and rows that
    were rejected, narrow or widen both. So the ratio is least with the least supply and the largest output,
    K ≥ Σ s⁻ / Σ x⁺. It is largest where all that may be supplied inside is, by an output that is no larger
    than that needs: with x° = s⁺ held between x⁻ and x⁺, K ≤ (Σ max(s⁻, min(s⁺, x°)) + f) / Σ x°, f what
    rows that do not name their supplier may add. (For any R ≤ 1 each s − R x is largest there; s⁻ above x°
    is supply from stock.)

    Parameters
    ----------
    members : Members

    Returns
    -------
    tuple of float
        In [0, 1]; (nan, nan) where nothing but [0, 1] follows, where no member produces or nothing is made,
        or where the cells contradict one another (a ratio above 1, supply from an output of zero).

    Examples
    --------
    A makes 100 and supplies 20 inside. B supplies 10 inside and sells 70 outside, its output is unknown:
    K is at most 30 / (100 + 80).

    >>> from types import SimpleNamespace
    >>> cells = SimpleNamespace(ids=np.array(["A", "B"]), output=np.array([100.0, np.nan]),
    ...     supply=np.array([20.0, 10.0]), producing=np.array([True, True]), floating=0.0,
    ...     sold=np.array([20.0, 80.0]),
    ...     **dict.fromkeys(("supply_low", "supply_high", "output_low", "output_high"), np.full(2, np.nan)))
    >>> low, high = cooperation_bounds(cells)
    >>> low, round(high, 9)
    (0.0, 0.166666667)
    """
    nothing = float("nan"), float("nan")
    output, supply = members.output, members.supply
    known, given = ~np.isnan(output), ~np.isnan(supply)
    least, most = np.where(given, supply, members.supply_low), np.where(given, supply, members.supply_high)
    smallest = np.where(known, output, np.fmax(np.maximum(members.sold, least), members.output_low))
    largest = np.where(known, output, np.where(np.isnan(members.output_high), np.inf, members.output_high))
    counted = members.producing | known | (least > 0)
    if (
        len(members.ids) < 2
        or not (members.producing & counted).any()
        or ((output == 0) & (least > 0)).any()
        or (smallest > largest).any()
        or not largest[counted].sum() > 0
    ):
        return nothing
    # A member that need not be counted may be, with any output, where it may supply others.
    endless = np.isinf(largest[counted]).any() or (~counted & (most + members.floating > 0)).any()
    low = 0.0 if endless else float(least[counted].sum() / largest[counted].sum())
    needed = np.clip(most, smallest, largest)[counted]
    if np.isinf(needed).any() or np.isinf(members.floating):
        high = 1.0
    else:
        sure = least[counted]
        made = (
            np.maximum(sure, np.minimum(most[counted], needed)).sum()
            + most[~counted].sum()
            + members.floating
        )
        # Where nothing can be supplied it is 0 of any output.
        high = 0.0 if not made > 0 else 1.0 if made >= needed.sum() else float(made / needed.sum())
    if not low <= 1 + TOLERANCE or (low <= 0 and high >= 1):
        return nothing
    return min(low, high), high


def settle(row: Measuring, figure: str, whole: bool = False) -> None:
    """Settle a figure with its bounds, which are those of all members; say where there are none.

    The bounds of a figure of the `whole`, as indicators state it, close on it. One of the members that
    report is unknown where the bounds exclude it.
    """
    ends = f"{figure}_low", f"{figure}_high"
    value, (low, high) = row[figure], (row[end] for end in ends)
    if not np.isnan(value) and (whole or row.sources.get(figure) == "indicators"):
        row[ends[0]] = row[ends[1]] = value
    elif value < low - TOLERANCE * abs(low) or value > high + TOLERANCE * abs(high):
        fallen = [name for name in (figure, f"{figure}_constant") if is_known(row.formation.get(name))]
        row.leave_empty("part_excluded", *fallen, value=f"{value:.6g}")
    row.leave_empty("bounds_none", *(end for end in ends if np.isnan(row[end])))
