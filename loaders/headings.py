"""Rows of links that are sums of others: products "in all", "of which" below them, headings of codes."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Bools, Indices, Ints
from clustercoop.loaders.coded import judged
from clustercoop.loaders.keys import PAIR, groups
from clustercoop.loaders.ledger import Ledger
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.totals import ROUNDED, is_total

_PART: Final = re.compile(
    r"(?:в\s*(?:т\.?\s*ч|том числе)|из (?:них|нее|неё)|of which|thereof)\b", re.IGNORECASE
)
# Of a classification: 25.94, 7208; 101 is a number of one's own, and no part of 10.
_CODE: Final = re.compile(r"\d{2}|\d{2,3}(?:\.\d{1,3})+|\d{4,12}")
_BRAND: Final = re.compile(r"[А-Яа-яЁё]\W+total$", re.IGNORECASE)  # "масло Total"
_SURE: Final = 2


def settle_headings(ledger: Ledger, notes: Notes) -> None:
    """Leave out rows of a pair and year that hold others beside them, or those others.

    A row of all products ("Всего", or one below which "в том числе" stands) is left out where it is the sum
    of rows beside it; where it is more, it holds them; else nobody knows. Headings of codes (25 above 25.94)
    are taken so where their sums agree more than once and never exceed them; else each is a supply.
    """
    told = ("product_code", "kind")
    if all(ledger.frame[name].isna().all() for name in told):
        return
    found = {name: _said(ledger, name) for name in told}
    parent = _parents(ledger)
    if not any((total | part).any() for total, part in found.values()) and not (parent >= 0).any():
        return
    group = groups(ledger.frame, PAIR) * len(ledger.grids) + ledger.source
    for name, (total, part) in found.items():
        rows = np.flatnonzero(np.isin(group, group[(total | part) & ledger.alive]) & ledger.alive)
        if len(rows):
            _settle_words(ledger, name, rows[np.argsort(group[rows], kind="stable")], group, total, part)
    if (parent >= 0).any():
        _settle_codes(ledger, parent, group, notes)


def _said(ledger: Ledger, name: str) -> tuple[Bools, Bools]:
    """Return the rows of totals, and those of parts, by the words of a column."""
    column = ledger.coded(name)
    total = column.spread(
        judged(column.texts, lambda text: is_total(text) and not _BRAND.search(text), column.simple)
    )
    return total, column.spread(judged(column.texts, lambda text: bool(_PART.match(text)), column.simple))


def _parents(ledger: Ledger) -> Ints:
    """Return the place of the longest other code with which each code begins, −1 for none; one place more."""
    texts = [text.strip(". ") for text in ledger.coded("product_code").texts]
    place = {text: at for at, text in enumerate(texts) if _CODE.fullmatch(text)}
    parent = np.full(len(texts) + 1, -1)
    for text, at in place.items():
        shorter = (place.get(text[:size].rstrip(".")) for size in range(len(text) - 1, 1, -1))
        parent[at] = next((p for p in shorter if p not in (None, at)), -1)
    return parent


def _settle_words(ledger: Ledger, name: str, rows: Indices, group: Ints, total: Bools, part: Bools) -> None:
    value = ledger.values("value")
    found = {code: ledger.mask() for code in ("total_row", "heading_part", "heading_unclear_row")}
    for mine in np.split(rows, np.flatnonzero(np.diff(group[rows])) + 1):
        if len(mine) < 2 or np.isnan(value[mine]).any():
            continue
        above_part = np.r_[part[mine][1:], False] & ~part[mine]
        heads = np.flatnonzero(total[mine] | above_part)
        plain = np.setdiff1d(np.arange(len(mine)), heads)
        for at, head in enumerate(heads.tolist()):
            stop = heads[at + 1] if at + 1 < len(heads) else len(mine)
            below, above = plain[(plain > head) & (plain < stop)], plain[plain < head]
            above = above[above > (heads[at - 1] if at else -1)]
            whole = value[mine[head]]
            runs = [
                plain,
                above,
                *(below[:size] for size in range(1 if part[mine[below[:1]]].any() else 2, len(below) + 1)),
            ]
            if any(len(run) and _near(value[mine[run]].sum(), whole) for run in runs):
                found["total_row"][mine[head]] = True
                continue
            inside = plain if total[mine[head]] and len(heads) == 1 else below
            if not len(inside):
                continue
            certain = whole > value[mine[inside]].sum() and (total[mine[head]] or part[mine[inside]].all())
            if certain:
                found["heading_part"][mine[inside]] = True
            else:
                found["heading_unclear_row"][mine[head]] = True
    for code, where in found.items():
        ledger.reject(where, code, name)


def _near(parts: float, whole: float) -> bool:
    return bool(abs(parts - whole) <= ROUNDED * abs(whole))


def _settle_codes(ledger: Ledger, parent: Ints, group: Ints, notes: Notes) -> None:
    value, code = ledger.values("value"), ledger.coded("product_code").codes.astype(np.int64)
    alive = ledger.alive & ~np.isnan(value)
    key = np.where(alive & (code >= 0), group * len(parent) + code, -1)
    held = pd.Series(np.flatnonzero(key >= 0), index=key[key >= 0])
    held = held[~held.index.duplicated(keep=False)]
    head, above = np.full(len(code), -1), np.where(alive, parent[code], -1)
    while (above >= 0).any():
        at = held.reindex(group * len(parent) + above).fillna(-1).to_numpy(np.int64)
        head = np.where((head < 0) & (above >= 0), at, head)
        above = np.where(head < 0, np.where(above >= 0, parent[above], -1), -1)
    parts = np.flatnonzero(head >= 0)
    if not len(parts):
        return
    sums = np.bincount(head[parts], value[parts], len(code))
    count = np.bincount(head[parts], minlength=len(code))
    is_head = count > 0
    equal = is_head & (np.abs(sums - value) <= ROUNDED * np.abs(value))
    more = is_head & ~equal & (sums < value)
    if np.minimum(count, _SURE)[equal].sum() < _SURE or (is_head & ~equal & ~more).any():
        first = parts[0]
        said = ", ".join(ledger.raw(int(row), "product_code") for row in (head[first], first))
        notes.add("headings_beside", **ledger.grids[ledger.source[first]].place, value=said)
        return
    inside = np.zeros(len(code), bool)
    while (deeper := (head >= 0) & ~inside & (more | inside)[head]).any():
        inside |= deeper
    ledger.reject(inside, "heading_part", "product_code")
    ledger.reject(equal & ~inside, "total_row", "product_code")
