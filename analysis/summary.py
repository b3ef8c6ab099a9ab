"""Columns of the formations table that rest on other columns, of this table and of the participants'."""

from __future__ import annotations

import pandas as pd

from analysis.brokers import chain_leaders
from analysis.chain import local_sourcing_change
from analysis.closedness.verdict import add_closedness


def add_summaries(formations: pd.DataFrame, participants: pd.DataFrame) -> pd.DataFrame:
    """Return `formations` with what can only be said once cooperation, core and closedness are joined.

    Adds ``integration, isolation, isolation_basis, closedness_verdict`` (`analysis.closedness.verdict`),
    ``local_sourcing_change`` (`analysis.chain`) and ``chain_leaders`` (`analysis.brokers`).

    Parameters
    ----------
    formations, participants : DataFrame
        The joined tables, one row a cluster-year and a participant-year.

    Examples
    --------
    >>> key = {"cluster_id": ["c"], "year": [2022]}
    >>> table = add_summaries(
    ...     pd.DataFrame({**key, "internal_sales_share": [0.8], "internal_sourcing_share": [0.6],
    ...                   "circulation_share": [0.4]}),
    ...     pd.DataFrame({**key, "participant_id": ["a"], "in_core": [True], "downstream_control": [0.5],
    ...                   "broker_share": [0.1]}))
    >>> table[["closedness_verdict", "chain_leaders"]].values.tolist()
    [['near-closed cycle', 'a']]
    """
    table = add_closedness(formations)
    if "internal_sourcing_share" in table:
        table["local_sourcing_change"] = local_sourcing_change(table)
    needed = {"in_core", "downstream_control", "broker_share"}
    if not needed <= set(participants.columns):
        return table
    leaders = chain_leaders(participants)
    return table.merge(leaders, on=["cluster_id", "year"], how="left", validate="1:1")
