"""How firm a core is: the cores that fit as well, and those of networks that errors could have made."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from clustercoop.analysis.core_periphery import kernels
from clustercoop.analysis.core_periphery.borgatti_everett import EXHAUSTIVE
from clustercoop.analysis.core_periphery.common import Edges, entered
from clustercoop.analysis.core_periphery.kernels import TIE
from clustercoop.analysis.core_periphery.splits import (
    every_score,
    neighbours,
    pair_scores,
    pair_sums,
    searches,
)
from clustercoop.graph.arrays import Bools, Floats
from clustercoop.graph.settings import Weights

MOST: Final = 64
"""Equally good cores that are listed."""

SAME: Final = 1e-9
"""Figures of two cores that differ by no larger share are the same."""

FIRM: Final = 0.75
"""Mean Jaccard index with the cores of perturbed networks from which a core is firm (Hennig 2007)."""


@dataclass(frozen=True, eq=False)
class Firmness:
    """What else could be the core.

    Attributes
    ----------
    tied : array of bool, shape (k, n)
        Bools that fit equally well, the given one first.
    all_tied : bool
        Whether these are all that were met: not where there are more than `MOST`.
    perturbed : array of bool, shape (r, n)
        The core of each perturbed network; none where perturbations were not asked for.
    """

    tied: Bools
    all_tied: bool
    perturbed: Bools

    @cached_property
    def stability(self) -> float:
        """Mean Jaccard index of the core with those of the perturbed networks, NaN without any."""
        if not len(self.perturbed):
            return float("nan")
        core = self.tied[0]
        both, either = (self.perturbed & core).sum(axis=1), (self.perturbed | core).sum(axis=1)
        return float((both / np.maximum(either, 1)).mean())


def tied_cores(edges: Edges, equation: int, y: Floats, core: Bools) -> tuple[Bools, bool]:
    """Return the cores whose correlation is that of `core`, itself first, and whether these are all.

    Up to 20 participants all splits are compared; above, those that a chain of equally good moves and swaps
    of single participants reaches, and the cores of two.
    """
    n = edges.n
    if n > kernels.SWAPS:
        return core[None], False
    pairs = pair_sums(edges, y)
    if n <= EXHAUSTIVE:
        found = every_score(equation, pairs)
        tied = np.flatnonzero(found >= found.max() - TIE)
        listed = ((tied[:MOST, None] >> np.arange(n)[::-1]) & 1).astype(bool)
        others = listed[(listed != core).any(axis=1)]
        return np.concatenate([core[None], others]), len(tied) <= MOST
    at, best = [core], float(neighbours(equation, pairs, core)[1])
    seen = {core.tobytes()}
    alike = pair_scores(equation, pairs)
    one, other = np.triu_indices(n, 1)
    for k in np.flatnonzero(alike >= best - TIE)[:MOST].tolist():
        two = np.zeros(n, bool)
        two[[one[k], other[k]]] = True
        if two.tobytes() not in seen:
            seen.add(two.tobytes())
            at.append(two)
    looked = 0
    while looked < len(at) <= MOST:
        for fresh in neighbours(equation, pairs, at[looked], best)[0]:
            if fresh.tobytes() not in seen:
                seen.add(fresh.tobytes())
                at.append(fresh)
        looked += 1
    return np.array(at[:MOST]), looked == len(at)


def perturbed_cores(
    edges: Edges, equation: int, weights: Weights, core: Bools, error: float, replicates: int, seed: int
) -> Bools:
    """Return the best core of each of `replicates` networks that errors could have made, shape (r, n).

    Each link is left out with chance `error`, and the value of each other multiplied by exp(error z), z
    standard normal: a record lost here and there, and values off by a share `error`. The search starts from
    the given core and from the participants sorted by strength: in 480 networks of about 42 participants
    these two starts found what 60 do.
    """
    rng = np.random.default_rng(seed)
    n, m = edges.n, len(edges.weight)
    kept = rng.random((replicates, m)) >= error
    shaken = rng.standard_normal((replicates, m))
    shaken *= error
    np.exp(shaken, out=shaken)
    shaken *= edges.weight
    y = np.where(kept, entered(shaken, weights, edges.median), 0.0)
    stream, scores, other = np.array([seed], np.uint64), np.zeros(replicates), np.empty(2 * m, np.int32)
    cores = np.empty((replicates, n), np.int64)
    cores[:] = core
    searches(equation, edges.src, edges.dst, y, other, stream, cores, scores)  # 0: a link left out
    return np.asarray((cores == 1) & (scores > kernels.UNDEFINED)[:, None])
