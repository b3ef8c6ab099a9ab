"""The columns of the output tables, as data: ``graph/output_columns.csv`` is all that a column is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from clustercoop.graph.shipped import shipped_rows
from clustercoop.graph.texts import row_text

TABLES: Final = ("formations", "participants", "clusters")
"""The tables that every analysis makes."""
FLOWS: Final = "links_by_period"
"""The links by quarters or months."""
ASKED: Final = ("whatif_figures", "whatif_losses", "whatif_plans", "bubble", "bubble_trades", FLOWS)
"""The tables that are made where they are asked for; any other table of the file is one of policy."""


@dataclass(frozen=True, slots=True)
class OutputColumn:
    """One column of an output table.

    Attributes
    ----------
    table, column : str
        Where it stands.
    kind : str
        Its type, a name in `graph.kinds.KINDS`.
    unit : str
        Of its values: "money" is millions of the data's currency; "" for none.
    section : str
        Section of the report that shows it; "" where it is shown with other cells.
    theory : str
        Page and heading of ``docs/theory`` that define it.
    low, high : float, optional
        Range of its values, both ends allowed; None where it has no end.
    needs : tuple of str
        Columns of the same table without which it is unknown.
    empty : str
        What an empty cell says: "" that the figure is unknown, "none" that there is none, "note" that the
        figure it goes with is unknown.
    texts : mapping
        Its row of the file, with label and meaning by language.
    """

    table: str
    column: str
    kind: str = "text"
    unit: str = ""
    section: str = ""
    theory: str = ""
    low: float | None = None
    high: float | None = None
    needs: tuple[str, ...] = ()
    empty: str = ""
    texts: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    def label(self, lang: str) -> str:
        """Return the header shown to people."""
        return row_text(self.texts, "label", lang, f"column.{self.table}.{self.column}.label")

    def meaning(self, lang: str) -> str:
        """Return the one-line explanation."""
        return row_text(self.texts, "meaning", lang, f"column.{self.table}.{self.column}.meaning")


@cache
def _rows() -> tuple[OutputColumn, ...]:
    return tuple(
        OutputColumn(
            row["table"],
            row["column"],
            row["kind"],
            row["unit"],
            row["section"],
            row["theory"],
            float(row["low"]) if row["low"] else None,
            float(row["high"]) if row["high"] else None,
            tuple(row["needs"].split()),
            row["empty"],
            row,
        )
        for row in shipped_rows("graph", "output_columns.csv")
    )


@cache
def policy_tables() -> tuple[str, ...]:
    """Return the names of the tables of policy, in their order.

    Examples
    --------
    >>> "trajectories" in policy_tables(), "formations" in policy_tables()
    (True, False)
    """
    return tuple(dict.fromkeys(row.table for row in _rows() if row.table not in (*TABLES, *ASKED)))


@cache
def output_columns(table: str) -> tuple[OutputColumn, ...]:
    """Return the columns of an output table in their order; none for a table that is not there.

    Examples
    --------
    >>> output_columns("formations")[0].column
    'cluster_id'
    """
    return tuple(column for column in _rows() if column.table == table)


@cache
def output_column(table: str, name: str) -> OutputColumn:
    """Return one column of an output table; an unknown name is a KeyError.

    Examples
    --------
    >>> output_column("formations", "integration").needs
    ('cooperation_ratio', 'internal_sourcing_share', 'circulation_share')
    """
    return {column.column: column for column in output_columns(table)}[name]
