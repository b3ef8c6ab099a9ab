"""Draw the synthetic clusters: members, output, links, with the books balanced.

For every participant and year: output = purchases + value added, recorded sales (inside, outside and to
itself) stay within output, and recorded purchases stay within purchases. Amounts are integers of 100
roubles (10^-4 million), so no sum depends on rounding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from plans import (
    CC_PROBABILITY,
    CROSS_PROBABILITY,
    NO_CORE_PROBABILITY,
    PP_PROBABILITY,
    ROLE_CODES,
    YEARS,
    Plan,
    participant_name,
)

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

UNIT = 10_000  # units in a million roubles
CENT = 100  # links are recorded to 0.01 million
GROWTH = {2020: 1.0, 2021: 1.09, 2022: 1.03, 2023: 1.10}
MOVER = "0007009001"  # leaves SYN-07 after 2021, joins SYN-04 in 2022
SILENT_UNIVERSITIES = ("SYN-03", "SYN-09")  # report no output, and supply nothing for money


@dataclass(slots=True)
class Member:
    """One participant of one cluster."""

    participant_id: str
    name: str
    role: str
    code: str
    core: bool
    tier: float  # place in the chain: a chain-like cluster sells upwards only
    joined: int | None
    left: int | None
    base: float  # output of 2020, million roubles

    def active(self, year: int) -> bool:
        """Tell whether it is a member in `year`."""
        return (self.joined or 0) <= year <= (self.left or 9999)


@dataclass(slots=True)
class Books:
    """What one participant has in one year, in units of 100 roubles (employees and tonnes aside)."""

    output: int
    purchases: int
    employees: int
    rd: int
    emissions: float | None
    sold_inside: int = 0
    sold: int = 0
    bought: int = 0

    @property
    def value_added(self) -> int:
        """Output less purchases."""
        return self.output - self.purchases


@dataclass(frozen=True, slots=True)
class Link:
    """One recorded delivery, in units of 100 roubles."""

    year: int
    supplier: str
    buyer: str
    value: int
    product: str
    kind: str


@dataclass
class World:
    """Everything drawn."""

    members: dict[str, list[Member]] = field(default_factory=dict)
    books: dict[tuple[str, int], Books] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)


def draw_members(plan: Plan, rng: np.random.Generator) -> list[Member]:
    """Draw the members of one cluster with joiners and leavers; the core stays all years."""
    others = [role for role, count in plan.roles.items() for _ in range(count)]
    roles = ["firm"] * (plan.size - len(others)) + others
    prefix = f"00{plan.cluster_id[-2:]}"
    members: list[Member] = []

    def add(role: str, core: bool, joined: int | None, left: int | None) -> None:
        number = len(members) + 1
        scale = (600.0 if role == "firm" else 60.0) * (2.5 if core else 1.0)
        base = scale * math.exp((0.5 if role == "firm" else 0.3) * rng.normal())
        code = ROLE_CODES.get(role) or plan.codes[int(rng.integers(len(plan.codes)))]
        tier = int(rng.integers(4))
        identifier = f"{prefix}{number:06d}"
        members.append(
            Member(
                identifier, participant_name(plan, role, number), role, code, core, tier, joined, left, base
            )
        )

    firms = plan.size - len(others)
    leaving = rng.permutation(np.arange(plan.core, firms))[: round(3 * plan.turnover * (firms - plan.core))]
    last_years = {int(place): YEARS[k % 3] for k, place in enumerate(leaving)}
    for place, role in enumerate(roles):
        joined = int(rng.integers(2012, 2020)) if rng.random() < 0.8 else None
        left = last_years.get(place)
        add(role, place < plan.core, joined, left)
        if left is not None:
            add(role, False, left + 1, None)
    for place, member in enumerate(members[: plan.core]):
        member.tier = 4 * place / plan.core
    if plan.cluster_id in ("SYN-04", "SYN-07"):
        joined, left = (2022, None) if plan.cluster_id == "SYN-04" else (None, 2021)
        name = "ООО «Пример-Переезд»"
        members.append(Member(MOVER, name, "firm", "25.62", False, 1, joined, left, 500.0))
    return members


def draw_books(plan: Plan, members: list[Member], world: World, rng: np.random.Generator) -> None:
    """Draw output, purchases, employees and R&D so that the cluster's ratios meet the plan."""
    level = {m.participant_id: m.base for m in members}
    share = {m.participant_id: 0.50 + 0.18 * rng.random() for m in members}
    thrift = {m.participant_id: math.exp(0.25 * rng.normal()) for m in members}
    never = 0.15 if plan.rd > 0.1 else 0.45
    zeal = {m.participant_id: 0.0 if rng.random() < never else math.exp(0.4 * rng.normal()) for m in members}
    dirt = {m.participant_id: 0.4 * math.exp(rng.normal()) * (rng.random() < 0.7) for m in members}
    for step, year in enumerate(YEARS):
        present = [m for m in members if m.active(year)]
        for m in members:
            level[m.participant_id] *= GROWTH[year] * math.exp(0.06 * rng.normal())
        first, last = plan.value_added
        target = first + (last - first) * step / (len(YEARS) - 1)
        output = [round(level[m.participant_id] * UNIT) for m in present]
        purchases = [round(x * share[m.participant_id]) for x, m in zip(output, present, strict=True)]
        added = np.array([x - p for x, p in zip(output, purchases, strict=True)]) / UNIT
        raw = added * np.array([thrift[m.participant_id] * math.exp(0.03 * rng.normal()) for m in present])
        people = np.maximum(3, np.rint(raw * added.sum() / raw.sum() / target)).astype(int)
        eager = [zeal[m.participant_id] * math.exp(0.1 * rng.normal()) for m in present]
        weight = people * np.array(eager)
        wanted = plan.rd * (1 + 0.03 * rng.normal()) * people.sum()
        spent = np.minimum(weight * wanted / weight.sum(), 0.8 * added)
        spent *= min(wanted / spent.sum(), 1.2)
        for k, m in enumerate(present):
            smoke = round(float(added[k]) * dirt[m.participant_id], 1) if m.role == "firm" else 0.0
            world.books[m.participant_id, year] = Books(
                output[k],
                purchases[k],
                int(people[k]),
                round(float(spent[k]) * UNIT),
                smoke or None,
            )


