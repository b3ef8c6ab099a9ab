"""Closedness, positions in the chain and knowledge, by dense inverses and walks over every pair."""

from __future__ import annotations

from fractions import Fraction
from statistics import median
from typing import Any

import networkx as nx
import numpy as np

from tests.analysis.closedness.oracles import brokerage_by_triples, levels_by_least_squares
from tests.analysis.slow.economy import Facts
from tests.analysis.slow.trade import Figures, bounded, produces, total

ROLES = ("coordinator", "itinerant", "gatekeeper", "representative", "liaison")
EXPERTS = {"university", "research"}
THIRDS = ("upstream", "midstream", "downstream")
FLOW = (
    "finn_cycling_index",
    "total_throughflow",
    "throughflow_basis",
    "average_path_length",
    "average_propagation_length",
    *(f"value_added_{third}" for third in THIRDS),
)
PLACES = ("upstreamness", "downstreamness", "downstream_control")


def array(facts: Facts, values: Any) -> Any:
    return np.array([float(values(i)) for i in facts.members])


def matrix(facts: Facts) -> Any:
    n = len(facts.members)
    out = np.zeros((n, n))
    for (a, b), value in facts.flow.items():
        out[facts.members.index(a), facts.members.index(b)] = float(value)
    return out


def structure(facts: Facts, out: Figures, people: dict[str, Figures]) -> None:
    """What rests on the links between members alone."""
    names = ("circulation_share", "strongly_connected_share", "trophic_incoherence")
    out |= dict.fromkeys(names) | {"stages": None}
    for i in facts.members:
        people[i]["stage"] = None
    if not facts.has_links:
        return
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(facts.members)
    for (a, b), value in facts.flow.items():
        graph.add_edge(a, b, capacity=int(value), weight=-1, value=value)
    out["stages"] = nx.dag_longest_path_length(nx.condensation(graph)) + 1
    if not facts.flow:
        return
    inside = total(facts.flow.values())
    out["circulation_share"] = Fraction(-nx.network_simplex(graph)[0]) / inside
    part_of = {i: k for k, group in enumerate(nx.strongly_connected_components(graph)) for i in group}
    out["strongly_connected_share"] = (
        total(v for (a, b), v in facts.flow.items() if part_of[a] == part_of[b]) / inside
    )
    levels = dict(zip(facts.members, levels_by_least_squares(matrix(facts)), strict=True))
    out["trophic_incoherence"] = sum(
        float(v) * (levels[b] - levels[a] - 1) ** 2 for (a, b), v in facts.flow.items()
    ) / float(inside)
    for i in facts.members:
        people[i]["stage"] = None if np.isnan(levels[i]) else levels[i]


def brokers(facts: Facts, people: dict[str, Figures]) -> None:
    linked = {end for pair in facts.flow for end in pair}
    groups = [facts.role[i] for i in facts.members]
    told = {facts.role[i] for i in linked}
    known = bool(linked) and "" not in told and len(told) > 1
    counts = brokerage_by_triples(matrix(facts) > 0, groups)
    for k, i in enumerate(facts.members):
        people[i] |= {f"brokerage_{r}": counts[k][j] if known else None for j, r in enumerate(ROLES)}
        inside, outside = facts.supplied(i) + facts.received(i), facts.sold[i] + facts.bought[i]
        said = facts.has_links and bounded(facts) and inside + outside > 0
        people[i]["broker_share"] = min(inside, outside) / (inside + outside) if said else None


def through(facts: Facts, i: str) -> Fraction:
    """Output where known (supply from stock where it is 0), else the larger of purchases and sales."""
    output = facts.given["output"][i]
    if output is not None:
        return output if output > 0 else facts.supplied(i)
    sold, bought = facts.supplied(i) + facts.sold[i], facts.received(i) + facts.bought[i]
    return sold if sold > bought * Fraction(10001, 10000) else bought


def endless_parts(facts: Facts) -> set[str]:
    """Members of the strong parts that take nothing in: they cycle in full and are set apart."""
    out: set[str] = set()
    for group in nx.strongly_connected_components(nx.DiGraph(list(facts.flow))):
        within = total(v for (a, b), v in facts.flow.items() if a in group and b in group)
        passing = total(through(facts, i) for i in group)
        entering = total(v for (a, b), v in facts.flow.items() if a not in group and b in group)
        if within > 0 and passing - within - entering <= passing / 10**9 and not entering:
            out |= group
    return out


