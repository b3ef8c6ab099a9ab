"""A card for each cluster-year: why these measures, and what is missing to say more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.moves import AXES
from clustercoop.analysis.policy.tables import table
from clustercoop.graph.said import Said, coded, decoded, say

READ: Final = (
    *("cluster_id", "year", "ecosystem_type", "dysfunction"),
    *(*AXES.values(), "cooperation_ratio", "rd_per_employee_constant"),
)


def make(analysed: Analysed) -> pd.DataFrame:
    """Return one row a cluster-year: type, the types that it is close to, why, and what is missing."""
    firmness = table("type_firmness", analysed)
    told = [name for name in ("cluster_id", "year", "flips_within_10", "because") if name in firmness]
    firm = {(str(row["cluster_id"]), int(row["year"])): row for row in firmness[told].to_dict("records")}
    received: dict[tuple[str, int], int] = {}
    for cluster, year in zip(
        analysed.graph.measures["cluster_id"], analysed.graph.measures["year"], strict=True
    ):
        received[str(cluster), int(year)] = received.get((str(cluster), int(year)), 0) + 1
    rows = []
    for row in analysed.formations[list(READ)].to_dict("records"):
        key = str(row["cluster_id"]), int(row["year"])
        known = firm.get(key, {})
        kind = row["ecosystem_type"] if isinstance(row["ecosystem_type"], str) else ""
        close = str(known.get("flips_within_10", "") or "")
        rows.append(
            {
                "cluster_id": key[0],
                "year": key[1],
                "ecosystem_type": kind,
                "dysfunction": row["dysfunction"],
                "close_to": close,
                "received": received.get(key) if len(analysed.graph.measures) else None,
                "because": coded(_because(analysed, known, close)),
                "missing": coded(_missing(analysed, row, kind, key)),
            }
        )
    return pd.DataFrame(rows)


def _because(analysed: Analysed, known: Mapping[Any, Any], close: str) -> list[Said]:
    if not analysed.applies:
        return [say("support.other_currency", own=analysed.thresholds.currency)]
    told = decoded(known.get("because", "")) or [say("support.no_figure")]
    return [*told, say("support.close", types={"terms": close.split("; ")})] if close else told


def _missing(analysed: Analysed, row: Mapping[Any, Any], kind: str, key: tuple[str, int]) -> list[Said]:
    """Return what would let the card say more, the most telling first."""
    unknown = [name for name in (*AXES.values(), "cooperation_ratio") if pd.isna(row[name])]
    told = [say("support.unknown", figures={"columns": unknown})] if unknown else []
    first, last = analysed.thresholds.years
    if kind and not first <= key[1] <= last and pd.isna(row.get("rd_per_employee_constant")):
        told.append(say("support.prices", first={"year": first}, last={"year": last}))
    if not len(analysed.graph.measures):
        told.append(say("support.not_recorded"))
    return [*told, say("support.criteria")]
