"""Closedness summed up: two axes, never one number, and a verdict in words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from clustercoop.analysis.closedness.words import words


def closedness_axes(formations: pd.DataFrame) -> pd.DataFrame:
    r"""Return the axes of integration and isolation of each formation.

    .. math::

        \mathrm{integration} = \tfrac13 (\text{internal sales share} + \text{internal sourcing share}
        + \text{circulation share})

        \mathrm{isolation} = \tfrac12 (\text{autonomy} + 1 - \text{outside knowledge share})

    Integration says how far supply stays and returns inside; isolation how far value and knowledge from
    outside are kept out. A cluster can be high on both, or integrated and open. An axis is unknown unless
    all its parts are known; ``isolation_basis`` names the parts of isolation that are.

    Parameters
    ----------
    formations : DataFrame
        With columns ``internal_sales_share, internal_sourcing_share, circulation_share, autonomy,
        outside_knowledge_share``; absent ones count as unknown.

    Returns
    -------
    DataFrame
        Columns ``integration``, ``isolation`` (in [0, 1], NaN unknown) and ``isolation_basis``, on the
        index of `formations`.

    Examples
    --------
    >>> closedness_axes(pd.DataFrame({
    ...     "internal_sales_share": [0.9], "internal_sourcing_share": [0.6], "circulation_share": [0.3],
    ...     "autonomy": [0.8], "outside_knowledge_share": [0.4]})).values.tolist()
    [[0.6, 0.7, 'autonomy; inside_knowledge_share']]
    """
    lists = words()
    integration = _parts(formations, lists.integration)
    isolation = _parts(formations, lists.isolation)
    known = ~np.isnan(isolation)
    basis = ["; ".join(np.array(lists.isolation)[row]) for row in known]
    return pd.DataFrame(
        {
            "integration": integration.mean(axis=1),
            "isolation": isolation.mean(axis=1),
            "isolation_basis": basis,
        },
        index=formations.index,
    )


def _parts(formations: pd.DataFrame, names: tuple[str, ...]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the parts as columns, shape (formations, parts)."""
    columns = []
    for name in names:
        if name == "inside_knowledge_share":
            columns.append(1 - _column(formations, "outside_knowledge_share"))
        else:
            columns.append(_column(formations, name))
    return np.column_stack(columns)


def _column(formations: pd.DataFrame, name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    if name not in formations:
        return np.full(len(formations), np.nan)
    return formations[name].to_numpy("float64", na_value=np.nan)


def closedness_verdict(inside: float, circulation: float) -> str:
    """Return the verdict for the share of supply kept inside and the share of that which circulates.

    The first verdict of ``analysis/data/closedness.toml`` whose conditions hold; "" where a share is
    unknown.

    Parameters
    ----------
    inside : float
        Internal supply / all recorded supply by members (``internal_sales_share``).
    circulation : float
        Largest circulation / internal supply (``circulation_share``).

    Examples
    --------
    >>> closedness_verdict(0.83, 0.41), closedness_verdict(0.83, 0.0), closedness_verdict(float("nan"), 0.4)
    ('near-closed cycle', 'self-contained chain', '')
    """
    if math.isnan(inside) or math.isnan(circulation):
        return ""
    for verdict in words().verdicts:
        if inside >= verdict.inside_at_least and circulation >= verdict.circulation_at_least:
            return verdict.key
    return ""


def add_closedness(formations: pd.DataFrame) -> pd.DataFrame:
    """Return `formations` with `closedness_axes` and the column ``closedness_verdict``.

    For a table that holds the cooperation and closedness columns of each formation.

    Examples
    --------
    >>> table = pd.DataFrame({"internal_sales_share": [0.83, None], "circulation_share": [0.41, 0.2]})
    >>> add_closedness(table)["closedness_verdict"].tolist()
    ['near-closed cycle', '']
    """
    inside, circulation = (
        _column(formations, "internal_sales_share"),
        _column(formations, "circulation_share"),
    )
    verdicts = [
        closedness_verdict(*shares) for shares in zip(inside.tolist(), circulation.tolist(), strict=True)
    ]
    return formations.assign(**closedness_axes(formations), closedness_verdict=verdicts)
