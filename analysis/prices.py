"""Constant prices beside nominal ones, and which years the thresholds are of."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clustercoop.analysis.metric import Measuring
from clustercoop.analysis.thresholds import LEVELS, Thresholds
from clustercoop.graph.findings import Finding
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.people import told_years
from clustercoop.graph.prices import Prices
from clustercoop.graph.settings import Settings

MONEY = ("output", "rd_per_employee", "value_added_per_employee", "internal_supply")


def prices_of(graph: SupplyGraph, settings: Settings, thresholds: Thresholds) -> Prices:
    """Return the price levels of `graph`; the base year is the settings', or the thresholds' last one."""
    first, last = thresholds.years
    return Prices(graph.deflators, [settings.base_year] if settings.base_year else range(first, last + 1))


def constant_indicators(rows: list[Measuring], prices: Prices) -> None:
    """Give rows whose figures per employee are indicators these figures in constant prices, too.

    No member tells the industry, so the general price level is used.
    """
    for row in rows if prices else ():
        factor = float(prices.factors(row.of.year, [""])[0])
        for name in ("rd_per_employee", "value_added_per_employee"):
            if row.sources.get(name) == "indicators":
                row[f"{name}_constant"] = row[name] * factor
        constant = ("output", "rd_per_employee", "value_added_per_employee")
        if not np.isnan([row[f"{name}_constant"] for name in constant]).all():
            row["price_year"] = float(prices.base or 0)


def price_findings(formations: pd.DataFrame, prices: Prices, thresholds: Thresholds) -> list[Finding]:
    """Say whether amounts are nominal, in which prices others are, and where no level or threshold holds."""
    amounts = [name for name in MONEY if name in formations]
    years = sorted(formations.loc[formations[amounts].notna().any(axis=1), "year"].astype(int).unique())
    found = []
    if prices:
        found.append(Finding("prices_constant", table="formations", value=str(prices.base)))
        lacking = formations["output"].notna() & formations["output_constant"].isna()
        missing = sorted(formations.loc[lacking, "year"].astype(int).unique())
        if missing:
            found.append(Finding("deflator_missing", table="deflators", value=told_years(missing)))
    elif len(years) > 1:
        found.append(Finding("prices_nominal", table="formations", value=told_years(years)))
    typed = formations["innovation_level"].isin(LEVELS) | formations["productivity_level"].isin(LEVELS)
    first, last = thresholds.years
    outside = sorted(
        year for year in formations.loc[typed, "year"].astype(int).unique() if not first <= year <= last
    )
    if outside:
        told = f"{first}–{last}" if first < last else str(first)
        converted = bool(prices) and first <= int(prices.base or 0) <= last
        code = "thresholds_converted" if converted else "thresholds_other_years"
        found.append(Finding(code, table="formations", value=told_years(outside), detail=told))
    return found
