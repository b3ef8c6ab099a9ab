"""R&D expenses and value added per employee of a formation, with the share of employees behind them."""

from __future__ import annotations

import numpy as np

from clustercoop.analysis.members import clean
from clustercoop.analysis.roles import stated
from clustercoop.graph.arrays import Floats
from clustercoop.graph.formation import Formation
from clustercoop.graph.settings import Settings


def per_employee(amount: Floats, employees: Floats) -> tuple[float, float]:
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


def per_employee_bounds(
    formation: Formation, amount: str, employees: Floats, settings: Settings
) -> tuple[float, float]:
    """Return what the cells allow of Σ amount / Σ employees over all members, NaN for an open end.

    A cell that is known is both of its bounds; else its bounds are those that it states. R&D and employees
    are never below 0, value added may be. With A⁻ ≤ Σ amount ≤ A⁺ and E⁻ ≤ Σ employees ≤ E⁺ the ratio lies
    between A⁻ / E⁺ and A⁺ / E⁻, an end below 0 over the other sum of employees.

    Parameters
    ----------
    formation : Formation
    amount : {"rd_expenses", "value_added"}
    employees : array of float64, shape (n,)
        As `clustercoop.analysis.members.clean` gives them.
    settings : Settings
        `zero_value_added` matters here.

    Returns
    -------
    tuple of float
        Million per employee. Both are equal where every cell is known.

    Examples
    --------
    R&D of b is not given: a spends 2 for 10 of 40 employees, so the cluster at least 2 / 40 for each.

    >>> import pandas as pd
    >>> from clustercoop.graph.model import SupplyGraph
    >>> work = {"participant_id": ["a", "b"], "year": 2022, "employees": [10, 30], "rd_expenses": [2, None]}
    >>> people = {"participant_id": ["a", "b"], "cluster_id": "c"}
    >>> tables = {"participants": pd.DataFrame(people), "activity": pd.DataFrame(work)}
    >>> formation = SupplyGraph.from_tables(tables).formation("c", 2022)
    >>> per_employee_bounds(formation, "rd_expenses", formation.employees, Settings())
    (0.05, nan)
    """
    given = clean(formation, amount, settings)
    floor = 0.0 if amount == "rd_expenses" else -np.inf
    least, most = _ends(formation, amount, given, floor)
    fewest, all_staff = _ends(formation, "employees", employees, 0.0)
    low = _over(least, all_staff if least >= 0 else fewest)
    high = _over(most, fewest if most >= 0 else all_staff)
    nothing = low > high or (low == 0 and np.isnan(high))
    return (float("nan"), float("nan")) if nothing else (low, high)


def _ends(formation: Formation, name: str, given: Floats, floor: float) -> tuple[float, float]:
    """Return the least and the largest sum of a column."""
    if not np.isnan(given).any():
        return float(np.maximum(given, floor).sum()), float(given.sum())
    stated_low, stated_high = stated(formation, f"{name}_low"), stated(formation, f"{name}_high")
    low = np.where(np.isnan(given), np.where(np.isnan(stated_low), floor, stated_low), given)
    high = np.where(np.isnan(given), np.where(np.isnan(stated_high), np.inf, stated_high), given)
    return float(np.maximum(low, floor).sum()), float(high.sum())


def _over(amount: float, staff: float) -> float:
    if np.isinf(amount) or staff == 0:
        return float("nan")
    return amount / staff
