"""What moves a type: thresholds shifted one at a time, and figures moved within their bounds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import Any, Final, NamedTuple

from clustercoop.analysis.metric import number_of, text_of
from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.thresholds import LEVELS, Band, Thresholds

SHIFTS: Final = (-0.2, -0.1, 0.1, 0.2)
AXES: Final = {"innovation": "rd_per_employee", "productivity": "value_added_per_employee"}
CUTS: Final = ("low_below", "high_above")


class Figure(NamedTuple):
    """One indicator of a cluster-year: its value and bounds, NaN where unknown.

    The value is that of the members that report it, who hold `coverage` of the employees (NaN where an
    indicator states it); the bounds are those of all members.
    """

    value: float
    low: float
    high: float
    coverage: float = float("nan")

    @property
    def known(self) -> bool:
        """Whether the value itself is."""
        return not math.isnan(self.value)

    @property
    def settled(self) -> bool:
        """Whether anything is."""
        return self.known or not (math.isnan(self.low) and math.isnan(self.high))

    def levels(self, band: Band) -> tuple[str, ...]:
        """Return the levels that it can have."""
        if self.known:
            return (band.level(self.value),)
        return band.possible(self.low, self.high) if self.settled else LEVELS

    @property
    def whole(self) -> bool:
        """Whether the value is that of all members."""
        return self.value == self.low == self.high

    def allowed(self, band: Band) -> tuple[str, ...]:
        """Return the levels that the figure of all members can have."""
        return self.levels(band) if self.whole or not self.known else band.possible(self.low, self.high)


class Move(NamedTuple):
    """One cut-off moved by a share of itself."""

    axis: str
    cut: str
    shift: float

    @property
    def name(self) -> str:
        """The cut-off, as a term."""
        return f"{self.axis}.{self.cut}"


@dataclass(frozen=True, slots=True)
class Placed:
    """A cluster-year in the plane of innovation and productivity."""

    cluster_id: str
    year: int
    ecosystem_type: str
    dysfunction: str
    innovation: Figure
    productivity: Figure

    def types(self, thresholds: Thresholds) -> tuple[tuple[str, str], ...]:
        """Return the types that it can be of, each with its dysfunction ("" for none)."""
        return _types(thresholds, *(self.figure(axis).levels(getattr(thresholds, axis)) for axis in AXES))

    def types_allowed(self, thresholds: Thresholds) -> tuple[tuple[str, str], ...]:
        """Return the types that the figures of all members allow, likewise."""
        return _types(thresholds, *(self.figure(axis).allowed(getattr(thresholds, axis)) for axis in AXES))

    def types_within(self, thresholds: Thresholds, share: float) -> tuple[str, ...]:
        """Return the types that it can be of when each cut-off moves by up to `share` of itself.

        A level that any such move reaches is reached by one cut-off moved all the way.
        """
        reached = []
        for axis in AXES:
            bands = _around(getattr(thresholds, axis), share)
            found = {level for each in bands for level in self.figure(axis).levels(each)}
            reached.append([level for level in LEVELS if level in found])
        return tuple(dict.fromkeys(thresholds.types[first, second] for first, second in product(*reached)))

    def figure(self, axis: str) -> Figure:
        """Return the figure of one axis."""
        return self.innovation if axis == "innovation" else self.productivity


@cache
def _around(band: Band, share: float) -> tuple[Band, ...]:
    """Return a band as it is, and with each cut-off moved by `share` of itself, up and down."""
    return band, *(band.moved(cut, 1 + sign * share) for cut in CUTS for sign in (-1, 1))


def _types(thresholds: Thresholds, *levels: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    cells = ((innovation, productivity) for innovation, productivity in product(*levels))
    return tuple((thresholds.types[cell], thresholds.dysfunctions.get(cell, "")) for cell in cells)


def placed(analysed: Analysed) -> list[Placed]:
    """Return the cluster-years whose figures the thresholds apply to and of which anything is known.

    Where a type was judged in constant prices, so are the figures here.
    """
    if not analysed.applies:
        return []
    out = []
    first, last = analysed.thresholds.years
    ends = ("", "_low", "_high", "_constant")
    names = ["cluster_id", "year", "price_year", "ecosystem_type", "dysfunction"]
    names += [f"{column}{end}" for column in AXES.values() for end in ends]
    names += [column.replace("per_employee", "coverage") for column in AXES.values()]
    held = [name for name in names if name in analysed.formations]
    for row in analysed.formations[held].to_dict("records"):
        base = number_of(row.get("price_year"))
        nominal = first <= int(row["year"]) <= last or not first <= base <= last
        figures = {axis: _figure(row, column, nominal) for axis, column in AXES.items()}
        if not any(figure.settled for figure in figures.values()):
            continue
        kind, dysfunction = (text_of(row[name]) for name in ("ecosystem_type", "dysfunction"))
        out.append(Placed(str(row["cluster_id"]), int(row["year"]), kind, dysfunction, **figures))
    return out


def _figure(row: Mapping[Any, Any], column: str, nominal: bool) -> Figure:
    ends = ("", "_low", "_high", "_constant")
    value, low, high, fixed = (number_of(row.get(f"{column}{end}")) for end in ends)
    found = Figure(value, low, high, number_of(row.get(column.replace("per_employee", "coverage"))))
    if nominal or math.isnan(fixed):
        return found
    return found._replace(value=fixed, **dict.fromkeys(("low", "high"), fixed if found.whole else math.nan))


def moves() -> Iterator[Move]:
    """Yield every shift of every cut-off."""
    for axis in AXES:
        for cut in CUTS:
            for shift in SHIFTS:
                yield Move(axis, cut, shift)


def moved(thresholds: Thresholds, move: Move) -> Thresholds:
    """Return `thresholds` with one cut-off moved."""
    band: Any = getattr(thresholds, move.axis).moved(move.cut, 1 + move.shift)
    return replace(thresholds, **{move.axis: band})
