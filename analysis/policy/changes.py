"""Changes to a supply graph that has not happened: participants gone, links added, figures set.

A file of scenarios is TOML. Each ``[[scenario]]`` is one set of changes, made together::

    [[scenario]]
    id = "plant closes, another steps in"
    years = [2023]                                   # by default the latest year of the data
    remove = ["0001000007"]
    add = [{ supplier = "0001000009", buyer = "0001000001", value = 12.5 }]
    set = [{ participant = "0001000009", column = "output", value = 80.0 }]   # no value: the cell is unknown
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.analysis.rule_files import Entry, RuleFile, named
from clustercoop.graph.errors import DataError, ParameterError, UnknownNameError
from clustercoop.graph.identity import IDS
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.schema import FIRST_YEAR, LAST_YEAR, WHO, tables
from clustercoop.graph.slicing import knowledge_links
from clustercoop.graph.texts import Told, refusal

FIGURES: Final = tuple(
    column.name for column in tables()["activity"].columns if column.type in ("money", "count", "number")
)
SIGNED: Final = ("value_added",)
"""Figures that may be negative."""
_NOISE: Final = 1e-9
_KEYS: Final = ("id", "years", "remove", "add", "set")


@dataclass(frozen=True, slots=True)
class Link:
    """A supply that is added to what the data hold."""

    supplier: str
    buyer: str
    value: float


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure of a participant's year, NaN where it becomes unknown."""

    participant: str
    column: str
    value: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """Changes that are made together.

    Attributes
    ----------
    name : str
    removed : tuple of str
        Participants that stop: their membership, links and figures go.
    added : tuple of Link
    cells : tuple of Cell
    years : tuple of int
        Years that the changes are made in; none: the latest of the data.
    """

    name: str
    removed: tuple[str, ...] = ()
    added: tuple[Link, ...] = ()
    cells: tuple[Cell, ...] = ()
    years: tuple[int, ...] = ()


def read_scenarios(path: str | Path) -> list[Scenario]:
    """Read a file of scenarios.

    Raises
    ------
    DataError
        The file cannot be read, or an entry is wrong; the sentence names the file, the line and the field.
    """
    return named(RuleFile(path).entries("scenario"), _scenario)


def _scenario(entry: Entry) -> Scenario:
    entry.only(_KEYS)
    years, removed = entry.values.get("years", []), entry.values.get("remove", [])
    if not _all(years, int) or not all(FIRST_YEAR <= year <= LAST_YEAR for year in years):
        raise entry.wrong("years", "years", years)
    if not _all(removed, str):
        raise entry.wrong("remove", "ids", removed)
    added = [_link(item) for item in entry.each("add")]
    cells = [_cell(item) for item in entry.each("set")]
    if not (removed or added or cells):
        raise entry.error("changes_nothing")
    name = entry.text("id", str(entry.number + 1))
    return Scenario(name, tuple(removed), tuple(added), tuple(cells), tuple(years))


def _all(values: Any, kind: type) -> bool:
    return isinstance(values, list) and all(
        isinstance(value, kind) and not isinstance(value, bool) for value in values
    )


def _number(entry: Entry, field: str) -> float:
    value = entry.values.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise entry.wrong(field, "number", value)
    return float(value)


def _link(item: Entry) -> Link:
    item.only(("supplier", "buyer", "value"))
    supplier, buyer, value = item.text("supplier"), item.text("buyer"), _number(item, "value")
    return link(supplier, buyer, value, item.place("value" if value <= 0 else "buyer"))


def _cell(item: Entry) -> Cell:
    item.only(("participant", "column", "value"))
    who, column = item.text("participant"), item.text("column")
    value = _number(item, "value") if "value" in item.values else math.nan
    return cell(who, column, value, item.place("value" if column in FIGURES else "column"))


def link(supplier: str, buyer: str, value: float, where: Told | str) -> Link:
    """Return a link, or say what is wrong with it."""
    if not (math.isfinite(value) and value > 0):
        raise refusal(DataError, "link_value", where=where, value=f"{value:g}")
    if supplier == buyer:
        raise refusal(DataError, "link_to_itself", where=where, name=supplier)
    return Link(supplier, buyer, value)


