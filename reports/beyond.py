"""Whether a core is more than the participants' numbers of partners make it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clustercoop.analysis.core_periphery.measure import ALPHA


def beyond_chance(formations: pd.DataFrame, column: str = "core_p_degree") -> list[bool | None]:
    """Return for each row whether its core is beyond chance (p ≤ .05); None where p is unknown.

    Examples
    --------
    >>> beyond_chance(pd.DataFrame({"core_p_degree": [0.005, 0.74, None]}))
    [True, False, None]
    """
    if column not in formations:
        return [None] * len(formations)
    return [judged(p) for p in formations[column].to_numpy("float64", na_value=np.nan).tolist()]


def judged(p: float) -> bool | None:
    """Return whether a core with this p is beyond chance; None where it is unknown."""
    return None if p != p else p <= ALPHA
