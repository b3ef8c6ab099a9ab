"""The section on what to ask, and of whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Final

from clustercoop.reports.answers import first_ask
from clustercoop.reports.inert import plain
from clustercoop.reports.people import asked_cells, asked_figures, asked_of, for_people
from clustercoop.reports.section import Block, Section, Sheet, Shown
from clustercoop.reports.tables import Cell, Table, plain_table

REQUEST_ROWS: Final = 200
NAMED: Final = 3


class Requests(Section):
    """Missing and doubtful cells, those that make most figures known first."""

    key = "requests"
    place = 95

    @property
    def answer(self) -> str:
        """The cell that opens most."""
        return first_ask(self.content)

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
                self._figures(str(row.figures)),
                self._figures(str(row.figures_waiting)),
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

    def _figures(self, columns: str) -> Cell | str:
        """Return what the columns are called, the first of many; the rest is told on pointing at them."""
        told, listed = asked_figures(columns, self.words.lang), columns.split("; ")
        if len(listed) <= NAMED + 1:
            return told
        first = asked_figures("; ".join(listed[:NAMED]), self.words.lang)
        return Cell(f"{first} {self.words('pp_and_more', n=len(listed) - NAMED)}", told, tip=told)

    def blocks(self) -> Iterator[Block]:
        """Yield the table."""
        yield Shown(self.table)

    def sheets(self) -> Iterator[Sheet]:
        """Yield all requests, with their sentences."""
        frame = for_people(self.result, "requests", self.words.lang)
        yield self.sheet(frame, "requests", year="year", unlocks="int", state="term")
