"""What the tables of policy say of one cluster's last year, in lines for its passport and the summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pandas as pd

from clustercoop.graph.columns import output_column
from clustercoop.graph.texts import term, terms
from clustercoop.reports.content import Content
from clustercoop.reports.inert import plain, shorten
from clustercoop.reports.numbers import is_unknown, with_percent
from clustercoop.reports.tables import last_years

NAME = 60
FEW: Final = 3


def policy_lines(content: Content) -> dict[str, list[str]]:
    """Return cluster → how firm its type is, its ratio beside the usual, early warnings, requirements."""
    told: dict[str, list[str]] = {}
    for cluster, said in _firmness(content):
        told.setdefault(cluster, []).append(said)
    for cluster, said in beside(content).items():
        told.setdefault(cluster, []).append(f"{_label('functional_dependence', 'beside', content)}: {said}")
    warnings = content.result.policy.get("early_warnings")
    if warnings is not None and len(warnings):
        last = warnings[warnings["year"] == warnings.groupby("cluster_id")["year"].transform("max")]
        label = _label("early_warnings", "warning", content)
        for one, rows in last[last["state"] == "yes"].groupby("cluster_id", sort=False):
            names = "; ".join(term(str(warning), content.lang) for warning in rows["warning"])
            told.setdefault(str(one), []).append(f"{label}: {names}")
    for cluster, verdict in _verdicts(content):
        label = _label("clusters", "eligibility_verdict", content)
        told.setdefault(cluster, []).append(f"{label}: {term(verdict, content.lang)}")
    for cluster, said in _requirements(content):
        told.setdefault(cluster, []).append(said)
    return {cluster: [plain(line) for line in lines] for cluster, lines in told.items()}


def _firmness(content: Content) -> Iterator[tuple[str, str]]:
    """Yield clusters with what else the last known type may be, by the bounds of all and by thresholds."""
    frame = content.result.policy.get("type_firmness")
    if frame is None or not len(frame):
        return
    words, lang = content.words, content.lang
    last = last_years(frame[frame["ecosystem_type"].fillna("") != ""])
    for row in last.to_dict("records"):
        open_to, near, far = (
            "" if is_unknown(row[name]) else str(row[name])
            for name in ("possible_types", "flips_within_10", "flips_within_20")
        )
        others = [one for one in open_to.split("; ") if one and one != row["ecosystem_type"]]
        where = {"year": row["year"]}
        if others:
            few, more = "; ".join(others[:FEW]), len(others) - FEW
            rest = " " + words("pp_and_more", n=more) if more > 0 else ""
            yield str(row["cluster_id"]), words("pp_type_open", types=terms(few, lang) + rest, **where)
        if near or far:
            share = with_percent("10" if near else "20", lang)
            said = words("pp_type_near", types=terms(near or far, lang), share=share, **where)
            yield str(row["cluster_id"]), said
        elif not others:
            yield str(row["cluster_id"]), words("pp_type_firm", share=with_percent("20", lang), **where)


def _requirements(content: Content) -> Iterator[tuple[str, str]]:
    """Yield clusters with the requirements of their last year that are not met, and that are undecided."""
    rows = _deciding(content).to_dict("records")
    for verdict in ("fail", "undecidable"):
        told: dict[str, list[str]] = {}
        for row in rows:
            if row["verdict"] == verdict:
                told.setdefault(str(row["cluster_id"]), []).append(_requirement(row, content))
        for cluster, rules in told.items():
            yield cluster, content.words(f"pp_rules_{verdict}", rules="; ".join(rules))


def _deciding(content: Content) -> pd.DataFrame:
    """Return the rows of eligibility that make the verdicts: sourced requirements in each last year."""
    frame = content.result.policy.get("eligibility")
    if frame is None or not len(frame):
        return pd.DataFrame({"cluster_id": [], "rule": [], "verdict": []}, dtype=object)
    return last_years(frame[frame["status"] == "sourced"])


def _requirement(row: Mapping[Any, Any], content: Content) -> str:
    """Return the name of a requirement, and how many members fail it, or what would decide it."""
    name = term(str(row["rule"]), content.lang)
    failing, missing = ("" if is_unknown(row[part]) else str(row[part]) for part in ("failing", "missing"))
    if row["verdict"] == "fail" and failing:
        return content.words("pp_rule_members", rule=name, n=len(failing.split(";")))
    if row["verdict"] == "undecidable" and missing:
        return content.words(
            "pp_rule_lacks", rule=name, columns=terms(missing, content.lang).replace("; ", ", ")
        )
    return name


def beside(content: Content) -> dict[str, str]:
    """Return cluster → its ratio beside the usual one of its industry, where one fits, in the last year."""
    if "functional_dependence" not in content.result.policy:
        return {}
    frame = content.policy("functional_dependence")
    frame = frame[frame["benchmark"].notna()]
    last = frame.sort_values("year", kind="stable").groupby("cluster_id", sort=True).tail(1)
    return dict(zip(last["cluster_id"].astype(str), last["beside"].astype(str), strict=True))


def policy_answers(content: Content) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return titles of answers with their lines of (text, cluster it is about, "" for none)."""
    counts = Counter(verdict for _, verdict in _verdicts(content))
    usual = [
        (plain(f"{shorten(content.cluster_name(cluster), NAME)}: {said}"), cluster)
        for cluster, said in beside(content).items()
    ]
    met = [(f"{term(verdict, content.lang)}: {count}", "") for verdict, count in sorted(counts.items())]
    deciding = _deciding(content)
    for verdict in ("fail", "undecidable"):
        rules = Counter(deciding["rule"][deciding["verdict"] == verdict].astype(str)).most_common()
        if rules:
            told = "; ".join(f"{term(rule, content.lang)}: {count}" for rule, count in rules)
            met.append((content.words(f"pp_rules_{verdict}", rules=told), ""))
    return [
        (_label("clusters", "eligibility_verdict", content), met),
        (_label("functional_dependence", "beside", content), usual),
    ]


def _verdicts(content: Content) -> list[tuple[str, str]]:
    if "eligibility_verdict" not in content.clusters:
        return []
    pairs = zip(content.clusters["cluster_id"], content.clusters["eligibility_verdict"], strict=True)
    return [(str(cluster), str(verdict)) for cluster, verdict in pairs if not is_unknown(verdict)]


def _label(table: str, column: str, content: Content) -> str:
    return output_column(table, column).label(content.lang)
