"""Every core–periphery column of one formation."""

from __future__ import annotations

from typing import Final

import numpy as np

from clustercoop.analysis.closedness.components import formation_components
from clustercoop.analysis.core_periphery.borgatti_everett import (
    adjacency,
    correlation,
    discrete_optimum,
    smallest,
)
from clustercoop.analysis.core_periphery.common import Edges, as_edges
from clustercoop.analysis.core_periphery.elliott import two_cores
from clustercoop.analysis.core_periphery.firmness import FIRM, MOST, Firmness, perturbed_cores, tied_cores
from clustercoop.analysis.core_periphery.kernels import survey
from clustercoop.analysis.core_periphery.lip import lip, lip_cores, lip_z
from clustercoop.analysis.core_periphery.minres import concentrated, coreness
from clustercoop.analysis.core_periphery.rossa import LARGEST, profile_of
from clustercoop.analysis.core_periphery.significance import Null, refit_test
from clustercoop.analysis.core_periphery.structural import Structure, structural_order
from clustercoop.analysis.core_periphery.tiering import least_error
from clustercoop.analysis.metric import NAN, Measured, Measuring, Scalar
from clustercoop.graph.arrays import Bits, Bools, Floats, Ints
from clustercoop.graph.formation import Formation
from clustercoop.graph.settings import Settings

_P_VALUES: Final = ("core_p_degree", "core_p_degree_error", "core_p_density", "core_p_density_error")
ALPHA: Final = 0.05
"""Above this p a core is told to be no clearer than chance, or than degrees explain."""


def stream(settings: Settings, digest: int) -> Bits:
    """Return a network's own seeds (fit, degree null, density null, perturbations) from its digest.

    Neither the order of work nor any name changes one.
    """
    words = np.random.SeedSequence([settings.seed, digest]).generate_state(4, np.uint64)
    return np.asarray(words, dtype=np.uint64)


def measure(formation: Formation, settings: Settings) -> Measured:
    """Measure the core–periphery structure of a formation (see `measure_cores`)."""
    return measure_cores(formation, settings)[0]


def measure_cores(formation: Formation, settings: Settings) -> tuple[Measured, Firmness | None]:
    """Measure the core–periphery structure of a formation.

    Parameters
    ----------
    formation : Formation
        n members; links of positive value between different members, self-supply left out.
    settings : Settings
        ``core_method``, ``core_weights``, ``core_replicates``, ``core_error``, ``nulls`` and ``seed`` are
        used.

    Returns
    -------
    Measured
        The columns of ``formations.csv`` that start with ``core``, ``coreness_pre``, ``tiering_error``,
        ``tiering_error_density``, ``lip_z`` and ``rossa_centralisation``, and ``in_core``,
        ``core_stability``, ``supplier_coreness`` and ``buyer_coreness`` of members. What a degenerate
        formation does not have is unknown, with a finding.
    Firmness or None
        The core and what else could be it, for what rests on it; None where there is no core.

    Notes
    -----
    ``core_members`` is the optimum of `borgatti_everett` with ``core_method`` eq4 or eq2, the core of `lip`,
    or that of `minres`; ``core_fit`` is for the latter two the equation 4 correlation of their core, unknown
    for a core of one, and ``core_margin`` is defined for eq4 and eq2 only, ``core_ties`` not for minres. A
    core whose fit is not above 0 is no core: its members are left empty. Where several cores fit equally
    well, ``core_members`` are those of all of them, ``core_maybe_members`` those of some, and whether the
    latter are in the core is unknown. All fits are made in an order that the links make, so that renaming
    changes nothing.
    """
    network = structural_order(as_edges(formation))
    edges = network.edges
    y = edges.values(settings.core_weights)
    refusal = "core_too_few" if edges.n < 3 else "" if len(y) else "core_no_links"
    # Every pair linked, and all alike: nothing tells one member from another.
    even = not refusal and len(y) == edges.n * (edges.n - 1) and bool(np.ptp(y) <= 1e-5 * y.max())
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
        "core_fit core_margin core_ties core_size core_members core_maybe_members core_stability "
        "core_firmness core_p_degree core_p_degree_error core_p_density core_p_density_error",
        "in_core core_stability",
    )
    if refusal:
        for out in (profile, split):
            out.unknown(refusal, value=str(edges.n) if refusal == "core_too_few" else "")
        return Measured.joined((pieces, profile, split)), None
    _profile(profile, network, y, (u, v, pre), even, formation_components(formation)[network.order])
    firm = _split(split, network, y, (u, v), even, settings)
    return Measured.joined((pieces, profile, split)), firm


