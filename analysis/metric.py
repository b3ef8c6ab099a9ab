"""What a metric says of one formation: figures, what was noticed, and why a figure is unknown."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple, TypeGuard

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.graph.arrays import Bools, Floats, Objects
from clustercoop.graph.columns import output_columns
from clustercoop.graph.findings import Finding, joined
from clustercoop.graph.formation import Formation
from clustercoop.graph.gaps import ALL, Gap
from clustercoop.graph.kinds import KINDS, Kind
from clustercoop.graph.threads import at_once

Scalar = float | int | str | bool | None
NAN: Final = float("nan")


def is_known(value: Any) -> bool:
    """Tell whether a cell holds a figure: NaN, NA, None and "" are unknown."""
    return not (value is None or value is pd.NA or value == "" or value != value)


def is_number(value: object) -> TypeGuard[float]:
    """Tell whether a value is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def number_of(value: object) -> float:
    """Return the number in a cell, NaN where there is none."""
    return float(value) if isinstance(value, int | float) else NAN


def text_of(value: object) -> str:
    """Return the text in a cell, "" where there is none."""
    return value if isinstance(value, str) else ""


def figures_in(frame: pd.DataFrame, column: str) -> Floats:
    """Return a column of figures, NaN where one is unknown, and throughout where the table lacks it."""
    if column not in frame:
        return np.full(len(frame), NAN)
    return frame[column].to_numpy("float64", na_value=NAN)


def known_cells(values: NDArray[Any]) -> Bools:
    """Tell which cells of a column hold a figure, shape (n,)."""
    if values.dtype == object:
        known = ~np.asarray(pd.isna(values), dtype=bool)
        known[known] = values[known] != ""
        return known
    return ~np.isnan(values) if values.dtype.kind == "f" else np.ones(len(values), dtype=bool)


@lru_cache(maxsize=64)
def _unknown(n: int) -> Floats:
    """Return a column of which nothing is known: one for all, so it is not written to."""
    cells = np.full(n, NAN)
    cells.flags.writeable = False
    return cells


