"""What a metric says of one formation: figures, what was noticed, and why a figure is unknown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.graph.findings import Finding, joined
from clustercoop.graph.formation import Formation
from clustercoop.graph.gaps import ALL, Gap

Scalar = float | int | str | bool | None
Flags = NDArray[np.bool_]
NAN: Final = float("nan")


def is_known(value: Any) -> bool:
    """Tell whether a cell holds a figure: NaN, None and "" are unknown."""
    return not (value is None or value == "" or value != value)


def known_cells(values: NDArray[Any]) -> Flags:
    """Tell which cells of a column hold a figure, shape (n,)."""
    if values.dtype == object:
        known = ~np.asarray(pd.isna(values), dtype=bool)
        known[known] = values[known] != ""
        return known
    return ~np.isnan(values) if values.dtype.kind == "f" else np.ones(len(values), dtype=bool)


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
        told = dict.fromkeys([*self.findings, *other.findings])
        return Measured(
            self.formation | other.formation,
            self.participants | other.participants,
            list(told),
            self.gaps + other.gaps,
        )


class Measuring(Measured):
    """A `Measured` being filled: columns are set, the others are unknown for the reasons given.

    Parameters
    ----------
    of : Formation
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

    def __init__(self, of: Formation, columns: str = "", people: str = "") -> None:
        super().__init__(
            dict.fromkeys(columns.split(), NAN),
            {name: np.full(of.n, NAN) for name in people.split()},
        )
        self.of = of
        self._said: set[str] = set()
        self._named: dict[str, Flags] = {}

    def __setitem__(self, column: str, value: Scalar) -> None:
        """Set a column of the formation."""
        self.formation[column] = value

    def tell(
        self,
        code: str,
        *,
        value: str = "",
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
            value=value,
            cluster_id=self.of.cluster_id,
            year=self.of.year,
            participant_id=who,
        )
        if finding not in self.findings:
            self.findings.append(finding)

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

    def unknown_of(
        self, which: Flags, code: str, *columns: str, values: Iterable[str] = (), detail: str = ""
    ) -> None:
        """Say that `columns` of the members of `which` are unknown by `code`, silently.

        `values` fill the sentence of each of them.
        """
        texts = list(values)
        for name in columns:
            open_cells = which & ~known_cells(self.participants[name]) & ~self._explained(name)
            for member in np.flatnonzero(open_cells).tolist():
                text = texts[member] if texts else ""
                self._gap(code, name, text, detail, str(self.of.ids[member]))
            self._named[name] = self._explained(name) | open_cells

    def _explained(self, name: str) -> Flags:
        return self._named.get(name, np.zeros(self.of.n, dtype=bool))

    def _unknown_members(self, code: str, name: str, value: str, detail: str) -> None:
        left = ~known_cells(self.participants[name]) & ~self._explained(name)
        if not left.any():
            return
        if name not in self._named:
            self._gap(code, name, value, detail, ALL)
        else:
            for member in np.flatnonzero(left).tolist():
                self._gap(code, name, value, detail, str(self.of.ids[member]))
        self._named[name] = self._explained(name) | left

    def _gap(self, code: str, column: str, value: str, detail: str, who: str) -> None:
        self.gaps.append(Gap(code, column, value, detail, self.of.cluster_id, self.of.year, who))

    def names(self, which: Flags) -> str:
        """Return the ids of the members of `which` for the detail of a gap or finding."""
        return joined(self.of.ids[which].astype(str).tolist())
