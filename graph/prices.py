"""Constant prices: the price level of a year, by industry where the data give it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Floats


class Prices:
    r"""Price levels from the table ``deflators``.

    An amount :math:`a` of year :math:`t` and industry :math:`k` is, in prices of the base year :math:`b`,
    :math:`a \, p_{k b} / p_{k t}`. The levels of an industry are those of the longest code that its own
    begins with; of one without any, those of rows that name no industry.

    Parameters
    ----------
    deflators : DataFrame
        Columns ``year, index, industry_code``.
    prefer : collection of int
        Base year: the last of these that has a level, else the last year that has one.

    Examples
    --------
    >>> prices = Prices(pd.DataFrame({"year": [2020, 2021, 2021], "index": [1.0, 1.25, 1.5],
    ...                               "industry_code": [None, None, "28"]}), prefer=[2020])
    >>> prices.base, prices.factors(2021, ["10.1", "", "28.1"]).tolist()
    (2020, [0.8, 0.8, nan])
    """

    def __init__(self, deflators: pd.DataFrame, prefer: Iterable[int] = ()) -> None:
        self._levels: dict[str, dict[int, float]] = {}
        for year, index, code in zip(
            deflators["year"], deflators["index"], deflators["industry_code"], strict=True
        ):
            name = "" if pd.isna(code) else str(code)
            self._levels.setdefault(name, {})[int(year)] = float(index)
        years = sorted({year for levels in self._levels.values() for year in levels})
        liked = sorted(set(years) & set(prefer)) or years
        self.base: int | None = liked[-1] if liked else None

    def __bool__(self) -> bool:
        """Tell whether there is any level."""
        return self.base is not None

    def factors(self, year: int, industries: Iterable[Any]) -> Floats:
        """Return what an amount of `year` is multiplied by for prices of the base; NaN where no level tells.

        The year itself needs no level.
        """
        codes, unique = pd.factorize(
            np.array(["" if pd.isna(i) else str(i) for i in industries], dtype=object)
        )
        found = [1.0 if year == self.base else self._factor(year, name) for name in unique]
        return np.array(found, dtype=np.float64)[codes]

    def _factor(self, year: int, industry: str) -> float:
        if self.base is None:
            return float("nan")
        levels = next(
            (self._levels[industry[:n]] for n in range(len(industry), 0, -1) if industry[:n] in self._levels),
            self._levels.get("", {}),
        )
        return levels[self.base] / levels[year] if year in levels and self.base in levels else float("nan")
