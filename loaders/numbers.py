"""Numbers as statistics print them: decimal commas, thousands spaces, footnote marks, missing marks.

A cell is read by itself where it can mean one thing only. Where it cannot (``1,234``), the other cells of its
column decide; where they do not decide, the value is unknown: a reading that is a thousand times off is worse
than a gap.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

MISSING_MARKS: Final = frozenset(
    {
        "",
        "-",
        "–",
        "—",
        "−",
        "…",
        "...",
        "..",
        "н/д",
        "нд",
        "н.д.",
        "нет данных",
        "x",
        "х",
        "n/a",
        "na",
        "n.a.",
        "nan",
    }
    | {"null", "none", "<na>", "#н/д", "#n/a", "nd", "n/d"}
)
LIMIT: Final = 1e15

_SPACE: Final = "[ \u00a0\u202f\u2009'’]"
_SIGN: Final = str.maketrans({"−": "-", "–": "-", "\u2011": "-"})
_GROUPED: Final = re.compile(rf"([-+]?\d{{1,3}}(?:{_SPACE}\d{{3}})+)((?:[.,]\d+)?)", re.ASCII)
_PLAIN: Final = re.compile(r"[-+]?\d+", re.ASCII)
_ONE_MARK: Final = re.compile(r"([-+]?)(\d*)([.,])(\d+)", re.ASCII)
_GROUPS_ONE: Final = re.compile(r"[-+]?\d{1,3}(?:([.,])\d{3})(?:\1\d{3})+", re.ASCII)
_GROUPS_BOTH: Final = re.compile(r"[-+]?\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*([.,])\d+", re.ASCII)
_POWER: Final = re.compile(r"[-+]?(?:\d+|\d*([.,])\d+)[eE][-+]?\d{1,3}", re.ASCII)
_FOOTNOTE: Final = re.compile(rf"([-+]?\d(?:{_SPACE}?\d)*(?:[.,]\d+)?)\)(?:,\s*\d{{1,2}}\))*,?", re.ASCII)
_RAISED: Final = re.compile(r"[¹²³⁴-⁹⁾*]+$")

# RE2 patterns for whole columns, in this order: integers, fractions that only one reading fits, ambiguous.
_WHOLE: Final = r"^[-+]?\d{1,15}$"
_DECIDED: Final = r"^[-+]?(?:\d{{0,15}}{0}(?:\d{{1,2}}|\d{{4,}})|(?:0\d*)?{0}\d{{3}}|\d{{4,15}}{0}\d{{3}})$"
_EITHER: Final = r"^[-+]?[1-9]\d{{0,2}}{0}\d{{3}}$"


class Issue(IntEnum):
    """What a cell turned out to be."""

    OK = 0
    MISSING = 1
    NOT_A_NUMBER = 2
    FOOTNOTE = 3
    FOOTNOTE_UNCLEAR = 4
    DECIMAL_UNCLEAR = 5
    EXCEL_ERROR = 6
    WRONG_KIND = 7
    HUGE = 8


@dataclass(frozen=True, eq=False)
class Numbers:
    """A column of numbers.

    Attributes
    ----------
    values : array of float64, shape (rows,)
        NaN where there is no number.
    issue : array of int8, shape (rows,)
        An `Issue` for each cell; values of `OK` and `FOOTNOTE` cells are numbers, others are NaN.
    percent : array of bool, shape (rows,)
        Whether the cell carried a ``%`` (the value is as printed, not yet divided).
    decimal : str
        The decimal signs seen: ".", ",", ".," or "".
    thousands : str
        The thousands separators seen, "" for none.
    assumed : bool
        Whether a decimal point was taken on convention alone (no cell of the column decided it).
    mixed : bool
        Whether both signs are proven as decimal in this column.
    """

    values: NDArray[np.float64]
    issue: NDArray[np.int8]
    percent: NDArray[np.bool_]
    decimal: str = ""
    thousands: str = ""
    assumed: bool = False
    mixed: bool = False


@dataclass(slots=True)
class _Token:
    """A distinct text cell: its digits, and what its one mark of three digits may be."""

    text: str
    number: str = ""
    mark: str = ""  # a lone "." or "," followed by three digits: thousands or decimal
    issue: Issue = Issue.OK
    percent: bool = False
    decimals: int = 0
    footnote: str = ""  # the digits before ")", to be split once the column's decimals are known


@dataclass(slots=True)
class _Evidence:
    decimal: set[str]
    grouping: set[str]
    spaces: bool = False


def parse_numbers(cells: NDArray[Any], *, hint: str = "", usual: NDArray[np.int64] | None = None) -> Numbers:
    """Read a column of cells as numbers.

    Parameters
    ----------
    cells : array, shape (rows,)
        Numeric, or objects: text, numbers, dates, None.
    hint : {"", ".", ","}
        Decimal sign proven elsewhere in the same file; settles ``1,234`` where the column itself does not.
    usual : array of int64, optional
        Usual number of decimals around each cell (−1 unknown), to split footnote digits from the value;
        taken from the whole column by default.

    Returns
    -------
    Numbers

    Examples
    --------
    >>> cells = np.array(["3020,82)", "2 871,4", "н/д", "1,5"], dtype=object)
    >>> parse_numbers(cells).values.tolist()
    [3020.8, 2871.4, nan, 1.5]
    """
    size = len(cells)
    if cells.dtype != object:
        return from_numeric(np.asarray(cells))
    values = np.full(size, np.nan)
    issue = np.zeros(size, np.int8)
    percent = np.zeros(size, bool)
    kinds = np.array([0 if type(c) is str else 1 if is_number(c) else 2 for c in cells], np.int8)
    numeric = np.flatnonzero(kinds == 1)
    if len(numeric):
        part = from_numeric(np.array([to_float(c) for c in cells[numeric]]))
        values[numeric], issue[numeric] = part.values, part.issue
    for position in np.flatnonzero(kinds == 2):
        cell = cells[position]
        empty = cell is None or cell is pd.NaT or cell is pd.NA
        issue[position] = Issue.MISSING if empty else Issue.WRONG_KIND
    text = np.flatnonzero(kinds == 0)
    if not len(text):
        return Numbers(values, issue, percent)
    read = _from_text(cells[text], hint, None if usual is None else usual[text])
    values[text], issue[text], percent[text] = read.values, read.issue, read.percent
    return Numbers(values, issue, percent, read.decimal, read.thousands, read.assumed, read.mixed)


def is_number(cell: Any) -> bool:
    """Tell whether a cell is a number already; truth values are none."""
    return isinstance(cell, int | float | np.integer | np.floating) and not isinstance(cell, bool | np.bool_)


def to_float(cell: Any) -> float:
    """Return a numeric cell as a float, infinite where it is an integer beyond all floats."""
    try:
        return float(cell)
    except OverflowError:  # an integer of more than 308 digits
        return np.inf
    except ValueError:  # a signalling NaN of the decimal module
        return np.nan


def from_numeric(cells: NDArray[Any]) -> Numbers:
    """Return a numeric array as `Numbers`: NaN is missing, beyond `LIMIT` is unknown."""
    none = np.zeros(len(cells), bool)
    if cells.dtype.kind not in "iuf":
        wrong = np.full(len(cells), Issue.WRONG_KIND, np.int8)
        return Numbers(np.full(len(cells), np.nan), wrong, none)
    values = cells.astype(np.float64)
    issue = np.where(np.isnan(values), Issue.MISSING, Issue.OK).astype(np.int8)
    return _cap(Numbers(values, issue, none))


def _cap(read: Numbers) -> Numbers:
    """Make numbers beyond `LIMIT` unknown."""
    huge = np.abs(read.values) > LIMIT
    if huge.any():
        read.issue[huge] = Issue.HUGE
        read.values[huge] = np.nan
    return read


def _from_text(cells: NDArray[np.object_], hint: str, usual: NDArray[np.int64] | None) -> Numbers:
    """Read text cells: whole columns of clean numbers at once, the odd cells one by one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    size = len(cells)
    try:
        column = pc.utf8_trim_whitespace(pa.array(cells, pa.string()))
    except pa.ArrowException:  # lone surrogates cannot be UTF-8; such cells are text, not numbers
        cells = np.array([c.encode("utf-8", "replace").decode() for c in cells], dtype=object)
        column = pc.utf8_trim_whitespace(pa.array(cells, pa.string()))
    values, issue = np.full(size, np.nan), np.zeros(size, np.int8)
    done = _match(column, _WHOLE)
    whole = done.copy()
    evidence = _Evidence(set(), set())
    either: dict[str, NDArray[np.bool_]] = {}
    for mark in ".,":
        pattern = "\\" + mark
        decided = _match(column, _DECIDED.format(pattern))
        if decided.any():
            evidence.decimal.add(mark)
        either[mark] = _match(column, _EITHER.format(pattern))
        done |= decided | either[mark]
    odd = np.flatnonzero(~done)
    tokens: list[_Token] = []
    codes = np.empty(0, np.intp)
    if len(odd):
        codes, unique = pd.factorize(np.asarray(column.take(pa.array(odd)).to_pylist(), dtype=object))
        tokens = [_classify(str(text), evidence) for text in unique]
    reading = {mark: _reading(mark, evidence, hint) for mark in ".,"}
    assumed = bool(either["."].any() or any(t.mark == "." for t in tokens)) and reading["."] == "assumed"

    plain = np.flatnonzero(done)
    if len(plain):
        clean = column.take(pa.array(plain))
        for mark in ".,":
            if either[mark].any() and reading[mark] == "thousands":
                grouped = pa.array(either[mark][plain])
                clean = pc.if_else(grouped, pc.replace_substring(clean, mark, ""), clean)
        # The cast of Arrow knows neither a plus sign nor a decimal comma.
        clean = pc.replace_substring_regex(pc.replace_substring(clean, ",", "."), r"^\+", "")
        clean = pc.replace_substring_regex(clean, r"^(-?)\.", r"\10.")
        values[plain] = clean.cast(pa.float64()).to_numpy(zero_copy_only=False)
    for mark in ".,":
        if reading[mark] == "unclear":
            values[either[mark]] = np.nan
            issue[either[mark]] = Issue.DECIMAL_UNCLEAR
    percent = np.zeros(size, bool)
    if tokens:
        if usual is None and any(token.footnote for token in tokens):
            usual = np.full(size, _usual_decimals(column, done, whole, tokens, codes))
        got, kinds = _settle(tokens, codes, odd, reading, usual)
        values[odd], issue[odd] = got, kinds
        percent[odd] = np.array([token.percent for token in tokens])[codes]
    thousands = "".join(sorted(evidence.grouping)) + (" " if evidence.spaces else "")
    if not evidence.decimal and (either["."].any() and reading["."] in ("decimal", "assumed")):
        evidence.decimal.add(".")
    if not evidence.decimal and either[","].any() and reading[","] == "decimal":
        evidence.decimal.add(",")
    decimal = "".join(sorted(evidence.decimal, reverse=True))
    return _cap(Numbers(values, issue, percent, decimal, thousands, assumed, len(evidence.decimal) > 1))


