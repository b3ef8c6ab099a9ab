"""The summary: sizes, the finding in sentences, cooperation by cluster, trust in the data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from clustercoop.reports.answers import answers, few
from clustercoop.reports.inert import markdown, shorten
from clustercoop.reports.marked import CELL, ROWS, cut, grid
from clustercoop.reports.numbers import between, percent, show
from clustercoop.reports.reasons import places
from clustercoop.reports.section import Block, Fragment, Section


@dataclass(frozen=True, slots=True)
class Headline:
    """Cooperation of one cluster in its last year."""

    cluster_id: str
    name: str
    year: int
    ratio: float | None
    why: str
    bounds: str


class Summary(Section):
    """What the report says, on one page."""

    key = "summary"
    place = 10
    introduction = ""

    def blocks(self) -> Iterator[Block]:
        """Yield sizes, sentences and answers; in Markdown the table of cooperation too."""
        told = () if self.content.page else self._markdown()
        facts = {"summary": self, "answers": answers(self.content)}
        yield Fragment("summary.j2", facts, told)

    def _markdown(self) -> list[str]:
        words = self.words
        parts = ["\n".join(f"- {markdown(label)}: **{markdown(value)}**" for value, label, _ in self.tiles)]
        said = [markdown(sentence) for sentence in self.sentences]
        parts += [] if self.said_last else said
        for answer in answers(self.content):
            lines = "\n".join(f"- {markdown(line.text)}" for line in answer.lines)
            parts += [f"### {markdown(answer.title)}", lines]
        parts += said if self.said_last else []
        if not self.headlines:
            return parts
        rows = []
        for head in self.headlines[:ROWS]:
            ratio = head.bounds or "—" if head.ratio is None else percent(head.ratio, words.lang)
            why = words("unknown_prefix") + head.why if head.why else ""
            rows.append([markdown(shorten(head.name, CELL)), str(head.year), markdown(ratio), markdown(why)])
        heads = [markdown(words(name)) for name in ("head_cluster", "head_year", "head_ratio")]
        parts += [f"### {words('headline')}", grid([*heads, ""], [False, True, True, False], rows)]
        if len(self.headlines) > ROWS:
            parts.append(cut(ROWS, len(self.headlines), self.content.where("rest_in", "formations"), words))
        return parts

    @cached_property
    def headlines(self) -> tuple[Headline, ...]:
        """Cooperation by cluster in its last year, highest first, unknown last."""
        found = []
        table = self.content.rows
        for cluster_id in table.ranges:
            year = int(table.column(cluster_id, "year")[-1])
            last = table.numbers(cluster_id, "cooperation_ratio")[-1]
            ratio = None if last != last else last
            why = "" if ratio is not None else self._why(cluster_id, year)
            name = self.content.cluster_name(cluster_id)
            low, high = (table.numbers(cluster_id, f"cooperation_ratio_{end}")[-1] for end in ("low", "high"))
            bounds = between(low, high, "share", self.words.lang) if ratio is None else ""
            found.append(Headline(cluster_id, name, year, ratio, why, bounds))
        return tuple(sorted(found, key=lambda h: (h.ratio is None, -(h.ratio or 0.0), h.name, h.cluster_id)))

    def _why(self, cluster_id: str, year: int) -> str:
        told = self.content.reasons.told(places(cluster_id, year), "cooperation_ratio")
        return told or self.words("why_default")

    @cached_property
    def tiles(self) -> tuple[tuple[str, str, str], ...]:
        """Sizes: (value, label, explanation)."""
        graph, words, lang = self.result.graph, self.words, self.words.lang
        years = sorted({int(year) for year in self.result.formations["year"]})
        span = "" if not years else str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1]}"
        value = float(graph.links["value"].sum()) if len(graph.links) else None
        members = int(graph.participants["participant_id"].nunique())
        unit = words.money(graph.currency)
        links, rejected = len(graph.links) or None, len(self.result.rejected)
        return (
            (show(len(self.headlines), "int", lang), words("tile_clusters"), ""),
            (span or "—", words("tile_year" if len(years) == 1 else "tile_years"), ""),
            (show(members or None, "int", lang), words("tile_participants"), ""),
            (show(links, "int", lang), words("tile_links"), words("tile_links_note")),
            (show(value, "money", lang), words("tile_value", unit=unit), words("tile_value_note")),
            (
                show(rejected, "int", lang),
                words("tile_rejected"),
                self.content.where("tile_rejected_note", "rejected"),
            ),
        )

    @property
    def said_last(self) -> bool:
        """Whether the sentences only say what the answers rest on, and stand behind them."""
        return few(self.content) or self.content.model.outcome == "rules"

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the formation model found, in plain sentences."""
        return self.content.model.summary