@dataclass(eq=False)
class Measured:
    """Figures of one formation and of its members; what is declared and not set is unknown.

    Attributes
    ----------
    formation : dict of str to scalar
        Column of ``formations.csv`` → value.
    participants : dict of str to array, shape (n,)
        Column of ``participants.csv`` → one value a member, in the order of `Formation.members`.
    findings : list of Finding
        What was noticed.
    gaps : list of Gap
        Why cells are unknown.
    """

    formation: dict[str, Scalar] = field(default_factory=dict)
    participants: dict[str, NDArray[Any]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    def __add__(self, other: Measured) -> Measured:
        """Join the columns of two metrics; what both notice is told once."""
        return Measured.joined((self, other))

    @staticmethod
    def joined(parts: Iterable[Measured]) -> Measured:
        """Join the columns of several metrics; what more than one notices is told once."""
        whole = Measured()
        for part in parts:
            whole.formation |= part.formation
            whole.participants |= part.participants
            whole.findings += part.findings
            whole.gaps += part.gaps
        whole.findings = list(dict.fromkeys(whole.findings))
        return whole


class Place(NamedTuple):
    """A cluster-year of which no link and no activity tells: a formation without members."""

    cluster_id: str
    year: int
    ids: Objects = np.array([], dtype=object)


class Measuring(Measured):
    """A `Measured` being filled: columns are set, the others are unknown for the reasons given.

    Parameters
    ----------
    of : Formation or Place
    columns, people : str
        Names of the formation's and the members' columns that the metric makes, separated by spaces.

    Examples
    --------
    >>> from clustercoop.graph.model import SupplyGraph
    >>> import pandas as pd
    >>> graph = SupplyGraph.from_tables({
    ...     "participants": pd.DataFrame({"participant_id": ["a", "b"], "cluster_id": ["c", "c"]}),
    ...     "links": pd.DataFrame({"year": [2022], "supplier_id": ["a"], "buyer_id": ["b"], "value": [5.0]}),
    ... })
    >>> out = Measuring(graph.formation("c", 2022), "size weight age")
    >>> out["size"] = 2
    >>> out.unknown("no_sales", "weight")
    >>> out.unknown("no_purchases")
    >>> [(gap.column, gap.code) for gap in out.gaps]
    [('weight', 'no_sales'), ('age', 'no_purchases')]
    """

    def __init__(self, of: Formation | Place, columns: str = "", people: str = "") -> None:
        cells = dict.fromkeys(people.split(), _unknown(len(of.ids)))
        super().__init__(dict.fromkeys(columns.split(), NAN), cells)
        self.of = of
        self.sources: dict[str, str] = {}
        self._told: set[Finding] = set()
        self._said: set[str] = set()
        self._named: dict[str, Bools] = {}

    def __setitem__(self, column: str, value: Scalar) -> None:
        """Set a column of the formation."""
        self.formation[column] = value

    def __getitem__(self, column: str) -> Any:
        """Return what a column of the formation holds, NaN where it is unknown."""
        return self.formation[column]

    def tell(
        self,
        code: str,
        *,
        value: float | str = "",
        detail: str = "",
        column: str = "",
        table: str = "",
        member: int | None = None,
    ) -> None:
        """Add a finding about the formation, or about its member number `member`."""
        who = "" if member is None else str(self.of.ids[member])
        finding = Finding(
            code,
            detail=detail,
            table=table,
            column=column,
            value=value if isinstance(value, str) else "" if value != value else f"{value:.6g}",
            cluster_id=self.of.cluster_id,
            year=self.of.year,
            participant_id=who,
        )
        if finding not in self._told:
            self._told.add(finding)
            self.findings.append(finding)

    def tell_each(
        self, code: str, which: Bools, values: NDArray[Any], beside: NDArray[Any] | None = None, **place: str
    ) -> None:
        """Add a finding about each member of `which`; its detail is the figure `beside` its value."""
        for member in np.flatnonzero(which).tolist():
            detail = "" if beside is None else f"{beside[member]:.6g}"
            self.tell(code, value=float(values[member]), member=member, detail=detail, **place)

    def unknown(
        self,
        code: str,
        *columns: str,
        value: str = "",
        detail: str = "",
        column: str = "",
        silent: bool = False,
    ) -> None:
        """Say that `columns`, or all that are not known and not explained yet, are unknown by `code`.

        A finding tells of it as well (in its ``column``: `column`), unless `silent`.
        """
        if not silent:
            self.tell(code, value=value, detail=detail, column=column)
        for name in columns or [*self.formation, *self.participants]:
            if name in self.formation and name not in self._said and not is_known(self.formation[name]):
                self._said.add(name)
                self._gap(code, name, value, detail, "")
            if name in self.participants:
                self._unknown_members(code, name, value, detail)

    def leave_empty(self, code: str, *columns: str, value: str = "", detail: str = "") -> None:
        """Say that these columns of the formation are unknown by `code`, whatever stood there."""
        for name in columns:
            if name != ALL:
                self.formation[name] = NAN
            self._said.add(name)
            self._gap(code, name, value, detail, "")

    def explains(self, column: str) -> bool:
        """Tell whether it is said why a column of the formation is unknown."""
        return any(gap.column == column and not gap.participant_id for gap in self.gaps)

    def reasons(self, silent: Collection[str]) -> list[Finding]:
        """Drop the formation's gaps that were filled; return one finding a reason, naming what it empties.

        Codes of `silent` are told of elsewhere.
        """
        told: dict[tuple[str, str, str], list[str]] = {}
        figures = self.formation
        self.gaps = [gap for gap in self.gaps if gap.participant_id or not is_known(figures.get(gap.column))]
        for gap in self.gaps:
            if not gap.participant_id and gap.code not in silent:
                told.setdefault((gap.code, gap.value, gap.detail), []).append(gap.column)
        place: dict[str, Any] = {
            "table": "formations",
            "cluster_id": self.of.cluster_id,
            "year": self.of.year,
        }
        return [
            Finding(code, detail, value=value, column=", ".join(names).strip(ALL), **place)
            for (code, value, detail), names in told.items()
        ]

    def unknown_of(self, which: Bools, code: str, *columns: str, values: Iterable[str] = ()) -> None:
        """Say that `columns` of the members of `which` are unknown by `code`, silently.

        `values` fill the sentence of each of them.
        """
        texts, somebody = list(values), which.any()
        for name in columns:
            if not somebody:
                self._named.setdefault(name, self._explained(name))
                continue
            open_cells = which & ~known_cells(self.participants[name]) & ~self._explained(name)
            for member in np.flatnonzero(open_cells).tolist():
                text = texts[member] if texts else ""
                self._gap(code, name, text, "", str(self.of.ids[member]))
            self._named[name] = self._explained(name) | open_cells

    def _explained(self, name: str) -> Bools:
        return self._named.get(name, np.zeros(len(self.of.ids), dtype=bool))

    def _unknown_members(self, code: str, name: str, value: str, detail: str) -> None:
        left, named = ~known_cells(self.participants[name]), self._named.get(name)
        if named is not None:
            left &= ~named
        if not np.count_nonzero(left):
            return
        if named is None:
            self._gap(code, name, value, detail, ALL)
        else:
            for member in np.flatnonzero(left).tolist():
                self._gap(code, name, value, detail, str(self.of.ids[member]))
        self._named[name] = left if named is None else named | left

    def _gap(self, code: str, column: str, value: str, detail: str, who: str) -> None:
        self.gaps.append(Gap(code, column, value, detail, self.of.cluster_id, self.of.year, who))

    def names(self, which: Bools) -> str:
        """Return the ids of the members of `which` for the detail of a gap or finding."""
        return joined(self.of.ids[which].astype(str).tolist())


def tables_of(
    places: Sequence[Formation | Place], measured: Sequence[Measured], columns: str = "", people: str = ""
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what is measured of formations as a table of these and one of their members, keys first.

    Members' columns are taken out of `measured`: of a country they are not held twice.
    `columns` and `people` are there even where there is no formation, and no member.
    """
    sizes = [len(place.ids) for place in places]
    keys: dict[str, Any] = {
        "cluster_id": np.array([place.cluster_id for place in places], dtype=object),
        "year": np.array([place.year for place in places], dtype=np.int64),
    }
    cells: dict[str, Any] = {
        "cluster_id": KINDS["id"].cells(keys["cluster_id"]).take(np.repeat(np.arange(len(sizes)), sizes)),
        "year": np.repeat(keys["year"], sizes),
    }
    cells["participant_id"] = np.concatenate([np.array([], dtype=object), *(place.ids for place in places)])
    names = [*columns.split(), *(name for found in measured for name in found.formation)]
    for name in dict.fromkeys(names):
        keys[name] = [found.formation.get(name) for found in measured]

    def column(name: str) -> Any:
        if name in cells:
            return _typed(name, cells[name], "participants")
        parts = [
            found.participants.pop(name) if name in found.participants else np.full(size, None)
            for found, size in zip(measured, sizes, strict=True)
        ]
        alike = len({part.dtype for part in parts}) == 1
        held = np.concatenate(parts or [np.array([])], dtype=None if alike else object)
        return _typed(name, held, "participants")

    names = [*cells, *people.split(), *(name for found in measured for name in found.participants)]
    names = list(dict.fromkeys(names))
    columns_of = at_once(column, names, rows=sum(sizes))
    return (
        pd.DataFrame({name: _typed(name, held, "formations") for name, held in keys.items()}),
        pd.DataFrame(dict(zip(names, columns_of, strict=True)), copy=False),
    )


def _typed(name: str, cells: Any, table: str) -> Any:
    kind = _kinds(table).get(name)
    return kind.cells(cells) if kind else cells


@cache
def _kinds(table: str) -> dict[str, Kind]:
    return {column.column: KINDS[column.kind] for column in output_columns(table)}
