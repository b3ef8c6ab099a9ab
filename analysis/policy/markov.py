"""Markov chains of types: counts of transitions, credible intervals, and whether groups move alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from clustercoop.graph.arrays import Floats, Ints

BATCH: Final = 111


def credible(count: int, of: int, states: int, level: float = 0.95) -> tuple[float, float]:
    """Return the credible interval of a transition probability.

    With a Dirichlet prior of 1 / k for each of k states (Perks: all of it weighs as one transition), the
    posterior of one probability is Beta(1/k + n_ij, 1 − 1/k + n_i − n_ij).

    Parameters
    ----------
    count, of : int
        n_ij, and n_i: transitions that start in i.
    states : int
        k.
    level : float
        Of the interval; equal tails.

    Examples
    --------
    >>> [round(end, 3) for end in credible(18, 19, 9)]
    [0.748, 0.989]
    """
    from scipy.special import betaincinv

    prior = 1 / states
    tail = (1 - level) / 2
    low, high = (float(betaincinv(prior + count, 1 - prior + of - count, q)) for q in (tail, 1 - tail))
    return low, high


def counted(steps: Sequence[tuple[int, int]], states: int) -> Ints:
    """Return how many steps lead from each state to each, shape (states, states)."""
    out = np.zeros((states, states), np.int64)
    np.add.at(out, tuple(np.array(steps, np.int64).reshape(-1, 2).T), 1)
    return out


@dataclass(frozen=True, slots=True)
class Homogeneity:
    """Whether groups share their transition probabilities (Bickenbach & Bode 2003).

    Attributes
    ----------
    pearson, likelihood_ratio : float
        Q = Σ n_i^g (p_ij^g − p_ij)² / p_ij and LR = 2 Σ n_ij^g ln(p_ij^g / p_ij) over groups g, states i, j.
    freedom : int
        Σ_i (a_i − 1)(b_i − 1): a_i states that are reached from i, b_i groups that leave i.
    """

    pearson: float
    likelihood_ratio: float
    freedom: int

    @property
    def asymptotic(self) -> tuple[float, float]:
        """P-values of both by χ²; NaN without a degree of freedom."""
        from scipy.special import chdtrc

        if not self.freedom:
            return float("nan"), float("nan")
        pearson, ratio = (float(chdtrc(self.freedom, x)) for x in (self.pearson, self.likelihood_ratio))
        return pearson, ratio


def homogeneity(groups: Ints) -> Homogeneity:
    """Return the statistics of counts of shape (groups, states, states).

    Examples
    --------
    Eight of ten stay in the first group, two of ten in the second: Q = 20 (8·8 − 2·2)² / 10⁴ = 7.2.

    >>> found = homogeneity(np.array([[[8, 2], [0, 0]], [[2, 8], [0, 0]]]))
    >>> round(found.pearson, 9), found.freedom, round(found.asymptotic[0], 5)
    (7.2, 1, 0.00729)
    """
    n = groups.astype(np.float64)
    leaving = n.sum(axis=2, keepdims=True)
    pooled = n.sum(axis=0)
    total = pooled.sum(axis=1, keepdims=True)
    expected = leaving * np.divide(pooled, total, out=np.zeros_like(pooled), where=total > 0)
    pearson = float(_pearson(n.reshape(1, len(n), -1), n.shape[1])[0])
    seen = n > 0
    ratio = float(2 * (n[seen] * np.log(n[seen] / expected[seen])).sum())
    reached = (pooled > 0).sum(axis=1)
    left_by = (leaving[:, :, 0] > 0).sum(axis=0)
    free = int((np.maximum(reached - 1, 0) * np.maximum(left_by - 1, 0)).sum())
    return Homogeneity(pearson, max(ratio, 0.0), free)


def permuted(
    counts: Ints, group: Ints, rng: np.random.Generator, replicates: int, within: Ints | None = None
) -> float:
    """Return the p-value of Q when units change groups at random.

    Parameters
    ----------
    counts : array, shape (units, states, states)
        Transitions of each unit; a unit moves whole, so that its years stay together.
    group : array of int, shape (units,)
    rng : Generator
    replicates : int
    within : array of int, shape (units,), optional
        Units change places only with those of the same number.

    Returns
    -------
    float
        (1 + replicates at least as large) / (1 + replicates).
    """
    size, flat = int(group.max()) + 1, counts.reshape(len(counts), -1)
    strata = [np.flatnonzero(within == k) for k in np.unique(within)] if within is not None else [slice(None)]
    as_large = 0
    seen = _pearson(_summed(group[None], size, flat), counts.shape[1])[0] * (1 - 1e-9)
    for done in range(0, replicates, BATCH):
        labels = np.repeat(group[None], min(BATCH, replicates - done), axis=0)
        for stratum in strata:
            labels[:, stratum] = rng.permuted(labels[:, stratum], axis=1)
        as_large += int((_pearson(_summed(labels, size, flat), counts.shape[1]) >= seen).sum())
    return (1 + as_large) / (1 + replicates)


def _summed(labels: Ints, size: int, flat: Ints) -> Floats:
    """Return the counts of each group in each replicate, shape (replicates, groups, states²)."""
    inside = labels[:, None, :] == np.arange(size)[None, :, None]
    summed: Floats = inside.astype(np.float64) @ flat.astype(np.float64)
    return summed


def _pearson(summed: Floats, states: int) -> Floats:
    n = summed.reshape(*summed.shape[:2], states, states)
    leaving = n.sum(axis=3, keepdims=True)
    pooled = n.sum(axis=1, keepdims=True)
    total = pooled.sum(axis=3, keepdims=True)
    expected = leaving * np.divide(pooled, total, out=np.zeros_like(pooled), where=total > 0)
    parts = np.divide((n - expected) ** 2, expected, out=np.zeros_like(n), where=expected > 0)
    whole: Floats = parts.sum(axis=(1, 2, 3))
    return whole
