"""Gaps: which figures are unknown, and why, as data; sentences are made when they are shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

import pandas as pd

COLUMNS: Final = ("cluster_id", "year", "participant_id", "column", "code", "value", "detail")
ALL: Final = "*"
"""As participant of a gap: every member of the formation whose cell is unknown."""


class Gap(NamedTuple):
    """One reason why one cell is unknown; `value` and `detail` fill the sentence of `code`.

    A gap without a year is about a row of ``clusters``, one without a participant about a row of
    ``formations``, any other about ``participants`` (of participant `ALL`: every member whose cell is
    unknown). A `detail` that lists members or columns joins their ids by ``; ``.
    """

    code: str
    column: str
    value: str = ""
    detail: str = ""
    cluster_id: str = ""
    year: int | None = None
    participant_id: str = ""


def gaps_frame(gaps: Iterable[Gap]) -> pd.DataFrame:
    """Return gaps as a table with `COLUMNS`, ordered by place, each stated once.

    Within a place they stand in the order in which they were given.

    Examples
    --------
    >>> table = gaps_frame([Gap("output_unknown", "output", cluster_id="c", year=2022)])
    >>> table[["cluster_id", "year", "column", "code"]].values.tolist()
    [['c', 2022, 'output', 'output_unknown']]
    """
    frame = pd.DataFrame(list(gaps), columns=list(Gap._fields))[list(COLUMNS)]
    frame = frame.astype({name: "str" for name in COLUMNS if name != "year"} | {"year": "Int64"})
    frame = frame.drop_duplicates(ignore_index=True)
    return frame.sort_values(["cluster_id", "year", "participant_id"], kind="stable", ignore_index=True)


def table_of(gaps: pd.DataFrame, table: str) -> pd.DataFrame:
    """Return the gaps about rows of ``formations``, ``participants`` or ``clusters``."""
    dated, personal = gaps["year"].notna(), gaps["participant_id"] != ""
    chosen = {"formations": dated & ~personal, "participants": dated & personal, "clusters": ~dated}
    return gaps[chosen[table]]
