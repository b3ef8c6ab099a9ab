"""Sections that show columns of the formations: each row of ``output_columns.csv`` names its section."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Final

import pandas as pd

from clustercoop.reports.section import Block, Section, Shown, Text
from clustercoop.reports.tables import Table, last_years, sectioned

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
        """Its columns for the last year of each cluster: all years of all figures are no reading matter."""
        frame = self.content.formations.sort_values(["cluster_id", "year"], kind="stable")
        table = self._built(last_years(frame), len(frame))
        # Where the last years know nothing, the newest rows of all tell what was known before.
        return table if len(table.columns) > 2 else self._built(frame[::-1], len(frame))

    def _built(self, frame: pd.DataFrame, total: int) -> Table:
        return self.content.build(
            frame.head(FORMATION_ROWS),
            sectioned()[self.key],
            key=f"formations-{self.key}",
            caption=self.words(f"caption_{self.key}"),
            rest=self.content.where("rest_in", "formations"),
            total=total,
        )

    def blocks(self) -> Iterator[Block]:
        """Yield the table, or that nothing of it is known."""
        if len(self.table.columns) > 2:
            yield Shown(self.table, legend=True)
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
