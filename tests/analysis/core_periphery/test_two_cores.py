"""The search for two cores against slow searches of its own kind, and against every partition."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from clustercoop.analysis.core_periphery import elliott as module
from clustercoop.analysis.core_periphery.elliott import PATTERN, elliott

Matrix = NDArray[np.float64]


def drawn(seed: int, n: int, density: float) -> Matrix:
    """Return a random network: suppliers and buyers of uneven size, log-normal values or all 1."""
    rng = np.random.default_rng([seed, n])
    chance = rng.beta(1, 1, n)[:, None] * rng.beta(1, 1, n)
    matrix: Matrix = np.where(rng.random((n, n)) < 4 * density * chance, rng.lognormal(2, 1.5, (n, n)), 0.0)
    np.fill_diagonal(matrix, 0)
    matrix[0, 1] = 3.0
    return matrix if seed % 2 else np.sign(matrix)


def correlation_of(values: Matrix, block: NDArray[np.int32]) -> float:
    """Return the Pearson correlation of the off-diagonal cells, by its definition."""
    off = ~np.eye(len(values), dtype=bool)
    return float(np.corrcoef(values[off], PATTERN[np.ix_(block, block)][off])[0, 1])


def start(n: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Return a random partition with both cores."""
    block = rng.choice(4, n, p=rng.dirichlet(np.ones(4)))
    block[rng.choice(n, 2, replace=False)] = 1, 2
    return block


def climbed(values: Matrix, block: NDArray[np.intp]) -> float:
    """Return the best correlation reached from any row of `block` by the best moves of one participant."""
    n = values.shape[0]
    cells, total = n * (n - 1), values.sum()
    spread = cells * (values**2).sum() - total**2
    best = -2.0
    here = np.full(len(block), -2.0)
    while True:
        size = np.eye(4)[block].sum(axis=1)
        mine = np.eye(4)[block]
        linked = ((values @ mine) * (mine @ PATTERN)).sum(axis=(1, 2))
        held = ((size @ PATTERN) * size).sum(axis=1) - size @ np.diag(PATTERN)
        gain = (values @ mine) @ PATTERN.T + (values.T @ mine) @ PATTERN
        room = (size[:, None] - mine) @ (PATTERN + PATTERN.T)
        own = block[:, :, None]
        after = held[:, None, None] + room - np.take_along_axis(room, own, 2)
        reached = linked[:, None, None] + gain - np.take_along_axis(gain, own, 2)
        product = after * (cells - after) * spread
        r = np.full(product.shape, -2.0)
        np.divide(cells * reached - after * total, np.sqrt(np.maximum(product, 0)), out=r, where=product > 0)
        r[np.isin(block, (1, 2)) & (np.take_along_axis(size, block, 1) == 1)] = -2.0
        flat = r.reshape(len(block), -1)
        up = flat.max(axis=1) > here + 1e-12
        if not up.any():
            return best
        block, here, at = block[up], flat.max(axis=1)[up], flat.argmax(axis=1)[up]
        best = max(best, float(here.max()))
        block[np.arange(len(block)), at // 4] = at % 4


@pytest.mark.parametrize(("n", "density"), [(9, 0.2), (14, 0.15), (14, 0.6), (22, 0.1), (30, 0.08)])
def test_two_cores_are_not_below_many_climbs(n: int, density: float) -> None:
    for seed in range(4):
        values = np.log1p(drawn(seed, n, density))
        found = elliott(values, weights="raw")
        rng = np.random.default_rng(seed)
        most = climbed(values, np.stack([start(n, rng) for _ in range(40)]))
        assert found.fit >= most - 1e-9, seed
        assert found.fit == pytest.approx(correlation_of(values, found.block), abs=1e-11)


@pytest.mark.parametrize(
    ("seed", "fit", "before"), [(5, 0.4380, 0.4341), (6, 0.5500, 0.5484), (7, 0.5032, 0.5031)]
)
def test_two_cores_of_a_dense_network(seed: int, fit: float, before: float) -> None:
    """The fit of a search a hundred times as long; climbs from four starts alone ended at `before`."""
    found = elliott(drawn(seed, 30, 0.5), weights="log1p").fit
    assert found == pytest.approx(fit, abs=5e-5) and found > before + 5e-5


def test_the_search_finds_the_best_of_all_partitions(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(60):
        values = drawn(seed, 4 + seed % 4, 0.3)
        exact = elliott(values, weights="log1p")
        with monkeypatch.context() as patch:
            patch.setattr(module, "EXHAUSTIVE", 0)
            searched = elliott(values, weights="log1p")
        assert searched.fit == pytest.approx(exact.fit, abs=1e-12, nan_ok=True), seed


def test_a_longer_search_finds_no_better_two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(12):
        values = drawn(seed, 20 + 3 * seed, 0.1)
        found = elliott(values, weights="log1p").fit
        with monkeypatch.context() as patch:
            patch.setattr(module, "LONG", 10 * module.LONG)
            patch.setattr(module, "MOST", 10 * module.MOST)
            assert found >= elliott(values, weights="log1p").fit - 1e-9, seed


def test_two_cores_are_the_same_each_time() -> None:
    values = drawn(5, 40, 0.1)
    assert np.array_equal(elliott(values, weights="log1p").block, elliott(values, weights="log1p").block)


def test_two_cores_of_a_large_network_keep_both() -> None:
    n, m = 1500, 6000
    rng = np.random.default_rng(1)
    values = np.zeros((n, n))
    values[rng.integers(0, n, m), rng.integers(0, n, m)] = rng.lognormal(size=m)
    np.fill_diagonal(values, 0)
    found = elliott(values, weights="log1p")
    assert found.core_out.any() and found.core_in.any()
    assert found.fit == pytest.approx(correlation_of(np.log1p(values), found.block), abs=1e-9)
