"""Core and periphery by trying every split, and what a core holds and pulls, by dense inverses."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import combinations, product
from typing import Any

import networkx as nx
import numpy as np

from tests.analysis.slow.chain import array, endless_parts, matrix, through
from tests.analysis.slow.economy import Facts
from tests.analysis.slow.trade import Figures, produces, total

SAME = 1e-9
SHARES = {"core_output_share": "output", "core_employees_share": "employees", "core_rd_share": "rd_expenses"}
PATTERN = {"po": "ci", "ci": "ci", "co": "ci co pi", "pi": ""}
"""Whom each block supplies."""
BLOCKS = tuple(PATTERN)
SUPPLIES = np.array([[float(b in PATTERN[a].split()) for b in BLOCKS] for a in BLOCKS])


def weights(facts: Facts) -> Any:
    """log(1 + 10 w / m) with the median link m."""
    w = matrix(facts)
    return np.log1p(10 * w / np.median(w[w > 0]))


def fits(facts: Facts) -> dict[frozenset[str], float]:
    """Return the correlation of equation 4 of every split that has one."""
    y, members = weights(facts), facts.members
    found = {}
    for size in range(2, len(members) - 1):
        for core in combinations(range(len(members)), size):
            cells = [
                (y[a, b], a in core)
                for a, b in product(range(len(members)), repeat=2)
                if a != b and (a in core) == (b in core)
            ]
            values, ideal = np.array(cells, float).T
            if np.ptp(values) > 1e-9:
                found[frozenset(members[k] for k in core)] = float(np.corrcoef(values, ideal)[0, 1])
    return found


def structural(facts: Facts, out: Figures) -> list[frozenset[str]]:
    """Fill what the links alone say; return the cores that fit best, none where there is no core."""
    members = facts.members
    graph = nx.Graph(list(facts.flow))
    out["core_components"] = nx.number_connected_components(graph)
    out["core_isolates"] = len(set(members) - set(graph))
    names = "core_fit core_margin core_ties core_size lip_z tiering_error tiering_error_density".split()
    out |= dict.fromkeys([*names, "core_members", "core_maybe_members"])
    if len(members) < 3 or not facts.flow:
        out["core_in_out_fit"] = None
        return []
    out["lip_z"] = min(lip(facts, set(c)) for c in every_core(members))
    out["tiering_error"] = min(tiers(facts, set(c), False) for c in every_core(members))
    out["tiering_error_density"] = min(tiers(facts, set(c), True) for c in every_core(members))
    if len(members) <= 5:
        out["core_in_out_fit"] = two_cores(facts)
    found = fits(facts) if len(members) > 3 else {}
    if not found:
        return []
    ranked = sorted(found.values())
    best = ranked[-1]
    tied = [core for core, fit in found.items() if fit > best - SAME]
    out |= {
        "core_fit": best,
        "core_margin": best - ranked[-2] if len(ranked) > 1 else None,
        "core_ties": len(tied),
    }
    if best <= SAME:
        return []
    sizes = {len(core) for core in tied}
    out["core_size"] = sizes.pop() if len(sizes) == 1 else None
    sure = frozenset.intersection(*tied)
    out["core_members"] = ";".join(sorted(sure))
    out["core_maybe_members"] = ";".join(sorted(frozenset.union(*tied) - sure))
    return tied


def every_core(members: list[str]) -> list[tuple[str, ...]]:
    return [core for size in range(1, len(members)) for core in combinations(members, size)]


def lip(facts: Facts, core: set[str]) -> Fraction:
    """Missing core–core and present periphery–periphery pairs; one direction counts half."""
    wrong = 0
    for a, b in product(facts.members, repeat=2):
        if a != b and (a in core) == (b in core):
            wrong += ((a, b) in facts.flow) != (a in core)
    return Fraction(wrong, 2)


def tiers(facts: Facts, core: set[str], density: bool) -> float:
    rest = [i for i in facts.members if i not in core]
    missing = sum(a != b and (a, b) not in facts.flow for a, b in product(core, repeat=2))
    present = sum((a, b) in facts.flow for a, b in product(rest, repeat=2))
    idle = sum(not any((a, b) in facts.flow for b in rest) for a in core)
    deaf = sum(not any((b, a) in facts.flow for b in rest) for a in core)
    if not density:
        return (missing + present + len(rest) * (idle + deaf)) / len(facts.flow)
    k, p = len(core), len(rest)
    return (idle + deaf) / k + missing / max(k * (k - 1), 1) + present / max(p * (p - 1), 1)


def two_cores(facts: Facts) -> float | None:
    """Best correlation with a core of suppliers and one of buyers, over all partitions in four blocks."""
    n = len(facts.members)
    return four_blocks(facts, product(BLOCKS, repeat=n)) if n > 3 else None


def four_blocks(facts: Facts, partitions: Iterable[tuple[str, ...]]) -> float | None:
    """Best correlation of the links with the pattern of a partition that has both cores; None without one."""
    a, b = np.nonzero(~np.eye(len(facts.members), dtype=bool))
    values = weights(facts)[a, b]
    both = [[BLOCKS.index(name) for name in given] for given in partitions if {"co", "ci"} <= set(given)]
    if not both or not values.std() > 1e-9:
        return None
    block = np.array(both)
    ideal = SUPPLIES[block[:, a], block[:, b]]
    ideal = ideal[ideal.std(axis=1) > 0]
    shared = ((ideal - ideal.mean(axis=1, keepdims=True)) * (values - values.mean())).mean(axis=1)
    return max((shared / (ideal.std(axis=1) * values.std())).tolist(), default=None)


def holdings(facts: Facts, core: frozenset[str]) -> Figures:
    """Return the core's shares; None where a member that should have the figure lacks it."""
    out: Figures = {}
    for name, figure in SHARES.items():
        given = {i: facts.given[figure][i] for i in facts.members}
        may = [i for i in facts.members if figure == "output" and not produces(facts, i) and i not in core]
        lacking = any(given[i] is None for i in facts.members if i not in may)
        whole = total(v for v in given.values() if v is not None)
        out[name] = None if lacking or not whole else total(given[i] for i in core) / whole
    supplied = {i: facts.supplied(i) for i in facts.members}
    reports = any((facts.cell(i, "used_by_participants") or 0) > 0 and not supplied[i] for i in facts.members)
    whole = total(supplied.values())
    out["core_supply_share"] = total(supplied[i] for i in core) / whole if whole and not reports else None
    return out


