"""What changed between two results, and which rows of the data differ behind it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.analysis.results import Result
from clustercoop.graph.arrays import Bools, Indices
from clustercoop.graph.columns import OutputColumn, output_columns
from clustercoop.graph.display import holding
from clustercoop.graph.errors import UnknownNameError
from clustercoop.graph.kinds import KINDS
from clustercoop.graph.schema import ENDS, UNSETTLED, kept_tables
from clustercoop.graph.settings import FILES
from clustercoop.graph.texts import refusal

SIDES: Final = ("before", "after")
_PLACE: Final = ["cluster_id", "year"]
# Told of a row or held in a table of its own, no figures.
_ASIDE: Final = ("sentence", "note", "said")
# Settings that shape sentences and refusals, never a figure; the currency is told as the values have it.
_SILENT: Final = ("lang", "strict", "currency")
_WHOLE: Final = 0
"""Stands for "of the cluster, not of one year" where a year must be."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two results side by side; unknown is None.

    Attributes
    ----------
    settings : DataFrame
        ``name, before, after``: settings, version, currency and files of rules that differ. Where there are
        any, figures can differ without a change of the data.
    renamed : DataFrame
        ``before, after``: cluster ids that only one side has and whose members are exactly the same; they are
        compared with each other.
    formations : DataFrame
        ``cluster_id, year, state, figures``: every cluster-year, "same", "changed", "added" or "removed", and
        how many figures differ.
    figures : DataFrame
        ``table, cluster_id, year, column, before, after, change, relative_change, unknown_before,
        unknown_after``: a row a figure that is not exactly equal, of cluster-years that both sides have, and
        of clusters (no year). The last two are codes of gaps.
    core : DataFrame
        ``cluster_id, year, participant_id, move``: who came "in" or went "out".
    gaps : DataFrame
        ``cluster_id, year, participant_id, column, state, code, value, detail``: cells of cluster-years of
        both sides that became unknown ("opened") or known ("closed"), with the reason.
    rows : DataFrame
        ``row, table, state, key, column, before, after, cluster_ids, explains``: cells of accepted rows, and
        of what could be read of rejected ones (table ``unsettled``), that differ, "added" or "removed" with
        their row, or "changed"; cells of one row have one number `row`. A row `explains` where a figure
        changed of one of the clusters that it concerns; one that concerns no cluster by itself concerns all.
    """

    settings: pd.DataFrame
    renamed: pd.DataFrame
    formations: pd.DataFrame
    figures: pd.DataFrame
    core: pd.DataFrame
    gaps: pd.DataFrame
    rows: pd.DataFrame

    def __repr__(self) -> str:
        """Return which tables there are, and their rows."""
        return holding(self)

    @property
    def same(self) -> bool:
        """Whether nothing differs at all."""
        told = (self.settings, self.renamed, self.figures, self.core, self.gaps, self.rows)
        return not any(map(len, told)) and bool((self.formations["state"] == "same").all())


def compare_results(before: Result, after: Result, years: tuple[int, int] | None = None) -> Comparison:
    """Return what changed from one result to another.

    Parameters
    ----------
    before, after : Result
    years : tuple of int, optional
        A year of `before` and one of `after` that are compared with each other alone, under the second.

    Raises
    ------
    UnknownNameError
        A side has no cluster-year of its year.

    Examples
    --------
    >>> from clustercoop.api import analyze
    >>> cells = {"cluster_id": ["k"], "year": [2022], "cooperation_ratio": [0.5]}
    >>> one = analyze({"indicators": pd.DataFrame(cells)}, nulls=0, workers=1)
    >>> two = analyze({"indicators": pd.DataFrame(cells | {"cooperation_ratio": [0.6]})}, nulls=0, workers=1)
    >>> told = compare_results(one, two)
    >>> told.figures.query("column == 'cooperation_ratio'")[["before", "after"]].values.tolist()
    [[0.5, 0.6]]
    >>> told.rows[["table", "state", "key", "column"]].values.tolist()
    [['indicators', 'changed', 'cluster_id=k; year=2022', 'cooperation_ratio']]
    """
    held = [_Side(result, None if years is None else years[n]) for n, result in enumerate((before, after))]
    renamed = _renamed(*held)
    one, two = held[0].under(renamed, None if years is None else years[1]), held[1]
    figures = _figures(one, two)
    core = _core(one, two)
    changed = {str(cluster) for table in (figures, core) for cluster in table["cluster_id"]}
    return Comparison(
        settings=_settings(before, after),
        renamed=pd.DataFrame(sorted(renamed.items()), columns=list(SIDES), dtype=object),
        formations=_states(one, two, figures, core),
        figures=figures,
        core=core,
        gaps=_gaps(one, two),
        rows=_rows(one, two, changed),
    )


@dataclass(frozen=True, eq=False)
class _Side:
    """The tables of one result, of one year where one is asked for."""

    result: Result
    year: int | None
    to: Mapping[str, str] | None = None
    under_year: int | None = None

    def __post_init__(self) -> None:
        if self.year is not None and not (self.result.formations["year"] == self.year).any():
            raise refusal(UnknownNameError, "no_results_of_year", year=self.year)

    def under(self, renamed: Mapping[str, str], year: int | None) -> _Side:
        """Return the same with clusters under other ids, and its year under another."""
        return replace(self, to=renamed, under_year=year)

    def of(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of `frame` that count, as they are called in the comparison."""
        if self.year is not None and "year" in frame:
            kept = frame["year"].isna() | (frame["year"] == self.year)
            frame = frame[kept.to_numpy(bool)]
            if self.under_year is not None:
                frame = frame.assign(year=frame["year"].mask(frame["year"].notna(), self.under_year))
        if self.to and "cluster_id" in frame:
            frame = frame.assign(cluster_id=frame["cluster_id"].map(self._called, na_action="ignore"))
        return frame

    def _called(self, cluster: str) -> str:
        return (self.to or {}).get(cluster, cluster)

    @property
    def formations(self) -> pd.DataFrame:
        return self.of(self.result.formations)

    @property
    def places(self) -> set[tuple[str, int]]:
        """Every cluster-year, and each cluster with `_WHOLE`."""
        found = self.formations
        told = set(zip(found["cluster_id"].astype(str), found["year"].astype(int), strict=True))
        return told | {(str(cluster), _WHOLE) for cluster in self.of(self.result.clusters)["cluster_id"]}

    @property
    def gaps(self) -> pd.DataFrame:
        found = self.of(self.result.gaps)
        return found.assign(year=found["year"].astype("Int64").fillna(_WHOLE).astype("int64"))

    def cells(self, table: str) -> pd.DataFrame:
        """Return `formations` or `clusters` by cluster and year."""
        found = self.of(getattr(self.result, table))
        keyed = found if "year" in found else found.assign(year=_WHOLE)
        return keyed.astype({"cluster_id": str, "year": "int64"}).set_index(_PLACE)


