"""What stands around a header: units in titles and under headers, numbers of columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from clustercoop.graph.errors import SchemaError
from clustercoop.graph.schema import NUMERIC, TableSpec
from clustercoop.graph.texts import refusal
from clustercoop.loaders.matching import candidates, count_matches, meaning
from clustercoop.loaders.sheets import show
from clustercoop.loaders.units import Runs, Unit, capitals, read_unit, unit_of, unit_runs, unit_words, words
from clustercoop.loaders.vocabulary import read_header

_PIECE_ENDS: Final = re.compile(r"[,;():/\n\[\]—–]|\s-\s")
_LEADING: Final = frozenset({"в", "in", "ед", "изм", "измерения", "единица", "единицы", "валюта", "currency"})
_THINGS: Final = ("physical", "percent", "scale", "units")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_LETTERS: Final = ("абвг", "abcd")


def title_units(text: str) -> dict[Unit, str]:
    """Return the units of money that a title or a note names, each with its words; amounts are no units.

    Examples
    --------
    >>> title_units("Сведения о поставках за 2022 год (тыс. руб.)")
    {Unit(scale=1000.0, currency='RUB', percent=False, physical=''): 'тыс руб'}
    >>> title_units("Поставки дороже 5 млн руб.")
    {}
    """
    units: dict[Unit, str] = {}
    for piece in _PIECE_ENDS.split(text):
        runs = unit_runs(words(piece), capitals(piece))
        start = 0
        while start < len(runs):
            end = start
            while end < len(runs) and (_of_money(runs, end) or (end > start and _links(runs, end))):
                end += 1
            if end > start and _stands_for_unit(runs, start, end):
                run = " ".join(word for part, _ in runs[start:end] for word in part)
                units.setdefault(unit_of(runs[start:end]), run)
            start = max(end, start) + 1
    return units


def thing_named(text: str) -> str:
    """Return the words by which a title says that figures are of things or per cent, "" where it does not.

    Examples
    --------
    >>> thing_named("Поставки в тоннах"), thing_named("Доля в поставках, %"), thing_named("Форма № 1-т")
    ('тоннах', '%', '')
    """
    for piece in _PIECE_ENDS.split(text):
        runs = unit_runs(words(piece), capitals(piece))
        start = len(runs)
        while start and (word := runs[start - 1][1]) is not None and word.kind in _THINGS:
            start -= 1
        unit = unit_of(runs[start:])
        run = " ".join(word for part, _ in runs[start:] for word in part)
        before = runs[start - 1][0][-1] if start else ""
        told = unit.percent or (unit.physical not in ("", "persons") and (len(run) > 1))
        if told and not unit.currency and (not start or before in _LEADING):
            return run
    return ""


def _of_money(runs: Runs, at: int) -> bool:
    word = runs[at][1]
    return word is not None and word.kind in ("scale", "currency", "joined", "filler")


def _links(runs: Runs, at: int) -> bool:
    """Tell whether a word between two of a unit only links them: "thousands of dollars"."""
    return runs[at][0][0] in ("of", "de") and at + 1 < len(runs) and _of_money(runs, at + 1)


def _stands_for_unit(runs: Runs, start: int, end: int) -> bool:
    """Tell whether runs `start` to `end` name a unit, and no amount, and no part of other words."""
    earlier = [word for part, _ in runs[:start] for word in part]
    before = earlier[-1] if earlier else ""
    if set(earlier) & set(unit_words("amount")) or (before.isdigit() and not _YEAR.fullmatch(before)):
        return False
    if len("".join(word for part, _ in runs[start:end] for word in part)) == 1:
        return False
    unit = unit_of(runs[start:end])
    if unit.scale and unit.currency:
        return True
    return unit.of_money and end == len(runs) and (start == 0 or before in _LEADING)


def one_unit(texts: Iterable[str], where: str) -> str:
    """Return the words of the one unit of money that `texts` name, "" for none.

    Raises
    ------
    SchemaError
        They name several, so that none can be taken for the columns.
    """
    units: dict[Unit, str] = {}
    for text in texts:
        units |= {unit: run for unit, run in title_units(text).items() if unit not in units}
    if len(units) > 1:
        raise refusal(SchemaError, "units_in_titles", where=where, units=", ".join(units.values()))
    return next(iter(units.values()), "")


def lacks_unit(header: str, spec: TableSpec) -> bool:
    """Tell whether `header` is one of money that names neither scale nor currency."""
    names = candidates(header, spec)
    return bool(names) and spec[names[0]].type == "money" and read_unit(header)[1] == Unit()


def unit_row(row: Sequence[Any], header: Sequence[str], spec: TableSpec) -> bool:
    """Tell whether a row below the header names the unit of a figure, and holds no digit: it is no record.

    Examples
    --------
    >>> from clustercoop.graph.schema import tables
    >>> header, links = ["Год", "Поставщик", "Покупатель", "Сумма"], tables()["links"]
    >>> unit_row(["", "", "", "тыс. руб."], header, links), unit_row(["2022", "1", "2", "5"], header, links)
    (True, False)
    """
    read = [read_unit(show(cell)) for cell in row]
    alone = all(
        unit != Unit() and not rest for (rest, unit), cell in zip(read, row, strict=True) if show(cell)
    )
    figures = [
        bool(set(candidates(name, spec)) & _figures(spec)) or (alone and _only_period(name))
        for name in header
    ]
    named = any(unit != Unit() and not rest and f for (rest, unit), f in zip(read, figures, strict=False))
    return named and not any(character.isdigit() for cell in row for character in show(cell))


def _only_period(header: str) -> bool:
    """Tell whether a header says no more than the year or the period of a figure."""
    reading = read_header(header)
    return not reading.core and bool(reading.year or reading.marks)


def _figures(spec: TableSpec) -> set[str]:
    return {column.name for column in spec.columns if column.type in NUMERIC}


def with_units(header: Sequence[str], row: Sequence[Any], where: str) -> list[str]:
    """Return the headers with the units of the row below them; one over several units heads them all.

    Raises
    ------
    SchemaError
        A header names another unit than the cell below it.

    Examples
    --------
    >>> with_units(["Покупатель", "2021", ""], ["", "шт.", "млн руб."], "a.csv")
    ['Покупатель', '2021, шт.', '2021, млн руб.']
    """
    out = list(header)
    told = [read_unit(show(cell))[1] != Unit() for cell in row]
    for at in range(1, min(len(out), len(row))):
        if not out[at] and told[at] and told[at - 1]:
            out[at] = out[at - 1]
    for at, cell in enumerate(row[: len(out)]):
        text = show(cell).strip()
        below, own = read_unit(text)[1], read_unit(out[at])[1]
        if below == Unit() or own == below:
            continue
        if own != Unit():
            raise refusal(
                SchemaError, "unit_below_differs", where=where, header=repr(out[at]), cell=repr(text)
            )
        out[at] = f"{out[at]}, {text}"
    return out


def column_numbers(row: Sequence[Any], following: Iterable[Sequence[Any]]) -> bool:
    """Tell whether a row below the header only numbers the columns, as printed forms do: А, Б, 1, 2.

    A first record may look the same where ids are numbers of one or two digits, so `following` must hold
    rows, and longer cells in the first column that does not number them.

    Examples
    --------
    >>> column_numbers(["1", "2", "3"], [["7701", "c", "Завод"]]), column_numbers(["1", "2"], [["2", "2"]])
    (True, False)
    >>> column_numbers(["1", "2", "3"], [["1", "7701", "5"], ["2", "7702", "6"]])
    True
    """
    texts = [show(cell).strip().lower() for cell in row]
    cells = [text for text in texts if text]
    letters = next((i for i, text in enumerate(cells) if text.isdigit()), 0)
    numbers = [str(i) for i in range(1, len(cells) - letters + 1)]
    if len(cells) < 2 or cells[letters:] != numbers:
        return False
    if letters and not any(cells[:letters] == list(known[:letters]) for known in _LETTERS):
        return False
    at, rows = next(i for i, text in enumerate(texts) if text), list(following)

    def below(at: int) -> list[str]:
        return [text for row in rows if at < len(row) and (text := show(row[at]).strip())]

    if below(at)[:1] == ["1"]:  # the rows are numbered from here on
        at += 1
    others = below(at)
    return bool(others) and min(map(len, others)) > 2


def other_header(row: Sequence[Any], header: Sequence[str], spec: TableSpec) -> bool:
    """Tell whether a row inside the table is a header of another table: other columns, order or units.

    Examples
    --------
    >>> from clustercoop.graph.schema import tables
    >>> header, links = ["Год", "Поставщик", "Покупатель", "Сумма, тыс. руб."], tables()["links"]
    >>> other_header(["Год", "Поставщик", "Покупатель", "Сумма, млн руб."], header, links)
    True
    """
    cells = [show(cell).strip() for cell in row]
    if count_matches(cells, spec) < max(2, len(spec.required) - 1):
        return False
    mine = [(meaning(text, spec), read_unit(text)[1]) for text in cells]
    first = [(meaning(text, spec), read_unit(text)[1]) for text in header]
    return any(a != b and (a[0] or b[0]) for a, b in zip(mine, first, strict=False))
