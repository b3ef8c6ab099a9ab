"""Core–periphery fits against slow obvious oracles, a peer, and what must not change them."""

from __future__ import annotations

import random
from itertools import combinations, product
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from clustercoop.analysis.core_periphery import kernels
from clustercoop.analysis.core_periphery import tiering as tiers
from clustercoop.analysis.core_periphery.borgatti_everett import (
    KICKS,
    adjacency,
    borgatti_everett,
    correlation,
)
from clustercoop.analysis.core_periphery.common import as_edges
from clustercoop.analysis.core_periphery.elliott import PATTERN, elliott
from clustercoop.analysis.core_periphery.exhaustive import exhaust
from clustercoop.analysis.core_periphery.lip import lip
from clustercoop.analysis.core_periphery.minres import minres
from clustercoop.analysis.core_periphery.nulls import DegreeChain, choose_cells
from clustercoop.analysis.core_periphery.rossa import rossa_profile
from clustercoop.analysis.core_periphery.significance import adjust, significance
from tests.analysis.core_periphery.oracles import best_of_climbs

Matrix = NDArray[np.float64]


def drawn(seed: int, n: int | None = None) -> Matrix:
    """Return a random directed weighted graph: mixed densities, heavy or equal weights, uneven suppliers."""
    rng = np.random.default_rng(seed)
    n = n or 5 + seed % 10
    chance = np.clip(rng.uniform(0.1, 1.2) * rng.beta(1, 1, n)[:, None] * 1.5, 0, 1)
    matrix: Matrix = np.where(rng.random((n, n)) < chance, rng.lognormal(2, 1.5, (n, n)), 0.0)
    np.fill_diagonal(matrix, 0)
    matrix[0, 1] = 3.0
    return np.ceil(matrix > 0) * 1.0 if seed % 3 == 0 else matrix


def splits(n: int) -> NDArray[np.float64]:
    return ((np.arange(2**n)[:, None] >> np.arange(n)) & 1).astype(float)


def best_by_enumeration(y: Matrix, equation: str) -> float:
    """Return the largest correlation over all splits, block sums by matrix products."""
    n = len(y)
    x = splits(n)
    k = x.sum(axis=1)
    out = 1 - x
    core, per = ((s @ y * s).sum(axis=1) for s in (x, out))
    core_sq, per_sq = ((s @ y**2 * s).sum(axis=1) for s in (x, out))
    a, b = k * (k - 1), (n - k) * (n - k - 1)
    squares = core_sq + per_sq
    if equation == "2":
        a, core, squares = n * (n - 1) - b, y.sum() - per, np.full(len(x), (y**2).sum())
    spread = (a + b) * squares - (core + per) ** 2
    fine = (a > 0) & (b > 0) & (spread > 1e-9 * (a + b) * squares)
    if not fine.any():
        return float("nan")
    r = (b * core - a * per)[fine] / np.sqrt((a * b * spread)[fine])
    return float(r.max())


@pytest.mark.parametrize("equation", ["4", "2"])
def test_fit_is_the_optimum_on_150_graphs(equation: Literal["4", "2"]) -> None:
    for seed in range(150):
        matrix = drawn(seed)
        fit = borgatti_everett(matrix, equation=equation, weights="log1p")
        assert fit.exact
        expected = best_by_enumeration(np.log1p(matrix), equation)
        assert fit.fit == pytest.approx(expected, abs=1e-9, nan_ok=True), f"seed {seed}"


def test_fit_is_a_pearson_correlation() -> None:
    for seed in range(30):
        matrix = drawn(seed)
        fit = borgatti_everett(matrix, weights="raw")
        same = np.equal.outer(fit.core, fit.core) & ~np.eye(len(matrix), dtype=bool)
        inside = np.logical_and.outer(fit.core, fit.core)
        assert fit.fit == pytest.approx(np.corrcoef(matrix[same], inside[same])[0, 1], abs=1e-9)


