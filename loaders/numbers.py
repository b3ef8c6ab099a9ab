"""Numbers as statistics print them: decimal commas, thousands spaces, footnote marks, missing marks.

A cell is read by itself where it can mean one thing only. Where it cannot (``1,234``), the other cells of its
column decide; where they do not decide, the value is unknown: a reading that is a thousand times off is worse
than a gap.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.graph.arrays import Bools, Floats, Indices, Int8s, Ints, Objects
from clustercoop.loaders.sheets import objects, show
from clustercoop.loaders.tokens import Evidence, Issue, Token, classify, split_footnote
from clustercoop.loaders.units import Unit

LIMIT: Final = 1e15
_SAMPLE: Final = 200

# RE2 patterns for whole columns, in this order: integers, fractions that only one reading fits, ambiguous.
_WHOLE: Final = r"^[-+]?\d{1,15}$"
_DECIDED: Final = r"^[-+]?(?:\d{{0,15}}{0}(?:\d{{1,2}}|\d{{4,}})|(?:0\d*)?{0}\d{{3}}|\d{{4,15}}{0}\d{{3}})$"
_EITHER: Final = r"^[-+]?[1-9]\d{{0,2}}{0}\d{{3}}$"


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
    units : list of (Unit, positions)
        Cells that carry a unit of their own, by unit.
    bounds : list of Bound
        Cells that state a bound instead of a number; their value is NaN.
    marks : dict of str to int
        Meaning of marks of a gap → how many cells carry one.
    """

    values: Floats
    issue: Int8s
    percent: Bools
    decimal: str = ""
    thousands: str = ""
    assumed: bool = False
    mixed: bool = False
    units: list[tuple[Unit, Indices]] = field(default_factory=list)
    bounds: list[Bound] = field(default_factory=list)
    marks: dict[str, int] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """Whether nothing in the column says which sign is the decimal one."""
        return self.assumed or bool((self.issue == Issue.DECIMAL_UNCLEAR).any())


@dataclass(frozen=True, slots=True)
class Bound:
    """One cell that states a bound: position, side, value as printed, per cent, unit, whether it is open."""

    position: int
    side: str
    value: float
    percent: bool
    unit: Unit
    open: bool


