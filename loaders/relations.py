"""Checks between tables: who is outside, and who is outside only by a slip of spelling."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.loaders.ledger import Ledger
from clustercoop.loaders.notes import Notes
from clustercoop.loaders.totals import find_sums

# Sales from stock reach a few times the output of a year; ten times it is a slip of the unit.
CONTRADICTED: Final = 10.0
_ALIKE: Final = str.maketrans("авекмнорстухіј", "abekmhopctyxij")
_LOOSE: Final = re.compile(r"[\W_]+")


def loose_key(text: str) -> str:
    """Return an id without case, marks, leading zeros, a final ``.0`` and look-alike letters.

    Examples
    --------
    >>> loose_key("Р-01") == loose_key("p01"), loose_key("0077") == loose_key("77")
    (True, True)
    """
    return _LOOSE.sub("", text.casefold().removesuffix(".0")).translate(_ALIKE).lstrip("0")


def check_relations(ledgers: Mapping[str, Ledger], notes: Notes) -> None:
    """Tell links and activity of organisations that are in no cluster, self-supply, and unknown clusters."""
    people = ledgers.get("participants")
    members: pd.Index[Any] = pd.Index([])
    if people is not None:
        members = pd.Index(_memberships(people)["participant_id"].unique())
    if "links" in ledgers:
        _check_links(ledgers["links"], members, notes)
        if people is not None:
            _check_membership_years(ledgers["links"], people, members)
    if "activity" in ledgers:
        activity = ledgers["activity"]
        known = activity.frame["participant_id"].isin(members).to_numpy(bool)
        activity.note(~known, "activity_outside", "participant_id")
        if people is not None:
            active = _members_then(people, activity.frame["participant_id"], activity.frame["year"])
            activity.note(known & ~active, "activity_not_member", "participant_id")
        if "links" in ledgers:
            _check_sales(ledgers["links"], activity, notes)
            links = ledgers["links"].frame
            linked = pd.Index(pd.unique(pd.concat([links["supplier_id"], links["buyer_id"]])))
        else:
            linked = pd.Index([])
        find_sums(activity, linked)
    _check_spelling(ledgers, members)
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
                strange = ~ledger.frame["cluster_id"].isin(clusters).to_numpy(bool)
                ledger.note(strange, "cluster_unknown", "cluster_id")


def _check_sales(links: Ledger, activity: Ledger, notes: Notes) -> None:
    """Make outputs unknown that recorded sales contradict; where most are, one table is in another unit."""
    alive = links.alive & (links.frame["supplier_id"] != links.frame["buyer_id"]).to_numpy(bool)
    sales = pd.DataFrame(
        {"who": links.frame["supplier_id"], "year": links.frame["year"], "value": links.values("value")}
    )[alive]
    sold = sales.groupby(["who", "year"], sort=False)["value"].sum()
    keys = pd.MultiIndex.from_arrays([activity.frame["participant_id"], activity.frame["year"]])
    mine = sold.reindex(keys).to_numpy("float64")
    output = activity.values("output")
    both = activity.alive & (mine > 0) & (output > 0)
    over = both & (mine > CONTRADICTED * output)
    times = np.divide(mine, output, out=np.ones(len(output)), where=over)
    if over.sum() > 1 and 2 * over.sum() > both.sum():
        place = {"table": "links", "file": links.grids[0].file, "sheet": links.grids[0].sheet}
        usual = f"{np.median(times[over]):.4g}"
        notes.add("units_contradicted", **place, value=usual, detail=str(int(over.sum())))
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
    ids = ledger.frame[column].where(pd.Series(ledger.alive))
    first: dict[str, str] = {}
    twins: dict[str, str] = {}
    for name in ids.dropna().unique():
        key = loose_key(name)
        if key and first.setdefault(key, name) != name:
            twins[name] = first[key]
    if twins:
        rows = ids.isin(list(twins)).to_numpy(bool) & ~ids.duplicated().to_numpy()
        found = {row: str(ids.iat[row]) for row in np.flatnonzero(rows).tolist()}
        twin_of = {row: twins[name] for row, name in found.items()}
        ledger.note(rows, "id_twin", column, value=found.__getitem__, detail=twin_of.__getitem__)


def _check_links(links: Ledger, members: pd.Index[Any], notes: Notes) -> None:
    supplier, buyer = links.frame["supplier_id"], links.frame["buyer_id"]
    outside = [~side.isin(members).to_numpy(bool) for side in (supplier, buyer)]
    links.note(outside[0] & outside[1], "outside_both", "supplier_id", summed="value")
    one = (outside[0] ^ outside[1]) & links.alive
    for number, grid in enumerate(links.grids):
        count = int((one & (links.source == number)).sum())
        if count:
            notes.add(
                "outside_links",
                table="links",
                file=grid.file,
                sheet=grid.sheet,
                detail=str(count),
                value=str(count),
            )
    value = links.values("value")
    links.note((supplier == buyer).fillna(False).to_numpy(bool), "self_supply", "value")
    links.note(value == 0, "zero_value", "value")


def _memberships(people: Ledger) -> pd.DataFrame:
    """Return the rows that make somebody a member: those that live and name a cluster."""
    return people.frame[people.alive & people.frame["cluster_id"].notna().to_numpy()]


def _members_then(
    people: Ledger, who: pd.Series[Any], year: pd.Series[Any]
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Tell for each row whether `who` is a member of some cluster in `year`."""
    alive = _memberships(people)
    periods = pd.DataFrame({"who": alive["participant_id"].astype(object)})
    for name, none in (("joined_year", -np.inf), ("left_year", np.inf)):
        given = alive[name] if name in alive else pd.Series(np.nan, index=alive.index)
        periods[name] = pd.to_numeric(given, errors="coerce").astype("float64").fillna(none)
    rows = pd.DataFrame(
        {
            "row": np.arange(len(who)),
            "who": who.astype(object).to_numpy(),
            "year": pd.to_numeric(year, errors="coerce").astype("float64").to_numpy(),
        }
    )
    open_ended = np.isneginf(periods["joined_year"]) & np.isposinf(periods["left_year"])
    found = np.array(rows["who"].isin(periods.loc[open_ended, "who"]))
    met = rows[~found].merge(periods, on="who")
    inside = met["year"].between(met["joined_year"], met["left_year"])
    found[met.loc[inside, "row"].to_numpy()] = True
    return found


