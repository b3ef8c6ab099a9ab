"""Whether other defensible choices would have put the clusters into other groups."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.random import Generator

from clustercoop.analysis.verdicts.em import Covariance, FloatArray, Gaps, fit_em
from clustercoop.analysis.verdicts.groups import RIDGE, Recipe
from clustercoop.analysis.verdicts.model import Groups

IMPUTATIONS: Final = 20
OTHER_COVARIANCES: Final[tuple[Covariance, ...]] = ("full", "diag")


def sensitivity(groups: Groups, names: list[str], rng: Generator) -> pd.DataFrame:
    """Return how many clusters keep their group under other choices.

    Parameters
    ----------
    groups : Groups
    names : list of str
        Features, in the order of the columns.
    rng : Generator

    Returns
    -------
    DataFrame
        ``variant`` (covariance, imputation, without), ``detail``, ``same`` (share of the clusters that stay
        in their group), ``changed`` (how many do not).
    """
    rows: list[tuple[str, str, FloatArray]] = []
    recipe = groups.recipe
    for covariance in OTHER_COVARIANCES:
        fit = fit_em(
            recipe.x,
            groups.fit.responsibilities[0],
            gaps=recipe.gaps,
            covariance=covariance,
            ridge=RIDGE,
            prior=recipe.prior,
        )
        rows.append(("covariance", covariance, fit.responsibilities[0, :, 1]))
    ones = np.ones((1, len(recipe.x)))
    if not recipe.gaps.complete:
        drawn = _imputed(recipe.x, recipe.gaps, rng)
        fit = recipe.fit(np.ones((IMPUTATIONS, len(recipe.x))), rng, drawn)
        second = fit.responsibilities[:, :, 1]
        swap = (second * groups.second).sum(axis=1) < ((1 - second) * groups.second).sum(axis=1)
        rows.append(("imputation", "multiple", np.where(swap[:, None], 1 - second, second).mean(axis=0)))
    for j, name in enumerate(names):
        keep = np.arange(len(names)) != j
        known = ~np.isnan(recipe.x[:, keep]).all(axis=1)
        if len(names) < 2 or not recipe.theory[keep].any() or not known.all():
            continue
        part = Recipe.of(recipe.x[:, keep], recipe.theory[keep], recipe.led)
        rows.append(("without", name, part.fit(ones, rng).responsibilities[0, :, 1]))
    out = []
    for variant, detail, share in rows:
        same = np.mean((share > 0.5) == groups.second)
        same = float(max(same, 1 - same))
        out.append((variant, detail, same, round((1 - same) * len(share))))
    return pd.DataFrame(out, columns=["variant", "detail", "same", "changed"])


def _imputed(x: FloatArray, gaps: Gaps, rng: Generator) -> FloatArray:
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
