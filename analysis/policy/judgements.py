"""Every requirement judged for every cluster-year: the rows behind the tables of eligibility."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.cast import FIGURES as CAST
from clustercoop.analysis.policy.cast import Cast
from clustercoop.analysis.policy.requirements import Case, Judged, Rule, judge, read_rules, versions
from clustercoop.graph.said import Said, say

FIGURES = ("cooperation_ratio", "value_added_per_employee")
UNDECIDABLE = "undecidable"
REGIONAL = "regional_value_added_per_employee"


@dataclass(frozen=True)
class Verdict:
    """One requirement of one cluster-year, and the text of it that was judged."""

    cluster_id: str
    year: int
    day: dt.date
    rule: Rule
    verdict: str
    judged: Judged
    because: tuple[Said, ...]


def verdicts(analysed: Analysed) -> list[Verdict]:
    """Return each requirement in force on 31 December of each cluster-year.

    Where it is not known which of its texts was in force, each is judged; a verdict that they do not share is
    undecidable.
    """
    return analysed.once("verdicts of requirements", lambda given: list(_verdicts(given)))


def _verdicts(analysed: Analysed) -> Iterator[Verdict]:
    rules = read_rules(analysed.settings.eligibility_rules)
    for case, cluster, year in cases(analysed):
        day = dt.date(year, 12, 31)
        for texts in versions(rules, day).values():
            found = [judge(rule, case) for rule in texts]
            last = found[-1]
            told = list(last.because)
            said = {each.holds for each in found}
            if len(texts) == 1 and texts[0].in_force(day) is None:
                said.add(True)  # it may not have been in force, and then there is nothing to fail
            if len(said) > 1:
                told.append(say("eligibility.text_unknown"))
                verdict = UNDECIDABLE
            else:
                verdict = {True: "pass", False: "fail", None: UNDECIDABLE}[last.holds]
            if verdict == UNDECIDABLE and last.missing:
                told.append(say("eligibility.missing", columns={"terms": last.missing}))
            yield Verdict(cluster, year, day, texts[-1], verdict, last, tuple(told))


def cases(analysed: Analysed) -> list[tuple[Case, str, int]]:
    """Return each cluster-year of the formations with its members."""
    return analysed.once("cases of requirements", lambda given: list(_cases(given)))


def _cases(analysed: Analysed) -> Iterator[tuple[Case, str, int]]:
    formations = {(f.cluster_id, f.year): f for f in analysed.graph.formations()}
    people = analysed.participants
    places = people.groupby(["cluster_id", "year"]).indices if len(formations) else {}
    ids = people["participant_id"].to_numpy(object)
    held = {name: people[name].to_numpy("float64", na_value=float("nan")) for name in CAST}
    indicators = analysed.graph.indicators
    regional: dict[tuple[str, int], float] = {}
    if REGIONAL in indicators:
        keys = zip(indicators["cluster_id"].astype(str), indicators["year"].astype(int), strict=True)
        regional = dict(zip(keys, indicators[REGIONAL].astype("float64"), strict=True))
    names = [f"{figure}{end}" for figure in FIGURES for end in ("", "_low", "_high")]
    names.append("value_added_coverage")
    for row in analysed.formations[["cluster_id", "year", *names]].to_dict("records"):
        key = str(row["cluster_id"]), int(row["year"])
        cast = None
        if key in formations:
            at = places.get(key, [])
            cast = Cast.of(analysed, formations[key], ids[at], {name: held[name][at] for name in held})
        yield Case(row, cast, regional.get(key, float("nan"))), *key