def _check_membership_years(links: Ledger, people: Ledger, members: pd.Index[Any]) -> None:
    """Tell links between organisations of which one is a member at another time, and neither in that year."""
    frame = links.frame
    ends = [frame[name] for name in ("supplier_id", "buyer_id")]
    ever = ends[0].isin(members).to_numpy(bool) | ends[1].isin(members).to_numpy(bool)
    then = np.zeros(len(frame), bool)
    for end in ends:
        then |= _members_then(people, end, frame["year"])
    links.note(ever & ~then, "link_not_member", "supplier_id", summed="value")


def _check_spelling(ledgers: Mapping[str, Ledger], members: pd.Index[Any]) -> None:
    """Tell outside partners whose id differs from a participant's only in spelling; first row of each."""
    keys: dict[str, str] = {}
    for member in members:
        keys.setdefault(loose_key(member), member)
    keys.pop("", None)
    for table, columns in (("links", ("supplier_id", "buyer_id")), ("activity", ("participant_id",))):
        if table not in ledgers:
            continue
        ledger = ledgers[table]
        for column in columns:
            ids = ledger.frame[column].where(pd.Series(ledger.alive))
            strangers = [i for i in ids.dropna().unique() if i not in members]
            near = {i: keys[loose_key(i)] for i in strangers if loose_key(i) in keys}
            first = ids.isin(list(near)).to_numpy(bool) & ~ids.duplicated().to_numpy()
            found = {row: str(ids.iat[row]) for row in np.flatnonzero(first).tolist()}
            members_of = {row: near[stranger] for row, stranger in found.items()}
            ledger.note(first, "id_near_miss", column, value=found.__getitem__, detail=members_of.__getitem__)
