"""A file's own mapping: ``mapping.toml`` says what headers mean where the vocabulary does not.

A section a file (or ``file!sheet``; ``*`` matches any run of letters)::

    ["Сводка.xlsx!Лист1"]
    table = "links"            # participants, links, activity, clusters, indicators or measures
    year = 2022                # of a table without a column of years
    cluster = "Альфа"          # of a register without a column of clusters
    unit = "тыс. руб."         # of columns of money that name none

    ["Сводка.xlsx!Лист1".columns]
    "Отгр., всего" = "value"                     # header → column of the table
    "Оценка" = ""                                # none of ours
    "Обороты" = {column = "output", unit = "млн руб."}
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Final

from clustercoop.graph.errors import DataError
from clustercoop.graph.schema import FIRST_YEAR, LAST_YEAR, tables
from clustercoop.graph.shipped import shipped_rows
from clustercoop.graph.texts import refusal
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.units import Unit, read_unit
from clustercoop.loaders.vocabulary import PATH

MAPPING: Final = "mapping.toml"
# A header that a mapping sets aside; no word of any column.
SET_ASIDE: Final = "set aside:"
_KEYS: Final = frozenset({"table", "year", "cluster", "unit", "columns"})


@dataclass(frozen=True, slots=True)
class Given:
    """What a mapping says of one sheet; empty where it says nothing."""

    table: str = ""
    year: int = 0
    cluster: str = ""
    unit: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    met: set[str] = field(default_factory=set, compare=False, repr=False)
    """Headers of `columns` that stood somewhere."""

    def header(self, text: str) -> str:
        """Return the header that stands for `text`: a column with its unit, or `text` itself.

        Examples
        --------
        >>> Given(columns={"сумма, тыс. руб.": "value"}).header("Сумма, тыс. руб.")
        'value, thousand RUB'
        """
        named = self.columns.get(_plain(text), text)
        if _plain(text) in self.columns:
            self.met.add(_plain(text))
        unit = read_unit(text)[1]
        if named == text or unit == Unit() or named.startswith(SET_ASIDE) or "," in named:
            return named
        return f"{named}, {_words_of(unit, text)}"


@dataclass(frozen=True, slots=True)
class Mapping:
    """All sections of a mapping, by the pattern of file and sheet."""

    sections: tuple[tuple[str, Given], ...] = ()
    met: set[str] = field(default_factory=set, compare=False)
    """Patterns of sections that a file or sheet fitted."""

    def of(self, file: str, sheet: str = "") -> Given:
        """Return what is said of a sheet, or of its whole file."""
        for title in filter(None, (f"{file}!{sheet}" if sheet else "", file)):
            for pattern, given in self.sections:
                if pattern == title or fnmatchcase(title, pattern):
                    self.met.add(pattern)
                    return given
        return Given()

    def unmet(self) -> list[str]:
        """Return the patterns that nothing fitted."""
        return [pattern for pattern, _ in self.sections if pattern not in self.met]


NOTHING: Final = Given()


def _words_of(unit: Unit, header: str) -> str:
    """Return words that name a unit.

    Raises
    ------
    DataError
        There are none, so that the mapping must give them.
    """
    scale = {None: "", 1e3: "thousand", 1e6: "million", 1e9: "billion", 1e12: "trillion"}.get(unit.scale)
    said = " ".join(filter(None, (scale, unit.currency, "%" if unit.percent else "", unit.physical)))
    if scale is None or read_unit(said)[1] != unit:
        raise refusal(DataError, "mapping_unit_needed", header=repr(header))
    return said


@cache
def _profiles() -> dict[frozenset[str], Given]:
    """Return known tables whose headers are letters, by their headers (``profiles.csv``)."""
    found = {}
    for row in shipped_rows("loaders", "profiles.csv"):
        headers, means = row["headers"].split("|"), row["means"].split("|")
        columns = {h: m or f"{SET_ASIDE} {h}" for h, m in zip(headers, means, strict=True)}
        found[frozenset(headers)] = Given(columns=columns)
    return found


def known_table(header: Sequence[Any]) -> Given:
    """Return what the headers of a known table mean where each alone would mean nothing.

    Examples
    --------
    >>> known_table(["t", "i", "j", "k", "v", "q"]).header("v")
    'value, thousand USD'
    """
    names = [cell.strip() for cell in header if isinstance(cell, str) and cell.strip()]
    return _profiles().get(frozenset(names), NOTHING) if len(names) < 12 else NOTHING


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def read_mapping(path: Path) -> Mapping:
    """Read the mapping at `path`; an absent one says nothing.

    Raises
    ------
    DataError
        It is no TOML, or names tables, columns or keys that there are not.
    """
    if not path.is_file():
        return Mapping()
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise refusal(DataError, "unreadable", name=path.name, reason=error) from None
    return Mapping(tuple((title, _given(title, section, path.name)) for title, section in data.items()))


def _given(title: str, section: Any, name: str) -> Given:
    where = f"[{title!r}] of {name}"
    if not isinstance(section, dict) or set(section) - _KEYS:
        raise refusal(DataError, "mapping_keys", where=where, keys=", ".join(sorted(_KEYS)))
    table = section.get("table", "")
    if table and table not in tables():
        raise refusal(DataError, "mapping_table", where=where, table=repr(table), tables=", ".join(tables()))
    for key, kind in (("year", int), ("cluster", str), ("unit", str), ("columns", dict)):
        if not isinstance(section.get(key, kind()), kind):
            raise refusal(DataError, "mapping_kind", key=key, where=where, kind=kind.__name__)
    if not FIRST_YEAR <= section.get("year", FIRST_YEAR) <= LAST_YEAR:
        raise refusal(DataError, "mapping_kind", key="year", where=where, kind=f"{FIRST_YEAR}…{LAST_YEAR}")
    unit = section.get("unit", "")
    _unit(unit, where)
    known = {column.name for spec in tables().values() for column in spec.columns if table in ("", spec.name)}
    columns: dict[str, str] = {}
    for header, said in section.get("columns", {}).items():
        if _plain(header) in columns:
            raise refusal(DataError, "mapping_header", where=where, header=repr(header))
        columns[_plain(header)] = _target(header, said, known, where)
    return Given(table, section.get("year", 0), section.get("cluster", ""), unit, columns)


def _target(header: str, said: Any, known: set[str], where: str) -> str:
    column, unit = (said.get("column", ""), said.get("unit", "")) if isinstance(said, dict) else (said, "")
    other = isinstance(said, dict) and not {"column"} <= set(said) <= {"column", "unit"}
    if other or not isinstance(column, str) or (column and column not in known):
        told = repr(said if other else column)
        raise refusal(DataError, "mapping_column", where=where, header=repr(header), column=told)
    if not column:
        return f"{SET_ASIDE} {header.replace(PATH, ' > ')}"
    return f"{column}, {_unit(unit, where)}" if unit else column


def _unit(text: str, where: str) -> str:
    rest, unit = read_unit(text)
    if text and (rest or not unit.of_money):
        raise refusal(DataError, "mapping_unit", where=where, unit=repr(text))
    return text


def tell_unmet(given: Iterable[Given], notes: Notes) -> None:
    """Tell of headers that a mapping names and no sheet of its section has."""
    for one in {id(one): one for one in given}.values():
        for header in sorted(one.columns.keys() - one.met):
            notes.add("mapping_unmet", file=MAPPING, value=header)


def with_profile(given: Given, records: Sequence[Sequence[Any]]) -> Given:
    """Return what a mapping says of a sheet, or what its headers mean together where it says nothing."""
    known = known_table(list(records[0])) if len(records) and not given.columns else NOTHING
    return replace(given, columns=known.columns) if known.columns else given


def with_mapped_headers(records: Sequence[Sequence[Any]], given: Given, top: int) -> Sequence[Sequence[Any]]:
    """Return records whose first `top` rows hold the headers that a mapping gives."""
    if not given.columns:
        return records
    head = [[given.header(cell) if isinstance(cell, str) else cell for cell in row] for row in records[:top]]
    return [*head, *records[top:]]
