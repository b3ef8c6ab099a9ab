"""Files of dated rules and measures (TOML): read and checked, with errors that name file, line and field."""

from __future__ import annotations

import datetime as dt
import math
import re
import tomllib
from collections.abc import Collection, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Final

from clustercoop.graph.errors import DataError

STATUSES: Final = ("sourced", "unverified", "own reading")
_HEAD: Final = re.compile(r"^\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(#.*)?$")
_KEY: Final = re.compile(r"^\s*([A-Za-z0-9_-]+)\s*=")


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
                file = resources.files("clustercoop.analysis").joinpath("data", shipped)
                text = file.read_text("utf-8")
            self.data = tomllib.loads(text)
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{self.name} cannot be read ({error}); give a UTF-8 TOML file.") from error
        except tomllib.TOMLDecodeError as error:
            raise DataError(f"{self.name} is not valid TOML: {error}.") from error
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
            There is none.
        """
        held = self.data.get(table)
        if not isinstance(held, list) or not held or not all(isinstance(one, Mapping) for one in held):
            raise DataError(f"{self.name} holds no [[{table}]]; add one.")
        return [Entry(self, table, number, one) for number, one in enumerate(held)]

    def line(self, table: str, number: int, key: str = "") -> int:
        """Return the line of a key, of its table where it has none, 1 where that is not found either."""
        head = self._lines.get((table, number, ""), 1)
        return self._lines.get((table, number, key), head)


def _places(text: str) -> dict[tuple[str, int, str], int]:
    """Return (table, number, key) → line; parts of a dotted table are joined by a zero character."""
    places: dict[tuple[str, int, str], int] = {}
    seen: dict[str, int] = {}
    table, number = "", 0
    for line, content in enumerate(text.splitlines(), 1):
        if head := _HEAD.match(content):
            table = "\0".join(part.strip("\"' ") for part in re.findall(r"\"[^\"]*\"|'[^']*'|[^.]+", head[2]))
            number = seen[table] = seen.get(table, -1) + 1 if head[1] == "[[" else 0
            places.setdefault((table, number, ""), line)
        elif key := _KEY.match(content):
            places.setdefault((table, number, key[1]), line)
    return places


class Entry:
    """One table of a rule file; its readers raise `DataError` naming file, line and field."""

    def __init__(self, file: RuleFile, table: str, number: int, values: Mapping[str, Any]) -> None:
        self.file = file
        self.table = table
        self.number = number
        self.values = values

    def wrong(self, key: str, must: str, got: object) -> DataError:
        """Return the error of one field."""
        return self.error(f"{key} must be {must}, got {got!r} instead.", key)

    def error(self, said: str, key: str = "") -> DataError:
        """Return an error about the entry."""
        shown = self.table.replace("\0", ".")
        place = f"{self.file.name}, line {self.file.line(self.table, self.number, key)}, [{shown}]"
        return DataError(f"{place}: {said}")

    def only(self, known: Collection[str]) -> None:
        """Refuse a field that is not `known`."""
        for key in self.values:
            if key not in known:
                raise self.error(f"{key} is no field of it; these are {', '.join(sorted(known))}.", key)

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text that is not empty."""
        value = self.values.get(key, default)
        if not isinstance(value, str) or (not value.strip() and value != default):
            raise self.wrong(key, "a text that is not empty", value)
        return value.strip()

    def choice(self, key: str, allowed: Collection[str], default: str | None = None) -> str:
        """Return one of the `allowed` texts."""
        value = self.text(key, default)
        if value not in allowed:
            raise self.wrong(key, f"one of {', '.join(allowed)}", value)
        return value

    def number_of(self, key: str, default: float | None = None, most: float = math.inf) -> float:
        """Return a number from 0 to `most`."""
        value = self.values.get(key, default)
        domain = f"a number in the range [0, {most:g}]" if most < math.inf else "a number ≥ 0"
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
            raise self.wrong(key, domain, value)
        return float(value)

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self.values.get(key, default)
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) and one for one in value):
            raise self.wrong(key, "a list of texts", value)
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
            raise self.wrong(key, "a date such as 2016-09-26", value) from None

    def span(self, key: str) -> tuple[dt.date, dt.date] | None:
        """Return when something began or ended: a date, or two that it lies between; None where unsaid."""
        value = self.values.get(key)
        if value is None:
            return None
        parts = value if isinstance(value, list) else [value, value]
        if len(parts) != 2:
            raise self.wrong(key, "a date, or a list of two that it lies between", value)
        first, last = (self._as_date(key, part) for part in parts)
        if first > last:
            raise self.wrong(key, "a list of two dates in order", value)
        return first, last

    def told(self, field: str = "") -> dict[str, str]:
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
