"""What is compiled says what Python says, bit for bit; what cannot be compiled is refused."""

from __future__ import annotations

import copy
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from clustercoop.analysis import brokers
from clustercoop.analysis.closedness import circulation, components, trophic
from clustercoop.analysis.core_periphery import (
    borgatti_everett,
    common,
    elliott,
    exhaustive,
    firmness,
    four_blocks,
    kernels,
    minres,
    nulls,
    rossa,
    significance,
    splits,
    structural,
    tiering,
)
from clustercoop.analysis.jit import Kernel, jit
from clustercoop.analysis.policy import systemic
from clustercoop.graph.formation import sum_by

SHIFT = 3
LIMIT = 0.25
LAST = -1
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@jit
def _square(x: float) -> float:
    return x * x


@jit
def _ints(a: int, b: int) -> tuple[int, int, int, int, int, int, int]:
    quotient = a // b
    rest = a % b
    bits = ((a & b) | (a ^ SHIFT)) + (a << 2) - (b >> SHIFT)
    steps, last = 0, -7
    for last in range(a % 50, b % 7, -2):
        if last == 11:
            continue
        steps += 1
        if steps > 20:
            break
    while steps:
        steps -= 3
        if steps < 0 or not steps % 2:
            break
    chosen = 1 if a < b else 2 if a == b else 3
    return quotient, rest, bits, steps, last, chosen, min(a, b, 5) * max(a, -b) - abs(b)


@jit
def _floats(x: float, y: float, n: int) -> tuple[float, float, float, bool, bool, int]:
    total: Any = 0
    for i in range(n):
        total += i * x if i & 1 == 0 else LIMIT
    between = -1.0 <= x < y or (x == y and not n > 3)
    root = np.sqrt(abs(x)) - y / (n + 1)
    root, other = min(x, root), max(root, y)
    near = y - x
    near *= 2
    return root, other, total + _square(near), between, x != y and between, int(x)


@jit
def _table(cells: Floats, count: Ints, pair: tuple[Floats, int]) -> float:
    room = np.zeros((cells.shape[0], 2))
    rows, shift = pair
    for i in range(cells.shape[0]):
        line = cells[i]
        for j in range(line.size):
            room[i, j % 2] += line[j] * (cells[i, j] > LIMIT) + rows[j]
        count[i] = count[0] = i + shift
    count[0], count[1] = count[1], count[0] + cells.size
    return float(room[0, 0] - room[1, 1] + pair[1])


def same(found: Any, expected: Any) -> bool:
    if isinstance(expected, tuple):
        return len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(expected, np.ndarray):
        return bool(found.dtype == expected.dtype and found.tobytes() == expected.tobytes())
    if isinstance(expected, float):
        return isinstance(found, float) and struct.pack("d", found) == struct.pack("d", expected)
    return bool(found == expected)


whole = st.integers(-(2**31), 2**31)
real = st.floats(-1e6, 1e6)


@given(whole, whole.filter(bool))
def test_ints_are_those_of_python(a: int, b: int) -> None:
    assert _ints(a, b) == _ints.python(a, b)


@given(real, real, st.integers(0, 9))
def test_floats_are_those_of_python(x: float, y: float, n: int) -> None:
    found, expected = _floats(x, y, n), _floats.python(x, y, n)
    kinds = (float, float, float, bool, bool, int)
    assert same(found, tuple(kind(each) for kind, each in zip(kinds, expected, strict=True)))
    assert tuple(map(type, found)) == kinds


@given(st.integers(2, 4), st.integers(1, 5), st.integers(0, 99))
def test_arrays_and_tuples_are_those_of_python(n: int, m: int, seed: int) -> None:
    cells = np.random.default_rng(seed).random((n, m))
    counts = np.zeros(n, np.int64), np.zeros(n, np.int64)
    pair = np.arange(m, dtype=float), seed
    assert same(_table(cells, counts[0], pair), float(_table.python(cells, counts[1], pair)))
    assert counts[0].tolist() == counts[1].tolist()