def link_probabilities(plan: Plan, members: list[Member]) -> Floats:
    """Return the probability of a supply link for every ordered pair, shape (n, n)."""
    core = np.array([m.core for m in members])
    both = core[:, None] & core[None, :]
    either = core[:, None] | core[None, :]
    p = np.where(both, CC_PROBABILITY, np.where(either, CROSS_PROBABILITY, PP_PROBABILITY))
    if plan.core == 0:
        p = np.full((len(members), len(members)), NO_CORE_PROBABILITY)
    if plan.production == "chain":
        tier = np.array([m.tier for m in members])
        p = np.where(tier[:, None] < tier[None, :], p, 0.0)
    knows = np.array([m.role in ("university", "research") for m in members])
    silent = np.array([m.role in ("education", "government") for m in members]) | knows
    p = np.where(silent[:, None] | knows[None, :], 0.0, p)  # knowledge has links of its own
    np.fill_diagonal(p, 0.0)
    return p


def draw_links(plan: Plan, members: list[Member], world: World, rng: np.random.Generator) -> None:
    """Draw the supply inside the cluster: goods and services, return flows, knowledge, own use."""
    n = len(members)
    p = link_probabilities(plan, members)
    taste = rng.normal(size=(n, n))
    linked = rng.random((n, n)) < p
    renewed = 0.12 if plan.formation == "ecosystem-like" else 0.05
    products = [f"{m.code}.{int(rng.integers(1, 6))}0" for m in members]
    for year in YEARS:
        again = rng.random((n, n)) < renewed
        linked = np.where(again, rng.random((n, n)) < p, linked)
        here = [k for k, m in enumerate(members) if m.active(year)]
        books = [world.books[members[k].participant_id, year] for k in here]
        output = np.array([b.output for b in books], dtype=np.float64)
        purchases = np.array([b.purchases for b in books], dtype=np.float64)
        part = np.ix_(here, here)
        noise = 0.7 * taste[part] + 0.2 * rng.normal(size=(len(here), len(here)))
        weight = np.where(linked[part], np.sqrt(np.outer(output, output)) * np.exp(noise), 0.0)
        supply = plan.cooperation * (1 + 0.04 * rng.normal()) * output.sum()
        weight = fit_total(weight, supply, 0.88 * output, 0.88 * purchases)
        for i, j in zip(*np.nonzero(weight), strict=True):
            a, b = members[here[i]], members[here[j]]
            kind = "services" if a.role != "firm" or rng.random() < 0.1 else "goods"
            value = _cents(weight[i, j])
            if rng.random() < 0.08 and value >= 4 * CENT:
                part_value = _cents(value * 0.6)
                _record(world, Link(year, a.participant_id, b.participant_id, part_value, "25.99.20", kind))
                value -= part_value
            _record(world, Link(year, a.participant_id, b.participant_id, value, products[here[i]], kind))
            central = a.core or b.core or plan.core == 0
            makers = a.role == b.role == "firm"
            if plan.production == "closed" and central and makers and rng.random() < 0.15:
                back = Link(
                    year, b.participant_id, a.participant_id, _cents(0.04 * value), "38.32.20", "return"
                )
                _record(world, back)
        _knowledge_inside(plan, [members[k] for k in here], year, world, rng)
        for k in here:
            m = members[k]
            if m.role == "firm" and rng.random() < 0.02:
                used = _cents(0.02 * world.books[m.participant_id, year].output)
                _record(world, Link(year, m.participant_id, m.participant_id, used, products[k], "goods"))


def _knowledge_inside(
    plan: Plan, present: list[Member], year: int, world: World, rng: np.random.Generator
) -> None:
    """Let universities and research institutes of the cluster serve its firms, the core first."""
    if plan.cluster_id in SILENT_UNIVERSITIES:
        sources = [m for m in present if m.role == "research"]
    else:
        sources = [m for m in present if m.role in ("university", "research")]
    firms = [m for m in present if m.core] or [m for m in present if m.role == "firm"]
    for source in sources:
        for firm in firms:
            if rng.random() < 0.5:
                value = _cents(UNIT * (0.5 + 3 * rng.random()))
                link = Link(year, source.participant_id, firm.participant_id, value, "72.19.10", "knowledge")
                _record(world, link)


