"""A passport of each cluster: what one printed page says of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from sys import maxsize
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.analysis.support import support_measures
from clustercoop.graph.columns import output_column
from clustercoop.graph.findings import catalogue
from clustercoop.graph.findings import listed as told_list
from clustercoop.graph.texts import row_text, term
from clustercoop.reports.beyond import beyond_chance
from clustercoop.reports.content import Content
from clustercoop.reports.inert import beginning, plain, quoted, shorten
from clustercoop.reports.numbers import UNKNOWN, between, is_unknown, percent, show
from clustercoop.reports.passport_parts import Core, Fact, Member, Passport, Rows, Series, Stage
from clustercoop.reports.people import asked_cells, asked_figures, asked_of
from clustercoop.reports.pictures import Year, Zones, axis_top, closedness, series
from clustercoop.reports.policy_lines import policy_lines
from clustercoop.reports.reasons import places
from clustercoop.reports.types import types_thresholds

SERIES: Final = ("cooperation_ratio", "value_added_per_employee", "rd_per_employee", "integration")
CORE: Final = 14
LINES: Final = 4
FIGURES: Final = 2
STAGES: Final = 6


class Passports:
    """The passports of all clusters of a report."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.words = content.words
        self.lang = content.lang
        self.result = content.result
        self.formations = content.rows
        people = self.result.participants
        if len(people):
            people = people.sort_values(["cluster_id", "year", "participant_id"], kind="stable")
        self.people = Rows(people)
        self.verdicts = Rows(content.clusters)
        # What is cut for a page of all is whole on the page of one.
        self.whole = maxsize if content.only else 0
        self.thresholds, self.gone = types_thresholds(self.result.settings.thresholds)

    @cached_property
    def order(self) -> list[str]:
        """Ids of the clusters in the order of their names."""
        names = self.content.cluster_names
        return sorted(names, key=lambda cluster: (names[cluster].casefold(), cluster))

    @cached_property
    def zones(self) -> Zones | None:
        """The plane that paths are drawn in; None where no zone may be shown."""
        if self.gone or self.content.currency != self.thresholds.currency:
            return None
        bands = self.thresholds.innovation, self.thresholds.productivity
        cuts = [(band.low_below, band.high_above) for band in bands]
        tops = []
        for name, cut in zip(("rd_per_employee", "value_added_per_employee"), cuts, strict=True):
            values = [v for cluster in self.order for v in self.formations.numbers(cluster, name) if v == v]
            tops.append(axis_top(values, cut))
        unit = self.content.unit_over_years
        return Zones(cuts[0], cuts[1], self.thresholds.types, unit, (tops[0], tops[1]), self.words)

    def points(self, cluster: str) -> list[tuple[int, float, float]]:
        """Return (year, R&D, value added per employee) of a cluster."""
        years = self.formations.column(cluster, "year")
        figures = (
            self.formations.numbers(cluster, n) for n in ("rd_per_employee", "value_added_per_employee")
        )
        return [(int(year), rd, added) for year, rd, added in zip(years, *figures, strict=True)]

    def all(self) -> list[Passport]:
        """Return the passports in order."""
        return [self.of(cluster, number) for number, cluster in enumerate(self.order, 1)]

    def of(self, cluster: str, number: int) -> Passport:
        """Return the passport of one cluster, the `number`-th."""
        content, words = self.content, self.words
        name = content.cluster_name(cluster)
        verdict = str(self._cell(cluster, "formation_verdict"))
        closed, closed_facts = self._closedness(cluster)
        found, found_more = self._findings(cluster)
        asked, asked_more = self._requests(cluster)
        return Passport(
            cluster,
            content.anchor(cluster),
            name,
            words("pp_place", number=number, total=len(self.order)),
            content.view_link(cluster),
            verdict,
            term(verdict, self.lang) if verdict else words("unknown"),
            self._basis(cluster),
            self._type(cluster),
            self._because(cluster),
            [self._series(cluster, column) for column in SERIES],
            self.zones.portrait(self.points(cluster), name) if self.zones else "",
            self._core(cluster),
            closed,
            closed_facts,
            self._stages(cluster),
            [self._fact(cluster, n) for n in ("stages", "value_added_upstream", "value_added_downstream")],
            self._suggested(cluster),
            self._cards.get(cluster, []),
            self._received.get(cluster, []),
            found,
            found_more,
            asked,
            asked_more,
            self._gaps.get(cluster, 0),
        )

    # What it is.

    def _cell(self, cluster: str, column: str) -> Any:
        cells = self.verdicts.column(cluster, column)
        return cells[0] if cells and not is_unknown(cells[0]) else ""

    def _basis(self, cluster: str) -> str:
        basis = str(self._cell(cluster, "verdict_basis"))
        return self.words(f"pp_basis_{basis}") if basis else ""

    def _because(self, cluster: str) -> list[str]:
        told = [
            str(self._cell(cluster, name)) for name in ("verdict_because", "nearest_flip", "rule_because")
        ]
        year, _ = self._last(cluster, "ecosystem_type")
        first, last = self.thresholds.years
        away = bool(year) and not first <= year <= last
        return [
            *(plain(text[0].upper() + text[1:]) for text in told if text),
            *(self.content.price_notes("thresholds_other_years") if away else ()),
            *self._policy.get(cluster, ()),
        ]

    @cached_property
    def _policy(self) -> Mapping[str, list[str]]:
        return policy_lines(self.content)

    @cached_property
    def _cards(self) -> Mapping[str, list[str]]:
        """Why these measures, and what is missing to say more, in a sentence on each cluster's last year."""
        if not len(self.result.policy.get("support_cards", ())):
            return {}
        frame = self.content.policy("support_cards").sort_values(["cluster_id", "year"], kind="stable")
        last = frame.drop_duplicates("cluster_id", keep="last")
        cells = zip(last["cluster_id"].astype(str), last["because"], strict=True)
        return {
            cluster: [plain(beginning(str(text), 400))] for cluster, text in cells if not is_unknown(text)
        }

    def _last(self, cluster: str, column: str) -> tuple[int, Any]:
        """Return the last year in which a column is known, and its value; (0, None) where none is."""
        cells = zip(
            self.formations.column(cluster, "year"), self.formations.column(cluster, column), strict=True
        )
        known = [(int(year), value) for year, value in cells if not is_unknown(value)]
        return known[-1] if known else (0, None)

    def _type(self, cluster: str) -> str:
        year, kind = self._last(cluster, "ecosystem_type")
        return f"{term(str(kind), self.lang)} ({year})" if year else ""

    # Figures.

    def _series(self, cluster: str, name: str) -> Series:
        column = output_column("formations", name)
        years = [int(year) for year in self.formations.column(cluster, "year")]
        ends = [f"{name}{end}" for end in ("", "_low", "_high")]
        cells = list(zip(years, *(self.formations.numbers(cluster, one) for one in ends), strict=True))

        def told(year: Year) -> str:
            if year.known:
                return show(year.value, column.kind, self.lang)
            return between(year.low, year.high, column.kind, self.lang) or UNKNOWN

        measure = self.content.unit_over_years if column.unit == "money" else ""
        title = self.words(f"pp_series_{name}", unit=measure)
        svg = series([Year(*cell) for cell in cells], told, title)
        why = "" if svg else self._why(cluster, years[-1], name)
        return Series(title, column.meaning(self.lang), svg, why)

    def _why(self, cluster: str, year: int | None, column: str) -> str:
        return self.content.reasons.told(places(cluster, year), column) or self.words("why_default")

    def _at(self, cluster: str, year: int) -> int:
        return [int(one) for one in self.formations.column(cluster, "year")].index(year)

    def _fact(self, cluster: str, name: str, year: int = 0) -> Fact:
        """Return a figure of the last year, or of `year`; of an unknown one its bounds, if there are any."""
        at = self._at(cluster, year) if year else -1
        value = self.formations.column(cluster, name)[at]
        column = output_column("formations", name)
        text, why = show(value, column.kind, self.lang), ""
        if is_unknown(value):
            low, high = (self.formations.numbers(cluster, f"{name}_{end}")[at] for end in ("low", "high"))
            text = between(low, high, column.kind, self.lang) or text
            why = self._why(cluster, self.formations.column(cluster, "year")[at], name)
        elif column.kind == "term":
            text = term(str(value), self.lang)
        return Fact(column.label(self.lang), text, why)

    def _core(self, cluster: str) -> Core:
        """Return the core of the last year that has one; members by what they supply inside."""
        year, joined = self._last(cluster, "core_members")
        if not year:
            years = self.formations.column(cluster, "year")
            why = self._why(cluster, int(years[-1]), "core_members")
            return Core("", self.words("pp_no_core", why=why), "", [], 0, [])
        shares = self._fact(cluster, "core_supply_share", year)
        own = self._supply(cluster, year)
        parts = bool(not shares.why and own and sum(own.values()) > 0)
        most = sum(own.values()) if parts else max(own.values(), default=0.0)
        members = sorted(str(joined).split(";"), key=lambda one: (-own.get(one, 0.0), one))
        names = self.result.graph.names
        listed = []
        for one in members[: self.whole or CORE]:
            text, bar = UNKNOWN, -1
            if one in own:
                text = percent(own[one] / most, self.lang) if parts else show(own[one], "money", self.lang)
                bar = round(100 * own[one] / most) if most > 0 else 0
            listed.append(Member(plain(names.get(one, one)), text, bar))
        head = "pp_share" if parts else "pp_supplied"
        facts = [
            self._fact(cluster, name, year)
            for name in ("core_supply_share", "core_output_share", "core_firmness", "core_stability")
        ]
        maybe = self.formations.column(cluster, "core_maybe_members")[self._at(cluster, year)]
        if not is_unknown(maybe):
            also = [plain(shorten(names.get(one, one), 40)) for one in str(maybe).split(";")]
            label = output_column("formations", "core_maybe_members").label(self.lang)
            facts.insert(0, Fact(label, told_list("; ".join(also))))
        unit = self.words.money(self.content.currency)
        return Core(
            str(year),
            self._beyond(cluster, year),
            self.words(head, unit=unit),
            listed,
            len(members) - len(listed),
            facts,
        )

    def _supply(self, cluster: str, year: int) -> dict[str, float]:
        """Return internal supply by member in a year; {} where it is not known of all of them."""
        whole = zip(
            self.people.column(cluster, "year"),
            self.people.column(cluster, "participant_id"),
            self.people.column(cluster, "internal_supply"),
            strict=True,
        )
        own = {str(one): value for when, one, value in whole if int(when) == year}
        return (
            {} if any(is_unknown(value) for value in own.values()) else {k: float(v) for k, v in own.items()}
        )

    def _beyond(self, cluster: str, year: int) -> str:
        fact = self._fact(cluster, "core_p_degree", year)
        if fact.why:
            return self.words("pp_beyond_unknown", why=fact.why)
        value = self.formations.column(cluster, "core_p_degree")[self._at(cluster, year)]
        key = (
            "pp_beyond_yes" if beyond_chance(pd.DataFrame({"core_p_degree": [value]}))[0] else "pp_beyond_no"
        )
        fdr = self._fact(cluster, "core_p_degree_fdr", year)
        corrected = self.words("pp_corrected", p=fdr.text) if not fdr.why else ""
        return self.words(key, p=fact.text, corrected=corrected)

    def _closedness(self, cluster: str) -> tuple[str, list[Fact]]:
        years = self.formations.column(cluster, "year")
        axes = [self.formations.numbers(cluster, name) for name in ("integration", "isolation")]
        points = [(int(year), a, b) for year, a, b in zip(years, *axes, strict=True)]
        labels = [output_column("formations", name).label(self.lang) for name in ("integration", "isolation")]
        known = [p for p in points if np.isfinite(p[1]) and np.isfinite(p[2])]
        said = "; ".join(
            f"{year}: {labels[0]} {percent(a, self.lang)}, {labels[1]} {percent(b, self.lang)}"
            for year, a, b in known
        )
        svg = closedness(points, (labels[0], labels[1]), said)
        names = ("closedness_verdict", "integration", "isolation", "finn_cycling_index", "circulation_share")
        return svg, [self._fact(cluster, name) for name in names]

    def _stages(self, cluster: str) -> list[Stage]:
        """Return the members of the last year by rounded stage, those beyond the last row in one."""
        years = self.people.column(cluster, "year")
        if not years:
            return []
        last, counts = max(years), dict[int, list[Any]]()
        rows = zip(
            years, self.people.column(cluster, "stage"), self.people.column(cluster, "in_core"), strict=True
        )
        for year, stage, core in rows:
            if year == last and not is_unknown(stage):
                counts.setdefault(min(int(np.floor(float(stage) + 0.5)), STAGES), []).append(core)
        most = max(map(len, counts.values()), default=1)
        return [
            Stage(
                self.words("pp_stage_more" if at == STAGES else "pp_stage", stage=at),
                len(cores),
                _count(cores),
                round(100 * len(cores) / most),
            )
            for at, cores in sorted(counts.items())
        ]

    # Support, findings, requests.

    @cached_property
    def _measures(self) -> Mapping[str, list[tuple[str, str]]]:
        table = support_measures(self.result.settings.support_measures)
        found: dict[str, list[tuple[str, str]]] = {}
        for row in table.to_dict(orient="records"):
            kind, category = str(row["ecosystem_type"]), str(row["category"])
            text = row_text(
                {str(name): value for name, value in row.items()}, "", self.lang, f"support.{kind}.{category}"
            )
            found.setdefault(kind, []).append((term(category, self.lang), text))
        return found

    def _suggested(self, cluster: str) -> list[tuple[str, str]]:
        return self._measures.get(str(self._last(cluster, "ecosystem_type")[1]), [])

    @cached_property
    def _received(self) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = {}
        unit = self.words.money(self.content.currency)
        measures = self.result.graph.measures.sort_values(["cluster_id", "year"], kind="stable")
        for row in measures.itertuples(index=False):
            amount = "" if is_unknown(row.amount) else f": {show(row.amount, 'money', self.lang)} {unit}"
            kind = term(str(row.category), self.lang)
            told = f"{row.year}, {kind}: {quoted(plain(shorten(str(row.measure), 90)), self.lang)}{amount}"
            found.setdefault(str(row.cluster_id), []).append(told)
        return found

    @cached_property
    def _found(self) -> Mapping[str, list[tuple[str, str, int]]]:
        """Findings by cluster: (severity, sentence, count) of each code, errors first."""
        kinds = catalogue()
        held: dict[str, dict[str, list[Any]]] = {}
        for finding in self.result.findings:
            if finding.cluster_id:
                held.setdefault(str(finding.cluster_id), {}).setdefault(finding.code, []).append(finding)
        order = {"error": 0, "warning": 1, "info": 2}
        out: dict[str, list[tuple[str, str, int]]] = {}
        for cluster, codes in held.items():
            rows: list[tuple[str, str, int]] = []
            for code, found in codes.items():
                general = kinds[code].general(self.lang)
                one = found[0].called(self.result.graph.names)
                text = one.message(self.lang) if len(found) == 1 else general
                rows.append((kinds[code].severity, shorten(plain(text), 200), len(found)))
            out[cluster] = sorted(rows, key=lambda row: (order.get(row[0], 3), -row[2], row[1]))
        return out

    def _findings(self, cluster: str) -> tuple[list[tuple[str, str, int]], int]:
        rows, most = self._found.get(cluster, []), self.whole or LINES
        return rows[:most], sum(count for *_, count in rows[most:])

    @cached_property
    def _asked(self) -> Mapping[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for row in self.result.requests.astype(object).itertuples(index=False):
            found.setdefault(str(row.cluster_id), []).append(row)
        return found

    def _requests(self, cluster: str) -> tuple[list[str], int]:
        rows, names, told = self._asked.get(cluster, []), self.result.graph.names, []
        lines, most = self.whole or LINES, self.whole or FIGURES
        for row in rows[:lines]:
            figures = [one for one in str(row.figures).split("; ") if one]
            place = {
                "cells": asked_cells(row, self.lang),
                "who": plain(asked_of(row, names, self.lang)),
                "year": row.year,
            }
            few, more = asked_figures("; ".join(figures[:most]), self.lang), len(figures) - most
            rest = self.words("pp_and_more", n=more) if more > 0 else ""
            key = "pp_ask" if figures else "pp_ask_waiting"
            told.append(self.words(key, figures=few, more=rest, **place))
        return told, max(0, len(rows) - lines)

    @cached_property
    def _gaps(self) -> Mapping[str, int]:
        """Unknown figures of each cluster's last year."""
        gaps = self.result.gaps
        own = gaps[(gaps["participant_id"] == "") & gaps["year"].notna()]
        counted = (
            own.drop_duplicates(["cluster_id", "year", "column"])
            .groupby(["cluster_id", "year"])
            .size()
            .to_dict()
        )
        return {
            cluster: int(counted.get((cluster, int(self.formations.column(cluster, "year")[-1])), 0))
            for cluster in self.order
        }


def _count(cores: Sequence[Any]) -> str:
    """Return how many are in the core: a range where that is unknown of some, a dash where of all."""
    known = [bool(core) for core in cores if not is_unknown(core)]
    if not known:
        return UNKNOWN
    least, most = sum(known), sum(known) + len(cores) - len(known)
    return str(least) if least == most else f"{least}–{most}"
