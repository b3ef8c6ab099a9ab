"""Totals among records: by their words in several languages, and by arithmetic."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Bools
from clustercoop.loaders.coded import judged
from clustercoop.loaders.ledger import Ledger
from clustercoop.loaders.marks import gap_meaning
from clustercoop.loaders.units import phrases, words

_YEAR: Final = re.compile(r"(?:19|20)\d\d")
# Codes, which are most identifiers: digits among letters and no word beside them.
_CODE: Final = re.compile(r"[A-Za-z_.-]*\d[\w.-]*", re.ASCII)
REGISTERED: Final = 8
"""Digits of a number that registers give an organisation, at least."""
QUOTES: Final = ("»", "”", '"')
_LONGEST: Final = 80
_MEMBERS: Final = re.compile(
    r"(?:(?:всего|итого|все|всем|прочи[емх]|други[емх]|остальны[емх]|ины[емх]|всех|отгружено|поставлено) )*"
    r"(?:(?:участник(?:и|ов|ам)|член(?:ы|ов|ам)|резидент(?:ы|ов|ам)|предприяти[яй]м?|организаци[ий]|организациям"
    r"|компани[ий]|компаниям|фирм[ыа]м?) (?:(?:промышленного|данного|этого|своего|нашего) )?кластера"
    r"|внутри (?:промышленного )?кластера|в рамках кластера|внутрикластерн\w+"
    r"(?: (?:поставк|отгрузк|продаж|закупк|кооперац|оборот|потреб)\w*)?)(?: (?:всего|итого))?"
    r"|(?:прочи[емх]|други[емх]|остальны[емх]) (?:участник(?:и|ов|ам)|член(?:ы|ов|ам)|резидент(?:ы|ов|ам))"
    r"|(?:(?:all|other|the|to|total) )*(?:cluster (?:members|participants|firms|companies)"
    r"|(?:members|participants|firms|companies) of the cluster)(?: total)?"
    r"|(?:to )?other (?:members|participants)|(?:with)?in(?:side)? the cluster|intra cluster"
    r"(?: (?:sales|supply|supplies|deliveries|trade|shipments))?"
)
OTHERS: Final = re.compile(r"\b(?:(?:проч|остальн|други|ины)[а-я]*|(?:all |the )?others?)\b", re.IGNORECASE)
"""Words for those that are not named: no total of those that are."""
_EVERY: Final = re.compile(
    r"(?:по )?(?:все|всем|всех|all|any|every|various|разные|несколько|summary"
    r"|свод(?:ная|ный|ные)?|общ(?:ий|ая|ее))"
    r"(?: (?:of )?(?:the )?(?:промышленные |промышленным |industrial )?"
    r"(?:кластер\w*|clusters?|участник\w*|данные|таблица|лист|список|members|participants|table|list))?"
)
# Three others at least: of three outputs one is often the sum of two.
_OTHERS: Final = 3
_CERTAIN: Final = 3
ROUNDED: Final = 2e-3
"""Figures of rounded parts differ from their sum by halves of the last digit."""


def is_total(text: str) -> bool:
    """Tell whether a text in place of an identifier or name says that its row is a total.

    Examples
    --------
    >>> [is_total(text) for text in ("В целом по кластеру", "Total for 2022", "Total members: 3", "Total SE")]
    [True, True, True, False]
    """
    if len(text) >= _LONGEST:
        return False
    found = tuple(words(text))
    known = phrases("total_words")
    starts = {found[:size] for size in range(1, 5)}
    ends = set() if text.rstrip().endswith(QUOTES) else {found[-size:] for size in (1, 2)}  # ООО «Итог»
    if starts & known["start"] or ends & known["end"]:
        return bool(found)
    for phrase in starts & known["whole"]:
        rest = found[len(phrase) :]
        count = len(phrase) > 1 and all(word.isdigit() for word in rest)
        if not rest and phrase in known["extreme"]:
            continue
        if not rest or count or (rest[0],) in known["link"] or all(_YEAR.fullmatch(word) for word in rest):
            return True
    return False


def may_be_name(text: str) -> bool:
    """Tell whether a text that begins like a total goes on like no total, as a firm may be called.

    Examples
    --------
    >>> [may_be_name(text) for text in ("Всего доброго", "Итого: отгружено", "Всего по кластеру")]
    [True, False, False]
    """
    found, known = tuple(words(text)), phrases("total_words")
    size = max((size for size in range(1, 5) if found[:size] in known["start"]), default=0)
    rest = found[size : size + 1]
    return bool(size and rest) and not (rest[0].isdigit() or rest in known["link"] | known["of"])


def names_members(text: str) -> bool:
    """Tell whether a text stands for members of a cluster without naming any.

    Examples
    --------
    >>> [names_members(text) for text in ("Прочие участники кластера", "внутри кластера", "Other members")]
    [True, True, True]
    >>> [names_members(text) for text in ("Прочие", "вне кластера", "Предприятие «Кластер»")]
    [False, False, False]
    """
    return len(text) < _LONGEST and bool(_MEMBERS.fullmatch(" ".join(words(text))))


def names_all(text: str) -> bool:
    """Tell whether a text in place of a cluster's name stands for all clusters, or for none.

    Examples
    --------
    >>> [names_all(text) for text in ("все", "All clusters", "Сводная", "н/д", "Все для дома")]
    [True, True, True, True, False]
    """
    return bool(_EVERY.fullmatch(" ".join(words(text))) or gap_meaning(text) or is_total(text))


def _no_code(text: str) -> bool:
    return not _CODE.fullmatch(text) and is_total(text)


def _of_all(text: str) -> bool:
    """Tell whether an end of a link is a total; one over members is held against those that are named."""
    return _no_code(text) and not names_members(text)


def _extreme(text: str) -> bool:
    """Tell whether a text says no more than ``Максимум``, as a firm may be called."""
    return tuple(words(text)) in phrases("total_words")["extreme"]


def reject_totals(
    ledger: Ledger, ids: Sequence[str], others: Sequence[str], called: Callable[[], Collection[str]]
) -> None:
    """Reject rows whose id or other text, or the first cell beside an empty id, says that they are totals.

    An organisation with a registered number may be called as it likes; one with a code like those of others,
    or that the other tables name (`called` gives what they call organisations), like no plain total.
    """
    registered = ledger.mask()
    for name in ids if others else ():
        column = ledger.coded(name)
        registered |= column.spread(column.digits >= REGISTERED)
    for name in (*ids, *others):
        column = ledger.coded(name)
        totals = judged(column.texts, _no_code if ledger.spec.name != "links" else _of_all, column.simple)
        extremes = judged(column.texts, _extreme, column.simple)
        totals |= extremes & (extremes.sum() > 1)
        if not totals.any():
            continue
        named = judged(column.texts, may_be_name, column.simple) & totals
        if named.any():
            listed = called()
            totals &= ~(named & np.array([text in listed for text in column.texts.tolist()], bool))
            if others and name not in ids:
                registered = registered | (column.spread(named) & _coded_alike(ledger, ids[0]))
        ledger.reject(column.spread(totals) & ~registered, "total_row", name)
    empty = ledger.mask()
    for name in ids:
        empty |= ledger.frame[name].isna().to_numpy(bool)
    said = {row: ledger.first(row) for row in np.flatnonzero(empty & ledger.alive).tolist()}
    totals = ledger.mask([row for row, text in said.items() if is_total(text)])
    ledger.reject(totals, "total_row", value=said.__getitem__)


def _coded_alike(ledger: Ledger, name: str) -> Bools:
    """Tell which rows have an id of their own, written like those of other rows: ``A7`` beside ``A1``."""
    ids = ledger.frame[name].astype(object).where(ledger.frame[name].notna(), "")
    shapes = ids.map(lambda text: re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "0", str(text))))
    own = (ids != "") & ~ids.duplicated(keep=False) & shapes.duplicated(keep=False)
    return np.asarray(own & ids.map(lambda text: bool(re.search(r"\d", str(text)))), bool)


def find_sums(activity: Ledger, linked: Collection[pd.Index[Any]]) -> None:
    """Tell rows of activity whose figures are the sums of all the others of their year.

    A row that is so in three figures of the table or more, never otherwise, and that no link names, is a
    total and is rejected; one that is so in fewer figures is told.
    """
    frame, alive = activity.frame, activity.alive
    dated = ~np.isnan(activity.values("year"))
    _, year = np.unique(activity.values("year"), return_inverse=True)
    who = frame["participant_id"].array
    hits: dict[str, int] = {}
    misses: set[str] = set()
    suspects = np.zeros(len(frame), bool)
    for column in activity.spec.columns:
        if column.name not in activity.figures:
            continue
        values = activity.values(column.name)
        rows = np.flatnonzero(alive & dated & (values > 0))
        value, of_year = values[rows], year[rows]
        sums, counts = np.bincount(of_year, value)[of_year], np.bincount(of_year)[of_year]
        equal = (np.abs(2 * value - sums) <= 1e-9 * sums) & (counts > _OTHERS)
        if not equal.any():
            continue
        suspects[rows[equal]] = True
        for name in who[rows[equal]]:
            hits[name] = hits.get(name, 0) + 1
        misses |= set(who[rows[~equal & (counts > _OTHERS)]])
    certain = [
        n
        for n, count in hits.items()
        if count >= _CERTAIN and n not in misses and not any(n in held for held in linked)
    ]
    total: Bools = activity.coded("participant_id").isin(certain)
    activity.reject(total, "total_by_sum", "participant_id")
    activity.note(suspects & ~total, "total_suspected", "participant_id")
