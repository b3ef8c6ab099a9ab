"""The named queries once more, in plain Python over formations, pandas and networkx."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, Final

import networkx as nx
import pandas as pd

from clustercoop.graph.formation import Formation
from clustercoop.graph.model import SupplyGraph
from tests.contract.cypher.policy_counterparts import (
    failed_requirements,
    links_to_meet,
    policy,
    who_matters,
)
from tests.contract.cypher.shapes import Params, Rows, Tables, by_value, chosen, edges, one, rows_of


def internal_supply(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    return [(f.cluster_id, f.year, len(f.src), f.weight.sum()) for f in chosen(g, p) if len(f.src)]


def top_internal_links(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    found = sorted(edges(one(g, p)).items(), key=lambda e: (-e[1], e[0]))
    return [(s, g.names[s], b, g.names[b], w) for (s, b), w in found[: p["top"]]]


def _single(g: SupplyGraph, p: Params, buyers: bool) -> Rows:
    partners: dict[str, dict[str, float]] = defaultdict(dict)
    for (s, b), w in edges(one(g, p)).items():
        partners[b if buyers else s][s if buyers else b] = w
    rows = [(x, g.names[x], *next(iter(d.items()))) for x, d in partners.items() if len(d) == 1]
    return by_value(rows, 3)


def single_source_buyers(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    return _single(g, p, True)


def single_customer_suppliers(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    return _single(g, p, False)


def no_internal_partner(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    f = one(g, p)
    alone = ((f.supplied_inside + f.bought_inside) == 0) & ~(f.activity["used_by_participants"] > 0)
    return [(str(i), g.names[str(i)], r or None) for i, r in zip(f.ids[alone], f.role[alone], strict=True)]


def mutual_links(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    e = edges(one(g, p))
    return sorted((s, b, w, e[b, s]) for (s, b), w in e.items() if s < b and (b, s) in e)


def circular_supply(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    e = {k: w for k, w in edges(one(g, p)).items() if w > p["minimum"]}
    rows = []
    for ring in nx.simple_cycles(nx.DiGraph(list(e)), length_bound=3):
        if len(ring) == 3:
            at = ring.index(min(ring))
            a, b, c = ring[at:] + ring[:at]
            rows.append((a, b, c, min(e[a, b], e[b, c], e[c, a])))
    return by_value(rows, 3, p["top"])


def chain_breakers(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    e = edges(one(g, p))
    between: dict[tuple[str, str], set[str]] = defaultdict(set)
    for a, b in e:
        for b2, c in e:
            if b2 == b and c not in (a, b):
                between[a, c].add(b)
    pairs: dict[str, int] = defaultdict(int)
    for (a, c), steps in between.items():
        if len(steps) == 1 and (a, c) not in e:
            pairs[next(iter(steps))] += 1
    return by_value([(x, g.names[x], n) for x, n in pairs.items()], 2)


def removal_impact(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    f = one(g, p)
    total = f.weight.sum()
    rows = [
        (str(i), g.names[str(i)], s, b, (s + b) / total)
        for i, s, b in zip(f.ids, f.supplied_inside, f.bought_inside, strict=True)
        if s + b > 0
    ]
    return by_value(rows, 4)


def new_links(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    return _changed(g, p["cluster"], p["year"], p["year"] - 1)


def lost_links(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    return _changed(g, p["cluster"], p["year"] - 1, p["year"])


def _changed(g: SupplyGraph, cluster: str, year: int, other: int) -> Rows:
    e, o = edges(g.formation(cluster, year)), edges(g.formation(cluster, other))
    return sorted(
        ((s, b, w) for (s, b), w in e.items() if (s, b) not in o), key=lambda r: (-r[2], r[0], r[1])
    )


def supplier_concentration(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    w = one(g, p).dense()
    rows = []
    for k, who in enumerate(one(g, p).ids):
        column = w[:, k][w[:, k] > 0]
        if len(column):
            rows.append((str(who), len(column), float(((column / column.sum()) ** 2).sum())))
    return by_value(rows, 2)


def _internal_rows(g: SupplyGraph, f: Formation) -> pd.DataFrame:
    rows = rows_of(g).iloc[f.internal_rows]
    return rows[rows["value"] > 0]


def return_flows(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    out = []
    for f in chosen(g, p):
        rows = _internal_rows(g, f)
        back = float(rows.loc[rows["kind"] == "return", "value"].sum())
        out.append((f.cluster_id, f.year, back, back / rows["value"].sum()))
    return out


def product_flows(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    out: Rows = []
    for f in chosen(g, p):
        rows = _internal_rows(g, f).fillna({"product_code": ""})
        for product in rows["product_code"].unique():
            part = rows[rows["product_code"] == product]
            out.append((f.cluster_id, f.year, str(product), len(part), float(part["value"].sum())))
    return sorted(out, key=lambda r: (-r[4], r[0], r[1], r[2]))[: p["top"]]


def self_supply(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    links = rows_of(g)
    own = links[links["supplier_id"] == links["buyer_id"]]
    own = own if p.get("year") is None else own[own["year"] == p["year"]]
    grouped = own.groupby(["year", "supplier_id"], as_index=False)["value"].sum()
    return list(zip(grouped["supplier_id"], grouped["year"], grouped["value"], strict=True))


def links_behind(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    rows = _internal_rows(g, one(g, p))
    columns = ["supplier_id", "buyer_id", "value", "file", "sheet", "row"]
    return list(
        rows.sort_values(["supplier_id", "buyer_id", "row"])[columns].itertuples(index=False, name=None)
    )


def cooperation(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    frame = t["formations"]
    columns = ["cluster_id", "year", "internal_supply", "output", "cooperation_ratio"]
    kept = frame
    for column, name in (("cluster_id", "cluster"), ("year", "year")):
        if p.get(name) is not None:
            kept = kept[kept[column] == p[name]]
    return list(kept.sort_values(columns[:2])[columns].itertuples(index=False, name=None))


def _measured(t: Tables, p: Params) -> pd.DataFrame:
    frame = t["participants"]
    kept: pd.DataFrame = frame[(frame["cluster_id"] == p["cluster"]) & (frame["year"] == p["year"])]
    return kept


def type_changes(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    out: Rows = []
    for cluster, frame in t["formations"].sort_values("year").groupby("cluster_id"):
        pairs = pairwise(zip(frame["year"], frame["ecosystem_type"], strict=True))
        for (a, before), (b, after) in pairs:
            if b == a + 1 and isinstance(before, str) and isinstance(after, str) and before != after:
                out.append((cluster, b, before, after))
    return [row for row in out if p.get("cluster") in (None, row[0])]


def chain_positions(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    frame = _measured(t, p).sort_values(["stage", "participant_id"])
    return [
        (i, g.names[i], s, None if pd.isna(c) else bool(c))
        for i, s, c in zip(frame["participant_id"], frame["stage"], frame["in_core"], strict=True)
    ]


def verdicts(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    frame = t["clusters"].sort_values("cluster_id")
    return [
        (c, g.cluster_names[c], v, None)
        for c, v in zip(frame["cluster_id"], frame["formation_verdict"], strict=True)
    ]


def supplied(g: SupplyGraph) -> pd.DataFrame:
    """Return the links that are supply: worth something, to somebody else, no knowledge."""
    links = rows_of(g)
    kept = (links["value"] > 0) & (links["kind"].fillna("") != "knowledge")
    return links[kept & (links["supplier_id"] != links["buyer_id"])]


def people(t: Tables, p: Params) -> list[Any]:
    """Return the participants' results of a formation, with None for unknown."""
    frame = _measured(t, p).sort_values("participant_id")
    return list(frame.astype(object).where(frame.notna(), None).itertuples())


