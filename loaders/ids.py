"""Identifiers and other texts as they are kept: one spelling a thing, and nothing that names nobody."""

from __future__ import annotations

import datetime
import re
import unicodedata
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from clustercoop.graph.arrays import Bools, Objects
from clustercoop.graph.schema import ColumnSpec
from clustercoop.loaders.coded import Coded, distinct, plain
from clustercoop.loaders.marks import NOUGHTS, gap_ids, gap_meaning
from clustercoop.loaders.sheets import show
from clustercoop.loaders.vocabulary import month_named

# What Excel leaves of a taxpayer number of 12 digits in a text file: "7,70112E+11".
ROUNDED: Final = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d+")
_SPACES: Final = re.compile(r"\s+")
# ="0077" and '0077 keep Excel from reading a number; _x000D_ is its mark of a carriage return.
_GUARDED: Final = re.compile(r'="(.*)"|=(\d+)|[\'’](\d.*)', re.DOTALL)
_ESCAPED: Final = re.compile(r"_x000[dDaA9]_")
# A number as a data frame writes it; of few digits it may be a version or a code.
_FRACTION: Final = re.compile(r"(\d{5,})[.,]0+")
_WRITTEN: Final = re.compile(r"\d+\.0")
_DATE: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?: 00:00:00)?|(\d\d)\.(\d\d)\.(\d{4})")
# How a spreadsheet shows such a code, and writes it into text: 10.ноя, 10-Nov; окт.50.
_SHOWN_DATE: Final = re.compile(r"(\d{1,2})[.\- ]{1,2}([^\W\d_]{3,4})\.?|([^\W\d_]{3,4})[.\- ]{1,2}(\d\d)")
FLAGS: Final = (
    "undecodable", "cleaned", "numeric", "imprecise", "rounded", "gap", "redated", "trimmed"
)  # fmt: skip


def clean_text(text: str) -> str:
    r"""Return `text` in NFC with single spaces, trimmed, without invisible and control characters.

    Examples
    --------
    >>> clean_text("\ufeff 0077\u200b  ООО\u00a0А ")
    '0077 ООО А'
    """
    text = unicodedata.normalize("NFC", _SPACES.sub(" ", text).strip())
    if text.isascii() and text.isprintable():
        return text
    kinds = ((c, unicodedata.category(c)) for c in text)
    return "".join("\ufffd" if kind == "Cs" else c for c, kind in kinds if kind not in ("Cc", "Cf")).strip()


def clean_id(text: str) -> str:
    """Return an identifier without what programs put around it; `text` has been through `clean_text`.

    Examples
    --------
    >>> clean_id('="0077"'), clean_id("'0077"), clean_id("7700000010.0"), clean_id("10.0")
    ('0077', '0077', '7700000010', '10.0')
    """
    if text.isalnum():
        return text
    text = _ESCAPED.sub("", text).strip() if "_x000" in text else text
    guarded = _GUARDED.fullmatch(text)
    if guarded:
        text = (guarded[1] or guarded[2] or guarded[3] or "").strip()
    fraction = _FRACTION.fullmatch(text)
    return fraction[1] if fraction else text


def code_of_date(day: datetime.date) -> str:
    """Return the code that a spreadsheet took for a date, "" where two codes may have been.

    ``10.11`` became 10 November of the year of typing, ``10.50`` the first of October 1950; a first day of a
    month of these years may be either.

    Examples
    --------
    >>> code_of_date(datetime.date(2022, 11, 10)), code_of_date(datetime.date(1950, 10, 1))
    ('10.11', '10.50')
    """
    if day.day > 1:
        return f"{day.day:02d}.{day.month:02d}"
    return "" if 1990 <= day.year <= 2040 else f"{day.month:02d}.{day.year % 100:02d}"


