"""Simulated populations of clusters: tables of features with planted types, and worlds without any.

`feature_world` draws formations tables directly (the columns of ``formations.csv``). `benchmarks.link_worlds`
draws the participants, links and activity behind them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

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
    """

    formations: pd.DataFrame
    ecosystem: NDArray[np.bool_]


def _gamma(z: FloatArray) -> FloatArray:
    from scipy.special import gammaincinv, ndtr

    return np.asarray(gammaincinv(1.5, np.clip(ndtr(z), 1e-12, 1 - 1e-12)), dtype=np.float64)


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


def feature_world(
    rng: Generator,
    n: int,
    distance: float = 0.0,
    *,
    skew: str = "",
    missing: float = 0.0,
    years: int = 1,
) -> World:
    """Draw n clusters, half of them ecosystem-like at Mahalanobis distance `distance`, as theory says.

    Within a type the features are correlated alike, by .3.

    Parameters
    ----------
    distance : float
        Between the two types, in the space where the features are jointly normal; 0 plants nothing.
    skew : {"", "gamma"}
        The margins before the features' own units: normal, or gamma beyond what transformations remove.
    missing : float
        Share of cells lost at random, in every year.
    years : int
        Rows a cluster; with more than one, each year adds noise of half a standard deviation.
    """
    p = len(COLUMNS)
    matrix = np.full((p, p), 0.3) + 0.7 * np.eye(p)
    delta = THEORY * distance / np.sqrt(THEORY @ np.linalg.inv(matrix) @ THEORY)
    ecosystem = np.zeros(n, bool)
    if distance > 0:
        ecosystem[rng.permutation(n)[: round(0.5 * n)]] = True
    z = rng.standard_normal((n, p)) @ np.linalg.cholesky(matrix).T + ecosystem[:, None] * delta
    every: FloatArray = np.asarray(np.repeat(z, years, axis=0), dtype=np.float64)
    if years > 1:
        every += 0.5 * rng.standard_normal(every.shape)
    table = pd.DataFrame(columns_of(_gamma(every) if skew == "gamma" else every))
    table = table.mask(rng.random(table.shape) < missing)
    table.insert(0, "cluster_id", np.repeat([f"c{i:04d}" for i in range(n)], years))
    table.insert(1, "year", np.tile(np.arange(2020, 2020 + years), n))
    return World(table, ecosystem)