def _match(column: Any, pattern: str) -> NDArray[np.bool_]:
    import pyarrow.compute as pc

    return np.asarray(pc.match_substring_regex(column, pattern).to_numpy(zero_copy_only=False), dtype=bool)


def _reading(mark: str, evidence: _Evidence, hint: str) -> str:
    """Decide what a lone `mark` before three digits is: decimal, thousands, assumed (decimal) or unclear."""
    other = "," if mark == "." else "."
    decimal, grouping = mark in evidence.decimal, mark in evidence.grouping
    if decimal and grouping:
        return "unclear"
    if grouping:
        return "thousands"
    if other in evidence.decimal:
        return "unclear"  # either sign may be decimal here, and no cell shows this one as thousands
    if decimal or hint == mark:
        return "decimal"
    # A point is decimal by the convention of every program that writes tables; a comma has no such
    # convention.
    return "assumed" if mark == "." and hint != "," else "unclear"


def _classify(text: str, evidence: _Evidence) -> _Token:
    """Say what a distinct odd cell can mean, and add what it proves about the column's signs."""
    token = _Token(text)
    body = text.translate(_SIGN) if len(text) > 1 else text
    if body.lower() in MISSING_MARKS:
        token.issue = Issue.MISSING
        return token
    if body.startswith("#"):
        token.issue = Issue.EXCEL_ERROR
        return token
    if body.endswith("%"):
        token.percent, body = True, body[:-1].rstrip()
    raised = _RAISED.search(body)
    if raised and raised.start():
        token.issue, body = Issue.FOOTNOTE, body[: raised.start()].rstrip()
    note = _FOOTNOTE.fullmatch(body)
    if note and not raised:
        token.footnote = note[1]
        return token
    if not _number(token, body, evidence):
        token.issue = Issue.NOT_A_NUMBER
    return token


