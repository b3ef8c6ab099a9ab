"""R&D expenses and value added per employee of a formation, with the share of employees behind them."""

from __future__ import annotations

import numpy as np

from clustercoop.graph.formation import FloatArray


def per_employee(amount: FloatArray, employees: FloatArray) -> tuple[float, float]:
    """Return Σ amount / Σ employees over members with both cells known, and their coverage.

    Parameters
    ----------
    amount, employees : arrays of float64, shape (n,)
        Million of the currency, and persons; NaN is unknown.

    Returns
    -------
    ratio : float
        Million per employee; NaN where no member has both cells or their employees sum to 0.
    coverage : float
        Those members' share of all employees where every member's employees are known (and not all 0), else
        their share of the members.

    Examples
    --------
    >>> per_employee(np.array([1.0, 2.0, np.nan]), np.array([10.0, 20.0, 70.0]))
    (0.1, 0.3)
    >>> per_employee(np.array([1.0, 2.0, np.nan]), np.array([10.0, 20.0, np.nan]))
    (0.1, 0.6666666666666666)
    """
    both = ~np.isnan(amount) & ~np.isnan(employees)
    if not both.any():
        return float("nan"), 0.0
    staff = float(employees[both].sum())
    every = float(employees.sum())
    coverage = staff / every if every > 0 else float(both.mean())
    return (float(amount[both].sum()) / staff if staff > 0 else float("nan")), coverage
