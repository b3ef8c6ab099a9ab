"""What to ask, and of whom: missing or doubtful cells, each with the figures that it would make known."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clustercoop.analysis import chain, entrainment
from clustercoop.analysis.closedness.measure import pieces as closedness_pieces
from clustercoop.analysis.cooperation import measure_per_employee, measure_trade
from clustercoop.analysis.large import attempted
from clustercoop.analysis.members import Members, YearContext, clean, read_members
from clustercoop.analysis.metric import Measured, is_known
from clustercoop.analysis.thresholds import load_thresholds
from clustercoop.analysis.trade import bought_beyond, from_others
from clustercoop.graph.arrays import Bools, Floats
from clustercoop.graph.columns import output_columns
from clustercoop.graph.findings import catalogue
from clustercoop.graph.formation import Formation
from clustercoop.graph.gaps import ALL
from clustercoop.graph.kinds import text_table
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
# Reasons of links, kinds and roles alone.
OF_LINKS: Final = frozenset(
    {
        "bounds_none",
        "kinds_partly_unknown",
        "kinds_unstated",
        "knowledge_links_none",
        "knowledge_roles_unknown",
        "no_industry_code",
        "no_internal_links",
    }
)
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
    return text_table(rows, COLUMNS, ("year", "unlocks"))


def ask(
    formation: Formation,
    cores: Mapping[tuple[str, int], NDArray[Any]],
    contexts: Mapping[int, YearContext],
    settings: Settings,
    graph: SupplyGraph,
    measured: Mapping[tuple[str, int], Given],
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
    measured : mapping of (cluster, year) to Given
        What the analysis found of formations without open rows; it is not measured once more.
    """
    key = formation.cluster_id, formation.year
    context, known = contexts[formation.year], measured.get(key, Given())
    trial = _Trial(formation, cores.get(key), context, settings, graph, known)
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
    held = (mine[name].tolist() for name in ("cluster_id", "year", "column", "code"))
    for cluster, year, column, code in zip(*held, strict=True):
        waiting.setdefault((str(cluster), int(year), asks[code]), {})[str(column)] = None
    found = []
    for (cluster, year, asked), columns in waiting.items():
        table, _, name = asked.partition(".")
        found.append(Request(cluster, year, ALL, table, name, "missing", (), tuple(columns)))
    return found