def _settings(before: Result, after: Result) -> pd.DataFrame:
    told = []
    for result in (before, after):
        held = {k: v for k, v in result.settings.to_dict().items() if k not in _SILENT}
        for name in FILES:
            if held.get(name):
                held[name] = hashlib.sha256(Path(held[name]).read_bytes()).hexdigest()[:12]
        told.append(
            {"version": result.provenance.get("version", ""), "currency_of_values": result.graph.currency}
            | held
        )
    names = dict.fromkeys([*told[0], *told[1]])
    rows = [(name, told[0].get(name), told[1].get(name)) for name in names]
    return pd.DataFrame(
        [row for row in rows if row[1] != row[2]], columns=["name", *SIDES], dtype=object
    ).reset_index(drop=True)


def _renamed(before: _Side, after: _Side) -> dict[str, str]:
    """Return ids of clusters that one side alone has, by those with exactly the same members on the other."""
    ids = [set(side.result.graph.cluster_ids) for side in (before, after)]
    alone = (ids[0] - ids[1], ids[1] - ids[0])
    by_members: tuple[dict[frozenset[str], list[str]], ...] = ({}, {})
    for side, only, found in zip((before, after), alone, by_members, strict=True):
        people = side.result.graph.participants
        people = people[people["cluster_id"].isin(only)]
        for cluster, members in people.groupby("cluster_id")["participant_id"]:
            found.setdefault(frozenset(members), []).append(str(cluster))
    pairs = ((old, by_members[1].get(members, [])) for members, old in by_members[0].items())
    return {old[0]: new[0] for old, new in pairs if len(old) == len(new) == 1}


def _unequal(before: pd.Series[Any], after: pd.Series[Any], column: OutputColumn) -> np.ndarray[Any, Any]:
    if KINDS[column.kind].numeric:
        one, two = (KINDS["number"].cells(side).to_numpy() for side in (before, after))
        return np.asarray((one != two) & ~(np.isnan(one) & np.isnan(two)))
    one, two = (_texts(side).to_numpy(dtype=object) for side in (before, after))
    return np.asarray(one != two, dtype=bool)


def _texts(values: pd.Series[Any]) -> Any:
    return KINDS["text"].cells(values).fillna("")


