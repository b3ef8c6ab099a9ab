"""What a section answers before its tables, a count or the largest figure, how much is known."""

from __future__ import annotations

from collections import Counter
from typing import Final

import numpy as np
import pandas as pd

from clustercoop.graph.columns import output_column
from clustercoop.graph.texts import term
from clustercoop.reports.answers import ends, few, kinds
from clustercoop.reports.content import Content
from clustercoop.reports.inert import plain, shorten
from clustercoop.reports.numbers import floats, is_unknown, show

NAME: Final = 80


def cooperation(content: Content) -> str:
    """Tell for how many clusters the ratio is known, and its ends; "" where each cluster has its answer."""
    if few(content):
        return ""
    return " ".join(line.text.rstrip(".") + "." for line in ends(content).lines)


def of_kind(content: Content, place: int) -> str:
    """Tell how many clusters there are of each verdict (0) or type (1)."""
    if few(content):
        return ""
    answer = list(kinds(content))[place]
    return f"{answer.title}: {', '.join(line.text for line in answer.lines)}." if answer.lines else ""


def counted(content: Content, table: str, column: str, label: str = "") -> str:
    """Tell how often each term of a column occurs, under its label or another."""
    frame = content.clusters if table == "clusters" else content.result.policy.get(table)
    values = () if frame is None or column not in frame else frame[column]
    counts = Counter(str(one) for one in values if not is_unknown(one)).most_common()
    if not counts:
        return ""
    told = ", ".join(f"{term(name, content.lang)} {count}" for name, count in counts)
    return f"{label or output_column(table, column).label(content.lang)}: {told}."


def largest(content: Content, table: str, name: str) -> str:
    """Tell whose figure is the largest of those known in the last years, and how many are known."""
    column, rows = output_column(table, name), _of_last_years(content, content.result.policy[table])
    values = floats(rows[name])
    known = int((values == values).sum())
    told = {"label": column.label(content.lang), "known": known, "total": len(rows)}
    if not known:
        return content.words("lead_none", **told)
    row = rows.iloc[int(np.nanargmax(values))]
    more = content.words.alike(values, float(np.nanmax(values)))
    cluster = content.cluster_name(str(row["cluster_id"]))
    member = str(row.get("participant_id", ""))
    named = [content.result.graph.names.get(member, member)] if member else []
    who = ", ".join(plain(shorten(one, NAME)) for one in [*named, cluster])
    value = show(row[name], column.kind, content.lang)
    return content.words("lead_largest", who=who, year=int(row["year"]), more=more, value=value, **told)


def dynamics(content: Content) -> str:
    """Tell how many types changed, how many are firm, and how many early warnings there are."""
    policy, said = content.result.policy, []
    moves = policy.get("transitions")
    if moves is not None and len(moves):
        moves = moves[moves["grouping"] == "all"]
        changed = moves["transitions"][moves["from_type"] != moves["to_type"]].sum()
        if moves["transitions"].sum():
            said.append(
                content.words("lead_moves", changed=int(changed), total=int(moves["transitions"].sum()))
            )
    firm = policy.get("type_firmness")
    if firm is not None and len(firm):
        firm = _of_last_years(content, firm)
        stays = sum(
            not is_unknown(kind) and all(is_unknown(one) or one == kind for one in rest)
            for kind, *rest in firm[
                ["ecosystem_type", "possible_types", "flips_within_10", "flips_within_20"]
            ].itertuples(index=False)
        )
        said.append(content.words("lead_firm", firm=stays, total=len(content.rows.ranges)))
    warned = policy.get("early_warnings")
    if warned is not None and len(warned):
        states = _of_last_years(content, warned)["state"]
        yes, no = (int((states == state).sum()) for state in ("yes", "no"))
        said.append(content.words("lead_warnings", n=yes, open=len(states) - yes - no))
    return " ".join(said)


def suited(content: Content) -> str:
    """Tell for how many clusters there are measures that suit the type of their last year."""
    last = _of_last_years(content, content.result.policy["support_suggested"])
    return content.words("lead_suited", n=last["cluster_id"].nunique(), total=len(content.rows.ranges))


def _of_last_years(content: Content, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of each cluster's last year; a table may have none of it."""
    last = {cluster: int(content.rows.column(cluster, "year")[-1]) for cluster in content.rows.ranges}
    kept: pd.DataFrame = frame[frame["year"] == frame["cluster_id"].astype(str).map(last)]
    return kept
