"""Sections that show columns of the formations: each row of ``output_columns.csv`` names its section."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Final

from clustercoop.reports.section import Block, Section, Shown, Text
from clustercoop.reports.tables import Table, sectioned

# Rows that one page holds; what is beyond stays in the CSV files, and the page says so.
FORMATION_ROWS: Final = 400


class Figures(Section):
    """A table of cluster-years with the columns of its section; the page has one table of all."""

    on_page = False

    @property
    def present(self) -> bool:
        """Whether any column names the section."""
        return self.key in sectioned()

    @cached_property
    def table(self) -> Table:
        """Its columns by cluster and year, the newest years where not all fit."""
        frame = self.content.formations.sort_values(["cluster_id", "year"], kind="stable")
        part = frame
        if len(frame) > FORMATION_ROWS:
            newest = frame.sort_values("year", ascending=False, kind="stable").head(FORMATION_ROWS)
            part = newest.sort_values(["cluster_id", "year"], kind="stable")
        return self.content.build(
            part,
            sectioned()[self.key],
            key=f"formations-{self.key}",
            caption=self.words(f"caption_{self.key}"),
            source="formations.csv",
            total=len(frame),
        )

    def blocks(self) -> Iterator[Block]:
        """Yield the table, or that nothing of it is known."""
        if len(self.table.columns) > 2:
            yield Shown(self.table, legend=True, in_markdown="last years")
        else:
            yield Text(self.words("nothing_section"), style="")
            yield Shown(self.table, legend=True, in_markdown="")


class Cooperation(Figures):
    """How much stays among the members."""

    key = "cooperation"
    place = 30


class Core(Figures):
    """Core and periphery."""

    key = "core"
    place = 50


class Closedness(Figures):
    """Whether flow returns, and what comes from outside."""

    key = "closedness"
    place = 60


class Chain(Figures):
    """Place in the chain."""

    key = "chain"
    place = 70


class Other(Figures):
    """Figures of no other section."""

    key = "other"
    place = 80
