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
from clustercoop.graph.formation import FloatArray, Formation
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

    def figures(self, formation: Formation, names: Sequence[str]) -> dict[str, FloatArray]:
        """Return columns of ``participants`` as numbers, in the order of a formation's members."""
        rows = self._rows.get((formation.cluster_id, formation.year), np.zeros(0, np.int64))
        ids = self._ids[rows].to_numpy(object)
        found = [self._numbers(name)[rows] for name in names]
        if len(ids) != formation.n or (ids != formation.ids).any():
            place = pd.Index(ids, dtype=object).get_indexer(pd.Index(formation.ids, dtype=object))
            found = [np.append(column, np.nan)[place] for column in found]
        return dict(zip(names, found, strict=True))

    def _numbers(self, name: str) -> FloatArray:
        """Return a column of ``participants`` as numbers: the table's own where it holds them."""

        def read(given: Analysed) -> FloatArray:
            column = given.participants[name]
            if column.dtype == np.float64:
                return column.to_numpy()
            return column.to_numpy(np.float64, na_value=np.nan)

        return self.once(f"numbers of {name}", read)

    @cached_property
    def _ids(self) -> Any:
        return self.participants["participant_id"].array

    @cached_property
    def _rows(self) -> dict[Any, Any]:
        return self.participants.groupby(["cluster_id", "year"]).indices

    def once(self, name: str, make: Callable[[Analysed], T]) -> T:
        """Return what `make` gives under `name`, made when first asked for; several tables may ask."""
        if name not in self._made:
            self._made[name] = make(self)
        made: T = self._made[name]
        return made
