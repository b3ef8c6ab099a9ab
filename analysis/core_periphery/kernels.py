"""Compiled kernels of the discrete Borgatti–Everett fit and of its null models.

Notation: y is the value a link enters the fit with, x[i] is 1 in the core. A correlation with either ideal
pattern depends on the links only through pair sums, so links lose their direction here: `indptr, other,
value` list both ends' view of every link (a mutual pair appears twice), and `table` holds Σy of every pair
in its first n rows and Σy² in the next n, or nothing above `TABLE` participants. A split is

    x, sums[:, i] = [Σy and Σy² between i and the core, Σy and Σy² of all links of i],
    state = [Σy and Σy² inside the core, the same inside the periphery, core size, Σy and Σy² of all links]

so that the fit after moving any one participant costs O(1), and the move O(degree), or O(n) by the table.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from clustercoop.analysis.jit import jit
from clustercoop.graph.arrays import Bits, Floats, Int32s, Ints

Links = tuple[Ints, Int32s, Floats, Floats]
Split = tuple[Ints, Floats, Floats]

UNDEFINED: Final = -4.0
"""Score of a split without a correlation: an empty block, or no variation among the cells compared."""

TIE: Final = 1e-11
"""Scores closer than this are equal: far above rounding, far below any real difference."""

PATIENCE: Final = 30
"""Steps of a walk without a new best before it ends."""

TABLE: Final = 128
"""Up to this many participants a search keeps the pairs' sums in a table, if an eighth of them are linked."""

REST: Final = 5
"""A participant that moved rests for this many steps, or up to one less than twice as many."""

HOPELESS: Final = 0.2
"""Below this share of the score that is to be reached a search ends with its first walk…"""

BEHIND: Final = 0.75
"""… and below this share (.87 of the correlation) before its perturbations."""

SWAPS: Final = 2000
"""Above this many participants the n²/4 swaps with a found core are not looked at."""


