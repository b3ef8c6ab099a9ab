"""The split test: its fast likelihood against EM, its level and its blindness to scale."""

import numpy as np
import pytest

from clustercoop.analysis.verdicts.em import fit_em
from clustercoop.analysis.verdicts.existence import simulation_error, split_test, tied_ratio

THEORY = np.array([1.0, 1.0, 1.0, 0.0])


def planted(seed: int, n: int = 60, gap: float = 2.5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.asarray(rng.normal(size=(n, 4)) + gap * (np.arange(n) < n // 2)[:, None] * THEORY)


@pytest.mark.parametrize("seed", range(4))
def test_the_fast_ratio_is_that_of_em(seed: int) -> None:
    x = planted(seed)
    away = x - x.mean(axis=0)
    root = np.linalg.cholesky(away.T @ away / len(x))
    white = np.linalg.solve(root, away.T).T
    share = np.where(np.arange(60) < 30, 0.9, 0.1)
    ratio, second = tied_ratio(white[None], share[None], steps=2000)
    start = np.stack([1 - share, share], axis=1)
    two = fit_em(x, start, ridge=0, tolerance=1e-14, max_iterations=5000)
    one = fit_em(x, np.ones((60, 1)), ridge=0)
    assert ratio[0] == pytest.approx(2 * (two.log_likelihood[0] - one.log_likelihood[0]), abs=1e-5)
    np.testing.assert_allclose(second[0], two.responsibilities[0, :, 1], atol=1e-4)


def test_no_transformation_of_a_feature_changes_the_result() -> None:
    x = planted(0, gap=1.0)
    x[np.random.default_rng(5).random(x.shape) < 0.1] = np.nan
    plain = split_test(x, THEORY, np.random.default_rng(1), 99)
    bent = split_test(np.exp(2 * x), THEORY, np.random.default_rng(1), 99)
    np.testing.assert_array_equal(plain.ratios, bent.ratios)
    assert plain.p_value == bent.p_value


def test_the_direction_of_theory_leads_where_it_is_right() -> None:
    test = split_test(planted(2), THEORY, np.random.default_rng(0), 199)
    assert test.p_value == 1 / 200
    assert test.direction in ("theory", "theory_shrunk")
    second = test.responsibilities[:, 1] > 0.5
    assert max(np.mean(second == (np.arange(60) < 30)), np.mean(second != (np.arange(60) < 30))) > 0.9


def test_the_free_direction_finds_what_theory_does_not_expect() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(200, 8))
    # Mahalanobis distance 5, orthogonal to theory.
    x[:100] += np.array([1, -1] * 4) * 5 / np.sqrt(8)
    test = split_test(x, np.ones(8), rng, 199)
    assert test.p_value <= 0.01
    assert test.direction == "free"


def test_the_level_holds_on_skewed_correlated_populations_with_gaps() -> None:
    # 25 worlds of one population at level .1: more than 7 rejections have probability 0.0023.
    rejected = 0
    for seed in range(25):
        rng = np.random.default_rng([99, seed])
        x = np.exp(rng.normal(size=(25, 4)) + rng.normal(size=(25, 1)))
        x[rng.random(x.shape) < 0.15] = np.nan
        rejected += split_test(x, THEORY, rng, 99).p_value <= 0.1
    assert rejected <= 7


def test_hopeless_draws_stop_early() -> None:
    rng = np.random.default_rng(0)
    test = split_test(rng.normal(size=(40, 4)), THEORY, rng, 9999)
    assert len(test.null) == 99
    assert test.p_value > 0.1


def test_a_p_value_near_its_bound_is_drawn_closer() -> None:
    far, near = 0, 0
    for seed in range(8):
        rng = np.random.default_rng([3, seed])
        x = rng.normal(size=(40, 4)) + 1.7 * (np.arange(40) < 20)[:, None]
        test = split_test(x, THEORY, rng, 199, 995)
        close = abs(test.p_value - 0.01) <= 2.5 * simulation_error(test.p_value, len(test.null), 0.01)
        assert len(test.null) in (99, 199, 398, 597, 796, 995)
        assert len(test.null) == 995 or not close
        far, near = far + (len(test.null) == 199), near + (len(test.null) == 995)
    assert far and near


def test_global_random_state_is_left_alone() -> None:
    state = np.random.get_state(legacy=False)["state"]["key"].copy()
    split_test(planted(1), THEORY, np.random.default_rng(0), 19)
    assert (np.random.get_state(legacy=False)["state"]["key"] == state).all()


def test_a_single_two_humped_feature_is_no_type() -> None:
    # By design: a difference in one feature alone is a threshold, and normal scores show nothing else.
    rng = np.random.default_rng(3)
    x = rng.normal(size=(80, 4))
    x[:40, 0] += 6.0
    assert split_test(x, THEORY, rng, 199).p_value > 0.01


def test_a_rounded_feature_does_not_make_groups() -> None:
    # A yes-or-no column is two-humped in any population; the replicates have the same column.
    rejected = 0
    for seed in range(20):
        rng = np.random.default_rng([7, seed])
        x = rng.normal(size=(30, 4))
        x[:, 0] = x[:, 0] > 0
        x[:, 1] = np.round(x[:, 1])
        rejected += split_test(x, THEORY, rng, 99).p_value <= 0.05
    # More than 4 of 20 at level .05 have probability 0.0026.
    assert rejected <= 4