def _figures(before: _Side, after: _Side) -> pd.DataFrame:
    reasons = [_reasons(side) for side in (before, after)]
    told: list[tuple[Any, ...]] = []
    for table in ("formations", "clusters"):
        one, two = before.cells(table), after.cells(table)
        shared = one.index.intersection(two.index)
        one, two = one.loc[shared], two.loc[shared]
        for column in output_columns(table):
            name = column.column
            if name in _PLACE or column.kind in _ASIDE or name not in one or name not in two:
                continue
            if name == "core_members":  # told one by one
                continue
            for at in np.flatnonzero(_unequal(one[name], two[name], column)).tolist():
                cluster, year = shared[at]
                sides = [_value(frame[name].iloc[at]) for frame in (one, two)]
                numbers = KINDS[column.kind].measured or column.kind == "int"
                change = float(sides[1]) - float(sides[0]) if numbers and None not in sides else None
                share = change / abs(float(sides[0])) if change is not None and sides[0] else None
                whys = [why.get((cluster, year, name)) for why in reasons]
                why = [code if side is None else None for code, side in zip(whys, sides, strict=True)]
                told.append((table, cluster, year, name, *sides, change, share, *why))
    names = ["table", *_PLACE, "column", *SIDES, "change", "relative_change"]
    frame = pd.DataFrame(told, columns=[*names, "unknown_before", "unknown_after"], dtype=object)
    return _settled(frame)


def _value(value: Any) -> Any:
    if pd.isna(value) or value == "":
        return None
    return value.item() if isinstance(value, np.generic) else value


