"""The mixture as a scikit-learn estimator that takes rows with gaps; needs the extra ``model``."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np

from clustercoop.analysis.verdicts.em import Covariance, Gaps, fit_em, log_densities, normalise
from clustercoop.analysis.verdicts.groups import complete
from clustercoop.analysis.verdicts.selection import free_parameters, spread_starts
from clustercoop.graph.arrays import Floats, Indices
from clustercoop.graph.errors import MissingExtraError, parameter_error

try:
    from sklearn.base import BaseEstimator, DensityMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    raise MissingExtraError(
        "The mixture estimator needs scikit-learn; install clustercoop[model]."
    ) from error


# scikit-learn ships no types, so its base classes are Any to the checker; without them as bases there is no
# `clone`, no `get_params` and no place in a pipeline, and its own checks of estimators fail. One line is left
# unchecked, not a module; once there are types, the checker calls the mark unused, which is an error here.
class GaussianMixture(DensityMixin, BaseEstimator):  # type: ignore[misc]
    """Gaussian mixture that integrates out what a row lacks.

    On complete rows it maximises the likelihood that scikit-learn's estimator of the same name does; that
    one refuses NaN. The covariance is common to all components by default.

    Parameters
    ----------
    n_components : int, default 1
    covariance_type : {"tied", "full", "diag"}, default "tied"
    tol : float, default 1e-6
        Stop when the mean log density of a row rises by less.
    reg_covar : float, default 1e-6
        Added to the diagonal of every covariance.
    max_iter : int, default 500
    n_init : int, default 6
        Starts from k-means on completed rows; the most likely fit is kept.
    random_state : int, RandomState or None, default 0
        Seeds of the starts: with the default a refit gives the same fit.

    Attributes
    ----------
    weights_ : array, shape (n_components,)
    means_ : array, shape (n_components, n_features)
    covariances_ : array, shape (n_features, n_features) if tied, else (n_components, n_features, n_features)
    labels_ : array of int, shape (n_samples,)
    lower_bound_ : float
        Mean log density of a row.
    n_iter_ : int
    converged_ : bool
    n_features_in_ : int

    See Also
    --------
    clustercoop.analysis.verdicts.em.fit_em : the formulas and their sources.

    Examples
    --------
    >>> x = np.array([[0.0, 0.1], [0.1, np.nan], [0.2, 0.0], [5.0, 5.1], [np.nan, 5.0], [5.2, 5.3]])
    >>> groups = GaussianMixture(2, reg_covar=0.01).fit_predict(x)
    >>> groups[0] == groups[1], groups[3] == groups[4], groups[0] == groups[3]
    (np.True_, np.True_, np.False_)
    """

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: Covariance = "tied",
        tol: float = 1e-6,
        reg_covar: float = 1e-6,
        max_iter: int = 500,
        n_init: int = 6,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        """Say that NaN is welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def fit(self, X: Any, y: Any = None) -> GaussianMixture:
        """Fit the mixture to `X`, shape (n_samples, n_features), NaN unknown; `y` is ignored.

        Raises
        ------
        ParameterError
            A parameter lies outside its domain.
        ValueError
            `X` is not a table of finite numbers or NaN, has fewer rows than components, or a column without
            any known cell.
        """
        self._check()
        x = self._validated(X, reset=True)
        if len(x) < self.n_components:
            raise ValueError(f"X has n_samples={len(x)} rows, fewer than n_components={self.n_components}.")
        gaps = Gaps.of(x)
        if not gaps.known.any(axis=0).all():
            raise ValueError("X has a column without any known cell; leave it out.")
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        rng = np.random.default_rng(seed)
        rows = complete(x, gaps)
        starts = (
            spread_starts(rows, self.n_components, rng, self.n_init)
            if self.n_components > 1
            else np.ones((1, len(x), 1))
        )
        fits = fit_em(
            x,
            starts,
            gaps=gaps,
            covariance=self.covariance_type,
            ridge=self.reg_covar,
            tolerance=self.tol,
            max_iterations=self.max_iter,
        )
        best = fits.take(np.array([int(fits.log_likelihood.argmax())]))
        self.weights_ = best.weights[0]
        self.means_ = best.means[0]
        self.covariances_ = best.covariances[0, 0] if self.covariance_type == "tied" else best.covariances[0]
        self.labels_: Indices = best.responsibilities[0].argmax(axis=1)
        self.lower_bound_ = float(best.log_likelihood[0] / len(x))
        self.n_iter_ = best.iterations
        self.converged_ = bool(best.converged[0])
        return self

    def fit_predict(self, X: Any, y: Any = None) -> Indices:
        """Fit to `X` and return each row's most likely component, shape (n_samples,); `y` is ignored."""
        return self.fit(X).labels_

    def predict_proba(self, X: Any) -> Floats:
        """Return each row's posterior share in each component, shape (n_samples, n_components)."""
        return normalise(self._densities(X))[0]

    def predict(self, X: Any) -> Indices:
        """Return each row's most likely component, shape (n_samples,)."""
        labels: Indices = self.predict_proba(X).argmax(axis=1)
        return labels

    def score_samples(self, X: Any) -> Floats:
        """Return the log density of each row's known cells, shape (n_samples,)."""
        return normalise(self._densities(X))[1]

    def score(self, X: Any, y: Any = None) -> float:
        """Return the mean log density of a row; `y` is ignored."""
        return float(self.score_samples(X).mean())

    def bic(self, X: Any) -> float:
        """Return −2 log L + k log n; smaller is better."""
        density = self.score_samples(X)
        return float(self._parameters() * np.log(len(density)) - 2 * density.sum())

    def aic(self, X: Any) -> float:
        """Return −2 log L + 2 k; smaller is better."""
        return float(2 * self._parameters() - 2 * self.score_samples(X).sum())

    def _parameters(self) -> int:
        return free_parameters(self.n_components, self.n_features_in_, self.covariance_type)

    def _densities(self, X: Any) -> Floats:
        check_is_fitted(self)
        x = self._validated(X, reset=False)
        gaps = Gaps.of(x)
        sigma = self.covariances_[None, None] if self.covariance_type == "tied" else self.covariances_[None]
        data = np.where(gaps.known, x, 0.0)[None]
        out: Floats = log_densities(data, gaps, self.weights_[None], self.means_[None], sigma)[0]
        return out

    def _validated(self, X: Any, reset: bool) -> Floats:
        x: Floats = validate_data(
            self,
            X,
            reset=reset,
            dtype=np.float64,
            ensure_all_finite="allow-nan",
            ensure_min_samples=2 if reset else 1,
        )
        return x

    def _check(self) -> None:
        name = "GaussianMixture"
        for parameter, least in (("n_components", 1), ("max_iter", 1), ("n_init", 1)):
            value = getattr(self, parameter)
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
                raise parameter_error(parameter, name, f"an int in the range [{least}, inf)", value)
        for parameter in ("tol", "reg_covar"):
            value = getattr(self, parameter)
            if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not value >= 0:
                raise parameter_error(parameter, name, "a number in the range [0, inf)", value)
        if self.covariance_type not in get_args(Covariance):
            kinds = f"one of {', '.join(get_args(Covariance))}"
            raise parameter_error("covariance_type", name, kinds, self.covariance_type)
