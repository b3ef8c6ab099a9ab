"""Every split of few participants, tried one after another (see `core_periphery.kernels`)."""

from __future__ import annotations

import numpy as np

from clustercoop.analysis.core_periphery.kernels import TIE, UNDEFINED, move, place, signed_square, weigh
from clustercoop.analysis.jit import jit
from clustercoop.graph.arrays import Floats, Int32s, Ints


@jit
def precedes(x: Ints, y: Ints) -> bool:
    """Tell whether core x comes before core y: fewer members, then the earlier members."""
    size, first = 0, 0
    for i in range(x.size):
        difference = int(x[i]) - int(y[i])
        size += difference
        if first == 0:
            first = difference
    return size < 0 or (size == 0 and first > 0)


@jit
def exhaust(
    equation: int, n: int, indptr: Ints, other: Int32s, value: Floats, best_x: Ints
) -> tuple[float, float, int]:
    """Try every split; return the best score, the next best split's, and the optima.

    `best_x` comes as the empty core. All but the first two participants move in Gray-code order; of each such
    core the four that the first two make, n ≥ 3, follow from its sums.
    """
    links = indptr, other, value, np.zeros((2 * n, n))
    split = np.zeros(n, np.int64), np.zeros((4, n)), np.zeros(7)
    weigh(n, split, links)
    place(n, best_x, split, links)
    x, sums, state = split
    both, both_sq = links[3][0, 1], links[3][n, 1]
    best, second, ties = UNDEFINED, UNDEFINED, 0
    for code in range(1 << (n - 2)):
        if code > 0:
            i = 2
            while (code >> (i - 2)) & 1 == 0:
                i += 1
            move(i, split, links)
        for low in range(4):
            one, two = float(low & 1), float(low >> 1)
            s = signed_square(
                equation,
                n,
                state[0] + one * sums[0, 0] + two * sums[0, 1] + one * two * both,
                state[1] + one * sums[1, 0] + two * sums[1, 1] + one * two * both_sq,
                state[2]
                - one * (sums[2, 0] - sums[0, 0])
                - two * (sums[2, 1] - sums[0, 1])
                + one * two * both,
                state[3]
                - one * (sums[3, 0] - sums[1, 0])
                - two * (sums[3, 1] - sums[1, 1])
                + one * two * both_sq,
                state[4] + one + two,
                state[5],
                state[6],
            )
            if s <= second and s < best - TIE:
                continue
            if s > best + TIE:
                second = best
                best = s
                ties = 0
            elif s >= best - TIE and s > UNDEFINED:
                second = s
            else:
                second = max(second, s)
                continue
            ties += 1
            x[0], x[1] = low & 1, low >> 1
            if ties == 1 or precedes(x, best_x):
                for j in range(n):
                    best_x[j] = x[j]
            x[0] = x[1] = 0
    return best, second, ties
