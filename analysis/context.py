"""What the metrics of one formation share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from clustercoop.analysis.core_periphery.firmness import Firmness
from clustercoop.analysis.core_periphery.measure import measure_cores
from clustercoop.analysis.metric import Measured
from clustercoop.graph.formation import Formation
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings


@dataclass(frozen=True, eq=False)
class Context:
    """A formation's surroundings, and what several metrics need of it, each computed once.

    Throughflow, components and levels are remembered by the formation itself
    (`clustercoop.analysis.memo.per_formation`).

    Attributes
    ----------
    formation : Formation
    graph : SupplyGraph
        Holds the kinds of links, and partners outside.
    settings : Settings
    """

    formation: Formation
    graph: SupplyGraph
    settings: Settings

    @cached_property
    def cores(self) -> tuple[Measured, Firmness | None]:
        """The core–periphery figures, and what could be the core (None: nothing)."""
        return measure_cores(self.formation, self.settings)
