"""Find the header of a table, and read headers of several rows as paths: ``Выпуск / 2021``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from clustercoop.graph.schema import NUMERIC, TableSpec
from clustercoop.loaders.headers import names_code
from clustercoop.loaders.matching import candidates, named_below, options
from clustercoop.loaders.sheets import show
from clustercoop.loaders.vocabulary import PATH, lexicon, read_header
from clustercoop.loaders.years import period_of

HEADER_SEARCH: Final = 60
DEPTH: Final = 4
_LONGEST: Final = 300
_YEAR: Final = re.compile(r"(?:19|20)\d\d(?:\.0)?(?:\s*(?:г\.?|год))?")
_FIGURE: Final = re.compile(r"[-−]?\d[\d\s.,]*%?")
# "2022/2021, %", "2022 к 2021": how a figure grew.
_GROWTH: Final = re.compile(
    r"(?:19|20)\d\d\s*(?:г\.?|год)?\s*(?:/|:|к|to|vs)\s*(?:19|20)\d\d.*%|%.*(?:19|20)\d\d"
    r"|(?:рост|изменени|динамик|growth|change|index).*(?:19|20)\d\d\s*/\s*(?:19|20)\d\d",
    re.IGNORECASE,
)
# A word broken at the end of a line, and the mark of a footnote: "Постав-\nщик", "Выпуск¹", "Выпуск1)".
_HYPHEN: Final = re.compile(r"(?<=[^\W\d_A-ZА-ЯЁ])-[ \t]*\n\s*(?=[^\W\d_A-ZА-ЯЁ])")
_NOTE: Final = re.compile(r"(?<=[^\W\d_]{3})(?:[¹²³⁰⁴-⁹]+[⁾)]?|\d{1,2}\))(?!\w)")

# What stands before the organisation that a form is of.
_WHOSE: Final = re.compile(
    r"(?:(?:полное |краткое )?(?:наименование|название)(?: (?:организации|предприятия|участника|компании))?"
    r"|инн(?: организации| предприятия| участника)?|организация|предприятие|участник|компания|респондент"
    r"|кластер|cluster"
    r"|(?:company|organi[sz]ation|participant)(?: name| id)?|name|inn|tax id)",
    re.IGNORECASE,
)

_WHEN: Final = re.compile(r"(?:отч[её]тный )?(?:год|период)|(?:reporting )?(?:year|period)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Block:
    """The rows of a header: from `first` up to `body`, one path of headers a column."""

    first: int
    body: int
    paths: tuple[str, ...]


def role(path: str, spec: TableSpec) -> str:
    """Return the column that a path speaks of, whole or in part (a quarter, a plan); "" for none.

    Examples
    --------
    >>> from clustercoop.graph.schema import tables
    >>> role("Объём поставки / I квартал", tables()["links"]), role("Телефон", tables()["links"])
    ('value', '')
    """
    named = candidates(path, spec)
    if named:
        return named[0]
    reading = read_header(path)
    if not reading.core or not reading.telling:
        return ""
    whole = lexicon(spec.name).read.get((reading.core, frozenset()), ())
    figures = [name for name, _ in whole if spec[name].type in NUMERIC]
    if not figures and (rest := named_below(path, spec)):
        return role(rest, spec)
    return figures[0] if figures else ""


def figure_of(path: str, spec: TableSpec) -> str:
    """Return the figure that a path speaks of, whole or in part; "" for none."""
    name = role(path, spec) if path else ""
    return name if name and spec[name].type in NUMERIC else ""


def count_roles(paths: Sequence[object], spec: TableSpec) -> int:
    """Return how many columns of `spec` the cells of a row speak of."""
    texts = (path.strip() for path in paths if isinstance(path, str) and len(path) < _LONGEST)
    return len({name for text in texts if text and (name := role(text, spec))})


def find_header(records: Sequence[Sequence[Any]], spec: TableSpec) -> int:
    """Return the position of the header: of the rows at the top the one that names most columns.

    Examples
    --------
    >>> from clustercoop.graph.schema import tables
    >>> find_header([["Отчёт за 2022 год"], ["Год", "ИНН", "Выпуск"]], tables()["activity"])
    1
    """
    top = records[:HEADER_SEARCH]
    dated: Sequence[Any] = ()
    told = []
    for row in top:
        told.append(0 if _is_record(row, dated) else max(count_roles(row, spec), int(_names_years(row))))
        dated = row if _names_years(row) else dated
    counts = [
        (count, sum(bool(show(cell).strip()) for cell in row)) for count, row in zip(told, top, strict=True)
    ]
    return counts.index(max(counts)) if counts and max(counts)[0] > 0 else 0


def _years_in(row: Sequence[Any]) -> list[int]:
    return [at for at, cell in enumerate(row) if _YEAR.fullmatch(show(cell).strip())]


def _names_years(row: Sequence[Any]) -> bool:
    """Tell whether a row names several years, each once, behind a text: ``Показатель | 2021 | 2022``."""
    years = _years_in(row)
    texts = {show(row[at]).strip() for at in years}
    return len(years) > 1 and len(texts) == len(years) and 0 not in years and bool(show(row[0]).strip())


def _is_record(row: Sequence[Any], dated: Sequence[Any]) -> bool:
    """Tell whether a row holds figures, or none, below the years of a row `dated` above it."""
    texts = [show(row[at]).strip() if at < len(row) else "" for at in _years_in(dated)]
    return any(texts) and all(not text or _FIGURE.fullmatch(text) for text in texts)


def find_block(records: Sequence[Sequence[Any]], spec: TableSpec) -> Block:
    """Return the header of a table: one row, or several where upper ones span lower ones.

    Examples
    --------
    >>> from clustercoop.graph.schema import tables
    >>> find_block([["Год", "Поставщик", ""], ["", "ИНН", "Наименование"], [2022, "77", "А"]],
    ...            tables()["links"]).paths
    ('Год', 'Поставщик / ИНН', 'Поставщик / Наименование')
    """
    if not len(records):
        return Block(0, 0, ())
    at = find_header(records, spec)
    single = tuple(_texts(records[at]))
    best, most = Block(at, at + 1, single), count_roles(single, spec)
    for first in range(max(0, at - DEPTH + 1), at + 1):
        for last in range(max(first + 1, at), min(first + DEPTH, len(records))):
            paths = _paths(records[first : last + 1])
            if not paths or not _understood(paths, spec):
                continue
            count = count_roles(paths, spec)
            deeper = last + 1 - first > best.body - best.first
            if count > most or (count == most and deeper):
                best, most = Block(first, last + 1, paths), count
    return best


def _texts(row: Sequence[Any]) -> list[str]:
    return [" ".join(_NOTE.sub("", _HYPHEN.sub("", show(cell))).split()) for cell in row]


def _paths(rows: Sequence[Sequence[Any]]) -> tuple[str, ...]:
    """Return the path of each column, () where the rows are no header of several levels."""
    width = max(map(len, rows))
    levels = [[*_texts(row), *[""] * (width - len(row))] for row in rows]
    top = [text for text in levels[0] if text]
    below = all(level[:2] == [*filter(None, level[:2])] for level in levels[1:])
    if below and levels[0][:2] == top and is_label_pair(top):
        return ()
    if len(top) < 2 or is_label(top):  # a single cell above the header is a title, however far it is merged
        return ()
    spans = False
    for depth in range(len(levels) - 1):
        group = ""
        for at in range(width):
            below = any(level[at] for level in levels[depth + 1 :])
            spans |= below and levels[depth][at] in ("", levels[depth][at - 1] if at else "")
            if levels[depth][at]:
                group = levels[depth][at]
            elif below:
                levels[depth][at] = group
            else:
                group = ""
    lower = [text for level in levels[1:] for text in level if text]
    if not spans or not lower or any(_is_cell(text) for text in lower):
        return ()
    columns = zip(*levels, strict=True)
    return tuple(PATH.join(dict.fromkeys(text for text in column if text)) for column in columns)


def is_label(texts: Sequence[str]) -> bool:
    """Tell whether the filled cells of a row are a label and what it holds: ``Кластер: | Альфа``.

    Examples
    --------
    >>> is_label(["Кластер:", "Альфа"]), is_label(["Поставщик", "Покупатель"])
    (True, False)
    """
    return len(texts) == 2 and texts[0].endswith(":") and not texts[1].endswith(":")


def is_label_pair(texts: Sequence[str]) -> bool:
    """Tell whether the filled cells of a row say whose, or of when, the table below is: ``ИНН | 7701``.

    Examples
    --------
    >>> is_label_pair(["ИНН организации", "7701"]), is_label_pair(["Год", "2021"])
    (True, True)
    >>> is_label_pair(["Поставщик", "Покупатель"]), is_label_pair(["Год", "Сумма"])
    (False, False)
    """
    if len(texts) != 2:
        return False
    dated = _WHEN.fullmatch(texts[0]) and (period_of(texts[1]) or _YEAR.fullmatch(texts[1]))
    return bool(_WHOSE.fullmatch(texts[0]) or dated)


def _is_cell(text: str) -> bool:
    """Tell whether a text with digits is a cell of the table, and no year, quarter or number of a column."""
    if not any(character.isdigit() for character in text) or _GROWTH.search(text):
        return False
    if any(character.isalpha() for character in text) and period_of(text):
        return False
    reading = read_header(text)
    return any(character.isdigit() for word in reading.core for character in word)


def _understood(paths: Sequence[str], spec: TableSpec) -> bool:
    """Tell whether some last level says something: a code, a name, a year, a mark, a known column."""
    leaves = [path.split(PATH)[-1] for path in paths if PATH in path]
    if set(leaves) >= {"I", "II", "III", "IV"}:
        return True
    for leaf in leaves:
        reading = read_header(leaf)
        telling = reading.year or (not reading.core and reading.marks) or reading.telling
        if telling or names_code(leaf) or options(leaf, spec):
            return True
    return any(options(path, spec) for path in paths if PATH in path)