@jit
def next_word(stream: Bits) -> np.uint64:
    """Return the next word of a splitmix64 stream (Steele, Lea & Flood 2014)."""
    stream[0] += np.uint64(0x9E3779B97F4A7C15)
    z = stream[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    word: np.uint64 = z ^ (z >> np.uint64(31))
    return word


@jit
def uniform(stream: Bits) -> float:
    """Return a uniform number in [0, 1) with 53 bits."""
    return float(next_word(stream) >> np.uint64(11)) * 1.1102230246251565e-16


@jit
def both_ends(
    n: int, src: Int32s, dst: Int32s, y: Floats, indptr: Ints, other: Int32s, value: Floats
) -> None:
    """Fill `indptr` (n + 1), `other` and `value` (2m): each link seen from both its ends."""
    for i in range(n + 1):
        indptr[i] = 0
    for e in range(src.size):
        indptr[src[e] + 1] += 1
        indptr[dst[e] + 1] += 1
    for i in range(n):
        indptr[i + 1] += indptr[i]
    for e in range(src.size):  # indptr[i] serves as the cursor of i, and is moved back below
        at = indptr[src[e]]
        other[at], value[at] = dst[e], y[e]
        indptr[src[e]] = at + 1
        at = indptr[dst[e]]
        other[at], value[at] = src[e], y[e]
        indptr[dst[e]] = at + 1
    for i in range(n, 0, -1):
        indptr[i] = indptr[i - 1]
    indptr[0] = 0


@jit
def signed_square(
    equation: int,
    n: int,
    core: float,
    core_sq: float,
    rest: float,
    rest_sq: float,
    size: float,
    every: float,
    every_sq: float,
) -> float:
    """Return sign(r) r² of the Pearson correlation r of a state; monotone in r and free of a root.

    With a cells of pattern 1 and b of pattern 0, sums S_a, S_b and N = a + b,
    r = (b S_a − a S_b) / √(a b (N Σy² − (Σy)²)). Equation 4 compares the core–core and periphery–periphery
    cells; equation 2 all cells, with 1 wherever either end is in the core.
    """
    b = (n - size) * (n - size - 1.0)
    if equation == 4:
        a = size * (size - 1.0)
        ones = core
        squares = core_sq + rest_sq
    else:
        a = n * (n - 1.0) - b
        ones = every - rest
        squares = every_sq
    total = ones + rest
    spread = (a + b) * squares - total * total
    none = squares <= 1e-13 * every_sq  # what moves leave of cells that are all 0
    if a <= 0.0 or b <= 0.0 or none or spread <= 1e-10 * (a + b) * squares:
        return UNDEFINED
    covariance = b * ones - a * rest
    signed: float = covariance * abs(covariance) / (a * b * spread)
    return signed


@jit
def score(equation: int, n: int, split: Split) -> float:
    """Return `signed_square` of a split."""
    state = split[2]
    return signed_square(equation, n, state[0], state[1], state[2], state[3], state[4], state[5], state[6])


@jit
def after_moves(equation: int, n: int, split: Split, gain: Floats) -> None:
    """Write to gain[i] the score after moving i to the other side.

    `signed_square` written out, without a branch and with the state read once, for vector instructions.
    """
    x, sums, state = split
    core, rest, size, every, every_sq = state[0], state[2], state[4], state[5], state[6]
    compared_sq = state[1] + state[3]
    for i in range(n):
        sign = 1.0 - 2.0 * x[i]
        k = size + sign
        b = (n - k) * (n - k - 1.0)
        zeros = rest - sign * (sums[2, i] - sums[0, i])
        if equation == 4:
            a = k * (k - 1.0)
            ones = core + sign * sums[0, i]
            squares = compared_sq + sign * (2.0 * sums[1, i] - sums[3, i])
        else:
            a = n * (n - 1.0) - b
            ones = every - zeros
            squares = every_sq
        spread = (a + b) * squares - (ones + zeros) * (ones + zeros)
        covariance = b * ones - a * zeros
        defined = (a > 0.0) & (b > 0.0) & (spread > 1e-10 * (a + b) * squares)
        defined &= squares > 1e-13 * every_sq
        gain[i] = covariance * abs(covariance) / (a * b * spread) if defined else UNDEFINED


@jit
def weigh(n: int, split: Split, links: Links) -> None:
    """Compute the sums that no move changes, and the table if it is not empty."""
    _, sums, state = split
    indptr, other, value, table = links
    state[5] = state[6] = 0.0
    for i in range(n):
        every, every_sq = 0.0, 0.0
        for e in range(indptr[i], indptr[i + 1]):
            every += value[e]
            every_sq += value[e] * value[e]
            if table.size > 0:
                table[i, other[e]] += value[e]
                table[n + i, other[e]] += value[e] * value[e]
        sums[2, i], sums[3, i] = every, every_sq
        state[5] += 0.5 * every  # each pair is met twice
        state[6] += 0.5 * every_sq


@jit
def move(i: int, split: Split, links: Links) -> None:
    """Move i to the other side and bring every sum up to date."""
    x, sums, state = split
    indptr, other, value, table = links
    sign = 1.0 - 2.0 * x[i]
    for k in range(2):
        state[k] += sign * sums[k, i]
        state[2 + k] -= sign * (sums[2 + k, i] - sums[k, i])
    state[4] += sign
    x[i] = 1 - x[i]
    if table.size > 0:
        n = x.size
        for j in range(n):
            sums[0, j] += sign * table[i, j]
            sums[1, j] += sign * table[n + i, j]
    else:
        for e in range(indptr[i], indptr[i + 1]):
            sums[0, other[e]] += sign * value[e]
            sums[1, other[e]] += sign * value[e] * value[e]


@jit
def place(n: int, start: Ints, split: Split, links: Links) -> None:
    """Turn a weighed split into `start`, its sums anew."""
    x, sums, state = split
    state[0] = state[1] = state[4] = 0.0
    state[2], state[3] = state[5], state[6]
    for i in range(n):
        x[i] = 0
        sums[0, i] = sums[1, i] = 0.0
    for i in range(n):
        if start[i] == 1:
            move(i, split, links)


@jit
def descending(key: Floats, ranking: Ints) -> None:
    """Write to `ranking` the positions of `key` from the largest; equal keys by position (insertion sort)."""
    for i in range(key.size):
        at = i
        while at > 0 and key[ranking[at - 1]] < key[i]:
            ranking[at] = ranking[at - 1]
            at -= 1
        ranking[at] = i


@jit
def best_prefix(equation: int, n: int, key: Floats, start: Ints, split: Split, links: Links) -> None:
    """Set `start` to the best core of the participants with the largest keys."""
    ranking = np.zeros(n, np.int64)
    descending(key, ranking)
    for i in range(n):
        start[i] = 0
    place(n, start, split, links)
    prefix, best = min(2, n), UNDEFINED
    for k in range(n):
        move(ranking[k], split, links)
        s = score(equation, n, split)
        if s > best + TIE:
            best, prefix = s, k + 1
    for k in range(prefix):
        start[ranking[k]] = 1


@jit
def best_partners(equation: int, n: int, partner: Ints, key: Floats, split: Split, links: Links) -> None:
    """Find each participant's best core of two with a later one it is linked to: `partner`, and its score."""
    _, sums, state = split
    indptr, other, value, _ = links
    between, between_sq = np.zeros(n), np.zeros(n)
    for i in range(n):
        key[i], partner[i] = UNDEFINED, i
        for e in range(indptr[i], indptr[i + 1]):
            between[other[e]] += value[e]
            between_sq[other[e]] += value[e] * value[e]
        for e in range(indptr[i], indptr[i + 1]):
            j = other[e]
            if j > i:
                s = signed_square(
                    equation,
                    n,
                    between[j],
                    between_sq[j],
                    state[5] - sums[2, i] - sums[2, j] + between[j],
                    state[6] - sums[3, i] - sums[3, j] + between_sq[j],
                    2.0,
                    state[5],
                    state[6],
                )
                if s > key[i]:
                    key[i], partner[i] = s, j
        for e in range(indptr[i], indptr[i + 1]):
            between[other[e]] = between_sq[other[e]] = 0.0


@jit
def wander(
    equation: int,
    n: int,
    start: Ints,
    split: Split,
    links: Links,
    stream: Bits,
    best: float,
    best_x: Ints,
    enough: float,
) -> float:
    """Walk from `start`, write a split better than `best` to `best_x` and return the better score.

    A step moves the participant that leaves the best split, even a worse one than before; it then rests for
    5 to 9 steps, unless its move would lead to the best split of all (tabu search). The walk ends `PATIENCE`
    steps after its own best, or once the best reaches `enough`.
    """
    place(n, start, split, links)
    gain, resting = np.zeros(n), np.zeros(n, np.int64)
    reached, peak, since, step = score(equation, n, split), 2.0 * UNDEFINED, 0, 0
    while True:
        if reached > peak + TIE:
            peak, since = reached, 0
        if reached > best + TIE:
            best = reached
            for i in range(n):
                best_x[i] = split[0][i]
        if since == PATIENCE or best >= enough:
            return best
        step += 1
        since += 1
        after_moves(equation, n, split, gain)
        record = best + TIE
        for i in range(n):
            gain[i] = gain[i] if (resting[i] < step) | (gain[i] > record) else 2.0 * UNDEFINED
        reached, other = gain[n - 1], gain[n // 2]  # two at a time, without a branch
        for i in range(n // 2):
            reached, other = max(reached, gain[i]), max(other, gain[n // 2 + i])
        reached = max(reached, other)
        if reached > 2.0 * UNDEFINED:
            chosen = 0
            while gain[chosen] <= reached - TIE:
                chosen += 1
            reached = gain[chosen]
            move(chosen, split, links)
            resting[chosen] = step + REST + int(uniform(stream) * REST)


@jit
def search(
    equation: int,
    n: int,
    indptr: Ints,
    other: Int32s,
    value: Floats,
    kicks: int,
    stream: Bits,
    best_x: Ints,
    warm: int,
    enough: float,
) -> float:
    """Search for the best split, write it to `best_x` and return its score (`UNDEFINED` if there is none).

    Walks start from `best_x` if `warm` is 1; from the best prefix of the participants sorted by strength;
    from the kicks / 2 best cores of two that are linked; and from `kicks` more splits: three of four are a
    perturbation of the best, the fourth is random (not above 500 participants, where that takes long). The
    search ends as soon as a score of `enough` is reached, or once that is out of reach (see `HOPELESS`): in
    3,500 networks of both null models, of 12 to 60 participants and any density, the first walk found at
    least .27 of the score of the whole search, and the walks before the perturbations .88.
    """
    tabular = n <= TABLE and 4 * indptr[n] > n * n
    links = indptr, other, value, np.zeros((2 * n, n) if tabular else (0, 0))
    start, split = np.zeros(n, np.int64), (np.zeros(n, np.int64), np.zeros((4, n)), np.zeros(7))
    key, partner, ranking = np.zeros(n), np.zeros(n, np.int64), np.zeros(n, np.int64)
    weigh(n, split, links)
    for i in range(n):
        key[i] = split[1][2, i]
    best = UNDEFINED
    for attempt in range(-warm, 1 + kicks // 2 + kicks):
        if attempt < 0:
            for i in range(n):
                start[i] = best_x[i]
        elif attempt == 0:
            best_prefix(equation, n, key, start, split, links)
        elif attempt < 1 + kicks // 2:
            if attempt == 1:
                best_partners(equation, n, partner, key, split, links)
                descending(key, ranking)
            for i in range(n):
                start[i] = 0
            first = ranking[(attempt - 1) % n]
            start[first] = start[partner[first]] = 1
        else:
            fresh = attempt % 4 == 1 and n <= 500
            chance = uniform(stream)
            for i in range(n):
                start[i] = best_x[i]
                if fresh:
                    start[i] = 1 if uniform(stream) < chance else 0
            for _ in range(2 + int(uniform(stream) * max(1, n // 5))):
                i = int(uniform(stream) * n)
                start[i] = 1 - start[i]
        best = wander(equation, n, start, split, links, stream, best, best_x, enough)
        if best >= enough:
            break
        share = HOPELESS if attempt == 0 else BEHIND if attempt == kicks // 2 else 0.0
        if 0.0 < enough <= 1.0 and UNDEFINED < best < share * enough:
            break
    return best


@jit
def survey(
    equation: int, n: int, indptr: Ints, other: Int32s, value: Floats, x: Ints
) -> tuple[float, float, int, int, int]:
    """Look at every split one move, or up to `SWAPS` participants one swap, away from x.

    Returns
    -------
    tuple
        The score of x, the best score among them, the number that tie with x, and the move (i, −1) or swap
        (i, j) that leads to the best one, or, where none is better, to a tied split that precedes x
        (−1, −1 where there is none).
    """
    links = indptr, other, value, np.zeros((0, 0))
    split = np.zeros(n, np.int64), np.zeros((4, n)), np.zeros(7)
    between, between_sq, gain = np.zeros(n), np.zeros(n), np.zeros(n)
    weigh(n, split, links)
    place(n, x, split, links)
    after_moves(equation, n, split, gain)
    here = score(equation, n, split)
    _, sums, state = split
    best, ties, first, second = UNDEFINED, 0, -1, -1
    tied_first, tied_second = -1, -1
    for i in range(n):
        for e in range(indptr[i], indptr[i + 1]):
            between[other[e]] += value[e]
            between_sq[other[e]] += value[e] * value[e]
        for j in range(-1, n if n <= SWAPS else 0):
            if j < 0:
                s = gain[i]
            elif x[i] == 0 or x[j] == 1:
                continue
            else:
                s = signed_square(
                    equation,
                    n,
                    state[0] - sums[0, i] + (sums[0, j] - between[j]),
                    state[1] - sums[1, i] + (sums[1, j] - between_sq[j]),
                    state[2] + (sums[2, i] - sums[0, i]) - (sums[2, j] - sums[0, j] + between[j]),
                    state[3] + (sums[3, i] - sums[1, i]) - (sums[3, j] - sums[1, j] + between_sq[j]),
                    state[4],
                    state[5],
                    state[6],
                )
            if s > best:
                best, first, second = s, i, j
            if s >= here - TIE and s > UNDEFINED:
                ties += 1
                if tied_first < 0 and x[i] == 1 and j < i:  # a smaller core, or an earlier member
                    tied_first, tied_second = i, j
        for e in range(indptr[i], indptr[i + 1]):
            between[other[e]] = 0.0
            between_sq[other[e]] = 0.0
    if best > here + TIE:
        return here, best, ties, first, second
    return here, best, ties, tied_first, tied_second
