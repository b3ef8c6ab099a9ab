"""Splits scored by sums that are only added to, so that a large link leaves no rounding among small ones.

Elsewhere sums are kept up to date as participants move. Taking a link of 10⁹ out of a sum again leaves an
error of 10⁻⁷, and of its square 100: where links differ that much, the small ones are lost.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np

from clustercoop.analysis.core_periphery.common import Edges
from clustercoop.analysis.core_periphery.kernels import (
    TIE,
    UNDEFINED,
    both_ends,
    search,
    signed_square,
    survey,
)
from clustercoop.analysis.jit import jit
from clustercoop.graph.arrays import Bits, Bools, Floats, Indices, Int32s, Ints

WIDE: Final = 1e3
"""Ratio of the largest to the smallest value above which sums kept for a million moves are not accurate…"""

WIDE_SEARCH: Final = 1e4
"""… and above which those of a search are not, which are begun anew with each climb."""


class Best(NamedTuple):
    """The best core, its score, the best other score and the number of ties, as the kernels give them."""

    core: Ints
    score: float
    second: float
    ties: int


@jit
def searches(
    equation: int,
    src: Int32s,
    dst: Int32s,
    values: Floats,
    other: Int32s,
    stream: Bits,
    cores: Ints,
    found: Floats,
) -> None:
    """Search (see `kernels.search`) with each row of `values`, that of the links; write the scores.

    Each search starts from its row of `cores`, which it turns into the best core. `other` (2m) is room.
    """
    n, value = cores.shape[1], np.zeros(2 * src.size)
    pointers = np.zeros(n + 1, np.int64)
    for k in range(found.size):
        both_ends(n, src, dst, values[k], pointers, other, value)
        found[k] = search(equation, n, pointers, other, value, 0, stream, cores[k], 1, np.inf)


@jit
def settle(
    equation: int, n: int, pointers: Ints, other: Int32s, value: Floats, core: Ints, most: int, far: bool
) -> tuple[float, float, int]:
    """Move `core` to the first of its tied neighbours, or a better one, `most` times at most.

    Returns its score, the next best and the number of ties among its neighbours, itself and, if `far`, the
    cores of two.
    """
    here, second, ties = UNDEFINED, UNDEFINED, 0
    for step in range(most + 1):
        here, second, ties, first, swapped = survey(equation, n, pointers, other, value, core)
        if first < 0 or step == most:
            break
        core[first] = 1 - core[first]
        if swapped >= 0:
            core[swapped] = 1 - core[swapped]
    if far:
        tied, best = far_pairs(equation, n, pointers, other, value, core, here)
        second, ties = max(second, best), ties + tied
    return here, second, ties + 1


def pair_sums(edges: Edges, y: Floats) -> Floats:
    """Return Σy and Σy² of both directions of every pair, shape (2, n, n), symmetric."""
    sums = np.zeros((2, edges.n, edges.n))
    for power in range(2):
        sums[power, edges.src, edges.dst] = y ** (power + 1)
    total: Floats = sums + sums.transpose(0, 2, 1)
    return total


def scores(equation: int, n: int, size: Floats, inside: Floats, outside: Floats, total: Floats) -> Floats:
    """Return sign(r) r² of many splits (see `kernels.score`), `UNDEFINED` where there is no correlation.

    Parameters
    ----------
    equation : {4, 2}
        Which pattern.
    n : int
        Participants.
    size : array, shape (k,)
        Ints members of each split.
    inside, outside : arrays, shape (2, k)
        Σy and Σy² between core members, and between peripheral ones.
    total : array, shape (2,)
        Σy and Σy² of all links.
    """
    b = (n - size) * (n - size - 1.0)
    a = size * (size - 1.0) if equation == 4 else n * (n - 1.0) - b
    ones = inside[0] if equation == 4 else total[0] - outside[0]
    squares = inside[1] + outside[1] if equation == 4 else np.full(len(size), total[1])
    cells = a + b
    spread = cells * squares - (ones + outside[0]) ** 2
    defined = (a > 0) & (b > 0) & (spread > 1e-10 * cells * squares)
    covariance = b * ones - a * outside[0]
    product = a * b * spread
    found: Floats = np.full(len(size), UNDEFINED)
    np.divide(covariance * np.abs(covariance), product, out=found, where=defined)
    return found


def every_score(equation: int, pairs: Floats) -> Floats:
    """Return the score of all 2^n cores; core number Σ 2^i, the earlier participant has the higher bit."""
    n = pairs.shape[1]
    size, inside = np.zeros(1 << n), np.zeros((2, 1 << n))
    for i in range(n):
        half = 1 << i
        with_it = np.zeros((2, half))
        for j in range(i):
            np.add(
                with_it[:, : 1 << j], pairs[:, n - 1 - i, n - 1 - j, None], out=with_it[:, 1 << j : 2 << j]
            )
        np.add(inside[:, :half], with_it, out=inside[:, half : 2 * half])
        np.add(size[:half], 1.0, out=size[half : 2 * half])
    return scores(equation, n, size, inside, inside[:, ::-1], pairs.sum(axis=(1, 2)) / 2)


def every_split(equation: int, pairs: Floats) -> Best:
    """Try all 2^n cores; of the best, that with fewest members, then the earlier members, is returned.

    Examples
    --------
    >>> links = np.array([[0, 2, 0, 0], [2, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], dtype=float)
    >>> best = every_split(4, np.stack([links, links]))  # two links of 1 in the pair 0, 1
    >>> best.core.tolist(), round(best.score, 9), best.ties
    ([1, 1, 0, 0], 1.0, 1)
    """
    n = pairs.shape[1]
    found = every_score(equation, pairs)
    best = float(found.max())
    if best <= UNDEFINED:
        return Best(np.zeros(n, np.int64), UNDEFINED, UNDEFINED, 0)
    tied = np.flatnonzero(found >= best - TIE)
    chosen = int(tied[np.lexsort((-tied, np.bitwise_count(tied)))[0]])
    best = float(found[chosen])
    found[chosen] = UNDEFINED
    return Best((chosen >> np.arange(n)[::-1]) & 1, best, float(found.max()), len(tied))


def neighbours(equation: int, pairs: Floats, core: Bools, best: float | None = None) -> tuple[Bools, float]:
    """Return the cores one move or swap from `core` that score `best`, its own score without, and that score.

    Examples
    --------
    >>> links = np.zeros((4, 4))
    >>> links[0, 1:3] = links[1:3, 0] = 2.0  # 1 and 2 are alike
    >>> tied, _ = neighbours(4, np.stack([links, links]), np.array([True, True, False, False]))
    >>> tied.astype(int).tolist()
    [[1, 0, 1, 0]]
    """
    n, x = len(core), core.astype(np.float64)
    near, strength = pairs @ x, pairs.sum(axis=2)
    total = strength.sum(axis=1) / 2
    inside = (near @ x) / 2
    outside = total - strength @ x + inside
    out, into = np.flatnonzero(core), np.flatnonzero(~core)
    sign = 1.0 - 2.0 * x
    moved = scores(
        equation,
        n,
        x.sum() + sign,
        inside[:, None] + sign * near,
        outside[:, None] - sign * (strength - near),
        total,
    )
    between = pairs[:, out[:, None], into]
    swapped = scores(
        equation,
        n,
        np.full(len(out) * len(into), x.sum()),
        (inside[:, None, None] - near[:, out, None] + near[:, None, into] - between).reshape(2, -1),
        (
            outside[:, None, None]
            + (strength - near)[:, out, None]
            - ((strength - near)[:, None, into] + between)
        ).reshape(2, -1),
        total,
    )
    here = scores(equation, n, x.sum()[None], inside[:, None], outside[:, None], total)[0]
    best = float(here) if best is None else best
    ones, pair = np.flatnonzero(moved >= best - TIE), np.flatnonzero(swapped >= best - TIE)
    found = np.repeat(core[None], len(ones) + len(pair), axis=0)
    found[np.arange(len(ones)), ones] ^= True
    rows = len(ones) + np.arange(len(pair))
    found[rows, out[pair // max(len(into), 1)]] = False
    found[rows, into[pair % max(len(into), 1)]] = True
    return found, best


def best_pair(equation: int, pairs: Floats) -> Ints:
    """Return the best core of two, which a search that moves one at a time from large cores may pass by."""
    one, other = _pairs_of(pairs.shape[1])
    core = np.zeros(pairs.shape[1], np.int64)
    at = int(np.argmax(pair_scores(equation, pairs)))
    core[[one[at], other[at]]] = 1
    return core


@lru_cache(maxsize=8)
def _pairs_of(n: int) -> tuple[Indices, Indices]:
    one, other = np.triu_indices(n, 1)
    return one, other


def pair_scores(equation: int, pairs: Floats) -> Floats:
    """Return the score of every core of two, in the order of `np.triu_indices(n, 1)`."""
    n = pairs.shape[1]
    total = pairs.sum(axis=(1, 2)) / 2
    one, other = _pairs_of(n)
    inside = pairs[:, one, other]
    strength = pairs.sum(axis=2)
    outside = total[:, None] - strength[:, one] - strength[:, other] + inside
    return scores(equation, n, np.full(len(one), 2.0), inside, outside, total)


def with_far_pairs(best: Best, equation: int, n: int, links: tuple[Ints, Int32s, Floats]) -> Best:
    """Count the cores of two among the ties and the next best of `best`, which knows its neighbours alone."""
    tied, second = far_pairs(equation, n, *links, best.core, best.score)
    return Best(best.core, best.score, max(best.second, second), best.ties + tied)


@jit
def far_pairs(
    equation: int, n: int, pointers: Ints, other: Int32s, value: Floats, core: Ints, here: float
) -> tuple[int, float]:
    """Count the cores of two that tie with a score `here`, and return the best score among them.

    Left out are those one move or swap away from `core`. Links are as `kernels.both_ends` gives them.
    """
    strength, between = np.zeros((2, n)), np.zeros((2, n))
    total, total_sq, size = 0.0, 0.0, 0
    for i in range(n):
        size += core[i]
        for e in range(pointers[i], pointers[i + 1]):
            strength[0, i] += value[e]
            strength[1, i] += value[e] * value[e]
        total += 0.5 * strength[0, i]
        total_sq += 0.5 * strength[1, i]
    tied, best = 0, UNDEFINED
    for i in range(n):
        for e in range(pointers[i], pointers[i + 1]):
            between[0, other[e]] += value[e]
            between[1, other[e]] += value[e] * value[e]
        for j in range(i + 1, n):
            apart = size + 2 - 2 * (core[i] + core[j])
            if apart > 2 or (apart == 2 and size != 2):
                s = signed_square(
                    equation,
                    n,
                    between[0, j],
                    between[1, j],
                    total - strength[0, i] - strength[0, j] + between[0, j],
                    total_sq - strength[1, i] - strength[1, j] + between[1, j],
                    2.0,
                    total,
                    0.0 if equation == 4 else total_sq,
                )
                tied += 1 if s >= here - TIE else 0
                best = max(best, s)
        for e in range(pointers[i], pointers[i + 1]):
            between[0, other[e]] = between[1, other[e]] = 0.0
    return tied, best


def score_exactly(equation: int, pairs: Floats, cores: Ints) -> Floats:
    """Return the score of each row of `cores`, shape (k, n)."""
    x, rest = cores.astype(np.float64), 1.0 - cores
    inside = np.stack([((x @ p) * x).sum(axis=1) / 2 for p in pairs])
    outside = np.stack([((rest @ p) * rest).sum(axis=1) / 2 for p in pairs])
    return scores(equation, cores.shape[1], x.sum(axis=1), inside, outside, pairs.sum(axis=(1, 2)) / 2)


def climb_exactly(equation: int, pairs: Floats, core: Ints) -> Best:
    """Move one participant at a time while it gains, each split's sums anew, O(n³) a step."""
    n = len(core)
    while True:
        tried = np.vstack([core, core ^ np.eye(n, dtype=np.int64)])
        found = score_exactly(equation, pairs, tried)
        at = int(np.argmax(found))
        if found[at] <= found[0] + TIE:
            others = found[1:]
            return Best(core, float(found[0]), float(others.max()), 1 + int((others >= found[0] - TIE).sum()))
        core = tried[at]
