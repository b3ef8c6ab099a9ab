"""EM with gaps against scikit-learn where rows are complete, and against plain loops where they are not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from clustercoop.analysis.verdicts.em import (
    Covariance,
    Gaps,
    fit_em,
    fit_tied,
    log_densities,
    normalise,
    shrink_difference,
)


def two_groups(seed: int, n: int = 90, p: int = 4, gap: float = 3.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.asarray(rng.normal(size=(n, p)) + gap * (np.arange(n) < n // 2)[:, None])


def halves(n: int) -> np.ndarray:
    second = np.arange(n) < n // 2
    return np.stack([~second, second], axis=1).astype(float)


@pytest.mark.parametrize("covariance", ["tied", "full", "diag"])
def test_equals_scikit_learn_on_complete_rows(covariance: Covariance) -> None:
    from sklearn.mixture import GaussianMixture

    x = two_groups(1)
    fit = fit_em(x, halves(90), covariance=covariance, tolerance=1e-13, max_iterations=5000)
    sigma = fit.covariances[0]
    precision = {
        "tied": np.linalg.inv(sigma[0]),
        "full": np.linalg.inv(sigma),
        "diag": 1 / np.diagonal(sigma, axis1=1, axis2=2),
    }[covariance]
    peer = GaussianMixture(
        2,
        covariance_type=covariance,
        tol=1e-13,
        max_iter=5000,
        # A start off the optimum: the peer has to climb to the same one.
        means_init=fit.means[0] + 0.05,
        weights_init=fit.weights[0] / fit.weights[0].sum(),
        precisions_init=precision,
    ).fit(x)
    np.testing.assert_allclose(fit.means[0], peer.means_, atol=1e-6)
    np.testing.assert_allclose(fit.weights[0], peer.weights_, atol=1e-6)
    theirs = {
        "tied": peer.covariances_,
        "full": peer.covariances_,
        "diag": np.array([np.diag(row) for row in np.atleast_2d(peer.covariances_)])
        if covariance == "diag"
        else None,
    }[covariance]
    np.testing.assert_allclose(sigma[0] if covariance == "tied" else sigma, theirs, atol=1e-6)
    assert fit.log_likelihood[0] == pytest.approx(peer.score(x) * len(x), abs=1e-6)
    np.testing.assert_allclose(fit.responsibilities[0], peer.predict_proba(x), atol=1e-6)


def one_step_by_loops(
    x: np.ndarray, weights: np.ndarray, means: np.ndarray, sigma: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """E and M step of a tied mixture with gaps, a row and a component at a time."""
    n, p = x.shape
    k = len(weights)
    joint = np.zeros((n, k))
    filled = np.zeros((n, k, p))
    left = np.zeros((n, p, p))
    for i in range(n):
        o = np.flatnonzero(~np.isnan(x[i]))
        m = np.flatnonzero(np.isnan(x[i]))
        block = sigma[np.ix_(o, o)]
        for c in range(k):
            d = x[i, o] - means[c, o]
            joint[i, c] = (
                weights[c]
                * np.exp(-0.5 * d @ np.linalg.solve(block, d))
                / np.sqrt((2 * np.pi) ** len(o) * np.linalg.det(block))
            )
            filled[i, c, o] = x[i, o]
            filled[i, c, m] = means[c, m] + sigma[np.ix_(m, o)] @ np.linalg.solve(block, d)
        rest = sigma[np.ix_(m, m)] - sigma[np.ix_(m, o)] @ np.linalg.solve(block, sigma[np.ix_(o, m)])
        left[i][np.ix_(m, m)] = rest
    r = joint / joint.sum(axis=1, keepdims=True)
    new_means = np.array([(r[:, c, None] * filled[:, c]).sum(axis=0) / r[:, c].sum() for c in range(k)])
    total = np.zeros((p, p))
    for i in range(n):
        for c in range(k):
            d = filled[i, c] - new_means[c]
            total += r[i, c] * (np.outer(d, d) + left[i])
    return r.mean(axis=0), new_means, total / n, float(np.log(joint.sum(axis=1)).sum())


@pytest.mark.parametrize("seed", range(5))
def test_one_step_with_gaps_equals_the_loops(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = two_groups(seed, n=25, p=3)
    x[rng.random(x.shape) < 0.3] = np.nan
    x = x[~np.isnan(x).all(axis=1)]
    before = fit_em(x, halves(len(x)), max_iterations=3, tolerance=0, ridge=0)
    after = fit_em(x, halves(len(x)), max_iterations=4, tolerance=0, ridge=0)
    weights, means, sigma, likelihood = one_step_by_loops(
        x, before.weights[0], before.means[0], before.covariances[0, 0]
    )
    assert before.log_likelihood[0] == pytest.approx(likelihood, abs=1e-9)
    np.testing.assert_allclose(after.weights[0], weights, atol=1e-10)
    np.testing.assert_allclose(after.means[0], means, atol=1e-10)
    np.testing.assert_allclose(after.covariances[0, 0], sigma, atol=1e-10)


@given(st.integers(0, 10**6), st.floats(0, 0.4))
@settings(max_examples=30, deadline=None)
def test_the_likelihood_never_falls(seed: int, missing: float) -> None:
    rng = np.random.default_rng(seed)
    x = two_groups(seed, n=30, p=3, gap=1.5)
    x[:, 1:][rng.random((30, 2)) < missing] = np.nan
    climb = [
        float(fit_em(x, halves(30), max_iterations=steps, tolerance=0, ridge=0).log_likelihood[0])
        for steps in range(1, 8)
    ]
    assert np.all(np.diff(climb) >= -1e-8)


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_weights_are_repeated_rows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = two_groups(seed, n=20, p=2)
    x[rng.random(20) < 0.2, 1] = np.nan
    counts = rng.integers(0, 4, 20)
    start = halves(20)
    weighted = fit_em(
        x, start, row_weights=counts[None].astype(float), start=(np.zeros((1, 2)), np.eye(2)[None])
    )
    repeated = fit_em(
        np.repeat(x, counts, axis=0),
        np.repeat(start, counts, axis=0),
        start=(np.zeros((1, 2)), np.eye(2)[None]),
    )
    assert weighted.log_likelihood[0] == pytest.approx(repeated.log_likelihood[0], rel=1e-9)
    np.testing.assert_allclose(weighted.means, repeated.means, atol=1e-8)


def test_many_fits_at_once_are_the_fits_one_by_one() -> None:
    rng = np.random.default_rng(0)
    x = two_groups(3, n=40)
    x[rng.random(x.shape) < 0.2] = np.nan
    counts = rng.multinomial(40, np.full(40, 1 / 40), size=5).astype(float)
    together = fit_em(x, halves(40), row_weights=counts, direction=np.ones(4), prior=4.0)
    for b in range(5):
        alone = fit_em(x, halves(40), row_weights=counts[b : b + 1], direction=np.ones(4), prior=4.0)
        np.testing.assert_allclose(together.means[b], alone.means[0], atol=1e-10)


def test_the_quick_way_for_complete_rows_is_the_same_fit() -> None:
    rng = np.random.default_rng(0)
    rows = 1e4 + rng.normal(size=(40, 3)) + 3.0 * (np.arange(40) < 15)[:, None]
    starts = rng.dirichlet(np.ones(3), (4, 40))
    slow = fit_em(rows, starts, ridge=1e-3, max_iterations=30, tolerance=0.0)
    fast = fit_tied(rows, starts, ridge=1e-3, max_iterations=30, tolerance=0.0)
    np.testing.assert_allclose(fast.log_likelihood, slow.log_likelihood, rtol=1e-6)
    np.testing.assert_allclose(fast.responsibilities, slow.responsibilities, atol=1e-5)
    np.testing.assert_allclose(fast.means, slow.means, rtol=1e-8)
    np.testing.assert_allclose(fast.covariances, slow.covariances, atol=1e-5)


def test_an_unknown_cell_does_not_speak() -> None:
    # A row that lacks a cell has the marginal density of the others.
    gaps = Gaps.of(np.array([[1.0, np.nan]]))
    density = log_densities(
        np.array([[[1.0, 0.0]]]),
        gaps,
        np.ones((1, 1)),
        np.array([[[0.0, 5.0]]]),
        np.array([[[[4.0, 1.9], [1.9, 1.0]]]]),
    )
    # log N(1; 0, 4) = −½ (log 2π + log 4 + 1/4)
    assert density[0, 0, 0] == pytest.approx(-0.5 * (np.log(2 * np.pi) + np.log(4) + 0.25))


@given(hnp.arrays(float, (6, 3), elements=st.floats(-700, 700)))
def test_normalise_gives_shares(log_density: np.ndarray) -> None:
    share, total = normalise(log_density)
    np.testing.assert_allclose(share.sum(axis=1), 1)
    assert (total >= log_density.max(axis=1) - 1e-9).all()


def test_shrinking_keeps_a_difference_that_theory_does_not_know() -> None:
    # δ = (0, 0, 0, 3) against v = (1, 1, 1, 0): with 200 labelled rows Q = 200 · ¼ · 9 = 450 ≫ p − 3 = 1.
    means = np.array([[[0.0] * 4, [0.0, 0.0, 0.0, 3.0]]])
    share = np.repeat([[[1.0, 0.0], [0.0, 1.0]]], 100, axis=1)
    shrunk = shrink_difference(
        means, np.array([[0.5, 0.5]]), share, np.eye(4)[None], np.array([1.0, 1, 1, 0])
    )
    assert shrunk[0, 1, 3] - shrunk[0, 0, 3] == pytest.approx(3 * (1 - 1 / 450))


def test_with_three_features_nothing_is_shrunk() -> None:
    # James–Stein gains nothing below three dimensions beside the direction.
    means = np.array([[[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]])
    share = np.repeat([[[1.0, 0.0], [0.0, 1.0]]], 5, axis=1)
    out = shrink_difference(means, np.array([[0.5, 0.5]]), share, np.eye(3)[None], np.ones(3))
    np.testing.assert_array_equal(out, means)
