"""Borgatti & Everett's continuous model (equation 5)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from clustercoop.analysis.core_periphery.common import CoreFit, Edges, core_fit
from clustercoop.analysis.core_periphery.minres import concentrated, least_squares
from clustercoop.graph.arrays import Floats
from clustercoop.graph.settings import Weights

OPTIONS: Final[Any] = {"maxiter": 2000, "ftol": 1e-13, "gtol": 1e-9}


def continuous(edges: Edges, weights: Weights) -> CoreFit:
    """Find the coreness c ≥ 0 whose products c_i c_j correlate best with the links (eq. 5).

    The correlation over off-diagonal cells is climbed by L-BFGS-B with its exact gradient, from strengths,
    from symmetric MINRES and from equal coreness, and the best end is kept. c has Euclidean norm 1. ``core``
    follows the concentration rule (see `minres`). NaN where `minres` is.

    Examples
    --------
    >>> from clustercoop.analysis.core_periphery.common import as_edges
    >>> c = np.array([4.0, 2.0, 1.0, 1.0])
    >>> result = continuous(as_edges(np.outer(c, c)), "raw")
    >>> round(result.fit, 6), np.round(result.supplier / result.supplier[-1], 3).tolist()
    (1.0, [4.0, 2.0, 1.0, 1.0])
    """
    from scipy.optimize import minimize
    from scipy.sparse import csr_array

    n = edges.n
    a = edges.values(weights)
    fitted = least_squares(edges, a, symmetric=True)
    name = "Borgatti–Everett eq. 5"
    if not np.isfinite(fitted.pre):
        return core_fit(edges, name, np.zeros(n, bool), np.nan, ties=0, equation="5", weights=weights)
    cells = n * (n - 1)
    links: Any = csr_array((a, (edges.src, edges.dst)), shape=(n, n))
    both = links + links.T
    mean = float(a.sum()) / cells
    norm = np.sqrt(float(a @ a) - cells * mean**2)

    def loss(c: Floats) -> tuple[float, Floats]:
        square, total = c * c, float(c.sum())
        length = float(square.sum())
        pattern = total**2 - length  # Σ c_i c_j over i ≠ j
        spread = length**2 - float(square @ square) - pattern**2 / cells
        if spread <= 1e-12 * length**2:  # no pattern: at most one c above 0, or all equal
            return 0.0, np.zeros(n)
        linked = both @ c
        covariance = 0.5 * float(c @ linked) - mean * pattern
        r = covariance / (norm * np.sqrt(spread))
        pattern_slope = 2.0 * (total - c)
        slope = (linked - mean * pattern_slope) / (norm * np.sqrt(spread))
        spread_slope = 4.0 * (length - square) * c - 2.0 * pattern * pattern_slope / cells
        return -r, -(slope - 0.5 * r * spread_slope / spread)

    strength: Floats = np.asarray(both.sum(axis=1)).ravel()
    spiral = 1.0 + 0.5 * np.argsort(np.argsort(-strength, kind="stable")) / n  # equal coreness is stationary
    fit: Any = minimize
    ends: list[Any] = []
    for c in (strength, fitted.u, spiral):
        c = c / np.linalg.norm(c)
        ends.append(fit(loss, c, jac=True, method="L-BFGS-B", bounds=[(0.0, None)] * n, options=OPTIONS))
    best = min(ends, key=lambda end: float(end.fun))
    c = best.x / np.linalg.norm(best.x)
    return core_fit(
        edges,
        name,
        concentrated(c),
        -float(best.fun),
        supplier=c,
        buyer=c,
        equation="5",
        weights=weights,
    )
