"""Every core–periphery column of one formation."""

from __future__ import annotations

from typing import Any, Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from clustercoop.analysis.core_periphery.borgatti_everett import (
    adjacency,
    correlation,
    discrete_optimum,
    smallest,
)
from clustercoop.analysis.core_periphery.common import Edges, as_edges
from clustercoop.analysis.core_periphery.elliott import two_cores
from clustercoop.analysis.core_periphery.kernels import survey
from clustercoop.analysis.core_periphery.lip import lip
from clustercoop.analysis.core_periphery.minres import concentrated, coreness
from clustercoop.analysis.core_periphery.rossa import LARGEST, profile_of
from clustercoop.analysis.core_periphery.significance import Null, refit_test
from clustercoop.analysis.core_periphery.tiering import tiering
from clustercoop.analysis.measures import Measures, Scalar
from clustercoop.graph.findings import Finding
from clustercoop.graph.formation import Formation
from clustercoop.graph.settings import Settings

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
    "rossa_centralisation",
    "core_in_out_fit",
)
ALPHA: Final = 0.05
"""Above this p a core is told to be no clearer than chance, or than degrees explain."""


def stream(settings: Settings, formation: Formation) -> NDArray[np.uint64]:
    """Return the formation's own seeds (fit, degree null, density null): the order of work changes none."""
    entropy = [settings.seed, crc32(formation.cluster_id.encode()), formation.year]
    return np.asarray(np.random.SeedSequence(entropy).generate_state(3, np.uint64), dtype=np.uint64)


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
        ``tiering_error_density``, ``lip_z`` and ``rossa_centralisation``, and ``in_core``,
        ``supplier_coreness`` and ``buyer_coreness`` of members. What a degenerate formation does not have is
        unknown, with a finding.

    Notes
    -----
    ``core_members`` is the optimum of `borgatti_everett` with ``core_method`` eq4 or eq2, the core of `lip`,
    or that of `minres`; ``core_fit`` is for the latter two the equation 4 correlation of their core, unknown
    for a core of one, and ``core_margin`` is defined for eq4 and eq2 only, ``core_ties`` not for minres. A
    core whose fit is not above 0 is no core: its members are left empty.
    """
    edges = as_edges(formation)
    y = edges.values(settings.core_weights)
    found = _Found(formation)
    columns: dict[str, Scalar] = {name: np.nan for name in UNKNOWN}
    columns |= {
        "core_members": "",
        "core_out_members": "",
        "core_in_members": "",
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
    even = bool(np.ptp(y) <= 1e-5 * y.max()) and len(y) == edges.n * (edges.n - 1)
    if not np.isfinite(u).all() and not even:
        found.add("core_coreness_open")
    circle = profile_of(edges, y)
    people |= {"supplier_coreness": u, "buyer_coreness": v}
    columns |= {
        "coreness_pre": pre,
        "tiering_error": tiering(edges).fit,
        "tiering_error_density": tiering(edges, score="density").fit,
        "lip_z": lip(edges).fit,
        "rossa_centralisation": circle.centralisation,
    }
    if np.isnan(circle.centralisation):
        walkers = int(circle.inside.sum())
        found.add("core_circle_large" if walkers > LARGEST else "core_no_circle", value=str(walkers))
    cores = two_cores(edges, y)
    columns["core_in_out_fit"] = cores.fit
    if cores.fit > 0:
        columns["core_out_members"] = _joined(edges, cores.core_out)
        columns["core_in_members"] = _joined(edges, cores.core_in)
    seeds = stream(settings, formation)
    core, fit, margin, ties = _core(edges, y, u, v, settings, seeds[:1])
    fitted = settings.core_method in ("eq4", "eq2")
    if not core.any() or (even and not fitted):
        few = fitted and edges.n < smallest(settings.core_method[2])
        none = "core_no_contrast" if fitted or even else "core_coreness_even"
        found.add("core_too_few" if few else none, value=str(edges.n))
        return Measures(columns, people, found.findings)
    columns |= {"core_fit": fit, "core_margin": margin, "core_ties": ties if np.isnan(ties) else int(ties)}
    if not fitted:
        found.add("core_margin_method")
    if np.isnan(fit):
        found.add("core_fit_undefined", value=str(int(core.sum())))
    if not fit <= 0:
        columns |= {"core_size": int(core.sum()), "core_members": _joined(edges, core)}
        in_core[:] = core
        if ties > 1:
            found.add("core_tied", value=f"{ties:.0f}")
        if settings.nulls > 0:
            columns |= _significance(edges, y, settings, seeds[1:], found)
    if fit <= 0 or _above(columns["core_p_density"]):
        found.add("core_weak", value=f"{fit:.3f}")
    elif _above(columns["core_p_degree"]):
        found.add("core_by_degree", value=f"{columns['core_p_degree']:.3f}")
    return Measures(columns, people, found.findings)


def _joined(edges: Edges, core: NDArray[np.bool_]) -> str:
    return ";".join(map(str, edges.ids[core]))


def _above(p: Scalar) -> bool:
    return isinstance(p, float) and p > ALPHA


def _significance(
    edges: Edges, y: NDArray[np.float64], settings: Settings, seeds: NDArray[np.uint64], found: _Found
) -> dict[str, Scalar]:
    """Return the p-values of the core against both nulls, with a finding for each that is unknown."""
    if settings.core_method not in ("eq4", "eq2"):
        found.add("core_null_method")
        return {}
    columns: dict[str, Scalar] = {}
    nulls: tuple[Null, Null] = ("degree", "density")
    told = set()
    for k, null in enumerate(nulls):
        test = refit_test(
            edges, y, null, int(settings.core_method[2]), settings.nulls, seeds[k : k + 1].copy()
        )
        columns |= {f"core_p_{null}": test.p, f"core_p_{null}_error": test.error}
        if test.reason and test.reason not in told:
            told.add(test.reason)
            alike = "core_null_frozen" if null == "degree" else "core_null_same"
            code = "core_null_large" if test.reason == "large" else alike
            found.add(code, value=str(edges.n))
    return columns


def _core(
    edges: Edges,
    y: NDArray[np.float64],
    u: NDArray[np.float64],
    v: NDArray[np.float64],
    settings: Settings,
    seed: NDArray[np.uint64],
) -> tuple[NDArray[np.bool_], float, float, float]:
    """Return core, fit, margin and ties by the method the settings choose; NaN what it does not define."""
    if settings.core_method in ("eq4", "eq2"):
        equation = int(settings.core_method[2])
        return discrete_optimum(edges, equation, y, None, seed)
    if settings.core_method == "lip":
        best = lip(edges)
        core, ties = best.core, float(best.ties)
    else:
        core, ties = concentrated(np.sqrt(u * v)), np.nan
    score = survey(4, edges.n, *adjacency(edges, y), core.astype(np.int64))[0]
    return core, correlation(score) if score >= -1 else np.nan, np.nan, ties


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
