"""Units as people write them: scales, currencies, per cent and measures of things, from `unit_words.csv`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np

from clustercoop.graph.arrays import Floats
from clustercoop.graph.schema import ColumnSpec
from clustercoop.graph.shipped import shipped_rows

_SIGNS: Final = "".join(c for c in map(chr, range(0x10000)) if unicodedata.category(c) == "Sc")
_PIECES: Final = re.compile(rf"[^\W_]+|[%&{re.escape(_SIGNS)}]", re.UNICODE)
_FOOTNOTE: Final = re.compile(r"(?<=[^\W\d_])\d{1,2}\)|[¹²³⁴-⁹⁾*]")
# $000s, x1000: thousands.
_THOUSANDS: Final = re.compile(r"(?<!\w)(?:[xх×]\s?(10{3,})|(000)s)\b")
# "в т. ч." is no tonne.
_IN_PART: Final = re.compile(r"\bт\.?\s?ч\b\.?")
_POWER: Final = re.compile(r"10\s*(?:\^\s*(\d{1,2})|([⁰¹²³⁴-⁹]+))")
_RAISED: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_LONGEST: Final = 4
CAMEL: Final = re.compile(r"(?<=[а-яёa-z])(?=[А-ЯЁA-Z])")
"""Where a word begins in a header that is written in one."""
SCALES: Final = {None: "", 1e3: "thousand ", 1e6: "million ", 1e9: "billion "}
# Codes that stand in one word with their scale: TEUR, MSEK.
_JOINED: Final = tuple(
    "usd eur rub cny gbp chf jpy czk pln kzt sek dkk nok huf inr uah byn cad aud brl".split()
)


@dataclass(frozen=True, slots=True)
class Unit:
    """What a text says of a unit: scale (1 000 for thousands), currency, per cent, a measure of things."""

    scale: float | None = None
    currency: str = ""
    percent: bool = False
    physical: str = ""

    @property
    def of_money(self) -> bool:
        """Whether the unit can be one of money: a scale, a currency, and neither per cent nor things."""
        return bool(self.scale or self.currency) and not self.percent and not self.physical

    def fits(self, column: ColumnSpec) -> bool:
        """Tell whether a column of the contract can be in this unit.

        Examples
        --------
        >>> from clustercoop.graph.schema import tables
        >>> Unit(1e3, physical="tonnes").fits(tables()["links"]["value"])
        False
        """
        if column.type == "money":
            per_head = self.physical == "persons" and column.name.endswith("_per_employee")
            return not self.percent and (not self.physical or per_head)
        if column.type == "count":
            return not (self.currency or self.percent or self.physical not in ("", "persons", "pieces"))
        if column.type == "share":
            return not (self.currency or self.scale or self.physical)
        if column.type == "number":
            of_index = self.percent and column.name == "index"
            return of_index or not (self.currency or self.percent or self.physical not in ("", "tonnes"))
        return True


@dataclass(frozen=True, slots=True)
class _Word:
    """A run of words that says something of a unit: what kind of thing, and which."""

    kind: str
    value: str


Runs = list[tuple[list[str], _Word | None]]


@cache
def unit_words(kind: str) -> dict[str, str]:
    """Return the words of one kind in ``unit_words.csv``, each with its value.

    Examples
    --------
    >>> unit_words("scale")["млрд"], unit_words("okei")["384"]
    ('1e9', '1e3 RUB')
    """
    rows = [row for row in shipped_rows("loaders", "unit_words.csv") if row["kind"] == kind]
    return {word: row["value"] for row in rows for word in row["words"].split("|")}


@cache
def _known() -> dict[tuple[str, ...], _Word]:
    """Return every run of words that stands for a part of a unit."""
    known: dict[tuple[str, ...], _Word] = {}
    for kind in ("units", "physical", "percent", "filler", "factor", "weak", "currency", "scale", "joined"):
        for word, value in unit_words(kind).items():
            known[tuple(words(word))] = _Word(kind, value)
    short = {
        (w,): v
        for w, v in unit_words("scale").items()
        if w in ("тыс", "млн", "млрд", "mn", "bn", "mln", "mio")
    }
    for (prefix,), factor in {**short, ("k",): "1e3", ("t",): "1e3", ("m",): "1e6"}.items():
        for money in (*_JOINED, "руб"):
            currency = unit_words("currency").get(money, money.upper())
            known[(prefix + money,)] = _Word("joined", f"{factor} {currency}")
    return known


@cache
def _telling() -> frozenset[str]:
    """Return the words one of which stands in every header with a unit, beside numbers."""
    letters = {word for kind in ("before", "beside") for word in unit_words(kind)}
    codes = {code.lower() for code in unit_words("code")}
    return frozenset(letters | codes | {word for run in _known() for word in run})


def words(text: str) -> list[str]:
    """Return the lower-case words of a header, ё as е; punctuation, underscores and spaces only divide.

    Examples
    --------
    >>> words("Объём_отгрузки, млн руб.")
    ['объем', 'отгрузки', 'млн', 'руб']
    """
    text = _IN_PART.sub("том числе", unicodedata.normalize("NFC", text).lower().replace("ё", "е"))
    if text.replace(" ", "").isalpha():
        return text.split()
    text = _THOUSANDS.sub(lambda m: f" {m[1] or m[2]} ", text)
    text = _POWER.sub(lambda m: f" {10 ** int(m[1] or m[2].translate(_RAISED))} ", text)
    return _PIECES.findall(re.sub(r"r\s*&\s*d", "r&d", _FOOTNOTE.sub(" ", text)).replace("r&d", "rnd"))


@cache
def phrases(table: str) -> dict[str, frozenset[tuple[str, ...]]]:
    """Return the phrases of each meaning in a shipped table of phrases, as their words.

    Examples
    --------
    >>> ("итого",) in phrases("total_words")["start"]
    True
    """
    return {
        row["means"]: frozenset(tuple(words(phrase)) for phrase in row["words"].split("|"))
        for row in shipped_rows("loaders", f"{table}.csv")
    }


@cache
def read_unit(header: str) -> tuple[str, Unit]:
    """Return the header's words without its unit, and the unit.

    Examples
    --------
    >>> read_unit("Объём отгрузки, тыс. руб.")
    ('объем отгрузки', Unit(scale=1000.0, currency='RUB', percent=False, physical=''))
    >>> read_unit("Уровень кооперации, %")
    ('уровень кооперации', Unit(scale=None, currency='', percent=True, physical=''))
    >>> read_unit("Output (100 million yuan)")[1], read_unit("Выручка, M€")[1].scale
    (Unit(scale=100000000.0, currency='CNY', percent=False, physical=''), 1000000.0)
    """
    found = words(header)
    runs: Runs = [(found, None)]
    unit = Unit()
    if not _telling().isdisjoint(found) or any(map(str.isdigit, found)):
        runs = unit_runs(found, capitals(header))
        unit = unit_of(runs)
    if unit == Unit() and any(word is not None and word.kind != "units" for _, word in runs):
        return " ".join(found), unit  # a unit that contradicts itself leaves the header unknown
    kept = [w for run, word in runs if word is None or word.kind == "units" for w in run]
    counted = len(kept) > 1 and kept[-1] in unit_words("units")
    if counted and not unit.currency and not unit.physical:
        unit = replace(unit, physical="pieces")
    while kept and (kept[-1] in unit_words("linking") or kept[-1] in unit_words("units")):
        kept.pop()
    return " ".join(kept), unit


def unit_of(runs: Runs) -> Unit:
    """Return the unit that runs of words name together; none where they contradict each other."""
    scales: set[float] = set()
    currencies: set[str] = set()
    physical = ""
    for _, word in runs:
        if word is None:
            continue
        if word.kind == "scale":
            scales.add(float(word.value))
        elif word.kind == "currency":
            currencies.add(word.value)
        elif word.kind == "joined":
            factor, _, currency = word.value.partition(" ")
            scales.add(float(factor))
            currencies |= {currency} - {""}
        elif word.kind == "physical":
            factor, _, thing = word.value.rpartition(" ")
            scales |= {float(factor)} if factor else set()
            physical = physical or thing
    if len(scales) > 1 or len(currencies) > 1:
        return Unit()
    percent = any(word is not None and word.kind == "percent" for _, word in runs)
    return Unit(next(iter(scales), None), next(iter(currencies), ""), percent, physical)


def unit_runs(found: Sequence[str], capitals: frozenset[str]) -> Runs:
    """Divide words into runs, each with what it says of a unit, None where it says nothing of one.

    A letter is a scale beside a currency only (``M€``, ``т. руб.``), a round number beside a scale or a
    currency only (``100 million``, ``'000 USD``); a code of a currency such as ``ALL`` is one in capitals or
    beside a scale.
    """
    runs: Runs = []
    at = 0
    while at < len(found):
        for size in range(min(_LONGEST, len(found) - at), 0, -1):
            word = _known().get(tuple(found[at : at + size]))
            if word is not None:
                break
        runs.append((list(found[at : at + size]), word))
        at += size
    return _settle_runs(_join_numbers(runs), capitals)


def _join_numbers(runs: Runs) -> Runs:
    """Join the groups of a round number: ``1 000 000``, ``000``."""
    out: Runs = []
    for run, word in runs:
        before = out[-1][0] if out else []
        if (
            word is None
            and run[0] == "000"
            and before
            and set("".join(before)) <= set("10")
            and out[-1][1] is None
        ):
            before += run
        else:
            out.append((run, word))
    return out


def _settle_runs(runs: Runs, capitals: frozenset[str]) -> Runs:
    """Decide, by what stands beside them, what letters, codes and round numbers are."""
    out = list(runs)

    def kind(at: int) -> str:
        word = out[at][1] if 0 <= at < len(out) else None
        return "" if word is None else word.kind

    for at, (run, word) in enumerate(runs):  # codes first: letters lean on them
        text = "".join(run)
        beside_scale = "scale" in (kind(at - 1), kind(at + 1)) or kind(at - 1) == "joined"
        if word is not None and word.kind == "weak":  # "sum, mln RUB" is no sum of Uzbekistan
            named = any(other is not None and other.kind in ("currency", "joined") for _, other in runs)
            out[at] = (run, _Word("currency", word.value) if beside_scale and not named else None)
        elif word is None and text.upper() in unit_words("code"):
            certain = text.upper() in capitals or (beside_scale and text not in ("all", "top", "try", "cup"))
            out[at] = (run, _Word("currency", text.upper()) if certain else None)
        elif word is None and beside_scale and len(text) == 3 and text.isalpha() and text.upper() in capitals:
            out[at] = (run, _Word("currency", text.upper()))
    for at, (run, word) in enumerate(list(out)):
        text = "".join(run)
        after, before = kind(at + 1) == "currency", kind(at - 1) == "currency"
        letter = unit_words("before").get(text) if after else ""
        letter = letter or (unit_words("beside").get(text) if after or before else "")
        if letter and (word is None or word.kind == "physical"):
            out[at] = (run, _Word("scale", letter))
        elif word is not None and word.kind == "factor":
            out[at] = (run, None)
            _multiply(out, at, float(word.value))
        elif word is None and re.fullmatch(r"10+|0{3,}", text):
            _multiply(out, at, float(text if text[0] == "1" else f"1{text}"))
    return out


def _multiply(runs: Runs, at: int, factor: float) -> None:
    """Let a round number multiply the scale behind it, or be the scale of the currency beside it."""
    following = runs[at + 1][1] if at + 1 < len(runs) else None
    before = runs[at - 1][1] if at else None
    if following is not None and following.kind == "scale":
        runs[at] = (runs[at][0], _Word("filler", ""))
        runs[at + 1] = (runs[at + 1][0], _Word("scale", repr(float(following.value) * factor)))
    elif any(word is not None and word.kind == "currency" for word in (before, following)):
        runs[at] = (runs[at][0], _Word("scale", repr(factor)))


def capitals(header: str) -> frozenset[str]:
    """Return the words of three capitals in a header that has small letters too."""
    found = frozenset(re.findall(r"(?<![^\W_])[A-Z]{3}(?![^\W_])", header))
    return found if re.search(r"[^\W\d_]", header) and header.upper() != header else frozenset()


def in_unit(values: Floats, scale: float | Floats, unit: float) -> Floats:
    """Return values × scale ÷ unit: dividing by a power of ten rounds once, multiplying by 0.001 would twice.

    Examples
    --------
    >>> in_unit(np.array([3.0]), 1e3, 1e6).tolist(), in_unit(np.array([3.0]), np.array([1e9]), 1e6).tolist()
    ([0.003], [3000.0])
    """
    if isinstance(scale, float):
        return (
            values if scale == unit else values * (scale / unit) if scale > unit else values / (unit / scale)
        )
    big = scale >= unit
    return np.where(big, values * (scale / unit), values / np.where(big, 1.0, unit / scale))