def test_margin_and_ties_by_enumeration() -> None:
    for seed in range(40):
        matrix = drawn(seed, 6)
        off = ~np.eye(6, dtype=bool)
        fits = []
        for size in range(2, 5):
            for core in combinations(range(6), size):
                x = np.isin(np.arange(6), core)
                same = np.equal.outer(x, x) & off
                cells, ideal = np.log1p(matrix)[same], np.logical_and.outer(x, x)[same]
                if np.ptp(cells) > 1e-12:
                    fits.append((float(np.corrcoef(cells, ideal)[0, 1]), size, core))
        fit = borgatti_everett(matrix, weights="log1p")
        top = max(value for value, *_ in fits)
        tied = sorted((size, core) for value, size, core in fits if value > top - 1e-9)
        assert fit.ties == len(tied), f"seed {seed}"
        assert fit.members == tied[0][1], f"seed {seed}"
        rest = sorted(value for value, *_ in fits)[-2]
        assert fit.margin == pytest.approx(top - rest, abs=1e-8)


@pytest.mark.parametrize(("seed", "n"), [*enumerate((40, 60, 100))])
def test_search_is_not_below_a_long_multistart(seed: int, n: int) -> None:
    matrix = drawn(seed + 1000, n)
    edges = as_edges(matrix)
    links = adjacency(edges, edges.values("log1p"))
    x = np.zeros(n, np.int64)
    found = correlation(kernels.search(4, n, *links, KICKS, np.array([seed], np.uint64), x, 0, np.inf))
    other = correlation(kernels.search(4, n, *links, 1500, np.array([100], np.uint64), x, 0, np.inf))
    assert found >= other - 1e-10
    assert found >= best_of_climbs(np.log1p(matrix), np.random.default_rng(seed), starts=60) - 1e-10


def test_search_reaches_the_optimum_where_it_can_be_known() -> None:
    """With the search's own effort, on graphs small enough to enumerate: the peer of the test above."""
    missed = 0
    for seed in range(200):
        edges = as_edges(drawn(seed))
        links = adjacency(edges, edges.values("log1p"))
        x = np.zeros(edges.n, np.int64)
        best, *_ = exhaust(4, edges.n, *links, x)
        found = kernels.search(4, edges.n, *links, KICKS, np.array([seed], np.uint64), x, 0, np.inf)
        missed += found < best - 1e-9
    assert missed == 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 1000.0))
def test_invariances(seed: int, factor: float) -> None:
    matrix = drawn(seed)
    rng = np.random.default_rng(seed)
    fit = borgatti_everett(matrix, weights="raw")
    scaled = borgatti_everett(matrix * factor, weights="raw")
    assert scaled.fit == pytest.approx(fit.fit, abs=1e-9, nan_ok=True)
    order = rng.permutation(len(matrix))
    moved = borgatti_everett(matrix[np.ix_(order, order)], weights="raw")
    assert moved.fit == pytest.approx(fit.fit, abs=1e-9, nan_ok=True)
    if fit.ties == 1:
        assert set(order[list(moved.members)]) == set(fit.members)
        assert scaled.members == fit.members
    turned = borgatti_everett(matrix.T, weights="raw")
    assert turned.members == fit.members
    assert turned.fit == pytest.approx(fit.fit, abs=1e-9, nan_ok=True)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_reversing_links_swaps_supplier_and_buyer(seed: int) -> None:
    matrix = drawn(seed, 12)
    one, other = (minres(m, weights="log1p") for m in (matrix, matrix.T))
    assert one.fit == pytest.approx(other.fit, abs=1e-5)
    known = bool(np.isfinite(one.supplier).all())
    assert known == bool(np.isfinite(other.buyer).all())
    if known:
        np.testing.assert_allclose(one.supplier, other.buyer, atol=0.02 * one.supplier.max())
        assert (one.supplier >= 0).all() and (one.buyer >= 0).all()
    assert lip(matrix).fit == lip(matrix.T).fit
    assert tiers.tiering(matrix).fit == pytest.approx(tiers.tiering(matrix.T).fit)


