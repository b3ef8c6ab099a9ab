"""One organisation under several identifiers: renamed, merged, split.

``aliases`` says which identifier followed which. A renamed organisation is one and the same in every year and
goes by its latest identifier. Merged and split organisations are different before and after; from the year of
a merger on, links and figures that still name the old identifier are the new one's. Between the year before
and the year of a merger or split the parts count as one (`Lineage`), so that neither is a change of
participants.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Bools, Ints, Objects
from clustercoop.graph.kinds import TEXT
from clustercoop.graph.schema import ENDS, WHO

RENAMED, MERGED, SPLIT = "renamed", "merged", "split"
KINDS: Final = (RENAMED, MERGED, SPLIT)
IDS: Final[Mapping[str, tuple[str, ...]]] = {
    "participants": ("participant_id", "parent_id"),
    "links": ENDS,
    "activity": ("participant_id",),
    "unsettled": WHO,
}
"""Columns of each table that identify organisations."""


def _roots(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    """Return the representative of everything that `pairs` join, directly or not."""
    parent: dict[Any, Any] = {}

    def root(one: Any) -> Any:
        while parent.setdefault(one, one) != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for a, b in pairs:
        first, second = sorted((root(a), root(b)))
        parent[second] = first
    return {one: root(one) for one in parent}


def contradicted(aliases: pd.DataFrame) -> Bools:
    """Tell which rows cannot hold: one identifier renamed to two at the same time, or to itself."""
    renames = aliases["kind"].fillna(RENAMED) == RENAMED
    targets = aliases[renames].groupby(["old_id", "from_year"], dropna=False)["new_id"].transform("nunique")
    several = targets.reindex(aliases.index, fill_value=1) > 1
    return np.asarray(several | (aliases["old_id"] == aliases["new_id"]), dtype=bool)


def latest_ids(aliases: pd.DataFrame) -> dict[str, str]:
    """Return each identifier that was replaced by renaming → the latest one of the same organisation.

    Examples
    --------
    >>> latest_ids(pd.DataFrame({"old_id": ["1", "2"], "new_id": ["2", "3"], "from_year": [2020, 2022],
    ...                          "kind": None}))
    {'1': '3', '2': '3'}
    """
    if not len(aliases):
        return {}
    kept = aliases[(aliases["kind"].fillna(RENAMED) == RENAMED) & ~contradicted(aliases)]
    since = kept["from_year"].astype("Int64").fillna(0).tolist()
    steps = sorted(zip(since, kept["old_id"], kept["new_id"], strict=True))
    same = _roots((old, new) for _, old, new in steps)
    latest: dict[str, tuple[int, int, str]] = {}
    replaced = {old for _, old, _ in steps}
    for year, _, new in steps:
        # Without years the one that nothing follows is the latest.
        mark = (int(year), int(new not in replaced), new)
        latest[same[new]] = max(latest.get(same[new], mark), mark)
    return {one: latest[root][2] for one, root in sorted(same.items()) if one != latest[root][2]}


def merged_ids(aliases: pd.DataFrame) -> list[tuple[str, str, int]]:
    """Return (old, new, from year) of mergers whose year is known, the earliest first."""
    kept = aliases[(aliases["kind"] == MERGED) & aliases["from_year"].notna() & ~contradicted(aliases)]
    rows = zip(kept["old_id"], kept["new_id"], kept["from_year"].astype(int), strict=True)
    return sorted(rows, key=lambda row: (row[2], row[0], row[1]))


def replace_ids(table: str, frame: pd.DataFrame, aliases: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` with the identifiers that `aliases` settles; links and figures of merged ones follow.

    Examples
    --------
    >>> links = pd.DataFrame({"year": [2020, 2021], "supplier_id": "1", "buyer_id": "9"})
    >>> merger = pd.DataFrame({"old_id": ["1"], "new_id": ["2"], "from_year": [2021], "kind": ["merged"]})
    >>> replace_ids("links", links, merger)["supplier_id"].tolist()
    ['1', '2']
    """
    columns = [name for name in IDS.get(table, ()) if name in frame]
    if not len(aliases) or not columns or not len(frame):
        return frame
    names = latest_ids(aliases)
    out = frame.copy()
    for name in columns:
        codes, unique = pd.factorize(out[name])
        texts = np.array([*(names.get(one, one) for one in unique), np.nan], dtype=object)
        held = isinstance(frame[name].dtype, pd.CategoricalDtype)
        out[name] = pd.Series(texts[codes], index=out.index, dtype=TEXT if held else frame[name].dtype)
        if table in ("links", "activity", "unsettled"):
            for old, new, year in merged_ids(aliases):
                late = ((out[name] == names.get(old, old)) & (out["year"] >= year)).fillna(False).astype(bool)
                if bool(late.any()):
                    out[name] = out[name].mask(late, names.get(new, new))
    return out


