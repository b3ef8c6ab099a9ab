"""An explanation of a ratio as plain text: the rows, their places, and sums that add up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

if TYPE_CHECKING:
    from clustercoop.analysis.audit import Explanation

_TEXT: Final = {
    "en": {
        "of_formation": "Cooperation ratio of cluster {cluster} in {year}",
        "of_participant": "Cooperation ratio of participant {participant} (cluster {cluster}) in {year}",
        "numerator": "Supplied to other participants",
        "denominator": "Output",
        "excluded": "Left out",
        "sum": "sum",
        "ratio": "ratio",
        "unknown": "unknown",
        "row": "row",
        "none": "no rows",
    },
    "ru": {
        "of_formation": "Уровень кооперации кластера {cluster} за {year} год",
        "of_participant": "Уровень кооперации участника {participant} (кластер {cluster}) за {year} год",
        "numerator": "Поставлено другим участникам",
        "denominator": "Выпуск",
        "excluded": "Не учтено",
        "sum": "сумма",
        "ratio": "отношение",
        "unknown": "неизвестно",
        "row": "строка",
        "none": "строк нет",
    },
}


def explanation_text(explanation: Explanation, lang: str = "en") -> str:
    """Return `explanation` as lines of text: every row with its value and place, the sums, the ratio.

    Values are printed in full, so that a reader can add them up.
    """
    text = _TEXT["ru" if lang == "ru" else "en"]
    title = text["of_formation" if explanation.participant_id is None else "of_participant"]
    lines = [
        title.format(
            cluster=explanation.cluster_id, year=explanation.year, participant=explanation.participant_id
        )
    ]
    parts = {
        "numerator": (explanation.numerator, explanation.numerator_total),
        "denominator": (explanation.denominator, explanation.denominator_total),
        "excluded": (explanation.excluded, None),
    }
    for part, (table, total) in parts.items():
        if part == "excluded" and table.empty:
            continue
        lines += ["", f"{text[part]}:"]
        lines += [f"  {line}" for line in _rows(table, text["row"])] or [f"  {text['none']}"]
        if total is not None:
            lines.append(f"  = {_number(total, text['unknown'])}  ({text['sum']})")
    lines += ["", f"{text['ratio']} = {_number(explanation.ratio, text['unknown'])}"]
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
