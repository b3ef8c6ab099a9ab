"""What the summary answers: how many of which kind, who rose and fell, which cores stand, what to trust."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import numpy as np
import pandas as pd

from clustercoop.graph.columns import output_column
from clustercoop.graph.texts import term
from clustercoop.reports.beyond import beyond_chance
from clustercoop.reports.content import Content
from clustercoop.reports.inert import plain, shorten
from clustercoop.reports.numbers import decimal, is_unknown, percent
from clustercoop.reports.passports import Passports
from clustercoop.reports.people import asked_cells, asked_of, once
from clustercoop.reports.policy_lines import policy_answers

NAMED: Final = 3
NAME: Final = 80
USUAL: Final = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an answer: its text, what of it is a link, and where that leads."""

    text: str
    link: str = ""
    style: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A question and its answer; `chips` where the lines are short and stand side by side."""

    title: str
    lines: Sequence[Line]
    chips: bool = False


def answers(content: Content) -> list[Answer]:
    """Return the answers that the result has."""
    return once(content.result, "answers", content.lang, lambda: _answers(content))


def _answers(content: Content) -> list[Answer]:
    if few(content):
        made = [*_each(content), _trust(content)]
    else:
        made = [*kinds(content), ends(content), *_moves(content), *_cores(content), *_policy(content)]
        made.append(_trust(content))
    return [answer for answer in made if answer.lines]


def few(content: Content) -> bool:
    """Tell whether there are so few clusters that each is answered for."""
    return len(content.rows.ranges) <= NAMED


def _each(content: Content) -> Iterator[Answer]:
    """Yield of each cluster what it is and why, its type, how closed it is, and its core."""
    passports = Passports(content)
    for number, cluster in enumerate(passports.order, 1):
        one, link = passports.of(cluster, number), content.passport_link(cluster)
        closed, core = one.closed_facts[0], content.words("pp_core")
        told = [
            Line(", ".join(filter(None, (one.verdict_text, one.basis))), link),
            *(Line(reason) for reason in one.reasons),
            *([Line(f"{_label('ecosystem_type', content)}: {one.type_text}")] if one.type_text else []),
            Line(f"{closed.label}: {closed.why or closed.text}"),
            Line(f"{core} ({one.core.year}): {one.core.said}" if one.core.year else one.core.said),
        ]
        yield Answer(one.name, told)


def _label(column: str, content: Content) -> str:
    return output_column("formations", column).label(content.lang)


def chosen(**picked: str) -> str:
    """Return the address of the leading table with only these kinds.

    Examples
    --------
    >>> chosen(verdict="no structure")
    '#clusters?verdict=no+structure'
    """
    return "#clusters?" + urlencode(picked)


def kinds(content: Content) -> Iterator[Answer]:
    """Yield how many clusters there are of each verdict, and of each type in their last years."""
    words, lang, rows = content.words, content.lang, content.rows
    verdicts = Counter(str(v) for v in content.clusters.get("formation_verdict", ()) if not is_unknown(v))
    told = [
        Line(f"{term(name, lang)} {count}", chosen(verdict=name), name.replace(" ", "-"))
        for name, count in sorted(verdicts.items(), key=lambda item: (-item[1], item[0]))
    ]
    ruled = content.model.outcome == "rules"
    yield Answer(words("answer_verdicts_rule" if ruled else "answer_verdicts"), told, chips=True)
    last = [rows.column(cluster, "ecosystem_type")[-1] for cluster in rows.ranges]
    types = Counter(str(kind) for kind in last if not is_unknown(kind))
    lines = [
        Line(f"{term(name, lang)} {count}", chosen(type=name))
        for name, count in sorted(types.items(), key=lambda item: (-item[1], item[0]))
    ]
    unknown = len(last) - sum(types.values())
    if lines and unknown:
        lines.append(Line(words("answer_untyped", n=unknown)))
    yield Answer(words("answer_types"), lines, chips=True)


def ends(content: Content) -> Answer:
    """Return the clusters with the highest and the lowest known ratio in their last year."""
    words, rows, known, low, high = content.words, content.rows, [], [1.0], [0.0]
    for cluster in rows.ranges:
        ratio, year = rows.numbers(cluster, "cooperation_ratio")[-1], rows.column(cluster, "year")[-1]
        if ratio == ratio:
            known.append((-ratio, content.cluster_name(cluster), cluster, int(year)))
        else:
            least, most = (rows.numbers(cluster, f"cooperation_ratio_{end}")[-1] for end in ("low", "high"))
            low.append(0.0 if least != least else least)
            high.append(1.0 if most != most else most)
    known.sort()
    first_last = [known[0], known[-1]] if len(known) > 1 else known
    ratios = np.array([ratio for ratio, *_ in known])
    # A ratio that is not known may be the highest, or the lowest, unless its bounds say that it is not.
    open_ = [bool(known) and max(high) > -known[0][0], bool(known) and min(low) < -known[-1][0]]
    keys = [
        f"{key}_known" if may else key
        for key, may in zip(("answer_highest", "answer_lowest"), open_, strict=True)
    ]
    lines = [
        Line(
            words(
                key,
                cluster=shorten(name, NAME) + words.alike(ratios, ratio),
                ratio=percent(-ratio, content.lang),
                year=year,
            ),
            content.passport_link(cluster),
        )
        for key, (ratio, name, cluster, year) in zip(keys, first_last, strict=False)
    ]
    told = words("said_known", known=len(known), total=len(rows.ranges)) if known else words("said_none")
    return Answer(words("answer_ends"), [Line(told), *lines])


def _moves(content: Content) -> Iterator[Answer]:
    """Yield the clusters whose cooperation rose and fell most between their first and last known year."""
    words, lang, rows, moves = content.words, content.lang, content.rows, []
    for cluster in rows.ranges:
        cells = zip(rows.column(cluster, "year"), rows.numbers(cluster, "cooperation_ratio"), strict=True)
        known = [(int(year), ratio) for year, ratio in cells if ratio == ratio]
        if len(known) > 1:
            moves.append((known[-1][1] - known[0][1], cluster, known[0], known[-1]))
    for key, ordered in (
        ("answer_rise", sorted((m for m in moves if m[0] > 0), key=lambda m: (-m[0], m[1]))),
        ("answer_fall", sorted((m for m in moves if m[0] < 0), key=lambda m: (m[0], m[1]))),
    ):
        lines = []
        for change, cluster, first, last in ordered[:NAMED]:
            if round(abs(change), 3) == 0:
                continue
            told = words(
                "answer_move",
                cluster=shorten(content.cluster_name(cluster), NAME),
                change=words("points", value=("+" if change > 0 else "") + decimal(100 * change, 1, lang)),
                before=percent(first[1], lang),
                start=first[0],
                after=percent(last[1], lang),
                end=last[0],
            )
            lines.append(Line(told, content.passport_link(cluster)))
        if lines and len(moves) < len(rows.ranges):
            lines.append(Line(words("answer_moves_known", known=len(moves), total=len(rows.ranges))))
        yield Answer(words(key), lines)


def _cores(content: Content) -> Iterator[Answer]:
    """Yield how many cores are clearer than the numbers of partners make them, in the last years."""
    words, rows = content.words, content.rows
    last = pd.DataFrame(
        {
            name: [rows.numbers(cluster, name)[-1] for cluster in rows.ranges]
            for name in ("core_p_degree", "core_p_degree_fdr")
        }
    )
    beyond, corrected = beyond_chance(last), beyond_chance(last, "core_p_degree_fdr")
    tested = sum(one is not None for one in beyond)
    if not tested:
        return
    lines = [
        Line(words("answer_cores_said", n=beyond.count(True), total=tested), chosen(core="true")),
        Line(words("answer_cores_corrected", n=corrected.count(True))),
    ]
    if len(beyond) > tested:
        lines.append(Line(words("answer_cores_untested", n=len(beyond) - tested)))
    yield Answer(words("answer_cores"), lines)


def _policy(content: Content) -> Iterator[Answer]:
    """Yield how many clusters meet the requirements, and cooperation beside what is usual."""
    whole = "#eligibility" if len(content.result.policy.get("eligibility", ())) else ""
    for title, told in policy_answers(content):
        lines = [Line(said, content.passport_link(one) if one else whole) for said, one in told[:USUAL]]
        if len(told) > USUAL:
            lines.append(Line(content.words("pp_and_more", n=len(told) - USUAL), whole))
        yield Answer(title, lines)


def _trust(content: Content) -> Answer:
    words = content.words
    lines = [Line(noticed(content), "#findings")]
    unknown = [c for c in content.rows.ranges if is_unknown(content.rows.numbers(c, "cooperation_ratio")[-1])]
    if unknown:
        names = ", ".join(shorten(content.cluster_name(cluster), 40) for cluster in unknown[:NAMED])
        more = words("pp_and_more", n=len(unknown) - NAMED) if len(unknown) > NAMED else ""
        told = words(
            "answer_unknown", n=len(unknown), total=len(content.rows.ranges), names=f"{names} {more}".strip()
        )
        lines.append(Line(told, content.passport_link(unknown[0])))
    asked = first_ask(content)
    return Answer(words("quality"), [*lines, *([Line(asked, "#requests")] if asked else [])])


def noticed(content: Content) -> str:
    """Tell how many findings of each severity there are."""
    counts = dict(content.severities)
    return content.words(
        "quality_note", errors=counts["error"], warnings=counts["warning"], infos=counts["info"]
    )


def first_ask(content: Content) -> str:
    """Tell which missing cell makes most figures known, "" where each waits for another one."""
    words, result = content.words, content.result
    for row in result.requests.head(1).itertuples(index=False):
        if int(str(row.unlocks)):
            who = plain(shorten(asked_of(row, result.graph.names, content.lang), NAME))
            cells = asked_cells(row, content.lang)
            return words("answer_ask", cells=cells, who=who, year=row.year, n=row.unlocks)
    return ""
