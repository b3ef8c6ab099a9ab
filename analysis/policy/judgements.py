"""Every requirement judged for every cluster-year: the rows behind the tables of eligibility."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import Any, NamedTuple, TypeVar

from clustercoop.analysis.policy.analysed import Analysed
from clustercoop.analysis.policy.cast import Cast
from clustercoop.analysis.policy.requirements import Case, Links, Rule, judge, read_rules, versions
from clustercoop.graph.said import coded, say

T = TypeVar("T")

FIGURES = ("cooperation_ratio", "value_added_per_employee")
UNDECIDABLE = "undecidable"
REGIONAL = "regional_value_added_per_employee"


class Verdict(NamedTuple):
    """One requirement of one cluster-year: its row of ``eligibility``, and the links that would meet it."""

    row: dict[str, Any]
    links: Links | None


def verdicts(analysed: Analysed) -> list[Verdict]:
    """Return each requirement in force on 31 December of each cluster-year.

    Where it is not known which of its texts was in force, each is judged; a verdict that they do not share is
    undecidable.
    """
    rules = read_rules(analysed.settings.eligibility_rules)
    judged = partial(_verdicts, rules=rules)
    return analysed.once(
        "verdicts of requirements", lambda given: [one for found in of_cases(given, judged) for one in found]
    )


def _verdicts(case: Case, rules: tuple[Rule, ...]) -> list[Verdict]:
    return list(_judged(case, rules))


def _judged(case: Case, rules: tuple[Rule, ...]) -> Iterator[Verdict]:
    day = dt.date(int(case.row["year"]), 12, 31)
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
        rule = texts[-1]
        requirement, source = _told(rule)
        row = {
            "cluster_id": str(case.row["cluster_id"]),
            "year": day.year,
            "rule": rule.id,
            "requirement": requirement,
            "verdict": verdict,
            "value": last.value,
            "value_low": last.low,
            "value_high": last.high,
            "threshold": last.threshold,
            "failing": ";".join(last.failing),
            "unsettled": ";".join(last.unsettled),
            "missing": "; ".join(last.missing),
            "links_needed": last.links_needed,
            "value_needed": float(last.links.value.sum()) if last.links else None,
            "status": rule.status,
            "source": source,
            "judged_on": day.isoformat(),
            "because": coded(told),
        }
        yield Verdict(row, last.links)


@cache
def _told(rule: Rule) -> tuple[str, str]:
    text, source = (
        coded([say("said.text", text={"texts": dict(said)})]) for said in (rule.texts, rule.source)
    )
    return text, source


def of_cases(analysed: Analysed, task: Callable[[Case], T]) -> list[T]:
    """Return what `task` says of each cluster-year of the formations, with its members."""
    formations = {(f.cluster_id, f.year): f for f in analysed.graph.formations()}
    indicators = analysed.graph.indicators
    regional: dict[tuple[str, int], float] = {}
    if REGIONAL in indicators:
        keys = zip(indicators["cluster_id"].astype(str), indicators["year"].astype(int), strict=True)
        regional = dict(zip(keys, indicators[REGIONAL].astype("float64"), strict=True))
    names = [f"{figure}{end}" for figure in FIGURES for end in ("", "_low", "_high")]
    names.append("value_added_coverage")

    def done(row: dict[Any, Any]) -> T:
        key = str(row["cluster_id"]), int(row["year"])
        cast = Cast.of(analysed, formations[key]) if key in formations else None
        return task(Case(row, cast, regional.get(key, float("nan"))))

    return list(analysed.each(done, analysed.formations[["cluster_id", "year", *names]].to_dict("records")))
