"""The summary: sizes, the finding in sentences, cooperation by cluster, trust in the data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from clustercoop.graph.columns import output_column
from clustercoop.graph.texts import term
from clustercoop.reports.inert import markdown, quoted, shorten
from clustercoop.reports.marked import CELL, ROWS, cut, grid
from clustercoop.reports.numbers import is_unknown, percent, show
from clustercoop.reports.section import Block, Fragment, Section
from clustercoop.reports.strips import sparkline

HEADLINE_ROWS: Final = 60


@dataclass(frozen=True, slots=True)
class Headline:
    """Cooperation of one cluster: its last year, the ratio of it and of the years before."""

    cluster_id: str
    name: str
    year: int
    ratio: float | None
    why: str
    history: tuple[tuple[int, float | None], ...]


class Summary(Section):
    """What the report says, on one page."""

    key = "summary"
    place = 10
    introduction = ""

    def blocks(self) -> Iterator[Block]:
        """Yield sizes, sentences, the table of cooperation and the counts of findings."""
        words, known = self.words, [r for h in self.headlines for _, r in h.history if r is not None]
        top = max([0.05, *known])
        values = {
            "summary": self,
            "headlines": self.headlines[:HEADLINE_ROWS],
            "severities": dict(self.content.severities),
            "percent": lambda share: percent(share, words.lang),
            "spark": lambda history: sparkline(history, top),
        }
        yield Fragment("summary.j2", values, self._markdown())

    def _markdown(self) -> list[str]:
        words = self.words
        parts = ["\n".join(f"- **{markdown(value)}** {markdown(label)}" for value, label, _ in self.tiles)]
        parts += [markdown(sentence) for sentence in self.sentences]
        if not self.headlines:
            return parts
        rows = []
        for head in self.headlines[:ROWS]:
            ratio = "—" if head.ratio is None else percent(head.ratio, words.lang)
            why = words("unknown_prefix") + head.why if head.why else ""
            rows.append([markdown(shorten(head.name, CELL)), str(head.year), markdown(ratio), markdown(why)])
        heads = [markdown(words(name)) for name in ("head_cluster", "head_year", "head_ratio")]
        parts += [f"### {words('headline')}", grid([*heads, ""], [False, True, True, False], rows)]
        if len(self.headlines) > ROWS:
            parts.append(cut(ROWS, len(self.headlines), "formations.csv", words))
        return parts

    @cached_property
    def headlines(self) -> tuple[Headline, ...]:
        """Cooperation by cluster in its last year, highest first, unknown last."""
        found = []
        frame = self.content.formations.sort_values(["cluster_id", "year"])
        for cluster_id, rows in frame.groupby("cluster_id", sort=True):
            last = next(rows.iloc[[-1]].itertuples(index=False))
            history = tuple(
                (int(year), None if is_unknown(ratio) else float(ratio))
                for year, ratio in zip(rows["year"], rows["cooperation_ratio"], strict=True)
            )
            year, ratio = history[-1]
            why = "" if ratio is not None else self._why(last)
            name = self.content.cluster_name(str(cluster_id))
            found.append(Headline(str(cluster_id), name, year, ratio, why, history))
        return tuple(sorted(found, key=lambda h: (h.ratio is None, -(h.ratio or 0.0), h.name, h.cluster_id)))

    def _why(self, row: Any) -> str:
        label = output_column("formations", "cooperation_ratio").label(self.words.lang)
        return self.content.reasons.cell(row, "cooperation_ratio", label) or self.content.reasons.row(row)

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
            (span or "—", words("tile_years"), ""),
            (show(members or None, "int", lang), words("tile_participants"), ""),
            (show(links, "int", lang), words("tile_links"), words("tile_links_note")),
            (show(value, "money", lang), words("tile_value", unit=unit), words("tile_value_note")),
            (show(rejected, "int", lang), words("tile_rejected"), words("tile_rejected_note")),
        )

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """The findings of the analysis in a few plain sentences."""
        words, lang, known = self.words, self.words.lang, [h for h in self.headlines if h.ratio is not None]
        said = []
        if known:
            best, least = known[0], known[-1]
            said.append(words("said_known", known=len(known), total=len(self.headlines)))
            if len(known) > 1:
                said.append(
                    words(
                        "said_range",
                        best=quoted(best.name, lang),
                        best_ratio=percent(best.ratio or 0.0, lang),
                        best_year=best.year,
                        least=quoted(least.name, lang),
                        least_ratio=percent(least.ratio or 0.0, lang),
                        least_year=least.year,
                    )
                )
        elif self.headlines:
            said.append(words("said_none"))
        return (*said, *self._verdicts(), *self.content.model.summary)

    def _verdicts(self) -> list[str]:
        """Count the verdicts, where there is more than one kind of them."""
        verdicts = [str(v) for v in self.result.clusters.get("formation_verdict", ()) if not is_unknown(v)]
        counts = {name: verdicts.count(name) for name in sorted(set(verdicts))}
        if not counts or self.content.model.outcome in ("none", "unnamed", "named"):
            return []
        listed = "; ".join(f"{term(name, self.words.lang)} — {count}" for name, count in counts.items())
        return [self.words("said_verdicts", verdicts=listed)]
