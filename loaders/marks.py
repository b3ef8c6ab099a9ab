"""Marks that stand for a gap, and words that make a number a bound, from tables of words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from clustercoop.graph.shipped import shipped_rows

# Marks that may be names or codes as well: a firm "x", Namibia "NA"; what stands beside them decides.
_NAMELIKE: Final = re.compile(r"[^\W_]{1,2}")
# Noughts in place of a taxpayer number.
NOUGHTS: Final = ("0" * 10, "0" * 12)
_NOTE: Final = re.compile(r"(?:\d{1,2}\)|[¹²³⁴-⁹⁾*])+$")


@cache
def gap_marks() -> dict[str, str]:
    """Return each mark of a gap, in small letters, with its meaning.

    Examples
    --------
    >>> gap_marks()["к"], gap_marks()["н/д"]
    ('confidential', 'missing')
    """
    return {
        mark: row["meaning"]
        for row in shipped_rows("loaders", "gap_marks.csv")
        for mark in row["marks"].split("|")
    }


def gap_meaning(text: str) -> str:
    """Return what `text` means where it is a mark of a gap, with or without a footnote; "" otherwise.

    Examples
    --------
    >>> gap_meaning("…1)"), gap_meaning("К"), gap_meaning("12")
    ('missing', 'confidential', '')
    """
    plain = " ".join(text.split()).lower()
    found = gap_marks().get(plain, "")
    if not found and len(plain) < 24 and not plain[:1].isdigit():
        stripped = _NOTE.sub("", plain).strip()
        found = gap_marks().get(stripped, "") if stripped else ""
    return found


def gap_ids(texts: Iterable[str]) -> frozenset[str]:
    """Return those of the distinct `texts` of a column of ids that name nobody.

    Errors of a spreadsheet are among them. A mark of one or two letters or digits (``x``, ``NA``) is an id
    where other ids of the column are as short, or where there are no others; so is ``0``.

    Examples
    --------
    >>> sorted(gap_ids(["7701", "-", "#REF!", "x"])), sorted(gap_ids(["a", "b", "x"])), sorted(gap_ids(["C"]))
    (['#REF!', '-', 'x'], [], [])
    """
    marks, others = set(), set()
    for text in texts:
        short = len(text) < 24 and not text[:1].isdigit()
        if text == "0" or text in NOUGHTS or (short and (is_error(text) or gap_meaning(text))):
            marks.add(text)
        else:
            others.add(min(len(text), 3))
    long = others == {3}
    return frozenset(
        m for m in marks if not _NAMELIKE.fullmatch(m) or (long and gap_meaning(m) != "confidential")
    )


_ERROR: Final = re.compile(
    r"#(?:N/?A|Н/Д|NULL|NUM|REF|VALUE|NAME|DIV/0|SPILL|CALC|FIELD|BLOCKED|UNKNOWN|BUSY|GETTING_DATA|ERROR|NV"
    r"|ПУСТО|ЧИСЛО|ССЫЛКА|ЗНАЧ|ИМЯ|ДЕЛ/0|BEZUG|WERT|ZAHL)[!?]*",
    re.IGNORECASE,
)


def is_error(text: str) -> bool:
    """Tell whether `text` is an error of a spreadsheet, in English, Russian or German.

    Examples
    --------
    >>> is_error("#ССЫЛКА!"), is_error("#12")
    (True, False)
    """
    return bool(_ERROR.fullmatch(text))


@cache
def bound_words() -> dict[str, str]:
    """Return each sign or word that makes a number a bound, with the side that it bounds."""
    return {
        word: row["side"]
        for row in shipped_rows("loaders", "bound_words.csv")
        for word in row["words"].split("|")
    }


@cache
def open_words() -> frozenset[str]:
    """Return those of `bound_words` whose bound is not itself allowed: more than, less than.

    Examples
    --------
    >>> ">" in open_words(), "at least" in open_words()
    (True, False)
    """
    return frozenset(
        word
        for row in shipped_rows("loaders", "bound_words.csv")
        if row["open"] == "yes"
        for word in row["words"].split("|")
    )
