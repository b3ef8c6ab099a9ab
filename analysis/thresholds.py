"""Thresholds, role lists and rules of the classification: dated data, read and checked."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from clustercoop.analysis.rule_files import STATUSES, RuleFile
from clustercoop.graph.arrays import Objects
from clustercoop.graph.errors import DataError, ParameterError
from clustercoop.graph.schema import FIRST_YEAR, LAST_YEAR
from clustercoop.graph.shipped import shipped_rules
from clustercoop.graph.texts import refusal, row_text, told

LEVELS: Final = ("low", "medium", "high")
COMPONENTS: Final = ("effectiveness", "market", "innovation", "publications")
"""Of the integral potential of a specialisation."""

# Indicators are quotients of sums, so a boundary value arrives with the noise of a division.
RELATIVE_TOLERANCE: Final = 1e-9


def role_name(role: str) -> str:
    """Return `role` as roles are compared: letter case and outer spaces say nothing.

    Examples
    --------
    >>> role_name(" Firm ")
    'firm'
    """
    return role.strip().casefold()


@dataclass(frozen=True, slots=True)
class Band:
    """Two cut-offs: low < ``low_below`` ≤ medium ≤ ``high_above`` < high."""

    low_below: float
    high_above: float

    def levels(self, values: ArrayLike) -> Objects:
        """Return the level of each value, "" where it is unknown.

        A value within a relative 1e-9 of a cut-off counts as the cut-off.

        Examples
        --------
        >>> Band(0.1, 0.3).levels([0.0999, 0.1, 0.30000000000000004, 0.31, float("nan")]).tolist()
        ['low', 'medium', 'medium', 'high', '']
        """
        array = np.asarray(values, dtype=np.float64)
        out = np.full(array.shape, "", dtype=object)
        low = array < self.low_below * (1 - RELATIVE_TOLERANCE)
        high = array > self.high_above * (1 + RELATIVE_TOLERANCE)
        out[low] = "low"
        out[high] = "high"
        out[~low & ~high & ~np.isnan(array)] = "medium"
        return out

    def level(self, value: float) -> str:
        """Return the level of one known value, as `levels` does.

        Examples
        --------
        >>> [Band(0.1, 0.3).level(value) for value in (0.0999, 0.1, 0.30000000000000004, 0.31)]
        ['low', 'medium', 'medium', 'high']
        """
        if value < self.low_below * (1 - RELATIVE_TOLERANCE):
            return "low"
        return "high" if value > self.high_above * (1 + RELATIVE_TOLERANCE) else "medium"

    def possible(self, low: float, high: float) -> tuple[str, ...]:
        """Return the levels of the figures from `low` to `high`, in order; an end that is NaN is open.

        Both ends are exact: unlike a quotient, a stated bound carries no noise.

        Examples
        --------
        >>> Band(0.1, 0.3).possible(0.0, 0.0005), Band(0.1, 0.3).possible(0.2, float("nan"))
        (('low',), ('medium', 'high'))
        """
        least = -math.inf if math.isnan(low) else low
        most = math.inf if math.isnan(high) else high
        reached = (
            least < self.low_below,
            most >= self.low_below and least <= self.high_above,
            most > self.high_above,
        )
        return tuple(level for level, there in zip(LEVELS, reached, strict=True) if there)

    def moved(self, cut: str, factor: float) -> Band:
        """Return the band with one cut-off (``low_below`` or ``high_above``) times `factor`.

        Where it would pass the other one, that one moves along.

        Examples
        --------
        >>> Band(2.0, 4.0).moved("high_above", 0.5), Band(2.0, 3.0).moved("low_below", 2.0)
        (Band(low_below=2.0, high_above=2.0), Band(low_below=4.0, high_above=4.0))
        """
        if cut == "low_below":
            low = self.low_below * factor
            return Band(low, max(low, self.high_above))
        high = self.high_above * factor
        return Band(min(self.low_below, high), high)


@dataclass(frozen=True, slots=True)
class Origin:
    """When a set of values was entered, where it comes from and how sure that is."""

    date: str
    status: str
    row: Mapping[str, Any]
    id: str = ""

    def told(self, lang: str) -> str:
        """Return the source in `lang`, as it was written where there is no translation."""
        return row_text(self.row, "source", lang, self.id)


@dataclass(frozen=True, slots=True)
class Shock:
    """How industries are grouped by two months of a shock; per cent, see `policy.shock.shock_groups`."""

    first_month: str
    second_month: str
    moderate_fall: float
    recovered_to: float
    unaffected_fall: float
    winner_rise: float


@dataclass(frozen=True, slots=True)
class Specialisation:
    """Marked industries, weights of the integral potential, and clusters needed for relatedness."""

    promising: tuple[str, ...]
    weights: Mapping[str, float]
    least_clusters: int


@dataclass(frozen=True, eq=False)
class Thresholds:
    """Everything that the classification takes from data.

    Attributes
    ----------
    origin, rule_origin : Origin
        Of the two bands, and of the two-trait rule.
    currency : str
        ISO code; the bands are in millions of it per employee.
    years : tuple of int
        First and last year whose prices the bands are in.
    innovation, productivity : Band
        Of R&D expenses, and of value added, per employee.
    types, dysfunctions : mapping of (innovation level, productivity level) to str
        Names as they stand in ``formations.csv``.
    cooperation_above : float
        The rule's first trait holds when the cooperation ratio exceeds this.
    innovation_at_least : str
        The rule's second trait holds from this level up.
    non_producing, final_producers : frozenset of str
        Roles in lower case.
    difference : float
        Relative difference from which two sources of one figure are told of.
    shares_recorded, boundary_recorded : float
        Share of the known sales (purchases) that recorded flows must explain before a share of all of them
        is stated, and before what crosses the boundary is (`clustercoop.analysis.recording`).
    core_turnover : float
        Share of the members of two years' cores that are in one of them only, above which it has turned over.
    shock : Shock
    specialisation : Specialisation
    """

    origin: Origin
    currency: str
    years: tuple[int, int]
    innovation: Band
    productivity: Band
    types: Mapping[tuple[str, str], str]
    dysfunctions: Mapping[tuple[str, str], str]
    rule_origin: Origin
    cooperation_above: float
    innovation_at_least: str
    non_producing: frozenset[str]
    final_producers: frozenset[str]
    difference: float
    shares_recorded: float
    boundary_recorded: float
    core_turnover: float
    shock: Shock
    specialisation: Specialisation

    def produces(self, role: str) -> bool:
        """Tell whether a participant with `role` is expected to produce; an unknown role is.

        Examples
        --------
        >>> load_thresholds().produces(" University "), load_thresholds().produces("")
        (False, True)
        """
        return role_name(role) not in self.non_producing

    def is_final_producer(self, role: str) -> bool:
        """Tell whether `role` names a producer of final products."""
        return role_name(role) in self.final_producers


@cache
def _shipped() -> dict[str, Any]:
    return shipped_rules("analysis", "data", "thresholds.toml")


def load_thresholds(path: str | Path = "") -> Thresholds:
    """Read a thresholds file; the shipped one where `path` is empty.

    A file of one's own must state ``[about]`` (date, status, currency, source; years where the bands are of
    some years only), ``[innovation]`` and
    ``[productivity]``; other sections are taken from the shipped file where they are left out.

    Raises
    ------
    DataError
        The file cannot be read, is not TOML, or lacks a section or key.
    ParameterError
        A value lies outside its domain.

    Examples
    --------
    >>> shipped = load_thresholds()
    >>> shipped.innovation, shipped.productivity, shipped.currency
    (Band(low_below=0.1, high_above=0.3), Band(low_below=2.0, high_above=4.0), 'RUB')
    >>> shipped.types["high", "medium"]
    'transition to new models'
    """
    return _cached_shipped() if not str(path) else _read(Path(path))


@cache
def _cached_shipped() -> Thresholds:
    return _Reader("thresholds.toml", _shipped()).thresholds()


def _read(path: Path) -> Thresholds:
    file = RuleFile(path)
    known = ", ".join(_shipped())
    for name in sorted(set(file.data) - set(_shipped())):
        line = file.line(name, 0)
        raise refusal(DataError, "threshold_section", name=path, section=name, line=line, known=known)
    own = ("about", "innovation", "productivity")
    defaults = {name: section for name, section in _shipped().items() if name not in own}
    reader = _Reader(str(path), {**defaults, **file.data}, file)
    for name in file.data:
        reader.refuse_other_keys(name)
    return reader.thresholds()


_BANDS: Final = ("column",)
"""What a file may repeat and not change."""
_SAID: Final = ("date", "status", "source", "years")


class _Reader:
    """Reads checked values out of one thresholds file, naming section and key when one is wrong."""

    def __init__(self, name: str, data: Mapping[str, Any], file: RuleFile | None = None) -> None:
        self.name = name
        self.data = data
        self.file = file

    def refuse_other_keys(self, section: str) -> None:
        """Refuse what the shipped section has not: a misspelled key would leave what it is about unsaid."""
        table = self.data[section]
        if not isinstance(table, Mapping):
            return
        for key in _BANDS:
            shipped = _shipped()[section].get(key)
            if key in table and table[key] != shipped:
                raise self.wrong(section, key, "one_of", table[key], choices=shipped)
        of_levels = section in ("types", "dysfunctions")
        known = [*(LEVELS if of_levels else _shipped()[section]), *_SAID]
        tables: dict[str, tuple[Mapping[Any, Any], Sequence[str]]] = {section: (table, known)}
        if of_levels:
            rows = {f"{section}.{level}": row for level, row in table.items() if isinstance(row, Mapping)}
            tables |= {name: (row, LEVELS) for name, row in rows.items()}
        for name, (held, keys) in tables.items():
            for key in sorted(set(held) - set(keys)):
                if not key.startswith("source_"):
                    place = {"name": self.name, "section": name, "line": self.line(name, key)}
                    raise refusal(DataError, "threshold_key", **place, key=key, known=", ".join(keys))

    def line(self, section: str, key: str) -> int:
        return 0 if self.file is None else self.file.line(section.replace(".", chr(0)), 0, key)

    def thresholds(self) -> Thresholds:
        currency = self.text("about", "currency").upper()
        if len(currency) != 3 or not currency.isalpha():
            raise self.wrong("about", "currency", "iso", currency)
        return Thresholds(
            origin=self.origin("about"),
            currency=currency,
            years=self.years(),
            innovation=self.band("innovation"),
            productivity=self.band("productivity"),
            types=self.matrix("types", complete=True),
            dysfunctions=self.matrix("dysfunctions", complete=False),
            rule_origin=self.origin("rule_verdict"),
            cooperation_above=self.number("rule_verdict", "cooperation_above", high=1.0),
            innovation_at_least=self.choice("rule_verdict", "innovation_at_least", LEVELS),
            non_producing=self.names("roles", "non_producing"),
            final_producers=self.names("roles", "final_producer"),
            difference=self.number("checks", "difference", high=1.0),
            shares_recorded=self.number("recording", "shares_at_least", high=1.0),
            boundary_recorded=self.number("recording", "boundary_at_least", high=1.0),
            core_turnover=self.number("early_warnings", "core_turnover", high=1.0),
            shock=Shock(
                self.month("first_month"),
                self.month("second_month"),
                self.number("shock", "moderate_fall", high=100.0),
                self.number("shock", "recovered_to"),
                self.number("shock_chosen", "unaffected_fall", high=100.0),
                self.number("shock_chosen", "winner_rise"),
            ),
            specialisation=Specialisation(
                tuple(sorted(self.names("specialisation", "promising"))),
                {name: self.number("specialisation", name) for name in COMPONENTS},
                int(self.number("specialisation", "least_clusters")),
            ),
        )

    def wrong(self, section: str, key: str, must: str, got: object, **places: Any) -> ParameterError:
        place = {"name": self.name, "section": section, "key": key, "line": self.line(section, key)}
        be = told(f"must.{must}", **places)
        return refusal(ParameterError, "threshold_wrong", **place, must=be, got=repr(got))

    def value(self, section: str, key: str) -> Any:
        table = self.data.get(section)
        if not isinstance(table, Mapping):
            raise refusal(DataError, "threshold_no_section", name=self.name, section=section, key=key)
        if key not in table:
            raise refusal(DataError, "threshold_no_key", name=self.name, section=section, key=key)
        return table[key]

    def text(self, section: str, key: str) -> str:
        value = self.value(section, key)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(section, key, "text", value)
        return value.strip()

    def number(self, section: str, key: str, high: float = math.inf) -> float:
        value = self.value(section, key)
        domain, most = "up_to" if high < math.inf else "finite_not_negative", f"{high:g}"
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.wrong(section, key, domain, value, most=most)
        if not 0 <= value <= high:
            raise self.wrong(section, key, domain, value, most=most)
        return float(value)

    def month(self, key: str) -> str:
        value = self.text("shock", key)
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", value):
            raise self.wrong("shock", key, "month", value)
        return value

    def choice(self, section: str, key: str, allowed: tuple[str, ...]) -> str:
        value = self.text(section, key)
        if value not in allowed:
            raise self.wrong(section, key, "one_of", value, choices=", ".join(allowed))
        return value

    def names(self, section: str, key: str) -> frozenset[str]:
        value = self.value(section, key)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(section, key, "texts", value)
        return frozenset(item.strip().casefold() for item in value)

    def origin(self, section: str) -> Origin:
        self.text(section, "source")
        shipped = self.data[section] is _shipped()[section]
        return Origin(
            date=str(self.value(section, "date")),
            status=self.choice(section, "status", STATUSES),
            row=self.data[section],
            id=f"thresholds.{section}.source" if shipped else "",
        )

    def years(self) -> tuple[int, int]:
        given = self.data["about"].get("years", [FIRST_YEAR, LAST_YEAR])
        if (
            not isinstance(given, list)
            or len(given) != 2
            or not all(isinstance(year, int) and FIRST_YEAR <= year <= LAST_YEAR for year in given)
            or given[0] > given[1]
        ):
            raise self.wrong("about", "years", "two_years", given)
        return given[0], given[1]

    def band(self, section: str) -> Band:
        low, high = self.number(section, "low_below"), self.number(section, "high_above")
        if not 0 < low <= high:
            raise self.wrong(section, "high_above", "above_band", high, low=f"{low:g}")
        return Band(low, high)

    def matrix(self, section: str, *, complete: bool) -> dict[tuple[str, str], str]:
        table = self.data.get(section, {})
        out: dict[tuple[str, str], str] = {}
        for innovation in LEVELS:
            row = table.get(innovation, {}) if isinstance(table, Mapping) else {}
            for productivity in LEVELS:
                name = row.get(productivity, "") if isinstance(row, Mapping) else ""
                if complete and (not isinstance(name, str) or not name):
                    raise self.wrong(f"{section}.{innovation}", productivity, "type", name)
                if name:
                    out[innovation, productivity] = str(name)
        return out
