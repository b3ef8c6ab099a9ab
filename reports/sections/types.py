"""The section on types: all clusters in one plane, the two traits of the rule, each path, support by type."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from clustercoop.analysis.typology import LEVELS
from clustercoop.graph.texts import term
from clustercoop.reports import leads
from clustercoop.reports.inert import plain, shorten
from clustercoop.reports.numbers import brief, is_unknown, percent
from clustercoop.reports.passports import Passports
from clustercoop.reports.planes import Placed, Rule, plane, rule_plane
from clustercoop.reports.section import Block, Fragment, Heading, Shown, Text
from clustercoop.reports.sections.figures import Figures
from clustercoop.reports.strips import SIDES
from clustercoop.reports.types import Types


class TypesSection(Figures):
    """Types and trajectories."""

    key = "types"
    place = 22
    on_page = True

    @property
    def answer(self) -> str:
        """Clusters by type."""
        return leads.of_kind(self.content, 1)

    def blocks(self) -> Iterator[Block]:
        """Yield the pictures, then what is suggested by type; in Markdown the figures."""
        for note in self.content.price_notes():
            yield Text(note)
        if not self.content.page:
            yield Shown(self.table)
            return
        types = Types(self.result, self.words, self.content.cluster_names)
        values = {"types": types, "plane": self._plane(), "rule": self._rule(), "paths": self._paths()}
        yield Fragment(
            "types.j2", values | {"grid": self.passports.zones.grid() if self.passports.zones else ""}
        )
        received = types.support_received()
        if received is not None:
            yield Heading(self.words("support_received"), in_markdown=False)
            yield Shown(received, in_markdown="")

    @cached_property
    def passports(self) -> Passports:
        """Clusters with their figures by year."""
        return Passports(self.content)

    def _placed(self, cluster: str, said: str) -> Placed:
        verdict = self.passports.verdicts.column(cluster, "formation_verdict")
        style = SIDES.get(str(verdict[0]) if verdict else "", "und")
        return Placed(
            plain(self.content.cluster_name(cluster)), self.content.passport_link(cluster), style, said
        )

    def _plane(self) -> str:
        zones = self.passports.zones
        if zones is None:
            return ""
        paths = []
        for cluster in self.passports.order:
            points = [p for p in sorted(self.passports.points(cluster)) if p[1] == p[1] and p[2] == p[2]]
            if points:
                paths.append(
                    (self._placed(cluster, zones.said(points, self.content.cluster_name(cluster))), points)
                )
        return plane(zones, paths, self.words("plane")) if paths else ""

    def _rule(self) -> dict[str, Any]:
        """Return the picture of the rule, and how many clusters it cannot place."""
        made, rule = self.passports, self.content.model.thresholds
        if made.zones is None:
            return {"svg": "", "left": 0}
        placed = []
        for cluster in made.order:
            cells = [made.verdicts.column(cluster, name) for name in ("rule_innovation", "rule_cooperation")]
            if any(not cell or is_unknown(cell[0]) for cell in cells):
                continue
            rd, ratio = float(cells[0][0]), float(cells[1][0])
            lang, verdict = self.words.lang, str((made.verdicts.column(cluster, "rule_verdict") or [""])[0])
            said = self.words(
                "rule_point",
                cluster=shorten(self.content.cluster_name(cluster), 80),
                ratio=percent(ratio, lang),
                rd=brief(rd, lang),
                verdict=term(verdict, lang),
            )
            one = self._placed(cluster, said)
            placed.append((Placed(one.name, one.link, SIDES.get(verdict, "und"), said), rd, ratio))
        least = LEVELS.index(rule.innovation_at_least)
        asked = Rule(made.zones.innovation, least, rule.cooperation_above, made.zones.unit, self.words)
        svg = rule_plane(asked, placed, self.words("rule_plane")) if placed else ""
        return {"svg": svg, "left": len(made.order) - len(placed)}

    def _paths(self) -> list[tuple[str, str, str]]:
        """Return (name, link, picture) of each cluster with a path."""
        made = self.passports
        if made.zones is None:
            return []
        paths = []
        for cluster in made.order:
            name = self.content.cluster_name(cluster)
            svg = made.zones.small(made.points(cluster), name)
            if svg:
                paths.append((name, self.content.passport_link(cluster), svg))
        return paths
