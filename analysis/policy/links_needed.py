"""The fewest links that cover shortfalls, exactly: by a bound, or by an integer programme."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush, heapreplace
from typing import Final, NamedTuple

import numpy as np

from clustercoop.graph.arrays import Bools, Floats

SECONDS: Final = 20.0
NOISE: Final = 1e-9


class Share(NamedTuple):
    """What one partner takes of one shortfall."""

    short: int
    partner: int
    value: float


def cover_shortfalls(
    needs: Sequence[float] | Floats, room: Sequence[float] | Floats, allowed: Bools
) -> list[Share] | None:
    """Return the fewest links by which partners with limited room cover every shortfall.

    Minimise Σ y_ij over y ∈ {0, 1}, v ≥ 0 with Σ_j v_ij = d_i, Σ_i v_ij ≤ r_j and v_ij ≤ min(d_i, r_j) y_ij.
    Every shortfall takes at least as many links as if it were alone, so what serves each by so many is a best
    answer. It is looked for first: largest shortfall first, all of it, or what the partners with most room
    leave of it, to the one with most room that is known.

    Parameters
    ----------
    needs : array, shape (m,)
        Shortfalls d > 0.
    room : array, shape (n,)
        What each partner can take, r ≥ 0; inf where nothing limits it.
    allowed : array of bool, shape (m, n)
        Which partner may serve which shortfall.

    Returns
    -------
    list of Share, or None
        None where the room does not suffice, or where optimality was not shown within 20 s.

    Examples
    --------
    >>> cover_shortfalls([3.0, 2.0], [4.0, 2.5], np.ones((2, 2), bool))
    [Share(short=0, partner=0, value=3.0), Share(short=1, partner=1, value=2.0)]
    >>> len(cover_shortfalls([3.0, 3.0], [4.0, 2.0], np.ones((2, 2), bool)) or ())
    3
    """
    short, room = np.asarray(needs, np.float64), np.asarray(room, np.float64)
    order = np.argsort(-room, kind="stable")
    may = allowed[:, order]
    enough = np.where(may, room[order], 0.0).cumsum(axis=1) >= short[:, None] * (1 - NOISE)
    if not enough.any(axis=1).all() or room.sum() < short.sum() * (1 - NOISE):
        return None
    wholly = may.cumsum(axis=1)[np.arange(len(short)), enough.argmax(axis=1)] - 1
    free = np.flatnonzero(np.isinf(room)).tolist()
    left = [(-float(room[partner]), partner) for partner in order[len(free) :].tolist()]  # a heap: most first
    found = []
    for row in np.argsort(-short, kind="stable").tolist():
        rest, aside = float(short[row]), []
        for place in range(int(wholly[row]) + 1):
            while left and not allowed[row, left[0][1]]:
                aside.append(heappop(left))
            if place < wholly[row]:
                most, partner = heappop(left)
                found.append(Share(row, partner, -most))
                rest += most
                aside.append((0.0, partner))
        if left and -left[0][0] >= rest * (1 - NOISE):
            most, partner = left[0]
            heapreplace(left, (most + rest, partner))
        else:
            partner = next((partner for partner in free if allowed[row, partner]), -1)
            if partner < 0:
                return _solved(short, room, allowed)
        found.append(Share(row, partner, rest))
        for each in aside:
            heappush(left, each)
    return sorted(found)


def _solved(needs: Floats, room: Floats, allowed: Bools) -> list[Share] | None:
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_array, hstack, vstack

    rows, columns = np.nonzero(allowed & (room > 0)[None, :])
    size = len(rows)
    if not size:
        return None
    room = np.minimum(room, needs.sum())
    most = np.minimum(needs[rows], room[columns])
    at, ones = np.arange(size), np.ones(size)
    of_need = coo_array((ones, (rows, at)), (len(needs), size))
    of_room = coo_array((ones, (columns, at)), (len(room), size))
    value = vstack([of_need, of_room])
    unit = coo_array((ones, (at, at)), (size, size))
    limits = [
        LinearConstraint(
            hstack([coo_array(value.shape), value]).tocsr(),
            np.concatenate([needs, np.full(len(room), -np.inf)]),
            np.concatenate([needs, room]),
        ),
        LinearConstraint(hstack([coo_array((-most, (at, at)), (size, size)), unit]).tocsr(), -np.inf, 0.0),
    ]
    found = milp(
        np.concatenate([ones, np.zeros(size)]),
        constraints=limits,
        integrality=np.concatenate([ones, np.zeros(size)]),
        bounds=Bounds(0.0, np.concatenate([ones, most])),
        options={"time_limit": SECONDS},
    )
    if found.status != 0 or found.x is None:
        return None
    chosen = found.x[:size] > 0.5
    values = found.x[size:]
    return [
        Share(int(i), int(j), float(v))
        for i, j, v in zip(rows[chosen], columns[chosen], values[chosen], strict=True)
        if v > NOISE
    ]
