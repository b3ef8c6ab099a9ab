"""R&D expenses and value added per employee of a formation, with the share of employees behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from clustercoop.analysis.members import clean
from clustercoop.analysis.roles import said, stated
from clustercoop.graph.formation import FloatArray, Formation
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings

AMOUNTS: Final = {"rd_per_employee": "rd_expenses", "value_added_per_employee": "value_added"}


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


def add_bounds(
    table: pd.DataFrame, formations: Sequence[Formation], graph: SupplyGraph, settings: Settings
) -> pd.DataFrame:
    """Add ``rd_per_employee_low``, ``…_high`` and the same of value added: what the cells allow.

    A known figure is both of its bounds. An unknown one lies between Σ low / Σ employees and Σ high / Σ
    employees where every member's employees are known and every member's amount is known or bounded on that
    side, and within the bounds that a cell of ``indicators`` states (``<0.0005``). R&D is never below 0.
    Where both exclude each other nothing is known.

    Parameters
    ----------
    table : DataFrame
        Rows of formations: ``cluster_id, year`` and both figures.
    formations : sequence of Formation
    graph : SupplyGraph
    settings : Settings
        `zero_value_added` matters here.

    Examples
    --------
    >>> cells = {"cluster_id": ["c"], "year": [2022], "rd_per_employee_high": [0.0005]}
    >>> graph = SupplyGraph.from_tables({"indicators": pd.DataFrame(cells)})
    >>> row = pd.DataFrame({"cluster_id": ["c"], "year": [2022], **dict.fromkeys(AMOUNTS, [np.nan])})
    >>> found = add_bounds(row, (), graph, Settings())
    >>> found[["rd_per_employee_low", "rd_per_employee_high"]].values.tolist()
    [[0.0, 0.0005]]
    """
    out = table.copy()
    keys = pd.MultiIndex.from_arrays([table["cluster_id"].astype(str), table["year"].astype(int)])
    indicators = graph.indicators.set_index(["cluster_id", "year"])
    for figure, amount in AMOUNTS.items():
        sums = {
            (f.cluster_id, f.year): _sums(f, amount, settings) for f in formations if said(f, amount).any()
        }
        known = table[figure].to_numpy("float64", na_value=np.nan)
        sides = []
        for number, (end, tighter) in enumerate((("low", np.fmax), ("high", np.fmin))):
            own = np.array([sums.get(key, (np.nan, np.nan))[number] for key in keys], dtype=np.float64)
            name = f"{figure}_{end}"
            given = indicators[name].reindex(keys).to_numpy("float64") if name in indicators else np.nan
            sides.append(tighter(own, given))
        if amount == "rd_expenses":
            sides[0] = np.where(np.isnan(sides[0]) & np.isnan(sides[1]), np.nan, np.fmax(sides[0], 0.0))
        contradicted = sides[0] > sides[1]
        for end, side in zip(("low", "high"), sides, strict=True):
            side = np.where(contradicted, np.nan, side)
            out[f"{figure}_{end}"] = np.where(np.isnan(known), side, known)
    return out


def _sums(formation: Formation, amount: str, settings: Settings) -> tuple[float, float]:
    staff = float(clean(formation, "employees", settings).sum())
    given = clean(formation, amount, settings)
    sides = []
    for end in ("low", "high"):
        bound = stated(formation, f"{amount}_{end}")
        if end == "low" and amount == "rd_expenses":
            bound = np.nan_to_num(bound)
        whole = float(np.where(np.isnan(given), bound, given).sum())
        sides.append(whole / staff if staff > 0 else float("nan"))
    return sides[0], sides[1]
