"""Simulated populations of clusters: tables of features with planted types, and worlds without any.

`feature_world` draws formations tables directly (the columns of ``formations.csv``). `benchmarks.link_worlds`
draws the participants, links and activity behind them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from clustercoop.analysis.verdicts.em import Gaps

FloatArray = NDArray[np.float64]

COLUMNS: Final = (
    "cooperation_ratio",
    "outside_knowledge_share",
    "rd_per_employee",
    "partner_entropy",
    "participant_turnover",
    "core_fit",
    "integration",
    "value_added_per_employee",
)
"""Eight features: the first five are those on which theory takes a side, all with a plus."""

THEORY: Final = np.array([1.0, 1, 1, 1, 1, 0, 0, 0])


@dataclass(frozen=True, eq=False)
class World:
    """A table and what is true of it.

    Attributes
    ----------
    formations : DataFrame
        One row a cluster-year.
    ecosystem : array of bool, shape (n,)
        Planted type of each cluster, in the order of the sorted ids; all False where nothing is planted.
    best : array of bool, shape (n,)
        What the true parameters say of the same draw and its gaps: the most that any method can reach on
        average. With several noisy years, what they say of the years' common truth.
    """

    formations: pd.DataFrame
    ecosystem: NDArray[np.bool_]
    best: NDArray[np.bool_]


def correlation(kind: str, p: int, rng: Generator) -> FloatArray:
    """Return a within-group correlation matrix: ``none``, ``equal`` (.3) or ``factors`` (two random ones)."""
    if kind == "none":
        return np.eye(p)
    if kind == "equal":
        return np.full((p, p), 0.3) + 0.7 * np.eye(p)
    loading = rng.normal(size=(p, 2)) * 0.6
    matrix = loading @ loading.T + np.eye(p)
    unit = np.sqrt(np.diag(matrix))
    out: FloatArray = matrix / np.outer(unit, unit)
    return out


def _theory(rng: Generator) -> FloatArray:
    return THEORY.copy()


def _uneven(rng: Generator) -> FloatArray:
    return THEORY * rng.uniform(0.3, 1.0, len(THEORY))


def _all(rng: Generator) -> FloatArray:
    return np.ones(len(THEORY))


def _any(rng: Generator) -> FloatArray:
    return rng.normal(size=len(THEORY))


SHIFTS: Final[dict[str, Callable[[Generator], FloatArray]]] = {
    "theory": _theory,
    "uneven": _uneven,
    "all": _all,
    "any": _any,
}
"""Where the types differ: as theory says, unevenly so, in all eight features, in a random direction."""

SKEWS: Final[dict[str, Callable[[FloatArray], FloatArray]]] = {
    "none": lambda z: z,
    "lognormal": np.exp,
    "gamma": lambda z: _gamma(z),
    "uniform": lambda z: _uniform(z),
}
"""Shapes of the margins before the features' own units, beyond what their transformations remove."""


def _gamma(z: FloatArray) -> FloatArray:
    from scipy.special import gammaincinv, ndtr

    return np.asarray(gammaincinv(1.5, np.clip(ndtr(z), 1e-12, 1 - 1e-12)), dtype=np.float64)


def _uniform(z: FloatArray) -> FloatArray:
    from scipy.special import ndtr

    return np.asarray(3.4 * ndtr(z), dtype=np.float64)


def columns_of(z: FloatArray) -> dict[str, FloatArray]:
    """Return scores in the units of the eight columns."""

    def logistic(x: FloatArray) -> FloatArray:
        out: FloatArray = 1 / (1 + np.exp(-x))
        return out

    return {
        "cooperation_ratio": logistic(0.8 * z[:, 0] - 1.0),
        "outside_knowledge_share": logistic(0.8 * z[:, 1] - 0.5),
        "rd_per_employee": 0.08 * np.exp(0.7 * z[:, 2]),
        "partner_entropy": 2.0 + 0.4 * z[:, 3],
        "participant_turnover": logistic(0.6 * z[:, 4] - 2.0),
        "core_fit": np.tanh(0.3 * z[:, 5] + 0.6),
        "integration": logistic(0.6 * z[:, 6]),
        "value_added_per_employee": 2.0 * np.exp(0.5 * z[:, 7]),
    }


def _true_odds(z: FloatArray, delta: FloatArray, matrix: FloatArray, ratio: float) -> FloatArray:
    """Return the true log-odds of each row given the cells that it still has."""
    gaps = Gaps.of(z)
    inverse = gaps.inverse(matrix)
    away = np.where(gaps.known, z - delta / 2, 0.0)
    solved = (inverse[gaps.row] @ away[..., None])[..., 0]
    out: FloatArray = solved @ delta + np.log(ratio / (1 - ratio))
    return out


def feature_world(
    rng: Generator,
    n: int,
    distance: float = 0.0,
    *,
    shift: str = "theory",
    within: str = "equal",
    skew: str = "none",
    missing: float = 0.0,
    ratio: float = 0.5,
    years: int = 1,
    noise: float = 0.5,
) -> World:
    """Draw n clusters, a share `ratio` of them ecosystem-like at Mahalanobis distance `distance`.

    Parameters
    ----------
    distance : float
        Between the two types, in the space where the features are jointly normal; 0 plants nothing.
    shift, within, skew : str
        Keys of `SHIFTS` and `SKEWS`, and a kind of `correlation`.
    missing : float
        Share of cells lost at random, in every year.
    years : int
        Rows a cluster; with more than one, each year adds noise of `noise` standard deviations.
    """
    p = len(COLUMNS)
    matrix = correlation(within, p, rng)
    direction = SHIFTS[shift](rng)
    delta = direction * distance / np.sqrt(direction @ np.linalg.inv(matrix) @ direction)
    ecosystem = np.zeros(n, bool)
    if distance > 0:
        ecosystem[rng.permutation(n)[: round(ratio * n)]] = True
    z = rng.standard_normal((n, p)) @ np.linalg.cholesky(matrix).T + ecosystem[:, None] * delta
    every: FloatArray = np.asarray(np.repeat(z, years, axis=0), dtype=np.float64)
    if years > 1:
        every += noise * rng.standard_normal(every.shape)
    table = pd.DataFrame(columns_of(SKEWS[skew](every)))
    lost = rng.random(table.shape) < missing
    table = table.mask(lost)
    odds = _true_odds(np.where(lost, np.nan, z) if years == 1 else z, delta, matrix, ratio)
    table.insert(0, "cluster_id", np.repeat([f"c{i:04d}" for i in range(n)], years))
    table.insert(1, "year", np.tile(np.arange(2020, 2020 + years), n))
    return World(table, ecosystem, odds > 0)


def continuum_world(rng: Generator, n: int, share: float, missing: float = 0.0) -> World:
    """Draw n clusters of one population spread evenly along one line, from end to end.

    A uniform factor makes the share `share` of every feature's variance: features are correlated alike, no
    two types exist, and the joint distribution is not normal whatever is done to the single features.
    """
    p = len(COLUMNS)
    factor = rng.uniform(-np.sqrt(3), np.sqrt(3), (n, 1))
    z = np.sqrt(share) * factor + np.sqrt(1 - share) * rng.standard_normal((n, p))
    table = pd.DataFrame(columns_of(z))
    table = table.mask(rng.random(table.shape) < missing)
    table.insert(0, "cluster_id", [f"c{i:04d}" for i in range(n)])
    table.insert(1, "year", 2020)
    nothing = np.zeros(n, bool)
    return World(table, nothing, nothing)