class _Watched(dict[str, Any]):
    """Columns of activity that remember which of them were looked at."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        super().__init__(columns)
        self.seen: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.seen.add(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """Return a column, `default` where there is none."""
        self.seen.add(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self.seen.add(str(name))
        return super().__contains__(name)

    def __iter__(self) -> Iterator[str]:
        self.seen.update(CELLS)
        return super().__iter__()


_DECLARED: Final[dict[Callable[..., Measured], frozenset[str]]] = {}
"""Columns of formations that a function makes, known or not, once it has been called."""
_EVERYTHING: Final[set[Callable[..., Measured]]] = set()
"""Functions that looked at all `CELLS` when last watched: watching them again costs more than it spares."""


@dataclass(frozen=True, slots=True)
class Given:
    """What is known as the data are.

    Attributes
    ----------
    known : frozenset of str
        Columns of the formation.
    apart : frozenset of str
        Columns that no cell of activity would make known.
    cells : frozenset of str
        Cells that were looked at: where it looked at none of a column, it comes out the same whatever stands
        there.
    """

    known: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()
    cells: frozenset[str] = frozenset(CELLS)

    @classmethod
    def of(cls, found: Measured, cells: Iterable[str] = CELLS) -> Given:
        """Return what is known of the formation where `found` was measured, which looked at `cells`."""
        known = frozenset(name for name, value in found.formation.items() if is_known(value))
        apart = frozenset(gap.column for gap in found.gaps if gap.code in OF_LINKS and not gap.participant_id)
        return cls(known, apart, frozenset(cells))

    def __add__(self, other: Given) -> Given:
        """Join what two measures say."""
        return Given(self.known | other.known, self.apart | other.apart, self.cells | other.cells)


@cache
def _columns() -> dict[str, tuple[str, ...]]:
    """Return the columns of formations that are not always empty, each with those that it follows from."""
    return {column.column: tuple(column.needs) for column in output_columns("formations") if not column.empty}


class _Trial:
    """One formation, measured with cells filled in."""

    def __init__(
        self,
        formation: Formation,
        core: NDArray[Any] | None,
        context: YearContext,
        settings: Settings,
        graph: SupplyGraph,
        measured: Given,
    ) -> None:
        self.formation, self.core, self.context = formation, core, context
        self.settings, self.graph, self.measured = settings, graph, measured
        self.thresholds = load_thresholds(settings.thresholds)
        self.members: Members = read_members(formation, context, settings, self.thresholds)
        inside = np.zeros(formation.n, bool) if core is None else np.asarray(core == 1, bool)
        flows = formation.supplied_inside + formation.bought_inside > 0
        self.expected: Bools = self.members.producing | (self.members.supply > 0) | (inside & flows)
        self.classifies = graph.currency.upper() == self.thresholds.currency
        self.most = min(MOST, 1 + WORK // formation.n)

    @cached_property
    def pieces(self) -> tuple[partial[Measured], ...]:
        """What is measured again, piece by piece."""
        asked = self.settings.metrics.split(",")
        out = [
            partial(measure_trade, context=self.context, settings=self.settings),
            partial(measure_per_employee, settings=self.settings),
        ]
        if "closedness" in asked:
            out += closedness_pieces(self.settings, self.graph)
        if "chain" in asked:
            out.append(partial(chain.positions, settings=self.settings))
        if "core" in asked:
            out.append(partial(entrainment.measure, settings=self.settings, core=self.core))
        return tuple(out)

    @cached_property
    def given(self) -> list[Given]:
        """What each piece makes known as the data are."""
        out = []
        for piece in self.pieces:
            columns = _DECLARED.get(piece.func, frozenset())
            known = columns & self.measured.known
            # The analysis knows more of the core than this does, so that it may say less of it.
            whole = columns <= self.measured.known | self.measured.apart
            told = self.measured.known and (whole or piece.func is not entrainment.measure)
            if told and (known or piece.func in _EVERYTHING):
                out.append(replace(self.measured, known=known, cells=self.cells(piece)))
                continue
            shown = self.shown(piece, self.formation)
            cells = _Watched(shown.activity)
            found = self.found(piece, shown.with_figures(cells))
            (_EVERYTHING.add if cells.seen.issuperset(CELLS) else _EVERYTHING.discard)(piece.func)
            out.append(Given.of(found, cells.seen))
        return out

    def cells(self, piece: partial[Measured]) -> frozenset[str]:
        """Return the columns that a piece may look at."""
        if piece.func is measure_per_employee:
            return frozenset(CELLS) - {"purchases"}
        if piece.func is measure_trade:  # value added says how much was purchased where nobody else does
            also = ("value_added",) if np.isnan(self.formation.purchases).any() else ()
            return frozenset(("output", "purchases", *also))
        return frozenset(CELLS)

    def shown(self, piece: partial[Measured], formation: Formation) -> Formation:
        """Return `formation` without the columns that a piece must not look at, which would then fail."""
        cells = self.cells(piece)
        if len(cells) == len(CELLS):
            return formation
        hidden = set(CELLS) - cells
        return formation.with_figures({k: held for k, held in formation.activity.items() if k not in hidden})

    def found(self, piece: partial[Measured], formation: Formation) -> Measured:
        """Return what a piece measures of `formation`."""
        found = attempted(partial(piece, formation))
        if found.formation:  # not given up
            _DECLARED.setdefault(piece.func, frozenset(found.formation))
        return found

    @cached_property
    def lacking(self) -> list[bool]:
        """Whether each piece leaves a column unknown that a cell of activity may make known."""
        declared = (_DECLARED.get(piece.func) for piece in self.pieces)
        pairs = zip(declared, self.given, strict=True)
        return [not columns or not columns <= given.known | given.apart for columns, given in pairs]

    @cached_property
    def known(self) -> frozenset[str]:
        """Columns that are known as the data are."""
        return self.derived(set().union(*(given.known for given in self.given)))

    def tried(
        self, cells: Mapping[str, Floats], among: Collection[int] | None = None
    ) -> tuple[frozenset[str], list[int]]:
        """Return the columns that are known where `cells` replace those given, and which pieces gained.

        Only the pieces `among` are measured again where that is said, of these what looks at the cells and
        lacks a column; the others can at most lose one, which matters for what is derived from it.
        """
        formation = self.formation.with_figures({**self.formation.activity, **cells})
        found = [given.known for given in self.given]
        asked = [
            at
            for at, given in enumerate(self.given)
            if (among is None or at in among) and not given.cells.isdisjoint(cells)
        ]
        for lacks in (True, False):
            for at in asked:
                if self.lacking[at] is lacks:
                    piece = self.pieces[at]
                    found[at] = Given.of(self.found(piece, self.shown(piece, formation))).known
            gained = [at for at in asked if found[at] - self.given[at].known]
            known = self.derived(set().union(*found))
            if known - self.known <= set().union(*(found[at] for at in gained)):
                break
        return known, gained

    def gained(
        self, cells: Mapping[str, Floats], among: Collection[int] | None = None
    ) -> tuple[tuple[str, ...], list[int]]:
        """Return what `cells` make known, with what is derived from it, in order, and by which pieces."""
        found, by = self.tried(cells, among)
        new = found - self.known
        return tuple(name for name in _columns() if name in new) if new else (), by

    def derived(self, known: set[str]) -> frozenset[str]:
        """Return `known` with the columns that follow from them alone."""
        made = [(name, needs) for name, needs in _columns().items() if needs and name not in ACROSS]
        while more := {
            name
            for name, needs in made
            if name not in known and known.issuperset(needs) and (self.classifies or name not in CLASSES)
        }:
            known |= more
        return frozenset(known)

    def column(self, name: str) -> list[Request]:
        """Return the requests for cells of one column."""
        empty, doubtful = self.states[name]
        missing = np.flatnonzero(empty | doubtful).tolist()
        if not missing:
            return []
        stand_in = self.stand_in(name, {})
        together, by = self.gained({name: self.filled(name, missing, stand_in)})
        if not by:
            return []
        whole = len(missing) == np.count_nonzero(self.expected)
        if (whole or len(missing) > self.most) and len(missing) > 1:
            if not together:
                return []
            every = self.request(ALL, name, "missing", together)
            return [every if whole else replace(every, figures=(), waiting=together)]
        out = []
        for member in missing:
            alone = together
            if len(missing) > 1:  # among what all of them together make known
                alone, _ = self.gained({name: self.filled(name, [member], stand_in)}, by)
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
            empty, doubtful = self.states[name]
            where = np.flatnonzero(empty | doubtful).tolist()
            for member in where if len(where) <= self.most else ():
                lacking.setdefault(member, []).append(name)
        out = []
        for member, names in lacking.items():
            if len(names) < 2:
                continue
            who = str(self.formation.ids[member])
            alone = {column for one in said if one.participant_id == who for column in one.figures}
            cells: dict[str, Floats] = {}
            for name in names:
                cells[name] = self.filled(name, [member], self.stand_in(name, cells))
            more = tuple(column for column in self.gained(cells)[0] if column not in alone)
            if more:
                out.append(self.request(who, "; ".join(names), "missing", more))
        return out

    def request(self, who: str, column: str, state: str, figures: tuple[str, ...]) -> Request:
        """Return a request of this formation."""
        return Request(
            self.formation.cluster_id, self.formation.year, who, "activity", column, state, figures
        )

    @cached_property
    def states(self) -> dict[str, tuple[Bools, Bools]]:
        """Which expected cells of each column are empty, and which hold what others contradict."""
        return {name: self.state(name) for name in CELLS}

    def state(self, name: str) -> tuple[Bools, Bools]:
        """Return which expected cells of a column are empty, and which hold what others contradict."""
        given: Floats = getattr(self.formation, name)
        empty = np.isnan(given) & self.expected
        doubtful = ~np.isnan(given) & np.isnan(clean(self.formation, name, self.settings))
        if name == "output":
            bought = self.formation.bought_inside
            doubtful |= self.members.above_one | (self.members.without_output & ~np.isnan(given))
            doubtful |= bought > given * (1 + 1e-9)
        if name == "purchases":
            doubtful |= bought_beyond(self.formation, from_others(self.formation, given), self.thresholds)
        if name == "value_added":
            room = self.members.output - self.formation.bought_inside
            doubtful |= given > room * (1 + 1e-9)
        return empty, doubtful & ~empty

    def stand_in(self, name: str, before: Mapping[str, Floats]) -> Floats:
        """Return what contradicts nothing recorded of each member, once `before` is filled in, shape (n,)."""
        f = self.formation
        output, value_added, purchases = (
            before.get(column, getattr(f, column)) for column in ("output", "value_added", "purchases")
        )
        bought, sold = f.bought_inside + f.purchases_outside, f.supplied_inside + f.sales_outside
        added, given = np.fmax(value_added, 0.0), np.fmax(purchases, 0.0)
        most = np.maximum(np.maximum(sold, bought + added), given + added) + f.self_supply
        most = np.fmax(most, f.used_by_participants)
        if name == "output":
            enough: Floats = np.where(most > 0, most * _ROOM, 1.0)
            return enough
        if name == "value_added":
            output = np.where(np.isnan(output), most * _ROOM, output)
            room: Floats = output - np.maximum(bought, given) - f.self_supply
            return np.maximum(room, 0) / 2
        if name == "purchases":
            return np.maximum(bought + f.self_supply, 1.0)
        return np.full(f.n, {"employees": 1.0, "rd_expenses": 0.1}[name])

    def filled(self, name: str, members: list[int], stand_in: Floats) -> Floats:
        """Return the column with stand-ins for the cells of `members`."""
        out: Floats = getattr(self.formation, name).copy()
        out[members] = stand_in[members]
        return out