def flows(facts: Facts, out: Figures, people: dict[str, Figures]) -> None:
    """What rests on throughflow: the Finn index, positions, thirds of value added, control."""
    out |= dict.fromkeys(FLOW)
    for i in facts.members:
        people[i] |= dict.fromkeys(PLACES)
    if not facts.has_links:
        return
    passing = {i: through(facts, i) for i in facts.members}
    flowing = [i for i in facts.members if passing[i] > 0]
    lacking = [i for i in flowing if facts.given["output"][i] is None]
    out["throughflow_basis"] = (
        "" if not flowing else "links" if len(lacking) == len(flowing) else "mixed" if lacking else "output"
    )
    if not flowing or any(facts.received(i) > passing[i] * (1 + Fraction(1, 10**9)) for i in facts.members):
        return
    graph = nx.DiGraph(list(facts.flow))
    graph.add_nodes_from(facts.members)
    recorded = bounded(facts, Fraction(8, 10))
    silent = any(produces(facts, i) and facts.given["output"][i] is None for i in facts.members)
    if silent and not recorded:
        out["finn_cycling_index"] = 0 if nx.is_directed_acyclic_graph(graph) else None
        if not any(produces(facts, i) for i in lacking):
            positions(facts, out, people, endless_parts(facts), whole=False)
        return
    every = total(passing.values())
    out["total_throughflow"] = every
    endless = endless_parts(facts)
    n = len(facts.members)
    weight = matrix(facts)
    free = [k for k, i in enumerate(facts.members) if i not in endless]
    amounts = array(facts, lambda i: passing[i])
    safe = np.where(amounts > 0, amounts, 1.0)
    visits = np.eye(n)
    visits[np.ix_(free, free)] = np.linalg.inv(
        np.eye(len(free)) - (weight / safe[:, None])[np.ix_(free, free)]
    )
    cycled = sum((1 - 1 / visits[k, k]) * amounts[k] for k in free)
    cycled += sum(float(passing[i]) for i in endless)
    out["finn_cycling_index"] = cycled / float(every)
    entered = total(passing[i] - facts.received(i) for i in facts.members if i not in endless)
    entered += total(v for (a, b), v in facts.flow.items() if a in endless and b not in endless)
    if entered > every / 10**9:
        out["average_path_length"] = total(passing[i] for i in facts.members if i not in endless) / entered
    positions(facts, out, people, endless)


def positions(
    facts: Facts, out: Figures, people: dict[str, Figures], endless: set[str], whole: bool = True
) -> None:
    """Fill the positions, and, where every output is known (`whole`), what rests on all value added."""
    members, weight = facts.members, matrix(facts)
    carried = array(facts, lambda i: max(through(facts, i), facts.supplied(i)))
    safe = np.where(carried > 0, carried, 1.0)
    fed = set(endless)
    for i in endless:
        fed |= nx.descendants(nx.DiGraph([*facts.flow]), i)
    n = len(members)
    held = [k for k, i in enumerate(members) if i not in endless]
    cut = np.ix_(held, held)
    forward = np.linalg.inv(np.eye(len(held)) - (weight / safe[:, None])[cut])
    backward = np.linalg.inv(np.eye(len(held)) - (weight / safe[None, :]).T[cut])
    up, down = np.full(n, np.nan), np.full(n, np.nan)
    up[held], down[held] = forward.sum(axis=1), backward.sum(axis=1)
    for k, i in enumerate(members):
        people[i]["upstreamness"] = up[k] if carried[k] > 0 and i not in endless else None
        people[i]["downstreamness"] = down[k] if carried[k] > 0 and i not in fed else None
    if not endless:
        inverse = np.linalg.inv(np.eye(n) - weight / safe[None, :])
        effect = inverse - np.diag(np.diag(inverse))
        steps = sum((inverse @ (inverse - np.eye(n)))[a, b] for a in range(n) for b in range(n) if a != b)
        out["average_propagation_length"] = steps / effect.sum() if effect.sum() > 0 else None
    if not whole:
        return
    made = {i: created(facts, i) for i in members}
    placed = [i for i in members if people[i]["upstreamness"] is not None and not left_out(facts, i)]
    parts = [made[i] for i in placed]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts) or min(known, default=0) < 0 or not total(known) > 0:
        return
    spots = [people[i]["upstreamness"] for i in placed]
    value = total(made[i] for i in placed)
    if len({round(spot, 8) for spot in spots}) >= 3:
        low, high = np.quantile(spots, [1 / 3, 2 / 3])
        bounds = (high, np.inf), (low, high), (-np.inf, low)
        for name, (above, upto) in zip(THIRDS, bounds, strict=True):
            third = [i for i in placed if above + 1e-9 < people[i]["upstreamness"] <= upto + 1e-9]
            out[f"value_added_{name}"] = total(made[i] for i in third) / value if third else None
    if endless:
        return
    amounts = np.array([float(made[i] or 0) if i in placed else 0.0 for i in members])
    for k, i in enumerate(members):
        if carried[k] > 0:
            # Of what reaches j, the part that has passed i: remove i, and see what still arrives.
            rest = [j for j in range(n) if j != k]
            enters = carried - weight.sum(axis=0)
            without = np.linalg.inv(np.eye(n - 1) - (weight / safe[:, None])[np.ix_(rest, rest)])
            arrives = enters[rest] @ without
            passed = sum(
                (1 - arrives[p] / carried[j]) * amounts[j] for p, j in enumerate(rest) if carried[j] > 0
            )
            people[i]["downstream_control"] = passed / amounts.sum()


