import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from clustercoop.graph.arrays import Floats
from clustercoop.reports.layout import STRETCH, circular_order, positions, widths


def radius(place: Floats) -> Floats:
    return np.asarray(np.hypot(place[:, 0] / STRETCH, place[:, 1]), dtype=np.float64)


@given(st.integers(1, 40), st.integers(0, 80), st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_the_order_is_a_permutation_and_repeats(n: int, m: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    src, dst = rng.integers(0, n, (2, m)).astype(np.int32)
    weight = rng.lognormal(size=m)
    first = circular_order(n, src, dst, weight, seed)
    assert sorted(first.tolist()) == list(range(n))
    assert first.tolist() == circular_order(n, src, dst, weight, seed).tolist()


def test_partners_come_near_one_another() -> None:
    # Two separate rings of ten: in the order found, links are shorter than in a random order.
    src = np.arange(20, dtype=np.int32)
    dst = np.where(src % 10 == 9, src - 9, src + 1).astype(np.int32)
    rank = circular_order(20, src, dst, np.ones(20), 3)
    start = np.random.default_rng(3).permutation(20)

    def length(order: NDArray[np.intp]) -> int:
        gap = np.abs(order[src] - order[dst])
        return int(np.minimum(gap, 20 - gap).sum())

    assert length(rank) < length(start)


@given(st.integers(3, 120), st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_the_core_is_inside_and_radius_falls_with_coreness(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    core = rng.random(n) < 0.3
    coreness = rng.random(n)
    linked = rng.random(n) < 0.9
    present = rng.random(n) < 0.95
    r = radius(positions(rng.permutation(n), coreness, core, linked, present))
    inner, outer, rim = present & linked & core, present & linked & ~core, present & ~linked
    if inner.any() and outer.any():
        assert r[inner].max() < r[outer].min()
    if rim.any() and (inner | outer).any():
        assert r[rim].min() > r[inner | outer].max()
    by_coreness = np.flatnonzero(outer)[np.argsort(-coreness[outer])]
    assert (np.diff(r[by_coreness]) >= -1e-9).all()
    assert (r[~present] == 0).all()


@pytest.mark.parametrize(("n", "core"), [(28, 7), (60, 12), (60, None), (300, 40)])
def test_nodes_keep_their_distance(n: int, core: int | None) -> None:
    rng = np.random.default_rng(1)
    in_core = None if core is None else np.arange(n) < core
    all_ = np.ones(n, bool)
    place = positions(rng.permutation(n), rng.random(n), in_core, all_, all_)
    gap = np.hypot(*(place[:, None] - place[None]).transpose(2, 0, 1)) + 1e9 * np.eye(n)
    # The largest marks have a radius of 30; most have less than half of it.
    assert np.median(gap.min(axis=1)) > 40


def test_equal_values_have_a_middle_width() -> None:
    assert widths(np.array([5.0, 5.0]), 5.0, 5.0).tolist() == [2.0, 2.0]
    assert widths(np.array([]), 0.0, 0.0).tolist() == []
