"""What to ask, and of whom: missing or doubtful cells, each with the figures that it would make known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.analysis import chain, entrainment
from clustercoop.analysis.closedness.measure import measure as measure_closedness
from clustercoop.analysis.cooperation import measure_formation_row
from clustercoop.analysis.members import Members, YearContext, read_members
from clustercoop.analysis.metric import Flags, Measured, is_known
from clustercoop.analysis.thresholds import load_thresholds
from clustercoop.graph.columns import output_columns
from clustercoop.graph.findings import catalogue
from clustercoop.graph.formation import FloatArray, Formation
from clustercoop.graph.gaps import ALL
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings

COLUMNS: Final = (
    "cluster_id",
    "year",
    "participant_id",
    "table",
    "column",
    "state",
    "unlocks",
    "figures",
    "figures_waiting",
)
CELLS: Final = ("output", "value_added", "purchases", "employees", "rd_expenses")
# Made with the year before: what this year's cells alone make known is not said.
ACROSS: Final = ("local_sourcing_change",)
# Not given in a currency other than that of the thresholds.
CLASSES: Final = ("innovation_level", "productivity_level", "ecosystem_type")
MOST: Final = 12
"""Cells of one column of a formation that are tried one by one; beyond that only all of them together."""
WORK: Final = 3000
"""Members times tries of a column: a large formation is tried fewer times, or only as a whole."""
_ROOM: Final = 1.25
"""A stand-in output exceeds what is recorded of the member by this factor: any larger one does as well."""


@dataclass(frozen=True, slots=True)
class Request:
    """One cell to ask for.

    Attributes
    ----------
    cluster_id, year, participant_id : str, int, str
        Of whom; `clustercoop.graph.gaps.ALL` is every member whose cell is empty.
    table, column : str
        Of the input; columns joined by ``; `` are to be given together.
    state : {"missing", "doubtful"}
        A doubtful cell holds a figure that others contradict.
    figures : tuple of str
        Columns of the formation that become known with this alone.
    waiting : tuple of str
        Columns that wait for it, and maybe for others.
    """

    cluster_id: str
    year: int
    participant_id: str
    table: str
    column: str
    state: str
    figures: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


def requests_frame(requests: Iterable[Request]) -> pd.DataFrame:
    """Return requests as a table with `COLUMNS`, those that make most figures known first."""
    rows = [
        (
            *(one.cluster_id, one.year, one.participant_id, one.table, one.column, one.state),
            len(one.figures),
            "; ".join(one.figures),
            "; ".join(one.waiting),
        )
        for one in sorted(
            requests,
            key=lambda r: (
                *(-len(r.figures), -len(r.waiting), r.cluster_id, r.year, r.participant_id),
                *(r.table, r.column),
            ),
        )
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    text = {name: "str" for name in COLUMNS if name not in ("year", "unlocks")}
    return frame.astype(text | {"year": "Int64", "unlocks": "Int64"})


def ask(
    formation: Formation,
    cores: Mapping[tuple[str, int], NDArray[Any]],
    contexts: Mapping[int, YearContext],
    settings: Settings,
    graph: SupplyGraph,
) -> list[Request]:
    """Return the cells to ask for about one formation.

    Each missing or contradicted cell is given a stand-in that fits everything recorded, and the formation
    is measured again: what is known then and was not before is what the cell alone makes known. A stand-in
    is no estimate and its figures go nowhere; a true value that contradicts other cells makes less known.

    Parameters
    ----------
    formation : Formation
    cores : mapping of (cluster, year) to array of bool, shape (n,)
        Cores of formations that have one; these cells do not change it.
    contexts : mapping of int to YearContext
    settings : Settings
    graph : SupplyGraph
    """
    core = cores.get((formation.cluster_id, formation.year))
    trial = _Trial(formation, core, contexts[formation.year], settings, graph)
    requests: list[Request] = []
    for column in CELLS:
        requests += trial.column(column)
    return requests + trial.several(requests)


def ask_of_gaps(gaps: pd.DataFrame) -> list[Request]:
    """Return what gaps wait for that is no cell of activity: records of links, roles, kinds, dates.

    A code says so in the column ``asks`` of the catalogue of codes, as ``table.column``.
    """
    asks = {code: entry.asks for code, entry in catalogue().items() if entry.asks}
    mine = gaps[gaps["year"].notna() & (gaps["participant_id"] == "") & gaps["code"].isin(asks)]
    waiting: dict[tuple[str, int, str], dict[str, None]] = {}
    for cluster, year, column, code in zip(
        mine["cluster_id"], mine["year"], mine["column"], mine["code"], strict=True
    ):
        waiting.setdefault((str(cluster), int(year), asks[code]), {})[str(column)] = None
    found = []
    for (cluster, year, asked), columns in waiting.items():
        table, _, name = asked.partition(".")
        found.append(Request(cluster, year, ALL, table, name, "missing", (), tuple(columns)))
    return found


class _Trial:
    """One formation, measured with cells filled in."""

    def __init__(
        self,
        formation: Formation,
        core: NDArray[Any] | None,
        context: YearContext,
        settings: Settings,
        graph: SupplyGraph,
    ) -> None:
        self.formation, self.core, self.context = formation, core, context
        self.settings, self.graph = settings, graph
        self.thresholds = load_thresholds(settings.thresholds)
        self.members: Members = read_members(formation, context, settings, self.thresholds)
        inside = (
            np.zeros(formation.n, bool) if core is None else np.array([c is True or c == 1 for c in core])
        )
        flows = formation.supplied_inside + formation.bought_inside > 0
        self.expected: Flags = self.members.producing | (self.members.supply > 0) | (inside & flows)
        self.classifies = graph.currency.upper() == self.thresholds.currency
        self.most = min(MOST, 1 + WORK // formation.n)

    @cached_property
    def known(self) -> frozenset[str]:
        """Columns that are known as the data are."""
        return self.figures({})

    def figures(self, cells: Mapping[str, FloatArray]) -> frozenset[str]:
        """Return the formation's columns that are known where `cells` replace those given."""
        tried = replace(self.formation, activity={**self.formation.activity, **cells})
        asked = self.settings.metrics.split(",")
        found: Measured = measure_formation_row(tried, self.context, self.settings)
        if "closedness" in asked:
            found += measure_closedness(tried, self.settings, self.graph)
        if "chain" in asked:
            found += chain.positions(tried, self.settings)
        if "core" in asked:
            found += entrainment.measure(tried, self.settings, self.core)
        return self.derived({name for name, value in found.formation.items() if is_known(value)})

    def gained(self, cells: Mapping[str, FloatArray]) -> tuple[str, ...]:
        """Return what `cells` make known, in the order of the table, with what is derived from it alone."""
        new = self.figures(cells) - self.known
        return tuple(c.column for c in output_columns("formations") if c.column in new and not c.empty)

    def derived(self, known: set[str]) -> frozenset[str]:
        """Return `known` with the columns that follow from them alone."""
        every = [column for column in output_columns("formations") if column.needs and not column.empty]
        made = [column for column in every if column.column not in ACROSS]
        while more := {
            column.column
            for column in made
            if column.column not in known
            and known.issuperset(column.needs)
            and (self.classifies or column.column not in CLASSES)
        }:
            known |= more
        return frozenset(known)

    def column(self, name: str) -> list[Request]:
        """Return the requests for cells of one column."""
        empty, doubtful = self.state(name)
        missing = np.flatnonzero(empty | doubtful).tolist()
        if not missing:
            return []
        together = self.gained({name: self.filled(name, missing)})
        whole = len(missing) == int(self.expected.sum())
        if (whole or len(missing) > self.most) and len(missing) > 1:
            if not together:
                return []
            every = self.request(ALL, name, "missing", together)
            return [every if whole else replace(every, figures=(), waiting=together)]
        out = []
        for member in missing:
            alone = together if len(missing) == 1 else self.gained({name: self.filled(name, [member])})
            rest = tuple(column for column in together if column not in alone)
            if alone or rest:
                state = "doubtful" if doubtful[member] else "missing"
                out.append(
                    replace(self.request(str(self.formation.ids[member]), name, state, alone), waiting=rest)
                )
        return out

    def several(self, said: list[Request]) -> list[Request]:
        """Return the requests for several cells of one member that make more known together."""
        lacking: dict[int, list[str]] = {}
        for name in CELLS:
            empty, doubtful = self.state(name)
            where = np.flatnonzero(empty | doubtful).tolist()
            for member in where if len(where) <= self.most else ():
                lacking.setdefault(member, []).append(name)
        out = []
        for member, names in lacking.items():
            if len(names) < 2:
                continue
            who = str(self.formation.ids[member])
            alone = {column for one in said if one.participant_id == who for column in one.figures}
            cells: dict[str, FloatArray] = {}
            for name in names:
                cells[name] = self.filled(name, [member], cells)
            more = tuple(column for column in self.gained(cells) if column not in alone)
            if more:
                out.append(self.request(who, "; ".join(names), "missing", more))
        return out

    def request(self, who: str, column: str, state: str, figures: tuple[str, ...]) -> Request:
        """Return a request of this formation."""
        return Request(
            self.formation.cluster_id, self.formation.year, who, "activity", column, state, figures
        )

    def state(self, name: str) -> tuple[Flags, Flags]:
        """Return which expected cells of a column are empty, and which hold what others contradict."""
        given: FloatArray = getattr(self.formation, name)
        clean: FloatArray = getattr(self.members, name)
        empty = np.isnan(given) & self.expected
        doubtful = ~np.isnan(given) & np.isnan(clean)
        if name == "output":
            bought = self.formation.bought_inside
            doubtful |= self.members.above_one | (self.members.without_output & ~np.isnan(given))
            doubtful |= bought > given * (1 + 1e-9)
        if name == "value_added":
            room = self.members.output - self.formation.bought_inside
            doubtful |= given > room * (1 + 1e-9)
        return empty, doubtful & ~empty

    def filled(
        self, name: str, members: list[int], before: Mapping[str, FloatArray] | None = None
    ) -> FloatArray:
        """Return the column with stand-ins that contradict nothing recorded of the `members`."""
        f = self.formation
        cells = {**{column: getattr(f, column) for column in CELLS}, **(before or {})}
        bought, sold = f.bought_inside + f.purchases_outside, f.supplied_inside + f.sales_outside
        added = np.nan_to_num(np.maximum(cells["value_added"], 0))
        given = np.nan_to_num(np.maximum(cells["purchases"], 0))
        most = np.maximum(np.maximum(sold, bought + added), given + added) + f.self_supply
        most = np.maximum(most, np.nan_to_num(f.used_by_participants))
        output = np.where(np.isnan(cells["output"]), most * _ROOM, cells["output"])
        stand_in: FloatArray = {
            "output": np.where(most > 0, most * _ROOM, 1.0),
            "value_added": np.maximum(output - np.maximum(bought, given) - f.self_supply, 0) / 2,
            "purchases": np.maximum(bought + f.self_supply, 1.0),
            "employees": np.ones(f.n),
            "rd_expenses": np.full(f.n, 0.1),
        }[name]
        out: FloatArray = cells[name].copy()
        out[members] = stand_in[members]
        return out