def read_texts(cells: NDArray[Any], column: ColumnSpec) -> tuple[Coded, dict[str, Bools]]:
    """Return an id or text column, and what was noticed of each cell; each distinct cell is cleaned once.

    Returns
    -------
    texts : Coded
    flags : dict of str to array of bool
        By the names of `FLAGS`: ``gap`` is an id that names nobody, ``redated`` a code that was a date,
        ``trimmed`` a code that was a number and may have lost a final zero. What holds of no cell is absent.
    """
    codes, unique = distinct(cells)
    code = column.name.endswith("_code")
    numeric = cells.dtype != object
    texts = np.array(unique, dtype=object)
    simple = np.zeros(len(texts), bool)
    if not numeric and set(map(type, texts.tolist())) <= {str}:
        simple = plain(texts)
        for nought in NOUGHTS:
            same = texts == nought  # no placeholder among ids that count up from it
            if same.any() and not any(text.startswith(nought[:6]) for text in texts[~same].tolist()):
                simple &= ~same
    flags = {name: np.zeros(len(texts), bool) for name in FLAGS}
    fractions = column.type == "id" and not code and _all_fractions(unique, simple)
    for at in np.flatnonzero(~simple).tolist():
        cell = unique[at]
        raw = show(cell)
        text, redated = _kept(cell, raw, column, code)
        text = text.partition(".")[0] if fractions else text
        number = numeric or (isinstance(cell, int | float) and not isinstance(cell, bool))
        texts[at] = text
        flags["undecodable"][at] = "\ufffd" in text
        flags["cleaned"][at] = text != raw.strip() and bool(text) and not redated
        flags["numeric"][at] = number
        flags["imprecise"][at] = number and cells.dtype.kind not in "iu" and bool(abs(cell) >= 2**53)
        flags["rounded"][at] = isinstance(cell, str) and bool(ROUNDED.fullmatch(text))
        flags["redated"][at] = redated
        flags["trimmed"][at] = code and number and bool(cell != int(cell))
    odd = texts[~simple]
    if column.type == "id":
        gaps = gap_ids([*odd, *texts[simple][:1]])  # one plain text tells as much as all of them: it is long
    else:
        gaps = frozenset(t for t in odd if len(t) < 24 and gap_meaning(t))
    flags["gap"][~simple] = [text in gaps and bool(text) for text in odd]
    texts[~simple] = [np.nan if not text or text in gaps else text for text in odd]
    if simple.all():
        return Coded(codes, texts), {}
    marked = {name: np.append(marks, False)[codes] for name, marks in flags.items() if marks.any()}
    return Coded.renamed(codes, texts), marked


def _all_fractions(unique: Objects, simple: Bools) -> bool:
    """Tell whether all ids of a column, of two at least, are numbers as a data frame writes them: 7701.0."""
    texts = [str(cell).strip() for cell in unique if isinstance(cell, str) and not gap_meaning(cell)]
    texts = [text for text in texts if text]
    return len(texts) > 1 and not simple.any() and all(map(_WRITTEN.fullmatch, texts))


def _kept(cell: Any, raw: str, column: ColumnSpec, code: bool) -> tuple[str, bool]:
    """Return the text of a cell, and whether it is a code that was a date."""
    if isinstance(cell, datetime.date):
        day = cell.date() if isinstance(cell, datetime.datetime) else cell
        if code:
            return code_of_date(day), True
        whole = not isinstance(cell, datetime.datetime) or cell.time() == datetime.time(0)
        return clean_text(day.isoformat() if whole else raw), False
    text = clean_text(cell if isinstance(cell, str) else raw)
    if column.type != "id":
        return text, False
    shown = _SHOWN_DATE.fullmatch(text) if code else None
    if shown and (at := month_named(shown[2] or shown[3])):
        return (f"{int(shown[1]):02d}.{at:02d}" if shown[1] else f"{at:02d}.{shown[4]}"), True
    dated = _DATE.fullmatch(text) if code else None
    if dated:
        year, month, day_ = (dated[1], dated[2], dated[3]) if dated[1] else (dated[6], dated[5], dated[4])
        try:
            return code_of_date(datetime.date(int(year), int(month), int(day_))), True
        except ValueError:
            return text, False
    return clean_id(text), False
