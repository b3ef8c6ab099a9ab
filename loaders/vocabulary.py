"""What headers are made of: words, their stems, marks such as "plan" or "without VAT", years, units.

The words are data: ``graph/schema.csv`` holds the plain names of every column, ``vocabulary.csv`` what forms,
ledgers, registers and statistics call it, and ``marks.csv`` the words that tell which figure is meant.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from clustercoop.graph.schema import tables
from clustercoop.graph.shipped import shipped_rows
from clustercoop.loaders.units import Unit, read_unit, words

PATH: Final = " / "
# Marks that leave a figure what it is; any other one makes it another figure.
NEUTRAL: Final = frozenset({"vat_without", "vat_with", "fact", "total", "whole_year", "priced", "in_value"})
QUARTERS: Final = tuple(f"q{i}" for i in range(1, 5))
HALVES: Final = ("h1", "h2")
MONTHS: Final = tuple(f"m{i:02}" for i in range(1, 13))
KINDS: Final = ("goods", "services")
_FILLERS: Final = frozenset("в во и за или of the for in and or a an".split())
_ALIKE_LATIN: Final = "ABCEHKMOPTXYaceopxyk"
_ALIKE_CYRILLIC: Final = "АВСЕНКМОРТХУасеорхук"
_TO_CYRILLIC: Final = str.maketrans(_ALIKE_LATIN, _ALIKE_CYRILLIC)
_TO_LATIN: Final = str.maketrans(_ALIKE_CYRILLIC, _ALIKE_LATIN)
_WORD: Final = re.compile(r"[^\W\d_]+")
# "c НДС" with a Latin c, which is no word of its own.
_LATIN_WITH: Final = re.compile(r"(?<!\w)[Cc](?=\s+[А-яЁё]{3})")
_CYRILLIC: Final = re.compile("[А-яЁё]")
_LATIN: Final = re.compile("[A-Za-z]")
_DIGIT: Final = re.compile(r"\d")
_BRACES: Final = re.compile(r"\{([^{}]*)\}")
_YEAR: Final = re.compile(r"(?:fy|cy)?((?:19|20)\d\d)(?:г|год|f|e|a)?")
# Analysts' marks of a forecast and an estimate: 2025F, 2024E.
_FORECAST: Final = re.compile(r"(?:fy|cy)?(?:19|20)\d\d[ef]")
_YEAR_WORDS: Final = frozenset({"г", "год", "года", "году", "гг", "year", "fy", "fiscal"})
# Where a form keeps the figure: no part of its name.
_FORM_PLACE: Final = re.compile(
    r"(?:\b(?:стр(?:ок[аие])?|гр(?:аф[аы])?|код строки|line|col(?:umn)?)\.?\s*(?:№\s*)?\d+(?:\.\d+)*\b)"
    r"|\bформ[аы]\s+[№\w.-]+",
    re.IGNORECASE,
)
# The year of prices is none of the figures: "в ценах 2020 г.", "at 2020 prices".
_PRICED: Final = re.compile(
    r"(?:\bв\s+)?(?:\b(?:постоянных|сопоставимых)\s+)?\bценах\s+(?:19|20)\d\d\s*(?:г(?:ода|\b\.?))?"
    r"|(?:\b(?:at|in)\s+)?(?:\bconstant\s+)?\b(?:19|20)\d\d\s+(?:constant\s+)?prices\b"
    r"|(?:\b(?:at|in)\s+)?(?:\bconstant\s+)?\bprices of (?:19|20)\d\d\b",
    re.IGNORECASE,
)
_GLOSS: Final = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]")
_ENDINGS: Final = tuple(
    "иями ями ами ией иям ием иях ого его ому ему ыми ими ах ях ов ев ей ом ем ам ям ия ие ии ий ый ой ая яя "
    "ое ее ые их ых ую юю ым им ью ья а я о е ы и у ю ь й".split()
)


# To whom, and not whose: "Отгрузка участникам" is sold inside, "Отгрузка участников" is all that they sold.
_RECEIVERS: Final = re.compile(r"(?:участник|член|резидент|потребител|предприяти|организаци|компани)[ая]м")


@dataclass(frozen=True, slots=True)
class Reading:
    """A header, or a path of headers, as words.

    Attributes
    ----------
    plain : str
        All its words.
    core : tuple of str
        Stems of the words that name the figure, sorted.
    marks : frozenset of str
        Which figure of that name: names of ``marks.csv``.
    unit : Unit
    year : int
        A year in the header, 0 for none.
    """

    plain: str
    core: tuple[str, ...]
    marks: frozenset[str]
    unit: Unit
    year: int = 0

    @property
    def telling(self) -> frozenset[str]:
        """Return the marks that make it another figure than its name alone."""
        return self.marks - NEUTRAL

    @property
    def only_year(self) -> bool:
        """Tell whether it says a year and no more."""
        return bool(self.year) and not self.core and not self.telling


def same_letters(text: str) -> str:
    """Return `text` with words of two alphabets written in one, where look-alike letters allow it.

    Examples
    --------
    >>> same_letters("Cумма") == "Сумма"
    True
    """

    def one(match: re.Match[str]) -> str:
        word = match[0]
        if not (_CYRILLIC.search(word) and _LATIN.search(word)):
            return word
        cyrillic = word.translate(_TO_CYRILLIC)
        if not _LATIN.search(cyrillic):
            return cyrillic
        latin = word.translate(_TO_LATIN)
        return word if _CYRILLIC.search(latin) else latin

    text = _LATIN_WITH.sub(lambda m: "С" if m[0].isupper() else "с", text)
    mixed = not text.isascii() and _LATIN.search(text) and _CYRILLIC.search(text)
    return _WORD.sub(one, text) if mixed else text


def alien_letters(text: str) -> str:
    """Return the letters of `text` that belong to the other alphabet of their word, "" for none.

    Examples
    --------
    >>> alien_letters("Cумма")
    'C'
    """
    return "".join(dict.fromkeys(a for a, b in zip(text, same_letters(text), strict=True) if a != b))


@cache
def stem(word: str) -> str:
    """Return a word without its ending of case and number; words of two meanings stay apart.

    Examples
    --------
    >>> stem("поставщика") == stem("поставщик"), stem("sales"), stem("год")
    (True, 'sale', 'год')
    >>> stem("участников"), stem("участникам")
    ('участник', 'участникам')
    """
    if word.isascii():
        if len(word) > 4 and word.endswith("ies"):
            return word[:-3] + "y"
        return word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] not in "sui" else word
    if _RECEIVERS.fullmatch(word):
        return word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= (3 if len(ending) == 1 else 4):
            return word[: -len(ending)]
    return word


def expand(phrase: str) -> Iterator[str]:
    """Yield the phrases of a pattern with alternatives in braces.

    Examples
    --------
    >>> list(expand("{сумма/объем} поставки"))
    ['сумма поставки', 'объем поставки']
    """
    parts = _BRACES.split(phrase)
    choices = [part.split("/") if i % 2 else [part] for i, part in enumerate(parts)]
    for chosen in itertools.product(*choices):
        yield " ".join("".join(chosen).split())


def _mark_rows() -> Iterator[tuple[str, list[str]]]:
    for row in shipped_rows("loaders", "marks.csv"):
        phrases = f"{row['en']}|{row['ru']}".split("|")
        yield row["mark"], [phrase for phrase in phrases if phrase]


@cache
def phrase_of(mark: str) -> str:
    """Return the first phrase that says a mark.

    Examples
    --------
    >>> phrase_of("m03")
    'march'
    """
    return next(phrases[0] for name, phrases in _mark_rows() if name == mark)


@cache
def _marks() -> dict[str, tuple[tuple[tuple[str, ...], str], ...]]:
    """Return first stem → (stems, mark) of every phrase, the longest first."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for mark, phrases in _mark_rows():
        for phrase in phrases:
            stems = tuple(map(stem, words(phrase)))
            found.setdefault(stems[0], []).append((stems, mark))
    return {first: tuple(sorted(some, key=lambda m: -len(m[0]))) for first, some in found.items()}


