"""Scales: inverses, orders and shapes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from clustercoop.analysis.verdicts.features import back, feature_list, transform
from clustercoop.analysis.verdicts.scale import (
    Scale,
    yeo_johnson,
    yeo_johnson_back,
)

numbers = hnp.arrays(float, st.integers(1, 20), elements=st.floats(-50, 50))


@given(numbers, st.floats(0, 2))
def test_yeo_johnson_has_an_inverse_everywhere_between_0_and_2(x: np.ndarray, exponent: float) -> None:
    np.testing.assert_allclose(yeo_johnson_back(yeo_johnson(x, exponent), exponent), x, atol=1e-6, rtol=1e-6)


@given(numbers, st.floats(-2, 4))
def test_yeo_johnson_keeps_order(x: np.ndarray, exponent: float) -> None:
    assert (np.diff(yeo_johnson(np.sort(x), exponent)) >= -1e-9).all()


def test_yeo_johnson_equals_scipy() -> None:
    from scipy.stats import yeojohnson

    x = np.array([-3.0, -0.5, 0.0, 0.7, 12.0])
    for exponent in (-1.5, 0.0, 0.5, 1.0, 2.0, 3.3):
        np.testing.assert_allclose(yeo_johnson(x, exponent), yeojohnson(x, lmbda=exponent), rtol=1e-12)


def test_beyond_the_reach_of_the_transform_is_unknown() -> None:
    # λ = −1: the positive branch is 1 − 1/(1 + x), below 1.
    assert np.isnan(yeo_johnson_back(np.array([1.5]), -1.0))[0]


def test_a_skewed_column_becomes_symmetric_and_comes_back() -> None:
    rng = np.random.default_rng(0)
    x = np.column_stack([np.exp(rng.normal(size=400)), rng.normal(size=400)])
    x[:7, 1] = np.nan
    scale = Scale.fit(x)
    y = scale.forward(x)
    skew = np.nanmean(y**3, axis=0)
    assert np.abs(skew).max() < 0.3
    np.testing.assert_allclose(np.nanmean(y, axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(np.nanstd(y, axis=0), 1)
    np.testing.assert_allclose(scale.backward(y), x, rtol=1e-7)


def test_uneven_groups_keep_their_humps() -> None:
    """A fifth 2 deviations up: skewness .16·.6·8/(1 + .64)^1.5 = .37, no reason to bend the scale."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(150, 1)) + 2.0 * (np.arange(150) < 30)[:, None]
    assert Scale.fit(x).exponent.tolist() == [1.0]


def test_far_uneven_groups_are_humps_and_not_skewness() -> None:
    """A quarter 5 deviations up: evening the skewness out would make the far group twice as wide."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 1)) + 5.0 * (np.arange(100) < 25)[:, None]
    assert Scale.fit(x).exponent.tolist() == [1.0]
    assert Scale.fit(np.exp(rng.normal(size=(100, 1)))).exponent[0] < 0.5


@pytest.mark.parametrize("name", ["logit", "atanh", "log", "log1p", "identity"])
@given(st.floats(1e-6, 1.0))
def test_transformations_come_back(name: str, value: float) -> None:
    there = transform(name, np.array([value]), 0.5 if name in ("log", "log1p") else 1.0)
    again = back(name, there, 0.5 if name in ("log", "log1p") else 1.0)
    assert again[0] == pytest.approx(value, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "value"),
    [("logit", -0.01), ("logit", 1.01), ("atanh", 1.2), ("log", 0.0), ("log1p", -0.1), ("identity", np.inf)],
)
def test_outside_the_domain_is_unknown(name: str, value: float) -> None:
    assert np.isnan(transform(name, np.array([value])))[0]


def test_the_logit_of_the_ends_is_finite_and_ordered() -> None:
    # Shares are squeezed to 0.005 … 0.995: logit(0.005) = log(0.005/0.995) = −5.2933.
    ends = transform("logit", np.array([0.0, 1e-3, 1.0]))
    assert ends[0] == pytest.approx(-5.2933, abs=1e-4)
    assert ends[0] < ends[1] < ends[2] == pytest.approx(-ends[0])


def test_theory_is_fixed_data() -> None:
    assert {f.name: f.theory for f in feature_list()} == {
        "cooperation": 1,
        "core_strength": 0,
        "integration": 0,
        "openness": 1,
        "innovation": 1,
        "productivity": 0,
        "diversity": 1,
        "variety": 1,
        "turnover": 1,
    }
