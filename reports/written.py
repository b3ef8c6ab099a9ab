"""Which file holds all of a table of which a page shows a part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from clustercoop.reports.words import Words

# Tables that are not files of their own under every output.
_ELSEWHERE: Final[Mapping[str, Mapping[str, str]]] = {
    "features": {"csv": "features.csv", "parquet": "model/features.parquet"},
    "parts": {"xlsx": "report.xlsx", "parquet": "model/contributions.parquet"},
    "measures": {"xlsx": "report.xlsx", "parquet": "data/measures.parquet"},
}


def file_of(table: str, outputs: str) -> str:
    """Return the file that holds a table where `outputs` were asked for, "" where none does.

    Examples
    --------
    >>> file_of("formations", "csv,html"), file_of("formations", "html,parquet"), file_of("gaps", "html")
    ('formations.csv', 'formations.parquet', '')
    """
    asked = outputs.split(",")
    return next((file for output, file in _places(table).items() if output in asked), "")


def told_of(key: str, table: str, outputs: str, words: Words, **places: object) -> str:
    """Return the text `key` with the ``{file}`` of a table; where there is none, how to get it.

    Examples
    --------
    >>> told_of("rest_in", "formations", "parquet", Words("en"))
    'the rest is in formations.parquet'
    >>> told_of("rest_in", "formations", "html", Words("en"))
    'analyze with --outputs csv writes the rest'
    """
    file = file_of(table, outputs)
    if file:
        return words(key, file=file, **places)
    return words(f"{key}_asked", output=next(iter(_places(table))), **places)


def _places(table: str) -> Mapping[str, str]:
    return _ELSEWHERE.get(table, {"csv": f"{table}.csv", "parquet": f"{table}.parquet"})
