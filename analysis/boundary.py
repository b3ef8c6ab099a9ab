"""How much of the recorded trade stays inside: E–I index, conductance, coverage, reciprocity."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from clustercoop.analysis.diversity import reverse_weights
from clustercoop.graph.arrays import AnyInts, Floats
from clustercoop.graph.formation import sum_by


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def ei_index(internal: float, external: float) -> float:
    """Return the E–I index ``(E − I) / (E + I)``: −1 is closed, +1 has external ties only.

    Parameters
    ----------
    internal, external : float ≥ 0
        Value (or number) of ties inside, and across the boundary. For a formation in a supply network:
        I = supply between different members; E = sales to outside + purchases from outside. NaN where
        both are 0.

    Examples
    --------
    >>> ei_index(3.0, 1.0)
    -0.5

    References
    ----------
    .. [1] Krackhardt & Stern 1988, Informal networks and organizational crises, Social Psychology
       Quarterly 51(2).
    """
    total = internal + external
    return (external - internal) / total if total > 0 else float("nan")


def coverage(internal: float, external: float) -> float:
    """Return ``I / (I + E)``: the share of the ties that touch the formation which lie inside it.

    It equals ``(1 − E–I) / 2``. NaN where both are 0.

    Examples
    --------
    >>> coverage(3.0, 1.0)
    0.75

    References
    ----------
    .. [1] Fortunato 2010, Community detection in graphs, Physics Reports 486, section on quality functions.
    """
    return _share(internal, internal + external)


def conductance(internal: float, external: float, total: float) -> float:
    """Return ``cut / min(vol(C), vol(rest))``: link value across the boundary over the smaller side's volume.

    Direction is dropped: every link counts at both of its ends, as in the symmetrised network W + Wᵀ. So
    cut = E, vol(C) = 2 I + E and vol(rest) = 2 total − vol(C).

    Parameters
    ----------
    internal, external : float ≥ 0
        Link value inside, and across the boundary in both directions.
    total : float ≥ 0
        Link value of the whole recorded network, self-supply excluded.

    Returns
    -------
    float
        In [0, 1]; NaN where either side has no link at all.

    Examples
    --------
    >>> conductance(internal=4.0, external=2.0, total=20.0)
    0.2

    References
    ----------
    .. [1] Kannan, Vempala & Vetta 2004, On clusterings: good, bad and spectral, Journal of the ACM 51(3).
    """
    volume = 2 * internal + external
    rest = 2 * total - volume
    # The rest's volume is a difference of sums: below rounding it is nothing, not a tiny something.
    return _share(external, min(volume, rest)) if rest > 1e-12 * total else float("nan")


def reciprocity(src: AnyInts, dst: AnyInts, weight: Floats) -> float:
    """Return the weighted reciprocity ``Σ min(w_ij, w_ji) / Σ w_ij`` over i ≠ j.

    Parameters
    ----------
    src, dst, weight : arrays, shape (m,)
        Edges in any order; parallel edges are summed and loops left out. NaN without a positive edge.

    Examples
    --------
    >>> reciprocity(np.array([0, 1, 1]), np.array([1, 0, 2]), np.array([3.0, 1.0, 4.0]))
    0.25

    References
    ----------
    .. [1] Squartini, Picciolo, Ruzzenenti & Garlaschelli 2013, Reciprocity of weighted networks,
       Scientific Reports 3.
    """
    kept = src != dst
    n = int(max(src.max(initial=-1), dst.max(initial=-1))) + 1
    key, place = np.unique(src[kept].astype(np.int64) * n + dst[kept], return_inverse=True)
    summed = sum_by(place, weight[kept], len(key))
    back = reverse_weights(key // max(n, 1), key % max(n, 1), summed, n)
    return sorted_reciprocity(summed, back)


def sorted_reciprocity(weight: Floats, back: Floats) -> float:
    """Return the reciprocity from edges and their `reverse_weights`.

    Examples
    --------
    >>> sorted_reciprocity(np.array([3.0, 1.0]), np.array([1.0, 3.0]))
    0.5
    """
    return _share(float(np.minimum(weight, back).sum()), float(weight.sum()))


def partition_ties(src: AnyInts, dst: AnyInts, weight: Floats, group: npt.ArrayLike) -> tuple[float, float]:
    """Return the value of ties within groups and between groups of a partition; loops are left out.

    Each row of the edge arrays is one tie: list an undirected tie once (or every one twice; the indices are
    ratios and do not change).

    Examples
    --------
    >>> partition_ties(np.array([0, 1, 0]), np.array([1, 2, 0]), np.array([5.0, 2.0, 9.0]), ["a", "a", "b"])
    (5.0, 2.0)
    """
    _, code = np.unique(np.asarray(group), return_inverse=True)
    proper = src != dst
    same = code[src] == code[dst]
    return float(weight[proper & same].sum()), float(weight[proper & ~same].sum())


def partition_ei_index(src: AnyInts, dst: AnyInts, weight: Floats, group: npt.ArrayLike) -> float:
    """Return the E–I index of a whole network under a partition into groups, each tie counted once.

    Examples
    --------
    >>> partition_ei_index(np.array([0, 1]), np.array([1, 2]), np.array([3.0, 1.0]), [0, 0, 1])
    -0.5
    """
    return ei_index(*partition_ties(src, dst, weight, group))


def partition_coverage(src: AnyInts, dst: AnyInts, weight: Floats, group: npt.ArrayLike) -> float:
    """Return the share of tie value of a network that lies within the groups of a partition.

    Examples
    --------
    >>> partition_coverage(np.array([0, 1]), np.array([1, 2]), np.array([3.0, 1.0]), [0, 0, 1])
    0.75
    """
    return coverage(*partition_ties(src, dst, weight, group))
