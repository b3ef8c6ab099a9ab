"""Compiled search for the four blocks of two cores (see `clustercoop.analysis.core_periphery.elliott`).

Notation: `ideal[4 * b + c]` is 1 where block b supplies block c in the pattern. ``pointers, near, value``
list each link twice: with its supplier (participant i's from ``pointers[i]``), then with its buyer (from
``pointers[n + i]``). A state is

    block[i] = where i is
    gain[4 * i + b] = link value that i would bring to cells of pattern 1 in block b
    sums = [link value on cells of pattern 1, number of such cells, Σy, N Σy² − (Σy)² over all N cells,
        participants of each block]
    table = rows of 4, one after another: `slope` of h (4 rows), `offset` (4); then, of each move from h to
        t, the cells of pattern 1 that it gains with a participant of b, at ``4 (8 + 4 h + t) + b`` (16 rows),
        of these the cell where that one buys (16), and where it supplies (16); the first 16 again, at
        ``4 (56 + 4 h + b) + t``

so that the correlation after moving i from h to t is slope[h, t] × (link value on cells of pattern 1 then) −
offset[h, t]: an evaluation costs one product, a move O(degree). Rows of a width that is written out are read
four at a time; of an array's second axis nobody knows it beforehand.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from clustercoop.analysis.core_periphery.kernels import descending, uniform
from clustercoop.analysis.jit import jit
from clustercoop.graph.arrays import Bits, Floats, Int32s, Ints

TIE: Final = 1e-12
"""Correlations closer than this are equal."""

NEVER: Final = -9.0
"""Below any correlation: what a move gets that would empty a core."""

STALL: Final = 60
"""Iterations of tabu search without a new peak before it starts elsewhere."""

TENURE: Final = 6
"""A participant that moved stays for so many iterations, and up to as many more at random."""

FRESH: Final = 0.4
"""Chance that the next start is random, and not a perturbation of the best partition."""

SHAKEN: Final = 0.5
"""A perturbation draws anew up to this share of the participants."""


@jit
def gained(table: Floats, sums: Floats, h: int, t: int) -> float:
    """Return how many cells of pattern 1 a move from block h to t gains; nobody is a partner of its own."""
    at = 224 + 16 * h + t
    found = table[at] * sums[4] + table[at + 4] * sums[5] + table[at + 8] * sums[6] + table[at + 12] * sums[7]
    return float(found - table[at + 4 * h])


@jit
def weigh(n: int, table: Floats, sums: Floats) -> None:
    """Write slope and offset of every move from any block to any other; none may empty a core."""
    cells, held, sold, spread = n * (n - 1.0), sums[1], sums[2], sums[3]
    for h in range(4):
        h0, h1 = held + gained(table, sums, h, 0), held + gained(table, sums, h, 1)
        h2, h3 = held + gained(table, sums, h, 2), held + gained(table, sums, h, 3)
        s0, s1 = 1.0 / np.sqrt(h0 * (cells - h0) * spread), 1.0 / np.sqrt(h1 * (cells - h1) * spread)
        s2, s3 = 1.0 / np.sqrt(h2 * (cells - h2) * spread), 1.0 / np.sqrt(h3 * (cells - h3) * spread)
        row = 4 * h
        table[row], table[row + 1], table[row + 2], table[row + 3] = (
            cells * s0,
            cells * s1,
            cells * s2,
            cells * s3,
        )
        table[row + 16], table[row + 17] = h0 * sold * s0, h1 * sold * s1
        table[row + 18], table[row + 19] = h2 * sold * s2, h3 * sold * s3
        alone = sums[4 + h] == 1.0 and (h == 1 or h == 2)
        for t in range(4):
            if alone or t == h:
                table[row + t], table[row + 16 + t] = 0.0, -NEVER


@jit
def place(
    n: int,
    pointers: Ints,
    near: Int32s,
    value: Floats,
    ideal: Floats,
    block: Ints,
    gain: Floats,
    table: Floats,
    sums: Floats,
) -> float:
    """Compute every sum of the partition from scratch; return its correlation."""
    for b in range(4):
        sums[4 + b] = 0.0
    for i in range(n):
        sums[4 + block[i]] += 1.0
        for b in range(4):
            gain[4 * i + b] = 0.0
    for i in range(n):
        h = block[i]
        for k in range(pointers[i], pointers[i + 1]):
            j, v = near[k], value[k]
            for b in range(4):
                gain[4 * i + b] += v * ideal[4 * b + block[j]]
                gain[4 * j + b] += v * ideal[4 * h + b]
    linked, held = 0.0, 0.0
    for i in range(n):
        h = block[i]
        linked += 0.5 * gain[4 * i + h]  # each link is met with both its ends
        held -= ideal[5 * h]
        for b in range(4):
            held += ideal[4 * h + b] * sums[4 + b]
    sums[0], sums[1] = linked, held
    weigh(n, table, sums)
    cells = n * (n - 1.0)
    r: float = (cells * linked - held * sums[2]) / np.sqrt(held * (cells - held) * sums[3])
    return r


@jit
def move(
    n: int,
    i: int,
    there: int,
    pointers: Ints,
    near: Int32s,
    value: Floats,
    block: Ints,
    gain: Floats,
    table: Floats,
    sums: Floats,
) -> None:
    """Move i to another block and bring every sum up to date, O(degree)."""
    here = block[i]
    change = 8 + 4 * here + there
    sums[0] += gain[4 * i + there] - gain[4 * i + here]
    sums[1] -= table[4 * change + here]
    for b in range(4):
        sums[1] += table[4 * change + b] * sums[4 + b]
    sums[4 + here] -= 1.0
    sums[4 + there] += 1.0
    block[i] = there
    for side in range(2):  # as supplier, then as buyer
        gained = change + 16 + 16 * side
        d0, d1, d2, d3 = (
            table[4 * gained],
            table[4 * gained + 1],
            table[4 * gained + 2],
            table[4 * gained + 3],
        )
        for k in range(pointers[side * n + i], pointers[side * n + i + 1]):
            j, v = near[k], value[k]
            gain[4 * j + 0] += v * d0
            gain[4 * j + 1] += v * d1
            gain[4 * j + 2] += v * d2
            gain[4 * j + 3] += v * d3
    weigh(n, table, sums)


@jit
def draw(n: int, stream: Bits, best_block: Ints, block: Ints) -> None:
    """Write the next start: a random partition, or a perturbation of the best one; with both cores."""
    share = 1.0 if uniform(stream) < FRESH else SHAKEN * uniform(stream)
    a, b, c = uniform(stream), uniform(stream), uniform(stream)
    suppliers = 0
    for i in range(n):
        block[i] = best_block[i]
        if uniform(stream) < share:
            u = uniform(stream)
            block[i] = (1 if u > a else 0) + (1 if u > b else 0) + (1 if u > c else 0)
    buyer = int(uniform(stream) * n)
    block[buyer] = 1
    for i in range(n):
        suppliers += 1 if block[i] == 2 else 0
    if suppliers == 0:
        block[(buyer + 1 + int(uniform(stream) * (n - 1))) % n] = 2


@jit
def largest(values: Floats) -> float:
    """Return the largest of `values`: two at a time, without a branch that would be guessed."""
    one, other = values[values.size // 2], NEVER
    for i in range(values.size // 2):
        one, other = max(one, values[i]), max(other, values[values.size - 1 - i])
    return float(max(one, other))


@jit
def search(
    n: int,
    pointers: Ints,
    near: Int32s,
    value: Floats,
    ideal: Floats,
    starts: Ints,
    iterations: int,
    stream: Bits,
    best_block: Ints,
    block: Ints,
    until: Ints,
    gain: Floats,
    table: Floats,
    sums: Floats,
) -> float:
    """Search for the partition that correlates best with the pattern, write it and return its correlation.

    From each of `starts` (partitions of n, one after another) participants are moved in turn to the block
    that is best for each, until none gains. From the best partition so found, tabu search (Glover 1986)
    makes the best move there is, even downhill, but of nobody that moved lately, unless it leads to a new
    best. Where it stalls it goes on from a drawn start, until `iterations` moves and starts are spent.

    The caller gives `sums` (8) with Σy and N Σy² − (Σy)², `table` (4 · 72) with what moves gain, and room:
    `block` and `until` (n), `gain` (4n).
    """
    tenure, reach = max(1, min(TENURE, n // 4)), np.zeros(n)
    best = NEVER
    given = starts.size // n
    left = iterations + given
    attempt = 0
    while attempt <= given or left > 0:
        if attempt > given:
            draw(n, stream, best_block, block)
        for i in range(n):
            until[i] = 0
            if attempt < given:
                block[i] = starts[attempt * n + i]
            elif attempt == given:  # the search from the best of the starts
                block[i] = best_block[i]
        peak = place(n, pointers, near, value, ideal, block, gain, table, sums)
        i, idle = 0, 0
        while idle < n:
            h = block[i]
            base = sums[0] - gain[4 * i + h]
            target, top = h, peak + TIE
            for t in range(4):
                r = table[4 * h + t] * (base + gain[4 * i + t]) - table[16 + 4 * h + t]
                if r > top:
                    target, top = t, r
            idle += 1
            if target != h:
                move(n, i, target, pointers, near, value, block, gain, table, sums)
                peak, idle = top, 0
            i = i + 1 if i + 1 < n else 0
        if peak > best + TIE:
            best = peak
            for i in range(n):
                best_block[i] = block[i]
        left -= 1
        step, last = 0, 0 if attempt >= given else -STALL
        attempt += 1
        while left > 0 and step - last < STALL:
            left -= 1
            step += 1
            record = best + TIE
            for i in range(n):
                h = block[i]
                base = sums[0] - gain[4 * i + h]
                r0 = table[4 * h] * (base + gain[4 * i]) - table[16 + 4 * h]
                r1 = table[4 * h + 1] * (base + gain[4 * i + 1]) - table[16 + 4 * h + 1]
                r2 = table[4 * h + 2] * (base + gain[4 * i + 2]) - table[16 + 4 * h + 2]
                r3 = table[4 * h + 3] * (base + gain[4 * i + 3]) - table[16 + 4 * h + 3]
                r = max(max(r0, r1), max(r2, r3))
                reach[i] = r if (until[i] < step) | (r > record) else NEVER
            top = largest(reach)
            if top <= NEVER:
                continue
            chosen = 0
            while reach[chosen] < top:
                chosen += 1
            h, target = block[chosen], 0
            base = sums[0] - gain[4 * chosen + h]
            while (
                table[4 * h + target] * (base + gain[4 * chosen + target]) - table[16 + 4 * h + target] < top
            ):
                target += 1
            until[chosen] = step + tenure + int(uniform(stream) * tenure)
            move(n, chosen, target, pointers, near, value, block, gain, table, sums)
            if top > peak + TIE:
                peak, last = top, step
            if top > best + TIE:
                best = top
                for i in range(n):
                    best_block[i] = block[i]
    return best


@jit
def from_strengths(
    n: int,
    pointers: Ints,
    near: Int32s,
    y: Floats,
    by_buyer: Ints,
    ideal: Floats,
    gained: Floats,
    sizes: Ints,
    iterations: int,
    moments: tuple[float, float],
    best_block: Ints,
) -> float:
    """Search from the largest suppliers and buyers by strength as cores, each of every one of `sizes`.

    Others start by the sign of what they sell less what they buy. `y` (m) are the links' values, `by_buyer`
    (m) the links by their buyers, `gained` (48 · 4) the cells of the table in `search`, `moments` Σy and
    N Σy² − (Σy)². `best_block` is given as 0.
    """
    m, count = y.size, sizes.size
    value, sold, bought, rest = np.zeros(2 * m), np.zeros(n), np.zeros(n), np.zeros(n)
    sellers, buyers, starts = (
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.zeros(count * count * n, np.int64),
    )
    block, until, gain = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(4 * n)
    table, sums = np.zeros(96 + gained.size), np.zeros(8)
    for e in range(m):
        value[e], value[m + e] = y[e], y[by_buyer[e]]
    for i in range(n):
        for e in range(pointers[i], pointers[i + 1]):
            sold[i] += value[e]
        for e in range(pointers[n + i], pointers[n + i + 1]):
            bought[i] += value[e]
    descending(sold, sellers)
    for a in range(count):
        for i in range(n):
            rest[i] = bought[i]
        for k in range(sizes[a]):
            rest[sellers[k]] = -1.0
        descending(rest, buyers)
        for b in range(count):
            at = (count * a + b) * n
            for i in range(n):
                starts[at + i] = 0 if sold[i] >= bought[i] else 3
            for k in range(sizes[a]):
                starts[at + sellers[k]] = 2
            for k in range(sizes[b]):
                starts[at + buyers[k]] = 1
    for k in range(gained.size):
        table[32 + k] = gained[k]
    for h in range(4):
        for t in range(4):
            for b in range(4):
                table[224 + 16 * h + 4 * b + t] = gained[16 * h + 4 * t + b]
    sums[2], sums[3] = moments
    stream = np.zeros(1, np.uint64)
    return search(
        n,
        pointers,
        near,
        value,
        ideal,
        starts,
        iterations,
        stream,
        best_block,
        block,
        until,
        gain,
        table,
        sums,
    )