def _profile(
    out: Measuring,
    network: Structure,
    y: Floats,
    fitted: tuple[Floats, Floats, float],
    even: bool,
    parts: Ints,
) -> None:
    """Fill what describes the links without one split into core and periphery."""
    edges = network.edges
    u, v, pre = fitted
    out["coreness_pre"] = pre
    out.participants["supplier_coreness"] = network.back(u)
    out.participants["buyer_coreness"] = network.back(v)
    every = "coreness_pre", "supplier_coreness", "buyer_coreness"
    if even:
        out.unknown("core_no_contrast", *every, silent=True)
    elif not np.isfinite(u).all():
        out.unknown("core_coreness_open", *every)
    circle = profile_of(edges, y, parts=parts)
    out.formation |= {
        "tiering_error": least_error(edges, density=False)[1],
        "tiering_error_density": least_error(edges, density=True)[1],
        "lip_z": lip_z(edges),
        "rossa_centralisation": circle.centralisation,
    }
    if np.isnan(circle.centralisation):
        walkers = int(circle.inside.sum())
        code = "core_circle_large" if walkers > LARGEST else "core_no_circle"
        out.unknown(code, "rossa_centralisation", value=str(walkers))
    cores = two_cores(edges, y)
    out["core_in_out_fit"] = cores.fit
    if cores.fit > 0 and (network.torn(cores.core_out) | network.torn(cores.core_in)).any():
        out.unknown("core_in_out_tied", "core_out_members", "core_in_members")
    elif cores.fit > 0:
        out["core_out_members"] = _joined(out, network.back(cores.core_out))
        out["core_in_members"] = _joined(out, network.back(cores.core_in))
    none = "core_no_contrast" if np.isnan(cores.fit) else "core_weak"
    out.unknown(none, value="" if np.isnan(cores.fit) else f"{cores.fit:.3f}", silent=True)


def _split(
    out: Measuring,
    network: Structure,
    y: Floats,
    fitted: tuple[Floats, Floats],
    even: bool,
    settings: Settings,
) -> Firmness | None:
    """Fill the core, how well it fits, how firm and how significant it is; return what could be the core."""
    edges = network.edges
    seeds = stream(settings, network.digest)
    core, fit, margin, ties = _core(edges, y, *fitted, settings, seeds[:1])
    exact = settings.core_method in ("eq4", "eq2")
    if not core.any() or (even and not exact):
        few = exact and edges.n < smallest(settings.core_method[2])
        none = "core_no_contrast" if exact or even else "core_coreness_even"
        out.unknown("core_too_few" if few else none, value=str(edges.n))
        return None
    out["core_fit"], out["core_margin"] = fit, margin
    out["core_ties"] = NAN if np.isnan(ties) else int(ties)
    if not exact:
        out.unknown("core_margin_method", "core_margin", "core_ties")
    if np.isnan(fit):
        out.unknown("core_fit_undefined", "core_fit", value=str(int(core.sum())))
    firm = None
    if not fit <= 0:
        firm = _firm(out, network, y, core, ties, settings, seeds[3])
        if settings.nulls > 0:
            _significance(out, edges, y, settings, seeds[1:3])
        else:
            out.unknown("nulls_not_drawn", *_P_VALUES, silent=True)
    if fit <= 0 or _above(out.formation["core_p_density"]):
        out.tell("core_weak", value=f"{fit:.3f}")
    elif _above(out.formation["core_p_degree"]):
        out.tell("core_by_degree", value=f"{out.formation['core_p_degree']:.3f}")
    if fit <= 0:
        out.unknown("core_weak", value=f"{fit:.3f}", silent=True)
    out.unknown("core_margin_none", "core_margin", silent=True)
    return firm


