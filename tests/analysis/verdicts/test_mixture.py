"""The estimator: scikit-learn's own checks, its twin on complete rows, gaps, refusals."""

import sys
import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.mixture import GaussianMixture as Peer
from sklearn.utils.estimator_checks import check_estimator

from clustercoop.analysis.verdicts.em import Covariance
from clustercoop.analysis.verdicts.mixture import GaussianMixture
from clustercoop.graph.errors import MissingExtraError, ParameterError

# Not run by scikit-learn unless SCIPY_ARRAY_API is set before anything is imported.
NOT_RUN = {"check_array_api_input"}


def rows(seed: int = 0, n: int = 80) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.asarray(rng.normal(size=(n, 3)) + 4 * (np.arange(n) < n // 2)[:, None])


@pytest.mark.parametrize("components", [1, 2])
def test_passes_every_check_of_scikit_learn(components: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(GaussianMixture(components), on_fail=None)
    rest = {result["check_name"]: result["status"] for result in results if result["status"] != "passed"}
    assert {name: status for name, status in rest.items() if name not in NOT_RUN} == {}
    assert len(results) > 30


@pytest.mark.parametrize("covariance", ["tied", "full", "diag"])
def test_equals_its_twin_on_complete_rows(covariance: Covariance) -> None:
    x = rows()
    ours = GaussianMixture(2, covariance_type=covariance, tol=1e-13, max_iter=5000).fit(x)
    peer = Peer(2, covariance_type=covariance, tol=1e-13, max_iter=5000, n_init=5, random_state=0).fit(x)
    assert ours.score(x) == pytest.approx(peer.score(x), abs=1e-6)
    assert ours.bic(x) == pytest.approx(peer.bic(x), abs=1e-4)
    assert ours.aic(x) == pytest.approx(peer.aic(x), abs=1e-4)
    order = np.argsort(ours.means_[:, 0]), np.argsort(peer.means_[:, 0])
    np.testing.assert_allclose(ours.means_[order[0]], peer.means_[order[1]], atol=1e-6)
    np.testing.assert_allclose(
        ours.predict_proba(x)[:, order[0]], peer.predict_proba(x)[:, order[1]], atol=1e-6
    )


def test_gaps_are_integrated_out_and_the_groups_still_found() -> None:
    x = rows()
    lost = x.copy()
    lost[np.random.default_rng(1).random(x.shape) < 0.3] = np.nan
    labels = GaussianMixture(2).fit_predict(lost)
    truth = np.arange(80) < 40
    assert max(np.mean(labels == truth), np.mean(labels != truth)) > 0.95


def test_a_row_without_any_cell_gets_the_mixing_shares() -> None:
    model = GaussianMixture(2).fit(rows())
    np.testing.assert_allclose(model.predict_proba([[np.nan] * 3])[0], model.weights_)


def test_a_refit_gives_the_same_fit() -> None:
    first, second = (GaussianMixture(3).fit(rows()) for _ in range(2))
    np.testing.assert_array_equal(first.means_, second.means_)


@pytest.mark.parametrize(
    "bad",
    [
        {"n_components": 0},
        {"n_components": 1.5},
        {"n_components": True},
        {"covariance_type": "spherical"},
        {"tol": -1.0},
        {"reg_covar": float("nan")},
        {"max_iter": 0},
        {"n_init": 0},
    ],
)
def test_parameters_outside_their_domain_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=f"The '{next(iter(bad))}' parameter"):
        GaussianMixture(**bad).fit(rows())


def test_a_column_without_any_cell_is_refused() -> None:
    x = rows()
    x[:, 1] = np.nan
    with pytest.raises(ValueError, match="without any known cell"):
        GaussianMixture(2).fit(x)


def test_without_scikit_learn_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "clustercoop.analysis.verdicts.mixture")
    monkeypatch.setitem(sys.modules, "sklearn.base", None)
    with pytest.raises(MissingExtraError, match=r"clustercoop\[model\]"):
        __import__("clustercoop.analysis.verdicts.mixture")
