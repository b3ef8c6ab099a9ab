"""Whether figures of two years are of the same members, so that their change is none of composition."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from clustercoop.analysis.members import clean
from clustercoop.graph.formation import Formation
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings

PARTIAL: Final[Mapping[str, str]] = {
    "rd_per_employee": "rd_expenses",
    "value_added_per_employee": "value_added",
    "cooperation_ratio": "output",
}
"""Figures that may be those of some members only, and the cell by which a member is one of them."""
BASES: Final[Mapping[str, str]] = {
    "internal_sourcing_share": "internal_sourcing_basis",
    "isolation": "isolation_basis",
}
"""Figures that are made of different parts in different years, and the column that says of which."""


class Comparable:
    """Which figures of two years of a cluster are of the same members and parts.

    A figure is that of all members where its bounds meet. Two that are not both so are comparable where the
    members behind them are the same: known of a graph alone.

    Parameters
    ----------
    formations : DataFrame
        As in a result.
    graph : SupplyGraph, optional
    settings : Settings, optional

    Examples
    --------
    A member does not tell its R&D in 2021: whether that of the cluster rose is not known.

    >>> table = pd.DataFrame({"cluster_id": "c", "year": [2020, 2021, 2022],
    ...                       "rd_per_employee": [0.1, 0.3, 0.2], "rd_per_employee_low": [0.1, 0.2, 0.2],
    ...                       "rd_per_employee_high": [0.1, None, 0.2]})
    >>> same = Comparable(table)
    >>> same("rd_per_employee", "c", 2020, 2021), same("rd_per_employee", "c", 2020, 2022)
    (False, True)
    """

    def __init__(
        self, formations: pd.DataFrame, graph: SupplyGraph | None = None, settings: Settings | None = None
    ) -> None:
        self._graph, self._settings = graph, settings or Settings()
        self._behind: dict[tuple[str, str, int], frozenset[int]] = {}
        keys = list(zip(formations["cluster_id"].astype(str), formations["year"].astype(int), strict=True))
        self._parts: dict[str, set[tuple[str, int]]] = {}
        self._unknown: dict[str, set[tuple[str, int]]] = {}
        for column in PARTIAL:
            ends = [f"{column}_low", f"{column}_high"]
            if {column, *ends} <= set(formations):
                value, low, high = formations[[column, *ends]].to_numpy("float64", na_value=np.nan).T
                part = ~np.isnan(value) & ~np.isclose(low, high, rtol=1e-9, atol=0)
                self._parts[column] = {key for key, is_part in zip(keys, part, strict=True) if is_part}
                self._unknown[column] = {key for key, none in zip(keys, np.isnan(value), strict=True) if none}
        self._bases = {
            column: dict(zip(keys, formations[basis].fillna("").astype(str), strict=True))
            for column, basis in BASES.items()
            if basis in formations
        }

    def __call__(self, column: str, cluster: str, before: int, after: int) -> bool:
        """Tell whether `column` of both years may be compared."""
        column = column.removesuffix("_constant")
        years = (cluster, before), (cluster, after)
        bases = self._bases.get(column, {})
        if bases.get(years[0]) != bases.get(years[1]):
            return False
        if not self._parts.get(column, set()).intersection(years):
            return True
        if self._unknown[column].intersection(years):
            return False
        members = [self._reporting(column, *year) for year in years]
        return bool(members[0]) and members[0] == members[1]

    def _reporting(self, column: str, cluster: str, year: int) -> frozenset[int]:
        """Return the members behind the figure of a year; none if they are not known."""
        key = column, cluster, year
        if key not in self._behind:
            self._behind[key] = frozenset(self._found(column, cluster, year))
        return self._behind[key]

    @cached_property
    def _formations(self) -> dict[tuple[str, int], Formation]:
        held = () if self._graph is None else self._graph.formations()
        return {(formation.cluster_id, formation.year): formation for formation in held}

    def _found(self, column: str, cluster: str, year: int) -> list[int]:
        formation = self._formations.get((cluster, year))
        if formation is None:
            return []
        told = clean(formation, PARTIAL[column], self._settings)
        if column != "cooperation_ratio":
            told = told + clean(formation, "employees", self._settings)
        behind: list[int] = formation.members[~np.isnan(told)].tolist()
        return behind
