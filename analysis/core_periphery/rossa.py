"""Della Rossa's core–periphery profile: how a walker's persistence grows with the set it is to stay in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from clustercoop.analysis.closedness.components import component_labels
from clustercoop.analysis.core_periphery.common import Edges, GraphLike, as_edges, check_weights
from clustercoop.analysis.jit import jit
from clustercoop.graph.arrays import Bools, Floats, Ints, Objects
from clustercoop.graph.errors import parameter_error
from clustercoop.graph.settings import Weights

LARGEST: Final = 4000
"""Above this many participants the walk's matrix (n² cells) is not built, and the profile is unknown."""

TIE: Final = 1e-12

RARE: Final = 1e-8
"""Below this least share of visits the linear system's rounding shows."""


@dataclass(frozen=True, eq=False)
class RossaProfile:
    """The profile of a graph.

    Attributes
    ----------
    ids : array of object, shape (n,)
        The participants.
    inside : array of bool, shape (n,)
        Those a walk covers: the largest strongly connected part, or all with teleportation. Fewer than three,
        or more than `LARGEST`, have no profile.
    order : array of int64, shape (k,)
        Numbers of the covered participants, from the outermost inwards.
    profile : array of float64, shape (k,)
        α_1 … α_k = 1: persistence of the first 1 … k of them. Without teleportation α_1 = 0, never falling.
    coreness : array of float64, shape (n,)
        α at the participant's own entry; NaN outside.
    centralisation : float
        C in [0, 1]: 1 a star, 0 a complete graph. NaN where fewer than 3 are covered.
    """

    ids: Objects
    inside: Bools
    order: Ints
    profile: Floats
    coreness: Floats
    centralisation: float


def rossa_profile(graph: GraphLike, *, weights: Weights = "relative", teleport: float = 0.0) -> RossaProfile:
    """Order the participants from the periphery inwards, by where a random walker lingers least.

    Parameters
    ----------
    graph : graph-like of n participants
        See `as_edges`.
    weights : {"relative", "log1p", "raw", "binary"}
        What the walker's steps are proportional to.
    teleport : float
        Chance in [0, 1) that a step goes to anyone at random. At 0 the walk is confined to the largest
        strongly connected part (of equal ones, that of the first participant), since elsewhere it has no
        stationary distribution; above 0 it covers all, and steps without a link go anywhere.

    Returns
    -------
    RossaProfile
        NaN throughout where fewer than 3 participants are covered, or above 4,000.

    Raises
    ------
    ParameterError
        A parameter outside its domain.

    Notes
    -----
    With transition probabilities P and their stationary distribution π, the persistence of a set S is α_S =
    Σ_{i,j∈S} π_i P_ij / Σ_{i∈S} π_i, the chance to be in S a step after having been in it. The first is the
    participant of least π, then at each step the one that leaves α least [1]_; of equal ones that of less π,
    then the earlier, so that the order is deterministic. C = 1 − 2/(k − 2) Σ_{j<k} α_j.

    References
    ----------
    .. [1] F. Della Rossa, F. Dercole, C. Piccardi (2013). Profiling core-periphery network structure by
    random
       walkers. *Scientific Reports* 3, 1467.

    Examples
    --------
    >>> star = np.zeros((5, 5))
    >>> star[0, 1:] = star[1:, 0] = 1
    >>> float(rossa_profile(star).centralisation)
    1.0
    >>> abs(rossa_profile(np.ones((5, 5))).centralisation) < 1e-12
    True
    """
    check_weights(weights, "rossa_profile")
    if not 0 <= teleport < 1:
        raise parameter_error("teleport", "rossa_profile", "a number in the range [0, 1)", teleport)
    edges = as_edges(graph, "rossa_profile")
    return profile_of(edges, edges.values(weights), teleport)


