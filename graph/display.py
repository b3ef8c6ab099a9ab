"""How objects show themselves in a console and in a notebook: a few lines, and one small table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from html import escape
from typing import Any, Final

import pandas as pd

from clustercoop.graph.texts import decimal_point, text

ROWS: Final = 30
"""Most rows of a table that an object shows of itself."""
LENGTH: Final = 80
UNKNOWN: Final = "—"


def inert(value: Any, length: int = LENGTH) -> str:
    r"""Return a text from the data on one line, without control characters, at most `length` long.

    Examples
    --------
    >>> inert("a\u202eb\nc"), inert("a long name", 6)
    ('a b c', 'a lon…')
    """
    told = "".join(c if c.isprintable() else " " for c in str(value)[: 2 * length])
    return told if len(told) <= length else told[: length - 1] + "…"


def figure(value: Any, lang: str, *, share: bool = False) -> str:
    """Return a number for people: a share in per cent, any other in six figures; unknown is a dash.

    Examples
    --------
    >>> figure(0.125, "en", share=True), figure(2.5, "ru"), figure(None, "en"), figure(12345678.9, "en")
    ('12.5%', '2,5', '—', '12345679')
    """
    if pd.isna(value):
        return UNKNOWN
    whole = not isinstance(value, float) or abs(value) >= 1e6
    told = f"{100 * value:.1f}" if share else f"{value:.0f}" if whole else f"{value:.6g}"
    told = decimal_point(told, lang)
    return text("format.percent", lang, value=told) if share else told


def span(years: Iterable[int]) -> str:
    """Return the first and the last of `years`.

    Examples
    --------
    >>> span([2021, 2019, 2020]), span([2020]), span([])
    ('2019–2021', '2020', '—')
    """
    known = sorted(set(years))
    return UNKNOWN if not known else "–".join(dict.fromkeys([str(known[0]), str(known[-1])]))


def holding(thing: Any) -> str:
    """Return what a dataclass of tables is, and how many rows each of them has.

    Examples
    --------
    >>> from dataclasses import make_dataclass
    >>> holding(make_dataclass("Pair", ["left", "right"])(pd.DataFrame({"x": [1, 2]}), 5))
    'Pair: .left 2'
    """
    cells = [(field.name, getattr(thing, field.name)) for field in fields(thing)]
    sizes = [f".{name} {len(table)}" for name, table in cells if isinstance(table, pd.DataFrame)]
    return f"{type(thing).__name__}: {', '.join(sizes)}"


def notebook(
    lines: Sequence[str], heads: Sequence[str], rows: Iterable[Sequence[str]], total: int, lang: str
) -> str:
    """Return HTML without scripts, styles and addresses: `lines`, then the first `ROWS` of a table.

    Everything is escaped here. `total` is how many rows there are.

    Examples
    --------
    >>> "<b>" in notebook(["<b>"], ["x"], [["<b>"]], 1, "en")
    False
    """
    title, *others = (escape(line) for line in lines)
    parts = [f"<p><strong>{title}</strong>", *(f"<br>{line}" for line in others), "</p>"]
    shown = [list(row) for row, _ in zip(rows, range(ROWS), strict=False)]
    if shown:
        head = "".join(f"<th>{escape(name)}</th>" for name in heads)
        parts.append(f"<table><thead><tr>{head}</tr></thead><tbody>")
        parts += (
            "<tr>" + "".join(f"<td>{escape(inert(cell, 2 * LENGTH))}</td>" for cell in row) + "</tr>"
            for row in shown
        )
        parts.append("</tbody></table>")
    if total > len(shown):
        parts.append(f"<p>{escape(text('report.shown', lang, shown=len(shown), total=total))}</p>")
    return "".join(parts)
