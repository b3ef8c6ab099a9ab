"""The section on what to ask, and of whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Final

from clustercoop.reports.inert import plain
from clustercoop.reports.people import asked_cells, asked_figures, asked_of, for_people
from clustercoop.reports.section import Block, Section, Sheet, Shown
from clustercoop.reports.tables import Table, plain_table

REQUEST_ROWS: Final = 200


class Requests(Section):
    """Missing and doubtful cells, those that make most figures known first."""

    key = "requests"
    place = 95

    @property
    def present(self) -> bool:
        """Whether any cell holds up a figure."""
        return len(self.result.requests) > 0

    @cached_property
    def table(self) -> Table:
        """One row a cell; the page holds the first of them."""
        words, lang, names = self.words, self.words.lang, self.result.graph.names
        rows = [
            (
                asked_cells(row, lang),
                plain(asked_of(row, names, lang)),
                self.content.cluster_name(str(row.cluster_id)),
                row.year,
                asked_figures(str(row.figures), lang),
                asked_figures(str(row.figures_waiting), lang),
            )
            for row in self.result.requests.head(REQUEST_ROWS).itertuples(index=False)
        ]
        heads = (
            (words("requests_ask"), "text"),
            (words("requests_of"), "text"),
            (words("requests_cluster"), "text"),
            (words("requests_year"), "year"),
            (words("requests_alone"), "sentence"),
            (words("requests_waiting"), "sentence"),
        )
        table = plain_table("requests", words("nav_requests"), heads, rows, words)
        return replace(table, total=len(self.result.requests), rest=self.content.where("rest_in", "requests"))

    def blocks(self) -> Iterator[Block]:
        """Yield the table."""
        yield Shown(self.table)

    def sheets(self) -> Iterator[Sheet]:
        """Yield all requests, with their sentences."""
        frame = for_people(self.result, "requests", self.words.lang)
        yield self.sheet(frame, "requests", year="year", unlocks="int", state="term")
