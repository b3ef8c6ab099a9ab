"""An explanation of a ratio as plain text: the rows, their places, and sums that add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from clustercoop.graph.texts import text
from clustercoop.reports.numbers import between

if TYPE_CHECKING:
    from clustercoop.analysis.audit import Explanation


def explanation_text(explanation: Explanation, lang: str = "en") -> str:
    """Return `explanation` as lines of text: every row with its value and place, the sums, the ratio.

    Values are printed in full, so that a reader can add them up.
    """
    title = "of_formation" if explanation.participant_id is None else "of_participant"
    places = {
        "cluster": explanation.cluster_id,
        "year": explanation.year,
        "participant": explanation.participant_id,
    }
    unknown = text("audit.unknown", lang)
    lines = [text(f"audit.{title}", lang, **places)]
    parts = {
        "numerator": (explanation.numerator, explanation.numerator_total),
        "denominator": (explanation.denominator, explanation.denominator_total),
        "excluded": (explanation.excluded, None),
    }
    for part, (table, total) in parts.items():
        if part == "excluded" and table.empty:
            continue
        lines += ["", f"{text(f'audit.{part}', lang)}:"]
        listed = _rows(table, text("audit.row", lang)) or [text("audit.none", lang)]
        lines += [f"  {line}" for line in listed]
        if total is not None:
            lines.append(f"  = {_number(total, unknown)}  ({text('audit.sum', lang)})")
    lines += ["", f"{text('audit.ratio', lang)} = {_number(explanation.ratio, unknown)}"]
    range_ = between(*explanation.bounds, "share", lang)
    if range_:
        lines.append(text("audit.between", lang, range=range_))
    if explanation.because:
        lines.append(explanation.because)
    return "\n".join(lines)


def _number(value: float, unknown: str) -> str:
    return unknown if pd.isna(value) else repr(round(float(value), 12))


def _rows(table: pd.DataFrame, row_word: str) -> list[str]:
    lines = []
    for row in table.astype(object).where(table.notna(), "").to_dict(orient="records"):
        if row.get("supplier_id"):
            what = f"{row['supplier_id']} → {row['buyer_id']}"
        else:
            what = str(row.get("participant_id") or row.get("column") or "")
        details = [str(row[k]) for k in ("column", "product_code", "kind", "why") if row.get(k)]
        place = [str(row[k]) for k in ("file", "sheet") if row.get(k)]
        if row.get("row"):
            place.append(f"{row_word} {int(row['row'])}")
        extra = f" ({'; '.join(details)})" if details else ""
        lines.append(f"{row['value']!r}  {what}{extra}  [{', '.join(place)}]")
    return lines
