"""The support measures that suit the type of each cluster-year, in four groups."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.support import support_measures
from clustercoop.graph.said import Said, coded, say
from clustercoop.graph.texts import BASE


def make(analysed: Analysed) -> pd.DataFrame:
    """Return one row for each group of measures of a cluster-year whose type is known."""
    table = support_measures(analysed.settings.support_measures)
    by_type: dict[str, list[dict[str, str]]] = {}
    for measure in table.to_dict("records"):
        told: dict[str, str] = {"measure": coded(_texts(measure, ""))}
        told |= {name: coded(_texts(measure, name)) for name in ("note", "source")}
        told |= {name: measure[name] for name in ("category", "date", "status")}
        by_type.setdefault(str(measure["ecosystem_type"]), []).append(told)
    rows = []
    held = analysed.formations[["cluster_id", "year", "ecosystem_type"]]
    for row in held.to_dict("records"):
        kind = row["ecosystem_type"]
        for fitting in by_type.get(kind, []) if isinstance(kind, str) else []:
            rows.append(
                {
                    "cluster_id": row["cluster_id"],
                    "year": row["year"],
                    "ecosystem_type": kind,
                    "category": fitting["category"],
                    "measure": fitting["measure"],
                    "note": fitting["note"],
                    "date": fitting["date"],
                    "status": fitting["status"],
                    "source": fitting["source"],
                }
            )
    return pd.DataFrame(rows)


def _texts(measure: Mapping[Any, str], field: str) -> list[Said]:
    """Return a text of a measure in its languages, none where it is empty."""
    own = f"{field}_" if field else ""
    told = {BASE: measure[field]} if field else {}
    told |= {
        key.removeprefix(own): text for key, text in measure.items() if re.fullmatch(f"{own}[a-z]{{2}}", key)
    }
    told = {lang: text for lang, text in told.items() if text}
    return [say("said.text", text={"texts": told})] if told else []
