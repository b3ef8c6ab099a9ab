"""Every text that people read, by id: one catalogue a language, ``graph/text/<lang>.csv`` with ``id,text``.

Rows of data that carry their own texts (a column, a finding) need no entry: `row_text` finds them.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Final, TypeVar

from clustercoop.graph.errors import ClusterCoopError, parameter_error

BASE: Final = "en"
_PEOPLE: Final = ("Finn ", "Jaccard ", "Lip ")
FOLDER = resources.files("clustercoop.graph").joinpath("text")
_JOINTS: Final = ("; ", " → ")
_Error = TypeVar("_Error", bound=ClusterCoopError)
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?(?:e-?\d+)?")
_PLACE: Final = re.compile(r"\{(\w+(?::\w+)?)\}")


@cache
def languages() -> tuple[str, ...]:
    """Return the languages that have a catalogue, English first.

    Examples
    --------
    >>> languages()
    ('en', 'ru')
    """
    found = {file.name.removesuffix(".csv") for file in FOLDER.iterdir() if file.name.endswith(".csv")}
    return (BASE, *sorted(found - {BASE}))


@cache
def entries(lang: str) -> Mapping[str, str]:
    """Return id → text of one catalogue.

    Raises
    ------
    ParameterError
        There is no such catalogue.
    """
    if lang not in languages():
        raise parameter_error("lang", "the report", f"one of {', '.join(languages())}", lang)
    lines = FOLDER.joinpath(f"{lang}.csv").read_text("utf-8").splitlines()
    return {row["id"]: row["text"] for row in csv.DictReader(lines)}


def text(id: str, lang: str, **places: Any) -> str:
    """Return the text `id` in `lang`, in English where that catalogue lacks it, with its places filled.

    An unknown id is a KeyError, so that no page shows a bare id.

    Examples
    --------
    >>> text("report.shown", "en", shown=3, total=5), text("report.yes", "ru")
    ('shown 3 of 5', 'да')
    """
    found = entries(lang).get(id)
    return fill(entries(BASE)[id] if found is None else found, **places)


def fill(template: str, **places: Any) -> str:
    """Return `template` with its ``{name}`` places filled at once: a value is never read as a template."""
    if not places:
        return template
    parts = list(_parts(template))
    for at in range(1, len(parts), 2):
        parts[at] = str(places.get(parts[at], f"{{{parts[at]}}}"))
    return "".join(parts)


@lru_cache(maxsize=4096)
def _parts(template: str) -> tuple[str, ...]:
    """Return a template's texts, and between them the names of its places."""
    return tuple(_PLACE.split(template))


def subset(prefix: str, lang: str) -> dict[str, str]:
    """Return the texts whose id begins with `prefix`, by what follows it."""
    return dict(_subset(prefix, lang))


@cache
def _subset(prefix: str, lang: str) -> Mapping[str, str]:
    whole = {**entries(BASE), **entries(lang)}
    return {id.removeprefix(prefix): told for id, told in whole.items() if id.startswith(prefix)}


def row_text(row: Mapping[str, Any], field: str, lang: str, id: str = "") -> str:
    """Return a text that a row of data carries itself, as ``<field>_<lang>`` (or ``<lang>`` where unnamed).

    The catalogue's `id` goes first, so that a new language is one file; English stands in where there is
    nothing else.

    Examples
    --------
    >>> row_text({"label_en": "Output", "label_ru": "Выпуск"}, "label", "ru"), row_text({"en": "a"}, "", "ru")
    ('Выпуск', 'a')
    """
    found = entries(lang).get(id)
    if found is not None:
        return found
    names = (f"{field}_{lang}", f"{field}_{BASE}", field) if field else (lang, BASE)
    return next((str(row[name]) for name in names if row.get(name)), "")


def term(value: str, lang: str) -> str:
    """Return a term of the results (a level, type, role, verdict …) in `lang`; an unlisted one as it is.

    Examples
    --------
    >>> term("cluster-like", "ru"), term("University", "ru"), term("my own", "ru"), term("Bank", "en")
    ('кластерное', 'вуз', 'my own', 'Bank')
    """
    for name in (value, value.casefold()):
        if f"term.{name}" in entries(BASE):
            told = text(f"term.{name}", lang)
            return value if told == name else told
    return value


def terms(value: str, lang: str) -> str:
    """Return several terms, joined by ``; `` or as from → to, in `lang`.

    Examples
    --------
    >>> terms("low; adaptation → growth", "ru")
    'низкий; адаптация → рост'
    """
    return "".join(part if part in _JOINTS else term(part, lang) for part in re.split("(; | → )", value))


class Told(str):
    """A text of the catalogue in English that knows how to say itself in other languages.

    Examples
    --------
    >>> where = told("refusal.where", sheet="Лист1", file="Книга.xlsx")
    >>> where, where.said("ru")
    ('sheet Лист1 of Книга.xlsx', 'лист Лист1 файла Книга.xlsx')
    """

    id: str
    places: dict[str, Any]

    def said(self, lang: str) -> str:
        """Return the text in `lang`, its places too."""
        return text(self.id, lang, **{name: _in(place, lang) for name, place in self.places.items()})


