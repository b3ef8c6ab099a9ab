"""Groups, stability, naming and what would change a verdict."""

from typing import Any

import numpy as np
import pytest

from benchmarks.worlds import continuum_world
from clustercoop.analysis.verdicts.em import Fit, Gaps, fit_em
from clustercoop.analysis.verdicts.features import feature_table
from clustercoop.analysis.verdicts.groups import (
    UNKNOWN,
    Estimate,
    Recipe,
    bootstrap_weights,
    conditional_means,
    gap_difference,
    jaccard,
    orient,
    posterior,
    prediction_strength,
)
from clustercoop.analysis.verdicts.model import find_groups
from clustercoop.analysis.verdicts.naming import contributions, nearest_flips, slopes, theory_gap
from clustercoop.analysis.verdicts.selection import Gate, criteria, free_parameters, gates
from clustercoop.analysis.verdicts.valley import emptiness, even_spread, valley

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


def test_far_groups_are_strong_stable_and_preferred() -> None:
    rng = np.random.default_rng(0)
    recipe = Recipe.of(planted(4.0), THEORY, True)
    fit = recipe.fit(np.ones((1, 60)), rng)
    assert prediction_strength(recipe, rng).value > 0.95
    assert gap_difference(recipe, fit, rng).value > 0


def test_one_population_is_not_strong() -> None:
    rng = np.random.default_rng(1)
    assert prediction_strength(Recipe.of(planted(0.0), THEORY, False), rng).value < 0.8


def test_prediction_strength_by_hand() -> None:
    # The fast contingency form against counting pairs, on the same fits.
    recipe = Recipe.of(planted(1.0), THEORY, True)
    splits, n = 3, 60
    fast = prediction_strength(recipe, np.random.default_rng(7), splits)
    rng = np.random.default_rng(7)
    train = np.argsort(rng.random((splits, n)), axis=1) < n // 2
    by_train = recipe.fit(train.astype(float), rng).responsibilities[:, :, 1] > 0.5
    by_test = recipe.fit((~train).astype(float), rng).responsibilities[:, :, 1] > 0.5
    slow = []
    for s in range(splits):
        worst = 1.0
        for side in (True, False):
            rows = np.flatnonzero((by_test[s] == side) & ~train[s])
            pairs = [by_train[s, i] == by_train[s, j] for i in rows for j in rows if i != j]
            worst = min(worst, float(np.mean(pairs)) if pairs else 0.0)
        slow.append(worst)
    assert fast.value == pytest.approx(float(np.mean(slow)))
    assert fast.error == pytest.approx(float(np.std(slow) / np.sqrt(splits)))


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
    fit = Recipe.of(x, THEORY, True).fit(np.ones((1, len(x))), np.random.default_rng(0))
    parts = contributions(x, fit)
    assert (np.isnan(parts) == np.isnan(x)).all()
    odds = np.nansum(parts, axis=1) + np.log(fit.weights[0, 1] / fit.weights[0, 0])
    np.testing.assert_allclose(1 / (1 + np.exp(-odds)), posterior(x, fit)[0], atol=1e-9)
    slope, base = slopes(fit, Gaps.of(x))
    again = base[0] + np.nansum(slope[0] * x, axis=1)
    np.testing.assert_allclose(again, odds, atol=1e-9)


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_flips_flip_and_a_step_less_does_not(missing: float) -> None:
    x = planted(2.0, missing=missing)
    rng = np.random.default_rng(0)
    fits = Recipe.of(x, THEORY, True).fit(bootstrap_weights(len(x), 20, rng), rng)
    fits = orient(fits, np.broadcast_to(np.nanmean(x, axis=1) > 0, (20, len(x))))
    flips = nearest_flips(x, fits)
    low, high = np.nanmin(x, axis=0), np.nanmax(x, axis=0)
    assert (flips.feature >= 0).any()
    for row in np.flatnonzero(flips.feature >= 0):
        j = flips.feature[row]
        assert low[j] - 1e-9 <= flips.value[row] <= high[j] + 1e-9
        for share_of_way, flipped in ((1.0, True), (0.99, False)):
            moved = x[[row]].copy()
            moved[0, j] += share_of_way * (flips.value[row] - moved[0, j])
            p = posterior(moved, fits).mean()
            assert (p >= 0.65 - 1e-6 if flips.to_second[row] else p <= 0.35 + 1e-6) == flipped


def test_theory_gap_is_the_distance_along_theory() -> None:
    x = planted(3.0)
    fit = Recipe.of(x, THEORY, True).fit(np.ones((1, 60)), np.random.default_rng(0))
    delta = fit.means[0, 1] - fit.means[0, 0]
    # v = (1, 1, 1, 1), |v| = 2.
    assert theory_gap(fit, THEORY)[0] == pytest.approx(delta.sum() / 2)


