"""Files of dated rules and measures (TOML): read and checked, with errors that name file, line and field."""

from __future__ import annotations

import datetime as dt
import math
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

from clustercoop.graph.errors import DataError
from clustercoop.graph.shipped import shipped_text
from clustercoop.graph.texts import Told, refusal, told

STATUSES: Final = ("sourced", "unverified", "own reading")
_HEAD: Final = re.compile(r"^\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(#.*)?$")
_TEXTS: Final = r""""{3}(?:\\.|[^\\])*?"{3}|'{3}.*?'{3}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'"""
_TOKEN: Final = re.compile(rf"{_TEXTS}|\#[^\n]*|[][{{}}=\n]|[\w-]+", re.DOTALL)
Place = tuple[str | int, ...]


class _Named(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)


class RuleFile:
    """One TOML file and where its keys stand.

    Parameters
    ----------
    path : str or Path
        The file; "" for the shipped one.
    shipped : str
        Name of the shipped file in ``analysis/data``.

    Raises
    ------
    DataError
        It cannot be read, or is not TOML.
    """

    def __init__(self, path: str | Path, shipped: str = "") -> None:
        own = bool(str(path))
        self.name = str(path) if own else shipped
        try:
            if own:
                text = Path(path).read_text("utf-8-sig")
            else:
                text = shipped_text("analysis", "data", shipped)
            self.data = tomllib.loads(text)
        except (OSError, UnicodeDecodeError) as error:
            raise refusal(DataError, "rules_unreadable", name=self.name, reason=error) from error
        except tomllib.TOMLDecodeError as error:
            raise refusal(DataError, "rules_no_toml", name=self.name, reason=error) from error
        self._own = own
        self._lines = _places(text)

    def entry(self, table: str, number: int = 0) -> Entry:
        """Return the table ``[table]``, or the entry `number` of ``[[table]]``, empty where it is absent."""
        held: Any = self.data
        for part in table.split("\0"):
            held = held.get(part, {}) if isinstance(held, Mapping) else {}
        if isinstance(held, list):
            held = held[number] if number < len(held) else {}
        return Entry(self, table, number, held if isinstance(held, Mapping) else {})

    def entries(self, table: str) -> list[Entry]:
        """Return the entries of ``[[table]]``.

        Raises
        ------
        DataError
            There is none, or a file of one's own holds something else beside them and ``[about]``.
        """
        held = self.data.get(table)
        if not isinstance(held, list) or not held or not all(isinstance(one, Mapping) for one in held):
            raise refusal(DataError, "rules_none", name=self.name, table=table)
        for name in sorted(set(self.data) - {table, "about"}) if self._own else ():
            line = self._lines.get((name, 0)) or self.line("", 0, name)
            raise refusal(DataError, "rules_other", name=self.name, line=line, key=name, table=table)
        return [Entry(self, table, number, one) for number, one in enumerate(held)]

    def line(self, *place: str | int) -> int:
        """Return the line of a place: table, number of its entry, key, then item and key of tables within.

        Where it stands nowhere, the line of the nearest place that holds it; 1 where there is none.
        """
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 1)


def named(entries: Iterable[Entry], read: Callable[[Entry], N]) -> list[N]:
    """Return what `read` makes of each entry, all of different names."""
    found: dict[str, N] = {}
    for entry in entries:
        one = read(entry)
        if one.name in found:
            raise entry.error("id_twice", "id", name=one.name)
        found[one.name] = one
    return list(found.values())


