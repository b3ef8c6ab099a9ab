"""An explanation of a ratio as plain text: the rows, their places, and sums that add up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from clustercoop.graph.texts import decimal_point, term, text
from clustercoop.reports.numbers import between, percent
from clustercoop.reports.words import Words

if TYPE_CHECKING:
    from clustercoop.analysis.audit import Explanation


def explanation_text(explanation: Explanation, lang: str = "en") -> str:
    """Return `explanation` as lines of text: the answer, then every row with its place, the sums, the ratio.

    Values have twelve figures, so that a reader can add them up.
    """
    title = "of_formation" if explanation.participant_id is None else "of_participant"
    places = {
        "cluster": explanation.cluster_id,
        "year": explanation.year,
        "participant": explanation.participant_id,
    }
    unit = Words(lang).money(explanation.currency) if explanation.currency else ""
    range_ = between(*explanation.bounds, "share", lang)
    known = not pd.isna(explanation.ratio)
    answer = percent(explanation.ratio, lang) if known else range_ or text("audit.unknown", lang)
    why = f" ({explanation.because})" if explanation.because and not known else ""
    lines = [f"{text(f'audit.{title}', lang, **places)}: {answer}{why}"]
    parts = {
        "numerator": (explanation.numerator, explanation.numerator_total),
        "denominator": (explanation.denominator, explanation.denominator_total),
        "excluded": (explanation.excluded, None),
    }
    for part, (table, total) in parts.items():
        if part == "excluded" and table.empty:
            continue
        shares = table["table"].str.startswith("indicators").any()
        head = ", ".join(filter(None, (text(f"audit.{part}", lang), "" if shares else unit)))
        lines += ["", f"{head}:"]
        listed = _rows(table, explanation.names, lang) or [text("audit.none", lang)]
        lines += [f"  {line}" for line in listed]
        if total is not None:
            lines.append(f"  = {_number(total, lang)}  ({text('audit.sum', lang)})")
    lines += ["", f"{text('audit.ratio', lang)} = {_number(explanation.ratio, lang)}"]
    if range_:
        lines.append(text("audit.between", lang, range=range_))
    if explanation.because:
        lines.append(explanation.because)
    return "\n".join(lines)


def _number(value: float, lang: str) -> str:
    return text("audit.unknown", lang) if pd.isna(value) else decimal_point(f"{value:.12g}", lang)


def _rows(table: pd.DataFrame, names: Mapping[str, str], lang: str) -> list[str]:
    def called(who: str) -> str:
        return f"{who} ({names[who]})" if names.get(who, who) != who else who

    lines = []
    for row in table.astype(object).where(table.notna(), "").to_dict(orient="records"):
        if row.get("supplier_id"):
            what = f"{called(row['supplier_id'])} → {called(row['buyer_id'])}"
        else:
            what = called(str(row.get("participant_id") or row.get("column") or ""))
        kind = term(str(row.get("kind") or ""), lang)
        told = [
            str(row.get("column") or ""),
            str(row.get("product_code") or ""),
            kind,
            str(row.get("why") or ""),
        ]
        details = list(filter(None, told))
        place = [str(row[k]) for k in ("file", "sheet") if row.get(k)]
        if row.get("row"):
            place.append(f"{text('audit.row', lang)} {int(row['row'])}")
        extra = f" ({'; '.join(details)})" if details else ""
        lines.append(f"{_number(row['value'], lang)}  {what}{extra}  [{', '.join(place)}]")
    return lines
