"""Checks between tables: who is outside, and who is outside only by a slip of spelling."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.arrays import Bools, Floats, Objects
from clustercoop.graph.schema import ENDS, KNOWLEDGE_KINDS
from clustercoop.loaders.coded import Coded, judged, lowered, plain
from clustercoop.loaders.ledger import Ledger
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.totals import OTHERS, ROUNDED, find_sums, names_members
from clustercoop.loaders.who import CALLED

# Sales from stock reach a few times the output of a year; ten times it is a slip of the unit.
CONTRADICTED: Final = 10.0
_ALIKE: Final = str.maketrans("авеёкмнорстухіј", "abeekmhopctyxij")
_CLUSTER: Final = re.compile(
    r"\b(?:(?:промышленный|территориальный|инновационный|industrial)\s+)*(?:кластер|cluster)\b", re.IGNORECASE
)
_LOOSE: Final = re.compile(r"[\W_]+")


def loose_key(text: str) -> str:
    """Return an id without case, marks, leading zeros, a final ``.0`` and look-alike letters.

    Examples
    --------
    >>> loose_key("Р-01") == loose_key("p01"), loose_key("0077") == loose_key("77")
    (True, True)
    """
    return _LOOSE.sub("", text.casefold().removesuffix(".0")).translate(_ALIKE).lstrip("0")


def loose_keys(texts: Objects) -> Objects:
    """Return the `loose_key` of each text.

    Examples
    --------
    >>> loose_keys(np.array(["Р-01", "0A7"], dtype=object)).tolist()
    ['p01', 'a7']
    """
    keys, simple = np.empty(len(texts), object), plain(texts)
    keys[simple] = lowered(texts[simple], "0")
    keys[~simple] = [loose_key(text) for text in texts[~simple].tolist()]
    return keys


def check_relations(ledgers: Mapping[str, Ledger], notes: Notes) -> None:
    """Tell links and activity of organisations that are in no cluster, self-supply, and unknown clusters."""
    people = ledgers.get("participants")
    members: pd.Index[Any] = pd.Index([], dtype=object)
    if people is not None:
        held = people.coded("participant_id")
        at_home = held.appear(_home(people))
        members = held.index if len(at_home) == len(held.texts) else pd.Index(at_home, dtype=object)

    if "links" in ledgers:
        _reject_unnamed(ledgers["links"], members, people)
    _check_spelling(ledgers, members)

    def of_links(links: Ledger) -> None:
        _check_links(links, members)
        if people is not None:
            _check_membership_years(links, people, members)

    def of_activity(activity: Ledger) -> None:
        who = activity.coded("participant_id")
        known = who.isin(members)
        activity.note(~known, "activity_outside", "participant_id")
        if people is not None:
            active = _members_then(people, who, activity.values("year"))
            activity.note(known & ~active, "activity_not_member", "participant_id")
        linked: list[pd.Index[Any]] = []
        if "links" in ledgers:
            _check_sales(ledgers["links"], activity)
            linked = [ledgers["links"].coded(end).index for end in ENDS]
        find_sums(activity, linked)

    checks = {"links": of_links, "activity": of_activity}
    both = [name for name in checks if name in ledgers]

    def check(name: str, notes: Notes) -> None:
        ledgers[name].notes = notes
        checks[name](ledgers[name])

    notes.each(check, both, rows=sum(len(ledgers[name]) for name in both))
    for name, column in (("participants", "participant_id"), ("participants", "cluster_id")):
        if name in ledgers:
            _check_twins(ledgers[name], column)
    if "indicators" in ledgers:
        _check_twins(ledgers["indicators"], "cluster_id")
    clusters: set[str] = set()
    for name in ("participants", "clusters"):
        if name in ledgers:
            ledger = ledgers[name]
            clusters |= set(ledger.frame.loc[ledger.alive, "cluster_id"].dropna().unique())
    if clusters:
        for name in ("indicators", "measures"):
            if name in ledgers:
                ledger = ledgers[name]
                strange = ~ledger.coded("cluster_id").isin(clusters)
                ledger.note(strange, "cluster_unknown", "cluster_id")


def _reject_unnamed(links: Ledger, members: pd.Index[Any], people: Ledger | None) -> None:
    """Reject rows of which an end is members of a cluster, or a cluster, without a name: supply is open.

    A row that is the sum of those that name members is their total, and leaves nothing open.
    """
    value, year = links.values("value"), links.values("year")
    homes = {_bare(text) for text in people.coded("cluster_id").texts} if people is not None else set()

    def unnamed(text: str) -> bool:
        return names_members(text) or bool(_CLUSTER.search(text) and _bare(text) in homes)

    for end, other in (ENDS[::-1], ENDS):
        held = links.coded(end)
        said = held.spread(judged(held.texts, unnamed, held.simple)) & links.alive & ~held.isin(members)
        if not said.any():
            continue
        pair, _ = pd.factorize(pd.MultiIndex.from_arrays([year, links.coded(other).codes]))
        named = held.isin(members) & links.alive & ~np.isnan(value)
        sums = np.bincount(pair[named], value[named], pair.max() + 1)[pair]
        rest = held.spread(judged(held.texts, lambda text: bool(OTHERS.search(text)), held.simple))
        total = said & ~rest & (sums > 0) & (np.abs(sums - value) <= ROUNDED * sums)
        links.reject(total, "total_row", end)
        links.unname(end, said & ~total)
        links.reject(said & ~total, "members_unnamed", end)


def _bare(cluster: str) -> str:
    return loose_key(_CLUSTER.sub("", cluster) or cluster)


def _check_sales(links: Ledger, activity: Ledger) -> None:
    """Make outputs unknown that recorded sales contradict; where most are, one table is in another unit."""
    supplier, buyer = links.coded("supplier_id"), links.coded("buyer_id")
    who = activity.coded("participant_id")
    seller = who.places(supplier.index)
    years, of_year = pd.factorize(np.concatenate([links.values("year"), activity.values("year")]))
    ties = links.coded("kind").where(lambda kind: kind.strip().casefold() in KNOWLEDGE_KINDS)
    sold = links.alive & ~ties & ~supplier.equal(buyer) & (supplier.codes >= 0) & (years[: len(links)] >= 0)
    size = len(supplier.texts) + 1
    sums = np.zeros(size * len(of_year))
    key = years[: len(links)][sold] * size + supplier.codes[sold]
    sums += np.bincount(key, links.values("value")[sold], len(sums))
    asked = years[len(links) :] * size + who.spread(seller, -1)
    mine = np.where(asked < 0, np.nan, sums[np.maximum(asked, 0)] if len(sums) else np.nan)
    output = activity.values("output")
    both = activity.alive & (mine > 0) & (output > 0)
    over = both & (mine > CONTRADICTED * output)
    times = np.divide(mine, output, out=np.ones(len(output)), where=over)
    if over.sum() > 1 and 2 * over.sum() > both.sum():
        usual = f"{np.median(times[over]):.4g}"
        activity.notes.add(
            "units_contradicted", **links.grids[0].place, value=usual, detail=str(int(over.sum()))
        )
        return
    activity.blank(
        over,
        "output_contradicted",
        "output",
        value=lambda row: f"{output[row]:.6g}",
        detail=lambda row: f"{mine[row]:.6g}",
    )


def _check_twins(ledger: Ledger, column: str) -> None:
    """Tell ids of one table that differ from an earlier one only in spelling: they may be one."""
    held = ledger.coded(column)
    texts = held.appear(ledger.alive)
    named = [_CLUSTER.sub("", text) or text for text in texts.tolist()] if column == "cluster_id" else texts
    keys = loose_keys(np.array(named, dtype=object))
    order, unique = pd.factorize(keys)
    first = np.full(len(unique), -1)
    first[order[::-1]] = np.arange(len(texts))[::-1]
    later = (first[order] != np.arange(len(texts))) & (keys != "")
    if later.any():
        twins = dict(zip(texts[later], texts[first[order[later]]], strict=True))
        _note_first(ledger, column, held, twins, "id_twin")


def _note_first(ledger: Ledger, column: str, held: Coded, means: Mapping[str, str], code: str) -> None:
    """Tell the first living row of each text of `means`."""
    codes = np.where(ledger.alive & held.isin(means), held.codes, -1)
    first = (codes >= 0) & ~pd.Series(codes).duplicated().to_numpy()

    def name(row: int) -> str:
        return str(held.texts[codes[row]])

    ledger.note(first, code, column, value=name, detail=lambda row: means[name(row)])


def _check_links(links: Ledger, members: pd.Index[Any]) -> None:
    supplier, buyer = (links.coded(end) for end in ENDS)
    outside = [~side.isin(members) for side in (supplier, buyer)]
    links.note(outside[0] & outside[1], "outside_both", "supplier_id", summed="value")
    one = (outside[0] ^ outside[1]) & links.alive
    for number, grid in enumerate(links.grids):
        count = int((one & (links.source == number)).sum())
        if count:
            links.notes.add("outside_links", **grid.place, detail=str(count), value=str(count))
    value = links.values("value")
    links.note(supplier.equal(buyer), "self_supply", "value")
    links.note(value == 0, "zero_value", "value")


def _home(people: Ledger) -> Bools:
    """Tell which rows make somebody a member: those that live and name a cluster."""
    named: Bools = people.frame["cluster_id"].notna().to_numpy(bool)
    return people.alive & named


def _members_then(people: Ledger, who: Coded, year: Floats) -> Bools:
    """Tell for each row whether `who` is a member of some cluster in `year`."""
    home = _home(people)
    first = np.nan_to_num(people.values("joined_year")[home], nan=-np.inf)
    last = np.nan_to_num(people.values("left_year")[home], nan=np.inf)
    held = people.coded("participant_id")
    mine, node = held.codes[home], who.spread(who.places(held.index), -1)
    always = np.zeros(len(held.texts) + 1, bool)
    always[mine[np.isneginf(first) & np.isposinf(last)]] = True
    found: Bools = always[node]
    if always[mine].all():
        return found
    dated = pd.DataFrame({"who": mine, "first": first, "last": last})
    met = pd.DataFrame({"row": np.flatnonzero(~found), "who": node[~found]}).merge(
        dated[~always[mine]], on="who"
    )
    when = year[met["row"].to_numpy()]
    inside = (when >= met["first"].to_numpy()) & (when <= met["last"].to_numpy())
    found[met["row"].to_numpy()[inside]] = True
    return found


def _check_membership_years(links: Ledger, people: Ledger, members: pd.Index[Any]) -> None:
    """Tell links between organisations of which one is a member at another time, and neither in that year."""
    ever, then = np.zeros(len(links), bool), np.zeros(len(links), bool)
    for end in ENDS:
        held = links.coded(end)
        ever |= held.isin(members)
        then |= _members_then(people, held, links.values("year"))
    links.note(ever & ~then, "link_not_member", "supplier_id", summed="value")


def _check_spelling(ledgers: Mapping[str, Ledger], members: pd.Index[Any]) -> None:
    """Tell outside partners whose id differs from a participant's only in spelling.

    A link of one may be supply within the cluster or across its boundary: it counts as neither.
    """
    names = members.to_numpy(dtype=object)
    keys = loose_keys(names)
    people = ledgers.get("participants")
    listed = (
        members if people is None else people.coded("participant_id").index
    )  # of no cluster, but told apart
    every: dict[bool, pd.Series[Any]] = {}

    def near(strangers: Objects) -> dict[str, str]:
        """Only a member whose key is not its id can be meant by a stranger whose key is its own."""
        found: dict[str, str] = {}
        looked_for = loose_keys(strangers)
        own = looked_for == strangers
        for mine, alone in ((own, True), (~own, False)):
            if mine.any():
                if alone not in every:
                    told = pd.Series(names, index=keys)[(keys != "") & ((keys != names) | (not alone))]
                    every[alone] = told[~told.index.duplicated()]
                held = every[alone]
                place = held.index.get_indexer(pd.Index(looked_for[mine], dtype=object))
                found |= zip(strangers[mine][place >= 0], held.to_numpy()[place[place >= 0]], strict=True)
        return found

    for table, columns in CALLED.items():
        for column in columns if table in ledgers else ():
            ledger = ledgers[table]
            held = ledger.coded(column)
            seen = np.zeros(len(held.texts) + 1, bool)
            seen[held.codes[ledger.alive]] = True
            strangers = held.texts[seen[:-1] & (held.places(members) < 0) & (held.places(listed) < 0)]
            if means := near(strangers):
                if table == "links":
                    _leave_open(ledger, column, held, means)
                else:
                    _note_first(ledger, column, held, means, "id_near_miss")


def _leave_open(links: Ledger, column: str, held: Coded, means: Mapping[str, str]) -> None:
    """Reject links of a partner that may be the member in `means`; either may be the end of one."""
    links.perhaps.setdefault(column, {}).update({who: [who, member] for who, member in means.items()})
    cells = links.frame[column]
    meant = held.isin(means)
    links.reject(meant, "near_miss_row", column, detail=lambda row: means[cells.iloc[row]], summed="value")
