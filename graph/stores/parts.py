"""Parts of a supply graph: one cluster or year taken out, put back, or read alone.

This is the definition of what a store's ``load``, ``delete`` and ``read`` mean. The memory and embedded
stores call these functions; the Neo4j store does the same in Cypher and is tested against them.

A link belongs to every cluster that one of its ends is a member of. Taking a cluster out therefore keeps
its links with other clusters: for those they are boundary flows, and their figures must not change.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Bools
from clustercoop.graph.errors import DataError, UnknownNameError, parameter_error
from clustercoop.graph.model import APART, SupplyGraph
from clustercoop.graph.networks import ORIGIN
from clustercoop.graph.periods import merge_memberships
from clustercoop.graph.schema import UNSETTLED, WHO, tables
from clustercoop.graph.stores import results
from clustercoop.graph.stores.protocol import LoadReport
from clustercoop.graph.texts import refusal


def empty_graph(currency: str = "RUB") -> SupplyGraph:
    """Return a graph that holds nothing.

    Examples
    --------
    >>> len(empty_graph().links)
    0
    """
    return SupplyGraph.from_tables({}, currency=currency)


def is_empty(graph: SupplyGraph) -> bool:
    """Tell whether `graph` holds nothing at all."""
    return not any(len(frame) for frame in graph.to_tables().values())


def all_years(graph: SupplyGraph) -> tuple[int, ...]:
    """Return every year of any table: those of `SupplyGraph.years`, and years that only measures name."""
    return tuple(sorted({*graph.years, *(int(year) for year in graph.measures["year"].unique())}))


def members(people: pd.DataFrame, clusters: Collection[str], *, others: bool = False) -> set[str]:
    """Return the ids of the members of `clusters`, or with `others` of any other cluster."""
    chosen = people["cluster_id"].isin(list(clusters))
    wanted = people["cluster_id"].notna() & ~chosen if others else chosen
    return set(people.loc[wanted, "participant_id"])


def _isin(column: pd.Series[Any], values: Collection[Any]) -> Bools:
    return np.asarray(column.isin(list(values)), dtype=bool)


def subset(
    graph: SupplyGraph, clusters: Collection[str] | None = None, years: Collection[int] | None = None
) -> SupplyGraph:
    """Return the part of `graph` about `clusters` and `years`; the rest of the world is the outside.

    Formations of the part are those of the whole. Memberships are kept for all years.

    Raises
    ------
    UnknownNameError
        A cluster or year that the graph does not hold.

    Examples
    --------
    >>> part = subset(SupplyGraph.from_tables({
    ...     "participants": pd.DataFrame({"participant_id": ["1", "2"], "cluster_id": ["a", "b"]}),
    ...     "links": pd.DataFrame(
    ...         {"year": 2020, "supplier_id": ["1", "2"], "buyer_id": ["2", "9"], "value": [5.0, 1.0]}
    ...     ),
    ... }), clusters=["a"])
    >>> part.cluster_ids, part.links["value"].tolist()
    (('a',), [5.0])
    """
    for asked, held, what in ((clusters, graph.cluster_ids, "cluster"), (years, graph.years, "year")):
        for name in asked or ():
            if name not in held:
                raise refusal(UnknownNameError, f"data_no_{what}", name=repr(name))
    frames = graph.to_tables()
    if years is not None:
        for name in ("links", "activity", "indicators", "measures"):
            frames[name] = frames[name][_isin(frames[name]["year"], years)]
        open_rows = frames["unsettled"]
        frames["unsettled"] = open_rows[_isin(open_rows["year"], years) | open_rows["year"].isna()]
    if clusters is not None:
        inside = members(frames["participants"], clusters)
        for name in ("participants", "clusters", "indicators", "measures"):
            kept = _isin(frames[name]["cluster_id"], clusters)
            # A partner outside is known to every cluster.
            frames[name] = frames[name][kept | frames[name]["cluster_id"].isna().to_numpy()]
        links, activity = frames["links"], frames["activity"]
        frames["links"] = links[_isin(links["supplier_id"], inside) | _isin(links["buyer_id"], inside)]
        frames["activity"] = activity[_isin(activity["participant_id"], inside)]
        rows = frames["unsettled"]
        about = _touch(rows, inside) | _isin(rows["cluster_id"], clusters)
        # Support of a cluster that is not named may be of any.
        frames["unsettled"] = rows[about | (rows["table"].eq("measures") & rows["cluster_id"].isna())]
    return SupplyGraph.from_tables(frames, currency=graph.currency, provenance=graph.provenance)


def without(graph: SupplyGraph, *, cluster: str | None = None, year: int | None = None) -> SupplyGraph:
    """Return `graph` without one cluster, one year, or one cluster's year.

    With both, memberships stay (they are not of one year) and only that year's links, activity, indicators
    and measures of the cluster go. What another cluster needs stays.

    Examples
    --------
    >>> graph = SupplyGraph.from_tables({
    ...     "participants": pd.DataFrame({"participant_id": ["1", "2"], "cluster_id": ["a", "b"]}),
    ...     "links": pd.DataFrame(
    ...         {"year": 2020, "supplier_id": ["1", "1"], "buyer_id": ["2", "9"], "value": [5.0, 1.0]}
    ...     ),
    ... })
    >>> without(graph, cluster="a").links["value"].tolist()
    [5.0]
    """
    if cluster is None and year is None:
        raise parameter_error("cluster", "delete", "given, or a year", None)
    if cluster is not None and cluster not in graph.cluster_ids:
        raise refusal(UnknownNameError, "data_no_cluster", name=repr(cluster))
    if year is not None and year not in all_years(graph):
        raise refusal(UnknownNameError, "data_no_year", name=repr(year))
    frames = graph.to_tables()
    people = frames["participants"]
    own = None if cluster is None else members(people, [cluster])
    foreign = set() if cluster is None else members(people, [cluster], others=True)
    drop: dict[str, Bools] = {}
    links, activity = frames["links"], frames["activity"]
    drop["links"] = owned_links(links["supplier_id"], links["buyer_id"], own, foreign)
    drop["activity"] = (
        np.ones(len(activity), bool)
        if own is None
        else _isin(activity["participant_id"], own) & ~_isin(activity["participant_id"], foreign)
    )
    for name in ("indicators", "measures"):
        frame = frames[name]
        drop[name] = np.ones(len(frame), bool) if cluster is None else _isin(frame["cluster_id"], [cluster])
    if year is not None:
        for name in drop:
            drop[name] = drop[name] & _isin(frames[name]["year"], [year])
    else:
        for name in ("participants", "clusters"):
            drop[name] = _isin(frames[name]["cluster_id"], [str(cluster)])
    drop["unsettled"] = dropped_rows(frames["unsettled"], own, foreign, cluster=cluster, year=year)
    kept = {name: frame[~drop[name]] if name in drop else frame for name, frame in frames.items()}
    return SupplyGraph.from_tables(kept, currency=graph.currency, provenance=graph.provenance)


def owned_links(
    supplier: pd.Series[Any], buyer: pd.Series[Any], own: Collection[str] | None, foreign: Collection[str]
) -> Bools:
    """Tell which links may go with the clusters of `own`: one end in `own`, none in `foreign`.

    With `own` None every link that touches no foreign member counts, linkless ends included.
    """
    free = ~(_isin(supplier, foreign) | _isin(buyer, foreign))
    return free if own is None else free & (_isin(supplier, own) | _isin(buyer, own))


def _touch(open_rows: pd.DataFrame, who: Collection[str]) -> Bools:
    return np.asarray(open_rows[list(WHO)].isin(list(who)).any(axis=1))


def owned_rows(open_rows: pd.DataFrame, own: Collection[str] | None, foreign: Collection[str]) -> Bools:
    """Tell which rows of ``unsettled`` may go with the clusters of `own`, as `owned_links` does.

    Rows of memberships name a cluster: they are not of `own` here.
    """
    free = ~_touch(open_rows, foreign) & open_rows["cluster_id"].isna().to_numpy()
    return free if own is None else free & _touch(open_rows, own)


def dropped_rows(
    open_rows: pd.DataFrame,
    own: Collection[str] | None,
    foreign: Collection[str],
    *,
    cluster: str | None = None,
    year: int | None = None,
) -> Bools:
    """Tell which rows of ``unsettled`` go where `without` takes `cluster` and `year` out."""
    owned = owned_rows(open_rows, own, foreign)
    if year is not None:
        return owned & _isin(open_rows["year"], [year])
    return owned | _isin(open_rows["cluster_id"], [str(cluster)])


def stale_rows(
    open_rows: pd.DataFrame,
    scope: Collection[str],
    years: Collection[int],
    owners: tuple[Collection[str] | None, Collection[str]],
    covered: bool,
) -> Bools:
    """Tell which rows of ``unsettled`` go with a load of the clusters `scope` and `years`.

    Where the load does not cover all years that the store holds, rows of an unknown year and memberships
    stay: a doubt goes only with the rows that it is about.
    """
    undated = covered & open_rows["year"].isna().to_numpy()
    owned = owned_rows(open_rows, *owners) & (_isin(open_rows["year"], years) | undated)
    return owned | (covered & _isin(open_rows["cluster_id"], scope))


def check_currency(held: str, new: str) -> None:
    """Refuse to mix currencies in one store."""
    if held != new:
        raise refusal(DataError, "currency_mixed", held=held, new=new)


def merged(old: SupplyGraph, new: SupplyGraph) -> SupplyGraph:
    """Return `old` with the clusters and years of `new` replaced by what `new` holds.

    Rows with the same key are taken from `new`. Rows of the clusters and years of `new` which `new` no
    longer has are dropped, unless another cluster needs them. Memberships are replaced for the years of
    `new` and stay for the others (`clustercoop.graph.periods`).

    Raises
    ------
    DataError
        The currencies differ.
    """
    if is_empty(old):
        return new
    check_currency(old.currency, new.currency)
    before, after = old.to_tables(), new.to_tables()
    scope, years = new.cluster_ids, all_years(new)
    people = merge_memberships(before["participants"], after["participants"], scope, old.years, new.years)
    own, foreign = members(people, scope), members(people, scope, others=True)
    own |= members(before["participants"], scope)
    alone = not (set(old.cluster_ids) - set(scope))
    frames = {"participants": people}
    frames["clusters"] = _upsert(before["clusters"], after["clusters"], ["cluster_id"])
    for name in ("indicators", "measures"):
        frame = before[name]
        stale = _isin(frame["cluster_id"], scope) & _isin(frame["year"], years)
        frames[name] = _concat(frame[~stale], after[name])
    activity = before["activity"]
    ids = activity["participant_id"]
    stale = ~_isin(ids, foreign) & (_isin(ids, own) | alone) & _isin(activity["year"], years)
    frames["activity"] = _upsert(activity[~stale], after["activity"], ["participant_id", "year"])
    links = before["links"]
    owned = owned_links(links["supplier_id"], links["buyer_id"], None if alone else own, foreign)
    stale = owned & _isin(links["year"], years)
    frames["links"] = _upsert(links[~stale], after["links"], list(tables()["links"].key))
    covered = covers(old, new)
    open_rows = before["unsettled"]
    stale = stale_rows(open_rows, scope, years, (None if alone else own, foreign), covered)
    frames["unsettled"] = _upsert(open_rows[~stale], after["unsettled"], [*UNSETTLED.names, *ORIGIN])
    replaced = alone and covered
    for name in APART:
        key = list(tables()[name].key)
        frames[name] = after[name] if replaced else _upsert(before[name], after[name], key)
    provenance = merge_provenance(old.provenance, new.provenance, replaced)
    return SupplyGraph.from_tables(frames, currency=new.currency, provenance=provenance)


def strangers(held: SupplyGraph, new: SupplyGraph) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return the clusters and years of `held` that `new` lacks."""
    return LoadReport.strangers(held.cluster_ids, all_years(held), new.cluster_ids, all_years(new))


