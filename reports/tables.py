"""Tables as reports show them: cells with text, raw value and, where unknown, the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import repeat
from typing import Any, Final

import numpy as np
import pandas as pd

from clustercoop.graph.columns import TABLES, OutputColumn, output_columns
from clustercoop.graph.kinds import KINDS
from clustercoop.graph.schema import WHO
from clustercoop.graph.texts import term, terms, years_told
from clustercoop.reports.inert import plain, shorten
from clustercoop.reports.numbers import UNKNOWN, between, cells_of, floats, is_unknown, numeric, raw, show
from clustercoop.reports.reasons import Reasons
from clustercoop.reports.words import Words

WIDE: Final = ("columns", "conversions", "file")
_PLACE: Final = ("cluster_id", "year", "participant_id")
# The type of a column that only a page can show.
DRAWING: Final = "drawing"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a shown table."""

    name: str
    label: str
    meaning: str
    kind: str

    @property
    def numeric(self) -> bool:
        """Whether cells are numbers."""
        return numeric(self.kind)

    @property
    def style(self) -> str:
        """Style classes (`graph.kinds.Kind.style`); d is a drawing."""
        if self.kind == DRAWING:
            return "d"
        return "t i" if self.name in WIDE else KINDS[self.kind].style


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: what is shown, the raw value for sorting and export, a bar in percent (-1: none).

    `link` is the address behind the text, `why` the reason of an unknown cell, `tip` what the text shortens,
    `drawing` an SVG of ours in its place, `mark` one more style class.
    """

    text: str
    raw: str
    bar: int = -1
    unknown: bool = False
    link: str = ""
    why: str = ""
    tip: str = ""
    drawing: str = ""
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Cells of one row, and why its unknown cells are unknown."""

    cells: tuple[Cell, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table to be shown.

    Attributes
    ----------
    key : str
        Identifier on the page and stem of the exported file.
    caption : str
        What it holds.
    columns, rows : tuples
        What is shown.
    total : int
        How many rows the data have; more than ``len(rows)`` where the page holds a part.
    rest : str
        Where the rows are that the page does not hold.
    empty : tuple of str
        Labels of the columns left out because no row has a value.
    """

    key: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: int
    rest: str = ""
    empty: tuple[str, ...] = ()


def bounds_of(frame: pd.DataFrame, column: OutputColumn, words: Words) -> list[str]:
    """Return the range of each unknown figure of which bounds are known, "" for the others."""
    ends = [f"{column.column}_{end}" for end in ("low", "high")]
    if not all(end in frame.columns for end in ends):
        return [""] * len(frame)
    cells = zip(*(cells_of(frame[name]) for name in (column.column, *ends)), strict=True)
    return [plain(between(a, b, column.kind, words.lang)) if is_unknown(v) else "" for v, a, b in cells]


def display(value: Any, kind: str, words: Words) -> str:
    """Return one value as text in the language of `words`."""
    if is_unknown(value):
        return UNKNOWN
    if kind == "bool" or isinstance(value, bool | np.bool_):
        return words("yes") if str(value).lower() in ("true", "1", "1.0") else words("no")
    if kind in ("level", "term"):
        return plain(terms(str(value), words.lang))
    if kind == "ids":
        return plain(str(value).replace(";", "; "))
    if kind == "note":
        return plain("; ".join(column_words(part, words) for part in str(value).split("; ")))
    return plain(show(value, kind, words.lang))


def column_words(name: str, words: Words) -> str:
    """Return what a column of an output table is called; any other text as a term, or as it is.

    Examples
    --------
    >>> column_words("core_fit", Words("en")), column_words("inside_knowledge_share", Words("ru"))
    ('Core fit', 'доля связей знаний внутри')
    """
    column = _columns().get(name)
    return column.label(words.lang) if column else term(name, words.lang)


@cache
def _columns() -> dict[str, OutputColumn]:
    return {column.column: column for table in reversed(TABLES) for column in output_columns(table)}


def listed(members: list[str]) -> tuple[str, str]:
    """Return a list of names short enough for a cell, and all of it (at most 60 names) for the tip.

    Examples
    --------
    >>> listed(["a", "b", "c", "d", "e"])
    ('a; b; c … +2', 'a; b; c; d; e')
    >>> listed(["a"])
    ('a', '')
    """
    names = [plain(member) for member in members]
    if len(names) <= 3 and sum(map(len, names)) <= 60:
        return "; ".join(names), ""
    more = f" … +{len(names) - 3}" if len(names) > 3 else ""
    whole = "; ".join(shorten(name, 60) for name in names[:60])
    return "; ".join(shorten(name, 24) for name in names[:3]) + more, whole + (
        "; …" if len(names) > 60 else ""
    )


def year_span(years: str) -> str:
    """Return years joined by ``;`` as people write them.

    Examples
    --------
    >>> year_span("2020;2021;2022"), year_span("2020;2022"), year_span("2020")
    ('2020–2022', '2020, 2022', '2020')
    """
    return plain(years_told(years.split(";")))


def bars(values: pd.Series[Any], kind: str) -> list[int]:
    """Return the length of each cell's bar in percent; -1 for none.

    A share is drawn against 1; amounts and counts against the largest of the column. Columns with a negative
    value, or shares above 1, get no bars: a bar could not show them truly.

    Examples
    --------
    >>> bars(pd.Series([0.25, float("nan"), 1.0]), "share")
    [25, -1, 100]
    """
    none = [-1] * len(values)
    if not KINDS[kind].bar:
        return none
    numbers = floats(values)
    known = numbers[np.isfinite(numbers)]
    if not len(known) or known.min() < 0:
        return none
    top = 1.0 if kind == "share" else known.max()
    if top <= 0 or known.max() > top:
        return none
    return [round(100 * number / top) if np.isfinite(number) else -1 for number in numbers]


def last_years(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of each cluster's last year; all of a table without years.

    Examples
    --------
    >>> last_years(pd.DataFrame({"cluster_id": ["a", "a", "b"], "year": [2020, 2021, 2019]})).index.tolist()
    [1, 2]
    """
    if not {"cluster_id", "year"} <= set(frame.columns):
        return frame
    years = floats(frame["year"])
    clusters, named = pd.factorize(frame["cluster_id"])
    last = np.full(len(named) + 1, np.nan)  # cluster −1 is none
    np.fmax.at(last, clusters[clusters >= 0], years[clusters >= 0])
    kept: pd.DataFrame = frame[years == last[clusters]]
    return kept


def unit(name: str, currency: str, words: Words) -> str:
    """Return the unit shown in a header, "" where the column has none."""
    return words.money(currency) if name == "money" else words(f"unit_{name}") if name else ""


def build_table(
    frame: pd.DataFrame,
    columns: Iterable[OutputColumn],
    words: Words,
    *,
    key: str,
    caption: str,
    rest: str,
    currency: str,
    reasons: Reasons | None = None,
    total: int | None = None,
    names: Callable[[str, str], str] | None = None,
    link: Callable[[str], str] | None = None,
    rows: int | None = None,
) -> Table:
    """Return `frame` as a table of `columns`, leaving out the columns without any value.

    Parameters
    ----------
    frame : DataFrame
        Rows in the order to be shown.
    columns : iterable of OutputColumn
        Columns of the catalogue; those that `frame` lacks or that hold nothing are only named.
    words : Words
        Language.
    key, caption, rest : str
        See `Table`.
    currency : str
        Unit of money.
    reasons : Reasons, optional
        Why cells are unknown.
    total : int, optional
        Rows that exist, where `frame` is a part.
    names : callable, optional
        (column, id) → name shown instead of the id.
    link : callable, optional
        Cluster id → address behind the cluster's name.
    rows : int, optional
        How many rows are made, all by default.
    """
    shown: list[Column] = []
    cells: list[list[Cell]] = []
    labels: list[str] = []
    empty: list[str] = []
    for column in columns:
        label = column.label(words.lang)
        measure = unit(column.unit, currency, words)
        values = frame[column.column] if column.column in frame.columns else None
        held = [] if values is None else cells_of(values)
        ranges = [] if values is None else bounds_of(frame, column, words)
        if values is None or (not any(ranges) and all(map(is_unknown, held))):
            empty.append(label)
            continue
        shown.append(
            Column(
                column.column,
                f"{label}, {measure}" if measure else label,
                column.meaning(words.lang),
                column.kind,
            )
        )
        labels.append(label)
        lengths = bars(values, column.kind)
        done = []
        for value, length, range_ in zip(held[:rows], lengths[:rows], ranges[:rows], strict=True):
            text = range_ or display(value, column.kind, words)
            address = tip = ""
            if column.kind == "note" and len(text) > 40:
                text, tip = shorten(text, 32), text
            if column.kind == "years" and not is_unknown(value):
                text = year_span(str(value))
            if column.kind == "ids" and names and not is_unknown(value):
                text, tip = listed([names("participant_id", part) for part in str(value).split(";")])
            if column.column == "cluster_id":
                address = link(str(value)) if link else ""
                text = plain(names("cluster_id", str(value))) if names else text
            if column.column in WHO and names and not is_unknown(value):
                name = names("participant_id", str(value))
                text = plain(str(value) if name == str(value) else f"{name} ({value})")
            done.append(Cell(text, raw(value), length, is_unknown(value), address, tip=tip))
        cells.append(done)
    made = []
    keys = [name for name in _PLACE if name in frame]
    records = (
        repeat(None)
        if reasons is None
        else frame[keys].head(len(frame) if rows is None else rows).itertuples(index=False)
    )
    for row, record in zip(zip(*cells, strict=True) if cells else (), records, strict=False):
        gaps = [number for number, cell in enumerate(row) if cell.unknown]
        if not gaps or reasons is None:
            made.append(Row(tuple(row)))
            continue
        done = list(row)
        for number in gaps:
            done[number] = replace(row[number], why=reasons.cell(record, shown[number].name, labels[number]))
        made.append(Row(tuple(done), reasons.row(record)))
    return Table(
        key,
        caption,
        tuple(shown),
        tuple(made),
        len(frame) if total is None else total,
        rest,
        tuple(empty),
    )


def plain_table(
    key: str, caption: str, heads: Sequence[tuple[str, str]], rows: Iterable[Sequence[Any]], words: Words
) -> Table:
    """Return a table of `rows` with `heads` of (label, type): for accounting, settings and the like.

    A value may be a `Cell` already, where it is not shown as its type is.
    """
    columns = tuple(Column(label, label, "", kind) for label, kind in heads)
    done = [
        Row(
            tuple(
                value
                if isinstance(value, Cell)
                else Cell(display(value, column.kind, words), raw(value), -1, is_unknown(value))
                for value, column in zip(row, columns, strict=True)
            )
        )
        for row in rows
    ]
    return Table(key, caption, columns, tuple(done), len(done))


def sectioned() -> dict[str, tuple[OutputColumn, ...]]:
    """Return the columns of formations by report section; the keys cluster_id and year lead every section."""
    every = output_columns("formations")
    keys = tuple(column for column in every if column.column in ("cluster_id", "year"))
    sections: dict[str, tuple[OutputColumn, ...]] = {}
    for column in every:
        if column.section and column not in keys:
            sections[column.section] = (*sections.get(column.section, keys), column)
    return sections


def sheet_columns(
    table: Table, words: Words, *, texts: bool = False
) -> tuple[list[tuple[str, str]], list[list[Any]]]:
    """Return heads and columns of a table for a sheet: numbers as numbers, drawings left out.

    `texts` takes words as the table shows them, not as the data hold them; ids stay as they are, the
    names that the table shows for them beside.
    """
    heads, columns = [], []
    for index, column in enumerate(table.columns):
        if column.kind == DRAWING:
            continue
        cells = [row.cells[index] for row in table.rows]
        worded = texts and column.kind in ("text", "sentence", "term")
        values: list[Any] = [("" if cell.unknown else cell.text) if worded else cell.raw for cell in cells]
        heads.append((column.label, "text" if worded else column.kind))
        columns.append([float(value) if column.numeric and value else value for value in values])
        if column.kind == "id" and any(cell.text != cell.raw for cell in cells if not cell.unknown):
            heads.append((words("head_name", label=column.label), "text"))
            columns.append(["" if cell.unknown or cell.text == cell.raw else cell.text for cell in cells])
    return heads, columns
