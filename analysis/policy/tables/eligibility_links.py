"""The smallest change in links that would let a failing requirement pass."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.judgements import verdicts
from clustercoop.graph.schema import ENDS


def make(analysed: Analysed) -> pd.DataFrame:
    """Return one row for each link to be made or enlarged, by requirement."""
    found = [(row, links) for row, links in verdicts(analysed) if links]
    if not found:
        return pd.DataFrame({"cluster_id": []})
    formations = {(f.cluster_id, f.year): f for f in analysed.graph.formations()}
    sizes = [len(links.value) for _, links in found]
    keys = ("cluster_id", "year", "rule")
    columns = {name: np.repeat(np.array([row[name] for row, _ in found], object), sizes) for name in keys}
    ids = [np.append(formations[row["cluster_id"], row["year"]].ids, "") for row, _ in found]
    for place, name in enumerate(ENDS):
        ends = [names[links[place]] for names, (_, links) in zip(ids, found, strict=True)]
        columns[name] = np.concatenate(ends)
    return pd.DataFrame({**columns, "value": np.concatenate([links.value for _, links in found])})
