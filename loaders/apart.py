"""Checks of the tables that are about no cluster: aliases, deflators, production index."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Floats, Ints
from clustercoop.graph.identity import KINDS, MERGED, RENAMED, SPLIT, contradicted, latest_ids
from clustercoop.loaders.cells import PER_CENT
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


# What prices become in a year: less or more is a rate of growth, or another base. Few times are so written.
_LEAST_STEP: Final = 0.3
_MOST_STEP: Final = 50.0
_MOST_TIMES: Final = 5.0
_TO_YEAR_BEFORE: Final = re.compile(
    r"предыдущ|прошл\w+ год|г/г|previous year|preceding year|year before|year.on.year|\byoy\b|vorjahr",
    re.IGNORECASE,
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
        _chain(ledger)
    elif ledger.spec.name == "production_index":
        months = frame["month"].map(month_of, na_action="ignore")
        ledger.reject((months == "").to_numpy(bool), "month_unclear", "month")
        frame["month"] = months.astype(frame["month"].dtype)


def _reject_odd(ledger: Ledger, rows: Ints, years: Floats, values: Floats) -> None:
    """Reject levels of an industry between which prices would have moved as they never do: two bases."""
    odd = ledger.mask()
    codes = pd.factorize(ledger.frame["industry_code"].iloc[rows], use_na_sentinel=False)[0]
    for code in np.unique(codes):
        mine = np.flatnonzero(codes == code)
        mine = mine[np.argsort(years[mine], kind="stable")]
        step = np.diff(np.log(values[mine])) / np.maximum(np.diff(years[mine]), 1)
        odd[rows[mine]] = bool(((step < np.log(_LEAST_STEP)) | (step > np.log(_MOST_STEP))).any())
    ledger.reject(odd, "deflator_odd", "index")


def _chain(ledger: Ledger) -> None:
    """Make levels of indices that are said to be to the year before; tell those that may be.

    The level of a year is the product of the indices up to it; behind a year that is missing there is none.
    """
    for number, grid in enumerate(ledger.grids):
        rows = np.flatnonzero(ledger.alive & (ledger.source == number))
        if not len(rows):
            continue
        values, years = ledger.values("index")[rows], ledger.values("year")[rows]
        middle = np.median(values)
        per_cent = middle > PER_CENT or ("%" in ledger.header(number, "index") and middle > 2)
        whole = 100.0 if per_cent else 1.0
        first = ledger.mask(rows[:1])
        said = " ".join((ledger.header(number, "index"), *grid.titles, grid.sheet, grid.file))
        if not _TO_YEAR_BEFORE.search(said):
            near = (values > 0.7 * whole) & (values < 1.5 * whole) & (values != whole)
            if len(rows) > 1 and near.all():
                ledger.note(first, "deflators_of_what", "index")
            _reject_odd(ledger, rows, years, values)
            continue
        odd = ledger.mask()
        odd[rows] = (values < _LEAST_STEP * whole) | (
            values > (_MOST_STEP if per_cent else _MOST_TIMES) * whole
        )
        ledger.reject(odd, "deflator_odd", "index")
        kept = ~odd[rows]
        values, years, rows = values[kept], years[kept], rows[kept]
        if not len(rows):
            continue
        levels, broken = np.full(len(rows), np.nan), ledger.mask()
        codes = pd.factorize(ledger.frame["industry_code"].iloc[rows], use_na_sentinel=False)[0]
        for code in np.unique(codes):
            mine = np.flatnonzero(codes == code)
            mine = mine[np.argsort(years[mine], kind="stable")]
            run = np.cumprod(np.r_[True, np.diff(years[mine]) == 1]).astype(bool)
            levels[mine] = np.cumprod(values[mine] / whole) * whole
            broken[rows[mine[~run]]] = True
        ledger.note(first, "deflators_chained", "index")
        ledger.reject(broken, "deflator_behind_gap", "index")
        kept = ledger.alive[rows]
        ledger.fold("index", rows[kept], rows[kept], levels[kept])
