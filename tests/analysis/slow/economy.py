"""Random small datasets with all that leaves figures unknown, and the plain facts of a cluster-year."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import Any

import numpy as np

Row = dict[str, Any]
Economy = dict[str, list[Row]]
YEARS = (2021, 2022, 2023)
CELLS = ("output", "purchases", "employees", "value_added", "rd_expenses", "used_by_participants")
KINDS = ("goods", "services", "return", "knowledge", None)


def random_economy(seed: int) -> Economy:
    """Two clusters over years: movers, shared members, stocks, gaps, reports, zero rows, outsiders."""
    rng = np.random.default_rng(seed)
    roles = ["firm", "firm", "firm", None, "university", "technopark", "final producer"]
    if seed % 3 == 0:
        roles = ["firm", "firm", "university"]
    people: list[Row] = []

    def join(who: str, cluster: str | None, joined: int | None, left: int | None, role: str | None) -> None:
        code = str(rng.choice(["28.1", "28.2", "10.1", "C10.2"])) if rng.random() < 0.8 else None
        people.append(
            {
                "participant_id": who,
                "cluster_id": cluster,
                "joined_year": joined,
                "left_year": left,
                "role": role,
                "industry_code": code,
            }
        )

    ids = {c: [f"{c}{i}" for i in range(int(rng.integers(1 if seed % 7 == 6 else 3, 8)))] for c in "AB"}
    for cluster, group in ids.items():
        for who in group:
            chance = rng.random()
            joined = 2022 if chance < 0.1 else None
            left = 2022 if 0.1 < chance < 0.2 else None
            join(who, cluster, joined, left, rng.choice(np.array(roles, object)))
    if rng.random() < 0.4:
        join("A0", "B", None if rng.random() < 0.5 else 2022, None, None)
    if rng.random() < 0.5:
        join("x1", None, None, None, str(rng.choice(["firm", "university"])))
    members = [who for group in ids.values() for who in group]
    years = YEARS[: int(rng.integers(1, 4))]
    links: list[Row] = []
    work: list[Row] = []
    missing = float(rng.choice([0.0, 0.05, 0.3]))
    whole = rng.random() < 0.5  # whether sales and purchases outside are all written down
    kinds = np.array(KINDS if rng.random() < 0.7 else ["goods", None], object)
    for year in years:
        made: dict[str, float] = defaultdict(float)
        used: dict[str, float] = defaultdict(float)
        dealt: set[tuple[str, str]] = set()
        if rng.random() > 0.1:
            for group in ids.values():
                density = float(rng.choice([0.15, 0.35, 0.6]))
                pairs = [(a, b) for a in group for b in group if rng.random() < density]
                pairs += [(a, "x1") for a in group if rng.random() < 0.2]
                pairs += [("x2", b) for b in group if rng.random() < 0.2]
                if rng.random() < 0.3:
                    pairs.append((members[0], members[-1]))
                for a, b in sorted(set(pairs) - dealt):
                    dealt.add((a, b))
                    value = 0.0 if rng.random() < 0.05 else float(np.ceil(rng.lognormal(2, 1)))
                    kind = rng.choice(kinds)
                    links.append(
                        {"year": year, "supplier_id": a, "buyer_id": b, "value": value, "kind": kind}
                    )
                    if kind != "knowledge":
                        made[a] += value
                        used[b] += value
        for who in members:
            if rng.random() < 0.9:
                stock = 0.5 if rng.random() < 0.04 else 1.0
                output = np.ceil(max(made[who], used[who]) * stock * float(rng.choice([1.0, 1.2, 3.0])) + 25)
                bought = used[who] + (np.floor((output - used[who]) * 0.3) if output > used[who] else 0)
                row: Row = {
                    "output": output,
                    "purchases": bought,
                    "employees": int(rng.integers(1, 60)),
                    "value_added": float(output - bought) if rng.random() < 0.8 else None,
                    "rd_expenses": float(rng.integers(0, 20)),
                    "used_by_participants": float(rng.integers(0, min(20, output)))
                    if rng.random() < 0.2
                    else None,
                }
                if whole and output > made[who]:
                    links.append(
                        {
                            "year": year,
                            "supplier_id": who,
                            "buyer_id": "x3",
                            "value": output - made[who],
                            "kind": "goods",
                        }
                    )
                for name in CELLS:
                    if rng.random() < missing:
                        row[name] = 0.0 if rng.random() < 0.2 else None
                work.append({"participant_id": who, "year": year, **row})
    return {"participants": people, "links": links, "activity": work}


def exact(value: Any) -> Fraction | None:
    """Return a cell as an exact number, None where it is not given."""
    return None if value is None or value != value else Fraction(value)


class Facts:
    """One cluster in one year, as the rows tell it."""

    def __init__(self, economy: Economy, cluster: str, year: int) -> None:
        self.economy, self.cluster, self.year = economy, cluster, year
        self.members = sorted(self.in_cluster(cluster))
        inside = set(self.members)
        rows = [row for row in economy["links"] if row["year"] == year and row["value"] is not None]
        self.rows = rows
        self.supplies = [row for row in rows if row["kind"] != "knowledge"]
        self.flow: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
        self.sold: dict[str, Fraction] = defaultdict(Fraction)
        self.bought: dict[str, Fraction] = defaultdict(Fraction)
        self.own: dict[str, Fraction] = defaultdict(Fraction)
        self.has_links = False
        for row in self.supplies:
            a, b, value = row["supplier_id"], row["buyer_id"], Fraction(row["value"])
            if a == b:
                self.own[a] += value if a in inside else 0
                continue
            self.has_links |= a in inside or b in inside
            if a in inside and b in inside:
                self.flow[a, b] += value
            elif a in inside:
                self.sold[a] += value
            elif b in inside:
                self.bought[b] += value
        self.flow = defaultdict(Fraction, {pair: v for pair, v in self.flow.items() if v > 0})
        self.has_own = any(r["supplier_id"] == r["buyer_id"] in inside for r in self.supplies)
        self.cells = {row["participant_id"]: row for row in economy["activity"] if row["year"] == year}
        self.given = {name: {who: self.cell(who, name) for who in self.members} for name in CELLS}
        self.role = {who: self.attribute(who, "role") for who in self.members}
        self.code = {who: self.attribute(who, "industry_code") for who in self.members}

    def in_cluster(self, cluster: str) -> set[str]:
        return {row["participant_id"] for row in self.holding() if row["cluster_id"] == cluster}

    def holding(self) -> list[Row]:
        return [
            row
            for row in self.economy["participants"]
            if (row["joined_year"] or 0) <= self.year <= (row["left_year"] or 9999)
        ]

    def attribute(self, who: str, name: str) -> str:
        """First of: own rows of the year; other rows of the year; own rows that ended; rows that ended."""
        rows = [row for row in self.economy["participants"] if row["participant_id"] == who and row[name]]
        now = [row for row in self.holding() if row in rows]
        past = [row for row in rows if (row["left_year"] or 9999) < self.year]
        mine = [row for row in now if row["cluster_id"] == self.cluster]
        for group, by in (
            (mine, "joined_year"),
            ([r for r in now if r not in mine], "joined_year"),
            ([r for r in past if r["cluster_id"] == self.cluster], "left_year"),
            (past, "left_year"),
        ):
            if group:
                latest = max(row[by] or 0 for row in group)
                told = {row[name] for row in group if (row[by] or 0) == latest}
                return told.pop() if len(told) == 1 else ""
        return ""

    def cell(self, who: str, name: str) -> Fraction | None:
        value = exact(self.cells.get(who, {}).get(name))
        return None if value is not None and value < 0 and name != "value_added" else value

    def supplied(self, who: str) -> Fraction:
        return sum((v for (a, _), v in self.flow.items() if a == who), Fraction(0))

    def received(self, who: str) -> Fraction:
        return sum((v for (_, b), v in self.flow.items() if b == who), Fraction(0))

    @property
    def exists(self) -> bool:
        """A row is made where a member has a link, self-supply, or a row of activity."""
        touched = any({r["supplier_id"], r["buyer_id"]} & set(self.members) for r in self.rows)
        return bool(self.members) and (touched or any(who in self.cells for who in self.members))
