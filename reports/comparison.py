"""Two results side by side, as one page that needs no network and as lines for a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import pandas as pd

from clustercoop.analysis.comparison import Comparison
from clustercoop.analysis.results import Result
from clustercoop.graph.columns import OutputColumn, output_column
from clustercoop.graph.kinds import KINDS
from clustercoop.graph.texts import decimal_point
from clustercoop.reports.inert import plain, shorten
from clustercoop.reports.numbers import decimal, is_unknown, percent, raw, show
from clustercoop.reports.page import asset, render, width_rules
from clustercoop.reports.reasons import column_label, gap_sentence
from clustercoop.reports.records import input_column, input_table, setting_called, setting_said
from clustercoop.reports.section import Block, Shown, Text
from clustercoop.reports.tables import Cell, display, plain_table, unit
from clustercoop.reports.words import Words

SHOWN: Final = 2000
"""Most rows of a table on the page; the tables of `clustercoop.compare` are whole."""
_NAMED: Final = 10
_VERDICTS: Final = ("term", "level", "ids")


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the page."""

    key: str
    title: str
    introduction: str
    blocks: Sequence[Block]


class Told:
    """What a comparison says, in one language."""

    def __init__(
        self,
        found: Comparison,
        before: Result,
        after: Result,
        lang: str,
        years: tuple[int, int] | None = None,
    ) -> None:
        self.found = found
        self.years = years
        self.words = Words(lang)
        self.lang = lang
        self._names = before.graph.names | after.graph.names
        self._clusters = before.graph.cluster_names | after.graph.cluster_names
        # Amounts of two currencies have no unit in common; the settings tell both.
        same = before.graph.currency == after.graph.currency
        self._currency = before.graph.currency if same else ""

    def lines(self) -> Iterator[str]:
        """Yield what there is to say in a few sentences, what may explain it first."""
        found, words = self.found, self.words
        if found.same:
            yield words("cmp_same")
            return
        if len(found.settings):
            called = ", ".join(setting_called(name, words) for name in found.settings["name"])
            yield words("cmp_settings_differ", names=called)
        if len(found.renamed):
            pairs = found.renamed.itertuples(index=False, name=None)
            yield words("cmp_renamed", pairs="; ".join(f"{plain(a)} → {plain(b)}" for a, b in pairs))
        if self.years and self.years[0] != self.years[1] and self._money_differs:
            yield words("cmp_nominal", first=self.years[0], last=self.years[1])
        yield from self._moves()
        states = found.formations["state"].value_counts()
        kinds = ("same", "changed", "added", "removed")
        yield words("cmp_formations", **{kind: self._count(states.get(kind, 0)) for kind in kinds})
        moves, gaps = found.core["move"].value_counts(), found.gaps["state"].value_counts()
        yield words(
            "cmp_counts",
            figures=self._count(len(found.figures)),
            came=self._count(moves.get("in", 0)),
            went=self._count(moves.get("out", 0)),
            opened=self._count(gaps.get("opened", 0)),
            closed=self._count(gaps.get("closed", 0)),
            rows=self._count(found.rows["row"].nunique()),
        )
        if self.unexplained:
            listed = [self.cluster(cluster) for cluster in self.unexplained[:_NAMED]]
            more = f" (+{len(self.unexplained) - _NAMED})" if len(self.unexplained) > _NAMED else ""
            yield words("cmp_unexplained", clusters="; ".join(listed) + more)

    def _moves(self) -> Iterator[str]:
        """Say whose cooperation ratio changed most, and how many clusters have another verdict."""
        figures = self.found.figures
        moved = figures[(figures["column"] == "cooperation_ratio") & figures["change"].notna()]
        if len(moved):
            row = moved.iloc[int(moved["change"].astype("float64").abs().argmax())]
            told = {side: percent(float(row[side]), self.lang) for side in ("before", "after")}
            told["change"] = _change(
                row["change"], output_column("formations", "cooperation_ratio"), self.lang
            ).text
            place = {"cluster": self.cluster(row["cluster_id"]), "year": row["year"]}
            yield self.words("cmp_moved", n=self._count(len(moved)), **place, **told)
        verdicts = int((figures["column"] == "formation_verdict").sum())
        if verdicts:
            yield self.words("cmp_verdicts", n=self._count(verdicts))

    def _count(self, n: int) -> str:
        return show(int(n), "int", self.lang)

    @property
    def _money_differs(self) -> bool:
        """Whether amounts in nominal prices are among the figures that differ."""
        figures = self.found.figures[["table", "column"]].drop_duplicates().itertuples(index=False, name=None)
        money = (
            column
            for table, column in figures
            for entry in [output_column(str(table), str(column))]
            if entry.unit == "money"
        )
        return any(not str(column).endswith("_constant") for column in money)

    @cached_property
    def unexplained(self) -> list[str]:
        """Clusters whose figures changed though none of their rows differs."""
        rows = self.found.rows[self.found.rows["explains"]]
        if (rows["cluster_ids"] == "").any():
            return []
        because = {cluster for listed in rows["cluster_ids"].unique() for cluster in listed.split(";")}
        return sorted(set(self.found.figures["cluster_id"]) - because)

    def cluster(self, cluster: str) -> str:
        """Return the name of a cluster, with its id where that is another."""
        return _named(self._clusters, cluster)

    def parts(self) -> Iterator[Part]:
        """Yield the sections that have something to show, in order."""
        words = self.words
        summary = [Text(plain(line), "") for line in self.lines()]
        yield Part("summary", words("cmp_nav_summary"), "", summary)
        tables = {
            "settings": (("setting", *_SIDES), self.found.settings, self._settings()),
            "clusters": (("cluster", "year", "state", "figures"), self._states, self._formations()),
            "types": (_FIGURE, self._verdicts, self._figures(self._verdicts)),
            "core": (("cluster", "year", "participant", "move"), self.found.core, self._core()),
            "figures": (
                (*_FIGURE, "change", "relative"),
                self._numbers,
                self._figures(self._numbers, changes=True),
            ),
            "gaps": (
                ("cluster", "year", "participant", "figure", "state", "reason"),
                self.found.gaps,
                self._gaps(),
            ),
            "rows": (
                ("table", "state", "key", "column", *_SIDES, "concerns", "explains"),
                self.found.rows,
                self._rows(),
            ),
        }
        for key, (heads, held, rows) in tables.items():
            if not len(held):
                continue
            title = words(f"cmp_nav_{key}")
            shown = (row for row, _ in zip(rows, range(SHOWN), strict=False))
            labels = [
                (words(f"cmp_{head}"), _KINDS.get(f"{key}.{head}", _KINDS.get(head, "text")))
                for head in heads
            ]
            table = replace(plain_table(key, title, labels, shown, words), total=len(held))
            yield Part(key, title, words(f"cmp_intro_{key}"), [Shown(table)])

    @property
    def _states(self) -> pd.DataFrame:
        return self.found.formations[self.found.formations["state"] != "same"]

    @cached_property
    def _verdicts(self) -> pd.DataFrame:
        return self.found.figures[self._of_words]

    @cached_property
    def _numbers(self) -> pd.DataFrame:
        return self.found.figures[[not words for words in self._of_words]]

    @cached_property
    def _of_words(self) -> list[bool]:
        places = zip(self.found.figures["table"], self.found.figures["column"], strict=True)
        return [output_column(*place).kind in _VERDICTS for place in places]

    def _settings(self) -> Iterable[Sequence[Any]]:
        for row in _records(self.found.settings):
            yield (
                setting_called(row.name, self.words),
                *(setting_said(row.name, value, self.words) for value in (row.before, row.after)),
            )

    def _formations(self) -> Iterable[Sequence[Any]]:
        for row in _records(self._states):
            count = row.figures if row.state == "changed" else _BLANK
            yield self.cluster(row.cluster_id), row.year, self.words(f"cmp_state_{row.state}"), count

    def _figures(self, rows: pd.DataFrame, *, changes: bool = False) -> Iterable[Sequence[Any]]:
        row: dict[Any, Any]
        for row in rows.to_dict("records"):
            column = output_column(row["table"], row["column"])
            sides = [self._side(row, side, column) for side in ("before", "after")]
            more = [_change(row["change"], column, self.lang), _share(row["relative_change"], self.lang)]
            measure = unit(column.unit, self._currency, self.words) if self._currency else ""
            label = ", ".join(filter(None, (column.label(self.lang), measure)))
            yield (
                self.cluster(row["cluster_id"]),
                self._year(row["year"]),
                label,
                *sides,
                *more[: 2 * changes],
            )

    def _year(self, year: Any) -> Any:
        return Cell(self.words("cmp_whole"), "") if pd.isna(year) else year

    def _side(self, row: dict[Any, Any], side: str, column: OutputColumn) -> Cell:
        if not is_unknown(row[side]):
            return Cell(display(row[side], column.kind, self.words), raw(row[side]))
        if not row[f"unknown_{side}"]:
            none = self.words("cmp_none") if column.empty == "none" else display(None, "text", self.words)
            return Cell(none, "")
        return Cell(self.words("cmp_unknown"), "")

    def _core(self) -> Iterable[Sequence[Any]]:
        for row in _records(self.found.core):
            who = _named(self._names, row.participant_id)
            yield self.cluster(row.cluster_id), row.year, who, self.words(f"cmp_move_{row.move}")

    def _gaps(self) -> Iterable[Sequence[Any]]:
        for row in _records(self.found.gaps):
            who = _named(self._names, row.participant_id) if row.participant_id else _BLANK
            yield (
                self.cluster(row.cluster_id),
                self._year(row.year),
                who,
                column_label(row.column, self.lang),
                self.words(f"cmp_state_{row.state}"),
                shorten(plain(gap_sentence((row.code, row.value, row.detail), self.lang)), 500),
            )

    def _rows(self) -> Iterable[Sequence[Any]]:
        for row in _records(self.found.rows):
            sides = (self._raw(row.before), self._raw(row.after))
            where = "; ".join(self.cluster(one) for one in row.cluster_ids.split(";") if one)
            said = self.words("yes" if row.explains else "no")
            state = self.words(f"cmp_state_{row.state}")
            place = (input_table(row.table, self.words), state, shorten(self._key(row.key), 300))
            yield *place, input_column(row.column, self.words) or _BLANK, *sides, where or _BLANK, said

    def _key(self, key: str) -> str:
        """Return the key of a row, ``column=value; …``, its columns by what they are called."""
        return _OF_KEY.sub(lambda found: f"{found[1]}{input_column(found[2], self.words)} ", key)

    def _raw(self, value: Any) -> Cell:
        """Return a cell of the data with every figure that it has: rows differ by their last ones too."""
        if isinstance(value, float) and not is_unknown(value):
            return Cell(decimal_point(f"{value:.10g}", self.lang), raw(value))
        told = "" if is_unknown(value) else shorten(plain(str(value)), 200)
        return Cell(told, told)


