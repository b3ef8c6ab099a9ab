"""Links by parts of a year: what was supplied in each quarter or month, beside the links of the year."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.graph.settings import PERIODS, Period
from clustercoop.loaders.ledger import Ledger

FLOWS: Final = ("year", "period", "supplier_id", "buyer_id", "product_code", "kind", "value")


def flows_by_period(
    ledger: Ledger, first: NDArray[np.int64], last: NDArray[np.int64], period: Period
) -> pd.DataFrame:
    """Return what each supplier gave each buyer in each part of a year, returns set off within it.

    Parameters
    ----------
    ledger : Ledger
        Links whose repeats are gone and whose returns still stand.
    first, last : array of int64, shape (rows,)
        Months that each row is of, 0 where that is not known.
    period : {"quarter", "month"}

    Returns
    -------
    DataFrame
        The columns of `FLOWS`; `period` is empty where a row is of no single part, so that the parts add up
        to the rows of the year. A sum below zero took back more than was supplied in the part.
    """
    size = PERIODS[period]
    part = np.where((first > 0) & ((first - 1) // size == (last - 1) // size), (first - 1) // size + 1, 0)
    rows = np.flatnonzero(ledger.alive & ~np.isnan(ledger.values("value")))
    frame = ledger.frame.iloc[rows]
    columns = {name: frame[name].astype(str).where(frame[name].notna(), None) for name in FLOWS[2:-1]}
    year = frame["year"].astype("int64")
    label = "{}-Q{}" if period == "quarter" else "{}-{:02}"
    named = [label.format(y, p) if p else None for y, p in zip(year, part[rows], strict=True)]
    table = pd.DataFrame(
        {"year": year, "period": pd.Series(named, index=frame.index, dtype="str"), **columns}
        | {"value": ledger.values("value")[rows]}
    )
    summed = table.groupby(list(FLOWS[:-1]), sort=True, dropna=False)["value"].sum()
    return summed.reset_index()
