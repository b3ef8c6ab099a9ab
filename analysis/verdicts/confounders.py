"""Whether groups coincide with something that was there before: years, region, classification, size."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Bools, Floats, Indices, Objects

COINCIDES: Final = 0.85
"""Share of the clusters, mean over the groups, whose group the other thing tells."""

MIN_CLUSTERS: Final = 10
SMALL: Final = 5
"""Values held by fewer clusters are counted together in the table."""

COLUMNS: Final = ("confounder", "value", "first", "second", "told")


def backgrounds(formations: pd.DataFrame, ids: Objects, context: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return what groups may coincide with, one row a cluster of `ids`.

    ``years`` (mean year of the rows), ``size`` (median number of participants), and every column of
    `context`, which has ``cluster_id`` and, say, region, industry and source file.
    """
    by = formations.groupby(formations["cluster_id"].astype(str))
    out = pd.DataFrame(index=pd.Index(ids.astype(str)))
    out["years"] = by["year"].mean().reindex(out.index)
    if "participants" in formations:
        numbers = pd.to_numeric(formations["participants"], errors="coerce")
        out["size"] = numbers.groupby(formations["cluster_id"].astype(str)).median().reindex(out.index)
    if context is not None:
        more = context.drop_duplicates("cluster_id").set_index(context["cluster_id"].astype(str))
        for name in more.columns.difference(["cluster_id"]):
            out[name] = more[name].reindex(out.index)
    return out


def coincidences(second: Bools, background: pd.DataFrame) -> pd.DataFrame:
    """Return how well each background tells the group of a cluster, with the counts behind it.

    A number tells by the best cut: the mean over both groups of the share on its side. A text tells by the
    majority of the other clusters with the same value, so that a region with one cluster tells nothing.
    Unknown counts as told half.

    Parameters
    ----------
    second : array of bool, shape (n,)
    background : DataFrame, n rows

    Returns
    -------
    DataFrame
        ``confounder, value`` (a range or a text), ``first, second`` (clusters), ``told``.

    Examples
    --------
    >>> second = np.arange(20) < 10
    >>> table = coincidences(second, pd.DataFrame({"years": np.where(second, 2023.0, 2015.0)}))
    >>> table[["value", "first", "second", "told"]].to_numpy().tolist()
    [['2015', 10, 0, 1.0], ['2023', 0, 10, 1.0]]
    """
    rows: list[tuple[str, str, int, int, float]] = []
    for name in background:
        column = background[name]
        known = column.notna().to_numpy()
        own = second[known]
        if known.sum() < MIN_CLUSTERS or own.all() or not own.any() or column.nunique() < 2:
            continue
        values = column[known]
        numeric = pd.api.types.is_numeric_dtype(values)
        told, place = _by_cut(values.to_numpy("float64"), own) if numeric else _by_value(values, own)
        told = 0.5 + (told - 0.5) * float(known.mean())
        for value in sorted(set(place)):
            here = place == value
            rows.append((str(name), str(value), int((here & ~own).sum()), int((here & own).sum()), told))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def coincidences_of_any(group: Indices, background: pd.DataFrame) -> pd.DataFrame:
    """Return `coincidences` of the group, shape (n,), that something else tells best from all others.

    Examples
    --------
    >>> group = np.repeat([1, 0, 2], 10)
    >>> table = coincidences_of_any(group, pd.DataFrame({"years": 2015.0 + 4 * np.repeat([0, 1, 2], 10)}))
    >>> explained(table), float(table["told"].max())
    ('years', 1.0)
    """
    tables = [coincidences(group == one, background) for one in np.unique(group)]
    return max(tables, key=lambda table: float(table["told"].max()) if len(table) else 0.0)


def _by_cut(values: Floats, second: Bools) -> tuple[float, Objects]:
    cuts = np.unique(values)[1:]
    above = values[:, None] >= cuts
    told = (above[second].mean(axis=0) + 1 - above[~second].mean(axis=0)) / 2
    told = np.maximum(told, 1 - told)
    at = int(told.argmax())
    low, high = (_span(values[~above[:, at]]), _span(values[above[:, at]]))
    return float(told[at]), np.where(above[:, at], high, low).astype(object)


def _span(values: Floats) -> str:
    low, high = f"{values.min():.6g}", f"{values.max():.6g}"
    return low if low == high else f"{low}–{high}"


def _by_value(values: pd.Series, second: Bools) -> tuple[float, Objects]:
    text = values.astype(str).to_numpy(object)
    frame = pd.DataFrame({"value": text, "second": second})
    size = frame.groupby("value")["second"].transform("size").to_numpy() - 1
    others = frame.groupby("value")["second"].transform("sum").to_numpy() - second
    foretold = np.where(size > 0, np.sign(2 * others - size), 0) * np.where(second, 1, -1)
    right = (1 + foretold) / 2
    told = (right[second].mean() + right[~second].mean()) / 2
    counts = frame["value"].map(frame["value"].value_counts()).to_numpy()
    return float(told), np.where(counts >= SMALL, text, "…").astype(object)


def explained(table: pd.DataFrame) -> str:
    """Return the background that coincides best with the groups, "" where none does enough."""
    enough = table[table["told"] >= COINCIDES]
    return str(enough.sort_values("told", kind="stable").iloc[-1]["confounder"]) if len(enough) else ""
