"""What is measured of a formation of very many members: what grows with its links, and no faster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from clustercoop.analysis.linear import TooSlow
from clustercoop.analysis.metric import Measured
from clustercoop.graph.findings import Finding
from clustercoop.graph.formation import Formation
from clustercoop.graph.gaps import ALL, Gap

LARGEST: Final = 4000
"""Members up to which all structure is measured: matrices of all pairs, and their solves, take seconds."""


def is_too_large(formation: Formation) -> bool:
    """Tell whether only what grows with the number of links is measured of `formation`."""
    return formation.n > LARGEST


def attempted(piece: Callable[[], Measured]) -> Measured:
    """Return what `piece` measures, nothing where a system does not settle in time."""
    try:
        return piece()
    except TooSlow:
        return Measured()


def left_out(formation: Formation) -> Measured:
    """Say of all that is unknown and has no other reason that the formation is too large."""
    code, place = "formation_too_large", (formation.cluster_id, formation.year)
    told = Finding(code, value=str(formation.n), detail=str(LARGEST), cluster_id=place[0], year=place[1])
    gaps = [Gap(code, ALL, told.value, told.detail, *place, who) for who in ("", ALL)]
    return Measured(findings=[told], gaps=gaps)