def cell(participant: str, column: str, value: float, where: Told | str) -> Cell:
    """Return a cell, or say what is wrong with it."""
    if column not in FIGURES:
        raise refusal(DataError, "no_figure", where=where, column=repr(column), figures=", ".join(FIGURES))
    if math.isinf(value) or (value < 0 and column not in SIGNED):
        raise refusal(DataError, "figure_below_zero", where=where, column=column, value=f"{value:g}")
    return Cell(participant, column, value)


def parse_scenario(
    remove: Iterable[str] = (),
    add: Iterable[str] = (),
    put: Iterable[str] = (),
    years: Iterable[int] = (),
) -> Scenario:
    """Return the scenario of one command: ids, ``S:B:VALUE`` and ``P.column=VALUE``.

    A value may be empty or ``unknown`` for a figure. Ids that hold ``:`` need a file of scenarios.

    Examples
    --------
    >>> parse_scenario(["07"], ["01:02:5.5"], ["01.output=80", "02.output=unknown"]).cells
    (Cell(participant='01', column='output', value=80.0), Cell(participant='02', column='output', value=nan))
    """
    added, cells = [], []
    for text in add:
        parts = text.split(":")
        if len(parts) != 3 or not all(parts):
            raise refusal(ParameterError, "add", got=repr(text))
        added.append(link(parts[0], parts[1], _float(parts[2], f"--add {text}"), f"--add {text}"))
    for text in put:
        left, sign, value = text.partition("=")
        who, dot, column = left.rpartition(".")
        if not (sign and dot and who):
            raise refusal(ParameterError, "set", got=repr(text))
        number = math.nan if value.strip() in ("", "unknown") else _float(value, f"--set {text}")
        cells.append(cell(who, column, number, f"--set {text}"))
    removed = tuple(remove)
    name = "; ".join([f"−{who}" for who in removed] + [f"+{a}" for a in add] + list(put))
    if not name:
        raise refusal(ParameterError, "nothing_changes")
    return Scenario(name, removed, tuple(added), tuple(cells), tuple(years))


def _float(text: str, where: str) -> float:
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        raise refusal(ParameterError, "no_number", where=where, value=repr(text)) from None


def apply_scenario(graph: SupplyGraph, scenario: Scenario, internal_supply: str = "links") -> SupplyGraph:
    """Return the graph as the scenario would have it; `graph` stays as it is.

    What a participant that stops sold and bought goes with it; the output of the others stays as recorded.
    Of a volume that another one reports as used by participants, with no link to tell by whom, what the
    stopped one did not buy stays for certain, and the rest is bounded. Indicators of a cluster-year that a
    change makes untrue go. `internal_supply` is that of the settings.

    Raises
    ------
    UnknownNameError
        A participant or year that the data do not hold.
    DataError
        A link is added where supply is not recorded by links: it would stand for all of it. Links are
        added beyond the output of a supplier, or its output is set below what it supplies. A participant
        that stops trades or has a figure set, or one cell is set to two values.
    """
    years = set(scenario.years or graph.years[-1:])
    missing = sorted(years - set(graph.years))
    if missing:
        raise refusal(UnknownNameError, "no_year", year=missing[0])
    known = set(graph.names)
    ends = [end for one in scenario.added for end in (one.supplier, one.buyer)]
    for who in (*scenario.removed, *ends, *(one.participant for one in scenario.cells)):
        if who not in known:
            raise refusal(UnknownNameError, "unknown_participant", name=who, scenario=scenario.name)
    both = set(scenario.removed) & {*ends, *(one.participant for one in scenario.cells)}
    for who in sorted(both):
        raise refusal(DataError, "removed_and_changed", name=who, scenario=scenario.name)
    cells = [(one.participant, one.column) for one in dict.fromkeys(scenario.cells)]
    for who, column in cells:
        if cells.count((who, column)) > 1:
            raise refusal(DataError, "set_twice", name=who, column=column, scenario=scenario.name)
    _refuse_lone_links(graph, scenario.added, years, internal_supply == "links")
    frames = graph.to_tables()
    gone = set(scenario.removed)
    frames["activity"] = _with_reports(graph, scenario, years, internal_supply)
    frames["indicators"] = _without_stale(graph, frames["indicators"], scenario, years)
    if gone:
        unsettled = frames["unsettled"]
        theirs = unsettled[list(WHO)].isin(gone).any(axis=1)
        frames["unsettled"] = unsettled[~(theirs & unsettled["year"].isin(years))]
        frames["participants"] = _without(frames["participants"], gone, years)
        for table in ("links", "activity"):
            frame = frames[table]
            hit = np.logical_or.reduce([frame[column].isin(gone) for column in IDS[table]])
            frames[table] = frame[~(hit & frame["year"].isin(years))]
    frames["links"] = _with_links(frames["links"], scenario.added, years)
    frames["activity"] = _with_cells(frames["activity"], scenario.cells, years)
    changed = SupplyGraph.from_tables(frames, currency=graph.currency, provenance=graph.provenance)
    changed = changed.sharing(graph.shared_members)
    _refuse_more_than_made(graph, changed, scenario, years)
    return changed