def _take_marks(stems: list[str], last: bool) -> tuple[list[str], set[str]]:
    """Return the stems without those of marks, and the marks; goods and services only as a last level."""
    kept: list[str] = []
    marks: set[str] = set()
    at = 0
    while at < len(stems):
        for phrase, mark in _marks().get(stems[at], ()):
            if tuple(stems[at : at + len(phrase)]) == phrase and (mark not in KINDS or last):
                marks.add(mark)
                at += len(phrase)
                break
        else:
            kept.append(stems[at])
            at += 1
    return kept, marks


def month_named(word: str) -> int:
    """Return the number of a month by its name, 0 for other words.

    Examples
    --------
    >>> month_named("ноября"), month_named("Nov"), month_named("novel")
    (11, 11, 0)
    """
    kept, found = _take_marks([stem(same_letters(word).lower())], last=False)
    return next((at for at, mark in enumerate(MONTHS, 1) if mark in found and not kept), 0)


def _take_year(found: Sequence[str]) -> tuple[list[str], int]:
    """Return words without the one year among them, and the year; 0 for none or several."""
    years = {int(match[1]) for word in found if (match := _YEAR.fullmatch(word))}
    if len(years) != 1:
        return list(found), 0
    rest = [word for word in found if not _YEAR.fullmatch(word)]
    kept = [word for word in rest if word not in _YEAR_WORDS]
    return kept, years.pop()


def without_prices(text: str) -> str:
    """Return a text without the year of the prices that it names.

    Examples
    --------
    >>> without_prices("Выпуск в ценах 2020 года, млн руб."), without_prices("Value (2020 prices)")
    ('Выпуск , млн руб.', 'Value ( )')
    """
    return " ".join((_PRICED.sub(" ", text) if _DIGIT.search(text) else text).split())