@pytest.mark.parametrize(("seed", "fit"), [(362, 0.3336), (167, None), (172, None), (391, None)])
def test_minres_does_not_end_in_a_minimum_beside_the_least(seed: int, fit: float | None) -> None:
    """Of links one way and reversed the fit is one; from strengths alone one of them was .02 to .08 lower."""
    matrix = drawn(seed, 12)
    one, other = (minres(m, weights="log1p").fit for m in (matrix, matrix.T))
    assert one == pytest.approx(other, abs=1e-5)
    if fit is not None:
        assert one == pytest.approx(fit, abs=5e-5)


def test_minres_is_a_least_squares_stationary_point() -> None:
    """u is the regression of each row on v without the diagonal, and v of each column on u."""
    known = 0
    for seed in range(20):
        matrix = drawn(3 * seed + 1, 15)
        result = minres(matrix, weights="raw")
        if np.isnan(result.supplier).any():  # no minimum
            continue
        known += 1
        u, v = result.supplier, result.buyer
        off = ~np.eye(15, dtype=bool)
        best_u = np.array([matrix[i, off[i]] @ v[off[i]] / (v[off[i]] @ v[off[i]]) for i in range(15)])
        np.testing.assert_allclose(u, best_u, rtol=0.02, atol=0.01 * u.max())
        error = ((matrix - np.outer(u, v))[off] ** 2).sum()
        spread = ((matrix[off] - matrix[off].mean()) ** 2).sum()
        assert result.fit == pytest.approx(1 - error / spread, abs=1e-9)
    assert known >= 15


def test_lip_by_enumeration() -> None:
    for seed in range(60):
        matrix = (drawn(seed, 4 + seed % 6) > 0).astype(float)
        n = len(matrix)
        x = splits(n)[1:-1]
        size = x.sum(axis=1)
        z = (size * (size - 1) - (x @ matrix * x).sum(axis=1) + ((1 - x) @ matrix * (1 - x)).sum(axis=1)) / 2
        found = lip(matrix)
        assert found.fit == z.min() and found.ties == (z == z.min()).sum()
        if len(z) > 1:
            assert found.margin == np.sort(z)[1] - np.sort(z)[0]


def tier_error(matrix: Matrix, core: NDArray[np.bool_], density: bool) -> float:
    k, n = int(core.sum()), len(core)
    links = matrix > 0
    inside, outside = links[np.ix_(core, core)], links[np.ix_(~core, ~core)]
    idle = (links[np.ix_(core, ~core)].sum(axis=1) == 0).sum()
    deaf = (links[np.ix_(~core, core)].sum(axis=0) == 0).sum()
    missing = k * (k - 1) - inside.sum()
    if not density:
        return float((missing + outside.sum() + (n - k) * (idle + deaf)) / links.sum())
    parts = [missing / (k * (k - 1)) if k > 1 else 0, (idle + deaf) / k]
    parts.append(outside.sum() / ((n - k) * (n - k - 1)) if n - k > 1 else 0)
    return float(sum(parts))


@pytest.mark.parametrize("score", ["links", "density"])
def test_tiering_by_enumeration(score: Literal["links", "density"], monkeypatch: pytest.MonkeyPatch) -> None:
    close = 0
    for seed in range(40):
        matrix = drawn(seed, 4 + seed % 6)
        errors = [tier_error(matrix, x > 0, score == "density") for x in splits(len(matrix))[1:-1]]
        exact = tiers.tiering(matrix, score=score)
        assert exact.exact and exact.fit == pytest.approx(min(errors), abs=1e-12)
        assert exact.ties == sum(e < min(errors) + 1e-12 for e in errors)
        assert tier_error(matrix, exact.core, score == "density") == pytest.approx(exact.fit)
        with monkeypatch.context() as patched:
            patched.setattr(tiers, "EXHAUSTIVE", 0)
            searched = tiers.tiering(matrix, score=score)
        assert not searched.exact and searched.fit >= exact.fit - 1e-12
        close += searched.fit <= exact.fit + 1e-12
    assert close >= 36  # the search above 14 participants misses a few small ones