def profile_of(edges: Edges, y: Floats, teleport: float = 0.0, parts: Ints | None = None) -> RossaProfile:
    """Return the profile of links with values `y` (see `rossa_profile`).

    `parts` are the strong components, where they are known.
    """
    n = edges.n
    inside = np.ones(n, bool) if teleport > 0 else _largest_strong_part(edges, parts)
    members = np.flatnonzero(inside)
    k = len(members)
    coreness = np.full(n, np.nan)
    if k < 3 or k > LARGEST or len(y) == 0:
        return RossaProfile(edges.ids, inside, np.zeros(0, np.int64), np.zeros(0), coreness, np.nan)
    src, dst = edges.src, edges.dst
    if k < n:
        number = np.cumsum(inside, dtype=np.int32) - np.int32(1)
        kept = inside[src] & inside[dst]
        src, dst, y = number[src[kept]], number[dst[kept]], y[kept]
    step = np.zeros((k, k))
    step[src, dst] = y
    total = step.sum(axis=1, keepdims=True)
    if teleport > 0:
        step = np.divide(step, total, out=np.full_like(step, 1.0 / k), where=total > 0)
        step = (1.0 - teleport) * step + teleport / k
    else:
        step /= total
    weight = _stationary(step)
    first = np.argsort(np.round(weight, 12), kind="stable")  # the first of equal persistence is taken
    order, profile = np.empty(k, np.int64), np.empty(k)
    grow(weight, step, first, order, profile)
    order = members[first[order]]
    coreness[order] = profile
    centralisation = 1.0 - 2.0 / (k - 2) * float(profile[:-1].sum())
    return RossaProfile(edges.ids, inside, order, profile, coreness, centralisation)


@jit
def grow(visits: Floats, steps: Floats, first: Ints, order: Ints, profile: Floats) -> None:
    """Add at each step the participant that leaves the least persistent set, the first of `first` at once.

    `visits` (k) is how often a walker is at each, `steps` (k, k) where it goes from there; of equal ones the
    one that stands earlier in `first`. Fills `order`, as positions in `first`, and `profile`, the persistence
    of the set after each step.
    """
    k = visits.size
    weight, gain, both = np.zeros(k), np.zeros(k), np.zeros((k, k))
    for i in range(k):
        weight[i] = visits[first[i]]
        gain[i] = weight[i] * steps[first[i], first[i]]
    for i in range(k):
        for j in range(k):
            both[i, j] = weight[i] * steps[first[i], first[j]] + weight[j] * steps[first[j], first[i]]
    held, mass = 0.0, 0.0
    for step in range(k):
        least = np.inf
        for i in range(k):
            least = min(least, (held + gain[i]) / (mass + weight[i]))
        taken = 0
        while step > 0 and (held + gain[taken]) / (mass + weight[taken]) > least + TIE:
            taken += 1
        held += gain[taken]
        mass += weight[taken]
        for i in range(k):
            gain[i] += both[taken, i]
        gain[taken] = np.inf
        order[step], profile[step] = taken, held / mass


def _stationary(step: Floats) -> Floats:
    """Return π with π P = π and Σ π = 1."""
    k = len(step)
    system = step.T.copy()
    system.ravel()[:: k + 1] -= 1.0
    system[-1] = 1.0
    right = np.zeros(k)
    right[-1] = 1.0
    solved = np.asarray(np.linalg.solve(system, right), dtype=np.float64)
    return solved if float(solved.min()) > RARE else _stationary_of_rare(step)


def _stationary_of_rare(step: Floats) -> Floats:
    """Return π without a subtraction (Grassmann, Taksar & Heyman 1985), exact for the rarely visited too."""
    k = len(step)
    left = step.copy()
    for i in range(k - 1, 0, -1):  # leave i out of the walk
        left[:i, i] /= left[i, :i].sum()
        left[:i, :i] += np.outer(left[:i, i], left[i, :i])
    weight = np.ones(k)
    for i in range(1, k):
        weight[i] = weight[:i] @ left[:i, i]
        if weight[i] > 1.0:  # a scale that cannot overflow
            weight[: i + 1] /= weight[i]
    weight /= weight.sum()
    return weight


def _largest_strong_part(edges: Edges, parts: Ints | None) -> Bools:
    part = component_labels(edges.n, edges.src, edges.dst, strong=True) if parts is None else parts
    if edges.n == 0:
        return np.zeros(0, bool)
    size = np.bincount(part)[part]
    return np.asarray(part == part[int(np.argmax(size))])
