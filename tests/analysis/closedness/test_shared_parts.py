"""What is known of a formation already must not change what is made of it."""

from __future__ import annotations

import numpy as np
import pytest

from clustercoop.analysis.closedness.circulation import link_circulation_share
from clustercoop.analysis.closedness.components import (
    component_labels,
    longest_chain,
    strongly_connected_share,
)
from clustercoop.analysis.closedness.finn import closed_components, cycling_index
from clustercoop.analysis.linear import solve_leontief


@pytest.mark.parametrize("density", [0.05, 0.15, 0.6])
def test_known_components_change_nothing(density: float) -> None:
    for seed in range(10):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(2, 16))
        src, dst = np.nonzero((rng.random((n, n)) < density) & ~np.eye(n, dtype=bool))
        weight = rng.lognormal(size=len(src))
        total = np.bincount(dst, weight, n) + np.bincount(src, weight, n) + rng.random(n)
        labels = component_labels(n, src, dst, strong=True)
        closed = closed_components(src, dst, weight, total, labels)
        assert longest_chain(n, src, dst, labels) == longest_chain(n, src, dst)
        for measure in (strongly_connected_share, link_circulation_share):
            np.testing.assert_equal(measure(n, src, dst, weight, labels), measure(n, src, dst, weight))
        index = cycling_index(src, dst, weight, total)
        assert cycling_index(src, dst, weight, total, (labels, closed)) == index


def test_several_right_hand_sides_are_solved_as_each_alone() -> None:
    rng = np.random.default_rng(0)
    n = 12
    src, dst = np.nonzero((rng.random((n, n)) < 0.4) & ~np.eye(n, dtype=bool))
    coefficient = rng.random(len(src)) / n
    rhs = rng.random((n, 3))
    dense = np.zeros((n, n))
    dense[src, dst] = coefficient
    for transpose in (False, True):
        matrix = np.eye(n) - (dense.T if transpose else dense)
        found = solve_leontief(n, src, dst, coefficient, rhs, transpose=transpose)
        np.testing.assert_allclose(matrix @ found, rhs, rtol=0, atol=1e-14)
        for k in range(3):
            alone = solve_leontief(n, src, dst, coefficient, rhs[:, k], transpose=transpose)
            np.testing.assert_allclose(found[:, k], alone, rtol=1e-13)
