"""Groups, stability, naming and what would change a verdict."""

from dataclasses import replace

import numpy as np
import pytest

from clustercoop.analysis.verdicts.em import Gaps, fit_em
from clustercoop.analysis.verdicts.groups import (
    Estimate,
    Recipe,
    bootstrap_weights,
    conditional_means,
    jaccard,
    orient,
)
from clustercoop.analysis.verdicts.humps import humps
from clustercoop.analysis.verdicts.naming import contributions, nearest_flips, posterior, sides, theory_gap
from clustercoop.analysis.verdicts.selection import criteria, free_parameters, third_group
from clustercoop.analysis.verdicts.split import Look, Split, gates

THEORY = np.ones(4)


def planted(gap: float, n: int = 60, missing: float = 0.0, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 4)) + gap * (np.arange(n) < n // 2)[:, None]
    x[rng.random(x.shape) < missing] = np.nan
    x = x[~np.isnan(x).all(axis=1)]
    return np.asarray((x - np.nanmean(x, axis=0)) / np.nanstd(x, axis=0))


def test_jaccard_of_groups_that_come_back_is_one() -> None:
    labels = np.array([False] * 3 + [True] * 5)
    again = np.stack([labels, ~labels])
    np.testing.assert_allclose(jaccard(labels, again, np.ones((2, 8), bool)), np.ones((2, 2)))


def test_jaccard_counts_only_what_was_drawn() -> None:
    # Drawn: rows 0, 2, 3. Groups {0} and {2, 3} come back as {0, 2} and {3}: 1/2 and 1/2.
    labels = np.array([False, False, True, True])
    again = np.array([[False, True, False, True]])
    drawn = np.array([[True, False, True, True]])
    np.testing.assert_allclose(jaccard(labels, again, drawn), 0.5)


def test_bootstrap_counts_draw_n_clusters() -> None:
    counts = bootstrap_weights(17, 8, np.random.default_rng(0))
    assert counts.shape == (8, 17)
    assert (counts.sum(axis=1) == 17).all()


def test_groups_named_alike_after_a_swap() -> None:
    x = planted(4.0)
    fit = fit_em(x, np.repeat(np.eye(2), 30, axis=0), prior=1.0)
    upper = np.arange(60)[None] < 30
    assert orient(fit, upper).responsibilities[0, 0, 1] > 0.5
    assert orient(fit, ~upper).responsibilities[0, 0, 1] < 0.5


def test_conditional_means_of_a_known_correlation() -> None:
    # E[x₂ | x₁ = 2] = ρ σ₂/σ₁ · 2 = 0.5 · 2 = 1 under unit variances and ρ = .5.
    x = np.array([[2.0, np.nan], [1.0, 1.0]])
    out = conditional_means(x, Gaps.of(x), np.zeros(2), np.array([[1.0, 0.5], [0.5, 1.0]]))
    np.testing.assert_allclose(out, [[2.0, 1.0], [1.0, 1.0]])


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_contributions_add_up_to_the_log_odds(missing: float) -> None:
    x = planted(1.5, missing=missing)
    fit = Recipe.of(x, THEORY, THEORY).fit(np.ones((1, len(x))))
    free = np.full(4, np.inf)
    parts = contributions(x, fit, free)
    assert (np.isnan(parts) == np.isnan(x)).all()
    odds = np.nansum(parts, axis=1) + np.log(fit.weights[0, 1] / fit.weights[0, 0])
    np.testing.assert_allclose(1 / (1 + np.exp(-odds)), posterior(x, fit, free)[0], atol=1e-9)
    # Without caps that is the posterior of the mixture.
    np.testing.assert_allclose(posterior(x, fit, free)[0], fit.responsibilities[0, :, 1], atol=1e-3)


def test_no_feature_may_say_more_than_it_is_reliable() -> None:
    x = planted(4.0)
    fit = Recipe.of(x, THEORY, THEORY).fit(np.ones((1, 60)))
    caps = np.array([0.5, 1.0, 2.0, np.inf])
    parts = contributions(x, fit, caps)
    assert (np.abs(parts) <= caps + 1e-12).all() and (np.abs(parts[:, :3]) == caps[:3]).any(axis=0).all()
    odds = parts.sum(axis=1) + np.log(fit.weights[0, 1] / fit.weights[0, 0])
    np.testing.assert_allclose(posterior(x, fit, caps)[0], 1 / (1 + np.exp(-odds)))


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_flips_flip_and_a_step_less_does_not(missing: float) -> None:
    x = planted(2.0, missing=missing)
    rng = np.random.default_rng(0)
    fits = Recipe.of(x, THEORY, THEORY).fit(bootstrap_weights(len(x), 20, rng))
    fits = orient(fits, np.broadcast_to(np.nanmean(x, axis=1) > 0, (20, len(x))))
    caps = np.array([1.0, 2.0, 3.0, np.inf])
    flips = nearest_flips(x, fits, caps)
    low, high = np.nanmin(x, axis=0), np.nanmax(x, axis=0)
    assert (flips.feature >= 0).any()
    for row in np.flatnonzero(flips.feature >= 0):
        j = flips.feature[row]
        assert low[j] - 1e-9 <= flips.value[row] <= high[j] + 1e-9
        for share_of_way, flipped in ((1.0, True), (0.99, False)):
            moved = x[[row]].copy()
            moved[0, j] += share_of_way * (flips.value[row] - moved[0, j])
            side = sides(posterior(moved, fits, caps))[0]
            assert (side == (1 if flips.to_second[row] else -1)) == flipped


def test_theory_gap_is_the_distance_along_theory() -> None:
    x = planted(3.0)
    fit = Recipe.of(x, THEORY, THEORY).fit(np.ones((1, 60)))
    delta = fit.means[0, 1] - fit.means[0, 0]
    # v = (1, 1, 1, 1), |v| = 2.
    assert theory_gap(fit, THEORY)[0] == pytest.approx(delta.sum() / 2)


def test_information_criteria_count_parameters() -> None:
    # Tied, K = 2, p = 4: 1 share, 8 means, 10 covariances.
    assert free_parameters(2, 4) == 19
    assert free_parameters(2, 4, "full") == 29
    assert free_parameters(2, 4, "diag") == 17
    x = planted(4.0)
    table = criteria(x, np.random.default_rng(0))
    assert table["groups"].tolist() == [1, 2, 3, 4]
    assert table["bic"].to_numpy().argmin() == 1
    assert table["bic"][1] == pytest.approx(19 * np.log(60) - 2 * table["log_likelihood"][1])
    assert (np.diff(table["log_likelihood"]) > 0).all()
    assert third_group(table) == pytest.approx(min(table["bic"][2:]) - table["bic"][1])


def test_what_is_not_known_is_not_passed() -> None:
    seen = humps(np.r_[np.linspace(0, 1, 30), np.linspace(3, 4, 30)])
    look = Look("theory", THEORY, np.ones(60, bool), seen)
    whole = Split(look, (look,), 0.5, 9.0, 9.0)
    assert all(gate.passed for gate in gates(whole, 0.4, Estimate(0.9, 0.01)))
    unknown = [gate.passed for gate in gates(Split(look, (look,)), 0.4, Estimate(np.nan, np.nan))]
    assert unknown == [True, True, False, False, False, False]
    for at, changed in enumerate(
        (replace(whole, bend=0.001), replace(whole, along=0.9), replace(whole, third=-2.1))
    ):
        failed = [gate.passed for gate in gates(changed, 0.4, Estimate(0.9, 0.01))]
        assert failed.index(False) == at + 2 and failed.count(False) == 1 and not changed.found
