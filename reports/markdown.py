"""The report as Markdown, for repositories, mail and notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from clustercoop.analysis.results import Result
from clustercoop.reports.content import SECTIONS, Content
from clustercoop.reports.inert import markdown, shorten
from clustercoop.reports.numbers import percent
from clustercoop.reports.tables import DRAWING, Table
from clustercoop.reports.verdicts import Formations
from clustercoop.reports.words import Words

ROWS: Final = 100
CELL: Final = 120


def render_markdown(result: Result, lang: str = "en") -> str:
    """Return ``report.md``: the summary, the tables of each cluster's last year, findings and accounting.

    Every name is escaped, so that none of it is obeyed as Markdown or HTML; long tables are cut, saying so.

    Parameters
    ----------
    result : Result
        What an analysis found.
    lang : str
        Language of words and numbers.
    """
    words = Words(lang)
    content = Content(result, lang, "")
    parts = [f"# {words('title')}", markdown(words("subtitle")) + ".", f"## {words('nav_summary')}"]
    parts.append("\n".join(f"- **{markdown(value)}** {markdown(label)}" for value, label, _ in content.tiles))
    parts += [markdown(sentence) for sentence in content.sentences]
    if content.headlines:
        parts += [f"### {words('headline')}", _headline(content, words)]
        if len(content.headlines) > ROWS:
            parts.append(_cut(ROWS, len(content.headlines), "formations.csv", words))
    parts += _model(content, words)
    for name in SECTIONS:
        table = content.formations.get(name)
        if table is not None and len(table.columns) > 2:
            parts += _section(words(f"nav_{name}"), _last_years(table), words)
    parts += _findings(content, words)
    parts.append(f"## {words('nav_provenance')}")
    for table in (content.accounting, content.sums, content.inputs):
        parts += [f"### {table.caption}", _table(table, words)]
    parts += _section(words("nav_settings"), content.settings, words)
    parts.append(markdown(words("made_by", version=content.version)))
    return "\n\n".join(parts) + "\n"


def _grid(heads: Sequence[str], right: Sequence[bool], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["--:" if is_right else "---" for is_right in right], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cut(shown: int, total: int, source: str, words: Words) -> str:
    rest = "; " + words("rest_in", file=source) if source else ""
    return markdown(words("shown", shown=shown, total=total) + rest) + "."


def _table(table: Table, words: Words) -> str:
    if not table.rows:
        return markdown(words("no_rows"))
    drawn = [column.kind == DRAWING for column in table.columns]
    rows = [
        [
            markdown(shorten(cell.text, CELL))
            for cell, is_drawn in zip(row.cells, drawn, strict=True)
            if not is_drawn
        ]
        for row in table.rows[:ROWS]
    ]
    heads = [markdown(column.label) for column in table.columns if column.kind != DRAWING]
    return _grid(heads, [column.numeric for column in table.columns if column.kind != DRAWING], rows)


def _last_years(table: Table) -> Table:
    """Return the rows of each cluster's last year: all years of all figures are no reading matter."""
    names = [column.name for column in table.columns]
    cluster, year = names.index("cluster_id"), names.index("year")
    last: dict[str, int] = {}
    for row in table.rows:
        key = row.cells[cluster].raw
        last[key] = max(int(row.cells[year].raw), last.get(key, 0))
    kept = tuple(row for row in table.rows if int(row.cells[year].raw) == last[row.cells[cluster].raw])
    return replace(table, rows=kept)


def _section(title: str, table: Table, words: Words) -> list[str]:
    return [f"## {title}", *_whole(table, words)]


def _whole(table: Table, words: Words) -> list[str]:
    """Return the table, and where it is cut, how much of it is shown."""
    parts = [_table(table, words)]
    shown = min(ROWS, len(table.rows))
    return [*parts, _cut(shown, table.total, table.source, words)] if shown < table.total else parts


def _model(content: Content, words: Words) -> list[str]:
    """Return the section on the formation model: findings first, then the evidence."""
    model = content.model
    parts = [f"## {words('nav_verdicts')}", *(markdown(sentence) for sentence in model.sentences)]
    if model.outcome:
        parts += [f"### {words('fm_tier')}", "\n".join(_tiers(model))]
    if model.probabilities is not None:
        parts.append(f"### {words('fm_probability')}")
        parts += [markdown(model.probability_note), *_whole(model.probabilities, words)]
    notes = [words("fm_three_note"), *([] if model.eligibility_known else [words("fm_eligibility_none")])]
    parts += [f"### {words('fm_three')}", markdown(" ".join(notes)), markdown(model.rule_origin)]
    parts += _whole(model.three, words)
    if model.evidence is not None:
        evidence = model.evidence
        for note, table in (
            ("", evidence.gates),
            (words("fm_selection_note"), evidence.selection),
            (words("fm_sensitivity_note"), evidence.sensitivity),
        ):
            if table is not None:
                parts += [f"### {markdown(table.caption)}", *([markdown(note)] if note else [])]
                parts += _whole(table, words)
    if model.data is not None:
        parts += [f"### {words('fm_features')}", markdown(words("fm_data_note"))]
        parts += _whole(model.data.notes, words)
    return parts


def _tiers(model: Formations) -> list[str]:
    return [
        f"- {f'**{markdown(tier.name)}**' if tier.here else markdown(tier.name)}: {markdown(tier.note)}"
        + (f" ({markdown(model.tier_here)})" if tier.here else "")
        for tier in model.tiers
    ]


def _headline(content: Content, words: Words) -> str:
    rows = []
    for head in content.headlines[:ROWS]:
        ratio = "—" if head.ratio is None else percent(head.ratio, words.lang)
        why = words("unknown_prefix") + head.why if head.why else ""
        rows.append([markdown(shorten(head.name, CELL)), str(head.year), markdown(ratio), markdown(why)])
    heads = [words("head_cluster"), words("head_year"), words("head_ratio"), ""]
    return _grid([markdown(head) for head in heads], [False, True, True, False], rows)


def _findings(content: Content, words: Words) -> list[str]:
    parts = [f"## {words('nav_findings')}"]
    counts = dict(content.severities)
    parts.append(
        markdown(
            words("quality_note", errors=counts["error"], warnings=counts["warning"], infos=counts["info"])
        )
    )
    rows = [
        [
            markdown(words(f"one_{group.severity}")),
            str(group.count),
            markdown(shorten(group.title, CELL)),
            markdown(shorten(group.rows[0]["where"], CELL)) if group.rows else "",
            markdown(group.action),
        ]
        for group in content.finding_groups[:ROWS]
    ]
    heads = ["", "finding_count", "finding_message", "finding_where", "finding_action"]
    labels = [markdown(words(head)) if head else "" for head in heads]
    return [*parts, _grid(labels, [False, True, False, False, False], rows)] if rows else parts