def pulled(facts: Facts, core: frozenset[str]) -> tuple[Figures, dict[str, Figures]]:
    """Return what the core's final demand pulls and what its costs push, by sums and by member."""
    names = ("core_pull", "core_push", "periphery_entrained_share")
    out: Figures = dict.fromkeys(names)
    people: dict[str, Figures] = {
        i: dict.fromkeys(("entrainment", "push", "entrained_share")) for i in facts.members
    }
    members, made = facts.members, facts.given["output"]
    if any(facts.received(i) > through(facts, i) * (1 + Fraction(1, 10**9)) for i in members):
        return out, people
    if any(not made[i] and (i in core or (facts.supplied(i) and facts.received(i))) for i in members):
        return out, people
    if endless_parts(facts):
        return out, people
    n, w = len(members), matrix(facts)
    x = array(facts, lambda i: made[i] or 0)
    inside = np.array([i in core for i in members])
    safe = np.where(x > 0, x, 1.0)
    need, gives = w / safe[None, :] * (x > 0)[None, :], w / safe[:, None] * (x > 0)[:, None]
    if max(abs(np.linalg.eigvals(need))) >= 1 - 1e-9 or max(abs(np.linalg.eigvals(gives))) >= 1 - 1e-9:
        return out, people
    share = np.where(inside, x, 0) / x[inside].sum()
    chain = np.linalg.inv(np.eye(n) - need) - np.eye(n)
    pull = chain @ share
    push = share @ (np.linalg.inv(np.eye(n) - gives) - np.eye(n))
    out["core_pull"], out["core_push"] = pull[~inside].sum(), push[~inside].sum()
    for k, i in enumerate(members):
        people[i] |= {"entrainment": pull[k], "push": push[k]}
    final = np.where(inside, x - w.sum(axis=1), 0.0)
    if (final < -1e-9 * x).any():
        return out, people
    called = chain @ final
    fine = (x > 0) & (called <= x * (1 + 1e-9))
    for k, i in enumerate(members):
        people[i]["entrained_share"] = called[k] / x[k] if fine[k] else None
    open_ = [
        k
        for k, i in enumerate(members)
        if not inside[k] and made[i] is None and (produces(facts, i) or called[k] > 0)
    ]
    whole = x[~inside].sum()
    if not open_ and whole > 0 and fine[~inside & (called > 0)].all():
        out["periphery_entrained_share"] = called[~inside].sum() / whole
    return out, people