def members_at(g: SupplyGraph, year: int) -> dict[str, set[str]]:
    """Return cluster → members in a year."""
    at: dict[str, set[str]] = defaultdict(set)
    for row in g.participants.itertuples():
        at[str(row.cluster_id)].add(str(row.participant_id))
    return at


def internal_sourcing(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    out = []
    frame = t["formations"].sort_values(["cluster_id", "year"])
    for row in frame.itertuples():
        if p.get("cluster") in (None, row.cluster_id) and p.get("year") in (None, row.year):
            out.append(
                (
                    row.cluster_id,
                    row.year,
                    row.internal_supply,
                    row.purchases_outside,
                    row.internal_sourcing_share,
                    "links",
                )
            )
    return out


def cross_cluster_flows(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    total: dict[tuple[int, str, str], list[tuple[float, bool]]] = defaultdict(list)
    of = g.participants.groupby("participant_id")["cluster_id"].agg(set).to_dict()
    links = supplied(g)
    columns = (links[name].tolist() for name in ("year", "supplier_id", "buyer_id", "value"))
    for year, supplier, buyer, value in zip(*columns, strict=True):
        mine, theirs = of.get(supplier, set()), of.get(buyer, set())
        for a in mine - theirs:
            for b in theirs - mine:
                total[year, a, b].append((value, len(mine) > 1 or len(theirs) > 1))
    rows = [
        (a, b, y, len(v), sum(w for w, _ in v), sum(w for w, many in v if many))
        for (y, a, b), v in total.items()
        if p.get("year") in (None, y)
    ]
    return sorted(rows, key=lambda r: (r[2], -r[4], r[0], r[1]))


def outside_partners(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    inside = set(map(str, one(g, p).ids))
    links = supplied(g)
    links = links[links["year"] == p["year"]]
    out = links[links["supplier_id"].isin(list(inside)) & ~links["buyer_id"].isin(list(inside))]
    into = links[links["buyer_id"].isin(list(inside)) & ~links["supplier_id"].isin(list(inside))]
    sold = out.groupby("buyer_id")["value"].sum()
    bought = into.groupby("supplier_id")["value"].sum()
    partners = sorted(set(sold.index) | set(bought.index))
    rows = [(x, g.names[x], float(sold.get(x, 0.0)), float(bought.get(x, 0.0))) for x in partners]
    return sorted(rows, key=lambda r: (-(r[2] + r[3]), r[0]))[: p["top"]]


def gatekeepers(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    rows: Rows = []
    for m in people(t, p):
        a, b = m.internal_supply + m.bought_inside, m.sales_outside + m.purchases_outside
        share = min(a, b) / (a + b) if a + b > 0 else None
        rows.append((m.participant_id, g.names[m.participant_id], a, b, share))
    return sorted(rows, key=lambda r: (-(r[4] if r[4] is not None else -1.0), r[0]))


def longest_chains(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    after: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for (s, b), w in sorted(edges(one(g, p)).items(), key=lambda e: (e[0][0], -e[1], e[0][1])):
        after[s].append((b, w))
    after = {s: [(b, w) for b, w in found[: p["width"]] if w > p["minimum"]] for s, found in after.items()}
    found: Rows = []

    def walk(path: list[str], worth: list[float]) -> None:
        steps = [(b, w) for b, w in after.get(path[-1], []) if b not in path] if len(worth) < 4 else []
        if worth and not steps:
            found.append((len(worth), path, min(worth)))
        for b, w in steps:
            walk([*path, b], [*worth, w])

    for start in map(str, one(g, p).ids):
        walk([start], [])
    return sorted(found, key=lambda r: (-r[0], -r[2], r[1]))[: p["top"]]


def participant_cooperation(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    return [
        (m.participant_id, g.names[m.participant_id], m.internal_supply, m.internal_supply_source, m.output,
         m.cooperation_ratio)
        for m in people(t, p)
    ]  # fmt: skip


def core_members(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    total = float(one(g, p).weight.sum())
    core = [m for m in people(t, p) if m.in_core]
    rows = [
        (m.participant_id, g.names[m.participant_id], m.internal_supply, m.internal_supply / total)
        for m in core
    ]
    return by_value(rows, 3)


def members_by_year(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    count: dict[tuple[str, int, str], int] = defaultdict(int)
    for f in chosen(g, p):
        for role in f.role:
            count[f.cluster_id, f.year, role or "unknown"] += 1
    return sorted((*key, n) for key, n in count.items())


def role_flows(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    flow: dict[tuple[str, int, str, str], float] = defaultdict(float)
    for f in chosen(g, p):
        for s, b, w in zip(f.src, f.dst, f.weight, strict=True):
            flow[f.cluster_id, f.year, f.role[s] or "unknown", f.role[b] or "unknown"] += float(w)
    return sorted((*key, w) for key, w in flow.items())


def shortest_chain(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    e = edges(one(g, p))
    found = nx.all_simple_paths(nx.DiGraph(list(e)), p["supplier"], p["buyer"], cutoff=4)
    rows = [(len(path) - 1, path, min(e[pair] for pair in pairwise(path))) for path in found]
    return sorted(rows, key=lambda r: (r[0], -r[2], r[1]))[:1]


def replacements(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    links = supplied(g)
    links = links[(links["year"] == p["year"]) & links["product_code"].notna()]
    wanted = set(links.loc[links["supplier_id"] == p["supplier"], "product_code"])
    inside = set(map(str, one(g, p).ids))
    rows: Rows = []
    for who, part in links[links["product_code"].isin(wanted)].groupby("supplier_id"):
        if who != p["supplier"]:
            products = part["product_code"].nunique()
            rows.append((who, g.names[str(who)], products, float(part["value"].sum()), who in inside, None))
    return sorted(rows, key=lambda r: (-r[4], -r[2], -r[3], r[0]))[: p["top"]]


def product_concentration(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    rows: Rows = []
    for product, part in _internal_rows(g, one(g, p)).fillna({"product_code": ""}).groupby("product_code"):
        sold = part.groupby("supplier_id")["value"].sum()
        squares = float(((sold / sold.sum()) ** 2).sum()) if product else None
        rows.append((product, len(sold), float(sold.sum()), squares))
    return sorted(rows, key=lambda r: (r[0] == "", -(r[3] or 0), -r[2], r[0]))


def core_dependency(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    core, inside = {m.participant_id for m in people(t, p) if m.in_core}, set(map(str, one(g, p).ids))
    links = supplied(g)
    links = links[
        (links["year"] == p["year"]) & links["buyer_id"].isin(core) & ~links["supplier_id"].isin(inside)
    ]
    total = links["value"].sum()
    rows: Rows = [
        (
            who,
            g.names[str(who)],
            part["buyer_id"].nunique(),
            float(part["value"].sum()),
            part["value"].sum() / total,
        )
        for who, part in links.groupby("supplier_id")
    ]
    return by_value(rows, 4, p["top"])


def two_year_losses(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    before = [
        {m.participant_id: m.internal_supply for m in people(t, {**p, "year": p["year"] - k})}
        for k in (0, 1, 2)
    ]
    rows: Rows = [
        (who, g.names[who], before[2][who], before[1][who], now)
        for who, now in before[0].items()
        if now < before[1][who] < before[2][who]
    ]
    return sorted(rows, key=lambda r: (r[4] - r[2], r[0]))


def core_knowledge(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    inside = set(map(str, one(g, p).ids))
    links = rows_of(g)
    links = links[(links["year"] == p["year"]) & (links["kind"] == "knowledge") & (links["value"] > 0)]
    pairs = [*zip(links["supplier_id"], links["buyer_id"], strict=True)]
    rows: Rows = []
    for who in (m.participant_id for m in people(t, p) if m.in_core):
        with_whom = ({b for a, b in pairs if a == who} | {a for a, b in pairs if b == who}) - {who}
        rows.append((who, g.names[who], len(with_whom & inside), len(with_whom - inside)))
    return sorted(rows, key=lambda r: (-(r[2] + r[3]), r[0]))


def through_other_clusters(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    links = supplied(g)
    links = links[links["year"] == p["year"]]
    flow = links.groupby(["supplier_id", "buyer_id"])["value"].sum().to_dict()
    at = members_at(g, p["year"])
    mine = at[p["cluster"]]
    rows: Rows = []
    for (a, x), there in flow.items():
        for (x2, b), back in flow.items():
            if x == x2 and a in mine and b in mine and a != b and x not in mine:
                rows += [(a, x, c, b, min(there, back)) for c, members in at.items() if x in members]
    return by_value(rows, 4, p["top"])


def rings_by_value(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    e = edges(one(g, p))
    rows: Rows = []
    for ring in nx.simple_cycles(nx.DiGraph(list(e)), length_bound=3):
        at = ring.index(min(ring))
        ring = ring[at:] + ring[:at]
        weakest = min(e[pair] for pair in pairwise([*ring, ring[0]]))
        rows.append((ring, len(ring), weakest, weakest * len(ring)))
    return sorted(rows, key=lambda r: (-r[3], r[0]))[: p["top"]]


def _gap_rows(t: Tables, p: Params, personal: bool) -> Rows:
    frame = t["gaps"].astype(object)
    kept = frame[(frame["participant_id"] != "") == personal]
    for column, name in (("cluster_id", "cluster"), ("year", "year")):
        if p.get(name) is not None:
            kept = kept[kept[column] == p[name]]
    names = ["participant_id"] if personal else ["cluster_id", "year"]
    kept = kept[[*names, "column", "code", "value", "detail"]]
    rows = [tuple(None if pd.isna(v) or v == "" else v for v in row) for row in kept.itertuples(index=False)]
    return sorted(rows, key=lambda r: [(v is None, v) if not isinstance(v, str) else (False, v) for v in r])


def unknown_figures(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    return _gap_rows(t, p, True)


def why_unknown(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    return _gap_rows(t, p, False)


def shared_members(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    of = g.participants.groupby("participant_id")["cluster_id"].agg(sorted)
    return [
        (who, g.names[str(who)], year, clusters)
        for who, clusters in of.items()
        for year in g.years
        if len(clusters) > 1 and p.get("year") in (None, year)
    ]


def largest_supplier(g: SupplyGraph, t: Tables, p: Params) -> Rows:
    inside = set(map(str, one(g, p).ids))
    links = supplied(g)
    links = links[(links["year"] == p["year"]) & links["buyer_id"].isin(inside)]
    rows: Rows = []
    for who, part in links.groupby("buyer_id"):
        by = part.groupby("supplier_id")["value"].sum()
        name, value = min(by.items(), key=lambda item: (-item[1], item[0]))
        rows.append((who, g.names[str(who)], name, value, value / by.sum(), name in inside))
    return by_value(rows, 4)


COUNTERPARTS: Final[Mapping[str, Callable[[SupplyGraph, Tables, Params], Rows]]] = {
    f.__name__: f
    for f in (
        internal_supply, internal_sourcing, cross_cluster_flows, outside_partners, top_internal_links,
        single_source_buyers, single_customer_suppliers, gatekeepers, no_internal_partner, mutual_links,
        circular_supply, longest_chains, chain_breakers, removal_impact, new_links, lost_links,
        members_by_year, supplier_concentration, return_flows, product_flows, role_flows, self_supply,
        participant_cooperation, links_behind, cooperation, core_members, type_changes, chain_positions,
        verdicts, shortest_chain, replacements, product_concentration, core_dependency, two_year_losses,
        core_knowledge, through_other_clusters, rings_by_value, unknown_figures, why_unknown, shared_members,
        largest_supplier, policy, failed_requirements, links_to_meet, who_matters,
    )
}  # fmt: skip
