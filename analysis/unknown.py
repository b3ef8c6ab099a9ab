"""Give every unknown figure its gap: those that metrics state, and those that follow from other figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Bools, Indices, Objects
from clustercoop.graph.columns import TABLES, output_columns
from clustercoop.graph.gaps import ALL, Gap, gaps_frame
from clustercoop.graph.settings import METRICS, Settings

if TYPE_CHECKING:
    from clustercoop.analysis.verdicts.verdict import FormationModel

_KEYS: Final = {
    "formations": ("cluster_id", "year"),
    "participants": ("cluster_id", "year", "participant_id"),
    "clusters": ("cluster_id",),
}
_YEARS: Final = 10_000
SENTENCES: Final = ("unknown_because", "rule_because", "verdict_because", "nearest_flip")


def all_gaps(
    stated: Iterable[Gap],
    tables: Mapping[str, pd.DataFrame],
    settings: Settings,
    model: FormationModel | None = None,
) -> pd.DataFrame:
    """Return the gaps of a result: one row at least for every unknown cell of `tables`, none for a known one.

    Parameters
    ----------
    stated : iterable of Gap
        What the metrics say. A gap of the column `ALL` concerns the whole row.
    tables : mapping of str to DataFrame
        ``formations``, ``participants`` and ``clusters`` with all their columns.
    settings : Settings
    model : FormationModel, optional
        Why it gives a cluster or a year no figure.

    Returns
    -------
    DataFrame
        `clustercoop.graph.gaps.COLUMNS`.
    """
    given = list(stated)
    whole = set(METRICS) <= set(settings.metrics.split(","))
    out: list[Gap] = []
    for table in TABLES:
        cells = _Cells(table, tables[table])
        dated, personal = table != "clusters", table == "participants"
        mine = [
            gap for gap in given if (gap.year is not None) == dated and bool(gap.participant_id) == personal
        ]
        cells.state(mine)
        cells.derive({column.column: column.needs for column in output_columns(table) if column.needs})
        if table == "formations":
            _say_of_change(cells)
            _say_of_leaders(cells, tables["participants"])
        if model is not None and table != "participants":
            _say_of_model(cells, model)
        cells.rest(None, "not_in_data" if whole else "metric_not_asked")
        out += cells.gaps
    return gaps_frame(out)


class _Cells:
    """The unknown cells of one table, crossed off as they are explained."""

    def __init__(self, table: str, frame: pd.DataFrame) -> None:
        self.personal = table == "participants"
        self.keys = [frame[name].tolist() for name in (() if self.personal else _KEYS[table])]
        names = [c.column for c in output_columns(table) if c.column not in (*_KEYS[table], *SENTENCES)]
        none: dict[Any, Bools] = dict(zip(frame, frame.isna().to_numpy(bool).T, strict=True))
        self.unknown = {name: none.get(name, np.ones(len(frame), bool)) for name in names}
        # An empty cell of another can say that there is none: a gap only where what it needs is unknown.
        self.left = {
            column.column: self.unknown[column.column].copy()
            for column in output_columns(table)
            if column.column in self.unknown and not column.empty
        }
        self.gaps: list[Gap] = []
        self.people: Objects = np.empty(0, object)
        self.formation, self.formations = np.empty(0, np.int64), list[tuple[str, int]]()
        if self.personal:
            self.people = frame["participant_id"].to_numpy(object)
            clusters, called = pd.factorize(frame["cluster_id"])
            years = frame["year"].to_numpy(np.int64)
            self.formation, unique = pd.factorize(clusters * _YEARS + years)
            pairs = (divmod(key, _YEARS) for key in unique.tolist())
            self.formations = [(str(called[cluster]), year) for cluster, year in pairs]
        whole_keys = zip(*self.keys, strict=True)
        self.rows = [(str(key[0]), int(key[1]) if len(key) > 1 else None) for key in whole_keys]
        self.sizes = np.bincount(self.formation, minlength=len(self.formations))

    def state(self, gaps: list[Gap]) -> None:
        """Keep the gaps of unknown cells and cross those off; fill whole rows last."""
        size = 3 if self.personal else len(self.keys)
        asked = {(gap.cluster_id, gap.year, gap.participant_id)[:size] for gap in gaps}
        groups = self._groups()
        row: dict[tuple[Any, ...], list[int]] = {
            key: [at] for at, key in enumerate(zip(*self.keys, strict=True)) if key in asked
        }
        for place in {key[:2] for key in asked} if self.personal else ():
            for at, who in zip(groups[place].tolist(), self.people[groups[place]].tolist(), strict=True):
                if (*place, who) in asked:
                    row[(*place, who)] = [at]
        whole = []
        for gap in gaps:
            key: tuple[Any, ...] = (gap.cluster_id, gap.year, gap.participant_id)[:size]
            places = groups[key[:2]] if gap.participant_id == ALL else row[key]
            if gap.column == ALL:
                whole.append((places, gap))
            elif gap.column in self.unknown and self.unknown[gap.column][places].any():
                self.gaps.append(gap)
                if gap.column in self.left:
                    self.left[gap.column][places] = False
        for places, gap in whole:
            for name, left in self.left.items():
                if left[places].any():
                    left[places] = False
                    self.gaps.append(gap._replace(column=name))

    def _groups(self) -> dict[tuple[Any, ...], Any]:
        if not self.formations:  # a split of nothing is one piece
            return {}
        order = np.argsort(self.formation, kind="stable")
        return dict(zip(self.formations, np.split(order, np.cumsum(self.sizes)[:-1]), strict=True))

    def derive(self, needs: Mapping[str, tuple[str, ...]]) -> None:
        """Explain what is unknown because the columns that it is made from are."""
        for name, sources in needs.items():
            left = self.left.get(name, self.unknown[name]).copy()
            marks = np.zeros(len(left), np.min_scalar_type(1 << len(sources)))
            for bit, source in enumerate(sources):
                marks |= (self.unknown[source] & left).astype(marks.dtype) << bit
            for mark in np.unique(marks[marks > 0]).tolist():
                lacking = [source for bit, source in enumerate(sources) if mark >> bit & 1]
                self.say_all(marks == mark, name, "needs", "; ".join(lacking))

    def rest(self, names: Iterable[str] | None, code: str) -> None:
        """Explain what is left of `names` (of all columns) by `code`."""
        for name in self.left if names is None else names:
            self.say_all(self.left[name].copy(), name, code)

    def say_all(self, where: Bools, column: str, code: str, detail: str = "") -> None:
        """Add the gaps of the cells of `where`: one of a formation whose members are all among them."""
        if self.personal and len(self.formations):
            every = bool(where.all())
            here = self.sizes if every else np.bincount(self.formation[where], minlength=len(self.formations))
            whole = (here == self.sizes) & (here > 1)
            for at in np.flatnonzero(whole).tolist():
                cluster, year = self.formations[at]
                self.gaps.append(Gap(code, column, "", detail, str(cluster), int(year), ALL))
            if column in self.left:
                self.left[column][where] = False
            if not here[~whole].any():
                return
            where = where & ~whole[self.formation]
        self.say(np.flatnonzero(where), column, code, detail)

    def say(self, places: Indices | int, column: str, code: str, detail: str = "") -> None:
        """Add the gaps of these cells and cross them off."""
        if column in self.left:
            self.left[column][places] = False
        some = np.atleast_1d(places)
        if self.personal:
            told = zip(self.formation[some].tolist(), self.people[some].tolist(), strict=True)
            for at, who in told:
                cluster, year = self.formations[at]
                self.gaps.append(Gap(code, column, "", detail, cluster, year, str(who)))
            return
        self.gaps += [Gap(code, column, "", detail, *self.rows[at]) for at in some.tolist()]


def _say_of_change(cells: _Cells) -> None:
    rows = set(zip(*cells.keys, strict=True))
    for place in np.flatnonzero(cells.left["local_sourcing_change"]).tolist():
        before = cells.keys[0][place], cells.keys[1][place] - 1
        code = "sourcing_before_differs" if before in rows else "no_previous_year"
        cells.say(place, "local_sourcing_change", code)


def _say_of_leaders(cells: _Cells, people: pd.DataFrame) -> None:
    """Nobody leads a chain whose control or mediation is unknown throughout: that is a gap."""
    parts = ["downstream_control", "broker_share"]
    alone = cells.unknown["chain_leaders"] & ~cells.unknown["core_members"]
    if not alone.any():
        return
    counts = people.groupby(["cluster_id", "year"])[parts].count()
    known = dict(zip(counts.index.tolist(), counts.to_numpy().tolist(), strict=True))
    for place in np.flatnonzero(alone).tolist():
        key = cells.keys[0][place], cells.keys[1][place]
        lacking = [name for name, count in zip(parts, known.get(key, (0, 0)), strict=True) if not count]
        if lacking:
            cells.say(place, "chain_leaders", "needs", detail="; ".join(lacking))


_OF_MODEL: Final = {
    "formations": ("ecosystem_probability", "formation_verdict"),
    "clusters": (
        "ecosystem_probability",
        "ecosystem_probability_low",
        "ecosystem_probability_high",
        "jaccard",
        "formation_verdict",
        "verdict_basis",
    ),
}


def _say_of_model(cells: _Cells, model: FormationModel) -> None:
    """Explain the columns that the model of the clusters makes, and those of the rule beside it."""
    dated = len(cells.keys) > 1
    based = model.clusters["verdict_basis"].fillna("").astype(str) != ""
    placed = set(model.clusters.loc[based, "cluster_id"].astype(str))
    codes = {"rules": "model_none", "none": "model_no_groups", "unnamed": "model_no_names"}
    for name in _OF_MODEL["formations" if dated else "clusters"]:
        for place in np.flatnonzero(cells.left[name]).tolist():
            inside = str(cells.keys[0][place]) in placed
            code = codes.get(model.outcome, "model_year_thin") if inside else "model_cluster_left_out"
            cells.say(place, name, code)
    if dated:
        return
    cells.rest(("eligibility_verdict",), "eligibility_not_computed")
    for name, source in (("rule_cooperation", "cooperation_ratio"), ("rule_innovation", "rd_per_employee")):
        for place in np.flatnonzero(cells.left[name]).tolist():
            cells.say(place, name, "unknown_every_year", detail=source)
