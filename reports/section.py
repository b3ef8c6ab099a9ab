"""What a section of the report is made of: blocks that the page and Markdown write each in its own way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import pandas as pd

from clustercoop.reports.content import Content
from clustercoop.reports.numbers import cells_of
from clustercoop.reports.tables import Table

# In Markdown a table is whole, or left out.
Extent = Literal["whole", ""]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a section."""

    kind: ClassVar[str] = "heading"
    title: str
    level: int = 3
    in_markdown: bool = True


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; `style` are style classes of the page."""

    kind: ClassVar[str] = "text"
    text: str
    style: str = "soft"
    in_markdown: bool = True


@dataclass(frozen=True, slots=True)
class Shown:
    """A table, with an explanation of its columns where `legend`; then keys alone are not shown."""

    kind: ClassVar[str] = "table"
    table: Table
    legend: bool = False
    in_markdown: Extent = "whole"


@dataclass(frozen=True, slots=True)
class Folded:
    """Blocks behind a line that opens them; on the page only."""

    kind: ClassVar[str] = "folded"
    title: str
    blocks: Sequence[Block]
    style: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Fragment:
    """Anything else: a template of the page with its values, and paragraphs of Markdown."""

    kind: ClassVar[str] = "fragment"
    template: str
    values: Mapping[str, Any]
    markdown: Sequence[str] = ()


Block = Heading | Text | Shown | Folded | Fragment


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of the workbook.

    Attributes
    ----------
    name : str
        Its name is the text ``report.sheet_<name>``.
    heads : sequence of (label, kind)
    columns : sequence of sequences
        Values by column.
    groups : sequence of str
        What stands above each column, the same text above neighbours of one group; () for nothing.
    links : mapping of int to sequence of str
        Addresses of the cells of some columns, relative to the workbook, "" for none.
    total : int
        How many rows there are, where the sheet holds a part; 0 where it holds all.
    """

    name: str
    heads: Sequence[tuple[str, str]]
    columns: Sequence[Sequence[Any]] = field(repr=False)
    groups: Sequence[str] = ()
    links: Mapping[int, Sequence[str]] = field(default_factory=dict)
    total: int = 0


def sheet_of(
    content: Content, name: str, frame: pd.DataFrame, columns: Iterable[tuple[str, str, str, str]]
) -> Sheet:
    """Return columns (code, label, kind, group) of a table as a sheet, names beside the ids."""
    heads: list[tuple[str, str]] = []
    cells: list[Sequence[Any]] = []
    groups: list[str] = []
    for code, label, kind, group in columns:
        values = cells_of(frame[code])
        names = content.names_beside(code, kind, values)
        heads.append((label, kind))
        cells.append(values)
        if names is not None:
            heads.append((content.words(f"head_{'names' if kind == 'ids' else 'name'}", label=label), "text"))
            cells.append(names)
        groups += [group] * (len(cells) - len(groups))
    return Sheet(name, heads, cells, groups if any(groups) else ())


class Section:
    """One section of the report.

    A module of ``reports/sections`` with one such class is all that a section is; its title and introduction
    are the texts ``report.nav_<key>`` and ``report.intro_<key>``.

    Attributes
    ----------
    key : str
        Anchor on the page.
    place : int
        Sections stand in the order of their places.
    in_markdown, on_page, printed, of_one : bool
        Whether Markdown, the page, the printed page and the page of one cluster have it.
    """

    key: ClassVar[str]
    place: ClassVar[int]
    in_markdown: ClassVar[bool] = True
    on_page: ClassVar[bool] = True
    printed: ClassVar[bool] = True
    of_one: ClassVar[bool] = False

    def __init__(self, content: Content) -> None:
        self.content = content
        self.words = content.words
        self.result = content.result

    @property
    def title(self) -> str:
        """The title, also of the link to it."""
        return self.words(f"nav_{self.key}")

    @property
    def introduction(self) -> str:
        """What it is about, "" where that needs no words."""
        return self.words(f"intro_{self.key}")

    @property
    def answer(self) -> str:
        """What it answers in one sentence, "" where that is not one."""
        return ""

    @property
    def present(self) -> bool:
        """Whether there is anything to show."""
        return True

    def heads(self, names: Iterable[str], **kinds: str) -> list[tuple[str, str]]:
        """Return (label, kind) of the columns `names` of a table of records; text where no kind is named."""
        labels = self.words.subset("record_")
        return [(labels.get(name, name), kinds.get(name, "text")) for name in names]

    def sheet(self, frame: pd.DataFrame, name: str, **kinds: str) -> Sheet:
        """Return a table of records as a sheet, names beside the ids."""
        told = zip(frame.columns, self.heads(frame.columns, **kinds), strict=True)
        return sheet_of(self.content, name, frame, [(code, *head, "") for code, head in told])

    def blocks(self) -> Iterator[Block]:
        """Yield what it shows, in order."""
        return iter(())

    def data(self) -> dict[str, Any]:
        """Return its tables that the page draws from data, by key."""
        return {}

    def sheets(self) -> Iterator[Sheet]:
        """Yield its sheets of the workbook, beside those of the result's tables."""
        return iter(())