def test_two_cores_fit_is_a_correlation_and_a_planted_chain_is_found() -> None:
    block = np.repeat([0, 1, 2, 3], 6)
    ideal = PATTERN[np.ix_(block, block)]
    rng = np.random.default_rng(3)
    matrix = (rng.random((24, 24)) < np.where(ideal > 0, 0.9, 0.05)) * 1.0
    np.fill_diagonal(matrix, 0)
    found = elliott(matrix, weights="binary")
    off = ~np.eye(24, dtype=bool)
    shape = PATTERN[np.ix_(found.block, found.block)]
    assert found.fit == pytest.approx(np.corrcoef(matrix[off], shape[off])[0, 1], abs=1e-9)
    assert np.array_equal(found.block, block)


def test_rossa_profile_by_its_definition() -> None:
    for seed in range(10):
        matrix = drawn(seed, 10)
        found = rossa_profile(matrix, weights="raw", teleport=0.15)
        step = np.full((10, 10), 0.1)
        has = matrix.sum(axis=1) > 0
        step[has] = matrix[has] / matrix[has].sum(axis=1, keepdims=True)
        step = 0.85 * step + 0.015
        walk = np.linalg.matrix_power(step, 400)[0]
        for j in range(1, 11):
            inside = found.order[:j]
            stay = (walk[inside, None] * step[np.ix_(inside, inside)]).sum() / walk[inside].sum()
            assert found.profile[j - 1] == pytest.approx(stay, abs=1e-9)
        plain = rossa_profile(np.where(matrix > 0, matrix, 0.01), weights="raw")  # strongly connected
        assert plain.profile[0] == 0 and (np.diff(plain.profile) >= -1e-12).all()


def networks_of_degrees(out: Any, into: Any) -> set[bytes]:
    n = len(out)
    rows = [list(combinations([j for j in range(n) if j != i], out[i])) for i in range(n)]
    found = set()
    for choice in product(*rows):
        matrix = np.zeros((n, n), np.int8)
        for i, targets in enumerate(choice):
            matrix[i, list(targets)] = 1
        if (matrix.sum(axis=0) == into).all():
            found.add(matrix.tobytes())
    return found


@pytest.mark.parametrize(
    "links",
    [
        [(0, 1), (1, 2), (2, 0)],  # two networks, joined by the reversal of the triangle alone
        [(0, 1), (1, 2), (2, 0), (2, 3), (3, 1)],
        [(0, 1), (0, 2), (1, 0), (1, 3), (2, 1), (2, 4), (3, 2), (4, 0)],
        [(0, 1), (0, 2), (0, 3), (1, 0), (1, 2), (1, 3), (2, 1), (2, 3), (2, 4), (3, 0), (3, 2), (3, 4),
         (4, 0), (4, 1), (4, 3)],  # more links than holes: holes are drawn
    ],
)  # fmt: skip
def test_degree_chain_is_uniform(links: list[tuple[int, int]]) -> None:
    n = 1 + max(max(pair) for pair in links)
    matrix = np.zeros((n, n))
    matrix[tuple(zip(*links, strict=True))] = 1
    possible = networks_of_degrees(matrix.sum(axis=1).astype(int), matrix.sum(axis=0).astype(int))
    count = 300 * len(possible)
    met: dict[bytes, int] = dict.fromkeys(possible, 0)
    chain = DegreeChain(as_edges(matrix), np.ones(len(links)), np.array([11], np.uint64))
    for src, dst, _ in chain.replicates(count):
        network = np.zeros((n, n), np.int8)
        network[src, dst] = 1
        met[network.tobytes()] += 1  # a KeyError would be a network of other degrees
    chi_squared = sum((times - 300) ** 2 / 300 for times in met.values())
    freedom = len(possible) - 1
    assert chi_squared < freedom + 4 * np.sqrt(2 * freedom) + 4