def _refuse_lone_links(graph: SupplyGraph, added: Sequence[Link], years: set[int], by_links: bool) -> None:
    """Refuse links that would pass for the whole of a supply that no link tells of."""
    for formation in graph.formations(None, sorted(years)) if added else ():
        place = {str(who): number for number, who in enumerate(formation.ids)}
        sold = formation.supplied_inside + formation.sales_outside
        used = ("used_by_participants", "used_by_participants_low", "used_by_participants_high")
        reported = [formation.activity[name] for name in used if name in formation.activity]
        for one in added:
            member = place.get(one.supplier)
            if not formation.has_links and (member is not None or one.buyer in place):
                where = {"cluster": formation.cluster_id, "year": formation.year}
                raise refusal(DataError, "lone_link", **where, supplier=one.supplier, buyer=one.buyer)
            unlinked = by_links and member is not None and not sold[member] > 0
            if unlinked and not all(np.isnan(side[member]) for side in reported):
                ends = {"supplier": one.supplier, "buyer": one.buyer}
                raise refusal(DataError, "reported_link", year=formation.year, **ends)


def _refuse_more_than_made(
    before: SupplyGraph, after: SupplyGraph, scenario: Scenario, years: set[int]
) -> None:
    """Refuse added links and outputs by which a member would supply members with more than it makes."""
    made_less = {one.participant for one in scenario.cells if one.column == "output"}
    suppliers = {one.supplier for one in scenario.added} | made_less
    was = {(f.cluster_id, f.year): f for f in before.formations(None, sorted(years)) if suppliers}
    for formation in after.formations(None, sorted(years)) if suppliers else ():
        supply = formation.supplied_inside + formation.self_supply
        earlier = was.get((formation.cluster_id, formation.year))
        sold = {} if earlier is None else dict(zip(earlier.ids, earlier.supplied_inside, strict=True))
        for who, now, made in zip(formation.ids, supply, formation.output, strict=True):
            more = who in made_less or now > sold.get(who, 0.0) * (1 + _NOISE)
            if who in suppliers and more and now > made * (1 + _NOISE):
                figures = {"made": f"{made:g}", "supply": f"{now:g}"}
                raise refusal(DataError, "more_than_made", name=who, year=formation.year, **figures)


def _with_reports(
    graph: SupplyGraph, scenario: Scenario, years: set[int], internal_supply: str
) -> pd.DataFrame:
    """Return activity whose reported volumes of use by participants follow what is removed and added.

    What links to members do not tell of a volume may have gone to those that stop, up to what they bought.
    """
    frames = graph.to_tables()
    frame = frames["activity"]
    if frame["used_by_participants"].isna().all():
        return frame
    frame = frame.set_index(["participant_id", "year"])
    links = frames["links"]
    links = links[
        ~knowledge_links(graph) & (links["value"] > 0) & (links["supplier_id"] != links["buyer_id"])
    ]
    used, low, high = (f"used_by_participants{end}" for end in ("", "_low", "_high"))
    for formation in graph.formations(None, sorted(years)):
        year, ids = formation.year, {str(who) for who in formation.ids}
        gone = ids & set(scenario.removed)
        inside = [one for one in scenario.added if one.supplier in ids and one.buyer in ids]
        bought = sum(frame["purchases"].get((who, year), math.nan) for who in gone)
        for who in sorted(ids - gone if gone else {one.supplier for one in inside}):
            reported = frame[used].get((who, year), math.nan)
            if math.isnan(reported):
                continue
            mine = links[(links["year"] == year) & (links["supplier_id"] == who)]
            more = sum(one.value for one in inside if one.supplier == who)
            lost, told = (float(mine.loc[mine["buyer_id"].isin(at), "value"].sum()) for at in (gone, ids))
            most = max(reported - lost, 0.0) + more
            rest = max(reported - told, 0.0) if gone and (internal_supply == "reported" or mine.empty) else 0
            rest = min(rest, math.inf if math.isnan(bought) else max(bought - lost, 0.0))
            known = [most, math.nan, math.nan] if rest <= _NOISE * reported else [math.nan, most - rest, most]
            frame.loc[(who, year), [used, low, high]] = known
    return frame.reset_index()[list(frames["activity"])]