def created(facts: Facts, i: str) -> Fraction | None:
    added, output, bought = (facts.given[c][i] for c in ("value_added", "output", "purchases"))
    busy = any((facts.given[c][i] or 0) > 0 for c in ("rd_expenses", "output", "employees"))
    if added == 0 and busy:
        added = None
    if added is None and output is not None and bought is not None:
        return output - bought
    return added


def left_out(facts: Facts, i: str) -> bool:
    return created(facts, i) is None and not produces(facts, i)


def autonomy(facts: Facts, out: Figures, people: dict[str, Figures]) -> None:
    out["autonomy"] = None
    for i in facts.members:
        people[i]["embodied_inside_share"] = None
    if not facts.has_links:
        return
    output = facts.given["output"]
    active = [
        i
        for i in facts.members
        if facts.supplied(i) + facts.received(i) + facts.sold[i] > 0
        or (output[i] or 0) > 0
        or (output[i] is None and produces(facts, i))
    ]
    part = [i for i in active if not left_out(facts, i)]
    made = {i: value for i in part if (value := output[i]) is not None}
    if not part or len(made) < len(part) or any(created(facts, i) is None for i in part):
        return
    flow = {pair: v for pair, v in facts.flow.items() if set(pair) <= set(part)}
    net = {i: made[i] - facts.own[i] for i in part}
    added = {i: created(facts, i) or Fraction(0) for i in part}
    bought = {i: total(v for (_, b), v in flow.items() if b == i) for i in part}
    gone = {i: total(v for (a, _), v in flow.items() if a == i) for i in part}
    for i in part:
        trading = facts.supplied(i) + facts.received(i) > 0
        if bought[i] + added[i] > net[i] + abs(made[i]) / 10**9 or added[i] < 0 or net[i] < 0:
            return
        if net[i] <= 0 and trading:
            return
    final = total(net.values()) - total(flow.values())
    if total(max(gone[i] - net[i], Fraction(0)) for i in part) > final / 20 or final <= 0:
        return
    size = [float(net[i]) for i in part]
    coefficients = np.array([[float(flow.get((a, b), 0)) / (float(net[b]) or 1) for b in part] for a in part])
    own = np.array([float(added[i]) / s if s else 0.0 for i, s in zip(part, size, strict=True)])
    if max(abs(np.linalg.eigvals(coefficients))) >= 1 - 1e-9:
        return
    content = own @ np.linalg.inv(np.eye(len(part)) - coefficients)
    for k, i in enumerate(part):
        people[i]["embodied_inside_share"] = content[k] if net[i] > 0 else None
    leaves = [(net[i] - gone[i]) for i in part]
    out["autonomy"] = sum(c * float(y) for c, y in zip(content, leaves, strict=True)) / float(final)