@pytest.mark.parametrize("density", [0.15, 0.9, 1.0])
def test_degree_chain_keeps_degrees_values_and_sums(density: float) -> None:
    rng = np.random.default_rng(5)
    n = 30
    size = rng.lognormal(0, 1, (2, n))
    matrix = np.outer(size[0], size[1]) * rng.lognormal(3, 1, (n, n)) * (rng.random((n, n)) < density)
    np.fill_diagonal(matrix, 0)
    edges = as_edges(matrix)
    y = edges.values("log1p")
    chain = DegreeChain(edges, y, np.array([3], np.uint64))
    for src, dst, values in chain.replicates(20):
        assert np.array_equal(np.bincount(src, minlength=n), np.bincount(edges.src, minlength=n))
        assert np.array_equal(np.bincount(dst, minlength=n), np.bincount(edges.dst, minlength=n))
        assert len(set(zip(src.tolist(), dst.tolist(), strict=True))) == len(y) and (src != dst).all()
        assert np.array_equal(np.sort(values), np.sort(y))
        if density == 1:  # the same partners: the sums themselves are kept
            drift = np.bincount(src, values, n) - np.bincount(edges.src, y, n)
            assert np.abs(drift).max() < 0.02 * np.bincount(edges.src, y, n).max()
    assert chain.strain < 0.06


def test_density_null_is_uniform() -> None:
    """2 links of 6 cells: 15 sets, each with two orders of the values."""
    src, dst = np.empty((2, 2), np.int32)
    order, stream = np.arange(6, dtype=np.int32), np.array([9], np.uint64)
    met: dict[tuple[int, ...], int] = {}
    for _ in range(6000):
        choose_cells(3, order, src, dst, stream)
        cells = tuple((3 * src + dst).tolist())
        met[cells] = met.get(cells, 0) + 1
    assert len(met) == 30
    assert sum((times - 200) ** 2 / 200 for times in met.values()) < 29 + 4 * np.sqrt(58)


def test_p_counts_the_replicates_that_reach_the_observed_fit() -> None:
    test = significance(drawn(7, 20), replicates=99)
    reached = int((test.fits >= test.observed - 1e-9).sum())
    assert test.p == (1 + reached) / 100
    assert test.error == pytest.approx(np.sqrt(test.p * (1 - test.p) / 100))


def test_draws_repeat_and_leave_global_generators_alone() -> None:
    random.seed(1)
    np.random.seed(1)
    before = random.getstate(), repr(np.random.get_state())
    matrix = drawn(4, 25)
    one = significance(matrix, replicates=19, rng=np.random.default_rng(8))
    two = significance(matrix, replicates=19, rng=np.random.default_rng(8))
    other = significance(matrix, replicates=19, rng=np.random.default_rng(9))
    assert (random.getstate(), repr(np.random.get_state())) == before
    assert np.array_equal(one.fits, two.fits) and not np.array_equal(one.fits, other.fits)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_adjusted_p_values(values: list[float]) -> None:
    from scipy.stats import false_discovery_control

    p = np.array(values)
    np.testing.assert_allclose(adjust(p), false_discovery_control(p), atol=1e-12)
    order = np.argsort(p, kind="stable")
    running = 0.0
    for rank, i in enumerate(order):  # Holm's steps, one by one
        running = max(running, min(1.0, (len(p) - rank) * p[i]))
        assert adjust(p, "holm")[i] == pytest.approx(running)


def test_not_below_bctpy_and_alike_on_a_planted_core() -> None:
    """bctpy's core_periphery_dir has another objective: its split is one that ours must not lose to."""
    bct = pytest.importorskip("bct", reason="bctpy is not installed")
    alike = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        chance = np.full((40, 40), 0.1)
        chance[:10, :10] = 0.8
        matrix = (rng.random((40, 40)) < chance) * rng.lognormal(1, 0.3, (40, 40))
        np.fill_diagonal(matrix, 0)
        fit = borgatti_everett(matrix, weights="log1p")
        theirs, _ = bct.core_periphery_dir(np.log1p(matrix), seed=seed)
        theirs = np.asarray(theirs, dtype=bool)
        edges = as_edges(matrix)
        score = kernels.survey(4, 40, *adjacency(edges, edges.values("log1p")), theirs.astype(np.int64))[0]
        assert fit.fit >= correlation(score) - 1e-12
        assert fit.members == tuple(range(10))
        alike += bool(theirs[:10].all())
    assert alike == 12
