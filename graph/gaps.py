"""Gaps: which figures are unknown, and why, as data; sentences are made when they are shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from clustercoop.graph.kinds import text_table

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
    told = list(dict.fromkeys(gaps))
    years = np.array([np.inf if gap.year is None else gap.year for gap in told])
    who, where = (
        pd.factorize(np.array([gap[at] for gap in told], object), sort=True)[0]
        for at in (Gap._fields.index("participant_id"), Gap._fields.index("cluster_id"))
    )
    order = np.lexsort((who, years, where)).tolist()
    return text_table([told[at] for at in order], Gap._fields, ("year",))[list(COLUMNS)]


def of_formations(gaps: pd.DataFrame) -> pd.DataFrame:
    """Return the gaps about rows of ``formations``."""
    return gaps[gaps["year"].notna() & (gaps["participant_id"] == "")]