def knowledge(facts: Facts, out: Figures) -> None:
    names = ("outside_knowledge_share", "knowledge_ties", "outside_partner_share", "return_flow_share")
    out |= dict.fromkeys(names)
    members = set(facts.members)
    touching = [
        r
        for r in facts.rows
        if r["supplier_id"] != r["buyer_id"] and {r["supplier_id"], r["buyer_id"]} & members
    ]
    told = [r for r in touching if r["value"] > 0 and r["kind"] == "knowledge"]
    if not facts.has_links and not [r for r in touching if r["kind"] == "knowledge"]:
        return
    crossing = [r for r in told if not {r["supplier_id"], r["buyer_id"]} <= members]
    if bounded(facts):
        ends = {end for r in crossing for end in (r["supplier_id"], r["buyer_id"])}
        outward = [i for i in members if facts.sold[i] > 0 or facts.bought[i] > 0 or i in ends]
        out["outside_partner_share"] = Fraction(len(outward), len(members))
    carry: dict[tuple[str, str], str] = {}
    for r in touching:
        if not r["value"] > 0:
            continue
        roles = [
            facts.role[i] if i in members else facts.attribute(i, "role")
            for i in (r["supplier_id"], r["buyer_id"])
        ]
        if r["kind"] == "knowledge":
            mark = "yes"
        elif r["kind"] in ("goods", "return"):
            mark = "no"
        else:
            mark = "yes" if EXPERTS & set(roles) else "open" if "" in roles else "no"
        pair = r["supplier_id"], r["buyer_id"]
        carry[pair] = max(carry.get(pair, "no"), mark, key=("no", "open", "yes").index)
    count = {
        (mark, inside): sum(m == mark and (set(p) <= members) == inside for p, m in carry.items())
        for mark in ("yes", "open")
        for inside in (True, False)
    }
    ties = count["yes", True] + count["yes", False]
    open_ties = count["open", True] + count["open", False]
    settled = not open_ties or (
        (count["yes", True] > 0 and not count["yes", False] + count["open", False])
        or (count["yes", False] > 0 and not count["yes", True] + count["open", True])
    )
    if not bounded(facts) and not crossing:
        pass
    elif settled and ties:
        out["outside_knowledge_share"] = (
            Fraction(count["yes", False], ties) if not open_ties else Fraction(int(count["yes", False] > 0))
        )
    out["knowledge_ties"] = ties if not open_ties else None
    shares = [out["outside_knowledge_share"]] * 2
    if not settled and ties and (bounded(facts) or crossing):
        sure, more = count["yes", False], count["open", False]
        shares = [Fraction(sure, ties + count["open", True]), Fraction(sure + more, ties + more)]
    out["outside_knowledge_share_low"], out["outside_knowledge_share_high"] = shares
    inside = [r for r in facts.supplies if r["supplier_id"] in members and r["buyer_id"] in members]
    inside = [r for r in inside if r["supplier_id"] != r["buyer_id"]]
    whole = total(Fraction(r["value"]) for r in inside)
    if whole and all(r["kind"] for r in inside if r["value"] > 0):
        out["return_flow_share"] = (
            total(Fraction(r["value"]) for r in inside if r["kind"] == "return") / whole
        )
    back, open_ = (
        total(Fraction(r["value"]) for r in inside if (r["kind"] or "") == kind) for kind in ("return", "")
    )
    told_kinds = whole and open_ < whole
    out["return_flow_share_low"] = back / whole if told_kinds else None
    out["return_flow_share_high"] = (back + open_) / whole if told_kinds else None


def verdicts(facts: Facts, out: Figures) -> None:
    ratio, output = out["cooperation_ratio"], out["output"]
    unheard = ratio is None and output is None and not out["output_coverage"]
    inside = out["internal_sales_share"] if unheard else ratio
    parts = inside, out["internal_sourcing_share"], out["circulation_share"]
    out["integration"] = None if None in parts else sum(map(float, parts)) / 3
    own = out["autonomy"], out["outside_knowledge_share"]
    out["isolation"] = None if None in own else (float(own[0]) + 1 - float(own[1])) / 2
    known = [n for n, p in zip(("autonomy", "inside_knowledge_share"), own, strict=True) if p is not None]
    out["isolation_basis"] = "; ".join(known)
    back = out["finn_cycling_index"]
    if back is None and inside is not None and out["circulation_share"] is not None:
        back = inside * out["circulation_share"]
    words = ""
    if inside is not None and out["ei_index"] is not None:
        if inside >= Fraction(3, 10) and back is None:
            words = ""
        elif inside >= Fraction(7, 10):
            words = "near-closed cycle" if back >= 0.3 else "supplied from within"
        elif inside >= Fraction(3, 10):
            words = "partly closed cycle" if back >= 0.1 else "open chain"
        else:
            words = "open to the outside"
    out["closedness_verdict"] = words


def leaders(facts: Facts, people: dict[str, Figures], in_core: dict[str, bool]) -> str:
    """Core members whose control and broker share are at least the median of those known."""

    def middle(name: str) -> float:
        known = [float(people[i][name]) for i in facts.members if people[i][name] is not None]
        return median(known) if known else float("nan")

    found = [
        i
        for i in facts.members
        if in_core.get(i)
        and (people[i]["downstream_control"] or 0) > 1e-12
        and people[i]["broker_share"] is not None
        and people[i]["downstream_control"] >= middle("downstream_control") - 1e-12
        and people[i]["broker_share"] >= middle("broker_share") - 1e-12
    ]
    return ";".join(sorted(found))


def measured(facts: Facts, out: Figures, people: dict[str, Figures]) -> None:
    structure(facts, out, people)
    brokers(facts, people)
    flows(facts, out, people)
    autonomy(facts, out, people)
    knowledge(facts, out)
    verdicts(facts, out)
