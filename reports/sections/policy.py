"""Sections that show tables of policy: the columns' rows in ``output_columns.csv`` name their section."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from clustercoop.graph.columns import output_columns, policy_tables
from clustercoop.reports import leads
from clustercoop.reports.section import Block, Fragment, Heading, Section, Shown, Text
from clustercoop.reports.tables import Table, last_years

POLICY_ROWS: Final = 400
# Rows of a table that the page draws from data: more than any table of 150 clusters has in four years.
DRAWN_ROWS: Final = 12_000


_OF_PRICES: Final = {
    "prices_nominal": ("trajectories", "paths", "early_warnings", "support_effects", "support_received"),
    "thresholds_other_years": (
        "type_firmness",
        "type_flips",
        "transitions",
        "support_suggested",
        "support_cards",
    ),
}
"""Tables that compare amounts of several years, and tables of types."""


class Policy(Section):
    """The tables of policy whose columns name the section, one below the other."""

    printed = False
    leading: tuple[str, str] = ("", "")
    """Table and figure whose largest known value is its answer."""

    @property
    def answer(self) -> str:
        """Whose figure is the largest, and how many are known."""
        return leads.largest(self.content, *self.leading) if self.leading[0] in self.tables else ""

    @property
    def tables(self) -> list[str]:
        """Names of its tables that the result holds and that are not empty."""
        return [
            name
            for name in policy_tables()
            if any(column.section == self.key for column in output_columns(name))
            and len(self.result.policy.get(name, ()))
        ]

    @property
    def present(self) -> bool:
        """Whether any of its tables has a row."""
        return bool(self.tables)

    def frame(self, name: str) -> pd.DataFrame:
        """Return the rows of one table that are shown."""
        return self.content.policy(name)

    def table(self, name: str) -> Table:
        """Return one table written out: its clusters' last years, the first of these rows."""
        frame = self.frame(name)
        return self.content.build(
            last_years(frame).head(POLICY_ROWS),
            output_columns(name),
            key=name,
            caption=self.words(f"caption_{name}"),
            rest=self.content.where("rest_in", name),
            total=len(frame),
        )

    def data(self) -> dict[str, Any]:
        """Return its tables for the page to draw, the first rows of each."""
        make, tables = self.content.columnar.table, {}
        for name in self.tables:
            table = make(self.frame(name).head(DRAWN_ROWS), output_columns(name))
            if table["columns"]:
                tables[name] = table
        return tables

    def blocks(self) -> Iterator[Block]:
        """Yield each table under its heading, with a line on how to read it."""
        notes = {
            table: self.content.price_notes(code) for code, group in _OF_PRICES.items() for table in group
        }
        said: set[str] = set()
        for name in self.tables:
            yield Heading(self.words(f"caption_{name}"))
            yield Text(self.words(f"reading_{name}"))
            for note in notes.get(name, ()):
                if note not in said:  # once, where the comparison begins
                    yield Text(note)
                said.add(note)
            if self.content.page:
                total = len(self.frame(name))
                values = {"key": name, "caption": self.words(f"caption_{name}"), "total": total}
                values["shown"] = min(total, DRAWN_ROWS)
                yield Fragment("drawn.j2", values)
                continue
            yield Shown(self.table(name), legend=True)


class Dynamics(Policy):
    """How firm the types are, how clusters move among them, and what warns early."""

    key = "dynamics"
    place = 45

    @property
    def answer(self) -> str:
        """How many types changed, how many are firm, what warns."""
        return leads.dynamics(self.content)

    def frame(self, name: str) -> pd.DataFrame:
        """Leave out what does not warn."""
        frame = super().frame(name)
        return frame[frame["state"] != "no"] if name == "early_warnings" else frame


class Influence(Policy):
    """Who matters, by which measure."""

    key = "influence"
    place = 72
    leading = ("key_participants", "systemic_risk")


class Greening(Policy):
    """Emissions, and by what the core could lead the others."""

    key = "greening"
    place = 74
    leading = ("greening", "intensity")


class Support(Policy):
    """What changed with support measures, and how much of that may be told."""

    key = "support"
    place = 76

    @property
    def answer(self) -> str:
        """What may be told of effects."""
        return leads.counted(self.content, "support_effects", "verdict", self.words("lead_effects"))


class Eligibility(Policy):
    """Which requirements for clusters are met, and what is usual."""

    key = "eligibility"
    place = 93

    @property
    def answer(self) -> str:
        """How many clusters meet the requirements."""
        return leads.counted(self.content, "clusters", "eligibility_verdict")


class Suited(Policy):
    """Which measures suit the type."""

    key = "suited"
    place = 75

    @property
    def answer(self) -> str:
        """For how many clusters there are measures."""
        return leads.suited(self.content)

    def frame(self, name: str) -> pd.DataFrame:
        """Return the last year of each cluster."""
        return last_years(super().frame(name))


class Context(Policy):
    """What the clusters are specialised in, shocks to their industries, further criteria beside the types."""

    key = "context"
    place = 78