def test_words_wrap() -> None:
    """The first word of splitmix64 from 0, as its authors publish it."""
    assert kernels.next_word(np.zeros(1, np.uint64)) == 0xE220A8397B1DCDAF


@jit
def _by_zero(x: float, n: int) -> tuple[float, int, int]:
    return x / 0.0, n // (n - n), n % (n - n)


def test_division_by_zero_ends_nothing() -> None:
    assert _by_zero(1.0, 5) == (np.inf, 0, 0)


LEAST, MOST = -(2**63), 2**63 - 1


@jit
def _edges(a: int, b: int, k: int, x: float) -> tuple[int, int, int, int, int, int]:
    return a // b, a % b, a << k, a >> k, int(x), abs(x > 0.0)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ((LEAST, -1, 64, np.nan), (LEAST, 0, 0, -1, 0, 0)),
        ((LEAST, 1, 63, np.inf), (LEAST, 0, 0, -1, MOST, 1)),
        ((5, -1, 70, -1e300), (-5, 0, 0, 0, LEAST, 0)),
        ((-7, 2, 1, -2.9), (-4, 1, -14, -4, -2, 0)),
    ],
)
def test_what_no_processor_says_alike_is_defined(args: tuple[Any, ...], expected: tuple[int, ...]) -> None:
    assert _edges(*args) == expected


@jit
def _perhaps(n: int) -> int:
    for i in range(n):
        found = i
    return found


def test_what_was_never_assigned_is_nothing_that_lay_about() -> None:
    assert (_perhaps(3), _perhaps(0)) == (2, 0)


