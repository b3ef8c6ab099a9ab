"""What a report says, before any format: summary, tables by section, findings, provenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.analysis.results import Result
from clustercoop.analysis.typology import rule_verdicts
from clustercoop.graph.columns import OutputColumn, output_column, output_columns
from clustercoop.graph.findings import SEVERITIES, catalogue
from clustercoop.graph.texts import fill, term
from clustercoop.reports.inert import plain, quoted, safe_stem
from clustercoop.reports.numbers import is_unknown, percent, show
from clustercoop.reports.reasons import Reasons, for_people
from clustercoop.reports.records import records_table, rows_by_table, sums_by_column
from clustercoop.reports.tables import Table, build_table, plain_table, sectioned
from clustercoop.reports.types import types_thresholds
from clustercoop.reports.verdicts import Formations, told_again
from clustercoop.reports.words import Words

SECTIONS: Final = ("cooperation", "types", "core", "closedness", "chain", "other")
# Rows that one page holds; what is beyond stays in the CSV files, and the page says so.
FORMATION_ROWS: Final = 400
PARTICIPANT_ROWS: Final = 1200
FINDING_ROWS: Final = 600
FINDINGS_PER_CODE: Final = 40


@dataclass(frozen=True, slots=True)
class Headline:
    """Cooperation of one cluster: its last year, the ratio of it and of the years before."""

    cluster_id: str
    name: str
    year: int
    ratio: float | None
    why: str
    history: tuple[tuple[int, float | None], ...]


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """All findings of one code."""

    code: str
    severity: str
    title: str
    action: str
    count: int
    rows: tuple[Mapping[str, str], ...]


class Content:
    """The parts of a report on `result` in `lang`, each computed when first asked for.

    Parameters
    ----------
    result : Result
        What an analysis found.
    lang : str
        Language.
    views : str
        Folder of the network pages, relative to the report; "" for no links to them.
    """

    def __init__(self, result: Result, lang: str, views: str = "views") -> None:
        self.result = result
        self.words = Words(lang)
        self.lang = lang
        self.views = views
        graph = result.graph
        self.currency = graph.currency
        self._viewed = {formation.cluster_id for formation in graph.formations()}

    def cluster_name(self, cluster_id: str) -> str:
        """Return the name of a cluster as shown."""
        return plain(self.result.graph.cluster_names.get(cluster_id, cluster_id))

    def view_link(self, cluster_id: str) -> str:
        """Return the relative address of the cluster's network page, "" where there is none."""
        if not self.views or cluster_id not in self._viewed:
            return ""
        return f"{self.views}/{safe_stem(cluster_id)}.html"

    @cached_property
    def version(self) -> str:
        """Version that made the result; of the installed program where the result does not say."""
        said = self.result.provenance.get("version")
        if said:
            return str(said)
        try:
            return metadata.version("clustercoop")
        except metadata.PackageNotFoundError:
            return ""

    @cached_property
    def reasons(self) -> Reasons:
        """Why figures are unknown."""
        return Reasons(self.result, self.words)

    def _names(self, column: str, value: str) -> str:
        if column == "cluster_id":
            return self.cluster_name(value)
        return plain(self.result.graph.names.get(value, value))

    def _build(self, frame: pd.DataFrame, columns: tuple[OutputColumn, ...], **more: Any) -> Table:
        return build_table(
            frame,
            columns,
            self.words,
            currency=self.currency,
            reasons=self.reasons,
            names=self._names,
            link=self.view_link,
            **more,
        )

    def _why_ratio(self, row: Any) -> str:
        label = output_column("formations", "cooperation_ratio").label(self.lang)
        return self.reasons.cell(row, "cooperation_ratio", label) or self.reasons.row(row)

    @cached_property
    def headlines(self) -> tuple[Headline, ...]:
        """Cooperation by cluster in its last year, highest first, unknown last."""
        found = []
        frame = self._frame
        for cluster_id, rows in frame.sort_values(["cluster_id", "year"]).groupby("cluster_id", sort=True):
            last = next(rows.iloc[[-1]].itertuples(index=False))
            history = tuple(
                (int(year), None if is_unknown(ratio) else float(ratio))
                for year, ratio in zip(rows["year"], rows["cooperation_ratio"], strict=True)
            )
            year, ratio = history[-1]
            why = "" if ratio is not None else self._why_ratio(last)
            found.append(
                Headline(str(cluster_id), self.cluster_name(str(cluster_id)), year, ratio, why, history)
            )
        return tuple(sorted(found, key=lambda h: (h.ratio is None, -(h.ratio or 0.0), h.name, h.cluster_id)))

    @cached_property
    def tiles(self) -> tuple[tuple[str, str, str], ...]:
        """Figures of the summary: (value, label, explanation)."""
        graph, words = self.result.graph, self.words
        years = sorted({int(year) for year in self.result.formations["year"]})
        span = "" if not years else str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1]}"
        value = float(graph.links["value"].sum()) if len(graph.links) else None
        members = int(graph.participants["participant_id"].nunique())
        return (
            (show(len(self.headlines), "int", self.lang), words("tile_clusters"), ""),
            (span or "—", words("tile_years"), ""),
            (show(members or None, "int", self.lang), words("tile_participants"), ""),
            (show(len(graph.links) or None, "int", self.lang), words("tile_links"), words("tile_links_note")),
            (
                show(value, "money", self.lang),
                words("tile_value", unit=words("unit_money", currency=self.currency)),
                words("tile_value_note"),
            ),
            (
                show(len(self.result.rejected), "int", self.lang),
                words("tile_rejected"),
                words("tile_rejected_note"),
            ),
        )

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """The findings of the analysis in a few plain sentences."""
        words, known = self.words, [h for h in self.headlines if h.ratio is not None]
        said = []
        if known:
            best, least = known[0], known[-1]
            said.append(words("said_known", known=len(known), total=len(self.headlines)))
            if len(known) > 1:
                said.append(
                    words(
                        "said_range",
                        best=quoted(best.name, self.lang),
                        best_ratio=percent(best.ratio or 0.0, self.lang),
                        best_year=best.year,
                        least=quoted(least.name, self.lang),
                        least_ratio=percent(least.ratio or 0.0, self.lang),
                        least_year=least.year,
                    )
                )
        elif self.headlines:
            said.append(words("said_none"))
        if self.outcome_shown:
            said.append(self.outcome_shown)
        return (*said, *self.model.summary)

    @property
    def outcome_shown(self) -> str:
        """The verdicts counted, where there is more than one kind of them."""
        verdicts = [str(v) for v in self.result.clusters.get("formation_verdict", ()) if not is_unknown(v)]
        counts = {name: verdicts.count(name) for name in sorted(set(verdicts))}
        if not counts or self.model.outcome in ("none", "unnamed", "named"):
            return ""
        listed = "; ".join(f"{term(name, self.lang)} — {count}" for name, count in counts.items())
        return self.words("said_verdicts", verdicts=listed)

    @cached_property
    def _frame(self) -> pd.DataFrame:
        """Formations, their sentences in the language of the report."""
        return with_no_dysfunction(for_people(self.result, "formations", self.lang))

    @cached_property
    def _clusters(self) -> pd.DataFrame:
        """The table of clusters, its sentences in the language of the report."""
        frame = self.result.clusters
        if self.lang == self.result.settings.lang:
            return frame
        thresholds, gone = types_thresholds(self.result.settings.thresholds)
        if "rule_because" in frame and not gone:
            said = rule_verdicts(self.result.formations, thresholds, self.lang).set_index("cluster_id")
            frame = frame.assign(rule_because=said["rule_because"].reindex(frame["cluster_id"]).to_numpy())
        return told_again(frame, self.result.model, self.lang)

    @cached_property
    def model(self) -> Formations:
        """What is said about the formation model."""
        return Formations(self.result, self.words, self.cluster_name, self.view_link, self._clusters)

    @cached_property
    def clusters(self) -> Table:
        """The verdict table, one row a cluster."""
        frame = self._clusters
        return self._build(
            frame,
            output_columns("clusters"),
            key="clusters",
            caption=self.words("caption_clusters"),
            source="clusters.csv",
        )

    @cached_property
    def formations(self) -> dict[str, Table]:
        """Tables of cluster-years by section; a section whose columns are all empty has no rows."""
        frame = self._frame.sort_values(["cluster_id", "year"], kind="stable")
        part = frame
        if len(frame) > FORMATION_ROWS:
            newest = frame.sort_values("year", ascending=False, kind="stable").head(FORMATION_ROWS)
            part = newest.sort_values(["cluster_id", "year"], kind="stable")
        return {
            section: self._build(
                part,
                columns,
                key=f"formations-{section}",
                caption=self.words(f"caption_{section}"),
                source="formations.csv",
                total=len(frame),
            )
            for section, columns in sectioned().items()
        }

    @cached_property
    def participants(self) -> tuple[tuple[str, Table], ...]:
        """(cluster id, table of its participant-years).

        All years where the page can hold them; otherwise the last year of each cluster; otherwise an equal
        number of participants of each, those that belong to the core and supply most inside first.
        """
        frame = self.result.participants
        if not len(frame):
            return ()
        names = self.result.graph.names
        people = frame.assign(name=[names.get(str(i), str(i)) for i in frame["participant_id"]])
        totals = people.groupby("cluster_id", sort=True).size()
        shown = people
        if len(shown) > PARTICIPANT_ROWS:
            last = shown.groupby("cluster_id")["year"].transform("max")
            shown = shown[shown["year"] == last]
        if len(shown) > PARTICIPANT_ROWS:
            share = max(5, PARTICIPANT_ROWS // len(totals))
            order = [c for c in ("in_core", "supplier_coreness", "buyer_coreness") if c in shown]
            ranked = shown.assign(**{c: shown[c].astype("float64") for c in order})
            ranked = ranked.sort_values(order, ascending=False, kind="stable", na_position="last")
            keep = ranked.groupby("cluster_id").head(share).index
            shown = shown[shown.index.isin(keep)]
        label = OutputColumn("participants", "name")
        every = output_columns("participants")
        columns = (
            *(() if (people["name"] == people["participant_id"].astype(str)).all() else (label,)),
            *(c for c in every if c.column == "participant_id"),
            *(c for c in every if c.column == "year"),
            *(c for c in every if c.column not in ("year", "cluster_id", "participant_id")),
        )
        tables = []
        for cluster_id, rows in shown.groupby("cluster_id", sort=True):
            rows = rows.sort_values(["year", "participant_id"], ascending=[False, True], kind="stable")
            tables.append(
                (
                    str(cluster_id),
                    self._build(
                        rows,
                        columns,
                        key=f"participants-{safe_stem(str(cluster_id))}",
                        caption=self.words(
                            "caption_participants",
                            cluster=quoted(self.cluster_name(str(cluster_id)), self.lang),
                        ),
                        source="participants.csv",
                        total=int(totals[cluster_id]),
                    ),
                )
            )
        return tuple(tables)

    @cached_property
    def finding_groups(self) -> tuple[FindingGroup, ...]:
        """Findings by code, errors first; at most `FINDINGS_PER_CODE` of each are listed."""
        frame = self.result.findings.to_frame(self.lang)
        frame["where"] = [self._where(row) for row in frame.itertuples(index=False)]
        groups, left = [], FINDING_ROWS
        for code, rows in frame.groupby("code", sort=False):
            take = rows.head(min(FINDINGS_PER_CODE, left))
            left -= len(take)
            listed = tuple(
                {
                    "message": plain(str(row.message)),
                    "where": plain(str(row.where)),
                    "value": plain(str(row.value)),
                }
                for row in take.itertuples(index=False)
            )
            first = rows.iloc[0]
            title = str(first["message"]) if len(rows) == 1 else self._general(str(code))
            groups.append(
                FindingGroup(
                    str(code), str(first["severity"]), plain(title), str(first["action"]), len(rows), listed
                )
            )
        return tuple(groups)

    def _general(self, code: str) -> str:
        """Return the sentence of a code without the particulars of one finding."""
        return fill(catalogue()[code].sentence(self.lang), value="…", detail="…")

    def _where(self, row: Any) -> str:
        words = self.words
        parts = [str(row.file)] if row.file else []
        for name in ("sheet", "row", "column"):
            value = getattr(row, name)
            if not is_unknown(value):
                parts.append(f"{words(f'where_{name}')} {value}")
        if row.cluster_id:
            parts.append(self.cluster_name(str(row.cluster_id)))
        if not is_unknown(row.year):
            parts.append(str(row.year))
        if row.participant_id:
            identifier = str(row.participant_id)
            name = self.result.graph.names.get(identifier, identifier)
            parts.append(identifier if name == identifier else f"{name} ({identifier})")
        return ", ".join(parts)

    @cached_property
    def severities(self) -> tuple[tuple[str, int], ...]:
        """Number of findings by severity, errors first."""
        return tuple((s, self.result.findings.count(s)) for s in SEVERITIES)

    @cached_property
    def accounting(self) -> Table:
        """Rows read, accepted and rejected, by input table."""
        return rows_by_table(dict(self.result.provenance.get("accounting", {})), self.words)

    @cached_property
    def sums(self) -> Table:
        """Sums of every numeric column: read, accepted, rejected."""
        return sums_by_column(dict(self.result.provenance.get("accounting", {})), self.words)

    @cached_property
    def inputs(self) -> Table:
        """The input files: hash, rows, encoding, delimiter and what else was found out."""
        files = [dict(item) for item in self.result.provenance.get("inputs", [])]
        return records_table("inputs", self.words("caption_inputs"), files, self.words)

    @cached_property
    def settings(self) -> Table:
        """The settings that shaped the figures."""
        rows = [(name, str(value)) for name, value in self.result.settings.to_dict().items()]
        heads = ((self.words("head_setting"), "text"), (self.words("head_value"), "text"))
        return plain_table("settings", self.words("caption_settings"), heads, rows, self.words)

    @cached_property
    def rejected(self) -> Table:
        """The first rejected rows."""
        frame = self.result.rejected.head(50)
        names = self.words.subset("record_")
        heads = tuple((plain(names.get(str(name), str(name))), "text") for name in frame.columns)
        rows = [["" if is_unknown(value) else str(value) for value in row] for row in frame.to_numpy(object)]
        table = plain_table("rejected", self.words("caption_rejected"), heads, rows, self.words)
        return Table(
            table.key, table.caption, table.columns, table.rows, len(self.result.rejected), "rejected.csv"
        )


def with_no_dysfunction(formations: pd.DataFrame) -> pd.DataFrame:
    """Return `formations` with "none" as dysfunction where the type is known and has none: not unknown."""
    if not {"dysfunction", "ecosystem_type"} <= set(formations.columns):
        return formations
    typed = np.array([not is_unknown(value) for value in formations["ecosystem_type"]], dtype=bool)
    free = np.array([is_unknown(value) for value in formations["dysfunction"]], dtype=bool)
    stated = formations["dysfunction"].astype(object).mask(typed & free, "none")
    return formations.assign(dysfunction=stated)