def _settled(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` by cluster and year, those of a whole cluster first and without a year."""
    ordered = frame.sort_values(_PLACE, kind="stable", ignore_index=True)
    year = ordered["year"].astype("Int64")
    return ordered.assign(year=year.mask(year == _WHOLE))


def _reasons(side: _Side) -> dict[tuple[str, int, str], str]:
    mine = side.gaps
    mine = mine[mine["participant_id"] == ""]
    places = zip(mine["cluster_id"], mine["year"], mine["column"], strict=True)
    return dict(zip(places, mine["code"], strict=True))


def _members(side: _Side) -> dict[tuple[str, int], set[str]]:
    found = side.formations
    cells = zip(found["cluster_id"], found["year"], found["core_members"], strict=True)
    return {(str(c), int(y)): set(str(who).split(";")) for c, y, who in cells if _value(who) is not None}


def _core(before: _Side, after: _Side) -> pd.DataFrame:
    one, two = _members(before), _members(after)
    told = [
        (*place, who, move)
        for place in one.keys() & two.keys()
        for move, came in (("in", two[place] - one[place]), ("out", one[place] - two[place]))
        for who in came
    ]
    names = [*_PLACE, "participant_id", "move"]
    return _settled(pd.DataFrame(sorted(told), columns=names, dtype=object))


def _states(before: _Side, after: _Side, figures: pd.DataFrame, core: pd.DataFrame) -> pd.DataFrame:
    one, two = before.places, after.places
    count = figures.dropna(subset=["year"]).value_counts(_PLACE).to_dict()
    moved = set(zip(core["cluster_id"], core["year"], strict=True))

    def state(place: tuple[str, int]) -> str:
        if place not in one:
            return "added"
        if place not in two:
            return "removed"
        return "changed" if place in count or place in moved else "same"

    years = sorted(place for place in one | two if place[1] != _WHOLE)
    told = [(*place, state(place), count.get(place, 0)) for place in years]
    return pd.DataFrame(told, columns=[*_PLACE, "state", "figures"]).astype({"cluster_id": object})


def _gaps(before: _Side, after: _Side) -> pd.DataFrame:
    cells = [*_PLACE, "participant_id", "column"]
    shared = before.places & after.places
    held = []
    for side in (before, after):
        mine = side.gaps
        both = [place in shared for place in zip(mine["cluster_id"], mine["year"], strict=True)]
        held.append(mine[np.array(both, dtype=bool)])
    keys = [set(frame[cells].itertuples(index=False, name=None)) for frame in held]
    told = []
    for state, frame, other in (("opened", held[1], keys[0]), ("closed", held[0], keys[1])):
        alone = [cell not in other for cell in frame[cells].itertuples(index=False, name=None)]
        told.append(frame[np.array(alone, dtype=bool)].assign(state=state))
    found = pd.concat([one for one in told if len(one)] or told[:1], ignore_index=True)
    return _settled(found[[*cells, "state", "code", "value", "detail"]])


def _rows(before: _Side, after: _Side, changed: set[str]) -> pd.DataFrame:
    sides = [side.result.graph.to_tables() for side in (before, after)]
    homes = [_homes(side) for side in (before, after)]
    told: list[tuple[Any, ...]] = []
    number = 0
    for name, spec in kept_tables().items():
        held = [side.of(of[name])[list(spec.names)] for side, of in zip((before, after), sides, strict=True)]
        if not any(map(len, held)):
            continue
        one, two = map(_plain, held)
        keys = [one for one in spec.key or spec.names if not one.startswith("value")]
        for key, state, cells in _differences(one, two, keys):
            number += 1
            clusters = _concerned(name, key, homes)
            explains = bool(changed) if clusters is None else bool(clusters & changed)
            shown = "; ".join(f"{k}={_shown(v)}" for k, v in key.items() if k != "table" and _shown(v))
            for column, was, is_now in cells:
                where = ";".join(sorted(clusters or ()))
                told.append((number, name, state, shown, column, was, is_now, where, explains))
    names = ["row", "table", "state", "key", "column", *SIDES, "cluster_ids", "explains"]
    frame = pd.DataFrame(told, columns=names, dtype=object).astype({"row": "int64", "explains": bool})
    return frame.sort_values("explains", ascending=False, kind="stable", ignore_index=True)


def _shown(value: Any) -> str:
    return "" if pd.isna(value) else f"{value:.10g}" if isinstance(value, float) else str(value)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return cells that compare exactly: numbers as floats, all else as texts, empty where unknown."""
    return pd.DataFrame(
        {
            name: KINDS["number"].cells(column)
            if pd.api.types.is_numeric_dtype(column.dtype)
            else _texts(column)
            for name, column in frame.items()
        }
    )


def _differences(
    before: pd.DataFrame, after: pd.DataFrame, key: list[str]
) -> Iterable[tuple[dict[str, Any], str, list[tuple[str, Any, Any]]]]:
    """Yield the key, the state and the differing cells of rows that the other table does not hold.

    Equal rows are set against each other one by one; of the rest, rows of one key are, in their order.
    """
    columns = list(before.columns)
    turn = "\0turn"
    both = pd.concat([before, after], ignore_index=True)
    row = np.zeros(len(both), np.int64)
    for name in columns:
        codes, unique = pd.factorize(both[name])
        row, _ = pd.factorize(row * (len(unique) + 1) + codes + 1)
    rows = row[: len(before)], row[len(before) :]
    left, right = before[_beyond(*rows)], after[_beyond(*rows[::-1])]
    if not len(left) and not len(right):
        return
    left, right = (
        side.assign(**{turn: side.groupby(key, dropna=False).cumcount()}) for side in (left, right)
    )
    others = [name for name in columns if name not in key]
    pairs = left.merge(right, how="outer", on=[*key, turn], indicator=True, suffixes=("\0before", "\0after"))
    states = {"left_only": "removed", "right_only": "added", "both": "changed"}
    for pair in pairs.to_dict("records"):
        state = states[str(pair["_merge"])]
        values = [(name, *(_cell(pair[f"{name}\0{side}"]) for side in SIDES)) for name in others]
        cells = [cell for cell in values if cell[1] != cell[2]]
        yield {name: _key(name, pair[name]) for name in key}, state, cells or [("", None, None)]


def _beyond(rows: Indices, others: Indices) -> Bools:
    """Tell which of `rows`, in their order, are more than the `others` hold of the same."""
    order = np.argsort(rows, kind="stable")
    turn = np.empty(len(rows), np.intp)
    turn[order] = np.arange(len(rows)) - np.searchsorted(rows[order], rows[order])
    held = np.bincount(others, minlength=int(rows.max(initial=-1)) + 1)
    return turn >= held[rows]


def _cell(value: Any) -> Any:
    return None if pd.isna(value) or value == "" else value


def _key(name: str, value: Any) -> Any:
    whole = isinstance(value, float) and not np.isnan(value) and name.rpartition("_")[2] == "year"
    return int(value) if whole else value


def _homes(side: _Side) -> dict[str, set[str]]:
    """Return the clusters of every participant, in any year."""
    people = side.of(side.result.graph.participants)
    found: dict[str, set[str]] = {}
    for who, cluster in zip(people["participant_id"], people["cluster_id"], strict=True):
        found.setdefault(str(who), set()).add(str(cluster))
    return found


def _concerned(table: str, key: Mapping[str, Any], homes: list[dict[str, set[str]]]) -> set[str] | None:
    """Return the clusters that a row of `table` is about; None for a table about none by itself."""
    if key.get("cluster_id"):
        return {str(key["cluster_id"])}
    if table == UNSETTLED.name and not (key["participant_id"] or (key["supplier_id"] and key["buyer_id"])):
        return None  # whom it names nobody knows
    who = [str(key[name]) for name in (*ENDS, "participant_id", "old_id", "new_id") if name in key]
    return set().union(*(home.get(one, set()) for home in homes for one in who)) if who else None
