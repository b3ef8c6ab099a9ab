"""Valid time of memberships when data of several years come one after the other.

A row without years holds for the years of the data it came with, not for those of other data. A load speaks
for its clusters in its years, and beyond the last (or before the first) year of all for the time after (or
before); what was held of other years stays as it was. A row that both loads hold word by word stays too.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Bools
from clustercoop.graph.schema import FIRST_YEAR, LAST_YEAR

_YEARS: Final = np.arange(FIRST_YEAR, LAST_YEAR + 1)


def merge_memberships(
    before: pd.DataFrame,
    after: pd.DataFrame,
    clusters: Collection[str],
    before_years: Collection[int],
    after_years: Collection[int],
) -> pd.DataFrame:
    """Return the rows of participants after a load of `clusters` in `after_years`.

    Parameters
    ----------
    before, after : DataFrame
        Rows of the table participants: those held, and those loaded.
    clusters : collection of str
        Clusters that the load is about. Rows without a cluster belong to their participant.
    before_years, after_years : collections of int
        Years of the data held, and of the data loaded.

    Examples
    --------
    >>> def rows(*pairs):
    ...     frame = pd.DataFrame(map(tuple, pairs), columns=["participant_id", "cluster_id"])
    ...     return frame.assign(joined_year=pd.array([pd.NA] * 2, "Int32"), left_year=pd.NA)
    >>> held = merge_memberships(rows("mA", "aA"), rows("mB", "aA"), ["A", "B"], [2021], [2022])
    >>> held.astype(object).where(held.notna(), None).values.tolist()
    [['a', 'A', None, None], ['m', 'A', 2021, 2021], ['m', 'B', 2022, 2022]]
    """
    held, new = set(before_years), set(after_years)
    in_scope = np.asarray(
        before["cluster_id"].isin(list(clusters)) | _same_partner(before, after), dtype=bool
    )
    nothing = np.zeros(len(_YEARS), bool)
    if held <= new:
        rest = before[~in_scope]
        return _stack(_dated(rest, _mask(held), nothing) if held and new - held else rest, after)
    both = pd.concat([before, after], ignore_index=True)
    group = both.groupby(list(both.columns), dropna=False, sort=False).ngroup().to_numpy()
    old, fresh = group[: len(before)], group[len(before) :]
    same = np.isin(old, fresh)
    newest, oldest = max(held | new), min(held | new)
    after_last, before_first = _YEARS > newest, _YEARS < oldest
    theirs = _mask(held - new)
    for edge, year in ((after_last, newest), (before_first, oldest)):
        if year not in new:
            theirs = theirs | edge
    ours = _mask(new)
    for edge, year in ((after_last, newest), (before_first, oldest)):
        if year in new:
            ours = ours | edge
    others = before[~same & ~in_scope]
    parts = [
        _dated(before[~same & in_scope], _mask(held), ours),
        _dated(others, _mask(held), nothing) if new - held else others,
        _dated(after[~np.isin(fresh, old)], _mask(new), theirs),
    ]
    return _stack(before[same], _joined(_stack(*parts)))


def _same_partner(before: pd.DataFrame, after: pd.DataFrame) -> Any:
    """Tell which rows without a cluster describe a partner that the load describes, too."""
    described = after.loc[after["cluster_id"].isna(), "participant_id"]
    return before["cluster_id"].isna() & before["participant_id"].isin(described)


def _mask(years: Collection[int]) -> Bools:
    return np.isin(_YEARS, list(years))


def _dated(rows: pd.DataFrame, own: Bools, removed: Bools) -> pd.DataFrame:
    """Return `rows` for the years that are left of each: `own` where it states none, without `removed`."""
    if not len(rows):
        return rows
    first = rows["joined_year"].astype("Int64").fillna(-1).to_numpy("int64")
    last = rows["left_year"].astype("Int64").fillna(-1).to_numpy("int64")
    pairs, which = np.unique(np.column_stack([first, last]), axis=0, return_inverse=True)
    which = which.ravel()
    runs = [_runs(int(start), int(stop), own, removed) for start, stop in pairs]
    count = np.array([len(found) for found in runs])
    flat = np.array([run for found in runs for run in found], dtype=np.int64).reshape(-1, 2)
    at = np.repeat(np.arange(len(rows)), count[which])
    ends = np.cumsum(count)
    within = np.arange(len(at)) - np.repeat(np.cumsum(count[which]) - count[which], count[which])
    place = (ends - count)[which[at]] + within
    out = rows.iloc[at].reset_index(drop=True)
    for column, side, none in (("joined_year", 0, FIRST_YEAR), ("left_year", 1, LAST_YEAR)):
        years = pd.Series(flat[place, side], dtype="Int32")
        out[column] = years.mask(years == none)
    return out


def _runs(first: int, last: int, own: Bools, removed: Bools) -> list[tuple[int, int]]:
    """Return the runs of years from `first` to `last` (−1: not stated) that are not `removed`."""
    start = FIRST_YEAR if first < 0 else first
    stop = LAST_YEAR if last < 0 else last
    kept = own if first < 0 and last < 0 else (start <= _YEARS) & (stop >= _YEARS)
    steps = np.diff(np.r_[0, (kept & ~removed).astype(np.int8), 0])
    begins, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1) - 1
    return [(int(_YEARS[b]), int(_YEARS[e])) for b, e in zip(begins, ends, strict=True)]


def _joined(rows: pd.DataFrame) -> pd.DataFrame:
    """Join rows that differ in their years only, where one begins in the year after another ends."""
    if not len(rows):
        return rows
    what = [name for name in rows.columns if name not in ("joined_year", "left_year")]
    group = rows.groupby(what, dropna=False, sort=False).ngroup().to_numpy()
    first = rows["joined_year"].astype("Int64").fillna(FIRST_YEAR).to_numpy("int64")
    last = rows["left_year"].astype("Int64").fillna(LAST_YEAR).to_numpy("int64")
    order = np.lexsort((last, first, group))
    group, first, last = group[order], first[order], last[order]
    begins = np.r_[True, (group[1:] != group[:-1]) | (first[1:] != last[:-1] + 1)]
    ends = np.r_[begins[1:], True]
    out = rows.iloc[order[begins]].reset_index(drop=True)
    out["left_year"] = rows["left_year"].iloc[order[ends]].array
    return out


def _stack(*parts: pd.DataFrame) -> pd.DataFrame:
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else parts[-1]
