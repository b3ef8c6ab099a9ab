"""What a store keeps beside the tables, to answer at once: sums inside clusters and between them.

Layout::

    (:Participant)-[:INSIDE {key, cluster_id, year, value, rank}]->(:Participant)
    (:Cluster)-[:TRADES {key, year, links, value, shared}]->(:Cluster)
    (:Flow {key, cluster_id, year, product, kind, supplier_role, buyer_role, links, value})
    (:Flow)-[:WITHIN]->(:Cluster)

INSIDE is an edge of a formation: what one member supplied to another in the year, knowledge and self-supply
left out, as every figure of the analysis takes it; ``rank`` 1 is the supplier's largest buyer. Flow sums the
same links by product, kind and what both ends were in the cluster and year. TRADES sums supply from members
of one cluster to members of another by links whose ends are not both in one of the two; ``shared`` is the
part whose supplier or buyer belongs to several clusters and so is counted for each of them.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.formation import Formation
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.stores.records import LinkSpec, NodeSpec, escape, join_key, member_years

LINKS: Final = {
    "inside": LinkSpec(
        "INSIDE",
        ("Participant", "supplier_id"),
        ("Participant", "buyer_id"),
        ("cluster_id", "year", "value", "rank"),
    ),
    "trades": LinkSpec(
        "TRADES",
        ("Cluster", "supplier_cluster"),
        ("Cluster", "buyer_cluster"),
        ("year", "links", "value", "shared"),
    ),
}
NODES: Final = {
    "flows": NodeSpec(
        "Flow",
        "key",
        ("cluster_id", "year", "product", "kind", "supplier_role", "buyer_role", "links", "value"),
        ("WITHIN", "Cluster", "cluster_id", False),
    ),
}


def derived_records(graph: SupplyGraph) -> dict[str, pd.DataFrame]:
    """Return the records of `LINKS` and `NODES` that follow from `graph`."""
    return {"inside": _inside(graph), "trades": _trades(graph), "flows": _flows(graph)}


def _inside(graph: SupplyGraph) -> pd.DataFrame:
    formations = [f for f in graph.formations() if len(f.src)]
    columns = ["supplier_id", "buyer_id", "cluster_id", "year", "value"]
    if not formations:
        return pd.DataFrame(columns=[*columns, "rank", "key"])
    counts = [len(f.src) for f in formations]
    frame = pd.DataFrame(
        {
            "supplier_id": np.concatenate([f.ids[f.src] for f in formations]),
            "buyer_id": np.concatenate([f.ids[f.dst] for f in formations]),
            "cluster_id": np.repeat(np.array([f.cluster_id for f in formations], object), counts),
            "year": np.repeat([f.year for f in formations], counts),
            "value": np.concatenate([f.weight for f in formations]),
        }
    )
    order = frame.sort_values(
        ["cluster_id", "year", "supplier_id", "value", "buyer_id"], ascending=[True, True, True, False, True]
    )
    frame["rank"] = order.groupby(["cluster_id", "year", "supplier_id"], sort=False).cumcount() + 1
    parts = (escape(frame[name]) for name in ("cluster_id", "supplier_id", "buyer_id"))
    return frame.assign(key=join_key(frame["year"], *parts))


def _flows(graph: SupplyGraph) -> pd.DataFrame:
    formations = [f for f in graph.formations() if len(f.internal_rows)]
    by = ["cluster_id", "year", "product", "kind", "supplier_role", "buyer_role"]
    if not formations:
        return pd.DataFrame(columns=[*by, "links", "value", "key"])
    counts = [len(f.internal_rows) for f in formations]
    rows = graph.links.iloc[np.concatenate([f.internal_rows for f in formations])]
    frame = pd.DataFrame(
        {
            "cluster_id": np.repeat(np.array([f.cluster_id for f in formations], object), counts),
            "year": rows["year"].to_numpy("int64"),
            "product": rows["product_code"].astype(object).where(rows["product_code"].notna(), None).array,
            "kind": rows["kind"].astype(object).where(rows["kind"].notna(), None).array,
            "supplier_role": _roles(graph, formations, "supplier"),
            "buyer_role": _roles(graph, formations, "buyer"),
            "value": rows["value"].to_numpy(),
        }
    )
    grouped = frame[frame["value"] > 0].groupby(by, dropna=False, as_index=False, sort=True)
    out = grouped.agg(links=("value", "size"), value=("value", "sum"))
    parts = (escape(out[name]) for name in by[2:])
    return out.assign(key=join_key(escape(out["cluster_id"]), out["year"], *parts))


def _roles(graph: SupplyGraph, formations: list[Formation], end: str) -> Any:
    """Return the role of one end of every internal row of `formations`, None where it is not known."""
    codes = graph.links[end].to_numpy()
    roles = [f.role[np.searchsorted(f.members, codes[f.internal_rows])] for f in formations]
    every = np.concatenate(roles).astype(object)
    every[every == ""] = None
    return every


def _trades(graph: SupplyGraph) -> pd.DataFrame:
    by = ["supplier_cluster", "buyer_cluster", "year"]
    links = graph.to_tables()["links"]
    links = links[(links["value"] > 0) & (links["kind"].fillna("") != "knowledge")]
    links = links[links["supplier_id"] != links["buyer_id"]]
    frame = links[["year", "supplier_id", "buyer_id", "value"]].reset_index(names="link")
    frame["year"] = frame["year"].astype("int64")
    homes = member_years(graph.participants, graph.years)[["participant_id", "cluster_id", "year"]]
    homes = homes.astype({"year": "int64", "participant_id": str, "cluster_id": str})
    many = homes.assign(many=homes.groupby(["participant_id", "year"])["cluster_id"].transform("size") > 1)
    for end in ("supplier", "buyer"):
        named = many.rename(
            columns={"participant_id": f"{end}_id", "cluster_id": f"{end}_cluster", "many": f"{end}_many"}
        )
        frame = frame.merge(named, on=[f"{end}_id", "year"])
    # A pair of clusters that one end belongs to both of is no trade between them.
    together: set[Any] = set(zip(homes["participant_id"], homes["cluster_id"], homes["year"], strict=True))
    both = np.zeros(len(frame), bool)
    for who, where in (("supplier_id", "buyer_cluster"), ("buyer_id", "supplier_cluster")):
        places = zip(frame[who], frame[where], frame["year"], strict=True)
        both |= np.array([place in together for place in places], bool)
    frame = frame[~both]
    shared = frame["value"].where(frame["supplier_many"] | frame["buyer_many"], 0.0)
    grouped = frame.assign(shared=shared).groupby(by, as_index=False, sort=True)
    out: pd.DataFrame = grouped.agg(links=("value", "size"), value=("value", "sum"), shared=("shared", "sum"))
    parts = (escape(out[name]) for name in ("supplier_cluster", "buyer_cluster"))
    return out.assign(key=join_key(out["year"], *parts))