@jit
def _greedy(n: int) -> float:
    room = np.zeros(n)
    room[n // 2] = 4.0
    return float(room[n - 2] + room.size)


@jit
def _outer_greedy(n: int) -> float:
    room = np.zeros(3)
    room[n & 1] = 1.0
    return _greedy(n) + float(room[0])


def test_no_memory_is_an_error_and_what_was_taken_is_given_back() -> None:
    assert _outer_greedy(4) == 4 + 4 + 1
    with pytest.raises(MemoryError, match="_outer_greedy"):
        _outer_greedy(1 << 60)


# Not what a kernel may say.


@jit
def _returns_array(n: int) -> Floats:
    return np.zeros(n)


@jit
def _makes_in_a_loop(n: int) -> float:
    total = 0.0
    for _ in range(n):
        total += np.zeros(3)[0]
    return total


@jit
def _from_the_end(x: Floats) -> float:
    return float(x[-1])


@jit
def _of_two_kinds(x: Floats) -> float:
    y: Any = x
    y = 1.0
    return float(y)


@jit
def _power(x: float) -> float:
    return float(x**2)


@jit
def _listed(n: int) -> int:
    return len([n])


@jit
def _by_float(x: Any, at: float) -> float:
    return float(x[at])


@jit
def _factorial(n: int) -> int:
    return 1 if n < 2 else n * _factorial(n - 1)


@jit
def _nested(x: float) -> tuple[float, tuple[float, float]]:
    return x, (x, x)


@jit
def _sized(n: Any) -> float:
    return float(np.zeros(n)[0])


@jit
def _least_flag(x: float) -> bool:
    return min(x > 0.0, x > 1.0)


@jit
def _in_chain(x: Floats, i: int, n: int) -> bool:
    return bool(0 <= i < x[n])


@jit
def _ranges_of_floats(x: Any) -> int:
    total = 0
    for i in range(x):
        total += i
    return total


@jit
def _last(x: Floats) -> float:
    return float(x[LAST])


@jit
def _passes_on(x: Floats) -> None:
    line, _ = x[0], 1
    pair = line, 1.0
    _writes(pair)


@jit
def _writes(pair: tuple[Floats, float]) -> None:
    pair[0][0] += pair[1]


def _frozen(shape: tuple[int, ...]) -> Floats:
    cells = np.ones(shape)
    cells.flags.writeable = False
    return cells


@jit
def _either(a: int, b: int) -> int:
    return a or b


@pytest.mark.parametrize(
    ("kernel", "args", "told"),
    [
        (_returns_array, (3,), "array that is returned"),
        (_makes_in_a_loop, (3,), "line 5.*np.zeros in a loop"),
        (_from_the_end, (np.zeros(3),), "index from the end"),
        (_of_two_kinds, (np.zeros(3),), "is .*array.* here and .*float.* there"),
        (_power, (2.0,), "Pow of floats"),
        (_listed, (2,), "line 3.*List"),
        (_by_float, (np.zeros(3), 1.0), "index that is no int"),
        (_factorial, (5,), "calls itself"),
        (_either, (0, 5), "a, which is no bool"),
        (_square, ("text",), "no str"),
        (_by_float, (np.zeros(3, np.float32), 1), "no arrays of float32"),
        (_from_the_end, (np.zeros((4, 4)).T[1:],), "C-ordered"),
        (_passes_on, (np.zeros(25, np.int8)[1:].view(np.float64).reshape(1, 3),), "aligned"),
        (_passes_on, (np.ones((1, 3), ">f8"),), "no arrays of >f8"),
        (_passes_on, (_frozen((1, 3)),), "_writes, line 3.*read-only"),
        (_nested, (1.0,), "a tuple in a tuple"),
        (_least_flag, (1.0,), "min"),
        (_sized, (4.0,), "np.zeros of this size"),
        (_in_chain, (np.zeros(3), 1, 0), "a chain"),
        (_ranges_of_floats, (3.0,), "a range of floats"),
        (_last, (np.zeros(3),), "index from the end"),
    ],
)
def test_what_cannot_be_compiled_is_refused(kernel: Any, args: tuple[Any, ...], told: str) -> None:
    with pytest.raises(TypeError, match=told):
        kernel(*args)


def test_arguments_go_by_their_places() -> None:
    with pytest.raises(TypeError, match="by their places"):
        _square(x=2.0)


def test_what_is_read_only_may_be_read() -> None:
    cells = np.ones((1, 3))
    _passes_on(cells)
    assert cells.tolist() == [[2.0, 1.0, 1.0]]
    counts = np.zeros(2, np.int64)
    assert _table(_frozen((2, 1)), counts, (_frozen((2,)), 3)) == _table.python(
        np.ones((2, 1)), counts, (np.ones(2), 3)
    )


# Every kernel of the analysis.


def network(n: int, seed: int) -> common.Edges:
    rng = np.random.default_rng(seed)
    src, dst = np.nonzero((rng.random((n, n)) < 0.4) & ~np.eye(n, dtype=bool))
    value = rng.lognormal(0, 2, len(src)) if seed else np.ones(len(src))
    return common.Edges(n, src.astype(np.int32), dst.astype(np.int32), value, np.arange(n).astype(object))


def structure(edges: common.Edges) -> None:
    y, ends, n = edges.values("relative"), (edges.src, edges.dst), edges.n
    core, *_ = borgatti_everett.discrete_optimum(edges, 4, y, None, np.zeros(1, np.uint64))
    borgatti_everett.discrete_optimum(edges, 2, y, 6, np.zeros(1, np.uint64))
    found, links = splits.Best(core.astype(np.int64), 0.5, 0.0, 1), borgatti_everett.adjacency(edges, y)
    splits.with_far_pairs(found, 4, n, links)
    firmness.perturbed_cores(edges, 4, "relative", core, 0.1, 1, 0)
    both: tuple[significance.Null, ...] = ("degree", "density")
    for null in both:
        significance.refit_test(edges, y, null, 4, 1, np.zeros(1, np.uint64))
    structural.structural_order(edges)
    sold = sum_by(edges.src, edges.weight, n) + 1.0
    essential = edges.src % 2 == 0
    supply = systemic.supply_of(*ends, edges.weight, sold, np.arange(n) % 3, essential)
    supply.left(np.eye(n, dtype=bool))
    elliott.two_cores(edges, y)
    tiering.tiering(edges)
    tiering.tiering(edges, score="density")
    minres.coreness(edges, y)
    minres.coreness(edges, y, symmetric=True)
    rossa.profile_of(edges, y, 0.1)
    circulation.link_circulation_share(n, *ends, edges.weight)
    components.longest_chain(n, *(end[edges.src < edges.dst].astype(np.int64) for end in ends))
    brokers.gould_fernandez(
        np.isin(np.arange(n * n), edges.src * n + edges.dst).reshape(n, n), np.arange(n) % 3
    )
    trophic.link_levels(n, *ends, edges.weight)


def of_analysis() -> dict[int, tuple[str, Kernel[..., Any]]]:
    return {
        id(found): (f"{room.__name__}.{name}", found)
        for room in list(globals().values())
        if isinstance(room, ModuleType)
        for name, found in vars(room).items()
        if isinstance(found, Kernel) and found.python.__module__ == room.__name__
    }


ENTERED = (
    *((components, "_strong_labels"), (components, "_deepen"), (brokers, "_mediate")),
    *((circulation, "_least_removal"), (trophic, "_levels"), (systemic, "_spread")),
    *((splits, "searches"), (splits, "settle"), (splits, "far_pairs"), (four_blocks, "from_strengths")),
    *((exhaustive, "exhaust"), (kernels, "search"), (kernels, "uniform"), (kernels, "both_ends")),
    *((minres, "fit_from"), (rossa, "grow"), (significance, "refits"), (tiering, "tier_starts")),
    *((common, "lay_out"), (structural, "arrange")),
)
"""What the analysis calls from Python."""


def test_every_kernel_says_what_its_python_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call of an analysis is made twice, compiled and by Python, where kernels call kernels as well."""
    met: set[int] = set()
    by_python = False
    run: Callable[..., Any] = Kernel.__call__

    def both(self: Kernel[..., Any], *args: Any) -> Any:
        nonlocal by_python
        met.add(id(self))
        if by_python:
            return self.python(*args)
        given = copy.deepcopy(args)
        by_python = True
        with np.errstate(all="ignore"):
            expected = self.python(*given)
        by_python = False
        found = run(self, *args)
        assert same(args, given), f"{self.python.__name__} left other arrays than Python"
        assert same(found, expected), f"{self.python.__name__} returned {found}, Python {expected}"
        return found

    monkeypatch.setattr(Kernel, "__call__", both)
    monkeypatch.setattr(minres, "STEPS", 10)
    monkeypatch.setattr(minres, "RANDOM", 3)
    monkeypatch.setattr(tiering, "STARTS", 2)
    monkeypatch.setattr(nulls, "VALUE_STEPS_LEAST", 200)
    monkeypatch.setattr(elliott, "EVALUATIONS", 900)
    for name in ("tiering", "elliott"):
        monkeypatch.setattr(globals()[name], "EXHAUSTIVE", 5)
    tiering._rankings.cache_clear()
    monkeypatch.setattr(borgatti_everett, "EXHAUSTIVE", 5)
    for n, seed in ((4, 0), (5, 2), (8, 4)):
        structure(network(n, seed))
    left = [name for key, (name, _) in of_analysis().items() if key not in met]
    assert not left, f"never called: {left}"
    tiering._rankings.cache_clear()


def test_no_kernel_reads_outside_its_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTERCOOP_CHECKED", "1")
    for _, kernel in of_analysis().values():
        monkeypatch.setattr(kernel, "_made", {})
    for n, seed in ((5, 0), (16, 2), (40, 3)):
        try:
            structure(network(n, seed))
        except IndexError as error:
            pytest.fail(f"of {n} members: {error}")
    # Those that only kernels call are compiled, and checked, with their callers.
    entered = {id(getattr(room, name)) for room, name in ENTERED}
    assert entered <= {key for key, (_, kernel) in of_analysis().items() if kernel._made}


def test_a_checked_kernel_tells_of_an_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTERCOOP_CHECKED", "1")
    with pytest.raises(IndexError, match="_table"):
        jit(_table.python)(np.ones((2, 3)), np.zeros(1, np.int64), (np.zeros(3), 1))


def test_threads_may_meet_a_kernel_at_once() -> None:
    fresh = jit(_ints.python)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda k: fresh(1000 + k, 7), range(16)))
    assert found == [_ints.python(1000 + k, 7) for k in range(16)]
