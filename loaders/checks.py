"""Checks of one table's rows: what is broken is rejected or made unknown, what is odd is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

import numpy as np

from clustercoop.graph.arrays import Bools, Int8s
from clustercoop.graph.schema import KNOWLEDGE_KINDS, LINK_KINDS, SUPPORT, WHO, ColumnSpec
from clustercoop.loaders.coded import judged
from clustercoop.loaders.ledger import Ledger
from clustercoop.loaders.tokens import Issue
from clustercoop.loaders.totals import reject_totals
from clustercoop.loaders.years import spans_years

_BAD: Final = {
    Issue.NOT_A_NUMBER: "not_a_number",
    Issue.FOOTNOTE_UNCLEAR: "footnote_unclear",
    Issue.DECIMAL_UNCLEAR: "decimal_unclear",
    Issue.EXCEL_ERROR: "excel_error",
    Issue.WRONG_KIND: "wrong_kind",
    Issue.HUGE: "huge_number",
    Issue.MERGED: "merged_figure",
    Issue.UNIT_UNCLEAR: "unit_unclear",
    Issue.UNIT_DOUBTFUL: "unit_doubtful",
}
_FOOTER: Final = re.compile(
    r"(?:источник|примечани[ея]|справочно|source|notes?)\s*[:.].*|(?:в том числе|из них)\s*:?"
    r"|(?:руководитель|исполнитель|(?:главный |гл\. )?бухгалтер|директор|согласовано|утверждаю|подпись"
    r"|м\.? ?п\.?|тел(?:ефон|\.)?)(?: (?:организации|предприятия|кластера|учреждения|отдела))?\s*[:_./ ]*",
    re.IGNORECASE | re.DOTALL,
)
_KINDS: Final[dict[str, str]] = {
    **{kind: kind for kind in LINK_KINDS},
    **dict.fromkeys(("товар", "товары", "продукция", "good"), "goods"),
    **dict.fromkeys(("услуга", "услуги", "работы и услуги", "service"), "services"),
    **dict.fromkeys(("возврат", "возвратный поток", "возвратные", "returns", "reverse"), "return"),
    **dict.fromkeys(KNOWLEDGE_KINDS, "knowledge"),
}
_CATEGORIES: Final[dict[str, str]] = {
    **{name: name for name in SUPPORT},
    **dict.fromkeys(("правовая", "правовые", "нормативно-правовая"), "legal"),
    **dict.fromkeys(("экономическая", "экономические", "финансовая", "economical"), "economic"),
    **dict.fromkeys(("организационная", "организационные", "organizational"), "organisational"),
    **dict.fromkeys(("кооперационная", "кооперация", "кооперационные", "co-operation"), "cooperation"),
}
# What is odd about an identifier that is read all the same, and about a year.
_ODD_IDS: Final = {"cleaned": "id_cleaned", "imprecise": "id_imprecise", "redated": "code_from_date"}
Flagged = Callable[[str, str], Bools]


def check_cells(
    ledger: Ledger,
    issues: Mapping[str, Int8s],
    flags: Mapping[tuple[str, str], Bools],
    called: Callable[[], Collection[str]] = frozenset,
) -> None:
    """Reject rows that are no records (repeated headers, totals) or lack what they need; tell odd cells.

    `called` gives what the other tables call organisations.
    """
    spec = ledger.spec
    ids = [c.name for c in spec.columns if c.type == "id" and c.required]

    def flagged(name: str, flag: str) -> Bools:
        return flags.get((name, flag), ledger.mask())

    for name in ids:
        if spec[name].filled:
            ledger.reject(flagged(name, "gap"), "id_gap", name)
    _check_no_records(ledger, ids, issues, called)
    for name in ids:
        for flag in ("gap", "undecodable", "rounded"):
            ledger.unname(name, flagged(name, flag))
        ledger.reject(flagged(name, "undecodable"), "id_undecodable", name)
        ledger.reject(flagged(name, "rounded"), "id_rounded", name)
    for column in spec.columns:
        if column.type in ("id", "text"):
            _check_texts(ledger, column, flagged)
        elif column.type == "year" and column.name in issues:
            _check_years(ledger, column, issues[column.name], flagged)
        elif column.name in issues:
            _check_numbers(ledger, column, issues[column.name])
    _check_lost_zeros(ledger, flagged)


def _check_texts(ledger: Ledger, column: ColumnSpec, flagged: Flagged) -> None:
    name = column.name
    if column.filled:
        ledger.reject(ledger.frame[name].isna().to_numpy(), "required_missing", name)
    else:
        ledger.note(flagged(name, "undecodable"), "text_undecodable", name)
    if column.type == "id":
        for flag, code in _ODD_IDS.items():
            ledger.note(flagged(name, flag), code, name)
        ledger.note(_first_of(ledger, flagged(name, "trimmed")), "code_trimmed", name)


def _check_years(ledger: Ledger, column: ColumnSpec, issue: Int8s, flagged: Flagged) -> None:
    """Reject rows whose year is none; tell years that come from dates.

    Where every cell is a 1 January it is told: "as of" that day means the year before.
    """
    name = column.name
    two = ledger.written(issue == Issue.NOT_A_NUMBER, name, spans_years)
    ledger.reject(two, "year_of_two", name)
    _reject_unread(ledger, column, issue)
    ledger.reject(~ledger.whole_years(name) & ~np.isnan(ledger.values(name)), "year_impossible", name)
    ledger.note(flagged(name, "dated"), "year_from_date", name)
    told = (issue != Issue.MISSING) & ledger.alive
    january = flagged(name, "january")[told]
    if january.any() and january.all():
        ledger.note(_first_of(ledger, told), "year_new_year", name)
    ledger.note(flagged(name, "closing"), "year_closing", name)
    ledger.note(_first_of(ledger, flagged(name, "serial")), "year_from_serial", name)
    ledger.note(issue == Issue.FOOTNOTE, "footnote_read", name)


def _check_numbers(ledger: Ledger, column: ColumnSpec, issue: Int8s) -> None:
    """Reject rows that lack a number which they need; tell where others are unknown, or are bounds."""
    name = column.name
    if column.required:
        _reject_unread(ledger, column, issue)
    else:
        for kind, code in _BAD.items():
            ledger.note(issue == kind, code, name)
            ledger.unread(issue == kind, name)
    ledger.note(issue == Issue.FOOTNOTE, "footnote_read", name)
    ledger.note(issue == Issue.BOUND, "bound_read", name)
    if f"{name}_low" not in ledger.frame:
        ledger.unread(issue == Issue.BOUND, name)


def _reject_unread(ledger: Ledger, column: ColumnSpec, issue: Int8s) -> None:
    """Reject rows without a number or year that could be read, those of a missing one where it is needed."""
    for kind, code in _BAD.items():
        ledger.reject(issue == kind, f"{code}_row", column.name)
    if column.required:
        ledger.reject(issue == Issue.MISSING, "required_missing", column.name)


def _first_of(ledger: Ledger, where: Bools) -> Bools:
    """Return `where` with its first row alone."""
    return ledger.mask(np.flatnonzero(where)[:1])


def _check_no_records(
    ledger: Ledger,
    ids: Sequence[str],
    issues: Mapping[str, Int8s],
    called: Callable[[], Collection[str]],
) -> None:
    """Reject repeated headers, totals and notes, which are rows of the sheet but no records."""
    spec, frame = ledger.spec, ledger.frame
    repeated = ~ledger.mask()
    for name in ids:
        column = ledger.coded(name)
        for source in range(len(ledger.grids)):
            header = ledger.header(source, name)
            mine = ledger.source == source
            repeated &= ~mine | column.isin([header])
    if ids:
        ledger.reject(repeated, "header_repeated", ids[0])
    reject_totals(ledger, ids, ["name"] if "name" in frame else [], called)
    for name in ids:
        column = ledger.coded(name)
        footers = judged(
            column.texts, lambda t: not t[:1].isdigit() and bool(_FOOTER.fullmatch(t)), column.simple
        )
        if footers.any():
            ledger.reject(column.spread(footers), "footer_row", name)
    filled = np.zeros(len(ledger), np.int8)
    for cell in spec.names:
        filled += issues[cell] != Issue.MISSING if cell in issues else ~frame[cell].array.isna()
    if len(spec.required) > 1:
        ledger.reject(filled == 1, "note_row", spec.required[0], value="")


def _check_lost_zeros(ledger: Ledger, flagged: Flagged) -> None:
    """Tell 9- and 11-digit numbers among taxpayer numbers, which have 10 or 12 digits."""
    for name in WHO:
        if name not in ledger.frame:
            continue
        column = ledger.coded(name)
        digits = column.digits
        short = np.isin(digits, (9, 11))
        if not short.any():
            continue
        usual = np.isin(digits, (10, 12)).sum() > 0.5 * len(digits)
        suspect = column.spread(short) & (flagged(name, "numeric") | usual)
        rows = np.flatnonzero(suspect)
        told = dict(zip(rows.tolist(), map(str, column.spread(digits, 0)[rows].tolist()), strict=True))
        ledger.note(suspect, "id_lost_zero", name, detail=told.__getitem__)


def check_values(ledger: Ledger) -> None:
    """Make negative numbers unknown (or reject their rows where the number is required).

    Value added may be negative and is only told.
    """
    for column in ledger.spec.columns:
        if column.name not in ledger.figures:
            continue
        below = ledger.values(column.name) < 0
        if column.name in ("value_added", "value_added_per_employee"):
            ledger.note(below, "negative_value_added", column.name)
        elif column.required:
            ledger.reject(below, "negative_value_row", column.name)
        else:
            ledger.blank(below, "negative_value", column.name)
        if column.type == "share":
            ledger.blank(ledger.values(column.name) > 1, "share_above_one", column.name)


def check_kinds(ledger: Ledger) -> None:
    """Translate link kinds and measure categories; unknown ones stay text and are told."""
    for column, known, code in (
        ("kind", _KINDS, "kind_unknown"),
        ("category", _CATEGORIES, "category_unknown"),
    ):
        if column not in ledger.frame or ledger.spec.name == "aliases":
            continue
        texts = ledger.frame[column]
        translated = {t: known[t.lower()] for t in texts.dropna().unique() if t.lower() in known}
        strange = texts.notna().to_numpy() & ~texts.isin(list(translated)).to_numpy(bool)
        ledger.note(strange, code, column)
        if any(t != name for t, name in translated.items()):
            ledger.frame[column] = texts.replace(translated)
