"""What arithmetic leaves possible where a figure is unknown: bounds for every completion of the data."""

from __future__ import annotations

import numpy as np

from clustercoop.analysis.members import TOLERANCE, Members
from clustercoop.graph.formation import FloatArray


def cooperation_bounds(members: Members, sold: FloatArray) -> tuple[float, float]:
    """Return the least and the largest cooperation ratio that the known cells allow, (nan, nan) where any.

    An output that is unknown is at least what the member is recorded to have sold, and can be any more; a
    supply to members that is unknown lies between 0 and the output. So the ratio is least with nothing more
    supplied and endless output, and largest with all unknown supply inside and no output beyond what was
    sold. With all output known: Σ known supply / Σ x ≤ K ≤ (Σ known supply + Σ output of the rest) / Σ x.

    Parameters
    ----------
    members : Members
    sold : array, shape (n,)
        Recorded sales to anybody, millions.

    Returns
    -------
    tuple of float
        In [0, 1]; (nan, nan) where nothing but [0, 1] follows, where no member produces, or where the cells
        contradict one another (a ratio above 1, supply from an output of zero).

    Examples
    --------
    A makes 100 and supplies 20 inside. B supplies 10 inside and sells 70 outside, its output is unknown:
    K is at most 30 / (100 + 80).

    >>> from types import SimpleNamespace
    >>> cells = SimpleNamespace(ids=np.array(["A", "B"]), output=np.array([100.0, np.nan]),
    ...     supply=np.array([20.0, 10.0]), producing=np.array([True, True]))
    >>> low, high = cooperation_bounds(cells, np.array([20.0, 80.0]))
    >>> low, round(high, 9)
    (0.0, 0.166666667)
    """
    nothing = float("nan"), float("nan")
    output, supply = members.output, members.supply
    supplies = np.nan_to_num(supply)
    counted = members.producing | ~np.isnan(output) | (supplies > 0)
    if (
        len(members.ids) < 2
        or not (members.producing & counted).any()
        or ((output == 0) & (supplies > 0)).any()
    ):
        return nothing
    output, supply, supplies, sold = output[counted], supply[counted], supplies[counted], sold[counted]
    open_output, open_supply = np.isnan(output), np.isnan(supply)
    least_output = np.where(open_output, np.maximum(sold, supplies), output)
    low = 0.0 if open_output.any() else _ratio(supplies.sum(), output.sum())
    if (open_output & open_supply).any():
        high = 1.0
    else:
        high = min(1.0, _ratio(np.where(open_supply, output, supplies).sum(), least_output.sum()))
    if not low <= 1 + TOLERANCE or (low <= 0 and high >= 1):
        return nothing
    return min(low, high), high


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else 1.0
