"""How industries came through a shock, and what of it a cluster carries."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from clustercoop.graph.arrays import Objects
from clustercoop.graph.errors import parameter_error

SHOCK_GROUPS: Final = ("most affected", "moderately affected", "not affected", "winner")


def shock_groups(
    first_month: ArrayLike,
    second_month: ArrayLike,
    *,
    unaffected_from: float,
    winner_from: float,
    moderate_fall: float = 30.0,
    recovered_to: float = 80.0,
) -> Objects:
    """Sort industries by how they came through the first two months of a shock.

    With changes in per cent against the same months a year before and m their mean: **winner** if m ≥
    `winner_from`; else **not affected** if m ≥ `unaffected_from`; else **moderately affected** if the first
    month fell by less than `moderate_fall` and the second reached `recovered_to` per cent of the year
    before; else **most affected**. The first month alone would not separate winners: in April 2020 food
    grew by more than medical instruments.

    Parameters
    ----------
    first_month, second_month : array-like, shape (n,)
        Change of the production index in per cent.
    unaffected_from, winner_from : float
        Cut-offs of m in per cent. The source prints none, so they have no default.
    moderate_fall, recovered_to : float
        As printed: a fall "< 30 %", and "up to 80–90 % of the level" a year before.

    Returns
    -------
    array of str, shape (n,)
        One of `SHOCK_GROUPS`; "" where a month is unknown.

    Raises
    ------
    ParameterError
        `winner_from` below `unaffected_from`.

    References
    ----------
    The classes, the 30 % and the 80–90 % are those of the article on industry groups in the crisis of 2020
    (Rosstat index of production); the two remaining cut-offs are the analyst's.

    Examples
    --------
    >>> shock_groups([2.7, 3.7, -20.0, -60.2], [33.6, 1.5, -12.0, -42.2],
    ...              unaffected_from=-5, winner_from=10).tolist()
    ['winner', 'not affected', 'moderately affected', 'most affected']
    """
    if not winner_from >= unaffected_from:
        raise parameter_error("winner_from", "shock_groups", f"at least {unaffected_from:g}", winner_from)
    first = np.asarray(first_month, dtype=np.float64)
    second = np.asarray(second_month, dtype=np.float64)
    mean = (first + second) / 2
    moderate = (first > -moderate_fall) & (100 + second >= recovered_to)
    found = np.select(
        [np.isnan(mean), mean >= winner_from, mean >= unaffected_from, moderate],
        ["", SHOCK_GROUPS[3], SHOCK_GROUPS[2], SHOCK_GROUPS[1]],
        SHOCK_GROUPS[0],
    )
    return found.astype(object)
