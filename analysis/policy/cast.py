"""The members of one cluster-year as the requirements look at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.links_needed import Share
from clustercoop.analysis.roles import of_role, producing, said
from clustercoop.analysis.thresholds import Thresholds
from clustercoop.analysis.unsettled import Unsettled, open_rows, unsettled
from clustercoop.graph.arrays import Bools, Floats
from clustercoop.graph.formation import Formation, sum_by
from clustercoop.graph.model import SupplyGraph

FIGURES: Final = ("output", "internal_supply", "cooperation_ratio", "bought_inside")


@dataclass(frozen=True, eq=False)
class Cast:
    """Members of a formation, shape (n,) each; NaN is unknown.

    Attributes
    ----------
    formation : Formation
    graph : SupplyGraph
    figures : mapping of str to array
        Columns of ``participants`` (`FIGURES`) in the order of the formation.
    thresholds : Thresholds
        Which roles produce, and which make final products.
    """

    formation: Formation
    graph: SupplyGraph
    figures: Mapping[str, Floats]
    thresholds: Thresholds

    @classmethod
    def of(cls, analysed: Analysed, formation: Formation) -> Cast:
        """Return the members of `formation`."""
        figures = analysed.figures(formation, FIGURES)
        return cls(formation, analysed.graph, figures, analysed.thresholds)

    def figure(self, name: str) -> Floats:
        """Return one column of ``participants``."""
        return self.figures[name]

    @cached_property
    def ids(self) -> list[str]:
        """Ids of the members."""
        return [str(one) for one in self.formation.ids]

    @cached_property
    def covers(self) -> dict[tuple[str, float], list[Share] | None]:
        """The fewest links found for the shortfalls of a kind of requirement and its cut."""
        return {}

    @cached_property
    def nameless(self) -> Bools:
        """Members without a role: they may make final products, or nothing."""
        return np.array([not role for role in self.formation.role], dtype=bool)

    @cached_property
    def open(self) -> Unsettled | None:
        """What rejected rows, and rows that state only bounds, leave open."""
        return unsettled(self.formation, open_rows(self.graph))

    @cached_property
    def producing(self) -> Bools:
        """Whether the role is one that produces; an unknown role is."""
        return of_role(self.formation, self.thresholds.produces)

    @cached_property
    def final(self) -> Bools:
        """Producers of final products, by role."""
        return of_role(self.formation, self.thresholds.is_final_producer)

    @cached_property
    def linked(self) -> Bools:
        """Members with a link to another member: supply, a tie of knowledge, or reported supply inside."""
        f = self.formation
        out = np.zeros(f.n, bool)
        out[f.src] = out[f.dst] = True
        if len(f.knowledge_rows):
            rows = self.graph.links[["supplier", "buyer"]].iloc[f.knowledge_rows]
            place = {int(node): number for number, node in enumerate(f.members.tolist())}
            for seller, buyer in zip(rows["supplier"].tolist(), rows["buyer"].tolist(), strict=True):
                if seller in place and buyer in place:
                    out[[place[seller], place[buyer]]] = True
        return out | (self.figure("internal_supply") > 0)

    @cached_property
    def perhaps_linked(self) -> Bools:
        """Members that may have such a link: by a row that is open, or as buyers of reported supply."""
        if self.reporting.any() or not self.formation.has_links:
            return np.ones(self.formation.n, bool)
        return self.open.tied if self.open else np.zeros(self.formation.n, bool)

    @cached_property
    def reporting(self) -> Bools:
        """Members whose supply inside is known from their report alone: any other may have bought it."""
        supply = self.figure("internal_supply")
        told = (supply > 0) | np.isnan(supply) & said(self.formation, "used_by_participants")
        return np.asarray(told & (self.formation.supplied_inside == 0), dtype=bool)

    @cached_property
    def purchases(self) -> Floats:
        """All purchases, millions; a negative cell is unknown."""
        bought = self.formation.purchases
        return np.where(bought < 0, np.nan, bought)

    @cached_property
    def bought_from_intermediate(self) -> Floats:
        """What each member bought from members that make no final product, by recorded links.

        Unknown where a row about its trade is open, or a seller has no role; and of all, where somebody else
        may have sold to it what no link tells.
        """
        f = self.formation
        if not f.has_links:
            return np.full(f.n, np.nan)
        own = ~self.final[f.src]
        bought = sum_by(f.dst[own], f.weight[own], f.n)
        bought[f.dst[self.nameless[f.src]]] = np.nan
        if (self.reporting & ~self.final).any():
            bought[:] = np.nan
        if self.open:
            bought[self.open.tied] = np.nan
        return bought


def silent(formation: Formation, thresholds: Thresholds) -> Bools:
    """Return the members that may make something, of which nothing says how much."""
    makes = producing(formation, thresholds) | (formation.supplied_inside > 0)
    return np.isnan(formation.output) & makes


def unplaced(formation: Formation, thresholds: Thresholds) -> Bools:
    """Return the members whose output, or whose industry, nobody tells: any industry may have more of it."""
    nameless = np.array([not code for code in formation.industry_code], dtype=bool)
    return silent(formation, thresholds) | nameless & (formation.output > 0)


def idle(formation: Formation, thresholds: Thresholds) -> Bools:
    """Return the members that make nothing: output 0, or none stated where the role does not produce."""
    made = (formation.output > 0) | (formation.supplied_inside > 0)
    return ~made & ~silent(formation, thresholds)


def emitting(formation: Formation, thresholds: Thresholds) -> Bools:
    """Return the members whose emissions count: all but those that make nothing and tell of none."""
    return ~idle(formation, thresholds) | said(formation, "emissions")
