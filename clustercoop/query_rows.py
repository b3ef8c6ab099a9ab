"""Rows of a query as a table of text, CSV, JSON or Parquet."""

from __future__ import annotations

import csv
import json
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from clustercoop.graph.errors import parameter_error
from clustercoop.graph.texts import BASE, text
from clustercoop.reports.inert import inert_cell

if TYPE_CHECKING:
    import pandas as pd

Format = Literal["table", "csv", "json", "parquet"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)


def format_rows(frame: pd.DataFrame, format: Format = "table", lang: str = BASE) -> str | bytes:
    r"""Return rows as a table of text, CSV, a JSON array of row objects, or the bytes of a Parquet file.

    Unknown is empty in a table and in CSV, null in JSON. In CSV a text that a spreadsheet would take for a
    formula gets an apostrophe in front; control characters never reach the terminal.

    Examples
    --------
    >>> import pandas as pd
    >>> format_rows(pd.DataFrame({"id": ["01"], "value": [float("nan")]}), "json")
    '[\n{"id": "01", "value": null}\n]\n'
    """
    if format == "json":
        return _json(frame)
    if format == "csv":
        return _csv(frame)
    if format == "parquet":
        return _parquet(frame)
    if format == "table":
        return _table(frame, lang)
    raise parameter_error("format", "format_rows", f"one of {', '.join(FORMATS)}", format)


def _plain_rows(frame: pd.DataFrame) -> list[list[Any]]:
    from clustercoop.graph.rows import to_rows

    return to_rows(frame, list(frame.columns))


def _json(frame: pd.DataFrame) -> str:
    names = [str(name) for name in frame.columns]
    rows = [
        json.dumps(_finite(dict(zip(names, row, strict=True))), ensure_ascii=False, allow_nan=False)
        for row in _plain_rows(frame)
    ]
    return "[\n" + ",\n".join(rows) + "\n]\n" if rows else "[]\n"


def _finite(value: Any) -> Any:
    """Return a value that JSON can hold: numbers without end become text."""
    if isinstance(value, float):
        if value != value:
            return None
        return value if abs(value) != float("inf") else str(value)
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return value


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, list | dict):
        return json.dumps(_finite(value), ensure_ascii=False)
    return str(value)


def _csv(frame: pd.DataFrame) -> str:
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([inert_cell(str(name)) for name in frame.columns])
    for row in _plain_rows(frame):
        writer.writerow([inert_cell(value) if isinstance(value, str) else _cell(value) for value in row])
    return out.getvalue()


def _parquet(frame: pd.DataFrame) -> bytes:
    nested = [c for c in frame if frame[c].map(lambda v: isinstance(v, list | dict)).any()]
    flat = frame.assign(**{str(c): [_cell(v) for v in frame[c]] for c in nested})
    flat.attrs = {}
    buffer = BytesIO()
    flat.to_parquet(buffer, index=False)
    return buffer.getvalue()


def _table(frame: pd.DataFrame, lang: str) -> str:
    """Return aligned columns, numbers to the right, control characters made visible."""
    names = [_visible(str(name)) for name in frame.columns]
    cells = [[_visible(_short(value)) for value in row] for row in _plain_rows(frame)]
    right = [not frame[name].dtype == object for name in frame.columns]
    widths = [max([len(n), *(len(row[k]) for row in cells)]) for k, n in enumerate(names)]
    lines = [names, ["-" * width for width in widths], *cells]
    drawn = "\n".join(
        "  ".join(
            cell.rjust(width) if flush else cell.ljust(width)
            for cell, width, flush in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in lines
    )
    counted = text("query.one_row", lang) if len(cells) == 1 else text("query.rows", lang, count=len(cells))
    return f"{drawn}\n({counted})\n"


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else _cell(value)


def _visible(text: str) -> str:
    return "".join(ch if ch.isprintable() else f"\\x{ord(ch):02x}" for ch in text)
