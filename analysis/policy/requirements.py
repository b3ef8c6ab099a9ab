"""Requirements for clusters as dated data, and how each kind of them is judged."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from clustercoop.analysis.metric import number_of
from clustercoop.analysis.policy.cast import Cast
from clustercoop.analysis.policy.links_needed import cover_shortfalls
from clustercoop.analysis.roles import of_role
from clustercoop.analysis.rule_files import STATUSES, Entry, RuleFile
from clustercoop.analysis.thresholds import role_name
from clustercoop.graph.arrays import Bools, Floats, Ints
from clustercoop.graph.said import Said, say

NOISE: Final = 1e-9
NAN: Final = float("nan")


@dataclass(frozen=True, eq=False)
class Rule:
    """One text of one requirement.

    Attributes
    ----------
    id, kind : str
    since, until : pair of dates or None
        When it came into force and ended: the earliest and latest date that it can be.
    status : {"sourced", "unverified", "own reading"}
    texts, source : mapping of str to str
        By language.
    entry : Entry
        Its fields.
    """

    id: str
    kind: str
    since: tuple[dt.date, dt.date]
    until: tuple[dt.date, dt.date] | None
    status: str
    texts: Mapping[str, str]
    source: Mapping[str, str]
    entry: Entry = field(repr=False)

    def in_force(self, day: dt.date) -> bool | None:
        """Tell whether it was in force on `day`; None where that is not known."""
        if day < self.since[0] or (self.until is not None and day >= self.until[1]):
            return False
        certain = day >= self.since[1] and (self.until is None or day < self.until[0])
        return True if certain else None

    @cached_property
    def roles(self) -> frozenset[str]:
        """Its field ``roles``, as roles are compared."""
        return frozenset(map(role_name, self.entry.texts("roles")))


class Links(NamedTuple):
    """Links to be made or enlarged: places of both ends among the members, −1 for any other member."""

    supplier: Ints
    buyer: Ints
    value: Floats


@dataclass(frozen=True, eq=False)
class Judged:
    """What one rule says of one cluster-year.

    Attributes
    ----------
    holds : bool or None
        None where the data do not settle it.
    value, low, high, threshold : float
        The figure, its bounds and what it is held against; NaN where there is none.
    failing, unsettled : lists of participant ids
    missing : list of "table.column"
    links : Links or None
        The smallest change in links that would pass.
    links_needed : int or None
        Their number; None where none is needed, or no change in links helps, or it was not found.
    because : list of Said
    """

    holds: bool | None
    value: float = NAN
    low: float = NAN
    high: float = NAN
    threshold: float = NAN
    failing: list[str] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    links: Links | None = None
    links_needed: int | None = None
    because: list[Said] = field(default_factory=list)


@dataclass(frozen=True)
class Case:
    """One cluster-year: its row of formations, its members (None: no links, no activity) and the region."""

    row: Mapping[Any, Any]
    cast: Cast | None
    regional: float


def _productivity(rule: Rule, case: Case) -> Judged:
    name = "value_added_per_employee"
    value, low, high = (number_of(case.row.get(f"{name}{end}")) for end in ("", "_low", "_high"))
    cut = case.regional
    covered = {"share": number_of(case.row.get("value_added_coverage"))}
    told = [] if math.isnan(value) or value == low == high else [say("eligibility.covered", covered=covered)]
    least, most = (low, high) if math.isnan(value) else (value, value)
    missing = [] if not math.isnan(least) or not math.isnan(most) else [f"activity.{part}" for part in _ADDED]
    missing += ["indicators.regional_value_added_per_employee"] if math.isnan(cut) else []
    holds = True if least > cut * (1 + NOISE) else False if most <= cut * (1 + NOISE) else None
    told += [] if math.isnan(cut) else [say("eligibility.region", value={"money": cut})]
    return Judged(holds, value, low, high, cut, missing=missing if holds is None else [], because=told)


_ADDED: Final = ("value_added", "employees")


def _linked(rule: Rule, case: Case) -> Judged:
    cast, allowed = _cast(case), int(rule.entry.number_of("allowed"))
    names = np.array(cast.ids, dtype=object)
    alone = names[~cast.linked & ~cast.perhaps_linked].tolist()
    perhaps = names[~cast.linked & cast.perhaps_linked].tolist()
    low, high = len(alone), len(alone) + len(perhaps)
    holds = False if low > allowed else None if high > allowed or _more_members(cast) else True
    links = None
    if low == high > allowed and len(names) > 1:
        # A link frees two isolated members at best, so ⌈excess / 2⌉ is the least there can be.
        freed = np.flatnonzero(~cast.linked)[: low - allowed]
        pairs = np.append(freed, np.full(len(freed) % 2, -1)).reshape(-1, 2)
        links = Links(pairs[:, 0], pairs[:, 1], np.full(len(pairs), NAN))
    return Judged(
        holds,
        *_counted(cast, low, high),
        allowed,
        alone,
        perhaps,
        ["links.value"] if holds is None else [],
        links,
        len(links.value) if links else None,
    )


def _more_members(cast: Cast) -> bool:
    """Tell whether a row of a member was rejected, so that there may be one more."""
    return cast.open is not None and cast.open.members


def _counted(cast: Cast, low: int, high: int) -> tuple[float, float, float]:
    """Return a number of members and its bounds; there may be more of them where a row was rejected."""
    most = NAN if _more_members(cast) else high
    return (low if low == most else NAN), low, most


def _supplied_share(rule: Rule, case: Case) -> Judged:
    cast = _cast(case)
    output, supply = cast.figure("output"), cast.figure("internal_supply")
    # Who supplies from an output of 0 contradicts itself: neither is known.
    bound = cast.producing & ~cast.final & ~((output == 0) & ~(supply > 0))
    share = cast.figure("cooperation_ratio")
    above_one = (output > 0) & (supply > output)
    share = np.where(above_one, np.nan, share)

    def shortfall(cut: float) -> tuple[Floats, Floats]:
        room = _outside(cast)
        return cut * output - supply, np.where(cast.producing, np.where(np.isnan(room), np.inf, room), 0.0)

    missing = ["activity.output", "links.value"]
    found = _by_member(rule, cast, bound, share, missing, shortfall, supplier_short=True)
    if found.failing and not cast.final.any():
        # Any of those named may be a producer of final products, of whom nothing is asked.
        missing = list(dict.fromkeys(["participants.role", *found.missing]))
        return replace(
            found, holds=None, missing=missing, because=[*found.because, say("eligibility.no_final")]
        )
    return found


def _bought_share(rule: Rule, case: Case) -> Judged:
    cast = _cast(case)
    cut = rule.entry.number_of("share", most=1)
    if not cast.final.any():
        return Judged(None, threshold=cut, missing=["participants.role"])
    bought, every = cast.bought_from_intermediate, cast.purchases
    share = np.divide(bought, every, out=np.full(len(every), np.nan), where=every > 0)
    share[share > 1 + NOISE] = np.nan
    bound = (cast.final | cast.nameless) & ~(every == 0)
    spare = cast.figure("output") - cast.figure("internal_supply") - cast.formation.self_supply
    # What a member without a role sells need not be an intermediate product.
    apart = cast.final | ~cast.producing | cast.nameless
    room = np.where(apart, 0.0, np.where(np.isnan(spare), np.inf, spare))

    def shortfall(cut: float) -> tuple[Floats, Floats]:
        return cut * every - bought, room

    return _by_member(rule, cast, bound, share, ["activity.purchases", "links.value"], shortfall)


def _by_member(
    rule: Rule,
    cast: Cast,
    bound: Bools,
    share: Floats,
    missing: list[str],
    shortfall: Callable[[float], tuple[Floats, Floats]],
    *,
    supplier_short: bool = False,
) -> Judged:
    """Judge a share that each member `bound` by the rule must reach, with the lower cut of special places."""
    cut = rule.entry.number_of("share", most=1)
    special = rule.entry.number_of("share_special", cut, most=1)
    short_of = bound & (share < cut * (1 - NOISE))
    # The rule may not be about a member without a role.
    below = short_of & ~cast.nameless
    surely = below & (share < special * (1 - NOISE))
    open_ = bound & np.isnan(share) | short_of & cast.nameless
    known = bound & ~open_
    named = known & ~cast.nameless
    low = float(np.min(share[known])) if known.any() else NAN
    bounds = 0.0 if open_.any() and known.any() else low, float(np.min(share[named])) if named.any() else NAN
    least = low if low == bounds[1] and not open_.any() else NAN
    names = np.array(cast.ids, dtype=object)
    failing, unsettled = names[below].tolist(), names[open_].tolist()
    if not bound.any():
        return Judged(None, threshold=cut, missing=missing)
    links = None
    told: list[Said] = []
    if below.any():
        short, room = shortfall(cut)
        rows = np.flatnonzero(below)
        if (rule.kind, cut) not in cast.covers:
            allowed = rows[:, None] != np.arange(len(names))[None, :]
            cast.covers[rule.kind, cut] = cover_shortfalls(short[rows], np.maximum(room, 0.0), allowed)
        found = cast.covers[rule.kind, cut]
        if found is None:
            told.append(say("eligibility.no_room"))
        else:
            places, partners = (np.array([each[at] for each in found], np.int64) for at in (0, 1))
            ends = (rows[places], partners) if supplier_short else (partners, rows[places])
            links = Links(*ends, np.array([each.value for each in found]))
            if open_.any() or _more_members(cast):
                told.append(say("eligibility.of_known"))
            if np.isinf(room[partners]).any():
                told.append(say("eligibility.room_unknown"))
    holds = False if surely.any() else None if open_.any() or below.any() else True
    lacking = missing if (open_ & np.isnan(share)).any() else []
    if (open_ & cast.nameless).any():
        lacking = [*lacking, "participants.role"]
    if holds is None and below.any():
        lacking = ["participants.territory", *lacking]
    needed = len(links.value) if links else None
    lacking = lacking if holds is None else []
    return Judged(holds, least, *bounds, cut, failing, unsettled, lacking, links, needed, told)


def _outside(cast: Cast) -> Floats:
    """Return what each member still buys outside and could buy inside."""
    bought = cast.figure("bought_inside") if cast.formation.has_links else 0.0
    return np.maximum(cast.purchases - bought - cast.formation.self_supply, 0.0)


def _not_producing(rule: Rule, case: Case) -> Judged:
    cast, allowed = _cast(case), int(rule.entry.number_of("allowed"))
    output = cast.figure("output")
    sold = cast.formation.supplied_inside + cast.formation.sales_outside
    supplies = (cast.figure("internal_supply") > 0) | (sold > 0)  # made by somebody, or the output is wrong
    none = cast.producing & (output == 0) & ~supplies & ~cast.nameless
    unknown = cast.producing & ~none & ((output == 0) | np.isnan(output))
    low, high = int(none.sum()), int((none | unknown).sum())
    holds = False if low > allowed else None if high > allowed or _more_members(cast) else True
    names = np.array(cast.ids, dtype=object)
    return Judged(
        holds,
        *_counted(cast, low, high),
        allowed,
        names[none].tolist() if holds is False else [],
        names[unknown].tolist() if holds is None else [],
        ["activity.output"] if holds is None else [],
    )


def _participants(rule: Rule, case: Case) -> Judged:
    cast, least = _cast(case), rule.entry.number_of("at_least")
    count = len(cast.ids)
    if count < least and _more_members(cast):
        return Judged(None, NAN, count, NAN, least, missing=["participants.participant_id"])
    return Judged(count >= least, *_counted(cast, count, count), least)


def _final_producers(rule: Rule, case: Case) -> Judged:
    cast, least = _cast(case), rule.entry.number_of("at_least")
    # Where no role marks them, any member that produces may be one.
    open_ = cast.nameless if cast.final.any() else cast.nameless | cast.producing
    return _of_role(cast, cast.final, least, open_)


def _role_present(rule: Rule, case: Case) -> Judged:
    cast = _cast(case)
    has = of_role(cast.formation, lambda role: role_name(role) in rule.roles)
    return _of_role(cast, has, 1, cast.nameless)


def _of_role(cast: Cast, has: Bools, least: float, open_: Bools) -> Judged:
    """Judge a number of members with a role, which those that are `open_` may have."""
    low, high = int(has.sum()), int(has.sum() + open_.sum())
    holds = True if low >= least else False if high < least and not _more_members(cast) else None
    missing = ["participants.role"] if holds is None else []
    return Judged(holds, *_counted(cast, low, high), least, missing=missing)


def _never(rule: Rule, case: Case) -> Judged:
    return Judged(None, missing=list(rule.entry.texts("missing")))


def _cast(case: Case) -> Cast:
    assert case.cast is not None
    return case.cast


KINDS: Final[Mapping[str, tuple[Callable[[Rule, Case], Judged], tuple[str, ...]]]] = {
    "productivity_above_region": (_productivity, ()),
    "linked": (_linked, ("allowed",)),
    "supplied_share": (_supplied_share, ("share", "share_special")),
    "bought_share": (_bought_share, ("share", "share_special")),
    "not_producing": (_not_producing, ("allowed",)),
    "participants": (_participants, ("at_least",)),
    "final_producers": (_final_producers, ("at_least",)),
    "role_present": (_role_present, ("roles",)),
    "never_in_data": (_never, ("missing",)),
}
_OPTIONAL: Final = ("share_special",)
_WITHOUT_MEMBERS: Final = ("productivity_above_region", "never_in_data")


def judge(rule: Rule, case: Case) -> Judged:
    """Return what `rule` says of a cluster-year; undecidable where its members are not known."""
    if case.cast is None and rule.kind not in _WITHOUT_MEMBERS:
        return Judged(None, missing=["participants.participant_id", "links.value"])
    return KINDS[rule.kind][0](rule, case)


@cache
def read_rules(path: str | Path = "") -> tuple[Rule, ...]:
    """Read a file of requirements; the shipped one where `path` is empty.

    Raises
    ------
    DataError
        It cannot be read, or a field is wrong; the sentence names file, line and field.

    Examples
    --------
    >>> [rule.status for rule in read_rules() if rule.id == "ten participants"]
    ['unverified']
    """
    file = RuleFile(path, "eligibility.toml")
    return tuple(_rule(entry) for entry in file.entries("rule"))


def _rule(entry: Entry) -> Rule:
    kind = entry.choice("kind", tuple(KINDS))
    fields = KINDS[kind][1]
    entry.only({"id", "kind", "en", "from", "until", "status", "source", *fields}, told=True)
    for name in fields:
        if name in _OPTIONAL and name not in entry.values:
            continue
        if name in ("roles", "missing"):
            entry.texts(name)
        else:
            number = entry.number_of(name, most=1 if name.startswith("share") else math.inf)
            if not name.startswith("share") and number % 1:
                raise entry.wrong(name, "whole", entry.values[name])
    since, until = entry.span("from"), entry.span("until")
    if since is None:
        raise entry.wrong("from", "date_or_two", None)
    if until is not None and until[1] <= since[0]:
        raise entry.error("rule_never", "until")
    return Rule(
        entry.text("id"),
        kind,
        since,
        until,
        entry.choice("status", STATUSES),
        entry.texts_of(),
        entry.texts_of("source"),
        entry,
    )


@cache
def versions(rules: tuple[Rule, ...], day: dt.date) -> Mapping[str, Sequence[Rule]]:
    """Return requirement → its texts that were, or may have been, in force on `day`."""
    out: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.in_force(day) is not False:
            out.setdefault(rule.id, []).append(rule)
    return out