def parse_numbers(cells: NDArray[Any], *, hint: str = "", usual: Ints | None = None) -> Numbers:
    """Read a column of cells as numbers.

    Parameters
    ----------
    cells : array, shape (rows,)
        Numeric, or objects: text, numbers, dates, None.
    hint : {"", ".", ",", ".,", ",."}
        Decimal sign proven elsewhere in the same file, and the sign of thousands where that is; settles
        ``1,234`` where the column itself does not.
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
    return replace(
        read,
        values=values,
        issue=issue,
        percent=percent,
        units=[(unit, text[at]) for unit, at in read.units],
        bounds=[replace(bound, position=int(text[bound.position])) for bound in read.bounds],
    )


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


def _from_text(cells: Objects, hint: str, usual: Ints | None) -> Numbers:
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
    evidence = Evidence()
    either: dict[str, Bools] = {}
    for mark in ".,":
        pattern = "\\" + mark
        decided = _match(column, _DECIDED.format(pattern))
        if decided.any():
            evidence.decimal.add(mark)
        either[mark] = _match(column, _EITHER.format(pattern))
        done |= decided | either[mark]
    odd = np.flatnonzero(~done)
    tokens: list[Token] = []
    codes = np.empty(0, np.intp)
    if len(odd):
        codes, unique = pd.factorize(np.asarray(column.take(pa.array(odd)).to_pylist(), dtype=object))
        tokens = [classify(str(text), evidence) for text in unique]
    small = {mark: _beside_small(column, whole, either[mark]) for mark in ".,"}
    reading = {mark: _reading(mark, evidence, hint, small[mark]) for mark in ".,"}
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
    read = Numbers(values, issue, np.zeros(size, bool))
    if tokens:
        if usual is None and any(token.footnote for token in tokens):
            usual = np.full(size, _usual_decimals(column, done, whole, tokens, codes))
        values[odd], issue[odd] = _settle(tokens, codes, odd, reading, usual)
        read = _with_tokens(read, tokens, codes, odd, reading)
    thousands = "".join(sorted(evidence.grouping)) + (" " if evidence.spaces else "")
    for mark in ".,":
        if either[mark].any() and reading[mark] == "thousands" and mark not in thousands:
            thousands = mark + thousands
    if not evidence.decimal and (either["."].any() and reading["."] in ("decimal", "assumed")):
        evidence.decimal.add(".")
    if not evidence.decimal and either[","].any() and reading[","] == "decimal":
        evidence.decimal.add(",")
    decimal = "".join(sorted(evidence.decimal, reverse=True))
    return _cap(
        replace(read, decimal=decimal, thousands=thousands, assumed=assumed, mixed=len(evidence.decimal) > 1)
    )


def _with_tokens(
    read: Numbers, tokens: list[Token], codes: Indices, odd: Indices, reading: dict[str, str]
) -> Numbers:
    """Return `read` with what the odd cells carry beside a number: per cent, units, bounds, meanings."""
    read.percent[odd] = np.array([token.percent for token in tokens])[codes]
    times = np.bincount(codes, minlength=len(tokens))
    units: dict[Unit, list[int]] = {}
    for code, token in enumerate(tokens):
        if token.meaning:
            read.marks[token.meaning] = read.marks.get(token.meaning, 0) + int(times[code])
        if token.unit != Unit():
            units.setdefault(token.unit, []).append(code)
        for side, part in token.sides.items():
            value, issue = _value(part, reading)
            if issue != Issue.OK:
                read.issue[odd[codes == code]] = issue
                continue
            read.bounds.extend(
                Bound(int(at), side, value, part.percent, part.unit, part.open) for at in odd[codes == code]
            )
    read.units.extend((unit, odd[np.isin(codes, held)]) for unit, held in units.items())
    return read


def _beside_small(column: Any, whole: Bools, either: Bools) -> str:
    """Tell how a column with ``1.234`` speaks of thousands: "yes", "perhaps" or "".

    Whole numbers below 1,000 beside it, and none above that lacks a mark: a column of fixed decimals would
    print 987 as 987.000. A fraction that ends in 0 (``2.500``) was not printed without needless zeros either.
    """
    if not either.any() or not whole.any():
        return ""
    large = bool(_match(column, r"^[-+]?\d{4,15}$").any())
    small = bool(_match(column, r"^[-+]?[1-9]\d{0,2}$").any())
    if large or not small:
        return ""
    return "yes" if bool((either & _match(column, r"0$")).any()) else "perhaps"


def _match(column: Any, pattern: str) -> Bools:
    import pyarrow.compute as pc

    return np.asarray(pc.match_substring_regex(column, pattern).to_numpy(zero_copy_only=False), dtype=bool)


def _reading(mark: str, evidence: Evidence, hint: str, small: str) -> str:
    """Decide what a lone `mark` before three digits is: decimal, thousands, assumed (decimal) or unclear."""
    other = "," if mark == "." else "."
    decimal, grouping = mark in evidence.decimal, mark in evidence.grouping
    if decimal and grouping:
        return "unclear"
    if grouping:
        return "thousands"
    if other in evidence.decimal:
        return "unclear"  # either sign may be decimal here, and no cell shows this one as thousands
    if decimal or hint[:1] == mark:
        return "decimal"
    if hint == other + mark:
        return "thousands"
    if small:
        return "thousands" if small == "yes" else "unclear"
    # A point is decimal by the convention of every program that writes tables; a comma has no such
    # convention.
    return "assumed" if mark == "." and hint[:1] != "," else "unclear"


def _usual_decimals(column: Any, done: Bools, whole: Bools, tokens: list[Token], codes: Indices) -> int:
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
        if token.number and not token.footnote and token.unit == Unit():
            counts[token.decimals] += int(times)
    total = sum(counts.values())
    if not total:
        return -1
    decimals, times = counts.most_common(1)[0]
    return decimals if times >= 0.9 * total else -1


def _settle(
    tokens: list[Token], codes: Indices, odd: Indices, reading: dict[str, str], usual: Ints | None
) -> tuple[Floats, Int8s]:
    """Turn classified tokens into values, now that the column's signs are decided."""
    value = np.full(len(tokens), np.nan)
    kind = np.array([token.issue for token in tokens], np.int8)
    for index, token in enumerate(tokens):
        if token.number:
            value[index], issue = _value(token, reading)
            kind[index] = issue or token.issue
    values, kinds = value[codes], kind[codes]
    if usual is not None:
        for at in np.flatnonzero([bool(tokens[code].footnote) for code in codes]):
            number = split_footnote(tokens[codes[at]].footnote, int(usual[odd[at]]))
            kinds[at] = Issue.FOOTNOTE if number is not None else Issue.FOOTNOTE_UNCLEAR
            values[at] = np.nan if number is None else number
    return values, kinds


def _value(token: Token, reading: dict[str, str]) -> tuple[float, Issue]:
    """Return the number of a token now that the column's signs are decided, or why there is none."""
    number = token.number
    if token.mark:
        if reading[token.mark] == "unclear":
            return np.nan, Issue.DECIMAL_UNCLEAR
        number = number.replace(token.mark, "" if reading[token.mark] == "thousands" else ".")
    return float(number), Issue.OK


def are_numbers(cells: NDArray[Any]) -> bool:
    """Tell whether half of the first filled cells or more are numbers.

    Examples
    --------
    >>> are_numbers(np.array(["1,5", "", "к", "7"], object)), are_numbers(np.array(["", "x"], object))
    (True, False)
    """
    texts = [text for cell in cells[:_SAMPLE] if (text := show(cell).strip())]
    if not texts:
        return False
    read = parse_numbers(np.array(texts, dtype=object))
    return int(np.isfinite(read.values).sum()) * 2 >= len(texts)


def are_nil(cells: NDArray[Any]) -> Bools:
    """Tell which cells say that there is nothing: empty ones, dashes and zeros.

    Examples
    --------
    >>> are_nil(np.array(["", "—", "0", "н/д", 5.0], object)).tolist()
    [True, True, True, False, False]
    """
    blank = np.array([show(cell).strip() in ("", "-", "–", "—") for cell in cells], bool)
    nil: Bools = blank | (parse_numbers(cells).values == 0)
    return nil


def as_cells(values: Floats) -> Objects:
    """Return figures as the cells of a column, None where they are unknown."""
    return objects([None if np.isnan(value) else float(value) for value in values])


def negative(cell: Any) -> Any:
    """Return an amount below zero; one that already is, or is none, as it is."""
    if isinstance(cell, str):
        text = cell.strip()
        return f"-{text}" if text[:1].isdigit() else cell
    return -abs(cell) if is_number(cell) else cell
