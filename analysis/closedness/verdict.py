"""Closedness summed up: two axes, never one number, and a verdict in words."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from clustercoop.analysis.closedness.words import words
from clustercoop.analysis.metric import figures_in
from clustercoop.graph.arrays import Floats


def closedness_axes(formations: pd.DataFrame) -> pd.DataFrame:
    r"""Return the axes of integration and isolation of each formation.

    .. math::

        \mathrm{integration} = \tfrac13 (\text{share kept inside} + \text{internal sourcing share}
        + \text{circulation share})

        \mathrm{isolation} = \tfrac12 (\text{autonomy} + 1 - \text{outside knowledge share})

    The share kept inside is that of `kept_inside`. Integration says how far supply stays and returns inside;
    isolation how far value and knowledge from outside are kept out. A cluster can be high on both, or
    integrated and open. An axis is unknown unless all its parts are known; ``isolation_basis`` names the
    parts of isolation that are.

    Parameters
    ----------
    formations : DataFrame
        With columns ``cooperation_ratio, output, internal_sales_share, internal_sourcing_share,
        circulation_share, autonomy, outside_knowledge_share``; absent ones count as unknown.

    Returns
    -------
    DataFrame
        Columns ``integration``, ``isolation`` (in [0, 1], NaN unknown) and ``isolation_basis``, on the
        index of `formations`.

    Examples
    --------
    >>> closedness_axes(pd.DataFrame({
    ...     "cooperation_ratio": [0.9], "internal_sourcing_share": [0.6], "circulation_share": [0.3],
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


def _parts(formations: pd.DataFrame, names: tuple[str, ...]) -> Floats:
    """Return the parts as columns, shape (formations, parts)."""
    columns = []
    for name in names:
        if name == "inside_knowledge_share":
            columns.append(1 - figures_in(formations, "outside_knowledge_share"))
        elif name == "kept_inside":
            columns.append(kept_inside(formations))
        else:
            columns.append(figures_in(formations, name))
    return np.column_stack(columns)


def kept_inside(formations: pd.DataFrame) -> Floats:
    """Return the share of what the members make that other members use, shape (formations,).

    The cooperation ratio; where no output is known, the internal sales share. Where an output is known and
    contradicts the supply, recorded sales are no substitute: NaN.

    Examples
    --------
    >>> kept_inside(pd.DataFrame({"cooperation_ratio": [0.05, None, None], "output": [9.0, 9.0, None],
    ...                           "internal_sales_share": [0.99, 0.9, 0.8]})).tolist()
    [0.05, nan, 0.8]
    """
    ratio, output = figures_in(formations, "cooperation_ratio"), figures_in(formations, "output")
    told = ~np.isnan(output) | (figures_in(formations, "output_coverage") > 0)
    sales = figures_in(formations, "internal_sales_share")
    return np.where(np.isnan(ratio) & ~told, sales, ratio)


def returning(formations: pd.DataFrame) -> Floats:
    """Return the share of the flow that has passed a member before, shape (formations,).

    The Finn index; where it is unknown, the part of the share kept inside that circulates.

    Examples
    --------
    >>> returning(pd.DataFrame({"finn_cycling_index": [0.2, None], "cooperation_ratio": [0.5, 0.5],
    ...                         "circulation_share": [0.9, 0.5]})).tolist()
    [0.2, 0.25]
    """
    cycled = figures_in(formations, "finn_cycling_index")
    circulating = kept_inside(formations) * figures_in(formations, "circulation_share")
    return np.where(np.isnan(cycled), circulating, cycled)


def closedness_verdict(inside: float, returns: float) -> str:
    """Return the verdict for the share kept inside and the share of the flow that returns.

    The first verdict of ``analysis/data/closedness.toml`` whose conditions hold; "" where a share that
    decides is unknown.

    Parameters
    ----------
    inside, returns : float
        As `kept_inside` and `returning` give them.

    Examples
    --------
    >>> closedness_verdict(0.83, 0.41), closedness_verdict(0.83, 0.0), closedness_verdict(float("nan"), 0.4)
    ('near-closed cycle', 'supplied from within', '')
    """
    for verdict in words().verdicts:
        if math.isnan(inside) or (inside >= verdict.inside_at_least and math.isnan(returns)):
            return "" if math.isnan(inside) or verdict.returning_at_least > 0 else verdict.key
        if inside >= verdict.inside_at_least and returns >= verdict.returning_at_least:
            return verdict.key
    return ""


def add_closedness(formations: pd.DataFrame) -> pd.DataFrame:
    """Return `formations` with `closedness_axes` and the column ``closedness_verdict``.

    For a table that holds the cooperation and closedness columns of each formation. Words are given only
    where the outside is recorded, as far as ``ei_index`` is known.

    Examples
    --------
    >>> table = pd.DataFrame({"cooperation_ratio": [0.83, 0.9], "finn_cycling_index": [0.41, None],
    ...                       "ei_index": [-0.5, -0.5]})
    >>> add_closedness(table)["closedness_verdict"].tolist()
    ['near-closed cycle', '']
    """
    inside = np.where(np.isnan(figures_in(formations, "ei_index")), np.nan, kept_inside(formations))
    shares = zip(inside.tolist(), returning(formations).tolist(), strict=True)
    verdicts = [closedness_verdict(*pair) for pair in shares]
    return formations.assign(**closedness_axes(formations), closedness_verdict=verdicts)
