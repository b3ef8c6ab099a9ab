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
    """Return the correlation reached by the best move of one participant after another."""
    n = len(values)
    cells, total = n * (n - 1), values.sum()
    spread = cells * (values**2).sum() - total**2
    best = -2.0
    while True:
        size = np.bincount(block, minlength=4)
        here = np.eye(4)[block]
        linked = (values * PATTERN[np.ix_(block, block)]).sum()
        held = float(size @ PATTERN @ size - size @ np.diag(PATTERN))
        gain = values @ PATTERN[:, block].T + values.T @ PATTERN[block]
        partners = size - here
        room = partners @ (PATTERN + PATTERN.T)
        own = np.arange(n), block
        after = held + room - room[own][:, None]
        reached = linked + gain - gain[own][:, None]
        product = after * (cells - after) * spread
        r = np.full((n, 4), -2.0)
        np.divide(cells * reached - after * total, np.sqrt(np.maximum(product, 0)), out=r, where=product > 0)
        r[np.isin(block, (1, 2)) & (size[block] == 1)] = -2.0
        top = np.unravel_index(np.argmax(r), r.shape)
        if not r[top] > best + 1e-12:
            return best
        best = float(r[top])
        block = block.copy()
        block[top[0]] = top[1]


@pytest.mark.parametrize(("n", "density"), [(9, 0.2), (14, 0.15), (14, 0.6), (22, 0.1), (30, 0.08)])
def test_two_cores_are_not_below_many_climbs(n: int, density: float) -> None:
    for seed in range(4):
        values = np.log1p(drawn(seed, n, density))
        found = elliott(values, weights="raw")
        rng = np.random.default_rng(seed)
        most = max(climbed(values, start(n, rng)) for _ in range(40))
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
