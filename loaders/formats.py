"""Number formats of workbooks: what a cell shows of the number that it stores.

A format may show per cent of it, thousands of it (``#,##0,``), digits of a code (``0000``), or words beside
it (``0.0,,"M"``, ``#,##0 ₽``). What is read is the amount that is shown: neither the stored number under a
unit that it is not in, nor rounded to the decimals that the format leaves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from typing import Any, Final

from clustercoop.graph.errors import SchemaError
from clustercoop.graph.texts import refusal
from clustercoop.loaders.units import Unit, read_unit, unit_words

# Padding of a character's width (_₽) and fill (*-) do not show the character; colours show nothing.
_UNSEEN: Final = re.compile(r"_.|\*.|\[(?!\$|[<>=])[^\]]*\]")
_QUOTED: Final = re.compile(r'"([^"]*)"|\[\$([^\]-]*)(?:-[^\]]*)?\]|\\(.)')
_SIGNS: Final = re.compile(r"[₽€£¥₸₴₹₺]")
_SCALED: Final = re.compile(r"[0#?](,+)(?![0#?,])")
_CONDITION: Final = re.compile(r"\[(<>|<=|>=|=|<|>)\s*(-?\d+(?:\.\d+)?)\]")
# Zeros, perhaps behind letters: 0000000000, "П-"000.
_ID_FORMAT: Final = re.compile(r'((?:"[^"]*"|\\.|-)*)(0{2,})')
_WORDS: Final = {1e3: "тыс.", 1e5: "lakh", 1e6: "млн", 1e7: "crore", 1e8: "亿", 1e9: "млрд", 1e12: "трлн"}


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a number format: for which numbers, and what it makes of them.

    Attributes
    ----------
    test, bound : str, float
        The condition, such as ``>=`` and 1 000 000; "" where the section is for all others.
    thousands : int
        How often the shown number is divided by 1,000.
    percent : bool
        Whether a hundred times the number is shown.
    text : str
        The words and signs that stand beside the number.
    unit : Unit
        What they say; a lone letter is a scale (M, K, млн).
    """

    test: str
    bound: float
    thousands: int
    percent: bool
    text: str
    unit: Unit

    def holds(self, value: float) -> bool:
        """Tell whether the section is for `value`."""
        compare = {
            "<": value < self.bound,
            "<=": value <= self.bound,
            ">": value > self.bound,
            ">=": value >= self.bound,
            "=": value == self.bound,
            "<>": value != self.bound,
        }
        return compare.get(self.test, True)


@cache
def sections(pattern: str) -> tuple[Section, ...]:
    """Return the sections of a number format, in the order in which they are tried.

    Raises
    ------
    SchemaError
        A section shows thousands of the number and writes millions beside it, or the like.

    Examples
    --------
    >>> [(s.test, s.thousands, s.unit.scale) for s in sections('[>=1000000]0.0,,"M";[>=1000]0.0,"K";0')]
    [('>=', 2, 1000000.0), ('>=', 1, 1000.0), ('', 0, None)]
    >>> sections('_-* #,##0.00 _₽_-')[0].unit == Unit(), sections('#,##0 [$€-407]')[0].unit.currency
    (True, 'EUR')
    """
    parts = re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', pattern)[:3]
    usual = {1: [("", 0.0)], 2: [(">=", 0.0), ("", 0.0)], 3: [(">", 0.0), ("<", 0.0), ("", 0.0)]}[len(parts)]
    found = []
    for part, (test, bound) in zip(parts, usual, strict=True):
        own = _CONDITION.search(part)
        if own:
            test, bound = own[1], float(own[2])
        elif any(_CONDITION.search(other) for other in parts):
            test, bound = "", 0.0
        found.append(_section(_CONDITION.sub("", part), test, bound, pattern))
    return tuple(found)


def _section(part: str, test: str, bound: float, pattern: str) -> Section:
    seen = _UNSEEN.sub("", part)
    bare = _QUOTED.sub("", seen)
    said = ["".join(groups) for groups in _QUOTED.findall(seen) if groups[0] != "$"]
    # A quoted "$" is Excel's own currency format: whatever the currency of the computer was.
    text = " ".join("".join([*said, *_SIGNS.findall(bare)]).split())
    scaled = _SCALED.search(bare)
    thousands = len(scaled[1]) if scaled else 0
    unit = _unit(text, thousands)
    if thousands and unit.scale and unit.scale != 1000.0**thousands:
        raise refusal(
            SchemaError, "format_and_words", pattern=repr(pattern), power=3 * thousands, text=repr(text)
        )
    return Section(test, bound, thousands, "%" in bare, text, unit)