def _number(token: _Token, body: str, evidence: _Evidence) -> bool:
    """Read `body` into `token`; False where it is no number."""
    grouped = _GROUPED.fullmatch(body)
    if grouped:
        evidence.spaces = True
        body = re.sub(_SPACE, "", grouped[1]) + grouped[2]
        if grouped[2]:
            evidence.decimal.add(grouped[2][0])
            token.number, token.decimals = body.replace(",", "."), len(grouped[2]) - 1
            return True
    if _PLAIN.fullmatch(body):
        token.number = body
        return True
    one = _ONE_MARK.fullmatch(body)
    if one:
        token.number, token.decimals = body, len(one[4])
        if len(one[4]) == 3 and 1 <= len(one[2]) <= 3 and one[2][0] != "0":
            token.mark = one[3]
        else:
            evidence.decimal.add(one[3])
            token.number = body.replace(",", ".")
        return True
    groups = _GROUPS_ONE.fullmatch(body)
    if groups:
        evidence.grouping.add(groups[1])
        token.number = body.replace(groups[1], "")
        return True
    both = _GROUPS_BOTH.fullmatch(body)
    if both and both[1] != both[2]:
        evidence.grouping.add(both[1])
        evidence.decimal.add(both[2])
        token.number = body.replace(both[1], "").replace(both[2], ".")
        token.decimals = len(body) - body.rindex(both[2]) - 1
        return True
    power = _POWER.fullmatch(body)
    if power:
        if power[1]:
            evidence.decimal.add(power[1])
        token.number = body.replace(",", ".")
        return True
    return False


