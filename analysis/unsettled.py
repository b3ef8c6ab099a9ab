"""What rejected rows, and rows that state only bounds, leave open: whom they name, and how much."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from clustercoop.analysis.memo import remembered
from clustercoop.analysis.metric import NAN, Measured, is_known
from clustercoop.graph.arrays import Bools, Floats, Ints
from clustercoop.graph.findings import Finding, joined
from clustercoop.graph.formation import Formation, sum_by
from clustercoop.graph.gaps import ALL, Gap
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.schema import KNOWLEDGE_KINDS

NOBODY: Final = -1
"""End of a row whose identifier names nobody: it may be anyone."""
STRANGER: Final = -2
"""End of a row that is known and no organisation of the graph."""

_OWN: Final = "output", "cooperation_ratio", "internal_supply", "internal_supply_source"
"""Columns of a member that its own cells decide, or that are left open with its supply."""
_SETTLED: Final = frozenset(
    (
        "participants output output_constant output_coverage unrelated_variety related_variety "
        "participant_turnover rd_per_employee rd_coverage rd_per_employee_constant value_added_per_employee "
        "value_added_coverage value_added_per_employee_constant cooperation_ratio cooperation_ratio_low "
        "cooperation_ratio_high rd_per_employee_low rd_per_employee_high value_added_per_employee_low "
        "value_added_per_employee_high"
    ).split()
)
"""Columns of a formation that no link decides, and those that have bounds of their own."""
_NO_FIGURES: Final = "price_year", "internal_sourcing_basis", "sources"
_CROSSING: Final = (
    "sales_outside purchases_outside sales_coverage purchases_coverage self_supply ei_index coverage "
    "conductance internal_sales_share outside_partner_share outside_knowledge_share knowledge_ties "
    "outside_knowledge_share_low outside_knowledge_share_high "
    "broker_share"
).split()
"""Columns of the links across the boundary."""
_NETTED: Final = "autonomy", "embodied_inside_share"
"""Columns that supply to oneself is taken out of."""
_PASSING: Final = (
    "finn_cycling_index total_throughflow average_path_length average_propagation_length "
    "value_added_upstream value_added_midstream value_added_downstream upstreamness downstreamness "
    "downstream_control"
).split()
"""Columns of throughflow, which links across the boundary decide where no output does."""

_SMALL: Final = 0.05
"""Part of the recorded flows across the boundary below which rows of other clusters leave it as it is."""


@dataclass(frozen=True, eq=False)
class OpenRows:
    """Rows about supply that are in no sum, or in it with their least value; arrays of shape (rows,).

    Attributes
    ----------
    year : array of int64
        0 where it is unknown.
    supplier, buyer : array of int64
        Node codes, `NOBODY` or `STRANGER`.
    less, more : array of float64
        How much less, and more, than the recorded supply is possible because of the row.
    supply : array of bool
        Whether it is no link of knowledge.
    sure : array of bool
        Whether its year is known and its value above 0: it is a link of that year.
    anyones : array of bool
        Whether one end is unnamed and the other no member of a cluster: any cluster may be behind it.
    memberships : DataFrame
        ``cluster_id, joined_year, left_year`` of rejected rows that name a cluster.
    """

    year: Ints
    supplier: Ints
    buyer: Ints
    less: Floats
    more: Floats
    supply: Bools
    sure: Bools
    anyones: Bools
    memberships: pd.DataFrame


@remembered
def open_rows(graph: SupplyGraph) -> OpenRows:
    """Return the open rows of `graph`: its links with bounds, and what was rejected."""
    links, rejected = graph.links, graph.unsettled
    bounded = links[links[["value_low", "value_high"]].notna().any(axis=1)]
    rows = rejected[rejected["table"] == "links"]

    def ends(side: str) -> Ints:
        said = rows[f"{side}_id"].astype(object)
        wanted = said.fillna("").to_numpy(object)
        place = np.searchsorted(graph.node_ids, wanted)
        known = np.where(np.append(graph.node_ids, np.array([None]))[place] == wanted, place, STRANGER)
        known[said.isna().to_numpy(bool)] = NOBODY
        return np.concatenate([bounded[side].to_numpy(np.int64), known.astype(np.int64)])

    value, low, high = (bounded[name].to_numpy("float64") for name in ("value", "value_low", "value_high"))
    stated, most = rows["value"].to_numpy("float64"), rows["value_high"].to_numpy("float64")
    unread = np.where(np.isnan(stated), np.where(np.isnan(most), np.inf, most), np.maximum(stated, 0.0))
    kinds = pd.concat([bounded["kind"], rows["kind"]]).astype(object)
    supplier, buyer = ends("supplier"), ends("buyer")
    members = np.unique(graph.participants["node"].to_numpy(np.int64))
    outside = [(side == STRANGER) | ((side >= 0) & ~np.isin(side, members)) for side in (supplier, buyer)]
    year = np.concatenate([bounded["year"], rows["year"].fillna(0)]).astype(np.int64)
    return OpenRows(
        year=year,
        sure=(year > 0) & (np.concatenate([low, stated]) > 0),
        supplier=supplier,
        buyer=buyer,
        anyones=((supplier == NOBODY) & outside[1]) | ((buyer == NOBODY) & outside[0]),
        less=np.concatenate([np.nan_to_num(value - low), np.maximum(-np.nan_to_num(stated), 0.0)]),
        more=np.concatenate([np.where(np.isnan(high), np.inf, high - value), unread]),
        supply=np.array([str(kind).strip().casefold() not in KNOWLEDGE_KINDS for kind in kinds], bool),
        memberships=rejected[rejected["table"] == "participants"],
    )


@dataclass(frozen=True, eq=False)
class Unsettled:
    """What open rows leave open of one formation.

    Attributes
    ----------
    less, more : array of float64, shape (n,)
        How much less, and more, each member may have supplied to the others by rows that name it.
    sells, surely : array of bool, shape (n,)
        Members that may have supplied somebody by rows that are open, and those that did in the year.
    sold_less : array of float64, shape (n,)
        How much less each member may have sold to anybody.
    floating : float
        Supply to members by rows that do not name the supplier: at most so much more, by anyone.
    inside, crossing, own : bool
        Whether supply between members, flows across the boundary, and members' supply to themselves are open.
    members : bool
        Whether the cluster has a member whose row was rejected.
    named : array of bool, shape (n,)
    tied : array of bool, shape (n,)
        Members that may trade with, or know, another one by rows that are open.
    rows : int
    """

    less: Floats
    more: Floats
    sells: Bools
    surely: Bools
    sold_less: Floats
    floating: float
    inside: bool
    crossing: bool
    own: bool
    members: bool
    named: Bools
    tied: Bools
    rows: int

    @property
    def open_supply(self) -> Bools:
        """Members whose supply to the others is open, shape (n,)."""
        return (self.less > 0) | (self.more > 0) | (self.floating > 0)


_FOUND: WeakKeyDictionary[Formation, tuple[OpenRows, Unsettled | None]] = WeakKeyDictionary()


def unsettled(formation: Formation, rows: OpenRows) -> Unsettled | None:
    """Return what `rows` leave open of `formation`, None where they leave nothing.

    A row counts for the clusters of the ends that it names, in its year, or in every year where that is
    unknown. An end that is a mark of a gap may be a member or not, of any cluster where the other end is of
    none; where that is of another cluster, the row counts if all such could add more than a little to the
    flows across the boundary. A row without any end is nobody's.
    """
    known = _FOUND.get(formation)
    if known is None or known[0] is not rows:
        known = _FOUND[formation] = rows, _unsettled(formation, rows)
    return known[1]


def little_across(formation: Formation, rows: OpenRows) -> float:
    """Return what rows of other clusters could add to the flows across the boundary, as a part of them.

    0 where it is too much to leave the recorded flows as they are: `unsettled` tells of those rows.
    """
    part = _elsewhere(formation, rows)[1] if len(rows.year) else 0.0
    return part if part <= _SMALL else 0.0


def _elsewhere(formation: Formation, rows: OpenRows) -> tuple[Bools, float]:
    """Return which rows of other clusters may be with a member, and their part of the flows across."""
    nobody = rows.supplier == NOBODY
    named = np.where(nobody, rows.buyer, rows.supplier)
    found = rows.supply & ~rows.anyones & (nobody != (rows.buyer == NOBODY))
    found &= np.isin(rows.year, (0, formation.year))
    found[found] = _local(formation, named[found]) < 0
    more, across = rows.more[found].sum(), formation.sales_outside.sum() + formation.purchases_outside.sum()
    return found, float(more / across) if across > 0 else float(more > 0)


def members_open(formation: Formation, graph: SupplyGraph) -> bool:
    """Tell whether a row of a member was rejected: there may be more members, with any figures."""
    found = unsettled(formation, open_rows(graph))
    return found is not None and found.members


def _unsettled(formation: Formation, rows: OpenRows) -> Unsettled | None:
    if not len(rows.year) and not len(rows.memberships):
        return None
    mine = np.isin(rows.year, (0, formation.year))
    sides = [_local(formation, side[mine]) for side in (rows.supplier, rows.buyer)]
    seller, buyer = sides
    member_sells, member_buys = seller >= 0, buyer >= 0
    supply, less, more = rows.supply[mine], rows.less[mine], rows.more[mine]
    touching = member_sells | member_buys | rows.anyones[mine]
    elsewhere, part = _elsewhere(formation, rows)
    if part > _SMALL:
        touching |= elsewhere[mine]
    period = _in_period(rows.memberships, formation)
    if not touching.any() and not period.any():
        return None
    own = member_sells & (seller == buyer)
    between = ~own & ((member_sells & (member_buys | (buyer == NOBODY))) | (member_buys & (seller == NOBODY)))
    inside = supply & between
    named = np.zeros(formation.n, bool)
    whole = between & member_sells & member_buys
    # An end that nobody is named for, like a member whose row was rejected, may be tied to anyone.
    tied = np.full(formation.n, bool(period.any() or (between & ~whole).any()))
    for side in sides:
        named[side[side >= 0]] = tied[side[whole]] = True
    by_member, sells = inside & member_sells, supply & ~own & member_sells

    def by_seller(which: Bools, amount: Floats) -> Floats:
        return sum_by(seller[which], amount[which], formation.n)

    return Unsettled(
        less=by_seller(by_member, less),
        more=by_seller(by_member, more),
        sells=np.isin(np.arange(formation.n), seller[sells]),
        surely=np.isin(np.arange(formation.n), seller[sells & rows.sure[mine]]),
        sold_less=by_seller(sells, less),
        floating=float(more[inside & ~member_sells].sum()),
        inside=bool(inside.any()),
        crossing=bool(touching.any()),
        own=bool((own & supply).any()),
        members=bool(period.any()),
        named=named,
        tied=tied,
        rows=int(touching.sum()) + int(period.sum()),
    )


def _in_period(memberships: pd.DataFrame, formation: Formation) -> Bools:
    """Tell which rejected memberships of the cluster may be of the year."""
    if not len(memberships):
        return np.zeros(0, bool)
    people = memberships[memberships["cluster_id"] == formation.cluster_id]
    since, until = people["joined_year"].fillna(0), people["left_year"].fillna(9999)
    period = since.le(formation.year) & until.ge(formation.year) | since.gt(until)
    return period.to_numpy(bool)


def _local(formation: Formation, nodes: Ints) -> Ints:
    """Return the local number of each node, negative where it is no member."""
    place = np.minimum(np.searchsorted(formation.members, nodes), formation.n - 1)
    return np.where(formation.members[place] == nodes, place, np.minimum(nodes, NOBODY - (nodes >= 0)))


def _open(column: str, found: Unsettled, by_output: bool) -> bool:
    """Tell whether `column` rests on what is open; `by_output`: outputs say what passes the members."""
    if column in _NO_FIGURES or found.members:
        return column not in _NO_FIGURES
    if found.inside:
        return column not in _SETTLED
    return column in _CROSSING or (found.own and column in _NETTED) or (column in _PASSING and not by_output)


def leave_open(
    measured: Measured, found: Unsettled, formation: Formation, also: Collection[str] | None = None
) -> None:
    """Take back what of `measured` rests on open rows.

    Where the columns `also` are given, these as well, and nothing is said of figures that are unknown anyway.
    """
    by_output = measured.formation.get("throughflow_basis", "output") == "output"
    said, place = (str(found.rows), _named(found, formation)), (formation.cluster_id, formation.year)
    for name, value in measured.formation.items():
        if also is not None and not is_known(value):
            continue
        if name in (also or ()) or _open(name, found, by_output):
            measured.formation[name] = NAN
            measured.gaps.append(Gap("rows_open", name, *said, *place))
    for name, cells in measured.participants.items():
        if name not in (_OWN[:1] if found.members else _OWN) and _open(name, found, by_output):
            empty = np.full(formation.n, None, object) if cells.dtype == object else np.full(formation.n, NAN)
            measured.participants[name] = empty
            measured.gaps.append(Gap("rows_open", name, *said, *place, ALL))


def told(found: Unsettled, formation: Formation) -> Finding:
    """Return the finding about open rows."""
    return Finding(
        "rows_open",
        value=str(found.rows),
        detail=_named(found, formation),
        cluster_id=formation.cluster_id,
        year=formation.year,
    )


def _named(found: Unsettled, formation: Formation) -> str:
    return joined([str(i) for i in formation.ids[found.named]])
