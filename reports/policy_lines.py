"""What the tables of policy say of one cluster's last year, in lines for its passport and the summary."""

from __future__ import annotations

from collections import Counter

from clustercoop.graph.columns import output_column
from clustercoop.graph.texts import term
from clustercoop.reports.content import Content
from clustercoop.reports.inert import plain, shorten
from clustercoop.reports.numbers import is_unknown

NAME = 60


def policy_lines(content: Content) -> dict[str, list[str]]:
    """Return cluster → its cooperation beside what is usual, what warns early, and the requirements."""
    told: dict[str, list[str]] = {}
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
    return {cluster: [plain(line) for line in lines] for cluster, lines in told.items()}


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
