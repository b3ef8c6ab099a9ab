"""Match headers to the contract's columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from clustercoop.graph.errors import SchemaError
from clustercoop.graph.schema import ColumnSpec, TableSpec
from clustercoop.loaders.units import Unit, read_unit, words

_YEAR_HEADER: Final = re.compile(
    r"(?:(?:за|in|fy)\s*)?(?:19|20)\d\d\s*(?:г\.?|год)?\s*(?:,.*)?", re.IGNORECASE
)
_UNITS_OF: Final = {"money": "money", "count": "counts", "share": "shares", "number": "tonnes"}
_IDENTIFYING: Final = frozenset({"инн", "ид", "id", "код", "code", "inn", "идентификатор", "number", "огрн"})


@dataclass(frozen=True, slots=True)
class Matched:
    """One header that means a column of the contract."""

    position: int
    header: str
    column: ColumnSpec
    unit: Unit


@dataclass(frozen=True, slots=True)
class HeaderMatch:
    """What a row of headers means: matched columns, unknown headers, those set aside, and wrong units."""

    columns: tuple[Matched, ...]
    unknown: tuple[str, ...]
    set_aside: tuple[tuple[str, str], ...] = ()
    wrong_unit: tuple[tuple[str, str], ...] = ()


@cache
def _plain(text: str) -> str:
    return " ".join(words(text))


def names_code(header: str) -> bool:
    """Tell whether a header speaks of a code: ИНН, id, код."""
    return bool(_IDENTIFYING & set(words(header)))


@cache
def _aliases(spec: TableSpec) -> dict[str, tuple[str, ...]]:
    """Return normalised alias → the columns it may mean, in the order of the contract."""
    found: dict[str, tuple[str, ...]] = {}
    for column in spec.columns:
        for alias in (column.name, *column.aliases):
            for form in {_plain(alias), read_unit(alias)[0]}:
                if form and column.name not in found.get(form, ()):
                    found[form] = (*found.get(form, ()), column.name)
    return found


def known_forms(spec: TableSpec) -> frozenset[str]:
    """Return the normalised names and aliases of all columns of a table."""
    return frozenset(_aliases(spec))


def candidates(header: str, spec: TableSpec) -> tuple[str, ...]:
    """Return the columns of `spec` that `header` may mean, the likeliest first.

    Examples
    --------
    >>> from clustercoop.graph.schema import tables
    >>> candidates("Объём отгрузки, млн руб.", tables()["links"])
    ('value',)
    """
    stripped = header.strip()
    if stripped in spec.names:
        return (stripped,)
    known = _aliases(spec)
    return known.get(_plain(stripped)) or known.get(read_unit(stripped)[0], ())


def count_matches(cells: Sequence[object], spec: TableSpec) -> int:
    """Return how many columns of `spec` the cells of a row name."""
    named = [candidates(cell, spec) for cell in cells if isinstance(cell, str) and 0 < len(cell) < 200]
    return len({name for names in named for name in names[:1]})


def match_headers(headers: Sequence[str], spec: TableSpec, where: str) -> HeaderMatch:
    """Match headers to the columns of a table: exact names first, then aliases.

    An alias that may mean two columns (``Организация``: the id or the name) takes the first that is free.
    A header whose unit the column cannot have (``Объём, тыс. тонн`` where money is needed) means nothing.
    Where two headers claim one id column and just one of them speaks of a code (``ИНН поставщика`` beside
    ``Поставщик``), the code wins and the other is set aside.

    Raises
    ------
    SchemaError
        Two headers mean one column, or a required column is missing.

    Examples
    --------
    >>> from clustercoop.graph.schema import tables
    >>> match = match_headers(["ИНН", "Организация", "Кластер"], tables()["participants"], "a.csv")
    >>> [(m.header, m.column.name) for m in match.columns]
    [('ИНН', 'participant_id'), ('Кластер', 'cluster_id'), ('Организация', 'name')]
    """
    options = {i: candidates(header, spec) for i, header in enumerate(headers)}
    wrong: dict[str, str] = {}
    for i, header in enumerate(headers):
        fitting = tuple(name for name in options[i] if read_unit(header)[1].fits(spec[name]))
        if options[i] and not fitting:
            wrong[header] = options[i][0]
        options[i] = fitting
    taken: dict[str, int] = {}
    aside: list[tuple[str, str]] = []

    def claim(position: int, names: tuple[str, ...]) -> None:
        free = next((name for name in names if name not in taken), "")
        if free:
            taken[free] = position
            return
        column, holder = names[0], taken[names[0]]
        stronger = _stronger(headers[holder], headers[position], spec[column])
        if stronger is None:
            raise SchemaError(
                f"Two columns of {where} both mean {column}: {headers[holder]!r} and {headers[position]!r}; "
                "rename or remove one."
            )
        weak = position if stronger == headers[holder] else holder
        taken[column] = position if weak == holder else holder
        aside.append((headers[weak], headers[taken[column]]))

    exact = {i for i, header in enumerate(headers) if header.strip() in spec.names}
    for certain in (True, False):
        for position in (i for i in options if (i in exact) is certain and len(options[i]) == 1):
            claim(position, options[position])
    for position in (i for i in options if len(options[i]) > 1):
        claim(position, options[position])
    missing = [name for name in spec.required if name not in taken]
    for header, name in wrong.items():
        if name in missing:
            raise SchemaError(
                f"The column {header!r} of {where} cannot be {name}: its unit is not one of "
                f"{_UNITS_OF[spec[name].type]}."
            )
    if missing:
        _refuse_years(headers, missing, where)
        seen = ", ".join(repr(h) for h in headers if h) or "none"
        raise SchemaError(
            f"{where} has no column {', '.join(missing)}, which the table {spec.name} needs; "
            f"its headers are: {seen[:600]}."
        )
    used = set(taken.values())
    weak_headers = {header for header, _ in aside} | set(wrong)
    unknown = tuple(h for i, h in enumerate(headers) if i not in used and h and h not in weak_headers)
    columns = tuple(
        Matched(taken[c.name], headers[taken[c.name]], c, read_unit(headers[taken[c.name]])[1])
        for c in spec.columns
        if c.name in taken
    )
    return HeaderMatch(columns, unknown, tuple(aside), tuple(wrong.items()))


def _refuse_years(headers: Sequence[str], missing: Sequence[str], where: str) -> None:
    """Say plainly that a table with a column for each year is not understood."""
    years = [header for header in headers if _YEAR_HEADER.fullmatch(header.strip())]
    if len(years) > 1:
        raise SchemaError(
            f"{where} has a column for each year ({', '.join(years[:3])} …); such wide tables are not "
            f"understood: give one row for each year, with the columns {', '.join(missing)}."
        )


def _stronger(first: str, second: str, column: ColumnSpec) -> str | None:
    """Return the one of two headers of an id column that alone speaks of a code, None without one."""
    if column.type != "id" or column.name in (first.strip(), second.strip()):
        return first if column.type == "id" and column.name == first.strip() != second.strip() else None
    codes = [names_code(header) for header in (first, second)]
    return None if codes[0] == codes[1] else (first if codes[0] else second)