_OF_CELL: Final = {
    "output": {"cooperation_ratio"},
    "used_by_participants": {"cooperation_ratio"},
    "rd_expenses": {"rd_per_employee"},
    "value_added": {"value_added_per_employee"},
    "employees": {"rd_per_employee", "value_added_per_employee"},
}
"""Indicators of a cluster that a cell of a member enters."""


def _without_stale(
    graph: SupplyGraph, indicators: pd.DataFrame, scenario: Scenario, years: set[int]
) -> pd.DataFrame:
    """Return indicators without those that the changes make untrue of a cluster-year."""
    out = indicators.copy()
    for formation in graph.formations(None, sorted(years)):
        ids = {str(who) for who in formation.ids}
        stale = set().union(*_OF_CELL.values()) if ids & set(scenario.removed) else set()
        for one in scenario.cells:
            stale |= _OF_CELL.get(one.column, set()) if one.participant in ids else set()
        if any(one.supplier in ids and one.buyer in ids for one in scenario.added):
            stale.add("cooperation_ratio")
        mine = (out["cluster_id"] == formation.cluster_id) & (out["year"] == formation.year)
        names = [f"{name}{end}" for name in sorted(stale) for end in ("", "_low", "_high")]
        out.loc[mine, [name for name in names if name in out]] = math.nan
    return out


def _without(rows: pd.DataFrame, gone: set[str], years: set[int]) -> pd.DataFrame:
    """Return memberships with `years` cut out of those of `gone`."""
    mine = rows["participant_id"].isin(gone) & rows["cluster_id"].notna()
    pieces = []
    for record in rows[mine].to_dict("records"):
        first, last = record["joined_year"], record["left_year"]
        start = FIRST_YEAR if pd.isna(first) else int(first)
        end = LAST_YEAR if pd.isna(last) else int(last)
        cuts = [year for year in sorted(years) if start <= year <= end]
        for low, high in zip([start, *(y + 1 for y in cuts)], [*(y - 1 for y in cuts), end], strict=True):
            if low <= high:
                joined = first if low == start else low
                left = last if high == end else high
                pieces.append({**record, "joined_year": joined, "left_year": left})
    # A row that names no cluster keeps what is known of the participant for those that dealt with it before.
    kept = pd.DataFrame(pieces, columns=rows.columns).astype(rows.dtypes.to_dict())
    return pd.concat([rows[~mine], kept], ignore_index=True)


def _with_links(links: pd.DataFrame, added: Sequence[Link], years: set[int]) -> pd.DataFrame:
    if not added:
        return links
    rows = pd.DataFrame(
        [
            {"year": year, "supplier_id": one.supplier, "buyer_id": one.buyer, "value": one.value, "row": 0}
            for one in added
            for year in sorted(years)
        ]
    )
    rows = rows.assign(file="", sheet="").reindex(columns=links.columns)
    dtypes = {name: links[name].dtype for name in links if name not in ("file", "sheet")}
    plain = links.astype({"file": str, "sheet": str})
    return pd.concat([plain, rows.astype(dtypes)], ignore_index=True)


def _with_cells(activity: pd.DataFrame, cells: Sequence[Cell], years: set[int]) -> pd.DataFrame:
    if not cells:
        return activity
    frame = activity.astype({"file": str, "sheet": str}).set_index(["participant_id", "year"])
    for one in cells:
        for year in sorted(years):
            if (one.participant, year) not in frame.index:
                frame.loc[(one.participant, year), "row"] = 0
            frame.loc[(one.participant, year), one.column] = one.value
            for side in (f"{one.column}_low", f"{one.column}_high"):
                if side in frame:
                    frame.loc[(one.participant, year), side] = math.nan
    frame = frame.reset_index()
    return frame.assign(
        row=frame["row"].fillna(0), file=frame["file"].fillna(""), sheet=frame["sheet"].fillna("")
    )
