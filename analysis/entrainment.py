"""The active core, and what it pulls along: Leontief for demand, Ghosh for supply."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clustercoop.analysis.closedness.finn import checked_flows, formation_closed
from clustercoop.analysis.closedness.throughflow import ROUNDING, throughflow
from clustercoop.analysis.core_periphery.firmness import SAME, Firmness
from clustercoop.analysis.linear import solve_leontief, unproductive
from clustercoop.analysis.metric import NAN, Measured, Measuring, is_known
from clustercoop.analysis.roles import producing, said
from clustercoop.analysis.thresholds import load_thresholds
from clustercoop.graph.arrays import AnyInts, Bools, Floats
from clustercoop.graph.errors import parameter_error
from clustercoop.graph.formation import Formation
from clustercoop.graph.settings import Settings


def leontief_inverse(flows: ArrayLike, output: ArrayLike) -> Floats:
    r"""Return ``L = (I − A)^-1``, ``A_ij = f_ij / x_j``, shape (n, n).

    L_ij is the output of i that one unit of final demand for j calls forth.

    Parameters
    ----------
    flows : array-like, shape (n, n)
        ``flows[i, j]`` is what i supplied to j.
    output : array-like, shape (n,)
        Output x, positive wherever something is bought.

    Raises
    ------
    ParameterError
        Shapes that do not fit, negative values, purchases beside no output, or an economy that is not
        productive (the spectral radius of A is 1 or more).

    References
    ----------
    Leontief, W. (1936); Miller, R. E., Blair, P. D. (2009). Input–Output Analysis, chapter 2.

    Examples
    --------
    Miller and Blair's two-sector example: A = [[.15, .25], [.20, .05]].

    >>> leontief_inverse([[150, 500], [200, 100]], [1000, 2000]).round(4).tolist()
    [[1.2541, 0.33], [0.264, 1.1221]]
    """
    return _inverse("leontief_inverse", flows, output, by_buyer=True)


def ghosh_inverse(flows: ArrayLike, output: ArrayLike) -> Floats:
    r"""Return ``(I − B)^-1``, ``B_ij = f_ij / x_i``, shape (n, n).

    Its (i, j) entry is by how much the value of j's output rises with one unit more of i's primary costs,
    passed on in full (Ghosh's model read as a price model).

    Parameters and errors as for `leontief_inverse`.

    References
    ----------
    Ghosh, A. (1958); Dietzenbacher, E. (1997). In vindication of the Ghosh model: a reinterpretation as a
    price model. Journal of Regional Science 37, 629–651.

    Examples
    --------
    >>> ghosh_inverse([[150, 500], [200, 100]], [1000, 2000]).round(4).tolist()
    [[1.2541, 0.6601], [0.132, 1.1221]]
    """
    return _inverse("ghosh_inverse", flows, output, by_buyer=False)


def _inverse(name: str, flows: ArrayLike, output: ArrayLike, *, by_buyer: bool) -> Floats:
    matrix, x = checked_flows(name, flows, output)
    src, dst = np.nonzero(matrix)
    base = x[dst] if by_buyer else x[src]
    if not (base > 0).all():
        raise parameter_error("output", name, "positive wherever something flows", 0.0)
    inverse = solve_leontief(len(x), src, dst, matrix[src, dst] / base, np.eye(len(x)))
    if np.isnan(inverse).any():
        raise unproductive("flows", name)
    return inverse


def core_pull(src: AnyInts, dst: AnyInts, weight: Floats, output: Floats, core: Bools) -> Floats:
    r"""Return the output that one unit of final demand for the core pulls from each participant, shape (n,).

    .. math:: e = (L - I)\, s, \quad s_j = x_j / \sum_{k \in C} x_k \text{ in the core, else } 0

    The unit is spread over the core members by their output; their own first round is not counted, so that
    members of the core, too, show what is pulled from them. NaN throughout when the cluster is not
    productive or the core has no output.

    Parameters
    ----------
    src, dst, weight : arrays, shape (m,)
        Supplies.
    output : array, shape (n,)
        Output, positive wherever something is bought.
    core : array of bool, shape (n,)
        Which participants are the core.
    """
    share = _core_weights(output, core)
    return solve_leontief(len(output), src, dst, weight / output[dst], share) - share


def core_push(src: AnyInts, dst: AnyInts, weight: Floats, output: Floats, core: Bools) -> Floats:
    r"""Return by how much each participant's output value rises with one unit of the core's primary costs.

    .. math:: p = s (G - I), \quad G = (I - B)^{-1}, \quad B_{ij} = w_{ij} / x_i

    with s as in `core_pull`; parameters and NaN as there.
    """
    share = _core_weights(output, core)
    return solve_leontief(len(output), src, dst, weight / output[src], share, transpose=True) - share


def _core_weights(output: Floats, core: Bools) -> Floats:
    weights = np.where(core, output, 0.0)
    total = weights.sum()
    return weights / total if total > 0 else np.full(len(output), NAN)


RANGED: Final = (
    "core_output_share",
    "core_employees_share",
    "core_rd_share",
    "core_supply_share",
    "core_pull",
    "core_push",
)
"""Figures of the core that are given with their range over what else could be it."""


def measure(formation: Formation, settings: Settings, core: Firmness | NDArray[Any] | None) -> Measured:
    """Measure the active core and what it pulls along.

    Parameters
    ----------
    formation : Formation
    settings : Settings
        `thresholds` (roles that do not produce) matters here.
    core : Firmness, array of bool, shape (n,), or None
        Which members are the core, and what else could be it; None or any unknown entry leaves all columns
        empty.

    Returns
    -------
    Measured
        Participant columns ``entrainment`` (output pulled by one unit of final demand for the core),
        ``entrained_share`` (part of its own output that the core's final demand calls forth), ``push``;
        formation columns ``core_output_share``, ``core_supply_share``, ``core_employees_share``,
        ``core_rd_share``, ``core_pull`` and ``core_push`` (sums over the periphery),
        ``periphery_entrained_share``; and the least and the largest of the first six, with ``_low`` and
        ``_high``, over the cores that fit equally well and those of the perturbed networks. What differs
        between cores that fit equally well is unknown.
    """
    firm = core if isinstance(core, Firmness) else _alone(core, formation.n)
    ranges = Measuring(formation, " ".join(f"{name}_{end}" for name in RANGED for end in ("low", "high")))
    if firm is None:
        ranges.unknown("needs", detail="core_members", silent=True)
        return _core_shares(formation, settings, None) + _entrainment(formation, settings, None)[0] + ranges
    # numpy's unique rows, in the same order, take a fifth of the time of all this.
    every = np.concatenate([firm.tied, firm.perturbed])
    rows = sorted({core.tobytes() for core in every[every.any(axis=1)]})
    met = np.frombuffer(b"".join(rows), np.bool_).reshape(len(rows), formation.n)
    cores, tied = np.concatenate([firm.tied, met]), len(firm.tied)
    entrained, pulls = _entrainment(formation, settings, cores)
    found = _core_shares(formation, settings, cores[0]) + entrained
    if firm.all_tied:
        _fill_ranges(ranges, formation, met, found, pulls[:, tied:])
        ranges.unknown("core_range_unknown", silent=True)
    if tied == 1 and firm.all_tied:
        return found + ranges
    alike = Measured()
    if firm.all_tied:
        even = Measuring(formation, " ".join(ranges.formation))
        _fill_ranges(even, formation, firm.tied, found, pulls[:, :tied])
        for name in RANGED:
            low, high = (even.formation[f"{name}_{end}"] for end in ("low", "high"))
            assert isinstance(low, float) and isinstance(high, float)
            if high - low <= SAME * high:
                alike.formation[name] = high
    out = Measuring(formation, " ".join(found.formation), " ".join(found.participants))
    out.formation |= alike.formation
    out.findings += found.findings
    out.gaps += [gap for gap in found.gaps if gap.column in found.formation]
    explained = {gap.column for gap in out.gaps}
    ranges.unknown("core_tied", value=f"{tied}", silent=True)
    rest = [name for name in (*out.formation, *out.participants) if name not in explained]
    out.unknown("core_tied", *rest, value=f"{tied}", silent=True)
    return out + ranges


def _alone(core: NDArray[Any] | None, n: int) -> Firmness | None:
    inside = _known_core(core, n)
    return None if inside is None else Firmness(inside[None], True, np.zeros((0, n), bool))


def _fill_ranges(out: Measuring, formation: Formation, cores: Bools, found: Measured, pulls: Floats) -> None:
    """Set the least and largest of `RANGED` over `cores`, shape (k, n), where `found` has the figure.

    `pulls` (2, k) are their pull and push.
    """
    supplied = throughflow(formation).supplied
    figures = np.array([formation.output, formation.employees, formation.rd_expenses, supplied])
    unknown, members = np.isnan(figures), cores.astype(np.float64).T
    held = np.where(unknown, 0.0, figures)
    wholes = held.sum(axis=1, keepdims=True)
    shares = np.divide(held @ members, wholes, out=np.zeros((4, len(cores))), where=wholes != 0)
    every = np.concatenate([np.where(unknown @ members > 0, NAN, shares), pulls])
    ends = every.min(axis=1, initial=np.inf).tolist(), every.max(axis=1, initial=-np.inf).tolist()
    for name, low, high in zip(RANGED, *ends, strict=True):
        if is_known(found.formation[name]) and low <= high:  # not NaN
            out[f"{name}_low"], out[f"{name}_high"] = low, high


def _entrainment(formation: Formation, settings: Settings, cores: Bools | None) -> tuple[Measured, Floats]:
    """Measure what the first of `cores`, shape (k, n), pulls along; return pull and push of each, (2, k).

    These are NaN where an output is unknown.
    """
    out = Measuring(
        formation, "core_pull core_push periphery_entrained_share", "entrainment entrained_share push"
    )
    if cores is None:
        out.unknown("needs", detail="core_members", silent=True)
        return out, np.full((2, 0), NAN)
    inside, pulls = cores[0], np.full((2, len(cores)), NAN)
    flow = throughflow(formation)
    if not formation.has_links:
        out.unknown("closedness_no_links", silent=True)
        return out, pulls
    if flow.contradicted.any():  # the closedness measures tell of it
        out.unknown(flow.refusal, detail=out.names(flow.contradicted), silent=True)
        return out, pulls
    output = np.where(np.isnan(formation.output), 0.0, formation.output)
    lacking = (output <= 0) & (inside | ((flow.supplied > 0) & (flow.bought > 0)))
    if lacking.any():
        out.unknown("entrainment_output_unknown", detail=out.names(lacking))
        return out, pulls
    if formation_closed(formation).any():
        out.unknown("leontief_unproductive")
        return out, pulls
    src, dst, weight = formation.src, formation.dst, formation.weight
    # A buyer that supplies nobody passes no pull on, a supplier that buys nothing gets no push to pass on:
    # their own coefficients are not needed, so their output may be unknown.
    buying, selling = output[dst] > 0, output[src] > 0
    final = np.where(inside, output - flow.supplied, 0.0)
    on_stock = bool((final < -ROUNDING * output).any())
    weights = np.where(cores, output, 0.0)
    share = (weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-300)).T
    wanted = solve_leontief(
        formation.n,
        src[buying],
        dst[buying],
        weight[buying] / output[dst[buying]],
        np.column_stack([share] if on_stock else [share, final]),
    )
    passed = solve_leontief(
        formation.n, src[selling], dst[selling], weight[selling] / output[src[selling]], share, transpose=True
    )
    effects = np.stack([wanted[:, : len(cores)], passed]) - share
    pulled, pushed = effects[:, :, 0].copy()  # a view would keep what every other core does in memory
    if np.isnan(pulled).any() or np.isnan(pushed).any():
        out.unknown("leontief_unproductive")
        return out, pulls
    out.participants |= {"entrainment": pulled, "push": pushed}
    periphery = ~inside
    out["core_pull"] = float(pulled[periphery].sum())
    out["core_push"] = float(pushed[periphery].sum())
    lacking = (cores & (output <= 0)).any(axis=1)
    pulls = np.where(lacking, NAN, (effects * ~cores.T).sum(axis=1))
    if on_stock:  # the core drew on stock: its final demand is not what it made
        out.unknown("core_on_stock")
        return out, pulls
    called = wanted[:, -1] - final
    # A member that drew on stock can be called on for more than it made: its share of that is unknown.
    usable = (output > 0) & (called <= output * (1 + ROUNDING))
    out.participants["entrained_share"] = np.divide(
        called, output, out=np.full(formation.n, NAN), where=usable
    )
    out.unknown_of(~(output > 0), "member_output_unknown", "entrained_share")
    out.unknown_of(~usable, "core_on_stock", "entrained_share")
    whole = float(output[periphery].sum())
    expected = producing(formation, load_thresholds(settings.thresholds)) | (called > 0)
    unknown = periphery & np.isnan(formation.output) & expected
    if unknown.any():
        out.unknown("entrainment_output_unknown", detail=out.names(unknown))
    elif not whole > 0:
        out.unknown("periphery_without_output")
    elif usable[periphery & (called > 0)].all():
        out["periphery_entrained_share"] = float(called[periphery].sum()) / whole
    else:
        out.unknown("core_on_stock")
    return out, pulls


def _known_core(core: NDArray[Any] | None, n: int) -> Bools | None:
    """Return the core as booleans, None where it is unknown or empty."""
    if core is None or len(core) != n:
        return None
    entries = np.asarray(core)
    if entries.dtype != np.bool_:
        if any(entry is None or entry != entry for entry in entries.tolist()):
            return None
        entries = entries.astype(np.bool_)
    return entries if entries.any() else None


def _core_shares(formation: Formation, settings: Settings, core: Bools | None) -> Measured:
    """Measure the core's shares; unknown, and told, where a member that should have the figure lacks it.

    Members whose role does not produce and of which no cell says that there is an output may lack that one:
    they are left out of it; employees and R&D are nobody's to lack. A negative figure is as good as none: no
    share of a sum holds it.
    """
    out = Measuring(formation, "core_output_share core_employees_share core_rd_share core_supply_share")
    if core is None:
        out.unknown("needs", detail="core_members", silent=True)
        return out
    expected = producing(formation, load_thresholds(settings.thresholds)) | core
    names = ("core_output_share", "core_employees_share", "core_rd_share")
    of = ("output", "employees", "rd_expenses")
    figures = np.array([getattr(formation, name) for name in of])
    everyone = np.ones(formation.n, bool)
    expected = np.array([expected | said(formation, "output"), everyone, everyone])
    unknown = np.isnan(figures)
    lacking = (unknown & expected) | (figures < 0)
    known = np.where(unknown, 0.0, figures)
    wholes, cores = known.sum(axis=1).tolist(), known[:, core].sum(axis=1).tolist()
    gaps = lacking.any(axis=1).tolist()
    for k, name in enumerate(names):
        if gaps[k]:
            out.unknown("core_shares_unknown", name, detail=out.names(lacking[k]), column=name)
        elif wholes[k] > 0:
            out[name] = cores[k] / wholes[k]
        else:
            out.unknown("core_share_of_nothing", name, column=name)
    supplied = throughflow(formation).supplied
    whole = float(supplied.sum())
    # What some members supply is known from their reports alone: the links are not all of it.
    used = (formation.used_by_participants > 0) | said(formation, "used_by_participants")
    reported = used & ~(supplied > 0)
    if reported.any() and settings.internal_supply != "links_only":
        out.unknown("core_supply_reported", "core_supply_share", detail=out.names(reported), silent=True)
    elif formation.has_links and whole > 0:
        out["core_supply_share"] = float(supplied[core].sum()) / whole
    out.unknown("no_internal_links" if formation.has_links else "closedness_no_links", silent=True)
    return out
