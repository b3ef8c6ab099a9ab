"""Every core–periphery column of one formation."""

from __future__ import annotations

from typing import Any, Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from analysis.core_periphery.borgatti_everett import (
    KICKS,
    adjacency,
    correlation,
    discrete_optimum,
    smallest,
)
from analysis.core_periphery.common import Edges, as_edges
from analysis.core_periphery.kernels import survey
from analysis.core_periphery.lip import lip
from analysis.core_periphery.minres import concentrated, coreness
from analysis.core_periphery.tiering import tiering
from analysis.measures import Measures, Scalar
from graph.findings import Finding
from graph.formation import Formation
from graph.settings import Settings

UNKNOWN: Final = (
    "core_size",
    "core_fit",
    "core_margin",
    "core_ties",
    "core_p_degree",
    "core_p_degree_error",
    "core_p_density",
    "core_p_density_error",
    "coreness_pre",
    "tiering_error",
    "tiering_error_density",
    "lip_z",
)
ALPHA: Final = 0.05
"""Above this p a core is told to be no clearer than chance, or than degrees explain."""


def stream(settings: Settings, formation: Formation) -> np.random.SeedSequence:
    """Return the formation's own seed, which no other formation and no order of work changes."""
    return np.random.SeedSequence([settings.seed, crc32(formation.cluster_id.encode()), formation.year])


def measure(formation: Formation, settings: Settings) -> Measures:
    """Measure the core–periphery structure of a formation.

    Parameters
    ----------
    formation : Formation
        n members; links of positive value between different members, self-supply left out.
    settings : Settings
        ``core_method``, ``core_weights``, ``nulls`` and ``seed`` are used.

    Returns
    -------
    Measures
        The columns of ``formations.csv`` that start with ``core``, ``coreness_pre``, ``tiering_error``,
        ``tiering_error_density`` and ``lip_z``, and ``in_core``, ``supplier_coreness`` and ``buyer_coreness`` of
        members. What a degenerate formation does not have is unknown, with a finding.

    Notes
    -----
    ``core_members`` is the optimum of `borgatti_everett` with ``core_method`` eq4 or eq2, the core of `lip`, or
    that of `minres`; ``core_fit`` is for the latter two the equation 4 correlation of their core. A core whose fit
    is not above 0 is no core: its members are left empty.
    """
    edges = as_edges(formation)
    y = edges.values(settings.core_weights)
    found = _Found(formation)
    columns: dict[str, Scalar] = {name: np.nan for name in UNKNOWN}
    columns |= {
        "core_members": "",
        "core_components": edges.components,
        "core_isolates": int(edges.isolates.sum()),
    }
    in_core = np.full(edges.n, None, dtype=object)
    unknown = np.full(edges.n, np.nan)
    people: dict[str, NDArray[Any]] = {
        "in_core": in_core,
        "supplier_coreness": unknown,
        "buyer_coreness": unknown,
    }
    if edges.n < 3:
        found.add("core_too_few", value=str(edges.n))
        return Measures(columns, people, found.findings)
    if len(y) == 0:
        found.add("core_no_links")
        return Measures(columns, people, found.findings)
    if columns["core_components"] != 1:
        found.add("core_components", value=str(columns["core_components"]))
    u, v, pre = coreness(edges, y)
    people |= {"supplier_coreness": u, "buyer_coreness": v}
    columns |= {
        "coreness_pre": pre,
        "tiering_error": tiering(edges).fit,
        "tiering_error_density": tiering(edges, score="density").fit,
        "lip_z": lip(edges).fit,
    }
    core, fit, margin, ties = _core(edges, y, u, v, settings, stream(settings, formation))
    columns |= {"core_fit": fit, "core_margin": margin, "core_ties": ties if np.isfinite(fit) else np.nan}
    if not np.isfinite(fit):
        few = edges.n < smallest("2" if settings.core_method == "eq2" else "4")
        found.add("core_too_few" if few else "core_no_contrast", value=str(edges.n))
    elif fit <= 0:
        found.add("core_weak", value=f"{fit:.3f}")
    else:
        columns |= {"core_size": int(core.sum()), "core_members": ";".join(map(str, edges.ids[core]))}
        in_core[:] = core
        if ties > 1:
            found.add("core_tied", value=str(ties))
    return Measures(columns, people, found.findings)


def _core(
    edges: Edges,
    y: NDArray[np.float64],
    u: NDArray[np.float64],
    v: NDArray[np.float64],
    settings: Settings,
    seed: np.random.SeedSequence,
) -> tuple[NDArray[np.bool_], float, float, int]:
    """Return core, fit, margin and ties by the method the settings choose."""
    if settings.core_method in ("eq4", "eq2"):
        equation = int(settings.core_method[2])
        return discrete_optimum(edges, equation, y, KICKS, seed.generate_state(1, np.uint64))
    if settings.core_method == "lip":
        core = lip(edges).core
    elif np.isfinite(u).all():
        core = concentrated(np.sqrt(u * v))
    else:
        return np.zeros(edges.n, bool), np.nan, np.nan, 0
    score = survey(4, edges.n, *adjacency(edges, y), core.astype(np.uint8))[0]
    return core, correlation(score) if score >= -1 else np.nan, np.nan, 1


class _Found:
    """Findings of one formation."""

    def __init__(self, formation: Formation) -> None:
        self._place: dict[str, Any] = {"cluster_id": formation.cluster_id, "year": formation.year}
        self._items: list[Finding] = []

    def add(self, code: str, **what: Any) -> None:
        """Add a finding of `code`."""
        self._items.append(Finding(code, **self._place, **what))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them, in the order of adding."""
        return tuple(self._items)
