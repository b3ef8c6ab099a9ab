"""Tables as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from clustercoop.reports.inert import markdown, shorten
from clustercoop.reports.tables import DRAWING, Table
from clustercoop.reports.words import Words

ROWS: Final = 100
CELL: Final = 120


def grid(heads: Sequence[str], right: Sequence[bool], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are Markdown already; `right` aligns numbers."""
    lines = [heads, ["--:" if is_right else "---" for is_right in right], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def cut(shown: int, total: int, rest: str, words: Words) -> str:
    """Return how much of a table is shown, and where the rest is."""
    return markdown("; ".join([words("shown", shown=shown, total=total), *([rest] if rest else [])])) + "."


def whole(table: Table, words: Words) -> list[str]:
    """Return a table, and where it is cut, how much of it is shown."""
    if not table.rows:
        return [markdown(words("no_rows"))]
    drawn = [column.kind == DRAWING for column in table.columns]
    rows = [
        [
            markdown(shorten(cell.text, CELL))
            for cell, is_drawn in zip(row.cells, drawn, strict=True)
            if not is_drawn
        ]
        for row in table.rows[:ROWS]
    ]
    columns = [column for column, is_drawn in zip(table.columns, drawn, strict=True) if not is_drawn]
    told = grid([markdown(column.label) for column in columns], [column.numeric for column in columns], rows)
    shown = min(ROWS, len(table.rows))
    return [told, *([cut(shown, table.total, table.rest, words)] if shown < table.total else [])]
