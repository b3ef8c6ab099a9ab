"""The checklist of requirements for clusters: pass, fail or undecidable, rule by rule and year by year."""

from __future__ import annotations

import pandas as pd

from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.judgements import verdicts


def make(analysed: Analysed) -> pd.DataFrame:
    """Return one row for each cluster-year and requirement in force at the end of the year."""
    return pd.DataFrame([row for row, _ in verdicts(analysed)])


def overall(table: pd.DataFrame) -> dict[str, str]:
    """Return cluster → whether it meets the requirements in its last year.

    Any sourced requirement that fails: does not meet; all pass: meets; else undecidable. Unverified ones
    decide nothing.
    """
    return {cluster: verdict for (cluster, _), verdict in sorted(yearly(table).items())}


def yearly(table: pd.DataFrame) -> dict[tuple[str, int], str]:
    """Return cluster and year → the same of that year."""
    out: dict[tuple[str, int], str] = {}
    if not len(table):
        return out
    sourced = table[table["status"] == "sourced"]
    told: dict[tuple[str, int], set[str]] = {}
    held = (sourced[name].tolist() for name in ("cluster_id", "year", "verdict"))
    for cluster, year, verdict in zip(*held, strict=True):
        told.setdefault((str(cluster), int(year)), set()).add(verdict)
    for key, said in told.items():
        out[key] = "does not meet" if "fail" in said else "meets" if said == {"pass"} else "undecidable"
    return out