def settle(frames: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return `frames` with one identifier for each organisation.

    Where rows of activity of one organisation and year came under several identifiers, the row under the
    latest is kept. A membership without years ends with a merger or split, or begins with it, where no link
    or activity says otherwise.
    """
    aliases = frames["aliases"]
    out = {table: replace_ids(table, frame, aliases) for table, frame in frames.items()}
    if len(aliases):
        activity = out["activity"]
        own = activity["participant_id"].to_numpy() == frames["activity"]["participant_id"].to_numpy()
        order = np.argsort(~own, kind="stable")
        kept = ~activity.iloc[order].duplicated(["participant_id", "year"])
        out["activity"] = activity.loc[np.sort(kept.index[kept])].reset_index(drop=True)
        out["participants"] = _bounded(out, aliases)
    return out


def _steps(aliases: pd.DataFrame) -> list[tuple[str, str, int]]:
    """Return (old, new, year) of every merger and split whose year is known, by latest identifiers."""
    if not len(aliases):
        return []
    names = latest_ids(aliases)
    kept = aliases[aliases["kind"].isin([MERGED, SPLIT]) & aliases["from_year"].notna()]
    rows = zip(kept["old_id"], kept["new_id"], kept["from_year"].astype(int), strict=True)
    return [(names.get(old, old), names.get(new, new), year) for old, new, year in rows]


def _bounded(frames: Mapping[str, pd.DataFrame], aliases: pd.DataFrame) -> pd.DataFrame:
    people, links, activity = frames["participants"].copy(), frames["links"], frames["activity"]
    for old, new, year in _steps(aliases):
        for one, column, bound, ends in (
            (old, "left_year", year - 1, True),
            (new, "joined_year", year, False),
        ):
            seen = pd.concat(
                [
                    links.loc[(links["supplier_id"] == one) | (links["buyer_id"] == one), "year"],
                    activity.loc[activity["participant_id"] == one, "year"],
                ]
            )
            if not bool((seen > bound if ends else seen < bound).any()):
                rows = (people["participant_id"] == one) & people[column].isna()
                people.loc[rows, column] = bound
    return people


class Lineage:
    """Which organisations count as one between the year before and a year of a merger or split.

    Parameters
    ----------
    aliases : DataFrame
    ids : array of str
        Ids of the nodes.
    """

    def __init__(self, aliases: pd.DataFrame, ids: Objects) -> None:
        steps = _steps(aliases)
        position = {str(one): node for node, one in enumerate(ids)} if steps else {}
        self._size = len(ids)
        self._steps: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for old, new, year in steps:
            if old in position and new in position:
                self._steps[year].append((position[old], position[new]))

    def groups(self, year: int) -> Ints | None:
        """Return each node's group between the year before and `year`; None where each is on its own."""
        if year not in self._steps:
            return None
        out = np.arange(self._size)
        for node, root in _roots(self._steps[year]).items():
            out[node] = root
        return out
