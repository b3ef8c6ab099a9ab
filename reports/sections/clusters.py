"""The leading table: a row a cluster, any year, every figure there is as a further column."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.columns import OutputColumn, output_columns
from clustercoop.reports import leads
from clustercoop.reports.beyond import beyond_chance
from clustercoop.reports.numbers import UNKNOWN, decimal, percent
from clustercoop.reports.reasons import places
from clustercoop.reports.section import Block, Fragment, Section
from clustercoop.reports.strips import sparkline_path
from clustercoop.reports.tables import bounds_of

# Columns shown before anyone chooses: code → place.
FIRST: Final = (
    "cluster_id",
    "year",
    "cooperation_ratio",
    "cooperation_change",
    "trend",
    "clusters.formation_verdict",
    "ecosystem_type",
    "core_size",
    "closedness_verdict",
    "support",
    "gaps",
)
# Name in the page's address → column that rows are chosen by.
CHIPS: Final = {"verdict": "clusters.formation_verdict", "type": "ecosystem_type", "core": "core_beyond"}


class Clusters(Section):
    """All clusters in one table."""

    key = "clusters"
    place = 15
    in_markdown = False
    of_one = True
    only: frozenset[str] = frozenset()
    """Codes of the figures that are made, where not all are asked for."""

    @property
    def answer(self) -> str:
        """The highest and the lowest ratio."""
        return leads.cooperation(self.content)

    @property
    def present(self) -> bool:
        """Whether there are any."""
        return len(self.result.formations) > 0

    def blocks(self) -> Iterator[Block]:
        """Yield the place of the table; the page draws it from the data."""
        yield Fragment("leading.j2", {"caption": self.title})

    def data(self) -> dict[str, Any]:
        """Return the table for the page to draw."""
        return {"clusters": self.table}

    @cached_property
    def frame(self) -> pd.DataFrame:
        """Formations in the order of cluster names and years."""
        frame = self.content.formations
        if self.content.only:
            frame = frame[frame["cluster_id"] == self.content.only]
        names = [self.content.cluster_names[str(cluster)].casefold() for cluster in frame["cluster_id"]]
        return frame.assign(_name=names).sort_values(["_name", "cluster_id", "year"], kind="stable")

    @cached_property
    def table(self) -> dict[str, Any]:
        """The table as data: columns, what is shown first, years, chips."""
        frame, content = self.frame, self.content
        ids = [str(cluster) for cluster in frame["cluster_id"]]
        years = [int(year) for year in frame["year"]]
        made = [*self._keys(ids, years), *self._own(frame, ids, years)]
        where = [places(cluster, year) for cluster, year in zip(ids, years, strict=True)]
        columns = output_columns("formations")[2:]
        made += self._figures(frame, [c for c in columns if c.column != "unknown_because"], where, "")
        whole = content.clusters.set_index(content.clusters["cluster_id"].astype(str)).reindex(ids)
        more = [c for c in output_columns("clusters") if c.column != "cluster_id"]
        made += self._figures(whole, more, [places(cluster) for cluster in ids], "clusters.")
        self._mend(made)
        last = [k for k, one in enumerate(ids) if k + 1 == len(ids) or ids[k + 1] != one]
        ends = {years[row] for row in last}
        names = {column["c"] for column in made}
        return {
            "file": "clusters",
            "rows": len(ids),
            "columns": made,
            "first": [name for name in FIRST if name in names and (name != "year" or len(ends) > 1)],
            "chips": list(CHIPS.items()),
            "groups": self._groups(made),
            "empty": [c.label(self.words.lang) for c in columns if c.column not in names and c.section],
            "years": sorted(set(years)),
            "last": last,
        }

    def _keys(self, ids: list[str], years: list[int]) -> Iterator[dict[str, Any]]:
        lang, content, order = self.words.lang, self.content, list(dict.fromkeys(ids))
        at = {cluster: number for number, cluster in enumerate(order)}
        by_name = {column.column: column for column in output_columns("formations")}
        yield {
            "c": "cluster_id",
            "l": by_name["cluster_id"].label(lang),
            "m": "",
            "s": "",
            "k": "t k",
            "i": [at[cluster] for cluster in ids],
            "d": [content.cluster_names[cluster] for cluster in order],
            "r": order,
            "a": [content.passport_link(cluster) for cluster in order],
        }
        yield {"c": "year", "l": by_name["year"].label(lang), "m": "", "s": "", "k": "n", "v": years}

    def _own(self, frame: pd.DataFrame, ids: list[str], years: list[int]) -> Iterator[dict[str, Any]]:
        """Yield what no table holds: change, trend, support, gaps, whether the core is beyond chance."""
        words, content = self.words, self.content
        ratio = frame["cooperation_ratio"].to_numpy("float64", na_value=np.nan)
        change, lines = np.full(len(ids), np.nan), []
        top = max(0.05, float(np.nanmax(ratio))) if np.isfinite(ratio).any() else 1.0
        start = 0
        for end in range(1, len(ids) + 1):
            if end < len(ids) and ids[end] == ids[start]:
                continue
            own, span = ratio[start:end], years[start:end]
            known = np.flatnonzero(np.isfinite(own))
            if len(known):
                change[start:end] = np.where(np.arange(end - start) > known[0], own - own[known[0]], np.nan)
            lines += [(sparkline_path(span, own.tolist(), top), self._line_said(span, own))] * (end - start)
            start = end
        if np.isfinite(change).any():
            yield self._column(
                "cooperation_change", {"v": _cells(change), "t": [self._points(v) for v in change]}
            )
        codes = {line: number for number, line in enumerate(dict.fromkeys(lines))}
        yield self._column(
            "trend", {"i": [codes[line] for line in lines], "g": [list(line) for line in codes]}, "d"
        )
        received = content.result.graph.measures
        if len(received):
            given = received["year"].groupby(received["cluster_id"].astype(str)).apply(sorted).to_dict()
            counts = [
                sum(when <= year for when in given.get(one, ())) for one, year in zip(ids, years, strict=True)
            ]
            yield self._column("support", {"v": counts})
        gaps = content.result.gaps
        own_gaps = gaps[(gaps["participant_id"] == "") & gaps["year"].notna()].drop_duplicates(
            ["cluster_id", "year", "column"]
        )
        counted = own_gaps.groupby(["cluster_id", "year"]).size().to_dict()
        yield self._column(
            "gaps", {"v": [int(counted.get(place, 0)) for place in zip(ids, years, strict=True)]}
        )
        beyond = beyond_chance(frame)
        if any(one is not None for one in beyond):
            texts = [words("beyond_yes"), words("beyond_no")]
            places_ = [-1 if one is None else 0 if one else 1 for one in beyond]
            yield self._column("core_beyond", {"i": places_, "d": texts, "r": ["true", "false"]}, "t", "core")

    def _line_said(self, years: list[int], ratios: np.ndarray) -> str:
        show = self._percent
        return "; ".join(
            f"{year}: {UNKNOWN if value != value else show(value)}"
            for year, value in zip(years, ratios, strict=True)
        )

    def _percent(self, value: float) -> str:
        return percent(value, self.words.lang)

    def _points(self, value: float) -> str:
        if value != value:
            return ""
        text = decimal(100 * value, 1, self.words.lang)
        return self.words(
            "points", value=f"+{text}" if value > 0 and any(c in "123456789" for c in text) else text
        )

    def _column(
        self, name: str, cells: dict[str, Any], style: str = "n", section: str = ""
    ) -> dict[str, Any]:
        return {
            "c": name,
            "l": self.words(f"lead_{name}"),
            "m": self.words(f"lead_{name}_meaning"),
            "s": section,
            "k": style,
        } | cells

    def _figures(
        self, frame: pd.DataFrame, columns: list[OutputColumn], where: list[Any], prefix: str
    ) -> Iterator[dict[str, Any]]:
        for column in columns:
            name = prefix + column.column
            if column.column in frame and (not self.only or name in self.only):
                told = bounds_of(frame, column, self.words)
                made = self.content.columnar.column(
                    column, frame[column.column], where, name=name, ranges=told
                )
                if made is not None:
                    yield made

    @staticmethod
    def _beyond(verdict: str, p: str) -> str:
        return f"{verdict}, p {p}" if p.startswith("<") else f"{verdict}, p = {p}"

    def _mend(self, made: list[dict[str, Any]]) -> None:
        """Show verdicts as chips, and which cores are beyond chance, by which p."""
        by_name = {column["c"]: column for column in made}
        for name in ("clusters.formation_verdict", "ecosystem_type"):
            if name in by_name:
                by_name[name]["k"] += " v"
        if "core_size" in by_name and "core_beyond" in by_name:
            beyond, p_column = by_name["core_beyond"], by_name["core_p_degree"]
            p = p_column.get("t") or list(map(str, p_column["v"]))  # no texts where they are the numbers
            said = [
                None if at < 0 else self._beyond(beyond["d"][at], p[row])
                for row, at in enumerate(beyond["i"])
            ]
            by_name["core_size"] |= {"mark": beyond["i"], "said": said}
            by_name["core_size"].pop("top", None)

    def _groups(self, made: list[dict[str, Any]]) -> list[list[str]]:
        """Return [section, title] of the columns, in the order of the columns."""
        keys = dict.fromkeys(column["s"] for column in made)
        return [[key, self.words(f"nav_{key}") if key else self.words("lead_group")] for key in keys]


def _cells(values: np.ndarray) -> list[float | None]:
    return [None if value != value else float(f"{value:.10g}") for value in values.tolist()]