def draw_crossings(plans: tuple[Plan, ...], world: World, rng: np.random.Generator) -> None:
    """Draw the links that leave a cluster: to other clusters, to partners outside, for knowledge."""
    for year in YEARS:
        firms = [
            (plan.cluster_id, m)
            for plan in plans
            for m in world.members[plan.cluster_id]
            if m.active(year) and m.role == "firm"
        ]
        seen: set[tuple[str, str]] = set()
        for _ in range(60):
            (home, a), (away, b) = (firms[int(k)] for k in rng.integers(len(firms), size=2))
            pair = (a.participant_id, b.participant_id)
            if home != away and MOVER not in pair and pair not in seen:
                seen.add(pair)
                room = min(_sales_room(world, a, year), _purchase_room(world, b, year))
                _record(world, Link(year, *pair, _cents(0.08 * room), f"{a.code}.10", "goods"), inside=False)
        for plan in plans:
            _outside(plan, world, year, rng)


def _outside(plan: Plan, world: World, year: int, rng: np.random.Generator) -> None:
    number = plan.cluster_id[-2:]
    present = [m for m in world.members[plan.cluster_id] if m.active(year)]
    inside = {m.participant_id for m in present}
    known = sum(x.kind == "knowledge" and x.year == year and x.supplier in inside for x in world.links)
    # Knowledge ties inside stay as they are; enough outside ones make the planted share.
    wanted = round(known * plan.outside_knowledge / (1 - plan.outside_knowledge))
    eager = [m for m in present if m.core] or [m for m in present if m.role == "firm"]
    ties: set[tuple[str, str]] = set()
    while len(ties) < min(wanted, 5 * len(eager)):
        firm = eager[int(rng.integers(len(eager)))]
        ties.add((f"0098{number}{int(rng.integers(1, 6)):04d}", firm.participant_id))
    for partner, firm_id in sorted(ties):
        value = _cents(UNIT * (0.5 + 3 * rng.random()))
        _record(world, Link(year, partner, firm_id, value, "72.19.10", "knowledge"), inside=False)
    for m in present:
        if m.role != "firm":
            continue
        share = 0.5 + 0.4 * rng.random()
        buyers = rng.choice(12, size=int(rng.integers(1, 4)), replace=False)
        for k in sorted(int(b) for b in buyers):
            value = _cents(share * _sales_room(world, m, year) / len(buyers))
            sale = Link(year, m.participant_id, f"0099{number}{k + 1:04d}", value, f"{m.code}.10", "goods")
            _record(world, sale, inside=False)
        suppliers = rng.choice(12, size=int(rng.integers(1, 3)), replace=False)
        for k in sorted(int(s) for s in suppliers):
            value = _cents(share * _purchase_room(world, m, year) / len(suppliers))
            code = ("20.16.10", "24.10.20", "35.11.10")[k % 3]
            purchase = Link(year, f"0099{number}{k + 51:04d}", m.participant_id, value, code, "goods")
            _record(world, purchase, inside=False)


def fit_total(weight: Floats, total: float, rows: Floats, columns: Floats) -> Floats:
    """Scale `weight` towards the sum `total` while row and column sums stay within their caps.

    Examples
    --------
    >>> fit_total(np.ones((2, 2)), 8.0, np.array([2.0, 9.0]), np.array([9.0, 9.0])).sum().round(6)
    np.float64(8.0)
    """
    fitted = weight.copy()
    for _ in range(200):
        if fitted.sum() <= 0:
            break
        fitted *= total / fitted.sum()
        for axis, caps in ((1, rows), (0, columns)):
            sums = fitted.sum(axis=axis)
            factor = np.minimum(1.0, caps / np.where(sums > 0, sums, 1.0))
            fitted *= factor[:, None] if axis == 1 else factor[None, :]
    return fitted


def _cents(value: float) -> int:
    """Round to 0.01 million and at least that."""
    return max(CENT, int(value // CENT) * CENT)


def _sales_room(world: World, member: Member, year: int) -> int:
    books = world.books[member.participant_id, year]
    return books.output - books.sold


def _purchase_room(world: World, member: Member, year: int) -> int:
    books = world.books[member.participant_id, year]
    return books.purchases - books.bought


def _record(world: World, link: Link, *, inside: bool = True) -> None:
    """Enter a link into the books of both ends, unless it would overdraw one of them."""
    seller = world.books.get((link.supplier, link.year))
    buyer = world.books.get((link.buyer, link.year))
    if seller is not None and seller.sold + link.value > seller.output:
        return
    if buyer is not None and buyer.bought + link.value > buyer.purchases:
        return
    if seller is not None:
        seller.sold += link.value
        if inside and link.supplier != link.buyer:
            seller.sold_inside += link.value
    if buyer is not None:
        buyer.bought += link.value
    world.links.append(link)
