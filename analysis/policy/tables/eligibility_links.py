"""The smallest change in links that would let a failing requirement pass."""

from __future__ import annotations

import pandas as pd

from clustercoop.analysis.policy.analysed import Analysed


def make(analysed: Analysed) -> pd.DataFrame:
    """Return one row for each link to be made or enlarged, by requirement."""
    from clustercoop.analysis.policy.judgements import verdicts

    rows = [
        (found.cluster_id, found.year, found.rule.id, supplier, buyer, value)
        for found in verdicts(analysed)
        for supplier, buyer, value in found.judged.links
    ]
    return pd.DataFrame(rows, columns=["cluster_id", "year", "rule", "supplier_id", "buyer_id", "value"])