@cache
def read_header(header: str) -> Reading:
    """Read a header, or the headers of a path joined by ``" / "``.

    Examples
    --------
    >>> reading = read_header("Сумма без НДС за 2022 год, тыс. руб.")
    >>> reading.core, sorted(reading.marks), reading.year, reading.unit.scale
    (('сумм',), ['vat_without'], 2022, 1000.0)
    >>> reading = read_header("Выпуск в ценах 2020 г., млн руб.")
    >>> reading.core, sorted(reading.marks), reading.year
    (('выпуск',), ['priced'], 0)
    >>> sorted(read_header("Выпуск, млн руб. / план").marks)
    ['plan']
    """
    levels = [level for level in same_letters(unicodedata.normalize("NFKC", header)).split(PATH) if level]
    core: list[str] = []
    marks: set[str] = set()
    unit, year = Unit(), 0
    for depth, level in enumerate(levels):
        bare = without_prices(level)
        marks |= {"priced"} if bare != level else set()
        rest, own = read_unit(_FORM_PLACE.sub(" ", bare))
        kept, its_year = _take_year(rest.split())
        marks |= {"plan"} if its_year and any(map(_FORECAST.fullmatch, rest.split())) else set()
        stems = [stem(word) for word in kept]
        leaf = depth == len(levels) - 1 and len(levels) > 1
        only, found = _take_marks(stems, leaf)
        if found & set(KINDS) and only:
            only, found = _take_marks(stems, False)
        core += only
        marks |= found
        unit = own if own != Unit() else unit
        year = its_year or year
    known = sorted(word for word in core if word not in _FILLERS)
    plain = " ".join(words(same_letters(header)))
    return Reading(plain, tuple(known), frozenset(marks), unit, year)


def without_gloss(header: str) -> tuple[str, tuple[str, ...]]:
    """Return a header without its brackets, and what they hold.

    Examples
    --------
    >>> without_gloss("Поставщик (подрядчик, исполнитель)")
    ('Поставщик', ('подрядчик, исполнитель',))
    """
    held = tuple(a or b for a, b in _GLOSS.findall(header))
    return " ".join(_GLOSS.sub(" ", header).split()), held


def without_kind(header: str) -> tuple[str, str]:
    """Return a header without its words for goods or for services, and which it names; "" for none or both.

    Examples
    --------
    >>> without_kind("Выпуск услуг, млн руб."), without_kind("Выпуск товаров и услуг")
    (('Выпуск , млн руб.', 'services'), ('Выпуск товаров и услуг', ''))
    """
    found = {}
    for word in _WORD.findall(header):
        kept, marks = _take_marks([stem(same_letters(word).lower())], last=True)
        if not kept and marks <= set(KINDS):
            found[word] = next(iter(marks))
    if len(found) != 1:
        return header, ""
    [(word, mark)] = found.items()
    return " ".join(header.replace(word, " ", 1).split()), mark


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The phrases of one table: by all their words, and by core and telling marks."""

    plain: dict[str, tuple[tuple[str, int], ...]]
    read: dict[tuple[tuple[str, ...], frozenset[str]], tuple[tuple[str, int], ...]]


@cache
def _vocabulary() -> tuple[dict[str, str], ...]:
    return tuple(shipped_rows("loaders", "vocabulary.csv"))


@cache
def lexicon(table: str) -> Lexicon:
    """Return the phrases of a table: names and aliases of the schema, and those of the vocabulary."""
    spec = tables()[table]
    phrases: list[tuple[str, str, int]] = []
    for column in spec.columns:
        phrases += [(alias, column.name, 1) for alias in (column.name, *column.aliases)]
        for row in _vocabulary():
            if (row["table"], row["column"]) == (spec.name, column.name):
                both = filter(None, f"{row['en']}|{row['ru']}".split("|"))
                phrases += [(one, column.name, int(row["rank"])) for p in both for one in expand(p)]
    plain: dict[str, list[tuple[str, int]]] = {}
    read: dict[tuple[tuple[str, ...], frozenset[str]], list[tuple[str, int]]] = {}
    for phrase, name, rank in phrases:
        reading = read_header(phrase)
        _put(plain.setdefault(reading.plain, []), name, rank)
        if reading.core:
            _put(read.setdefault((reading.core, reading.telling), []), name, rank)
    order = {name: i for i, name in enumerate(spec.names)}
    return Lexicon(
        {key: tuple(sorted(some, key=lambda o: order[o[0]])) for key, some in plain.items()},
        {key: tuple(sorted(some, key=lambda o: order[o[0]])) for key, some in read.items()},
    )


def _put(options: list[tuple[str, int]], name: str, rank: int) -> None:
    """Add a column; the vocabulary, which comes later, has the last word on its rank."""
    for at, (known, _) in enumerate(options):
        if known == name:
            options[at] = (name, rank)
            return
    options.append((name, rank))
