"""What the metrics of one formation share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from clustercoop.analysis.core_periphery.firmness import Firmness
from clustercoop.analysis.core_periphery.measure import measure_cores
from clustercoop.analysis.members import YearContext, year_contexts
from clustercoop.analysis.memo import remembered
from clustercoop.analysis.metric import Measured
from clustercoop.analysis.prices import prices_of
from clustercoop.analysis.thresholds import Thresholds, load_thresholds
from clustercoop.graph.arrays import Floats
from clustercoop.graph.formation import Formation
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.prices import Prices
from clustercoop.graph.settings import Settings


@dataclass(frozen=True, eq=False)
class Context:
    """A formation's surroundings, and what several metrics need of it, each computed once.

    Throughflow, components and levels are remembered by the formation itself
    (`clustercoop.analysis.memo.remembered`).

    Attributes
    ----------
    formation : Formation
    graph : SupplyGraph
        Holds the kinds of links, and partners outside.
    settings : Settings
    before : Formation, optional
        The formation that stands before this one in the graph.
    prices : Prices, optional
        Those of the graph, where they are at hand.
    """

    formation: Formation
    graph: SupplyGraph
    settings: Settings
    before: Formation | None = None
    prices: Prices | None = None

    @cached_property
    def year(self) -> YearContext:
        """What else is recorded in the year."""
        return year_contexts(self.graph)[self.formation.year]

    @cached_property
    def thresholds(self) -> Thresholds:
        """Limits and lists of roles."""
        return load_thresholds(self.settings.thresholds)

    def factor(self, formation: Formation) -> Floats | None:
        """Return what brings members' amounts to constant prices, None where there are no price levels."""
        prices = self.prices
        if prices is None:
            prices = prices_of(self.graph, self.settings, self.thresholds)
        return prices.factors(formation.year, formation.industry_code) if prices else None

    @property
    def cores(self) -> tuple[Measured, Firmness | None]:
        """The core–periphery figures, and what could be the core (None: nothing)."""
        return _cores(self)


@remembered  # a `cached_property` of Python 3.11 lets one thread at a time compute it, of whatever formation
def _cores(context: Context) -> tuple[Measured, Firmness | None]:
    return measure_cores(context.formation, context.settings)