def test_information_criteria_count_parameters() -> None:
    # Tied, K = 2, p = 4: 1 share, 8 means, 10 covariances.
    assert free_parameters(2, 4) == 19
    assert free_parameters(2, 4, "full") == 29
    assert free_parameters(2, 4, "diag") == 17
    table, fits = criteria(planted(4.0), np.random.default_rng(0))
    assert table["groups"].tolist() == [1, 2, 3, 4]
    assert table["bic"].to_numpy().argmin() == 1
    assert table["bic"][1] == pytest.approx(19 * np.log(60) - 2 * fits[1].log_likelihood[0])
    assert (np.diff(table["log_likelihood"]) > 0).all()


def test_every_gate_is_one_condition() -> None:
    def estimates(**values: float) -> dict[str, Any]:
        return {name: value if name == "share" else Estimate(value, 0.0) for name, value in values.items()}

    good = estimates(p_value=0.005, share=0.4, strength=0.9, stability=0.8, gap=0.1, even=0.01)
    assert all(gate.passed for gate in gates(**good))
    bad = estimates(p_value=0.02, share=0.05, strength=0.7, stability=0.5, gap=-0.1, even=0.06)
    for at, (name, value) in enumerate(bad.items()):
        failed = [gate.passed for gate in gates(**{**good, name: value})]
        assert failed.index(False) == at
        assert failed.count(False) == 1


def test_an_unknown_gate_is_not_passed_and_not_close() -> None:
    out = gates(Estimate(0.001, 0.001), 0.5, UNKNOWN)
    assert [gate.passed for gate in out] == [True, True, False, False, False, False]
    assert not any(gate.close for gate in out)


def test_a_gate_is_close_within_two_and_a_half_errors_of_its_bound() -> None:
    assert Gate("valley", 0.05, 0.04, False, 0.006).close
    assert not Gate("valley", 0.05, 0.04, False, 0.0039).close


def test_emptiness_by_hand() -> None:
    """Means −3 and 3: 3 clusters in (−4, −2), 3 in (2, 4), none in (−.5, 1.5): P(Bin(6, 1/3) ≤ 0) = 64/729.

    With two clusters at 0 every window (c − 1, c + 1), |c| < 1, holds them, and (0, 2) the one at 1.5: 1 at
    the least. P(Bin(7, 1/3) ≤ 1) = (2/3)⁷ + 7 (1/3) (2/3)⁶ = 576/2187.
    """
    around = [-3.5, -3.0, -2.5, 3.5, 3.0, 2.5]
    for middle, value in (([-0.5, -1.5, 1.5], 64 / 729), ([0.0, -1.5, 1.5], 576 / 2187)):
        line = np.array([*around, *middle])[None, :, None]
        fit = Fit(
            np.full((1, 2), 0.5),
            np.array([[[-3.0], [3.0]]]),
            np.ones((1, 1, 1, 1)),
            np.zeros(1),
            np.array([[1, 0], [1, 0], [1, 0], [0, 1], [0, 1], [0, 1], [0, 0], [0, 0], [0, 0.0]])[None],
            1,
            np.ones(1, bool),
        )
        assert emptiness(line, fit)[0] == pytest.approx(value, abs=1e-12)


def test_an_even_spread_keeps_the_covariance_and_has_flat_sides() -> None:
    rng = np.random.default_rng(0)
    rows = planted(1.0, n=200)
    drawn = even_spread(rows, np.array([2.0, 0, 0, 0]), 400, rng)
    pooled = np.mean([np.cov(x.T) for x in drawn], axis=0)
    np.testing.assert_allclose(pooled, np.cov(rows.T), atol=0.03)
    # Far apart: the spread takes 96 % of the line w = S⁻¹ a, whose kurtosis is 3 − 1.2 (.96)² = 1.894.
    line = (drawn @ np.linalg.solve(np.cov(rows.T), np.array([2.0, 0, 0, 0]))).ravel()
    assert np.mean(line**4) / np.mean(line**2) ** 2 == pytest.approx(1.894, abs=0.02)


def test_the_valley_is_level_where_there_is_none() -> None:
    """Cut in two, an evenly spread population has a p-value of at most .1 in a tenth of draws."""
    few = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        x = rng.normal(scale=0.4, size=(80, 4)) + rng.uniform(-1.5, 1.5, size=(80, 1))
        recipe = Recipe.of(x, THEORY, True)
        few += valley(recipe, recipe.fit(np.ones((1, 80)), rng), rng, populations=39).value <= 0.1
    assert few <= 12  # P(Bin(60, .1) > 12) = .006


def test_a_continuum_is_not_two_groups() -> None:
    found = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        table = feature_table(continuum_world(rng, 100, 0.9).formations)
        found += find_groups(table.x, table.theory, rng, replicates=99, resamples=20, thorough=False).found
    assert found <= 1
