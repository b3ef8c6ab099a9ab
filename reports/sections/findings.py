"""The section on findings: what was noticed in the data, by code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from clustercoop.graph.findings import SEVERITIES, Finding, catalogue
from clustercoop.graph.texts import fill
from clustercoop.reports.answers import noticed
from clustercoop.reports.inert import markdown, plain, shorten
from clustercoop.reports.marked import CELL, ROWS, grid
from clustercoop.reports.numbers import cells_of, is_unknown
from clustercoop.reports.people import for_people
from clustercoop.reports.section import Block, Fragment, Section, Sheet
from clustercoop.reports.tables import column_words

FINDING_ROWS: Final = 600
FINDINGS_PER_CODE: Final = 40


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """All findings of one code."""

    code: str
    severity: str
    title: str
    action: str
    count: int
    rows: tuple[Mapping[str, str], ...]


class FindingsSection(Section):
    """What was noticed, where, and what was done."""

    key = "findings"
    place = 100

    @property
    def answer(self) -> str:
        """Findings by severity."""
        return noticed(self.content)

    @cached_property
    def groups(self) -> tuple[FindingGroup, ...]:
        """Findings by code, errors first; at most `FINDINGS_PER_CODE` of each are listed."""
        lang, found = self.words.lang, dict[str, list[Finding]]()
        for item in self.result.findings:
            found.setdefault(item.code, []).append(item)
        groups, left, names = [], FINDING_ROWS, self.result.graph.names
        for code, items in sorted(found.items(), key=lambda one: SEVERITIES.index(one[1][0].severity)):
            take = [item.called(names) for item in items[: min(FINDINGS_PER_CODE, left)]]
            left -= len(take)
            listed = tuple(
                {
                    "message": plain(item.message(lang)),
                    "where": plain(self._where(item)),
                    "value": plain(item.value),
                }
                for item in take
            )
            # Of many, the sentence of the code without the particulars of one.
            one, entry = len(items) == 1, catalogue()[code]
            title = items[0].called(names).message(lang) if one else entry.general(lang)
            action = items[0].action(lang) if one else fill(entry.action(lang), value="…", detail="…")
            groups.append(FindingGroup(code, entry.severity, plain(title), plain(action), len(items), listed))
        return tuple(groups)

    def _where(self, row: Finding) -> str:
        words = self.words
        parts = [str(row.file)] if row.file else []
        for name in ("sheet", "row", "column"):
            value = getattr(row, name)
            if not is_unknown(value):
                told = ", ".join(column_words(part, words) for part in str(value).split(", "))
                parts.append(f"{words(f'where_{name}')} {told if not row.file else value}")
        if row.cluster_id:
            parts.append(self.content.cluster_name(str(row.cluster_id)))
        if not is_unknown(row.year):
            parts.append(str(row.year))
        if row.participant_id:
            parts.append(str(row.participant_id))
        return ", ".join(parts)

    def blocks(self) -> Iterator[Block]:
        """Yield the groups, with a filter by severity on the page."""
        told = () if self.content.page else self._markdown()
        yield Fragment("findings.j2", {"findings": self}, told)

    def _markdown(self) -> list[str]:
        words, counts = self.words, dict(self.content.severities)
        note = words("quality_note", errors=counts["error"], warnings=counts["warning"], infos=counts["info"])
        rows = [
            [
                markdown(words(f"one_{group.severity}")),
                str(group.count),
                markdown(shorten(group.title, CELL)),
                markdown(shorten(group.rows[0]["where"], CELL)) if group.rows else "",
                markdown(group.action),
            ]
            for group in self.groups[:ROWS]
        ]
        heads = ["", "finding_count", "finding_message", "finding_where", "finding_action"]
        labels = [markdown(words(head)) if head else "" for head in heads]
        return [markdown(note), *([grid(labels, [False, True, False, False, False], rows)] if rows else [])]

    def sheets(self) -> Iterator[Sheet]:
        """Yield why cells are unknown, and all findings."""
        gaps = for_people(self.result, "gaps", self.words.lang)
        columns = cells_of(gaps["column"])
        told = {name: column_words(name, self.words) for name in dict.fromkeys(columns)}
        gaps = gaps.assign(column=[told[name] for name in columns])
        yield self.sheet(gaps, "gaps", year="year")
        frame = self.result.findings.to_frame(self.words.lang)
        frame["severity"] = frame["severity"].map({one: self.words(f"one_{one}") for one in SEVERITIES})
        yield self.sheet(frame, "findings", row="int", year="year")
