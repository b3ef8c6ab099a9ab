"""Whether other defensible choices would have put the clusters into other groups."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.random import Generator

from clustercoop.analysis.verdicts.em import Covariance, Fit, Gaps, fit_em
from clustercoop.analysis.verdicts.groups import RIDGE, Recipe
from clustercoop.analysis.verdicts.naming import posterior
from clustercoop.graph.arrays import Floats

IMPUTATIONS: Final = 20
OTHER_COVARIANCES: Final[tuple[Covariance, ...]] = ("full", "diag")


def sensitivity(recipe: Recipe, fit: Fit, stays: Floats, names: list[str], rng: Generator) -> pd.DataFrame:
    """Return how many clusters keep their group under other choices.

    Parameters
    ----------
    recipe, fit, stays
        Of `Groups`.
    names : list of str
        Features, in the order of the columns.
    rng : Generator

    Returns
    -------
    DataFrame
        ``variant`` (covariance, imputation, without), ``detail``, ``same`` (share of the clusters that stay
        in their group), ``changed`` (how many do not).
    """
    rows: list[tuple[str, str, Floats]] = []
    own = fit.responsibilities[0, :, 1] > 0.5
    for covariance in OTHER_COVARIANCES:
        again = fit_em(
            recipe.x,
            fit.responsibilities[0],
            gaps=recipe.gaps,
            covariance=covariance,
            ridge=RIDGE,
            prior=recipe.prior,
        )
        rows.append(("covariance", covariance, again.responsibilities[0, :, 1]))
    if not recipe.gaps.complete:
        drawn = _imputed(recipe.x, recipe.gaps, rng)
        again = recipe.fit(np.ones((IMPUTATIONS, len(recipe.x))), drawn)
        second = again.responsibilities[:, :, 1]
        swap = (second * own).sum(axis=1) < ((1 - second) * own).sum(axis=1)
        rows.append(("imputation", "multiple", np.where(swap[:, None], 1 - second, second).mean(axis=0)))
    out = []
    for variant, detail, share in rows:
        same = np.mean((share > 0.5) == own)
        same = float(max(same, 1 - same))
        out.append((variant, detail, same, round((1 - same) * len(share))))
    out += [
        ("without", name, same, round((1 - same) * len(recipe.x)))
        for name, same in zip(names, stays.tolist(), strict=True)
    ]
    return pd.DataFrame(out, columns=["variant", "detail", "same", "changed"])


def leave_one_out(x: Floats, fit: Fit) -> Floats:
    """Return the share of clusters that keep their group without each feature, mean over both groups.

    The groups are judged by the other features alone, the feature integrated out like a gap; a feature
    without which nothing is known of any cluster counts as 0.

    Parameters
    ----------
    x : array, shape (n, p)
    fit : Fit
        Two tied components, one fit.
    """
    second = fit.responsibilities[0, :, 1] > 0.5
    p = x.shape[1]
    out = np.zeros(p)
    for j in range(p):
        rest = x.copy()
        rest[:, j] = np.nan
        rows = ~np.isnan(rest).all(axis=1)
        if not second[rows].any() or second[rows].all():
            continue
        again = posterior(rest[rows], fit, np.full(p, np.inf))[0] > 0.5
        out[j] = (again[second[rows]].mean() + 1 - again[~second[rows]].mean()) / 2
    return out


def _imputed(x: Floats, gaps: Gaps, rng: Generator) -> Floats:
    """Return data sets (m, n, p) with unknown cells drawn given the known ones, one normal population."""
    p = x.shape[1]
    fit = fit_em(x, np.ones((len(x), 1)), gaps=gaps, ridge=RIDGE, prior=2.0 * p)
    mean, covariance = fit.means[0, 0], fit.covariances[0, 0]
    inverse = gaps.inverse(covariance)
    drawn = rng.standard_normal((IMPUTATIONS, *x.shape)) @ np.linalg.cholesky(covariance).T + mean
    # A full draw, corrected to agree with the known cells, is a draw given them (Matheron's rule).
    away = np.where(gaps.known, x - drawn, 0.0)
    corrected = drawn + (inverse[gaps.row] @ away[..., None])[..., 0] @ covariance
    return np.where(gaps.known, x, corrected)