def _firm(
    out: Measuring,
    network: Structure,
    y: Floats,
    core: Bools,
    ties: float,
    settings: Settings,
    seed: np.uint64,
) -> Firmness:
    """Fill who is in the core for certain, who in some of the best cores, and how firm that is."""
    edges, exact = network.edges, settings.core_method in ("eq4", "eq2")
    equation = int(settings.core_method[2]) if exact else 4
    tied, listed = core[None], not ties > 1
    if ties > 1:
        tied, listed = tied_cores(edges, equation, y, core) if exact else lip_cores(edges, MOST)
        out["core_ties"] = ties = max(int(ties), len(tied))
    perturbed = np.zeros((0, edges.n), bool)
    if exact and settings.core_replicates:
        asked = settings.core_error, settings.core_replicates, int(seed)
        perturbed = perturbed_cores(edges, equation, settings.core_weights, core, *asked)
    some, every = np.asarray(tied.any(axis=0)), np.asarray(tied.all(axis=0))
    if not listed:
        torn = network.torn(core)
        some, every = some | torn, every & ~torn
    maybe = network.back(some & ~every)
    sure = network.back(every)
    held = sure.astype(object)
    held[maybe] = None
    out.participants["in_core"] = held
    out.formation |= {"core_members": _joined(out, sure), "core_maybe_members": _joined(out, maybe)}
    sizes = set(tied.sum(axis=1).tolist())
    if listed and len(sizes) == 1:
        out["core_size"] = sizes.pop()
    if ties > 1:
        out.tell("core_tied", value=f"{ties:.0f}")
        out.unknown("core_tied", "core_size", "core_members", value=f"{ties:.0f}", silent=True)
        out.unknown_of(maybe, "core_tied", "in_core", values=[f"{ties:.0f}"] * edges.n)
    firm = Firmness(network.back(tied), listed, network.back(perturbed))
    if len(perturbed):
        out["core_stability"] = firm.stability
        out.participants["core_stability"] = network.back(network.evened(perturbed.mean(axis=0)))
        out["core_firmness"] = "firm core" if firm.stability >= FIRM else "fragile core"
    else:
        out.unknown("core_not_perturbed" if exact else "core_margin_method", "core_stability", silent=True)
    if ties > 1:
        out["core_firmness"] = "one of several cores"
    out.unknown("needs", "core_firmness", detail="core_stability", silent=True)
    return firm


def _joined(out: Measuring, core: Bools) -> str:
    return ";".join(map(str, out.of.ids[core]))


def _above(p: Scalar) -> bool:
    return isinstance(p, float) and p > ALPHA


def _significance(out: Measuring, edges: Edges, y: Floats, settings: Settings, seeds: Bits) -> None:
    """Fill the p-values of the core against both nulls; tell why one is unknown."""
    if settings.core_method not in ("eq4", "eq2"):
        out.unknown("core_null_method", *_P_VALUES)
        return
    nulls: tuple[Null, Null] = ("degree", "density")
    for k, null in enumerate(nulls):
        test = refit_test(
            edges, y, null, int(settings.core_method[2]), settings.nulls, seeds[k : k + 1].copy(), whole=False
        )
        names = f"core_p_{null}", f"core_p_{null}_error"
        out.formation |= dict(zip(names, (test.p, test.error), strict=True))
        if test.reason:
            alike = "core_null_frozen" if null == "degree" else "core_null_same"
            code = "core_null_large" if test.reason == "large" else alike
            out.unknown(code, *names, value=str(edges.n))


def _core(
    edges: Edges, y: Floats, u: Floats, v: Floats, settings: Settings, seed: Bits
) -> tuple[Bools, float, float, float]:
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
