"""Cooperation, boundary, partners, change and types, by plain sums of exact numbers."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from fractions import Fraction
from itertools import product
from typing import Any

from tests.analysis.slow.economy import Facts, Row

NON_PRODUCING = {"university", "technopark"}
SAME = Fraction(1, 10**9)
Figures = dict[str, Any]
Known = Fraction | None


def total(values: Any) -> Fraction:
    return sum(values, Fraction(0))


def produces(facts: Facts, who: str) -> bool:
    return facts.role[who] not in NON_PRODUCING


def supply(facts: Facts, who: str) -> tuple[Known, str]:
    """Links; for one without any link as supplier the reported volume; 0 where links are recorded."""
    others = [r for r in facts.supplies if r["supplier_id"] == who != r["buyer_id"] and r["value"] > 0]
    homes = [c for c in "AB" if who in facts.in_cluster(c)]
    reported = facts.cell(who, "used_by_participants")
    if not others and reported is not None and len(homes) == 1:
        return reported, "reported"
    return (facts.supplied(who), "links") if facts.has_links else (None, "")


def explained(facts: Facts, side: str, who: str) -> tuple[Fraction, Known]:
    """Return the recorded sales (purchases) and all of them, None where not known or 0."""
    if side == "sales":
        used = facts.cell(who, "used_by_participants") or Fraction(0)
        told = max(facts.supplied(who), used) + facts.sold[who] + facts.own[who]
    else:
        told = facts.received(who) + facts.bought[who] + facts.own[who]
    whole = entire(facts, side, who)
    return told, whole if whole is not None and whole > 0 else None


def entire(facts: Facts, side: str, who: str) -> Known:
    """Return all sales, or purchases, None where they are not known."""
    output, added = facts.given["output"][who], facts.given["value_added"][who]
    if side == "sales":
        return output
    given = facts.given["purchases"][who]
    if given is not None or output is None or added is None:
        return given
    told = added != 0 or output == 0  # no value added beside an output is no figure
    return output - added if told and output >= added else None


def coverage(facts: Facts, side: str) -> Known:
    pairs = [explained(facts, side, who) for who in facts.members]
    whole = total(w for _, w in pairs if w is not None)
    return total(min(t, w) for t, w in pairs if w is not None) / whole if whole else None


def crosses(facts: Facts, side: str) -> bool:
    return any(v > 0 for v in (facts.sold if side == "sales" else facts.bought).values())


def all_told(facts: Facts, side: str) -> bool:
    """Whether nearly all sales (purchases) are recorded, and are known of all that produce."""
    found = coverage(facts, side)
    open_to = any(produces(facts, i) and entire(facts, side, i) is None for i in facts.members)
    return found is not None and found >= Fraction(95, 100) and not open_to


def settles(facts: Facts, side: str, least: Fraction) -> bool:
    """Whether the outside of a side is recorded, at least to this part of all that is known."""
    found = coverage(facts, side)
    if crosses(facts, side):
        return found is None or found >= least
    return all_told(facts, side)


def bounded(facts: Facts, least: Fraction = Fraction(3, 10)) -> bool:
    """Whether what crosses the boundary is recorded."""
    found = [coverage(facts, side) for side in ("sales", "purchases")]
    if any(part is not None and part < least for part in found):
        return False
    if crosses(facts, "sales") or crosses(facts, "purchases"):
        return True
    return all_told(facts, "sales") and all_told(facts, "purchases")


def ratio(facts: Facts, who: list[str]) -> Known:
    """K over `who`: every producing member, and each other with an output or a supply inside."""
    output, given = facts.given["output"], {i: supply(facts, i)[0] for i in who}
    if len(facts.members) < 2 or not any(produces(facts, i) for i in who):
        return None
    counted = [i for i in who if produces(facts, i) or output[i] is not None or (given[i] or 0) > 0]
    if any(given[i] is None or (output[i] is None and produces(facts, i)) for i in counted):
        return None
    if any((given[i] or 0) > 0 and not output[i] for i in counted):
        return None
    made = total(output[i] for i in counted)
    part = total(given[i] for i in counted)
    return part / made if made and part <= made else None


def ratio_range(facts: Facts) -> tuple[Any, Any]:
    """K of the completions at whose corners it can be least or largest.

    An output may be endless, and is not below what the member sold; a supply may be 0 or all of the output.
    """
    if len(facts.members) < 2 or not any(produces(facts, i) for i in facts.members):
        return None, None
    choices: list[list[tuple[float, float]]] = []
    for i in facts.members:
        given, made = supply(facts, i)[0], facts.given["output"][i]
        sure = float(given or 0)
        sold = float(max(Fraction(given or 0), facts.supplied(i)) + facts.sold[i])
        if made == 0 and sure > 0:
            return None, None
        outputs = [sold, ENDLESS] if made is None else [float(made)]
        pairs = [(s, x) for x in outputs for s in ([sure] if given is not None else [0.0, x])]
        if made is None and not produces(facts, i) and not sure > 0:
            pairs.append((0.0, 0.0))  # may well make nothing
            pairs = [(0.0, 0.0)] if given is not None else pairs
        choices.append(pairs)
    ratios = []
    for chosen in product(*choices):
        s, x = (sum(values) for values in zip(*chosen, strict=True))
        if x > 0:
            ratios.append(s / x)
    if not ratios:
        return None, None  # nothing is made
    low, high = min(ratios), min(1.0, max(ratios))
    low = 0.0 if low < 1e-6 else low
    return (None, None) if low > 1 + 1e-9 or (low <= 0 and high >= 1 - 1e-6) else (low, high)


ENDLESS = 1e12


def final_producers(facts: Facts) -> set[str] | None:
    named = {i for i in facts.members if facts.role[i] == "final producer"}
    if named:
        blank = {i for i in facts.members if not facts.role[i]}
        unsure = any(facts.given["output"][i] != 0 for i in blank)
        return None if unsure and named | blank != set(facts.members) else named
    if not facts.has_links or not crosses(facts, "sales") or not settles(facts, "sales", Fraction(3, 10)):
        return None
    silent = [i for i in facts.members if not (supply(facts, i)[0] or 0) > 0 and not facts.sold[i] > 0]
    if any(produces(facts, i) and facts.given["output"][i] is None for i in silent):
        return None
    return {i for i in silent if (facts.given["output"][i] or 0) > 0}


def cooperation(facts: Facts, out: Figures, people: dict[str, Figures]) -> None:
    members, output = facts.members, facts.given["output"]
    given = {i: supply(facts, i)[0] for i in members}
    alone = len(members) < 2
    for i in members:
        made, part = output[i], given[i]
        known = not alone and made and part is not None and part <= made
        people[i]["cooperation_ratio"] = (part or Fraction(0)) / made if known and made else None
        people[i] |= {
            "output": output[i],
            "internal_supply": given[i],
            "internal_supply_source": supply(facts, i)[1],
        }
    out["cooperation_ratio"] = out["known_ratio"] = ratio(facts, members)
    ends = ratio_range(facts) if out["cooperation_ratio"] is None else (out["cooperation_ratio"],) * 2
    out["cooperation_ratio_low"], out["cooperation_ratio_high"] = ends
    above = any((made := output[i]) and (given[i] or 0) > made for i in members)
    own = [people[i]["cooperation_ratio"] for i in members if people[i]["cooperation_ratio"] is not None]
    stated = out["cooperation_ratio"] is not None
    out["cooperation_ratio_mean"] = total(own) / len(own) if stated and own and not above else None
    usable = [
        i for i in members if output[i] is not None and given[i] is not None and (output[i] or not given[i])
    ]
    made, part = total(output[i] for i in usable), total(given[i] for i in usable)
    out["cooperation_ratio_covered"] = part / made if made and part <= made and not alone else None
    final = final_producers(facts)
    out["final_producers"] = None if final is None else len(final)
    out["cooperation_ratio_ex_final"] = (
        None if final is None or not stated else ratio(facts, [i for i in members if i not in final])
    )
    producing = [i for i in members if produces(facts, i)]
    known_part = [i for i in producing if output[i] is not None]
    out["output_coverage"] = Fraction(len(known_part), len(producing)) if producing else None
    whole = bool(producing) and len(known_part) == len(producing)
    out["output"] = total(output[i] for i in members if output[i] is not None) if whole else None
    counted = [i for i in members if produces(facts, i) or output[i] is not None or (given[i] or 0) > 0]
    lacking = [i for i in counted if given[i] is None]
    out["internal_supply"] = None if lacking else total(given[i] for i in counted)
    if alone:
        out["internal_supply"] = total(given[i] for i in counted) if not lacking else None


def boundary(
    facts: Facts, out: Figures, people: dict[str, Figures], formations: int, traded: Fraction
) -> None:
    members = facts.members
    inside = total(facts.flow.values())
    sold, bought = total(facts.sold.values()), total(facts.bought.values())
    outside = sold + bought
    alone, linked = len(members) < 2, facts.has_links
    out["links"] = len(facts.flow) if linked else None
    out["self_supply"] = total(facts.own.values()) if linked or facts.has_own else None
    for side, flows in (("sales", facts.sold), ("purchases", facts.bought)):
        out[f"{side}_coverage"] = coverage(facts, side) if linked else None
        seen = crosses(facts, side) or all_told(facts, side)
        out[f"{side}_outside"] = total(flows.values()) if linked and seen else None
        for i in members:
            told, all_of_it = explained(facts, side, i)
            part = None if all_of_it is None else min(told, all_of_it) / all_of_it
            held = flows[i] > 0 or (part is not None and part >= Fraction(95, 100))
            if settles(facts, side, Fraction(3, 10)):
                held |= part is None or part >= Fraction(3, 10)
            people[i][f"{side}_outside"] = flows[i] if linked and held else None
    for i in members:
        people[i]["bought_inside"] = facts.received(i) if linked else None
        people[i]["self_supply"] = facts.own[i] if linked or facts.has_own else None
    said = linked and not alone and inside + outside > 0 and bounded(facts)
    out["ei_index"] = (outside - inside) / (outside + inside) if said else None
    out["coverage"] = inside / (outside + inside) if said else None
    volume = 2 * inside + outside
    smaller = min(volume, 2 * traded - volume)
    out["conductance"] = outside / smaller if said and smaller > 0 and formations > 1 else None
    mutual = total(min(v, facts.flow.get((b, a), Fraction(0))) for (a, b), v in facts.flow.items())
    out["reciprocity"] = mutual / inside if inside else None
    used = total(supply(facts, i)[0] or Fraction(0) for i in members)
    sales = used + sold
    recorded = linked and not alone and settles(facts, "sales", Fraction(8, 10)) and sales > 0
    out["internal_sales_share"] = used / sales if recorded else None
    share, basis = sourcing(facts)
    out["internal_sourcing_share"], out["internal_sourcing_basis"] = share, basis if share is not None else ""


def sourcing(facts: Facts) -> tuple[Known, str]:
    inside = total(supply(facts, i)[0] or Fraction(0) for i in facts.members)
    if not facts.has_links or len(facts.members) < 2:
        return None, ""
    buyers = [i for i in facts.members if produces(facts, i) or facts.received(i) + facts.bought[i] > 0]
    purchases = facts.given["purchases"]
    if buyers and all(purchases[i] is not None for i in buyers):
        whole, basis = Fraction(0), "activity"
        for i in facts.members:
            given = purchases[i]
            if given is None:
                continue
            others = facts.received(i) + facts.bought[i]
            without, within = abs(given - others), abs(given - others - facts.own[i])
            if facts.own[i] > given / 20 > 0 and min(without, within) > given / 20:
                return None, ""
            given -= facts.own[i] if within < without else 0
            if facts.received(i) > given * Fraction(21, 20):
                return None, ""
            whole += given
    elif settles(facts, "purchases", Fraction(8, 10)):
        whole, basis = inside + total(facts.bought.values()), "links"
    else:
        return None, ""
    return (inside / whole, basis) if 0 < whole and inside <= whole * (1 + SAME) else (None, "")


def bits(weights: list[Any]) -> float:
    whole = sum(weights)
    return -sum(float(w / whole) * math.log2(w / whole) for w in weights if w > 0) + 0.0


def partners(facts: Facts, out: Figures, people: dict[str, Figures]) -> None:
    entropy = concentration = 0.0
    trade_of = {}
    for i in facts.members:
        trade: defaultdict[str, Fraction] = defaultdict(Fraction)
        for (a, b), value in facts.flow.items():
            if i in (a, b):
                trade[b if a == i else a] += value
        trade_of[i] = whole = sum(trade.values())
        people[i]["partner_entropy"] = bits(list(trade.values())) if trade else None
        people[i]["partner_hhi"] = sum((v / whole) ** 2 for v in trade.values()) if trade else None
        if trade:
            entropy += people[i]["partner_entropy"] * float(whole)
            concentration += float(people[i]["partner_hhi"] * whole)
    every = float(sum(trade_of.values()))
    out["partner_entropy"] = entropy / every if every else None
    out["partner_hhi"] = concentration / every if every else None
    codes = [code for code in facts.code.values() if code]
    divisions = [code.lstrip("ABC")[:2] for code in codes]
    out["unrelated_variety"] = bits(list(Counter(divisions).values())) if codes else None
    out["related_variety"] = (
        sum(
            count
            / len(codes)
            * bits(list(Counter(c for c, d in zip(codes, divisions, strict=True) if d == group).values()))
            for group, count in Counter(divisions).items()
        )
        if codes
        else None
    )


def change(facts: Facts, before: Facts | None, out: Figures, earlier: Figures | None) -> None:
    rows = [r for r in facts.economy["participants"] if r["cluster_id"] == facts.cluster]
    dated = any(r["joined_year"] or r["left_year"] for r in rows)
    old, new = (set(before.members) if before else set()), set(facts.members)
    out["participant_turnover"] = Fraction(len(old ^ new), len(old | new)) if before and dated else None
    out["link_jaccard"] = None
    if before and before.has_links and facts.has_links:
        pairs = set(before.flow) | set(facts.flow)
        least = total(min(before.flow.get(p, 0), facts.flow.get(p, 0)) for p in pairs)
        most = total(max(before.flow.get(p, 0), facts.flow.get(p, 0)) for p in pairs)
        out["link_jaccard"] = least / most if most else None
    out["link_jaccard_nominal"] = out["link_jaccard"]
    out["local_sourcing_change"] = None
    if earlier is not None and earlier["internal_sourcing_basis"] == out["internal_sourcing_basis"]:
        was, now = earlier["internal_sourcing_share"], out["internal_sourcing_share"]
        out["local_sourcing_change"] = None if was is None or now is None else now - was


def types(facts: Facts, out: Figures) -> None:
    staff = facts.given["employees"]
    for name, low, high, level in (
        ("rd", Fraction(1, 10), Fraction(3, 10), "innovation_level"),
        ("value_added", 2, 4, "productivity_level"),
    ):
        amounts = dict(facts.given["rd_expenses" if name == "rd" else "value_added"])
        for i in facts.members:
            busy = any((facts.given[c][i] or 0) > 0 for c in ("rd_expenses", "output", "employees"))
            if name == "value_added" and amounts[i] == 0 and busy:
                amounts[i] = None
        both = [i for i in facts.members if amounts[i] is not None and staff[i] is not None]
        held, every = total(staff[i] for i in both), [staff[i] for i in facts.members]
        if None not in every and total(every) > 0 and both:
            part = held / total(every)
        else:
            part = Fraction(len(both), len(facts.members))
        out[f"{name}_coverage"] = part
        enough = both and held and part >= Fraction(8, 10)
        value = total(amounts[i] for i in both) / held if enough else None
        out[f"{name}_per_employee"] = value
        ends = per_employee_range(name, list(amounts.values()), every)
        out[f"{name}_per_employee_low"], out[f"{name}_per_employee_high"] = ends
        reached = [value, value] if value is not None else list(ends)
        at = [end if end is None else 0 if end < low else 1 if end <= high else 2 for end in reached]
        settled = at[0] if at[0] == at[1] or at[0] == 2 else 0 if at[1] == 0 else None
        out[level] = "" if settled is None else ("low", "medium", "high")[settled]
    grid = {
        "low": ("traditional production", "adaptation", "sustainability"),
        "medium": ("improvement", "growth", "development"),
        "high": ("experimentation", "transition to new models", "leadership and breakthrough"),
    }
    levels = out["innovation_level"], out["productivity_level"]
    known = all(levels)
    out["ecosystem_type"] = grid[levels[0]][("low", "medium", "high").index(levels[1])] if known else ""
    out["dysfunction"] = {
        ("low", "high"): "exhausted extensive growth",
        ("high", "low"): "commercialisation problem",
        ("high", "high"): "mature",
    }.get(levels, "")
    traits = out["cooperation_ratio"], out["innovation_level"]
    if not traits[1]:
        out["rule_verdict"] = "undecided"
    elif traits[0] is not None:  # bounds may settle it else
        holds = traits[0] > Fraction(3, 10), traits[1] != "low"
        out["rule_verdict"] = {(True, True): "ecosystem-like", (False, False): "cluster-like"}.get(
            holds, "undecided"
        )


def per_employee_range(name: str, amounts: list[Known], staff: list[Known]) -> tuple[Known, Known]:
    """Bounds over all members; a missing R&D is 0 or endless, a missing value added may be anything."""
    known = [a for a in amounts if a is not None]
    whole, fewest = total(known), total(s for s in staff if s is not None)
    endless = None in staff
    if None not in amounts:
        first = Fraction(0) if endless else whole / fewest if fewest else None
        last = whole / fewest if fewest else None
        low, high = (first, last) if whole >= 0 else (last, first)
    else:
        low = whole / fewest if name == "rd" and not endless and fewest else None
        high = None
    return (None, None) if low == 0 and high is None else (low, high)


def others_trade(row: Row) -> Fraction:
    """What a link adds to the supply of its year between different organisations."""
    supply = row["kind"] != "knowledge" and row["supplier_id"] != row["buyer_id"]
    return Fraction(row["value"]) if supply else Fraction(0)


def measured(
    facts: Facts, before: tuple[Facts, Figures] | None, formations: int, traded: Fraction
) -> tuple[Figures, dict[str, Figures]]:
    out: Figures = {"participants": len(facts.members)}
    people: dict[str, Figures] = {who: {} for who in facts.members}
    cooperation(facts, out, people)
    boundary(facts, out, people, formations, traded)
    partners(facts, out, people)
    change(facts, before[0] if before else None, out, before[1] if before else None)
    types(facts, out)
    return out, people