_SIDES: Final = ("before", "after")
_FIGURE: Final = ("cluster", "year", "figure", *_SIDES)
# Kinds of columns, of one table or of all; any other is text.
_KINDS: Final = {
    "year": "year",
    "clusters.figures": "int",
    **{f"figures.{head}": "float" for head in (*_SIDES, "change", "relative")},
    **dict.fromkeys(("reason", "key", "concerns"), "sentence"),
}
_BLANK: Final = Cell("", "")
_OF_KEY: Final = re.compile(r"(^|; )([a-z_]+)=")


def _records(frame: pd.DataFrame) -> Iterator[Any]:
    return iter(frame.itertuples(index=False))


def _named(names: dict[str, str], id: str) -> str:
    name = shorten(plain(names.get(id, id)), 80)
    return name if name == id else f"{name} ({shorten(plain(id), 40)})"


def _signed(told: str, value: float) -> Cell:
    return Cell(f"+{told}" if value > 0 and any(c in "123456789" for c in told) else told, raw(value))


def _change(value: Any, column: OutputColumn, lang: str) -> Cell:
    if is_unknown(value):
        return _BLANK
    notation = KINDS[column.kind].notation
    if notation == "percent":
        return _signed(Words(lang)("cmp_points", value=decimal(100 * value, 2, lang)), value)
    # A difference of two probabilities is none: it can be negative, and "<0.001" would not be true of it.
    kind = "float" if notation == "pvalue" else column.kind
    return _signed(show(float(value), kind, lang), value)


def _share(value: Any, lang: str) -> Cell:
    return _BLANK if is_unknown(value) else _signed(percent(float(value), lang), float(value))


def render_comparison(told: Told, names: tuple[str, str], version: str) -> str:
    """Return the page; `names` are what the two sides are called.

    The content policy is that of the report: nothing is loaded, and no script of the data can run.
    """
    from markupsafe import Markup

    words = told.words
    return render(
        "comparison.html.j2",
        words,
        sections=list(told.parts()),
        before=plain(names[0]),
        after=plain(names[1]),
        version=version,
        css=Markup(asset("page.css") + asset("report.css") + width_rules()),
        script=Markup(asset("tables.js") + asset("report.js")),
    )