def measured(facts: Facts, out: Figures, people: dict[str, Figures]) -> None:
    tied = structural(facts, out)
    sets = [holdings(facts, core) | pulled(facts, core)[0] for core in tied]
    ranged = [*SHARES, "core_supply_share", "core_pull", "core_push"]
    for name in ranged:
        values = [found[name] for found in sets]
        known = bool(values) and None not in values
        alike = known and float(max(values)) - float(min(values)) <= SAME * float(max(values))
        out[name] = values[0] if alike else None
        out[f"{name} of tied"] = values if known else None
    alone = len(tied) == 1
    out["periphery_entrained_share"] = sets[0]["periphery_entrained_share"] if alone else None
    each = pulled(facts, tied[0])[1] if alone else {}
    blank = dict.fromkeys(("entrainment", "push", "entrained_share"))
    for i in facts.members:
        people[i] |= each.get(i, blank)
        every, some = bool(tied) and all(i in core for core in tied), any(i in core for core in tied)
        people[i]["in_core"] = None if not tied or every != some else str(every)


def coreness_fits(facts: Facts, row: Figures, own: dict[str, Figures]) -> list[str]:
    """Return what is wrong with u, v and their PRE: by formula, and that a step gains nothing."""
    u, v = (
        np.array([own[i][c] for i in facts.members], float) for c in ("supplier_coreness", "buyer_coreness")
    )
    if len(facts.members) < 3 or not facts.flow or np.isnan(u).any():
        return []
    a = weights(facts)
    off = ~np.eye(len(u), dtype=bool)
    spread = ((a[off] - a[off].mean()) ** 2).sum()

    def explained(u: Any, v: Any) -> float:
        return float(1 - ((a - np.outer(u, v))[off] ** 2).sum() / spread)

    wrong = []
    if abs(explained(u, v) - row["coreness_pre"]) > 1e-6:
        wrong.append(f"coreness_pre {row['coreness_pre']} for {explained(u, v)}")
    for y, other, swap in ((a, v, False), (a.T, u, True)):
        mass = np.array([(other[off[k]] ** 2).sum() for k in range(len(u))])
        best = np.array([y[k, off[k]] @ other[off[k]] for k in range(len(u))]) / np.where(mass > 0, mass, 1)
        better = explained(other, best) if swap else explained(best, other)
        if better > row["coreness_pre"] + 1e-4:
            wrong.append(f"a step improves {row['coreness_pre']} to {better}")
    return wrong


def achieved(facts: Facts, row: Figures, figures: Figures) -> list[str]:
    """Return what the stated cores of suppliers and buyers, and the ranges over cores, do not reach."""
    wrong = []
    if figures.get("core_in_out_fit") is not None and isinstance(row["core_out_members"], str):
        first, second = (str(row[f"core_{side}_members"]).split(";") for side in ("out", "in"))
        blocks = [
            ("c" if i in first + second else "p") + ("o" if i in first else "i" if i in second else "")
            for i in facts.members
        ]
        found = four_blocks(facts, product(*([b] if len(b) > 1 else ["po", "pi"] for b in blocks))) or -1.0
        if abs(found - figures["core_in_out_fit"]) > 1e-9:
            wrong.append(f"core_in_out_fit {found} of the stated cores for {figures['core_in_out_fit']}")
    for name in [name for name in figures if name.endswith(" of tied") and figures[name]]:
        column = name.removesuffix(" of tied")
        low, high = row[f"{column}_low"], row[f"{column}_high"]
        if low == low and not low - SAME <= min(figures[name]) <= max(figures[name]) <= high + SAME:
            wrong.append(f"{column}: {low} … {high} does not hold {figures[name]}")
    return wrong


def ranges(row: Figures) -> list[str]:
    """Return figures outside the range that is given for them, and stabilities that are no shares."""
    wrong = []
    for name in (*SHARES, "core_supply_share", "core_pull", "core_push", "cooperation_ratio"):
        low, value, high = (row[f"{name}{end}"] for end in ("_low", "", "_high"))
        if value == value and low == low and not low - SAME <= value <= high + SAME:
            wrong.append(f"{name}: {value} outside {low} … {high}")
        if low == low and high == high and low > high + SAME:
            wrong.append(f"{name}: {low} above {high}")
    stable = row["core_stability"]
    if stable == stable and not 0 <= stable <= 1:
        wrong.append(f"core_stability {stable}")
    firm = (
        {"one of several cores"}
        if row["core_ties"] > 1
        else {"firm core" if stable >= 0.75 else "fragile core"}
    )
    if isinstance(row["core_firmness"], str) and row["core_firmness"] not in firm:
        wrong.append(f"core_firmness {row['core_firmness']} at {stable}")
    return wrong
