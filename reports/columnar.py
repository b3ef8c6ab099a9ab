"""Tables as data that a page draws when asked: a column at a time, every text made here."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from clustercoop.graph.columns import OutputColumn
from clustercoop.graph.gaps import ALL
from clustercoop.graph.kinds import KINDS
from clustercoop.reports.inert import plain, shorten
from clustercoop.reports.numbers import cells_of, floats, is_unknown, numeric, raw, shower
from clustercoop.reports.people import OF_PEOPLE
from clustercoop.reports.reasons import Place, Reasons, places
from clustercoop.reports.tables import bounds_of, display, unit, year_span
from clustercoop.reports.words import Words

FIGURES: Final = 10
"""Significant figures of a number that is sorted by and saved."""
_FIGURES: Final = f"%.{FIGURES}g "

Told = Callable[[Any], str]


class Columnar:
    """Columns of one page as data: what several of them share (names, reasons) is held once.

    A column is a mapping: ``c`` code, ``l`` label, ``m`` meaning, ``s`` section, ``k`` style, and one of

    - ``v`` numbers (null: unknown) with ``t`` their texts where these are not the numbers themselves, and
      ``top`` where cells have bars;
    - ``i`` places in ``d`` (texts) and ``r`` (what is saved, where it differs); −1 is unknown;
    - ``p`` lists of places in the people of the page.

    ``w`` maps rows of unknown cells to places in the reasons of the page.
    """

    def __init__(
        self,
        words: Words,
        currency: str,
        names: Mapping[str, str],
        reasons: Reasons,
        clusters: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        self.words = words
        self.clusters = clusters or {}
        self.currency = currency
        self.names = names
        self.reasons = reasons
        self._people: dict[str, int] = {}
        self._reasons: dict[str, int] = {}

    def shared(self) -> dict[str, Any]:
        """Return what columns refer to: ids and names of people, reasons."""
        return {
            "ids": list(self._people),
            "names": [plain(self.names.get(person, person)) for person in self._people],
            "why": list(self._reasons),
        }

    def reason(self, sentence: str) -> int:
        """Return the place of a reason."""
        return self._reasons.setdefault(sentence, len(self._reasons))

    def column(
        self,
        column: OutputColumn,
        values: pd.Series[Any],
        places: Sequence[tuple[Place, ...]],
        *,
        name: str = "",
        ranges: Sequence[str] = (),
    ) -> dict[str, Any] | None:
        """Return one column as data; None where it holds nothing.

        Parameters
        ----------
        column : OutputColumn
        values : Series
            One a row.
        places : sequence of tuple of Place
            Where to look for the reason of an unknown cell of each row.
        name : str
            Code on the page, where it is not that of the column.
        ranges : sequence of str
            One a row, where figures have bounds: what is shown in place of an unknown one, "" for a dash.
        """
        lang = self.words.lang
        label, measure = column.label(lang), unit(column.unit, self.currency, self.words)
        head = {
            "c": name or column.column,
            "l": f"{label}, {measure}" if measure else label,
            "m": column.meaning(lang),
            "s": column.section,
            "k": KINDS[column.kind].style,
        }
        if numeric(column.kind):
            cells = self.numbers(values, column.kind)
            unknown = [number for number, value in enumerate(cells["v"]) if value is None]
            if any(ranges):
                told = cells.get("t") or ["" if value is None else str(value) for value in cells["v"]]
                cells["t"] = [range_ or text for range_, text in zip(ranges, told, strict=True)]
        elif column.kind == "ids":
            cells = {"p": [self.people(value) for value in cells_of(values)]}
            unknown = [number for number, listed in enumerate(cells["p"]) if not listed]
        else:
            cells = coded(cells_of(values), self._telling(column))
            unknown = [number for number, place in enumerate(cells["i"]) if place < 0]
        if len(unknown) == len(values) and not any(ranges):
            return None
        if column.column == "cluster_id":
            ids = cells.get("r", cells["d"])
            every = {**self.clusters, ALL: (self.words.term("all"), "")}
            named = [every.get(one, (text, "")) for one, text in zip(ids, cells["d"], strict=True)]
            cells |= {"r": ids, "d": [name for name, _ in named], "a": [link for _, link in named]}
        why = {number: self.reasons.told(places[number], column.column) for number in unknown}
        cells["w"] = {str(number): self.reason(said) for number, said in why.items() if said}
        return head | cells

    def table(self, frame: pd.DataFrame, columns: Iterable[OutputColumn]) -> dict[str, Any]:
        """Return a whole table as data: its columns that hold anything, in order, all shown at first."""
        years = frame["year"] if "year" in frame else [None] * len(frame)
        where = [places(one, year) for one, year in zip(cells_of(frame["cluster_id"]), years, strict=True)]
        made = [
            self.column(one, frame[one.column], where, ranges=bounds_of(frame, one, self.words))
            for one in columns
            if one.column in frame
        ]
        held = [self._named(column) for column in made if column is not None]
        return {"rows": len(frame), "columns": held, "first": [column["c"] for column in held]}

    def _named(self, column: dict[str, Any]) -> dict[str, Any]:
        """Let a column of participants show their names with the ids; ids alone are saved."""
        if column["c"] not in OF_PEOPLE:
            return column
        ids = column.get("r", column["d"])
        names = [plain(self.names.get(one, one)) for one in ids]
        told = [
            one if name == one else f"{shorten(name, 60)} ({one})"
            for name, one in zip(names, ids, strict=True)
        ]
        return column | {"r": ids, "d": told}

    def numbers(self, values: pd.Series[Any], kind: str) -> dict[str, Any]:
        """Return numbers, their texts and the end of their bars.

        Examples
        --------
        >>> from clustercoop.graph.gaps import gaps_frame
        >>> made = Columnar(Words("en"), "RUB", {}, Reasons(gaps_frame(()), Words("en")))
        >>> made.numbers(pd.Series([0.25, None]), "share")
        {'v': [0.25, None], 't': ['25.0%', ''], 'top': 1}
        """
        cells, show = floats(values).tolist(), shower(kind, self.words.lang)
        distinct = [value for value in dict.fromkeys(cells) if value == value]
        finite = [value for value in distinct if math.isfinite(value)]
        figures = dict(zip(finite, numbers_of(finite), strict=True))
        texts = {value: show(value) for value in distinct}
        out: dict[str, Any] = {"v": [figures.get(value) for value in cells]}
        if any(text != str(figures.get(value)) for value, text in texts.items()):
            out["t"] = [texts.get(value, "") for value in cells]
        if KINDS[kind].bar and finite and min(finite) >= 0:
            top = 1.0 if kind == "share" else max(finite)
            if top > 0 and max(finite) <= top:
                out["top"] = number(top)
        return out

    def people(self, joined: Any) -> list[int]:
        """Return the places of ids joined by ``;``."""
        if is_unknown(joined):
            return []
        return [self._people.setdefault(one, len(self._people)) for one in str(joined).split(";")]

    def _telling(self, column: OutputColumn) -> Told:
        if column.kind == "years":
            return lambda value: year_span(str(value))
        if column.column == "participant_id":
            return lambda value: plain(str(value))
        if column.column == "group":
            return lambda value: self.words.term("all") if value == ALL else plain(str(value))
        return lambda value: display(value, column.kind, self.words)


def number(value: float) -> int | float:
    """Return `value` with ten figures, whole numbers as such.

    Examples
    --------
    >>> number(0.1 + 0.2), number(2.0)
    (0.3, 2)
    """
    return numbers_of([value])[0]


def numbers_of(values: Sequence[float]) -> list[int | float]:
    """Return the same of many finite values."""
    short = map(float, (_FIGURES * len(values) % tuple(values)).split())
    return [int(value) if value.is_integer() and abs(value) < 1e15 else value for value in short]


def coded(values: Iterable[Any], told: Told) -> dict[str, Any]:
    """Return texts once each, and where each row finds its own.

    Examples
    --------
    >>> coded(["a", "", "b", "a"], str.upper)
    {'i': [0, -1, 1, 0], 'd': ['A', 'B'], 'r': ['a', 'b']}
    """
    # Values of two types may be equal, as 1 and true are.
    keys = [(type(value), value) for value in values]
    places: dict[str, int] = {}
    at: dict[Any, int] = {}
    first: list[Any] = []
    for key in dict.fromkeys(keys):
        if is_unknown(key[1]):
            at[key] = -1
            continue
        name = str(key[1])
        if name not in places:
            places[name] = len(places)
            first.append(key[1])
        at[key] = places[name]
    rows = [at[key] for key in keys]
    texts = [told(value) for value in first]
    raws = [raw(value) for value in first]
    return {"i": rows, "d": texts} | ({"r": raws} if raws != texts else {})
