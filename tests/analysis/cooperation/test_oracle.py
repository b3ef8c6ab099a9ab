"""Cooperation tables against slow loops over the raw rows, on random small economies."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from clustercoop.analysis.audit import explain
from clustercoop.analysis.cooperation import cooperation_tables
from clustercoop.graph.model import SupplyGraph
from clustercoop.graph.settings import Settings
from tests.builders import told_rows

Row = dict[str, Any]
PEOPLE = ("a", "b", "c", "d", "e")
ROLES = ("", "firm", "university", "oem")
NAN = float("nan")


@st.composite
def economies(draw: st.DrawFn) -> dict[str, list[Row]]:
    """Participants with multi-memberships and dates, links with products and loops, activity with gaps."""
    members = draw(
        st.lists(
            st.tuples(
                st.sampled_from(PEOPLE),
                st.sampled_from(["X", "Y"]),
                st.sampled_from([None, 2021]),
            ),
            min_size=1,
            max_size=9,
            unique_by=lambda row: row[:2],
        )
    )
    role = {who: draw(st.sampled_from(ROLES)) for who in PEOPLE}
    # Mostly members and mostly known cells, so that most ratios exist; every gap still occurs.
    nodes = st.sampled_from([*PEOPLE, *PEOPLE, *PEOPLE, "out1", "out2"])
    links = draw(
        st.lists(
            st.tuples(
                st.sampled_from([2020, 2021]), nodes, nodes, st.sampled_from(["p", "q"]), st.integers(0, 9)
            ),
            min_size=4,
            max_size=30,
        )
    )
    rare = st.sampled_from([False] * 9 + [True])

    def cell(known: st.SearchStrategy[int]) -> int | None:
        return (None if draw(st.booleans()) else 0) if draw(rare) else draw(known)

    activity = [
        {
            "participant_id": who,
            "year": year,
            "output": cell(st.integers(10, 90)),
            "purchases": cell(st.integers(0, 90)),
            "employees": cell(st.integers(1, 50)),
            "value_added": cell(st.integers(-5, 50)),
            "rd_expenses": cell(st.integers(0, 20)),
            "used_by_participants": draw(st.one_of(st.none(), st.none(), st.integers(0, 20))),
        }
        for who in PEOPLE
        for year in (2020, 2021)
        if not draw(rare)
    ]
    return {
        "participants": [
            {"participant_id": who, "cluster_id": where, "joined_year": joined, "role": role[who]}
            for who, where, joined in members
        ],
        "links": [
            {"year": y, "supplier_id": s, "buyer_id": b, "product_code": p, "value": float(v)}
            for y, s, b, p, v in links
        ],
        "activity": activity,
    }


def graph_of(economy: dict[str, list[Row]]) -> SupplyGraph:
    columns = {
        "participants": ["participant_id", "cluster_id", "joined_year", "role"],
        "links": ["year", "supplier_id", "buyer_id", "product_code", "value"],
        "activity": [
            "participant_id", "year", "output", "purchases", "employees", "value_added", "rd_expenses",
            "used_by_participants",
        ],
    }  # fmt: skip
    return SupplyGraph.from_tables(
        {name: pd.DataFrame(rows, columns=columns[name]) for name, rows in economy.items()}
    )


def members_of(economy: dict[str, list[Row]], cluster: str, year: int) -> list[str]:
    return sorted(
        {
            row["participant_id"]
            for row in economy["participants"]
            if row["cluster_id"] == cluster and (row["joined_year"] is None or row["joined_year"] <= year)
        }
    )


class Oracle:
    """One formation, measured by loops."""

    def __init__(self, economy: dict[str, list[Row]], cluster: str, year: int, choice: str) -> None:
        self.members = members_of(economy, cluster, year)
        self.links = [row for row in economy["links"] if row["year"] == year]
        self.cells = {row["participant_id"]: row for row in economy["activity"] if row["year"] == year}
        self.roles = {row["participant_id"]: row["role"] for row in economy["participants"]}
        self.economy, self.year, self.choice = economy, year, choice
        inside: dict[tuple[str, str], float] = {}
        outward = inward = own = 0.0
        self.touched = False
        self.own_links = any(r["supplier_id"] == r["buyer_id"] in self.members for r in self.links)
        for row in self.links:
            s, b, v = row["supplier_id"], row["buyer_id"], row["value"]
            if s != b and (s in self.members or b in self.members):
                self.touched = True
            if s == b:
                own += v if s in self.members else 0.0
            elif s in self.members and b in self.members:
                inside[s, b] = inside.get((s, b), 0.0) + v
            elif s in self.members:
                outward += v
            elif b in self.members:
                inward += v
        self.inside = {pair: v for pair, v in inside.items() if v > 0}
        self.outward, self.inward, self.own = outward, inward, own

    def cell(self, who: str, name: str) -> float:
        value = self.cells.get(who, {}).get(name)
        return NAN if value is None else float(value)

    def supply(self, who: str) -> float:
        clusters = {row["cluster_id"] for row in self.economy["participants"]}
        homes = [c for c in clusters if who in members_of(self.economy, c, self.year)]
        reported = self.cell(who, "used_by_participants")
        if len(homes) > 1 or self.choice == "links_only":
            reported = NAN
        linked = any(row["supplier_id"] == who != row["buyer_id"] and row["value"] for row in self.links)
        by_links = sum((v for (s, _), v in self.inside.items() if s == who), 0.0) if self.touched else NAN
        if not math.isnan(reported) and (self.choice == "reported" or not linked):
            return reported
        return by_links

    def used(self) -> float:
        """What members used of one another, by links and reports; no link, no report: nothing."""
        return sum(0.0 if math.isnan(told) else told for told in map(self.supply, self.members))

    def own_ratio(self, who: str) -> float:
        output, supply = self.cell(who, "output"), self.supply(who)
        if math.isnan(output) or math.isnan(supply) or output == 0 or supply > output or self.alone:
            return NAN
        return supply / output

    def ratio(self, who: list[str]) -> float:
        producing = [i for i in who if self.roles[i] != "university"]
        counted = [
            i for i in who if i in producing or not math.isnan(self.cell(i, "output")) or self.supply(i) > 0
        ]
        supply = [self.supply(i) for i in counted]
        if not producing or any(map(math.isnan, supply)) or self.alone:
            return NAN
        if any(math.isnan(self.cell(i, "output")) for i in producing):
            return NAN
        if any(self.supply(i) > 0 and not self.cell(i, "output") > 0 for i in counted):
            return NAN
        output = sum(self.cell(i, "output") for i in counted)
        if output == 0 or sum(supply) > output:
            return NAN
        return sum(supply) / output

    def covered(self) -> float:
        usable = [
            i
            for i in self.members
            if not math.isnan(self.cell(i, "output")) and not math.isnan(self.supply(i))
            if not (self.supply(i) > 0 and self.cell(i, "output") == 0)
        ]
        output = sum(self.cell(i, "output") for i in usable)
        supply = sum(self.supply(i) for i in usable)
        return supply / output if output and supply <= output and not self.alone else NAN

    def per_employee(self, name: str, least: float) -> float:
        amount = {i: self.cell(i, name) for i in self.members}
        staff = {i: self.cell(i, "employees") for i in self.members}
        for i in self.members:
            busy = any(self.cell(i, other) > 0 for other in ("rd_expenses", "output", "employees"))
            if name == "value_added" and amount[i] == 0 and busy:
                amount[i] = NAN
        both = [i for i in self.members if not math.isnan(amount[i]) and not math.isnan(staff[i])]
        held = sum(staff[i] for i in both)
        known = not any(math.isnan(value) for value in staff.values()) and sum(staff.values()) > 0
        share = held / sum(staff.values()) if known else len(both) / len(self.members)
        found = sum(amount[i] for i in both) / held if both and held and share >= least else NAN
        # The figure of those who report is no figure of the cluster where their cells rule it out for all.
        told, few = (sum(v for v in side.values() if not math.isnan(v)) for side in (amount, staff))
        open_sum = any(math.isnan(value) for value in amount.values())
        low = told if not open_sum or name == "rd_expenses" else -math.inf
        high, many = math.inf if open_sum else told, few if known else math.inf
        within = (
            low / (many if low >= 0 else few) <= found <= high / (few if high >= 0 else many) if few else True
        )
        return found if len(both) == len(self.members) or within else NAN

    def sourcing(self) -> float:
        if not self.touched:
            return NAN
        buyers = [
            i for i in self.members if self.roles[i] != "university" or any(b == i for _, b in self.inside)
        ]
        buyers += [i for i in self.members if i not in buyers and self.flow(i, "buyer_id", outside=True) > 0]
        bought = self.used()
        if self.alone:
            return NAN
        if buyers and not any(math.isnan(self.cell(i, "purchases")) for i in buyers):
            total = 0.0
            for i in self.members:
                given, own = self.cell(i, "purchases"), self.flow(i, "buyer_id", outside=False, own=True)
                if math.isnan(given):
                    continue
                others = self.flow(i, "buyer_id", outside=False) + self.flow(i, "buyer_id", outside=True)
                without, within = abs(given - others), abs(given - others - own)
                if own > 0.05 * given > 0 and min(without, within) > 0.05 * given:
                    return NAN
                given -= own if within < without else 0
                if self.flow(i, "buyer_id", outside=False) > given * 1.05:
                    return NAN
                total += given
        elif self.settled("purchases", 0.8):
            total = bought + self.inward
        else:
            return NAN
        return bought / total if 0 < total and bought <= total else NAN

    @property
    def alone(self) -> bool:
        return len(self.members) < 2

    def flow(self, who: str, end: str, *, outside: bool, own: bool = False) -> float:
        """What `who` supplied (bought): to members, to itself, or across the boundary."""
        other = "buyer_id" if end == "supplier_id" else "supplier_id"
        return float(
            sum(
                row["value"]
                for row in self.links
                if row[end] == who
                and (row[other] == who if own else row[other] != who)
                and (row[other] not in self.members) == outside
            )
        )

    def coverage(self, side: str) -> float:
        """How much of output (purchases) the recorded sales (purchases) explain."""
        end = "supplier_id" if side == "sales" else "buyer_id"
        explained = whole = 0.0
        for i in self.members:
            inside = self.flow(i, end, outside=False)
            if side == "sales":
                used = self.cell(i, "used_by_participants")
                inside = max(inside, 0.0 if math.isnan(used) else used)
                all_of_it = self.cell(i, "output")
            else:
                all_of_it = self.cell(i, "purchases")
                if math.isnan(all_of_it):
                    # A value added of 0 beside an output is a gap.
                    all_of_it = self.cell(i, "output") - (self.cell(i, "value_added") or NAN)
            if all_of_it > 0:
                told = inside + self.flow(i, end, outside=True) + self.flow(i, end, outside=False, own=True)
                explained, whole = explained + min(told, all_of_it), whole + all_of_it
        return explained / whole if whole else NAN

    def settled(self, side: str, least: float) -> bool:
        covered = self.coverage(side)
        outside = self.outward if side == "sales" else self.inward
        return not covered < least if outside > 0 else covered >= 0.95

    @property
    def bounded(self) -> bool:
        """Whether links across the boundary say what crosses it."""
        covered = [self.coverage("sales"), self.coverage("purchases")]
        if any(part < 0.3 for part in covered):
            return False
        return self.outward + self.inward > 0 or all(part >= 0.95 for part in covered)


def same(ours: float, theirs: float) -> bool:
    ours = NAN if ours is None or pd.isna(ours) else float(ours)
    return (math.isnan(ours) and math.isnan(theirs)) or math.isclose(
        ours, theirs, rel_tol=1e-9, abs_tol=1e-12
    )


@settings(max_examples=30, deadline=None)
@given(economies(), st.sampled_from(["links", "reported", "links_only"]))
def test_every_figure_equals_the_slow_one(economy: dict[str, list[Row]], choice: Any) -> None:
    tables = cooperation_tables(graph_of(economy), Settings(internal_supply=choice))
    own = tables.participants.set_index(["cluster_id", "year", "participant_id"])["cooperation_ratio"]
    for row in tables.formations.to_dict("records"):
        oracle = Oracle(economy, row["cluster_id"], row["year"], choice)
        assert row["participants"] == len(oracle.members)
        for who in oracle.members:
            assert same(own[row["cluster_id"], row["year"], who], oracle.own_ratio(who))
        assert same(row["cooperation_ratio"], oracle.ratio(oracle.members))
        assert same(row["cooperation_ratio_covered"], oracle.covered())
        assert same(row["rd_per_employee"], oracle.per_employee("rd_expenses", 0.8))
        assert same(row["value_added_per_employee"], oracle.per_employee("value_added", 0.8))
        assert same(row["internal_sourcing_share"], oracle.sourcing())
        inside, outside = sum(oracle.inside.values()), oracle.outward + oracle.inward
        nothing = not oracle.touched
        assert same(row["links"], NAN if nothing else len(oracle.inside))
        assert same(row["self_supply"], NAN if nothing and not oracle.own_links else oracle.own)
        total = inside + outside
        told = total > 0 and not nothing and not oracle.alone and oracle.bounded
        assert same(row["sales_coverage"], NAN if nothing else oracle.coverage("sales"))
        assert same(row["purchases_coverage"], NAN if nothing else oracle.coverage("purchases"))
        assert same(row["ei_index"], (outside - inside) / total if told else NAN)
        assert same(row["coverage"], inside / total if told else NAN)
        mutual = sum(min(v, oracle.inside.get((b, s), 0.0)) for (s, b), v in oracle.inside.items())
        assert same(row["reciprocity"], mutual / inside if inside else NAN)
        every = sum(r["value"] for r in oracle.links if r["supplier_id"] != r["buyer_id"])
        volume = 2 * inside + outside
        smaller = min(volume, 2 * every - volume)
        others = len(tables.formations[tables.formations["year"] == row["year"]]) > 1
        assert same(row["conductance"], outside / smaller if smaller and told and others else NAN)
        sales = oracle.used() + oracle.outward
        recorded = oracle.settled("sales", 0.8) and sales > 0 and not nothing and not oracle.alone
        assert same(row["internal_sales_share"], oracle.used() / sales if recorded else NAN)


@settings(max_examples=20, deadline=None)
@given(economies())
def test_change_equals_the_slow_one(economy: dict[str, list[Row]]) -> None:
    table = cooperation_tables(graph_of(economy), Settings()).formations
    held = {(row["cluster_id"], row["year"]): row for row in table.to_dict("records")}
    dated = {row["cluster_id"] for row in economy["participants"] if row["joined_year"]}
    for (cluster, year), row in held.items():
        if (cluster, year - 1) not in held:
            assert math.isnan(row["link_jaccard"]) and math.isnan(row["participant_turnover"])
            continue
        before, after = (Oracle(economy, cluster, y, "links") for y in (year - 1, year))
        pairs = set(before.inside) | set(after.inside)
        least = sum(min(before.inside.get(p, 0.0), after.inside.get(p, 0.0)) for p in pairs)
        most = sum(max(before.inside.get(p, 0.0), after.inside.get(p, 0.0)) for p in pairs)
        both = before.touched and after.touched and most > 0
        assert same(row["link_jaccard"], least / most if both else NAN)
        old, new = set(before.members), set(after.members)
        assert same(row["participant_turnover"], len(old ^ new) / len(old | new) if cluster in dated else NAN)


@settings(max_examples=8, deadline=None)
@given(economies(), st.sampled_from(["links", "reported", "links_only"]))
def test_explanations_add_up_to_the_tables(economy: dict[str, list[Row]], choice: Any) -> None:
    graph, chosen = graph_of(economy), Settings(internal_supply=choice)
    tables = cooperation_tables(graph, chosen)
    for row in tables.formations.to_dict("records"):
        told = explain(graph, chosen, row["cluster_id"], row["year"])
        assert same(told.ratio, row["cooperation_ratio"])
        assert bool(told.because) == math.isnan(told.ratio)
        if not math.isnan(told.ratio):
            assert same(told.numerator["value"].sum(), row["internal_supply"])
            assert same(told.numerator["value"].sum() / told.denominator["value"].sum(), told.ratio)
            assert same(told.denominator["value"].sum(), row["output"])
    for row in tables.participants.to_dict("records"):
        told = explain(graph, chosen, row["cluster_id"], row["year"], row["participant_id"])
        assert same(told.ratio, row["cooperation_ratio"])
        assert same(told.numerator_total, row["internal_supply"])
        assert same(told.denominator_total, row["output"])
        if not math.isnan(told.ratio):
            assert same(told.numerator["value"].sum() / told.denominator["value"].sum(), told.ratio)
        else:
            assert told.because


# Empty: amounts are nominal, there is no similarity, and no share whose basis could be told.
NO_FIGURES = ("price_year", "link_jaccard_nominal", "internal_sourcing_basis")


@settings(max_examples=20, deadline=None)
@given(economies())
def test_every_unknown_figure_has_a_sentence_and_a_finding(economy: dict[str, list[Row]]) -> None:
    tables = cooperation_tables(graph_of(economy), Settings())
    found = tables.findings.to_frame()
    for row in told_rows(tables):
        here = found[(found["cluster_id"] == row["cluster_id"]) & (found["year"] == row["year"])]
        named = {name for cell in here["column"] for name in cell.split(", ")}
        for figure, value in row.items():
            if pd.isna(value) and not figure.endswith(("_low", "_high", "_constant")):
                assert figure in named | {"output_coverage", *NO_FIGURES}, figure
        assert bool(row["unknown_because"]) or not here["column"].any()


@settings(max_examples=8, deadline=None)
@given(economies(), st.randoms(use_true_random=False))
def test_row_order_does_not_matter(economy: dict[str, list[Row]], random: Any) -> None:
    shuffled = {name: random.sample(rows, len(rows)) for name, rows in economy.items()}
    before = cooperation_tables(graph_of(economy), Settings())
    after = cooperation_tables(graph_of(shuffled), Settings())
    pd.testing.assert_frame_equal(before.formations, after.formations, check_exact=True)
    pd.testing.assert_frame_equal(before.participants, after.participants, check_exact=True)