def _usual_decimals(
    column: Any,
    done: NDArray[np.bool_],
    whole: NDArray[np.bool_],
    tokens: list[_Token],
    codes: NDArray[np.intp],
) -> int:
    """Return how many decimals nine in ten of the column's plain cells have, −1 where they vary."""
    import pyarrow as pa
    import pyarrow.compute as pc

    counts: Counter[int] = Counter()
    counts[0] = int(whole.sum())
    fractions = column.filter(pa.array(done & ~whole))
    for entry in pc.utf8_length(pc.replace_substring_regex(fractions, r"^.*[.,]", "")).value_counts():
        counts[entry["values"].as_py()] += entry["counts"].as_py()
    seen = np.bincount(codes, minlength=len(tokens))
    for token, times in zip(tokens, seen, strict=True):
        if token.number and not token.footnote:
            counts[token.decimals] += int(times)
    total = sum(counts.values())
    if not total:
        return -1
    decimals, times = counts.most_common(1)[0]
    return decimals if times >= 0.9 * total else -1


def _settle(
    tokens: list[_Token],
    codes: NDArray[np.intp],
    odd: NDArray[np.intp],
    reading: dict[str, str],
    usual: NDArray[np.int64] | None,
) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    """Turn classified tokens into values, now that the column's signs are decided."""
    value = np.full(len(tokens), np.nan)
    kind = np.array([token.issue for token in tokens], np.int8)
    for index, token in enumerate(tokens):
        if token.mark:
            meaning = reading[token.mark]
            if meaning == "unclear":
                kind[index] = Issue.DECIMAL_UNCLEAR
                continue
            token.number = token.number.replace(token.mark, "" if meaning == "thousands" else ".")
        if token.number:
            value[index] = float(token.number)
    values, kinds = value[codes], kind[codes]
    if usual is not None:
        for at in np.flatnonzero([bool(tokens[code].footnote) for code in codes]):
            number = split_footnote(tokens[codes[at]].footnote, int(usual[odd[at]]))
            kinds[at] = Issue.FOOTNOTE if number is not None else Issue.FOOTNOTE_UNCLEAR
            values[at] = np.nan if number is None else number
    return values, kinds


def split_footnote(digits: str, decimals: int) -> float | None:
    """Return the number in front of a footnote mark, None where it is unclear where the mark begins.

    Parameters
    ----------
    digits : str
        What stands before the bracket: the number and the mark together.
    decimals : int
        Usual number of decimals of the column, −1 where they vary. With it the surplus digits are the mark;
        without it the mark is one digit.

    Examples
    --------
    >>> split_footnote("3020,82", 1), split_footnote("98,8", 1), split_footnote("185613", 0)
    (3020.8, None, 18561.0)
    """
    body = digits.replace(",", ".")
    whole, point, fraction = body.partition(".")
    if point and decimals >= 1:
        mark = len(fraction) - decimals
        if mark not in (1, 2):
            return None
    else:
        mark = 1
        if point and len(fraction) < 2:
            return None
    number, note = body[:-mark], body[-mark:]
    if note.startswith("0") or not number.strip("+-"):
        return None
    if not point and re.search(_SPACE, number):
        if not _GROUPED.fullmatch(number):
            return None
    return float(re.sub(_SPACE, "", number))
