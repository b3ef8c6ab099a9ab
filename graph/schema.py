"""The tables and columns of a dataset, as data: one source for loaders, checks, docs and messages."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, get_args

from clustercoop.graph.kinds import KINDS
from clustercoop.graph.shipped import shipped_rows

ColumnType = Literal["id", "text", "year", "money", "count", "number", "share"]

ENDS: Final = ("supplier_id", "buyer_id")
WHO: Final = ("participant_id", *ENDS)
"""Columns that hold ids of participants."""
SIDES: Final = ("low", "high")
NUMERIC: Final = frozenset(kind.name for kind in KINDS.values() if kind.measured)
FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2100
SUPPORT: Final = ("legal", "economic", "organisational", "cooperation")
"""Categories of support measures."""
LINK_KINDS: Final = ("goods", "services", "return", "knowledge")
# Kinds of links that carry knowledge: ties, no supply.
KNOWLEDGE_KINDS: Final = frozenset(
    "knowledge знания знание r&d ниокр research licence license лицензия technology технология".split()
    + ["технологии"]
)


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    """One column of the contract: its type, unit, aliases and meaning.

    A `required` column must be there; a `filled` one may have no empty cell either.
    """

    table: str
    name: str
    type: ColumnType
    required: bool
    filled: bool
    key: bool
    unit: str
    aliases: tuple[str, ...]
    meaning_en: str
    meaning_ru: str

    @property
    def bounds(self) -> str:
        """Name of the column whose figure this one bounds, "" for a figure of its own.

        Examples
        --------
        >>> tables()["activity"]["output_low"].bounds, tables()["activity"]["output"].bounds
        ('output', '')
        """
        base, _, side = self.name.rpartition("_")
        return base if side in SIDES and self.type in NUMERIC else ""


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One table of the contract, its columns in order."""

    name: str
    columns: tuple[ColumnSpec, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All column names, in the order of the contract."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns without which the table cannot be used."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the columns that identify a row."""
        return tuple(column.name for column in self.columns if column.key)

    def __getitem__(self, name: str) -> ColumnSpec:
        """Return the column called `name`."""
        return next(column for column in self.columns if column.name == name)


@cache
def tables() -> dict[str, TableSpec]:
    """Return the tables of the contract by name, read from ``graph/schema.csv``.

    Examples
    --------
    >>> tables()["links"].required
    ('year', 'supplier_id', 'buyer_id', 'value')
    >>> "инн поставщика" in tables()["links"]["supplier_id"].aliases
    True
    """
    types: dict[str, ColumnType] = {name: name for name in get_args(ColumnType)}
    columns: dict[str, list[ColumnSpec]] = {}
    for row in shipped_rows("graph", "schema.csv"):
        aliases = [a for a in f"{row['aliases_en']}|{row['aliases_ru']}".split("|") if a]
        columns.setdefault(row["table"], []).append(
            ColumnSpec(
                table=row["table"],
                name=row["column"],
                type=types[row["type"]],
                required=row["required"] in ("yes", "column"),
                filled=row["required"] == "yes",
                key=row["key"] == "yes",
                unit=row["unit"],
                aliases=tuple(aliases),
                meaning_en=row["meaning_en"],
                meaning_ru=row["meaning_ru"],
            )
        )
    return {name: TableSpec(name, tuple(specs)) for name, specs in columns.items()}


def is_money(table: str, column: str) -> bool:
    """Return whether a column of the contract holds money, which is in millions.

    Examples
    --------
    >>> is_money("activity", "output"), is_money("activity", "employees"), is_money("", "output")
    (True, False, False)
    """
    spec = tables().get(table)
    return spec is not None and column in spec.names and spec[column].type == "money"


def _kept(name: str, **types: ColumnType) -> TableSpec:
    columns = (ColumnSpec(name, c, kind, False, False, True, "", (), "", "") for c, kind in types.items())
    return TableSpec(name, tuple(columns))


UNSETTLED: Final = _kept(
    "unsettled",
    table="text",
    year="year",
    participant_id="id",
    column="text",
    supplier_id="id",
    buyer_id="id",
    value="money",
    value_high="money",
    kind="text",
    cluster_id="id",
    joined_year="year",
    left_year="year",
)
"""What a graph keeps of rows that were rejected: no table of the contract, but kept wherever those are."""


@cache
def kept_tables() -> dict[str, TableSpec]:
    """Return every table that a graph keeps by name: those of the contract, and `UNSETTLED`."""
    return {**tables(), UNSETTLED.name: UNSETTLED}
