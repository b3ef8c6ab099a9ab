"""Every core–periphery column of one formation."""

from __future__ import annotations

from typing import Final
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
from clustercoop.analysis.metric import NAN, Measured, Measuring, Scalar
from clustercoop.graph.formation import FloatArray, Formation
from clustercoop.graph.settings import Settings

_P_VALUES: Final = ("core_p_degree", "core_p_degree_error", "core_p_density", "core_p_density_error")
ALPHA: Final = 0.05
"""Above this p a core is told to be no clearer than chance, or than degrees explain."""


def stream(settings: Settings, formation: Formation) -> NDArray[np.uint64]:
    """Return the formation's own seeds (fit, degree null, density null): the order of work changes none."""
    entropy = [settings.seed, crc32(formation.cluster_id.encode()), formation.year]
    return np.asarray(np.random.SeedSequence(entropy).generate_state(3, np.uint64), dtype=np.uint64)


def measure(formation: Formation, settings: Settings) -> Measured:
    """Measure the core–periphery structure of a formation.

    Parameters
    ----------
    formation : Formation
        n members; links of positive value between different members, self-supply left out.
    settings : Settings
        ``core_method``, ``core_weights``, ``nulls`` and ``seed`` are used.

    Returns
    -------
    Measured
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
    refusal = "core_too_few" if edges.n < 3 else "" if len(y) else "core_no_links"
    # Every pair linked, and all alike: nothing tells one member from another.
    even = not refusal and bool(np.ptp(y) <= 1e-5 * y.max()) and len(y) == edges.n * (edges.n - 1)
    u, v, pre = (np.empty(0), np.empty(0), NAN) if refusal else coreness(edges, y)
    pieces = Measuring(formation, "core_components core_isolates")
    pieces["core_components"], pieces["core_isolates"] = edges.components, int(edges.isolates.sum())
    if edges.components != 1 and not refusal:
        pieces.tell("core_components", value=str(edges.components))
    profile = Measuring(
        formation,
        "coreness_pre tiering_error tiering_error_density lip_z rossa_centralisation core_in_out_fit "
        "core_out_members core_in_members",
        "supplier_coreness buyer_coreness",
    )
    split = Measuring(
        formation,
        "core_fit core_margin core_ties core_size core_members core_p_degree core_p_degree_error "
        "core_p_density core_p_density_error",
        "in_core",
    )
    if refusal:
        for out in (profile, split):
            out.unknown(refusal, value=str(edges.n) if refusal == "core_too_few" else "")
        return pieces + profile + split
    _profile(profile, edges, y, (u, v, pre), even)
    _split(split, edges, y, (u, v), even, settings)
    return pieces + profile + split


def _profile(
    out: Measuring, edges: Edges, y: FloatArray, fitted: tuple[FloatArray, FloatArray, float], even: bool
) -> None:
    """Fill what describes the links without one split into core and periphery."""
    u, v, pre = fitted
    out["coreness_pre"], out.participants["supplier_coreness"], out.participants["buyer_coreness"] = pre, u, v
    every = "coreness_pre", "supplier_coreness", "buyer_coreness"
    if even:
        out.unknown("core_no_contrast", *every, silent=True)
    elif not np.isfinite(u).all():
        out.unknown("core_coreness_open", *every)
    circle = profile_of(edges, y)
    out.formation |= {
        "tiering_error": tiering(edges).fit,
        "tiering_error_density": tiering(edges, score="density").fit,
        "lip_z": lip(edges).fit,
        "rossa_centralisation": circle.centralisation,
    }
    if np.isnan(circle.centralisation):
        walkers = int(circle.inside.sum())
        code = "core_circle_large" if walkers > LARGEST else "core_no_circle"
        out.unknown(code, "rossa_centralisation", value=str(walkers))
    cores = two_cores(edges, y)
    out["core_in_out_fit"] = cores.fit
    if cores.fit > 0:
        out["core_out_members"] = _joined(edges, cores.core_out)
        out["core_in_members"] = _joined(edges, cores.core_in)
    none = "core_no_contrast" if np.isnan(cores.fit) else "core_weak"
    out.unknown(none, value="" if np.isnan(cores.fit) else f"{cores.fit:.3f}", silent=True)


def _split(
    out: Measuring,
    edges: Edges,
    y: FloatArray,
    fitted: tuple[FloatArray, FloatArray],
    even: bool,
    settings: Settings,
) -> None:
    """Fill the core, how well it fits and how significant that is."""
    seeds = stream(settings, out.of)
    core, fit, margin, ties = _core(edges, y, *fitted, settings, seeds[:1])
    exact = settings.core_method in ("eq4", "eq2")
    if not core.any() or (even and not exact):
        few = exact and edges.n < smallest(settings.core_method[2])
        none = "core_no_contrast" if exact or even else "core_coreness_even"
        out.unknown("core_too_few" if few else none, value=str(edges.n))
        return
    out["core_fit"], out["core_margin"] = fit, margin
    out["core_ties"] = NAN if np.isnan(ties) else int(ties)
    if not exact:
        out.unknown("core_margin_method", "core_margin", "core_ties")
    if np.isnan(fit):
        out.unknown("core_fit_undefined", "core_fit", value=str(int(core.sum())))
    if not fit <= 0:
        out.formation |= {"core_size": int(core.sum()), "core_members": _joined(edges, core)}
        out.participants["in_core"] = core.astype(object)
        if ties > 1:
            out.tell("core_tied", value=f"{ties:.0f}")
        if settings.nulls > 0:
            _significance(out, edges, y, settings, seeds[1:])
        else:
            out.unknown("nulls_not_drawn", *_P_VALUES, silent=True)
    if fit <= 0 or _above(out.formation["core_p_density"]):
        out.tell("core_weak", value=f"{fit:.3f}")
    elif _above(out.formation["core_p_degree"]):
        out.tell("core_by_degree", value=f"{out.formation['core_p_degree']:.3f}")
    if fit <= 0:
        out.unknown("core_weak", value=f"{fit:.3f}", silent=True)
    out.unknown("core_margin_none", "core_margin", silent=True)


def _joined(edges: Edges, core: NDArray[np.bool_]) -> str:
    return ";".join(map(str, edges.ids[core]))


def _above(p: Scalar) -> bool:
    return isinstance(p, float) and p > ALPHA


def _significance(
    out: Measuring, edges: Edges, y: FloatArray, settings: Settings, seeds: NDArray[np.uint64]
) -> None:
    """Fill the p-values of the core against both nulls; tell why one is unknown."""
    if settings.core_method not in ("eq4", "eq2"):
        out.unknown("core_null_method", *_P_VALUES)
        return
    nulls: tuple[Null, Null] = ("degree", "density")
    for k, null in enumerate(nulls):
        test = refit_test(
            edges, y, null, int(settings.core_method[2]), settings.nulls, seeds[k : k + 1].copy()
        )
        names = f"core_p_{null}", f"core_p_{null}_error"
        out.formation |= dict(zip(names, (test.p, test.error), strict=True))
        if test.reason:
            alike = "core_null_frozen" if null == "degree" else "core_null_same"
            code = "core_null_large" if test.reason == "large" else alike
            out.unknown(code, *names, value=str(edges.n))


def _core(
    edges: Edges,
    y: FloatArray,
    u: FloatArray,
    v: FloatArray,
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