def _unit(text: str, thousands: int) -> Unit:
    """Return what the words of a format say; one letter is a scale, M of a thousand too (mille)."""
    plain = text.strip(" .").lower()
    if thousands == 1 and plain == "m":
        return Unit(1e3)
    letter = unit_words("beside").get(plain) or (unit_words("before").get(plain) if thousands else None)
    if letter:
        return Unit(float(letter))
    rest, unit = read_unit(text)
    return Unit() if rest else unit


class Divided(float):
    """A number as it is shown, and by how much the stored one was divided for that."""

    times: float = 1.0


@dataclass(slots=True)
class Shown:
    """What the number formats of a sheet show, gathered cell by cell.

    Attributes
    ----------
    units : dict of int to set of str
        Column → the units that its formats write beside numbers.
    scales : dict of int to set of float or None
        Column → the scales written beside its numbers; None for one that stands without where others of the
        same format do not.
    scaled : int
        How many numbers are shown divided with no word of it.
    divided : dict of int to list of float
        Column → what its numbers are divided by where they are shown so.
    """

    units: dict[int, set[str]] = field(default_factory=dict)
    scales: dict[int, set[float | None]] = field(default_factory=dict)
    scaled: int = 0
    divided: dict[int, list[float]] = field(default_factory=dict)

    def of(self, origins: Sequence[Sequence[int]]) -> Shown:
        """Return what is shown of columns that are made of those of `origins`."""
        units = {n: {u for i in old for u in self.units.get(i, ())} for n, old in enumerate(origins)}
        scales = {n: {s for i in old for s in self.scales.get(i, ())} for n, old in enumerate(origins)}
        divided = {n: [t for i in old for t in self.divided.get(i, ())] for n, old in enumerate(origins)}
        return replace(self, units=units, scales=scales, divided=divided)

    def stored(self, column: int, count: int) -> float:
        """Return what the numbers of a column are stored as times what is shown: 1 unless all are divided."""
        times = self.divided.get(column, [])
        return times[0] if len(times) >= count > 0 and len(set(times)) == 1 else 1.0

    def cell(self, value: Any, pattern: str, column: int) -> Any:
        """Return the cell as it is shown: a number, or text where it is a code, per cent or has its scale.

        Examples
        --------
        >>> shown = Shown()
        >>> shown.cell(10_500_000, '0.0,,"M"', 3), shown.cell(0.804, "0%", 4), shown.cell(77, "0000", 0)
        ('10.5 млн', '80.4%', '0077')
        """
        if pattern in ("", "General") or isinstance(value, bool) or not isinstance(value, int | float):
            return value
        code = _ID_FORMAT.fullmatch(pattern)
        if code and value == int(value):
            return code[1].replace('"', "").replace("\\", "") + str(int(value)).zfill(len(code[2]))
        several = sections(pattern)
        section = next((s for s in several if s.holds(value)), several[-1])
        times = 1000.0**section.thousands
        number = Decimal(repr(value)) / int(times)
        if section.percent:
            return f"{(number * 100).normalize():f}%"
        if section.thousands and not section.unit.scale:
            self.scaled += 1
            self.divided.setdefault(column, []).append(times)
        if section.unit.currency or section.unit.physical:
            self.units.setdefault(column, set()).add(section.text)
        if any(s.unit.scale for s in several):
            self.scales.setdefault(column, set()).add(section.unit.scale)
        if section.unit.scale:
            return f"{number:f} {_WORDS[section.unit.scale]}"
        if not section.thousands:
            return value
        divided = Divided(number)
        divided.times = times
        return divided


def telling(pattern: str) -> bool:
    """Tell whether a format shows something else than the stored number, or words beside it.

    Examples
    --------
    >>> telling("0.0%"), telling("#,##0,"), telling("#,##0.00"), telling("dd.mm.yyyy"), telling("_-* 0_₽_-")
    (True, True, False, False, False)
    """
    if _ID_FORMAT.fullmatch(pattern):
        return True
    seen = _UNSEEN.sub("", pattern)
    bare = _QUOTED.sub("", seen)
    if "%" in bare or "[$" in seen.replace("[$-", "") or _SCALED.search(bare) or _SIGNS.search(bare):
        return True
    return any("".join(groups).strip(" -$()") for groups in _QUOTED.findall(seen)) and bool(
        re.search(r"[0#?]", bare)
    )


def described(patterns: Iterable[str]) -> frozenset[str]:
    """Return those of `patterns` that are `telling`."""
    return frozenset(pattern for pattern in patterns if telling(pattern))
