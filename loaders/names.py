"""What the name of a file or sheet says: the table it holds, its year or part; copies are seen through."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from clustercoop.graph.schema import tables
from clustercoop.loaders.cumulated import period_in
from clustercoop.loaders.units import words
from clustercoop.loaders.vocabulary import stem
from clustercoop.loaders.years import FOUR, period_of

NAMES: Final[dict[str, tuple[str, ...]]] = {
    **{name: (name,) for name in tables()},
    **dict.fromkeys(
        ("участники", "участники кластера", "реестр участников", "members", "firms"), ("participants",)
    ),
    **dict.fromkeys(("поставки", "связи", "отгрузки", "связи поставок", "supplies", "edges"), ("links",)),
    **dict.fromkeys(("показатели участников", "деятельность"), ("activity",)),
    **dict.fromkeys(("показатели", "figures"), ("activity", "indicators")),
    **dict.fromkeys(("кластеры",), ("clusters",)),
    **dict.fromkeys(("индикаторы", "показатели кластеров"), ("indicators",)),
    **dict.fromkeys(("меры", "меры поддержки", "поддержка", "support"), ("measures",)),
    **dict.fromkeys(("переименования", "реорганизации", "правопреемство", "renames"), ("aliases",)),
    **dict.fromkeys(("дефляторы", "индексы цен", "price index", "price indices"), ("deflators",)),
    **dict.fromkeys(("индексы производства", "production index"), ("production_index",)),
}
# The first of these words in a longer name tells the table.
_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "links": tuple(
        "поставки отгрузки отгрузка связи реализация поступление кооперация платежи договоры контракты "
        "продажи закупки закупка приобретение выписка накладные links link supplies supply edges deliveries "
        "shipments transactions flows trade payments "
        "contracts sales purchases invoices".split()
    ),
    "participants": tuple(
        "реестр состав участники участник члены организации предприятия компании participants members "
        "register registry firms companies organisations organizations nodes".split()
    ),
    "activity": tuple("показатели деятельность отчетность выпуск activity figures output accounts".split()),
    "indicators": tuple("индикаторы indicators".split()),
    "measures": tuple("меры поддержка субсидии measures support subsidies".split()),
    "clusters": tuple("кластеры clusters".split()),
}
_SUFFIXED: Final = re.compile(
    r"(.*?)[_\- .]+((?:19|20)\d\d(?:[_\-](?:19|20)?\d\d)?|(?:part|часть)?[_\- ]?\d{1,3})"
)
# What a program or a person adds to the name of a copy; it tells no part of a table.
_COPY: Final = re.compile(
    r"\(\d{1,2}\)|\b(?:копия|copy|copy of|final|финал|финальный|итог|итоговый|new|новый|новая|испр|"
    r"исправленный|ver|v)\b\.? ?\d*"
    r"|\b\d{1,2}[.\-_]\d{1,2}[.\-_](?:19|20)?\d\d\b|(?:19|20)\d\d[-_.]\d\d[-_.]\d\d",
    re.IGNORECASE,
)
_NO_PART: Final = frozenset(
    "на за год года г по в и о об от the of for in and as at форма form лист sheet".split()
)
_YEARS: Final = re.compile(r"((?:19|20)\d\d)(?:[_\-–]((?:19|20)?\d\d))?")


@dataclass(frozen=True, slots=True)
class Named:
    """What a name says.

    Attributes
    ----------
    tables : tuple of str
        Tables that it may mean, () for none.
    part : str
        What tells it from other files of the table: a year, a number, other words.
    exact : bool
        Whether the name is one of the contract's, and not only holds a word of one.
    """

    tables: tuple[str, ...] = ()
    part: str = ""
    exact: bool = False


@cache
def _stems() -> dict[str, str]:
    return {stem(word): table for table, some in _WORDS.items() for word in some}


@cache
def read_name(title: str) -> Named:
    """Read the title of a file (without its ending) or a sheet.

    Examples
    --------
    >>> read_name("links_2021"), read_name("Реестр участников кластера").tables
    (Named(tables=('links',), part='2021', exact=True), ('participants',))
    >>> read_name("links (1)").part, read_name("Поставки за 2022 год").part
    ('', '2022')
    """
    plain = " ".join(title.strip().lower().replace("ё", "е").split())
    for name in (plain, plain.replace("_", " ")):
        if name in NAMES:
            return Named(NAMES[name], "", True)
    parts = _SUFFIXED.fullmatch(plain)
    if parts and parts[1].replace("_", " ").strip() in NAMES:
        return Named(NAMES[parts[1].replace("_", " ").strip()], parts[2], True)
    bare = " ".join(_COPY.sub(" ", plain.replace("_", " ")).split())
    if bare in NAMES:
        return Named(NAMES[bare], "", True)
    found = words(bare)
    told = next((word for word in found if stem(word) in _stems()), "")
    if not told:
        return Named(part=_year(bare))
    rest = [w for w in found if w not in _NO_PART and stem(w) not in _stems() and stem(w) != stem("кластер")]
    table = _stems()[stem(told)]
    first, last = period_in(title)
    if last and _year(bare):
        rest = [_year(bare), f"{first}-{last}"]
    both = ("activity", "indicators") if stem(told) == stem("показатели") else (table,)
    return Named(both, " ".join(rest) if last else _year(bare) or " ".join(rest))


def own_words(title: str) -> str:
    """Return what a name says beside its table and its year: the words of whoever the table is of.

    Examples
    --------
    >>> own_words("Поставки ООО Альфа за 2021 год"), own_words("links_2021"), own_words("Связи кластера А")
    ('ооо альфа', '', 'кластера а')
    """
    bare = FOUR.sub(" ", _COPY.sub(" ", title.strip().lower().replace("_", " ")))
    of_table = {word for word, table in _stems().items() if table != "clusters"}  # these are named beside it
    return " ".join(word for word in words(bare) if word not in _NO_PART and stem(word) not in of_table)


def _year(text: str) -> str:
    years = list(dict.fromkeys(FOUR.findall(text)))
    return "-".join(years)


def only_year(title: str) -> bool:
    """Tell whether a name is a year and no more.

    Examples
    --------
    >>> only_year("2021"), only_year("2021 год"), only_year("Лист1")
    (True, True, False)
    """
    return bool(re.fullmatch(r"(?:19|20)\d\d\s*(?:год|г\.?)?", title.strip(), re.IGNORECASE))


def years_of(part: str) -> tuple[int, int] | None:
    """Return the first and the last year of the part of a table that a name tells, None where it tells none.

    Examples
    --------
    >>> years_of("2021"), years_of("2021-22"), years_of("2021_2023"), years_of("2021-03")
    ((2021, 2021), (2021, 2022), (2021, 2023), None)
    """
    found = _YEARS.fullmatch(part)
    if found is None:
        return None
    last = found[2] or found[1]
    years = int(found[1]), int(last if len(last) == 4 else found[1][:2] + last)
    return years if years[0] <= years[1] else None


def overlap(parts: Sequence[str]) -> bool:
    """Tell whether a part of several years (2021-2022) holds a year that another part is of, too."""
    spans = [span for part in parts if (span := years_of(part))]
    held = [year for first, last in spans for year in range(first, last + 1)]
    return len(set(held)) < len(held)


def apart(titles: Sequence[str]) -> bool:
    """Tell whether titles of sheets are parts of years that do not overlap: quarters, months."""
    spans = sorted(found for title in titles if (found := period_of(title)))
    apart = all(a[0] < b[0] or a[2] < b[1] for a, b in zip(spans[:-1], spans[1:], strict=True))
    return apart and len(spans) == len(titles) and len({bool(year) for year, *_ in spans}) == 1
