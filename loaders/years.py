"""Years as people write them: numbers, dates, periods, parts of a year, with words or marks around."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.graph.arrays import Bools, Floats, Indices, Int8s
from clustercoop.graph.schema import FIRST_YEAR, LAST_YEAR
from clustercoop.loaders.marks import gap_meaning, is_error
from clustercoop.loaders.numbers import from_numeric, is_number, to_float
from clustercoop.loaders.tokens import Issue
from clustercoop.loaders.vocabulary import month_named

# A year under a date format is stored as so many days: 2022 is shown as 14 July 1905.
_EPOCH: Final = datetime.date(1899, 12, 30)
_OLD: Final = 1960
# Days from the epoch to 1 January 2000 and 2050.
_DAYS: Final = (36526, 54789)
_DAY: Final = re.compile(r"(\d{5})(?:[.,]\d+)?")
_ROMAN: Final = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_PLAN: Final = re.compile(r"план|прогноз|оценка|ожид|plan|forecast|budget|target|estimate", re.IGNORECASE)

_YEAR: Final = re.compile(
    r"(?:(?:за|на|in|for|fy|cy|год|year)\s*)?([-+]?\d{1,15})(?:[.,]0+)?"
    r"(?:\s*(?:г\.?\s?г?\.?|(?:календарный\s+|отч[её]тный\s+)?год[ау]?|года|(?:calendar\s+|fiscal\s+)?year|a))?",
    re.IGNORECASE,
)
_YEAR_FRACTION: Final = re.compile(r"([-+]?\d{1,9}[.,]\d{1,9})")
_YEAR_NOTE: Final = re.compile(r"((?:19|20)\d\d)\d{1,2}\)(?:,\s*\d{1,2}\))*,?")
_TIME: Final = r"(?:[ T]+\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?:\s*(?:Z|[AaPp][Mm]|[+-]\d\d:?\d\d))?)?"
_ISO: Final = re.compile(rf"(\d{{4}})[-./](\d{{1,2}})[-./](\d{{1,2}}){_TIME}")
_DAY_FIRST: Final = re.compile(rf"(\d{{1,2}})[-./](\d{{1,2}})[-./](\d{{4}})\s*(?:г\.?|года)?{_TIME}")
# With points the day is first, and the second number of 12/31/22 can be no month; 22/12/31 says nothing.
_SHORT: Final = re.compile(rf"(\d{{1,2}})(?:\.(?=\d+\.)|/(?=(?:1[3-9]|[23]\d)/))(\d{{1,2}})[./](\d\d){_TIME}")
_NAMED: Final = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?[-.\s]+(?:of\s+)?([^\W\d_]{3,})[-.,\s]+((?:19|20)?\d\d)(?:\s*(?:г\.?|года))?"
    r"|([^\W\d_]{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+((?:19|20)\d\d)",
    re.IGNORECASE,
)
_COMPACT: Final = re.compile(r"((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])?")
_MONTH: Final = re.compile(r"((?:19|20)\d\d)[-./](0[1-9]|1[0-2])|(0[1-9]|1[0-2])[-./]((?:19|20)\d\d)")
_SHORT_MONTH: Final = re.compile(r"([^\W\d_]{3,})[-.\s'’]{1,2}(\d\d)(?:\s*г\.?)?")
_MARKED: Final = re.compile(r"['’`]?((?:19|20)\d\d)\s*(?:г\.?|год)?\s*[*¹²³⁰-⁹⁽⁾]+\)?")
_BRACKETS: Final = re.compile(r"\s*[(\[]([^()\[\]]*)[)\]]\s*$")
_SPAN: Final = re.compile(r"(.*\d.*?)\s*(?:-|–|—|\bпо\b|\bto\b|/)\s*(.*\d.*)")
_HALF: Final = re.compile(r"(?:полугоди\w*|h|s|half|halbjahr|semester|пг)")
_QUARTER: Final = re.compile(r"(?:квартал\w*|кв|q|quarter|quartal|qtr)")
_FISCAL: Final = re.compile(r"(?:fy|cy)['’]?\s*(\d\d)", re.IGNORECASE)
_TWO_YEARS: Final = re.compile(
    r"(?:fy\s*)?((?:19|20)\d\d)\s*[-/–—]\s*((?:19|20)?\d\d)\s*(?:гг?\.?|год\w*|fy)?", re.IGNORECASE
)
_RUN: Final = re.compile(
    r"(?<![\w.,])(?:FY|CY)?['’]?((?:19|20)\d\d|(?<=[Yy])\d\d)\s*[-/–—]\s*((?:19|20)?\d\d)(?![\d.,/-]*\d)",
    re.IGNORECASE,
)
FOUR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_LONG_WORD: Final = re.compile(r"[^\W\d_]{5,}")
_TOKENS: Final = re.compile(r"[^\W\d_]+|\d+")
_BEFORE: Final = re.compile(
    r"(?:на|по состоянию на|по итогам|итоги|as of|as at|mon|tue|wed|thu|fri|sat|sun)\b[.,]?\s+", re.I
)
_AROUND: Final = re.compile(r"[«»\"“”„'’]+|\s+(?:факт|фактически|actual|fact|ist)$", re.IGNORECASE)
_ORDINALS: Final = re.compile(r"(?<=\d)-?(?:ый|ой|ое|го|й|е|я|st|nd|rd|th)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class When:
    """What a cell says of time: its year, the months from and to that it covers, and how it is written.

    Attributes
    ----------
    year : float
        NaN where there is none; a fraction or an impossible year is returned as it is.
    first, last : int
        Months of the year, 1 to 12; 0 for a plain year.
    issue : Issue
    day : tuple of (month, day), or None
        Where the cell is a date.
    serial : bool
        Whether the year was stored as a number of days.
    """

    year: float = np.nan
    first: int = 0
    last: int = 0
    issue: Issue = Issue.OK
    day: tuple[int, int] | None = None
    serial: bool = False


@dataclass(frozen=True, eq=False)
class Years:
    """A column of years.

    Attributes
    ----------
    years : array of float64, shape (rows,)
    issue : array of int8
        An `Issue` for each cell.
    first, last : array of int8
        Months that the cell covers, 0 for a plain year or a date.
    month : array of int8
        Month of the day where the cell is a date, 0 elsewhere.
    dated, january, closing, serial : array of bool
        The year is from a date; from one of 1 January; from one of 31 December; was stored as days.
    """

    years: Floats
    issue: Int8s
    first: Int8s
    last: Int8s
    month: Int8s
    dated: Bools
    january: Bools
    closing: Bools
    serial: Bools

    @property
    def ends_of_years(self) -> bool:
        """Whether its dates are states of 31 December and 1 January, which closes the year before."""
        return bool(self.closing.any() and (self.january | self.closing)[self.dated].all())


def parse_years(cells: NDArray[Any]) -> Years:
    """Read a column of years: 2020, "2020 г.", "20142)", dates, periods; anything else is no year.

    A plan or a forecast is no year of figures, and neither is a period over two years.

    Examples
    --------
    >>> cells = ["2020", "20142)", "31.12.2021", "20220518", "«2022» факт", "2022 (план)"]
    >>> parse_years(np.array(cells, dtype=object)).years.tolist()
    [2020.0, 2014.0, 2021.0, 2022.0, 2022.0, nan]
    >>> parse_years(np.array(["2022", datetime.date(1905, 7, 13)], dtype=object)).years.tolist()
    [2022.0, 2021.0]
    """
    if cells.dtype != object:
        read = from_numeric(np.asarray(cells))
        codes, unique = pd.factorize(read.values)
        found = [When(v, issue=Issue.OK) if v < 1e5 else _when(f"{v:.0f}") for v in unique.tolist()]
        found.append(When(issue=Issue.MISSING))
        years = _gather(found, codes)
        years.issue[read.issue != Issue.OK] = read.issue[read.issue != Issue.OK]
        return years
    codes, unique = pd.factorize(np.asarray(cells), use_na_sentinel=False)
    return _gather([_when(cell) for cell in unique], codes)


def days_as_dates(cells: NDArray[Any]) -> NDArray[Any]:
    """Return dates for a column that holds nothing but days of 2000 to 2049 as a spreadsheet counts them.

    Examples
    --------
    >>> days_as_dates(np.array(["44256", ""], object)).tolist()
    [datetime.date(2021, 3, 1), '']
    >>> days_as_dates(np.array(["44256", "2021"], object)).tolist()
    ['44256', '2021']
    """
    days = []
    for cell in cells:
        text = "" if pd.isna(cell) else str(cell).strip()
        day = _DAY.fullmatch(text)
        if text and not (day and _DAYS[0] <= int(day[1]) < _DAYS[1]):
            return cells
        days.append(_EPOCH + datetime.timedelta(days=int(day[1])) if day else "")
    return np.array(days, dtype=object) if any(days) else cells


def spans_years(text: str) -> bool:
    """Tell whether a text is a period over several years: "2021/22", "01.07.2021 – 30.06.2022".

    Examples
    --------
    >>> spans_years("2021/22"), spans_years("2021–2023 гг."), spans_years("с 01.07.2021 по 30.06.2022")
    (True, True, True)
    >>> spans_years("2021-12"), spans_years("2021 год вместо 2022")
    (False, False)
    """
    short = _TWO_YEARS.fullmatch(text.strip())
    if short and len(short[2]) == 2:
        return int(short[2]) == (int(short[1]) + 1) % 100
    said = set(FOUR.findall(text))
    return len(said) == 2 and not _LONG_WORD.search(text)


def years_run(text: str) -> bool:
    """Tell whether a text speaks of a period over two years that follow each other: "Выпуск 2020/21 гг.".

    How a figure grew from one to the other ("2021/2020", "2020/2021, %") is none.

    Examples
    --------
    >>> years_run("Выпуск 2020/21 гг., млн руб."), years_run("FY20/21"), years_run("Поставки 2020–2021")
    (True, True, True)
    >>> years_run("2021/2020"), years_run("2020/2021, %"), years_run("Поставки 2021-03")
    (False, False, False)
    """
    return "%" not in text and any(
        int(last) % 100 == (int(first) + 1) % 100 and len(last) in (2, len(first))
        for first, last in _RUN.findall(text)
    )


def _gather(found: list[When], codes: Indices) -> Years:
    if not found:
        found = [When()]
    others = [when.year for when in found if not when.serial and not np.isnan(when.year)]
    if any(when.serial and min(others, default=when.year) < _OLD for when in found):
        # Among other years as old a date of 1905 is a date of 1905.
        found = [When(1905.0, day=(1, 2)) if when.serial else when for when in found]
    days = [when.day for when in found]

    def column(values: list[Any], dtype: Any) -> Any:
        return np.array(values, dtype)[codes]

    return Years(
        years=column([when.year for when in found], np.float64),
        issue=column([when.issue for when in found], np.int8),
        first=column([when.first for when in found], np.int8),
        last=column([when.last for when in found], np.int8),
        month=column([day[0] if day else 0 for day in days], np.int8),
        dated=column([day is not None for day in days], np.bool_),
        january=column([day == (1, 1) for day in days], np.bool_),
        closing=column([day == (12, 31) for day in days], np.bool_),
        serial=column([when.serial for when in found], np.bool_),
    )


def _when(cell: Any) -> When:
    """Say what one cell says of time."""
    if isinstance(cell, datetime.date):
        day = cell.date() if isinstance(cell, datetime.datetime) else cell
        serial = (day - _EPOCH).days
        if day.year == 1905 and FIRST_YEAR <= serial <= LAST_YEAR:
            return When(float(serial), serial=True)
        return When(float(day.year), day=(day.month, day.day))
    if is_number(cell):
        number = to_float(cell)
        if np.isnan(number):
            return When(issue=Issue.MISSING)
        return _when(f"{number:.0f}") if 1e5 <= number < 1e9 else When(number)
    if cell is None or cell is pd.NaT or cell is pd.NA:
        return When(issue=Issue.MISSING)
    if not isinstance(cell, str):
        return When(issue=Issue.WRONG_KIND)
    text = " ".join(cell.split())
    if not text or gap_meaning(text):
        return When(issue=Issue.MISSING)
    return _written(text)


def _written(text: str) -> When:
    text = _BEFORE.sub("", text, count=1) if _BEFORE.match(text) else text
    bare = _AROUND.sub("", text)
    text = bare if _YEAR.fullmatch(bare) else text
    compact = _COMPACT.fullmatch(text)
    if compact:
        month = int(compact[2])
        day = (month, int(compact[3])) if compact[3] else None
        return When(float(compact[1]), *((0, 0) if day else (month, month)), day=day)
    if fiscal := _FISCAL.fullmatch(text):
        return When(float(_full(int(fiscal[1]))))
    plain = _YEAR.fullmatch(text) or _YEAR_FRACTION.fullmatch(text)
    if plain and not _MONTH.fullmatch(text):
        return When(float(plain[1].replace(",", ".")))
    note = _YEAR_NOTE.fullmatch(text)
    note = note or _MARKED.fullmatch(text)
    if note:
        return When(float(note[1]), issue=Issue.FOOTNOTE)
    dated = _date(text) or _date(bare) or _month(text)
    if dated:
        return dated
    wrong = When(issue=Issue.EXCEL_ERROR if is_error(text) else Issue.NOT_A_NUMBER)
    if _PLAN.search(text) or len(text) > 60:
        return wrong
    bracketed = _BRACKETS.search(text)
    if bracketed and bracketed.start():
        return _written(text[: bracketed.start()])
    return _span(text) or _part(text) or wrong


def _date(text: str) -> When | None:
    """Read a date with or without a time; the day first unless the second number can be no month."""
    iso, first = _ISO.fullmatch(text), _DAY_FIRST.fullmatch(text)
    named = _NAMED.fullmatch(text)
    first = first or _SHORT.fullmatch(text)
    if iso:
        year, month, day = int(iso[1]), int(iso[2]), int(iso[3])
    elif first:
        day, month, year = map(int, first.groups())
        if month > 12 >= day:
            day, month = month, day
    elif named:
        day, year = int(named[1] or named[5]), int(named[3] or named[6])
        month = month_named(named[2] or named[4])
    else:
        return None
    return When(float(_full(year)), day=(month, day)) if 1 <= month <= 12 and 1 <= day <= 31 else None


def _full(year: int) -> int:
    """Return a year of four digits for one of two; those to come within a generation are of this century."""
    return year + (0 if year > 99 else 2000 if year < 60 else 1900)


def _month(text: str) -> When | None:
    """Read a month of a year: 2022-03, 03.2022, Mar-22; 2010-11 may as well be a period of two years."""
    numbered, named = _MONTH.fullmatch(text), _SHORT_MONTH.fullmatch(text)
    if numbered:
        year, month = int(numbered[1] or numbered[4]), int(numbered[2] or numbered[3])
        if numbered[1] and month == (year + 1) % 100:
            return None
    elif named:
        year, month = _full(int(named[2])), month_named(named[1])
    else:
        return None
    return When(float(year), month, month) if month else None


def _span(text: str) -> When | None:
    """Read a period from a date or month to another of one year; to 1 January is to the end of the year."""
    between = _SPAN.fullmatch(re.sub(r"^(?:с|за|from|von)\s+", "", text, flags=re.IGNORECASE))
    if between is None:
        return None
    start, stop = _date(between[1].strip(" г.")), _date(between[2].strip(" г."))
    if start is None or stop is None or start.day is None or stop.day is None:
        return None
    if stop.day == (1, 1) and stop.year == start.year + 1:
        return When(start.year, start.day[0], 12)
    if start.year != stop.year or stop.day < start.day:
        return None
    return When(start.year, start.day[0], stop.day[0])


def _part(text: str) -> When | None:
    """Read a part of a year in words: a month, a quarter, a half, months from and to, so many months."""
    found = [token.lower() for token in _TOKENS.findall(_ORDINALS.sub("", text))]
    years = {token for token in found if re.fullmatch(r"(?:19|20)\d\d", token)}
    if len(years) != 1:
        return None
    rest = [
        token for token in found if token not in years and token not in ("г", "гг", "год", "года", "за", "в")
    ]
    span = months_of(rest)
    return When(float(years.pop()), *span) if span else None


def period_of(text: str) -> tuple[int, int, int] | None:
    """Return the year (0 for none) and the first and last month of the part of a year that a text names.

    Examples
    --------
    >>> period_of("янв.22"), period_of("I квартал"), period_of("2022-03-01"), period_of("2022")
    ((2022, 1, 1), (0, 1, 3), (2022, 3, 3), None)
    """
    when = _when(text)
    if when.first:
        return int(when.year), when.first, when.last
    if when.day and when.day[1] == 1:
        return int(when.year), when.day[0], when.day[0]
    span = months_of([token.lower() for token in _TOKENS.findall(_ORDINALS.sub("", text))])
    return (0, *span) if span else None


def months_of(tokens: list[str]) -> tuple[int, int] | None:
    """Return the first and last month that words name, None where they name no part of a year.

    Examples
    --------
    >>> months_of(["январь", "декабрь"]), months_of(["ii", "кв"]), months_of(["9", "месяцев"])
    ((1, 12), (4, 6), (1, 9))
    """
    joined = [part for token in tokens for part in re.findall(r"[^\W\d_]+|\d+", token)]
    months = [m for token in joined if (m := month_named(token))]
    numbers = [_ROMAN[token] for token in joined if token in _ROMAN]
    others = [token for token in joined if not month_named(token) and token not in _ROMAN]
    if months and not others and not numbers and len(months) <= 2:
        return (months[0], months[-1]) if months[0] <= months[-1] else None
    for pattern, size in ((_QUARTER, 3), (_HALF, 6)):
        if len(others) == 1 and pattern.fullmatch(others[0]) and 1 <= len(numbers) <= 2 and not months:
            low, high = numbers[0], numbers[-1]
            fits = low <= high <= 12 // size
            return ((low - 1) * size + 1, high * size) if fits else None
    counted = [int(token) for token in joined if token.isdecimal()]
    words_left = [token for token in joined if not token.isdecimal()]
    if len(counted) == 1 and len(words_left) == 1 and re.fullmatch(r"мес\w*|months?|m|м", words_left[0]):
        if words_left[0] == "m":
            return (counted[0], counted[0]) if 1 <= counted[0] <= 12 else None
        return (1, counted[0]) if 1 <= counted[0] <= 12 else None
    return None