def _in(place: Any, lang: str) -> Any:
    """Return what fills a place in `lang`: a text, the sentence of a finding, or what is in no language."""
    if isinstance(place, list | tuple):
        return "; ".join(str(_in(part, lang)) for part in place)
    if isinstance(place, Told):
        return place.said(lang)
    return place.message(lang) if hasattr(place, "message") else place


def told(id: str, /, **places: Any) -> Told:
    """Return the text `id` with its places filled, to be said in any language later."""
    made = Told(text(id, BASE, **{name: _in(place, BASE) for name, place in places.items()}))
    made.id, made.places = id, places
    return made


def refusal(kind: type[_Error], id: str, /, **places: Any) -> _Error:
    """Return an error whose sentence is the text ``refusal.<id>``, in English for who does not ask `said`."""
    return kind(told(f"refusal.{id}", **places))


def said(sentence: BaseException | str, lang: str) -> str:
    """Return the sentence of an error or warning, or a text, in `lang` where the catalogue has it.

    Examples
    --------
    >>> from clustercoop.graph.errors import DataError
    >>> said(refusal(DataError, "file_empty", name="links.csv"), "ru")
    'Файл links.csv пуст.'
    """
    held = sentence.args[0] if isinstance(sentence, BaseException) and sentence.args else sentence
    return held.said(lang) if isinstance(held, Told) else str(sentence)


def decimal_point(told: str, lang: str) -> str:
    """Return a sentence with the decimal mark of `lang` between the digits of its numbers.

    Examples
    --------
    >>> decimal_point("0.5 of 2.", "ru")
    '0,5 of 2.'
    """
    return re.sub(r"(?<=\d)\.(?=\d)", lambda _: text("format.point", lang), told)


def years_told(years: Sequence[str]) -> str:
    """Return years as people write them: three or more in a row by their ends.

    Examples
    --------
    >>> years_told(["2020", "2021", "2022"]), years_told(["2020", "2022"])
    ('2020–2022', '2020, 2022')
    """
    if len(years) > 2 and all(year.isdigit() for year in years):
        if [*map(int, years)] == [*range(int(years[0]), int(years[-1]) + 1)]:
            return f"{years[0]}–{years[-1]}"
    return ", ".join(years)


def hundredths(told: str, lang: str) -> str:
    """Return shares within a text as percentages, every digit kept, with one sign behind all.

    Examples
    --------
    >>> hundredths("0.355…0.95", "en"), hundredths("> 0.3", "en"), hundredths("0.3000001", "en")
    ('35.5…95%', '> 30%', '30.00001%')
    """
    whole = _NUMBER.sub(lambda found: f"{(100 * Decimal(found[0])).normalize():f}", told)
    return text("format.percent", lang, value=whole)


@cache
def signs(lang: str) -> Mapping[int, str]:
    """Return what ``str.translate`` turns 1,234.5 with into a number of `lang`."""
    return {ord(","): text("format.group", lang), ord("."): text("format.point", lang)}


@cache
def percent_ends(lang: str) -> tuple[str, str]:
    r"""Return what stands before and behind a percentage.

    Examples
    --------
    >>> percent_ends("en"), percent_ends("ru")
    (('', '%'), ('', '\xa0%'))
    """
    before, after = text("format.percent", lang, value="\0").split("\0")
    return before, after


def amount(value: float, lang: str) -> str:
    r"""Return a figure in the manner of `lang`: grouped, six figures or all whole digits.

    Examples
    --------
    >>> amount(1234567.8, "en"), amount(-1234.5, "ru"), amount(0.0012, "en"), amount(2.0, "ru")
    ('1,234,568', '\u22121\xa0234,5', '0.0012', '2')
    """
    if not math.isfinite(value):
        return str(value)
    digits = max(0, 5 - math.floor(math.log10(abs(value)))) if value else 0
    plain = f"{abs(value):,.{digits}f}"
    plain = plain.rstrip("0").rstrip(".") if digits else plain
    return ("\u2212" if value < 0 else "") + plain.translate(signs(lang))


def within(label: str) -> str:
    """Return a label as it stands within a sentence.

    Examples
    --------
    >>> within("Value added"), within("R&D per employee"), within("НИОКР"), within("Finn cycling index")
    ('value added', 'R&D per employee', 'НИОКР', 'Finn cycling index')
    """
    named = not label[1:2].islower() or label.startswith(_PEOPLE)
    return label if named else label[:1].lower() + label[1:]


def clear_cache() -> None:
    """Forget what was read from `FOLDER`."""
    languages.cache_clear()
    signs.cache_clear()
    percent_ends.cache_clear()
    _subset.cache_clear()
    entries.cache_clear()
