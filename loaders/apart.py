"""Checks of the tables that are about no cluster: aliases, deflators, production index."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from clustercoop.graph.identity import KINDS, MERGED, RENAMED, SPLIT, contradicted, latest_ids
from clustercoop.loaders.ledger import Ledger

_CHANGES: Final[dict[str, str]] = {
    **{kind: kind for kind in KINDS},
    **dict.fromkeys(("rename", "renaming", "reregistered", "переименование", "переименована"), RENAMED),
    **dict.fromkeys(("переименовано", "переименован", "смена инн", "перерегистрация"), RENAMED),
    **dict.fromkeys(("merger", "merge", "acquired", "acquisition", "слияние", "присоединение"), MERGED),
    **dict.fromkeys(("split off", "split-off", "spin-off", "demerger", "разделение", "выделение"), SPLIT),
}
_MONTHS: Final = (
    *("jan|янв", "feb|фев", "mar|март|мар", "apr|апр", "may|май|мая", "jun|июн", "jul|июл", "aug|авг"),
    *("sep|сен", "oct|окт", "nov|ноя", "dec|дек"),
)
_ORDERS: Final = (
    re.compile(r"(?P<year>(?:19|20)\d\d)\D?(?P<month>0?[1-9]|1[0-2])(?:\D(?:0?1|[12]\d|3[01]))?"),
    re.compile(r"(?:\d{1,2}\D)?(?P<month>0?[1-9]|1[0-2])\D(?P<year>(?:19|20)\d\d)"),
)


def month_of(text: str) -> str:
    """Return a month as ``2020-04``, "" where the text names none.

    Examples
    --------
    >>> [month_of(text) for text in ("2020-04", "01.04.2020", "апрель 2020", "2020M04", "spring")]
    ['2020-04', '2020-04', '2020-04', '2020-04', '']
    """
    plain = text.strip().lower()
    for number, names in enumerate(_MONTHS, 1):
        plain = re.sub(rf"\b(?:{names})\w*\.?", str(number), plain)
    for order in _ORDERS:
        found = order.fullmatch(re.sub(r"\s+|г\.?$", " ", plain).strip())
        if found:
            return f"{found['year']}-{int(found['month']):02d}"
    return ""


def check_apart(ledger: Ledger) -> None:
    """Check kinds and years of aliases, that price levels are positive, and the months of production."""
    frame = ledger.frame
    if ledger.spec.name == "aliases":
        given = frame["kind"].str.lower()
        known = given.map(_CHANGES)
        ledger.note(given.notna().to_numpy() & known.isna().to_numpy(), "alias_kind_unknown", "kind")
        frame["kind"] = known.where(known.notna() | given.isna(), frame["kind"]).astype(frame["kind"].dtype)
        ledger.reject(contradicted(frame), "alias_contradicted", "new_id")
        dated = frame["from_year"].notna().to_numpy()
        ledger.note(~dated & frame["kind"].isin([MERGED, SPLIT]).to_numpy(), "alias_undated", "kind")
        names = latest_ids(frame[ledger.alive])
        rows = frame["old_id"].isin(list(names)).to_numpy(bool)
        latest = {row: names[str(frame["old_id"].iat[row])] for row in np.flatnonzero(rows).tolist()}
        ledger.note(rows, "alias_used", "old_id", detail=latest.__getitem__)
    elif ledger.spec.name == "deflators":
        ledger.reject(ledger.values("index") <= 0, "negative_value_row", "index")
    elif ledger.spec.name == "production_index":
        months = frame["month"].map(month_of, na_action="ignore")
        ledger.reject((months == "").to_numpy(bool), "month_unclear", "month")
        frame["month"] = months.astype(frame["month"].dtype)