def covers(old: SupplyGraph, new: SupplyGraph) -> bool:
    """Tell whether `new` has every year of `old`."""
    return set(old.years) <= set(new.years)


def merge_provenance(old: Mapping[str, Any], new: Mapping[str, Any], replaced: bool) -> dict[str, Any]:
    """Return the provenance of both loads; of the new one alone where it replaced everything."""
    added = dict(new)
    if replaced:
        return added
    loads = list(old.get("loads", [dict(old)]))
    return {"loads": [*(load for load in loads if load != added), added]}


def _concat(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    parts = [part for part in (before, after) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else after


def _upsert(before: pd.DataFrame, after: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Return `after` and the rows of `before` whose key `after` does not have."""
    if not len(before) or not len(after):
        return _concat(before, after)
    both = pd.concat([before, after], ignore_index=True)
    group = both.groupby(key, dropna=False, sort=False).ngroup().to_numpy()
    return both[np.r_[~np.isin(group[: len(before)], group[len(before) :]), np.ones(len(after), bool)]]


def touched_clusters(held: SupplyGraph, new: SupplyGraph) -> set[str]:
    """Return the clusters whose figures a load of `new` may change: its own, and those of its partners."""
    people = held.participants
    partners = people["participant_id"].isin(new.node_ids)
    return set(new.cluster_ids) | set(people.loc[partners, "cluster_id"].dropna())


def check_results(held: SupplyGraph, tables: Mapping[str, pd.DataFrame]) -> None:
    """Refuse tables that are no results, or are about clusters or participants the store does not hold."""
    known = {"cluster_id": set(held.cluster_ids), "participant_id": set(map(str, held.node_ids))}
    check_names(tables, known)


def check_names(tables: Mapping[str, pd.DataFrame], known: Mapping[str, Collection[str]]) -> None:
    """Refuse tables with a cluster or participant id that is not `known`."""
    for name, frame in tables.items():
        if name not in results.KEYS:
            raise parameter_error("tables", "write_results", ", ".join(results.KEYS), name)
        nobody = {"", results.EVERYWHERE} if name == "gaps" or name in results.POLICY else set()
        for column, ids in known.items():
            named = set(frame[column].dropna().astype(str)) if column in frame else set()
            strange = sorted(named - set(ids) - nobody)
            if strange:
                raise refusal(DataError, "result_name", table=name, column=column, name=repr(strange[0]))
