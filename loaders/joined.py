"""One table of figures in several sheets or files: a row of each, with other figures, is one row."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clustercoop.loaders.keys import groups
from clustercoop.loaders.ledger import Ledger


def join_figures(ledger: Ledger) -> None:
    """Join rows of one key that come from different sheets and give no figure twice."""
    if len(ledger.grids) < 2:
        return
    alive = np.flatnonzero(ledger.alive)
    group, _ = pd.factorize(groups(ledger.frame.iloc[alive], ledger.spec.key))
    size = np.bincount(group, minlength=1)
    source = ledger.source[alive]
    sheets = pd.DataFrame({"group": group, "source": source}).drop_duplicates()["group"].to_numpy()
    fits = (size > 1) & (np.bincount(sheets, minlength=len(size)) == size)
    known = {name: ~np.isnan(ledger.values(name)[alive]) for name in ledger.figures}
    for held in known.values():
        fits &= np.bincount(group, held, len(size)) <= 1
    rows = fits[group]
    if not rows.any():
        return
    order = np.argsort(group[rows], kind="stable")
    mine, of = alive[rows][order], group[rows][order]
    first = np.r_[True, np.diff(of) != 0]
    starts = np.flatnonzero(first)
    for name in ledger.figures:
        values = ledger.values(name)[mine]
        has = np.add.reduceat((~np.isnan(values)).astype(int), starts) > 0
        total = np.add.reduceat(np.nan_to_num(values), starts)
        ledger.fold(name, mine, mine[first], np.where(has, total, np.nan))
    ledger.reject(ledger.mask(mine[~first]), "row_joined", ledger.spec.key[0])
