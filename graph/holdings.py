"""Holdings in place of their members: `by_holding` joins members of a cluster that have one parent."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clustercoop.graph.identity import IDS
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.schema import tables

SUMMED = ("money", "count", "number")


def by_holding(graph: SupplyGraph) -> SupplyGraph:
    """Return `graph` with the members of a cluster that have one parent in a year joined into one.

    The participant goes by the parent's id; where a holding has members in several clusters, by
    "parent (cluster)", because what belongs to one cluster is outside for another. Links within a holding
    become self-supply. A figure of a holding is the sum over its members, unknown where one member's is. A
    role, industry or region is that of the members if they agree. A member of several clusters in a year, and
    members of the holding that are in no cluster, stay on their own.

    Examples
    --------
    >>> graph = SupplyGraph.from_tables({
    ...     "participants": pd.DataFrame(
    ...         {"participant_id": ["a", "b", "c"], "cluster_id": "k", "parent_id": ["h", "h", None]}
    ...     ),
    ...     "links": pd.DataFrame({"year": 2022, "supplier_id": ["a", "a"], "buyer_id": ["b", "c"],
    ...                            "value": [5.0, 2.0]}),
    ... })
    >>> [formation] = by_holding(graph).formations()
    >>> formation.ids.tolist(), formation.weight.tolist(), formation.self_supply.tolist()
    (['c', 'h'], [2.0], [0.0, 5.0])
    """
    held = _members(graph)
    if not bool((held["parent"] != "").any()):
        return graph
    joined = held[held["unit"] != held["participant_id"]]
    frames = graph.to_tables()
    key = pd.MultiIndex.from_frame(joined[["participant_id", "year"]])
    units = pd.Series(joined["unit"].to_numpy(), index=key)
    for table in ("links", "activity"):
        frame = frames[table].copy()
        for name in IDS[table]:
            found = units.reindex(pd.MultiIndex.from_arrays([frame[name], frame["year"].astype("int64")]))
            frame[name] = pd.Series(found.to_numpy(), index=frame.index, dtype=object).fillna(
                frame[name].astype(object)
            )
        frames[table] = frame
    unsettled = frames["unsettled"] = graph.unsettled.copy()
    whole = joined.drop_duplicates("participant_id").set_index("participant_id")["unit"]
    for name in IDS["unsettled"]:
        unsettled[name] = unsettled[name].map(whole).where(unsettled[name].isin(whole.index), unsettled[name])
    frames["activity"] = _summed(frames["activity"])
    frames["participants"] = _rows(graph, held, set(joined["participant_id"]))
    changed = SupplyGraph.from_tables(frames, currency=graph.currency, provenance=graph.provenance)
    return changed.sharing(graph.shared_members)


def _members(graph: SupplyGraph) -> pd.DataFrame:
    """Return every member of every year with what it is and the id that it goes by."""
    clusters = np.array(graph.cluster_ids, dtype=object)
    parts = []
    for year in graph.years:
        found = graph.people.members(year)
        ids = {"participant_id": graph.node_ids[found.node], "cluster_id": clusters[found.cluster]}
        parts.append(pd.DataFrame({**ids, **found.attributes, "year": year}))
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype=object) for name in ("participant_id", "parent", "unit")})
    held = pd.concat(parts, ignore_index=True)
    alone = ~held.duplicated(["participant_id", "year"], keep=False)
    heads = set(held.loc[held["parent_id"] != "", "parent_id"])
    own = held["participant_id"].where(held["participant_id"].isin(heads), "")
    held["parent"] = held["parent_id"].where(held["parent_id"] != "", own).where(alone, "")
    spread = held[held["parent"] != ""].groupby("parent")["cluster_id"].nunique()
    several = held["parent"].isin(spread[spread > 1].index)
    named = held["parent"].where(~several, held["parent"] + " (" + held["cluster_id"] + ")")
    held["unit"] = named.where(held["parent"] != "", held["participant_id"])
    return held


def _summed(activity: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each organisation and year: sums, unknown where a part is."""
    key = ["participant_id", "year"]
    several = activity.duplicated(key, keep=False)
    parts = activity[several]
    rules = {
        column.name: (lambda cells: cells.sum(skipna=False)) if column.type in SUMMED else "first"
        for column in tables()["activity"].columns
        if column.name not in key
    }
    if not len(parts):
        return activity
    joined = parts.groupby(key, as_index=False).agg(rules)
    rest = activity[~several].drop(columns=["row", "file", "sheet"])
    return pd.concat([rest, joined], ignore_index=True)


def _rows(graph: SupplyGraph, held: pd.DataFrame, gone: set[str]) -> pd.DataFrame:
    """Return the table participants: holdings by year, and the rows of everybody else as they were."""
    people = graph.to_tables()["participants"]
    members = held[held["participant_id"].isin(gone)]
    agreed = [name for name in ("role", "industry_code", "region") if name in members]

    def common(texts: pd.Series[str]) -> str | None:
        known = set(texts) - {""}
        return known.pop() if len(known) == 1 else None

    rows = members.groupby(["unit", "cluster_id", "year"], as_index=False).agg(
        {name: common for name in agreed}
    )
    rows = rows.rename(columns={"unit": "participant_id", "year": "joined_year"})
    rows["left_year"] = rows["joined_year"]
    names = {
        str(u): graph.names.get(str(p), str(u))
        for u, p in zip(members["unit"], members["parent"], strict=True)
    }
    rows["name"] = rows["participant_id"].map(names)
    rows = rows.astype({name: people[name].dtype for name in rows})
    return pd.concat([people[~people["participant_id"].isin(gone)], rows], ignore_index=True)
