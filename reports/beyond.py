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
    p = formations[column].to_numpy("float64", na_value=np.nan)
    return [None if value != value else bool(value <= ALPHA) for value in p.tolist()]
