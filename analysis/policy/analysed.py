"""What the tables of policy are made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from clustercoop.analysis.comparable import Comparable
from clustercoop.analysis.thresholds import Thresholds, load_thresholds
from clustercoop.graph.arrays import Floats
from clustercoop.graph.formation import Formation
from clustercoop.graph.kinds import TEXT
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Analysed:
    """The tables of an analysis, as they stand in its result, and what it was told.

    Attributes
    ----------
    formations, participants, clusters : DataFrame
        With the columns and types of the contract. Unknown is NaN or NA, never 0.
    graph : SupplyGraph
    settings : Settings
    each : callable
        Runs a task for each of many.
    """

    formations: pd.DataFrame
    participants: pd.DataFrame
    clusters: pd.DataFrame
    graph: SupplyGraph
    settings: Settings
    each: Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]] = map
    _made: dict[str, Any] = field(default_factory=dict, repr=False, init=False)

    @cached_property
    def thresholds(self) -> Thresholds:
        """What the classification takes from data."""
        return load_thresholds(self.settings.thresholds)

    @property
    def applies(self) -> bool:
        """Whether the thresholds are in the currency of the data."""
        return self.graph.currency.upper() == self.thresholds.currency

    @cached_property
    def comparable(self) -> Comparable:
        """Which figures of two years are of the same members."""
        return Comparable(self.formations, self.graph, self.settings)

    def figures(self, formation: Formation, names: Sequence[str]) -> dict[str, Floats]:
        """Return columns of ``participants`` as numbers, in the order of a formation's members."""
        key = formation.cluster_id, formation.year
        if key in self._in_order:
            return {name: self._numbers(name)[self._in_order[key]] for name in names}
        rows = self._rows.get(key, np.zeros(0, np.int64))
        ids = pd.Index(self.participants["participant_id"].array[rows].to_numpy(object), dtype=object)
        place = ids.get_indexer(pd.Index(formation.ids, dtype=object))
        return {name: np.append(self._numbers(name)[rows], np.nan)[place] for name in names}

    def _numbers(self, name: str) -> Floats:
        """Return a column of ``participants`` as numbers: the table's own where it holds them."""

        def read(given: Analysed) -> Floats:
            column = given.participants[name]
            if column.dtype == np.float64:
                return column.to_numpy()
            return column.to_numpy(np.float64, na_value=np.nan)

        return self.once(f"numbers of {name}", read)

    @cached_property
    def _in_order(self) -> dict[tuple[str, int], slice]:
        """The rows of each formation, where the table holds the members of all of them one by one."""
        formations = self.graph.formations()
        ends = np.cumsum([formation.n for formation in formations])
        of = np.repeat(np.arange(len(formations)), [formation.n for formation in formations])
        if not formations or len(of) != len(self.participants):
            return {}
        keys = [(formation.cluster_id, formation.year) for formation in formations]
        clusters, years = pd.array([key[0] for key in keys], dtype=TEXT), np.array([key[1] for key in keys])
        ids = np.concatenate([formation.ids for formation in formations])
        held = (self.participants[name].array for name in ("cluster_id", "year", "participant_id"))
        expected = clusters.take(of), years.take(of), pd.array(ids, dtype=TEXT)
        if not all(bool((one == other).all()) for one, other in zip(held, expected, strict=True)):
            return {}
        return {key: slice(end - f.n, end) for key, f, end in zip(keys, formations, ends, strict=True)}

    @cached_property
    def _rows(self) -> dict[Any, Any]:
        return self.participants.groupby(["cluster_id", "year"]).indices

    def once(self, name: str, make: Callable[[Analysed], T]) -> T:
        """Return what `make` gives under `name`, made when first asked for; several tables may ask."""
        if name not in self._made:
            self._made[name] = make(self)
        made: T = self._made[name]
        return made