def _places(text: str) -> dict[Place, int]:
    r"""Return place → line; parts of a dotted table are joined by a zero character.

    Examples
    --------
    >>> found = _places('[[a]]\nset = [\n  { x = "z = 1" },\n  { x = 1, z = 3 },\n]\n[[a.add]]\ny = 2\n')
    >>> [found["a", 0, *place] for place in ((), ("set", 0, "x"), ("set", 1, "z"), ("add", 0, "y"))]
    [1, 3, 4, 7]
    """
    places: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    held: list[_Held] = []
    root: Place = ("", 0)
    rows, line, last, value = text.splitlines(), 1, "\n", root
    for token in _TOKEN.findall(text):
        if token == "[" and not held and last == "\n" and (head := _HEAD.match(rows[line - 1])):
            parts = [part.strip("\"' ") for part in re.findall(r"\"[^\"]*\"|'[^']*'|[^.]+", head[2])]
            table: Place = ("\0".join(parts),)
            outer: Place = ("\0".join(parts[:-1]),)
            if outer in counts:  # [[scenario.set]] stands within the last [[scenario]]
                table = (*outer, counts[outer], parts[-1])
            if head[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
            root, last = (*table, counts.get(table, 0)), "head"
            places.setdefault(root, line)
        elif last == "head" and token != "\n":
            continue
        elif token == "=":
            value = (*(held[-1].place if held else root), last.strip("\"'"))
            places.setdefault(value, line)
        elif token in ("[", "{"):
            at = value
            if held and held[-1].items is not None:
                at = (*held[-1].place, held[-1].items)
                held[-1].items += 1
            elif token == "{":
                at = (*value, 0)
            held.append(_Held(at, 0 if token == "[" else None))
            places.setdefault(at, line)
        elif token in ("]", "}") and held:
            held.pop()
        line += token.count("\n")
        last = last if last == "head" and token != "\n" else token
    return places


@dataclass(slots=True)
class _Held:
    """An array that is open, with the number of its items so far, or an inline table (None)."""

    place: Place
    items: int | None


class Entry:
    """One table of a rule file; its readers raise `DataError` naming file, line and field."""

    def __init__(
        self, file: RuleFile, table: str, number: int, values: Mapping[str, Any], within: Place = ()
    ) -> None:
        self.file = file
        self.table = table
        self.number = number
        self.values = values
        self._within = within

    def wrong(self, key: str, id: str, got: object, **places: Any) -> DataError:
        """Return the error of one field, which must be the text ``must.<id>``."""
        return self.error("rule_wrong", key, must=told(f"must.{id}", **places), got=repr(got), key=key)

    def error(self, id: str, at: str = "", /, **places: Any) -> DataError:
        """Return an error about the entry or its field `at`: the text ``refusal.<id>``."""
        return refusal(DataError, "rule_error", **self._place(at), said=told(f"refusal.{id}", **places))

    def place(self, key: str = "") -> Told:
        """Return where the entry, or one of its fields, stands: file, line, table and, within it, field."""
        return told("refusal.rule_place", **self._place(key))

    def _place(self, key: str) -> dict[str, Any]:
        line = self.file.line(self.table, self.number, *self._within, key)
        field = f", {self._within[0]}" if self._within else ""
        shown = self.table.replace("\0", ".")
        return {"name": self.file.name, "line": line, "table": shown, "field": field}

    def each(self, key: str) -> list[Entry]:
        """Return the tables of a list of tables, none where it is absent."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
            raise self.wrong(key, "tables", value)
        place = (*self._within, key)
        return [Entry(self.file, self.table, self.number, one, (*place, at)) for at, one in enumerate(value)]

    def under(self, key: str, values: Mapping[str, Any]) -> Entry:
        """Return the inline table `values` of one field as an entry of its own."""
        return Entry(self.file, self.table, self.number, values, (*self._within, key, 0))

    def only(self, known: Collection[str], *, told: bool = False) -> None:
        """Refuse a field that is not `known`, nor, where it is `told`, a text or source in a language."""
        texts = {key for key in self.values if told and (len(key) == 2 or key.startswith("source_"))}
        for key in self.values:
            if key not in texts.union(known):
                raise self.error("rule_field", key, key=key, known=", ".join(sorted(texts.union(known))))

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text that is not empty."""
        value = self.values.get(key, default)
        if not isinstance(value, str) or (not value.strip() and value != default):
            raise self.wrong(key, "text", value)
        return value.strip()

    def choice(self, key: str, allowed: Collection[str], default: str | None = None) -> str:
        """Return one of the `allowed` texts."""
        value = self.text(key, default)
        if value not in allowed:
            raise self.wrong(key, "one_of", value, choices=", ".join(allowed))
        return value

    def number_of(self, key: str, default: float | None = None, most: float = math.inf) -> float:
        """Return a number from 0 to `most`."""
        value = self.values.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            raise self.wrong(key, "up_to" if most < math.inf else "not_negative", value, most=f"{most:g}")
        return float(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self.values.get(key)
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) and one for one in value):
            raise self.wrong(key, "texts", value)
        return tuple(value)

    def date(self, key: str) -> dt.date:
        """Return a date, written as 2016-09-26 with or without quotes."""
        return self._as_date(key, self.values.get(key))

    def _as_date(self, key: str, value: object) -> dt.date:
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            return value
        try:
            return dt.date.fromisoformat(value if isinstance(value, str) else "")
        except ValueError:
            raise self.wrong(key, "date", value) from None

    def span(self, key: str) -> tuple[dt.date, dt.date] | None:
        """Return when something began or ended: a date, or two that it lies between; None where unsaid."""
        value = self.values.get(key)
        if value is None:
            return None
        parts = value if isinstance(value, list) else [value, value]
        if len(parts) != 2:
            raise self.wrong(key, "span", value)
        first, last = (self._as_date(key, part) for part in parts)
        if first > last:
            raise self.wrong(key, "span_in_order", value)
        return first, last

    def texts_of(self, field: str = "") -> dict[str, str]:
        """Return a text in its languages, as a place of a sentence; the English one must be there.

        A text is ``en``, ``ru`` …, a named one ``<field>`` (English) and ``<field>_ru`` …
        """
        english = self.text(field or "en")
        own = f"{field}_" if field else ""
        others = {
            key.removeprefix(own): value
            for key, value in self.values.items()
            if isinstance(value, str) and value and re.fullmatch(f"{own}[a-z]{{2}}", key)
        }
        return {"en": english, **others}
