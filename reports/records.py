"""Tables of what is known about the input: files, rows and sums."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from clustercoop.graph.settings import DOMAINS, FILES
from clustercoop.graph.texts import hundredths, subset, text
from clustercoop.reports.inert import plain, shorten
from clustercoop.reports.numbers import is_unknown, raw, show
from clustercoop.reports.tables import Cell, Column, Row, Table
from clustercoop.reports.words import Words

# Known keys in the order of reading; others follow by name, so that the order of a mapping does not matter.
ORDER: Final = (
    "table",
    "column",
    "file",
    "sheet",
    "rows",
    "rows_read",
    "rows_accepted",
    "rows_merged",
    "rows_rejected",
    "value_read",
    "value_accepted",
    "value_rejected",
    "value_unknown",
    "value_folded",
    "format",
    "reader",
    "encoding",
    "delimiter",
    "decimal",
    "line_end",
    "header_row",
    "unit",
    "conversions",
    "columns",
    "bytes",
    "sha256",
)
TEXT: Final = 60


def input_column(name: str, words: Words) -> str:
    """Return what a column of an input table is called; any other text as it is.

    Examples
    --------
    >>> input_column("rd_expenses", Words("en")), input_column("output_low", Words("ru"))
    ('R&D expenses', 'не менее: Выпуск')
    """
    known = subset("input.column.", words.lang)
    stem, _, end = name.rpartition("_")
    if name not in known and stem in known and end in ("low", "high"):
        return text(f"input.{end}", words.lang, column=known[stem])
    return known.get(name, name)


def input_table(name: str, words: Words) -> str:
    """Return what an input table is called; any other text as it is."""
    return subset("input.tables.", words.lang).get(name, name)


def setting_called(name: str, words: Words) -> str:
    """Return what a setting is called.

    Examples
    --------
    >>> setting_called("min_output_coverage", Words("en"))
    'Least share of known output'
    """
    return subset("setting.", words.lang).get(name, name)


def setting_said(name: str, value: Any, words: Words) -> str:
    r"""Return the value of a setting in words; what no catalogue names as it is.

    Examples
    --------
    >>> setting_said("strict", False, Words("en")), setting_said("min_employee_coverage", 0.8, Words("ru"))
    ('no', '80\xa0%')
    >>> setting_said("metrics", "cooperation,core", Words("en")), setting_said("thresholds", "", Words("en"))
    ('cooperation, core', 'the one of the package')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return words("yes" if value else "no")
    if isinstance(value, float):
        return hundredths(repr(value), words.lang)
    called = subset("setting.", words.lang)
    if name in FILES and not value:
        return called["shipped"]
    several = name in DOMAINS and DOMAINS[name][1].several
    parts = str(value).split(",") if several else [str(value or "")]
    return ", ".join(plain(called.get(f"{name}.{part}", part or str(value))) for part in parts)


def rows_by_table(accounting: Mapping[str, Mapping[str, Any]], words: Words) -> Table:
    """Return rows read, accepted and rejected by input table."""
    records = [
        {"table": input_table(name, words)}
        | {key: value for key, value in figures.items() if not isinstance(value, Mapping)}
        for name, figures in sorted(accounting.items())
    ]
    return records_table("accounting", words("caption_accounting"), records, words)


def sums_by_column(
    accounting: Mapping[str, Mapping[str, Any]],
    words: Words,
    held: Collection[tuple[str | None, str]] | None = None,
) -> Table:
    """Return sums read, accepted and rejected by numeric column of the input tables, those `held` alone."""
    records = [
        {"table": input_table(name, words), "column": input_column(column, words), **sums}
        for name, figures in sorted(accounting.items())
        for column, sums in sorted(dict(figures.get("values", {})).items())
        if held is None or (name, column) in held
    ]
    return records_table("sums", words("caption_sums"), records, words)


def records_table(key: str, caption: str, records: list[dict[str, Any]], words: Words) -> Table:
    """Return a table of flat records whose keys are the columns.

    A mapping or list inside a record becomes one text; what a record leaves out is blank, not unknown.
    Columns that are blank in every record are left out.
    """
    names = words.subset("record_")
    used = {name for record in records for name, value in record.items() if not _blank(value)}
    heads = [name for name in ORDER if name in used] + sorted(used.difference(ORDER))
    columns = tuple(
        Column(name, names.get(name, name.replace("_", " ")), "", _kind(name, records)) for name in heads
    )
    rows = tuple(
        Row(tuple(_cell(record.get(column.name), column, words) for column in columns)) for record in records
    )
    return Table(key, caption, columns, rows, len(rows))


def _blank(value: Any) -> bool:
    return is_unknown(value) or (isinstance(value, list | tuple | Mapping) and not value)


def _cell(value: Any, column: Column, words: Words) -> Cell:
    if _blank(value):
        return Cell("", "")
    if isinstance(value, Mapping):
        called = input_column if column.name == "columns" else lambda target, _: target
        value = "; ".join(f"{name} → {called(str(target), words)}" for name, target in sorted(value.items()))
    elif isinstance(value, list | tuple):
        value = "; ".join(map(str, value))
    if isinstance(value, bool):
        return Cell(words("yes" if value else "no"), raw(value))
    if column.numeric:
        return Cell(show(value, column.kind, words.lang), raw(value))
    told = plain(str(value)) if str(value) != "\t" else "Tab"
    if column.name == "table":
        told = input_table(told, words)
    brief = told[:12] + "…" if column.name == "sha256" and len(told) > 12 else shorten(told, TEXT)
    return Cell(brief, told, tip=told if brief != told else "")


def _kind(name: str, records: list[dict[str, Any]]) -> str:
    values = [record[name] for record in records if not _blank(record.get(name))]
    if not values or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        return "text"
    return "int" if all(float(value).is_integer() for value in values) else "money"
